"""What all pictures of a graph share: colours, the width of text, how a number is written, a node's face.

A gradient is blue above 0 and orange below, the stronger the larger; orange stays the lighter of the two,
so that they differ in grey, too. Text is dark ink on every one of them.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .scene import Edge, Node, Scene

INK, FAINT, LINE, PAPER = "#1c1c1c", "#444444", "#7a7a7a", "#ffffff"  # text, small text, edges, background
GROUND, FRAME = ("#f6f7f9", "#e9ecf1"), "#b4bac4"  # of clusters: by depth, in turn; their border
BLUE, ORANGE = "#7cb9e6", "#ffcc99"  # fills of the largest gradients, > 0 and < 0
DEEP_BLUE, DEEP_ORANGE = "#00568a", "#c25400"  # the borders of the same
ZERO, NOT_A_NUMBER = "#e4e4e4", "#f3b6d3"  # fills: a gradient of 0; one that is nan
FONT = "Helvetica, Arial, DejaVu Sans, sans-serif"
TITLE, TEXT, SMALL = 14, 12, 11  # sizes of type: titles (bold), rows, and the labels of edges
LEADING = 1.3  # from line to line, in sizes
PADDING_X, PADDING_Y, GAP = 10, 7, 8  # within a node's box; between the words of a row
WIDTH, ROOT_WIDTH = 1.2, 3.0  # of a node's border; of the border of a root, which the eye shall find
LABEL_WIDTH, MOST_LINES = 240, 12  # a label is broken into lines so wide, and cut after so many


# --- colours ---------------------------------------------------------------------------------------


def largest(gradients: Iterable[float | None]) -> float:
    """The largest finite size among the gradients, against which `fill` and `border` measure."""
    return max((abs(g) for g in gradients if g is not None and math.isfinite(g)), default=0.0)


def fill(gradient: float | None, top: float) -> str:
    """The colour of a node: white until there is a gradient, grey for 0, then by sign and size."""
    if gradient is None:
        return PAPER
    if gradient != gradient:
        return NOT_A_NUMBER
    if gradient == 0:
        return ZERO
    return _mixed(PAPER, BLUE if gradient > 0 else ORANGE, 0.15 + 0.85 * strength(gradient, top))


def border(gradient: float | None, top: float) -> str:
    """The colour of a node's border: grey where there is no sign to show."""
    if not gradient or gradient != gradient:
        return LINE
    return _mixed(LINE, DEEP_BLUE if gradient > 0 else DEEP_ORANGE, 0.3 + 0.7 * strength(gradient, top))


def strength(gradient: float, top: float) -> float:
    """From 0 to 1: the root of the gradient's share of the largest, so that small ones are seen as well."""
    if not math.isfinite(gradient) or not top:
        return 1.0
    return math.sqrt(min(abs(gradient) / top, 1.0))


def _mixed(first: str, second: str, share: float) -> str:
    pairs = zip(_rgb(first), _rgb(second), strict=True)
    return "#" + "".join(f"{round(a + share * (b - a)):02x}" for a, b in pairs)


