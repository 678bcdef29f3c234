"""A scene as a graph of the graphviz package, which writes it in DOT; the looks are those of looks.py."""

from __future__ import annotations

from collections import defaultdict
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from . import looks
from .looks import (
    FAINT,
    FONT,
    FRAME,
    GROUND,
    INK,
    PAPER,
    SMALL,
    TEXT,
    TITLE,
    EdgeLook,
    are_numbered,
    looks_of_edges,
)

if TYPE_CHECKING:
    from graphviz import Digraph

    from .scene import Cluster, Node, Scene

POINTS = 72.0  # to an inch, in which Graphviz takes sizes
NODE_LOOKS = {"shape": "box", "fontname": FONT, "fontsize": str(TEXT), "fontcolor": INK, "margin": "0"}
EDGE_LOOKS = {"fontname": FONT, "fontsize": str(SMALL), "fontcolor": INK, "arrowsize": "0.7"}


def digraph(scene: Scene) -> Digraph:
    """The scene as a graph of the graphviz package: nodes by their ids, in clusters, and edges in order."""
    from graphviz import Digraph

    depths = _depths(scene)
    sided = not are_numbered(scene)
    straight = sided and not any(depths[edge.target] - depths[edge.source] > 1 for edge in scene.edges)
    graph = Digraph("picture", node_attr=NODE_LOOKS, edge_attr=EDGE_LOOKS)
    graph.attr("graph", **_head(scene, sided, straight))
    _fill(graph, scene, depths)
    for edge, stroke, is_long in zip(scene.edges, looks_of_edges(scene), _entering(scene), strict=True):
        graph.edge(edge.source, edge.target, **_edge(stroke, sided, is_long))
    return graph


def _head(scene: Scene, sided: bool, straight: bool) -> dict[str, str]:
    found = {
        "rankdir": "LR",
        "bgcolor": PAPER,
        "pad": "0.2",
        "nodesep": "0.22",
        "ranksep": "2" if sided else "0.45",
        "splines": "line" if straight else "spline",
        "fontname": FONT,
        "fontsize": str(TEXT),
        "fontcolor": FAINT,
    }
    if scene.by == "neuron":  # they stay in order: where all are joined to all, none has fewer crossings
        found |= {"mclimit": "0", "remincross": "false"}
    if scene.note:
        note = _html(looks.lines(scene.note, 480, TEXT, bold=False))
        found |= {"label": note, "labelloc": "b", "labeljust": "l"}
    return found


# --- clusters and nodes ------------------------------------------------------------------------------


def _fill(graph: Digraph, scene: Scene, depths: dict[str, int]) -> None:
    """The nodes, in the clusters that they are in. A cluster is put into the one around it when it is whole,
    the deepest first: no recursion, for clusters nest as deep as scopes do."""
    top = looks.largest(node.grad for node in scene.nodes)
    nodes: defaultdict[str | None, list[Node]] = defaultdict(list)
    for node in scene.nodes:
        nodes[node.cluster].append(node)
    levels: dict[str | None, int] = {None: -1}
    around: dict[str | None, Digraph] = {None: graph}
    for cluster in scene.clusters:
        levels[cluster.id] = levels[cluster.parent] + 1
        around[cluster.id] = inner = type(graph)(f"cluster_{cluster.id}")
        inner.attr("graph", **_cluster(cluster, levels[cluster.id]))
    for name, inner in around.items():
        for node in nodes[name]:
            inner.node(node.id, **_node(node, top))
        if scene.by == "neuron" and name is not None:
            _keep_order(inner, nodes[name], depths)
    for cluster in sorted(scene.clusters, key=lambda cluster: -levels[cluster.id]):
        around[cluster.parent].subgraph(around[cluster.id])


def _cluster(cluster: Cluster, depth: int) -> dict[str, str]:
    return {
        "id": cluster.id,
        "label": _html([looks.cut(cluster.label, looks.LABEL_WIDTH, TEXT)]),
        "labeljust": "l",
        "labelloc": "t",
        "style": "rounded,filled",
        "fillcolor": GROUND[depth % len(GROUND)],
        "color": FRAME,
        "margin": "10",
    }


