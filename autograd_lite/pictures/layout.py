"""Where everything in a picture of a scene is: boxes of nodes and clusters, curves of edges, labels.

`layout(scene)` is a plain layered layout, from left to right. Columns come from `grid`, heights from
`stacking`. A column is as wide as its widest node, and edges bend only between columns, so no edge ever
runs through a node. Coordinates are pixels from the upper left corner, rounded to a tenth.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from . import looks
from .columns import grid
from .heights import INSET, stacked
from .looks import looks_of_edges
from .ranks import NOWHERE

if TYPE_CHECKING:
    from .scene import Scene

Point = tuple[float, float]

MARGIN = 16.0  # around everything
CHANNEL, STEEPNESS, WIDEST = 44.0, 0.18, 220.0  # between columns: at least, for a steep edge, at most for one
PORT, SHOULDER = 14.0, 8.0  # between the ends of edges at a node, at most; from there to its corners
LABEL_HEIGHT, CLUSTER_PADDING = 14.0, 8.0
BEND_GAP = 8.0  # beside an edge that passes a column, where edges have no labels
LEAD = 9.0  # of an arrow, which no label covers
MANY = 4  # edges into a node whose labels need room to stand beside each other
TRIES = [k / 50 for k in range(5, 46)]  # places of a label, as shares of a bend
LOOP = 20.0  # of an edge from a node to itself


@dataclass(frozen=True)
class Box:
    """A rectangle by its upper left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Route:
    """The way of an edge: where it starts, then three points for every cubic curve. Its label, centred."""

    points: list[Point]
    text: str
    label: Point


@dataclass(frozen=True)
class Layout:
    """The places of a scene's parts; `edges` in the order of the scene's."""

    width: float
    height: float
    nodes: dict[str, Box]
    edges: list[Route]
    clusters: dict[str, Box]


def layout(scene: Scene, texts: Sequence[str] | None = None) -> Layout:
    """The places of everything in the scene, the same in every process. `texts` are what stands on the edges;
    by None it is what their looks say."""
    shown = [stroke.text for stroke in looks_of_edges(scene)] if texts is None else texts
    return _Plan(scene, shown).layout()


