"""System A: the three-layer sigmoid net 3-3-3-2 and its variants, equation by equation."""

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import Value

from .common import (
    SEEDS,
    System,
    agree,
    by_a_pass_that_loses_sums,
    by_backward,
    forward,
    parameters,
    planted,
    printed_but_right,
    random_net,
    sigmoid,
    sigmoid_slope,
    softmax,
    unseen_slips,
    values,
    without_equation,
    wrong_equations,
    wrong_values,
)

# --- the equations -----------------------------------------------------------------------------------

BELOW_THE_OUTPUT = {
    "h2": lambda v, d: v.W3.T @ d.a3,  # 3
    "a2": lambda v, d: (v.W3.T @ d.a3) * sigmoid_slope(v.a2),  # 4
    "h1": lambda v, d: v.W2.T @ d.a2,  # 5
    "a1": lambda v, d: (v.W2.T @ d.a2) * sigmoid_slope(v.a1),  # 6
    "W1": lambda v, d: np.outer(d.a1, v.x),  # 7
    "b1": lambda v, d: d.a1,  # 8
    "W2": lambda v, d: np.outer(d.a2, v.h1),  # 9
    "b2": lambda v, d: d.a2,  # 10
    "W3": lambda v, d: np.outer(d.a3, v.h2),  # 11
    "b3": lambda v, d: d.a3,  # 12
    "x": lambda v, d: v.W1.T @ d.a1,  # as 3 and 5, one layer further
}

FORWARD = {
    "a1": lambda v: v.W1 @ v.x + v.b1,
    "h1": lambda v: sigmoid(v.a1),
    "a2": lambda v: v.W2 @ v.h1 + v.b2,
    "h2": lambda v: sigmoid(v.a2),
    "a3": lambda v: v.W3 @ v.h2 + v.b3,
}

PRINTED_BELOW_THE_OUTPUT = [
    (
        "a2",
        lambda v, d: (v.W3.T @ d.a3) * (-1 / (1 + np.exp(-v.a2)) ** 2 * np.exp(-v.a2)),
        "sign: g'(a) is + e^-a/(1+e^-a)²",
    ),
    ("h2", lambda v, d: (v.W3.T @ d.a3)[:2, None], "shape: 2×1 where W3ᵀ ∇a3 is 3×1"),
    (
        "w11",
        lambda v, d: (
            d.a3[0] * v.W3[0, 0] * sigmoid_slope(v.a2[0]) * v.W2[0, 0] * sigmoid_slope(v.a1[0]) * v.x[0]
        ),
        "missing sum: one product of factors where there is one for every path",
    ),
]


def all_paths_to_w11(v, d):
    """The sum over the units j of layer 2 and k of layer 3 of the products of factors."""
    return sum(
        d.a3[k] * v.W3[k, j] * sigmoid_slope(v.a2[j]) * v.W2[j, 0] * sigmoid_slope(v.a1[0]) * v.x[0]
        for k, j in np.ndindex(v.W3.shape)
    )


# --- the nets ------------------------------------------------------------------------------------------


def three_layers(rng, outputs, output):
    """x, the outputs of the net, and its named quantities."""
    net = random_net(rng, 3, [3, 3, outputs], "sigmoid", output)
    x = values(rng.normal(size=3))
    (a1, a2, a3), (h1, h2, yhat) = forward(net, x)
    w11 = net.layers[0].weight[0][0]
    quantities = {"x": x, **parameters(net), "w11": w11, "a1": a1, "h1": h1, "a2": a2, "h2": h2, "a3": a3}
    return x, yhat, quantities


def classification(rng):
    _, yhat, quantities = three_layers(rng, 2, "softmax")
    label = int(rng.integers(2))
    return System(
        "A, classification",
        al.nll_loss(yhat, label),
        {**quantities, "yhat": yhat, "e": np.eye(2)[label]},
        {
            "yhat": lambda v, d: -(1 / (v.e @ v.yhat)) * v.e,  # 1
            "a3": lambda v, d: -(v.e - v.yhat),  # 2
            **BELOW_THE_OUTPUT,
            "w11": all_paths_to_w11,
        },
        [
            (
                "yhat",
                lambda v, d: -(1 / (v.e @ v.e)) * v.e,
                "wrong quantity: 1/y_c, the label, where 1/ŷ_l, the prediction, belongs",
            ),
            *PRINTED_BELOW_THE_OUTPUT,
        ],
        {**FORWARD, "yhat": lambda v: softmax(v.a3), "loss": lambda v: -np.log(v.e @ v.yhat)},
    )


