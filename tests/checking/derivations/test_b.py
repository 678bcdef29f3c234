"""System B: the shallow net with weight decay, the rule for D layers, both tasks, three activations."""

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
    forward,
    forward_batch,
    parameters,
    planted,
    printed_but_right,
    random_net,
    relu,
    sigmoid,
    softmax,
    unseen_slips,
    values,
    without_equation,
    wrong_equations,
    wrong_values,
)

ACTIVATIONS = {"sigmoid": sigmoid, "tanh": np.tanh, "relu": relu}
SLOPES = {
    "sigmoid": lambda a: np.exp(a) / (np.exp(a) + 1) ** 2,
    "tanh": lambda a: 4 / (np.exp(-a) + np.exp(a)) ** 2,
    "relu": lambda a: (a > 0) * 1.0,  # the weak derivative: 0 at a = 0
}
OUTPUTS = {"classification": softmax, "regression": lambda a: a}
LOSSES = {
    "classification": lambda f, Y: -np.sum(Y * np.log(f)),
    "regression": lambda f, Y: np.sum((f - Y) ** 2) / 2,
}


# --- the nets ------------------------------------------------------------------------------------------


def net_for(rng, task, activation, inputs, sizes):
    return random_net(rng, inputs, sizes, activation, "softmax" if task == "classification" else "linear")


def targets(rng, task, shape):
    """One-hot rows, or real numbers."""
    one_hot = np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]
    return one_hot if task == "classification" else rng.normal(size=shape)


def loss_of(task, f, Y):
    """ℓ for one sample; one expression in the notes' words for each task."""
    return al.nll_loss(f, Y) if task == "classification" else al.sse_loss(f, Y, reduction="half")


def shallow(rng, task, activation):
    """D = 2, one sample."""
    net = net_for(rng, task, activation, 4, [5, 3])
    z0, Y = values(rng.normal(size=4)), targets(rng, task, (3,))
    (a1, a2), (z1, f) = forward(net, z0)
    g, slope = ACTIVATIONS[activation], SLOPES[activation]
    output_gradient = (lambda v, d: -v.Y / v.f) if task == "classification" else (lambda v, d: v.f - v.Y)
    return System(
        f"B, {task}, {activation}",
        loss_of(task, f, Y),
        {"z0": z0, **parameters(net), "a1": a1, "z1": z1, "a2": a2, "f": f, "Y": Y},
        {
            "f": output_gradient,
            "a2": lambda v, d: v.f - v.Y,  # δ2, one expression for both tasks
            "z1": lambda v, d: v.W2.T @ d.a2,
            "a1": lambda v, d: slope(v.a1) * (v.W2.T @ d.a2),  # δ1
            "W2": lambda v, d: np.outer(d.a2, v.z1),  # row k: δ2_k z1
            "b2": lambda v, d: d.a2,
            "W1": lambda v, d: np.outer(d.a1, v.z0),
            "b1": lambda v, d: d.a1,
            "z0": lambda v, d: v.W1.T @ d.a1,
        },
        forward={
            "a1": lambda v: v.W1 @ v.z0 + v.b1,
            "z1": lambda v: g(v.a1),
            "a2": lambda v: v.W2 @ v.z1 + v.b2,
            "f": lambda v: OUTPUTS[task](v.a2),
            "loss": lambda v: LOSSES[task](v.f, v.Y),
        },
    )


def deep(rng, task, activation, D):
    """D layers, one sample: the same rule from layer to layer."""
    net = net_for(rng, task, activation, 3, [4] * (D - 1) + [3])
    z0, Y = values(rng.normal(size=3)), targets(rng, task, (3,))
    a, z = forward(net, z0)
    quantities = {"z0": z0, **parameters(net), "f": z[-1], "Y": Y}
    quantities |= {f"a{h}": a[h - 1] for h in range(1, D + 1)} | {f"z{h}": z[h - 1] for h in range(1, D)}
    equations = {f"a{D}": lambda v, d: v.f - v.Y}  # δD
    for h in range(1, D + 1):
        equations |= layer_rule(h, SLOPES[activation] if h > 1 else None)
    if task == "classification":
        equations["f"] = lambda v, d: -v.Y / v.f
    else:
        equations["f"] = lambda v, d: v.f - v.Y
    return System(f"B, {task}, {activation}, D = {D}", loss_of(task, z[-1], Y), quantities, equations)


