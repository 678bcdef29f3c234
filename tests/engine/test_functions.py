"""Functions over lists: their numbers against NumPy and SciPy, their gradients against differences."""

import math
import operator
import random

import numpy as np
import pytest
import scipy.special

import autograd_lite as al
from autograd_lite import ArgumentTypeError, ArgumentValueError, Value

inf, nan = math.inf, math.nan
REFERENCE = {
    "sum": np.sum,
    "mean": np.mean,
    "prod": np.prod,
    "max": np.max,
    "min": np.min,
    "norm": np.linalg.norm,
    "logsumexp": scipy.special.logsumexp,
}
LISTS = {"softmax": scipy.special.softmax, "log_softmax": scipy.special.log_softmax}
ALL = [*REFERENCE, *LISTS]


def near(expected, tolerance=1e-12):
    return pytest.approx(expected, rel=tolerance, abs=tolerance)


def values(numbers):
    return [Value(x) for x in numbers]


def draws(count, least=1):
    for seed in range(count):
        rng = random.Random(seed)
        yield [rng.gauss(0.0, 2.0) for _ in range(rng.randint(least, 7))]


# --- numbers and gradients -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", REFERENCE)
def test_numbers_are_numpys(name):
    for numbers in draws(50):
        made = getattr(al, name)(values(numbers))
        assert made.data == near(float(REFERENCE[name](numbers)))


@pytest.mark.parametrize("name", LISTS)
def test_lists_of_numbers_are_scipys(name):
    for numbers in draws(50):
        made = getattr(al, name)(values(numbers))
        assert [v.data for v in made] == near(LISTS[name](numbers).tolist())


def test_dot_is_numpys():
    for w in draws(50, least=0):
        x = [math.sin(i) - v for i, v in enumerate(w)]
        if w:
            assert al.dot(values(w), values(x)).data == near(float(np.dot(w, x)))
        assert al.dot(values(w), x, Value(0.25)).data == near(float(np.dot(w, x)) + 0.25)


@pytest.mark.parametrize("name", REFERENCE)
def test_gradients_are_those_of_differences(name):
    function = getattr(al, name)
    for numbers in draws(30):
        xs = values(numbers)
        function(xs).backward()
        assert [x.grad for x in xs] == near(differences(function, numbers), 1e-7)


@pytest.mark.parametrize("name", LISTS)
def test_gradients_of_lists_are_those_of_differences(name):
    function = getattr(al, name)
    for numbers in draws(30):
        for i in range(len(numbers)):
            xs = values(numbers)
            function(xs)[i].backward()
            assert [x.grad for x in xs] == near(differences(lambda n, i=i: function(n)[i], numbers), 1e-7)


def differences(function, numbers, step=1e-6):
    slopes = []
    for i in range(len(numbers)):
        up, down = list(numbers), list(numbers)
        up[i] += step
        down[i] -= step
        slopes.append((function(up) - function(down)) / (2 * step))
    return slopes


def test_gradients_of_dot():
    w, x, b = values([1.0, 2.0]), values([3.0, 5.0]), Value(7.0)
    y = al.dot(w, x, b)
    y.backward()
    assert y.data == 20.0
    assert [v.grad for v in (*w, *x, b)] == [3.0, 5.0, 1.0, 2.0, 1.0]


# --- what is taken, and what it becomes ------------------------------------------------------------------


@pytest.mark.parametrize("name", REFERENCE)
def test_each_is_one_node_over_all_its_operands(name):
    a, b = Value(1.5), Value(-2.0)
    node = getattr(al, name)([a, 3, b, np.float64(0.5), a])
    assert node.op is al.ops.TABLE[name]
    assert node.operands == (a, 3.0, b, 0.5, a)
    assert node.parents == (a, b, a)
    assert len(node.partials) == 3
    assert len(al.order(node)) == 3


@pytest.mark.parametrize("name", LISTS)
def test_each_result_of_a_list_is_one_node(name):
    a, b = Value(1.5), Value(-2.0)
    for i, node in enumerate(getattr(al, name)([a, 3, b])):
        assert node.op is al.ops.TABLE[name]
        assert node.operands == (float(i), a, 3.0, b)
        assert node.parents == (a, b)


def test_dot_is_one_node():
    w, x, b = Value(2.0), Value(3.0), Value(5.0)
    node = al.dot([w, 1], [x, 4], b)
    assert node.op is al.ops.TABLE["dot"]
    assert node.operands == (w, 1.0, x, 4.0, b)
    assert node.partials == (3.0, 2.0, 1.0)
    assert al.dot([w], [x]).operands == (w, x)
    assert al.dot([w], [x], 0.5).operands == (w, x, 0.5)


