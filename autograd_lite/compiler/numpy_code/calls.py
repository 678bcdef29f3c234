"""Calls as NumPy expressions: slopes in their short forms, and the rows for all others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..equations import Call, Equation, Part, Sum, Term, View, partial_of, split
from .expressions import Axes, Expr, number
from .indexing import Access
from .rows import applied


def with_partials(equation: Equation) -> Equation:
    """The equation with the table's partials for its slopes, but for those that have a short form."""
    if not isinstance(equation, Sum):
        return equation
    return replace(equation, terms=tuple(map(_with_partials, equation.terms)))


def _with_partials(term: Term) -> Term:
    coefficient, factors = term.coefficient, list[View | Call]()
    for factor in term.factors:
        if isinstance(factor, Call) and factor.partial is not None and factor.row not in SLOPES:
            number, own = split(partial_of(factor))
            coefficient, factors = coefficient * number, [*factors, *own]
        else:
            factors.append(factor)
    return term._replace(coefficient=coefficient, factors=tuple(factors))


class Calls:
    """Writes the calls of one equation."""

    def __init__(self, access: Access) -> None:
        self.access, self.axes = access, access.axes

    def node(self, part: Part) -> Expr:
        if isinstance(part, float):
            return number(part)
        if isinstance(part, View):
            return self.access.read(part)
        if part.partial is None:
            return applied(part.row, tuple(map(self.node, part.operands)), self.axes)
        return SLOPES[part.row](self, part) if part.row in SLOPES else self.node(partial_of(part))


# --- slopes in a short form --------------------------------------------------------------------------

Short = Callable[[Calls, Call], Expr]


def _at_input(form: Callable[[Axes, Expr], Expr]) -> Short:
    return lambda calls, slope: form(calls.axes, calls.node(slope.operands[1]))


def _tanh(axes: Axes, x: Expr) -> Expr:
    return axes.ufunc("divide", number(1.0), axes.ufunc("square", axes.ufunc("cosh", x)))


def _relu(calls: Calls, slope: Call) -> Expr:
    """1 where the result is positive, for that is there; of a part of an array, where the input is."""
    y, x = slope.operands
    alike = isinstance(y, View) and isinstance(x, View) and y.steps == x.steps and y.labels == x.labels
    if isinstance(y, View) and alike and calls.access.is_whole(y):
        return calls.axes.ufunc("sign", calls.node(y))
    return calls.axes.ufunc("heaviside", calls.node(x), number(0.0))


def _nonnegative(calls: Calls, slope: Call) -> Expr:
    """c / x, which is nan where x is negative: the table has this as select(x > 0, x, ...)."""
    quotient = partial_of(slope)
    assert isinstance(quotient, Call)
    c, chosen = quotient.operands
    assert isinstance(chosen, Call)
    x = calls.axes.kernel("nonnegative", calls.node(chosen.operands[1]))
    return calls.axes.ufunc("divide", calls.node(c), x)


SLOPES: dict[str, Short] = {
    "tanh": _at_input(_tanh),
    "abs": _at_input(lambda axes, x: axes.ufunc("sign", x)),
    "relu": _relu,
    "gelu": _at_input(lambda axes, x: axes.kernel("gelu_slope", x)),
    "silu": _at_input(lambda axes, x: axes.kernel("silu_slope", x)),
    "log": _nonnegative,
    "log1p": _nonnegative,
    "sqrt": _nonnegative,
    "atanh": _nonnegative,
}
