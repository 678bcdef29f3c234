"""The table: every row held to mpmath and NumPy, and the rule that an operation is one row."""

import math
import pickle
import random
import re
from math import inf, nan

import mpmath as mp
import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import ArgumentTypeError, ArgumentValueError, Value, ops
from autograd_lite.engine.ops import NUMPY_NAMES, TABLE, TINY
from autograd_lite.notation import graph_text as notation

from ..figures.derivatives import POINTS
from .exact_arithmetic import (
    DENORMAL,
    REFERENCES,
    UNARY,
    agrees,
    as_values,
    curvature,
    is_indexed,
    nearest,
    operands,
    points,
    slope,
    through_values,
    value,
    wrong_slopes,
)

ROWS = sorted(TABLE)
OF_SEVERAL = [name for name in ROWS if name not in (*UNARY, "detach")]
NOT_IN_NUMPY = {
    *(
        "bce_with_logits",
        "detach",
        "elu",
        "erf",
        "erfc",
        "gelu",
        "leaky_relu",
        "log_softmax",
        "logsumexp",
        "norm",
    ),
    *("relu", "sigmoid", "silu", "softmax", "softplus"),
}


def test_every_row_has_a_reference_and_no_reference_is_left_over():
    assert set(REFERENCES) == set(TABLE)


# --- values ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", UNARY)
def test_values_of_one_input(name):
    op = TABLE[name]
    for x in points(op.domain[0], 200, f"{name} values"):
        got, true = op(x), value(REFERENCES[name], (x,))
        # gelu alone multiplies a denormal by up to 20
        assert agrees(got, true) or abs(got - nearest(true)) <= 20 * DENORMAL, (
            f"{x!r}\n{got!r}\n{nearest(true)!r}"
        )


@pytest.mark.parametrize("name", OF_SEVERAL)
def test_values_of_several_inputs(name):
    """Where terms cancel, 1e-12 is of the terms, which are the slopes times the inputs."""
    op = TABLE[name]
    for xs in operands(op, 100, "values"):
        true = value(REFERENCES[name], xs)
        got, slopes = through_values(op, xs)
        terms = sum(abs(x * p) for x, p in zip(xs, slopes, strict=True))
        bound = 1e-12 * abs(nearest(true)) + (1e-15 * terms if math.isfinite(terms) else 0.0)
        assert agrees(got, true) or abs(got - nearest(true)) <= bound, f"{xs!r}\n{got!r}\n{nearest(true)!r}"


@pytest.mark.parametrize("name", ROWS)
def test_values_against_numpy(name):
    """NumPy's name, where there is one, is right, and so is the row for every size of number."""
    op = TABLE[name]
    function = getattr(np, op.numpy, None)
    assert (function is None) == (name in NOT_IN_NUMPY)
    if function is None:
        return
    for xs in operands(op, 100, "numpy"):
        with np.errstate(all="ignore"):
            expected = _by_numpy(function, op, xs)
        assert op(*xs) == pytest.approx(expected, rel=1e-13, abs=1e-13 * max(map(abs, xs)), nan_ok=True), xs


def _by_numpy(function, op, xs):
    if op.name == "take":
        return function(xs[1:], int(xs[0]))
    if op.name == "dot":
        half = len(xs) // 2
        return function(xs[:half], xs[half : 2 * half]) + sum(xs[2 * half :])
    if op.variadic:
        return function.reduce(xs) if isinstance(function, np.ufunc) else function(xs)
    return float(function(*map(np.float64, xs)))


@pytest.mark.parametrize("name", ROWS)
def test_floats_values_and_arrays_give_the_same_bits(name):
    op = TABLE[name]
    for xs in operands(op, 20, "ways"):
        expected = op(*xs)
        assert type(expected) is float
        assert op(*map(Value, xs)).data == expected
        assert op.value(*xs) == expected
        assert (op(*(np.full(2, x) for x in xs)) == [expected, expected]).all()


# --- first and second derivatives ---------------------------------------------------------------------


@pytest.mark.parametrize("name", UNARY)
def test_slopes_of_one_input(name):
    """Figure 1: no derivative of 15,000 is wrong by more than 1e-12, or lost."""
    lines = wrong_slopes(TABLE[name], points(TABLE[name].domain[0], POINTS, name))
    assert not lines, "\n".join(lines)


def test_figure_1_counts_25_rows():
    assert len(UNARY) * POINTS == 15_000


