"""The table of slips: one row a slip. A row finds the places of an equation where it may have happened.

A place is a site: what one would say, and how the steps of the equation change if one is right. Which
of them reconciles equation and graph is for derivation.py to try.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from . import repairs as mend
from .quantities import Array, Pair
from .recorded_equation import Change, RecordedStep, RecordedTerm
from .slip_sites import INNER, NEAR, SUMS, FailedEquation, Site, constants, same

# --- wrong quantities ----------------------------------------------------------------------------------


def swapped(failed: FailedEquation) -> Iterator[Site]:
    """One quantity read where another belongs: everywhere, or within a part of the equation."""
    names = list(dict.fromkeys(step.name for _, step in failed.steps("read")))
    places = [
        (name, where) for find in (_throughout, _within) for name in names for where in find(failed, name)
    ]
    for name, where in places:
        for other in _others(failed, name):
            words, kind = _swap_words(failed, name, other)
            extra = INNER * (other.removeprefix("∇") == name.removeprefix("∇"))
            yield Site(words, {i: mend.reading(other) for i in where}, extra, kind)


def _throughout(failed: FailedEquation, name: str) -> list[set[int]]:
    """All reads of a name; or every second or third, for a loop reads the same in every round."""
    order = [i for i, step in failed.steps("read") if step.name == name]
    return [set(order)] + [set(order[k::p]) for p in (2, 3) for k in range(p) if len(order) > p]


def _within(failed: FailedEquation, name: str) -> list[set[int]]:
    """The reads of a name within each part of the equation, if they are not all."""
    reads = {i for i, step in failed.steps("read") if step.name == name}
    return [set(w) for w in dict.fromkeys(frozenset(reads & u) for u in failed.under) if w and w != reads]


def _others(failed: FailedEquation, name: str) -> list[str]:
    """Numbers for numbers, gradients of what lies downstream for gradients, a number for its own gradient."""
    if name.startswith("∇"):
        own = [name[1:]] if name[1:] in failed.point.numbers else []
        return [f"∇{x}" for x in sorted(failed.below) if f"∇{x}" != name] + own
    return [x for x in failed.graph.nodes if x != name] + [f"∇{name}"] * (name in failed.below)


def _swap_words(failed: FailedEquation, name: str, other: str) -> tuple[str, str]:
    for pair in failed.pairs:
        if (name, other) == (pair.h, pair.a):  # a pre-activation is read for its slope alone
            return f"{pair.symbol}' is taken at {name}; it belongs at {other}", "wrong argument"
    words = f"uses {name} where {other} belongs"
    if name in failed.below and other not in failed.below and not other.startswith("∇"):
        kind = "output for input" if failed.graph.nodes[failed.target].ndim == 2 else ""
        return words + f": {name} comes after {failed.target}", kind
    if all(_one_hot(failed.point.numbers[x]) for x in (name, other)):
        return words + ": a wrong index", "wrong index"
    return words, ""


def _one_hot(x: Array) -> bool:
    return x.ndim == 1 and sorted(x.tolist()) == [0.0] * (x.size - 1) + [1.0]


def reindexed(failed: FailedEquation) -> Iterator[Site]:
    """One entry read where another belongs, or a whole where an entry does."""
    for i, step in failed.steps("getitem"):
        source, index = failed.array(step.args[0].index), step.args[1]
        if isinstance(index, int | np.integer) and source.ndim:
            for j in range(len(source)):
                yield Site(
                    f"{failed.tape.text(step.args[0])}[{index}] stands where entry [{j}] belongs",
                    {i: mend.entry(j)},
                )
        cut = f"{failed.tape.text(step.args[0])} is cut: it belongs whole"
        if np.shape(failed.result) != failed.truth.shape:
            cut = f"the shape is {np.shape(failed.result)}; it must be {failed.truth.shape}: {cut}"
            yield Site(cut, {i: mend.unsum}, 0.0, "shape")
        yield Site(cut, {i: mend.unsum}, INNER)
    for i, step in failed.steps("read"):
        if failed.array(i).ndim == 1:
            for j in range(failed.array(i).size):
                yield Site(
                    f"{step.name} stands for all of its entries where {step.name}[{j}] belongs",
                    {i: mend.component(j)},
                )


# --- signs, factors, terms --------------------------------------------------------------------------------


def scaled(failed: FailedEquation) -> Iterator[Site]:
    """A factor, solved for: of the result, or of one term of a sum."""
    for i, near in [(failed.last, "the result"), *_summands(failed)]:
        scale = solve(failed, i)
        if scale is None:
            continue
        whole = i == failed.last
        if i in failed.linear and not whole and abs(scale) < NEAR:
            words = f"the term {near} does not belong"
            yield Site(words, {i: lambda f: 0.0 * f.compute()}, 2 * INNER, "extra term")
        for words, value, simple, kind in constants(failed):
            if abs(value - scale) <= NEAR * abs(value) and value != 1.0:
                place = "" if whole else f" on the term {near} alone"
                said = (
                    f"the sign{place.replace(' on', ' of')} is wrong"
                    if kind
                    else f"{words} is missing{place}"
                )
                kind = kind if whole or kind else "factor on one term"
                yield Site(said, {i: mend.times(value)}, simple + (0.0 if whole else INNER), kind)
        if whole:
            said = f"it is off by the factor {1 / scale:.6g} throughout" if scale else "it should vanish"
            yield Site(said, {i: mend.times(scale)}, 2.0, "unnamed factor")


def _summands(failed: FailedEquation) -> Iterator[tuple[int, str]]:
    """The steps that are added or subtracted, and what exponentials are taken of."""
    for _, step in failed.steps("add", "subtract", "exp", "tanh"):
        for term in step.args:
            if isinstance(term, RecordedTerm):
                yield term.index, failed.tape.text(term)


def solve(failed: FailedEquation, i: int) -> float | None:
    """The factor at step i that makes the result right, if the result is linear in it and there is one."""
    truth = failed.truth
    with np.errstate(all="ignore"):
        zero, one = failed.tape.run({i: lambda f: 0.0 * f.compute()}), failed.tape.run({})
        if any(isinstance(r, Exception) or np.shape(r) != truth.shape for r in (zero, one)):
            return None
        change, goal = np.subtract(one, zero), truth - zero
        scale = float(np.sum(change * goal) / np.sum(change * change))
        off = np.max(np.abs(goal - scale * change), initial=0.0)
        return scale if off <= NEAR * max(np.max(np.abs(truth), initial=0.0), 1e-300) else None


def added(failed: FailedEquation) -> Iterator[Site]:
    """A term that is missing: a multiple of a quantity of the same shape."""
    if np.shape(failed.result) != failed.truth.shape or isinstance(failed.result, Exception):
        return
    rest = failed.truth - failed.result
    for name in [*failed.graph.nodes, *(f"∇{x}" for x in failed.below)]:
        q = failed.point.numbers[name]
        if q.shape == rest.shape and np.any(q):
            c = float(np.sum(rest * q) / np.sum(q * q))
            if np.max(np.abs(rest - c * q)) <= NEAR * np.max(np.abs(failed.truth)):
                yield Site(f"the term {c:.6g} {name} is missing", {failed.last: mend.plus(c, name)})


# --- activation derivatives --------------------------------------------------------------------------------


def unsloped(failed: FailedEquation) -> Iterator[Site]:
    """An activation derivative is missing, at the result or at a part of it."""
    for pair in failed.pairs:
        for i, value in failed.arrays(0):
            if value.shape == pair.a_nodes.shape and i in failed.linear:
                bare = INNER * (failed.tape.steps[i].op == "read")  # ∇h for ∇a says it more simply
                yield Site(f"{pair.slope_text} is missing", {i: mend.sloped(pair)}, failed.inner(i) + bare)


def oversloped(failed: FailedEquation) -> Iterator[Site]:
    """A factor, mostly an activation derivative, that does not belong."""
    for i, step in failed.steps("multiply", "where", "divide"):
        keep = (1,) if step.op == "where" else (0,) if step.op == "divide" else (0, 1)
        for k in keep:
            gone = step.args[0 if step.op == "where" else 1 - k]
            if isinstance(gone, RecordedTerm) and isinstance(step.args[k], RecordedTerm):
                words, kind = f"the factor {_factor(failed, gone)} does not belong", "extra factor"
                slope = bool(_slope_name(failed, gone))
                kind = "extra derivative" if slope else kind
                yield Site(words, {i: mend.keeping(k)}, -2 * INNER * slope, kind)


def missloped(failed: FailedEquation) -> Iterator[Site]:
    """Another factor, or the slope at another place, where g'(a) belongs; there or further in."""
    for i, k, gone in _factors(failed):
        if _slope_name(failed, gone):  # a right slope: out of place, perhaps
            continue
        for pair in failed.pairs:
            wrong = _slope_at(failed, gone, pair)
            here = f"{_factor(failed, gone)} stands where {pair.slope_text} belongs"
            if wrong:
                here = f"{pair.symbol}' is taken at {wrong}; it belongs at {pair.a or 'the pre-activation'}"
            kind = "wrong argument" if wrong else ""
            if failed.array(i).shape == pair.a_nodes.shape:
                yield Site(here, {i: mend.keeping(k, pair)}, -INNER if wrong else 0.0, kind)
            for j, value in failed.arrays(0):
                if j != i and j in failed.linear and value.shape == pair.a_nodes.shape:
                    yield Site(here, {i: mend.keeping(k), j: mend.sloped(pair)}, INNER, kind)


