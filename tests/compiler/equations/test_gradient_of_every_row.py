"""Every row of the table in array equations: its slopes, at usual points and at the edges."""

import random

import numpy as np
import pytest

from autograd_lite import ops
from autograd_lite.compiler.equations.gradient import differentiate
from autograd_lite.compiler.equations.ir import Array, Call, Equations, Reduce, Sum, Term, View, whole
from autograd_lite.compiler.equations.well_formed import check
from autograd_lite.engine.ops import TABLE

from ...engine.exact_arithmetic import operands
from ...engine.special_points import ANYTHING, POINTS, Constant
from ..equations_from_text import parameter, written
from ..gradient_oracle import assert_right, by_engine, by_equations, differs
from ..interpreter import run
from ..random_equations import LISTS

# Rows that a Call can have: the others read an index, which is a view.
CALLED = [name for name in TABLE if name not in ("take", "softmax", "log_softmax")]


def of_call(name, count):
    """L = Σ over places of row(w0, w1, ...)·c, for parameters w0, w1, ..."""
    parameters = [Array(f"w{k}", (3,), "parameter") for k in range(count)]
    views = tuple(whole(array, ("i",)) for array in parameters)
    y, loss = whole(Array("y", (3,)), ("i",)), Array("L", ())
    c = whole(Array("c", (3,), "constant", data=np.array([1.0, -2.0, 0.5])), ("i",))
    forward = [
        Sum(y, (Term(1.0, (Call(name, views),)),), {"i": 3}),
        Sum(View(loss), (Term(1.0, (y, c)),), {"i": 3}),
    ]
    return Equations(forward, loss, [], parameters)


@pytest.mark.parametrize("name", CALLED)
def test_every_row_in_a_call(name):
    """Whatever row is added to the table has its gradient here."""
    points = [xs for xs in operands(TABLE[name], 60, "call") if all(abs(x) < 1e3 for x in xs)]
    widths = {len(xs) for xs in points}
    for width in widths:
        alike = [xs for xs in points if len(xs) == width]
        for start in range(0, len(alike) - 2, 3):
            program = differentiate(of_call(name, width))
            check(program)
            numbers = dict(zip(program.parameters, np.array(alike[start : start + 3]).T, strict=True))
            assert differs(by_equations(program, numbers), by_engine(program, numbers), 1e-11, 1e-300) == []


def of_list(name, count):
    """L = row over a list of parameters."""
    w, y, loss = Array("w", (count,), "parameter"), Array("y", ()), Array("L", ())
    forward = [
        Reduce(View(y), name, whole(w, ("i",)), ("i",), {"i": count}),
        Sum(View(loss), (Term(1.0, (View(y),)),)),
    ]
    return differentiate(Equations(forward, loss, [], [w]))


def slopes_of_list(name, xs):
    program = of_list(name, len(xs))
    check(program)
    (w,) = program.parameters
    return by_equations(program, {w: np.array(xs)})[1][w]


@pytest.mark.parametrize("name", LISTS)
def test_every_row_over_a_list_has_the_tables_slopes(name):
    row, draw = TABLE[name], random.Random(name)
    for _ in range(100):
        xs = [draw.choice((0.0, 1.0, draw.uniform(-3, 3))) for _ in range(draw.randint(1, 6))]
        right = row.all_partials(row.value(*xs), xs)
        np.testing.assert_allclose(slopes_of_list(name, xs), right, rtol=1e-12, atol=1e-300, err_msg=f"{xs}")


def test_a_product_is_not_divided():
    """Where the product underflows, and where a factor is 0, the products of the others are there."""
    np.testing.assert_array_equal(slopes_of_list("prod", [1e-200, 1e-200, 3.0]), [3e-200, 3e-200, 0.0])
    np.testing.assert_array_equal(slopes_of_list("prod", [0.0, 3.0, 2.0]), [6, 0, 0])
    np.testing.assert_array_equal(slopes_of_list("prod", [0.0, 3.0, 0.0]), [0, 0, 0])
    np.testing.assert_array_equal(slopes_of_list("prod", [5.0]), [1])


def test_a_product_over_two_labels():
    program = written("p[j] = prod_i,k W[i,j,k]\nL[] = p[j]·p[j]", W=parameter(2, 3, 2))
    assert_right(program)


@pytest.mark.parametrize("row", sorted({row for row, *_ in POINTS}))
def test_special_points(row):
    """The table of edges, in a Call and, for rows over lists, in a Reduce; constants are literals."""
    for name, xs, _, right in POINTS:
        if name != row or name not in CALLED:
            continue
        assert_special(name, xs, slopes_at(name, xs), right)
        if name in LISTS and not any(isinstance(x, Constant) for x in xs):
            assert_special(name, xs, slopes_of_list(name, xs), right)


def slopes_at(name, xs):
    """The slopes of L = row(xs) by the equations, for those of xs that are not constant."""
    parameters = [Array(f"w{k}", (), "parameter") for k, x in enumerate(xs) if not isinstance(x, Constant)]
    left = iter(parameters)
    made = [float(x) if isinstance(x, Constant) else View(next(left)) for x in xs]
    y, loss = View(Array("y", ())), Array("L", ())
    forward = [
        Sum(y, (Term(1.0, (Call(name, tuple(made)),)),)),
        Sum(View(loss), (Term(1.0, (y,)),)),
    ]
    program = differentiate(Equations(forward, loss, [], parameters))
    check(program)
    numbers = [x for x in xs if not isinstance(x, Constant)]
    known = run(program, dict(zip(parameters, numbers, strict=True)))
    found = [known[program.gradients[w]].item() if w in program.gradients else 0.0 for w in parameters]
    return [float(x) for x in found]


def assert_special(name, xs, found, right):
    for mine, true in zip(found, right, strict=True):
        if true is not ANYTHING:
            assert mine == pytest.approx(true, rel=1e-12, abs=0.0, nan_ok=True), f"{name}{xs}"


def test_a_row_of_the_users_with_branches_in_its_partial():
    """Python's own `if` in a partial: both ways are gone, and a select chooses."""

    def slope(y, x):
        if x > 1:
            return 2.0 * x
        return 1.0 if x >= 0 and x < 0.5 else -1.0

    ops.row("bent", lambda x: x * x if x > 1 else x, slope)
    program = written("y[i] = bent(w[i])\nL[] = y[i]·y[i]", w=parameter(5))
    assert_right(program, numbers={program.parameters[0]: np.array([2.0, 0.2, 0.7, -0.5, 1.5])})
