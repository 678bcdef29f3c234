"""What array equations mean: an interpreter in plain NumPy, one equation after the other.

Every label is an axis. A view is its array at places that follow from the numbers along these axes; a
factor is an array over the labels that it has; a term is the product of its factors, summed over the labels
that the target has not. Rows of the table are applied number by number, as they are to floats. Verification
holds equations against the scalar graph by this, before anything is lowered to code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from ...engine import TABLE
from .ir import (
    BATCH,
    LOG_SOFTMAX,
    SOFTMAX,
    Array,
    Call,
    Equation,
    Equations,
    Label,
    Loop,
    Reduce,
    Step,
    Sum,
    Term,
    View,
)

Numbers = Any  # a NumPy array
OWN_ROWS: dict[str, Callable[..., Numbers]] = {  # that are not in the table
    "and": lambda x, y: np.where(x, y, x),  # as Python's
    "or": lambda x, y: np.where(x, x, y),
    SOFTMAX: lambda x, z: np.exp(x - z),
    LOG_SOFTMAX: np.subtract,
}


def interpret(
    program: Equations, given: Mapping[Array, Numbers], count: int, backward: bool = True
) -> dict[Array, Numbers]:
    """Every array of a program for so many samples, from those of its parameters and inputs."""
    equations = [*program.forward, *(program.backward if backward else [])]
    known = dict(given)
    with np.errstate(all="ignore"):  # inf and nan are numbers here
        for equation, fixed in _in_order(equations, program.loops):
            _Axes(equation, known, count, fixed).run()
    return known


def _in_order(
    equations: list[Equation], loops: Sequence[Loop]
) -> Iterator[tuple[Equation, dict[Label, int]]]:
    """The equations as they are run: those of a loop again for every place of its label, which is fixed."""
    by_first = {id(loop.first): loop for loop in loops}
    position = 0
    while position < len(equations):
        loop = by_first.get(id(equations[position]))
        if loop is None:
            yield equations[position], {}
            position += 1
            continue
        end = equations.index(loop.last, position) + 1
        places = range(loop.count)
        for place in reversed(places) if loop.backward else places:
            for equation in equations[position:end]:
                yield equation, {loop.label: place}
        position = end


class _Axes:
    """One equation over its labels: those of the target first, then those that are summed or reduced over."""

    def __init__(
        self, equation: Equation, known: dict[Array, Numbers], count: int, fixed: Mapping[Label, int]
    ) -> None:
        self.equation, self.known, self.count = equation, known, count
        self.kept = equation.target.labels
        sizes = {**equation.sizes, BATCH: count}
        self.labels = tuple(dict.fromkeys((*self.kept, *_labels(equation))))
        self.grid: dict[Label, Numbers] = {}  # the numbers along every label, each on an axis of its own
        for axis, label in enumerate(self.labels):
            along = np.array([fixed[label]]) if label in fixed else np.arange(sizes[label])
            self.grid[label] = along.reshape([-1 if k == axis else 1 for k in range(len(self.labels))])

    def run(self) -> None:
        """Writes the target."""
        equation, target = self.equation, self.equation.target
        numbers = self.total(equation) if isinstance(equation, Sum) else self.reduced(equation)
        array = target.array
        if array not in self.known:
            shape = (self.count, *array.shape) if array.batched else array.shape
            self.known[array] = np.full(shape, np.nan)
        places = tuple(self.trimmed(place) for place in self.places(target))
        if isinstance(equation, Sum) and equation.add:
            np.add.at(self.known[array], places, numbers)
        else:
            self.known[array][places] = numbers

    def total(self, equation: Sum) -> Numbers:
        """The sum of the terms, over the labels of the target."""
        found: Any = np.zeros([self.grid[label].size for label in self.kept])
        for term in equation.terms:
            found = found + self.term(term)
        return found

    def term(self, term: Term) -> Numbers:
        found: Any = np.full((1,) * len(self.labels), term.coefficient * float(self.count) ** term.power)
        for factor in term.factors:
            found = found * self.factor(factor)
        summed = set(term.labels) - set(self.kept)
        axes = tuple(axis for axis, label in enumerate(self.labels) if label in summed)
        return self.trimmed(found.sum(axis=axes, keepdims=True))

    def reduced(self, equation: Reduce) -> Numbers:
        """The row of the table, applied to the list over the last labels for every place of the target."""
        shape = [self.grid[label].size for label in self.labels]
        lists = np.broadcast_to(self.factor(equation.source), shape)
        flat = lists.reshape(-1, prod(shape[len(self.kept) :]))
        row = TABLE[equation.row].value
        return np.array([row(*numbers) for numbers in flat.tolist()]).reshape(shape[: len(self.kept)])

    def trimmed(self, numbers: Numbers) -> Numbers:
        """Without the axes of the labels that the target has not, along which there is one number left."""
        return numbers.reshape(numbers.shape[: len(self.kept)])

    # --- what is read ---

    def factor(self, factor: View | Call | float) -> Numbers:
        if isinstance(factor, float):
            return np.full((1,) * len(self.labels), factor)
        if isinstance(factor, View):
            array = factor.array
            numbers = array.data if array.kind == "constant" else self.known[array]
            return np.asarray(numbers)[tuple(self.places(factor))]
        operands = [self.factor(operand) for operand in factor.operands]
        if factor.row in OWN_ROWS:
            return np.asarray(OWN_ROWS[factor.row](*operands)).astype(float)
        row, position = TABLE[factor.row], factor.partial
        if position is None:
            function = row.value
        elif row.variadic:
            function = lambda y, *xs: row.all_partials(y, xs)[position]  # noqa: E731
        else:
            function = lambda y, *xs: row.partial(position, y, xs)  # noqa: E731
        return np.asarray(np.frompyfunc(function, len(operands), 1)(*operands)).astype(float)

    def places(self, view: View) -> list[Numbers]:
        """Where a view reads or writes along every axis of its array, the batch first."""
        batch = [self.grid[BATCH]] if view.array.batched else []
        return batch + [self.place(step) for step in view.steps]

    def place(self, step: Step) -> Numbers:
        found: Any = np.full((1,) * len(self.labels), step.base)
        for label, stride in step.strides:
            found = found + stride * self.grid[label]
        if step.table is not None:
            found = found + step.table[tuple(self.grid[label] for label in step.table_labels)]
        if step.index is not None:
            found = found + np.asarray(self.factor(step.index)).astype(int)
        return found


def _labels(equation: Equation) -> Iterator[Label]:
    """The labels of what an equation reads; those that a Reduce goes over in their order."""
    if isinstance(equation, Reduce):
        yield from equation.over
    else:
        for term in equation.terms:
            yield from term.labels