MIXED = {
    "list": list,
    "tuple": tuple,
    "generator": lambda xs: (x for x in xs),
    "iterator": iter,
    "object array": lambda xs: np.array(xs, dtype=object),
    "map": lambda xs: map(operator.pos, xs),
    "values of a dict": lambda xs: dict(enumerate(xs)).values(),
}


@pytest.mark.parametrize("kind", MIXED)
@pytest.mark.parametrize("name", ALL)
def test_every_flat_collection_is_taken(name, kind):
    xs = [Value(1.0), 2, 3.5, True, np.float32(0.5), np.int64(-1)]
    function = getattr(al, name)
    made, right = function(MIXED[kind](xs)), function(xs)
    pairs = zip(made, right, strict=True) if name in LISTS else [(made, right)]
    assert all((a.data, a.operands) == (b.data, b.operands) for a, b in pairs)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dtype", [float, np.float32, int])
def test_arrays_of_numbers_give_plain_numbers(name, dtype):
    made = getattr(al, name)(np.array([1, 2, 5], dtype))
    right = getattr(al, name)([1.0, 2.0, 5.0])
    assert made == right
    assert {type(x) for x in (made if name in LISTS else [made])} == {float}


def test_numbers_alone_give_plain_floats():
    assert al.dot([1, 2], np.array([3.0, 4.0]), 5) == 16.0
    assert type(al.dot([1], [2])) is float
    assert al.sum(range(5)) == 10.0


def test_dot_takes_arrays_on_either_side():
    w = np.array([Value(1.0), Value(2.0)])
    y = al.dot(w, np.array([3.0, 4.0]), b=np.float64(1.0))
    assert (y.data, y.partials) == (12.0, (3.0, 4.0))
    assert al.dot(np.array([3.0, 4.0]), w).data == 11.0


# --- corners -------------------------------------------------------------------------------------------


def test_the_sum_goes_from_left_to_right():
    """On 3.12 the built-in sum compensates: the same program would give other bits there."""
    numbers = [1e16, 1.0, 1.0, -1e16]
    assert al.sum(numbers) == al.sum(values(numbers)).data == 0.0
    assert al.dot([1.0] * 4, values(numbers)).data == 0.0


@pytest.mark.parametrize(("name", "result"), [("sum", 0.0), ("prod", 1.0), ("norm", 0.0)])
def test_of_none(name, result):
    assert getattr(al, name)([]) == result
    assert getattr(al, name)(np.array([])) == result


def test_dot_of_none():
    b = Value(2.0)
    assert al.dot([], []) == 0.0
    y = al.dot([], [], b)
    y.backward()
    assert (y.data, b.grad) == (2.0, 1.0)


@pytest.mark.parametrize("name", ["mean", "max", "min", "logsumexp", "softmax", "log_softmax"])
def test_what_needs_an_item_says_so(name):
    for none in ([], (), np.array([]), iter(())):
        with pytest.raises(ArgumentValueError, match=f"{name}: xs must be of at least 1 item"):
            getattr(al, name)(none)


@pytest.mark.parametrize("name", ALL)
def test_of_one(name):
    x = Value(2.5)
    made = getattr(al, name)([x])
    made = made[0] if name in LISTS else made
    made.backward()
    right = {"softmax": (1.0, 0.0), "log_softmax": (0.0, 0.0)}.get(name, (2.5, 1.0))
    assert (made.data, x.grad) == right


@pytest.mark.parametrize(
    ("numbers", "slopes"),
    [
        ([2.0, 3.0, 5.0], [15.0, 10.0, 6.0]),
        ([0.0, 3.0, 5.0], [15.0, 0.0, 0.0]),
        ([0.0, 3.0, 0.0], [0.0, 0.0, 0.0]),
        ([-0.0, inf], [inf, -0.0]),
        ([1e-200, 1e200, 1e-200, 1e200], [1e200, 1e-200, 1e200, 1e-200]),
    ],
)
def test_slopes_of_a_product_without_a_division(numbers, slopes):
    xs = values(numbers)
    al.prod(xs).backward()
    assert [x.grad for x in xs] == near(slopes)


@pytest.mark.parametrize(
    ("name", "numbers", "result", "slopes"),
    [
        ("max", [1.0, 3.0, 3.0], 3.0, [0.0, 0.5, 0.5]),
        ("min", [1.0, 3.0, 1.0, 1.0], 1.0, [1 / 3, 0.0, 1 / 3, 1 / 3]),
        ("max", [0.0, -0.0], 0.0, [0.5, 0.5]),
        ("max", [-inf, -inf], -inf, [0.5, 0.5]),
        ("max", [inf, 1.0], inf, [1.0, 0.0]),
        ("min", [1e308, inf], 1e308, [1.0, 0.0]),
        ("max", [1.0, nan, 2.0], nan, [nan] * 3),
        ("min", [nan, 1.0], nan, [nan] * 2),
    ],
)
def test_ties_and_infinities_of_extremes(name, numbers, result, slopes):
    xs = values(numbers)
    y = getattr(al, name)(xs)
    y.backward()
    assert y.data == pytest.approx(result, nan_ok=True)
    assert [x.grad for x in xs] == pytest.approx(slopes, nan_ok=True)


