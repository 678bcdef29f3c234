"""The demo of the five notes: its equations are right, and its page says so; a slip is seen on it."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from .common import System, unseen_slips, wrong_equations

DEMOS = Path(__file__).parents[2] / "demos"


@pytest.fixture
def demo(monkeypatch):
    monkeypatch.syspath_prepend(str(DEMOS))
    for name in ("notes", "common"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield importlib.import_module("notes")
    for name in ("notes", "common"):  # another demo's `common` would be found by this name
        sys.modules.pop(name, None)


def systems_of(demo, seed):
    rng = np.random.default_rng(seed)
    return [System(title, *net(rng, 5)) for title, net in demo.NETS.items()]


@pytest.mark.parametrize("seed", range(5))
def test_the_equations_are_right(demo, seed):
    for system in systems_of(demo, seed):
        assert wrong_equations(system) == {}


def test_no_equation_is_idle(demo):
    assert unseen_slips(lambda seed: systems_of(demo, seed)) == set()


def test_the_page(demo, tmp_path, capsys):
    assert demo.main(["--samples", "4", "--seed", "1", "--out", str(tmp_path)])
    printed = capsys.readouterr().out
    for title, net in demo.NETS.items():
        assert printed.count(title) == 2  # its report, and its row of the table
        equations = net(np.random.default_rng(0), 4)[2]
        (row,) = [line for line in printed.splitlines() if line.startswith(f"{title:50}  ")]
        assert row.split()[-2:] == [str(len(equations))] * 2
    assert (tmp_path / "notes_activations.png").stat().st_size > 1000


def test_a_slip_is_seen_on_the_page(demo, tmp_path, capsys, monkeypatch):
    def with_a_slip(rng, samples):
        loss, quantities, equations = demo.vanilla_net(rng, samples)
        return loss, quantities, equations | {"beta": lambda v, d: -(d.f.T @ v.z)}

    monkeypatch.setattr(demo, "NETS", {"slip": with_a_slip})
    assert not demo.main(["--out", str(tmp_path)])
    assert capsys.readouterr().out.splitlines()[-2].split() == ["slip", "6", "5"]
