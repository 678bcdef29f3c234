"""The graph as lists: each expression once, parents first, and how each scalar is used."""

import pytest

import autograd_lite as al
from autograd_lite.compiler.rolling.scalar_list import LEAF, is_product
from autograd_lite.errors import GraphError

from ..traced_graphs import Value, row, scalars


def named(found):
    """Row and operands of all that is no leaf."""
    return [(r, o) for r, o in zip(found.rows, found.operands, strict=True) if r != LEAF]


def test_leaves_come_first_and_parents_before_what_they_make():
    w, x = row(1.0, 2.0), row(3.0)
    found = scalars(al.tanh(w[0] * x[0]) + w[1], w, x)
    assert found.rows[:3] == [LEAF] * 3
    assert found.values[:3] == [*w, *x]
    assert named(found) == [("mul", (0, 2)), ("tanh", (3,)), ("add", (4, 1))]
    assert found.roots == [5]
    assert found.values[5].op.name == "add"


def test_the_first_operand_is_numbered_first():
    w = row(1.0, 2.0)
    found = scalars((w[0] * w[0]) - (w[1] * w[1]), w)
    assert named(found) == [("mul", (0, 0)), ("mul", (1, 1)), ("sub", (2, 3))]


def test_an_expression_is_there_once_but_not_turned_round():
    a, b = w = row(1.0, 2.0)
    found = scalars(al.sum([a * b, a * b, b * a]), w)
    assert named(found) == [("mul", (0, 1)), ("mul", (1, 0)), ("sum", (2, 2, 3))]


def test_what_has_a_constant_is_never_the_same():
    (w,) = own = row(1.0)
    found = scalars(w * 0.0 + w * 0.0, own)
    assert named(found) == [("mul", (0, 0.0)), ("mul", (0, 0.0)), ("add", (1, 2))]


def test_a_value_that_is_no_leaf_of_ours_is_a_number():
    (w,) = own = row(1.0)
    assert named(scalars(w * Value(7.0), own)) == [("mul", (0, 7.0))]
    assert named(scalars(Value(2.0) * Value(7.0) + w, own)) == [("mul", (2.0, 7.0)), ("add", (1, 0))]


def test_a_result_that_is_constant_is_refused():
    with pytest.raises(GraphError, match="a result is a constant"):
        scalars(Value(3.0), row(1.0))


def test_uses_as_addends_factors_and_others():
    a, b, c = w = row(1.0, 2.0, 3.0)
    found = scalars([al.sum([a, b, b * c, 2.0]), al.max([a, c]), a], w)
    assert found.additive[:3] == [1, 1, 0]
    assert found.factor[:3] == [0, 1, 1]
    assert found.uses[:3] == [3, 2, 2]  # in max as well, and one is a result


@pytest.mark.parametrize("weights", [lambda w: w, lambda w: [w[0], 0.5]])
def test_a_dot_has_factors_and_an_addend(weights):
    w, x, b = row(1.0, 2.0), row(3.0, 4.0), row(5.0)
    found = scalars(al.dot(weights(w), x, b[0]), w, x, b)
    assert found.factor == [1, int(weights(w)[1] is w[1]), 1, 1, 0, 0]
    assert found.additive == [0, 0, 0, 0, 1, 0]
    assert found.uses == [*map(sum, zip(found.factor[:5], found.additive[:5], strict=True)), 1]


@pytest.mark.parametrize(
    ("row_name", "operands", "expected"),
    [
        ("mul", (0, 1), True),
        ("mul", (0, 2.0), True),
        ("neg", (0,), True),
        ("div", (0, 2.0), True),
        ("div", (0, -1e-3), True),
        ("div", (0, 0.0), False),
        ("div", (0, float("inf")), False),
        ("div", (0, float("nan")), False),
        ("div", (0, 1e-300), False),  # the reciprocal is inf
        ("div", (2.0, 0), False),
        ("div", (0, 1), False),
        ("div", (2.0, 3.0), False),
        ("pow", (0, 2.0), True),
        ("pow", (0, 3.0), False),
        ("pow", (0, 1), False),
        ("pow", (2.0, 0), False),
        ("add", (0, 1), False),
        ("tanh", (0,), False),
    ],
)
def test_what_is_a_product(row_name, operands, expected):
    assert is_product(row_name, operands) is expected


def test_a_deep_graph_needs_no_recursion():
    (w,) = own = row(0.5)
    value = w
    for _ in range(100_000):
        value = al.tanh(value)
    found = scalars(value, own)
    assert len(found.rows) == 100_001
    assert found.operands[-1] == (99_999,)


def test_several_roots_and_one_that_is_a_leaf():
    a, b = w = row(1.0, 2.0)
    found = scalars([a * b, b, a * b], w)
    assert found.roots == [2, 1, 2]
    assert found.uses == [1, 2, 2]
