"""Pictures: the three ways to draw them, what is said where none works, files, notebooks."""

import os
import pickle
import re
import shutil
import stat
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import graphviz as graphviz_package
import pytest

import autograd_lite as al
from autograd_lite import (
    ArgumentTypeError,
    ArgumentValueError,
    AutogradLiteError,
    GraphError,
    StorageError,
    Value,
    nn,
)
from autograd_lite.errors import RenderError
from autograd_lite.pictures import looks as palette
from autograd_lite.pictures import numbered_graph
from autograd_lite.pictures import picture as drawing
from autograd_lite.pictures.picture import Picture, draw

SVG = "{http://www.w3.org/2000/svg}"
WAYS = {
    "dot": shutil.which("dot") is not None,
    "pygraphviz": find_spec("pygraphviz") is not None,
    "own": True,
}
LABELS = [
    '"hi"',
    "a < b & c > d",
    r"\n\\\N",
    "back\\",
    "größe θ₁",
    "one\ntwo",
    "L" * 200,
    "nul\0\x1b",
    "\ud800",
]


def neuron():
    w, x, b = Value(-0.5, label="w"), Value(2.0, label="x"), Value(1.5, label="b")
    y = (w * x + b).tanh()
    y.label = "y"
    return y


def leave_only(way, monkeypatch, folder):
    """Nothing of the ways before is to be found: the PATH is empty, the import is blocked."""
    if not WAYS[way]:
        pytest.skip(f"{way} is not installed")
    if way != "dot":
        monkeypatch.setenv("PATH", str(folder))
    if way == "own":
        monkeypatch.setitem(sys.modules, "pygraphviz", None)


@pytest.fixture(params=WAYS)
def way(request, monkeypatch, tmp_path):
    """Each of the three ways, with the others out of reach."""
    leave_only(request.param, monkeypatch, tmp_path)
    return request.param


@pytest.fixture(params=["dot", "pygraphviz"])
def graphviz(request, monkeypatch, tmp_path):
    """Each of the two that draw more than SVG."""
    leave_only(request.param, monkeypatch, tmp_path)
    return request.param


@pytest.fixture
def nothing(monkeypatch, tmp_path):
    leave_only("own", monkeypatch, tmp_path)


