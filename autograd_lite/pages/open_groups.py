"""The picture of the page: where everything is, and the room that is made where a group is opened in place.

What is above the group in its column moves up, what is below moves down, what is to its right moves right;
nothing else moves, so that one does not lose one's place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from typing import Any

from ..pictures import Box, Cluster, Edge, Layout, Node, Route, Scene, layout, looks, number

HEADER = 26.0  # above what is inside of an opened group, for its name
NEAR = 0.5  # pixels
NUMBERED = 60  # edges, up to which there is room for a number on each

Knots = list[tuple[float, float]]


@dataclass(frozen=True)
class PagePicture:
    """A scene and its places."""

    scene: Scene
    places: Layout

    def data(self) -> dict[str, Any]:
        return {
            "boxes": [box_row(n, self.places.nodes[n.id], self._name(n)) for n in self.scene.nodes],
            "edges": [
                edge_row(edge, knots(route), route)
                for edge, route in zip(self.scene.edges, self.places.edges, strict=True)
            ],
            "frames": [
                frame_row(c, self.places.clusters[c.id])
                for c in self.scene.clusters
                if c.id in self.places.clusters
            ],
        }

    def _name(self, node: Node) -> str:
        """A group's label by itself may not be the only one: "layer0 neuron1"."""
        around = {c.id: c.label for c in self.scene.clusters}
        words = [around[node.cluster], node.label] if node.cluster else [node.label]
        return looks.cut(" ".join(words), 2 * looks.LABEL_WIDTH, looks.TEXT)


def picture(found: Scene) -> PagePicture:
    few = len(found.edges) <= NUMBERED
    return PagePicture(found, layout(found, [looks.edge_text(edge) if few else "" for edge in found.edges]))


def knots(route: Route) -> Knots:
    """Where the curves of a route begin and end; each of them leaves and arrives level."""
    return route.points[::3]


def box_row(node: Node, box: Box, name: str = "") -> list[Any]:
    face = looks.face(node)
    members = sorted(int(name[1:]) for name in node.inside or (node.id,) if name[0] == "n")
    own = node.kind in ("leaf", "op") or (node.kind == "group" and node.data is not None)
    value = int(node.id[1:]) if own else -1
    shown = [face.title, face.subtitle, name if node.kind == "group" else ""]
    return [node.id, node.kind, *_numbers(box), *shown, value, members, int(node.result)]


def frame_row(cluster: Cluster, box: Box) -> list[Any]:
    label = looks.cut(cluster.label, looks.LABEL_WIDTH, looks.TEXT)
    return [cluster.id, label, *_numbers(box)]


def edge_row(edge: Edge, route: Knots, at: Route | None = None) -> list[Any]:
    slope = "" if edge.partial is None else number(edge.partial)
    label = [round(x) for x in at.label] if at and at.text else None
    return [edge.source, edge.target, [round(x) for point in route for x in point], slope, label]


def _numbers(box: Box) -> list[int]:
    return [round(box.x), round(box.y), round(box.width), round(box.height)]


# --- making room -------------------------------------------------------------------------------------


def opening(base: PagePicture, group: str, opened: Scene) -> dict[str, Any]:
    """How the picture changes where the group is opened: what moves, and what is inside."""
    inner = _OpenedInside(group, opened)
    room = _Room(base, group, inner.width, inner.height)
    return {
        "left": room.left, "right": room.right, "wider": room.wider, "middle": room.middle,
        "up": room.up,
        "moves": room.moves(),
        "frames": [*room.frames(), *inner.frames(room.frame)],
        "boxes": inner.boxes(room.frame),
        "edges": inner.edges(room),
    }  # fmt: skip


