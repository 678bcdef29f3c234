"""Programs whose equations are known: the nets of the notes, and others of every kind."""

import random

import autograd_lite as al
from autograd_lite import nn

RNG = random.Random(0)


def values(*shape):
    """Nested lists of Values."""
    return [values(*shape[1:]) for _ in range(shape[0])] if shape else al.Value(RNG.gauss(0, 1))


def numbers(*shape):
    return [numbers(*shape[1:]) for _ in range(shape[0])] if shape else RNG.gauss(0, 1)


def called(name, items):
    """The items, each with this label."""
    for item in items:
        item.label = name
    return items


def affine(rows, x, biases=None):
    return [al.dot(row, x, None if biases is None else biases[k]) for k, row in enumerate(rows)]


# --- the nets of the notes -----------------------------------------------------------------------------


def three_sigmoid_layers(reduce="sum", width=3):
    net = nn.MLP(3, [width, 3, 2], "sigmoid", seed=0)
    return al.compile(lambda x, y: al.cross_entropy(net(x), y), net, reduce=reduce, x=numbers(3), y=1)


def probabilities_at_last():
    """The same, as the notes have it: a softmax, and -log of the probability of the class."""
    net = nn.MLP(3, [3, 3, 2], "sigmoid", "softmax", seed=0)
    return al.compile(lambda x, y: al.nll_loss(net(x), y), net, reduce="sum", x=numbers(3), y=1)


def shallow_with_decay():
    net = nn.MLP(3, [4, 2], "tanh", seed=0)

    def loss(x, Y):
        z1 = called("z1", net.layers[0](x))
        f = called("f", net.layers[1](z1))
        return al.sse_loss(f, Y, reduction="half") + al.l2_penalty(net, 0.1)

    return al.compile(loss, net, x=numbers(3), Y=numbers(2))


def vanilla():
    hidden, output = nn.Layer(3, 4, "sigmoid", seed=0), nn.Layer(4, 2, seed=1)
    names = {"alpha": hidden.weight, "alpha0": hidden.bias, "beta": output.weight, "beta0": output.bias}

    def loss(x, y):
        a = called("a", hidden.affine(x))
        z = called("z", hidden.activate(a))
        return al.sse_loss(called("f", output(z)), y)

    return al.compile(loss, names, reduce="sum", x=numbers(3), y=numbers(2))


def two_relu_layers(width=4):
    net = nn.MLP(2, [width, 3, 3], "relu", seed=0)
    return al.compile(lambda X, y: al.cross_entropy(called("f", net(X)), y), net, X=numbers(2), y=1)


def relu_autoencoder():
    net = nn.MLP(4, [3, 4], "relu", "relu", seed=0)

    def loss(x):
        h = called("h", net.layers[0](x))
        return al.sse_loss(called("xhat", net.layers[1](h)), x)

    return al.compile(loss, net, x=numbers(4))


# --- other programs --------------------------------------------------------------------------------------


def one_output():
    net = nn.MLP(2, [16, 16, 1], "relu", seed=0)
    return al.compile(lambda x, y: al.mse_loss(net(x), y), net, x=numbers(2), y=0.5)


def one_unit_a_layer():
    net = nn.MLP(1, [1, 1], "sigmoid", seed=0)
    return al.compile(lambda x, y: (net(x) - y) ** 2, net, x=0.3, y=0.5)


def logistic():
    net = nn.MLP(3, [1], seed=0)
    return al.compile(lambda x, y: al.bce_with_logits(net(x), y), net, x=numbers(3), y=1.0)


def attention(places=4, width=3):
    rows = {name: values(width, width) for name in ("Wq", "Wk", "Wv")}

    def loss(x, y):
        q, k, v = ([affine(rows[name], place) for place in x] for name in rows)
        weights = [al.softmax([al.dot(a, b) * width**-0.5 for b in k]) for a in q]
        found = [[al.dot(w, column) for column in zip(*v, strict=True)] for w in weights]
        return al.sse_loss(found, y)

    return al.compile(loss, rows, x=numbers(places, width), y=numbers(places, width))