def fake_dot(monkeypatch, folder, *lines):
    """A program `dot` of our own, alone on the PATH, and no pygraphviz."""
    program = folder / "dot"
    program.write_text("\n".join([f"#!{sys.executable}", "import sys, time", *lines]), encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


needs_scripts = pytest.mark.skipif(os.name == "nt", reason="a script is no program on Windows")


def parts(svg):
    """The titles of the nodes and of the edges in an SVG, sorted, and all of its text."""
    root = ElementTree.fromstring(svg)
    found = {"node": [], "edge": []}
    for group in root.iter(f"{SVG}g"):
        if group.get("class") in found:
            found[group.get("class")].append(group.find(f"{SVG}title").text)
    words = {"".join(text.itertext()).strip() for text in root.iter(f"{SVG}text")}
    return sorted(found["node"]), sorted(found["edge"]), words


def pictures():
    net, big = nn.MLP(2, [3, 2], activation="tanh", seed=0), nn.MLP(2, [16, 16, 1], seed=0)
    x = Value(3.0, label="x")
    loss = al.mse_loss(big([1.0, 2.0]), 0.5)
    loss.backward()
    y = neuron()
    y.backward()
    return {
        "neuron": draw(y),
        "twice": draw(x * x),
        "op": draw(net, [1.0, 2.0], by="op"),
        "by neuron": draw(net, [1.0, 2.0], by="neuron"),
        "by layer": draw(net, [1.0, 2.0], by="layer"),
        "default": draw(loss),
        "weights": draw(net),
        "list": draw([x.exp(), x.sin(), Value(1.0)]),
    }


# --- the graph of the graphviz package ---------------------------------------------------------------------


def test_the_graph_is_handed_on_and_the_picture_stays_as_it_is():
    picture = draw(neuron())
    graph = picture.graph
    assert type(graph) is graphviz_package.Digraph
    assert graph.source == picture.source
    graph.node("more")
    assert "more" in graph.source
    assert "more" not in picture.source
    assert "more" not in picture.graph.source


def test_graphviz_is_imported_when_something_is_drawn():
    script = (
        "import sys, autograd_lite as al; y = al.Value(1.0).exp(); picture = al.draw(y)\n"
        "print('graphviz' in sys.modules); picture.source; print('graphviz' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


# --- three ways ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", pictures())
def test_every_way_names_the_nodes_and_edges_of_the_scene(way, name):
    picture = pictures()[name]
    nodes, edges, words = parts(picture.svg)
    assert nodes == sorted(n.id for n in picture.scene.nodes)
    assert edges == sorted(f"{e.source}->{e.target}" for e in picture.scene.edges)
    assert {n.label for n in picture.scene.nodes if n.kind == "group"} <= words
    assert {c.label for c in picture.scene.clusters} <= words


def test_every_way_shows_numbers_and_names(way):
    y = neuron()
    _, _, words = parts(draw(y).svg)
    assert {"w", "x", "b", "y", "×", "+", "tanh", "data", "grad", "-0.5", "1.5", "0.4621", "–"} <= words
    y.backward()
    _, _, words = parts(draw(y).svg)
    assert {"1.573", "-0.3932", "0.7864"} <= words
    assert "–" not in words


@pytest.mark.parametrize("label", LABELS, ids=ascii)
def test_every_way_draws_any_label(way, label):
    y = Value(1.0, label=label) * 2.0
    y.label = label
    nodes, edges, words = parts(draw(y).svg)
    assert nodes == ["k1_1", "n0", "n1"]
    assert edges == ["k1_1->n1", "n0->n1"]
    shown = {line.replace(" ", " ").strip() for line in palette.lines(label)}
    assert shown <= {word.replace("\xa0", " ") for word in words}


def test_every_way_is_for_who_cannot_see_it(way):
    root = ElementTree.fromstring(draw(neuron()).svg)
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text
    assert "the result: y = 0.4621" in root.find(f"{SVG}desc").text


def test_every_way_begins_with_svg_so_that_it_can_stand_in_a_page(way):
    assert draw(neuron()).svg.startswith("<svg ")


def test_the_ways_are_taken_in_order(monkeypatch, tmp_path):
    taken = []
    for name in ("_by_dot", "_by_pygraphviz"):
        monkeypatch.setattr(drawing, name, lambda source, kind, reasons, name=name: taken.append(name))
    assert draw(neuron()).svg.startswith("<svg ")
    assert taken == ["_by_dot", "_by_pygraphviz"]
    monkeypatch.setattr(drawing, "_by_dot", lambda source, kind, reasons: b"<?xml ?><svg ></svg>")
    taken.clear()
    assert "</svg>" in draw(neuron()).svg
    assert taken == []


# --- PNG and PDF -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "first"), [(".png", b"\x89PNG\r\n"), (".pdf", b"%PDF"), (".PNG", b"\x89PNG")]
)
def test_png_and_pdf(graphviz, tmp_path, suffix, first):
    path = draw(neuron()).save(tmp_path / f"x{suffix}")
    assert path.read_bytes().startswith(first)
    assert len(path.read_bytes()) > 3000
    assert os.listdir(tmp_path) == [f"x{suffix}"]


def test_a_png_is_sharp_enough_for_a_slide(graphviz, tmp_path):
    header = draw(neuron()).save(tmp_path / "x.png").read_bytes()[16:24]
    assert int.from_bytes(header[:4], "big") > 1000


@pytest.mark.usefixtures("nothing")
@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_where_nothing_draws_it_both_fixes_are_named_and_the_dot_file_is_kept(tmp_path, kind):
    picture = draw(neuron())
    with pytest.raises(RenderError) as failure:
        picture.save(tmp_path / f"neuron.{kind}")
    error, kept = failure.value, tmp_path / "neuron.dot"
    for part in (kind.upper(), '"dot" is on the PATH', 'pip install "autograd_lite[render]"', str(kept)):
        assert part in str(error)
    assert (error.kind, error.kept) == (kind, str(kept))
    assert error.reasons == ('there is no "dot" on the PATH', "pygraphviz is not installed")
    assert kept.read_text(encoding="utf-8") == picture.source
    assert isinstance(error, AutogradLiteError)
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.kept) == (str(error), error.kept)