def _rgb(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


# --- numbers and names -----------------------------------------------------------------------------


def number(x: float | None) -> str:
    """Four digits of x, as short as they can be: 0.5, 2, -1.2e-7; "–" for None, no number yet."""
    if x is None:
        return "–"
    if x != x or math.isinf(x):
        return str(x)
    if 1e-3 <= abs(x) < 1e5 or x == 0:
        return f"{x:.4g}" if abs(x) < 1e3 and x else f"{x + 0.0:.0f}"
    mantissa, _, exponent = f"{x:.3e}".partition("e")
    return f"{float(mantissa):g}e{int(exponent)}"


_SIGNS = {"*": "×", "/": "÷", "-": "−", "**": "xʸ"}


def sign(op: str) -> str:
    """How an operation is called in a picture: × for *, tanh for tanh."""
    return _SIGNS.get(op, visible(op))


# --- text ------------------------------------------------------------------------------------------

# Of the widest of the usual fonts without serifs, in sizes. What is not listed is 0.64.
_WIDTHS = {
    c: width
    for width, characters in (
        (0.42, " !',.:;Ifijlt"), (0.48, "()-[]Jr\"·–"), (0.6, "/\\|"), (0.7, "ABCKRSVXZ"),
        (0.8, "&DGHNOQU"), (0.64, "∂"), (0.86, "#+<=>^w~×÷−"), (1.0, "@MWmΣ…—"), (1.1, "%"),
    )
    for c in characters
}  # fmt: skip
BOLD = 1.16  # how much wider bold type is, at most


def text_width(text: str, size: float, bold: bool = False) -> float:
    """No less than the text takes in any of the usual fonts without serifs."""
    return sum(_width(c, bold) for c in text) * size


def is_rare(text: str) -> bool:
    """Whether there are characters whose width no one can know: the picture must say how wide they are."""
    return any(c >= "\u0180" and not _is_known(c) for c in text)


def _is_known(c: str) -> bool:
    """Of Latin to Arabic, signs and arrows, ideograms and emoji the width is known well enough."""
    if "\u0200" <= c <= "\u06ff" or "\u1e00" <= c <= "\u1fff" or "\u2010" <= c <= "\u243f" or c in _WIDTHS:
        return True
    return unicodedata.category(c) in _WIDTHLESS or unicodedata.east_asian_width(c) in "WF"


_WIDTHLESS = ("Mn", "Me", "Cf")  # marks above and below, and what joins or turns


def _width(c: str, bold: bool) -> float:
    if unicodedata.category(c) in _WIDTHLESS:
        return 0.0
    if unicodedata.east_asian_width(c) in "WF":
        return 1.4 if unicodedata.category(c) == "So" else 1.05  # emoji, ideograms
    return _plain_width(c) * (BOLD if bold else 1.0)


def _plain_width(c: str) -> float:
    if " " <= c <= "~" or c in _WIDTHS:
        return _WIDTHS.get(c, 0.64)
    base = unicodedata.normalize("NFD", c)[0]
    if base != c and base < "\x7f":
        return _WIDTHS.get(base, 0.64)
    if "\u02b0" <= c <= "\u02ff" or "\u2070" <= c <= "\u209c":
        return 0.63  # small letters and figures, above and below
    if "\u0590" <= c <= "\u05ff":
        return 0.74  # Hebrew
    if "\u0600" <= c <= "\u06ff":
        return 1.25  # Arabic
    if "\u2190" <= c <= "\u22ff":
        return 0.96  # arrows and signs
    return 0.85 if c not in "æœ" and (c < "\u0180" or "α" <= c <= "ω") and c.islower() else 1.2


def visible(text: str) -> str:
    """The text as it can be drawn: what controls, turns or breaks it is shown as a character of its own."""
    return "".join(map(_seen, text))


def _seen(c: str) -> str:
    if c < " ":
        return chr(0x2400 + ord(c))
    turns = unicodedata.bidirectional(c) in _TURNS
    no_character = ord(c) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(c) <= 0xFDEF
    hidden = turns or no_character or unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")
    return "\N{REPLACEMENT CHARACTER}" if hidden else c


_TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def lines(label: str, width: float = LABEL_WIDTH, size: float = TITLE, bold: bool = True) -> list[str]:
    """The label in lines of bounded width, each `visible`: broken at breaks, at spaces, or anywhere."""
    found: list[str] = []
    for paragraph in "\n".join(label.replace("\r\n", "\n").split("\r")).split("\n"):
        rest = visible(paragraph.expandtabs(4)).strip()
        while rest and len(found) <= MOST_LINES:
            end = _fitting(rest, width / size, bold)
            found.append(rest[:end].rstrip())
            rest = rest[end:].lstrip()
    return found if len(found) <= MOST_LINES else [*found[: MOST_LINES - 1], "…"]


def cut(text: str, width: float, size: float) -> str:
    """The text in one line, visible, and its end left out where it would be wider."""
    line = visible(" ".join(text.split()))
    if text_width(line, size) <= width:
        return line
    return line[: _fitting(line.replace(" ", "_"), width / size - _WIDTHS["…"], False)] + "…"


def _fitting(text: str, width: float, bold: bool) -> int:
    """How many characters make the first line: at least one, and no mark without its letter."""
    used, space, joined = 0.0, 0, False
    for i, c in enumerate(text):
        used += _width(c, bold)
        glued = joined or unicodedata.category(c) in _WIDTHLESS
        if used > width and i and not glued:
            return space or i
        if c == " ":
            space = i + 1
        joined = c == "\N{ZERO WIDTH JOINER}"
    return len(text)


# --- the face of a node ----------------------------------------------------------------------------


class Face(NamedTuple):
    """What a node's box says, from top to bottom."""

    title: list[str]  # bold, centred: the label, or the operation
    subtitle: str  # small, centred: the operation of a node with a label, what a group does or holds
    rows: list[tuple[str, str]]  # a word to the left and a number to the right


def face(node: Node) -> Face:
    """What is written in a node. A constant is its number alone."""
    if node.kind == "constant":
        return Face([number(node.data)], "", [])
    rows = [] if node.data is None else [("data", number(node.data))]
    if rows or node.grad is not None:
        rows.append(("grad", number(node.grad)))
    title = lines(node.label or "")
    name = sign(node.op) if node.op else ""
    if node.kind == "group":
        name = name or f"{node.members} nodes"
    return Face(title or lines(name), name if title else "", rows)


def box(node: Node) -> tuple[float, float]:
    """Width and height of a node's box: all of its face is inside in any usual font."""
    title, subtitle, rows = face(node)
    widths = [text_width(line, TITLE, bold=True) for line in title]
    widths.append(text_width(subtitle, SMALL))
    widths += [text_width(word, TEXT) + GAP + text_width(figures, TEXT) for word, figures in rows]
    height = LEADING * (TITLE * len(title) + SMALL * bool(subtitle) + TEXT * len(rows))
    return max(widths) + 2 * PADDING_X, height + 2 * PADDING_Y


def edge_text(edge: Edge) -> str:
    """What is written on an edge: the local derivative, the weight, or how many edges it stands for."""
    if edge.partial is not None or edge.weight is not None:
        return number(edge.weight if edge.partial is None else edge.partial)
    return f"×{edge.count}" if edge.count > 1 else ""


# --- edges: where there are many, size and sign are seen, not read ------------------------------------------

NUMBERED, NUMBERED_NEURONS = 120, 16  # edges, up to which each has its number; the same between neurons
THINNEST, THICKEST = 0.3, 2.7


class EdgeLook(NamedTuple):
    """An edge's colour and width, the number that stands on it, and whether it ends in an arrow."""

    colour: str
    width: float
    text: str
    arrow: bool


def are_numbered(scene: Scene) -> bool:
    """Whether the edges have numbers and arrows. Those that have none are straight lines."""
    return len(scene.edges) <= (NUMBERED_NEURONS if scene.by == "neuron" else NUMBERED)


def looks_of_edges(scene: Scene) -> list[EdgeLook]:
    """The stroke of every edge, in order."""
    numbered = are_numbered(scene)
    sized = scene.by == "neuron" or not numbered
    top = largest(map(_size, scene.edges))
    return [_edge_look(edge, top, sized, numbered) for edge in scene.edges]


def _edge_look(edge: Edge, largest: float, sized: bool, numbered: bool) -> EdgeLook:
    text = edge_text(edge) if numbered else ""
    size = _size(edge)
    if not sized or size is None:
        return EdgeLook(LINE, 1.0 if numbered else 0.6, text, numbered)
    width = THINNEST + (THICKEST - THINNEST) * strength(size, largest) ** 2
    return EdgeLook(border(size, largest), width, text, numbered)


def _size(edge: Edge) -> float | None:
    return edge.partial if edge.weight is None else edge.weight
