"""Value's public face, and the rules that the engine writes out held to the table's rows."""

import gc
import itertools
import math
import operator
import random
import struct
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import ArgumentTypeError, Value
from autograd_lite.engine import value as engine
from autograd_lite.engine.ops import TABLE

SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -8.0, 1 / 3, 3.7, 1e200, -1e200, 1e-200, 5e-324]
SPECIAL += [math.inf, -math.inf, math.nan]
BINARY = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
}
UNARY = {"neg": operator.neg, "abs": abs, "relu": lambda x: x.relu()}
KINDS = [float, int, bool, np.float64, np.float32, np.float16, np.int64, np.uint8, np.bool_, Fraction]


def bits(numbers):
    """The numbers as bytes, every nan alike."""
    return [struct.pack("d", math.nan if x != x else x) for x in numbers]


# --- the constructor ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*KINDS, np.longdouble, np.int8, np.array])
def test_every_kind_of_real_number_is_taken_and_kept_as_a_float(kind):
    v = Value(kind(1))
    assert type(v.data) is float
    assert v.data == 1.0


@pytest.mark.parametrize("number", SPECIAL)
def test_every_float_is_kept_to_the_bit(number):
    assert bits([Value(number).data]) == bits([number])


def test_an_int_beyond_the_doubles_is_infinite_and_a_large_one_is_rounded():
    assert Value(10**400).data == math.inf
    assert Value(-(10**400)).data == -math.inf
    assert Value(2**53 + 1).data == 2.0**53


REFUSED = ["1", b"1", None, 1j, [1.0], (1.0,), {1.0}, {}, Decimal(1), object(), Value(1.0), math.sin]
REFUSED += [
    np.array([1.0]),
    np.array([1.0, 2.0]),
    np.array(1j),
    np.array("1"),
    np.datetime64("2020"),
    np.complex64(1),
]


@pytest.mark.parametrize("got", REFUSED, ids=lambda got: type(got).__name__)
def test_all_else_is_refused_by_the_name_of_its_type(got):
    with pytest.raises(TypeError, match=r"^Value: data must be a real number, got ") as caught:
        Value(got)
    inner = got.item() if getattr(got, "shape", None) == () else got
    assert ("None" if inner is None else type(inner).__name__) in str(caught.value)
    assert isinstance(caught.value, ArgumentTypeError)


@pytest.mark.parametrize("got", [3, None, b"x", 1.0])
def test_a_label_is_a_str(got):
    with pytest.raises(ArgumentTypeError, match="Value: label must be a str"):
        Value(1.0, label=got)
    v = Value(1.0, label="x")
    with pytest.raises(ArgumentTypeError, match="Value: label must be a str"):
        v.label = got
    assert v.label == "x"


def test_there_are_no_subclasses():
    """A type test is the fast way to know a Value, and a subclass would fail it without a word."""
    with pytest.raises(TypeError):
        type("Mine", (Value,), {})


# --- what it holds -----------------------------------------------------------------------------------


def test_a_leaf():
    x = Value(3, label="x")
    assert (x.data, x.grad, x.label, x.scope) == (3.0, 0.0, "x", "")
    assert x.op is None
    assert x.operands == x.parents == x.partials == ()
    assert (x._prev, x._op) == ((), "")


def test_a_node_knows_its_row_operands_parents_and_partials():
    x, y = Value(3.0), Value(4.0)
    z = x * y
    assert z.op is TABLE["mul"]
    assert z.operands == (x, y) == z.parents
    assert z.partials == (4.0, 3.0)
    assert z.label == ""


@pytest.mark.parametrize(
    ("make", "operands", "partials"),
    [
        (lambda x: x - 2, ("x", 2.0), (1.0,)),
        (lambda x: 2 - x, (2.0, "x"), (-1.0,)),
        (lambda x: x / 2, ("x", 2.0), (0.5,)),
        (lambda x: 2 / x, (2.0, "x"), (-2 / 9,)),
        (lambda x: x**2, ("x", 2.0), (6.0,)),
        (lambda x: x * x, ("x", "x"), (3.0, 3.0)),
        (lambda x: al.sum([1, x, 2, x]), (1.0, "x", 2.0, "x"), (1.0, 1.0)),
        (lambda x: x.clamp(0, 5), ("x", 0.0, 5.0), (1.0,)),
        (lambda x: -x, ("x",), (-1.0,)),
    ],
)
def test_constants_are_operands_but_no_parents(make, operands, partials):
    x = Value(3.0)
    node = make(x)
    assert node.operands == tuple(x if operand == "x" else operand for operand in operands)
    assert all(type(operand) in (float, Value) for operand in node.operands)
    assert node.parents == (x,) * operands.count("x")
    assert node.partials == partials


