"""The rules of the house: who may import whom, how large a room is, what is public, what an import costs."""

import ast
import inspect
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

import autograd_lite as al

PACKAGE = Path(al.__file__).parent
README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")

# fmt: off
# Every room, the rooms that it may import, and the most lines that it may hold. A larger number is a
# decision: the room took on something that no other had, and nothing could go in return.
BASE = {"errors", "arguments"}
ROOMS = {
    "errors":       (set(), 210),
    "arguments":    ({"errors"}, 120),
    "atomic_write": ({"errors"}, 130),
    "ops":          ({"engine"}, 10),  # the public name of the table
    "engine":       (BASE, 1_930),
    "notation":     (BASE | {"engine"}, 1_010),
    "nn":           (BASE | {"engine", "storage"}, 1_160),
    "optim":        (BASE, 560),
    "data":         (BASE, 600),
    "storage":      (BASE | {"atomic_write"}, 570),
    "checking":     (BASE | {"engine", "nn"}, 2_400),
    "compiler":     (BASE | {"engine", "notation"}, 1_080),
    "training":     (BASE | {"engine", "nn", "optim", "storage", "compiler"}, 960),
    "pictures":     (BASE | {"engine", "nn", "atomic_write"}, 2_770),
    "plots":        (BASE | {"engine", "training", "atomic_write"}, 590),
    "pages":        (BASE | {"engine", "nn", "notation", "training", "pictures", "plots",
                     "atomic_write"}, 1_240),
    "cli":          ({"__init__", "atomic_write", "errors", "engine", "nn", "optim", "data", "notation",
                      "checking", "compiler", "training", "pictures", "pages", "plots"}, 1_030),
    "__main__":     ({"cli"}, 10),
}
INSIDE_THE_COMPILER = {
    "rolling":     ({"equations", "trace"}, 1_790),
    "equations":   (set(), 2_490),
    "loops":       ({"equations"}, 710),
    "numpy_code":  ({"equations", "kernels"}, 2_000),
    "execution":   ({"equations", "numpy_code"}, 910),
    "mathematics": ({"equations"}, 2_010),
}
# fmt: on


def dotted(path):
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


MODULES = {dotted(path): path for path in sorted(PACKAGE.rglob("*.py"))}
FOLDERS = sorted({path.parent for path in MODULES.values()} - {PACKAGE})
IN_FOLDERS = sorted(set(MODULES) - {"__init__"})


def imported(module):
    """(module of the package, name or "") for every import of a module, wherever in its file."""
    package = module.split(".")[:-1]
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            inner = (node.module or "").split(".") * bool(node.module)
            base = package[: len(package) - node.level + 1] + inner
            for alias in node.names:
                target = ".".join([*base, alias.name])
                if target in MODULES or f"{target}.__init__" in MODULES:
                    yield target, ""
                else:
                    yield ".".join(base) or "__init__", alias.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            assert not any(name.split(".")[0] == "autograd_lite" for name in names), "imports are relative"


def room_of(module, depth=0):
    parts = module.split(".")
    return parts[depth] if len(parts) > depth else "__init__"


# --- directions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", IN_FOLDERS)
def test_imports_go_one_way(module):
    room = room_of(module)
    others = {room_of(target) for target, _ in imported(module)} - {room}
    assert others <= ROOMS[room][0]


@pytest.mark.parametrize("module", [m for m in MODULES if m.startswith("compiler.") and m.count(".") > 1])
def test_imports_inside_the_compiler_go_one_way(module):
    room = room_of(module, 1)
    inside = [target for target, _ in imported(module) if room_of(target) == "compiler"]
    assert {room_of(target, 1) for target in inside} - {room} <= INSIDE_THE_COMPILER[room][0]


INNER_DOORS = {"nn.from_config", "engine.ops", "engine.functions"}  # one brings NumPy along; two are public


