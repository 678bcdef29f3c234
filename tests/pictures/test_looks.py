"""Colours that anyone can tell apart, numbers, and text that is never wider than it is said to be."""

import math
import unicodedata
from functools import cache
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite.pictures import looks as palette
from autograd_lite.pictures.scene import Edge, Node

INF, NAN = math.inf, math.nan
ANY_TEXT = st.text(st.characters(), max_size=60)  # control characters and halves of characters, too

# --- numbers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (None, "–"), (0.0, "0"), (-0.0, "0"), (0.5, "0.5"), (2.0, "2"), (-1.2, "-1.2"), (1 / 3, "0.3333"),
        (-2 / 3, "-0.6667"), (0.1 + 0.2, "0.3"), (0.99999, "1"), (9.9996, "10"), (12.3456, "12.35"),
        (999.96, "1000"), (1234.56, "1235"), (9999.6, "10000"), (99999.4, "99999"), (123456.0, "1.235e5"),
        (1e5, "1e5"), (0.001, "0.001"), (0.00123456, "0.001235"), (0.000999, "9.99e-4"), (-1.2e-7, "-1.2e-7"),
        (1e-300, "1e-300"), (5e-324, "4.941e-324"), (-1.7976931348623157e308, "-1.798e308"),
        (INF, "inf"), (-INF, "-inf"), (NAN, "nan"), (7, "7"),
    ],
)  # fmt: skip
def test_numbers_are_short(x, text):
    assert palette.number(x) == text


@given(st.floats(-1.7e308, 1.7e308))
def test_a_number_is_right_to_four_digits_and_never_long(x):
    text = palette.number(x)
    assert float(text) == pytest.approx(x, rel=5.1e-4, abs=1e-323)
    assert len(text) <= 11


# --- colours -----------------------------------------------------------------------------------------------


def linear(colour):
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]


def luminance(colour):
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))


def lightness(colour):
    y = luminance(colour)
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


GRADIENTS = [None, NAN, INF, -INF, *(s * x for s in (1, -1) for x in (0.0, 1e-9, 0.01, 0.1, 0.5, 1.0))]


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_text_is_readable_on_every_fill(gradient):
    assert contrast(palette.fill(gradient, 1.0), palette.INK) >= 7
    assert contrast(palette.fill(gradient, 1.0), palette.FAINT) >= 4.5
    assert contrast(palette.border(gradient, 1.0), palette.PAPER) >= 3


@pytest.mark.parametrize("ground", [palette.PAPER, *palette.GROUND])
def test_small_text_is_readable_on_every_ground(ground):
    assert contrast(ground, palette.FAINT) >= 7


def test_signs_differ_in_grey():
    for size in (0.3, 0.6, 1.0):
        above, below = palette.fill(size, 1.0), palette.fill(-size, 1.0)
        assert lightness(below) - lightness(above) >= 5 + 7 * (size == 1.0)


# What those see who lack one kind of cone, on linear colours: Machado, Oliveira and Fernandes, 2009.
BLINDNESS = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


@pytest.mark.parametrize("kind", BLINDNESS)
def test_signs_differ_for_the_colour_blind(kind):
    for size in (0.3, 1.0):
        seen = [
            [
                sum(k * c for k, c in zip(row, linear(palette.fill(g, 1.0)), strict=True))
                for row in BLINDNESS[kind]
            ]
            for g in (size, -size, 0.0)
        ]
        for a, b in ((0, 1), (0, 2), (1, 2)):
            assert math.dist(seen[a], seen[b]) >= 0.1, (size, a, b)


def test_the_larger_the_stronger():
    for sign in (1, -1):
        fills = [lightness(palette.fill(sign * x, 1.0)) for x in (0.001, 0.05, 0.2, 0.5, 1.0)]
        assert fills == sorted(fills, reverse=True)
        assert len(set(fills)) == 5


def test_no_gradient_is_white_and_zero_is_grey():
    assert palette.fill(None, 1.0) == palette.PAPER
    assert palette.fill(0.0, 1.0) == palette.fill(-0.0, 0.0) == palette.ZERO
    assert len({palette.fill(g, 1.0) for g in (None, 0.0, NAN, 1.0, -1.0)}) == 5
    assert palette.fill(INF, 1.0) == palette.fill(1.0, 1.0) == palette.fill(1e308, 1e-308) == palette.BLUE


def test_the_largest_is_the_largest_finite_size():
    assert palette.largest([None, 1.0, -3.0, INF, NAN]) == 3.0
    assert palette.largest([]) == palette.largest([None, NAN]) == 0.0


# --- text --------------------------------------------------------------------------------------------------


@cache
def font(bold):
    """DejaVu Sans, among the widest that are usual; matplotlib brings it along."""
    manager = pytest.importorskip("matplotlib.font_manager")
    ft2font = pytest.importorskip("matplotlib.ft2font")
    found = manager.findfont(
        manager.FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")
    )
    return ft2font.FT2Font(found)


def true_width(text, size, bold):
    """In pixels, in DejaVu Sans."""
    face = font(bold)
    face.set_size(100, 72)
    return sum(face.load_char(ord(c)).linearHoriAdvance for c in text) / 65536 / 100 * size


