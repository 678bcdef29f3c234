"""A scene as DOT, Graphviz's language: every text in it is escaped, and the looks are the palette's."""

from __future__ import annotations

from collections import defaultdict
from html import escape
from typing import TYPE_CHECKING

from . import looks
from .edge_looks import Stroke, are_numbered, strokes
from .looks import FAINT, FONT, FRAME, GROUND, INK, PAPER, SMALL, TEXT, TITLE

if TYPE_CHECKING:
    from .scene import Cluster, Edge, Node, Scene

POINTS = 72.0  # to an inch, in which Graphviz takes sizes


def dot(scene: Scene) -> str:
    """The text of a DOT file: a node for every node, by its id, and an edge for every edge, in order."""
    top = looks.largest(node.grad for node in scene.nodes)
    depths = _depths(scene)
    sided = not are_numbered(scene)
    straight = sided and not any(depths[edge.target] - depths[edge.source] > 1 for edge in scene.edges)
    lines = [
        "digraph picture {",
        f"  {_head(scene, sided, straight)}",
        f'  node [shape=box fontname="{FONT}" fontsize={TEXT} fontcolor="{INK}" margin=0]',
        f'  edge [fontname="{FONT}" fontsize={SMALL} fontcolor="{INK}" arrowsize=0.7]',
        *_boxes(scene, top, depths),
        *(
            f"  {_edge(edge, stroke, sided, long)}"
            for edge, stroke, long in zip(scene.edges, strokes(scene), _entering(scene), strict=True)
        ),
        "}\n",
    ]
    return "\n".join(lines)


def _head(scene: Scene, sided: bool, straight: bool) -> str:
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
    texts = [f'{name}="{text}"' for name, text in found.items()]
    if scene.by == "neuron":  # they stay in order: where all are joined to all, none has fewer crossings
        texts += ["mclimit=0", "remincross=false"]
    if scene.note:
        note = _html(looks.lines(scene.note, 480, TEXT, bold=False))
        texts.append(f"label={note} labelloc=b labeljust=l")
    return f"graph [{' '.join(texts)}]"


# --- clusters and nodes ------------------------------------------------------------------------------


def _boxes(scene: Scene, top: float, depths: dict[str, int]) -> list[str]:
    """The nodes, in the clusters that they are in. No recursion: clusters nest as deep as scopes do."""
    nodes: defaultdict[str | None, list[Node]] = defaultdict(list)
    clusters: defaultdict[str | None, list[Cluster]] = defaultdict(list)
    for node in scene.nodes:
        nodes[node.cluster].append(node)
    for cluster in scene.clusters:
        clusters[cluster.parent].append(cluster)
    found = [f"  {_node(node, top)}" for node in nodes[None]]
    stack = [(cluster, 0, False) for cluster in reversed(clusters[None])]
    while stack:
        cluster, depth, is_done = stack.pop()
        indent = "  " * (depth + 1)
        if is_done:
            found.append(f"{indent}}}")
            continue
        found += [f"{indent}subgraph cluster_{cluster.id} {{", f"{indent}  {_cluster(cluster, depth)}"]
        found += [f"{indent}  {_node(node, top)}" for node in nodes[cluster.id]]
        found += [
            f"{indent}  {line}" for line in _in_order(nodes[cluster.id], depths) if scene.by == "neuron"
        ]
        stack.append((cluster, depth, True))
        stack += [(inner, depth + 1, False) for inner in reversed(clusters[cluster.id])]
    return found


def _cluster(cluster: Cluster, depth: int) -> str:
    label = _html([looks.cut(cluster.label, looks.LABEL_WIDTH, TEXT)])
    return (
        f'graph [id={cluster.id} label={label} labeljust=l labelloc=t style="rounded,filled" '
        f'fillcolor="{GROUND[depth % len(GROUND)]}" color="{FRAME}" margin=10]'
    )


def _in_order(nodes: list[Node], depths: dict[str, int]) -> list[str]:
    """Neurons of one column in the order in which they are: by edges that nobody sees, from the last up."""
    columns: defaultdict[int, list[str]] = defaultdict(list)
    for node in reversed(nodes):
        if node.kind == "group":
            columns[depths[node.id]].append(node.id)
    chains = (" -> ".join(column) for column in columns.values() if len(column) > 1)
    return [f"{{ rank=same {chain} [style=invis] }}" for chain in chains]


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


def _node(node: Node, top: float) -> str:
    width, height = looks.box(node)
    colour = INK if node.result else looks.border(node.grad, top)
    style = "filled" if node.kind == "op" else "rounded,filled"
    return (
        f'{node.id} [id={node.id} label={_face(node)} style="{style}" '
        f'fillcolor="{looks.fill(node.grad, top)}" color="{colour}" '
        f"penwidth={looks.ROOT_WIDTH if node.result else looks.WIDTH:g} "
        f"width={width / POINTS:.3f} height={height / POINTS:.3f}]"
    )


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
        return '""'
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


def _edge(edge: Edge, stroke: Stroke, sided: bool, long: bool) -> str:
    found = {"color": f'"{stroke.colour}"', "penwidth": f"{stroke.width:.2f}"}
    if sided:  # from side to side, so that it runs through no node
        found |= {"tailport": "e", "headport": "w"}
    if long:
        found["minlen"] = "2"
    if not stroke.arrow:
        found["arrowhead"] = "none"
    if stroke.text:
        found["label"] = f'" {stroke.text} "'
    return f"{edge.source} -> {edge.target} [{' '.join(f'{name}={value}' for name, value in found.items())}]"


# --- text --------------------------------------------------------------------------------------------


def _html(lines: list[str]) -> str:
    """A label of lines."""
    shown = '<BR ALIGN="LEFT"/>'.join(_text(line) for line in lines if line)
    return f"<{shown}>" if shown else '""'


def _text(text: str) -> str:
    """For a label in HTML's way, in which Graphviz still reads \\N as the node's name."""
    return escape(looks.visible(text)).replace("\\", "\\\\")
