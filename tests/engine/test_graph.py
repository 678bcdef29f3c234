"""Walks over a whole graph: the order, and derivatives that leave every `grad` alone."""

import threading

import pytest

import autograd_lite as al
from autograd_lite import ArgumentTypeError, Value


def test_the_order_has_every_node_once_and_parents_first():
    x, y = Value(2.0), Value(3.0)
    shared = x * y
    z = (shared + x) * shared
    nodes = al.order(z)
    assert nodes == [x, y, shared, z.parents[0], z]
    place = {node: i for i, node in enumerate(nodes)}
    assert all(place[parent] < place[node] for node in nodes for parent in node.parents)


def test_the_order_of_lists_and_of_what_comes_twice():
    x, y, w = (Value(k) for k in (1.0, 2.0, 3.0))
    inner = al.sum([y, 2.0, x, y])
    root = al.dot([w, inner], [inner, x])
    assert al.order(root) == [w, y, x, inner, root]
    assert al.order(x * x)[:-1] == [x]


def test_the_order_of_several_roots():
    x = Value(1.0)
    a, b = x + 1, x + 2
    assert al.order(a, b, a) == [x, a, b]
    assert al.order() == []


@pytest.mark.parametrize("got", [3, None, "x", [Value(1.0)]])
def test_the_order_is_of_values(got):
    with pytest.raises(ArgumentTypeError, match="order: "):
        al.order(got)


def test_a_graph_of_any_depth():
    x = y = Value(1.0)
    for _ in range(200_000):
        y = y + 1e-9 * y
    assert len(al.order(y)) == 400_001
    assert al.grad(y, x) == pytest.approx(1.0002)


def test_walks_in_threads_do_not_get_into_each_others_way():
    x = Value(1.0)
    root = x
    for _ in range(50):
        root = root + 0.0 * root
    expected = al.order(root)
    right = []

    def walk():
        right.extend(al.grad(root, [x, root]) == [1.0, 1.0] for _ in range(50))
        right.extend(al.order(root) == expected for _ in range(50))

    threads = [threading.Thread(target=walk) for _ in range(3)]
    threads.append(threading.Thread(target=lambda: [root.backward() for _ in range(50)]))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(right) == 300
    assert all(right)
    assert x.grad == 50.0
