"""The rules of the house: which module may import which, what is exported, what an import costs."""

import ast
import inspect
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import autograd_lite as al

PACKAGE = Path(al.__file__).parent

# fmt: off
# Every module and the modules of the package that it may import. What is not said here is refused.
ALLOWED = {
    "errors": set(),
    "graph": {"engine", "errors"},
    "floats": {"errors"},
    "arrays": set(),
    "ops": {"arguments", "arrays", "errors", "floats"},
    "methods": {"engine", "ops"},
    "modes": {"errors"},
    "engine": {"errors", "floats", "modes", "ops"},
    "derivatives": {"engine", "errors", "floats", "graph", "modes"},
    "functions": {"arguments", "engine", "errors", "floats", "ops"},
    "dialects": {"ops"},
    "notation": {"dialects", "engine", "errors", "graph", "ops"},
    "check": {"derivatives", "engine", "errors", "floats", "graph", "ops"},
    "module": {"engine", "errors", "modes"},
    "layers": {"arguments", "engine", "errors", "floats", "functions", "modes", "module", "ops"},
    "nn": {"arguments", "errors", "layers", "module"},
    "files": {"nn", "storage"},
    "losses": {"engine", "errors", "floats", "functions", "ops"},
    "arguments": {"errors"},
    "schedules": {"arguments", "errors"},
    "optim": {"arguments", "errors", "schedules"},
    "tables": {"arguments", "errors"},
    "data": {"arguments", "errors", "tables"},
    "formats": set(),
    "storage": {"arguments", "errors", "formats"},
    "metrics": {"arguments", "errors"},
    "samples": {"errors", "floats"},
    "callbacks": {"arguments", "errors", "storage", "train"},  # train for its types alone
    "train": {
        "arguments", "callbacks", "engine", "errors", "files", "floats", "losses", "metrics", "modes",
        "module", "optim", "samples", "storage", "updates",
    },
    "figures": {"arguments", "errors"},
    "net_picture": {"arguments", "errors", "figures"},
    "plots": {
        "net_picture", "arguments", "derivatives", "engine", "errors", "figures", "metrics", "ops", "train",
    },
    "points": {"derivatives", "engine", "errors", "floats", "graph", "ops"},
    "tape": set(),
    "mend": {"points", "tape"},
    "case": {"points", "tape"},
    "slips": {"case", "mend", "points", "tape"},
    "explanations": {"case", "engine", "points", "slips", "tape"},
    "verdicts": {"errors"},
    "derivation": {"arguments", "engine", "errors", "explanations", "points", "tape", "verdicts"},
    "notes": {"engine", "functions", "losses", "nn"},
    "cli_check": {"cli", "derivation", "notes"},
    "palette": {"scene"},  # for its types alone
    "crowds": {"arguments", "engine", "errors"},
    "items": {"engine", "graph"},
    "net_graph": {"engine", "errors", "floats", "layers", "modes"},
    "grouping": {"items", "layers"},
    "scene": {"arguments", "crowds", "engine", "errors", "grouping", "items", "net_graph"},
    "weights": {"arguments", "crowds", "errors", "layers", "module", "scene"},
    "strokes": {"palette", "scene"},
    "ranking": set(),
    "grid": {"ranking"},
    "stacking": {"grid", "ranking"},
    "layout": {"grid", "palette", "ranking", "scene", "stacking", "strokes"},  # scene for its types alone
    "svg": {"layout", "palette", "scene", "strokes"},  # scene for its types alone
    "dot_language": {"palette", "scene", "strokes"},
    "whole_files": {"errors", "storage"},
    "drawing": {
        "dot_language", "engine", "errors", "palette", "scene", "svg", "weights", "whole_files",
    },
    "page": {"arguments", "whole_files"},
    "rules": {"engine", "modes", "notation", "palette"},
    "steps": {"engine", "palette", "rules"},
    "opening": {"layout", "palette", "scene"},
    "exploring": {
        "arguments", "engine", "errors", "functions", "graph", "modes", "net_graph", "opening", "page",
        "palette", "replay", "scene", "steps",
    },
    "parsing": {"errors", "ops"},
    "expression": {"engine", "errors", "floats", "functions", "ops", "parsing"},
    "replay": {
        "arguments", "callbacks", "engine", "errors", "figures", "layers", "nn", "page", "plots", "samples",
        "train",
    },
    "updates": {"compiler", "engine", "errors", "losses", "modes", "optim", "samples"},
    "cli_draw": {
        "cli", "drawing", "engine", "errors", "exploring", "expression", "graph", "parsing", "scene",
    },
    "cli_equations": {"cli", "cli_tasks", "compiler", "errors", "losses", "nn"},
    "cli": {"__version__", "cli_check", "cli_draw", "cli_equations", "cli_train", "engine_kind", "errors"},
    "cli_tasks": {"cli", "data", "nn", "plots", "train"},
    "cli_train": {
        "callbacks", "cli", "cli_tasks", "data", "engine_kind", "figures", "files", "nn", "optim", "plots",
        "train",
    },
}
# fmt: on