class _Plan:
    """One layout on its way: the grid, the heights, then columns and curves."""

    def __init__(self, scene: Scene, texts: Sequence[str]) -> None:
        self.scene, self.texts = scene, texts
        place = {node.id: i for i, node in enumerate(scene.nodes)}
        named = {cluster.id: i for i, cluster in enumerate(scene.clusters)}
        inside = [NOWHERE if node.cluster is None else named[node.cluster] for node in scene.nodes]
        around = [NOWHERE if c.parent is None else named[c.parent] for c in scene.clusters]
        self.ends = [(place[edge.source], place[edge.target]) for edge in scene.edges]
        self.sizes = [looks.box(node) for node in scene.nodes]
        self.grid = grid(inside, self.ends, around)
        self.names = [looks.cut(c.label, looks.LABEL_WIDTH, looks.TEXT) for c in scene.clusters]
        gap = LABEL_HEIGHT if any(self.texts) else BEND_GAP
        self.stack = stacked(self.grid, [h for _, h in self.sizes], [bool(name) for name in self.names], gap)
        self.y = self.stack.y
        self.ports, self.tracks = self._ports(), self._tracks()
        self._columns()

    def layout(self) -> Layout:
        routes = [self._points(i) for i in range(len(self.ends))]
        labels = self._labels()
        nodes = [self._node_box(v) for v in range(len(self.sizes))]
        clusters = {c: self._cluster_box(c) for c, span in enumerate(self.grid.spans) if span[0] <= span[1]}
        boxes = [*nodes, *clusters.values()]
        points = [point for route in routes for point in route]
        dx = MARGIN - min([*(b.x for b in boxes), *(x for x, _ in points)], default=0.0)
        dy = MARGIN - min([*(b.y for b in boxes), *(y for _, y in points)], default=0.0)
        right = max([*(b.x + b.width for b in boxes), *(x for x, _ in points)], default=0.0)
        low = max([*(b.y + b.height for b in boxes), *(y for _, y in points)], default=0.0)

        def moved(x: float, y: float) -> Point:
            return round(x + dx, 1), round(y + dy, 1)

        def box(b: Box) -> Box:
            return Box(*moved(b.x, b.y), round(b.width, 1), round(b.height, 1))

        return Layout(
            *moved(right + MARGIN, low + MARGIN),
            {node.id: box(b) for node, b in zip(self.scene.nodes, nodes, strict=True)},
            [
                Route([moved(*point) for point in route], text, moved(*label))
                for route, text, label in zip(routes, self.texts, labels, strict=True)
            ],
            {self.scene.clusters[c].id: box(b) for c, b in clusters.items()},
        )

    # --- boxes -------------------------------------------------------------------------------------

    def _node_box(self, v: int) -> Box:
        width, height = self.sizes[v]
        return Box(self.middle[self.grid.rank[v]] - width / 2, self.y[v] - height / 2, width, height)

    def _cluster_box(self, c: int) -> Box:
        left, right = self._sides(c)
        top, bottom = self.y[self.stack.top(c)], self.y[self.stack.bottom(c)]
        return Box(left, top, right - left, bottom - top)

    def _sides(self, c: int) -> tuple[float, float]:
        first, last = self.grid.spans[c]
        left = self.middle[first] - self.widths[first] / 2 - INSET * self.depths[c][0]
        return left, self.middle[last] + self.widths[last] / 2 + INSET * self.depths[c][1]

    # --- columns -----------------------------------------------------------------------------------

    def _columns(self) -> None:
        """The widths and middles of the columns, and the air beside them that boxes of clusters take."""
        count = len(self.stack.columns)
        self.widths = [0.0] * count
        for v, (width, _) in enumerate(self.sizes):
            self.widths[self.grid.rank[v]] = max(self.widths[self.grid.rank[v]], width)
        self.depths = self._depths()
        self.before, self.after = [0.0] * count, [0.0] * count
        for (first, last), (left, right) in zip(self.grid.spans, self.depths, strict=True):
            if first <= last:
                self.before[first] = max(self.before[first], INSET * left)
                self.after[last] = max(self.after[last], INSET * right)
        channels = self._channels()
        self._place(channels)
        for c in self._inside_out():
            start, end = self._sides(c)
            missing = looks.text_width(self.names[c], looks.TEXT) + 2 * CLUSTER_PADDING - (end - start)
            if missing > 0:
                self.widths[self.grid.spans[c][1]] += missing
                self._place(channels)

    def _inside_out(self) -> list[int]:
        """The clusters that hold anything, the innermost first."""
        held = [c for c, (first, last) in enumerate(self.grid.spans) if first <= last]
        return sorted(held, key=lambda c: -len(self.stack.paths[c]))

    def _depths(self) -> list[tuple[int, int]]:
        """Of every cluster how many boxes, itself included, end at its left and at its right side."""
        depths = [(1, 1)] * len(self.grid.spans)
        for c in self._inside_out():
            parent = self.grid.parents[c]
            if parent != NOWHERE:
                same = [a == b for a, b in zip(self.grid.spans[c], self.grid.spans[parent], strict=True)]
                left, right = (d + 1 if s else 1 for d, s in zip(depths[c], same, strict=True))
                depths[parent] = max(depths[parent][0], left), max(depths[parent][1], right)
        return depths

    def _channels(self) -> list[float]:
        """The air to the left of every column in which edges bend: for their labels, and not too steep."""
        channels: list[float] = [CHANNEL] * len(self.widths)
        for i, chain in enumerate(self.grid.chains):
            for a, b in pairwise(chain):
                r = self.grid.rank[b]
                channels[r] = max(channels[r], min(WIDEST, STEEPNESS * abs(self.y[a] - self.y[b])))
            r, many = self.grid.rank[chain[-1]], len(self.grid.left[chain[-1]]) > MANY
            wide = looks.text_width(self.texts[i], looks.SMALL) * (1.7 if many else 1)
            channels[r] = max(channels[r], wide + 2 * SHOULDER + LEAD)
        return channels

    def _place(self, channels: list[float]) -> None:
        self.middle, x = [], 0.0
        for r, width in enumerate(self.widths):
            x += self.before[r] + (channels[r] + self.after[r - 1] if r else 0.0)
            self.middle.append(x + width / 2)
            x += width

    # --- edges -------------------------------------------------------------------------------------

    def _ports(self) -> list[float]:
        """The height at which every edge arrives: spread over its node, in the order in which they come."""
        arrivals = defaultdict(list)
        for i, chain in enumerate(self.grid.chains):
            arrivals[chain[-1]].append((self.y[chain[-2]], i))
        ports = [0.0] * len(self.ends)
        for v, found in arrivals.items():
            step = min(PORT, (self.sizes[v][1] - 2 * SHOULDER) / max(1, len(found) - 1))
            for k, (_, i) in enumerate(sorted(found)):
                ports[i] = self.y[v] + step * (k - (len(found) - 1) / 2)
        return ports

    def _tracks(self) -> list[float]:
        """How far beside the others of the same ends every edge runs: x * x has two, one above the other."""
        twins = defaultdict(list)
        for i, ends in enumerate(self.ends):
            twins[ends].append(i)
        tracks = [0.0] * len(self.ends)
        for (u, _), edges in twins.items():
            most = max(1, len(edges) - 1)
            adjacent = len(self.grid.chains[edges[0]]) == 2
            step = min(PORT, (self.sizes[u][1] - 2 * SHOULDER) / most if adjacent else PORT / most)
            for k, i in enumerate(edges):
                tracks[i] = step * (k - (len(edges) - 1) / 2)
        return tracks

    def _points(self, i: int) -> list[Point]:
        """The curves of an edge: level within columns, bent between them."""
        chain = self.grid.chains[i]
        u, v = chain[0], chain[-1]
        if u == v:
            return self._loop(u)
        box = self._node_box(u)
        points = [(box.x + box.width, self.y[u] + self.tracks[i])]
        for a, b in pairwise(chain):
            start, end = self._bend(i, a, b)
            _go_level(points, start)
            if start[1] == end[1]:
                _go_level(points, end)
            else:
                points += _bent(start, end)
        _go_level(points, (self._node_box(v).x, points[-1][1]))
        return points[::-1] if self.grid.turned[i] else points

    def _bend(self, i: int, a: int, b: int) -> tuple[Point, Point]:
        """Where an edge enters and leaves the channel between two items that follow each other on it."""
        r, s = self.grid.rank[a], self.grid.rank[b]
        track = self.tracks[i]
        height = self.ports[i] if b == self.grid.chains[i][-1] else self.y[b] + track
        start = self.middle[r] + self.widths[r] / 2 + self.after[r]
        return (start, self.y[a] + track), (self.middle[s] - self.widths[s] / 2 - self.before[s], height)

    def _loop(self, v: int) -> list[Point]:
        box = self._node_box(v)
        x, y = box.x + box.width, self.y[v]
        return [(x, y - 8), (x + LOOP, y - 8), (x + LOOP, y + 8), (x, y + 8)]

    def _labels(self) -> list[Point]:
        """The middle of every label: on the edge's last bend, where no other label is yet."""
        taken: defaultdict[int, list[tuple[float, float, float]]] = defaultdict(list)
        labels = []
        for i, chain in enumerate(self.grid.chains):
            start, end = self._bend(i, chain[-2], chain[-1])
            curve = [start, *_bent(start, end)]
            width = looks.text_width(self.texts[i], looks.SMALL)
            fan_in, fan_out = len(self.grid.left[chain[-1]]), len(self.grid.right[chain[-2]])
            wish = 0.35 if fan_in > fan_out else 0.65 if fan_out > fan_in else 0.5
            places = [_on(curve, t) for t in sorted(TRIES, key=lambda t: abs(t - wish))] if width else []
            low, high = start[0] + width / 2 + 2, end[0] - width / 2 - LEAD
            within = [place for place in places if low <= place[0] <= high] or [_on(curve, 0.5)]
            x, y = min(within, key=lambda place: _covered(taken, place, width))
            labels.append((x, y))
            if width:
                taken[_row(y)].append((x, y, width))
        return labels


