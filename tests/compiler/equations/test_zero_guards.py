"""A gradient of 0 where nothing was reached stays 0, whatever stands beside it; and only there is a guard."""

import math

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import ops
from autograd_lite.compiler.equations.gradient import differentiate

from ..equations_from_text import index, parameter, samples, written
from ..gradient_oracle import assert_right, by_engine


def at_edge(text, w, **arrays):
    """The gradients at a point where a branch that is not taken, or a row that is not picked, has none."""
    program = written(text, w=parameter(len(w)), **arrays)
    numbers = {program.parameters[0]: np.array(w)}
    numbers |= {array: np.array([1, 1]) for array in program.inputs}
    _, slopes = by_engine(program, numbers, count=2)
    assert np.isfinite(slopes[program.parameters[0]]).all()
    assert_right(program, numbers, count=2)


@pytest.mark.parametrize("row", ["sqrt", "log", "log1p", "atanh"])
def test_no_nan_from_the_branch_that_is_not_taken(row):
    text = "y[i] = {row}(w[i])\ns[i] = select(greater(w[i], 0), y[i], 0)\nL[] = s[i]·s[i]"
    at_edge(text.format(row=row), [0.5, 0.0, -1.0])


def test_no_nan_from_a_product_in_the_branch_that_is_not_taken():
    at_edge(
        """
        y[i] = log(w[i])
        a[i] = w[i]·y[i]
        s[i] = select(greater(w[i], 0), a[i], w[i])
        L[] = s[i]·s[i]
        """,
        [0.5, 0.0, -1.0],
    )


def test_no_nan_from_a_chain_in_the_branch_that_is_not_taken():
    at_edge(
        """
        y[i] = div(1, w[i])
        r[i] = sqrt(y[i])
        t[i] = tanh(r[i])
        s[i] = select(greater(w[i], 0), t[i], 0.5)
        L[] = s[i]·s[i]
        """,
        [0.5, 0.0, 2.0],
    )


def test_no_nan_from_calls_within_calls():
    at_edge("s[i] = select(greater(w[i], 0), sqrt(sin(w[i])), 0)\nL[] = s[i]·s[i]", [0.5, 0.0, -1.0])


@pytest.mark.parametrize("row", ["logsumexp", "prod", "max", "norm"])
def test_no_nan_from_a_list(row):
    text = """
        y[i] = log(w[i])
        m[] = {row}_k y[k+1]
        s[i] = select(greater(w[i], 5), m[], w[i])
        L[] = s[i]·s[i]
    """
    at_edge(text.format(row=row), [0.5, 0.0, 0.0], sizes={"k": 2})


def test_no_nan_from_calls_beside():
    text = "a[i] = w[i]·sin(div(1, w[i]))\ns[i] = select(greater(w[i], 0), a[i], 0)\nL[] = s[i]·s[i]"
    at_edge(text, [0.5, 0.0, 2.0])


def test_no_nan_from_a_row_with_an_infinite_slope():
    """Its value is finite everywhere."""
    ops.row(
        "cube_root",
        lambda x: math.copysign(abs(x) ** (1 / 3), x),
        lambda y, x: 1.0 / (3.0 * y * y),
    )
    at_edge("s[i] = select(greater(w[i], 0), cube_root(w[i]), 0)\nL[] = s[i]·s[i]", [0.5, 0.0, 2.0])


@pytest.mark.parametrize(
    ("value", "partial"),
    [
        (lambda x: x * math.tanh(math.exp(x)), lambda y, x: ops.tanh(ops.exp(x))),  # OverflowError at 1e3
        (lambda x: math.log(x) * x, lambda y, x: 1.0 + ops.log(x)),  # ValueError below 0
        (lambda x: 1 / x, lambda y, x: -y / x),  # ZeroDivisionError at 0
    ],
)
def test_a_row_that_is_not_made_for_all_numbers_is_compiled_all_the_same(value, partial):
    own, w = ops.row("own", value, partial), al.Value(0.5)
    program = al.compile(lambda x: own(w * x) ** 2 + al.select(x > 1, own(w), x), {"w": w}, x=2.0)
    assert "own" in program.equations()
    total = own(w * 2.0) ** 2 + own(w)
    loss, gradients = program.value_and_grad([2.0])
    assert (loss, gradients["w"]) == (pytest.approx(total.data), pytest.approx(al.grad(total, w)))


def test_no_nan_from_the_rows_that_are_not_picked():
    at_edge("y[i] = log(w[i])\nL[] = y[k[n]]", [0.0, 3.0, -1.0], k=index())


def test_an_infinite_gradient_stays_out_of_the_other_branch():
    at_edge(
        """
        s[i] = select(greater(w[i], 1), w[i], 0)
        r[i] = sqrt(s[i])
        L[] = r[i] + w[i]·w[i]
        """,
        [0.5, 3.0],
    )


def test_what_is_reached_by_another_way_is_not_guarded():
    """Whatever the order in which the two ways are met."""
    for loss in ("L[] = y[i]·y[i] + s[i]", "L[] = s[i] + y[i]·y[i]"):
        text = "y[i] = sqrt(w[i])\ns[i] = select(greater(w[i], 0), y[i], 0)\n" + loss
        program = differentiate(written(text, w=parameter(3)))
        assert str(program.backward[-1]) == "dw[i] = dy[i]·sqrt'(y[i], w[i])"


def test_a_matrix_product_is_not_taken_apart():
    """Even if a factor can be infinite: an outer product in its place would be too slow."""
    program = written(
        """
        a[n,j] = x[n,k]·W[j,k]
        h[n,j] = exp(a[n,j])
        c[n,j] = h[n,k]·V[j,k]
        s[n,j] = select(greater(c[n,j], 0), c[n,j], 0)
        L[] = s[n,j]·s[n,j]
        """,
        x=samples(3), W=parameter(2, 3), V=parameter(2, 2),
    )  # fmt: skip
    assert "dV[j,k] = Σ_n dc[n,j]·h[n,k]" in [str(equation) for equation in differentiate(program).backward]
    assert_right(program)


def test_a_layer_behind_a_select_is_a_matrix_product_still():
    """A relu written with select: nothing there can be infinite, so nothing is guarded."""
    program = written(
        """
        a[n,j] = x[n,k]·W[j,k]
        h[n,j] = tanh(a[n,j])
        c[n,j] = h[n,k]·V[j,k]
        s[n,j] = select(greater(c[n,j], 0), c[n,j], 0)
        L[] = s[n,j]·s[n,j]
        """,
        x=samples(3), W=parameter(2, 3), V=parameter(2, 2),
    )  # fmt: skip
    assert [str(equation) for equation in differentiate(program).backward[2:]] == [
        "dc[n,j] = select(greater(c[n,j], 0), ds[n,j], 0)",
        "dV[j,k] = Σ_n dc[n,j]·h[n,k]",
        "dh[n,k] = Σ_j dc[n,j]·V[j,k]",
        "da[n,j] = dh[n,j]·tanh'(h[n,j], a[n,j])",
        "dW[j,k] = Σ_n da[n,j]·x[n,k]",
    ]
    assert_right(program)