def _keep_order(graph: Digraph, nodes: list[Node], depths: dict[str, int]) -> None:
    """Neurons of one column in the order in which they are: by edges that nobody sees, from the last up."""
    columns: defaultdict[int, list[str]] = defaultdict(list)
    for node in reversed(nodes):
        if node.kind == "group":
            columns[depths[node.id]].append(node.id)
    for column in columns.values():
        if len(column) > 1:
            with graph.subgraph() as same:
                same.attr(rank="same")
                for above, below in pairwise(column):
                    same.edge(above, below, style="invis")


def _depths(scene: Scene) -> dict[str, int]:
    """The column of every node: the longest way to it, in edges; a leaf stands just before its first user."""
    ahead: defaultdict[str, list[str]] = defaultdict(list)
    missing = dict.fromkeys((node.id for node in scene.nodes), 0)
    for edge in scene.edges:
        ahead[edge.source].append(edge.target)
        missing[edge.target] += 1
    depths = {name: 0 for name, count in missing.items() if not count}
    ready = list(depths)
    for name in ready:
        for target in ahead[name]:
            depths[target] = max(depths.get(target, 0), depths[name] + 1)
            missing[target] -= 1
            if not missing[target]:
                ready.append(target)
    for node in scene.nodes:
        if not depths[node.id] and ahead[node.id]:
            depths[node.id] = min(depths[target] for target in ahead[node.id]) - 1
    return depths


def _node(node: Node, top: float) -> dict[str, str]:
    width, height = looks.box(node)
    return {
        "id": node.id,
        "label": _face(node),
        "style": "filled" if node.kind == "op" else "rounded,filled",
        "fillcolor": looks.fill(node.grad, top),
        "color": INK if node.result else looks.border(node.grad, top),
        "penwidth": f"{looks.ROOT_WIDTH if node.result else looks.WIDTH:g}",
        "width": f"{width / POINTS:.3f}",
        "height": f"{height / POINTS:.3f}",
    }


def _face(node: Node) -> str:
    """The node's face as a table: titles over all columns, then words to the left, numbers to the right."""
    title, subtitle, rows = looks.face(node)
    lines = [f'<FONT POINT-SIZE="{TITLE}"><B>{_text(line)}</B></FONT>' for line in title]
    lines += [f'<FONT POINT-SIZE="{SMALL}">{_text(subtitle)}</FONT>'] if subtitle else []
    cells = [f'<TR><TD COLSPAN="3">{line}</TD></TR>' for line in lines]
    cells += [
        f'<TR><TD ALIGN="LEFT"><FONT COLOR="{FAINT}">{_text(word)}</FONT></TD>'
        f'<TD WIDTH="{looks.GAP}"></TD>'
        f'<TD ALIGN="RIGHT">{_text(figures)}</TD></TR>'
        for word, figures in rows
    ]
    if not cells:
        return ""
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{"".join(cells)}</TABLE>>'


# --- edges -------------------------------------------------------------------------------------------


def _entering(scene: Scene) -> list[bool]:
    """Which edges come into a cluster, to a node that has leaves there: these stand after their source.

    So a layer begins where the one before it ends, and inputs are to the left of the net.
    """
    nodes = {node.id: node for node in scene.nodes}
    pairs = [(nodes[edge.source], nodes[edge.target]) for edge in scene.edges]
    fed = {b.id for a, b in pairs if a.kind in ("leaf", "constant") and a.cluster == b.cluster is not None}
    return [b.id in fed and a.cluster != b.cluster for a, b in pairs]


def _edge(stroke: EdgeLook, sided: bool, is_long: bool) -> dict[str, str]:
    found = {"color": stroke.colour, "penwidth": f"{stroke.width:.2f}"}
    if sided:  # from side to side, so that it runs through no node
        found |= {"tailport": "e", "headport": "w"}
    if is_long:
        found["minlen"] = "2"
    if not stroke.arrow:
        found["arrowhead"] = "none"
    if stroke.text:
        found["label"] = f" {stroke.text} "
    return found


# --- text --------------------------------------------------------------------------------------------


def _html(lines: list[str]) -> str:
    """A label of lines."""
    shown = '<BR ALIGN="LEFT"/>'.join(_text(line) for line in lines if line)
    return f"<{shown}>" if shown else ""


def _text(text: str) -> str:
    """For a label in HTML's way, in which Graphviz still reads \\N as the node's name."""
    return escape(looks.visible(text)).replace("\\", "\\\\")
