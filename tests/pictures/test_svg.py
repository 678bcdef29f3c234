"""Our own SVG: valid whatever the labels, all text within its box, every node and edge by its name."""

import re
from collections import Counter
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as al
from autograd_lite.pictures import looks as palette
from autograd_lite.pictures.layout import layout
from autograd_lite.pictures.scene import Cluster, Edge, Node, Scene, scene
from autograd_lite.pictures.svg import curve, describe, svg

from . import scenes
from .test_looks import true_width

SVG = "{http://www.w3.org/2000/svg}"


def parsed(text):
    return ElementTree.fromstring(text)


def groups(root, kind):
    return [g for g in root.iter(f"{SVG}g") if g.get("class") == kind]


def title(element):
    return element.find(f"{SVG}title").text


@pytest.fixture(params=list(scenes.ALL))
def case(request):
    made = scenes.ALL[request.param]()
    return made, parsed(svg(made))


def test_every_node_and_edge_is_there_by_its_name(case):
    made, root = case
    assert [(g.get("id"), title(g)) for g in groups(root, "node")] == [(n.id, n.id) for n in made.nodes]
    edges = Counter(f"{edge.source}->{edge.target}" for edge in made.edges)
    assert Counter(map(title, groups(root, "edge"))) == edges
    assert {g.get("id") for g in groups(root, "cluster")} == {c.id for c in made.clusters}


def test_every_node_says_what_its_face_says(case):
    made, root = case
    for node, group in zip(made.nodes, groups(root, "node"), strict=True):
        face = palette.face(node)
        said = [text.text for text in group.iter(f"{SVG}text")]
        rows = [word for row in face.rows for word in row]
        assert said == [*face.title, *([face.subtitle] if face.subtitle else []), *rows]


def test_every_text_is_within_its_box(case):
    """Measured in the font that is drawn, where that has the characters."""
    _, root = case
    for kind in ("node", "cluster"):
        for group in groups(root, kind):
            rect = group.find(f"{SVG}rect")
            left, top, width, height = (float(rect.get(k)) for k in ("x", "y", "width", "height"))
            for text in group.iter(f"{SVG}text"):
                size, bold = float(text.get("font-size", 12)), text.get("font-weight") == "bold"
                length = float(text.get("textLength", 0)) or true_width(
                    "".join(c for c in text.text if c < "\u2000"), size, bold
                )
                x, y = float(text.get("x")), float(text.get("y"))
                start = x - {"middle": length / 2, "end": length, None: 0}[text.get("text-anchor")]
                assert left + 3 < start, text.text
                assert start + length < left + width - 3, text.text
                assert top + 0.75 * size < y < top + height - 0.25 * size, text.text


@pytest.mark.parametrize("label", ["שלום עולם", "مرحبا", "xʸ", "नमस्ते", "ṁ"])
def test_no_text_is_stretched(label):
    """Chromium cuts off what `spacingAndGlyphs` stretches."""
    text = svg(scene(al.Value(1.0, label) ** al.Value(2.0, "y")))
    assert "spacingAndGlyphs" not in text
    assert ("textLength" in text) == (label == "नमस्ते")


def test_labels_of_edges_are_in_the_picture_and_by_number():
    made = scenes.neuron()
    root = parsed(svg(made))
    found = [text.text for text in root.findall(f"{SVG}text")]
    assert sorted(found) == sorted(palette.number(edge.partial) for edge in made.edges)
    for text in root.findall(f"{SVG}text"):
        assert 0 < float(text.get("x")) < float(root.get("width"))
        assert 0 < float(text.get("y")) < float(root.get("height"))


def test_the_result_is_framed_and_gradients_are_coloured():
    made = scenes.neuron()
    found = {g.get("id"): g.find(f"{SVG}rect") for g in groups(parsed(svg(made)), "node")}
    of = {node.label: (node, found[node.id]) for node in made.nodes if node.label}
    frames = {name: float(rect.get("stroke-width")) for name, (_, rect) in of.items()}
    assert max(frames, key=frames.get) == "o"
    assert [name for name, width in frames.items() if width > 2] == ["o"]
    top = max(abs(node.grad) for node in made.nodes)
    assert of["x1"][0].grad == -top
    assert of["x1"][1].get("fill") == palette.fill(of["x1"][0].grad, top) != palette.PAPER
    assert of["w2"][1].get("fill") == palette.ZERO


