"""The contexts: no_grad, strict and name_scope, nested, as decorators, and in threads."""

import math
import pickle
import sys
import threading

import pytest

import autograd_lite as al
from autograd_lite import ArgumentTypeError, ArgumentValueError, NonFiniteError, Value


def in_a_thread(work):
    """What the work gives on a thread of its own."""
    results = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join()
    return results[0]


def recorded(x):
    """Whether operations on x are recorded now, of every way to make a node."""
    nodes = [
        x + 1,
        1 / x,
        x * x,
        -x,
        x.relu(),
        x**2,
        x.tanh(),
        al.sum([x]),
        al.dot([x], [2.0]),
        x.clamp(0, 1),
    ]
    assert len({node.op is None for node in nodes}) == 1
    return nodes[0].op is not None


# --- no_grad -------------------------------------------------------------------------------------------


def test_no_grad_gives_leaves_of_the_same_numbers():
    x = Value(2.0)
    right = [(x * 3).data, al.softmax([x, 1.0])[0].data]
    with al.no_grad():
        made = [x * 3, al.softmax([x, 1.0])[0]]
    assert [v.data for v in made] == right
    assert all(v.op is None and v.operands == v.parents == v.partials == () for v in made)
    made[0].backward()
    assert (x.grad, made[0].grad) == (0.0, 1.0)


def test_no_grad_holds_for_every_way_to_make_a_node_and_ends():
    x = Value(2.0)
    assert recorded(x)
    with al.no_grad():
        assert not recorded(x)
        with al.no_grad():
            assert not recorded(x)
        assert not recorded(x)
    assert recorded(x)


def test_no_grad_ends_with_an_exception():
    x = Value(2.0)
    with pytest.raises(ZeroDivisionError), al.no_grad():
        raise ZeroDivisionError
    assert recorded(x)


def test_no_grad_as_a_decorator():
    @al.no_grad()
    def predict(x, again):
        assert not recorded(x)
        return predict(x, again - 1) if again else x * 2

    x = Value(2.0)
    assert predict(x, 3).op is None
    assert recorded(x)
    assert predict(x, 0).data == 4.0
    assert recorded(x)


def test_no_grad_is_a_threads_own():
    x = Value(2.0)
    with al.no_grad():
        assert in_a_thread(lambda: recorded(x))
        assert not recorded(x)

    def inside():
        with al.no_grad():
            return recorded(x)

    assert not in_a_thread(inside)
    assert recorded(x)


def test_contexts_of_threads_that_overlap():
    """What a thread opens stays open there when another closes its own."""
    x = Value(2.0)
    opened, closed = threading.Event(), threading.Event()

    def other():
        with al.no_grad():
            opened.set()
            closed.wait(10)
            return recorded(x)

    results = []
    thread = threading.Thread(target=lambda: results.append(other()))
    thread.start()
    opened.wait(10)
    with al.no_grad():
        assert not recorded(x)
    assert recorded(x)
    closed.set()
    thread.join()
    assert results == [False]
    assert recorded(x)


def test_backward_and_leaves_under_no_grad():
    x = Value(2.0)
    y = x * x
    with al.no_grad():
        y.backward()
        x.data -= 0.1 * x.grad
        leaf = Value(1.0, label="leaf")
    assert (x.grad, x.data, leaf.label) == (4.0, 1.6, "leaf")


# --- strict: values ------------------------------------------------------------------------------------


def line(ahead):
    """The caller's file:line, so many lines ahead."""
    frame = sys._getframe(1)
    return f"{frame.f_code.co_filename}:{frame.f_lineno + ahead}"


def test_strict_names_the_value_that_is_not_finite():
    x = Value(0.0)
    with al.strict():
        where = line(ahead=2)
        with pytest.raises(NonFiniteError) as caught:
            x.log()
    error = caught.value
    assert (error.kind, error.number, error.op, error.inputs) == ("value", -math.inf, "log", (0.0,))
    assert (error.label, error.where) == ("", where)
    assert f"value of log is -inf, inputs (0.0,), made at {where}" in str(error)


OVERFLOWS = {
    "add": (lambda x: x + 1e308, (1e308, 1e308)),
    "mul": (lambda x: x * 10, (1e308, 10.0)),
    "div": (lambda x: x / 0, (1e308, 0.0)),
    "pow": (lambda x: x**2, (1e308, 2.0)),
    "exp": (lambda x: x.exp(), (1e308,)),
    "sum": (lambda x: al.sum([x, x]), (1e308, 1e308)),
    "dot": (lambda x: al.dot([x], [10.0], 1.0), (1e308, 10.0, 1.0)),
}


@pytest.mark.parametrize("op", OVERFLOWS)
def test_strict_looks_at_every_way_to_make_a_node(op):
    make, inputs = OVERFLOWS[op]
    x = Value(1e308)
    assert math.isinf(make(x).data)
    with pytest.raises(NonFiniteError) as caught, al.strict():
        make(x)
    assert (caught.value.op, caught.value.inputs) == (op, inputs)
    assert caught.value.where.startswith(f"{__file__}:")


def test_strict_looks_at_leaves():
    with pytest.raises(NonFiniteError) as caught, al.strict():
        Value(math.nan, label="weight")
    assert (caught.value.op, caught.value.label, caught.value.kind) == ("leaf", "weight", "value")


def test_strict_under_no_grad_knows_the_operation():
    x = Value(-1.0)
    with pytest.raises(NonFiniteError) as caught, al.strict(), al.no_grad():
        al.sqrt(x)
    assert (caught.value.op, caught.value.inputs) == ("sqrt", (-1.0,))


