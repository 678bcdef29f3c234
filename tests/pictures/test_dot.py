"""Scenes as DOT: read back by a small reader of that language, whatever is in the labels."""

import re
import shutil
import subprocess
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as al
from autograd_lite import Value, nn
from autograd_lite.pictures import looks as palette
from autograd_lite.pictures.dot import digraph
from autograd_lite.pictures.looks import NUMBERED, NUMBERED_NEURONS, looks_of_edges
from autograd_lite.pictures.net_scenes import net_scene, weights_scene
from autograd_lite.pictures.scene import scene

LABELS = [
    'say "hi"',
    "a < b > c & d",
    r"\n \\ \N \G \l \"",
    "back\\",
    "</TABLE>]; n9 -> n8 [",
    "<b>&amp;&#65;",
    "größe θ₁ 漢字 😀 e\u0301",
    "one\ntwo\r\nthree",
    "L" * 200,
    "wide word " * 20,
    "nul\0 bell\7 escape\x1b delete\x7f",
    "\u202eright to left",
    "\ud800 half",
    "   ",
    "{|}",
    "subgraph",
]


def dot(found):
    return digraph(found).source


# --- a reader of DOT -----------------------------------------------------------------------------------

TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|->|[{}\[\]=;]|[\w.]+')


def tokens(text):
    """The words of a DOT text; a label in HTML's way, <...>, is one of them."""
    at, found = 0, []
    while at < len(text):
        if text[at].isspace():
            at += 1
        elif text[at] == "<":
            depth, start = 1, at
            while depth:
                at += 1
                depth += {"<": 1, ">": -1}.get(text[at], 0)
            at += 1
            found.append(text[start:at])
        else:
            match = TOKEN.match(text, at)
            assert match, text[at : at + 40]
            found.append(match[0])
            at = match.end()
    return found


def read(text):
    """Nodes {id: attributes}, edges [(source, target, attributes)], clusters {id: nodes} of a DOT text."""
    words = tokens(text)
    assert words[:3] == ["digraph", "picture", "{"]
    nodes, edges, clusters, stack, i = {}, [], {}, [None], 3
    while i < len(words):
        word = words[i]
        if word == "}":
            stack.pop()
            i += 1
        elif word == "subgraph":
            stack.append(words[i + 1])
            clusters[words[i + 1]] = []
            i += 3
        elif word == "{":
            stack.append("order")
            i += 1
        elif words[i + 1] == "=":
            i += 3
        else:
            path = [word]
            i += 1
            while words[i] == "->":
                path.append(words[i + 1])
                i += 2
            attributes, i = read_attributes(words, i)
            if len(path) > 1:
                edges += [(a, b, attributes) for a, b in pairwise(path)]
            elif word not in ("graph", "node", "edge"):
                nodes[word] = attributes
                clusters.setdefault(stack[-1], []).append(word)
            else:
                clusters.setdefault(f"{word} of {stack[-1]}", attributes)
    assert not stack
    return nodes, edges, clusters


def read_attributes(words, i):
    found = {}
    assert words[i] == "["
    i += 1
    while words[i] != "]":
        assert words[i + 1] == "="
        found[words[i]] = words[i + 2]
        i += 3
    return found, i + 1


def texts(label):
    """The pieces of text in a label in HTML's way."""
    cells = ("".join(cell.itertext()) for cell in ElementTree.fromstring(label[1:-1]).iter("TD"))
    return [text.replace("\\\\", "\\") for text in cells if text]


def drawn(edges):
    return [(a, b) for a, b, attributes in edges if attributes.get("style") != "invis"]


# --- what is in it -------------------------------------------------------------------------------------


def scenes():
    net = nn.MLP(2, [3, 2], activation="tanh", seed=0)
    big = nn.MLP(2, [16, 16, 1], seed=0)
    with al.name_scope("net"):
        loss = al.cross_entropy(net([1.0, -2.0]), 1)
    loss.backward()
    large = al.mse_loss([big([float(i), 2.0]) for i in range(3)], [1.0] * 3) + al.l2_penalty(big, 0.1)
    return [
        *(scene(loss, by=by) for by in ("op", "sum", "neuron", "layer")),
        scene(loss, by="layer", opened=[scene(loss, by="layer").nodes[1].id]),
        scene(large),
        net_scene(big, [1.0, 2.0], by="op"),
        weights_scene(net),
        weights_scene(big),
        scene([Value(1.0), Value(2.0).exp()]),
    ]


@pytest.mark.parametrize("found", scenes(), ids=lambda found: f"{found.by}-{len(found.nodes)}")
def test_it_names_the_nodes_edges_and_clusters_of_the_scene(found):
    nodes, edges, clusters = read(dot(found))
    assert sorted(nodes) == sorted(n.id for n in found.nodes)
    assert drawn(edges) == [(e.source, e.target) for e in found.edges]
    for node in found.nodes:
        home = f"cluster_{node.cluster}" if node.cluster else None
        assert node.id in clusters[home]
        assert nodes[node.id]["id"] == node.id
    assert {f"cluster_{c.id}" for c in found.clusters} == {
        c for c in clusters if c and c.startswith("cluster_")
    }


