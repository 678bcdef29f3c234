"""Partials as Calls: what literals decide, what stays, and rules that branch."""

import math
from math import inf, nan

import pytest

from autograd_lite import ops
from autograd_lite.compiler.equations.ir import Array, Call, Sum, Term, View, whole
from autograd_lite.compiler.equations.symbolic_partials import call, partial_of, rebuilt, slope, written
from autograd_lite.engine.ops import TABLE
from autograd_lite.errors import GraphError

X, Y = View(Array("x", ())), View(Array("y", ()))
P = Call("greater", (X, Y))  # a condition


def text(part):
    """A factor as it is printed."""
    return str(Sum(View(Array("L", ())), (Term(1.0, (part,)),))).removeprefix("L[] = ")


# --- what literals decide ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "operands", "result"),
    [
        ("mul", (1.0, X), X),
        ("mul", (X, 1.0), X),
        ("div", (X, 1.0), X),
        ("pow", (X, 1.0), X),
        ("pow", (X, 0.0), 1.0),
        ("neg", (Call("neg", (X,)),), X),
        ("select", (1.0, X, Y), X),
        ("select", (0.0, X, Y), Y),
        ("select", (P, X, X), X),
        ("and", (P, 1.0), P),
        ("and", (0.0, X), 0.0),
        ("or", (P, 0.0), P),
        ("or", (X, 1.0), 1.0),
        ("mul", (2.0, 3.0), 6.0),
        ("div", (1.0, 0.0), inf),
        ("greater", (2.0, 1.0), 1.0),
        ("and", (2.0, 3.0), 1.0),
    ],
)
def test_what_literals_decide(row, operands, result):
    assert call(row, *operands) == result


@pytest.mark.parametrize(
    ("row", "operands"),
    [
        ("mul", (0.0, X)),  # nan of inf
        ("mul", (X, 0.0)),
        ("add", (X, 0.0)),  # 0.0 of -0.0
        ("add", (0.0, X)),
        ("sub", (X, X)),
        ("div", (X, X)),
        ("div", (1.0, X)),
        ("pow", (1.0, X)),
        ("and", (X, 1.0)),  # x is any number, and the result 0 or 1
        ("or", (0.0, X)),
        ("select", (X, 1.0, 0.0)),
    ],
)
def test_what_they_do_not(row, operands):
    assert call(row, *operands) == Call(row, operands)


def test_a_nan_is_the_same_branch_twice():
    assert str(call("select", X, nan, nan)) == "nan"


# --- slopes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "operands", "position", "result"),
    [
        ("pow", (X, 2.0), 0, "mul(2, x[])"),
        ("pow", (X, 1.0), 0, "1"),
        ("pow", (X, 3.0), 0, "mul(3, pow(x[], 2))"),
        ("mul", (X, Y), 0, "y[]"),
        ("mul", (X, 3.0), 0, "3"),
        ("neg", (X,), 0, "-1"),
        ("exp", (X,), 0, "h[]"),
        ("sigmoid", (X,), 0, "sigmoid'(h[], x[])"),
        ("relu", (X,), 0, "relu'(h[], x[])"),
        ("leaky_relu", (X, 0.1), 0, "leaky_relu'(h[], x[], 0.1)"),
        ("elu", (X, 1.0), 1, "elu'1(h[], x[], 1)"),
        ("div", (X, Y), 1, "neg(div(h[], y[]))"),
        ("logsumexp", (X, Y), 1, "exp(sub(y[], h[]))"),
        ("greater", (X, Y), 0, "0"),
        ("and", (X, Y), 0, "0"),
        ("detach", (X,), 0, "0"),
        ("select", (P, X, Y), 1, "select(greater(x[], y[]), 1, 0)"),
        ("select", (P, X, Y), 2, "select(greater(x[], y[]), 0, 1)"),
        ("prod", (X, Y, 2.0), 0, "mul(2, y[])"),
    ],
)
def test_slopes(row, operands, position, result):
    found = slope(Call(row, operands), position, View(Array("h", ())))
    assert (f"{found:g}" if isinstance(found, float) else text(found)) == result


