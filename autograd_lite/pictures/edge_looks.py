"""How the edges of a picture look: by neuron, or where there are many, size and sign are seen, not read.

Each edge has a stroke. Where nodes are neurons, or edges so many that numbers would cover each other, the
local derivative (or the weight) is the edge's width, and its sign the colour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from . import looks

if TYPE_CHECKING:
    from .scene import Edge, Scene

NUMBERED, NUMBERED_NEURONS = 120, 16  # edges, up to which each has its number; the same between neurons
THINNEST, THICKEST = 0.3, 2.7


class Stroke(NamedTuple):
    """An edge's colour and width, the number that stands on it, and whether it ends in an arrow."""

    colour: str
    width: float
    text: str
    arrow: bool


def are_numbered(scene: Scene) -> bool:
    """Whether the edges have numbers and arrows. Those that have none are straight lines."""
    return len(scene.edges) <= (NUMBERED_NEURONS if scene.by == "neuron" else NUMBERED)


def strokes(scene: Scene) -> list[Stroke]:
    """The stroke of every edge, in order."""
    numbered = are_numbered(scene)
    sized = scene.by == "neuron" or not numbered
    largest = looks.largest(map(_size, scene.edges))
    return [_stroke(edge, largest, sized, numbered) for edge in scene.edges]


def _stroke(edge: Edge, largest: float, sized: bool, numbered: bool) -> Stroke:
    text = looks.edge_text(edge) if numbered else ""
    size = _size(edge)
    if not sized or size is None:
        return Stroke(looks.LINE, 1.0 if numbered else 0.6, text, numbered)
    width = THINNEST + (THICKEST - THINNEST) * looks.strength(size, largest) ** 2
    return Stroke(looks.border(size, largest), width, text, numbered)


def _size(edge: Edge) -> float | None:
    return edge.partial if edge.weight is None else edge.weight
