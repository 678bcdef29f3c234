"""al.compile as a whole: programs agree with their graphs, are checked first, and stay short."""

import gc
import os
import subprocess
import sys

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import nn
from autograd_lite.errors import ArgumentError, GraphError, TraceError

from .traced_graphs import Value, row, table

RNG = np.random.default_rng(1)


def same(program, function, parameters, **batch):
    """Loss and gradients of a batch are those of the samples' graphs; gives both."""
    count = len(next(iter(batch.values())))
    samples = [{name: own[k].tolist() for name, own in batch.items()} for k in range(count)]
    total = al.mean([function(**sample) for sample in samples])
    value, gradients = program.value_and_grad(**batch)
    assert value == pytest.approx(total.data, rel=1e-11, abs=1e-13)
    for name, nest in parameters.items():
        leaves = np.array(nest, object)
        expected = np.array(al.grad(total, list(leaves.flat))).reshape(leaves.shape)
        np.testing.assert_allclose(gradients[name], expected, rtol=1e-10, atol=1e-12, err_msg=name)
    return value, gradients


def compiled(function, parameters, **batch):
    """The program, after it has been found the same on a batch whose first sample was the example."""
    program = al.compile(function, parameters, **{name: own[0] for name, own in batch.items()})
    same(program, function, parameters, **batch)
    return program


# --- parameters that are shared, frozen, reused ----------------------------------------------------------


def test_shared_reused_tied_and_unused():
    w = {"W": table(2, 2, -0.3), "unused": row(1.0)}

    def loss(x):
        h = [al.tanh(al.dot(own, x)) for own in w["W"]]
        h = [al.tanh(al.dot(own, h)) for own in w["W"]]
        back = [al.dot([w["W"][j][i] for j in range(2)], h) for i in range(2)]
        return al.mse_loss(back, x)

    _, gradients = compiled(loss, w, x=RNG.normal(size=(5, 2))).value_and_grad(RNG.normal(size=(3, 2)))
    assert gradients["unused"].tolist() == [0.0]


@pytest.mark.parametrize("frozen", ["detach", "no_grad"])
def test_what_is_frozen_follows_its_parameters_without_a_gradient(frozen):
    w, v = row(0.5, -0.3), row(0.7)

    def fixed(x):
        if frozen == "detach":
            return al.tanh(w[0] * x).detach()
        with al.no_grad():
            return al.tanh(w[0] * x)

    def loss(x):
        return (fixed(x) - v[0] * w[1]) ** 2

    batch = RNG.normal(size=4)
    program = compiled(loss, {"w": w, "v": v}, x=batch)
    assert program.value_and_grad(batch)[1]["w"][0] == 0.0
    before = program(batch)
    w[0].data = 2.0
    program.pull()
    assert program(batch) == pytest.approx(al.mean([loss(float(x)) for x in batch]).data)
    assert program(batch) != before


def test_a_derivative_in_the_loss():
    w = {"w": row(0.5, -0.3, 0.8)}

    def loss(x):
        (a,) = own = [x * 1.0]
        y = al.tanh(w["w"][0] * a) * w["w"][1] + w["w"][2] * a**3
        return al.grad(y, own, create_graph=True)[0] ** 2 + y

    program = al.compile(loss, w, x=0.5)
    batch = RNG.normal(size=6)
    total = al.mean([loss(Value(float(x))) for x in batch])
    value, gradients = program.value_and_grad(batch)
    assert value == pytest.approx(total.data)
    np.testing.assert_allclose(gradients["w"], al.grad(total, w["w"]), rtol=1e-11)


def test_conditions_are_those_of_every_sample_not_of_the_example():
    w = {"w": row(0.5, -0.3)}

    def loss(x):
        a = al.select(x > 0.0, w["w"][0] * x, w["w"][1] * x * x)
        return al.max(a, w["w"][1]) + al.relu(x - w["w"][0]) + al.abs(a) + al.clamp(a, -0.1, 0.1)

    program = compiled(loss, w, x=np.array([0.5, -0.5, 2.0, -2.0, 0.4]))
    same(program, loss, w, x=np.array([-1.0, 3.0, 0.6]))


# --- finished losses ---------------------------------------------------------------------------------------


