"""The work of benchmarks S4, S5 and S6 at a tiny size: the same numbers by every hand. Nothing is timed."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import autograd_lite as al
from tests.benchmarks import by_hand, graphs, net_peers, nets, s4, s5, s6
from tests.benchmarks.nets import Case

CASES = [
    Case(sizes, samples, hidden)
    for sizes, samples, hidden in itertools.product(((3, 4, 2), (3, 4, 5, 2)), (1, 7), ("relu", "tanh"))
]


def names(case):
    return case.name


@pytest.mark.parametrize("case", CASES, ids=names)
def test_s4_by_hand_is_what_the_scalars_say(case):
    net, (X, Y) = nets.network(case), nets.data(case)
    loss = al.mean([nets.loss_of(net)(list(x), int(y)) for x, y in zip(X, Y, strict=True)])
    value, gradients = s4.numpy_work(case)()
    assert value == pytest.approx(loss.data, rel=1e-13)
    for (name, nest), found in zip(net.named_parameters(), gradients, strict=True):
        leaves = np.array(nest, object)
        expected = np.reshape(al.grad(loss, list(leaves.flat)), leaves.shape)
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-14, err_msg=name)


@pytest.mark.parametrize("case", CASES, ids=names)
def test_s4_compiled_is_what_the_hand_wrote(case):
    s4.agree(s4.compiled_work(case)(), s4.numpy_work(case)())


@pytest.mark.parametrize("case", CASES, ids=names)
@pytest.mark.parametrize("peer", sorted(net_peers.PEERS))
def test_s4_the_peers_compute_the_same(peer, case):
    pytest.importorskip(peer)
    s4.agree(s4.numpy_work(case)(), s4.peer_work(peer, case)())


def test_s4_sees_another_loss_and_another_gradient():
    case = CASES[0]
    loss, gradients = s4.numpy_work(case)()
    with pytest.raises(AssertionError):
        s4.agree((loss * (1.0 + 1e-9), gradients), (loss, gradients))
    with pytest.raises(AssertionError):
        s4.agree((loss, [*gradients[:-1], -gradients[-1]]), (loss, gradients))


def test_s4_has_the_rows_that_are_asked_for():
    assert [case.name for case in (*s4.SMALL, *s4.LARGE)] == [
        "3-3-2-2 at 1",
        "3-3-2-2 at 32",
        "2-16-16-2 at 100",
        "64-32-10 at 64",
        "784-128-10 at 64",
        "784-256-128-10 at 512",
    ]


def test_s5_counts_operations_as_they_are_written_with_operators():
    x, y = al.Value(1.0), al.Value(2.0)
    assert graphs.operations(x * y + x) == 2
    assert graphs.operations(al.dot([x, y, x], [y, y, x])) == 5
    assert graphs.operations(al.sum([x, y, x])) == 2
    assert graphs.operations(graphs.finished_by_operators(3)) == 3 * 644 + 1  # and the mean
    assert graphs.operations(graphs.finished_by_layers(3)) == 3 * 644 + 1


@pytest.mark.parametrize("kind", graphs.KINDS)
def test_s5_works_at_every_size_as_large_as_it_says(kind):
    job = graphs.KINDS[kind](3)
    assert 500 < job.operations() < 2000
    assert job.compiled().report().equations > 5
    assert {name: len(taken) for name, taken in s5.times(job, 2).items()} == {"rolling": 2, "whole": 2}


def test_s5_the_text_is_as_long_whatever_the_width_and_the_samples():
    assert len(set(map(s5.length, s5.widths((3, 12, 40))))) == 1
    assert len(set(map(s5.length, s5.batches((8, 20, 40))))) == 1
    assert s5.length("h1 = 0.125*x2 + 1e-05") == s5.length("h1 = 2*x2 + 17") == len("h1 = 0*x2 + 0")


@pytest.mark.parametrize("loop", s6.LOOPS.values(), ids=s6.LOOPS)
def test_s6_the_loops_by_hand_take_the_steps_of_fit(loop):
    s6.agree(s6.fit_work(20, 30)(), s6.numpy_work(loop, 20, 30)())


def test_s6_scalars_take_them_too():
    net = nets.network(s6.CASE)
    X, Y = al.data.moons(10)
    history = al.fit(
        net, X, Y, "cross_entropy", al.optim.Adam(net.parameters()), 5, progress=False, step="scalar"
    )
    start = nets.arrays(nets.network(s6.CASE))
    s6.agree((history.history["loss"], nets.arrays(net)), by_hand.trained(X, Y, start, 5))
