"""Rows of the table over arrays: their values, their slopes, and the points where neither is ordinary."""

from __future__ import annotations

import math
from math import inf, nan

import mpmath
import numpy as np
import pytest

from autograd_lite import ops
from autograd_lite.compiler import kernels
from autograd_lite.compiler.equations.gradient import differentiate
from autograd_lite.compiler.equations.ir import Array, Call, Equations, Reduce, Sum, Term, View, whole
from autograd_lite.compiler.execution.emitted import emit
from autograd_lite.engine.ops import TABLE
from tests.engine.special_points import ANYTHING, POINTS, Constant, case_id, same

LISTS = ("max", "min", "norm", "prod", "logsumexp")
ONE = [name for name, row in TABLE.items() if len(row.inputs) == 1 and not row.variadic]
TWO = [name for name, row in TABLE.items() if len(row.inputs) == 2 and not row.variadic]
EXTREME = [
    0.0,
    -0.0,
    5e-324,
    1e-300,
    -1e-300,
    1e300,
    -1e300,
    inf,
    -inf,
    nan,
    709.0,
    -709.0,
    745.0,
    -745.0,
    800.0,
    -800.0,
]
SMALLEST = 2.3e-308  # below, a number may be 0
NEAR_ZERO = {"gelu": (-0.9, -0.6), "silu": (-1.6, -1.0)}  # where the slope is a difference of equals


def of_row(name, arrays, constants=()):
    """v[i] = row(x0[i], x1[i], ...) and its sum, as equations; `constants` stand in places of their own."""
    size = len(arrays[0])
    settings = dict(constants)
    parameters = [Array(f"x{k}", (size,), "parameter") for k in range(len(arrays))]
    views = iter([whole(array, ("i",)) for array in parameters])
    operands = tuple(
        settings[k] if k in settings else next(views) for k in range(len(arrays) + len(settings))
    )
    return _summed(Call(name, operands), size, parameters)


def _summed(call, size, parameters):
    v, loss, sizes = Array("v", (size,)), Array("L", ()), {"i": size}
    forward = [
        Sum(whole(v, ("i",)), (Term(1.0, (call,)),), sizes),
        Sum(View(loss), (Term(1.0, (whole(v, ("i",)),)),), sizes),
    ]
    return differentiate(Equations(forward, loss, [v], parameters, []))


def values_and_slopes(program, arrays, dtype=np.float64):
    arrays = [np.array(x, dtype) for x in arrays]
    slopes = [np.zeros(x.shape, dtype) for x in arrays]
    emitted = emit(program)
    emitted.value_and_grad(arrays, [], slopes)
    return emitted.outputs(arrays, [])[0], slopes


def ulps(got, right):
    """How many units in the last place they are apart; below the smallest normal number all are equal."""
    if same(got, right):
        return 0.0
    if not (math.isfinite(got) and math.isfinite(right)):
        return inf
    return 0.0 if max(abs(got), abs(right)) < SMALLEST else abs(got - right) / math.ulp(right)


# --- rows of one and of two numbers ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ONE)
def test_rows_of_one_number(name):
    """Within a few units of the table's on floats, and the same at every edge."""
    numbers = [*np.linspace(-40.0, 40.0, 401).tolist(), *np.linspace(-1.5, 1.5, 101).tolist(), *EXTREME]
    found, (slopes,) = values_and_slopes(of_row(name, [numbers]), [numbers])
    row, (low, high) = TABLE[name], NEAR_ZERO.get(name, (nan, nan))
    for x, value, slope in zip(numbers, found.tolist(), slopes.tolist(), strict=True):
        y = row(x)
        assert ulps(value, y) <= 3.0, (x, value, y)
        right = row.partial(0, y, (x,))
        if not low < x < high:
            assert ulps(slope, right) <= 12.0, (x, slope, right)


@pytest.mark.parametrize("name", TWO)
def test_rows_of_two_numbers(name):
    edges = [0.0, -0.0, 1.0, 2.0, -1.0, -0.5, 1e200, -1e200, inf, -inf, nan]
    draw = np.random.default_rng(0)
    x = [*np.repeat(edges, len(edges)), *draw.normal(size=50)]
    y = [*np.tile(edges, len(edges)), *draw.normal(size=50)]
    if name == "div":  # the engine has these slopes of finite quotients only
        x, y = zip(*((a, b) for a, b in zip(x, y, strict=True) if abs(a) < inf and abs(b) < inf), strict=True)
    found, slopes = values_and_slopes(of_row(name, [x, y]), [x, y])
    row = TABLE[name]
    for k, (a, b) in enumerate(zip(map(float, x), map(float, y), strict=True)):
        right = row(a, b)
        assert ulps(float(found[k]), right) <= 3.0, (a, b, found[k], right)
        for position, slope in enumerate(row.all_partials(right, (a, b))):
            assert ulps(float(slopes[position][k]), slope) <= 12.0, (a, b, slopes[position][k], slope)


@pytest.mark.parametrize("name", [*ONE, *TWO])
def test_rows_keep_float32(name):
    row = TABLE[name]
    numbers = [np.array([0.25, 0.5, 0.75])] * len(row.inputs)
    if name == "acosh":
        numbers = [1.0 + numbers[0]]
    found, slopes = values_and_slopes(of_row(name, numbers), numbers, np.float32)
    wide, right = values_and_slopes(of_row(name, numbers), numbers)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wide, rtol=2e-6)
    for slope, expected in zip(slopes, right, strict=True):
        np.testing.assert_allclose(slope, expected, rtol=3e-5, atol=1e-6)


