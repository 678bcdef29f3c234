"""System C: the vanilla net with one hidden layer; its risk is a sum over samples and outputs."""

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import optim

from .common import (
    SEEDS,
    System,
    agree,
    by_a_pass_that_loses_sums,
    by_backward,
    planted,
    printed_but_right,
    sigmoid,
    sigmoid_slope,
    softmax,
    unseen_slips,
    values,
    without_equation,
    wrong_equations,
    wrong_values,
)

P, M, K, N = 3, 3, 2, 4  # inputs and hidden units are equally many: x_i could be taken for z_i


# --- the nets ------------------------------------------------------------------------------------------


def random_theta(rng):
    """α_0, α (M × P), β_0, β (K × M)."""
    shapes = {"alpha0": (M,), "alpha": (M, P), "beta0": (K,), "beta": (K, M)}
    return {name: values(rng.normal(size=shape)) for name, shape in shapes.items()}


def net(theta, x):
    """For one sample the arguments of σ, the hidden units z and the outputs f."""
    a = [al.dot(w, x, b) for w, b in zip(theta["alpha"], theta["alpha0"], strict=True)]
    z = [al.sigmoid(v) for v in a]
    return a, z, [al.dot(w, z, b) for w, b in zip(theta["beta"], theta["beta0"], strict=True)]


def one_sample(rng):
    """R_i alone, in column vectors."""
    theta, x, y = random_theta(rng), values(rng.normal(size=P)), rng.normal(size=K)
    a, z, f = net(theta, x)
    return System(
        "C, one sample",
        sum((yk - fk) ** 2 for yk, fk in zip(y, f, strict=True)),
        {"x": x, **theta, "a": a, "z": z, "f": f, "y": y},
        {
            "f": lambda v, d: -2 * (v.y - v.f),  # δ_ki
            "z": lambda v, d: v.beta.T @ d.f,  # Σ_k β_km δ_ki
            "a": lambda v, d: sigmoid_slope(v.a) * (v.beta.T @ d.f),  # s_mi
            "beta": lambda v, d: np.outer(d.f, v.z),  # δ_ki z_mi
            "beta0": lambda v, d: d.f,  # z_0i = 1
            "alpha": lambda v, d: np.outer(d.a, v.x),  # s_mi x_il
            "alpha0": lambda v, d: d.a,
            "x": lambda v, d: v.alpha.T @ d.a,
        },
        [
            (
                "beta",
                lambda v, d: np.outer(d.f, v.x),
                "wrong quantity: f_k is made of the hidden units z_i, not of the inputs x_i",
            ),
            (
                "a",
                lambda v, d: sigmoid_slope(v.z) * (v.beta.T @ d.f),
                "wrong argument: σ' is taken at z_m, it belongs at α_0m + α_mᵀ x_i",
            ),
            (
                "a",
                lambda v, d: (v.beta * sigmoid(v.beta)).T @ d.f,
                "wrong factor: σ(β_km) where σ'(α_0m + α_mᵀ x_i) belongs",
            ),
            (
                "beta",
                lambda v, d: np.outer(np.ones(K), np.sum(d.f) * v.z),
                "extra sum: over k, where δ_ki z_mi belongs to its own k",
            ),
        ],
        {
            "a": lambda v: v.alpha0 + v.alpha @ v.x,
            "z": lambda v: sigmoid(v.a),
            "f": lambda v: v.beta0 + v.beta @ v.z,
            "loss": lambda v: np.sum((v.y - v.f) ** 2),
        },
    )


