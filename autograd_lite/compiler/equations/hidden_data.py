"""Data that may be nan though the loss is a number: each of their ways there leads through a choice.

Missing data are written so, select(m > 0, w·x, 0) with x nan where m is 0; numbers that an index does not
pick are missing as well. What is read beside that, or in both branches, would make the loss nan, and is
nothing to look after. Nor is an activation that is written with select: it compares what was computed.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from functools import reduce
from operator import or_

from .ir import Array, Equations, Label, View, factors_of, reads, views_of
from .symbolic_partials import CONDITIONS, Part
from .views import Numbering, key_of


def hidden_arrays(program: Equations, learned: Collection[Array]) -> set[Array]:
    """The inputs, and what is computed of them, that can hold nan which the loss does not show.

    `learned` are the arrays that depend on parameters.
    """
    return _Search(program, learned).hidden()


class _Search:
    """Sets of views and arrays are whole numbers, a bit for each, as there may be many."""

    def __init__(self, program: Equations, learned: Collection[Array]) -> None:
        self.program, self.learned = program, learned
        self.bits: dict[Hashable, int] = {}
        self.shown: dict[Array, int] = {}  # by array: what would make it nan

    def hidden(self) -> set[Array]:
        needed, read = {self.program.loss}, dict[Array, int]()
        for equation in reversed(self.program.forward):
            if equation.target.array in needed:
                for view in reads(equation):
                    needed.add(view.array)
                    read[view.array] = read.get(view.array, 0) | self.bit(view, equation.sizes)
        for equation in self.program.forward:
            array = equation.target.array
            shown = (self.through(factor, equation.sizes) for factor in factors_of(equation))
            self.shown[array] = reduce(or_, shown, self.shown.get(array, 0))
        of_loss = self.shown[self.program.loss]
        hidden = {array for array, bits in read.items() if array.kind == "input" and bits & ~of_loss}
        for equation in self.program.forward if hidden else ():
            array = equation.target.array
            if read.get(array, 0) & ~of_loss and any(view.array in hidden for view in reads(equation)):
                hidden.add(array)
        return hidden

    def bit(self, view: View, sizes: Mapping[Label, int]) -> int:
        """Inputs are often read in parts, x[0] by itself; of the others, any part stands for all."""
        key = key_of(view, Numbering(sizes)) if view.array.kind == "input" else view.array
        return self.bits.setdefault(key, 1 << len(self.bits))

    def through(self, part: Part, sizes: Mapping[Label, int]) -> int:
        """What would make a part nan."""
        if isinstance(part, float):
            return 0
        if isinstance(part, View):
            array = part.array
            if array.kind != "input" and any(step.index for step in part.steps):
                return 0
            return self.shown.get(array, 0) | self.bit(part, sizes)
        if part.row in CONDITIONS and not any(view.array in self.learned for view in views_of(part)):
            return 0
        found = [self.through(operand, sizes) for operand in part.operands]
        if part.row == "select" and not _is_constant(part.operands[0]):
            return found[0] | found[1] & found[2]
        return reduce(or_, found, 0)


def _is_constant(part: Part) -> bool:
    """Whether a condition is the same whatever the data: the mask of what there is."""
    return isinstance(part, float) or all(view.array.kind == "constant" for view in views_of(part))
