"""The demo of the five notes: its page has every equation, and a slip is seen on it."""

import importlib
import sys
from pathlib import Path

import pytest

from autograd_lite.checking import lecture_notes as notes

DEMOS = Path(__file__).parents[3] / "demos"


@pytest.fixture
def demo(monkeypatch):
    monkeypatch.syspath_prepend(str(DEMOS))
    for name in ("notes", "common"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield importlib.import_module("notes")
    for name in ("notes", "common"):  # another demo's `common` would be found by this name
        sys.modules.pop(name, None)


def test_the_page(demo, tmp_path, capsys):
    assert demo.main(["--seed", "1", "--out", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    for letter, build in notes.SYSTEMS.items():
        system = build(demo.random.Random(0))
        title, count = f"{letter}. {system.title}", len(system.equations)
        assert lines.count(title) == 1
        (row,) = [line for line in lines if line.startswith(f"{title:50}  ")]
        assert row.split()[-2:] == [str(count)] * 2
    assert (tmp_path / "notes_activations.png").stat().st_size > 1000


def test_a_slip_is_seen_on_the_page(demo, tmp_path, capsys, monkeypatch):
    build = notes.SYSTEMS["C"]

    def with_its_slip(rng):
        system = build(rng)
        name, slip = system.slip
        return system._replace(equations=system.equations | {name: slip})

    monkeypatch.setattr(notes, "SYSTEMS", {"C": with_its_slip})
    assert not demo.main(["--out", str(tmp_path)])
    assert capsys.readouterr().out.splitlines()[-2].split()[-2:] == ["7", "6"]
