"""System D: the classifier of two hidden ReLU layers, over a batch; samples are columns."""

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
    drawn,
    forward_batch,
    parameters,
    planted,
    printed_but_right,
    random_net,
    relu,
    softmax,
    unseen_slips,
    values,
    without_equation,
    wrong_equations,
    wrong_values,
)

INPUTS, WIDTH, N = 2, 3, 5  # all layers are equally wide: a wrong matrix has the right shape


# --- the nets ------------------------------------------------------------------------------------------


def classifier(rng, share, label):
    """L, a mean (share 1/n) or a sum (share 1) over the samples, through log-softmax or in two steps."""
    net = random_net(rng, INPUTS, [WIDTH] * 3, "relu")
    X, y = values(rng.normal(size=(N, INPUTS))), rng.integers(WIDTH, size=N)
    (a1, a2, f), (h1, h2, _) = forward_batch(net, X)
    reduction = "mean" if share < 1 else "sum"
    quantities = {"X": columns(X), **parameters(net), "a1": columns(a1), "h1": columns(h1)}
    quantities |= {"a2": columns(a2), "h2": columns(h2), "f": columns(f), "Y": np.eye(WIDTH)[:, y]}
    equations = {
        "f": lambda v, d: share * (softmax(v.f) - v.Y),
        "W3": lambda v, d: d.f @ v.h2.T,
        "b3": lambda v, d: d.f @ np.ones(N),
        "h2": lambda v, d: v.W3.T @ d.f,
        "a2": lambda v, d: (v.h2 > 0) * (v.W3.T @ d.f),
        "W2": lambda v, d: d.a2 @ v.h1.T,
        "b2": lambda v, d: d.a2 @ np.ones(N),
        "h1": lambda v, d: v.W2.T @ d.a2,
        "a1": lambda v, d: (v.h1 > 0) * (v.W2.T @ d.a2),
        "W1": lambda v, d: d.a1 @ v.X.T,
        "b1": lambda v, d: d.a1 @ np.ones(N),
        "X": lambda v, d: v.W1.T @ d.a1,
    }
    printed = [
        (
            "W2",
            lambda v, d: ((v.h2 > 0) * d.h2) @ v.f.T,
            "wrong quantity: h3ᵀ, what comes out above, where h1ᵀ, the layer's own input, belongs",
        ),
        (
            "W1",
            lambda v, d: ((v.h1 > 0) * (v.h2 > 0) * (v.W3.T @ v.W3.T @ d.f)) @ v.X.T,
            "wrong matrix, masks out of place: W3 where W2 belongs, and 1[h2 > 0] after its product",
        ),
        *((b, lambda v, d, a=a: getattr(d, a), "missing sum over the samples") for b, a in BIASES),
    ]
    if label == "in two steps":  # softmax, then -log p
        p = [al.softmax(row) for row in f]
        quantities["p"] = columns(p)
        equations["p"] = lambda v, d: -share * v.Y / v.p
        equations["f"] = lambda v, d: share * (v.p - v.Y)
        if share < 1:
            slip = "factor on one term only: 1/n belongs to p as well"
            printed.append(("f", lambda v, d: v.p - v.Y / N, slip))
        loss = al.nll_loss(p, y, reduction=reduction)
    else:
        loss = al.cross_entropy(f, y, reduction=reduction)
    values_of = {
        "a1": lambda v: v.W1 @ v.X + v.b1[:, None],
        "h1": lambda v: relu(v.a1),
        "a2": lambda v: v.W2 @ v.h1 + v.b2[:, None],
        "h2": lambda v: relu(v.a2),
        "f": lambda v: v.W3 @ v.h2 + v.b3[:, None],
        "loss": lambda v: share * (-np.sum(v.f * v.Y) + np.sum(np.log(np.sum(np.exp(v.f), axis=0)))),
    }
    return System(f"D, {reduction}, {label}", loss, quantities, equations, printed, values_of)


BIASES = [("b1", "a1"), ("b2", "a2"), ("b3", "f")]