def test_extremes_of_arguments_or_of_a_list():
    a, b = Value(1.0), Value(4.0)
    assert al.max(a, b).operands == al.max([a, b]).operands == (a, b)
    assert al.max(a, 2).data == 2.0
    assert al.min(3, b, a).data == 1.0
    assert al.max(1, 2) == 2.0


@pytest.mark.parametrize(
    ("name", "numbers", "result"),
    [
        ("logsumexp", [1e4, -1e4], 1e4),
        ("logsumexp", [-1e4, -1e4], -1e4 + math.log(2)),
        ("logsumexp", [-inf, -inf], -inf),
        ("logsumexp", [inf, 0.0], inf),
        ("softmax", [1e4, -1e4], [1.0, 0.0]),
        ("softmax", [1e4, 1e4], [0.5, 0.5]),
        ("log_softmax", [1e4, -1e4], [0.0, -2e4]),
        ("log_softmax", [0.0, 1000.0], [-1000.0, 0.0]),
        ("norm", [3e200, 4e200], 5e200),
        ("norm", [3e-200, 4e-200], 5e-200),
        ("mean", [1e308, -1e308], 0.0),
    ],
)
def test_extreme_numbers(name, numbers, result):
    made = getattr(al, name)(values(numbers))
    assert ([v.data for v in made] if name in LISTS else made.data) == pytest.approx(result, rel=1e-13, abs=0)


@pytest.mark.parametrize(
    ("make", "slopes"),
    [
        (lambda xs: al.logsumexp(xs), [1.0, 0.0]),
        (lambda xs: al.log_softmax(xs)[1], [-1.0, 1.0]),
        (lambda xs: al.log_softmax(xs)[0], [0.0, 0.0]),
        (lambda xs: al.softmax(xs)[0], [0.0, 0.0]),
    ],
)
def test_slopes_at_extreme_logits(make, slopes):
    xs = values([1e4, -1e4])
    make(xs).backward()
    assert [x.grad for x in xs] == slopes


def test_the_slope_of_a_length_at_zero():
    xs = values([0.0, -0.0, 0.0])
    al.norm(xs).backward()
    assert [x.grad for x in xs] == [0.0, 0.0, 0.0]


# --- select --------------------------------------------------------------------------------------------


def test_select_leaves_no_edge_to_the_branch_not_taken():
    x = Value(0.0)
    lost = al.log(x) * 0.0
    y = al.select(x > 0, lost, x * 3)
    assert lost not in al.order(y)
    y.backward()
    assert (y.data, x.grad) == (0.0, 3.0)
    assert al.select(x >= 0, x, lost) is x


def test_select_by_a_value_and_with_numbers():
    x = Value(2.0)
    assert al.select(x, 1.0, x) == 1.0
    assert al.select(Value(0.0), 1.0, x) is x
    assert al.select(False, 1, 2) == 2.0


def test_select_over_arrays():
    x = Value(-2.0)
    chosen = al.select(np.array([True, False]), np.array([x, x]), 5.0)
    assert chosen[0] is x
    assert chosen[1] == 5.0


@pytest.mark.parametrize("arguments", [(True, "a", 1), (True, 1, None), ([], 1, 2), (True, 1), (1, 2, 3, 4)])
def test_select_refuses(arguments):
    with pytest.raises(ArgumentTypeError, match="select: "):
        al.select(*arguments)


# --- refusals ------------------------------------------------------------------------------------------


NOT_FLAT = ["ab", "", b"ab", {1.0}, frozenset({1.0}), {1: 2}, None, 3.0, 3, Value(1.0), 1j, object()]
NOT_FLAT += [np.ones((2, 2)), np.array(1.0), np.array([[Value(1.0)]]), np.float64(1.0)]
WRONG_ITEMS = ["a", None, 1j, [1.0], (Value(1.0),), {}, np.ones(2), "1.0"]


