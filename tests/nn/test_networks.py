"""Nets against torch's numbers and the notes' equations, nets from their configs, nets in training."""

from __future__ import annotations

import copy
import gc
import json
import math
import pickle
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import Value, nn
from autograd_lite.errors import ArgumentTypeError, ArgumentValueError

from ..nests import data, grads

RECORDED = json.loads((Path(__file__).parents[1] / "recorded" / "nn_torch.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", RECORDED["nets"], ids=lambda case: case["activation"])
def test_torchs_weights_load_and_give_torchs_outputs_and_gradients(case):
    sequential = nn.Sequential(
        nn.Layer(3, 5), case["activation"], nn.Layer(5, 4), case["activation"], nn.Layer(4, 3)
    )
    sequential.load_state_dict(case["state"])
    mlp = nn.MLP(3, [5, 4, 3], case["activation"])
    names = {f"layers.{int(k[0]) // 2}{k[1:]}": k for k in case["state"]}
    mlp.load_state_dict({ours: case["state"][theirs] for ours, theirs in names.items()})
    for net in (sequential, mlp):
        outputs = [net(x) for x in case["x"]]
        assert np.allclose(data(outputs), case["outputs"], rtol=1e-13, atol=1e-14)
        loss = al.mean([-al.log_softmax(o)[y] for o, y in zip(outputs, case["y"], strict=True)])
        assert loss.data == pytest.approx(case["loss"], rel=1e-13)
        loss.backward()
        for name, nest in net.named_parameters():
            assert np.allclose(grads(nest), case["gradients"][names.get(name, name)], rtol=1e-11, atol=1e-14)


def test_the_three_layer_sigmoid_net_of_the_notes():
    net = nn.MLP(3, [3, 3, 2], activation="sigmoid", output="softmax", seed=4)
    x, label = np.array([0.5, -1.0, 2.0]), 1
    first, second, third = net.layers
    a1 = first.affine(x)
    h1 = first.activate(a1)
    a2 = second.affine(h1)
    h2 = second.activate(a2)
    a3 = third.affine(h2)
    p = third.activate(a3)
    assert data(p) == data(net(x))
    (-p[label].log()).backward()
    h1, h2, p = np.array(data(h1)), np.array(data(h2)), np.array(data(p))
    d3 = p - np.eye(2)[label]
    d2 = (np.array(data(third.weight)).T @ d3) * h2 * (1 - h2)
    d1 = (np.array(data(second.weight)).T @ d2) * h1 * (1 - h1)
    for layer, a, d, below in ((third, a3, d3, h2), (second, a2, d2, h1), (first, a1, d1, x)):
        assert np.allclose(grads(a), d, rtol=1e-13, atol=1e-16)
        assert np.allclose(grads(layer.weight), np.outer(d, below), rtol=1e-13, atol=1e-16)
        assert np.allclose(grads(layer.bias), d, rtol=1e-13, atol=1e-16)


def test_an_autoencoder_is_a_mirror():
    net = nn.Autoencoder(6, [4, 2], "relu", "relu", seed=2)
    assert [(len(layer.weight[0]), len(layer.weight)) for layer in net.layers] == [
        (6, 4),
        (4, 2),
        (2, 4),
        (4, 6),
    ]
    assert [layer.activation for layer in net.layers] == ["relu"] * 4
    x = [0.1 * i for i in range(6)]
    assert len(net.encode(x)) == 2
    assert data(net.decode(net.encode(x))) == data(net(x))
    assert isinstance(nn.Autoencoder(3, 1).encode([1.0, 2.0, 3.0]), Value)
    assert len(nn.Autoencoder(3, 1)([1.0, 2.0, 3.0])) == 3


def test_a_sequential_of_modules_names_and_functions():
    net = nn.Sequential(
        nn.Layer(2, 3, seed=0), "softmax", lambda h: [2.0 * v for v in h], nn.Layer(3, 1, seed=1), "tanh"
    )
    inner = data(nn.Layer(2, 3, seed=0)([1.0, 2.0]))
    scaled = [2.0 * v for v in al.softmax(inner)]
    last = nn.Layer(3, 1, seed=1)
    assert net([1.0, 2.0]).data == pytest.approx(math.tanh(last(scaled).data), rel=1e-15)
    assert list(net.state_dict()) == ["0.weight", "0.bias", "3.weight", "3.bias"]


@pytest.mark.parametrize(
    "net",
    [
        nn.Neuron(2, "tanh", bias=False),
        nn.Layer(2, 3, "gelu"),
        nn.MLP(2, [4, 3], "elu", "softmax"),
        nn.Autoencoder(5, [3, 2], output="sigmoid", bias=False),
        nn.Sequential(nn.Layer(2, 3), "silu", nn.MLP(3, [2])),
    ],
    ids=lambda net: type(net).__name__,
)
def test_a_config_builds_the_same_net(net):
    config = json.loads(json.dumps(net.config()))
    twin = nn.build(config)
    assert type(twin) is type(net)
    assert repr(twin) == repr(net)
    twin.load_state_dict(net.state_dict())
    x = [0.5] * (5 if isinstance(net, nn.Autoencoder) else 2)
    assert str(twin(x)) == str(net(x))
    shapes = {name: array.shape for name, array in net.state_dict().items()}
    assert repr(nn.build(config, shapes)) == repr(net)
    for other in (shapes | {"more": (1,)}, {}, dict.fromkeys(shapes, (10**9,))):
        with pytest.raises(ArgumentValueError, match="with the arrays that are given"):
            nn.build(config, other)


def test_a_config_of_any_size_is_refused_before_it_is_built():
    huge = [10**12] * 3
    for config in (
        {"kind": "MLP", "inputs": 10**12, "sizes": huge},
        {"kind": "Autoencoder", "inputs": 10**12, "hidden": huge},
        {"kind": "Layer", "inputs": 10**12, "outputs": 10**12},
        {"kind": "Sequential", "steps": [{"kind": "Neuron", "inputs": 10**12}]},
    ):
        with pytest.raises(ArgumentValueError, match="with the arrays that are given"):
            nn.build(config, {"weight": (2, 2)})


def test_configs_that_are_none():
    with pytest.raises(ArgumentValueError, match="function is not kept in a file"):
        nn.Layer(2, 2, al.tanh).config()
    with pytest.raises(ArgumentValueError, match="config: step 1"):
        nn.Sequential(nn.Layer(2, 2), al.tanh).config()
    with pytest.raises(ArgumentTypeError, match="build: config"):
        nn.build([1])
    for config in ({}, {"kind": "Conv"}, {"kind": []}, {"kind": "Module"}):
        with pytest.raises(ArgumentValueError, match="kind must be one of Neuron, Layer, MLP"):
            nn.build(config)
    for config in (
        {"kind": "MLP"},
        {"kind": "Layer", "inputs": 2, "outputs": 2, "rate": 1},
        {"kind": "MLP", "steps": 3},
    ):
        with pytest.raises(ArgumentValueError, match="build: config must be as from the config"):
            nn.build(config)
    with pytest.raises(ArgumentTypeError, match="MLP: inputs"):
        nn.build({"kind": "MLP", "inputs": "2", "sizes": [1]})


def test_reprs():
    assert repr(nn.Layer(2, 3, "relu")) == "Layer(inputs=2, outputs=3, activation='relu')"
    assert repr(nn.Neuron(2, bias=False)) == "Neuron(inputs=2, activation='linear', bias=False)"
    assert repr(nn.Layer(2, 3).neurons[0]) == "Neuron(inputs=2, activation='linear')"
    assert (
        repr(nn.Autoencoder(3, 2)) == "Autoencoder(inputs=3, hidden=[2], activation='relu', output='linear')"
    )
    assert (
        repr(nn.Sequential(nn.Neuron(1), "tanh"))
        == "Sequential(Neuron(inputs=1, activation='linear'), 'tanh')"
    )


# --- training ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_xor_is_learned(activation):
    net = nn.MLP(2, [8, 1], activation, seed=3)
    table = [([0, 0], 0.0), ([0, 1], 1.0), ([1, 0], 1.0), ([1, 1], 0.0)]
    for _ in range(400):
        loss = al.mean([(net(x) - y) ** 2 for x, y in table])
        net.zero_grad()
        loss.backward()
        for p in net.parameters():
            p.data -= 0.3 * p.grad
    assert loss.data < 0.01


def test_a_step_leaves_nothing_to_the_garbage_collector():
    net = nn.MLP(2, [4, 4, 1], "gelu", seed=0)
    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            net([1.0, 2.0]).backward()
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_no_grad():
    with al.no_grad():
        y = nn.MLP(2, [3, 1], "sigmoid")([1.0, 2.0])
    assert y.op is None


def test_a_net_is_pickled_and_copied():
    for activation in (*nn.ACTIVATIONS, math.tanh):
        net = nn.MLP(2, [3, 2], activation=activation, seed=0)
        for twin in (pickle.loads(pickle.dumps(net)), copy.deepcopy(net)):
            assert [p.data for p in twin.parameters()] == [p.data for p in net.parameters()]
            assert twin.parameters()[0] is not net.parameters()[0]
