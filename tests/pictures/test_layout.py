"""Layouts of real graphs: nothing overlaps, nothing is cut off, edges go from left to right around boxes."""

import os
import random
import subprocess
import sys
from collections import Counter, defaultdict
from functools import cache
from itertools import combinations, pairwise

import pytest

import autograd_lite as al
from autograd_lite import Value, nn
from autograd_lite.pictures import columns as grids
from autograd_lite.pictures.layout import layout
from autograd_lite.pictures.scene import Cluster, Edge, Node, Scene
from autograd_lite.pictures.scene import scene as scene_of

from . import scenes

SLACK = 0.11  # coordinates are rounded to a tenth


@cache
def laid_out(name):
    scene = scenes.ALL[name]()
    return scene, layout(scene)


@pytest.fixture(params=list(scenes.ALL))
def case(request):
    return laid_out(request.param)


def overlap(a, b):
    """How far two boxes reach into each other."""
    across = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    return min(across, min(a.y + a.height, b.y + b.height) - max(a.y, b.y))


def holds(outer, inner):
    return (
        outer.x <= inner.x + SLACK
        and outer.y <= inner.y + SLACK
        and inner.x + inner.width <= outer.x + outer.width + SLACK
        and inner.y + inner.height <= outer.y + outer.height + SLACK
    )


def around(scene, cluster):
    """The ids of a cluster and those that it is in."""
    parents = {c.id: c.parent for c in scene.clusters}
    found = set()
    while cluster is not None:
        found.add(cluster)
        cluster = parents[cluster]
    return found


def curves(points):
    return [(points[i], *points[i + 1 : i + 4]) for i in range(0, len(points) - 1, 3)]


def samples(points, many=24):
    """Points on the way of an edge."""
    for a, b, c, d in curves(points):
        for t in (k / many for k in range(many + 1)):
            shares = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t**3)
            yield tuple(sum(s * p[i] for s, p in zip(shares, (a, b, c, d), strict=True)) for i in (0, 1))


def is_inside(point, box, slack=SLACK):
    x, y = point
    return box.x + slack < x < box.x + box.width - slack and box.y + slack < y < box.y + box.height - slack


# --- boxes -----------------------------------------------------------------------------------------------


def test_no_two_nodes_overlap(case):
    _, places = case
    near = sorted(places.nodes.items(), key=lambda item: item[1].x)
    for (a, one), (b, other) in combinations(near, 2):
        assert overlap(one, other) < 0, (a, b)


def test_everything_is_in_the_picture(case):
    scene, places = case
    assert set(places.nodes) == {node.id for node in scene.nodes}
    for box in (*places.nodes.values(), *places.clusters.values()):
        assert box.x > 0
        assert box.y > 0
        assert box.x + box.width < places.width
        assert box.y + box.height < places.height
    for route in places.edges:
        assert all(0 < x < places.width and 0 < y < places.height for x, y in route.points)


def test_clusters_hold_their_nodes_and_no_others(case):
    scene, places = case
    for node in scene.nodes:
        own = around(scene, node.cluster)
        for cluster, box in places.clusters.items():
            inside = holds(box, places.nodes[node.id])
            assert inside if cluster in own else overlap(box, places.nodes[node.id]) < 0, (node.id, cluster)


def test_clusters_are_in_each_other_or_apart(case):
    scene, places = case
    for (a, one), (b, other) in combinations(places.clusters.items(), 2):
        if a in around(scene, b):
            assert holds(one, other), (a, b)
        elif b in around(scene, a):
            assert holds(other, one), (a, b)
        else:
            assert overlap(one, other) < 0, (a, b)


def test_a_cluster_leaves_room_for_its_label(case):
    scene, places = case
    for cluster, box in places.clusters.items():
        for node in scene.nodes:
            if cluster in around(scene, node.cluster):
                assert places.nodes[node.id].y >= box.y + 24, (node.id, cluster)


# --- edges -----------------------------------------------------------------------------------------------


def test_edges_run_from_left_to_right_between_the_right_boxes(case):
    scene, places = case
    times = Counter((edge.source, edge.target) for edge in scene.edges)
    for edge, route in zip(scene.edges, places.edges, strict=True):
        source, target = places.nodes[edge.source], places.nodes[edge.target]
        assert source.x + source.width < target.x
        assert all(a[0] <= b[0] for a, b in pairwise(route.points)), edge
        x, y = route.points[0]
        assert x == pytest.approx(source.x + source.width, abs=0.2)
        beside = 0.2 if times[edge.source, edge.target] == 1 else source.height / 2 - 7
        assert y == pytest.approx(source.y + source.height / 2, abs=beside)
        assert route.points[-1][0] == pytest.approx(target.x, abs=0.2)
        assert target.y < route.points[-1][1] < target.y + target.height


