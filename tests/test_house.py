"""The rules of the house: which module may import which, what is exported, what an import costs."""

import ast
import inspect
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import autograd_lite as al

PACKAGE = Path(al.__file__).parent

# fmt: off
# Every room and the rooms that it may import. What is not said here is refused.
BASE = {"errors", "arguments"}
ROOMS = {
    "errors": set(),
    "arguments": {"errors"},
    "atomic_write": {"errors"},
    "ops": {"engine"},  # the public name of the table
    "engine": BASE,
    "notation": BASE | {"engine"},
    "nn": BASE | {"engine", "storage"},
    "checking": BASE | {"engine", "nn"},
    "optim": BASE,
    "data": BASE,
    "storage": BASE,
    "compiler": BASE | {"engine", "notation"},
    "training": BASE | {"engine", "nn", "optim", "storage", "compiler"},
    "pictures": BASE | {"engine", "nn", "atomic_write"},
    "plots": BASE | {"engine", "training"},
    "pages": BASE | {"engine", "nn", "notation", "training", "pictures", "plots", "atomic_write"},
    "cli": {
        "__init__", "errors", "engine", "nn", "optim", "data", "notation", "checking", "compiler", "training",
        "pictures", "pages", "plots",
    },
    "__main__": {"cli"},
}
INSIDE_THE_COMPILER = {
    "rolling": {"equations", "trace"},
    "equations": set(),
    "loops": {"equations"},
    "numpy_code": {"equations", "kernels"},
    "execution": {"equations", "numpy_code"},
    "mathematics": {"equations"},
}
# fmt: on


def modules():
    """The dotted name of every module below the package, and its file."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield ".".join(path.relative_to(PACKAGE).with_suffix("").parts), path


MODULES = dict(modules())


def imported(module):
    """(module of the package, name or "") for every import of a module, wherever in its file."""
    package = module.split(".")[:-1]
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1] + (node.module or "").split(".") * bool(
                node.module
            )
            for alias in node.names:
                inner = ".".join([*base, alias.name])
                if inner in MODULES or f"{inner}.__init__" in MODULES:
                    yield inner, ""
                else:
                    yield ".".join(base) or "__init__", alias.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            assert not any(name.split(".")[0] == "autograd_lite" for name in names), "imports are relative"


def room_of(module, depth=0):
    parts = module.split(".")
    return parts[depth] if len(parts) > depth else "__init__"


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"__init__"}))
def test_imports_go_one_way(module):
    room = room_of(module)
    others = {room_of(target) for target, _ in imported(module)} - {room}
    assert others <= ROOMS[room]


@pytest.mark.parametrize("module", [m for m in MODULES if m.startswith("compiler.") and m.count(".") > 1])
def test_imports_inside_the_compiler_go_one_way(module):
    room = room_of(module, 1)
    inside = [target for target, _ in imported(module) if room_of(target) == "compiler"]
    assert {room_of(target, 1) for target in inside} - {room} <= INSIDE_THE_COMPILER[room]


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"__init__"}))
def test_a_room_is_entered_by_its_door(module):
    """What others may use of a room, its `__init__` exports."""
    for target, _ in imported(module):
        depth = 1 if room_of(target) == "compiler" else 0
        home = target.split(".")[: depth + 1]
        is_inside = module.split(".")[: len(home)] == home or (depth and room_of(module) == "compiler")
        is_module_itself = ".".join(home) in MODULES or target in INNER_DOORS
        if not is_inside and not is_module_itself:
            assert len(target.split(".")) <= depth + 2, f"{module} reaches into {target}"


INNER_DOORS = {"nn.from_config"}  # brings NumPy along, so that nn does not export it


def test_rooms_are_in_no_circle():
    left = {**ROOMS, **{f"compiler.{room}": set(others) for room, others in INSIDE_THE_COMPILER.items()}}
    while left:
        free = [room for room, others in left.items() if not others & (left.keys() - {"__init__"})]
        assert free, f"a circle among {sorted(left)}"
        for room in free:
            del left[room]


@pytest.mark.parametrize("folder", sorted({path.parent for path in MODULES.values()} - {PACKAGE}), ids=str)
def test_a_room_is_neither_crowded_nor_empty(folder):
    files = [
        path for path in folder.iterdir() if path.is_file() and path.suffix in (".py", ".pxd", ".js", ".css")
    ]
    assert 3 <= len(files) <= 16


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
    modules = {path.stem for path in PACKAGE.iterdir()}
    public = {name for name in vars(al) if not name.startswith("_") and name != "annotations"}
    assert set(al.__all__) - {"__version__"} >= public - modules
    assert all(hasattr(al, name) for name in al.__all__)


def test_type_checkers_are_told_the_same_public_names():
    """The stub says of every name where it comes from; what has another name there is declared."""
    stub = (PACKAGE / "__init__.pyi").read_text(encoding="utf-8")
    told = set(re.findall(r"^from \.([\w.]*) import (\w+) as (?!_)(\w+)$", stub, re.M))
    declared = set(re.findall(r"^(\w+): ", stub, re.M))
    places = {(room, own, name) for name, (room, own) in al._PLACES.items() if own == name}
    assert told == places | {("", name, name) for name in al._MODULES}
    assert sorted({name for _, _, name in told} | declared) == al.__all__


def test_no_module_hides_what_is_public_under_its_name():
    """`import autograd_lite.draw` would put the module in the place of al.draw."""
    modules = {path.stem for path in PACKAGE.iterdir()}
    assert modules & set(al.__all__) == {"data", "nn", "ops", "optim", "plots"}
    assert all(inspect.ismodule(getattr(al, name)) for name in modules & set(al.__all__))


def test_every_file_says_what_lives_there():
    for path in PACKAGE.rglob("*.py"):
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


def test_no_file_is_too_long_to_read():
    table_and_value = sum(
        len((PACKAGE / name).read_text(encoding="utf-8").splitlines())
        for name in ("engine/ops.py", "engine/value.py")
    )
    assert table_and_value < 800


def test_the_engine_is_the_one_that_was_asked_for(monkeypatch):
    script = "import autograd_lite as al; print(al.engine_kind)"
    monkeypatch.setenv("AUTOGRAD_LITE_PURE", "1")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "python"


@pytest.mark.skipif(al.engine_kind != "compiled", reason="nothing is compiled")
@pytest.mark.parametrize("missing", ["value", "graph"])
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