@pytest.mark.parametrize("name", OF_SEVERAL)
def test_slopes_of_several_inputs(name):
    """Where the row's own value has left the normal doubles, its slopes may go with it."""
    op, compared = TABLE[name], 0
    for xs in operands(op, 100, "slopes"):
        y, slopes = through_values(op, xs)
        if not TINY <= abs(y) < inf and (y != 0 or name == "pow"):
            continue
        for i, got in enumerate(slopes):
            true = slope(REFERENCES[name], xs, i)
            compared += 1
            terms = abs(got) if name != "bce_with_logits" else abs(xs[1]) + 1.0  # (1-y)σ(x) - yσ(-x)
            close = abs(got - nearest(true)) <= 1e-15 * terms
            assert agrees(got, true) or close, f"{xs!r} {i}\n{got!r}\n{nearest(true)!r}"
    assert compared >= 60


@pytest.mark.parametrize("name", UNARY)
def test_second_derivatives_of_one_input(name):
    """The slope, applied to Values, has a slope, too."""
    op = TABLE[name]
    for (x,) in operands(op, 40, "curvatures", _moderate):
        v = Value(x)
        first = al.grad(op(v), v, create_graph=True)
        got, true = al.grad(first, v), curvature(REFERENCES[name], (x,), 0, 0)
        # where terms cancel (σ'' at 0), the error is measured on the first derivative
        close = abs(got - nearest(true)) <= 1e-12 * abs(nearest(true)) + 1e-14 * abs(first.data)
        assert close, f"{x!r}\n{got!r}\n{nearest(true)!r}"


@pytest.mark.parametrize("name", OF_SEVERAL)
def test_second_derivatives_of_several_inputs(name):
    """The whole matrix, lists too."""
    op = TABLE[name]
    for xs in operands(op, 12, "curvatures", _moderate):
        operands_ = as_values(op, xs)
        inputs = [i for i, v in enumerate(operands_) if isinstance(v, Value)]
        matrix = al.hessian(op(*operands_), [operands_[i] for i in inputs])
        largest = max(1.0, *(abs(entry) for line in matrix for entry in line))
        for i, line in zip(inputs, matrix, strict=True):
            for j, got in zip(inputs, line, strict=True):
                true = nearest(curvature(REFERENCES[name], xs, i, j))
                assert abs(got - true) <= 1e-12 * largest, f"{xs!r} {i} {j}\n{got!r}\n{true!r}"


def _moderate(interval, draw):
    low, high = interval
    return draw.uniform(max(low, -4.0), min(high, 4.0))


def test_higher_derivatives_where_a_rule_turns_a_corner():
    """At 0, where |x|, branches and squares are told apart: orders 1 to 5 of the smooth rows."""
    for name in (
        "tanh",
        "sigmoid",
        "softplus",
        "silu",
        "gelu",
        "erf",
        "atan",
        "asinh",
        "expm1",
        "log1p",
        "sqrt",
    ):
        at = 1.0 if name == "sqrt" else 0.0
        x = Value(at)
        y = TABLE[name](x)
        coefficients = mp.taylor(REFERENCES[name], at, 5)
        for order in range(1, 6):
            y = al.grad(y, x, create_graph=True)
            true = nearest(coefficients[order] * math.factorial(order))
            assert y.data == pytest.approx(true, rel=1e-9, abs=1e-9), (name, order)


# --- the oracle catches what it is there for --------------------------------------------------------------

PLANTED = {
    "sigmoid": lambda y, x: y * (1.0 - y),
    "tanh": lambda y, x: 1.0 - y**2.0,
    "asin": lambda y, x: 1.0 / ops.sqrt(1.0 - x * x),
    "expm1": lambda y, x: y + 1.0,
}


@pytest.mark.parametrize("name", PLANTED)
def test_the_oracle_catches_a_textbook_form(name, monkeypatch):
    monkeypatch.setattr(TABLE[name], "partials", (PLANTED[name],))
    assert wrong_slopes(TABLE[name], points(TABLE[name].domain[0], POINTS, name))


@pytest.mark.parametrize("got", [nan, inf, 0.0, 1.0 + 3e-12, -1.0])
def test_the_comparison_catches_what_is_lost(got):
    assert not agrees(got, mp.mpf(1))


# --- one row is enough ---------------------------------------------------------------------------------


@pytest.fixture
def arctangent():
    """`atan` once more, under a name that nothing else in the project has ever seen."""
    yield ops.row(
        "atn", math.atan, lambda y, x: 1.0 / (1.0 + x * x), numpy="atn_of_numpy", latex=r"\mathrm{atn}"
    )
    del TABLE["atn"], NUMPY_NAMES["atn_of_numpy"]