@pytest.mark.parametrize("bold", [False, True])
def test_no_character_is_wider_than_it_is_said_to_be(bold):
    known = set(font(bold).get_charmap())
    ranges = ((0x20, 0x7F), (0xA0, 0x180), (0x391, 0x3CA), (0x2070, 0x209D), (0x2200, 0x222C))
    for c in (chr(i) for start, end in ranges for i in range(start, end) if i in known):
        if unicodedata.category(c)[0] not in "CM":
            assert palette.text_width(c, 14, bold) >= true_width(c, 14, bold) * 0.999, c


def test_widths_are_not_exaggerated():
    for text in ("data", "-0.7071", "neuron12", "log_softmax[1]", "weight", "∂L/∂W₂"):
        assert palette.text_width(text, 12) <= 1.3 * true_width(text, 12, bold=False), text


def test_unknown_scripts_are_told():
    assert palette.is_rare("ᚠ")
    assert palette.is_rare("ก")
    assert not palette.is_rare("x̂ é αβγ ∂L/∂W₂ − × ÷ – … 漢字 → Σ Щ")


@given(ANY_TEXT)
def test_what_is_visible_can_stand_in_xml_and_in_a_file(text):
    shown = palette.visible(text)
    shown.encode("utf-8")
    escaped = shown.replace("&", "&amp;").replace("<", "&lt;")
    assert ElementTree.fromstring(f"<a>{escaped}</a>").text in (shown, None)
    assert len(shown) == len(text)
    assert not any(unicodedata.bidirectional(c) in ("RLO", "LRO", "RLI", "LRI", "FSI") for c in shown)


@given(ANY_TEXT)
def test_lines_are_narrow_and_lose_nothing(text):
    found = palette.lines(text)
    assert all(palette.text_width(line, palette.TITLE, bold=True) <= palette.LABEL_WIDTH for line in found)
    if len(found) < palette.MOST_LINES:
        kept = palette.visible(text.replace("\r", "\n").replace("\n", " ").expandtabs(1))
        assert "".join("".join(found).split()) == "".join(kept.split())


def test_lines_are_broken_at_breaks_and_spaces():
    assert palette.lines("") == palette.lines(" \n ") == []
    assert palette.lines("two\nlines\r\nthree\rfour") == ["two", "lines", "three", "four"]
    assert palette.lines("a name in several words of English") == ["a name in several words", "of English"]
    assert "".join(palette.lines("x" * 200)) == "x" * 200
    long = palette.lines("word " * 400)
    assert len(long) == palette.MOST_LINES
    assert long[-1] == "…"


def test_a_mark_stays_with_its_letter():
    for unit in ("x\u0302", "👩\u200d👩\u200d👧"):
        for line in palette.lines(unit * 30):
            assert line == unit * (len(line) // len(unit)) != ""


def test_cut_leaves_out_the_end():
    assert palette.cut("short", 100, 12) == "short"
    for text in ("x" * 200, "a b " * 50, "漢" * 100):
        found = palette.cut(text, 100, 12)
        assert found.endswith("…")
        assert text.startswith(found[:-1])
        assert 60 < palette.text_width(found, 12) <= 100
    assert palette.cut("a\nb\t c", 100, 12) == "a b c"


# --- faces -------------------------------------------------------------------------------------------------


def node(kind="op", label="", op="*", data=1.0, grad=None, members=1):
    return Node("n0", kind, label, op, data, grad, inside=("n0",) * members)


def test_faces():
    assert palette.face(node()) == (["×"], "", [("data", "1"), ("grad", "–")])
    assert palette.face(node(label="a", op="tanh", grad=-0.5)) == (
        ["a"],
        "tanh",
        [("data", "1"), ("grad", "-0.5")],
    )
    assert palette.face(node("leaf", "w", "", 2.0, 0.0)) == (["w"], "", [("data", "2"), ("grad", "0")])
    assert palette.face(node("leaf", "", "", 2.0)) == ([], "", [("data", "2"), ("grad", "–")])
    assert palette.face(node("constant", "", "", 2.0)) == (["2"], "", [])
    assert palette.face(node("group", "neuron1", "dot → tanh", None, None, 4)) == (
        ["neuron1"],
        "dot → tanh",
        [],
    )
    assert palette.face(node("group", "neuron1", "", None, None, 4)) == (["neuron1"], "4 nodes", [])


def test_a_box_holds_its_face():
    for made in (node(), node(label="W" * 90), node("group", "g", "a long description of a group", None)):
        width, height = palette.box(made)
        title, subtitle, rows = palette.face(made)
        assert max(palette.text_width(line, palette.TITLE, bold=True) for line in title) < width
        assert palette.text_width(subtitle, palette.SMALL) < width
        assert (len(title) + bool(subtitle) + len(rows)) * palette.SMALL < height


def test_signs():
    assert [palette.sign(op) for op in ("*", "/", "-", "+", "tanh", "**2")] == [
        "×",
        "÷",
        "−",
        "+",
        "tanh",
        "**2",
    ]


def test_edges_say_their_derivative_or_weight_or_number():
    assert palette.edge_text(Edge("a", "b", 0.5)) == "0.5"
    assert palette.edge_text(Edge("a", "b", 0.5, 3)) == "0.5"
    assert palette.edge_text(Edge("a", "b", None, 3)) == "×3"
    assert palette.edge_text(Edge("a", "b", None)) == ""
    assert palette.edge_text(SimpleNamespace(partial=None, weight=-2.0, count=1)) == "-2"
