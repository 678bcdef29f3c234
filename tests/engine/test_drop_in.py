"""Scripts written for micrograd: with only the import changed they run, and come to the same numbers."""

import importlib
import math
import random

import pytest

from autograd_lite import Value as Ours


@pytest.fixture(params=["autograd_lite", "micrograd.engine"])
def engine(request, monkeypatch):
    """The Value of either; micrograd gets exp, log and tanh as its notebook's readers write them."""
    module = pytest.importorskip(request.param)
    if request.param == "micrograd.engine":
        for name, (value, slope) in FUNCTIONS.items():
            monkeypatch.setattr(module.Value, name, function(module.Value, value, slope), raising=False)
    return module.Value


FUNCTIONS = {
    "exp": (math.exp, lambda x, y: y),
    "log": (math.log, lambda x, y: 1 / x),
    "tanh": (math.tanh, lambda x, y: 1 - y * y),
}


def function(kind, value, slope):
    def method(self):
        out = kind(value(self.data), (self,))

        def hand_back():
            self.grad += slope(self.data, out.data) * out.grad

        out._backward = hand_back
        return out

    return method


def numbers(values):
    return [(v.data, v.grad) for v in values]


def same(script, engine):
    """What the script gives with this engine, held to what it gives with ours."""
    results = script(engine)
    assert results == pytest.approx(script(Ours), rel=1e-9, abs=1e-12)
    return results


# --- an expression ---------------------------------------------------------------------------------------


def expression(Value):
    """Every operator, on both sides, with ints and floats, and the gradients by hand."""
    a, b = Value(-4.0), Value(2.0)
    c = a * b + b**3 - 1 + (-a)
    c += 1 + a / b - (3 - b) * 2.5
    d = (c * 2 + (b + a).relu() + (b - a).relu()) * 0.01
    e = (d.tanh() + 2.0).log() + (a / 10).exp() / 7 + 10.0 / b
    f = (e * e + 0.1) ** -0.5 + 2 * d**2
    f.backward()
    return [f.data, a.data, a.grad, b.grad, c.grad, d.grad, e.grad, f.grad]


def test_an_expression(engine):
    same(expression, engine)


def test_its_gradients_are_those_of_differences():
    def run(a, b):
        c = a * b + b**3 - 1 - a + 1 + a / b - (3 - b) * 2.5
        d = (c * 2 + max(0, b + a) + max(0, b - a)) * 0.01
        e = math.log(math.tanh(d) + 2) + math.exp(a / 10) / 7 + 10 / b
        return (e * e + 0.1) ** -0.5 + 2 * d**2

    value, _, da, db, *_ = expression(Ours)
    step = 1e-6
    assert value == pytest.approx(run(-4.0, 2.0), rel=1e-14)
    assert da == pytest.approx((run(-4 + step, 2.0) - run(-4 - step, 2.0)) / (2 * step), rel=1e-7)
    assert db == pytest.approx((run(-4.0, 2 + step) - run(-4.0, 2 - step)) / (2 * step), rel=1e-7)


# --- a net, trained ------------------------------------------------------------------------------------


class Neuron:
    def __init__(self, Value, rng, inputs, linear=False):
        self.w = [Value(rng.uniform(-1, 1)) for _ in range(inputs)]
        self.b = Value(0)
        self.linear = linear

    def __call__(self, x):
        act = sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b)
        return act if self.linear else act.relu()

    def parameters(self):
        return [*self.w, self.b]


def train(Value):
    """Moons of a kind, a hinge loss, weight decay, plain descent: the demo that everybody has run."""
    rng = random.Random(7)
    hidden = [Neuron(Value, rng, 2) for _ in range(6)]
    last = Neuron(Value, rng, 6, linear=True)
    parameters = [p for neuron in (*hidden, last) for p in neuron.parameters()]
    points = [(rng.uniform(-1, 1), rng.uniform(-1, 1)) for _ in range(12)]
    labels = [1 if x * y > 0 else -1 for x, y in points]
    losses = []
    for k in range(8):
        scores = [last([neuron(list(map(Value, point))) for neuron in hidden]) for point in points]
        hinge = [(1 + -label * score).relu() for label, score in zip(labels, scores, strict=True)]
        loss = sum(hinge) * (1.0 / len(hinge)) + 1e-3 * sum(p * p for p in parameters)
        for p in parameters:
            p.grad = 0
        loss.backward()
        for p in parameters:
            p.data -= (0.2 - 0.02 * k) * p.grad
        losses.append(loss.data)
    return [*losses, *(p.data for p in parameters), *(p.grad for p in parameters)]


def test_a_net_is_trained(engine):
    losses = same(train, engine)[:8]
    assert losses[-1] < 0.8 * losses[0]


# --- a small GPT -----------------------------------------------------------------------------------------