def summed(rng, task):
    """R(θ), a sum over the samples, which are rows: entry i, k of `f` is f_k(x_i)."""
    theta, x = random_theta(rng), values(rng.normal(size=(N, P)))
    a, z, f = zip(*(net(theta, row) for row in x), strict=True)
    quantities = {"x": x, **theta, "a": a, "z": z, "f": f}
    equations = {
        "z": lambda v, d: d.f @ v.beta,
        "a": lambda v, d: sigmoid_slope(v.a) * (d.f @ v.beta),  # s_mi
        "beta": lambda v, d: d.f.T @ v.z,  # Σ_i δ_ki z_mi
        "beta0": lambda v, d: np.sum(d.f, axis=0),
        "alpha": lambda v, d: d.a.T @ v.x,  # Σ_i s_mi x_il
        "alpha0": lambda v, d: np.sum(d.a, axis=0),
        "x": lambda v, d: d.a @ v.alpha,
    }
    values_of = {
        "a": lambda v: v.x @ v.alpha.T + v.alpha0,
        "z": lambda v: sigmoid(v.a),
        "f": lambda v: v.z @ v.beta.T + v.beta0,
    }
    if task == "regression":
        y = rng.normal(size=(N, K))
        equations["f"] = lambda v, d: -2 * (v.y - v.f)  # δ_ki
        values_of["loss"] = lambda v: np.sum((v.y - v.f) ** 2)
        loss = al.sse_loss(f, y)
    else:
        y = np.eye(K)[rng.integers(K, size=N)]
        quantities["p"] = [al.softmax(row) for row in f]
        equations["p"] = lambda v, d: -v.y / v.p  # of -y log p̂
        equations["f"] = lambda v, d: v.p - v.y
        values_of["p"] = lambda v: softmax(v.f.T).T
        values_of["loss"] = lambda v: -np.sum(v.y * np.log(v.p))
        loss = al.nll_loss(quantities["p"], y, reduction="sum")
    printed = [
        (
            "beta",
            lambda v, d: d.f.T @ v.x,
            "wrong quantity: f_k is made of the hidden units z_i, not of the inputs x_i",
        ),
        (
            "a",
            lambda v, d: sigmoid_slope(v.z) * (d.f @ v.beta),
            "wrong argument: σ' is taken at z_m, it belongs at α_0m + α_mᵀ x_i",
        ),
        (
            "a",
            lambda v, d: d.f @ (v.beta * sigmoid(v.beta)),
            "wrong factor: σ(β_km) where σ'(α_0m + α_mᵀ x_i) belongs",
        ),
        (
            "beta",
            lambda v, d: np.outer(np.ones(K), np.sum(d.f, axis=1) @ v.z),
            "extra sum: over k, where δ_ki z_mi belongs to its own k",
        ),
    ]
    name = f"C, sum over samples, {task}"
    return System(name, loss, {**quantities, "y": y}, equations, printed, values_of)


def systems(seed):
    rng = np.random.default_rng([3, seed])
    return [one_sample(rng), summed(rng, "regression"), summed(rng, "classification")]


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


def test_the_risk_of_all_samples_is_the_sum_of_theirs():
    rng = np.random.default_rng(0)
    theta, X, Y = random_theta(rng), rng.normal(size=(N, P)), rng.normal(size=(N, K))
    risks = [al.sse_loss(net(theta, x)[2], y) for x, y in zip(X, Y, strict=True)]
    for nest in theta.values():
        whole = al.grad(al.sum(risks), nest)
        parts = np.array([al.grad(risk, nest) for risk in risks])
        assert agree(np.sum(parts, axis=0), whole)
        assert not agree(np.mean(parts, axis=0), whole)  # no 1/n


# --- gradient descent, and the optimisers beyond it -----------------------------------------------------


def gradients_by_hand(theta, X, Y):
    """Sums over samples, one term after the other, as the notes have them."""
    alpha0, alpha, beta0, beta = theta
    sums = [np.zeros_like(t) for t in theta]
    for x, y in zip(X, Y, strict=True):
        z = sigmoid(alpha0 + alpha @ x)
        delta = -2 * (y - (beta0 + beta @ z))
        s = z * (1 - z) * (beta.T @ delta)
        for total, term in zip(sums, (s, np.outer(s, x), delta, np.outer(delta, z)), strict=True):
            total += term
    return sums


def plain(theta, g, memory, t):
    return theta - 0.02 * g


def momentum(theta, g, memory, t):
    memory["u"] = 0.9 * memory.get("u", 0) + g
    return theta - 0.02 * memory["u"]


