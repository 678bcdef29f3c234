"""The sections of a page: the layers and their titles, and the lines of a layer put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from ..equations import Array, Equations, Role, reads
from .formula import Line, views_in

Titled = tuple[Line, str]


# --- titles ------------------------------------------------------------------------------------------


def titles_of_layers(
    program: Equations, roles: Mapping[Array, Role], suffixes: Mapping[Array, str]
) -> dict[Array, str]:
    """For every array that is of a layer, this layer's title."""
    found: dict[Array, str] = {}
    for equation in program.forward:
        array = equation.target.array
        role = roles.get(array)
        if array in suffixes:
            title = f"layer {suffixes[array].lstrip('_')}".strip()
            found[array] = title
            parameters = [view.array for view in reads(equation) if view.array.kind == "parameter"]
            found |= {parameter: title for parameter in parameters if parameter not in found}
        elif role is not None and role.what == "activation" and role.of in found:
            found[array] = found[role.of]
    return found


def titles_of(
    lines: Sequence[Line], layer: Callable[[Array], str], is_backward: Callable[[Line], bool]
) -> list[str]:
    """A title for every line: its layer's, or that of the line before. Those of a loop have one."""
    backward = [is_backward(line) for line in lines]
    own = [layer(_home(line, lines[k + 1 :]).target.array) for k, line in enumerate(lines)]
    last = max((k for k, title in enumerate(own) if title and not backward[k]), default=-1)
    titles = [next((title for title in own if title), "loss")]  # what stands before the first line
    for k, title in enumerate(own):
        before, loop = titles[-1], lines[k].loop
        if k and loop is not None and lines[k - 1].loop is loop:
            titles.append(before)
        elif backward[k]:
            before = before if before.startswith("backward") else "backward"
            titles.append(f"backward, {title}" if title else before)
        else:
            titles.append("loss" if k > last else title or before)
    return titles[1:]


def _home(line: Line, later: Sequence[Line]) -> Line:
    """The line whose layer is that of a line: of zeros, the first in the loop that fills them."""
    if line.formula.terms:
        return line
    loop = next((x.loop for x in later if x.loop and x.target.array is line.target.array), None)
    return next(x for x in later if x.loop is loop) if loop else line


# --- order -------------------------------------------------------------------------------------------


def grouped(lines: Sequence[Line], titles: Sequence[str]) -> list[Titled]:
    """The lines of a layer together. A line is only moved past those that have nothing to do with it.

    Chosen from the end, of those that no other line has to follow: the last of the same title, or else
    the last of all. A loop is moved as a whole.
    """
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