def test_before_backward_all_is_white_and_gradients_are_dashes():
    made = scene(al.Value(2.0, label="x") * al.Value(3.0, label="w"))
    root = parsed(svg(made))
    assert {g.find(f"{SVG}rect").get("fill") for g in groups(root, "node")} == {palette.PAPER}
    assert sum(text.text == "–" for text in root.iter(f"{SVG}text")) == 3


def test_it_is_told_to_those_who_cannot_see_it():
    made = scenes.net("neuron")
    root = parsed(svg(made))
    assert root.get("role") == "img"
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert root[0].text
    loss = next(node for node in made.nodes if node.result)
    assert root[1].text == describe(made)
    assert f"loss = {palette.number(loss.data)}" in root[1].text
    assert f"{len(made.nodes)} nodes" in root[1].text


def test_the_ground_is_white_and_round_and_covers_all():
    root = parsed(svg(scenes.neuron()))
    rect = root.find(f"{SVG}rect")
    assert rect.get("fill") == palette.PAPER
    assert float(rect.get("rx")) > 0
    assert (rect.get("width"), rect.get("height")) == (root.get("width"), root.get("height"))
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"


def test_many_pictures_stand_in_one_page():
    """Nothing is looked up by a name that another picture has as well, and nothing outside."""
    text = svg(scenes.labels())
    assert not re.search(r"url\(|href|<style|<script|@import|currentColor", text)
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]


def test_a_note_stands_below_in_the_picture():
    plain = scenes.neuron()
    note = 'drawn by neuron as 35; by="op" <shows> them all & is far longer than the picture is wide ' * 3
    noted = Scene(plain.nodes, plain.edges, plain.clusters, plain.by, note)
    root, bare = parsed(svg(noted)), parsed(svg(plain))
    assert float(root.get("height")) > float(bare.get("height"))
    texts = [
        t for t in root.findall(f"{SVG}text") if t.text not in {b.text for b in bare.findall(f"{SVG}text")}
    ]
    assert " ".join(" ".join(t.text for t in texts).split()) == note.strip()
    for t in texts:
        assert float(t.get("x")) + true_width(t.text, 12, bold=False) < float(root.get("width"))
        assert float(bare.get("height")) < float(t.get("y")) < float(root.get("height")) - 3


@given(st.text(st.characters(), max_size=40))
def test_any_label_is_drawn_and_breaks_nothing(label):
    node = Node("n0", "leaf", label, "", 1.0, 0.5, "c0", result=True)
    text = svg(Scene([node], [], [Cluster("c0", label)], note=label))
    text.encode("utf-8")
    (group,) = groups(parsed(text), "node")
    said = [t.text for t in group.iter(f"{SVG}text")]
    assert said[: len(said) - 4] == palette.lines(label)


def test_a_loop_and_a_cycle_have_arrows_where_they_end():
    nodes = [Node(f"n{i}", "op", "", "+", 1.0, 1.0) for i in range(3)]
    ends = [(0, 1), (1, 2), (2, 0), (1, 1)]
    made = Scene(nodes, [Edge(f"n{a}", f"n{b}", 1.0) for a, b in ends], [])
    heads = [g.findall(f"{SVG}path")[1].get("d") for g in groups(parsed(svg(made)), "edge")]
    backward = [float(re.search(r"l(-?[\d.]+) ", head)[1]) > 0 for head in heads]
    assert backward == [False, False, True, True]


def test_a_path_is_lines_where_it_is_level():
    assert curve([(0, 0), (0, 0), (5, 0), (5, 0), (7, 0), (7, 4), (9, 4)]) == "M0 0H5C7 0 7 4 9 4"


def test_a_layout_that_is_there_is_used():
    made = scenes.neuron()
    places = layout(made)
    assert svg(made, places) == svg(made)


def test_a_picture_of_300_nodes_is_small():
    made = scenes.tangle(300)
    assert len(svg(made)) < 500_000
