"""Derivatives as values: grad, jacobian, hessian and hvp against derivatives that are known."""

import math
import random

import mpmath
import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import ArgumentTypeError, ArgumentValueError, Value

from ..figures.graphs import random_graph


def near(expected, tolerance=1e-11):
    return pytest.approx(expected, rel=tolerance, abs=tolerance)


def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


# --- grad: numbers, structures, and what stays untouched -----------------------------------------------


def test_grad_of_a_value_a_list_a_tuple_and_nests():
    x, y, z = Value(2.0), Value(3.0), Value(5.0)
    f = x * y + z**2
    assert al.grad(f, x) == 3.0
    assert al.grad(f, [x, y]) == [3.0, 2.0]
    assert al.grad(f, (z, x)) == [10.0, 3.0]
    assert al.grad(f, [[x, [y]], (z,), []]) == [[3.0, [2.0]], [10.0], []]
    assert al.grad(f, []) == []
    assert type(al.grad(f, x)) is float


def test_grad_of_arrays_of_values_has_their_shape():
    w = np.array([[Value(1.0), Value(2.0), Value(3.0)], [Value(4.0), Value(5.0), Value(6.0)]])
    f = al.sum((w**2).ravel())
    g = al.grad(f, w)
    assert g.shape == (2, 3)
    assert g.dtype == float
    assert g.tolist() == [[2.0, 4.0, 6.0], [8.0, 10.0, 12.0]]
    symbolic = al.grad(f, w, create_graph=True)
    assert symbolic.shape == (2, 3)
    assert all(type(v) is Value for v in symbolic.flat)
    assert al.grad(f, [w[0], w[1, 0]])[0].tolist() == [2.0, 4.0, 6.0]


def test_grad_of_an_array_without_a_dimension_and_of_none():
    x = Value(3.0)
    held = np.empty((), dtype=object)
    held[()] = x
    g = al.grad(x**2, held)
    assert (np.shape(g), float(g)) == ((), 6.0)
    assert al.grad(x**2, np.empty((0, 2), dtype=object)).shape == (0, 2)


def test_the_same_value_asked_for_twice():
    x = Value(3.0)
    assert al.grad(x * x, [x, x]) == [6.0, 6.0]


def test_what_is_not_used_has_derivative_zero():
    x, unused = Value(2.0), Value(9.0)
    f = x * 3
    assert al.grad(f, [x, unused]) == [3.0, 0.0]
    assert al.grad(f, unused) == 0.0
    zero = al.grad(f, unused, create_graph=True)
    assert (type(zero), zero.data) == (Value, 0.0)


def test_interior_nodes_and_the_root_itself():
    x = Value(2.0)
    h = x * 3
    f = h**2 + x
    assert al.grad(f, [h, x, f]) == [12.0, 37.0, 1.0]
    assert al.grad(x, x) == 1.0
    assert al.grad(h, f) == 0.0


def test_an_interior_node_that_is_a_way_to_another():
    x = Value(2.0)
    a = x * x
    b = a * a
    assert al.grad(b, [a, x]) == [8.0, 32.0]
    assert [v.data for v in al.grad(b, [a, x], create_graph=True)] == [8.0, 32.0]


@pytest.mark.parametrize("create_graph", [False, True])
def test_no_grad_is_touched(create_graph):
    x, y = Value(2.0), Value(3.0)
    h = x * y
    f = h**2 + x
    for i, node in enumerate(al.order(f)):
        node.grad = 100.0 + i
    before = [node.grad for node in al.order(f)]
    al.grad(f, [x, y, h], create_graph)
    al.hessian(f, [x, y])
    al.hvp(f, [x, y], [1, 2])
    assert [node.grad for node in al.order(f)] == before


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_branch_that_does_not_lead_to_what_is_asked_does_not_matter(create_graph):
    """0 * inf is nan: the pass must not go into the branch at all."""
    x, w = Value(2.0), Value(0.0)
    f = x * 3 + 0.0 * al.sqrt(w) + al.log(w) * 0.0
    g = al.grad(f, x, create_graph)
    assert (g.data if create_graph else g) == 3.0
    assert math.isnan(al.grad(f, w))


def test_grad_agrees_with_backward():
    for seed in range(100):
        root = random_graph(random.Random(f"grad/{seed}"))
        nodes = al.order(root)
        root.backward()
        gradients = al.grad(root, nodes)
        symbolic = [v.data for v in al.grad(root, nodes, create_graph=True)]
        size = max(1.0, *(abs(g) for g in gradients))
        for node, g, s in zip(nodes, gradients, symbolic, strict=True):
            assert not (abs(g - node.grad) > 1e-9 * size)
            assert not (abs(s - node.grad) > 1e-9 * size)


# --- higher orders -------------------------------------------------------------------------------------


