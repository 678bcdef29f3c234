"""Every row of the table is a true method of Value, in both engines, for people and type checkers to see."""

import subprocess
import sys

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import Value, ops
from autograd_lite.engine import NUMPY_NAMES, TABLE

# Those of the package, not what other tests have added.
ROWS = {row.name: row for row in vars(ops).values() if isinstance(row, ops.Op)}
NAMES = {**ROWS, **{row.numpy: row for row in ROWS.values()}}


def test_every_row_is_a_method_of_the_class_and_nothing_else_is_among_them():
    assert len(ROWS) > 50
    assert NAMES.keys() <= vars(Value).keys()
    methods = {name for name, thing in vars(Value).items() if callable(thing) and not name.startswith("_")}
    assert methods - NAMES.keys() == {"backward", "conjugate", "detach", "item", "relu"} - NAMES.keys()


@pytest.mark.parametrize("name", sorted(NAMES.keys() - {"detach"}))
def test_a_method_is_its_row(name):
    row = NAMES[name]
    numbers = [1.25 if row.name == "acosh" else 1.0 if row.picks else 0.5, 1.25, 1.5][
        : 3 if row.variadic else len(row.inputs)
    ]
    made, right = getattr(Value, name)(*map(Value, numbers)), row(*map(Value, numbers))
    assert (made.item(), made.op, made.partials) == (right.item(), right.op, right.partials)
    bound = getattr(Value(numbers[0]), name)(*numbers[1:])
    assert getattr(bound, "data", bound) == right.item()


def test_methods_are_there_to_be_seen():
    assert [v.item() for v in map(al.Value.exp, [Value(0.0), Value(1.0)])] == [1.0, np.exp(1.0)]
    assert hasattr(Value, "tanh")
    assert not hasattr(Value, "no_such_row")
    assert (Value.tanh.__name__, Value.arctan.__name__) == ("tanh", "atan")
    assert Value.tanh.__doc__ == "tanh(x), of numbers, Values or arrays."
    assert {*NAMES} <= {*dir(Value)}
    assert Value(2.0).leaky_relu(slope=0.5).item() == 2.0


def test_a_row_of_later_is_a_method_of_an_instance():
    script = """
import numpy as np
import autograd_lite as al
al.ops.row("cube", lambda x: x * x * x, lambda y, x: 3.0 * x * x, numpy="kubus")
v = al.Value(2.0)
y = v.cube() + v.kubus()
y.backward()
print(y.item(), v.grad, "cube" in dir(v), hasattr(v, "cubed"))
al.ops.row("tanh", lambda x, k: k * x, 1.0, 0.0, inputs="x k=3")
print(v.tanh().item(), v.tanh(k=4).item(), al.Value.tanh(v, 5).item())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["16.0", "24.0", "True", "False", "6.0", "8.0", "10.0"]


def test_type_checkers_know_them(tmp_path):
    api = pytest.importorskip("mypy.api")
    file = tmp_path / "asks.py"
    asked = [
        "v.exp()",
        "v.leaky_relu(0.1)",
        "v.relu()",
        "al.Value.tanh(v)",
        "(v + 1).arctan2(v)",
        "v.detach()",
    ]
    lines = ["import autograd_lite as al", "v = al.Value(1.0)", *(f"reveal_type({ask})" for ask in asked)]
    file.write_text("\n".join(lines))
    found, errors, _ = api.run(["--cache-dir", str(tmp_path), str(file)])
    assert found.count('Revealed type is "autograd_lite.engine.value.Value"') == len(asked), found + errors


def test_what_is_said_of_rows_holds_for_all_of_them():
    """Which rows pick one of their inputs, and which are conditions, is asked of their values."""
    picking = {row.name for row in ROWS.values() if row.variadic and _differs_by_place(row)}
    assert {row.name for row in ROWS.values() if row.picks} == picking == {"take", "softmax", "log_softmax"}
    pairs = [(x, y) for x in (-2.0, 1.0, 3.0) for y in (-2.0, 1.0, 3.0)]
    two = [row for row in ROWS.values() if len(row.inputs) == 2 and not row.variadic]
    truths = {row.name for row in two if {row(x, y) for x, y in pairs} == {0.0, 1.0}}
    assert truths == {"greater", "greater_equal"}
    assert {*TABLE.values()} <= {*NUMPY_NAMES.values()}


def _differs_by_place(row):
    """Whether the first operand is a place among the others, so that their order decides."""
    return row(0.0, 1.0, 5.0, 7.0) == row(1.0, 5.0, 1.0, 7.0) != row(0.0, 5.0, 1.0, 7.0)
