"""Scenes of large graphs and of nets: what is collapsed or refused, what opens, inputs, weights."""

import os
import subprocess
import sys
from itertools import pairwise

import pytest

import autograd_lite as al
from autograd_lite import ArgumentTypeError, ArgumentValueError, GraphError, Value, nn
from autograd_lite.pictures import numbered_graph
from autograd_lite.pictures.net_scenes import net_scene, weights_scene
from autograd_lite.pictures.scene import FITS, LIMIT, scene

from .test_scene import check, check_partials, scoped_net

# --- how much is drawn -------------------------------------------------------------------------------


def test_a_graph_that_fits_is_not_collapsed():
    with al.name_scope("net"):
        y = nn.MLP(2, [6, 3], seed=0)([1.0, 2.0])
    found = scene(y)
    assert (found.by, found.note) == ("op", "")
    assert len(found.nodes) <= FITS


def test_a_large_graph_is_collapsed_as_far_as_is_needed_and_says_so():
    terms = [Value(1.0) for _ in range(90)]
    y = terms[0]
    for x in terms[1:]:
        y = y + x
    assert scene(y).by == "sum"
    net = nn.MLP(2, [16, 16, 1], seed=0)
    found = net_scene(net, [1.0, 2.0])
    assert (found.by, len(found.nodes)) == ("neuron", 35)
    assert found.note == '404 nodes, drawn by neuron as 35; by="op" shows them all'
    wide = net_scene(nn.MLP(2, [200, 1], seed=0), [1.0, 2.0])
    assert (wide.by, [n.label for n in wide.nodes]) == ("layer", ["x", "layer0", "layer1"])


def test_where_nothing_helps_all_is_drawn():
    y = Value(0.5)
    for _ in range(200):
        y = y.sin()
    found = scene(y)
    assert (found.by, found.note, len(found.nodes)) == ("op", "", 201)


def chain(length):
    y = Value(0.5)
    for _ in range(length):
        y = y + 1.0
    return y


def test_a_graph_over_the_limit_is_refused_with_advice():
    y = chain(LIMIT)
    with pytest.raises(GraphError, match="more than 2,000 nodes") as refusal:
        scene(y)
    for advice in ("a part of it", 'by="neuron"', 'by="layer"', "limit="):
        assert advice in str(refusal.value)
    assert len(scene(y, by="op", limit=None).nodes) == 2 * LIMIT + 1  # with the constants
    assert len(scene(y, by="op", limit=5000).nodes) == 2 * LIMIT + 1
    with pytest.raises(GraphError, match="4,001 nodes and 4,000 edges to be drawn"):
        scene(y, by="layer")


def test_a_net_of_any_size_is_drawn_by_layer():
    net = nn.MLP(30, [100, 10], seed=0)
    found = net_scene(net, [0.1] * 30, by="layer")
    assert [n.op for n in found.nodes] == ["30 inputs", "100 neurons: dot → relu", "10 neurons: dot"]


def test_more_edges_than_can_be_seen_are_refused():
    net = nn.MLP(200, [150, 10], seed=0)
    for drawn in (
        lambda **more: net_scene(net, [0.1] * 200, **more),
        lambda **more: weights_scene(net, **more),
    ):
        with pytest.raises(GraphError, match=r"360 nodes and 31,500 edges"):
            drawn(by="neuron")
        assert len(drawn(by="neuron", limit=None).edges) == 31_500


@pytest.mark.parametrize("by", [None, "op", "neuron", "layer"])
def test_a_long_chain_is_refused_without_a_walk_over_it(by, monkeypatch):
    monkeypatch.setattr(numbered_graph, "order", None)
    with pytest.raises(GraphError):
        scene(chain(200_000), by=by)


def test_scenes_are_the_same_in_every_process():
    script = (
        "import autograd_lite as al\n"
        "from autograd_lite.pictures.scene import scene\n"
        "net = al.nn.MLP(2, [3, 2], activation='tanh', seed=0)\n"
        "with al.name_scope('net'): out = net([1.0, 2.0])\n"
        "loss = al.cross_entropy(out, 1) + al.l2_penalty(net, 0.1)\n"
        "loss.backward()\n"
        "for by in ('op', 'sum', 'neuron', 'layer'): print(scene(loss, by=by))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1
    assert "neuron2" in texts.pop()


# --- opened groups -----------------------------------------------------------------------------------


def test_an_opened_group_shows_what_is_inside_in_its_own_cluster():
    loss = scoped_net()
    closed = scene(loss, by="neuron")
    group = next(n for n in closed.nodes if n.label == "neuron1")
    found = scene(loss, by="neuron", opened=[group.id])
    check(found, [loss])
    check_partials(found, [loss])
    assert {n.id for n in found.nodes} == {n.id for n in closed.nodes} - {group.id} | set(group.inside)
    assert {n.id for n in found.nodes if n.cluster == group.id} == set(group.inside)
    (cluster,) = [c for c in found.clusters if c.id == group.id]
    assert (cluster.label, cluster.parent) == ("neuron1", group.cluster)


def test_an_opened_sum():
    x = Value(2.0, label="x")
    y = (x + x * 3.0 + 1.0).exp()
    closed = scene(y, by="sum")
    (group,) = [n for n in closed.nodes if n.kind == "group"]
    found = scene(y, by="sum", opened=[group.id])
    check(found, [y])
    assert {n.id for n in found.nodes if n.cluster == group.id} == set(group.inside)


def test_a_group_that_is_not_there():
    loss = scoped_net()
    with pytest.raises(ArgumentValueError, match="opened must be the id of a group: g"):
        scene(loss, by="neuron", opened=["n1"])


# --- nets --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "labels"),
    [
        ([nn.Layer(2, 3, seed=0), "relu", nn.Layer(3, 2, seed=1)], ["x", "layer0", "relu", "layer2"]),
        (
            [nn.Layer(2, 3, seed=0), "tanh", nn.Layer(3, 2, seed=1), "tanh", nn.Layer(2, 2), "softmax"],
            ["x", "layer0", "tanh", "layer2", "tanh", "layer4", "softmax"],
        ),
    ],
)
def test_activations_as_steps_are_groups_between_the_layers(steps, labels):
    made = net_scene(nn.Sequential(*steps), [1.0, 2.0], "layer")
    assert [node.label for node in made.nodes] == labels
    (net,) = made.clusters
    assert net.label == "net"
    assert [node.cluster for node in made.nodes] == [None] + [net.id] * (len(labels) - 1)
    ids = [node.id for node in made.nodes]
    assert [(edge.source, edge.target) for edge in made.edges] == list(pairwise(ids))
    inside = net_scene(nn.Sequential(*steps), [1.0, 2.0], "layer", opened=[ids[2]])
    assert [node.op for node in inside.nodes if node.cluster == ids[2]] == [labels[2]] * 3