def test_edges_that_arrive_at_a_node_are_apart(case):
    scene, places = case
    ends = {}
    for edge, route in zip(scene.edges, places.edges, strict=True):
        ends.setdefault(edge.target, []).append(route.points[-1][1])
    for found in ends.values():
        if len(found) <= 40:
            assert all(b - a >= 0.9 for a, b in pairwise(sorted(found))), found


def test_no_edge_runs_through_a_node(case):
    scene, places = case
    for edge, route in zip(scene.edges, places.edges, strict=True):
        left, right = route.points[0][0], route.points[-1][0]
        met = [n for n, box in places.nodes.items() if box.x < right and box.x + box.width > left]
        for point in samples(route.points, 8):
            through = [n for n in met if is_inside(point, places.nodes[n], 1.0)]
            assert not through, (edge, through)


def test_edges_go_around_boxes_that_they_have_no_part_in(case):
    scene, places = case
    cluster = {node.id: node.cluster for node in scene.nodes}
    for edge, route in zip(scene.edges, places.edges, strict=True):
        own = around(scene, cluster[edge.source]) | around(scene, cluster[edge.target])
        others = [box for c, box in places.clusters.items() if c not in own]
        assert not any(is_inside(p, box, 1.0) for p in samples(route.points, 8) for box in others), edge


def test_labels_stand_clear_of_nodes_and_mostly_of_each_other(case):
    _, places = case
    boxes = []
    for route in places.edges:
        if route.text:
            (x, y), half = route.label, 3.5 * len(route.text) / 2
            boxes.append((x - half, x + half, y - 6, y + 6))
    for left, right, top, low in boxes:
        for name, box in places.nodes.items():
            apart = right <= box.x or left >= box.x + box.width or low <= box.y or top >= box.y + box.height
            assert apart, name
    clashes = sum(
        a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3] for a, b in combinations(boxes, 2)
    )
    assert clashes <= len(boxes) / 20


def test_the_two_numbers_of_a_product_with_itself_stand_one_above_the_other():
    x = Value(-1.23456, "x")
    (first, second) = layout(scene_of(x * x)).edges
    assert first.label[0] == second.label[0]
    assert abs(first.label[1] - second.label[1]) >= 13


def test_two_edges_of_the_same_ends_are_apart_all_the_way_and_so_are_their_labels():
    net = nn.MLP(2, [1], seed=0)
    z = Value(-1.23456, "x") * Value(2.0, "y")
    many = z.tanh().tanh() * z + z * z  # one pair goes to a node beside others, and none is level
    for root in (al.mse_loss([net(x) for x in ([0.9, 0.8], [-0.8, 0.3], [0.1, 0.2])], [1.0, 1.0, 0.0]), many):
        scene = scene_of(root)
        pairs = defaultdict(list)
        for edge, route in zip(scene.edges, layout(scene).edges, strict=True):
            pairs[edge.source, edge.target].append(route)
        twins = [routes for routes in pairs.values() if len(routes) > 1]
        assert twins
        for first, second in twins:
            assert all(b[1] - a[1] > 13 for a, b in zip(first.points, second.points, strict=True))
            assert second.label[1] - first.label[1] > 13


# --- the whole -------------------------------------------------------------------------------------------


def test_a_chain_is_straight_and_a_tree_does_not_cross():
    scene, places = laid_out("neuron")
    of = {node.label or node.op + node.id: places.nodes[node.id] for node in scene.nodes}
    assert of["n"].y + of["n"].height / 2 == pytest.approx(of["o"].y + of["o"].height / 2, abs=0.2)
    ways = [(route.points[0], route.points[-1]) for route in places.edges]
    for (a, b), (c, d) in combinations(ways, 2):
        if a[0] < d[0] and c[0] < b[0]:  # side by side
            assert (a[1] - c[1]) * (b[1] - d[1]) >= 0


def test_what_goes_into_a_net_stands_before_it_and_the_loss_after():
    scene, places = laid_out("net by op")
    (box,) = (places.clusters[c.id] for c in scene.clusters if c.label == "net")
    at = {node.label: places.nodes[node.id] for node in scene.nodes}
    assert at["x1"].x + at["x1"].width < box.x
    assert at["x2"].x + at["x2"].width < box.x
    assert at["loss"].x > box.x + box.width
    layers = {c.label: places.clusters[c.id] for c in scene.clusters}
    assert layers["layer0"].x + layers["layer0"].width < layers["layer1"].x


