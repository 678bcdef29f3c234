"""The table's rows over arrays: each as ufuncs of NumPy, in a form that is stable, or as a kernel."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from ...engine import TABLE, Op
from ...errors import GraphError
from .. import kernels
from .expressions import Axes, Expr, is_number, number

Make = Callable[..., Expr]  # (axes, *operands)

UFUNCS = {
    name: TABLE[name].numpy
    for name in (
        "exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "atan2",
        "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "hypot", "abs",
    )
}  # fmt: skip
KERNELS = ("silu", "gelu", "erf", "erfc")


def applied(row: str, operands: tuple[Expr, ...], axes: Axes) -> Expr:
    """A row of the table on nodes."""
    if row in FORMS:
        return FORMS[row](axes, *operands)
    if row in UFUNCS:
        return axes.ufunc(UFUNCS[row], *operands)
    if row in KERNELS:
        return axes.kernel(row, *operands)
    if row in NESTED:
        return reduce(lambda x, y: axes.ufunc(NESTED[row], x, y), operands)
    if row not in TABLE:  # of the user's own, in a program that was unpickled
        raise GraphError(f"Program: there is no row {row!r} in the table: define it by ops.row first")
    if _is_ufunc(TABLE[row]):
        return axes.ufunc(TABLE[row].numpy, *operands)
    return axes.kernel(f"row {row}", *operands)


# --- arithmetic, without what is not needed ------------------------------------------------------------


def times(axes: Axes, x: Expr, y: Expr) -> Expr:
    """x · y; a factor 1 / d is a division."""
    if is_number(x, 1.0) or is_number(y, 1.0):
        return y if is_number(x, 1.0) else x
    if _is_reciprocal(y):
        return axes.ufunc("divide", x, _divisor(y))
    if _is_reciprocal(x):
        return axes.ufunc("divide", y, _divisor(x))
    if x == y:
        return axes.ufunc("square", x)
    if y.op == "ufunc" and y.info == "divide" and not is_number(x, 1.0):  # x * (a / b)
        return axes.ufunc("divide", axes.ufunc("multiply", x, _bare(y.args[0])), _bare(y.args[1]))
    return axes.ufunc("multiply", x, y)


def _is_reciprocal(x: Expr) -> bool:
    return x.op == "ufunc" and x.info == "divide" and is_number(x.args[0], 1.0)


def _divisor(x: Expr) -> Expr:
    """d of 1 / d."""
    return _bare(x.args[1])


def _bare(x: Expr) -> Expr:
    """An operand without the axes that were put in for broadcasting."""
    return x.args[0] if x.op == "expand" else x


def _over(axes: Axes, x: Expr, y: Expr) -> Expr:
    return axes.ufunc("divide", x, y)


def _negative(axes: Axes, x: Expr) -> Expr:
    if x.op == "ufunc" and x.info == "negative":
        return x.args[0]
    return number(-x.info) if x.op == "number" else axes.ufunc("negative", x)


def _power(axes: Axes, x: Expr, y: Expr) -> Expr:
    if is_number(y, 2.0):
        return axes.ufunc("square", x)
    if is_number(y, -1.0):
        return axes.ufunc("divide", number(1.0), x)
    if is_number(y, -2.0):
        return axes.ufunc("square", axes.ufunc("divide", number(1.0), x))
    return axes.ufunc("power", x, y)


# --- conditions --------------------------------------------------------------------------------------


def condition(axes: Axes, x: Expr) -> Expr:
    """Whether a number is not 0."""
    return x if x.kind == "bool" else axes.ufunc("not_equal", x, number(0.0))


def _compared(ufunc: str, turned: str) -> Make:
    """x > 0, whichever of the two came first."""

    def compare(axes: Axes, x: Expr, y: Expr) -> Expr:
        return axes.ufunc(turned, y, x) if x.op == "number" else axes.ufunc(ufunc, x, y)

    return compare


def _select(axes: Axes, c: Expr, x: Expr, y: Expr) -> Expr:
    c = condition(axes, c)
    if is_number(x, 1.0) and is_number(y, 0.0):
        return c
    if is_number(x, 0.0) and is_number(y, 1.0):
        return axes.ufunc("logical_not", c)
    return axes.where(c, x, y)


def _logical(ufunc: str) -> Make:
    return lambda axes, x, y: axes.ufunc(ufunc, condition(axes, x), condition(axes, y))


# --- activations -------------------------------------------------------------------------------------


def _sigmoid(axes: Axes, x: Expr) -> Expr:
    """1 / (1 + exp(-x)): right where exp overflows, too. What is below the smallest normal number is 0."""
    below = axes.ufunc("add", number(1.0), axes.ufunc("exp", _negative(axes, x)))
    return axes.ufunc("divide", number(1.0), below)


def _relu(axes: Axes, x: Expr) -> Expr:
    return axes.ufunc("maximum", x, number(0.0))


def _log_1_exp(axes: Axes, x: Expr) -> Expr:
    """log(1 + exp(-|x|))."""
    return axes.ufunc("log1p", axes.ufunc("exp", _negative(axes, axes.ufunc("absolute", x))))


def _softplus(axes: Axes, x: Expr) -> Expr:
    return axes.ufunc("add", _relu(axes, x), _log_1_exp(axes, x))


def _bce_with_logits(axes: Axes, x: Expr, y: Expr) -> Expr:
    linear = axes.ufunc("subtract", _relu(axes, x), axes.ufunc("multiply", x, y))
    return axes.ufunc("add", linear, _log_1_exp(axes, x))


def _leaky_relu(axes: Axes, x: Expr, slope: Expr) -> Expr:
    other = axes.ufunc("multiply", slope, x)
    if slope.op == "number" and 0.0 < slope.info <= 1.0:
        return axes.ufunc("maximum", x, other)
    return axes.where(axes.ufunc("greater", x, number(0.0)), x, other)


def _elu(axes: Axes, x: Expr, alpha: Expr) -> Expr:
    return axes.where(axes.ufunc("greater", x, number(0.0)), x, times(axes, alpha, axes.ufunc("expm1", x)))


def _clamp(axes: Axes, x: Expr, low: Expr, high: Expr) -> Expr:
    return axes.ufunc("minimum", axes.ufunc("maximum", x, low), high)


# --- lists, written out --------------------------------------------------------------------------------


def _added(axes: Axes, *xs: Expr) -> Expr:
    return reduce(lambda x, y: axes.ufunc("add", x, y), xs)


def _mean(axes: Axes, *xs: Expr) -> Expr:
    return axes.ufunc("divide", _added(axes, *xs), number(float(len(xs))))


def _dot(axes: Axes, *xs: Expr) -> Expr:
    half = len(xs) // 2
    products = [axes.ufunc("multiply", x, y) for x, y in zip(xs[:half], xs[half : 2 * half], strict=True)]
    return _added(axes, *products, *xs[2 * half :])


def _norm(axes: Axes, *xs: Expr) -> Expr:
    if len(xs) == 1:
        return axes.ufunc("absolute", *xs)
    return reduce(lambda x, y: axes.ufunc("hypot", x, y), xs)


FORMS: dict[str, Make] = {
    "add": lambda axes, x, y: axes.ufunc("add", x, y),
    "sub": lambda axes, x, y: axes.ufunc("subtract", x, y),
    "mul": times,
    "div": _over,
    "neg": _negative,
    "pow": _power,
    "select": _select,
    "fmax": lambda axes, x, y: axes.ufunc("fmax", x, y),  # of ours alone
    "greater": _compared("greater", "less"),
    "greater_equal": _compared("greater_equal", "less_equal"),
    "and": _logical("logical_and"),
    "or": _logical("logical_or"),
    "detach": lambda axes, x: x,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "clamp": _clamp,
    "bce_with_logits": _bce_with_logits,
    "sum": _added,
    "mean": _mean,
    "dot": _dot,
    "norm": _norm,
}
NESTED = {"max": "maximum", "min": "minimum", "prod": "multiply", "logsumexp": "logaddexp"}


def _is_ufunc(row: Op) -> bool:
    """Whether NumPy has a row of the user's under its name: by that, and by what it gives."""
    ufunc = getattr(np, row.numpy, None)
    if not isinstance(ufunc, np.ufunc) or row.variadic or ufunc.nin != len(row.inputs) or ufunc.nout != 1:
        return False
    try:
        pairs = [(ufunc(*point), row.value(*point)) for point in _points(row)]
    except (ArithmeticError, ValueError, TypeError):
        return False
    return all(np.isclose(a, b, rtol=1e-13, atol=0.0, equal_nan=True) for a, b in pairs)


def _points(row: Op) -> list[tuple[float, ...]]:
    """Some of the domain of a row."""
    domains: Any = row.domain if isinstance(row.domain[0], tuple) else (row.domain,) * len(row.inputs)
    ends = [(max(low, min(high, 3.0) - 6.0), min(high, max(low, -3.0) + 6.0)) for low, high in domains]
    return [tuple(low + part * (high - low) for low, high in ends) for part in (0.13, 0.31, 0.52, 0.77, 0.94)]


def kernel(function: str) -> Any:
    """The kernel of a name, or that of a row of the user's: "row cube"."""
    if function.startswith("row "):
        return kernels.by_element(TABLE[function[4:]].value)
    return getattr(kernels, function)
