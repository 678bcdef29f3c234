"""Parameters that nobody named: found, told apart by their roles, numbered."""

import itertools
import random

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import nn

from ..traced_graphs import Value, agree, equations, row, table


def found(function, **example):
    """Names and shapes, and the numbers by name."""
    program = equations(function, **example)
    return {array.path: array.shape for array in program.parameters}


def dense(w, b, x, act):
    return [act(al.dot(own, x, start)) for own, start in zip(w, b, strict=True)]


def micrograd(sizes, rng):
    """A net in micrograd's order: of each neuron the weights, then its bias, drawn one after the other."""
    return [
        [([Value(rng.uniform(-1, 1)) for _ in range(a)], Value(rng.uniform(-1, 1))) for _ in range(b)]
        for a, b in itertools.pairwise(sizes)
    ]


def run(net, x):
    for layer in net:
        x = [al.tanh(sum((w * v for w, v in zip(ws, x, strict=True)), b)) for ws, b in layer]
    return x


@pytest.mark.parametrize("samples", [0, 4])
def test_weights_and_biases_of_layers(samples):
    net = micrograd([3, 4, 2], random.Random(0))
    rows = [[0.1 * k, 0.2, -0.3 * k] for k in range(samples)]
    if samples:
        shapes = found(al.sum([v for x in rows for v in run(net, x)]))
    else:
        shapes = found(lambda x: al.sum(run(net, x)), x=[0.1, 0.2, 0.3])
    assert shapes == {"W1": (4, 3), "b1": (4,), "W2": (2, 4), "b2": (2,)}


def test_they_have_the_numbers_of_their_values():
    net = nn.MLP(3, [4, 2], seed=0)
    program = al.compile(lambda x: al.sum(net(x)), x=[0.1, 0.2, 0.3])
    state = net.state_dict()
    names = {"W1": "layers.0.weight", "b1": "layers.0.bias", "W2": "layers.1.weight", "b2": "layers.1.bias"}
    assert all((program.parameters[name] == state[path]).all() for name, path in names.items())


def test_a_vector_and_a_single_number():
    w, s = row(0.1, 0.2, 0.3), Value(2.0)
    assert found(lambda x: s * al.dot(w, x), x=[1.0, 2.0, 3.0]) == {"w1": (3,), "w2": (1,)}


def test_a_table_that_tokens_pick_from_is_one_array():
    e, w = table(5, 2), table(3, 2)
    shapes = found(lambda k: al.cross_entropy([al.dot(own, al.take(e, k)) for own in w], k), k=1)
    assert sorted(shapes.values()) == [(2, 5), (3, 2)]


def test_two_tables_that_stand_in_one_place_are_two():
    """Their members are of one family, so the family is looked at again."""
    e, f, w = table(4, 2), table(4, 2, 0.7), row(0.5, -0.5)

    def loss(k):
        rows = [al.take(e, k[0]), al.take(f, k[1])]
        return (
            al.sum([al.tanh(a * b) for own in rows for a, b in zip(w, own, strict=True)])
            + e[0][0] ** 2
            + f[1][1]
        )

    program = al.compile(loss, k=[1, 2])
    values = [v for own in (e, f, [w]) for r in own for v in (r if isinstance(r, list) else [r])]
    assert len(program.theta) == len(values)
    expected = dict(zip(map(id, values), al.grad(loss([1, 2]), values), strict=True))
    _, gradients = program.value_and_grad(k=[[1, 2]])
    flat = np.concatenate([g.ravel() for g in gradients.values()])
    np.testing.assert_allclose(flat, [expected[id(v)] for v in program.values], atol=1e-14)


def test_a_weight_in_two_roles_is_an_array_of_its_own():
    shared, w = row(0.5, 0.6), row(0.1, 0.2)

    def loss(x):
        return al.tanh(al.dot(shared, x)) + al.sin(al.dot([shared[1], w[0]], x)) + w[1] * 2.0

    program = al.compile(loss, x=[1.0, 2.0])
    assert sum(array.size for array in program.parameters.values()) == 4


def test_a_parameter_that_is_a_result_itself():
    w = row(0.5, 0.6)
    shapes = found(lambda x: (al.tanh(w[0] * x), [w[1]]), x=1.0)
    assert sorted(shapes.values()) == [(1,), (1,)]


def test_what_the_function_makes_itself_is_no_parameter():
    w = row(0.5)
    shapes = found(lambda x: al.tanh(w[0] * x + Value(3.0)), x=1.0)
    assert sum(np.prod(shape) for shape in shapes.values()) == 1


def test_without_any_there_is_nothing_to_find():
    assert found(lambda x: al.tanh(x), x=1.0) == {}


@pytest.mark.parametrize("samples", [0, 3])
def test_the_gradients_are_those_of_the_graph(samples):
    net = micrograd([2, 3, 3, 1], random.Random(1))
    rows = [[0.3 * k, 0.2 - k] for k in range(1, samples + 1)]
    values = [v for layer in net for ws, b in layer for v in (*ws, b)]
    if samples:
        total = al.sum([run(net, x)[0] ** 2 for x in rows])
        program, batch = al.compile(total), ()
    else:
        program, batch = al.compile(lambda x: run(net, x)[0] ** 2, x=[1.0, 2.0]), ([[0.5, 0.1], [-1.0, 2.0]],)
        total = al.mean([run(net, x)[0] ** 2 for x in batch[0]])
    expected = dict(zip(map(id, values), al.grad(total, values), strict=True))
    _, gradients = program.value_and_grad(*batch)
    got = np.concatenate([gradient.ravel() for gradient in gradients.values()])
    np.testing.assert_allclose(got, [expected[id(v)] for v in program.values], atol=1e-13)


def test_the_equations_of_a_batch_are_not_longer_than_those_of_a_sample():
    net = micrograd([2, 3, 1], random.Random(1))
    one = equations(lambda x: run(net, x)[0] * 2.0, x=[1.0, 2.0])
    batch = equations(al.sum([run(net, [0.1 * k, 0.2])[0] for k in range(5)]))
    assert len(batch.forward) == len(one.forward)
    agree(batch, {name: found_values(batch, net, name) for name in [a.path for a in batch.parameters]}, [{}],
          al.sum([run(net, [0.1 * k, 0.2])[0] for k in range(5)]))  # fmt: skip


def found_values(program, net, name):
    layer = net[int(name[1]) - 1]
    return {"W": [ws for ws, _ in layer], "w": layer[0][0], "b": [b for _, b in layer]}[name[0]]