def imported_modules(path):
    """The modules of the package that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            if node.module:
                yield node.module.split(".")[0]
            else:
                yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("autograd_lite"):
            yield node.module.partition(".")[2] or "(the package)"
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith("autograd_lite"))


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("[!_]*.py")), ids=lambda path: path.stem)
def test_imports_go_one_way(path):
    assert path.stem in ALLOWED, "a new module: say above what it may import"
    assert set(imported_modules(path)) <= ALLOWED[path.stem]


def test_the_core_imports_nothing_heavy():
    script = (
        "import sys, autograd_lite\n"
        "heavy = {'graphviz', 'matplotlib', 'numpy', 'autograd_lite.compiler'} & set(sys.modules)\n"
        "print(sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_all_is_sorted_and_is_what_is_public():
    assert al.__all__ == sorted(al.__all__)
    modules = {path.stem for path in PACKAGE.glob("*.py")} | {path.stem for path in PACKAGE.glob("*/")}
    public = {name for name in vars(al) if not name.startswith("_") and name != "annotations"}
    assert set(al.__all__) - {"__version__"} >= public - modules
    assert all(hasattr(al, name) for name in al.__all__)


def test_no_module_hides_what_is_public_under_its_name():
    """`import autograd_lite.draw` would put the module in the place of al.draw."""
    modules = {path.stem for path in PACKAGE.glob("*.py")} | {path.stem for path in PACKAGE.glob("*/")}
    assert modules & set(al.__all__) == {"data", "nn", "ops", "optim", "plots"}
    assert all(inspect.ismodule(getattr(al, name)) for name in modules & set(al.__all__))


def test_every_file_says_what_lives_there():
    for path in PACKAGE.rglob("*.py"):
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


def test_no_file_is_too_long_to_read():
    engine = sum(
        len((PACKAGE / name).read_text(encoding="utf-8").splitlines())
        for name in ("ops.py", "engine.py", "functions.py")
    )
    assert engine < 1_075


def test_the_engine_is_the_one_that_was_asked_for(monkeypatch):
    script = "import autograd_lite as al; print(al.engine_kind)"
    monkeypatch.setenv("AUTOGRAD_LITE_PURE", "1")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "python"


@pytest.mark.skipif(al.engine_kind != "compiled", reason="nothing is compiled")
@pytest.mark.parametrize("missing", ["engine", "graph"])
def test_an_engine_that_is_compiled_by_half_runs_as_plain_python(missing, tmp_path):
    copy = tmp_path / "autograd_lite"
    shutil.copytree(
        PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", f"{missing}.*.so", f"{missing}.*.pyd")
    )
    script = (
        "import autograd_lite as al; x = al.Value(3.0); y = x * x; y.backward();"
        "print(al.engine_kind, x.grad, *al.grad(y, [x]), len(al.order(y)))"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.split() == ["python", "6.0", "6.0", "2"]
