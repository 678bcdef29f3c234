"""Layers and neurons: what they compute, hold and take, and the weights that they start from."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import Value, nn, ops
from autograd_lite.errors import ArgumentError, ArgumentTypeError, ArgumentValueError

from ..nests import data, grads


def reference(name, a):
    slope, alpha = ops.leaky_relu.defaults["slope"], ops.elu.defaults["alpha"]
    a = np.asarray(a)
    table = {
        "linear": a,
        "sigmoid": 1 / (1 + np.exp(-a)),
        "tanh": np.tanh(a),
        "relu": np.maximum(a, 0),
        "leaky_relu": np.where(a > 0, a, slope * a),
        "elu": np.where(a > 0, a, alpha * np.expm1(a)),
        "softplus": np.log1p(np.exp(a)),
        "silu": a / (1 + np.exp(-a)),
        "gelu": a * np.array([0.5 * math.erfc(-x / math.sqrt(2)) for x in a]),
        "softmax": np.exp(a) / np.exp(a).sum(),
    }
    return table[name]


@pytest.mark.parametrize("name", nn.ACTIVATIONS)
def test_a_layer_is_g_of_Wx_plus_b(name):
    layer = nn.Layer(3, 4, name, seed=1)
    layer.bias = [0.1, -0.2, 0.3, -0.4]
    x = [0.5, -1.5, 2.0]
    state = layer.state_dict()
    a = state["weight"] @ x + state["bias"]
    assert np.allclose(data(layer.affine(x)), a, rtol=1e-14)
    assert np.allclose(data(layer(x)), reference(name, a), rtol=1e-13)
    assert np.allclose(layer.activate([float(v) for v in a]), reference(name, a), rtol=1e-13)


def test_an_affine_output_is_one_node_and_an_activation_another():
    layer = nn.Layer(3, 2, "tanh")
    a = layer.affine([1.0, 2.0, 3.0])
    assert [node.op.name for node in a] == ["dot", "dot"]
    assert a[0].parents == (*layer.weight[0], layer.bias[0])
    h = layer.activate(a)
    assert h[1].parents == (a[1],)


def test_without_a_bias():
    layer = nn.Layer(2, 2, bias=False, seed=0)
    assert layer.bias is None
    assert list(layer.state_dict()) == ["weight"]
    assert np.allclose(data(layer([1.0, 2.0])), layer.state_dict()["weight"] @ [1.0, 2.0])
    assert layer.neurons[0].bias is None
    with pytest.raises(ArgumentValueError, match="bias=False"):
        layer.bias = [1.0, 2.0]
    with pytest.raises(ArgumentValueError, match="bias=False"):
        layer.neurons[0].bias = 1.0


def test_numbers_go_into_the_values_and_values_take_their_places():
    layer = nn.Layer(2, 2, seed=0)
    old, fresh = layer.weight, Value(9.0)
    layer.weight = np.array([[1, 2], [3, 4]])
    assert layer.weight[1][1] is old[1][1]
    assert data(layer.weight) == [[1.0, 2.0], [3.0, 4.0]]
    layer.weight = [[5, fresh], (np.float32(6.0), 7.0)]
    assert layer.weight[0][1] is fresh
    assert layer.weight[0][0] is old[0][0]
    assert data(layer.weight) == [[5.0, 9.0], [6.0, 7.0]]
    assert np.allclose(data(layer([1.0, 1.0])), [14.0, 13.0])
    assert fresh in layer.parameters()


@pytest.mark.parametrize(
    "value", [None, 1.0, "ab", [[1.0, 2.0]], [[1.0, 2.0], [3.0]], [["1", "2"], ["3", "4"]], np.ones(2)]
)
def test_a_weight_of_another_shape_is_refused_and_nothing_changes(value):
    layer = nn.Layer(2, 2, seed=0)
    before = data(layer.weight)
    with pytest.raises(ArgumentError, match=r"Layer.weight: .* of shape \(2, 2\)"):
        layer.weight = value
    assert data(layer.weight) == before


def test_the_neurons_of_a_layer_are_its_rows():
    layer = nn.Layer(2, 3, "tanh", seed=0)
    assert len(layer.neurons) == 3
    assert layer.neurons[1].weight is layer.weight[1]
    assert layer.neurons[1].bias is layer.bias[1]
    assert layer.neurons[2]([1.0, 2.0]).data == layer([1.0, 2.0])[2].data
    assert layer.neurons[0].parameters() == [*layer.weight[0], layer.bias[0]]
    layer.neurons[1].weight = [7.0, Value(8.0)]
    layer.neurons[1].bias = 9.0
    assert data(layer.weight[1]) == [7.0, 8.0]
    assert layer.bias[1].data == 9.0
    with pytest.raises(ArgumentError, match=r"of shape \(3, 2\)"):
        layer.neurons[1].weight = [7.0]


def test_a_neuron_on_its_own():
    neuron = nn.Neuron(2, "tanh", seed=3)
    neuron.weight, neuron.bias = [0.5, -1.0], 0.25
    y = neuron([2.0, 3.0])
    assert y.data == math.tanh(0.5 * 2 - 3 + 0.25)
    assert neuron.affine([2.0, 3.0]).data == -1.75
    y.backward()
    slope = 1 - math.tanh(-1.75) ** 2
    assert np.allclose(grads(neuron.weight), [2 * slope, 3 * slope])
    assert {k: v.shape for k, v in neuron.state_dict().items()} == {"weight": (2,), "bias": ()}
    with pytest.raises(ArgumentValueError, match="whole layer"):
        nn.Neuron(2, "softmax")([1.0, 2.0])
    with pytest.raises(ArgumentValueError, match="whole layer"):
        nn.Layer(2, 3, "softmax").neurons[0]([1.0, 2.0])


def test_an_activation_may_be_a_function():
    layer = nn.Layer(2, 2, lambda a: a * a, seed=0)
    a = data(layer.affine([1.0, 2.0]))
    assert data(layer([1.0, 2.0])) == [v * v for v in a]
    assert "<lambda>" in repr(layer)
    assert data(nn.Layer(2, 2, al.tanh, seed=0)([1.0, 2.0])) == data(
        nn.Layer(2, 2, "tanh", init="xavier", seed=0)([1.0, 2.0])
    )


# --- what a net takes --------------------------------------------------------------------------------

SAMPLES = [
    [1, -2],
    (1.0, -2.0),
    np.array([1.0, -2.0]),
    np.array([1.0, -2.0], dtype=np.float32),
    np.array([1, -2]),
    [Value(1.0), Value(-2.0)],
    [Value(1.0), -2],
    np.array([Value(1.0), Value(-2.0)]),
    (x for x in (1.0, -2.0)),
    [np.float64(1.0), np.int64(-2)],
]


@pytest.mark.parametrize("x", SAMPLES, ids=lambda x: type(x).__name__)
def test_samples(x):
    net = nn.MLP(2, [3, 2], seed=0)
    assert data(net(x)) == data(net([1.0, -2.0]))


BAD = [
    None,
    "ab",
    b"ab",
    {1.0: 2.0, 3.0: 4.0},
    {1.0, 2.0},
    [[1.0, 2.0]],
    np.ones((2, 2)),
    ["1", "2"],
    [1j, 2],
    1j,
    [None, 1],
]


@pytest.mark.parametrize("x", BAD, ids=repr)
def test_what_is_no_sample_is_refused(x):
    for net in (
        nn.Neuron(2),
        nn.Layer(2, 2),
        nn.MLP(2, [2]),
        nn.Autoencoder(2, 1),
        nn.Sequential(nn.Layer(2, 2)),
    ):
        with pytest.raises(
            ArgumentTypeError, match=r"x must be one sample, .* of 2 numbers or Values, got "
        ) as caught:
            net(x)
        assert caught.value.argument == "x"


@pytest.mark.parametrize("x", [[], [1.0], [1.0, 2.0, 3.0], np.ones(3), 1.0, Value(1.0)], ids=repr)
def test_a_sample_of_another_length_is_refused(x):
    for net in (nn.Neuron(2), nn.Layer(2, 2), nn.MLP(2, [2])):
        with pytest.raises(ArgumentValueError, match="x must be of length 2, the number of inputs"):
            net(x)


def test_one_output_is_a_value_and_several_are_a_list():
    assert isinstance(nn.Layer(2, 1)([1.0, 2.0]), Value)
    assert isinstance(nn.MLP(2, [4, 1])([1.0, 2.0]), Value)
    assert isinstance(nn.MLP(2, [4, 2])([1.0, 2.0]), list)
    assert isinstance(nn.MLP(1, [1, 1, 3])(0.5), list)
    assert isinstance(nn.MLP(1, [1, 1], "tanh")(Value(0.5)), Value)


@pytest.mark.parametrize("bad", [0, -1, 2.0, "2", None, True, [2]])
def test_sizes_are_ints_of_at_least_one(bad):
    makers = {
        "Neuron: inputs": lambda: nn.Neuron(bad),
        "Layer: inputs": lambda: nn.Layer(bad, 2),
        "Layer: outputs": lambda: nn.Layer(2, bad),
        "MLP: inputs": lambda: nn.MLP(bad, [2]),
        "MLP: sizes": lambda: nn.MLP(2, [3, bad]),
        "Autoencoder: inputs": lambda: nn.Autoencoder(bad, 2),
    }
    for told, make in makers.items():
        with pytest.raises(ArgumentError, match=f"{told} must be an int of at least 1, got"):
            make()


@pytest.mark.parametrize("sizes", [[], None, "16", {}])
def test_lists_of_sizes(sizes):
    with pytest.raises(ArgumentError, match="MLP: sizes must be"):
        nn.MLP(2, sizes)
    with pytest.raises(ArgumentError, match="Autoencoder: hidden must be"):
        nn.Autoencoder(2, sizes)


def test_names_that_are_not_known_are_told_with_those_that_are():
    allowed = (
        "one of linear, relu, sigmoid, tanh, leaky_relu, elu, softplus, silu, gelu, softmax, or a function"
    )
    makers = {
        "Layer: activation": lambda bad: nn.Layer(2, 2, bad),
        "Neuron: activation": lambda bad: nn.Neuron(2, bad),
        "MLP: activation": lambda bad: nn.MLP(2, [2], activation=bad),
        "MLP: output": lambda bad: nn.MLP(2, [2], output=bad),
        "Autoencoder: output": lambda bad: nn.Autoencoder(2, 2, output=bad),
        "Sequential: step 1": lambda bad: nn.Sequential(nn.Layer(2, 2), bad),
    }
    for told, make in makers.items():
        with pytest.raises(ArgumentValueError, match=f"{told} must be {allowed}.*got str 'reluu'"):
            make("reluu")
        for bad in (None, 3, ["relu"]):
            with pytest.raises(ArgumentTypeError, match=told):
                make(bad)
    with pytest.raises(
        ArgumentValueError, match=r"init must be one of uniform, xavier, .*he_normal, or None"
    ):
        nn.Layer(2, 2, init="kaiming")
    for seed in (1.5, "0", True, [0]):
        with pytest.raises(ArgumentTypeError, match="seed must be an int"):
            nn.MLP(2, [2], seed=seed)
    with pytest.raises(ArgumentValueError, match="at least 2 for softmax"):
        nn.MLP(2, [4, 1], output="softmax")
    with pytest.raises(ArgumentValueError, match="Sequential: steps"):
        nn.Sequential()


# --- initial weights ---------------------------------------------------------------------------------


def test_a_seed_gives_the_same_net_everywhere():
    generator = random.Random(0)
    drawn = [2.0 * generator.random() - 1.0 for _ in range(9)]
    net = nn.MLP(2, [3, 1], init="uniform", seed=0)
    weights = [w.data for layer in net.layers for row in layer.weight for w in row]
    assert weights == drawn
    assert [b.data for layer in net.layers for b in layer.bias] == [0.0] * 4
    assert data(nn.Layer(2, 1, init="he_normal", seed=0).weight) == data(
        nn.Layer(2, 1, init="he_normal", seed=np.int64(0)).weight
    )
    assert data(nn.Layer(2, 1, init="he_normal", seed=0).weight) == [
        pytest.approx([0.09637157846515239, -0.05850007947614822], rel=1e-14)
    ]


def test_seeds_differ_and_a_generator_is_shared():
    same = [data(nn.Layer(2, 2, seed=s).weight) for s in (0, 0, 1)]
    assert same[0] == same[1] != same[2]
    rng = random.Random(0)
    shared = [data(nn.Layer(2, 2, seed=rng).weight) for _ in range(2)]
    assert shared[0] == same[0] != shared[1]


def test_without_a_seed_the_module_random_is_drawn_from():
    state = random.getstate()
    try:
        random.seed(7)
        first = data(nn.MLP(2, [3, 1]).layers[0].weight)
        random.seed(7)
        assert data(nn.MLP(2, [3, 1]).layers[0].weight) == first
        assert data(nn.MLP(2, [3, 1]).layers[0].weight) != first
    finally:
        random.setstate(state)


def test_uniform_is_micrograds():
    micrograd = pytest.importorskip("micrograd.nn")
    state = random.getstate()
    try:
        random.seed(1337)
        theirs = micrograd.MLP(2, [16, 16, 1])
        random.seed(1337)
        ours = nn.MLP(2, [16, 16, 1], init="uniform")
    finally:
        random.setstate(state)
    weights = [[w.data for w in n.w] for layer in theirs.layers for n in layer.neurons]
    assert [data(row) for layer in ours.layers for row in layer.weight] == weights
    assert ours([0.3, -0.7]).data == pytest.approx(theirs([0.3, -0.7]).data, rel=1e-13)


@pytest.mark.parametrize(
    ("init", "variance"),
    [
        ("uniform", 1 / 3),
        ("xavier", 2 / 150),
        ("xavier_normal", 2 / 150),
        ("he", 2 / 100),
        ("he_normal", 2 / 100),
    ],
)
def test_the_spread_of_initial_weights(init, variance):
    w = nn.Layer(100, 50, init=init, seed=0).state_dict()["weight"]
    assert abs(w.mean()) < 4 * math.sqrt(variance / w.size)
    assert w.var() == pytest.approx(variance, rel=0.1)
    bound = math.sqrt(3 * variance)
    assert (abs(w).max() > 1.5 * bound) if "normal" in init else (0.99 * bound < abs(w).max() <= bound)


def test_the_limits_of_initial_weights():
    drawn = 2.0 * random.Random(5).random() - 1.0
    for init, limit in (("uniform", 1.0), ("xavier", math.sqrt(6 / 5)), ("he", math.sqrt(6 / 2))):
        assert nn.Layer(2, 3, init=init, seed=5).weight[0][0].data == pytest.approx(limit * drawn, rel=1e-15)


def test_the_default_follows_the_activation():
    for name in nn.ACTIVATIONS:
        init = "he" if name in ("relu", "leaky_relu", "elu", "softplus", "silu", "gelu") else "xavier"
        assert data(nn.Layer(3, 2, name, seed=0).weight) == data(
            nn.Layer(3, 2, name, init=init, seed=0).weight
        )
