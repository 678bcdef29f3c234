"""What the compiler writes, as it is shown: demos/compiled.md and the README are what it writes today."""

import importlib
import sys
from pathlib import Path

import pytest

import autograd_lite as al
from autograd_lite import nn

ROOT = Path(__file__).parents[2]
DEMOS = ROOT / "demos"


@pytest.fixture
def compiled(monkeypatch):
    monkeypatch.syspath_prepend(DEMOS)
    yield importlib.import_module("compiled")
    for name in ("compiled", "common"):
        sys.modules.pop(name, None)


def test_the_page_is_what_the_compiler_writes(compiled, tmp_path, capsys):
    compiled.main(["--out", str(tmp_path)])
    written = (tmp_path / "compiled.md").read_text(encoding="utf-8")
    assert written == (DEMOS / "compiled.md").read_text(encoding="utf-8"), (
        "run python demos/compiled.py --out demos"
    )
    assert capsys.readouterr().out == written + "\n"


def test_the_readme_shows_what_the_compiler_writes():
    net = nn.MLP(2, [16, 16, 2], activation="relu", seed=0)
    program = al.compile(lambda x, y: al.cross_entropy(net(x), y), net, x=[0.5, -1.0], y=1)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    source = program.source[program.source.index("def value_and_grad") :].rstrip()
    assert f"```text\n{source}\n```" in readme
    assert f"```text\n{program.equations()}\n```" in readme
