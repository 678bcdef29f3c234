"""What a Value is to Python and to NumPy: identity, comparisons, and no way to lose a graph in silence."""

import builtins
import itertools
import math
import operator

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import LostGraphError, Value
from autograd_lite.engine.ops import TABLE

ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge]


def data(array):
    return [v.data for v in np.asarray(array, dtype=object).flat]


# --- identity ------------------------------------------------------------------------------------------


def test_equality_and_hash_are_identity():
    x, y = Value(2.0), Value(2.0)
    assert x == x
    assert x != y
    assert not x == y  # noqa: SIM201
    assert x != 2.0
    assert not (x == 2.0)  # noqa: SIM201
    assert len({x, y, x}) == 2
    assert {x: "x", y: "y"}[y] == "y"
    assert y not in {x}
    assert [x, y].index(y) == 1


def test_the_hash_stays_when_the_number_changes():
    x = Value(1.0)
    kept = {x}
    x.data = 5.0
    assert x in kept


def test_equality_with_other_things_is_theirs():
    assert (Value(1.0) == "x") is False
    assert (Value(1.0) != None) is True  # noqa: E711
    assert [Value(1.0)] != [Value(1.0)]


# --- comparisons -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("holds", COMPARISONS)
def test_comparisons_are_of_numbers(holds):
    numbers = [-1.0, 0.0, -0.0, 2.0, math.inf, -math.inf, math.nan]
    for a, b in itertools.product(numbers, repeat=2):
        right = holds(a, b)
        assert holds(Value(a), Value(b)) is right
        assert holds(Value(a), b) is right
        assert holds(a, Value(b)) is right
        assert bool(holds(np.float64(a), Value(b))) is right
        assert bool(holds(Value(a), np.float64(b))) is right


@pytest.mark.parametrize(
    "number", [1, True, np.float32(1), np.int64(1), np.bool_(True)], ids=lambda x: type(x).__name__
)
def test_comparisons_with_every_kind_of_number(number):
    assert Value(0.5) < number
    assert number > Value(0.5)
    assert Value(1) <= number
    assert number >= Value(1)
    assert not Value(1) < number


@pytest.mark.parametrize("holds", COMPARISONS)
@pytest.mark.parametrize("other", ["x", None, 1j, [1.0]], ids=lambda x: type(x).__name__)
def test_comparisons_with_all_else_are_refused(holds, other):
    for pair in ((Value(1.0), other), (other, Value(1.0))):
        with pytest.raises(TypeError, match="not supported between"):
            holds(*pair)


def test_comparisons_with_arrays_are_elementwise():
    v, a = Value(1.0), np.array([0.0, 1.0, 2.0])
    assert (v < a).tolist() == [False, False, True]
    assert (a < v).tolist() == [True, False, False]
    assert (v >= np.array([Value(0.0), Value(2.0)])).tolist() == [True, False]


def test_sorting_and_the_builtin_extremes():
    values = [Value(x) for x in (3.0, 1.0, 2.0)]
    assert data(sorted(values)) == [1.0, 2.0, 3.0]
    assert builtins.max(values) is values[0]
    assert builtins.min(values) is values[1]


def test_truth_is_that_of_the_number():
    assert not Value(0.0)
    assert not Value(-0.0)
    assert Value(1e-300)
    assert Value(math.nan)


# --- no way to lose the graph in silence -----------------------------------------------------------------


LOSING = {
    "float": float,
    "math.exp": math.exp,
    "math.sqrt": math.sqrt,
    "complex": complex,
    "an array's item": lambda v: operator.setitem(np.zeros(2), 0, v),
    "an array of floats": lambda v: np.array([v], dtype=float),
    "astype": lambda v: np.array([v, v]).astype(float),
    "np.float64": np.float64,
    "fill": lambda v: np.full(3, v, dtype=float),
}