KNOWN = {
    "polynomial": (lambda x: x**7 - 3 * x**4 + x, lambda x: x**7 - 3 * x**4 + x, 1.5),
    "negative base": (lambda x: x**5, lambda x: x**5, -1.25),
    "quotient": (lambda x: (x + 2) / (x * x + 1), lambda x: (x + 2) / (x * x + 1), 0.7),
    "exp of sin": (lambda x: al.exp(al.sin(x)), lambda x: mpmath.exp(mpmath.sin(x)), 0.9),
    "tanh": (lambda x: al.tanh(x) * x, lambda x: mpmath.tanh(x) * x, 0.6),
    "log": (lambda x: al.log(1 + x**2), lambda x: mpmath.log(1 + x**2), 1.1),
    "sqrt": (lambda x: al.sqrt(x + al.cos(x)), lambda x: mpmath.sqrt(x + mpmath.cos(x)), 1.3),
    "x to the x": (lambda x: x**x, lambda x: x**x, 1.7),
    "sigmoid": (lambda x: al.sigmoid(2 * x), lambda x: 1 / (1 + mpmath.exp(-2 * x)), 0.3),
    "atan": (lambda x: al.atan(x) / x, lambda x: mpmath.atan(x) / x, 0.8),
    "softplus": (lambda x: al.softplus(x) ** 2, lambda x: mpmath.log(1 + mpmath.exp(x)) ** 2, -0.4),
    "logsumexp": (
        lambda x: al.logsumexp([x, x * x, 1.0]),
        lambda x: mpmath.log(mpmath.exp(x) + mpmath.exp(x * x) + mpmath.e),
        0.35,
    ),
    "dot": (lambda x: al.dot([x, x**2], [x, al.exp(x)], x), lambda x: x**2 + x**2 * mpmath.exp(x) + x, 0.5),
    "prod": (lambda x: al.prod([x, x + 1, al.sin(x)]), lambda x: x * (x + 1) * mpmath.sin(x), 0.5),
    "norm": (lambda x: al.norm([x, x**2]), lambda x: mpmath.sqrt(x**2 + x**4), 0.8),
    "hypot": (lambda x: al.hypot(x, 2.0), lambda x: mpmath.sqrt(x**2 + 4), 0.8),
    "atan2": (lambda x: al.atan2(x, 1 + x), lambda x: mpmath.atan(x / (1 + x)), 0.8),
    "softmax": (lambda x: al.softmax([x, 1.0])[0] * x, lambda x: x / (1 + mpmath.exp(1 - x)), 0.2),
    "log_softmax": (
        lambda x: al.log_softmax([x, 2 * x, 0.0])[1],
        lambda x: 2 * x - mpmath.log(mpmath.exp(x) + mpmath.exp(2 * x) + 1),
        0.2,
    ),
    "gelu": (lambda x: al.gelu(x), lambda x: x * (1 + mpmath.erf(x / mpmath.sqrt(2))) / 2, 0.7),
    "silu": (lambda x: al.silu(x), lambda x: x / (1 + mpmath.exp(-x)), 0.7),
}


@pytest.mark.parametrize("name", KNOWN)
def test_derivatives_to_the_fifth_order(name):
    ours, known, at = KNOWN[name]
    x = Value(at)
    y = ours(x)
    with mpmath.workdps(60):
        right = [float(d) for d in mpmath.diffs(known, mpmath.mpf(at), 5)]
    for order in range(6):
        assert y.data == near(right[order], 1e-10), f"order {order}"
        y = al.grad(y, x, create_graph=True)


def test_a_fifth_derivative_that_is_exact():
    x = Value(2.0)
    y = x**7
    for _ in range(5):
        y = al.grad(y, x, create_graph=True)
    assert y.data == 2520 * 4.0
    y.backward()
    assert x.grad == 5040 * 2.0


def test_derivatives_that_end():
    x = Value(3.0)
    first = al.grad(x * x, x, create_graph=True)
    second = al.grad(first, x, create_graph=True)
    third = al.grad(second, x, create_graph=True)
    assert (first.data, second.data, third.data) == (6.0, 2.0, 0.0)


def test_a_gradient_inside_a_loss():
    """A penalty on the slope: its own gradient is a second derivative."""
    x, w = Value(0.7), Value(1.3)
    slope = al.grad(al.tanh(w * x), x, create_graph=True)
    (slope**2).backward()
    with mpmath.workdps(40):
        square = mpmath.diff(lambda w: (w * mpmath.sech(w * mpmath.mpf(0.7)) ** 2) ** 2, mpmath.mpf(1.3))
    assert w.grad == near(float(square))


def test_results_without_create_graph_have_no_history():
    x = Value(2.0)
    assert type(al.grad(x**3, x)) is float
    assert type(al.hessian(x**3, [x])[0][0]) is float
    assert type(al.hvp(x**3, [x], [1.0])[0]) is float


# --- jacobian, hessian, hvp ------------------------------------------------------------------------------


def test_jacobian():
    x, y = Value(2.0), Value(3.0)
    fs = [x * y, x + y, y**2, Value(1.0)]
    assert al.jacobian(fs, [x, y]) == [[3.0, 2.0], [1.0, 1.0], [0.0, 6.0], [0.0, 0.0]]
    assert al.jacobian(fs[0], [x, y]) == [[3.0, 2.0]]
    assert al.jacobian([fs[0]], {"x": [x]}["x"]) == [[3.0]]
    symbolic = al.jacobian(fs, [x, y], create_graph=True)
    assert al.grad(symbolic[2][1], y) == 2.0


