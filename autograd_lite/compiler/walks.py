"""How a list of places walks: as nested loops of constant strides, where there are such loops.

A table holds, for every member of a family and every term of a sum, a place along one axis of an array.
Where all tables step regularly, members and terms are nested loops (axes), and each place is
base + Σ stride·axis. What does not step regularly stays a table.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

Numbers = Any  # an array of whole numbers


class Loops(NamedTuple):
    """The sizes of nested loops, outermost first, and for each sequence its strides, or None if irregular."""

    sizes: tuple[int, ...]
    strides: list[tuple[int, ...] | None]


def loops_of(sequences: Sequence[Numbers], count: int) -> Loops:
    """The loops that all regular sequences of this length share; what would break the others is irregular."""
    ends: list[int] = [1, count] if count > 1 else [1]
    strides: list[tuple[int, ...] | None] = [None] * len(sequences)
    found = [(_ends(sequence), k) for k, sequence in enumerate(sequences)]
    regular = sorted((len(own), k) for own, k in found if own is not None)
    for _, k in regular:
        own = found[k][0] or []
        merged = sorted({*ends, *own})
        if all(b % a == 0 for a, b in itertools.pairwise(merged)):
            ends = merged
    sizes = tuple(b // a for a, b in itertools.pairwise(ends))[::-1]
    for k, sequence in enumerate(sequences):
        strides[k] = _strides(sequence, sizes)
    return Loops(sizes, strides)


def _ends(sequence: Numbers) -> list[int] | None:
    """Where the loops that make up a sequence end, from the innermost, as products of sizes."""
    ends, done = [1], 1
    while len(sequence) > 1:
        steps = np.diff(sequence)
        breaks = np.flatnonzero(steps != steps[0])
        run = int(breaks[0]) + 1 if len(breaks) else len(sequence)
        if len(sequence) % run:
            return None
        blocks = sequence.reshape(-1, run)
        if not (blocks == blocks[:, :1] + steps[0] * np.arange(run)).all():
            return None
        done *= run
        ends.append(done)
        sequence = blocks[:, 0]
    return ends


def _strides(sequence: Numbers, sizes: tuple[int, ...]) -> tuple[int, ...] | None:
    """The stride for every loop, outermost first, if these loops give the sequence."""
    grid = sequence.reshape(sizes)
    first = (0,) * len(sizes)
    strides, built = [], np.asarray(grid[first])
    for axis, size in enumerate(sizes):
        second = (*first[:axis], 1, *first[axis + 1 :])
        stride = int(grid[second] - grid[first]) if size > 1 else 0
        strides.append(stride)
        built = built + stride * np.arange(size).reshape((size,) + (1,) * (len(sizes) - axis - 1))
    return tuple(strides) if (built == grid).all() else None


def separable(table: Numbers) -> bool:
    """Whether a table (member, term) is a function of the member plus one of the term."""
    return bool((table == table[:, :1] + table[:1] - table[0, 0]).all())
