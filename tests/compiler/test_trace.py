"""A function becomes a graph: its parameters, its example, what it gives, and what it may not do."""

import contextlib
import math
import random
import threading
from collections import namedtuple

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import nn
from autograd_lite.compiler.trace import flat
from autograd_lite.errors import ArgumentError, ArgumentTypeError, ArgumentValueError, GraphError, TraceError

from .traced_graphs import Value, row, table, traced


def arrays(found):
    return [(array.path, array.shape, array.kind, array.batched) for array in found.arrays]


# --- parameters ------------------------------------------------------------------------------------------


def test_a_module_names_its_parameters():
    net = nn.MLP(2, [3, 1], seed=0)
    found = traced(lambda x: net(x), net, x=[1.0, 2.0])
    assert arrays(found) == [
        ("layers.0.weight", (3, 2), "parameter", False),
        ("layers.0.bias", (3,), "parameter", False),
        ("layers.1.weight", (1, 3), "parameter", False),
        ("layers.1.bias", (1,), "parameter", False),
        ("x", (2,), "input", True),
    ]
    assert [value for own in found.values[:4] for value in own] == net.parameters()


@pytest.mark.parametrize(
    ("nest", "shape"),
    [
        (Value(1.0), ()),
        (row(1.0, 2.0), (2,)),
        (tuple(row(1.0, 2.0)), (2,)),
        (table(2, 3), (2, 3)),
        (np.array(table(2, 3), object), (2, 3)),
        ([table(2, 3), table(2, 3)], (2, 2, 3)),
        ([row(1.0), row(1.0, 2.0)], (3,)),  # of unequal lengths: one long list
    ],
)
def test_nests_of_values_have_a_shape(nest, shape):
    values, _ = flat(nest)
    found = traced(lambda x: al.sum([x, *values]), {"w": nest}, x=1.0)
    assert arrays(found)[0] == ("w", shape, "parameter", False)
    assert found.values[0] == values
    assert found.leaves[values[-1]] == (0, len(values) - 1)


def test_a_list_of_values_is_one_flat_array():
    w = row(1.0, 2.0)
    assert arrays(traced(lambda x: w[0] * x, w, x=1.0))[0] == ("theta", (2,), "parameter", False)
    assert arrays(traced(lambda x: w[0] * x, [w, row(3.0)], x=1.0))[0] == ("theta", (3,), "parameter", False)


def test_tied_parameters_are_those_of_the_first_name():
    w = row(1.0, 2.0)
    found = traced(lambda x: w[0] * x, {"a": w, "b": w, "c": [w]}, x=1.0)
    assert [name for name, *_ in arrays(found)] == ["a", "x"]


W = row(1.0, 2.0, 3.0)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        (3.0, ArgumentTypeError, r"parameters must be a Module, a dict .* got float 3.0"),
        ("W", ArgumentTypeError, "parameters must be a Module"),
        ({1: W}, ArgumentTypeError, "names of type str"),
        ({"W": [1.0]}, ArgumentTypeError, r"parameters\['W'\] must be Values without parents"),
        ({"W": []}, ArgumentTypeError, r"parameters\['W'\]"),
        ({"W": [W[0] * 2]}, ArgumentTypeError, "without parents"),
        ([1.0], ArgumentTypeError, "compile: parameters must be Values without parents"),
        ({"W": [W[0], W[0]]}, ArgumentValueError, "each Value once"),
        ({"W": W[:2], "b": W[1:]}, ArgumentValueError, r"parameters\['b'\] must be each Value once, or all"),
    ],
)
def test_parameters_that_are_none(parameters, error, message):
    with pytest.raises(error, match=message):
        traced(lambda x: W[0] * x, parameters, x=1.0)


def test_parameters_that_nobody_named_are_those_that_were_there_before():
    w, unused = row(1.0, 2.0), Value(5.0)
    found = traced(lambda x: w[1] * x + Value(3.0) * w[0] + unused * 0.0, None, x=1.0)
    assert found.found == 1
    assert {*found.values[1]} == {*w, unused}