@pytest.mark.parametrize("xs", NOT_FLAT, ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("name", ALL)
def test_what_is_no_flat_list_is_refused(name, xs):
    with pytest.raises(
        ArgumentTypeError, match=f"^{name}: xs must be a flat list, tuple or 1-D array"
    ) as caught:
        getattr(al, name)(xs)
    assert caught.value.got is xs


@pytest.mark.parametrize("item", WRONG_ITEMS, ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("name", ALL)
def test_what_is_no_number_in_a_list_is_refused(name, item):
    for xs in ([1.0, item], [Value(1.0), item], (item,)):
        with pytest.raises(ArgumentTypeError, match=f"^{name}: every input must be a real number"):
            getattr(al, name)(xs)


@pytest.mark.parametrize("dtype", [complex, "U1"])
@pytest.mark.parametrize("name", ALL)
def test_arrays_of_no_real_numbers_are_refused(name, dtype):
    with pytest.raises(ArgumentTypeError, match=f"^{name}: "):
        getattr(al, name)(np.array(["1", "2"], dtype))


def test_dot_refuses():
    with pytest.raises(ArgumentValueError, match="dot: x must be of the length of w, 2, got list"):
        al.dot([1, 2], [1])
    for w, x, argument in ((3, [1], "w"), ([1], "1", "x"), (np.ones((1, 1)), [1], "w"), ({1}, [1], "w")):
        with pytest.raises(ArgumentTypeError, match=f"dot: {argument} must be a flat list"):
            al.dot(w, x)
    for b in ("1", [1.0], 1j, np.ones(1)):
        with pytest.raises(ArgumentTypeError, match="dot: "):
            al.dot([1.0], [Value(1.0)], b)
    with pytest.raises(TypeError):
        al.dot([1.0])


def test_no_argument_is_refused():
    for function in (al.max, al.min):
        with pytest.raises(ArgumentValueError, match="of at least 1 item"):
            function()


# --- take ----------------------------------------------------------------------------------------------


TABLE = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)], [Value(5.0), 6.0]]


def test_take_by_a_plain_index_is_indexing():
    """No node is made, and nothing is copied."""
    assert al.take(TABLE, 1) is TABLE[1]
    xs = values([1.0, 2.0])
    assert al.take(xs, np.int64(1)) is al.take(tuple(xs), np.array(1)) is xs[1]
    assert al.take([1, 2.5], 0) == 1
    assert al.take(np.arange(6.0).reshape(3, 2), 2).tolist() == [4.0, 5.0]


def test_take_by_a_value_is_a_node_for_every_number():
    index = Value(2.0)
    a, b = al.take(TABLE, index)
    assert (a.data, b.data, a.op) == (5.0, 6.0, al.ops.TABLE["take"])
    assert b.operands == (index, TABLE[0][1], TABLE[1][1], 6.0)
    assert al.grad(a * a, [index, TABLE[1][0], TABLE[2][0]]) == [0.0, 0.0, 10.0]
    node = al.take((1.0, 2, Value(7.0)), Value(1.0))
    assert (node.data, node.operands[1:3]) == (2.0, (1.0, 2.0))


@pytest.mark.parametrize("rows", [np.arange(12.0).reshape(3, 2, 2), list(np.arange(12.0).reshape(3, 2, 2))])
def test_take_of_arrays_by_a_value_is_nested_lists(rows):
    taken = al.take(rows, Value(1.0))
    assert [[v.data for v in line] for line in taken] == [[4.0, 5.0], [6.0, 7.0]]


@pytest.mark.parametrize(
    "index", [-1, 3, 10**400, np.int64(-2), Value(-1.0), Value(3.0), Value(0.5), Value(nan)]
)
def test_take_refuses_what_is_no_place(index):
    with pytest.raises(ArgumentValueError, match="take: index must be"):
        al.take(TABLE, index)


@pytest.mark.parametrize("index", [1.0, True, "0", None, [0], np.array([0]), np.float64(0.0), slice(0, 1)])
def test_take_refuses_what_is_no_index(index):
    with pytest.raises(ArgumentTypeError, match="take: index must be a whole number"):
        al.take(TABLE, index)


@pytest.mark.parametrize("index", [0, Value(0.0)])
@pytest.mark.parametrize(
    "rows", ["ab", None, 3.0, Value(1.0), {0: 1.0}, np.array(1.0), [], np.array([])], ids=repr
)
def test_take_refuses_what_are_no_rows(rows, index):
    with pytest.raises(
        al.ArgumentError, match="take: rows must be a list, tuple or array of at least 1 item"
    ):
        al.take(rows, index)


def test_take_refuses_rows_of_no_numbers():
    for rows in (["a"], [None], [{}], np.array(["a"])):
        with pytest.raises(ArgumentTypeError, match="take: rows must be"):
            al.take(rows, 0)
        with pytest.raises(ArgumentTypeError, match="take: every input must be a real number"):
            al.take(rows, Value(0.0))
    for rows in ([[1.0], [1.0, 2.0]], [1.0, [1.0]], [[[1.0], 2.0], [3.0, 4.0]]):
        with pytest.raises(ArgumentValueError, match=r"take: rows must be .* lists of one length"):
            al.take(rows, Value(0.0))