def test_partials_are_recorded_going_forward():
    x = Value(3.0)
    y = x**2
    x.data = 100.0
    y.backward()
    assert (y.data, x.grad) == (9.0, 6.0)


@pytest.mark.parametrize("kind", KINDS)
def test_data_and_grad_are_assigned_as_floats(kind):
    v = Value(0.0)
    v.data = kind(1)
    v.grad = kind(1)
    assert (type(v.data), type(v.grad)) == (float, float)
    assert (v.data, v.grad) == (1.0, 1.0)


def test_data_and_grad_are_changed_in_place():
    v = Value(1.0)
    v.data -= 0.25
    v.grad += 2
    assert (v.data, v.grad) == (0.75, 2.0)


@pytest.mark.parametrize(
    "got", ["1", None, 1j, [1.0], np.ones(2), Value(1.0)], ids=lambda got: type(got).__name__
)
@pytest.mark.parametrize("name", ["data", "grad"])
def test_assignment_refuses_what_the_constructor_refuses(name, got):
    v = Value(2.0)
    with pytest.raises(ArgumentTypeError, match=f"Value: {name} must be a real number"):
        setattr(v, name, got)
    assert (v.data, v.grad) == (2.0, 0.0)


@pytest.mark.parametrize("name", ["op", "operands", "parents", "partials", "scope", "_prev", "_op", "colour"])
def test_all_else_is_read_only(name):
    with pytest.raises(AttributeError):
        setattr(Value(1.0) + 1.0, name, ())


def test_an_unknown_attribute_is_named():
    with pytest.raises(AttributeError, match="'Value' object has no attribute 'foo'"):
        _ = Value(1.0).foo
    assert not hasattr(Value(1.0), "shape")


def test_item_and_detach():
    x = Value(3.0, label="x")
    y = x * 2
    assert (y.item(), type(y.item())) == (6.0, float)
    cut = y.detach()
    assert (cut.data, cut.grad, cut.op, cut.label) == (6.0, 0.0, None, "")
    (cut * x).backward()
    assert (x.grad, cut.grad) == (6.0, 3.0)


def test_repr():
    x = Value(2, label="x")
    assert repr(x) == "Value(2.0, grad=0.0, label='x')"
    y = x * 0.1
    y.backward()
    assert repr(y) == "Value(0.2, grad=1.0)"
    assert repr(x) == "Value(2.0, grad=0.1, label='x')"
    assert repr(Value(math.nan)) == "Value(nan, grad=0.0)"
    y.label = "it's"
    assert eval(repr(y).split("label=")[1][:-1]) == "it's"


def test_plus_is_the_same_node():
    x = Value(1.0)
    assert +x is x


@pytest.mark.skipif(al.engine_kind != "compiled", reason="plain Python's collector tracks every object")
def test_the_collector_does_not_track_compiled_nodes():
    x = Value(1.0)
    assert not any(gc.is_tracked(v) for v in (x, x + 1, x * x, al.sum([x, 2])))


# --- the rules that are written out, held to the table -------------------------------------------------


def held_to_the_row(node, name, operands):
    """Value, operands and partials are the row's, to the bit."""
    row = TABLE[name]
    numbers = [x.data if type(x) is Value else float(x) for x in operands]
    right = row.value(*numbers)
    slopes = row.all_partials(right, numbers)
    edges = [(x, p) for x, p in zip(operands, slopes, strict=True) if type(x) is Value]
    assert node.op is row
    assert bits([node.data]) == bits([right])
    assert node.parents == tuple(x for x, _ in edges)
    assert bits(node.partials) == bits(p for _, p in edges)
    constants = [x for x in node.operands if type(x) is not Value]
    assert bits(constants) == bits(float(x) for x in operands if type(x) is not Value)
    assert [type(x) is Value for x in node.operands] == [type(x) is Value for x in operands]