@pytest.mark.usefixtures("nothing")
def test_the_dot_file_is_kept_elsewhere_where_there_is_no_writing(tmp_path, monkeypatch):
    spare = tmp_path / "spare"
    spare.mkdir()
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(spare))
    replace = os.replace

    def fail(partial, path):
        if Path(path).parent != spare:
            raise PermissionError(13, "Permission denied", partial)
        replace(partial, path)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(RenderError) as failure:
        draw(neuron()).save(tmp_path / "x.png")
    assert failure.value.kept == str(spare / "x.dot")
    assert (spare / "x.dot").read_text(encoding="utf-8").startswith("digraph")


@pytest.mark.usefixtures("nothing")
def test_the_dot_file_that_is_kept_takes_no_other_files_place(tmp_path):
    own = tmp_path / "net.dot"
    own.write_text("my own work")
    for _ in range(2):  # the second time, what is there is the same
        with pytest.raises(RenderError) as failure:
            draw(neuron()).save(tmp_path / "net.png")
        assert failure.value.kept == str(tmp_path / "net-1.dot")
    assert own.read_text() == "my own work"
    assert sorted(os.listdir(tmp_path)) == ["net-1.dot", "net.dot"]


# --- a Graphviz that does not do its work ------------------------------------------------------------------


@needs_scripts
def test_a_program_that_hangs_is_stopped(monkeypatch, tmp_path):
    fake_dot(monkeypatch, tmp_path, "time.sleep(60)")
    monkeypatch.setattr(drawing, "SECONDS", 0.3)
    with pytest.raises(RenderError, match=r"dot was stopped after 0\.3 s"):
        draw(neuron()).save(tmp_path / "x.png")
    assert parts(draw(neuron()).svg)[0] == [f"n{i}" for i in range(6)]


@needs_scripts
@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["sys.exit('no room')"], "dot failed: no room"),
        (["sys.exit(3)"], "dot failed: exit 3"),
        (["sys.stdout.buffer.write(b'\\x89PNG cut short')"], "dot failed: exit 0"),
        (["import os; os.kill(os.getpid(), 9)"], "dot failed: exit -9"),
    ],
)
def test_a_program_that_fails_is_passed_over(monkeypatch, tmp_path, lines, reason):
    fake_dot(monkeypatch, tmp_path, *lines)
    with pytest.raises(RenderError, match=re.escape(reason)):
        draw(neuron()).save(tmp_path / "x.png")
    assert not (tmp_path / "x.png").exists()
    assert len(parts(draw(neuron()).svg)[0]) == 6


@needs_scripts
def test_a_program_that_cannot_be_started(monkeypatch, tmp_path):
    (tmp_path / "dot").write_bytes(b"\0 no program")
    (tmp_path / "dot").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    with pytest.raises(RenderError, match="dot cannot be started"):
        draw(neuron()).save(tmp_path / "x.pdf")


def test_pygraphviz_takes_over_where_dot_fails(monkeypatch, tmp_path):
    if not WAYS["pygraphviz"]:
        pytest.skip("pygraphviz is not installed")
    monkeypatch.setattr(drawing, "_by_dot", lambda source, kind, reasons: reasons.append("dot is ill"))
    assert draw(neuron()).save(tmp_path / "x.png").stat().st_size > 3000


# --- files -----------------------------------------------------------------------------------------------


def test_svg_and_dot_files(way, tmp_path):
    picture = draw(neuron())
    for suffix, text in ((".svg", picture.svg), (".dot", picture.source)):
        path = picture.save(str(tmp_path / f"größe{suffix}"))
        assert path == Path(tmp_path, f"größe{suffix}")
        assert path.read_text(encoding="utf-8") == text


def test_a_file_is_replaced_in_one_move(tmp_path, monkeypatch):
    path = draw(neuron()).save(tmp_path / "x.dot")
    before = path.read_bytes()

    def fail(*paths):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        draw(Value(1.0)).save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["x.dot"]


@pytest.mark.parametrize("got", [3, None, b"x.svg"])
def test_a_path_that_is_none(got):
    with pytest.raises(
        ArgumentTypeError, match=r"save: path must be a path that ends in \.svg, \.png, \.pdf, \.dot"
    ):
        draw(neuron()).save(got)


