"""Slips in derivations: at least 90 % of those planted in the notes' systems are named, no verdict is false.

Every equation of the notes is to be confirmed, and whatever is printed wrongly or planted rejected. A
slip counts as named where the verdict is of its kind and speaks of its quantities; one explanation
among several at a tie is counted, too, and told apart.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.checking import derivation as derivation
from tests.checking.derivations import test_a, test_a_batches, test_b, test_c, test_d, test_e
from tests.checking.derivations.common import System, _reads, agree, by_grad, numbers

FILES = (test_a, test_a_batches, test_b, test_c, test_d, test_e)
SWAPS = {"wrong quantity", "output for input", "wrong argument", "wrong index"}
PRINTED = {  # the notes' word for a slip, and what the checker calls it
    "wrong quantity": SWAPS - {"wrong argument"},
    "sign": {"sign"},
    "shape": {"shape"},
    "missing sum": {"missing sum"},
    "missing sum over the samples": {"missing sum"},
    "wrong index": {"wrong index"},
    "wrong argument": {"wrong argument"},
    "wrong factor": {"wrong factor"},
    "extra sum": {"extra sum"},
    "wrong matrix, masks out of place": {"wrong quantity + factor out of place"},
    "factor on one term only": {"factor on one term"},
    "summed too early": {"summed too early"},
    "wrong product": {"wrong product"},
}


class Planted(NamedTuple):
    """A wrong equation: what may be said about it, and the words that must be in it."""

    quantity: str
    equation: Any
    kinds: set[str]
    words: tuple[str, ...]
    what: str


# --- planting ------------------------------------------------------------------------------------------


class Misread:
    """A view in which one name stands for another."""

    def __init__(self, view: Any, name: str, other: str) -> None:
        self._view, self._name, self._other = view, name, other

    def __getattr__(self, name: str) -> Any:
        return getattr(self._view, self._other if name == self._name else name)


def printed(system: System) -> Iterator[Planted]:
    for quantity, equation, about in system.printed:
        yield Planted(quantity, equation, PRINTED[about.partition(":")[0]], (), f"printed: {about}")


def simple(system: System, n: int) -> Iterator[Planted]:
    """Signs, factors and shapes, in every equation."""
    gradients = by_grad(system)
    for name, f in system.equations.items():
        shape = np.shape(getattr(gradients, name))
        yield Planted(name, lambda v, d, f=f: -f(v, d), {"sign"}, ("sign",), "sign")
        yield Planted(name, lambda v, d, f=f: f(v, d) / 2, {"factor"}, ("the factor 2 ",), "half")
        yield Planted(name, lambda v, d, f=f: 2 * f(v, d), {"factor"}, ("the factor 1/2 ",), "twice")
        if n > 1:
            yield Planted(
                name, lambda v, d, f=f: n * f(v, d), {"factor"}, (f"1/n (n = {n} samples)",), "no 1/n"
            )
            yield Planted(name, lambda v, d, f=f: f(v, d) / n, {"factor"}, (f"n (n = {n} samples)",), "1/n")
        if len(shape) == 2:
            yield Planted(name, lambda v, d, f=f: f(v, d).T, {"transposed"}, ("transposed",), "transposed")
        if len(shape) == 1:
            yield Planted(
                name, lambda v, d, f=f: f(v, d)[:, None], {"shape"}, (f"({shape[0]}, 1)",), "column"
            )


def misread(system: System) -> Iterator[Planted]:
    """Every quantity that an equation reads, replaced by every other of its shape."""
    v, d = numbers(system), by_grad(system)
    below = derivation.Graph(system.loss, system.quantities, None).downstream
    for name, f in system.equations.items():
        for side, read in _reads(f, v, d):
            for other in vars(v if side == "v" else d):
                space = v if side == "v" else d
                same = np.shape(getattr(space, other)) == np.shape(getattr(space, read))
                seen = side == "v" or other in below(name)
                if same and seen and other not in (read, name):
                    yield _misread(name, f, side, read, other)


def _misread(name: str, f: Any, side: str, read: str, other: str) -> Planted:
    def wrong(v: Any, d: Any) -> Any:
        return f(Misread(v, read, other), d) if side == "v" else f(v, Misread(d, read, other))

    mark = "" if side == "v" else "∇"
    what = f"misread: {mark}{other} for {mark}{read}"
    return Planted(name, wrong, SWAPS, (f"{mark}{other}", f"{mark}{read}"), what)


def sloped(system: System) -> Iterator[Planted]:
    """Activation derivatives: missing where one belongs, and where none does, one too many."""
    graph = derivation.Graph(system.loss, system.quantities, None)
    for pair in graph.pairs:
        if pair.row.variadic or not pair.a or not pair.h:
            continue
        a, h, slope = pair.a, pair.h, SLOPES[pair.row.name]
        if h in system.equations and a in system.equations:
            missing = system.equations[h]
            yield Planted(
                a, missing, {"missing derivative"}, (f"{pair.slope_text} is missing",), "missing derivative"
            )
            yield Planted(
                a,
                lambda v, d, f=missing, s=slope, h=h: (
                    f(v, d) * s(v[h] if hasattr(v, "_held") else getattr(v, h))
                ),
                {"wrong argument"},
                (f"taken at {h}; it belongs at {a}",),
                "wrong argument",
            )
            yield Planted(
                h,
                lambda v, d, f=missing, s=slope, a=a: f(v, d) * s(getattr(v, a)),
                {"extra derivative"},
                (f"{pair.slope_text} does not belong",),
                "extra derivative",
            )


SLOPES = {
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)) * (1 - 1 / (1 + np.exp(-a))),
    "tanh": lambda a: 1 - np.tanh(a) ** 2,
    "relu": lambda a: (a > 0) * 1.0,
}


def special(system: System, n: int) -> Iterator[Planted]:
    """What only some equations can suffer: sums over samples, the softmax, terms, means."""
    columns = n > 1 and not system.name.startswith("C")
    axis = 1 if columns else 0
    inputs = derivation.Graph(system.loss, system.quantities, None)
    for bias, a in BIASES.items():
        if n > 1 and bias in system.equations and a in system.equations:
            word = f"the {n} samples"
            yield Planted(bias, lambda v, d, a=a: getattr(d, a), {"missing sum"}, (word,), "missing sum")
            mean = lambda v, d, a=a: np.mean(getattr(d, a), axis=axis)  # noqa: E731
            yield Planted(bias, mean, {"mean for sum"}, ("mean",), "mean for sum")
    for pair in inputs.pairs:
        a, h = pair.a, pair.h
        if pair.row.name == "softmax" and a in system.equations and h in system.equations:
            diagonal = lambda v, d, h=h: getattr(v, h) * (1 - getattr(v, h)) * getattr(d, h)  # noqa: E731
            yield Planted(a, diagonal, {"softmax diagonal"}, ("diagonal",), "softmax diagonal")
    for weight, (a, x) in WEIGHTS.items():
        if {weight, a}.issubset(system.equations) and x in system.quantities and n > 1:
            early = lambda v, d, a=a, x=x: np.outer(  # noqa: E731
                np.sum(getattr(d, a), axis=axis), np.sum(getattr(v, x), axis=axis)
            )
            if "penalty" not in system.name:
                yield Planted(weight, early, {"summed too early"}, ("too early",), "summed too early")
        if "penalty" in system.name and weight in system.equations and x in system.quantities:
            bare = lambda v, d, a=a, x=x: getattr(d, a) @ getattr(v, x).T  # noqa: E731
            yield Planted(weight, bare, {"missing term"}, (f" {weight} is missing",), "missing penalty")
    if "penalty" in system.name:
        for bias in BIASES.keys() & system.equations.keys():
            f = system.equations[bias]
            more = lambda v, d, f=f, b=bias: f(v, d) + 0.3 * getattr(v, b)  # noqa: E731
            yield Planted(bias, more, {"extra term"}, (bias, "does not belong"), "penalty on a bias")


BIASES = {"b1": "a1", "b2": "a2", "b3": "a3", "alpha0": "a", "beta0": "f"}
WEIGHTS = {"W1": ("a1", "x"), "W2": ("a2", "h1"), "W3": ("a3", "h2"), "alpha": ("a", "x"), "beta": ("f", "z")}


def everything(system: System) -> Iterator[Planted]:
    n = derivation.Graph(system.loss, system.quantities, None).n
    yield from printed(system)
    yield from simple(system, n)
    yield from sloped(system)
    yield from special(system, n)
    yield from misread(system)


# --- counting --------------------------------------------------------------------------------------------


def is_wrong(planted: Planted, system: System) -> bool:
    """Whether what was planted changes anything at all: 1[h > 0] is 1[a > 0]."""
    v, d = numbers(system), by_grad(system)
    with np.errstate(all="ignore"):
        try:
            return not agree(planted.equation(v, d), getattr(d, planted.quantity))
        except ValueError:  # shapes that do not fit
            return True


def judged(planted: Planted, system: System) -> tuple[str, str]:
    """named, tied, unnamed or accepted; and the verdict."""
    report = derivation.check_derivation(system.loss, system.quantities, {planted.quantity: planted.equation})
    entry = report[planted.quantity]
    if entry.ok:
        return "accepted", entry.explanation
    named = planted.kinds & set(entry.kinds) and all(word in entry.verdict for word in planted.words)
    if not named:
        return "unnamed", entry.explanation
    return "named" if len(entry.kinds) == 1 else "tied", entry.explanation


def planted_slips(seed: int, share: int = 1) -> Iterator[tuple[System, Planted]]:
    """The slips of all systems; or every so many, for a quick look."""
    k = 0
    for file in FILES:
        for system in file.systems(seed):
            for planted in everything(system):
                if is_wrong(planted, system):
                    k += 1
                    if k % share == 0 or planted.what.startswith("printed"):
                        yield system, planted


def rejected(seed: int) -> tuple[int, list[str]]:
    """How many right equations there are, and those that were not confirmed."""
    wrong, total = [], 0
    for file in FILES:
        for system in file.systems(seed):
            report = derivation.check_derivation(system.loss, system.quantities, system.equations)
            total += len(report)
            wrong += [f"{system.name}: {entry.explanation}" for entry in report.failures]
    return total, wrong


def main(quick: bool = False) -> int:
    counts: Counter[str] = Counter()
    kinds: Counter[tuple[str, str]] = Counter()
    for system, planted in planted_slips(0, 10 if quick else 1):
        outcome, verdict = judged(planted, system)
        counts[outcome] += 1
        kinds[planted.what.partition(":")[0], outcome] += 1
        if outcome in ("unnamed", "accepted"):
            print(f"{outcome}: {system.name}: {planted.what}: {verdict}")
    total, wrong = 0, []
    for seed in range(2 if quick else 10):
        more, found = rejected(seed)
        total, wrong = total + more, wrong + found
    for line in wrong:
        print(f"rejected: {line}")
    for what in dict.fromkeys(kind for kind, _ in kinds):
        parts = ", ".join(f"{kinds[what, o]} {o}" for o in OUTCOMES if kinds[what, o])
        print(f"{what + ':':<22} {parts}")
    planted_in_all = sum(counts.values())
    named = counts["named"] + counts["tied"]
    print(
        f"{planted_in_all} planted, {named} named ({named / planted_in_all:.1%};"
        f" {counts['tied']} of them at a tie), {counts['accepted']} accepted"
    )
    print(f"{total} right equations, {len(wrong)} rejected")
    return int(not (named >= 0.9 * planted_in_all and not counts["accepted"] and not wrong))


OUTCOMES = ("named", "tied", "unnamed", "accepted")

if __name__ == "__main__":
    sys.exit(main("--quick" in sys.argv[1:]))
