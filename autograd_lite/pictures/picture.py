"""A graph as a picture: SVG, PNG or PDF, by Graphviz where there is one; the only user of Graphviz.

The graphviz package writes the graph in DOT. Three ways draw it, in this order: the program `dot` on the
PATH; pygraphviz, whose wheel brings Graphviz along; for SVG a layout of our own, which needs nothing. Both
Graphvizes run in a process of their own and for a limited time, which the package's `pipe` has not.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from functools import cached_property
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import atomic_write
from ..engine import Value
from ..errors import ArgumentTypeError, RenderError
from . import looks
from . import svg as own
from .dot import digraph
from .net_scenes import net_scene, weights_scene
from .scene import LIMIT, Scene, scene

if TYPE_CHECKING:
    from graphviz import Digraph

KINDS = ("svg", "png", "pdf", "dot")
SECONDS = 30.0  # for Graphviz; a PNG of 2,000 nodes takes 10
DENSITY = 144  # dots to an inch in PNG: sharp on a slide


def draw(value: Any, x: Any = None, *, by: str | None = None, limit: int | None = LIMIT) -> Picture:
    """The picture of a Value's graph, of several Values', of a net called on x, or of a net's weights.

    `by` is "op", "sum", "neuron" or "layer"; by None, graphs of over 150 nodes are collapsed, and the
    picture says so. One of more than `limit` nodes is refused. Local derivatives stand on the edges, and
    gradients in the nodes once backward has run: blue above 0, orange below.
    """
    is_net = callable(value) and not isinstance(value, Value | list | tuple | type)
    if x is not None:
        if not is_net:
            raise ArgumentTypeError("draw", "value", value, "a net, for an input x is given")
        return Picture(net_scene(value, x, by, limit, function="draw"))
    make = weights_scene if is_net else scene
    return Picture(make(value, by, limit, function="draw"))


class Picture:
    """A scene to look at: `svg` and `source` are texts, `save` writes a file, a notebook shows it."""

    def __init__(self, scene: Scene) -> None:
        if not isinstance(scene, Scene):
            raise ArgumentTypeError("Picture", "scene", scene, "a Scene, as from autograd_lite.scene")
        self.scene = scene

    @property
    def graph(self) -> Digraph:
        """A new `graphviz.Digraph` of the picture, to go on with; the picture stays as it is."""
        return digraph(self.scene)

    @cached_property
    def source(self) -> str:
        """The picture in DOT, Graphviz's language."""
        source: str = self.graph.source
        return source

    @cached_property
    def svg(self) -> str:
        """The picture as SVG, which can always be drawn."""
        drawn, _ = _rendered(self.source, "svg")
        if drawn is None:
            return own.svg(self.scene)
        return _described(drawn.decode("utf-8"), self.scene)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the picture to a path that ends in .svg, .png, .pdf or .dot, in one move."""
        target = atomic_write.target(path, [f".{kind}" for kind in KINDS])
        kind = target.suffix.lower()[1:]
        atomic_write.write(target, self._bytes(kind, target.with_suffix(".dot")))
        return target

    def _bytes(self, kind: str, beside: Path) -> bytes:
        if kind in ("svg", "dot"):
            return (self.svg if kind == "svg" else self.source).encode("utf-8")
        drawn, reasons = _rendered(self.source, kind)
        if drawn is None:
            raise RenderError(kind, reasons, _kept(self.source, beside))
        return drawn

    def __repr__(self) -> str:
        nodes, edges = len(self.scene.nodes), len(self.scene.edges)
        return f"<Picture of {nodes} nodes and {edges} edges: .save('x.svg') writes it>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows. A display must not be what breaks a cell."""
        try:
            return {"image/svg+xml": self.svg, "text/plain": repr(self)}
        except Exception as error:
            return {"text/plain": f"<Picture: {type(error).__name__}: {error}>"}


# --- Graphviz ------------------------------------------------------------------------------------------


def _rendered(source: str, kind: str) -> tuple[bytes | None, tuple[str, ...]]:
    """The picture by the first way that there is and that works, and why the others do not."""
    reasons: list[str] = []
    for way in (_by_dot, _by_pygraphviz):
        drawn = way(source, kind, reasons)
        if drawn is not None:
            return drawn, tuple(reasons)
    return None, tuple(reasons)


def _by_dot(source: str, kind: str, reasons: list[str]) -> bytes | None:
    program = shutil.which("dot")
    if program is None:
        reasons.append('there is no "dot" on the PATH')
        return None
    return _run("dot", [program, f"-T{kind}", *_density(kind)], source, kind, reasons)


_PYGRAPHVIZ = """
import sys, pygraphviz
graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode("utf-8"))
sys.stdout.buffer.write(graph.draw(format=sys.argv[1], prog="dot", args=" ".join(sys.argv[2:])))
"""


def _by_pygraphviz(source: str, kind: str, reasons: list[str]) -> bytes | None:
    """In a new Python, which can be stopped, and whose death is not ours."""
    if find_spec("pygraphviz") is None or not sys.executable:
        reasons.append("pygraphviz is not installed")
        return None
    command = [sys.executable, "-c", _PYGRAPHVIZ, kind, *_density(kind)]
    return _run("pygraphviz", command, source, kind, reasons)


def _density(kind: str) -> list[str]:
    return [f"-Gdpi={DENSITY}"] if kind == "png" else []


def _run(name: str, command: list[str], source: str, kind: str, reasons: list[str]) -> bytes | None:
    """What the command makes of the source; None, and a reason, where that is no whole picture."""
    try:
        run = subprocess.run(command, input=source.encode("utf-8"), capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        reasons.append(f"{name} was stopped after {SECONDS:g} s")
    except OSError as error:
        reasons.append(f"{name} cannot be started: {error.strerror or error}")
    else:
        if run.returncode == 0 and _is_whole(run.stdout, kind):
            return run.stdout
        said = " ".join(run.stderr.decode("utf-8", "replace").split()[-40:])
        reasons.append(f"{name} failed: {said[-300:] or f'exit {run.returncode}'}")
    return None


# How the files begin and end: a picture that was cut short is none.
_MARKS = {"svg": (b"<?xml", b"</svg>"), "png": (b"\x89PNG", b"IEND\xaeB`\x82"), "pdf": (b"%PDF", b"%%EOF")}


def _is_whole(drawn: bytes, kind: str) -> bool:
    first, last = _MARKS[kind]
    return drawn.startswith(first) and drawn.rstrip(b"\n").endswith(last)


def _described(svg: str, scene: Scene) -> str:
    """Graphviz's SVG from <svg on, to stand in a page, with a description for who cannot see it.

    Where an edge goes from side to side, Graphviz calls it n0:e->n1:w; here it is n0->n1 in every picture.
    """
    text = re.sub(r"<title>(\w+):e&#45;&gt;(\w+):w</title>", r"<title>\1&#45;&gt;\2</title>", svg)
    start, end = text.index("<svg"), text.index(">", text.index("<svg"))
    about = escape(looks.visible(own.describe(scene)))
    return f'{text[start:end]} role="img"><title>{own.NAME}</title><desc>{about}</desc>{text[end + 1 :]}'


# --- files ---------------------------------------------------------------------------------------------


def _kept(source: str, beside: Path) -> str:
    """Where the DOT file is kept: beside the picture, or else in a folder for what is temporary."""
    data = source.encode("utf-8")
    for path in (beside, Path(tempfile.gettempdir(), beside.name)):
        try:
            target = atomic_write.free(path, data)
            atomic_write.write(target, data)
        except OSError:
            continue
        return str(target)
    return ""