def test_a_net_and_its_input():
    net = nn.MLP(2, [2, 2], seed=0)
    found = net_scene(net, [0.5, -1.0])
    inputs = [n for n in found.nodes if n.label.startswith("x")]
    assert [(n.label, n.data, n.cluster) for n in inputs] == [("x0", 0.5, None), ("x1", -1.0, None)]
    assert [n.data for n in found.nodes if n.result] == [v.data for v in net([0.5, -1.0])]
    assert all(p.grad == 0.0 for p in net.parameters())


@pytest.mark.parametrize(
    ("net", "x", "labels"),
    [
        (nn.Neuron(2, "tanh", seed=0), (1, 2), ["x0", "x1"]),
        (nn.MLP(1, 1, seed=0), 3, ["x"]),
        (nn.Layer(2, 2, seed=0), [Value(1.0, label="height"), 2.0], ["height", "x1"]),
        (lambda x: x[0].exp() * x[1], [1.0, 2.0], ["x0", "x1"]),
    ],
)
def test_inputs_of_every_kind(net, x, labels):
    found = net_scene(net, x, by="neuron")
    assert [n.label for n in found.nodes if n.kind == "leaf"] == labels


def test_an_array_is_an_input():
    np = pytest.importorskip("numpy")
    net = nn.MLP(2, [2, 1], seed=0)
    assert net_scene(net, np.array([0.5, -1.0])) == net_scene(net, [0.5, -1.0])


def test_whole_numbers_may_be_indices_in_a_net_of_ones_own():
    table = [Value(0.1, label="zero"), Value(0.2, label="one")]
    found = net_scene(lambda tokens: al.sum([table[t].exp() for t in tokens]), [1, 1, 0])
    assert {n.label for n in found.nodes if n.kind == "leaf"} == {"zero", "one"}


def test_a_net_is_recorded_in_no_grad_too():
    with al.no_grad():
        found = net_scene(nn.MLP(2, [2, 1], seed=0), [0.5, -1.0])
    assert len(found.edges) > 3


def test_what_is_no_net():
    with pytest.raises(ArgumentTypeError, match="net must be a Value, a list of Values, or a net"):
        net_scene(3.0, [1.0])
    with pytest.raises(GraphError, match="gave no Value but float"):
        net_scene(lambda x: 3.0, [1.0])


# --- weights -----------------------------------------------------------------------------------------


def test_the_weights_of_a_net():
    net = nn.MLP(2, [3, 1], activation="tanh", seed=0)
    found = weights_scene(net)
    assert [n.label for n in found.nodes] == ["x0", "x1", "neuron0", "neuron1", "neuron2", "neuron0"]
    assert [n.op for n in found.nodes[2:]] == ["tanh"] * 3 + ["linear"]
    assert [e.weight for e in found.edges] == [
        w.data for layer in net.layers for row in layer.weight for w in row
    ]
    assert [n.id for n in found.nodes if n.result] == ["h1_0"]
    assert found.by == "neuron"


def test_the_ends_of_a_net_may_have_names():
    found = weights_scene(nn.MLP(2, [3, 2]), inputs=["height", "weight"], outputs=["cat", "dog"])
    assert [n.label for n in found.nodes][:3] == ["height", "weight", "neuron0"]
    assert [(n.label, n.result) for n in found.nodes[-2:]] == [("cat", True), ("dog", True)]
    assert [n.label for n in weights_scene(nn.MLP(2, [1]), inputs=["one"]).nodes] == ["x0", "x1", "neuron0"]


def test_the_weights_of_what_has_none():
    with pytest.raises(ArgumentTypeError, match="value must be a Value"):
        weights_scene(abs)
    with pytest.raises(ArgumentValueError, match="a net of layers, each joined to the next"):
        weights_scene(nn.Neuron(2))
    with pytest.raises(ArgumentValueError, match="each joined to the next"):
        weights_scene(nn.Sequential(nn.Layer(2, 3), nn.Layer(2, 1)))
    with pytest.raises(GraphError, match="2,003 nodes and 6,000 edges"):
        weights_scene(nn.MLP(2, [2000, 1]))
    with pytest.raises(ArgumentValueError, match="by must be one of 'neuron'"):
        weights_scene(nn.MLP(2, 1), by="op")
