"""System E: the ReLU autoencoder, over a batch; samples are columns."""

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import nn

from .common import (
    SEEDS,
    System,
    agree,
    by_a_pass_that_loses_sums,
    by_backward,
    columns,
    drawn,
    forward_batch,
    parameters,
    planted,
    printed_but_right,
    relu,
    unseen_slips,
    values,
    without_equation,
    wrong_equations,
    wrong_values,
)

INPUTS, CODE, N = 4, 3, 4  # as many samples as inputs: a mask can be multiplied as a matrix


# --- the nets ------------------------------------------------------------------------------------------


def random_autoencoder(rng):
    net = nn.Autoencoder(INPUTS, CODE, "relu", "relu")
    for layer in net.layers:
        layer.weight = rng.normal(size=np.shape(layer.weight))
        layer.bias = rng.uniform(size=len(layer.bias))
    return net


def autoencoder(rng, target):
    """The target is x itself, which then has a second gradient, or its numbers alone."""
    net = random_autoencoder(rng)
    x = values(rng.uniform(size=(N, INPUTS)))
    (a1, a2), (h, xhat) = forward_batch(net, x)
    t = np.array([[v.data for v in row] for row in x])
    losses = [al.sse_loss(*pair) for pair in zip(xhat, x if target == "x itself" else t, strict=True)]

    def wanted(v):
        return v.x if target == "x itself" else v.t

    through_the_net = {
        "xhat": lambda v, d: 2 / N * (v.xhat - wanted(v)),
        "a2": lambda v, d: (v.xhat > 0) * d.xhat,
        "W2": lambda v, d: d.a2 @ v.h.T,
        "b2": lambda v, d: d.a2 @ np.ones(N),
        "h": lambda v, d: v.W2.T @ d.a2,
        "a1": lambda v, d: (v.h > 0) * (v.W2.T @ d.a2),
        "W1": lambda v, d: d.a1 @ v.x.T,
        "b1": lambda v, d: d.a1 @ np.ones(N),
        "x": lambda v, d: v.W1.T @ d.a1,
    }
    if target == "x itself":
        through_the_net["x"] = lambda v, d: v.W1.T @ d.a1 - d.xhat
    return System(
        f"E, target {target}",
        al.mean(losses),
        {
            "x": columns(x),
            **parameters(net),
            "a1": columns(a1),
            "h": columns(h),
            "a2": columns(a2),
            "xhat": columns(xhat),
            **({} if target == "x itself" else {"t": t.T.copy()}),
        },
        through_the_net,
        [
            (
                "xhat",
                lambda v, d: 1 / N * np.sum(2 * (v.xhat - wanted(v)), axis=1),
                "summed too early: ∇x̂ has one column a sample",
            ),
            (
                "W2",
                lambda v, d: ((v.xhat > 0) * np.sum(d.xhat, axis=1)[:, None]) @ v.h.T,
                "summed too early: over the samples, before the outer product",
            ),
            (
                "W2",
                lambda v, d: ((v.xhat > 0) @ d.xhat) @ v.h.T,
                "wrong product: the mask multiplies elementwise, not as a matrix",
            ),
        ],
        {
            "a1": lambda v: v.W1 @ v.x + v.b1[:, None],
            "h": lambda v: relu(v.a1),
            "a2": lambda v: v.W2 @ v.h + v.b2[:, None],
            "xhat": lambda v: relu(v.a2),
            "loss": lambda v: np.sum((wanted(v) - v.xhat) ** 2) / N,
        },
    )


def systems(seed):
    rng = np.random.default_rng([5, seed])
    targets = ("x itself", "its numbers")
    return [drawn(lambda t=t: autoencoder(rng, t), "h", "xhat") for t in targets]


# --- the tests -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_every_equation_gives_the_gradient_of_the_graph(seed):
    for system in systems(seed):
        assert wrong_values(system) == {}
        assert wrong_equations(system) == {}
        assert wrong_equations(system, by_backward) == {}


