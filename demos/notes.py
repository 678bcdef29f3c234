"""Five nets of lecture notes, and the equations that were derived for them by hand, held against the graph.

Each net is written out of Values, next to what the notes say about its gradients. Prints, net by net, a
verdict on every equation, and at the end a table of the nets. Draws the activations of the notes and their
derivatives.
"""

import sys
from functools import partial

import numpy as np
from common import arguments, draw

import autograd_lite as al
from autograd_lite import nn, plots


def main(argv=None):
    args = arguments(__doc__, argv, samples=5, seed=0)
    rng = np.random.default_rng(args.seed)
    rows = []
    for title, net in NETS.items():
        loss, quantities, equations = net(rng, args.samples)
        report = al.check_derivation(loss, quantities, equations)
        print(f"\n{title}\n{report}")
        right = sum(report[name].ok for name in equations)
        rows.append((title, right, len(equations)))

    print(f"\n{'net':50}  equations  right")
    for title, right, count in rows:
        print(f"{title:50}  {count:9}  {right:5}")
    names = ["sigmoid", "tanh", "relu"]
    draw(args.out, {"notes_activations.png": partial(plots.activation_functions, names)})
    return all(right == count for _, right, count in rows)


# --- the nets: for each the loss, the quantities by name, and an equation for the gradient of each -------
# In an equation v has the numbers, and d the gradients: d.a3 is ∇a3.


def three_layer_classifier(rng, samples):
    net = random_net(rng, [3, 3, 3, 2], "sigmoid", "softmax")
    x = values(rng.normal(size=3))
    (a1, a2, a3), (h1, h2, yhat) = forward(net, x)
    label = int(rng.integers(2))
    quantities = {"x": x, **parameters(net), "a1": a1, "h1": h1, "a2": a2, "h2": h2, "a3": a3}
    quantities |= {"yhat": yhat, "e": np.eye(2)[label]}

    def slope(a):  # g'(a) = g(a)(1 - g(a))
        g = 1 / (1 + np.exp(-a))
        return g * (1 - g)

    equations = {
        "yhat": lambda v, d: -v.e / (v.e @ v.yhat),
        "a3": lambda v, d: -(v.e - v.yhat),
        "h2": lambda v, d: v.W3.T @ d.a3,
        "a2": lambda v, d: (v.W3.T @ d.a3) * slope(v.a2),
        "h1": lambda v, d: v.W2.T @ d.a2,
        "a1": lambda v, d: (v.W2.T @ d.a2) * slope(v.a1),
        "W1": lambda v, d: np.outer(d.a1, v.x),
        "b1": lambda v, d: d.a1,
        "W2": lambda v, d: np.outer(d.a2, v.h1),
        "b2": lambda v, d: d.a2,
        "W3": lambda v, d: np.outer(d.a3, v.h2),
        "b3": lambda v, d: d.a3,
    }
    return al.nll_loss(yhat, label), quantities, equations


def shallow_net_with_weight_decay(rng, samples):
    decay = 0.1
    net = random_net(rng, [3, 4, 2], "tanh")
    X, Y = values(rng.normal(size=(samples, 3))), rng.normal(size=(samples, 2))
    (a1, f), (z1, _) = batch(net, X)
    losses = [al.sse_loss(out, y, reduction="half") for out, y in zip(columns(f), Y, strict=True)]
    quantities = {"X": columns(X), **parameters(net), "a1": a1, "z1": z1, "f": f, "Y": Y.T}
    equations = {
        "f": lambda v, d: (v.f - v.Y) / samples,
        "a1": lambda v, d: 4 / (np.exp(-v.a1) + np.exp(v.a1)) ** 2 * (v.W2.T @ d.f),
        "W2": lambda v, d: d.f @ v.z1.T + decay * v.W2,
        "b2": lambda v, d: d.f @ np.ones(samples),
        "W1": lambda v, d: d.a1 @ v.X.T + decay * v.W1,
        "b1": lambda v, d: d.a1 @ np.ones(samples),
    }
    return al.mean(losses) + al.l2_penalty(net, decay), quantities, equations


def vanilla_net(rng, samples):
    """With the names of the notes, and a row for every sample."""
    shapes = {"alpha0": 4, "alpha": (4, 3), "beta0": 2, "beta": (2, 4)}
    theta = {name: values(rng.normal(size=shape)) for name, shape in shapes.items()}
    x, y = values(rng.normal(size=(samples, 3))), rng.normal(size=(samples, 2))
    hidden = list(zip(theta["alpha"], theta["alpha0"], strict=True))
    output = list(zip(theta["beta"], theta["beta0"], strict=True))
    a = [[al.dot(alpha_m, x_i, bias) for alpha_m, bias in hidden] for x_i in x]
    z = [[al.sigmoid(a_mi) for a_mi in a_i] for a_i in a]
    f = [[al.dot(beta_k, z_i, bias) for beta_k, bias in output] for z_i in z]

    def slope(a):
        return np.exp(a) / (np.exp(a) + 1) ** 2

    equations = {
        "f": lambda v, d: -2 * (v.y - v.f),  # δ_ki
        "a": lambda v, d: slope(v.a) * (d.f @ v.beta),  # s_mi
        "beta": lambda v, d: d.f.T @ v.z,  # Σ_i δ_ki z_mi
        "beta0": lambda v, d: d.f.sum(axis=0),
        "alpha": lambda v, d: d.a.T @ v.x,  # Σ_i s_mi x_il
        "alpha0": lambda v, d: d.a.sum(axis=0),
    }
    return al.sse_loss(f, y), {"x": x, **theta, "a": a, "z": z, "f": f, "y": y}, equations