def embedding():
    rows = {"E": values(5, 3), "W": values(5, 3)}

    def loss(t, y):
        return al.cross_entropy(affine(rows["W"], al.take(rows["E"], t)), y)

    return al.compile(loss, rows, t=2, y=1)


def convolution():
    kernel = {"w": values(3), "b": values()}

    def loss(x, y):
        a = [al.dot(kernel["w"], x[i : i + 3], kernel["b"]) for i in range(6)]
        return (al.sum([v.relu() for v in a]) - y) ** 2

    return al.compile(loss, kernel, x=numbers(8), y=0.5)


def pooling():
    rows = {"W": values(4, 3)}

    def loss(x, y):
        a = affine(rows["W"], x)
        return al.sse_loss([al.max(a[0], a[1]), al.max(a[2], a[3])], y)

    return al.compile(loss, rows, x=numbers(3), y=numbers(2))


def flat_list():
    """Weights and biases in one list, neuron by neuron, as micrograd has them."""
    net = nn.MLP(3, [4, 1], "tanh", seed=0)
    theta = [v for layer in net.layers for neuron in layer.neurons for v in (*neuron.weight, neuron.bias)]
    return al.compile(lambda x, y: (net(x) - y) ** 2, theta, x=numbers(3), y=0.5)


def whole_batch(samples=7):
    net = nn.MLP(3, [4, 2], "relu", seed=0)
    X, y = numbers(samples, 3), [k % 2 for k in range(samples)]
    return al.compile(al.cross_entropy([net(x) for x in X], y), net)


def one_sample():
    net = nn.MLP(3, [4, 2], "relu", seed=0)
    return al.compile(al.cross_entropy(net(numbers(3)), 1), net)


def batch_norm():
    names = {"W": values(3, 4), "g": values(3), "b": values(3)}
    a = [affine(names["W"], x) for x in numbers(6, 4)]
    means = [al.mean(column) for column in zip(*a, strict=True)]
    d = [[x - mean for x, mean in zip(row, means, strict=True)] for row in a]
    scales = [(al.mean([x**2 for x in column]) + 1e-5) ** -0.5 for column in zip(*d, strict=True)]
    h = [[g * x * s + b for g, x, s, b in zip(names["g"], row, scales, names["b"], strict=True)] for row in d]
    return al.compile(al.sse_loss(h, numbers(6, 3)), names)


def recurrent(steps=5, name="x"):
    rows = {"Wx": values(4, 3), "Wh": values(4, 4), "b": values(4), "Wy": values(2, 4)}

    def loss(y, **data):
        h = [0.0] * 4
        for sample in data[name]:
            pairs = zip(rows["Wx"], rows["Wh"], rows["b"], strict=True)
            h = [al.tanh(al.dot(wx, sample) + al.dot(wh, h) + b) for wx, wh, b in pairs]
        return al.cross_entropy(affine(rows["Wy"], h), y)

    return al.compile(loss, rows, y=1, **{name: numbers(steps, 3)})


def long_memory(steps=6):
    """An LSTM."""
    gates = {f"{kind}{gate}": values(3, size) for kind, size in (("W", 2), ("U", 3)) for gate in "ifog"}
    rows = gates | {"Wy": values(2, 3)}

    def loss(x, y):
        h, c = [0.0] * 3, [0.0] * 3
        for sample in x:
            pairs = {gate: zip(rows[f"W{gate}"], rows[f"U{gate}"], strict=True) for gate in "ifog"}
            a = {gate: [al.dot(w, sample) + al.dot(u, h) for w, u in own] for gate, own in pairs.items()}
            i, f, o = ([al.sigmoid(v) for v in a[gate]] for gate in "ifo")
            c = [p * q + r * al.tanh(s) for p, q, r, s in zip(f, c, i, a["g"], strict=True)]
            h = [p * al.tanh(q) for p, q in zip(o, c, strict=True)]
        return al.cross_entropy(affine(rows["Wy"], h), y)

    return al.compile(loss, rows, x=numbers(steps, 2), y=1)