def through_the_jacobian(rng):
    """Cross entropy in general, with probabilities for a label: the whole of J counts."""
    _, yhat, quantities = three_layers(rng, 2, "softmax")
    p = rng.dirichlet([1.0, 1.0])
    return System(
        "A, cross entropy with probabilities",
        al.nll_loss(yhat, p),
        {**quantities, "yhat": yhat, "p": p},
        {
            "yhat": lambda v, d: -v.p / v.yhat,
            "a3": lambda v, d: (np.diag(v.yhat) - np.outer(v.yhat, v.yhat)).T @ d.yhat,  # J
            **BELOW_THE_OUTPUT,
            "w11": all_paths_to_w11,
        },
        forward={**FORWARD, "yhat": lambda v: softmax(v.a3), "loss": lambda v: -v.p @ np.log(v.yhat)},
    )


def one_output(rng):
    """The loss is ŷ_j itself, j not being the class l: its gradient is row j of the Jacobian."""
    a3 = values(rng.normal(size=3))
    yhat = al.softmax(a3)
    j, label = rng.permutation(3)[:2]
    return System(
        "A, one output of the softmax",
        yhat[j],
        {"a3": a3, "yhat": yhat, "e": np.eye(3)[label], "u": np.eye(3)[j]},
        {
            "a3": lambda v, d: (v.u @ v.yhat) * (v.u - v.yhat),  # J, row j
            "yhat": lambda v, d: v.u,
        },
        [
            (
                "a3",
                lambda v, d: (v.u @ v.yhat) * (v.e - v.yhat),
                "wrong index: component j has 1[j=i], not 1[l=i]",
            )
        ],
        {"yhat": lambda v: softmax(v.a3), "loss": lambda v: v.u @ v.yhat},
    )


def regression(rng):
    _, (yhat,), quantities = three_layers(rng, 1, "linear")
    y = np.array(rng.normal())
    return System(
        "A, regression",
        (yhat - float(y)) ** 2,
        {**quantities, "yhat": yhat, "y": y},
        {
            "yhat": lambda v, d: 2 * (v.yhat - v.y),
            "a3": lambda v, d: np.array([2 * (v.yhat - v.y)]),  # the output is linear
            **BELOW_THE_OUTPUT,
            "w11": all_paths_to_w11,
        },
        PRINTED_BELOW_THE_OUTPUT[::2],  # of one output, W3ᵀ ∇a3 has the same kind of shape as before
        {**FORWARD, "yhat": lambda v: v.a3[0], "loss": lambda v: (v.yhat - v.y) ** 2},
    )


def vector_regression(rng):
    _, yhat, quantities = three_layers(rng, 2, "linear")
    y = rng.normal(size=2)
    return System(
        "A, vector regression",
        al.mse_loss(yhat, y),
        {**quantities, "yhat": yhat, "y": y},
        {
            "yhat": lambda v, d: 2 / len(v.y) * (v.yhat - v.y),
            "a3": lambda v, d: 2 / len(v.y) * (v.yhat - v.y),
            **BELOW_THE_OUTPUT,
            "w11": all_paths_to_w11,
        },
        PRINTED_BELOW_THE_OUTPUT,
        {**FORWARD, "yhat": lambda v: v.a3, "loss": lambda v: np.mean((v.y - v.yhat) ** 2)},
    )


def autoencoder(rng):
    """The target is x itself, so that x has a second gradient, the target's."""
    x, xhat, quantities = three_layers(rng, 3, "linear")
    return System(
        "A, autoencoder",
        al.mse_loss(xhat, x),
        {**quantities, "xhat": xhat},
        {
            "xhat": lambda v, d: 2 / len(v.x) * (v.xhat - v.x),
            "a3": lambda v, d: 2 / len(v.x) * (v.xhat - v.x),
            **BELOW_THE_OUTPUT,
            "w11": all_paths_to_w11,
            "x": lambda v, d: v.W1.T @ d.a1 - 2 / len(v.x) * (v.xhat - v.x),
        },
        PRINTED_BELOW_THE_OUTPUT,
        {**FORWARD, "xhat": lambda v: v.a3, "loss": lambda v: np.mean((v.x - v.xhat) ** 2)},
    )


