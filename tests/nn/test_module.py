"""Module: the parameters it finds, their names, states that fit and that do not, the scopes of its parts."""

from __future__ import annotations

import math
from collections import OrderedDict

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import Value, nn
from autograd_lite.errors import ArgumentError, ArgumentTypeError, ArgumentValueError, AutogradLiteError

from ..nests import data


class Zoo(nn.Module):
    """One of everything that a module may hold."""

    def __init__(self):
        self.scale = Value(2.0)
        self.rows = [[Value(1.0), Value(2.0)], (Value(3.0), Value(4.0))]
        self.blocks = {"first": nn.Layer(2, 2, seed=0), "rest": [nn.Neuron(2, seed=1), "text", None, 3.0]}
        self.ragged = [[Value(5.0)], [Value(6.0), Value(7.0)]]
        self.array = np.array([[Value(8.0), Value(9.0)]])
        self.mixed = (1.0, Value(10.0), [])
        self.empty, self.text = [], "Value"
        self.again = self.scale
        self.made = self.scale * 2.0
        self.me = self

    def forward(self, x):
        return self.scale * self.blocks["rest"][0](self.blocks["first"](x))


def test_parameters_are_found_named_and_in_order():
    shapes = {name: array.shape for name, array in Zoo().state_dict().items()}
    assert shapes == {
        "scale": (),
        "rows": (2, 2),
        "blocks.first.weight": (2, 2),
        "blocks.first.bias": (2,),
        "blocks.rest.0.weight": (2,),
        "blocks.rest.0.bias": (),
        "ragged.0": (1,),
        "ragged.1": (2,),
        "array": (1, 2),
        "mixed.1": (),
        "again": (),
    }
    assert list(shapes) == [name for name, _ in Zoo().named_parameters()]


def test_a_shared_parameter_is_listed_once_and_a_shared_module_under_one_name():
    zoo = Zoo()
    assert len(zoo.parameters()) == 1 + 4 + 6 + 3 + 3 + 2 + 1
    assert zoo.parameters()[0] is zoo.scale
    assert zoo.made not in zoo.parameters()
    layer = nn.Layer(1, 1)
    assert [name for name, _ in nn.Sequential(layer, layer).named_modules()] == ["", "0"]


def test_zero_grad():
    zoo = Zoo()
    zoo([1.0, 2.0]).backward()
    assert any(p.grad for p in zoo.parameters())
    zoo.zero_grad()
    assert [p.grad for p in zoo.parameters()] == [0.0] * 20


def test_state_goes_round_and_keeps_the_values():
    zoo, other = Zoo(), Zoo()
    for i, p in enumerate(zoo.parameters()):
        p.data = i / 7
    before = other.parameters()
    other.load_state_dict(zoo.state_dict())
    assert [p.data for p in other.parameters()] == [i / 7 for i in range(20)]
    assert all(p is q for p, q in zip(before, other.parameters(), strict=True))
    assert all(array.dtype == np.float64 for array in zoo.state_dict().values())


def test_a_state_may_hold_lists_ints_and_other_floats():
    layer = nn.Layer(2, 1)
    layer.load_state_dict(OrderedDict(weight=[[1, 2]], bias=np.array([0.5], dtype=np.float32)))
    assert data(layer.weight) == [[1.0, 2.0]]
    assert data(layer.bias) == [0.5]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"layers.1.bias": None}, "'layers.1.bias' is missing"),
        ({"layers.1.biases": np.zeros(1)}, "'layers.1.biases' is no name of the net"),
        ({"layers.0.weight": np.zeros((2, 3))}, "'layers.0.weight' is of shape (2, 3), not (3, 2)"),
        ({"layers.1.bias": 0.0}, "'layers.1.bias' is of shape (), not (1,)"),
        ({"layers.0.bias": [0.0, math.nan, 0.0]}, "'layers.0.bias' holds inf or nan"),
        ({"layers.0.bias": [0.0, math.inf, 0.0]}, "'layers.0.bias' holds inf or nan"),
        ({"layers.0.bias": ["1", "2", "3"]}, "'layers.0.bias' is not an array of real numbers"),
        ({"layers.0.bias": [1j, 2, 3]}, "'layers.0.bias' is not an array of real numbers"),
        ({"layers.0.bias": [Value(1.0)] * 3}, "'layers.0.bias' is not an array of real numbers"),
        (
            {"layers.0.weight": [[1.0, 2.0], [3.0], [4.0]]},
            "'layers.0.weight' is not an array of real numbers",
        ),
    ],
)
def test_a_state_that_does_not_fit_is_told_and_nothing_is_loaded(change, told):
    net = nn.MLP(2, [3, 1], seed=0)
    before = [p.data for p in net.parameters()]
    state = {name: array + 1.0 for name, array in net.state_dict().items()} | change
    state = {name: array for name, array in state.items() if array is not None}
    with pytest.raises(ArgumentValueError) as caught:
        net.load_state_dict(state)
    assert told in str(caught.value)
    assert "nothing was loaded" in str(caught.value)
    assert caught.value.function == "MLP.load_state_dict"
    assert [p.data for p in net.parameters()] == before


