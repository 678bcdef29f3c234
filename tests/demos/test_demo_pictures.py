"""The demo of graphs and pages: what it writes and prints, and that what is committed is what it draws."""

import importlib
import re
import sys
from pathlib import Path

import pytest

import autograd_lite as al

DEMOS = Path(__file__).parents[2] / "demos"
DRAWN = ["pictures_neuron.svg", "pictures_net_by_neuron.svg", "pictures_net_by_layer.svg"]
PHOTOGRAPHED = ["pictures_stepper.png", "pictures_replay.png"]
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def demo(monkeypatch):
    monkeypatch.syspath_prepend(str(DEMOS))
    for name in ("pictures", "common"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield importlib.import_module("pictures")
    for name in ("pictures", "common"):
        sys.modules.pop(name, None)


SMALL = ["--samples", "10", "--hidden", "3", "--epochs", "3"]


def test_without_a_browser_it_draws_and_says_what_is_left_out(demo, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(demo, "BROWSERS", ("no-such-browser",))
    demo.main([*SMALL, "--out", str(tmp_path / "new")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [f"picture: {tmp_path / 'new' / name}" for name in DRAWN]
    assert [re.sub(r"\d+", "N", line) for line in lines[3:5]] == ["page: stepper, N kB", "page: replay, N kB"]
    assert len(lines) == 6
    assert lines[5].startswith("screenshots are left out: ")
    assert {path.name for path in (tmp_path / "new").iterdir()} == {*DRAWN}


def test_with_a_browser_it_photographs(demo, tmp_path, capsys):
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not any(map(demo.shutil.which, demo.BROWSERS)):
        pytest.skip("no browser is installed")
    demo.main([*SMALL, "--out", str(tmp_path)])
    assert "left out" not in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {*DRAWN, *PHOTOGRAPHED}
    for name in PHOTOGRAPHED:
        assert (tmp_path / name).read_bytes().startswith(PNG)


def test_the_neuron_is_the_one_of_the_lecture(demo):
    y = demo.neuron()
    assert y.data == pytest.approx(0.5**0.5)
    gradients = {node.label: node.grad for node in al.order(y) if node.op is None}
    assert gradients == pytest.approx({"w1": 1.0, "x1": -1.5, "w2": 0.0, "x2": 0.5, "b": 0.5})


@pytest.mark.parametrize("name", DRAWN)
def test_the_committed_pictures_say_what_the_demo_draws(demo, tmp_path, name):
    """The same texts, whichever way they were rendered."""
    demo.draw(tmp_path)
    texts = [words((path / name).read_text(encoding="utf-8")) for path in (tmp_path, DEMOS / "pictures")]
    assert texts[0] == texts[1]
    assert len(texts[0]) > 10


def words(svg):
    text = re.sub(r"<title>.*?</title>|<desc>.*?</desc>|<!--.*?-->", "", svg, flags=re.DOTALL)
    found = re.findall(r">([^<>]+)</(?:text|tspan)>", text)
    return sorted(re.sub("&#45;", "-", word).strip() for word in found)


@pytest.mark.parametrize("name", [*DRAWN, *PHOTOGRAPHED])
def test_the_committed_pictures_are_small(name):
    content = (DEMOS / "pictures" / name).read_bytes()
    assert content.startswith(PNG if name.endswith(".png") else (b"<svg", b"<?xml"))
    assert len(content) < 100_000
