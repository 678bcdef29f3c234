"""Graphs as plain data: what is drawn, what is collapsed, and the numbers on it."""

from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as al
from autograd_lite import ArgumentTypeError, ArgumentValueError, Value, nn
from autograd_lite.pictures.net_scenes import net_scene
from autograd_lite.pictures.scene import Cluster, Edge, scene

LEVELS = ("op", "sum", "neuron", "layer")


def neuron():
    w, x, b = Value(-0.5, label="w"), Value(2.0, label="x"), Value(1.5, label="b")
    y = (w * x + b).tanh()
    y.label = "y"
    return y


def rows(found):
    return [(n.id, n.kind, n.label, n.op, n.data, n.grad) for n in found.nodes]


def named(found):
    return {node.label: node for node in found.nodes}


def graph_of(values):
    """(every op-level id, every edge of the graph with its derivative), from the Values themselves."""
    at = {v: f"n{i}" for i, v in enumerate(al.order(*values))}
    return at, [(at[p], at[v], slope) for v in at for p, slope in zip(v.parents, v.partials, strict=True)]


def scoped_net(sizes=(3, 1), samples=1, **options):
    """A loss of a net that is called in a scope, for so many samples, after backward."""
    net = nn.MLP(2, list(sizes), activation="tanh", seed=0, **options)
    with al.name_scope("net"):
        outputs = [net([float(i), -float(i)]) for i in range(1, samples + 1)]
    loss = al.mse_loss(outputs, [1.0] * samples)
    loss.backward()
    return loss


# --- every node of a small graph ---------------------------------------------------------------------


def test_a_neuron():
    y = neuron()
    found = scene(y)
    assert rows(found) == [
        ("n0", "leaf", "w", "", -0.5, None),
        ("n1", "leaf", "x", "", 2.0, None),
        ("n2", "op", "", "*", -1.0, None),
        ("n3", "leaf", "b", "", 1.5, None),
        ("n4", "op", "", "+", 0.5, None),
        ("n5", "op", "y", "tanh", y.data, None),
    ]
    slope = 1 - y.data**2
    assert [(e.source, e.target, e.partial) for e in found.edges] == [
        ("n0", "n2", 2.0),
        ("n1", "n2", -0.5),
        ("n2", "n4", 1.0),
        ("n3", "n4", 1.0),
        ("n4", "n5", pytest.approx(slope)),
    ]
    assert [node.id for node in found.nodes if node.result] == ["n5"]
    assert (found.clusters, found.by, found.note) == ([], "op", "")


def test_a_leaf_alone():
    (node,) = scene(Value(3.0, label="a")).nodes
    assert (node.kind, node.label, node.result, node.members) == ("leaf", "a", True, 1)


def test_an_operand_used_twice_has_two_edges():
    x = Value(3.0)
    assert scene(x * x).edges == [Edge("n0", "n1", 3.0), Edge("n0", "n1", 3.0)]


def test_constants_are_nodes_and_settings_are_not():
    x = Value(0.5)
    found = scene(
        2.0 * x**3 - al.leaky_relu(x, 0.2) + al.clamp(x, 0, 1) + al.leaky_relu(x) + al.softmax([x, 1.0])[1]
    )
    assert [n.data for n in found.nodes if n.kind == "constant"] == [2.0, 1.0]
    assert {"**3", "leaky_relu 0.2", "clamp 0, 1", "leaky_relu", "softmax[1]"} <= {n.op for n in found.nodes}
    constants = {n.id for n in found.nodes if n.kind == "constant"}
    assert all(e.partial is None for e in found.edges if e.source in constants)


def test_a_constant_of_a_list_is_one_node_for_all_who_use_it():
    x = (1.0, 1.0)  # of one value, but two inputs
    found = scene(list(nn.Layer(2, 3, seed=0)(x)))
    constants = [n.id for n in found.nodes if n.kind == "constant"]
    assert len(constants) == 2
    assert [sum(e.source == k for e in found.edges) for k in constants] == [3, 3]