def test_one_row_is_enough(arctangent, monkeypatch):
    atn = arctangent
    assert atn(1.0) == atn(1) == math.pi / 4
    x = Value(0.5, label="x")
    for y in (atn(x), x.atn(), x.atn_of_numpy()):
        assert (y.data, y.op, y.parents) == (math.atan(0.5), atn, (x,))
        assert al.grad(y, x) == 0.8
    slopes = [atn(x)]
    for _ in range(2):
        slopes.append(al.grad(slopes[-1], x, create_graph=True))
    assert [s.data for s in slopes[1:]] == [0.8, pytest.approx(-0.64, rel=1e-15)]
    assert atn(np.array([0.0, 1.0])).tolist() == [0.0, math.pi / 4]
    mixed = atn(np.array([x, 1.0], dtype=object))
    assert al.grad(mixed[0] + mixed[1], x) == 0.8
    assert pickle.loads(pickle.dumps(atn)) is atn
    monkeypatch.setitem(REFERENCES, "atn", mp.atan)
    assert not wrong_slopes(atn, points((-100.0, 100.0), 100, "atn"))


def test_one_row_is_enough_for_the_text(arctangent):
    y = 2.0 * arctangent(Value(0.5, label="x"))
    assert "atn(x)" in notation.text(y)
    assert r"\mathrm{atn}" in notation.latex(y)
    assert "x*x" in notation.text(al.grad(y, y.parents[0].parents[0], create_graph=True))


def test_the_row_is_gone_afterwards():
    assert "atn" not in TABLE
    with pytest.raises(AttributeError, match="atn"):
        Value(1.0).atn()


# --- how a row is written and called ------------------------------------------------------------------


@pytest.mark.parametrize("name", ROWS)
def test_how_a_row_is_written(name):
    op = TABLE[name]
    assert op.name == op.__name__ == name
    assert NUMPY_NAMES[op.numpy] is op
    assert op.latex
    assert {int(n) for n in re.findall(r"#(\d)", op.latex)} <= set(range(1, len(op.inputs) + 1))
    assert op.latex.startswith("\\") or "#" in op.latex
    assert op.latex.count("{") == op.latex.count("}")
    assert len(op.domain) == len(op.inputs)
    assert all(low < high for low, high in op.domain)
    assert op.variadic == (op.inputs[-1] == "xs")
    assert op.variadic or len(op.partials) == len(op.inputs)
    assert op.__doc__.startswith(f"{name}(")
    assert repr(op) == f"<op {name}>"
    assert pickle.loads(pickle.dumps(op)) is op


def test_symbols_are_those_of_python():
    x, y = 3.0, 2.0
    infix = {op.symbol: op for op in TABLE.values() if op.symbol and len(op.inputs) == 2}
    assert set(infix) == {"+", "-", "*", "/", "**"}
    for symbol, op in infix.items():
        assert eval(f"x {symbol} y", {"x": x, "y": y}) == op(x, y)


def test_inputs_by_position_by_name_and_by_default():
    assert ops.leaky_relu(-1) == ops.leaky_relu(x=-1.0) == -0.01
    assert ops.leaky_relu(-1.0, 0.5) == ops.leaky_relu(-1.0, slope=0.5) == -0.5
    assert ops.clamp(5.0, high=1.0, low=0.0) == 1.0
    assert ops.elu(-1.0, 2.0) == 2.0 * math.expm1(-1.0)
    assert Value(-1.0).leaky_relu(slope=0.5).data == -0.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.exp(), r"exp: the inputs must be \(x\), got list \[\]"),
        (lambda: ops.exp(1.0, 2.0), r"exp: the inputs must be \(x\)"),
        (lambda: ops.hypot(1.0), r"hypot: the inputs must be \(x, y\)"),
        (lambda: ops.hypot(1.0, z=2.0), r"hypot: the inputs must be \(x, y\), got list \[1.0, 'z=2.0'\]"),
        (lambda: ops.hypot(1.0, x=2.0), "hypot: the inputs"),
        (lambda: ops.select(True, 1.0), r"select: the inputs must be \(condition, x, y\)"),
        (
            lambda: ops.select(True, 1.0, "a"),
            "select: y must be a real number, a Value or an array of them, got str 'a'",
        ),
        (lambda: ops.exp("1"), "exp: x must be a real number, a Value or an array of them, got str '1'"),
        (lambda: ops.exp(None), "exp: x must be .*, got None"),
        (lambda: ops.exp(1j), "exp: x must be .*, got complex 1j"),
        (lambda: ops.exp([1.0]), "exp: x must be"),
        (lambda: ops.hypot(1.0, "a"), "hypot: y must be"),
        (lambda: ops.hypot(Value(1.0), "a"), "hypot: y must be"),
        (lambda: ops.logsumexp(1.0, "a"), "logsumexp: every input must be"),
    ],
)
def test_refusals_name_row_input_and_what_came(call, message):
    with pytest.raises(ArgumentTypeError, match=message):
        call()


