"""Five nets out of lecture notes, each with the equations derived for it by hand, and with a slip."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..engine import Value, functions
from ..nn import MLP, losses

Equation = Callable[[Any, Any], Any]


class System(NamedTuple):
    """A net: its loss, its quantities by name, its equations, and one wrong equation with its name."""

    title: str
    loss: Value
    quantities: Mapping[str, Any]
    equations: dict[str, Equation]
    slip: tuple[str, Equation]


def sigmoid_slope(a: Any) -> Any:
    s = 1 / (1 + np.exp(-a))
    return s * (1 - s)


def softmax(f: Any) -> Any:
    """Of every column."""
    return np.exp(f) / np.exp(f).sum(axis=0)


def three_sigmoid_layers(rng: random.Random) -> System:
    """A: 3-3-3-2, softmax, -log ŷ of the true class; one sample."""
    net, (x,) = MLP(3, [3, 3, 2], "sigmoid", "softmax", seed=rng), _samples(rng, 1, 3)
    label = rng.randrange(2)
    q = _named(net, [x], 1)
    loss: Value = losses.nll_loss(q["h3"], label)
    quantities = {"x": x, **q, "yhat": q["h3"], "e": np.eye(2)[label]}
    del quantities["h3"]
    return System(
        "three sigmoid layers",
        loss,
        quantities,
        {
            "yhat": lambda v, d: -(1 / (v.e @ v.yhat)) * v.e,
            "a3": lambda v, d: -(v.e - v.yhat),
            "h2": lambda v, d: v.W3.T @ d.a3,
            "a2": lambda v, d: (v.W3.T @ d.a3) * sigmoid_slope(v.a2),
            "h1": lambda v, d: v.W2.T @ d.a2,
            "a1": lambda v, d: (v.W2.T @ d.a2) * sigmoid_slope(v.a1),
            "W1": lambda v, d: np.outer(d.a1, v.x),
            "b1": lambda v, d: d.a1,
            "W2": lambda v, d: np.outer(d.a2, v.h1),
            "b2": lambda v, d: d.a2,
            "W3": lambda v, d: np.outer(d.a3, v.h2),
            "b3": lambda v, d: d.a3,
        },
        ("a2", lambda v, d: (v.W3.T @ d.a3) * -sigmoid_slope(v.a2)),
    )


def shallow_with_decay(rng: random.Random) -> System:
    """B: one hidden layer of tanh units, ½ squared error, a penalty on the weights alone; columns."""
    n, decay = 4, 0.1
    net, X = MLP(3, [4, 2], "tanh", seed=rng), _samples(rng, n, 3)
    Y = np.array([[rng.gauss(0, 1) for _ in range(n)] for _ in range(2)])
    q = _named(net, X, n)
    f = _turned(q["a2"])
    loss = losses.sse_loss(f, Y.T.tolist(), reduction="half") / n + losses.l2_penalty(net, decay)
    return System(
        "a shallow net with weight decay",
        loss,
        {"z0": _turned(X), **{k: q[k] for k in ("W1", "b1", "W2", "b2", "a1", "a2")}, "z1": q["h1"], "Y": Y},
        {
            "a2": lambda v, d: (v.a2 - v.Y) / n,
            "z1": lambda v, d: v.W2.T @ d.a2,
            "a1": lambda v, d: 4 / (np.exp(-v.a1) + np.exp(v.a1)) ** 2 * (v.W2.T @ d.a2),
            "W2": lambda v, d: d.a2 @ v.z1.T + decay * v.W2,
            "b2": lambda v, d: d.a2 @ np.ones(n),
            "W1": lambda v, d: d.a1 @ v.z0.T + decay * v.W1,
            "b1": lambda v, d: d.a1 @ np.ones(n),
        },
        ("b1", lambda v, d: d.a1 @ np.ones(n) + decay * v.b1),
    )


def vanilla(rng: random.Random) -> System:
    """C: one hidden layer of sigmoid units; squared errors, summed over samples and outputs; rows."""
    n = 4
    net, X = MLP(3, [3, 2], "sigmoid", seed=rng), _samples(rng, n, 3)
    y = np.array([[rng.gauss(0, 1) for _ in range(2)] for _ in range(n)])
    q = {name: _turned(x) if name[0] in "ah" else x for name, x in _named(net, X, n).items()}
    loss: Value = losses.sse_loss(q["a2"], y.tolist())
    names = {"alpha": "W1", "alpha0": "b1", "beta": "W2", "beta0": "b2", "a": "a1", "z": "h1", "f": "a2"}
    return System(
        "a vanilla net with one hidden layer",
        loss,
        {"x": X, **{name: q[k] for name, k in names.items()}, "y": y},
        {
            "f": lambda v, d: -2 * (v.y - v.f),
            "z": lambda v, d: d.f @ v.beta,
            "a": lambda v, d: sigmoid_slope(v.a) * (d.f @ v.beta),
            "beta": lambda v, d: d.f.T @ v.z,
            "beta0": lambda v, d: d.f.sum(axis=0),
            "alpha": lambda v, d: d.a.T @ v.x,
            "alpha0": lambda v, d: d.a.sum(axis=0),
        },
        ("a", lambda v, d: sigmoid_slope(v.z) * (d.f @ v.beta)),
    )


def two_relu_layers(rng: random.Random) -> System:
    """D: two hidden layers of ReLU units, softmax, the mean of -log p; columns."""
    n = 5
    net, X = MLP(2, [3, 3, 3], "relu", seed=rng), _samples(rng, n, 2)
    labels = [rng.randrange(3) for _ in range(n)]
    q = _named(net, X, n)
    loss: Value = losses.cross_entropy(_turned(q["a3"]), labels)
    return System(
        "a classifier of two ReLU layers",
        loss,
        {
            "X": _turned(X),
            **{k: x for k, x in q.items() if k not in ("a3", "h3")},
            "f": q["a3"],
            "Y": np.eye(3)[:, labels],
        },
        {
            "f": lambda v, d: (softmax(v.f) - v.Y) / n,
            "W3": lambda v, d: d.f @ v.h2.T,
            "b3": lambda v, d: d.f @ np.ones(n),
            "a2": lambda v, d: (v.h2 > 0) * (v.W3.T @ d.f),
            "W2": lambda v, d: d.a2 @ v.h1.T,
            "b2": lambda v, d: d.a2 @ np.ones(n),
            "a1": lambda v, d: (v.h1 > 0) * (v.W2.T @ d.a2),
            "W1": lambda v, d: d.a1 @ v.X.T,
            "b1": lambda v, d: d.a1 @ np.ones(n),
        },
        ("f", lambda v, d: softmax(v.f) - v.Y / n),
    )


def relu_autoencoder(rng: random.Random) -> System:
    """E: ReLU in and out, the mean over the samples of the squared distance to the input; columns."""
    n = 4
    net, x = MLP(4, [3, 4], "relu", "relu", seed=rng), _samples(rng, n, 4)
    q = _named(net, x, n)
    targets = [[v.data for v in row] for row in x]
    loss = functions.mean([losses.sse_loss(o, t) for o, t in zip(_turned(q["h2"]), targets, strict=True)])
    names = {"W1": "W1", "b1": "b1", "W2": "W2", "b2": "b2", "a1": "a1", "h": "h1", "a2": "a2", "xhat": "h2"}
    return System(
        "a ReLU autoencoder",
        loss,  # type: ignore[arg-type]
        {"x": _turned(x), **{name: q[k] for name, k in names.items()}},
        {
            "xhat": lambda v, d: 2 / n * (v.xhat - v.x),
            "a2": lambda v, d: (v.xhat > 0) * d.xhat,
            "W2": lambda v, d: d.a2 @ v.h.T,
            "b2": lambda v, d: d.a2 @ np.ones(n),
            "a1": lambda v, d: (v.h > 0) * (v.W2.T @ d.a2),
            "W1": lambda v, d: d.a1 @ v.x.T,
            "b1": lambda v, d: d.a1 @ np.ones(n),
        },
        ("b2", lambda v, d: d.a2),
    )


SYSTEMS: dict[str, Callable[[random.Random], System]] = {
    "A": three_sigmoid_layers,
    "B": shallow_with_decay,
    "C": vanilla,
    "D": two_relu_layers,
    "E": relu_autoencoder,
}


# --- samples, and the quantities of a net --------------------------------------------------------------


def _samples(rng: random.Random, n: int, size: int) -> list[list[Value]]:
    return [[Value(rng.gauss(0, 1)) for _ in range(size)] for _ in range(n)]


def _named(net: MLP, X: Any, n: int) -> dict[str, Any]:
    """W1, b1, a1, h1 ...; over samples, a and h have them as columns. One sample is a column vector."""
    named: dict[str, Any] = {}
    for k, layer in enumerate(net.layers, start=1):
        a = [layer.affine(x) for x in X]
        X = [layer.activate(row) for row in a]
        named |= {f"W{k}": layer.weight, f"b{k}": layer.bias}
        named |= {f"a{k}": a[0], f"h{k}": X[0]} if n == 1 else {f"a{k}": _turned(a), f"h{k}": _turned(X)}
    return named


def _turned(rows: Any) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
