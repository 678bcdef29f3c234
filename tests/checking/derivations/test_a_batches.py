"""System A over batches: means, sums, a penalty on the weights alone, and the loop of descent."""

import numpy as np
import pytest

import autograd_lite as al

from .common import (
    SEEDS,
    System,
    agree,
    by_a_pass_that_loses_sums,
    by_backward,
    columns,
    forward_batch,
    parameters,
    planted,
    random_net,
    sigmoid,
    softmax,
    unseen_slips,
    values,
    without_equation,
    wrong_equations,
    wrong_values,
)
from .test_a import BELOW_THE_OUTPUT, PLANTED


def batch(rng, kind):
    """Samples are columns; a mean or a sum over them, and a penalty on the weights alone."""
    n, penalty = 4, 0.3 if kind == "penalty" else 0.0
    net = random_net(rng, 3, [3, 3, 2], "sigmoid", "softmax")
    rows = values(rng.normal(size=(n, 3)))
    labels = rng.integers(2, size=n)
    a, h = forward_batch(net, rows)
    share = 1 if kind == "sum" else 1 / n
    equations = {
        **BELOW_THE_OUTPUT,
        "yhat": lambda v, d: -share * v.e / v.yhat,  # 1, in every column
        "a3": lambda v, d: -share * (v.e - v.yhat),  # 2
        "W1": lambda v, d: d.a1 @ v.x.T,  # 7
        "b1": lambda v, d: d.a1 @ np.ones(n),  # 8
        "W2": lambda v, d: d.a2 @ v.h1.T,  # 9
        "b2": lambda v, d: d.a2 @ np.ones(n),  # 10
        "W3": lambda v, d: d.a3 @ v.h2.T,  # 11
        "b3": lambda v, d: d.a3 @ np.ones(n),  # 12
    }
    loss = al.nll_loss(h[2], labels, reduction="sum" if kind == "sum" else "mean")
    if penalty:
        loss = loss + al.l2_penalty(net, penalty)
        equations |= {
            "W1": lambda v, d: d.a1 @ v.x.T + penalty * v.W1,
            "W2": lambda v, d: d.a2 @ v.h1.T + penalty * v.W2,
            "W3": lambda v, d: d.a3 @ v.h2.T + penalty * v.W3,
        }
    return System(
        f"A, batch: {kind}",
        loss,
        {
            "x": columns(rows),
            "a1": columns(a[0]),
            "a2": columns(a[1]),
            "a3": columns(a[2]),
            "h1": columns(h[0]),
            "h2": columns(h[1]),
            "yhat": columns(h[2]),
            **parameters(net),
            "e": np.eye(2)[:, labels],
        },
        equations,
        forward={
            "a1": lambda v: v.W1 @ v.x + v.b1[:, None],
            "a3": lambda v: v.W3 @ v.h2 + v.b3[:, None],
            "yhat": lambda v: softmax(v.a3),
            "loss": lambda v: (
                -share * np.sum(v.e * np.log(v.yhat))
                + penalty / 2 * sum(np.sum(w**2) for w in (v.W1, v.W2, v.W3))
            ),
        },
    )


def systems(seed):
    rng = np.random.default_rng([6, seed])
    return [batch(rng, kind) for kind in ("mean", "sum", "penalty")]


# --- the tests -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_every_equation_gives_the_gradient_of_the_graph(seed):
    for system in systems(seed):
        assert wrong_values(system) == {}
        assert wrong_equations(system) == {}
        assert wrong_equations(system, by_backward) == {}


def test_every_quantity_has_its_equation():
    assert [name for system in systems(0) for name in without_equation(system)] == []


def test_a_slip_in_any_equation_fails():
    assert unseen_slips(systems) == set()


# --- gradient descent ------------------------------------------------------------------------------------


def by_hand(theta, X, labels, rate, steps):
    """The loop of the notes in NumPy: forward, backward, and six updates a step."""
    W1, b1, W2, b2, W3, b3 = (t.copy() for t in theta)
    for _ in range(steps):
        dW1, db1, dW2, db2, dW3, db3 = (np.zeros_like(t) for t in theta)
        for x, label in zip(X, labels, strict=True):
            h1 = sigmoid(W1 @ x + b1)
            h2 = sigmoid(W2 @ h1 + b2)
            yhat = softmax(W3 @ h2 + b3)
            da3 = yhat - np.eye(2)[label]
            da2 = (W3.T @ da3) * h2 * (1 - h2)
            da1 = (W2.T @ da2) * h1 * (1 - h1)
            dW1, db1 = dW1 + np.outer(da1, x) / len(X), db1 + da1 / len(X)
            dW2, db2 = dW2 + np.outer(da2, h1) / len(X), db2 + da2 / len(X)
            dW3, db3 = dW3 + np.outer(da3, h2) / len(X), db3 + da3 / len(X)
        W1, b1 = W1 - rate * dW1, b1 - rate * db1
        W2, b2 = W2 - rate * dW2, b2 - rate * db2
        W3, b3 = W3 - rate * dW3, b3 - rate * db3
    return W1, b1, W2, b2, W3, b3


def by_values(net, X, labels, rate, steps):
    """The same over the graph."""
    for _ in range(steps):
        net.zero_grad()
        al.nll_loss([net(x) for x in X], labels).backward()
        for p in net.parameters():
            p.data -= rate * p.grad
    return net.state_dict().values()


def descents(seed):
    """The parameters after 50 steps: of the hand-written loop, and of the graph's."""
    rng = np.random.default_rng([1, seed])
    net = random_net(rng, 3, [3, 3, 2], "sigmoid", "softmax")
    start = list(net.state_dict().values())
    X, labels = rng.normal(size=(4, 3)), rng.integers(2, size=4)
    return by_hand(start, X, labels, 0.5, 50), by_values(net, X, labels, 0.5, 50), start


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_fifty_steps_of_descent(seed):
    for hand, graph, before in zip(*descents(seed), strict=True):
        assert agree(hand, graph, 1e-10)
        assert not agree(hand, before, 1e-2)  # it has moved


# --- planted errors of the graph ---------------------------------------------------------------------------


@pytest.mark.parametrize("row", ["sigmoid", "log", "softmax"])
def test_a_wrong_row_of_the_table_fails(row):
    with planted(row, *PLANTED[row]):
        assert any(wrong_equations(system) for system in systems(0))


@pytest.mark.parametrize("row", ["sigmoid", "softmax"])
def test_a_wrong_row_of_the_table_leads_the_descent_astray(row):
    with planted(row, *PLANTED[row]):
        hand, graph, _ = descents(0)
    assert not all(agree(a, b, 1e-10) for a, b in zip(hand, graph, strict=True))


def test_a_pass_that_loses_sums_fails():
    assert all(wrong_equations(system, by_a_pass_that_loses_sums) for system in systems(0))