def test_nodes_show_their_numbers_and_the_dash_until_backward_has_run():
    w, x = Value(-0.5, label="w"), Value(2.0, label="x")
    y = w * x
    nodes, _, _ = read(dot(scene(y)))
    assert texts(nodes["n0"]["label"]) == ["w", "data", "-0.5", "grad", "–"]
    assert texts(nodes["n2"]["label"]) == ["×", "data", "-1", "grad", "–"]
    y.backward()
    nodes, edges, _ = read(dot(scene(y)))
    assert texts(nodes["n0"]["label"]) == ["w", "data", "-0.5", "grad", "2"]
    assert [e[2]["label"] for e in edges] == ['" 2 "', '" -0.5 "']
    blue, orange = nodes["n0"]["fillcolor"], nodes["n1"]["fillcolor"]
    assert (blue, orange) == (f'"{palette.fill(2.0, 2.0)}"', f'"{palette.fill(-0.5, 2.0)}"')
    assert float(nodes["n2"]["penwidth"]) > 2 * float(nodes["n0"]["penwidth"])  # the eye finds the result


def test_no_node_is_narrower_than_its_text_in_the_widest_font():
    (node,) = scene(Value(1.0, label="a long label that is wide")).nodes
    nodes, _, _ = read(dot(scene(Value(1.0, label="a long label that is wide"))))
    width, height = palette.box(node)
    assert float(nodes["n0"]["width"]) * 72 == pytest.approx(width, abs=0.1)
    assert float(nodes["n0"]["height"]) * 72 == pytest.approx(height, abs=0.1)


def test_the_note_is_in_the_picture():
    found = replace(scene(Value(1.0)), note='404 nodes, by="op" & <all>')
    _, _, clusters = read(dot(found))
    assert "404 nodes, by=&quot;op&quot; &amp; &lt;all&gt;" in clusters["graph of None"]["label"]


# --- labels ----------------------------------------------------------------------------------------------


def check_label(label):
    """The label of a node and a cluster is there, in lines, and nothing else has changed."""
    with al.name_scope(label.replace("/", "|") or "none"):
        y = Value(1.0, label=label) * 2.0
    y.label = label
    source = dot(scene(y))
    source.encode("utf-8")
    nodes, edges, _ = read(source)
    assert sorted(nodes) == ["k1_1", "n0", "n1"]
    assert drawn(edges) == [("n0", "n1"), ("k1_1", "n1")]
    shown = palette.lines(label)
    for name in ("n0", "n1"):
        assert texts(nodes[name]["label"])[: len(shown)] == shown
    return source


@pytest.mark.parametrize("label", LABELS, ids=ascii)
def test_labels_of_all_kinds(label):
    source = check_label(label)
    if shutil.which("dot"):
        run = subprocess.run(["dot", "-Tplain"], input=source.encode(), capture_output=True, timeout=60)
        assert (run.returncode, run.stderr) == (0, b"")
        assert run.stdout.count(b"\nnode ") == 3
        assert run.stdout.count(b"\nedge ") == 2


@given(st.text(max_size=30))
def test_any_label(label):
    check_label(label)


# --- strokes ---------------------------------------------------------------------------------------------


def test_numbers_stand_on_edges_as_long_as_they_can_be_read():
    few, many = nn.MLP(2, [3, 1], seed=0), nn.MLP(2, [16, 16, 1], seed=0)
    for net, by, are_read in (
        (few, "neuron", True),
        (many, "neuron", False),
        (few, "op", True),
        (many, "op", False),
    ):
        found = net_scene(net, [1.0, 2.0], by=by)
        assert (len(found.edges) <= (NUMBERED_NEURONS if by == "neuron" else NUMBERED)) == are_read
        assert all(bool(stroke.text) == stroke.arrow == are_read for stroke in looks_of_edges(found))


def test_weights_are_width_and_colour():
    net = nn.MLP(2, [1], seed=0)
    net.layers[0].weight = [[2.0, -0.5]]
    large, small = looks_of_edges(weights_scene(net))
    assert large.width > 2 * small.width
    assert (large.colour, small.colour) == (palette.border(2.0, 2.0), palette.border(-0.5, 2.0))


def test_strokes_of_what_is_not_finite():
    x = Value(float("inf"))
    for by in ("op", "neuron"):
        assert looks_of_edges(scene(x * float("nan") + x.exp(), by=by))


def test_neurons_are_kept_in_order():
    _, edges, _ = read(dot(weights_scene(nn.MLP(2, [3, 1], seed=0))))
    hidden = [(a, b) for a, b, attributes in edges if attributes.get("style") == "invis"]
    assert hidden == [("h0_2", "h0_1"), ("h0_1", "h0_0")]


def test_layers_follow_each_other():
    """The weights of a layer stand to the right of the layer before: edges into a cluster are longer."""
    _, edges, _ = read(dot(net_scene(nn.MLP(1, [1, 1], seed=0), 1.0, by="op")))
    assert sum(attributes.get("minlen") == "2" for _, _, attributes in edges) == 2