def test_every_real_number_is_taken():
    for one in (1, True, np.float32(1), np.int8(1), np.bool_(True), np.float64(1)):
        assert ops.exp(one) == math.e
        assert type(ops.exp(one)) is float
        assert type(ops.select(one, one, 0)) is float
    assert ops.exp(10**400) == inf
    assert ops.exp(-(10**400)) == 0.0


def test_arrays_are_broadcast():
    column, line = np.array([[0.0], [3.0]]), np.array([4.0, 0.0])
    assert ops.hypot(column, line).tolist() == [[4.0, 0.0], [5.0, 3.0]]
    assert ops.hypot(column, 4).dtype == float
    assert ops.select(column > 1, line, nan).tolist()[1] == [4.0, 0.0]
    v = Value(3.0)
    mixed = ops.hypot(v, line)
    assert [x.data for x in mixed] == [5.0, 3.0]
    assert ops.hypot(line, v)[0].parents == (v,)
    assert ops.exp(np.array([])).shape == (0,)
    assert ops.exp(np.array(0.0)) == 1.0


def test_comparisons_are_1_or_0_and_flat():
    assert [ops.greater(x, 2) for x in (1, 2, 3, nan)] == [0.0, 0.0, 1.0, 0.0]
    assert [ops.greater_equal(x, 2) for x in (1, 2, 3, nan)] == [0.0, 1.0, 1.0, 0.0]
    x, y = Value(3.0), Value(3.0)
    for op, number in ((ops.greater, 0.0), (ops.greater_equal, 1.0)):
        node = op(x, y)
        assert (node.data, node.op, node.partials) == (number, op, (0.0, 0.0))
        assert notation.latex(op(x * y, 1.0)) in (r"[{3 \cdot 3} > {1}]", r"[{3 \cdot 3} \geq {1}]")


def test_detach_holds_still():
    x = Value(3.0)
    y = ops.detach(x * x) * x
    assert (y.data, al.grad(y, x)) == (27.0, 9.0)
    assert al.grad(al.grad(y, x, create_graph=True), x) == 0.0
    assert ops.detach(2) == 2.0
    assert ops.detach(np.array([1.0, 2.0])).tolist() == [1.0, 2.0]
    assert (x.detach().op, x.detach().data) == (None, 3.0)  # the method makes a leaf


def test_take_by_a_value():
    index, xs = Value(1.0), [Value(5.0), Value(7.0), 9.0]
    y = ops.take(index, *xs)
    assert (y.data, y.op, y.partials) == (7.0, ops.take, (0.0, 0.0, 1.0))
    assert [g.data for g in al.grad(y * y, [index, *xs[:2]], create_graph=True)] == [0.0, 0.0, 14.0]
    for wrong in (-1, 3, 0.5, nan, inf):
        with pytest.raises(ArgumentValueError, match="take: index must be the place of an item, from 0 to 2"):
            ops.take(wrong, *xs)


def test_select_makes_no_node():
    x, y = Value(1.0), Value(nan)
    assert ops.select(True, x, y) is x
    assert ops.select(x > 2, x, y) is y
    assert ops.select(Value(0.0), x, y) is y
    assert al.grad(ops.select(True, x * x, y.log()), [x, y]) == [2.0, 0.0]
    assert ops.select.all_partials(2.0, (1.0, 2.0, 3.0)) == [0.0, 1.0, 0.0]  # for those who make one
    assert ops.select.all_partials(3.0, (0.0, 2.0, 3.0)) == [0.0, 0.0, 1.0]


def test_no_row_ever_raises():
    """Any operands at all, in range or not, first and second derivatives: IEEE 754 and no exception."""
    draw = random.Random(0)
    odd = [0.0, -0.0, 1.0, -1.0, inf, -inf, nan, DENORMAL, -TINY, 1e308, -1e308, 0.5, -2.0, 3.0, 1e-200]
    for op in TABLE.values():
        for _ in range(60):
            count = draw.randint(1, 4) if op.variadic else len(op.inputs)
            xs = [draw.choice(odd) for _ in range(count)]
            values = [Value(x) for x in xs]
            y = op(0.0, *values) if is_indexed(op) else op(*values)
            first = al.grad(y, values, create_graph=True)
            again = [al.grad(g, values) for g in first]
            assert al.grad(y, values) == pytest.approx([g.data for g in first], rel=1e-12, nan_ok=True)
            assert all(type(x) is float for line in again for x in line)
