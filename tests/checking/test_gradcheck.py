"""gradcheck: right gradients pass, wrong ones are caught and named, and what cannot be told is said."""

import math
import subprocess
import sys

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import ops
from autograd_lite.checking.gradcheck import gradcheck


def points(interval):
    """A few points inside, near the ends and not."""
    low, high = interval
    low, high = max(low, -3.0), min(high, 3.0)
    return [low + (high - low) * part for part in (0.013, 0.29, 0.55, 0.81, 0.983)]


UNARY = [row for row in ops.TABLE.values() if row.inputs == ["x"] and row.name != "detach"]


@pytest.mark.parametrize("row", UNARY, ids=lambda row: row.name)
def test_every_unary_row_is_right(row):
    for x in points(row.domain[0]):
        report = gradcheck(row, x)
        assert report, str(report)
        assert [entry.order for entry in report.entries] == [1, 2]
        assert all(entry.verdict == "right" for entry in report.entries)


FUNCTIONS = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "constant powers": lambda x, y: x**3 * y**-0.5 + 2**x,
    "neuron": lambda w, x: al.tanh(w * x + 0.3),
    "atan2": al.atan2,
    "hypot": al.hypot,
    "bce": ops.bce_with_logits,
    "elu": lambda x, y: al.elu(-x, y),
    "leaky_relu": lambda x, y: al.leaky_relu(-x, y),
    "clamp": lambda x, y: al.clamp(x, 0.1, 0.9) * y,
    "max": lambda x, y: al.max(x, y, 0.3) * al.min([x, y]),
    "norm": lambda *xs: al.norm(xs),
    "logsumexp": lambda *xs: al.logsumexp(xs),
    "softmax": lambda *xs: al.softmax(xs)[1],
    "log_softmax": lambda *xs: al.log_softmax(xs)[0],
    "lists": lambda x, y: (
        al.sum([x, y, x]) * al.mean([x, y]) + al.prod([x, y, y]) + al.dot([x, y], [y, 2.0], x)
    ),
}


@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)
def test_functions_of_two_arguments(f):
    report = gradcheck(f, [0.7, 1.6])
    assert report, str(report)
    assert len(report.entries) == 2 + 4


def test_analytic_graphs_run_on_complex_numbers():
    def methods(f):
        return {entry.method for entry in gradcheck(f, [0.7, 1.6]).entries}

    assert methods(FUNCTIONS["lists"]) == {"complex step"}
    assert methods(lambda x, y: al.sinh(x) * al.acosh(y) - al.asin(x) ** y) == {"complex step"}
    assert "differences" in methods(lambda x, y: al.erf(x) * y)


# --- wrong ones -----------------------------------------------------------------------------------------


@pytest.fixture
def plant(monkeypatch):
    """Puts a wrong row in the place of a right one, for Values' methods."""

    def planted(name, value, *partials):
        monkeypatch.setitem(ops.TABLE, name, ops.TABLE[name])  # what is set is restored
        monkeypatch.setitem(ops.NUMPY_NAMES, name, ops.NUMPY_NAMES[name])
        ops.row(name, value, *partials)

    return planted


WRONG = {
    "a sign": ("tanh", math.tanh, lambda y, x: -(ops.cosh(x) ** -2.0)),
    "a factor": ("tanh", math.tanh, lambda y, x: 1.001 * ops.cosh(x) ** -2.0),
    "another argument": ("tanh", math.tanh, lambda y, x: 1.0 - x**2.0),
    "a constant": ("sin", math.sin, 1.0),
    "nothing": ("erf", math.erf, 0.0),
    "nan": ("erf", math.erf, math.nan),
    "inf": ("exp", math.exp, math.inf),
    "a small error": ("exp", math.exp, lambda y, x: y * (1 + 1e-8)),
}


@pytest.mark.parametrize("row", WRONG.values(), ids=WRONG)
def test_a_wrong_row_is_caught_and_its_input_named(plant, row):
    plant(*row)
    report = gradcheck(lambda x, z: getattr(z, row[0])() * x, [1.5, 0.4], orders=(1,))
    assert not report
    assert not report.ok
    assert [entry.inputs for entry in report.failures] == [("z",)]
    assert report.entries[0].verdict == "right"
    assert str(report).startswith("gradcheck: df/dz ")


def test_the_same_rows_are_right_again_afterwards():
    assert gradcheck(lambda z: z.tanh() + z.sin() + z.erf() + z.exp(), 0.4)


def test_a_wrong_second_derivative_is_caught_alone(plant):
    def slope(y, x):  # right as a number, but a constant to whoever differentiates it
        return math.cos(getattr(x, "data", x))

    plant("sin", math.sin, slope)
    report = gradcheck(lambda x: x.sin(), 0.4)
    assert [(entry.order, entry.inputs) for entry in report.failures] == [(2, ("x", "x"))]
    assert str(report).startswith(
        "gradcheck: d²f/dx dx WRONG: analytic 0, numeric -0.389418342 (1 of 2 fail)"
    )