@pytest.mark.parametrize(
    ("row", "operands", "position", "result"),
    [
        ("sigmoid", (X,), 0, "mul(h[], sigmoid(neg(x[])))"),
        ("relu", (X,), 0, "select(greater(x[], 0), 1, select(greater_equal(0, x[]), 0, nan))"),
        ("leaky_relu", (X, 0.1), 0, "select(greater(x[], 0), 1, select(greater_equal(0, x[]), 0.1, nan))"),
        ("elu", (X, 1.0), 1, "select(greater(x[], 0), 0, expm1(x[]))"),
    ],
)
def test_what_a_symbol_stands_for(row, operands, position, result):
    """It is the table's partial, and is a symbol again when its operands are replaced."""
    symbol = slope(Call(row, operands), position, View(Array("h", ())))
    assert symbol.partial == position
    assert text(partial_of(symbol)) == result
    assert rebuilt(symbol, symbol.operands) == symbol
    assert isinstance(rebuilt(symbol, [0.0] * len(symbol.operands)), float)


def test_a_tie_is_shared():
    hits = ["greater_equal(x[], h[])", "greater_equal(y[], h[])"]
    for position, hit in enumerate(hits):
        found = slope(Call("max", (X, Y)), position, View(Array("h", ())))
        assert text(found) == f"div({hit}, add({hits[0]}, {hits[1]}))"


@pytest.mark.parametrize("name", sorted(set(TABLE) - {"take", "softmax", "log_softmax"}))
def test_every_slope_is_made_of_rows(name):
    """Each row has one, in rows that are there, which an emitter can write."""
    row = TABLE[name]
    operands = (X, Y, View(Array("z", ())))[: 2 if row.variadic else len(row.inputs)]
    for position in range(len(operands)):
        stack = [slope(Call(name, operands), position, View(Array("h", ())))]
        while stack:
            part = stack.pop()
            if isinstance(part, Call) and part.partial is not None:
                stack.append(partial_of(part))
            elif isinstance(part, Call):
                assert part.row in TABLE or part.row in ("and", "or")
                stack.extend(part.operands)


# --- rules that branch -----------------------------------------------------------------------------------


def test_a_rule_with_an_if():
    found = written(lambda x: 2.0 * x if x > 1 else -x, X)
    assert text(found) == "select(greater(x[], 1), mul(2, x[]), neg(x[]))"


def test_a_rule_with_and():
    """Asked again, a condition has the answer that it had."""
    found = written(lambda x: (1.0 if x > 0 else 2.0) if x >= 0 and x < 1 and x >= 0 else 3.0, X)
    assert text(found) == (
        "select(greater_equal(x[], 0), select(greater(1, x[]), select(greater(x[], 0), 1, 2), 3), 3)"
    )


def test_a_rule_that_gives_the_same_either_way():
    assert written(lambda x: x / 1.0 if x > 0 else x, X) == X


def test_conditions_that_are_decided_in_between():
    assert written(lambda x: ops.select((x > 0) | (1.0 >= 0), x, nan), X) == X
    assert written(lambda x: ops.select(((x > 0) & (x < 0) & False) | True, 5.0, x), X) == 5.0


def test_every_operator():
    rule = lambda x, y: +(abs(-x) + (1.0 - y) * (2.0 / x) ** y - 2.0**x / (y - 1.0) + 3.0 * x + (1.0 + y))  # noqa: E731
    assert text(written(rule, X, Y)) == (
        "add(add(sub(add(abs(neg(x[])), mul(sub(1, y[]), pow(div(2, x[]), y[]))), "
        "div(pow(2, x[]), sub(y[], 1))), mul(3, x[])), add(1, y[]))"
    )


def test_what_is_asked_of_whole_arrays():
    view = whole(Array("w", (3,)), ("i",))
    assert text(written(lambda w: ops.exp(w) * w, view)) == "Σ_i mul(exp(w[i]), w[i])"


def test_a_partial_that_knows_floats_alone_is_refused_by_its_row():
    ops.row("wave", math.sin, lambda y, x: math.cos(x))
    with pytest.raises(GraphError, match=r"row 'wave' works on plain numbers alone .*ops\.cos"):
        slope(Call("wave", (X,)), 0, Y)
