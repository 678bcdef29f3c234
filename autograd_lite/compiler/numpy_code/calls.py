"""Calls as NumPy expressions: slopes in their short forms, and the rows for all others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from ..equations import (
    AS_THEY_ARE,
    Array,
    Call,
    Equation,
    Label,
    Part,
    Sum,
    View,
    is_whole,
    key_of,
    renamed_view,
    slope,
)
from .expressions import Axes, Node, number
from .indexing import Access
from .rows import applied

X, Y = View(Array("x", ())), View(Array("y", ()))


class Applied(NamedTuple):
    """An array that is a row of a view, number by number."""

    target: View
    source: View


class Known:
    """What is known of a program's arrays: of which is which the relu."""

    def __init__(self, forward: Iterable[Equation]) -> None:
        self.relus: dict[Array, Applied] = {}
        for equation in forward:
            call = _only_call(equation)
            if call is None or call.row != "relu" or not isinstance(call.operands[0], View):
                continue
            found = Applied(equation.target, call.operands[0])
            if _are_alike(found, equation.sizes):
                self.relus.setdefault(found.source.array, found)

    def relu_of(self, part: Part, access: Access) -> View | None:
        """The relu of all of an array, as another array."""
        if not isinstance(part, View) or not access.is_whole(part):
            return None
        view, found = part, self.relus.get(part.array)
        if found is None:
            return None
        names = dict(zip(found.source.labels, view.labels, strict=True))
        return renamed_view(found.target, names)


def _only_call(equation: Equation) -> Call | None:
    if not isinstance(equation, Sum) or equation.add or len(equation.terms) != 1:
        return None
    coefficient, factors, power = equation.terms[0]
    alone = coefficient == 1.0 and not power and len(factors) == 1
    return factors[0] if alone and isinstance(factors[0], Call) else None


def _are_alike(found: Applied, sizes: dict[Label, int]) -> bool:
    both = is_whole(found.target, sizes) and is_whole(found.source, sizes)
    return both and found.target.steps == found.source.steps and found.target.labels == found.source.labels


# --- slopes ------------------------------------------------------------------------------------------


def _of(row: str, *settings: float) -> Part:
    """The table's slope of a row at x."""
    return slope(Call(row, (X, *settings)), 0, Y)


def _denominator(part: Part) -> Part:
    """d of 1.0 / d."""
    assert isinstance(part, Call)
    return part.operands[1]


def _square_of(ufunc: str, axes: Axes, x: Node) -> Node:
    return axes.ufunc("square", axes.ufunc(ufunc, x))


Short = Callable[[Axes, Node], Node]
RELU = _of("relu")
SLOPES: list[tuple[Part, Short]] = [
    (_of("tanh"), lambda axes, x: axes.ufunc("divide", number(1.0), _square_of("cosh", axes, x))),
    (_of("abs"), lambda axes, x: axes.ufunc("sign", x)),
    (RELU, lambda axes, x: axes.ufunc("heaviside", x, number(0.0))),
    (_of("gelu"), lambda axes, x: axes.kernel("gelu_slope", x)),
    (_of("silu"), lambda axes, x: axes.kernel("silu_slope", x)),
    (_denominator(_of("log")), lambda axes, x: axes.kernel("nonnegative", x)),
]


def _matched(pattern: Part, part: Part, found: dict[Array, Part]) -> bool:
    """Whether a part is the pattern, with parts in the places of x and y."""
    if isinstance(pattern, View):
        known = found.setdefault(pattern.array, part)
        return key_of(known, AS_THEY_ARE) == key_of(part, AS_THEY_ARE)
    if isinstance(pattern, float) or not isinstance(part, Call):
        return repr(pattern) == repr(part)
    return (
        part.row == pattern.row and len(part.operands) == len(pattern.operands)
        and all(_matched(p, q, found) for p, q in zip(pattern.operands, part.operands, strict=True))
    )  # fmt: skip


# --- calls -------------------------------------------------------------------------------------------


class Calls:
    """Writes the calls of one equation."""

    def __init__(self, access: Access, known: Known) -> None:
        self.access, self.axes, self.known = access, access.axes, known

    def node(self, part: Part) -> Node:
        if isinstance(part, float):
            return number(part)
        if isinstance(part, View):
            return self.access.read(part)
        return self._slope(part) or self._row(part)

    def _row(self, call: Call) -> Node:
        return applied(call.row, tuple(map(self.node, call.operands)), self.axes)

    def _slope(self, call: Call) -> Node | None:
        for pattern, short in SLOPES:
            found: dict[Array, Part] = {}
            if _matched(pattern, call, found):
                x = found[X.array]
                relu = self.known.relu_of(x, self.access) if pattern is RELU else None
                return self.axes.ufunc("sign", self.node(relu)) if relu else short(self.axes, self.node(x))
        return None
