"""Where a gradient of 0 may mean that nothing was reached, so that it must stay 0 in every product.

The branch that a select does not take, and the rows that an index does not pick, have no edge in the
scalar graph. Their gradients here are 0, and 0 times an infinite slope would be nan. So a product with
something that can be infinite is taken only where the gradient is not 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import product
from math import isfinite

from ...engine import TABLE, Op
from .ir import Array, Call, Equation, View, factors_of, views_of

LANDMARKS = (-1e3, -1.0, 0.0, 1.0, 1e3)


def wild_arrays(equations: Iterable[Equation]) -> set[Array]:
    """The arrays that can be infinite, or nan, where what they are made of is finite and of usual size."""
    wild: set[Array] = set()
    for equation in equations:
        if any(is_wild(factor, wild) for factor in factors_of(equation)):
            wild.add(equation.target.array)
    return wild


def is_wild(factor: View | Call, wild: set[Array]) -> bool:
    """Whether a factor, or its slope for something in it, can be infinite."""
    if any(view.array in wild for view in views_of(factor)):
        return True
    return isinstance(factor, Call) and not _all_tame(factor)


def _all_tame(call: Call) -> bool:
    fixed = tuple(operand if isinstance(operand, float) else None for operand in call.operands)
    inner = [operand for operand in call.operands if isinstance(operand, Call)]
    known = call.row in ("and", "or") or _tame(TABLE[call.row], fixed)
    return known and all(map(_all_tame, inner))


@lru_cache(maxsize=1000)
def _tame(row: Op, fixed: tuple[float | None, ...]) -> bool:
    """Whether value and slopes of a row are finite at usual numbers in place of each None."""
    try:
        for point in product(*([x] if x is not None else LANDMARKS for x in fixed)):
            y = row.value(*point)
            if not all(map(isfinite, (y, *row.all_partials(y, point)))):
                return False
    except (ArithmeticError, TypeError, ValueError):  # a row of the user's that is made for other numbers
        return False
    return True


def guarded(factors: tuple[View | Call, ...]) -> tuple[View | Call, ...]:
    """The factors, of which the first is a gradient, taken where it is not 0.

    Not where that would make a matrix product an outer one: what is infinite there can leak.
    """
    gradient, *others = factors
    own, theirs = set(gradient.labels), {label for factor in others for label in factor.labels}
    if not others or (own - theirs and theirs - own):
        return factors
    return (Call("select", (gradient, multiplied(factors), 0.0)),)


def multiplied(factors: tuple[View | Call, ...]) -> View | Call:
    """The product as one factor."""
    result = factors[0]
    for factor in factors[1:]:
        result = Call("mul", (result, factor))
    return result
