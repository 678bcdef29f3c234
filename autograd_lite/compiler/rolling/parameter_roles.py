"""Parameters that nobody named: those that play one role in the graph are one array, W1, b1, W2 ..."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .canonical_graph import CONSTANT, Canon
from .scalar_list import LEAF

Rows = list[list[int]]  # of a site: for every member of a family, the leaves that stand there


def by_role(canon: Canon, colour: int) -> tuple[list[tuple[str, tuple[int, ...], list[int]]], bool]:
    """A name, a shape and the leaves of this colour, for every role that they play; and whether no
    place is shared by two roles, so that the colours are still right.

    The weights of a layer stand in the same place of like terms of one family, and no others do. Member
    by term is then the shape: a matrix, rows of weights.
    """
    sites: dict[Any, Rows] = {}
    for site, row in _sites(canon, colour):
        sites.setdefault(site, []).append(row)
    roles: dict[int, list[Any]] = {}
    for site, rows in sites.items():
        for leaf in dict.fromkeys(leaf for row in rows for leaf in row):
            roles.setdefault(leaf, []).append(site)
    for leaf in canon.live:  # one that is a result itself stands nowhere
        if canon.colours[leaf] == colour:
            roles.setdefault(leaf, [])
    together: dict[tuple[Any, ...], list[int]] = {}
    for leaf, found in roles.items():
        together.setdefault(tuple(found), []).append(leaf)
    counts = {"W": 0, "b": 0}
    arrays = []
    for where, leaves in together.items():
        shape = _shape(sites[where[0]], leaves) if where else (len(leaves),)
        kind = "b" if len(shape) == 1 and where and _is_addend(where[0]) else "W"
        counts[kind] += 1
        letter = kind if len(shape) == 2 else kind.lower()
        arrays.append((f"{letter}{counts[kind]}", shape, leaves))
    return arrays, sum(map(len, together)) == len(sites)


def _sites(canon: Canon, colour: int) -> Iterator[tuple[Any, list[int]]]:
    """Where leaves of the colour stand: in which family, in which terms, as which factor."""
    for node in sorted(canon.live, key=canon.colours.__getitem__):
        if canon.rows[node] == LEAF:
            continue
        groups = canon.groups[node]
        if canon.rows[node] == "take":  # whichever it picks
            own = [x for x in canon.operands[node] if type(x) is int and canon.colours[x] == colour]
            if own:
                yield (canon.colours[node], CONSTANT, 1), own
        elif groups is None:
            for slot, x in enumerate(canon.operands[node]):
                if type(x) is int and canon.colours[x] == colour:
                    yield (canon.colours[node], CONSTANT, slot), [x]
        else:
            for key, columns in groups.items():
                for slot, factor in enumerate(key[2]):
                    if factor == colour:
                        yield (canon.colours[node], key, slot), columns[slot]


def _shape(rows: Rows, leaves: list[int]) -> tuple[int, ...]:
    """(members, terms) where the leaves fill these rows, each once; else they are in one row."""
    rows = [list(row) for row in dict.fromkeys(map(tuple, rows))]  # a weight meets every sample
    if [leaf for row in rows for leaf in row] != leaves or len({len(row) for row in rows}) != 1:
        return (len(leaves),)
    return tuple(size for size in (len(rows), len(rows[0])) if size > 1) or (1,)


def _is_addend(site: Any) -> bool:
    _, key, _ = site
    return key != CONSTANT and len(key[2]) == 1 and not key[1]
