"""How a walk along one axis is written: a place, a slice, a reshape, a window, or an array of places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from math import prod
from typing import Any, NamedTuple

import numpy as np

from ..equations import BATCH, Label, Step
from .expressions import Dim

Sizes = Mapping[Label, int]


class At(NamedTuple):
    """Where something is along an axis: from `start` a stride further with each step of a loop's variable."""

    start: int
    moves: tuple[tuple[str, int], ...] = ()


class Turn(NamedTuple):
    """How a loop is written: its variable, and what it is at the first place of the label."""

    variable: str
    start: int


class Slice(NamedTuple):
    """Part of an axis: so many places, every `step`-th."""

    at: At
    size: int
    step: int = 1


Item = At | Slice | None  # one place, a part, or all of an axis


class Walk(NamedTuple):
    """A step along an axis of a size. Its places are counted from `at`; the labels of loops are no labels."""

    step: Step
    size: Dim
    at: At
    loops: frozenset[Label] = frozenset()

    @property
    def labels(self) -> tuple[Label, ...]:
        index = self.step.index.labels if self.step.index else ()
        own = (*(label for label, _ in self.step.strides), *self.step.table_labels, *index)
        return tuple(label for label in own if label not in self.loops)


class Digits(NamedTuple):
    """A part of an axis that is read as several: `theta[0:48].reshape(16, 3)[:, 0:2]`."""

    part: Item
    dims: tuple[int, ...]
    items: tuple[Item, ...]  # of each new axis
    labels: tuple[Label, ...]  # of those that are kept


class Window(NamedTuple):
    """A part of an axis that is read with repetition: places `step`·outer + `stride`·inner."""

    part: Item
    outer: Label
    step: int
    inner: Label
    stride: int


def walk_of(step: Step, size: Dim, loops: Mapping[Label, Turn]) -> Walk:
    """The walk of a step within loops."""
    moves = [(loops[label], stride) for label, stride in step.strides if label in loops]
    start = step.base - sum(stride * turn.start for turn, stride in moves)
    at = At(start, tuple((turn.variable, stride) for turn, stride in moves))
    strides = tuple(pair for pair in step.strides if pair[0] not in loops)
    return Walk(step._replace(strides=strides), size, at, frozenset(loops))


def is_simple(walk: Walk) -> bool:
    return walk.step.table is None and walk.step.index is None


def item_of(walk: Walk, sizes: Sizes) -> Item:
    """The item of a walk with one label, or none."""
    if not walk.step.strides:
        return walk.at
    ((label, stride),) = walk.step.strides
    if label == BATCH:
        return None
    part = Slice(walk.at, sizes[label], stride)
    return None if part == Slice(At(0), int(walk.size)) else part


def digits_of(walk: Walk, sizes: Sizes) -> Digits | None:
    """A walk with several labels as digits of one number, if it is."""
    pairs = sorted(walk.step.strides, key=lambda pair: -pair[1])
    strides = [stride for _, stride in pairs]
    counts = [sizes[label] for label, _ in pairs]
    if strides[-1] < 1 or any(a % b for a, b in pairwise(strides)) or walk.at.moves:
        return None
    dims = (counts[0], *(a // b for a, b in pairwise(strides)), strides[-1])
    total = counts[0] * strides[0]
    shift = max(0, walk.at.start + total - int(walk.size))  # so that the last row is a full one, too
    starts = [shift // stride % dim for stride, dim in zip(strides[1:], dims[1:-1], strict=True)]
    fits = all(a + count <= dim for a, count, dim in zip(starts, counts[1:], dims[1:-1], strict=True))
    if not fits or shift >= strides[0] or shift > walk.at.start:
        return None
    items: list[Item] = [None]
    for start, count, dim in zip(starts, counts[1:], dims[1:-1], strict=True):
        items.append(None if count == dim else Slice(At(start), count))
    labels = tuple(label for label, _ in pairs)
    part = _part(At(walk.at.start - shift), total, walk.size)
    if dims[-1] == 1:
        return Digits(part, dims[:-1], tuple(items), labels)
    return Digits(part, dims, (*items, At(shift % strides[-1])), labels)


def window_of(walk: Walk, sizes: Sizes) -> Window | None:
    """A walk with two labels whose places overlap, if it is that; the smaller one is within the window."""
    pairs = sorted(walk.step.strides, key=lambda pair: (sizes[pair[0]], pair[1]))
    if len(pairs) != 2 or min(stride for _, stride in pairs) < 1:
        return None
    (inner, stride), (outer, by) = pairs
    count = by * (sizes[outer] - 1) + stride * (sizes[inner] - 1) + 1
    return Window(_part(walk.at, count, walk.size), outer, by, inner, stride)


def _part(at: At, count: int, size: Dim) -> Item:
    part = Slice(at, count)
    return None if part == Slice(At(0), int(size)) else part


def places_of(step: Step, sizes: Sizes, labels: tuple[Label, ...]) -> Any:
    """What of a walk the data do not tell, as places along these labels."""
    shape = [sizes[label] for label in labels]
    grid = {
        label: np.arange(sizes[label]).reshape([-1 if k == axis else 1 for k in range(len(labels))])
        for axis, label in enumerate(labels)
    }
    walk = step.base + sum(stride * grid[label] for label, stride in step.strides)
    if step.table is not None:
        walk = walk + step.table[tuple(grid[label] for label in step.table_labels)]
    return np.broadcast_to(walk, shape)


def covers(labels: Iterable[Label], steps: Iterable[Step], sizes: Sizes) -> bool:
    """Whether unlike numbers of these labels are unlike places, as far as that does not hang on data."""
    static = [step._replace(index=None) for step in steps]
    own = tuple(dict.fromkeys(label for step in static for label in step.labels))
    if not set(labels) <= set(own):
        return False
    own = tuple(label for label in own if label != BATCH)
    flat: Any = np.zeros([1] * len(own), int)
    for step in static:
        if BATCH not in step.labels:
            there = places_of(step, sizes, own)
            flat = flat * (int(there.max()) + 1) + there
    return len(np.unique(flat)) == prod(sizes[label] for label in own)