@pytest.mark.parametrize("module", IN_FOLDERS)
def test_a_room_is_entered_by_its_door(module):
    """What others may use of a room, its `__init__` exports."""
    for target, name in imported(module):
        depth = 1 if room_of(target) == "compiler" and target.count(".") else 0
        home = ".".join(target.split(".")[: depth + 1])
        inside = module.startswith(f"{home}.") or (
            depth and target.count(".") < 2 and room_of(module) == "compiler"
        )
        if inside or home in MODULES or target in INNER_DOORS or not name:
            continue
        assert target == home, f"{module} takes {name} out of {target}: its room's __init__ is to export it"


def test_rooms_are_in_no_circle():
    left = {room: others - {"__init__"} for room, (others, _) in ROOMS.items()}
    left |= {f"compiler.{room}": others for room, (others, _) in INSIDE_THE_COMPILER.items()}
    while left:
        free = [room for room, others in left.items() if not others & left.keys()]
        assert free, f"a circle among {sorted(left)}"
        for room in free:
            del left[room]


def test_modules_of_a_room_are_in_no_circle():
    left = {module: {target for target, _ in imported(module)} - {module} for module in MODULES}
    while left:
        free = [module for module, others in left.items() if not others & left.keys()]
        assert free, f"a circle among {sorted(left)}"
        for module in free:
            del left[module]


# --- sizes and names -----------------------------------------------------------------------------------


def lines(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def room_sizes():
    """The lines of Python of every room, those inside the compiler apart."""
    found = defaultdict(int)
    for module, path in MODULES.items():
        inner = module.split(".")[1] if module.startswith("compiler.") and module.count(".") > 1 else ""
        found[inner or room_of(module)] += lines(path)
    return found


@pytest.mark.parametrize("room", [*ROOMS, *INSIDE_THE_COMPILER])
def test_a_room_keeps_to_its_budget(room):
    assert room_sizes()[room] <= (ROOMS | INSIDE_THE_COMPILER)[room][1]


@pytest.mark.parametrize("folder", FOLDERS, ids=dotted)
def test_a_room_is_neither_crowded_nor_empty(folder):
    files = [path for path in folder.iterdir() if path.suffix in (".py", ".pxd", ".pyi")]
    assert 3 <= len(files) <= 14


# Files of fewer than 60 or more than 400 lines, and why.
LENGTHS = {
    "cli.check": "a sub-command a file",
    "compiler.mathematics.index_tables": "what is undone before anything is written",
    "compiler.report": "what users print",
    "compiler.rolling.canonical_graph": "the lists that five files share",
    "data.by_name": "the one table of names",
    "engine.strict": "a context that has nothing to do with the others",
    "engine.value": "one class and the pass over its nodes, compiled as one",
    "nn.from_config": "brings NumPy along, which nets do not need",
    "notation.precedence": "the one scale",
    "ops": "a public name, no more",
}


@pytest.mark.parametrize("module", IN_FOLDERS)
def test_a_file_is_read_in_one_go(module):
    path = MODULES[module]
    if path.name not in ("__init__.py", "__main__.py"):
        assert (60 <= lines(path) <= 400) != (module in LENGTHS), lines(path)


def test_what_is_read_in_an_evening():
    table_and_value = ("engine/ops.py", "engine/value.py")
    nets = ("nn/layers.py", "nn/networks.py", "nn/losses.py", "optim/optimizers.py")
    assert sum(lines(PACKAGE / name) for name in table_and_value) < 800
    assert sum(lines(PACKAGE / name) for name in nets) < 1_300


def test_every_file_says_what_lives_there():
    for path in PACKAGE.rglob("*.py"):
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


def test_no_two_classes_share_a_name():
    homes = defaultdict(list)
    for module, path in MODULES.items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                homes[node.name].append(module)
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}


def first_line(folder):
    return ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))).splitlines()[0]


def test_the_readme_tells_the_rooms_as_they_are():
    """A row a room: its name, and the first line of what it says of itself."""
    told = dict(re.findall(r"^\| `([\w/]+)/` \| (.*) \|$", README, re.MULTILINE))
    assert told == {
        folder.relative_to(PACKAGE).as_posix(): first_line(folder).rstrip(".") for folder in FOLDERS
    }


# --- what is public, and what it costs -----------------------------------------------------------------


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
