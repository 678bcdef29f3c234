"""The lines of a layer put together. A line is only moved past those that have nothing to do with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..equations import Array
from .formula import Line, views_in

Titled = tuple[Line, str]


def grouped(lines: Sequence[Line], titles: Sequence[str]) -> list[Titled]:
    """Chosen from the end, of those that no other line has to follow: the last of the same title, or else
    the last of all. A loop is moved as a whole."""
    blocks: list[list[Titled]] = []
    for line, title in zip(lines, titles, strict=True):
        if blocks and line.loop is not None and blocks[-1][-1][0].loop is line.loop:
            blocks[-1].append((line, title))
        else:
            blocks.append([(line, title)])
    waiting = _before(blocks)
    behind = Counter(k for before in waiting for k in before)
    free = {k for k in range(len(blocks)) if not behind[k]}
    chosen: list[int] = []
    while free:
        alike = [k for k in free if chosen and blocks[k][0][1] == blocks[chosen[-1]][0][1]]
        chosen.append(max(alike or free))
        free.remove(chosen[-1])
        for k in waiting[chosen[-1]]:
            behind[k] -= 1
            free |= set() if behind[k] else {k}
    return [pair for k in reversed(chosen) for pair in blocks[k]]


def _before(blocks: Sequence[Sequence[Titled]]) -> list[set[int]]:
    """For every block those that have to come before it: one of the two sets what the other reads or sets."""
    sets = [{line.target.array for line, _ in block} for block in blocks]
    made = set().union(*sets)
    seen: dict[Array, list[int]] = {}
    found: list[set[int]] = []
    for number, block in enumerate(blocks):
        views = views_in(tuple((line.target, line.formula) for line, _ in block))
        found.append(set())
        for array in {view.array for view in views} & made:
            earlier = seen.setdefault(array, [])
            found[-1] |= {k for k in earlier if array in sets[k] | sets[number]}
            earlier.append(number)
    return found