def test_several_roots():
    x = Value(2.0)
    found = scene([x.exp(), x.sin(), x])
    assert [n.id for n in found.nodes if n.result] == ["n0", "n1", "n2"]


@pytest.mark.parametrize("got", [3.0, None, "x", [1.0], [Value(1.0), None]])
def test_what_is_no_value(got):
    with pytest.raises(ArgumentTypeError, match="scene: value must be a Value, a list of Values, or a net"):
        scene(got)


def test_arguments():
    x = Value(1.0)
    with pytest.raises(ArgumentValueError, match="a list of at least one Value"):
        scene([])
    with pytest.raises(ArgumentValueError, match="'op', 'sum', 'neuron', 'layer'"):
        scene(x, by="node")
    with pytest.raises(ArgumentValueError, match="limit must be a whole number >= 1"):
        scene(x, limit=0)
    with pytest.raises(ArgumentValueError, match="opened must be the id of a group: there is none"):
        scene(x, opened=["n0"])


# --- gradients ---------------------------------------------------------------------------------------


def test_gradients_are_there_once_backward_has_run():
    y = neuron()
    assert all(node.grad is None for node in scene(y).nodes)
    y.backward()
    assert [node.grad for node in scene(y).nodes] == [v.grad for v in al.order(y)]


def test_a_leaf_does_not_show_the_gradient_of_another_graph():
    x = Value(3.0, label="x")
    (x * x).backward()
    fresh = x.sin()
    assert [node.grad for node in scene(fresh).nodes] == [None, None]
    fresh.backward()
    assert [node.grad for node in scene(fresh).nodes] == [x.grad, 1.0]


def test_only_what_backward_has_reached_has_a_gradient():
    x = Value(3.0, label="x")
    a, b = x.exp(), x.sin()
    a.backward()
    found = {n.op: n.grad for n in scene([a, b]).nodes}
    assert found == {"": x.grad, "exp": 1.0, "sin": None}


def test_a_gradient_of_zero_is_shown():
    x = Value(-3.0)
    x.relu().backward()
    assert [node.grad for node in scene(x.relu()).nodes] == [None, None]
    y = x.relu() * 1.0
    y.backward()
    assert scene(y).nodes[0].grad == 0.0


# --- collapsing --------------------------------------------------------------------------------------


def check(found, values):
    """What holds of every scene: all nodes are there once, groups are true, and there is no cycle."""
    at, edges = graph_of(values)
    inside = [i for node in found.nodes for i in (node.inside or [node.id])]
    assert len(inside) == len(set(inside))
    assert {i for i in inside if i[0] == "n"} == set(at.values())
    names = {i: node.id for node in found.nodes for i in (node.inside or [node.id])}
    wanted = {(names[a], names[b]) for a, b, _ in edges if names[a] != names[b]}
    assert {(e.source, e.target) for e in found.edges if e.source[0] != "k"} >= wanted
    kinds = {node.id: node.kind for node in found.nodes}
    counted = sum(e.count for e in found.edges if kinds[e.source] != "constant" and e.partial is not None)
    assert counted <= len(edges)
    known = {cluster.id for cluster in found.clusters}
    assert {node.cluster for node in found.nodes} <= known | {None}
    assert all(c.parent is None or c.parent in known for c in found.clusters)
    users = {node.id: [e.target for e in found.edges if e.source == node.id] for node in found.nodes}
    waiting = {node.id: sum(e.target == node.id for e in found.edges) for node in found.nodes}
    ready = [name for name, count in waiting.items() if not count]
    for name in ready:
        for user in users[name]:
            waiting[user] -= 1
            if not waiting[user]:
                ready.append(user)
    assert len(ready) == len(found.nodes), "a cycle"


