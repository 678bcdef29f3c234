"""The page as a file and its data: complete, safe, small, and true to the graph, which stays as it is."""

import html
import json
import os
import re
import stat
import sys

import pytest

import autograd_lite as al
from autograd_lite import data, nn
from autograd_lite.engine.value import Value
from autograd_lite.errors import ArgumentTypeError, ArgumentValueError, AutogradLiteError, GraphError
from autograd_lite.pages.html_page import Page, assemble, embedded
from autograd_lite.pages.replay import Recorder
from autograd_lite.pages.stepper import explore
from autograd_lite.pictures import numbered_graph
from autograd_lite.pictures.looks import TEXT, number, text_width


def neuron():
    w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(-0.3, "b")
    loss = (w * x + b).tanh() ** 2
    loss.label = "loss"
    return loss


def net_of(*sizes, inputs=2):
    return nn.MLP(inputs, list(sizes), activation="tanh", seed=1)


def data_of(page):
    """What is in the page, as a browser reads it."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.html, re.DOTALL)
    return json.loads(found[1])


# --- the file ----------------------------------------------------------------------------------------


def test_a_page_is_one_file_that_asks_for_nothing(tmp_path):
    page = explore(neuron())
    path = page.save(tmp_path / "page.html")
    text = path.read_text(encoding="utf-8")
    assert text == page.html
    assert text.startswith("<!DOCTYPE html>")
    assert not re.search(r"""(?:src|href)\s*=|@import|url\(|fetch\(|XMLHttp|import\s*\(""", text)
    assert set(re.findall(r"https?://[^\"' ]+", text)) == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in text


def test_the_same_graph_gives_the_same_page():
    assert explore(neuron()).html == explore(neuron()).html
    assert explore(net_of(3, 1), [1.0, 2.0]).html == explore(net_of(3, 1), [1.0, 2.0]).html


def test_saving_replaces_in_one_move_and_leaves_nothing_beside(tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    path.write_text("old")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        Page("new").save(path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["page.html"]
    monkeypatch.undo()
    Page("new").save(str(path))
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["page.html"]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX's")
def test_a_page_can_be_read_by_those_who_may_read_files_made_here(tmp_path):
    other = tmp_path / "other"
    other.write_text("")
    path = Page("new").save(tmp_path / "page.html")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("page.pdf", ArgumentValueError), (3, ArgumentTypeError), (b"page.html", ArgumentTypeError),
        ("none/page.html", ArgumentValueError), ("page\0.html", ArgumentValueError),
        ("folder.html", ArgumentValueError),
    ],
)  # fmt: skip
def test_a_path_that_cannot_be_is_refused_by_name(tmp_path, monkeypatch, path, error):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(error, match="save: path must be"):
        Page("new").save(path)
    assert os.listdir(tmp_path) == ["folder.html"]


def test_a_notebook_shows_it_in_a_frame():
    page = explore(neuron())
    frame = page._repr_html_()
    assert frame.startswith('<iframe sandbox="allow-scripts"')
    assert html.unescape(re.search(r'srcdoc="(.*?)"', frame, re.DOTALL)[1]) == page.html
    assert repr(page).startswith("<Page of ")


NASTY = [
    "</script><script>alert(1)</script>",
    "<!--",
    '"quotes" & \\',
    "\u2028\u2029",
    "\ud800",
    "漢字 é \u202e",
    "\x00\x1b",
]


@pytest.mark.parametrize("text", NASTY)
def test_data_of_any_content_stays_data(text):
    held = embedded({"text": text})
    assert not set("<>&\u2028\u2029") & set(held)
    assert json.loads(held) == {"text": text}
    held.encode("utf-8")


@pytest.mark.parametrize("text", NASTY)
def test_labels_and_titles_of_any_content_break_no_page(text):
    x = Value(1.0, text)
    page = explore(x * x, title=text)
    plain = explore(Value(1.0, "x") * 2.0, title="plain")
    assert page.html.count("<script") == plain.html.count("<script") == 2
    page.html.encode("utf-8")
    assert "\x00" not in page.html


def test_scopes_of_any_length_stay_within_their_frames():
    x = Value(1.0, "x")
    with al.name_scope("a scope of many words " * 20), al.name_scope("line\nbreak"):
        y = x * 2.0
    frames = data_of(explore(y + 1.0, by="op"))["view"]["frames"]
    assert len(frames) == 2
    for _, label, _, _, width, _ in frames:
        assert "\n" not in label
        assert text_width(label, TEXT) <= width


def test_numbers_that_are_none_are_shown_as_text():
    x, inf = Value(float("nan"), "x"), Value(float("inf"), "y")
    found = data_of(explore(x * inf))
    assert [row[1] for row in found["nodes"]] == ["nan", "inf", "nan"]
    with pytest.raises(ValueError, match="not JSON compliant"):
        assemble("", "", (), (), float("nan"))


# --- what it holds -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make", [neuron, lambda: net_of(4, 3, 1)([1.0, -2.0]), lambda: al.softmax([Value(1.0), Value(2.0)])[0]]
)
def test_the_numbers_on_the_page_are_the_engines(make):
    root = make()
    nodes = al.order(root)
    found = data_of(explore(root, by="op"))
    assert [row[1] for row in found["nodes"]] == [number(node.data) for node in nodes]
    last = {row[1]: row[8] for row in found["backward"]}
    assert [last[i] for i in range(len(nodes))] == [number(g) for g in al.grad(root, nodes)]
    recorded = [number(p) for node in nodes for p in node.partials]
    assert sorted(row[4] for row in found["backward"][1:]) == sorted(recorded)


def test_nothing_of_the_users_is_changed():
    net = net_of(3, 1)
    with al.name_scope("mine"):
        loss = al.mse_loss(net([1.0, 2.0]), 1.0)
    loss.backward()
    nodes = al.order(loss)
    before = [(node.data, node.grad, node.label, node.scope, node.partials) for node in nodes]
    state = net.state_dict()
    explore(loss)
    explore(net, [1.0, 2.0])
    explore(net, [1.0, 2.0], 0.5, loss=al.mse_loss)
    assert [(node.data, node.grad, node.label, node.scope, node.partials) for node in nodes] == before
    assert all((net.state_dict()[name] == array).all() for name, array in state.items())


def test_open_contexts_do_not_matter():
    net = net_of(2, 1)
    expected = explore(net, [1.0, 2.0], 0.5, loss=al.mse_loss).html
    with al.no_grad():
        assert explore(net, [1.0, 2.0], 0.5, loss=al.mse_loss).html == expected


def test_every_node_is_in_one_box():
    found = data_of(explore(net_of(4, 3, 1), [1.0, 2.0]))
    members = [i for box in found["view"]["boxes"] for i in box[10]]
    assert sorted(members) == list(range(len(found["nodes"])))


def test_a_net_starts_closed_by_neuron_and_every_neuron_opens():
    found = data_of(explore(net_of(3, 2), [1.0, 2.0], 1, loss=al.cross_entropy))
    groups = {box[0]: box for box in found["view"]["boxes"] if box[1] == "group"}
    assert sorted(box[8] for box in groups.values()) == sorted(
        [f"layer0 neuron{k}" for k in range(3)] + [f"layer1 neuron{k}" for k in range(2)]
    )
    assert set(found["openings"]) == set(groups)
    for name, opening in found["openings"].items():
        assert sorted(i for box in opening["boxes"] for i in box[10]) == groups[name][10]


def test_what_has_no_loss_goes_back_from_the_output_or_the_sum_of_them():
    one, two = data_of(explore(net_of(3, 1), [1.0, 2.0])), data_of(explore(net_of(3, 2), [1.0, 2.0]))
    assert one["nodes"][-1][0] == two["nodes"][-1][0] == "out"
    net = net_of(3, 2)
    assert two["nodes"][-1][1] == number(sum(v.data for v in net([1.0, 2.0])))


def test_a_large_net_starts_closed_by_layer():
    found = data_of(explore(nn.MLP(1, [160, 1], seed=0), [1.0]))
    assert "closed by layer" in found["note"]
    assert len(found["view"]["boxes"]) < 20


def test_a_large_graph_without_scopes_is_closed_by_sum():
    x, total = Value(0.5, "x"), Value(0.0)
    for _ in range(30):
        for _ in range(5):
            total = total + x
        total = total.tanh()
    found = data_of(explore(total))
    assert "closed by sum" in found["note"]
    assert found["openings"]


# --- the picture -------------------------------------------------------------------------------------


def placed(found, opened):
    """The boxes and frames of a view, as the page's script puts them."""
    boxes = {row[0]: row[2:6] for row in found["view"]["boxes"]}
    frames = found["view"]["frames"]
    if opened is not None:
        room = found["openings"][opened]
        boxes.update({name: [*at, *boxes[name][2:]] for name, at in room["moves"].items()})
        del boxes[opened]
        boxes.update({row[0]: row[2:6] for row in room["boxes"]})
        frames = room["frames"]
    return boxes, {row[0]: row[2:] for row in frames}


def apart(a, b):
    return a[0] + a[2] <= b[0] or b[0] + b[2] <= a[0] or a[1] + a[3] <= b[1] or b[1] + b[3] <= a[1]


def within(a, b):
    return b[0] <= a[0] and b[1] <= a[1] and a[0] + a[2] <= b[0] + b[2] and a[1] + a[3] <= b[1] + b[3]


NETS = [((3, 1), 2), ((4, 3, 2), 2), ((5, 5, 5, 1), 3), ((1, 1), 1), ((16, 16, 1), 2)]


@pytest.mark.parametrize(("sizes", "inputs"), NETS)
def test_no_box_is_on_another_whatever_is_opened(sizes, inputs):
    net = net_of(*sizes, inputs=inputs)
    target = [0.0] * sizes[-1] if sizes[-1] > 1 else 0.0
    found = data_of(explore(net, [1.0] * inputs, target, loss=al.mse_loss))
    for opened in [None, *found["openings"]]:
        boxes, frames = placed(found, opened)
        items = list(boxes.items())
        for k, (name, box) in enumerate(items):
            assert all(apart(box, other) for _, other in items[:k]), (opened, name)
            for frame in frames.values():
                assert within(box, frame) or apart(box, frame), (opened, name)


@pytest.mark.parametrize(("sizes", "inputs"), NETS[:3])
def test_what_is_opened_is_in_its_frame_and_joined_to_what_is_outside(sizes, inputs):
    found = data_of(explore(net_of(*sizes, inputs=inputs), [1.0] * inputs))
    for opened, room in found["openings"].items():
        boxes, frames = placed(found, opened)
        inner = {row[0] for row in room["boxes"]}
        assert all(within(boxes[name], frames[opened]) for name in inner)
        outside = {row[0] for row in found["view"]["edges"] if row[1] == opened}
        assert {row[0] for row in room["edges"] if row[0] not in inner} == outside
        for source, target, knots, *_ in room["edges"]:
            (x, y, w, h), (u, v, _, g) = boxes[source], boxes[target]
            assert abs(knots[0] - x - w) <= 2
            assert y - 1 <= knots[1] <= y + h + 1
            assert abs(knots[-2] - u) <= 2
            assert v - 1 <= knots[-1] <= v + g + 1
            assert all(a <= b + 1 for a, b in zip(knots[::2], knots[2::2], strict=False))  # left to right


# --- size and time -----------------------------------------------------------------------------------


def test_a_graph_of_300_nodes_is_a_page_of_less_than_a_megabyte():
    out = net_of(12, 13, 1, inputs=3)([0.1, 0.2, 0.3])
    assert 250 <= len(al.order(out)) <= 350
    for by in ("op", None):
        assert len(explore(out, by=by).html.encode()) < 1_000_000


def test_the_page_of_the_net_of_the_readme_is_small():
    net = nn.MLP(2, [16, 16, 1], seed=0)
    page = explore(net, [1.0, 2.0])
    assert len(page.html.encode()) < 1_000_000


def test_what_is_too_large_is_refused_without_a_walk_over_it_with_what_to_do(monkeypatch):
    monkeypatch.setattr(numbered_graph, "order", None)
    x = Value(0.5)
    for _ in range(200_000):
        x = x + 1.0
    with pytest.raises(GraphError, match=r"explore: the graph has more than 2,000 nodes.*a part of it"):
        explore(x)
    monkeypatch.undo()
    with pytest.raises(GraphError, match="2,000"):
        explore(nn.MLP(10, [100, 100, 1], seed=0), [1.0] * 10)


# --- what is asked for -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "named", "argument", "error"),
    [
        ((3.0,), {}, "value", ArgumentTypeError),
        (([],), {}, "value", ArgumentTypeError),
        ((nn.MLP,), {}, "value", ArgumentTypeError),
        ((net_of(1),), {}, "x", ArgumentValueError),
        ((neuron(), [1.0]), {}, "x", ArgumentValueError),
        ((neuron(),), {"loss": al.mse_loss}, "loss", ArgumentValueError),
        ((neuron(),), {"by": "word"}, "by", ArgumentValueError),
        ((neuron(),), {"by": 3}, "by", ArgumentTypeError),
        ((neuron(),), {"title": 3}, "title", ArgumentTypeError),
        ((net_of(1), [1.0, 2.0], 1.0), {}, "loss", ArgumentValueError),
        ((net_of(1), [1.0, 2.0]), {"loss": al.mse_loss}, "y", ArgumentValueError),
        ((net_of(1), [1.0, 2.0], 1.0), {"loss": "mse"}, "loss", ArgumentTypeError),
        ((net_of(1), [1.0, 2.0], 1.0), {"loss": lambda out, y: 3.0}, "loss", ArgumentValueError),
    ],
)
def test_bad_arguments_are_refused_by_name(arguments, named, argument, error):
    with pytest.raises(error) as raised:
        explore(*arguments, **named)
    assert isinstance(raised.value, AutogradLiteError)
    assert (raised.value.function, raised.value.argument) == ("explore", argument)


def test_a_training_is_shown_by_its_own_page():
    X, y = data.moons(20, seed=0)
    recorder = Recorder(X, y)
    net = nn.MLP(2, [2, 1], seed=0)
    al.fit(net, X, y, loss="bce_with_logits", epochs=2, callbacks=[recorder], progress=False)
    assert isinstance(explore(recorder), Page)
    assert "<title>My net</title>" in explore(recorder, title="My net").html
    with pytest.raises(ArgumentValueError, match="explore: by"):
        explore(recorder, by="op")
