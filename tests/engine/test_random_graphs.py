"""Random graphs against exact rational arithmetic, and planted bugs that the same oracle must catch."""

import math
import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as al
from autograd_lite import Value
from autograd_lite.engine.ops import TABLE

from ..figures import graphs
from ..figures.graphs import count_wrong, exact, random_graph, wrong

# --- the oracle ----------------------------------------------------------------------------------------


@settings(max_examples=100)
@given(st.randoms(use_true_random=False))
def test_backward_is_exact_accumulation(rng):
    assert wrong(random_graph(rng), Value.backward) == []


def test_backward_on_a_thousand_graphs():
    assert count_wrong(1_000, seed=1) == 0


def test_grad_is_exact_accumulation():
    def run(root):
        nodes = al.order(root)
        for node, gradient in zip(nodes, al.grad(root, nodes), strict=True):
            node.grad = gradient

    assert count_wrong(500, run, seed=2) == 0


def test_a_second_pass_adds_the_same_again():
    """Nodes between come out the same to the bit; leaves double, up to the rounding of their sums."""
    for seed in range(300):
        root = random_graph(random.Random(f"twice/{seed}"))
        root.backward()
        nodes = al.order(root)
        first = [node.grad for node in nodes]
        root.backward()
        allowed = exact(root)
        for node, g in zip(nodes, first, strict=True):
            if node.op is not None:
                assert node.grad == g
            else:
                assert not (abs(node.grad - 2 * g) > 4 * allowed[node][1])


def test_the_graphs_are_worth_their_name():
    """Every row, shared nodes, one node as several operands, constants, and leaves of one number."""
    rows, shared, repeated, constants, alike, large = set(), 0, 0, 0, 0, 0
    for seed in range(2_000):
        nodes = al.order(random_graph(random.Random(f"0/{seed}")))
        parents = [parent for node in nodes for parent in node.parents]
        leaves = [node.data for node in nodes if node.op is None]
        rows |= {node.op.name for node in nodes if node.op is not None}
        shared += len(set(parents)) < len(parents)
        repeated += any(len(set(node.parents)) < len(node.parents) for node in nodes)
        constants += any(len(node.parents) < len(node.operands) for node in nodes)
        alike += len(set(leaves)) < len(leaves)
        large += len(nodes) > 15
    assert rows == TABLE.keys() - {"select"}
    assert min(shared, constants, repeated, large) > 500
    assert alike > 100


def test_the_oracle_on_a_graph_done_by_hand():
    x = Value(3.0)
    a = x * x
    z = a * a + x
    gradients = exact(z)
    assert gradients[x][0] == 109
    assert gradients[a][0] == 18
    assert gradients[z] == (1, Fraction(1, 2**53))
    assert gradients[x][1] == Fraction(109 * 10, 2**53)  # nine roundings on the longest way, and one over
    assert wrong(z, Value.backward) == []


# --- planted bugs ----------------------------------------------------------------------------------------


def backward(root, *, key=id, add=lambda old, term: old + term, edges=None, order=al.order):
    """The chain rule in its plainest form; its parts are exchanged for planted bugs."""
    nodes = order(root)
    edges = edges or (lambda node: list(zip(node.parents, node.partials, strict=True)))
    gradients = dict.fromkeys(map(key, nodes), 0.0)
    gradients[key(root)] = 1.0
    for node in reversed(nodes):
        for parent, slope in edges(node):
            gradients[key(parent)] = add(gradients[key(parent)], slope * gradients[key(node)])
    for node in nodes:
        node.grad = gradients[key(node)]


def swapped(node):
    return list(zip(node.parents, reversed(node.partials), strict=True))


def one_edge_a_parent(node):
    """Parents in a dictionary: where a node is both operands, one way is lost."""
    return list(dict(zip(node.parents, node.partials, strict=True)).items())


def distinct_numbers(node):
    """A set of parents under value equality."""
    return list({p.data: (p, s) for p, s in zip(node.parents, node.partials, strict=True)}.values())


def by_distance(root):
    """Breadth first from the root: a node's turn may come before all of its consumers have spoken."""
    nodes, seen = [root], {root}
    for node in nodes:
        new = [parent for parent in dict.fromkeys(node.parents) if parent not in seen]
        seen.update(new)
        nodes.extend(new)
    return nodes[::-1]


def without_the_last(node):
    return list(zip(node.parents, node.partials, strict=True))[: max(1, len(node.parents) - 1)]


def off_by_a_little(node):
    """One part in a million millions: far below what differences could see."""
    return [(parent, slope * (1 + 1e-12)) for parent, slope in zip(node.parents, node.partials, strict=True)]


BUGS = {
    "a lost +=": {"add": lambda old, term: term},
    "value equality": {"key": lambda node: node.data},
    "partials swapped": {"edges": swapped},
    "one edge a parent": {"edges": one_edge_a_parent},
    "a set of equal numbers": {"edges": distinct_numbers},
    "breadth first": {"order": by_distance},
    "the last edge forgotten": {"edges": without_the_last},
    "slopes off by 1e-12": {"edges": off_by_a_little},
    "nan": {"add": lambda old, term: math.nan},
    "nothing at all": {"add": lambda old, term: old},
}


def test_the_plain_chain_rule_without_a_bug_is_exact():
    assert count_wrong(1_000, backward, seed=3) == 0


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_caught(bug):
    caught = count_wrong(300, lambda root: backward(root, **BUGS[bug]), seed=4)
    assert caught > 30, f"seen in {caught} of 300 graphs"


def test_gradients_that_an_earlier_pass_left_are_caught():
    """A pass that does not begin at 0 between: micrograd's second backward."""

    def run(root):
        root.backward()
        nodes = al.order(root)
        left = {node: node.grad for node in nodes if node.op is not None and node is not root}
        for node in nodes:
            node.grad = 0.0
        gradients = {**dict.fromkeys(nodes, 0.0), **left, root: 1.0}
        for node in reversed(nodes):
            for parent, slope in zip(node.parents, node.partials, strict=True):
                gradients[parent] += slope * gradients[node]
        for node in nodes:
            node.grad = gradients[node]

    assert count_wrong(300, run, seed=5) > 100


def test_the_figure_counts_and_prints(capsys, monkeypatch):
    monkeypatch.setattr(graphs, "count_wrong", lambda number: number // 1_000)
    assert graphs.main(quick=True) == 5
    assert "5 of 5,000 wrong" in capsys.readouterr().out