def layer_rule(h, slope):
    """What δ(h) says about layer h, and about the layer below it if there is one."""
    a, W, b, z_below, a_below = f"a{h}", f"W{h}", f"b{h}", f"z{h - 1}", f"a{h - 1}"
    rule = {
        W: lambda v, d: np.outer(getattr(d, a), getattr(v, z_below)),  # δ(h) z(h-1)ᵀ
        b: lambda v, d: getattr(d, a),
        z_below: lambda v, d: getattr(v, W).T @ getattr(d, a),
    }
    if slope is not None:  # δ(h-1) = σ'(a(h-1)) ∘ (W(h)ᵀ δ(h))
        rule[a_below] = lambda v, d: slope(getattr(v, a_below)) * (getattr(v, W).T @ getattr(d, a))
    return rule


def batch(rng, task, activation):
    """The objective of the notes: a mean over the samples, and a penalty on the weights, not the biases."""
    n, decay = 4, 0.1
    net = net_for(rng, task, activation, 3, [4, 3])
    rows, Y = values(rng.normal(size=(n, 3))), targets(rng, task, (n, 3))
    a, z = forward_batch(net, rows)
    losses = [loss_of(task, f, y) for f, y in zip(z[1], Y, strict=True)]
    slope = SLOPES[activation]
    return System(
        f"B, batch with penalty, {task}, {activation}",
        al.mean(losses) + al.l2_penalty(net, decay),
        {
            "z0": columns(rows),
            "a1": columns(a[0]),
            "z1": columns(z[0]),
            "a2": columns(a[1]),
            "f": columns(z[1]),
            "Y": Y.T.copy(),
            **parameters(net),
        },
        {
            "f": lambda v, d: (-v.Y / v.f if task == "classification" else v.f - v.Y) / n,
            "a2": lambda v, d: (v.f - v.Y) / n,
            "z1": lambda v, d: v.W2.T @ d.a2,
            "a1": lambda v, d: slope(v.a1) * (v.W2.T @ d.a2),
            "W2": lambda v, d: d.a2 @ v.z1.T + decay * v.W2,
            "b2": lambda v, d: d.a2 @ np.ones(n),
            "W1": lambda v, d: d.a1 @ v.z0.T + decay * v.W1,
            "b1": lambda v, d: d.a1 @ np.ones(n),
            "z0": lambda v, d: v.W1.T @ d.a1,
        },
        forward={
            "loss": lambda v: LOSSES[task](v.f, v.Y) / n + decay / 2 * (np.sum(v.W1**2) + np.sum(v.W2**2)),
        },
    )


TASKS = [(task, activation) for task in LOSSES for activation in SLOPES]


def systems(seed):
    rng = np.random.default_rng([2, seed])
    makers = [
        *((shallow, *task) for task in TASKS),
        *((deep, *TASKS[D], D) for D in (3, 4, 5)),
        *((batch, *task) for task in TASKS),
    ]
    return [
        drawn(lambda make=make, rest=rest: make(rng, *rest), *(["z1"] if "relu" in rest else []))
        for make, *rest in makers
    ]


# --- the tests -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_every_equation_gives_the_gradient_of_the_graph(seed):
    for system in systems(seed):
        assert wrong_values(system) == {}
        assert wrong_equations(system) == {}
        assert wrong_equations(system, by_backward) == {}


def test_every_quantity_has_its_equation():
    assert [name for system in systems(0) for name in without_equation(system)] == []


def test_nothing_is_printed_wrongly():
    assert [name for system in systems(0) for name in (*system.printed, *printed_but_right(system))] == []


def test_a_slip_in_any_equation_fails():
    assert unseen_slips(systems) == set()


@pytest.mark.parametrize("activation", SLOPES)
def test_the_slopes_of_the_activations(activation):
    row = getattr(al, activation)
    a = np.linspace(-3, 3, 61)  # with 0 itself
    true = [al.grad(row(x), x) for x in values(a)]
    assert agree(ACTIVATIONS[activation](a), [row(x) for x in a])
    assert np.max(np.abs(SLOPES[activation](a) - true)) <= 1e-12
    others = [SLOPES[other](a) for other in SLOPES if other != activation]
    assert not any(agree(slope, true, 1e-2) for slope in others)


def test_the_weak_derivative_at_zero():
    net = random_net(np.random.default_rng(0), 2, [3, 2], "relu")
    net.layers[0].weight, net.layers[0].bias = np.zeros((3, 2)), np.zeros(3)
    (a1, _), (_, f) = forward(net, values([1.0, 2.0]))
    assert al.grad(al.sse_loss(f, [1.0, 1.0]), a1) == [0.0, 0.0, 0.0]