def test_all_faults_of_a_state_are_told_at_once():
    with pytest.raises(
        ArgumentValueError, match=r"'bias' is missing; 'b' is no name .*; 'weight' is of shape"
    ):
        nn.Layer(2, 1).load_state_dict({"weight": [1.0, 2.0], "b": [0.0]})


@pytest.mark.parametrize("state", [None, "weights.npz", [1.0], 3])
def test_a_state_is_a_dict(state):
    with pytest.raises(ArgumentTypeError, match=r"Layer.load_state_dict: state must be a dict"):
        nn.Layer(2, 1).load_state_dict(state)


def test_summary():
    text = nn.MLP(2, [16, 16, 1], seed=0).summary().splitlines()
    assert text[0] == "MLP(inputs=2, sizes=[16, 16, 1], activation='relu', output='linear')"
    assert [line.split()[0] for line in text[1:]] == ["layers.0", "layers.1", "layers.2", "total"]
    assert [line.split()[-1] for line in text[1:]] == ["48", "272", "17", "337"]
    assert len({len(line) for line in text[1:]}) == 1


def test_summary_counts_what_is_shared_once_and_a_modules_own():
    lines = Zoo().summary().splitlines()
    assert lines[0] == "Zoo(of 20 parameters)"
    assert [line.split()[-1] for line in lines[1:]] == ["11", "6", "3", "20"]
    assert nn.Module().summary().split()[-2:] == ["total", "0"]


def test_a_module_without_forward_says_so():
    with pytest.raises(AutogradLiteError, match=r"Empty.forward is missing"):
        type("Empty", (nn.Module,), {})()(1.0)


# --- the scopes of its parts -------------------------------------------------------------------------


def scopes(y):
    return [node.scope for node in al.order(y) if node.op is not None]


def test_a_net_called_in_a_scope_names_its_parts():
    net = nn.MLP(2, [2, 1], "tanh", seed=0)
    plain = net([1.0, 2.0])
    assert set(scopes(plain)) == {""}
    with al.name_scope("net"):
        named = net([1.0, 2.0])
    assert named.data == plain.data
    assert scopes(named) == [f"net/layer0/neuron{k}" for k in (0, 0, 1, 1)] + ["net/layer1/neuron0"]
    assert [node.op.name for node in al.order(named) if node.op] == ["dot", "tanh", "dot", "tanh", "dot"]
    assert set(scopes(net([1.0, 2.0]))) == {""}


def test_scopes_of_other_modules():
    class Pair(nn.Module):
        def __init__(self):
            self.encoder, self.heads = nn.MLP(2, [2], seed=0), [nn.Layer(2, 2, "softmax", seed=0)]

        def forward(self, x):
            return self.heads[0](self.encoder(x))

    with al.name_scope("outer"), al.name_scope("pair"):
        y = Pair()([1.0, 2.0])
    assert scopes(y[0]) == [
        f"outer/pair/{s}"
        for s in (
            "encoder/layer0/neuron0",
            "encoder/layer0/neuron1",
            "head0/neuron0",
            "head0/neuron1",
            "head0",
        )
    ]
    with al.name_scope("s"):
        y = nn.Sequential(nn.Layer(2, 1, seed=0), "tanh")([1.0, 2.0])
    assert scopes(y) == ["s/layer0/neuron0", "s"]


def test_a_call_that_fails_in_a_scope_leaves_no_names_behind():
    net = nn.MLP(2, [2], seed=0)
    with al.name_scope("net"):
        with pytest.raises(ArgumentError):
            net([1.0])
        y = net.layers[0]([1.0, 2.0])
    assert scopes(y[0]) == ["net/neuron0"]
