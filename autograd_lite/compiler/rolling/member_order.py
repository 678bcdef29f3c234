"""Members and terms put in order, so that as much as can be is a view: places become steps along axes.

A family has members, one for each number of its array, and groups of like terms, the same for each
member. The order of the members is ours to choose, and so is the order of the terms of a sum. The
natural order comes first, then sorted ones, and the one that leaves the fewest tables wins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..equations import Label, Step, View
from .like_terms import Group, Reading
from .strides import Numbers, Strides, loops_of
from .triangles import completed

LETTERS = [*"ijklmopqrstuvw", *(f"i{k}" for k in range(1, 1000))]  # n is the batch, y and z are the roller's


@dataclass
class Arrangement:
    """What came of it: the order of the members, the axes, and views for every group."""

    order: Numbers
    real: Any = None  # of a grid that was completed: the places of the members that there are
    sizes: dict[Label, int] = field(default_factory=dict)
    members: tuple[Label, ...] = ()  # labels of the array's axes, outermost first
    terms: list[tuple[Label, ...]] = field(default_factory=list)  # those of each group
    views: list[list[View]] = field(default_factory=list)
    constants: list[tuple[Numbers, tuple[Label, ...]] | None] = field(default_factory=list)
    masks: list[tuple[Numbers, tuple[Label, ...]] | None] = field(default_factory=list)
    tables: int = 0  # how many steps are tables
    all_members: tuple[Label, ...] = ()  # with the axes along which nothing varies, which the array has not

    def cost(self) -> tuple[int, int]:
        """What an arrangement should have few of: tables, then axes."""
        return self.tables, len(self.members)

    def varies(self, label: Label, first: int) -> bool:
        """Whether a group from the first on is not the same along a label."""
        known = [known for known in (*self.constants[first:], *self.masks[first:]) if known]
        read = (view.labels for views in self.views[first:] for view in views)
        return any(label in labels for labels in (*read, *(own for _, own in known)))

    def places(self, count: int) -> Numbers:
        """For each member, as they were, its place in the array of the axes that are left."""
        if self.real is not None:
            return replace(self, real=None).places(len(self.order))[self.real]
        places = np.empty(count, int)
        if self.members == self.all_members:  # nearly always
            places[self.order] = np.arange(count)
            return places
        sizes = [self.sizes[label] for label in self.all_members]
        digits = np.unravel_index(np.arange(count), sizes) if sizes else ()
        by_label = dict(zip(self.all_members, digits, strict=True))
        kept = [by_label[label] for label in self.members]
        shape = [self.sizes[label] for label in self.members]
        places[self.order] = np.ravel_multi_index(kept, shape) if kept else 0
        return places


def arrange(groups: list[Group], count: int, complete: bool = True) -> Arrangement:
    """The arrangement of `count` members with the fewest tables; others may `complete` them to a grid."""
    groups = [_best_terms(group) for group in groups]
    natural = np.arange(count)
    best = _arranged(groups, count, natural)
    for order in _sorted_orders(groups, count):
        if best.cost() <= (0, 2):
            break
        found = _arranged([_ordered(group, order) for group in groups], count, order)
        if found.cost() < best.cost():
            best = found
    grid = completed(groups, count) if best.tables and complete else None
    if grid is not None:
        more, real, full = grid
        found = _arranged(more, full, np.arange(full))
        if found.tables < best.tables:
            found.real = real
            return found
    return best


# --- orders ------------------------------------------------------------------------------------------


def _best_terms(group: Group) -> Group:
    """The group with its terms in the order that leaves the fewest irregular tables."""
    if group.ordered or group.mask is not None or group.terms == 1:
        return group
    best, fewest = group, _irregular(group)
    for order in _term_orders(group):
        if not fewest:
            break
        tables = [[np.take_along_axis(t, order, 1) for t in r.tables] for r in group.readings]
        readings = [Reading(r.array, t) for r, t in zip(group.readings, tables, strict=True)]
        constants = None if group.constants is None else np.take_along_axis(group.constants, order, 1)
        other = replace(group, readings=readings, constants=constants)
        count = _irregular(other)
        if count < fewest:
            best, fewest = other, count
    return best


def _term_orders(group: Group) -> Iterator[Numbers]:
    """For each reading: every member's terms sorted by the places in it, then by those in the others."""
    for first in range(len(group.readings)):
        keys = [*group.readings[first].tables]
        keys += [t for k, r in enumerate(group.readings) if k != first for t in r.tables]
        if keys:
            yield np.lexsort(tuple(reversed(keys)), axis=-1)


