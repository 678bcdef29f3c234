"""An equation that went wrong, with what the graph knows about it; and the site, a place of a slip in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from .quantities import Array, Pair, Point
from .recorded_equation import Change, RecordedStep, Tape, terms_of

INNER = 0.1  # what a place inside costs over the result: the simplest explanation comes first
SUMS = ("sum", "mean", "add.reduce", "average")
LINEAR = {
    "add", "subtract", "multiply", "divide", "negative", "matmul", "outer", "transpose", "getitem", "array",
    "where", "einsum", "reshape", "astype", "the result", *SUMS,
}  # fmt: skip
NEAR = 1e-9  # two numbers are the same


class Site(NamedTuple):
    """A place: in words, what to change, and how much less simple it is than the row's plain failed."""

    words: str
    changes: dict[int, Change]
    extra: float = 0.0
    kind: str = ""  # where it is not the row's


class FailedEquation:
    """One equation that went wrong: its tape at one point, and what the graph knows."""

    def __init__(self, tape: Tape, target: str) -> None:
        self.tape, self.target = tape, target
        self.point: Point = tape.point
        self.graph = self.point.graph
        self.truth: Array = self.point.truth(target)
        self.last = len(tape) - 1
        self.below = self.graph.downstream(target)
        self.under = tape.under()
        self.result = tape.values[self.last]
        self.linear = self._linear()

    def _linear(self) -> set[int]:
        """The steps that the result is proportional to, or a sum of: none within exp(...) or below a line."""
        found, stack = {self.last}, [self.last]
        while stack:
            step = self.tape.steps[stack.pop()]
            if step.op not in LINEAR:
                continue
            args = step.args[:1] if step.op in ("divide", "getitem") else step.args
            for i in terms_of(args):
                if i not in found:
                    found.add(i)
                    stack.append(i)
        return found

    @property
    def pairs(self) -> list[Pair]:
        """The activations with slopes of their own."""
        return [pair for pair in self.graph.pairs if not pair.row.variadic]

    def array(self, i: int) -> Array:
        """The value of a step; an empty array where it failed."""
        value = self.tape.values[i]
        return np.empty((0,)) if isinstance(value, Exception) else np.asarray(value)

    def steps(self, *ops: str) -> Iterator[tuple[int, RecordedStep]]:
        return ((i, step) for i, step in enumerate(self.tape.steps) if not ops or step.op in ops)

    def arrays(self, ndim: int = 1) -> Iterator[tuple[int, Array]]:
        """The steps with values of at least so many axes, the result first."""
        for i in (self.last, *range(self.last)):
            value = self.array(i)
            if value.ndim >= ndim and value.size:
                yield i, value

    def inner(self, i: int) -> float:
        return 0.0 if i == self.last else INNER

    def samples(self, length: int, axis: int) -> str:
        """What a sum over an axis is over."""
        if length == self.graph.n and axis in (self.graph.axis, None):
            return f"the {length} samples"
        return f"the {length} entries of axis {axis}"


def same(x: Array, y: Array) -> bool:
    return x.shape == y.shape and x.size > 0 and bool(np.all(np.abs(x - y) <= NEAR * np.max(np.abs(y))))


def constants(failed: FailedEquation) -> Iterator[tuple[str, float, float, str]]:
    """The factors that are forgotten: in words, value, how unlikely, kind. A new one is a line."""
    sizes = _sizes(failed)
    yield "the sign", -1.0, 0.0, "sign"
    for text, value in [("2", 2.0), ("1/2", 0.5)]:
        yield f"the factor {text}", value, 0.0, ""
        yield f"the factor -{text}", -value, 0.3, ""
    for letter, size, about in sizes:
        for c, text in ((1.0, "1"), (2.0, "2"), (0.5, "1/2")):
            for sign in ("", "-"):
                s, rare = -1.0 if sign else 1.0, 0.3 * (c != 1.0) + 0.3 * bool(sign)
                over = f"{sign}{text}/{letter}" if c != 0.5 else f"{sign}1/(2{letter})"
                times = f"{sign}{letter}" if c == 1.0 else f"{sign}{text} {letter}"
                yield f"the factor {over} ({about})", s * c / size, rare, ""
                yield f"the factor {times} ({about})", s * c * size, rare, ""


def _sizes(failed: FailedEquation) -> list[tuple[str, int, str]]:
    """n, the samples, and m, the size of an axis of the output or of another quantity."""
    sizes = []
    n = failed.graph.n
    if n > 1:
        sizes.append(("n", n, f"n = {n} samples"))
    seen = {n, 1}
    for name, q in reversed(failed.graph.nodes.items()):
        for m in q.shape:
            if m not in seen:
                seen.add(m)
                sizes.append(("m", m, f"m = {m}, the size of {name}"))
    return sizes
