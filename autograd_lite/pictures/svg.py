"""A scene as SVG, drawn by ourselves: the layout's boxes and curves in the palette's colours.

Nothing is looked up by a name and no style sheet is used, so that many pictures stand in one page, and
programs for slides show them, too. The ground is white everywhere, on a dark page as well.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from . import looks
from .layout import Box, Layout, Point, Route, layout
from .looks import (
    FAINT,
    FONT,
    INK,
    LEADING,
    PADDING_X,
    PADDING_Y,
    PAPER,
    SMALL,
    TEXT,
    TITLE,
    EdgeLook,
    looks_of_edges,
)

if TYPE_CHECKING:
    from .scene import Cluster, Edge, Node, Scene

NAME = "Computational graph"
SIDE = 16.0  # from the border of the picture to the note below it
ARROW = 7.0  # the length of an arrow's head


def svg(scene: Scene, places: Layout | None = None) -> str:
    """The text of an SVG file: a group with id and title for every node; titled "n0->n1" for every edge."""
    at = places or layout(scene)
    notes = looks.lines(scene.note, max(at.width - 2 * SIDE, 240), TEXT, bold=False)
    width = max([at.width, *(2 * SIDE + looks.text_width(line, TEXT) for line in notes)])
    height = at.height + (LEADING * TEXT * len(notes) + SIDE if notes else 0)
    top = looks.largest(node.grad for node in scene.nodes)
    clusters = [(c, at.clusters[c.id]) for c in _outside_in(scene) if c.id in at.clusters]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(width)}" height="{_n(height)}" '
        f'viewBox="0 0 {_n(width)} {_n(height)}" role="img" '
        f'font-family="{FONT}" font-size="{TEXT}" fill="{INK}">',
        f"<title>{NAME}</title>",
        f"<desc>{_text(describe(scene))}</desc>",
        f'<rect width="{_n(width)}" height="{_n(height)}" rx="8" fill="{PAPER}"/>',
        *(_cluster(c, box, depth) for (c, box), depth in zip(clusters, _depths(clusters), strict=True)),
        *map(_edge, scene.edges, at.edges, looks_of_edges(scene)),
        *(_label(route) for route in at.edges if route.text),
        *(_node(node, at.nodes[node.id], top) for node in scene.nodes),
        *(
            _words(line, SIDE, at.height + LEADING * TEXT * (i + 0.8), TEXT, fill=FAINT)
            for i, line in enumerate(notes)
        ),
        "</svg>\n",
    ]
    return "\n".join(parts)


def describe(scene: Scene) -> str:
    """What the picture shows, in a sentence, for who cannot see it."""
    found = [node for node in scene.nodes if node.result]
    results = ", ".join(f"{node.label or node.op} = {looks.number(node.data)}" for node in found[:4])
    text = f"{len(scene.nodes)} nodes and {len(scene.edges)} edges, from left to right"
    return "; ".join(filter(None, (text, results and f"the result: {results}", scene.note)))


def _outside_in(scene: Scene) -> list[Cluster]:
    """Every cluster after the one that it is in."""
    children: dict[str | None, list[Cluster]] = {}
    for cluster in scene.clusters:
        children.setdefault(cluster.parent, []).append(cluster)
    found = list(children.get(None, ()))
    for cluster in found:
        found += children.get(cluster.id, ())
    return found


def _depths(clusters: list[tuple[Cluster, Box]]) -> list[int]:
    depths: dict[str | None, int] = {None: -1}
    for cluster, _ in clusters:
        depths[cluster.id] = depths[cluster.parent] + 1
    return [depths[cluster.id] for cluster, _ in clusters]


# --- the parts ---------------------------------------------------------------------------------------


def _cluster(cluster: Cluster, box: Box, depth: int) -> str:
    label = looks.cut(cluster.label, looks.LABEL_WIDTH, TEXT)
    ground = looks.GROUND[depth % len(looks.GROUND)]
    return _group(
        cluster.id,
        "cluster",
        cluster.label,
        _rect(box, 8, ground, looks.FRAME, 1),
        _words(label, box.x + 8, box.y + 17, TEXT, fill=FAINT) if label else "",
    )


def _edge(edge: Edge, route: Route, stroke: EdgeLook) -> str:
    line = (
        f'<path d="{curve(route.points)}" fill="none" stroke="{stroke.colour}" '
        f'stroke-width="{stroke.width:.2g}"/>'
    )
    head = _head(route.points, stroke) if stroke.arrow else ""
    return _group("", "edge", f"{edge.source}->{edge.target}", line, head)


def _head(points: list[Point], stroke: EdgeLook) -> str:
    """The head of an arrow, level as every edge is where it ends."""
    (x, y), (before, _), (start, _) = points[-1], points[-2], points[-4]
    back = ARROW if max(before, start) > x else -ARROW
    half = ARROW / 2 + stroke.width / 2
    return f'<path d="M{_n(x)} {_n(y)}l{_n(back)} {_n(-half)}v{_n(2 * half)}z" fill="{stroke.colour}"/>'


def _label(route: Route) -> str:
    x, y = route.label
    width, height = looks.text_width(route.text, SMALL), SMALL * 1.1
    return (
        f'<rect x="{_n(x - width / 2)}" y="{_n(y - height / 2)}" width="{_n(width)}" height="{_n(height)}" '
        f'rx="3" fill="{PAPER}"/>'
    ) + _words(route.text, x, y + SMALL * 0.36, SMALL, anchor="middle")


def _node(node: Node, box: Box, top: float) -> str:
    """The box, then its face from top to bottom."""
    title, subtitle, rows = looks.face(node)
    middle, y = box.x + box.width / 2, box.y + PADDING_Y
    round_ = 4 if node.kind == "op" else 11 if node.kind == "group" else min(box.height / 2, 16)
    width = looks.ROOT_WIDTH if node.result else looks.WIDTH
    colour = INK if node.result else looks.border(node.grad, top)
    parts = [_rect(box, round_, looks.fill(node.grad, top), colour, width)]
    for line in title:
        parts.append(_words(line, middle, y + TITLE, TITLE, anchor="middle", bold=True))
        y += LEADING * TITLE
    if subtitle:
        parts.append(_words(subtitle, middle, y + SMALL, SMALL, anchor="middle"))
        y += LEADING * SMALL
    for word, figures in rows:
        parts.append(_words(word, box.x + PADDING_X, y + TEXT, TEXT, fill=FAINT))
        parts.append(_words(figures, box.x + box.width - PADDING_X, y + TEXT, TEXT, anchor="end"))
        y += LEADING * TEXT
    return _group(node.id, "node", node.id, *parts)


def curve(points: list[Point]) -> str:
    """The text of a path: a start, then cubic curves; level ones as lines."""
    (x, y), rest = points[0], points[1:]
    path = [f"M{_n(x)} {_n(y)}"]
    for a, b, end in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        level = a[1] == b[1] == end[1] == y
        path.append(f"H{_n(end[0])}" if level else "C" + " ".join(f"{_n(u)} {_n(v)}" for u, v in (a, b, end)))
        y = end[1]
    return "".join(path)


# --- the text of SVG ---------------------------------------------------------------------------------


def _group(id_: str, kind: str, title: str, *parts: str) -> str:
    named = f' id="{_text(id_)}"' if id_ else ""
    return f'<g{named} class="{kind}"><title>{_text(title)}</title>{"".join(parts)}</g>'


def _rect(box: Box, corner: float, fill: str, stroke: str, width: float) -> str:
    return (
        f'<rect x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" height="{_n(box.height)}" '
        f'rx="{_n(corner)}" fill="{fill}" stroke="{stroke}" stroke-width="{_n(width)}"/>'
    )


def _words(
    text: str, x: float, y: float, size: float, anchor: str = "", bold: bool = False, fill: str = ""
) -> str:
    """A line of text. One in rare characters is told how wide it is, so that it stays within its box; by the
    air between them, for glyphs that are stretched are cut off in Chromium."""
    wide = looks.text_width(text, size, bold)
    given = {
        "font-size": "" if size == TEXT else _n(size),
        "font-weight": "bold" if bold else "",
        "text-anchor": anchor,
        "fill": fill,
        "textLength": _n(wide) if looks.is_rare(text) and wide else "",
        "lengthAdjust": "spacing" if looks.is_rare(text) and wide else "",
    }
    attributes = "".join(f' {name}="{value}"' for name, value in given.items() if value)
    return f'<text x="{_n(x)}" y="{_n(y)}"{attributes}>{_text(text)}</text>'


def _n(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")


def _text(text: str) -> str:
    return escape(looks.visible(text))
