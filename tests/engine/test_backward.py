"""The backward pass: what it adds up, whose gradients are whose, and what cannot disturb it."""

import copy
import math
import pickle
import sys
import threading

import pytest

import autograd_lite as al
from autograd_lite import ArgumentTypeError, GraphError, LostGraphError, Value

from ..figures import depth, determinism, garbage, linear_time

pure_only = pytest.mark.skipif(al.engine_kind != "python", reason="a compiled pass is never interrupted")


# --- what is added up ---------------------------------------------------------------------------------


def test_leaves_accumulate_and_nodes_between_belong_to_one_pass():
    """micrograd gives 324 for the leaf here, as it hands the first pass's gradients on once more."""
    x = Value(3.0)
    y = x * x
    z = y * y
    z.backward()
    assert (x.grad, y.grad, z.grad) == (108.0, 18.0, 1.0)
    z.backward()
    assert (x.grad, y.grad, z.grad) == (216.0, 18.0, 1.0)
    z.backward()
    assert (x.grad, y.grad, z.grad) == (324.0, 18.0, 1.0)


def test_passes_from_two_roots_add_up_in_the_leaves():
    x = Value(2.0)
    shared = x * 5
    first, second = shared * 3, shared * 7
    first.backward()
    assert (x.grad, shared.grad) == (15.0, 3.0)
    second.backward()
    assert (x.grad, shared.grad) == (50.0, 7.0)
    shared.backward()
    assert (x.grad, shared.grad) == (55.0, 1.0)


def test_a_gradient_that_was_assigned_stays_on_leaves_alone():
    x = Value(2.0)
    y = x * 3
    z = y * 4
    x.grad, y.grad, z.grad = 100.0, 100.0, 100.0
    z.backward()
    assert (x.grad, y.grad, z.grad) == (112.0, 4.0, 1.0)


def test_zeroed_leaves_begin_again():
    x = Value(2.0)
    y = x * 3
    for _ in range(3):
        x.grad = 0.0
        y.backward()
        assert x.grad == 3.0


def test_diamonds():
    x = Value(2.0)
    a = x * 3
    left, right = a + 1, a * a
    z = left * right
    z.backward()
    assert left.grad == 36.0
    assert right.grad == 7.0
    assert a.grad == 36.0 + 7.0 * 12.0
    assert x.grad == 3 * a.grad


def test_ways_of_different_length_meet_in_the_end():
    """A pass that goes by distance from the root would hand back from `a` too early."""
    x = Value(1.0)
    a = x * 2
    long = a
    for _ in range(5):
        long = long * 2
    z = a + long
    z.backward()
    assert (a.grad, x.grad) == (33.0, 66.0)


@pytest.mark.parametrize(
    ("make", "slope"),
    [
        (lambda x: x + x, 2.0),
        (lambda x: x - x, 0.0),
        (lambda x: x * x, 6.0),
        (lambda x: x / x, 0.0),
        (lambda x: al.sum([x, x, x]), 3.0),
        (lambda x: al.dot([x, 2], [x, x]), 8.0),
        (lambda x: al.prod([x, x, x]), 27.0),
        (lambda x: al.max(x, x), 1.0),
    ],
)
def test_one_node_as_several_operands(make, slope):
    x = Value(3.0)
    make(x).backward()
    assert x.grad == pytest.approx(slope, abs=1e-15)


def test_distinct_leaves_of_one_number_stay_apart():
    x, y = Value(2.0), Value(2.0)
    (x * y + 3 * y).backward()
    assert (x.grad, y.grad) == (2.0, 5.0)
    assert x.parents == y.parents == ()


def test_what_is_not_under_the_root_is_left_alone():
    x = Value(2.0)
    y, other = x * 3, x * 5
    other.grad = 9.0
    (y + 1).backward()
    assert (x.grad, other.grad) == (3.0, 9.0)


def test_a_leaf_as_root():
    x = Value(2.0)
    x.backward()
    assert x.grad == 1.0
    x.backward(0.5)
    assert x.grad == 1.5


def test_the_gradient_that_the_root_starts_with():
    x = Value(2.0)
    y = x * 3
    y.backward(10)
    assert (y.grad, x.grad) == (10.0, 30.0)
    y.backward(gradient=-1.0)
    assert (y.grad, x.grad) == (-1.0, 27.0)


@pytest.mark.parametrize("got", ["1", None, 1j, [1.0], Value(1.0)], ids=lambda got: type(got).__name__)
def test_the_gradient_is_a_number(got):
    x = Value(2.0)
    y = x * 3
    with pytest.raises((ArgumentTypeError, LostGraphError)):
        y.backward(got)
    assert (x.grad, y.grad) == (0.0, 0.0)


def test_gradients_follow_ieee_754():
    x = Value(0.0)
    (1 / x).backward()
    assert x.grad == -math.inf
    y = Value(1.0)
    (y * math.inf * 0.0).backward()
    assert math.isnan(y.grad)


# --- depth, time, memory, bits -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("life", "chain", "nodes"),
    [
        ("built, run backward, freed", "diamonds", 100_000),
        ("built, run backward, freed", "lists", 100_000),
        ("freed in two parts", "operators", 100_000),
        ("freed in two parts", "lists", 100_000),
        ("in a thread", "operators", 1_000_000),
        ("held until exit", "operators", 1_000_000),
        ("held until exit", "lists", 100_000),
    ],
)
def test_deep_chains_live_and_die_well(life, chain, nodes):
    assert depth.failure(life, chain, nodes) == ""


