"""The edges: where a derivative does not exist, where numbers overflow, where nan and inf come in."""

import math
from math import inf, nan

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import Value, ops
from autograd_lite.engine.float_math import Extended
from autograd_lite.engine.ops import TABLE

from ..figures import special_points as figure
from .exact_arithmetic import UNARY
from .special_points import POINTS, agree, case_id, on_floats, on_values, same


@pytest.mark.parametrize("case", POINTS, ids=case_id)
def test_on_values(case):
    """By every way there is: `backward`, `grad`, and `grad` whose result is Values."""
    for outcome in on_values(case):
        assert agree(outcome), outcome


@pytest.mark.parametrize("case", POINTS, ids=case_id)
def test_on_plain_floats_and_arrays(case):
    for outcome in on_floats(case):
        assert agree(outcome), outcome
        assert all(type(x) is float for x in outcome[1]), outcome


def test_a_wrong_row_shows(monkeypatch):
    """The oracle held against a planted mistake: a relu whose slope at 0 is 1."""
    monkeypatch.setattr(TABLE["relu"], "partials", (lambda y, x: 1.0,))
    case = ("relu", (0.0,), 0.0, (0.0,))
    wrong = [outcome[0] for outcome in (*on_values(case), *on_floats(case)) if not agree(outcome)]
    assert wrong == ["row, backward", "row, grad", "row, grad as values", "method, grad as values",
                     "the row's partials"]  # fmt: skip


def test_the_figure_counts_on_both_engines(capfd):
    assert figure.main() == 0
    lines = capfd.readouterr().out.splitlines()
    assert {line.split()[1] for line in lines} <= {"compiled", "python"}
    assert all(line.endswith("wrong: 0") for line in lines)


def test_a_constant_exponent_has_no_edge():
    x = Value(-2.0)
    y = x**2
    assert y.parents == (x,)
    assert y.operands == (x, 2.0)


def test_a_branch_not_taken_leaks_no_nan():
    x = Value(-1.0)
    for y in (al.select(x > 0, x.log(), x * 2.0), al.select(x <= 0, x * 2.0, x.sqrt())):
        y.backward()
        assert (y.data, x.grad) == (-2.0, 2.0)
        assert al.grad(y, x, create_graph=True).data == 2.0
        x.grad = 0.0
    array = al.select(np.array([True, False]), np.array([x, x], dtype=object), x.log())
    assert array[0] is x
    assert al.select(False, nan, 1.0) == 1.0


def test_the_relu_of_relu_and_of_its_twins():
    """The inlined method, the row and the maximum agree on everything but the tie."""
    for x in (-1.0, 2.0, inf, -inf, nan):
        v = Value(x)
        slopes = [al.grad(y, v) for y in (v.relu(), ops.relu(v), al.max(v, 0.0), v.leaky_relu(slope=0.0))]
        assert all(same(s, slopes[0]) for s in slopes), slopes


# --- inf and nan, for every row of one input ------------------------------------------------------------

# (value and slope at -inf, value and slope at inf)
AT_INFINITY = {
    "abs": (inf, -1.0, inf, 1.0),
    "acos": (nan, nan, nan, nan),
    "acosh": (nan, nan, inf, 0.0),
    "asin": (nan, nan, nan, nan),
    "asinh": (-inf, 0.0, inf, 0.0),
    "atan": (-math.pi / 2, 0.0, math.pi / 2, 0.0),
    "atanh": (nan, nan, nan, nan),
    "cos": (nan, nan, nan, nan),
    "cosh": (inf, -inf, inf, inf),
    "erf": (-1.0, 0.0, 1.0, 0.0),
    "erfc": (2.0, 0.0, 0.0, 0.0),
    "exp": (0.0, 0.0, inf, inf),
    "expm1": (-1.0, 0.0, inf, inf),
    "gelu": (0.0, 0.0, inf, 1.0),
    "log": (nan, nan, inf, 0.0),
    "log1p": (nan, nan, inf, 0.0),
    "neg": (inf, -1.0, -inf, -1.0),
    "relu": (0.0, 0.0, inf, 1.0),
    "sigmoid": (0.0, 0.0, 1.0, 0.0),
    "silu": (0.0, 0.0, inf, 1.0),
    "sin": (nan, nan, nan, nan),
    "sinh": (-inf, inf, inf, inf),
    "softplus": (0.0, 0.0, inf, 1.0),
    "sqrt": (nan, nan, inf, 0.0),
    "tan": (nan, nan, nan, nan),
    "tanh": (-1.0, 0.0, 1.0, 0.0),
}


