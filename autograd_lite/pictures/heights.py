"""The heights of a grid's items: who is above whom in each column, and where exactly.

Sweeps from column to column draw every item towards its neighbours. While the order is open, the columns
are sorted so; clusters stay together, because an item is sorted by the clusters around it first, and
stand in one order everywhere, because a cluster has one height. Then the order is kept, and the heights
are made to agree with the boxes of the clusters.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections.abc import Sequence
from itertools import pairwise

from .columns import Grid
from .ranks import NOWHERE, path

NODE_GAP, BOX_GAP = 16.0, 16.0  # between nodes; between a box and others
INSET, HEADER = 12.0, 20.0  # within a box: all around; above, for its label
Key = tuple[tuple[float, int], ...]


class Stack:
    """Items of a grid with their heights, and for every cluster two more: its upper and its lower edge."""

    def __init__(
        self, grid: Grid, heights: Sequence[float], labelled: Sequence[bool], bend_gap: float
    ) -> None:
        """Heights of the nodes; which clusters have a label; the air beside a bend."""
        self.grid, self.nodes, self.count = grid, len(heights), len(grid.rank)
        self.half = [h / 2 for h in heights] + [0.0] * (self.count - len(heights))
        self.half += [0.0] * (2 * len(grid.parents))
        self.follows = [not grid.left[v] and len(grid.right[v]) == 1 for v in range(self.nodes)]
        self.bend_gap = bend_gap
        self.steps = [sum(u >= self.nodes or not self.follows[u] for u in around) for around in grid.left]
        self.headers = [HEADER * named for named in labelled]
        self.y = [float(u) * 60 for u in grid.source] + [0.0] * (2 * len(grid.parents))
        self.paths = [path(c, grid.parents)[::-1] for c in range(len(grid.parents))]
        self.columns: list[list[int]] = [[] for _ in range(max(grid.rank, default=-1) + 1)]
        for item, r in enumerate(grid.rank):
            self.columns[r].append(item)
        for c, (first, last) in enumerate(grid.spans):
            for r in range(first, last + 1):
                self.columns[r] += [self.top(c), self.bottom(c)]

    def top(self, cluster: int) -> int:
        return self.count + 2 * cluster

    def bottom(self, cluster: int) -> int:
        return self.count + 2 * cluster + 1

    # --- the order ---------------------------------------------------------------------------------

    def sort(self, columns: Sequence[int] | None = None) -> None:
        """Every column by height, clusters together."""
        keys = self._cluster_keys()
        for r in range(len(self.columns)) if columns is None else columns:
            self.columns[r].sort(key=lambda item: self._key(item, keys))

    def _cluster_keys(self) -> list[Key]:
        sums = [[0.0, 0] for _ in self.paths]
        for item in range(self.nodes):
            for c in self.paths[self.grid.cluster[item]] if self.grid.cluster[item] != NOWHERE else ():
                sums[c][0] += self.y[item]
                sums[c][1] += 1
        own = [(total / count if count else 0.0, -1 - c) for c, (total, count) in enumerate(sums)]
        return [tuple(own[around] for around in around_it) for around_it in self.paths]

    def _key(self, item: int, keys: list[Key]) -> Key:
        if item >= self.count:
            c, lower = divmod(item - self.count, 2)
            return (*keys[c], (math.inf if lower else -math.inf, item))
        c = self.grid.cluster[item]
        return (*(keys[c] if c != NOWHERE else ()), (self.y[item], item))

    def crossings(self) -> int:
        """How often two edges cross between neighbouring columns."""
        total = 0
        for column, following in pairwise(self.columns):
            place = {item: i for i, item in enumerate(following)}
            seen: list[int] = []
            for item in column:
                if item < self.count:
                    ends = [place[other] for other in self.grid.right[item] if other in place]
                    total += sum(len(seen) - bisect_right(seen, end) for end in ends)
                    for end in ends:
                        insort(seen, end)
        return total

    # --- the heights -------------------------------------------------------------------------------

    def sweep(self, rightward: bool, both: bool = False, reorder: bool = False) -> None:
        """Column by column, every item towards its neighbours in the last column, or in both."""
        ranks = range(len(self.columns)) if rightward else range(len(self.columns) - 1, -1, -1)
        before, after = (self.grid.left, self.grid.right) if rightward else (self.grid.right, self.grid.left)
        keys = self._cluster_keys() if reorder else []
        for r in ranks:
            column = self.columns[r]
            wishes = {item: self._wish(item, before, after if both else None) for item in column}
            if reorder:
                for item in column:
                    self.y[item] = wishes[item][0]
                column.sort(key=lambda item: self._key(item, keys))
            self._pack(column, wishes)

    def centre(self) -> None:
        """Every column packed around one level line, so that no sweep begins on a slope."""
        for column in self.columns:
            at, last = [0.0], column[0]
            for item in column[1:]:
                at.append(at[-1] + self.distance(last, item))
                last = item
            for item, y in zip(column, at, strict=True):
                self.y[item] = y - at[-1] / 2

    def flatten(self) -> None:
        """Every bend as high as what is to its left, the nodes as they are: long edges are level."""
        for column in self.columns:
            wishes = {item: (self.y[item], 4.0 if item < self.nodes else 0.05) for item in column}
            for item in column:
                if self.nodes <= item < self.count:
                    before = self.grid.left[item]  # more than one where ways meet again
                    wishes[item] = sum(self.y[other] for other in before) / len(before), 1.0
            self._pack(column, wishes)

    def _wish(
        self, item: int, before: list[dict[int, int]], after: list[dict[int, int]] | None
    ) -> tuple[float, float]:
        """Where an item would like to be, and how much."""
        if item >= self.count:
            return self.y[item], 0.05
        total = weight = 0.0
        for neighbours in (before[item], after[item] if after else {}):
            for other in neighbours:
                pull = self._pull(item, other)
                total += pull * self.y[other]
                weight += pull
        return (total / weight, weight) if weight else (self.y[item], 0.1)

    def _pull(self, item: int, other: int) -> float:
        """Bends pull at bends and steps at steps: edges get straight. A leaf goes to its user."""
        if other >= self.nodes:
            return 5.0 if item >= self.nodes else 2.0
        if item >= self.nodes:
            return 2.0
        if self.follows[other] or self.follows[item]:
            return 1.0 if self.follows[item] else 0.2
        made, of = (item, other) if self.grid.rank[item] > self.grid.rank[other] else (other, item)
        return 4.0 if self.steps[made] == 1 and len(self.grid.right[of]) == 1 else 1.0

    def _pack(self, column: list[int], wishes: dict[int, tuple[float, float]]) -> None:
        """The heights nearest to the wishes, order and distances kept: blocks that clash are merged."""
        blocks: list[list[float]] = []  # weight times wish (without its offset), weight, how many
        offset, offsets, last = 0.0, [], -1
        for item in column:
            offset += self.distance(last, item) if last >= 0 else 0.0
            offsets.append(offset)
            wish, weight = wishes[item]
            blocks.append([(wish - offset) * weight, weight, 1])
            while len(blocks) > 1 and blocks[-2][0] * blocks[-1][1] >= blocks[-1][0] * blocks[-2][1]:
                total, weight, many = blocks.pop()
                blocks[-1] = [blocks[-1][0] + total, blocks[-1][1] + weight, blocks[-1][2] + many]
            last = item
        at = 0
        for total, weight, many in blocks:
            for i in range(at, at + int(many)):
                self.y[column[i]] = total / weight + offsets[i]
            at += int(many)

    def distance(self, a: int, b: int) -> float:
        """From the middle of an item to that of the next below it."""
        gap = self._gap(a, b)
        return self.half[a] + gap + self.half[b]

    def _gap(self, a: int, b: int) -> float:
        a_edge, b_edge = a >= self.count, b >= self.count
        if a_edge and (a - self.count) % 2 == 0:  # below an upper edge
            c = (a - self.count) // 2
            return self.headers[c] + (0.0 if b == self.bottom(c) else INSET)
        if b_edge and (b - self.count) % 2:  # above a lower edge
            return INSET
        if a_edge or b_edge:
            return BOX_GAP if min(a, b) < self.nodes or (a_edge and b_edge) else self.bend_gap
        return NODE_GAP if a < self.nodes and b < self.nodes else self.bend_gap

    # --- the boxes of the clusters -----------------------------------------------------------------

    def settle(self) -> None:
        """The heights changed as little as it takes for every box to hold its own and nothing else.

        Pushing only down gives one answer, pushing only up another; the middle of two answers is one.
        """
        order, below = self._constraints()
        down, up = self._pushed(order, below, +1), self._pushed(order, below, -1)
        for item in range(self.count):
            self.y[item] = (down[item] + up[item]) / 2
        self._close_boxes()

    def _constraints(self) -> tuple[list[int], list[dict[int, float]]]:
        """Items from top to bottom, and for each those right below it, with their least distance."""
        below: list[dict[int, float]] = [{} for _ in self.y]
        for column in self.columns:
            for a, b in pairwise(column):
                below[a][b] = max(below[a].get(b, 0.0), self.distance(a, b))
        waits = [0] * len(self.y)
        for others in below:
            for b in others:
                waits[b] += 1
        order = [item for item in range(len(self.y)) if not waits[item]]
        for a in order:
            for b in below[a]:
                waits[b] -= 1
                if not waits[b]:
                    order.append(b)
        return order, below

    def _pushed(self, order: list[int], below: list[dict[int, float]], way: int) -> list[float]:
        """The heights when who is in the way is pushed down (way = 1), or up (way = -1)."""
        free = -math.inf * way
        y = [h if item < self.count else free for item, h in enumerate(self.y)]
        if way > 0:
            for a in order:
                for b, least in below[a].items():
                    y[b] = max(y[b], y[a] + least)
        else:
            for a in reversed(order):
                y[a] = min([y[a], *(y[b] - least for b, least in below[a].items())])
        return y

    def _close_boxes(self) -> None:
        """The edges of every cluster as near to what it holds as they may be, the innermost first."""
        inside: list[list[int]] = [[] for _ in self.paths]
        for item in range(self.count):
            if self.grid.cluster[item] != NOWHERE:
                inside[self.grid.cluster[item]].append(item)
        for c in sorted(range(len(self.paths)), key=lambda c: -len(self.paths[c])):
            if not inside[c]:
                continue
            self.y[self.top(c)] = min(self.y[i] - self.half[i] for i in inside[c]) - INSET - self.headers[c]
            self.y[self.bottom(c)] = max(self.y[i] + self.half[i] for i in inside[c]) + INSET
            if self.grid.parents[c] != NOWHERE:
                inside[self.grid.parents[c]] += [self.top(c), self.bottom(c)]


def stacked(grid: Grid, heights: Sequence[float], labelled: Sequence[bool], bend_gap: float) -> Stack:
    """The grid with few crossings and short edges, the same every time."""
    stack = Stack(grid, heights, labelled, bend_gap)
    rounds = 16 if stack.count < 1500 else 6 if stack.count < 6000 else 3
    stack.columns = _uncrossed(stack, rounds)
    stack.centre()
    for turn in range(rounds + 1):  # the last to the right: chains are straight towards the result
        stack.sweep(rightward=turn % 2 == 0, both=True)
        stack.settle()
    stack.flatten()
    stack.settle()
    return stack


def _uncrossed(stack: Stack, rounds: int) -> list[list[int]]:
    """The columns in the best order that is found from the order of the graph."""
    stack.sort()
    best, fewest = [list(column) for column in stack.columns], stack.crossings()
    for turn in range(rounds):
        if not fewest:
            break
        stack.centre()
        stack.sweep(rightward=turn % 2 == 0, reorder=True)
        found = stack.crossings()
        if found < fewest:
            best, fewest = [list(column) for column in stack.columns], found
    return best
