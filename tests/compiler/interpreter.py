"""A slow interpreter of array equations: plain loops over every label, one number at a time.

It shares nothing with the compiler but the definition of the equations, and it runs on floats and on
Values alike: so the engine differentiates the forward equations, and its gradients are the oracle of
the backward ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

import autograd_lite as al
from autograd_lite.compiler.equations.ir import (
    BATCH,
    Array,
    Call,
    Equation,
    Equations,
    Loop,
    Reduce,
    Step,
    Sum,
    View,
)
from autograd_lite.engine.ops import TABLE

Numbers = Any  # an object array; a number that has not been set is None
At = dict[str, int]  # a number for every label


def run(
    program: Equations, numbers: dict[Array, Any], backward: bool = True, count: int | None = None
) -> dict[Array, Numbers]:
    """Every array of a program, from the numbers of its parameters and inputs (floats or Values)."""
    equations = [*program.forward, *(program.backward if backward else [])]
    return run_equations(equations, numbers, count or batch_of(numbers), program.loops)


def run_equations(
    equations: list[Equation], numbers: dict[Array, Any], count: int, loops: Sequence[Loop] = ()
) -> dict[Array, Numbers]:
    """Every array that the equations set, and those that they read."""
    known = _Arrays({array: np.array(data, dtype=object) for array, data in numbers.items()})
    for equation in equations:
        array = equation.target.array
        if array not in known:
            known[array] = np.full((count,) * array.batched + array.shape, None)
    for equation, fixed in _in_order(equations, loops):
        _write(equation, known, {**equation.sizes, BATCH: count}, fixed)
    return known


def _in_order(equations: list[Equation], loops: Sequence[Loop]) -> Iterator[tuple[Equation, At]]:
    """The equations as they are run, those of a loop again for every place of its label."""
    position = 0
    while position < len(equations):
        loop = next((loop for loop in loops if loop.first is equations[position]), None)
        if loop is None:
            yield equations[position], {}
            position += 1
            continue
        end = equations.index(loop.last) + 1
        steps = range(loop.count)
        for step in reversed(steps) if loop.backward else steps:
            for equation in equations[position:end]:
                yield equation, {loop.label: step}
        position = end


def floats(array: Numbers) -> Any:
    """The plain numbers of an array of floats or Values."""
    return np.vectorize(_float, otypes=[float])(array)


def batch_of(numbers: dict[Array, Any]) -> int:
    """How many samples there are; 1 without a batch."""
    return next((len(data) for array, data in numbers.items() if array.batched), 1)


class _Arrays(dict[Array, Numbers]):
    """The arrays that are known; constants are always."""

    def __missing__(self, array: Array) -> Numbers:
        if array.kind != "constant":
            raise LookupError(f"{array} is read before it is set")
        self[array] = np.array(array.data, dtype=object)
        return self[array]


# --- an equation ---------------------------------------------------------------------------------------


def _write(equation: Equation, known: _Arrays, sizes: dict[str, int], fixed: At) -> None:
    target, written = equation.target, set()
    compute = _summed if isinstance(equation, Sum) else _reduced
    new = known[target.array].copy()
    for at in _walk(target.labels, sizes, fixed):
        place, number = _place(target, at, known), compute(equation, at, known, sizes)
        if isinstance(equation, Sum) and equation.add:
            new[place] = new[place] + number
            continue
        if place in written:
            raise ValueError(f"{place} is set twice in: {equation}")
        written.add(place)
        new[place] = number
    known[target.array] = new


def _summed(equation: Sum, at: At, known: _Arrays, sizes: dict[str, int]) -> Any:
    result: Any = 0.0
    for term in equation.terms:
        labels = [label for label in term.labels if label not in equation.target.labels]
        for more in _walk(labels, sizes):
            number: Any = term.coefficient * float(sizes[BATCH]) ** term.power
            for factor in term.factors:
                number = number * _number(factor, {**at, **more}, known)
            result = result + number
    return result


def _reduced(equation: Reduce, at: At, known: _Arrays, sizes: dict[str, int]) -> Any:
    numbers = [_number(equation.source, {**at, **more}, known) for more in _walk(equation.over, sizes)]
    return TABLE[equation.row](*numbers)


def _walk(labels: Iterable[str], sizes: dict[str, int], fixed: At | None = None) -> Iterator[At]:
    """Every place of some labels, those that are fixed at theirs."""
    labels, fixed = list(labels), fixed or {}
    for places in product(*([fixed[label]] if label in fixed else range(sizes[label]) for label in labels)):
        yield dict(zip(labels, places, strict=True))


# --- a factor ------------------------------------------------------------------------------------------


def _number(factor: Any, at: At, known: _Arrays) -> Any:
    if isinstance(factor, float):
        return factor
    if isinstance(factor, View):
        number = known[factor.array][_place(factor, at, known)]
        if number is None:
            raise LookupError(f"{factor.array} is read at a place that is not set: {at}")
        return number
    assert isinstance(factor, Call)
    numbers = [_number(operand, at, known) for operand in factor.operands]
    if factor.partial is not None:  # what the row gives, and then its operands
        return TABLE[factor.row].all_partials(numbers[0], numbers[1:])[factor.partial]
    return _applied(factor.row, numbers)


def _applied(row: str, numbers: list[Any]) -> Any:
    if row in LOGIC:
        return float(LOGIC[row](*map(_float, numbers)))
    if row == "detach":
        return _float(numbers[0])
    if row in ("softmax_given", "log_softmax_given"):  # the logsumexp that they belong to
        x, z = numbers
        return x - z if row.startswith("log") else TABLE["exp"](x - z)
    if row == "select":
        return numbers[1] if _float(numbers[0]) else numbers[2]
    return TABLE[row](*numbers)


LOGIC = {
    "and": lambda x, y: x and y,
    "or": lambda x, y: x or y,
    "greater": lambda x, y: x > y,
    "greater_equal": lambda x, y: x >= y,
}


def _float(number: Any) -> float:
    return number.data if isinstance(number, al.Value) else float(number)


def _place(view: View, at: At, known: _Arrays) -> tuple[int, ...]:
    place = tuple(_step(step, at, known) for step in view.steps)
    if any(not 0 <= k < size for k, size in zip(place, view.array.shape, strict=True)):
        raise IndexError(f"{view.array}{list(place)} of shape {view.array.shape}")
    return (at[BATCH], *place) if view.array.batched else place


def _step(step: Step, at: At, known: _Arrays) -> int:
    place = step.base + sum(stride * at[label] for label, stride in step.strides)
    if step.table is not None:
        place += int(step.table[tuple(at[label] for label in step.table_labels)])
    if step.index is not None:
        place += int(_float(_number(step.index, at, known)))
    return place