class _OpenedInside:
    """The layout of what is in the group. Ports stand for what is outside, on both sides."""

    def __init__(self, group: str, opened: Scene) -> None:
        self.group, self.scene = group, opened
        clusters = {c.id: c for c in opened.clusters}
        self.own = clusters[group]
        self.clusters = [c for c in opened.clusters if group in _up(c.parent, clusters)]
        self.nodes = [node for node in opened.nodes if group in _up(node.cluster, clusters)]
        ids = {node.id for node in self.nodes}
        self.inner = [e for e in opened.edges if e.source in ids and e.target in ids]
        self.incoming = [e for e in opened.edges if e.source not in ids and e.target in ids]
        self.outgoing = [e for e in opened.edges if e.source in ids and e.target not in ids]
        self.places = layout(self._with_ports())
        self.width, self.height = self.places.width, self.places.height + HEADER

    def _with_ports(self) -> Scene:
        ports = {f"in {e.source}": None for e in self.incoming} | {
            f"out {e.source}": None for e in self.outgoing
        }
        entering = [replace(e, source=f"in {e.source}", partial=None) for e in self.incoming]
        leaving = [Edge(name, f"out {name}", None) for name in dict.fromkeys(e.source for e in self.outgoing)]
        outside = [Node(name, "constant", "", "", 0.0, None) for name in ports]
        own = {self.group}
        nodes = [replace(n, cluster=None) if n.cluster in own else n for n in self.nodes]
        clusters = [replace(c, parent=None) if c.parent in own else c for c in self.clusters]
        return Scene(nodes + outside, self.inner + entering + leaving, clusters)

    def boxes(self, frame: Box) -> list[list[Any]]:
        return [box_row(n, _at(self.places.nodes[n.id], frame)) for n in self.nodes]

    def frames(self, frame: Box) -> list[list[Any]]:
        """Its own, and those of the clusters inside."""
        return [frame_row(self.own, frame)] + [
            frame_row(c, _at(self.places.clusters[c.id], frame))
            for c in self.clusters
            if c.id in self.places.clusters
        ]

    def edges(self, room: _Room) -> list[list[Any]]:
        """The edges inside, and those that come in and go out, joined to what they were outside."""
        frame = room.frame
        routes = [[_move(p, frame) for p in knots(route)] for route in self.places.edges]
        split = len(self.inner)
        rows = []
        for edge, route, at in zip(self.inner, routes, self.places.edges, strict=False):
            label = _move(at.label, frame)
            rows.append(edge_row(edge, route, replace(at, label=label)))
        for edge, route in zip(self.incoming, routes[split:], strict=False):
            border = (room.left, route[0][1])
            rows.append(edge_row(edge, [*room.entering(edge.source), border, *route]))
        exits = dict(
            zip(
                dict.fromkeys(e.source for e in self.outgoing),
                routes[split + len(self.incoming) :],
                strict=True,
            )
        )
        for edge in self.outgoing:
            route = exits[edge.source]
            border = (room.right + room.wider, route[-1][1])
            rows.append(edge_row(edge, [*route, border, *room.leaving(edge.target)]))
        return rows


def _up(cluster: str | None, clusters: dict[str, Cluster]) -> list[str]:
    """The cluster and all that it is in."""
    found: list[str] = []
    while cluster is not None:
        found.append(cluster)
        cluster = clusters[cluster].parent
    return found


def _at(box: Box, frame: Box) -> Box:
    return Box(box.x + frame.x, box.y + frame.y + HEADER, box.width, box.height)


def _move(point: tuple[float, float], frame: Box) -> tuple[float, float]:
    return point[0] + frame.x, point[1] + frame.y + HEADER


