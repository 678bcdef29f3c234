"""Like terms of a sum, or like operands of a list, in columns.

Groups are a dict: (sign, has a constant, colours of the factors) -> a column of numbers of nodes for every
factor, and one of constants where there are some.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from typing import Any

from ..equations import Array
from .strides import Loops, Numbers, loops_of, separable

Key = tuple[float, bool, tuple[int, ...]]
Groups = dict[Key, list[list[Any]]]


def counts(groups: Groups, ragged: bool = False) -> tuple[Any, ...]:
    """What a sum is, whatever the order of its terms; if `ragged`, whatever their number, too."""
    return tuple(sorted((key, 0 if ragged else len(columns[0])) for key, columns in groups.items()))


def size(groups: Groups) -> int:
    return sum(len(columns[0]) for columns in groups.values())


def extend(groups: Groups, more: Groups) -> Groups:
    """The terms of both; what has more of them keeps its order."""
    if not groups or size(groups) < size(more):
        groups, more = more, groups
    for key, columns in more.items():
        mine = groups.setdefault(key, [[] for _ in columns])
        for column, others in zip(mine, columns, strict=True):
            column.extend(others)
    return groups


def times(groups: Groups, sign: float, constant: float | None) -> Groups:
    result: Groups = {}
    for (s, has_constant, colours), columns in groups.items():
        columns = [list(column) for column in columns]
        if constant is not None:
            if has_constant:
                columns[-1] = [c * constant for c in columns[-1]]
            else:
                columns.append(list(repeat(constant, len(columns[0]))))
        key = (s * sign, has_constant or constant is not None, colours)
        for mine, column in zip(result.setdefault(key, [[] for _ in columns]), columns, strict=True):
            mine.extend(column)
    return result


def runs(colours: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Colours with how often each comes in a row, so that a long list is short."""
    found: list[tuple[int, int]] = []
    for colour in colours:
        if found and found[-1][0] == colour:
            found[-1] = (colour, found[-1][1] + 1)
        else:
            found.append((colour, 1))
    return tuple(found)


# --- of all members of a family ------------------------------------------------------------------------


@dataclass
class Reading:
    """An array that a group of terms reads, with a table (member, term) of places for each of its axes."""

    array: Array
    tables: list[Numbers]

    @cached_property
    def even(self) -> list[bool]:
        """Which tables are a function of the member plus one of the term."""
        return [separable(table) for table in self.tables]


@dataclass
class Group:
    """Like terms of every member."""

    sign: float
    readings: list[Reading]
    constants: Any = None  # a table (member, term) of numbers
    terms: int = 1
    ordered: bool = False  # whether the terms stay as they are, as the rows that an index picks from
    mask: Any = None  # a table (member, term) of which terms there are, where some members have fewer
    distinct: bool = False  # whether terms are not counted but kept, even where they are all the same

    @property
    def even(self) -> list[Numbers]:
        """The tables that are even."""
        return [t for r in self.readings for t, even in zip(r.tables, r.even, strict=True) if even]

    @cached_property
    def loops(self) -> Loops:
        """How the terms walk in even tables."""
        return loops_of([table[0] for table in self.even], self.terms)
