"""Members of a family that fill a part of a grid, a triangle, completed to the grid.

What is computed for the places that nobody asked for is never read, or masked where it is; but the
array is then one of loops, where the part alone would have to be gathered by tables.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from .like_terms import Group
from .strides import Numbers

MOST = 2.5  # how many times as large as the part a grid may be


def completed(groups: list[Group], count: int) -> tuple[list[Group], Numbers, int] | None:
    """The groups for the whole grid, the places of the members in it, and its size; or None."""
    if any(group.mask is not None or not _uniform(group.constants) for group in groups):
        return None
    readings = [reading for group in groups for reading in group.readings]
    tables = [table for reading in readings for table in reading.tables]
    if not tables or not all(even for reading in readings for even in reading.even):
        return None
    walks = _independent([table[:, 0] for table in tables])
    digits = [_digits(walk) for walk in walks]
    if len(walks) not in (2, 3) or any(digit is None for digit in digits):
        return None
    sizes = [int(digit.max()) + 1 for digit in digits]  # type: ignore[union-attr]
    full = int(np.prod(sizes))
    if not count < full <= MOST * count + 8:
        return None
    places = np.ravel_multi_index(digits, sizes)  # type: ignore[arg-type]
    grid = np.unravel_index(np.arange(full), sizes)
    loops = [walk.min() + _stride(walk) * g for walk, g in zip(walks, grid, strict=True)]
    if len(np.unique(places)) != count:
        return None
    return [_whole(group, walks, loops, full) for group in groups], places, full


def _uniform(constants: Any) -> bool:
    return constants is None or bool((constants == constants[0, 0]).all())


def _independent(sequences: list[Numbers]) -> list[Numbers]:
    """Those that are no multiple of another plus a number."""
    found: list[Numbers] = []
    for sequence in sequences:
        if sequence.min() != sequence.max() and not any(_fit(sequence, other) for other in found):
            found.append(sequence)
    return found


def _fit(sequence: Numbers, other: Numbers) -> tuple[int, int] | None:
    """(a, b) such that the sequence is a · other + b."""
    if sequence.min() == sequence.max():
        return 0, int(sequence[0])
    low, high = int(other.argmin()), int(other.argmax())
    rise, run = int(sequence[high] - sequence[low]), int(other[high] - other[low])
    if run == 0 or rise % run:
        return None
    a = rise // run
    b = int(sequence[low] - a * other[low])
    return (a, b) if np.array_equal(sequence, a * other + b) else None


def _stride(walk: Numbers) -> int:
    return int(np.diff(np.unique(walk)).min())


def _digits(walk: Numbers) -> Numbers | None:
    """Which of the equally spaced values each is; None where they are not."""
    values = np.unique(walk)
    steps = np.diff(values)
    return (walk - values[0]) // steps[0] if (steps == steps[0]).all() else None


def _whole(group: Group, walks: list[Numbers], loops: list[Numbers], full: int) -> Group:
    """The group for every place of the grid; each table goes with the loop that it is a multiple of."""
    readings = []
    for reading in group.readings:
        tables = []
        for table in reading.tables:
            fits = ((_fit(table[:, 0], walk), loop) for walk, loop in zip(walks, loops, strict=True))
            (a, b), loop = next((fit, loop) for fit, loop in fits if fit)
            tables.append((a * loop + b)[:, None] + (table[:1] - table[0, 0]))
        readings.append(replace(reading, tables=tables))
    constants = None if group.constants is None else np.full((full, group.terms), group.constants[0, 0])
    return replace(group, readings=readings, constants=constants)