def test_a_finished_loss_over_a_batch_with_its_statistics():
    """Batch norm: the samples are in one graph, and see each other."""
    net, out = nn.Layer(3, 2, seed=0), row(0.3, -0.6)
    data = RNG.normal(size=(6, 3)).tolist()
    hidden = [net.affine(x) for x in data]
    total = 0.0
    for j in range(2):
        column = [h[j] for h in hidden]
        mean = al.mean(column)
        scale = (al.mean([(v - mean) ** 2 for v in column]) + 1e-5) ** -0.5
        total = total + al.sum([al.tanh((v - mean) * scale) * out[j] for v in column]) / 6
    program = al.compile(total, {"W": net.weight, "b": net.bias, "out": out})
    value, gradients = program.value_and_grad()
    assert value == pytest.approx(total.data)
    expected = np.array(al.grad(total, [v for own in net.weight for v in own])).reshape(2, 3)
    np.testing.assert_allclose(gradients["W"], expected, atol=1e-14)
    assert program.report().gathers == 0


def test_a_finished_loss_follows_theta_and_its_gradient_descends():
    net, data = nn.MLP(2, [4, 1], seed=0), RNG.normal(size=(12, 2)).tolist()
    program = al.compile(al.mean([(net(x) - x[0] * x[1]) ** 2 for x in data]), net)
    first = program()
    for _ in range(50):
        program.theta -= 0.1 * np.concatenate([g.ravel() for g in program.value_and_grad()[1].values()])
    program.push()
    assert program() == pytest.approx(al.mean([(net(x) - x[0] * x[1]) ** 2 for x in data]).data)
    assert program() < 0.5 * first


