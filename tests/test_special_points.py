"""The edges: where a derivative does not exist, where numbers overflow, where nan and inf come in."""

import math
from math import inf, nan

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import Value, ops
from autograd_lite.floats import Extended
from autograd_lite.ops import TABLE

from .oracle import UNARY

ANYTHING = object()  # where the policy has no opinion


class Constant(float):
    """An operand that is a plain number, not a Value."""

    def __repr__(self):
        return f"constant {float(self)}"


ZERO, ONE, TWO = Constant(0.0), Constant(1.0), Constant(2.0)

# (row, operands, value, gradients of the operands that are Values)
POINTS = [
    ("relu", (0.0,), 0.0, (0.0,)),
    ("relu", (-0.0,), 0.0, (0.0,)),
    ("leaky_relu", (0.0, Constant(0.01)), 0.0, (0.01,)),
    ("leaky_relu", (-0.0, Constant(0.3)), 0.0, (0.3,)),
    ("abs", (0.0,), 0.0, (0.0,)),
    ("abs", (-0.0,), 0.0, (0.0,)),
    ("max", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("min", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("max", (2.0, 1.0, 2.0), 2.0, (0.5, 0.0, 0.5)),
    ("min", (1.0, 2.0, 1.0), 1.0, (0.5, 0.0, 0.5)),
    ("max", (2.0, TWO), 2.0, (0.5,)),
    ("max", (0.0, -0.0), 0.0, (0.5, 0.5)),
    ("max", (-inf, -inf), -inf, (0.5, 0.5)),
    ("clamp", (0.0, ZERO, ONE), 0.0, (0.0,)),
    ("clamp", (1.0, ZERO, ONE), 1.0, (0.0,)),
    ("clamp", (0.5, ZERO, ONE), 0.5, (1.0,)),
    ("clamp", (inf, ZERO, ONE), 1.0, (0.0,)),
    ("clamp", (nan, ZERO, ONE), nan, (nan,)),
    ("clamp", (-1.0, 0.0, 1.0), 0.0, (0.0, 1.0, 0.0)),
    ("clamp", (2.0, 0.0, 1.0), 1.0, (0.0, 0.0, 1.0)),
    ("clamp", (0.5, Constant(nan), ONE), nan, (nan,)),
    ("sqrt", (0.0,), 0.0, (inf,)),
    ("sqrt", (-0.0,), 0.0, (inf,)),
    ("log", (0.0,), -inf, (inf,)),
    ("log", (-0.0,), -inf, (inf,)),
    ("sqrt", (-1.0,), nan, (nan,)),
    ("log", (-1.0,), nan, (nan,)),
    ("log1p", (-1.0,), -inf, (inf,)),
    ("log1p", (-2.0,), nan, (nan,)),
    ("div", (ONE, 0.0), inf, (-inf,)),
    ("div", (ONE, -0.0), -inf, (-inf,)),
    ("div", (1.0, ZERO), inf, (inf,)),
    ("div", (0.0, 0.0), nan, (inf, nan)),
    ("div", (1e200, 1e-200), inf, (1e200, -inf)),
    ("sub", (inf, inf), nan, (1.0, -1.0)),
    ("add", (inf, -inf), nan, (1.0, 1.0)),
    ("mul", (0.0, inf), nan, (inf, 0.0)),
    ("exp", (1000.0,), inf, (inf,)),
    ("exp", (-1000.0,), 0.0, (0.0,)),
    ("pow", (3.0, ZERO), 1.0, (0.0,)),
    ("pow", (0.0, ZERO), 1.0, (0.0,)),
    ("pow", (-0.0, ZERO), 1.0, (0.0,)),
    ("pow", (5e-324, ZERO), 1.0, (0.0,)),
    ("pow", (inf, ZERO), 1.0, (0.0,)),
    ("pow", (0.0, ONE), 0.0, (1.0,)),
    ("pow", (0.0, TWO), 0.0, (0.0,)),
    ("pow", (0.0, 0.0), 1.0, (0.0, 0.0)),
    ("pow", (0.0, 0.5), 0.0, (inf, 0.0)),
    ("pow", (0.0, Constant(0.5)), 0.0, (inf,)),
    ("pow", (0.0, -1.0), inf, (-inf, ANYTHING)),
    ("pow", (0.0, Constant(-1.0)), inf, (-inf,)),
    ("pow", (-8.0, 1 / 3), nan, (nan, nan)),
    ("pow", (-8.0, Constant(1 / 3)), nan, (nan,)),
    ("pow", (-2.0, TWO), 4.0, (-4.0,)),
    ("pow", (-2.0, 2.0), 4.0, (-4.0, nan)),
    ("pow", (Constant(-2.0), 2.0), 4.0, (nan,)),
    ("pow", (1e200, TWO), inf, (2e200,)),
    ("pow", (-1e200, Constant(3.0)), -inf, (inf,)),
    ("pow", (ZERO, 2.0), 0.0, (0.0,)),
    ("atan2", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("hypot", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("hypot", (3e200, 4e200), 5e200, (0.6, 0.8)),
    ("norm", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("log_softmax", (ZERO, 0.0, 1000.0), -1000.0, (1.0, -1.0)),
    ("softmax", (ZERO, 0.0, 1000.0), 0.0, (0.0, 0.0)),
    ("softmax", (ONE, 0.0, 1000.0), 1.0, (0.0, 0.0)),
    ("logsumexp", (1000.0, 1000.0), 1000.0 + math.log(2.0), (0.5, 0.5)),
    ("logsumexp", (-inf, -inf), -inf, (nan, nan)),
    ("logsumexp", (-inf, 0.0), 0.0, (0.0, 1.0)),
    ("prod", (0.0, 3.0, 2.0), 0.0, (6.0, 0.0, 0.0)),
    ("prod", (0.0, 3.0, 0.0), 0.0, (0.0, 0.0, 0.0)),
    ("relu", (nan,), nan, (nan,)),
    ("leaky_relu", (nan, Constant(0.01)), nan, (nan,)),
    ("max", (1.0, nan), nan, (nan, nan)),
    ("min", (nan, 1.0), nan, (nan, nan)),
    ("bce_with_logits", (0.0, ZERO), math.log(2.0), (0.5,)),
    ("bce_with_logits", (0.0, ONE), math.log(2.0), (-0.5,)),
    ("bce_with_logits", (1000.0, ZERO), 1000.0, (1.0,)),
    ("bce_with_logits", (-1000.0, ONE), 1000.0, (-1.0,)),
    ("asin", (1.0,), math.pi / 2, (inf,)),
    ("asin", (-1.0,), -math.pi / 2, (inf,)),
    ("acos", (1.0,), 0.0, (-inf,)),
    ("acos", (-1.0,), math.pi, (-inf,)),
    ("acosh", (1.0,), 0.0, (inf,)),
    ("atanh", (1.0,), inf, (inf,)),
    ("atanh", (-1.0,), -inf, (inf,)),
    ("asin", (2.0,), nan, (nan,)),
    ("acosh", (0.5,), nan, (nan,)),
    ("atanh", (2.0,), nan, (nan,)),
]

OPERATORS = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "abs": abs,
}
LISTS = {
    **{name: getattr(al, name) for name in ("max", "min", "norm", "prod", "logsumexp")},
    "softmax": al.softmax,
    "log_softmax": al.log_softmax,
}


def ways(name, operands):
    """Every way in which Python reaches the row with these operands."""
    yield "row", lambda: TABLE[name](*operands)
    if isinstance(operands[0], Value):
        yield "method", lambda: getattr(operands[0], name)(*operands[1:])
    if name in OPERATORS:
        yield "operator", lambda: OPERATORS[name](*operands)
    if name in ("softmax", "log_softmax"):
        yield "list", lambda: LISTS[name](list(operands[1:]))[int(operands[0])]
    elif name in LISTS:
        yield "list", lambda: LISTS[name](list(operands))


def same(got, expected):
    if expected is ANYTHING:
        return type(got) is float
    return (
        got == expected or (got != got and expected != expected) or math.isclose(got, expected, rel_tol=1e-15)
    )


def lifted(numbers):
    """Fresh operands, and those of them that are Values."""
    operands = [float(x) if isinstance(x, Constant) else Value(x) for x in numbers]
    return operands, [x for x in operands if isinstance(x, Value)]


def case_id(case):
    return f"{case[0]}({', '.join(f'{x!r}' for x in case[1])})"


@pytest.mark.parametrize("case", POINTS, ids=case_id)
def test_on_values(case):
    """By every way there is: `backward`, `grad`, and `grad` whose result is Values."""
    name, numbers, value, gradients = case
    names = [way for way, _ in ways(name, lifted(numbers)[0])]
    for i, way in enumerate(names):
        operands, values = lifted(numbers)
        y = list(ways(name, operands))[i][1]()
        assert same(y.data, value), way
        assert y.parents == tuple(values), way
        y.backward()
        found = {
            "backward": [x.grad for x in values],
            "grad": al.grad(y, values),
            "grad as values": [g.data for g in al.grad(y, values, create_graph=True)],
        }
        for what, got in found.items():
            assert all(map(same, got, gradients)), f"{way}, {what}\n{got}\n{gradients}"


@pytest.mark.parametrize("case", POINTS, ids=case_id)
def test_on_plain_floats_and_arrays(case):
    name, numbers, value, gradients = case
    op, xs = TABLE[name], [float(x) for x in numbers]
    y = op(*xs)
    assert type(y) is float
    assert same(y, value)
    assert same(op.value(*xs), value)
    by_array = op(*(np.array([x, x]) for x in xs))
    assert by_array.dtype == float
    assert same(float(by_array[1]), value)
    partials = [
        p for x, p in zip(numbers, op.all_partials(y, xs), strict=True) if not isinstance(x, Constant)
    ]
    assert all(type(p) is float for p in partials)
    assert all(map(same, partials, gradients))


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