def two_hidden_layers(rng, samples):
    net = random_net(rng, [2, 4, 3, 3], "relu")
    X, y = values(rng.normal(size=(samples, 2))), rng.integers(3, size=samples)
    (a1, a2, f), (h1, h2, _) = batch(net, X)
    p = columns([al.softmax(logits) for logits in columns(f)])
    quantities = {"X": columns(X), **parameters(net), "a1": a1, "h1": h1, "a2": a2, "h2": h2}
    quantities |= {"f": f, "p": p, "Y": np.eye(3)[:, y]}
    equations = {
        "f": lambda v, d: (v.p - v.Y) / samples,
        "W3": lambda v, d: d.f @ v.h2.T,
        "b3": lambda v, d: d.f @ np.ones(samples),
        "a2": lambda v, d: (v.h2 > 0) * (v.W3.T @ d.f),
        "W2": lambda v, d: d.a2 @ v.h1.T,
        "b2": lambda v, d: d.a2 @ np.ones(samples),
        "a1": lambda v, d: (v.h1 > 0) * (v.W2.T @ d.a2),
        "W1": lambda v, d: d.a1 @ v.X.T,
        "b1": lambda v, d: d.a1 @ np.ones(samples),
    }
    return al.nll_loss(columns(p), y), quantities, equations


def autoencoder(rng, samples):
    net = random_net(rng, [4, 3, 4], "relu", "relu")
    X = values(rng.uniform(size=(samples, 4)))
    (a1, a2), (h, xhat) = batch(net, X)
    losses = [al.sse_loss(out, x) for out, x in zip(columns(xhat), X, strict=True)]
    quantities = {"x": columns(X), **parameters(net), "a1": a1, "h": h, "a2": a2, "xhat": xhat}
    equations = {
        "xhat": lambda v, d: 2 / samples * (v.xhat - v.x),
        "a2": lambda v, d: (v.xhat > 0) * d.xhat,
        "W2": lambda v, d: d.a2 @ v.h.T,
        "b2": lambda v, d: d.a2 @ np.ones(samples),
        "a1": lambda v, d: (v.h > 0) * (v.W2.T @ d.a2),
        "W1": lambda v, d: d.a1 @ v.x.T,
        "b1": lambda v, d: d.a1 @ np.ones(samples),
    }
    return al.mean(losses), quantities, equations


NETS = {
    "A  three layers of sigmoids, one sample": three_layer_classifier,
    "B  one hidden layer of tanh, weight decay": shallow_net_with_weight_decay,
    "C  the vanilla net, sums over samples": vanilla_net,
    "D  two hidden layers of ReLU, a mean over samples": two_hidden_layers,
    "E  the autoencoder of ReLUs": autoencoder,
}


# --- what they are built with --------------------------------------------------------------------------


def values(array):
    """Nested lists of Values."""
    return [values(item) for item in array] if np.ndim(array) else al.Value(float(array))


def random_net(rng, sizes, activation, output="linear"):
    """An MLP with biases that are not 0; positive ones, so that most ReLUs are active."""
    net = nn.MLP(sizes[0], sizes[1:], activation, output, seed=int(rng.integers(2**31)))
    for layer in net.layers:
        layer.bias = rng.uniform(size=len(layer.bias))
    return net


def parameters(net):
    """{"W1": rows of Values, "b1": ..., "W2": ...}."""
    numbered = list(enumerate(net.layers, start=1))
    return {f"W{k}": layer.weight for k, layer in numbered} | {f"b{k}": layer.bias for k, layer in numbered}


def forward(net, x):
    """The pre-activations and the outputs of all layers, for one sample."""
    a, h = [], []
    for layer in net.layers:
        a.append(layer.affine(x))
        x = layer.activate(a[-1])
        h.append(x)
    return a, h


def batch(net, X):
    """The same for all samples: in every layer's matrix a column is a sample."""
    passes = [forward(net, x) for x in X]
    return tuple([columns(layer) for layer in zip(*side, strict=True)] for side in zip(*passes, strict=True))


def columns(rows):
    """A matrix as the list of its columns: the transposed."""
    return [list(column) for column in zip(*rows, strict=True)]


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
