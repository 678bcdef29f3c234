"""Graphs of every kind that is drawn, for the tests of layouts and pictures. Not a test itself."""

import random

import autograd_lite as al
from autograd_lite import nn
from autograd_lite.pictures.scene import scene

Value = al.Value
ODD = 'quo"te <b> & back\\slash \\n'


def neuron(by=None):
    x, w = [Value(2.0, label="x1"), Value(0.0, label="x2")], [Value(-3.0, label="w1"), Value(1.0, label="w2")]
    n = x[0] * w[0] + x[1] * w[1] + Value(6.88, label="b")
    n.label = "n"
    o = n.tanh()
    o.label = "o"
    o.backward()
    return scene(o, by=by)


def net(by, sizes=(3, 1), samples=1):
    """A net's loss, over several samples their mean."""
    model, losses = nn.MLP(2, list(sizes), activation="tanh", seed=1), []
    for k in range(samples):
        x = [Value(0.3 * k - 0.2, label="x1"), Value(0.7 - 0.1 * k, label="x2")]
        with al.name_scope("net"):
            y = model(x)
        losses.append(al.cross_entropy(y, 1) if isinstance(y, list) else (y - 1.0) ** 2)
    loss = al.mean(losses) if samples > 1 else losses[0]
    loss.label = "loss"
    loss.backward()
    return scene(loss, by=by)


def cross_entropy():
    logits = [Value(x, label=f"z{i}") for i, x in enumerate((2.0, 1.0, 0.1))]
    loss = -al.softmax(logits)[0].log()
    loss.backward()
    return scene(loss)


def rnn(steps=4):
    """One cell for all steps: its scope is left and entered again."""
    w, u, b = Value(0.5, label="w"), Value(0.3, label="u"), Value(0.1, label="b")
    h, loss = Value(0.0, label="h0"), Value(0.0)
    for t in range(steps):
        with al.name_scope("cell"):
            h = (w * h + u * Value(float(t), label=f"x{t}") + b).tanh()
        loss = loss + (h - 0.5) ** 2
    loss.backward()
    return scene(loss, by="op")


def shared_weights(samples=6):
    w, b, loss = Value(0.5, label="w"), Value(0.1, label="b"), Value(0.0)
    for k in range(samples):
        loss = loss + (w * (0.3 * k) + b - 0.2 * k) ** 2
    loss.backward()
    return scene(loss, by="op")


def penalty():
    model = nn.MLP(2, [2, 1], activation="tanh", seed=1)
    with al.name_scope("net"):
        y = model([0.1, 0.5])
    with al.name_scope("penalty"):
        p = al.l2_penalty(model, 0.1)
    return scene((y - 1.0) ** 2 + p, by="op")


def tangle(nodes, seed=0):
    """A graph without any order to find, of about so many nodes."""
    draw = random.Random(seed)
    made = [Value(draw.uniform(-1, 1)) for _ in range(max(4, nodes // 5))]
    while len(made) < nodes:
        a, b = draw.choice(made[-40:]), draw.choice(made[-60:])
        made.append(draw.choice([lambda a, b: a * b, lambda a, b: a - b, lambda a, b: a.tanh()])(a, b))
    root = al.sum(made)
    root.backward()
    return scene(root, by="op", limit=None)


def chain(nodes):
    x = y = Value(0.5, label="x")
    for _ in range(nodes // 2):
        y = y.sin() * x
    return scene(y, by="op", limit=None)


def labels():
    a, b = Value(1.5, label=ODD), Value(2.5, label="x" * 200)
    c, d = Value(0.1, label="two\nlines αβγ ∂L/∂W₂ 漢字 \x07\x00"), Value(0.3, label="word " * 40)
    with al.name_scope(f"a scope's name that is far wider than what is in it {ODD}"):
        y = a * b
    z = y + c * d
    z.label = "W" * 30
    return scene(z)


ALL = {
    "neuron": neuron,
    "net by op": lambda: net("op"),
    "net by neuron": lambda: net("neuron"),
    "net by layer": lambda: net("layer"),
    "wide net by neuron": lambda: net("neuron", (16, 16, 1)),
    "classifier by op": lambda: net("op", (3, 3)),
    "batch by op": lambda: net("op", samples=3),
    "cross entropy": cross_entropy,
    "rnn": rnn,
    "shared weights": shared_weights,
    "penalty": penalty,
    "tangle": lambda: tangle(300),
    "chain": lambda: chain(60),
    "labels": labels,
}