def test_layout_is_the_same_in_every_process():
    script = (
        "from tests.pictures import scenes\n"
        "from autograd_lite.pictures.layout import layout\n"
        "print([layout(scenes.ALL[name]()) for name in ('batch by op', 'rnn', 'tangle')])"
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
    assert len(texts.pop()) > 10_000


@pytest.mark.parametrize("nodes", [300, 2000])
@pytest.mark.parametrize("made", [scenes.tangle, scenes.chain, lambda n: scenes.shared_weights(n // 7)])
def test_many_nodes_have_their_places(nodes, made):
    scene = made(nodes)
    found = layout(scene)
    assert len(scene.nodes) > nodes * 0.9
    assert found.nodes.keys() == {node.id for node in scene.nodes}
    assert len(found.edges) == len(scene.edges)


def test_beyond_a_number_of_bends_the_longest_edges_have_none(monkeypatch):
    scene = scenes.rnn(8)
    monkeypatch.setattr(grids, "MOST_BENDS", 30)
    places = layout(scene)
    assert all(a[0] <= b[0] for route in places.edges for a, b in pairwise(route.points))
    for (a, one), (b, other) in combinations(places.nodes.items(), 2):
        assert overlap(one, other) < 0, (a, b)


# --- scenes that no graph of Values makes ----------------------------------------------------------------


def drawn(edges, nodes=3, clusters=(), cluster_of=()):
    made = [Node(f"n{i}", "op", f"v{i}", "+", 1.0, 0.5, dict(cluster_of).get(i)) for i in range(nodes)]
    return layout(Scene(made, [Edge(f"n{a}", f"n{b}", 1.0) for a, b in edges], list(clusters)))


def test_a_cycle_is_drawn_with_an_edge_that_runs_back():
    places = drawn([(0, 1), (1, 2), (2, 0)])
    back = [route for route in places.edges if route.points[0][0] > route.points[-1][0]]
    assert len(back) == 1
    boxes = list(places.nodes.values())
    assert all(overlap(a, b) < 0 for a, b in combinations(boxes, 2))
    assert all(a[0] >= b[0] for a, b in pairwise(back[0].points))


def test_an_edge_to_itself_is_a_loop_beside_the_node():
    places = drawn([(0, 0), (0, 1)], nodes=2)
    box, loop = places.nodes["n0"], places.edges[0].points
    assert loop[0][0] == loop[-1][0] == pytest.approx(box.x + box.width, abs=0.2)
    assert box.x + box.width < max(x for x, _ in loop) < places.nodes["n1"].x


def test_nothing_and_a_single_node_have_layouts():
    empty = layout(Scene([], [], []))
    assert empty.width > 0
    assert not empty.nodes
    one = drawn([], nodes=1)
    assert holds(type(one.nodes["n0"])(0, 0, one.width, one.height), one.nodes["n0"])


def test_an_empty_cluster_has_no_box():
    places = drawn(
        [(0, 1)], nodes=2, clusters=[Cluster("c0", "full"), Cluster("c1", "empty")], cluster_of={0: "c0"}
    )
    assert set(places.clusters) == {"c0"}


def test_a_cluster_far_apart_keeps_others_out():
    """Its nodes are in the first and the last column, and another stands in the middle."""
    clusters = [Cluster("c0", "ends"), Cluster("c1", "inner", "c0")]
    places = drawn([(0, 1), (1, 2), (0, 2)], clusters=clusters, cluster_of={0: "c0", 2: "c1"})
    assert holds(places.clusters["c0"], places.clusters["c1"])
    assert overlap(places.clusters["c0"], places.nodes["n1"]) < 0


def random_scene(seed, nodes):
    """Nodes in clusters within clusters as chance has it, with edges among them, some of them back."""
    draw = random.Random(seed)
    clusters = [
        Cluster(f"c{i}", f"cluster {i}", draw.choice([None, *(f"c{k}" for k in range(i))])) for i in range(6)
    ]
    homes = [None, *(cluster.id for cluster in clusters)]
    made = [
        Node(f"n{i}", "op", "v" * draw.randint(1, 30), "+", 1.0, 0.5, draw.choice(homes))
        for i in range(nodes)
    ]
    ends = [(draw.randrange(max(1, i - 12), i + 1) - 1, i) for i in range(1, nodes) for _ in range(2)]
    ends += [(nodes - 1, draw.randrange(nodes - 1)) for _ in range(seed % 3)]
    return Scene(made, [Edge(f"n{a}", f"n{b}", 0.5) for a, b in ends], clusters)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_the_clusters_are_all_holds(seed):
    scene = random_scene(seed, 10 + 3 * seed)
    case = scene, layout(scene)
    test_no_two_nodes_overlap(case)
    test_everything_is_in_the_picture(case)
    test_clusters_hold_their_nodes_and_no_others(case)
    test_clusters_are_in_each_other_or_apart(case)
    test_a_cluster_leaves_room_for_its_label(case)
    test_no_edge_runs_through_a_node(case)