# --- the example -------------------------------------------------------------------------------------------

Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("example", "shape", "look"),
    [
        (2, (), lambda v: type(v) is Value),
        (2.5, (), lambda v: type(v) is Value),
        (np.float32(2.5), (), lambda v: type(v) is Value),
        (np.int64(2), (), lambda v: type(v) is Value),
        (np.array(2.5), (), lambda v: type(v) is Value),
        ([1.0, 2], (2,), lambda v: type(v) is list and type(v[1]) is Value),
        ((1.0, 2.0), (2,), lambda v: type(v) is tuple),
        (Point(1.0, 2.0), (2,), lambda v: type(v) is Point and type(v.y) is Value),
        ([[1.0, 2.0], [3.0, 4.0]], (2, 2), lambda v: type(v[1][0]) is Value),
        (np.ones((2, 3)), (2, 3), lambda v: v.shape == (2, 3) and type(v[1, 2]) is Value),
        (np.ones((2, 3), "f4").T, (3, 2), lambda v: v.shape == (3, 2) and v.dtype == object),
        ([np.ones(2), np.zeros(2)], (2, 2), lambda v: type(v) is list and v[0].shape == (2,)),
    ],
)
def test_examples_keep_their_form(example, shape, look):
    seen = []

    def loss(x):
        seen.append(x)
        return al.sum(flat(x)[0]) * W[0]

    found = traced(loss, {"W": W}, x=example)
    assert all(map(look, seen))
    assert arrays(found)[-1] == ("x", shape, "input", True)
    assert [v.data for v in found.values[-1]] == np.ravel(example).tolist()


@pytest.mark.parametrize(
    "example", ["two", None, [[1.0], [2.0, 3.0]], {"a": 1.0}, 1j, ["x"], [[1.0, 2.0], 3.0], np.array(["a"])]
)
def test_examples_that_are_no_numbers(example):
    with pytest.raises(ArgumentTypeError, match="compile: x must be a number, or nested lists or an array"):
        traced(lambda x: W[0] * 1.0, {"W": W}, x=example)


@pytest.mark.parametrize("example", [{}, {"x": 1.0}, {"x": 1.0, "y": 1.0, "z": 2.0}, {"x": 1.0, "k": 2.0}])
def test_an_example_has_the_arguments_names(example):
    with pytest.raises(ArgumentValueError, match="compile: example must be an example for each of: x, y"):
        traced(lambda x, y: x * y * W[0], {"W": W}, **example)


def test_functions_of_every_kind():
    class Called:
        def __call__(self, x, *, scale=2.0):
            return x * scale * W[0]

        def method(self, x):
            return self(x)

    for function in (
        Called(),
        Called().method,
        lambda **named: named["x"] * W[0],
        lambda x, y=2.0: x * y * W[0],
    ):
        assert len(traced(function, {"W": W}, x=1.0).roots) == 1


# --- what it gives -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "shapes", "roots"),
    [
        (lambda h: al.sum(h), [], 1),
        (lambda h: (al.sum(h),), [], 1),
        (lambda h: (al.sum(h), h), [(2,)], 3),
        (lambda h: (al.sum(h), h[0], [h, h]), [(), (2, 2)], 6),
        (lambda h: (al.sum(h), np.array([h], object)), [(1, 2)], 3),
    ],
)
def test_a_loss_and_other_results(result, shapes, roots):
    found = traced(lambda x: result([al.tanh(W[0] * x), al.sin(x)]), {"W": W}, x=1.0)
    assert (found.shapes, len(found.roots)) == (shapes, roots)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (3.0, "function must be a function that gives one Value, the loss, .* got float 3.0"),
        (None, "got None"),
        ([W[0]], "got list"),
        ((W[0], 1.0), "what the function gives beside the loss must be Values, .* got float 1.0"),
        ((W[0], [[W[0]], [W[0], W[1]]]), "nested lists of equal lengths"),
        ((W[0], []), "what the function gives beside the loss"),
        ((), r"the loss, .* got tuple \(\)"),
        ((1.0, W[0]), "the loss"),
    ],
)
def test_what_is_no_result(result, message):
    with pytest.raises(ArgumentTypeError, match=message):
        traced(lambda x: result, {"W": W}, x=1.0)


# --- what it may not do ------------------------------------------------------------------------------------