def one_unit_a_layer(rng):
    """1-1-1-1: every gradient is the plain product of the factors of the chain."""
    x, w1, b1, w2, b2, w3, b3 = map(Value, rng.normal(size=7))
    a1 = w1 * x + b1
    h1 = al.sigmoid(a1)
    a2 = w2 * h1 + b2
    h2 = al.sigmoid(a2)
    a3 = w3 * h2 + b3
    yhat = al.sigmoid(a3)

    def to_a3(v):  # dL/dŷ · dŷ/da3
        return -1 / v.yhat * sigmoid_slope(v.a3)

    def to_a2(v):  # ... · da3/dh2 · dh2/da2
        return to_a3(v) * v.w3 * sigmoid_slope(v.a2)

    def to_a1(v):  # ... · da2/dh1 · dh1/da1
        return to_a2(v) * v.w2 * sigmoid_slope(v.a1)

    names = {"x": x, "w1": w1, "b1": b1, "a1": a1, "h1": h1, "w2": w2, "b2": b2, "a2": a2, "h2": h2}
    return System(
        "A, one unit a layer",
        -al.log(yhat),
        {**names, "w3": w3, "b3": b3, "a3": a3, "yhat": yhat},
        {
            "yhat": lambda v, d: -1 / v.yhat,
            "a3": lambda v, d: to_a3(v),
            "h2": lambda v, d: to_a3(v) * v.w3,
            "a2": lambda v, d: to_a2(v),
            "h1": lambda v, d: to_a2(v) * v.w2,
            "a1": lambda v, d: to_a1(v),
            "w1": lambda v, d: to_a1(v) * v.x,
            "b1": lambda v, d: to_a1(v),
            "w2": lambda v, d: to_a2(v) * v.h1,
            "b2": lambda v, d: to_a2(v),
            "w3": lambda v, d: to_a3(v) * v.h2,
            "b3": lambda v, d: to_a3(v),
            "x": lambda v, d: to_a1(v) * v.w1,
        },
        forward={"a3": lambda v: v.w3 * v.h2 + v.b3, "loss": lambda v: -np.log(sigmoid(v.a3))},
    )


def systems(seed):
    rng = np.random.default_rng([1, seed])
    makers = (
        *(classification, through_the_jacobian, one_output, regression, vector_regression),
        *(autoencoder, one_unit_a_layer),
    )
    return [make(rng) for make in makers]


# --- the tests -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_every_equation_gives_the_gradient_of_the_graph(seed):
    for system in systems(seed):
        assert wrong_values(system) == {}
        assert wrong_equations(system) == {}
        assert wrong_equations(system, by_backward) == {}


def test_every_quantity_has_its_equation():
    assert [without_equation(system) for system in systems(0)] == [[]] * len(systems(0))


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_what_is_printed_wrongly_fails(seed):
    assert [name for system in systems(seed) for name in printed_but_right(system)] == []


def test_a_slip_in_any_equation_fails():
    assert unseen_slips(systems) == set()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_softmax_jacobian(seed):
    a3 = values(np.random.default_rng(seed).normal(size=4))
    yhat = al.softmax(a3)
    y = np.array([p.data for p in yhat])
    true = np.array(al.jacobian(yhat, a3))
    assert agree(np.diag(y) - np.outer(y, y), true)
    each = [[y[j] * ((j == i) - y[i]) for i in range(4)] for j in range(4)]
    assert agree(each, true)
    l_fixed = [[y[j] * ((i == 2) - y[i]) for i in range(4)] for j in range(4)]
    assert not agree(l_fixed, true)
    assert not agree(np.diag(y * (1 - y)), true)  # the diagonal alone


def test_cross_entropy_of_the_notes_example():
    assert al.nll_loss([0.8, 0.2], [1, 0]) == pytest.approx(-np.log(0.8), rel=1e-15)
    assert al.nll_loss([0.8, 0.2], 0) == pytest.approx(-np.log(0.8), rel=1e-15)


@pytest.mark.parametrize("seed", SEEDS[:5])
def test_the_slope_of_the_sigmoid(seed):
    a = np.random.default_rng(seed).normal(size=6)
    true = [al.grad(al.sigmoid(x), x) for x in values(a)]
    assert agree(sigmoid_slope(a), true)
    assert agree(np.exp(-a) / (1 + np.exp(-a)) ** 2, true)
    assert not agree(1 / (1 + np.exp(-a)) ** 2 * np.exp(-a) * (-1), true)  # as printed


# --- planted errors of the graph ---------------------------------------------------------------------------

PLANTED = {
    "sigmoid": (lambda y, x: y * y,),
    "log": (lambda y, x: -1.0 / x,),
    "softmax": (lambda y, index, *xs: [0.0, *(y * (float(j == index) - y) for j in range(len(xs)))],),
}


@pytest.mark.parametrize("row", PLANTED)
def test_a_wrong_row_of_the_table_fails(row):
    with planted(row, *PLANTED[row]):
        assert any(wrong_equations(system) for system in systems(0))


def test_a_pass_that_loses_sums_fails():
    failing = [system.name for system in systems(0) if wrong_equations(system, by_a_pass_that_loses_sums)]
    assert len(failing) == len(systems(0)) - 2  # a chain of single units, and one output, have no sums