def test_jacobian_of_softmax():
    xs = [Value(v) for v in (0.1, -1.0, 2.0)]
    p = np.exp([x.data for x in xs])
    p /= p.sum()
    assert np.array(al.jacobian(al.softmax(xs), xs)) == near(np.diag(p) - np.outer(p, p))


def test_hessian_of_rosenbrock():
    x, y = Value(-1.2), Value(1.0)
    h = al.hessian(rosenbrock(x, y), [x, y])
    assert np.array(h) == near(np.array([[1200 * 1.44 - 400 + 2, 480.0], [480.0, 200.0]]))


def test_hessian_with_known_entries():
    x, y, z = Value(0.5), Value(1.5), Value(-0.3)
    f = x**2 * y + al.exp(y * z) + al.sin(x * z)
    xz, e, s, c = (
        x.data * z.data,
        math.exp(y.data * z.data),
        math.sin(x.data * z.data),
        math.cos(x.data * z.data),
    )
    right = [
        [2 * y.data - z.data**2 * s, 2 * x.data, c - xz * s],
        [2 * x.data, z.data**2 * e, (1 + y.data * z.data) * e],
        [c - xz * s, (1 + y.data * z.data) * e, y.data**2 * e - x.data**2 * s],
    ]
    assert np.array(al.hessian(f, [x, y, z])) == near(np.array(right))
    assert np.array(al.hessian(f, [[x], (y, [z])])) == near(np.array(right))


def test_hessian_that_can_be_differentiated():
    x = Value(2.0)
    h = al.hessian(x**4, [x], create_graph=True)
    assert (h[0][0].data, al.grad(h[0][0], x)) == (48.0, 48.0)


def test_hessians_are_symmetric_and_hvp_is_their_product():
    checked = 0
    for seed in range(60):
        rng = random.Random(f"hessian/{seed}")
        root = random_graph(rng)
        leaves = [node for node in al.order(root) if node.op is None]
        h = np.array(al.hessian(root, leaves))
        if not np.isfinite(h).all():
            continue  # a kink, such as the slope of sqrt at 0
        size = max(1.0, float(np.abs(h).max()))
        assert h == near(h.T, 1e-7 * size)
        vector = [rng.uniform(-1, 1) for _ in leaves]
        assert np.array(al.hvp(root, leaves, vector)) == near(h @ vector, 1e-7 * size)
        checked += 1
    assert checked > 40


def test_hvp_takes_numbers_of_any_kind_and_arrays():
    x, y = Value(-1.2), Value(1.0)
    f = rosenbrock(x, y)
    first = al.hvp(f, [x, y], [1, 0])
    assert first == al.hvp(f, [x, y], np.array([1.0, 0.0])) == al.hvp(f, [x, y], (True, np.float32(0)))
    assert first == near([1330.0, 480.0])
    assert al.grad(al.hvp(f, [x, y], [0, 1], create_graph=True)[0], x) == near(-400.0)


# --- refusals ------------------------------------------------------------------------------------------


NOT_VALUES = [
    None,
    1.0,
    "x",
    np.float64(1.0),
    np.array(1.0),
    np.array([1.0, 2.0]),
    [1.0],
    [[Value(1.0), "x"]],
]


@pytest.mark.parametrize("xs", NOT_VALUES, ids=repr)
def test_xs_are_values(xs):
    y = Value(1.0) + 1
    with pytest.raises(
        ArgumentTypeError, match="grad: xs must be a Value, or a list, tuple or array of Values"
    ):
        al.grad(y, xs)
    with pytest.raises(ArgumentTypeError, match="hessian: xs must be"):
        al.hessian(y, xs)
    with pytest.raises(ArgumentTypeError, match="hvp: xs must be"):
        al.hvp(y, xs, [1.0])
    with pytest.raises(ArgumentTypeError, match="jacobian: ys must be"):
        al.jacobian(xs, [y])


@pytest.mark.parametrize("y", [None, 1.0, "x", [Value(1.0)], np.array([1.0])], ids=repr)
def test_y_is_a_value(y):
    x = Value(1.0)
    for name, work in {
        "grad": lambda: al.grad(y, x),
        "hessian": lambda: al.hessian(y, [x]),
        "hvp": lambda: al.hvp(y, [x], [1.0]),
    }.items():
        with pytest.raises(ArgumentTypeError, match=f"{name}: y must be a Value, got "):
            work()


def test_the_vector_of_hvp():
    x = Value(1.0)
    f = x**2
    with pytest.raises(ArgumentValueError, match="hvp: vector must be of the length of xs, 1"):
        al.hvp(f, [x], [1.0, 2.0])
    for vector in (["a"], [None], [1j], 3.0, None):
        with pytest.raises(ArgumentTypeError, match="hvp: vector must be"):
            al.hvp(f, [x], vector)
