"""A student's page with three slips, the report that names them, and the corrected page.

The net has one hidden layer of tanh units, a softmax, and a batch of five samples, which are the rows. On
the page are a sum that is missing, a slope at the wrong place, and a wrong matrix. Prints both reports.
"""

import numpy as np
from common import arguments

import autograd_lite as al
from autograd_lite import nn


def main(argv=None):
    args = arguments(__doc__, argv, samples=5, seed=0)
    loss, quantities = net(np.random.default_rng(args.seed), args.samples)

    print("the student's page\n------------------")
    first = al.check_derivation(loss, quantities, PAGE)
    print(first)

    print("\nthe corrected page\n------------------")
    second = al.check_derivation(loss, quantities, {**PAGE, **CORRECTED})
    print(second)
    return second.ok and len(first.failures) == len(CORRECTED)


def net(rng, n):
    """A classifier 3-3-3 and its quantities; of equal widths, so that a wrong matrix has the right shape."""
    model = nn.MLP(3, [3, 3], activation="tanh", seed=int(rng.integers(1000)))
    X, labels = rng.normal(size=(n, 3)), rng.integers(3, size=n)
    a1 = [model.layers[0].affine(x) for x in X]
    h1 = [model.layers[0].activate(a) for a in a1]
    a2 = [model.layers[1].affine(h) for h in h1]
    p = [al.softmax(a) for a in a2]
    quantities = {"X": X, "a1": a1, "h1": h1, "a2": a2, "p": p, "Y": np.eye(3)[labels]}
    for k, layer in enumerate(model.layers, start=1):
        quantities |= {f"W{k}": layer.weight, f"b{k}": layer.bias}
    return al.nll_loss(p, labels), quantities


def slope(a):
    """tanh'(a)"""
    return 1 - np.tanh(a) ** 2


PAGE = {
    "a2": lambda v, d: (v.p - v.Y) / len(v.Y),
    "W2": lambda v, d: d.a2.T @ v.h1,
    "b2": lambda v, d: d.a2,  # slip: what of the other samples?
    "h1": lambda v, d: d.a2 @ v.W1,  # slip: W1 comes before h1, not after it
    "a1": lambda v, d: d.h1 * slope(v.h1),  # slip: h1 is tanh(a1) already
    "W1": lambda v, d: d.a1.T @ v.X,
    "b1": lambda v, d: d.a1.sum(axis=0),
}

CORRECTED = {
    "b2": lambda v, d: d.a2.sum(axis=0),
    "h1": lambda v, d: d.a2 @ v.W2,
    "a1": lambda v, d: d.h1 * slope(v.a1),
}


if __name__ == "__main__":
    main()
