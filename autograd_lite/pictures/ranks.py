"""The columns of a graph's nodes: operands to the left of what is made of them, and edges short.

A cluster begins to the right of all that goes into it, so that what leads to a box stands before the box;
where that cannot be, because something leads out of it and back again, it is not asked for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

Edges = Sequence[tuple[int, int]]
NOWHERE = -1  # the cluster of what is in none
ROUNDS = 10


@dataclass
class _Arc:
    """`target` is to be `length` columns or more to the right of `source`, and near it if it has a weight."""

    source: int
    target: int
    length: int
    weight: int


def ranks(clusters: Sequence[int], edges: Edges, parents: Sequence[int]) -> list[int]:
    """A column for every node: the better of two ways to begin. `edges` have no cycle."""
    count = len(clusters)
    paths = [path(c, parents) if c != NOWHERE else [] for c in clusters]
    arcs = _edge_arcs(list(dict.fromkeys(edges)), paths)
    arcs += _without_cycles(count + len(parents), arcs, _cluster_arcs(edges, paths, parents))
    settled = [_Columns(count, count + len(parents), arcs, late) for late in (False, True)]
    found = min(settled, key=_Columns.length).rank[:count]
    least = min(found, default=0)
    return [r - least for r in found]


def path(cluster: int, parents: Sequence[int]) -> list[int]:
    """The cluster and those around it, from the inside out."""
    found = []
    while cluster != NOWHERE:
        found.append(cluster)
        cluster = parents[cluster]
    return found


def topological(count: int, edges: Edges) -> list[int]:
    """Sources first. Where a cycle lets nobody be next, it is the first that is left."""
    children: list[list[int]] = [[] for _ in range(count)]
    waits = [0] * count
    for u, v in edges:
        if u != v:
            children[u].append(v)
            waits[v] += 1
    ready, found, seen = deque(v for v in range(count) if not waits[v]), [], [False] * count
    for first in range(count):
        if not ready and not seen[first]:
            ready.append(first)
        while ready:
            u = ready.popleft()
            if not seen[u]:
                seen[u] = True
                found.append(u)
                for v in children[u]:
                    waits[v] -= 1
                    if not waits[v]:
                        ready.append(v)
    return found


# --- what is asked of the columns ----------------------------------------------------------------------


def _edge_arcs(edges: Edges, paths: list[list[int]]) -> list[_Arc]:
    """One for every edge. What leaves a box and meets a leaf outside leaves a column for that leaf.

    Edges of one leaf run together, so that each of them matters less.
    """
    uses = [0] * len(paths)
    made = [False] * len(paths)
    for u, v in edges:
        uses[u] += 1
        made[v] = True
    loose: dict[int, list[int]] = {}
    for u, v in edges:
        if uses[u] == 1 and not made[u]:
            loose.setdefault(v, []).append(u)
    arcs = []
    for u, v in edges:
        left = [c for c in paths[u] if c not in paths[v]]
        meets = left and any(left[-1] not in paths[leaf] for leaf in loose.get(v, ()))
        arcs.append(_Arc(u, v, 2 if meets else 1, 2 if made[u] or uses[u] == 1 else 1))
    return arcs


def _cluster_arcs(edges: Edges, paths: list[list[int]], parents: Sequence[int]) -> list[_Arc]:
    """Every cluster has a beginning, a node of its own, numbered after the others."""
    first = len(paths)
    arcs = [_Arc(first + c, v, 0, 0) for v, around in enumerate(paths) for c in around[:1]]
    arcs += [_Arc(first + parent, first + c, 0, 0) for c, parent in enumerate(parents) if parent != NOWHERE]
    entered = {(u, c) for u, v in edges for c in paths[v] if c not in paths[u]}
    return arcs + [_Arc(u, first + c, 1, 0) for u, c in sorted(entered)]


def _without_cycles(count: int, arcs: list[_Arc], wanted: list[_Arc]) -> list[_Arc]:
    """Those of the wanted arcs that are not of a beginning on a cycle, or between two."""
    together = [(arc.source, arc.target) for arc in (*arcs, *wanted)]
    backward = [(v, u) for u, v in together]
    bound = _stuck(count, together) & _stuck(count, backward)
    return [arc for arc in wanted if arc.source not in bound or arc.target not in bound]


def _stuck(count: int, edges: Edges) -> set[int]:
    """The nodes that are never reached by taking away, again and again, what has no edge into it."""
    children: list[list[int]] = [[] for _ in range(count)]
    waits = [0] * count
    for u, v in edges:
        children[u].append(v)
        waits[v] += 1
    free = [v for v in range(count) if not waits[v]]
    for u in free:
        for v in children[u]:
            waits[v] -= 1
            if not waits[v]:
                free.append(v)
    return set(range(count)) - set(free)


# --- the columns ---------------------------------------------------------------------------------------


class _Columns:
    """Ranks that begin as early or as late as they can, and are moved to where edges are shortest."""

    def __init__(self, nodes: int, count: int, arcs: list[_Arc], late: bool) -> None:
        self.arcs = arcs
        self.into: list[list[_Arc]] = [[] for _ in range(count)]
        self.out: list[list[_Arc]] = [[] for _ in range(count)]
        for arc in arcs:
            self.into[arc.target].append(arc)
            self.out[arc.source].append(arc)
        self.order = topological(count, [(arc.source, arc.target) for arc in arcs])
        # A leaf that is used once follows its user and costs nothing.
        self.follows = [
            v < nodes and len(self.out[v]) == 1 and not any(arc.weight for arc in self.into[v])
            for v in range(count)
        ]
        self.rank = [0] * count
        for v in reversed(self.order) if late else self.order:
            self.rank[v] = self._last(v, 0) if late else self._first(v, 0)
        for turn in range(ROUNDS):
            if not self._moved(rightward=turn % 2 == 0, nodes=nodes):
                break

    def length(self) -> int:
        """Of all edges together."""
        return sum(arc.weight * (self.rank[arc.target] - self.rank[arc.source]) for arc in self.arcs)

    def _first(self, v: int, default: int) -> int:
        """The first column that what comes before v leaves to it."""
        return max((self.rank[arc.source] + arc.length for arc in self.into[v]), default=default)

    def _last(self, v: int, default: int) -> int:
        return min((self.rank[arc.target] - arc.length for arc in self.out[v]), default=default)

    def _moved(self, rightward: bool, nodes: int) -> bool:
        """Whether a round moved any node. The beginnings of clusters go along both ways."""
        before = list(self.rank)
        for v in reversed(self.order) if rightward else self.order:
            pull = sum(arc.weight for arc in self.out[v])
            pull -= sum(arc.weight for arc in self.into[v] if not self.follows[arc.source])
            if rightward and (pull > 0 or v >= nodes):
                self.rank[v] = self._last(v, self.rank[v])
            elif not rightward and (pull < 0 or v >= nodes):
                self._move_left(v)
        return before != self.rank

    def _move_left(self, v: int) -> None:
        """As far as it goes, with the leaves that follow."""
        place, held = self.rank[v], []
        for arc in self.into[v]:
            follows = self.follows[arc.source]
            behind = self._first(arc.source, place - arc.length) if follows else self.rank[arc.source]
            if not follows or self.into[arc.source]:
                held.append(behind + arc.length)
        self.rank[v] = max(held, default=place)
        for arc in self.into[v]:
            if self.follows[arc.source]:
                self.rank[arc.source] = self.rank[v] - arc.length
