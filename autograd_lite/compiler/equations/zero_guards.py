"""Where a gradient of 0 may mean that nothing was reached, so that it must stay 0 in every product.

The branch that a select does not take, and the rows that an index does not pick, have no edge in the
scalar graph. Their gradients here are 0, and 0 times an infinite slope would be nan. So a product with
something that can be infinite is taken only where the gradient is not 0. So is one with data that may be nan
though the loss is a number: missing data, which a select masks, and numbers that an index does not pick.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from functools import lru_cache, reduce
from itertools import product
from math import isfinite
from operator import or_

from ...engine import TABLE, Op
from .ir import Array, Call, Equation, Equations, Label, View, factors_of, reads, views_of
from .symbolic_partials import CONDITIONS, Part
from .views import Numbering, key_of

LANDMARKS = (-1e3, -1.0, 0.0, 1.0, 1e3)


def unbounded_arrays(equations: Iterable[Equation]) -> set[Array]:
    """The arrays that can be infinite, or nan, where what they are made of is finite and of usual size."""
    unbounded: set[Array] = set()
    for equation in equations:
        if any(is_unbounded(factor, unbounded) for factor in factors_of(equation)):
            unbounded.add(equation.target.array)
    return unbounded


def is_unbounded(factor: View | Call, unbounded: set[Array]) -> bool:
    """Whether a factor, or its slope for something in it, can be infinite."""
    if any(view.array in unbounded for view in views_of(factor)):
        return True
    return isinstance(factor, Call) and not _all_bounded(factor)


def _all_bounded(call: Call) -> bool:
    fixed = tuple(operand if isinstance(operand, float) else None for operand in call.operands)
    inner = [operand for operand in call.operands if isinstance(operand, Call)]
    known = call.row in ("and", "or") or _is_bounded(TABLE[call.row], fixed)
    return known and all(map(_all_bounded, inner))


@lru_cache(maxsize=1000)
def _is_bounded(row: Op, fixed: tuple[float | None, ...]) -> bool:
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
    return reduce(lambda x, y: Call("mul", (x, y)), factors)


# --- data that a choice masks ----------------------------------------------------------------------


def masked_arrays(program: Equations, learned: Collection[Array]) -> set[Array]:
    """The inputs, and what is computed of them, that can hold nan though the loss is a number.

    Each of their ways to the loss leads through a choice: missing data are written so, select(m > 0, w·x, 0)
    with x nan where m is 0. What is read beside that, or in both branches, would make the loss nan, and is
    nothing to look after. Nor is an activation that is written with select: it compares what was computed.
    `learned` are the arrays that depend on parameters.
    """
    return _MaskSearch(program, learned).masked()


class _MaskSearch:
    """Sets of views and arrays are whole numbers, a bit for each, as there may be many."""

    def __init__(self, program: Equations, learned: Collection[Array]) -> None:
        self.program, self.learned = program, learned
        self.bits: dict[Hashable, int] = {}
        self.seen: dict[Array, int] = {}  # by array: what would make it nan

    def masked(self) -> set[Array]:
        needed, read = {self.program.loss}, dict[Array, int]()
        for equation in reversed(self.program.forward):
            if equation.target.array in needed:
                for view in reads(equation):
                    needed.add(view.array)
                    read[view.array] = read.get(view.array, 0) | self.bit(view, equation.sizes)
        for equation in self.program.forward:
            array = equation.target.array
            seen = (self.spoilers(factor, equation.sizes) for factor in factors_of(equation))
            self.seen[array] = reduce(or_, seen, self.seen.get(array, 0))
        of_loss = self.seen[self.program.loss]
        masked = {array for array, bits in read.items() if array.kind == "input" and bits & ~of_loss}
        for equation in self.program.forward if masked else ():
            array = equation.target.array
            if read.get(array, 0) & ~of_loss and any(view.array in masked for view in reads(equation)):
                masked.add(array)
        return masked

    def bit(self, view: View, sizes: Mapping[Label, int]) -> int:
        """Inputs are often read in parts, x[0] by itself; of the others, any part stands for all."""
        key = key_of(view, Numbering(sizes)) if view.array.kind == "input" else view.array
        return self.bits.setdefault(key, 1 << len(self.bits))

    def spoilers(self, part: Part, sizes: Mapping[Label, int]) -> int:
        """What would make a part nan."""
        if isinstance(part, float):
            return 0
        if isinstance(part, View):
            array = part.array
            if array.kind != "input" and any(step.index for step in part.steps):
                return 0
            return self.seen.get(array, 0) | self.bit(part, sizes)
        if part.row in CONDITIONS and not any(view.array in self.learned for view in views_of(part)):
            return 0
        found = [self.spoilers(operand, sizes) for operand in part.operands]
        if part.row == "select" and not _is_constant(part.operands[0]):
            return found[0] | found[1] & found[2]
        return reduce(or_, found, 0)


def _is_constant(part: Part) -> bool:
    """Whether a condition is the same whatever the data: the mask of what there is."""
    return isinstance(part, float) or all(view.array.kind == "constant" for view in views_of(part))
