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
Strides = tuple[int, ...] | None  # one a loop, outermost first; None if irregular


class Loops(NamedTuple):
    """The sizes of nested loops, outermost first, and for each sequence its strides."""

    sizes: tuple[int, ...]
    strides: list[Strides]


def loops_of(sequences: Sequence[Numbers], count: int) -> Loops:
    """The loops that all regular sequences of this length share; what would break the others is irregular."""
    if count == 1:
        return Loops((), [()] * len(sequences))
    walks = [_walk(sequence) for sequence in sequences]
    ends = [1, count]
    for own in sorted((walk for walk in walks if walk is not None), key=len):
        merged = sorted({*ends, *own})
        if all(b % a == 0 for a, b in itertools.pairwise(merged)):
            ends = merged
    sizes = tuple(b // a for a, b in itertools.pairwise(ends))[::-1]
    return Loops(sizes, [_strides(walk, ends[:-1]) for walk in walks])


def _walk(sequence: Numbers) -> dict[int, int] | None:
    """For each of the loops that make up a sequence, from the innermost: how many numbers lie between its
    steps, and how large they are."""
    found: dict[int, int] = {}
    between = 1
    while len(sequence) > 1:
        steps = sequence[1:] - sequence[:-1]
        differs = steps != steps[0]
        first = int(differs.argmax())
        run = first + 1 if differs[first] else len(sequence)
        if len(sequence) % run:
            return None
        blocks = sequence.reshape(-1, run)
        if len(blocks) > 1 and not (blocks == blocks[:, :1] + steps[0] * np.arange(run)).all():
            return None
        found[between] = int(steps[0])
        between *= run
        sequence = blocks[:, 0]
    return found


def _strides(walk: dict[int, int] | None, starts: list[int]) -> Strides:
    """The stride for every loop, outermost first, if a walk breaks nowhere but where loops end."""
    if walk is None or not walk.keys() <= set(starts):
        return None
    strides = []
    for start in starts:
        own = max(between for between in walk if between <= start)
        strides.append(walk[own] * (start // own))
    return tuple(reversed(strides))


def separable(table: Numbers) -> bool:
    """Whether a table (member, term) is a function of the member plus one of the term."""
    return 1 in table.shape or bool((table == table[:, :1] + table[:1] - table[0, 0]).all())