def check_partials(found, values):
    """d target / d source, by the engine, with what is outside of the group held fixed."""
    at, _ = graph_of(values)
    value_of = {name: v for v, name in at.items()}
    groups = {node.id: node for node in found.nodes}
    for edge in found.edges:
        source, target = groups[edge.source], groups[edge.target]
        if edge.partial is None or target.kind != "group":
            continue
        (result,) = [v for name, v in value_of.items() if name == "n" + target.id[1:]]
        own = set(target.inside)
        start = value_of["n" + source.id[1:]]
        slope, total = {result: 1.0}, 0.0
        for v in reversed(al.order(result)):
            for parent, partial in zip(v.parents, v.partials, strict=True):
                if at[v] in own and v in slope:
                    if parent is start:
                        total += slope[v] * partial
                    elif at[parent] in own:
                        slope[parent] = slope.get(parent, 0.0) + slope[v] * partial
        assert edge.partial == pytest.approx(total)


def test_by_neuron():
    loss = scoped_net()
    found = scene(loss, by="neuron")
    check(found, [loss])
    check_partials(found, [loss])
    neurons = [n for n in found.nodes if n.kind == "group"]
    assert [(n.label, n.op) for n in neurons] == [
        *((f"neuron{i}", "dot → tanh") for i in range(3)),
        ("neuron0", "dot"),
    ]
    assert found.clusters == [
        Cluster("c0", "net"),
        Cluster("c1", "layer0", "c0"),
        Cluster("c2", "layer1", "c0"),
    ]
    by_op = {n.id: n for n in scene(loss, by="op").nodes}
    for n in neurons:
        assert (n.data, n.grad) == (by_op["n" + n.id[1:]].data, by_op["n" + n.id[1:]].grad)
        assert n.grad is not None
        assert n.members == len(n.inside) >= 4


def test_the_derivative_between_neurons_is_the_slope_times_the_weight():
    net = nn.MLP(2, [2, 1], activation="tanh", output="tanh", seed=1)
    found = net_scene(net, [0.5, -1.0], by="neuron")
    y = found.nodes[-1]
    into = [e.partial for e in found.edges if e.target == y.id]
    assert into == pytest.approx([(1 - y.data**2) * w.data for w in net.layers[1].weight[0]])


def test_by_layer():
    loss = scoped_net((4, 3, 1))
    found = scene(loss, by="layer")
    check(found, [loss])
    assert [(n.label, n.op) for n in found.nodes[:4]] == [
        ("inputs", "2 inputs"),
        ("layer0", "4 neurons: dot → tanh"),
        ("layer1", "3 neurons: dot → tanh"),
        ("layer2", "dot"),
    ]
    assert [e.count for e in found.edges[:3]] == [8, 12, 3]
    assert found.nodes[1].data is None
    assert found.nodes[3].data is not None


def test_by_sum():
    xs = [Value(float(i), label=f"x{i}") for i in range(4)]
    y = (xs[0] * 3.0 + xs[1] * xs[2] - xs[3].exp() + 1.0).sin()
    found = scene(y, by="sum")
    check(found, [y])
    check_partials(found, [y])
    (group,) = [n for n in found.nodes if n.kind == "group"]
    assert (group.label, group.op, group.members) == ("Σ", "6 terms", 5)
    assert {"sin", "exp"} <= {n.op for n in found.nodes}


def test_a_term_with_a_label_or_two_users_stays_visible():
    x = Value(2.0, label="x")
    named_term, shared = x * 3.0, x * 5.0
    named_term.label = "term"
    y = named_term + shared + shared.exp() + x
    found = scene(y, by="sum")
    assert sorted(n.op for n in found.nodes if n.kind == "op") == ["*", "*", "exp"]


def test_samples_go_through_one_neuron():
    loss = scoped_net((3, 1), samples=8)
    found = scene(loss, by="neuron")
    check(found, [loss])
    neurons = [n for n in found.nodes if n.label.startswith("neuron")]
    assert len(neurons) == 4
    assert all(n.data is None and n.grad is None for n in neurons)  # 8 results each
    inputs = [n for n in found.nodes if n.op == "8 inputs"]
    assert [n.label for n in inputs] == ["x0", "x1"]