def value_and_slope(name, number):
    x = Value(number)
    y = TABLE[name](x)
    return y.data, al.grad(y, x)


@pytest.mark.parametrize("name", [*UNARY, "neg"])
def test_at_infinity(name):
    got = (*value_and_slope(name, -inf), *value_and_slope(name, inf))
    assert all(map(same, got, AT_INFINITY[name])), f"{got}\n{AT_INFINITY[name]}"


@pytest.mark.parametrize("name", UNARY)
def test_nan_gives_nan(name):
    y, slope = value_and_slope(name, nan)
    assert math.isnan(y)
    assert math.isnan(slope)


@pytest.mark.parametrize("name", [*UNARY, "neg"])
@pytest.mark.parametrize("number", [0.0, -0.0, 1e308, -1e308, 1e200, 5e-324, -5e-324, inf, -inf, nan])
def test_no_number_raises(name, number):
    """Neither the value nor a slope of order 1 to 3."""
    x = Value(number)
    y = TABLE[name](x)
    assert type(TABLE[name](number)) is float
    for _ in range(3):
        y = al.grad(y, x, create_graph=True)
        assert type(y.data) is float


# --- floats that follow IEEE 754 in a partial -----------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (lambda x: x(1.0) / 0.0, inf),
        (lambda x: 1.0 / x(0.0), inf),
        (lambda x: 1 / x(-0.0), -inf),
        (lambda x: x(0.0) / 0.0, nan),
        (lambda x: x(nan) / 0.0, nan),
        (lambda x: x(0.0) ** -1.0, inf),
        (lambda x: x(-0.0) ** -1.0, -inf),
        (lambda x: x(-0.0) ** -2.0, inf),
        (lambda x: x(-0.0) ** -0.5, inf),
        (lambda x: 0.0 ** x(-2.0), inf),
        (lambda x: x(1e200) ** 2.0, inf),
        (lambda x: x(-1e200) ** 3.0, -inf),
        (lambda x: 10.0 ** x(400.0), inf),
        (lambda x: x(-8.0) ** (1 / 3), nan),
        (lambda x: (-8.0) ** x(0.5), nan),
        (lambda x: x(1e308) * 10.0, inf),
        (lambda x: 10.0 * x(-1e308), -inf),
        (lambda x: x(inf) - x(inf), nan),
        (lambda x: 1.0 - x(inf), -inf),
        (lambda x: 2.0 + x(3.0), 5.0),
        (lambda x: x(2.0) + 3, 5.0),
        (lambda x: -x(2.0), -2.0),
        (lambda x: abs(x(-2.0)), 2.0),
        (lambda x: ops.sqrt(x(4.0)), 2.0),
        (lambda x: ops.select(True, x(4.0), 1.0), 4.0),
    ],
)
def test_extended_floats(expression, expected):
    got = expression(Extended)
    assert type(got) is Extended
    assert same(float(got), expected)


def test_extended_floats_leave_what_they_do_not_know():
    for broken in (lambda: Extended(1.0) + "a", lambda: "a" - Extended(1.0), lambda: Extended(1.0) ** [2]):
        with pytest.raises(TypeError, match="unsupported operand"):
            broken()


def test_a_pole_within_a_partial_is_inf():
    """1/0 raises on plain floats, and is an inf all the same, on Values too."""
    pole = ops.row("pole", lambda x: 0.0, lambda y, x: 1.0 / x + 2.0**x, numpy="pole")
    try:
        x = Value(0.0)
        assert al.grad(pole(x), x) == inf
        assert al.grad(pole(x), x, create_graph=True).data == inf
        assert pole.partial(0, 0.0, (0.0,)) == inf
        assert type(pole.partial(0, 0.0, (0.0,))) is float
        assert pole.partial(0, 0.0, (2000.0,)) == inf
    finally:
        del TABLE["pole"], ops.NUMPY_NAMES["pole"]
