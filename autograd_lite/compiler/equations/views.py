"""What can be done with a view: labels renamed, walks put in, places listed, two of them compared."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Set
from math import prod
from typing import Any

import numpy as np

from .ir import BATCH, Call, Label, Step, Term, View

Factor = View | Call
Walks = Mapping[Label, Step]  # where a label walks, in terms of others
Numbers = Any  # an array of whole numbers

LETTERS = "ijklmopqrstuvw"


# --- labels ------------------------------------------------------------------------------------------


def own_labels(view: View) -> tuple[Label, ...]:
    """The labels of a view but for the batch."""
    return tuple(label for label in view.labels if label != BATCH)


def fresh(taken: Iterable[Label]) -> Label:
    """A label that is not taken."""
    known = set(taken)
    letters: list[Label] = [*LETTERS, *(f"i{k}" for k in range(1, len(known) + 2))]
    return next(label for label in letters if label not in known)


def renamed(factor: Factor, names: Mapping[Label, Label]) -> Factor:
    """The factor with other labels."""
    if isinstance(factor, Call):
        operands = (part if isinstance(part, float) else renamed(part, names) for part in factor.operands)
        return factor._replace(operands=tuple(operands))
    return renamed_view(factor, names)


def renamed_view(view: View, names: Mapping[Label, Label]) -> View:
    return View(view.array, tuple(_renamed_step(step, names) for step in view.steps))


def _renamed_step(step: Step, names: Mapping[Label, Label]) -> Step:
    return Step(
        step.base,
        tuple((names.get(label, label), stride) for label, stride in step.strides),
        step.table,
        tuple(names.get(label, label) for label in step.table_labels),
        renamed_view(step.index, names) if step.index else None,
    )


def renamed_term(term: Term, names: Mapping[Label, Label]) -> Term:
    return term._replace(factors=tuple(renamed(factor, names) for factor in term.factors))


# --- walks -------------------------------------------------------------------------------------------


def walked(view: View, walks: Walks, sizes: Mapping[Label, int]) -> View | None:
    """The view with a walk in place of each label that has one; None if no steps say that.

    The sizes are those of the labels in the walks.
    """
    steps = [_walked_step(step, walks, sizes) for step in view.steps]
    known = [step for step in steps if step is not None]
    return View(view.array, tuple(known)) if len(known) == len(steps) else None


def _walked_step(step: Step, walks: Walks, sizes: Mapping[Label, int]) -> Step | None:
    base, strides, index = step.base, dict[Label, int](), step.index
    tables = []
    if index is not None:
        index = walked(index, walks, sizes)
        if index is None:
            return None
    for label, stride in step.strides:
        walk = walks.get(label, Step(0, ((label, 1),)))
        base += stride * walk.base
        for inner, inner_stride in walk.strides:
            strides[inner] = strides.get(inner, 0) + stride * inner_stride
        if walk.table is not None:
            tables.append((stride * walk.table, walk.table_labels))
        if walk.index is not None:
            if stride != 1 or index is not None:
                return None
            index = walk.index
    if step.table is not None:
        inner_walks = [walks.get(label, Step(0, ((label, 1),))) for label in step.table_labels]
        if any(walk.index for walk in inner_walks):
            return None
        tables.append(_picked(step.table, inner_walks, sizes))
    table, labels = _added(tables, sizes)
    return Step(
        base, tuple((label, stride) for label, stride in strides.items() if stride), table, labels, index
    )


def _picked(
    table: Numbers, walks: list[Step], sizes: Mapping[Label, int]
) -> tuple[Numbers, tuple[Label, ...]]:
    """A table read along walks, as a table of their labels."""
    labels = tuple(dict.fromkeys(label for walk in walks for label in walk.labels))
    grid = _grid(labels, sizes)
    picked = table[tuple(_places(walk, grid) for walk in walks)]
    return np.broadcast_to(picked, [sizes[label] for label in labels]), labels


def _added(tables: list[Any], sizes: Mapping[Label, int]) -> tuple[Numbers | None, tuple[Label, ...]]:
    """The sum of tables over different labels, as one."""
    if len(tables) < 2:
        return tables[0] if tables else (None, ())
    labels = tuple(dict.fromkeys(label for _, own in tables for label in own))
    grid = _grid(labels, sizes)
    return sum(table[tuple(grid[label] for label in own)] for table, own in tables), labels


# --- places ------------------------------------------------------------------------------------------


def places(view: View, sizes: Mapping[Label, int]) -> Numbers | None:
    """The places that are read, counted flat, one sample's; None where only the data tell."""
    if any(step.index for step in view.steps):
        return None
    labels = own_labels(view)
    grid = _grid(labels, sizes)
    flat: Any = 0
    for step, size in zip(view.steps, view.array.shape, strict=True):
        flat = flat * size + _places(step, grid)
    return np.broadcast_to(flat, [sizes[label] for label in labels]).reshape(-1)