# --- the special points ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "case", [c for c in POINTS if c[0] not in ("softmax", "log_softmax", "take")], ids=case_id
)
def test_special_points(case):
    """What is promised for Values is promised for programs."""
    name, numbers, value, gradients = case
    constants = {k: float(x) for k, x in enumerate(numbers) if isinstance(x, Constant)}
    arrays = [[float(x)] * 2 for k, x in enumerate(numbers) if k not in constants]
    found, slopes = values_and_slopes(of_row(name, arrays, constants), arrays)
    assert ulps(float(found[0]), value) <= 1.0
    for slope, right in zip(slopes, gradients, strict=True):
        near = name == "logsumexp" and math.isclose(slope[0], right, rel_tol=1e-12)
        assert right is ANYTHING or near or ulps(float(slope[0]), right) <= 1.0


@pytest.mark.parametrize(
    "case",
    [c for c in POINTS if c[0] in LISTS and not any(isinstance(x, Constant) for x in c[1])],
    ids=case_id,
)
def test_special_points_of_lists(case):
    """The same where the list is an axis of an array."""
    name, numbers, value, gradients = case
    size = len(numbers)
    x, v, loss = Array("x", (size, 2), "parameter"), Array("v", (2,)), Array("L", ())
    sizes = {"k": size, "i": 2}
    forward = [
        Reduce(whole(v, ("i",)), name, whole(x, ("k", "i")), ("k",), sizes),
        Sum(View(loss), (Term(1.0, (whole(v, ("i",)),)),), {"i": 2}),
    ]
    program = differentiate(Equations(forward, loss, [v], [x], []))
    found, (slopes,) = values_and_slopes(program, [np.array([[float(n)] * 2 for n in numbers])])
    assert ulps(float(found[0]), value) <= 1.0
    for slope, right in zip(slopes[:, 0], gradients, strict=True):
        assert math.isclose(slope, right, rel_tol=1e-12) or same(float(slope), right)


@pytest.mark.parametrize("scale", [1e4, -1e4, 1e300])
def test_softmax_of_logits_of_any_size(scale):
    x, z, p, loss = Array("x", (3,), "parameter"), Array("z", ()), Array("p", (3,)), Array("L", ())
    sizes = {"i": 3}
    view = whole(x, ("i",))
    forward = [
        Reduce(View(z), "logsumexp", view, ("i",), sizes),
        Sum(whole(p, ("i",)), (Term(1.0, (Call("exp", (Call("sub", (view, View(z))),)),)),), sizes),
        Sum(View(loss), (Term(1.0, (View(z),)),), {}),
    ]
    program = differentiate(Equations(forward, loss, [p], [x], []))
    found, (slope,) = values_and_slopes(program, [np.array([0.0, 1.0, 0.5]) * scale])
    top = np.argmax([0.0, scale, 0.5 * scale])
    assert found.tolist() == slope.tolist() == [float(k == top) for k in range(3)]


# --- kernels alone ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["erf", "erfc"])
def test_the_error_function_to_a_few_units(name):
    numbers = [
        *np.linspace(-6.0, 27.0, 400),
        *np.random.default_rng(0).normal(size=200),
        0.5,
        -0.5,
        1.0,
        1e-300,
        5e-324,
    ]
    with mpmath.workdps(40):
        right = [float(getattr(mpmath, name)(mpmath.mpf(float(x)))) for x in numbers]
    found = getattr(kernels, name)(np.array(numbers)).tolist()
    assert max(map(ulps, found, right)) <= 4.0
    assert [getattr(kernels, name)(x) for x in (-inf, inf)] == ([-1.0, 1.0] if name == "erf" else [2.0, 0.0])
    assert math.isnan(getattr(kernels, name)(nan))
    assert math.copysign(1.0, kernels.erf(-0.0)) == -1.0


@pytest.mark.parametrize("name", ["silu_slope", "gelu_slope"])
def test_slopes_at_the_ends(name):
    with np.errstate(all="ignore"):
        found = getattr(kernels, name)(np.array([-inf, -800.0, 800.0, inf, nan])).tolist()
    assert found[:4] == [0.0, 0.0, 1.0, 1.0]
    assert math.isnan(found[4])


def test_the_norm_neither_overflows_nor_vanishes():
    x = np.array([[3e200, 4e200], [3e-200, 4e-200], [0.0, 0.0], [inf, 1.0]])
    assert kernels.norm(x, (1,)).tolist() == pytest.approx([5e200, 5e-200, 0.0, inf], rel=1e-15)


def test_windows_are_views():
    x = np.arange(10.0).reshape(2, 5)
    seen = kernels.windows(x, 1, 3)
    assert seen.shape == (2, 3, 3)
    assert seen[1, 2].tolist() == [7.0, 8.0, 9.0]
    x[1, 4] = -1.0
    assert seen[1, 2, 2] == -1.0


def test_functions_of_numbers_keep_shape_and_kind():
    plus = kernels.by_element(lambda x, y: x + y)
    found = plus(np.ones((2, 1), np.float32), np.zeros(3, np.float32))
    assert (found.shape, found.dtype) == ((2, 3), np.float32)
    assert plus(1.0, 2.0) == 3.0


def test_every_kernel_has_a_text_of_its_own():
    assert kernels.__all__ == sorted(kernels.__all__)
    assert all(getattr(kernels, name).__doc__ for name in kernels.__all__)


def test_a_new_row_is_run_at_once(monkeypatch):
    """One row, and no other place: its value comes from its function of floats."""
    ops.row("step_up", lambda x: math.floor(x) + (x - math.floor(x)) ** 2, lambda y, x: 2.0 * x)
    found, _ = values_and_slopes(of_row("step_up", [[0.5, 2.25]]), [[0.5, 2.25]])
    assert found.tolist() == [0.25, 2.0625]