def displaced(failed: FailedEquation) -> Iterator[Site]:
    """A factor that is applied at a wrong place: after a product where it belongs before it, say."""
    for i, k, gone in _factors(failed):
        factor = failed.array(gone.index)
        for j, value in failed.arrays():
            if (
                j != i
                and value.shape == factor.shape
                and gone.index not in (i, j)
                and j not in failed.under[gone.index]
            ):
                there = failed.tape.text(RecordedTerm(failed.tape, j))
                words = f"the factor {_factor(failed, gone)} is out of place: it belongs on {there}"
                yield Site(words, {i: mend.keeping(k), j: mend.masked(gone.index)})


def _factors(failed: FailedEquation) -> Iterator[tuple[int, int, RecordedTerm]]:
    """(step, which argument stays, the factor that goes) for every product."""
    for i, step in failed.steps("multiply"):
        for k in (0, 1):
            gone, kept = step.args[1 - k], step.args[k]
            if isinstance(gone, RecordedTerm) and isinstance(kept, RecordedTerm):
                yield i, k, gone


def _factor(failed: FailedEquation, term: RecordedTerm) -> str:
    return _slope_name(failed, term) or failed.tape.text(term)


def _slope_name(failed: FailedEquation, term: RecordedTerm) -> str:
    """ "σ'(a1)" for a factor that is just that."""
    value = failed.array(term.index)
    for pair in failed.pairs:
        if value.shape == pair.a_nodes.shape and same(value, failed.point.slope(pair)):
            return pair.slope_text
    return ""