def test_a_graph_that_was_lost_is_caught():
    report = gradcheck(lambda x: math.exp(x.data) * x, 1.0, orders=(1,))
    assert not report
    assert report.entries[0].analytic == pytest.approx(math.e)
    assert report.entries[0].numeric == pytest.approx(2 * math.e)


# --- rounding, scales, kinks ------------------------------------------------------------------------------

HARD = {
    "cancellation": (lambda x: x + 1e10, 1.0),
    "cancellation without a complex step": (lambda x: al.erf(x) + 1e8, 0.5),
    "a logarithm near 0": (al.log, 1e-8),
    "a logarithm nearer 0": (al.log, 1e-100),
    "the end of the domain": (al.asin, 1 - 1e-9),
    "just beside a kink": (al.relu, 1e-6),
    "many waves": (lambda x: al.sin(64 * math.pi * x), 0.3),
    "nearly overflow": (al.exp, 700.0),
    "a flat spot": (lambda x: x**4, 0.0),
    "flat all over": (lambda x: 0.0 * x, 2.0),
    "a tail": (al.erfc, 20.0),
    "large": (lambda x: al.gelu(x) * x, 1e6),
    "small": (al.softplus, 1e-300),
}


@pytest.mark.parametrize(("f", "x"), HARD.values(), ids=HARD)
def test_rounding_is_no_error(f, x):
    report = gradcheck(f, x)
    assert report, str(report)


def test_an_error_under_rounding_is_still_seen():
    assert not gradcheck(lambda x: al.erf(x) + 1e8 + 1e-3 * (x.data - 0.5), 0.5, orders=(1,))


@pytest.mark.parametrize(
    ("f", "x", "sides"),
    [
        (al.relu, 0.0, "0 on the left and 1 on the right"),
        (al.abs, 0.0, "-1 on the left and 1 on the right"),
        (lambda x: al.max(x, 1.0), 1.0, "0 on the left and 1 on the right"),
        (lambda x: 3 * al.clamp(x, -1, 2), 2.0, "3 on the left and 0 on the right"),
        (lambda x: al.leaky_relu(x), 0.0, "0.01 on the left and 1 on the right"),
    ],
)
def test_at_a_kink_any_slope_between_the_sides_is_right(f, x, sides):
    report = gradcheck(f, x)
    assert report, str(report)
    assert report.entries[0].verdict == f"a kink, {sides}"
    assert report.entries[1].verdict in ("a jump, no derivative to check", "right")


def test_a_slope_outside_of_a_kink_is_wrong(plant):
    plant("relu", lambda x: max(x, 0.0), 1.5)
    report = gradcheck(lambda x: ops.TABLE["relu"](x), 0.0, orders=(1,))
    assert not report
    assert report.entries[0].verdict == "WRONG at a kink, 0 on the left and 1 on the right"


def test_a_kink_of_the_gradient():
    report = gradcheck(lambda x: al.relu(x) ** 2, 0.0)
    assert report, str(report)
    assert report.entries[1].verdict == "a kink, 0 on the left and 2 on the right"


def test_a_function_that_jumps_has_no_gradient():
    report = gradcheck(lambda x: x + al.select(x > 0, 1.0, 0.0), 0.0, orders=(1,))
    assert not report
    assert report.entries[0].verdict == "a jump, no derivative to check"


@pytest.mark.parametrize(("f", "x"), [(al.sqrt, 0.0), (al.log, -1.0), (lambda x: x * math.nan, 1.0)])
def test_what_is_not_finite_fails(f, x):
    report = gradcheck(f, x)
    assert not report
    assert len(report.failures) == 2
    assert "not finite" in report.entries[0].verdict


def test_differences_that_do_not_settle_fail():
    report = gradcheck(lambda x: al.sin(1e12 * al.erf(x)), 1.0, orders=(1,))
    assert not report
    assert "do not settle" in report.entries[0].verdict


# --- the report -------------------------------------------------------------------------------------------


def test_the_table_has_both_numbers_on_adjacent_lines():
    report = gradcheck(lambda w, x: w**2 * x, [3.0, 0.5])
    lines = str(report).splitlines()
    assert repr(report) == str(report)
    assert lines[0] == "gradcheck: all 6 derivatives are right"
    assert lines[1].split() == ["df/dw", "analytic", "3.0"]
    assert lines[2].split()[:2] == ["numeric", "3.0"]
    assert lines[3].split() == ["df/dx", "analytic", "9.0"]
    assert lines[7].split() == ["d²f/dw", "dx", "analytic", "6.0"]
    assert len(lines) == 1 + 2 * 6