REFUSED = {
    "data": lambda x, k: x * x.data,
    "data of a parameter": lambda x, k: x * W[0].data,
    "item": lambda x, k: x * x.item(),
    "float": lambda x, k: x * float(x),
    "math": lambda x, k: x * math.exp(x),
    "rounding": lambda x, k: x * round(x),
    "formatting": lambda x, k: x * float(f"{x:.3f}"),
    "if": lambda x, k: x if x > 0 else -x,
    "and": lambda x, k: x > 0 and x,
    "truth": lambda x, k: x if x else -x,
    "max": lambda x, k: max(x, W[0]),
    "sorted": lambda x, k: sorted([x, W[0]])[0],
    "argmax": lambda x, k: x * np.argmax([x, W[0]]),
    "where": lambda x, k: np.where(np.array([x]) > 0, x, -x)[0],
    "equal": lambda x, k: x if k == 1 else -x,
    "in": lambda x, k: x if k in (1, 2) else -x,
    "dict": lambda x, k: x * {0: 1.0, 1: 2.0}[k],
    "list": lambda x, k: x * [1.0, 2.0][k],
    "array": lambda x, k: x * np.array([1.0, 2.0])[k],
    "range": lambda x, k: x * len(range(k)),
    "grad": lambda x, k: x * x.grad,
    "backward": lambda x, k: (x * x).backward(),
    "set data": lambda x, k: setattr(W[0], "data", 1.0) or x,
    "modulo": lambda x, k: x * x % 2,
    "take": lambda x, k: al.take([x, W[0]], k + 0),
    "take of rows": lambda x, k: al.take([[x, 1.0], W[:2]], 1 - k)[0],
    "label": lambda x, k: al.cross_entropy([x, W[0]], 1 - k),
    "take of numpy": lambda x, k: x * np.take(np.array([1.0, 2.0]), k),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_hangs_on_a_number_is_refused_with_the_users_line(name):
    before = [(w.data, w.grad) for w in W]
    with pytest.raises(TraceError) as caught:
        traced(REFUSED[name], {"W": W}, x=0.5, k=1)
    assert caught.value.line == f"test_trace.py:{REFUSED[name].__code__.co_firstlineno}"
    assert caught.value.advice
    assert [(w.data, w.grad) for w in W] == before


def test_an_error_of_the_package_names_its_argument_as_ever():
    with pytest.raises(ArgumentError, match="dot: x must be of the length of w, 2"):
        traced(lambda x: al.dot(W[:2], [x]), {"W": W}, x=1.0)


@pytest.mark.parametrize("error", [ValueError, ZeroDivisionError, RuntimeError])
def test_errors_of_the_function_itself_pass(error):
    def loss(x):
        raise error("mine")

    with pytest.raises(error, match="mine"):
        traced(loss, {"W": W}, x=1.0)


@pytest.mark.parametrize(
    "slip", [lambda x: len(3) * x, lambda x: x * [1.0][5], lambda x: x + np.arange(2)[7]]
)
def test_slips_that_have_nothing_to_do_with_tracing_are_told_by_python(slip):
    with pytest.raises((TypeError, IndexError)) as told:
        slip(1.0)
    with pytest.raises(told.type) as found:
        traced(slip, {"W": W}, x=1.0)
    assert str(found.value) == str(told.value)


@pytest.mark.parametrize("example", [[1.0, 2.0], np.array([1.0, 2.0])])
def test_a_function_may_change_the_lists_that_it_is_given(example):
    def loss(x):
        x[0] = x[0] * 2
        return al.dot(W[:2], x)

    assert al.compile(loss, {"W": W}, x=example)([[1.0, 2.0]]) == pytest.approx(loss([1.0, 2.0]).data)
    assert list(example) == [1.0, 2.0]


def test_an_index_is_no_parameter():
    with pytest.raises(GraphError, match="take by a number that is no input"):
        al.compile(al.take(W, al.Value(0.0) + 1.0), {"W": W})


@pytest.mark.parametrize(
    "draw", [random.random, lambda: np.random.default_rng().random(), iter(range(99)).__next__]
)
def test_random_numbers_and_states_are_not_baked_in(draw):
    with pytest.raises(TraceError, match="does something else when it is called again"):
        traced(lambda x: x * W[0] * (draw() + 0.5), {"W": W}, x=1.0)


def test_a_loss_that_is_no_number_is_itself_again():
    assert len(traced(lambda x: al.log(x * 0.0 - 1.0) * W[0], {"W": W}, x=1.0).roots) == 1


# --- around it ---------------------------------------------------------------------------------------------


def test_the_contexts_that_were_open_are_open_again():
    with al.no_grad(), al.name_scope("mine"):
        found = traced(lambda x: al.tanh(W[0] * x), {"W": W}, x=1.0)
        assert found.roots[0].op.name == "tanh"
        assert al.tanh(W[0]).op is None
        with pytest.raises(TraceError):
            traced(lambda x: x if x > 0 else -x, {"W": W}, x=1.0)
        assert W[0] > 0  # a branch, outside
    assert al.tanh(W[0]).scope == ""


def test_another_thread_may_branch_meanwhile():
    answers = []

    def loss(x):
        other = threading.Thread(target=lambda: answers.append(1.0 if W[0] > 0 else 2.0))
        other.start()
        other.join()
        return x * W[0]

    traced(loss, {"W": W}, x=1.0)
    assert answers == [1.0, 1.0]


def test_a_graph_of_any_depth():
    def loss(x):
        for _ in range(20_000):
            x = x * W[0] + 0.1
        return x

    assert len(traced(loss, None, x=0.5).values[-1]) == 1


@pytest.mark.parametrize(
    ("nest", "items", "shape"),
    [
        (1, [1], ()),
        ([], [], (0,)),
        ([1, 2], [1, 2], (2,)),
        ([[1, 2], [3, 4]], [1, 2, 3, 4], (2, 2)),
        ([[1], [2, 3]], [1, 2, 3], (3,)),
        ([1, [2]], [1, 2], (2,)),
        (np.array([[1, 2]]), [1, 2], (1, 2)),
        (([1], np.array([2])), [1, 2], (2, 1)),
    ],
)
def test_flat(nest, items, shape):
    assert flat(nest) == (items, shape)


def caught_by_the_way(x, w):
    try:
        if x > 0:
            return w * x
    except Exception:
        pass
    return -w * x


def caught_without_a_name(x, w):
    with contextlib.suppress(TraceError):
        return w * x.data
    return w


@pytest.mark.parametrize("swallow", [caught_by_the_way, caught_without_a_name])
def test_a_refusal_that_the_function_catches_stands_all_the_same(swallow):
    w = Value(2.0)
    with pytest.raises(TraceError, match=r"branches on a traced Value|reads the number"):
        al.compile(lambda x: swallow(x, w), [w], x=3.0)
    assert al.compile(lambda x: w * x, [w], x=3.0)([3.0]) == 6.0


def counting(w):
    calls = []

    def loss(x):
        calls.append(x)
        return w[0] * x * len(calls)

    return loss


def changing(w):
    """Functions that do something else at every call, and give 0 for an example of 0 all the same."""
    draw = iter([0.25, 0.75, 0.6, 0.3]).__next__
    return {
        "a factor": lambda x: w[0] * x * draw(),
        "an addend": lambda x: w[0] * x + x * draw(),
        "a counter": counting(w),
        "which operation": lambda x: x + w[0] * x if draw() < 0.5 else x - w[0] * x,
        "a mask": lambda x: al.sum([wi * x * (draw() < 0.5) for wi in w]),
    }


@pytest.mark.parametrize("kind", changing(None))
def test_what_changes_between_calls_is_refused_even_where_an_example_of_zeros_hides_it(kind):
    w = [Value(2.0), Value(3.0)]
    with pytest.raises(
        TraceError, match=r"does something else when it is called again; .* as a dropout mask"
    ):
        al.compile(changing(w)[kind], w, x=0.0)


def test_a_mask_that_is_an_input_is_how_to_do_it():
    w = [Value(2.0), Value(3.0)]
    program = al.compile(
        lambda x, mask: al.sum([wi * x * m for wi, m in zip(w, mask, strict=True)]), w, x=1.0, mask=[1.0, 0.0]
    )
    assert program([1.0], [[0.0, 1.0]]) == 3.0
