"""Mistakes that a compiler of this kind has made before, looked for in whole programs: nine, and one more."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import autograd_lite as al

RNG = np.random.default_rng(0)


def values(*shape):
    """Nested lists of Values."""
    numbers = RNG.normal(size=shape)
    return np.vectorize(al.Value, otypes=[object])(numbers).tolist()


def held(function, parameters, *samples, reduce="mean"):
    """The program, after its loss and gradients have been those of the scalar graphs of these samples."""
    program = al.compile(function, parameters, reduce=reduce, **samples[0])
    for count in sorted({1, len(samples)}):
        batch = {name: np.array([sample[name] for sample in samples[:count]]) for name in samples[0]}
        total = al.sum([function(**sample) for sample in samples[:count]])
        agree(program.value_and_grad(**batch), total / count if reduce == "mean" else total, parameters)
    return program


def held_value(loss, parameters):
    program = al.compile(loss, parameters)
    agree(program.value_and_grad(), loss, parameters)
    return program


def agree(found, loss, parameters):
    value, gradients = found
    assert value == pytest.approx(loss.data, rel=1e-12, abs=1e-14)
    assert gradients.keys() == parameters.keys()
    for name, nest in parameters.items():
        leaves = np.array(nest, object)
        expected = np.array(al.grad(loss, list(leaves.flat))).reshape(leaves.shape)
        np.testing.assert_allclose(gradients[name], expected, rtol=1e-11, atol=1e-13, err_msg=name)


def shapes(program):
    """Of the arrays that are computed on the way forward."""
    return [equation.target.array.shape for equation in program._rolled.forward]


# --- 1. merging constants by value; merging commutatively --------------------------------------------


def squares(rows, w):
    """A loss over rows of data, finished."""
    return al.sum([(al.dot(w, row) - 1.0) ** 2 for row in rows])


def test_equal_numbers_in_the_data_stay_apart():
    w = values(2)
    often = [[0.0, 1.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0], [1.0, 1.0]]
    program = held_value(squares(often, w), {"w": w})
    other = held_value(squares(RNG.normal(size=(5, 2)).tolist(), w), {"w": w})
    assert program.report().gathers == 0
    assert program.source == other.source


def test_a_column_of_one_number_is_a_number_and_one_of_zeros_is_none():
    w = values(3)
    held_value(squares([[1.0, 0.0, 2.0], [1.0, 0.0, 3.0], [1.0, 0.0, 4.0]], w), {"w": w})


def test_the_gram_matrix_stays_a_square():
    a = values(4, 3)
    weights = RNG.normal(size=(4, 4)).tolist()

    def loss(c):
        return al.sum([al.dot(a[i], a[j]) * c[i][j] for i, j in itertools.product(range(4), repeat=2)])

    program = held(loss, {"a": a}, {"c": weights}, {"c": RNG.normal(size=(4, 4)).tolist()})
    assert program.report().gathers == 0


# --- 2. a product used twice is still written out ----------------------------------------------------


def test_a_product_used_twice_is_no_outer_product():
    w, v = values(5, 4), values(5)

    def loss(x):
        products = [[w_ij * x_j for w_ij, x_j in zip(row, x, strict=True)] for row in w]
        once = [al.tanh(al.sum(row)) for row in products]
        twice = [al.sum(row) * v_i for row, v_i in zip(products, v, strict=True)]
        return al.sum(once) + al.sum(twice)

    program = held(loss, {"w": w, "v": v}, *({"x": RNG.normal(size=4).tolist()} for _ in range(3)))
    assert (5, 4) not in shapes(program)
    assert (4, 5) not in shapes(program)
    assert program.report().matmuls >= 1


# --- 3. one gradient is not another by accident of memory --------------------------------------------


def test_gradients_that_begin_equal_do_not_share_an_array():
    u, v = values(3), values(3)

    def loss(x):
        h = [al.tanh(a * b) for a, b in zip(u, x, strict=True)]
        t = [al.tanh(a + b) for a, b in zip(v, x, strict=True)]
        s = [a + b for a, b in zip(h, t, strict=True)]  # dh = dt = ds, and then h gets more
        return al.sum([a**3 for a in s]) + al.dot(h, v)

    program = held(loss, {"u": u, "v": v}, *({"x": RNG.normal(size=3).tolist()} for _ in range(4)))
    batch = RNG.normal(size=(4, 3))
    first, second = program.value_and_grad(batch), program.value_and_grad(batch)
    for name in ("u", "v"):  # nothing is left over from the call before, and nothing is handed out twice
        assert np.array_equal(first[1][name], second[1][name])
        assert not np.shares_memory(first[1][name], second[1][name])
        assert not np.shares_memory(first[1][name], program.theta)


# --- 4. what is added to through a view is the array itself ------------------------------------------


def columns_loss(table):
    """Picks columns of tanh(table) turned, some of them twice."""

    def loss(x, k):
        turned = [[al.tanh(a) for a in column] for column in zip(*table, strict=True)]
        picked = [al.take(row, k) for row in turned]
        twice = [row[j] * row[j + 1] for row in turned for j in (0, 2, 0)]
        return al.dot(picked, x) + al.sum([a * b for a, b in zip(twice, itertools.cycle(x), strict=False)])

    return loss


def test_gradients_are_added_to_turned_and_reshaped_arrays():
    table = values(4, 3)
    samples = [{"x": RNG.normal(size=3).tolist(), "k": k} for k in (1, 3, 1, 0)]
    held(columns_loss(table), {"table": table}, *samples)


@pytest.mark.parametrize("turn", [np.asfortranarray, lambda x: np.repeat(x, 2, axis=0)[::2], np.array])
def test_the_order_of_the_data_in_memory_does_not_matter(turn):
    table = values(4, 3)
    program = al.compile(columns_loss(table), {"table": table}, x=[1.0, 2.0, 3.0], k=0)
    x, k = RNG.normal(size=(6, 3)), np.array([0, 3, 3, 1, 2, 3])
    expected, found = program.value_and_grad(x, k), program.value_and_grad(turn(x), turn(k))
    assert found[0] == pytest.approx(expected[0], rel=1e-14)
    np.testing.assert_allclose(found[1]["table"], expected[1]["table"], rtol=1e-13)


# --- 5. precedence -----------------------------------------------------------------------------------

FORMULAS = {
    "(a*b).T @ x": lambda a, b, x: [al.sum([a[i][j] * b[i][j] * x[i] for i in range(3)]) for j in range(3)],
    "(a - b)*x": lambda a, b, x: [(a[i][j] - b[i][j]) * x[j] for i in range(3) for j in range(3)],
    "a - (b - x)": lambda a, b, x: [a[i][0] - (b[i][1] - x[i]) for i in range(3)],
    "-(a + x)**2": lambda a, b, x: [-((a[0][i] + x[i]) ** 2.0) for i in range(3)],
    "(-a)**2 * b": lambda a, b, x: [(-a[0][i]) ** 2 * b[i][0] for i in range(3)],
    "a/(b*x)": lambda a, b, x: [a[i][i] / (b[i][i] * x[i]) for i in range(3)],
    "(a/b)/(x/a)": lambda a, b, x: [(a[i][0] / b[i][0]) / (x[i] / a[i][1]) for i in range(3)],
    "exp(a)**b": lambda a, b, x: [al.exp(a[i][2]) ** (b[2][i] - x[i]) for i in range(3)],
    "(2**a)**x": lambda a, b, x: [(2.0 ** a[i][2]) ** x[i] for i in range(3)],
    "abs(a - b)*-x": lambda a, b, x: [al.abs(a[i][0] - b[0][i]) * -x[i] for i in range(3)],
    "select(a > b, a - x, -b)": lambda a, b, x: [
        al.select(a[i][0] > b[i][0], a[i][0] - x[i], -b[i][0]) for i in range(3)
    ],
}


@pytest.mark.parametrize("formula", FORMULAS)
def test_what_is_written_is_read_as_it_was_meant(formula):
    a, b = values(3, 3), values(3, 3)

    def loss(x):
        return al.sum([al.tanh(v) + v * v for v in FORMULAS[formula](a, b, x)])

    held(loss, {"a": a, "b": b}, *({"x": RNG.uniform(0.5, 1.5, 3).tolist()} for _ in range(3)))


# --- 6. max ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [al.max, al.min])
def test_ties_share_the_gradient(row):
    w = values(4)
    w[1].data = w[2].data = 9.0 if row is al.max else -9.0
    program = held(lambda x: row([v * x for v in w]) * x, {"w": w}, {"x": 1.5}, {"x": 2.0}, {"x": -0.5})
    gradient = program.value_and_grad(np.array([1.5]))[1]["w"]
    assert gradient.tolist() == [0.0, 1.125, 1.125, 0.0]


@pytest.mark.parametrize("row", [al.max, al.min])
def test_an_operand_given_twice_counts_once_and_a_half_at_a_tie(row):
    w = values(3)
    held(lambda x: row([w[0] * x, w[1] * x, w[1] * x, w[1] * x, w[2]]), {"w": w}, {"x": 1.0}, {"x": -2.0})
    held(lambda x: row([w[0] * x, w[0] * x]), {"w": w}, {"x": 1.0}, {"x": -2.0})


@pytest.mark.parametrize("row", [al.max, al.min])
def test_operands_of_all_kinds_are_compared(row):
    w, b = values(2, 3), values(2)

    def loss(x):
        return al.sum(
            [row([al.dot(ws, x), bs, al.tanh(ws[0]), x[0] * x[1], 0.25]) for ws, bs in zip(w, b, strict=True)]
        )

    samples = [{"x": RNG.normal(size=3).tolist()} for _ in range(8)]
    held(loss, {"w": w, "b": b}, *samples)


# --- 7. what has no batch, in a sum over the samples -------------------------------------------------


@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_a_penalty_counts_once_a_sample(reduce):
    w = values(3)

    def loss(x):
        return (al.dot(w, x) - 1.0) ** 2 + al.sum([v * v for v in w]) * 0.1 + 0.5

    held(loss, {"w": w}, *({"x": RNG.normal(size=3).tolist()} for _ in range(5)), reduce=reduce)


@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_a_loss_without_data_in_it_counts_once_a_sample(reduce):
    w = values(3)
    held(lambda x: al.exp(al.sum(w)), {"w": w}, {"x": 1.0}, {"x": 2.0}, {"x": 3.0}, reduce=reduce)


# --- 8. the 0 that sum() starts from -----------------------------------------------------------------


def test_sum_of_python_is_that_of_the_package():
    w, b = values(3, 2), values(3)

    def loss(add):
        return lambda x: add(
            [
                al.tanh(add([v * a for v, a in zip(ws, x, strict=True)]) + c)
                for ws, c in zip(w, b, strict=True)
            ]
        )

    parameters, samples = {"w": w, "b": b}, [{"x": RNG.normal(size=2).tolist()} for _ in range(3)]
    assert held(loss(sum), parameters, *samples).source == held(loss(al.sum), parameters, *samples).source


def test_zeros_that_are_data_and_other_starts_are_kept():
    w = values(3)
    held_value(sum(v * c for v, c in zip(w, [0.0, 2.0, 0.0], strict=True)) + 1.0, {"w": w})
    held(lambda x: sum([v * x for v in w], 5.0), {"w": w}, {"x": 1.0}, {"x": 2.0})
    held(lambda x: sum([v * x for v in w[1:]], w[0]), {"w": w}, {"x": 1.0}, {"x": 2.0})


# --- 9. nothing left is 0, and not nothing -----------------------------------------------------------


@pytest.mark.parametrize(
    "zero",
    [
        lambda w, x: 0.0 * w,
        lambda w, x: w * x - w * x,
        lambda w, x: (w - w) * x,
        lambda w, x: 0.0 * w + 0.0 * x,
        lambda w, x: -(0.0 * w) * al.exp(x),
    ],
)
def test_sums_whose_terms_all_vanish_are_zero(zero):
    w = values(4)

    def loss(x):
        return al.sum([al.exp(zero(v, x)) for v in w]) + al.sum([zero(v, x) for v in w]) + w[0] * w[1]

    program = held(loss, {"w": w}, {"x": 1.0}, {"x": -3.0})
    assert program(np.array([2.0])) == pytest.approx(4.0 + w[0].data * w[1].data)


def test_a_loss_that_is_zero_has_gradients_that_are():
    w = values(3)
    program = held(lambda x: al.sum([0.0 * v * x for v in w]), {"w": w}, {"x": 1.0}, {"x": 2.0})
    assert program.value_and_grad(np.array([7.0]))[1]["w"].tolist() == [0.0, 0.0, 0.0]


# --- 10. NumPy's own: unravel_index errs on an array of shape (m, 1) with more than 8192 places ---------


def test_arrays_longer_than_a_buffer_of_numpy_are_rolled_like_others():
    w, b = values(8200), values(8200)

    def loss(x):
        return al.sum([al.tanh(w_i * x + b_i) for w_i, b_i in zip(w, b, strict=True)])

    program = al.compile(loss, {"w": w, "b": b}, x=0.5)
    assert program.report().gathers == 0