def systems(seed):
    rng = np.random.default_rng([4, seed])
    kinds = [(1 / N, "in two steps"), (1 / N, "from logits"), (1, "in two steps")]
    return [drawn(lambda kind=kind: classifier(rng, *kind), "h1", "h2") for kind in kinds]


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
    """In these systems some units are active and some are not, in every layer."""
    for system in systems(0):
        for name in ("h1", "h2"):
            active = [h.data > 0 for row in system.quantities[name] for h in row]
            assert any(active)
            assert not all(active)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_two_forms_of_the_loss(seed):
    rng = np.random.default_rng(seed)
    f, y = values(rng.normal(size=(N, 4))), rng.integers(4, size=N)
    p = [al.softmax(row) for row in f]
    first = al.mean([-al.log(row[k]) for row, k in zip(p, y, strict=True)])
    second = al.mean([-row[k] + al.logsumexp(row) for row, k in zip(f, y, strict=True)])
    assert agree(first.data, second.data)
    assert agree(al.grad(first, f), al.grad(second, f))
    assert agree(al.grad(al.cross_entropy(f, y), f), al.grad(second, f))


# --- gradient descent ------------------------------------------------------------------------------------


def by_hand(state, X, Y, rate, steps):
    """The loop in NumPy; X and Y have a column for every sample."""
    W1, b1, W2, b2, W3, b3 = state
    one = np.ones((X.shape[1], 1))
    b1, b2, b3 = b1[:, None], b2[:, None], b3[:, None]
    for _ in range(steps):
        h1 = np.maximum(W1 @ X + b1, 0)
        h2 = np.maximum(W2 @ h1 + b2, 0)
        exp_f = np.exp(W3 @ h2 + b3)
        df = (exp_f / np.sum(exp_f, axis=0) - Y) / X.shape[1]
        da2 = (h2 > 0) * (W3.T @ df)
        da1 = (h1 > 0) * (W2.T @ da2)
        W1, b1 = W1 - rate * (da1 @ X.T), b1 - rate * (da1 @ one)
        W2, b2 = W2 - rate * (da2 @ h1.T), b2 - rate * (da2 @ one)
        W3, b3 = W3 - rate * (df @ h2.T), b3 - rate * (df @ one)
    return W1, b1[:, 0], W2, b2[:, 0], W3, b3[:, 0]


def descents(seed):
    """The parameters after 50 steps: of the hand-written loop, of the graph's; and those before."""
    rng = np.random.default_rng([4, seed])
    net = random_net(rng, INPUTS, [WIDTH] * 3, "relu")
    start = list(net.state_dict().values())
    X, y = rng.normal(size=(N, INPUTS)), rng.integers(WIDTH, size=N)
    hand = by_hand(start, X.T, np.eye(WIDTH)[:, y], 0.1, 50)
    for _ in range(50):
        net.zero_grad()
        al.cross_entropy([net(x) for x in X], y).backward()
        for p in net.parameters():
            p.data -= 0.1 * p.grad
    return hand, list(net.state_dict().values()), start


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_fifty_steps_of_descent(seed):
    for hand, graph, before in zip(*descents(seed), strict=True):
        assert agree(hand, graph, 1e-10)
        assert not agree(hand, before, 1e-3)  # it has moved


# --- planted errors of the graph ---------------------------------------------------------------------------

PLANTED = {
    "log": (lambda y, x: -1.0 / x,),
    "softmax": (lambda y, index, *xs: [0.0, *(y * (float(j == index) - y) for j in range(len(xs)))],),
    "log_softmax": (lambda y, index, *xs: [0.0, *(float(j == index) for j in range(len(xs)))],),
    "mean": (lambda y, *xs: [1.0] * len(xs),),
}


@pytest.mark.parametrize("row", PLANTED)
def test_a_wrong_row_of_the_table_fails(row):
    with planted(row, *PLANTED[row]):
        assert any(wrong_equations(system) for system in systems(0))


@pytest.mark.parametrize("row", ["log_softmax", "mean"])
def test_a_wrong_row_of_the_table_leads_the_descent_astray(row):
    with planted(row, *PLANTED[row]):
        hand, graph, _ = descents(0)
    assert not all(agree(a, b, 1e-10) for a, b in zip(hand, graph, strict=True))


def test_a_pass_that_loses_sums_fails():
    assert all(wrong_equations(system, by_a_pass_that_loses_sums) for system in systems(0))