def _go_level(points: list[Point], end: Point) -> None:
    """A level line to the end, which lengthens the one before it."""
    start = points[-1]
    if start == end:
        return
    if len(points) > 1 and points[-4][1] == end[1] and points[-2] == start:
        points[-2:] = [end, end]
    else:
        points += [start, end, end]


def _bent(a: Point, b: Point) -> list[Point]:
    middle = (a[0] + b[0]) / 2
    return [(middle, a[1]), (middle, b[1]), b]


def _on(curve: list[Point], t: float) -> Point:
    s = 1 - t
    shares = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
    return (
        sum(k * x for k, (x, _) in zip(shares, curve, strict=True)),
        sum(k * y for k, (_, y) in zip(shares, curve, strict=True)),
    )


def _row(y: float) -> int:
    return int(y // LABEL_HEIGHT)


def _covered(taken: dict[int, list[tuple[float, float, float]]], place: Point, width: float) -> float:
    """How much of the labels that are there already a label at a place would cover."""
    x, y = place
    near = [other for k in (-1, 0, 1) for other in taken.get(_row(y) + k, ())]
    across = (((width + w) / 2 + 4 - abs(x - u), LABEL_HEIGHT - abs(y - v)) for u, v, w in near)
    return sum(dx * dy for dx, dy in across if dx > 0 and dy > 0)