def test_data_with_equal_rows_zeros_and_ones():
    w = {"w": row(0.5, -0.3, 0.2)}
    rows = [[0.0, 1.0, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]
    total = al.mean([(al.tanh(al.dot(w["w"], x)) - x[0]) ** 2 for x in rows])
    value, gradients = al.compile(total, w).value_and_grad()
    assert value == pytest.approx(total.data)
    np.testing.assert_allclose(gradients["w"], al.grad(total, w["w"]), atol=1e-15)


# --- nothing of the user's changes -------------------------------------------------------------------------


def state(values):
    return [(v.data, v.grad, v.label, v.scope, v.op) for v in values]


@pytest.mark.parametrize("collecting", [True, False])
def test_compiling_leaves_values_and_collector_alone(collecting):
    net = nn.MLP(2, [3, 3], seed=0)
    loss = al.cross_entropy(net([1.0, 2.0]), 1)
    loss.backward()
    net.layers[0].weight[0][0].label = "mine"
    nodes = al.order(loss)
    before = state(nodes)
    (gc.enable if collecting else gc.disable)()
    try:
        al.compile(lambda x, y: al.cross_entropy(net(x), y), net, x=[0.5, 0.1], y=2)
        al.compile(loss, net)
        for wrong in (lambda x: x[0] if net(x)[0] > 0 else x[1], lambda x: net(x), lambda x: 1 / 0):
            with pytest.raises((TraceError, ArgumentError, ZeroDivisionError)):
                al.compile(wrong, net, x=[0.5, 0.1])
        assert gc.isenabled() is collecting
    finally:
        gc.enable()
    assert state(nodes) == before
    assert al.tanh(net.parameters()[0]).scope == ""
    assert not hasattr(net, "program")


def test_under_other_contexts():
    w = {"w": row(0.5, -0.3)}

    def loss(x):
        return al.tanh(al.dot(w["w"], x))

    plain = al.compile(loss, w, x=[1.0, 2.0])
    with al.no_grad(), al.name_scope("outer"), al.strict():
        inside = al.compile(loss, w, x=[1.0, 2.0])
    batch = RNG.normal(size=(3, 2))
    assert inside.value_and_grad(batch)[0] == plain.value_and_grad(batch)[0]
    same(inside, loss, w, x=batch)


# --- arguments ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: al.compile(3.0),
            "compile: function must be a function that gives a loss, or a Value, got float 3.0",
        ),
        (lambda: al.compile(None), "compile: function must be"),
        (lambda: al.compile(lambda: 1.0), "compile: function must be a function that gives one Value"),
        (
            lambda: al.compile(Value(1.0) * 2, x=1.0),
            "compile: example must be nothing: a Value has its data inside",
        ),
        (lambda: al.compile(lambda x: x, x=1.0, reduce="max"), "compile: reduce must be"),
        (lambda: al.compile(lambda x: x, x=1.0, dtype="int"), "compile: dtype must be"),
    ],
)
def test_what_cannot_be_compiled_is_named(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()


def test_a_constant_is_no_loss():
    with pytest.raises(GraphError, match="a result is a constant"):
        al.compile(lambda x: Value(3.0), x=1.0)


# --- size --------------------------------------------------------------------------------------------------


def lines(width, inputs=3, classes=3):
    net = nn.MLP(inputs, [width, width, classes], activation="tanh", seed=0)
    program = al.compile(lambda x, y: al.cross_entropy(net(x), y), net, x=[0.1] * inputs, y=1)
    return len(program.source.splitlines()), len(program.equations().splitlines())


def test_the_text_is_as_long_for_every_width():
    assert lines(3) == lines(5, 4, 2) == lines(24, 9, 7)


def test_and_for_every_number_of_samples():
    lengths = set()
    for count in (5, 9, 30):
        net = nn.MLP(2, [3, 1], activation="tanh", seed=0)
        rows = RNG.normal(size=(count, 2)).tolist()
        program = al.compile(al.mean([(net(x) - x[0]) ** 2 for x in rows]), net)
        lengths.add((len(program.source.splitlines()), len(program.equations().splitlines())))
    assert len(lengths) == 1


def test_and_for_every_number_of_steps():
    w = {"w": row(0.5, -0.3)}

    def loss(x):
        h = 0.0
        for v in x:
            h = al.tanh(w["w"][0] * h + w["w"][1] * v)
        return h * h

    texts = [al.compile(loss, w, x=[0.1 * k for k in range(steps)]) for steps in (5, 9, 33)]
    assert len({len(program.source.splitlines()) for program in texts}) == 1
    assert "for t in range" in texts[0].source
    for program, steps in zip(texts, (5, 9, 33), strict=True):
        same(program, loss, w, x=RNG.normal(size=(3, steps)))


def test_a_deep_graph_of_sums_and_one_of_many_kinds():
    (w,) = own = row(0.5)
    value = w
    for k in range(100_000):
        value = value + 0.001 * k
    assert al.compile(value, {"w": own}).value_and_grad()[1]["w"].tolist() == [1.0]
    value = w
    for k in range(600):
        value = (al.tanh, al.sin, al.sigmoid)[k * k % 3](value) + w * (k % 7)
    program = al.compile(value, {"w": own})
    assert program.value_and_grad()[1]["w"][0] == pytest.approx(al.grad(value, own)[0])


def test_a_wide_graph():
    ws = row(*np.linspace(-1, 1, 20_000))
    program = al.compile(al.mean([al.tanh(w) * k for k, w in enumerate(ws)]), ws)
    assert len(program.source.splitlines()) < 40
    np.testing.assert_allclose(program.value_and_grad()[1]["theta"][-1], 19_999 / 20_000 / np.cosh(1.0) ** 2)


# --- what is told of it ------------------------------------------------------------------------------------


def test_a_report():
    net = nn.MLP(2, [4, 3], activation="tanh", seed=0)
    program = al.compile(lambda x, y: al.cross_entropy(net(x), y), net, x=[0.1, 0.2], y=1)
    report = program.report()
    assert (report.matmuls, report.gathers, report.not_rolled) == (5, 2, ())
    assert str(report).splitlines() == [
        f"{report.scalars} scalars became {report.equations} array equations, forward and backward,",
        "with 5 matrix products and 2 gathers",
        "everything was rolled up",
    ]


def test_a_report_says_what_was_not_rolled_and_why():
    ws = row(*np.linspace(-1, 1, 9))
    program = al.compile(lambda x: al.sum([al.tanh(ws[k] * x) for k in (0, 1, 3, 8, 2)]), ws, x=1.0)
    (why,) = program.report().not_rolled
    assert "gathered by a table of places" in why
    assert why in str(program.report())


def test_the_same_text_in_every_process():
    script = (
        "import autograd_lite as al\n"
        "from autograd_lite import nn\n"
        "net = nn.MLP(2, [4, 3], seed=0)\n"
        "def loss(x, y):\n"
        "    z = net(x)\n"
        "    return al.cross_entropy(z, y) + 0.1 * al.sum([al.sin(p) for p in net.parameters()]), z, z[::-1]\n"  # noqa: E501
        "p = al.compile(loss, net, x=[0.1, 0.2], y=1)\n"
        "q = al.compile(lambda x, y: loss(x, y), x=[0.1, 0.2], y=1)\n"
        "print(p.source, p.equations(), q.source, q.equations('latex'))\n"
    )
    texts = {
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True,
                       env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}, encoding="utf-8").stdout  # noqa: E501
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(texts) == 1