def _slope_at(failed: FailedEquation, term: RecordedTerm, pair: Pair) -> str:
    """The quantity, another than its own, at which the factor is the slope of an activation."""
    value = failed.array(term.index)
    for name, x in failed.point.numbers.items():
        elsewhere = name != pair.a and not name.startswith("∇") and x.shape == value.shape
        if elsewhere and not same(value, np.ones(x.shape)) and same(value, failed.point.slope_of(pair, x)):
            return name
    return ""


def diagonal(failed: FailedEquation) -> Iterator[Site]:
    """The softmax's Jacobian taken for its diagonal: p (1 - p) ∇p for J ∇p."""
    for pair in failed.graph.pairs:
        if pair.row.name != "softmax" or "∇" + pair.h not in failed.point.numbers or pair.h == failed.target:
            continue
        p, g = failed.point.numbers[pair.h], failed.point.numbers["∇" + pair.h]
        for i, value in failed.arrays():
            if same(value, p * (1 - p) * g):
                whole = f"the whole of ∂{pair.h}/∂{pair.a or 'its input'} belongs"
                words = f"only the diagonal of the softmax's Jacobian is there; {whole}"
                yield Site(words, {i: mend.through(pair)}, -INNER)


# --- sums, products, shapes ---------------------------------------------------------------------------------


def unsummed(failed: FailedEquation) -> Iterator[Site]:
    """A sum over an axis that is missing."""
    for i, value in failed.arrays():
        for axis in range(value.ndim):
            words = f"sum over {failed.samples(value.shape[axis], axis)} is missing"
            for keep in (False, True):
                yield Site(words, {i: mend.summing(axis, keep)}, failed.inner(i))