def used_again():
    """The weights of the first layer are those of the third, too."""
    first, second = nn.Layer(3, 3, "tanh", seed=0), nn.Layer(3, 3, "tanh", seed=1)
    named = {"W1": first.weight, "b1": first.bias, "W2": second.weight, "b2": second.bias}
    return al.compile(lambda x, y: al.sse_loss(first(second(first(x))), y), named, x=numbers(3), y=numbers(3))


# --- inputs joined to what is computed -------------------------------------------------------------------


def joined_recurrent(steps=5):
    """A cell over [x, h], and a loss at every step."""
    cell, out = nn.Layer(2 + 4, 4, "tanh", seed=0), nn.Layer(4, 3, seed=1)

    def loss(x, y):
        h, total = [0.0] * 4, 0.0
        for t in range(steps):
            h = cell([*x[t], *h])
            total = total + al.cross_entropy(out(h), y[t])
        return total

    named = {"W": cell.weight, "b": cell.bias, "V": out.weight, "c": out.bias}
    return al.compile(loss, named, x=numbers(steps, 2), y=[k % 2 for k in range(steps)])


def joined_memory(steps=6):
    """An LSTM over [x, h], its four gates the rows of one matrix."""
    cell, out = nn.Layer(2 + 3, 4 * 3, seed=0), nn.Layer(3, 2, seed=1)

    def loss(x, y):
        h, c = [0.0] * 3, [0.0] * 3
        for sample in x:
            a = cell([*sample, *h])
            i, f, o = ([al.sigmoid(v) for v in a[k : k + 3]] for k in (0, 3, 6))
            c = [p * q + r * al.tanh(s) for p, q, r, s in zip(f, c, i, a[9:], strict=True)]
            h = [p * al.tanh(q) for p, q in zip(o, c, strict=True)]
        return al.cross_entropy(out(h), y)

    named = {"W": cell.weight, "b": cell.bias, "V": out.weight, "c": out.bias}
    return al.compile(loss, named, x=numbers(steps, 2), y=1)


def skipping():
    """Every layer over all that there is before it."""
    first, second, last = (
        nn.Layer(3, 5, "tanh", seed=0),
        nn.Layer(8, 4, "relu", seed=1),
        nn.Layer(12, 2, seed=2),
    )

    def loss(x, y):
        h1 = first(x)
        h2 = second([*x, *h1])
        return al.cross_entropy(last([*x, *h1, *h2]), y)

    layers = {"1": first, "2": second, "3": last}
    named = {f"W{k}": layer.weight for k, layer in layers.items()}
    named |= {f"b{k}": layer.bias for k, layer in layers.items()}
    return al.compile(loss, named, x=numbers(3), y=1)


def stacked_recurrent(steps=5):
    """Two cells, the second over the first, which takes a number a step."""
    low, high, out = (
        nn.Layer(1 + 3, 3, "relu", seed=0),
        nn.Layer(3 + 2, 2, "tanh", seed=1),
        nn.Layer(2, 2, seed=2),
    )

    def loss(x, y):
        h, g, total = [0.0] * 3, [0.0] * 2, 0.0
        for t in range(steps):
            h = low([x[t], *h])
            g = high([*h, *g])
            total = total + al.cross_entropy(out(g), y[t])
        return total

    layers = {"1": low, "2": high, "3": out}
    named = {f"W{k}": layer.weight for k, layer in layers.items()}
    named |= {f"b{k}": layer.bias for k, layer in layers.items()}
    return al.compile(loss, named, x=numbers(steps), y=[k % 2 for k in range(steps)])


def drifting(steps=6):
    """A running mean from 0 on: at step t backward, it is the gradient of its place t + 1 that is made."""
    rate = {"f": values(1)}

    def loss(x):
        s, total = al.Value(0.0), 0.0
        for t in range(steps):
            s = rate["f"][0] * s + (1.0 - rate["f"][0]) * x[t]
            total = total + s**2
        return total

    return al.compile(loss, rate, x=numbers(steps))