class _Room:
    """The column of a group, made wide and high enough for what is inside."""

    def __init__(self, base: PagePicture, group: str, width: float, height: float) -> None:
        self.scene, self.old, self.group = base.scene, base.places, group
        self.clusters = {c.id: c for c in base.scene.clusters}
        self.cluster_of = {node.id: node.cluster for node in base.scene.nodes}
        self.around = _up(self.cluster_of[group], self.clusters)
        box = self.old.nodes[group]
        low, high = self._column(box)
        self.up = max(0, round((height - box.height) / 2))
        self.middle = box.y + box.height / 2
        self.wider = max(0, round(width - (high - low)))
        self.frame = Box(low, self.middle - height / 2, max(width, high - low), height)
        self.left, self.right = self._borders(low, high)
        self.new = {name: self._box(name, b) for name, b in self.old.nodes.items() if name != group}

    def _column(self, box: Box) -> tuple[float, float]:
        """From where to where there are boxes and frames beside the group, above it or below."""
        others = [b for name, b in self.old.clusters.items() if name not in self.around]
        others += self.old.nodes.values()
        low, high = box.x, box.x + box.width
        for _ in others:
            beside = [b for b in others if b.x < high and b.x + b.width > low]
            wider = min(b.x for b in beside), max(b.x + b.width for b in beside)
            if wider == (low, high):
                break
            low, high = wider
        return low, high

    def _borders(self, low: float, high: float) -> tuple[float, float]:
        """Where the bends to the left of the column end, and those to its right begin."""
        boxes = self.old.nodes.values()
        before = max([b.x + b.width for b in boxes if b.x + b.width <= low], default=low)
        after = min([b.x for b in boxes if b.x >= high], default=high)
        bends = [(a[0], b[0]) for r in self.old.edges for a, b in pairwise(knots(r)) if a[1] != b[1]]
        ends = [end for _, end in bends if before < end <= low + NEAR]
        starts = [start for start, _ in bends if high - NEAR <= start < after]
        return max(ends, default=(before + low) / 2), min(starts, default=(high + after) / 2)

    def moved(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the picture comes to lie."""
        if self.left - NEAR <= x <= self.right + NEAR:
            y += self.up if y > self.middle else -self.up
        return (x + self.wider if x >= self.right - NEAR else x), y

    def _box(self, name: str, box: Box) -> Box:
        """Where a box comes to lie: by its middle, whose column is its own."""
        x, y = self.moved(box.x + box.width / 2, box.y + box.height / 2)
        if y == box.y + box.height / 2 and self._meets(name, box):
            y += self.up if y > self.middle else -self.up
        return Box(x - box.width / 2, y - box.height / 2, box.width, box.height)

    def _meets(self, name: str, box: Box) -> bool:
        """Whether it is above or below a frame that grows, without being in it."""
        own = _up(self.cluster_of[name], self.clusters)
        growing = [self.old.clusters[c] for c in self.around if c not in own and c in self.old.clusters]
        return any(box.x < f.x + f.width and box.x + box.width > f.x for f in growing)

    def moves(self) -> dict[str, list[int]]:
        return {
            name: _numbers(box)[:2]
            for name, box in self.new.items()
            if _numbers(box) != _numbers(self.old.nodes[name])
        }

    def frames(self) -> list[list[Any]]:
        """Every frame around what it is around, as near as before."""
        rows = []
        for c in self.scene.clusters:
            inside = [name for name, own in self.cluster_of.items() if c.id in _up(own, self.clusters)]
            if c.id not in self.old.clusters or not inside:
                continue
            old = _hull([self.old.nodes[name] for name in inside])
            new = _hull([self.new.get(name, self.frame) for name in inside])
            box = self.old.clusters[c.id]
            grown = Box(
                box.x + new.x - old.x, box.y + new.y - old.y,
                box.width + new.width - old.width, box.height + new.height - old.height,
            )  # fmt: skip
            rows.append(frame_row(c, grown))
        return rows

    # --- the edges of the group ---

    def entering(self, source: str) -> Knots:
        """The way from a node outside to the border of what is opened."""
        route = self._route(source, self.group)
        way = [p for p in route if p[0] < self.left - NEAR] or route[:1]
        return self._with_end(source, way)

    def leaving(self, target: str) -> Knots:
        """From the border to a node outside."""
        route = self._route(self.group, target)
        way = [p for p in route if p[0] > self.right + NEAR] or route[-1:]
        return self._with_end(target, way[::-1])[::-1]

    def _with_end(self, name: str, way: Knots) -> Knots:
        """The way moved. Its first point stays at its node, and the level piece there stays level."""
        old, new = self.old.nodes[name], self.new[name]
        level = len(list(takewhile(lambda point: point[1] == way[0][1], way)))
        shift = new.y - old.y
        start = (way[0][0] + new.x - old.x, way[0][1] + shift)
        return [
            start,
            *((self.moved(*p)[0], p[1] + shift) for p in way[1:level]),
            *(self.moved(*p) for p in way[level:]),
        ]

    def _route(self, source: str, target: str) -> Knots:
        pairs = zip(self.scene.edges, self.old.edges, strict=True)
        return next(knots(r) for e, r in pairs if e.source == source and e.target == target)


def _hull(boxes: list[Box]) -> Box:
    x, y = min(b.x for b in boxes), min(b.y for b in boxes)
    return Box(x, y, max(b.x + b.width for b in boxes) - x, max(b.y + b.height for b in boxes) - y)