def oversummed(failed: FailedEquation) -> Iterator[Site]:
    """A sum that does not belong, or a mean for a sum, or one along the wrong axis."""
    sums = list(failed.steps(*SUMS))
    for i, step in sums:
        source = failed.array(step.args[0].index) if isinstance(step.args[0], RecordedTerm) else np.empty(())
        about = failed.tape.text(step.args[0])
        words = f"the sum of {about} does not belong"
        yield Site(words, {i: mend.unsum})
        for axis in range(source.ndim):
            for along in range(failed.truth.ndim):
                if source.shape[axis] == failed.truth.shape[along] and i != failed.last:
                    yield Site(words, {failed.last: mend.one_by_one(i, axis, along)})
        yield from _other_sums(i, step, source, about)
    early: dict[int, Change] = {i: mend.unsum for i, _ in sums}
    if early:
        early |= {
            i: mend.unsum for i, step in failed.steps("getitem") if step.args[0].index in early
        }  # x[:, None]
        early |= {i: mend.contraction(failed.graph.axis) for i, _ in failed.steps("outer")}
        yield Site(
            "summed too early: over what the product has to keep apart", early, -INNER, "summed too early"
        )


def _other_sums(i: int, step: RecordedStep, source: Array, about: str) -> Iterator[Site]:
    if step.op == "mean":
        yield Site(
            f"the mean of {about} is taken where the sum belongs",
            {i: mend.calling(np.sum)},
            -2 * INNER,
            "mean for sum",
        )
    if step.op in ("sum", "add.reduce"):
        yield Site(
            f"the sum of {about} is taken where the mean belongs",
            {i: mend.calling(np.mean)},
            -2 * INNER,
            "sum for mean",
        )
    for axis in range(source.ndim):
        yield Site(
            f"{about} is summed along the wrong axis", {i: mend.calling(np.sum, axis)}, kind="wrong axis"
        )


def multiplied(failed: FailedEquation) -> Iterator[Site]:
    """A matrix product where an elementwise one belongs, and the other way round."""
    for i, _ in failed.steps("matmul"):
        yield Site("a matrix product stands where an elementwise one belongs", {i: mend.calling(np.multiply)})
        yield Site("a matrix product stands where an elementwise one belongs", {i: mend.masking})
    for i, _ in failed.steps("multiply"):
        yield Site(
            "an elementwise product stands where a matrix product belongs", {i: mend.calling(np.matmul)}
        )
    for i, _ in failed.steps("matmul", "multiply"):
        yield Site("an outer product belongs", {i: mend.calling(np.outer)}, INNER)


def transposed(failed: FailedEquation) -> Iterator[Site]:
    """A matrix for its transpose; the factors of a product in the wrong order."""
    for i, _ in failed.arrays(2):
        step = failed.tape.steps[i]
        about = "it" if i == failed.last else step.name or failed.tape.text(RecordedTerm(failed.tape, i))
        words = f"{about} must be transposed"
        if step.op == "transpose":
            words = f"{failed.tape.text(step.args[0])} must not be transposed"
        yield Site(words, {i: lambda f: np.transpose(f.compute())}, failed.inner(i))
    for i, _ in failed.steps("outer", "matmul"):
        yield Site("the factors of the product are in the wrong order", {i: mend.reversed}, INNER)


def reshaped(failed: FailedEquation) -> Iterator[Site]:
    """The right numbers in another shape."""
    got, due = np.shape(failed.result), failed.truth.shape
    if (
        not isinstance(failed.result, Exception)
        and got != due
        and np.size(failed.result) == failed.truth.size
    ):
        words = f"the shape is {got}; it must be {due}"
        yield Site(words, {failed.last: lambda f: np.reshape(f.compute(), due)}, -INNER)


# --- the table --------------------------------------------------------------------------------------------


class Slip(NamedTuple):
    """A row: what it is called, how unlikely it is (2: as unlikely as two of 1), and its places."""

    kind: str
    cost: float
    sites: Callable[[FailedEquation], Iterator[Site]]


# fmt: off
SLIPS = (
    Slip("factor",              1.0, scaled),      # also: sign, factor on one term, extra term
    Slip("shape",               1.0, reshaped),
    Slip("transposed",          1.0, transposed),
    Slip("wrong quantity",      1.0, swapped),     # also: wrong argument, output for input
    Slip("missing sum",         1.0, unsummed),
    Slip("missing derivative",  1.0, unsloped),
    Slip("extra sum",           1.1, oversummed),  # also: summed too early, mean for sum
    Slip("extra factor",        1.1, oversloped),  # also: extra derivative
    Slip("softmax diagonal",    1.1, diagonal),
    Slip("wrong product",       1.2, multiplied),
    Slip("wrong index",         1.2, reindexed),
    Slip("wrong factor",        1.3, missloped),
    Slip("missing term",        1.3, added),
    Slip("factor out of place", 1.4, displaced),
)
# fmt: on