@pytest.mark.parametrize("got", ["x", "x.gif", "no-such-folder/x.svg", "", "x\0.svg", "folder.svg"])
def test_a_path_that_cannot_be(tmp_path, monkeypatch, got):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.svg").mkdir()
    with pytest.raises(ArgumentValueError, match="save: path must be"):
        draw(neuron()).save(got)


@pytest.mark.parametrize("name", ["x.dot", "x" * 300 + ".dot", "\ud800.dot"])
def test_what_the_system_refuses_is_told_under_the_name_that_was_given(tmp_path, monkeypatch, name):
    def fail(partial, path):
        raise PermissionError(13, "Permission denied", partial)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(StorageError) as failure:
        draw(neuron()).save(tmp_path / name)
    assert failure.value.path == str(tmp_path / name)
    assert "saving" not in str(failure.value)
    assert os.listdir(tmp_path) == []


# --- notebooks ---------------------------------------------------------------------------------------------


def test_a_notebook_shows_it(way):
    picture = draw(neuron())
    assert picture._repr_mimebundle_() == {"image/svg+xml": picture.svg, "text/plain": repr(picture)}
    assert picture._repr_mimebundle_(include=["text/plain"], exclude=None)
    assert repr(picture) == "<Picture of 6 nodes and 5 edges: .save('x.svg') writes it>"


def test_a_display_never_raises(monkeypatch):
    def fail(*arguments):
        raise RuntimeError("ill")

    monkeypatch.setattr(drawing, "_rendered", fail)
    assert draw(neuron())._repr_mimebundle_() == {"text/plain": "<Picture: RuntimeError: ill>"}


# --- what is drawn -----------------------------------------------------------------------------------------


def test_drawing_changes_nothing():
    net = nn.MLP(2, [3, 1], seed=0)
    loss = al.mse_loss(net([1.0, 2.0]), 0.5)
    loss.backward()
    before = [(v, v.data, v.grad, v.label, v.scope) for v in al.order(loss)]
    draw(loss).svg  # noqa: B018
    draw(net, [1.0, 2.0])
    draw(net)
    assert before == [(v, v.data, v.grad, v.label, v.scope) for v in al.order(loss)]


def test_by_and_limit():
    net = nn.MLP(2, [16, 16, 1], seed=0)
    assert draw(net, [1.0, 2.0]).scene.by == "neuron"
    assert draw(net, [1.0, 2.0], by="layer").scene.by == "layer"
    assert len(draw(net, [1.0, 2.0], by="op").scene.nodes) == 404
    with pytest.raises(GraphError, match="draw: the graph has more than 100 nodes"):
        draw(net, [1.0, 2.0], limit=100)
    with pytest.raises(ArgumentValueError, match="draw: by must be one of"):
        draw(net, [1.0, 2.0], by="nodes")


def test_what_cannot_be_drawn():
    with pytest.raises(ArgumentTypeError, match="draw: value must be a Value, a list of Values, or a net"):
        draw(3.0)
    with pytest.raises(ArgumentTypeError, match="draw: value must be a net, for an input x is given"):
        draw(Value(1.0), [1.0])
    with pytest.raises(ArgumentTypeError, match="draw: value must be"):
        draw(abs)
    with pytest.raises(ArgumentTypeError, match="Picture: scene must be a Scene"):
        Picture("digraph {}")


def test_very_many_nodes_are_refused_without_a_walk_over_them(monkeypatch):
    monkeypatch.setattr(numbered_graph, "order", None)
    y = Value(0.5)
    for _ in range(100_000):
        y = y + 1.0
    with pytest.raises(AutogradLiteError, match="draw a part of it"):
        draw(y)


def test_a_net_of_16_and_16_is_drawn(way):
    net = nn.MLP(2, [16, 16, 1], seed=0)
    loss = al.mse_loss(net([1.0, 2.0]), 0.5)
    loss.backward()
    assert len(parts(draw(loss).svg)[0]) == 38


def test_it_imports_nothing_heavy():
    script = (
        "import sys, autograd_lite.pictures.picture\n"
        "print(sorted({'graphviz', 'pygraphviz', 'matplotlib', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