@pytest.mark.parametrize("way", LOSING)
def test_every_way_into_a_float_is_refused(way):
    for v in (Value(2.0), Value(2.0) + 1):
        with pytest.raises(TypeError):
            LOSING[way](v)


@pytest.mark.parametrize("way", ["float", "math.exp", "an array's item", "np.float64"])
def test_the_refusal_says_what_to_do(way):
    with pytest.raises(TypeError, match=r"use v\.item\(\)") as caught:
        LOSING[way](Value(2.0))
    assert isinstance(caught.value, LostGraphError) or isinstance(caught.value.__cause__, LostGraphError)


def test_neither_int_nor_index():
    for way in (int, operator.index, round, range):
        with pytest.raises(TypeError):
            way(Value(2.0))


def test_numpy_is_told_nothing_about_arrays():
    for name in (
        "__array__",
        "__array_ufunc__",
        "__array_priority__",
        "__array_interface__",
        "__len__",
        "__iter__",
    ):
        assert not hasattr(Value, name)
        assert not hasattr(Value(1.0), name)


def test_arithmetic_that_is_not_there_is_refused():
    for operation in (operator.floordiv, operator.mod, divmod, operator.matmul):
        for pair in ((Value(1.0), 2.0), (2.0, Value(1.0)), (Value(1.0), Value(2.0))):
            with pytest.raises(TypeError):
                operation(*pair)


# --- arrays ----------------------------------------------------------------------------------------------


ARRAYS = [
    np.array([1.0, 2.0, 3.0]),
    np.array([[1, 2], [3, 4]]),
    np.array([Value(2.0), Value(5.0)]),
    np.ones(0),
]


@pytest.mark.parametrize("operation", ARITHMETIC, ids=lambda f: f.__name__)
@pytest.mark.parametrize("array", ARRAYS, ids=["floats", "ints", "Values", "empty"])
def test_arithmetic_with_arrays_is_elementwise_on_both_sides(operation, array):
    v = Value(1.5)
    for pair, single in (
        ((v, array), lambda x: operation(v, x)),
        ((array, v), lambda x: operation(x, v)),
    ):
        made = operation(*pair)
        assert made.shape == array.shape
        assert made.dtype == object
        for node, x in zip(made.flat, array.flat, strict=True):
            right = single(x)
            assert (node.op, node.data, node.partials) == (right.op, right.data, right.partials)
            assert v in node.parents


@pytest.mark.parametrize("operation", ARITHMETIC, ids=lambda f: f.__name__)
def test_arithmetic_with_an_array_of_no_dimension(operation):
    v = Value(1.5)
    made, mirrored = operation(v, np.array(2.0)), operation(np.array(2.0), v)
    assert (made.data, mirrored.data) == (operation(1.5, 2.0), operation(2.0, 1.5))
    assert made.parents == mirrored.parents == (v,)


@pytest.mark.parametrize("scalar", [np.float64, np.float32, np.int64, np.int8, np.bool_])
@pytest.mark.parametrize("operation", ARITHMETIC, ids=lambda f: f.__name__)
def test_arithmetic_with_numpy_scalars_makes_nodes(operation, scalar):
    v = Value(1.5)
    for made in (operation(v, scalar(1)), operation(scalar(1), v)):
        assert type(made) is Value
        assert made.parents == (v,)


def test_augmented_assignment():
    v = Value(2.0)
    held = np.array([v, v])
    held += 1
    held *= v
    assert data(held) == [6.0, 6.0]
    result = v
    result *= np.array([1.0, 2.0])
    assert data(result) == [2.0, 4.0]
    floats = np.zeros(2)
    with pytest.raises(TypeError):
        floats += v
    assert floats.tolist() == [0.0, 0.0]


UFUNCS = [
    row for row in TABLE.values() if len(row.inputs) == 1 and not row.variadic and hasattr(np, row.numpy)
]