def _grid(labels: tuple[Label, ...], sizes: Mapping[Label, int]) -> dict[Label, Numbers]:
    """For every label its numbers, along an axis of its own."""
    count = len(labels)
    return {
        label: np.arange(sizes[label]).reshape([-1 if k == axis else 1 for k in range(count)])
        for axis, label in enumerate(labels)
    }


def _places(step: Step, grid: Mapping[Label, Numbers]) -> Numbers:
    walk = step.base + sum(stride * grid[label] for label, stride in step.strides)
    if step.table is not None:
        walk = walk + step.table[tuple(grid[label] for label in step.table_labels)]
    return walk


# --- comparison --------------------------------------------------------------------------------------


class Numbering(dict[Label, Hashable]):
    """Labels by when they were met, with their sizes: what is the same but for its labels has one key."""

    def __init__(self, sizes: Mapping[Label, int], names: Iterable[Label] = ()) -> None:
        super().__init__({BATCH: BATCH})
        self.sizes = sizes
        for name in names:
            self[name]

    def __missing__(self, label: Label) -> Hashable:
        self[label] = number = (len(self), self.sizes[label])
        return number


def key_of(part: View | Call | float, numbers: Mapping[Label, Hashable]) -> Hashable:
    """Equal for two factors that read the same, number for number."""
    if isinstance(part, Call):
        return part.row, part.partial, *(key_of(operand, numbers) for operand in part.operands)
    if isinstance(part, View):
        return id(part.array), *(_step_key(step, numbers) for step in part.steps)
    return repr(part)


def _step_key(step: Step, numbers: Mapping[Label, Hashable]) -> Hashable:
    table = None if step.table is None else (step.table.shape, step.table.tobytes())
    return (
        step.base,
        tuple((numbers[label], stride) for label, stride in step.strides),
        table,
        tuple(numbers[label] for label in step.table_labels),
        key_of(step.index, numbers) if step.index else None,
    )


class Names(dict[Label, Hashable]):
    """Labels as they are: for keys within one equation."""

    def __missing__(self, label: Label) -> Hashable:
        return label


AS_THEY_ARE = Names()


# --- terms -------------------------------------------------------------------------------------------


def without_lost(
    term: Term, before: Iterable[Label], kept: Iterable[Label], sizes: Mapping[Label, int]
) -> Term:
    """The term times the sizes of the labels that it was summed over before, and has lost."""
    return times_sizes(term, set(before) - set(term.labels) - set(kept), sizes)


def times_sizes(term: Term, labels: Set[Label], sizes: Mapping[Label, int]) -> Term:
    """The term summed over labels that nothing in it has: n samples are a power of n."""
    coefficient = term.coefficient * prod(sizes[label] for label in labels if label != BATCH)
    return term._replace(coefficient=coefficient, power=term.power + (BATCH in labels))


def collected(terms: Iterable[Term], kept: Iterable[Label], sizes: Mapping[Label, int]) -> tuple[Term, ...]:
    """The terms of a sum, like ones as one."""
    found: dict[Hashable, Term] = {}
    for term in terms:
        key = term_key(term, kept, sizes)
        known = found.get(key)
        coefficient = term.coefficient + (known.coefficient if known else 0.0)
        found[key] = (known or term)._replace(coefficient=coefficient)
    return tuple(found.values())


def term_key(term: Term, kept: Iterable[Label], sizes: Mapping[Label, int]) -> Hashable:
    """Equal for like terms, whatever their coefficients and the names of what they are summed over."""
    numbers = Numbering(sizes, kept)
    return term.power, *(key_of(factor, numbers) for factor in term.factors)