def test_a_life_that_ends_badly_would_be_seen():
    assert "KeyError" in depth.failure("held until exit", "no such chain", 10)


def test_time_is_linear_in_nodes():
    """Generous, for a busy machine: a quadratic pass would take a hundred times as long."""
    assert max(linear_time.ratios(2_000, repeats=3).values()) < 40


def test_nothing_is_left_to_the_cyclic_collector():
    assert garbage.left_over(lambda: garbage.operations(100_000)) == 0


def test_a_cycle_would_be_counted():
    def cycle():
        node = []
        node.append(node)

    assert garbage.left_over(lambda: [cycle() for _ in range(7)]) == 7


def test_same_bits_in_every_process():
    assert len(determinism.patterns(5)) == 1


def test_other_bits_would_be_seen(monkeypatch):
    monkeypatch.setattr(
        determinism, "_in_a_process", lambda hash_seed: determinism.fingerprint(1 + hash_seed % 2)
    )
    assert len(determinism.patterns(3)) == 2


# --- copies ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_leaves_are_copied_with_everything_they_hold(again):
    with al.name_scope("layer"):
        x = Value(2.0, label="x")
    x.grad = 7.0
    y = again(x)
    assert y is not x
    assert (y.data, y.grad, y.label, y.scope, y.op) == (2.0, 7.0, "x", "layer", None)
    (y * 3).backward()
    assert (x.grad, y.grad) == (7.0, 10.0)


def test_copies_of_a_structure_keep_what_is_shared():
    x = Value(1.0)
    a, b = copy.deepcopy([x, x])
    assert a is b
    assert a is not x


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol_of_pickle(protocol):
    x = pickle.loads(pickle.dumps(Value(-0.0, label="w"), protocol))
    assert (math.copysign(1, x.data), x.label) == (-1.0, "w")


@pytest.mark.parametrize("take", [copy.copy, copy.deepcopy, pickle.dumps])
def test_nodes_are_not_copied_for_they_would_take_their_graph_along(take):
    node = Value(1.0) + 1
    with pytest.raises(GraphError, match="detach"):
        take(node)


def test_nor_are_structures_that_hold_nodes():
    held = {"loss": [Value(1.0) + 1]}
    with pytest.raises(GraphError, match="detach"):
        copy.deepcopy(held)
    with pytest.raises(GraphError, match="detach"):
        pickle.dumps(held)


# --- interruptions -----------------------------------------------------------------------------------


def traced(work, at, act):
    """Runs the work and acts at the given line event of the two passes; whether it came to that."""
    seen = 0

    def on_line(frame, event, argument):
        nonlocal seen
        if event == "line":
            seen += 1
            if seen == at:
                act()
        return on_line

    def on_call(frame, event, argument):
        return on_line if frame.f_code.co_name in ("_count_consumers", "_hand_back") else None

    before = sys.gettrace()
    sys.settrace(on_call)
    try:
        work()
    finally:
        sys.settrace(before)
    return seen >= at


def small_graph():
    x, y = Value(2.0), Value(5.0)
    shared = x * y
    z = shared * shared + al.sum([shared, x, 1.0])
    return x, y, shared, z


@pure_only
def test_an_interrupted_pass_leaves_nothing_stale():
    def interrupt():
        raise KeyboardInterrupt

    at = 1
    while True:
        x, y, shared, z = small_graph()
        try:
            came_to_it = traced(z.backward, at, interrupt)
        except KeyboardInterrupt:
            came_to_it = True
        if not came_to_it:
            break
        x.grad = y.grad = 0.0
        z.backward()
        assert (shared.grad, x.grad, y.grad) == (21.0, 106.0, 42.0), f"interrupted at line {at}"
        at += 3
    assert at > 60


@pure_only
@pytest.mark.parametrize("at", [1, 20, 60, 90])
def test_a_pass_within_a_pass_is_refused(at):
    x, y, shared, z = small_graph()
    refused = []

    def again():
        with pytest.raises(GraphError, match="another pass of this thread is under way"):
            shared.backward()
        refused.append(at)

    assert traced(z.backward, at, again)
    assert refused == [at]
    assert (shared.grad, x.grad, y.grad) == (21.0, 106.0, 42.0)
    shared.backward()
    assert x.grad == 111.0


# --- threads -------------------------------------------------------------------------------------------


def test_threads_lose_nothing_on_shared_leaves():
    w, passes, threads = Value(1.0), 300, 4
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        workers = [threading.Thread(target=_passes, args=(w, k + 1, passes)) for k in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    finally:
        sys.setswitchinterval(interval)
    assert w.grad == passes * (1 + 2 + 3 + 4)


def _passes(w, factor, count):
    for _ in range(count):
        (w * factor + 1.0).backward()


def test_threads_on_one_graph_lose_nothing():
    x = Value(1.0)
    root = x
    for _ in range(50):
        root = root + 0.0 * root
    threads = [threading.Thread(target=lambda: [root.backward() for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert x.grad == 200.0