@pytest.mark.parametrize("row", UFUNCS, ids=lambda row: row.numpy)
def test_numpys_functions_of_one_array_are_the_rows(row):
    ufunc, x = getattr(np, row.numpy), Value(1.0 if row.name == "acosh" else 0.5)
    array = ufunc(np.array([[x, x]]))
    assert array.shape == (1, 2)
    for node in (*array.flat, ufunc(x)):
        assert node.op is row
        assert node.parents == (x,)
        assert node.data == row.value(x.data)


@pytest.mark.parametrize(
    ("ufunc", "name"), [(np.power, "pow"), (np.hypot, "hypot"), (np.arctan2, "atan2"), (np.add, "add")]
)
def test_numpys_functions_of_two_arrays_are_the_rows(ufunc, name):
    x = Value(1.5)
    (node,) = ufunc(np.array([x]), 2.0)
    assert node.op is TABLE[name]
    assert node.parents == (x,)


def test_at_least_the_usual_functions_are_covered():
    assert {row.numpy for row in UFUNCS} >= {
        *("exp", "expm1", "log", "log1p", "sqrt", "absolute", "negative", "sin", "cos", "tan"),
        *("arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"),
    } - {"negative"}  # which is an operator


def test_matrix_times_vector():
    w = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
    x = np.array([5.0, 6.0])
    h = w @ x
    assert data(h) == [17.0, 39.0]
    al.sum(np.tanh(h * 0.01)).backward()
    slopes = 0.01 / np.cosh(np.array([0.17, 0.39])) ** 2
    got = np.array([[v.grad for v in row] for row in w])
    assert got == pytest.approx(np.outer(slopes, x), rel=1e-14)


def test_numpys_reductions():
    xs = np.array([Value(1.0), Value(4.0), Value(2.0)])
    assert np.sum(xs).data == 7.0
    assert xs.sum().data == 7.0
    assert np.prod(xs).data == 8.0
    assert np.mean(xs).data == pytest.approx(7 / 3)
    assert np.dot(xs, [1.0, 2.0, 3.0]).data == 15.0
    assert np.max(xs) is xs[1]
    assert np.argmin(xs) == 0
    assert data(np.sort(xs)) == [1.0, 2.0, 4.0]


def test_rows_take_arrays_of_numbers_and_of_values():
    x = Value(0.5)
    floats = al.tanh(np.array([[0.5, 1.0]]))
    assert floats.dtype == float
    assert floats == pytest.approx(np.tanh([[0.5, 1.0]]), rel=1e-15)
    held = al.tanh(np.array([x, 1.0], dtype=object))
    assert held[0].parents == (x,)
    assert held[1] == math.tanh(1.0)
    assert data(al.atan2(np.array([x, x]), np.array([1.0, 2.0]))) == [math.atan2(0.5, 1), math.atan2(0.5, 2)]


def test_an_array_of_values_is_one_of_objects():
    v = Value(1.0)
    assert np.array([v, v]).dtype == object
    assert np.array(v).shape == ()
    assert np.array([[v], [v]]).shape == (2, 1)


# --- rows on plain numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number", [0.5, 1, True, np.float64(0.5), np.float32(0.5), np.int64(1)], ids=lambda x: type(x).__name__
)
def test_functions_of_plain_numbers_give_plain_floats(number):
    made = al.tanh(number)
    assert (type(made), made) == (float, math.tanh(float(number)))
    assert type(al.pow(number, 2)) is float


def test_the_builtin_sum_over_a_generator():
    xs = [Value(float(i)) for i in range(4)]
    total = sum(x * x for x in xs)
    total.backward()
    assert total.data == 14.0
    assert [x.grad for x in xs] == [0.0, 2.0, 4.0, 6.0]
    assert sum((x for x in xs), Value(1.0)).data == 7.0


def test_the_builtin_abs_and_pow():
    x = Value(-3.0)
    assert abs(x).op is TABLE["abs"]
    assert pow(x, 2).data == 9.0
    with pytest.raises(TypeError):
        pow(x, 2, 5)