def test_a_cell_called_on_its_own_output_is_another_one_each_time():
    class Net(nn.Module):
        def __init__(self):
            self.cell = nn.Layer(3, 2, "tanh", seed=0)

        def forward(self, xs):
            h = [0.0, 0.0]
            for x in xs:
                h = self.cell([x, *h])
            return al.sum(h)

    for by in LEVELS:
        found = net_scene(Net(), [1.0, -1.0, 0.5], by=by)
        waiting = {e.target for e in found.edges}
        assert waiting < {n.id for n in found.nodes}
    assert named(found)["parameters"].op == "8 parameters"
    assert [n.label for n in found.nodes if n.label.startswith("cell")] == [
        "cell · 1",
        "cell · 2",
        "cell · 3",
    ]
    clusters = net_scene(Net(), [1.0, -1.0], by="op").clusters
    assert {"net", "cell · 1", "cell · 2"} < {c.label for c in clusters}


def test_groups_that_feed_each_other_both_ways_are_drawn_by_their_members():
    x = Value(1.0)
    with al.name_scope("a"):
        a1, a2 = x.exp(), x.sin()
    with al.name_scope("b"):
        b1 = a1.cos()
        b2 = x.tanh()
    with al.name_scope("a"):
        a3 = b2.exp() + a2
    y = a3 + b1
    for by in LEVELS:
        check(scene(y, by=by), [y])
    assert all(n.kind != "group" for n in scene(y, by="neuron").nodes)


def test_a_net_called_in_no_scope_has_neurons_all_the_same():
    net = nn.MLP(2, [3, 2, 1], activation="relu", seed=0)
    x = [Value(0.5), Value(-1.0)]
    free = net(x)
    with al.name_scope("net"):
        scoped = net(x)
    for by in ("neuron", "layer"):
        one, other = scene(free, by=by), scene(scoped, by=by)
        assert [(n.label, n.op, n.data) for n in one.nodes] == [(n.label, n.op, n.data) for n in other.nodes]
        assert [e.partial for e in one.edges] == [e.partial for e in other.edges]
    assert not scene(free, by="op").clusters


def test_a_penalty_on_the_weights_leaves_them_in_their_neurons():
    net = nn.MLP(2, [3, 1], seed=0)
    loss = al.mse_loss(net([1.0, 2.0]), 0.5) + al.l2_penalty(net, 0.1)
    found = scene(loss, by="neuron")
    check(found, [loss])
    assert [n.label for n in found.nodes if n.kind == "leaf"] == []


def test_parameters_without_a_label_have_their_usual_names():
    found = net_scene(nn.MLP(2, [2, 1], seed=0), [1.0, 2.0], by="op")
    labels = [n.label for n in found.nodes if n.kind == "leaf"]
    assert sorted(labels) == sorted(["x0", "x1", *["w0", "w1", "b"] * 3])


def test_a_scope_of_the_users_is_a_group():
    x = Value(2.0, label="x")
    with al.name_scope("block"):
        y = x.exp().sin()
    z = y * x
    found = scene(z, by="layer")
    check(found, [z])
    check_partials(found, [z])
    assert named(found)["block"].op == "exp → sin"


OPERATIONS = {
    "tanh": lambda a, b: (a * 0.1).tanh(),
    "add": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "dot": lambda a, b: al.dot([a, 0.5], [b, b], 1.0),
    "sum": lambda a, b: al.sum([a, b, 0.25]),
}
SCOPES = ["", "inputs", "sum", "a/c", "layer0/neuron0", "layer0/neuron1"]
STEPS = st.tuples(
    st.sampled_from(sorted(OPERATIONS)), st.integers(0, 9), st.integers(0, 9), st.sampled_from(SCOPES)
)


@given(st.lists(STEPS, max_size=25))
def test_every_graph_in_every_scope(plan):
    values = [Value(0.1 * i, label="x" * (i % 2)) for i in range(3)]
    for op, i, j, scope in plan:
        a, b = values[i % len(values)], values[-1 - j % len(values)]
        with al.name_scope(scope) if scope else nullcontext():
            values.append(OPERATIONS[op](a, b))
    roots = values[-2:]
    for by in LEVELS:
        found = scene(roots, by=by)
        check(found, roots)
        check_partials(found, roots)
        for group in [n.id for n in found.nodes if n.kind == "group"][:2]:
            check(scene(roots, by=by, opened=[group]), roots)