def gpt(Value):
    """One block of attention over scalars, trained by Adam on three words: losses and a prediction."""
    rng = random.Random(42)
    words = ["abba", "cab", "bac"]
    letters = [*sorted(set("".join(words))), "."]
    size, block = 4, 5
    state = {
        name: [[Value(rng.gauss(0, 0.3)) for _ in range(columns)] for _ in range(rows)]
        for name, rows, columns in (
            *(("token", len(letters), size), ("place", block, size), ("head", len(letters), size)),
            *((name, size, size) for name in ("query", "key", "value", "out")),
            *(("up", 2 * size, size), ("down", size, 2 * size)),
        )
    }
    parameters = [p for matrix in state.values() for row in matrix for p in row]

    def linear(x, w):
        return [sum(wi * xi for wi, xi in zip(row, x, strict=True)) for row in w]

    def softmax(logits):
        largest = max(v.data for v in logits)
        exps = [(v - largest).exp() for v in logits]
        total = sum(exps)
        return [e / total for e in exps]

    def rmsnorm(x):
        scale = (sum(v * v for v in x) / len(x) + 1e-5) ** -0.5
        return [v * scale for v in x]

    def forward(token, place, keys, values):
        x = rmsnorm([t + p for t, p in zip(state["token"][token], state["place"][place], strict=True)])
        keys.append(linear(x, state["key"]))
        values.append(linear(x, state["value"]))
        query = linear(x, state["query"])
        weights = softmax([sum(q * k for q, k in zip(query, key, strict=True)) / size**0.5 for key in keys])
        mixed = [sum(w * v[j] for w, v in zip(weights, values, strict=True)) for j in range(size)]
        x = [a + b for a, b in zip(linear(mixed, state["out"]), x, strict=True)]
        wide = [v.relu() ** 2 for v in linear(rmsnorm(x), state["up"])]
        x = [a + b for a, b in zip(linear(wide, state["down"]), x, strict=True)]
        return linear(x, state["head"])

    first, second = [0.0] * len(parameters), [0.0] * len(parameters)
    history = []
    for step in range(6):
        tokens = [len(letters) - 1, *map(letters.index, words[step % len(words)]), len(letters) - 1]
        keys, values, losses = [], [], []
        for place in range(len(tokens) - 1):
            probabilities = softmax(forward(tokens[place], place, keys, values))
            losses.append(-probabilities[tokens[place + 1]].log())
        loss = (1 / len(losses)) * sum(losses)
        loss.backward()
        for i, p in enumerate(parameters):
            first[i] = 0.85 * first[i] + 0.15 * p.grad
            second[i] = 0.99 * second[i] + 0.01 * p.grad**2
            unbiased = first[i] / (1 - 0.85 ** (step + 1)), second[i] / (1 - 0.99 ** (step + 1))
            p.data -= 0.05 * unbiased[0] / (unbiased[1] ** 0.5 + 1e-8)
            p.grad = 0
        history.append(loss.data)
    probabilities = softmax(forward(len(letters) - 1, 0, [], []))
    return [*history, *(p.data for p in probabilities), *(p.data for p in parameters)]


def test_a_gpt_over_scalars_is_trained(engine):
    results = same(gpt, engine)
    assert results[3] < results[0]
    assert sum(results[6:10]) == pytest.approx(1.0)


# --- the notebook's picture ------------------------------------------------------------------------------


def trace(root):
    nodes, edges = set(), set()

    def build(v):
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    return nodes, edges


def draw_dot(root):
    graphviz = pytest.importorskip("graphviz")
    nodes, edges = trace(root)
    dot = graphviz.Digraph(format="svg", graph_attr={"rankdir": "LR"})
    for n in nodes:
        dot.node(name=str(id(n)), label=f"{{ data {n.data:.4f} | grad {n.grad:.4f} }}", shape="record")
        if n._op:
            dot.node(name=str(id(n)) + n._op, label=n._op)
            dot.edge(str(id(n)) + n._op, str(id(n)))
    for n1, n2 in edges:
        dot.edge(str(id(n1)), str(id(n2)) + n2._op)
    return dot


def neuron(Value):
    x, w, b = [Value(1.0), Value(-2.0)], [Value(0.5), Value(0.25)], Value(0.125)
    y = (w[0] * x[0] + w[1] * x[1] + b * 2).relu() ** 2
    y.backward()
    return y


def test_the_graph_is_walked_and_drawn_alike(engine):
    """Same operations, same numbers, same source up to the names of nodes."""
    mine, theirs = neuron(Ours), neuron(engine)
    assert sorted(pictured(mine)) == sorted(pictured(theirs))
    assert sorted(operations(mine)) == sorted(operations(theirs))
    assert len(trace(mine)[0]) == len(trace(theirs)[0]) == 13
    assert len(trace(mine)[1]) == len(trace(theirs)[1]) == 12


def pictured(root):
    """The labels of the picture, with the gradients that constants get in micrograd alone left out."""
    return [
        line.split("grad")[0].split("label=")[1]
        for line in draw_dot(root).source.splitlines()
        if "label=" in line and "data" in line
    ]


def operations(root):
    return [n._op.lower() for n in trace(root)[0]]


def test_what_the_picture_walks_over():
    x = Ours(2.0)
    assert [type(v) for v in (x + 3)._prev] == [Ours, Ours]
    assert [v.data for v in (x + 3)._prev] == [2.0, 3.0]
    assert [v.data for v in (3 - x)._prev] == [3.0, 2.0]
    assert (x + 3)._prev[0] is x
    assert ((x**3)._prev, (x**3)._op) == ((x,), "**3")
    assert [(-x)._op, (x * x)._op, (x / 2)._op, x.relu()._op, x.tanh()._op, x._op] == [
        "-",
        "*",
        "/",
        "relu",
        "tanh",
        "",
    ]


def test_the_module_is_found_by_its_name():
    assert importlib.import_module("autograd_lite").Value is Ours