def _irregular(group: Group) -> int:
    return sum(not even for r in group.readings for even in r.even) + group.loops.strides.count(None)


def _sorted_orders(groups: list[Group], count: int) -> Iterator[Numbers]:
    """The members sorted by the places of their first terms, reading by reading."""
    if count < 3:
        return
    readings = [[t[:, 0] for t in r.tables] for g in groups for r in g.readings if r.tables]
    for first in range(min(len(readings), 4)):
        keys = [*readings[first], *(key for k, keys in enumerate(readings) if k != first for key in keys)]
        yield np.lexsort(tuple(reversed(keys)))


# --- one order ---------------------------------------------------------------------------------------


def _arranged(groups: list[Group], count: int, order: Numbers) -> Arrangement:
    letters = iter(LETTERS)
    loops = loops_of([table[:, 0] for group in groups for table in group.even], count)
    strides = iter(loops.strides)
    members = tuple(next(letters) for _ in loops.sizes)
    found = Arrangement(
        order, sizes=dict(zip(members, loops.sizes, strict=True)), members=members, all_members=members
    )
    for group in groups:
        _add_group(found, group, members, loops.sizes, strides, letters)
    found.members = _axes(found)
    return found


def _axes(found: Arrangement) -> tuple[Label, ...]:
    """The labels of the array, in the order in which they are met, those of data before parameters'."""
    views = [view for views in found.views for view in views]
    met = [label for view in views if view.array.kind != "parameter" for label in view.labels]
    met += [label for known in [*found.constants, *found.masks] if known for label in known[1]]
    met += [label for view in views if view.array.kind == "parameter" for label in view.labels]
    return tuple(label for label in dict.fromkeys(met) if label in found.all_members)


def _ordered(group: Group, order: Numbers) -> Group:
    """The group with its members in this order. What is even, and how terms walk, stays as it was."""
    readings = [Reading(r.array, [t[order] for t in r.tables]) for r in group.readings]
    constants = None if group.constants is None else group.constants[order]
    mask = None if group.mask is None else group.mask[order]
    result = replace(group, readings=readings, constants=constants, mask=mask)
    for mine, before in zip(readings, group.readings, strict=True):
        mine.even = before.even
    result.loops = group.loops
    return result


def _add_group(
    found: Arrangement,
    group: Group,
    members: tuple[Label, ...],
    sizes: tuple[int, ...],
    strides: Iterator[Strides],
    letters: Iterator[str],
) -> None:
    loops, term_strides = group.loops, iter(group.loops.strides)
    terms = tuple(next(letters) for _ in loops.sizes)
    found.sizes |= dict(zip(terms, loops.sizes, strict=True))
    labels, grid = (*members, *terms), (*sizes, *loops.sizes)
    views = []
    for reading in group.readings:
        steps = []
        for table, even in zip(reading.tables, reading.even, strict=True):
            own = (next(strides), next(term_strides)) if even else (None, None)
            steps.append(_step(table, grid, labels, *own))
        found.tables += sum(step.table is not None for step in steps)
        views.append(View(reading.array, tuple(steps)))
    found.views.append(views)
    constants = None
    if group.constants is not None:
        constants = _varying(group.constants.reshape(grid), labels)
    found.constants.append(constants)
    found.masks.append(
        None if group.mask is None else _varying(group.mask.reshape(grid).astype(float), labels)
    )
    used = {label for view in views for label in view.labels} | set(constants[1] if constants else ())
    found.terms.append(
        tuple(label for label in terms if group.distinct or group.mask is not None or label in used)
    )


def _step(
    table: Numbers, grid: tuple[int, ...], labels: tuple[Label, ...], by_member: Strides, by_term: Strides
) -> Step:
    """A step out of places over loops: strides, or a table of those loops on which it is irregular."""
    if by_member is not None and by_term is not None:
        strides = zip(labels, (*by_member, *by_term), strict=True)
        return Step(int(table[0, 0]), tuple((label, stride) for label, stride in strides if stride))
    irregular, varying = _varying(table.reshape(grid), labels)
    return Step(0, (), irregular, varying)


def _varying(grid: Numbers, labels: tuple[Label, ...]) -> tuple[Numbers, tuple[Label, ...]]:
    """The grid without the axes along which nothing varies, and the labels of the others."""
    kept: list[Label] = []
    for axis in range(grid.ndim - 1, -1, -1):
        line = np.take(grid, [0], axis)
        if grid.shape[axis] == 1 or np.array_equal(np.broadcast_to(line, grid.shape), grid):
            grid = np.take(grid, 0, axis)
        else:
            kept.append(labels[axis])
    return grid.copy(), tuple(reversed(kept))