def nesterov(theta, g, memory, t):
    memory["u"] = 0.9 * memory.get("u", 0) + g
    return theta - 0.02 * (g + 0.9 * memory["u"])


def adagrad(theta, g, memory, t):
    memory["r"] = memory.get("r", 0) + g**2
    return theta - 0.1 * g / (np.sqrt(memory["r"]) + 1e-10)


def rmsprop(theta, g, memory, t):
    memory["r"] = 0.99 * memory.get("r", 0) + 0.01 * g**2
    return theta - 0.02 * g / (np.sqrt(memory["r"]) + 1e-8)


def adam(theta, g, memory, t):
    memory["u"] = 0.9 * memory.get("u", 0) + 0.1 * g
    memory["r"] = 0.999 * memory.get("r", 0) + 0.001 * g**2
    u, r = memory["u"] / (1 - 0.9**t), memory["r"] / (1 - 0.999**t)
    return theta - 0.05 * u / (np.sqrt(r) + 1e-8)


RULES = {
    plain: lambda params: optim.SGD(params, 0.02),
    momentum: lambda params: optim.SGD(params, 0.02, momentum=0.9),
    nesterov: lambda params: optim.SGD(params, 0.02, momentum=0.9, nesterov=True),
    adagrad: lambda params: optim.Adagrad(params, 0.1),
    rmsprop: lambda params: optim.RMSProp(params, 0.02),
    adam: lambda params: optim.Adam(params, 0.05),
}


def flat(nest):
    return [v for item in nest for v in flat(item)] if isinstance(nest, list) else [nest]


def numbers_of(theta):
    return [np.array([v.data for v in flat(nest)]).reshape(np.shape(nest)) for nest in theta.values()]


def descents(seed, rule):
    """The parameters after 50 steps: of the hand-written loop, of the graph's; and those before."""
    rng = np.random.default_rng([3, seed])
    theta, X, Y = random_theta(rng), rng.normal(size=(N, P)), rng.normal(size=(N, K))
    start = hand = numbers_of(theta)
    memories = [{} for _ in hand]
    for t in range(1, 51):
        steps = zip(hand, gradients_by_hand(hand, X, Y), memories, strict=True)
        hand = [rule(x, g, memory, t) for x, g, memory in steps]
    optimizer = RULES[rule]([v for nest in theta.values() for v in flat(nest)])
    for _ in range(50):
        optimizer.zero_grad()
        al.sse_loss([net(theta, x)[2] for x in X], Y).backward()
        optimizer.step()
    return hand, numbers_of(theta), start


@pytest.mark.parametrize("rule", RULES)
def test_fifty_steps_of_descent(rule):
    for hand, graph, before in zip(*descents(0, rule), strict=True):
        assert agree(hand, graph, 1e-10)
        assert not agree(hand, before, 1e-2)  # it has moved


def test_every_optimiser_goes_its_own_way():
    ends = [np.concatenate([x.ravel() for x in descents(0, rule)[0]]) for rule in RULES]
    assert not any(agree(x, y, 1e-3) for i, x in enumerate(ends) for y in ends[:i])


# --- planted errors of the graph ---------------------------------------------------------------------------

PLANTED = {
    "sigmoid": (lambda y, x: y * y,),
    "log": (lambda y, x: -1.0 / x,),
    "sum": (lambda y, *xs: [1.0 / len(xs)] * len(xs),),
    "pow": (lambda z, x, y: x, lambda z, x, y: 0.0),
}


@pytest.mark.parametrize("row", PLANTED)
def test_a_wrong_row_of_the_table_fails(row):
    with planted(row, *PLANTED[row]):
        assert any(wrong_equations(system) for system in systems(0))


@pytest.mark.parametrize("row", ["sigmoid", "sum"])
def test_a_wrong_row_of_the_table_leads_the_descent_astray(row):
    with planted(row, *PLANTED[row]):
        hand, graph, _ = descents(0, plain)
    assert not all(agree(a, b, 1e-10) for a, b in zip(hand, graph, strict=True))


def test_a_pass_that_loses_sums_fails():
    assert all(wrong_equations(system, by_a_pass_that_loses_sums) for system in systems(0))