@pytest.mark.parametrize("name", BINARY)
def test_operators_of_two_are_the_rows(name):
    rng = random.Random(name)
    drawn = [rng.uniform(-10, 10) * 10.0 ** rng.randint(-20, 20) for _ in range(12)]
    for a, b in itertools.product(SPECIAL + drawn, repeat=2):
        for operands in ((Value(a), Value(b)), (Value(a), b), (a, Value(b))):
            held_to_the_row(BINARY[name](*operands), name, operands)
            held_to_the_row(TABLE[name](*operands), name, operands)


@pytest.mark.parametrize("name", UNARY)
def test_operators_of_one_are_the_rows(name):
    for a in SPECIAL:
        x = Value(a)
        held_to_the_row(UNARY[name](x), name, (x,))
        held_to_the_row(TABLE[name](x), name, (x,))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", BINARY)
def test_every_kind_of_number_stands_on_both_sides(name, kind):
    x, number = Value(2.5), kind(1)
    held_to_the_row(BINARY[name](x, number), name, (x, number))
    held_to_the_row(BINARY[name](number, x), name, (number, x))


@pytest.mark.parametrize("name", BINARY)
def test_a_node_may_be_both_operands(name):
    x = Value(1.5)
    held_to_the_row(BINARY[name](x, x), name, (x, x))


def test_augmented_assignment_makes_a_new_node():
    x = y = Value(2.0)
    y += 1
    y *= x
    assert (x.data, y.data) == (2.0, 6.0)
    y.backward()
    assert x.grad == 5.0


def test_linear_is_the_row_dot():
    rng = random.Random(0)
    for _ in range(300):
        n = rng.randint(0, 5)
        xs = tuple(_operand(rng) for _ in range(n))
        rows = [tuple(_operand(rng) for _ in range(n)) for _ in range(rng.randint(1, 4))]
        biases = tuple(rng.choice([None, _operand(rng)]) for _ in rows)
        for node, row, bias in zip(engine.linear(rows, xs, biases), rows, biases, strict=True):
            held_to_the_row(node, "dot", row + xs + (() if bias is None else (bias,)))


def _operand(rng):
    number = rng.choice(SPECIAL) if rng.random() < 0.2 else rng.gauss(0.0, 3.0)
    return Value(number) if rng.random() < 0.6 else number


@pytest.mark.parametrize(
    "other", ["x", b"x", None, 1j, [1.0], {}, Decimal(1)], ids=lambda x: type(x).__name__
)
@pytest.mark.parametrize("name", BINARY)
def test_operators_refuse_what_is_no_number(name, other):
    for operands in ((Value(1.0), other), (other, Value(1.0))):
        with pytest.raises(TypeError):
            BINARY[name](*operands)


def test_an_operand_of_another_kind_has_its_own_say():
    class Other:
        def __radd__(self, left):
            return "radd"

        def __rtruediv__(self, left):
            return "rtruediv"

        def __rpow__(self, left):
            return "rpow"

    assert Value(1.0) + Other() == "radd"
    assert Value(1.0) / Other() == "rtruediv"
    assert Value(1.0) ** Other() == "rpow"


# --- rows as methods ---------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [row for row in TABLE.values() if not row.variadic], ids=lambda row: row.name)
def test_every_row_is_a_method_under_its_name_and_numpys(row):
    x = Value(1.0)
    others = [0.5] * (len(row.inputs) - 1)
    for name in {row.name, row.numpy}:
        made = getattr(x, name)(*others)
        expected = row(1.0, *others)
        assert bits([getattr(made, "data", made)]) == bits([expected])


def test_defaults_and_names_of_inputs():
    x = Value(-2.0)
    assert x.leaky_relu().data == -0.02
    assert x.leaky_relu(slope=0.5).data == x.leaky_relu(0.5).data == -1.0
    assert x.clamp(low=-1, high=1).data == -1.0
    with pytest.raises(ArgumentTypeError, match=r"leaky_relu: the inputs must be \(x, slope\)"):
        x.leaky_relu(0.5, slope=0.5)
    with pytest.raises(ArgumentTypeError, match=r"exp: the inputs must be \(x\)"):
        x.exp(1)
    with pytest.raises(ArgumentTypeError, match="clamp: high must be"):
        x.clamp(0, "x")
