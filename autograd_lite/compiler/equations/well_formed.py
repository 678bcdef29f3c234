"""Whether array equations hang together: every stage of the compiler is held against this."""

from __future__ import annotations

from math import prod

from ...errors import BrokenEquationsError
from .ir import BATCH, Array, Equation, Equations, Reduce, Step, Sum, View, factors_of, reads, views_of


def check(program: Equations) -> None:
    """Raises where an array is read before it is written or never written, a view leaves its array, or
    labels do not fit."""
    known = {id(array) for array in [*program.parameters, *program.inputs]}
    for equation in [*program.forward, *program.backward]:
        _check_labels(equation)
        for view in reads(equation):
            if view.array.kind != "constant" and id(view.array) not in known:
                raise _error(equation, f"{view.array} is read before it is written")
            _check_view(equation, view)
        _check_target(equation, known)
        known.add(id(equation.target.array))
    for array in [*program.outputs, *program.gradients.values()]:
        if id(array) not in known:
            raise BrokenEquationsError(f"{array}, a result, is never written")
    if id(program.loss) not in known or program.loss.shape or program.loss.batched:
        raise BrokenEquationsError(f"the loss {program.loss} is not one number")


def _check_target(equation: Equation, known: set[int]) -> None:
    target = equation.target
    _check_view(equation, target)
    if target.array.kind != "computed":
        raise _error(equation, f"{target.array} is not computed")
    if isinstance(equation, Sum) and equation.add and id(target.array) not in known:
        raise _error(equation, f"{target.array} is added to before it is set")


def _check_view(equation: Equation, view: View) -> None:
    if len(view.steps) != len(view.array.shape):
        raise _error(equation, f"{view.array} has {len(view.array.shape)} axes, and {len(view.steps)} steps")
    for step, size in zip(view.steps, view.array.shape, strict=True):
        low, high = reach(step, equation.sizes)
        if step.index is None and not 0 <= low <= high < size:
            raise _error(equation, f"{view.array} has {size} places, and {low} to {high} are read")


def is_inside(equation: Equation) -> bool:
    """Whether no view of an equation leaves its array."""
    ends = (
        (*reach(step, equation.sizes), size)
        for view in [equation.target, *reads(equation)]
        for step, size in zip(view.steps, view.array.shape, strict=True)
    )
    return all(low >= 0 and high < size for low, high, size in ends)


def reach(step: Step, sizes: dict[str, int]) -> tuple[int, int]:
    """The first and the last place of a walk, as far as they do not hang on data."""
    ends = [stride * (sizes[label] - 1) for label, stride in step.strides]
    low = step.base + sum(min(end, 0) for end in ends)
    high = step.base + sum(max(end, 0) for end in ends)
    if step.table is not None:
        if step.table.shape != tuple(sizes[label] for label in step.table_labels):
            raise BrokenEquationsError(f"a table of shape {step.table.shape} over {step.table_labels}")
        low, high = low + int(step.table.min()), high + int(step.table.max())
    return low, high


def _check_labels(equation: Equation) -> None:
    kept = set(equation.target.labels)
    used = {label for factor in factors_of(equation) for view in views_of(factor) for label in view.labels}
    unknown = (kept | used) - set(equation.sizes) - {BATCH}
    if unknown:
        raise _error(equation, f"no size for {', '.join(sorted(unknown))}")
    if isinstance(equation, Reduce) and (used != kept | set(equation.over) or kept & set(equation.over)):
        raise _error(equation, "the labels of the target and those reduced over are not those of the source")
    if equation.target.array.batched and BATCH not in kept:
        raise _error(equation, "a batched target without its batch")


def numbers(array: Array) -> int:
    return prod(array.shape)


def _error(equation: Equation, what: str) -> BrokenEquationsError:
    return BrokenEquationsError(f"{what}, in: {equation}")