@pytest.mark.parametrize("orders", [(1,), [2], {1, 2}, (2, 1)])
def test_orders(orders):
    report = gradcheck(lambda x, y: x * y, [1.0, 2.0], orders=orders)
    assert {entry.order for entry in report.entries} == set(orders)


def test_names_come_from_labels_then_from_the_signature():
    def inputs(f, at):
        return [entry.inputs[0] for entry in gradcheck(f, at, orders=(1,)).entries]

    assert inputs(lambda u, v: u * v, [1.0, al.Value(2.0, label="speed")]) == ["u", "speed"]
    assert inputs(lambda *xs: al.sum(xs), [1.0, 2.0]) == ["xs[0]", "xs[1]"]
    assert inputs(lambda u, *xs: u * al.sum(xs), [1.0, 2.0]) == ["u", "xs[0]"]
    assert inputs(al.atan2, [1.0, 2.0]) == ["y", "x"]
    assert inputs(al.leaky_relu, 1.0) == ["x"]
    assert inputs(lambda u, v=2.0: u * v, 1.0) == ["u"]


def test_the_values_given_are_not_touched():
    x = al.Value(2.0, label="x")
    assert gradcheck(lambda x: x * x, [x])
    assert (x.data, x.grad) == (2.0, 0.0)


@pytest.mark.parametrize("at", [2, 2.0, np.float64(2.0), [2.0], (2,), np.array([2.0]), al.Value(2.0)])
def test_forms_of_the_point(at):
    assert gradcheck(lambda x: x * x, at).entries[0].analytic == 4.0


def test_pytest_shows_what_fails(tmp_path):
    (tmp_path / "test_it.py").write_text(
        "import math\nfrom autograd_lite.checking.gradcheck import gradcheck\n"
        "def test_it():\n    report = gradcheck(lambda speed: speed * speed.data, 3.0)\n    assert report\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    shown = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=tmp_path).stdout
    assert "gradcheck: df/dspeed WRONG: analytic 3, numeric 6" in shown


# --- what is refused --------------------------------------------------------------------------------------


def square(x):
    return x * x


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((lambda x, y: x * y, [1.0]), al.ArgumentTypeError, "f must be a function of 1 argument, as many"),
        ((square, [1.0, 2.0]), al.ArgumentTypeError, "f must be a function of 2 arguments, as many"),
        ((al.tanh, [1.0, 2.0]), al.ArgumentTypeError, "tanh: the inputs"),
        ((lambda x: 2.0, 1.0), al.ArgumentTypeError, "the result of f must be a Value, got float 2.0"),
        ((lambda x: None, 1.0), al.ArgumentTypeError, "the result of f must be a Value, got None"),
        ((lambda x: [x], 1.0), al.ArgumentTypeError, "the result of f must be a Value, got list"),
        (("tanh", 1.0), al.ArgumentTypeError, "f must be a function of Values, got str"),
        ((square, []), al.ArgumentValueError, "at must be a list of at least one number"),
        ((square, None), al.ArgumentTypeError, "at must be a number or a list of numbers, got None"),
        ((square, "1"), al.ArgumentTypeError, "at must be a number or a list of numbers, got str"),
        ((square, ["1"]), al.ArgumentTypeError, "at must be a real number, got str"),
        ((square, 1j), al.ArgumentTypeError, "at must be a number or a list of numbers, got complex"),
        ((square, [[1.0]]), al.ArgumentTypeError, "at must be a real number, got list"),
        ((square, np.ones((1, 1))), al.ArgumentTypeError, "at must be a number or a list of numbers"),
        ((square, math.nan), al.ArgumentValueError, "at must be finite numbers"),
        ((square, [math.inf]), al.ArgumentValueError, "at must be finite numbers"),
        ((square, 1.0, 1), al.ArgumentTypeError, "orders must be"),
        ((square, 1.0, ()), al.ArgumentValueError, "orders must be"),
        ((square, 1.0, (1, 3)), al.ArgumentValueError, "orders must be"),
        ((square, 1.0, (True,)), al.ArgumentValueError, "orders must be"),
        ((square, 1.0, (1,), "x"), al.ArgumentTypeError, "tolerance must be a real number"),
        ((square, 1.0, (1,), 0), al.ArgumentValueError, "tolerance must be a positive number"),
        ((square, 1.0, (1,), math.nan), al.ArgumentValueError, "tolerance must be a positive number"),
    ],
)
def test_what_is_refused(arguments, error, message):
    with pytest.raises(error) as caught:
        gradcheck(*arguments)
    assert message in str(caught.value)


def test_an_error_inside_of_f_is_its_own():
    def broken(x):
        raise TypeError("mine")

    with pytest.raises(TypeError, match=r"^mine$"):
        gradcheck(broken, 1.0)


def test_a_function_of_chance_is_refused():
    draws = iter(range(1000))
    with pytest.raises(al.ArgumentValueError, match="f must be deterministic"):
        gradcheck(lambda x: x * next(draws), 1.0)