# --- gradient descent ------------------------------------------------------------------------------------


def by_hand(state, X, Y, task, activation, rate, decay, steps):
    """Batch descent in NumPy: w ← w - η (mean gradient + λ w), b ← b - η mean gradient."""
    w, b = [state["W1"], state["W2"]], [state["b1"], state["b2"]]
    n = len(X)
    for _ in range(steps):
        gw, gb = [np.zeros_like(x) for x in w], [np.zeros_like(x) for x in b]
        for x, y in zip(X, Y, strict=True):
            a1 = w[0] @ x + b[0]
            z1 = ACTIVATIONS[activation](a1)
            delta2 = OUTPUTS[task](w[1] @ z1 + b[1]) - y
            delta1 = SLOPES[activation](a1) * (w[1].T @ delta2)
            gw = [gw[0] + np.outer(delta1, x), gw[1] + np.outer(delta2, z1)]
            gb = [gb[0] + delta1, gb[1] + delta2]
        w = [wh - rate * (g / n + decay * wh) for wh, g in zip(w, gw, strict=True)]
        b = [bh - rate * (g / n) for bh, g in zip(b, gb, strict=True)]
    return w[0], b[0], w[1], b[1]


def by_values(net, X, Y, task, rate, decay, steps):
    """The same over the graph of the objective."""
    for _ in range(steps):
        net.zero_grad()
        losses = [loss_of(task, net(x), y) for x, y in zip(X, Y, strict=True)]
        (al.mean(losses) + al.l2_penalty(net, decay)).backward()
        for p in net.parameters():
            p.data -= rate * p.grad
    return list(net.state_dict().values())


def descents(seed, task, activation):
    """The parameters after 50 steps: of the hand-written loop, of the graph's; and those before."""
    rng = np.random.default_rng([2, seed])
    net = net_for(rng, task, activation, 2, [4, 3])
    start = list(net.state_dict().values())
    state = dict(zip(("W1", "b1", "W2", "b2"), start, strict=True))
    X, Y = rng.normal(size=(4, 2)), targets(rng, task, (4, 3))
    hand = by_hand(state, X, Y, task, activation, 0.1, 0.05, 50)
    return hand, by_values(net, X, Y, task, 0.1, 0.05, 50), start


@pytest.mark.parametrize(("task", "activation"), TASKS)
def test_fifty_steps_of_descent_with_the_penalty(task, activation):
    for hand, graph, before in zip(*descents(0, task, activation), strict=True):
        assert agree(hand, graph, 1e-10)
        assert not agree(hand, before, 1e-2)  # it has moved


def test_a_penalty_on_the_biases_too_leads_elsewhere():
    rng = np.random.default_rng(0)
    net = net_for(rng, "regression", "tanh", 2, [4, 3])
    before = net.state_dict()
    X, Y = rng.normal(size=(3, 2)), rng.normal(size=(3, 3))
    weights_alone = by_values(net, X, Y, "regression", 0.1, 0.05, 5)
    net.load_state_dict(before)
    for _ in range(5):
        net.zero_grad()
        losses = [al.sse_loss(net(x), y, reduction="half") for x, y in zip(X, Y, strict=True)]
        (al.mean(losses) + al.l2_penalty(net.parameters(), 0.05)).backward()
        for p in net.parameters():
            p.data -= 0.1 * p.grad
    both = net.state_dict().values()
    assert not any(agree(x, y, 1e-5) for x, y in zip(weights_alone, both, strict=True))


# --- planted errors of the graph ---------------------------------------------------------------------------

PLANTED = {
    "sigmoid": (lambda y, x: y * y,),
    "tanh": (lambda y, x: 1.0 + y * y,),
    "log": (lambda y, x: -1.0 / x,),
    "mean": (lambda y, *xs: [1.0] * len(xs),),
}


@pytest.mark.parametrize("row", PLANTED)
def test_a_wrong_row_of_the_table_fails(row):
    with planted(row, *PLANTED[row]):
        assert any(wrong_equations(system) for system in systems(0))


@pytest.mark.parametrize("row", ["sigmoid", "mean"])
def test_a_wrong_row_of_the_table_leads_the_descent_astray(row):
    with planted(row, *PLANTED[row]):
        hand, graph, _ = descents(0, "regression", "sigmoid")
    assert not all(agree(a, b, 1e-10) for a, b in zip(hand, graph, strict=True))


def test_a_pass_that_loses_sums_fails():
    assert all(wrong_equations(system, by_a_pass_that_loses_sums) for system in systems(0))