def test_every_quantity_has_its_equation():
    assert [name for system in systems(0) for name in without_equation(system)] == []


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_what_is_printed_wrongly_fails(seed):
    assert [name for system in systems(seed) for name in printed_but_right(system)] == []


def test_a_slip_in_any_equation_fails():
    assert unseen_slips(systems) == set()


def test_the_masks_matter():
    """In these systems some units are active and some are not, in both layers."""
    for system in systems(0):
        for name in ("h", "xhat"):
            active = [h.data > 0 for row in system.quantities[name] for h in row]
            assert any(active)
            assert not all(active)


# --- gradient descent ------------------------------------------------------------------------------------


def by_hand(state, x, rate, steps):
    """The loop in NumPy; x has a column for every sample."""
    W1, b1, W2, b2 = state
    n = x.shape[1]
    for _ in range(steps):
        h = np.maximum(W1 @ x + b1[:, None], 0)
        xhat = np.maximum(W2 @ h + b2[:, None], 0)
        da2 = (xhat > 0) * (2 / n * (xhat - x))
        da1 = (h > 0) * (W2.T @ da2)
        W1, b1 = W1 - rate * (da1 @ x.T), b1 - rate * (da1 @ np.ones(n))
        W2, b2 = W2 - rate * (da2 @ h.T), b2 - rate * (da2 @ np.ones(n))
    return W1, b1, W2, b2


def a_net_that_is_alive(rng):
    """With its data. Every layer passes on a gradient for some sample; a dead net stays where it is."""
    while True:
        net, X = random_autoencoder(rng), rng.uniform(size=(N, INPUTS))
        al.mean([al.sse_loss(net(x), x) for x in X]).backward()
        if all(any(b.grad for b in layer.bias) for layer in net.layers):
            return net, X


def descents(seed):
    """The parameters after 50 steps: of the hand-written loop, of the graph's; and those before."""
    net, X = a_net_that_is_alive(np.random.default_rng([5, seed]))
    start = list(net.state_dict().values())
    hand = by_hand(start, X.T, 0.05, 50)
    for _ in range(50):
        net.zero_grad()
        al.mean([al.sse_loss(net(x), x) for x in X]).backward()
        for p in net.parameters():
            p.data -= 0.05 * p.grad
    return hand, list(net.state_dict().values()), start


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_fifty_steps_of_descent(seed):
    for hand, graph, before in zip(*descents(seed), strict=True):
        assert agree(hand, graph, 1e-10)
        assert not agree(hand, before, 1e-3)  # it has moved


# --- planted errors of the graph ---------------------------------------------------------------------------

PLANTED = {
    "mean": (lambda y, *xs: [1.0] * len(xs),),
    "sum": (lambda y, *xs: [1.0 / len(xs)] * len(xs),),
}


@pytest.mark.parametrize("row", PLANTED)
def test_a_wrong_row_of_the_table_fails(row):
    with planted(row, *PLANTED[row]):
        assert any(wrong_equations(system) for system in systems(0))


@pytest.mark.parametrize("row", PLANTED)
def test_a_wrong_row_of_the_table_leads_the_descent_astray(row):
    with planted(row, *PLANTED[row]):
        hand, graph, _ = descents(0)
    assert not all(agree(a, b, 1e-10) for a, b in zip(hand, graph, strict=True))


def test_a_mask_with_another_slope_fails(monkeypatch):
    """relu is inlined in the engine, so the planted one leaks a little below 0."""
    leaky = nn.ACTIVATIONS["leaky_relu"]
    monkeypatch.setitem(nn.ACTIVATIONS, "relu", leaky)
    assert all(wrong_equations(system) for system in systems(0))


def test_a_pass_that_loses_sums_fails():
    assert all(wrong_equations(system, by_a_pass_that_loses_sums) for system in systems(0))