def test_strict_lets_finite_numbers_pass_and_ends():
    x = Value(0.0)
    with al.strict():
        y = (x + 1).log() * 3
        y.backward()
        with al.strict():
            pass
        with pytest.raises(NonFiniteError):
            x.log()
    assert x.grad == 3.0
    assert x.log().data == -math.inf


def test_strict_is_a_threads_own():
    x = Value(0.0)
    with al.strict():
        assert in_a_thread(lambda: x.log().data) == -math.inf


def test_strict_as_a_decorator():
    @al.strict()
    def loss(x):
        return x.log()

    for _ in range(2):
        with pytest.raises(NonFiniteError):
            loss(Value(0.0))
    assert loss(Value(1.0)).data == 0.0
    assert Value(0.0).log().data == -math.inf


# --- strict: gradients ---------------------------------------------------------------------------------


def test_strict_names_the_gradient_that_is_not_finite():
    x, w = Value(0.0, label="x"), Value(3.0)
    with al.strict():
        root = al.sqrt(x)
        root.label = "root"
        loss = root * w
        with pytest.raises(NonFiniteError) as caught:
            loss.backward()
    error = caught.value
    assert (error.kind, error.number, error.op, error.label) == ("gradient", math.inf, "sqrt", "root")
    assert "gradient of sqrt (label 'root') is inf" in str(error)


def test_strict_names_the_first_on_the_way_back_and_where_it_was_made():
    x = Value(1e-320)
    with al.strict():
        h = x * 1.0
        h.label = "h"
        where = line(ahead=1)
        y = al.log(h)
        with pytest.raises(NonFiniteError) as caught:
            y.backward()
    error = caught.value
    assert (error.kind, error.op, error.label, error.inputs, error.where) == (
        "gradient",
        "log",
        "h",
        (1e-320,),
        where,
    )


def test_a_refused_pass_leaves_the_leaves_as_they_were():
    x, w, free = Value(0.0), Value(3.0), Value(5.0)
    x.grad, w.grad, free.grad = 1.0, 2.0, 3.0
    with al.strict():
        loss = al.sqrt(x) * w + free
        with pytest.raises(NonFiniteError):
            loss.backward()
    assert (x.grad, w.grad, free.grad) == (1.0, 2.0, 3.0)
    loss.backward()
    assert (x.grad, w.grad, free.grad) == (math.inf, 2.0, 4.0)


def test_a_seed_that_is_not_finite_is_named():
    x = Value(2.0)
    with al.strict(), pytest.raises(NonFiniteError) as caught:
        (x * 3).backward(math.nan)
    assert (caught.value.op, x.grad) == ("mul", 0.0)


def test_a_node_made_outside_has_no_line():
    x = Value(0.0)
    root = al.sqrt(x)
    with al.strict(), pytest.raises(NonFiniteError) as caught:
        root.backward()
    assert caught.value.where == ""
    assert "made at" not in str(caught.value)


def test_a_non_finite_error_is_pickled_with_all_it_carries():
    with pytest.raises(NonFiniteError) as caught, al.strict():
        Value(0.0, label="x").log()
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert vars(again) == vars(caught.value)


# --- name_scope ----------------------------------------------------------------------------------------


def test_scopes_nest_into_paths():
    x = Value(1.0, label="x")
    with al.name_scope("layer1"):
        a = x + 1
        with al.name_scope("neuron0"):
            b = Value(2.0, label="w")
            c = b * a
        d = c.tanh()
    e = d + 1
    assert [v.scope for v in (x, a, b, c, d, e)] == [
        "",
        "layer1",
        "layer1/neuron0",
        "layer1/neuron0",
        "layer1",
        "",
    ]
    assert [v.label for v in (x, a, b, c, d, e)] == ["x", "", "w", "", "", ""]


def test_a_label_given_later_keeps_the_scope():
    with al.name_scope("layer"):
        a = Value(1.0) + 1
        a.label = "a"
    assert (a.scope, a.label) == ("layer", "a")
    with al.name_scope("elsewhere"):
        a.label = "b"
    assert (a.scope, a.label) == ("layer", "b")
    a.label = ""
    assert (a.scope, a.label) == ("layer", "")


def test_a_scope_ends_with_an_exception_and_is_a_threads_own():
    with pytest.raises(ZeroDivisionError), al.name_scope("a"):
        raise ZeroDivisionError
    assert Value(1.0).scope == ""
    with al.name_scope("a"):
        assert in_a_thread(lambda: Value(1.0).scope) == ""

        def inside():
            with al.name_scope("b"):
                return Value(1.0).scope

        assert in_a_thread(inside) == "b"
        assert Value(1.0).scope == "a"


def test_a_scope_as_a_decorator_is_the_callers():
    """The path is that of the call, not of the definition."""

    @al.name_scope("block")
    def block():
        return Value(1.0).scope

    with al.name_scope("net"):
        assert block() == "net/block"
    assert block() == "block"


def test_scopes_work_with_the_other_contexts():
    with al.name_scope("a"), al.no_grad(), al.strict():
        v = Value(1.0) + 1
    assert (v.scope, v.op) == ("a", None)


def test_the_name_of_a_scope():
    for got in (3, None, b"x"):
        with pytest.raises(ArgumentTypeError, match="name_scope: name must be a str"):
            al.name_scope(got)
    with pytest.raises(ArgumentValueError, match="name_scope: name must be a name of at least one character"):
        al.name_scope("")
