"""What the table ought to say: every row once more over mpmath, differences of it, points, comparison.

Nothing here knows a derivative: the reference of a row is its value alone, and its slopes are
differences at as many digits as they need.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from math import inf, nextafter
from typing import Any

import mpmath as mp
from mpmath import mpf

import autograd_lite as al
from autograd_lite.engine.ops import Op

DENORMAL, NORMAL, LARGEST = 2.0**-1074, 2.0**-1022, math.nextafter(inf, 0.0)


# --- the references --------------------------------------------------------------------------------


def _erfc(x: Any) -> Any:
    """mpmath's own counts digits in floats and overflows; out there it is 0 or 2 to any digits we need."""
    return mp.erfc(x) if abs(x) < 1e3 else mpf(0 if x > 0 else 2)


def _softplus(x: Any) -> Any:
    return (x if x > 0 else 0) + mp.log1p(mp.exp(-abs(x)))


def _log_softmax(index: Any, *xs: Any) -> Any:
    return xs[int(mp.nint(index))] - _logsumexp(*xs)


def _logsumexp(*xs: Any) -> Any:
    return max(xs) + mp.log(mp.fsum(mp.exp(x - max(xs)) for x in xs))


def _dot(*xs: Any) -> Any:
    half = len(xs) // 2
    return mp.fdot(xs[:half], xs[half : 2 * half]) + mp.fsum(xs[2 * half :])


REFERENCES: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "neg": lambda x: -x,
    "pow": lambda x, y: mp.power(x, y),
    "select": lambda c, x, y: x if c != 0 else y,
    "greater": lambda x, y: mpf(x > y),
    "greater_equal": lambda x, y: mpf(x >= y),
    "detach": lambda x: x,
    "exp": mp.exp,
    "expm1": mp.expm1,
    "log": mp.log,
    "log1p": mp.log1p,
    "sqrt": mp.sqrt,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "asin": mp.asin,
    "acos": mp.acos,
    "atan": mp.atan,
    "atan2": lambda y, x: mp.atan2(y, x),
    "hypot": lambda x, y: mp.sqrt(x * x + y * y),
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "asinh": mp.asinh,
    "acosh": mp.acosh,
    "atanh": mp.atanh,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": _softplus,
    "erf": lambda x: 1 - _erfc(x) if abs(x) > 1 else mp.erf(x),
    "erfc": _erfc,
    "silu": lambda x: x / (1 + mp.exp(-x)),
    "gelu": lambda x: x * _erfc(-x / mp.sqrt(2)) / 2,
    "bce_with_logits": lambda x, y: _softplus(x) - x * y,
    "abs": abs,
    "relu": lambda x: max(x, mpf(0)),
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
    "elu": lambda x, alpha: x if x > 0 else alpha * mp.expm1(x),
    "clamp": lambda x, low, high: min(max(x, low), high),
    "sum": lambda *xs: mp.fsum(xs),
    "mean": lambda *xs: mp.fsum(xs) / len(xs),
    "prod": lambda *xs: mp.fprod(xs),
    "dot": _dot,
    "max": lambda *xs: max(xs),
    "min": lambda *xs: min(xs),
    "norm": lambda *xs: mp.sqrt(mp.fsum(x * x for x in xs)),
    "logsumexp": _logsumexp,
    "softmax": lambda index, *xs: mp.exp(_log_softmax(index, *xs)),
    "log_softmax": _log_softmax,
    "take": lambda index, *xs: xs[int(mp.nint(index))],
}


# --- differences -------------------------------------------------------------------------------------


def value(reference: Callable[..., Any], xs: tuple[float, ...], digits: int = 60) -> Any:
    """The true value, to more digits than a double has; exact inputs need as many as they span."""
    spread = sum(abs(math.log10(abs(x))) for x in xs if x)
    with mp.workdps(int(digits + 2 * spread)):
        return reference(*map(mpf, xs))


def slope(reference: Callable[..., Any], xs: tuple[float, ...], i: int) -> Any:
    """The true derivative for input i, to some 20 digits or 1e-350; None where there is none."""
    h = _step(xs, i)
    if xs[i] != 0:
        return _difference(reference, xs, [(+1, {i: h}), (-1, {i: -h})], 2 * h)
    right = _difference(reference, xs, [(+1, {i: h}), (-1, {})], h)
    left = _difference(reference, xs, [(+1, {}), (-1, {i: -h})], h)
    return (left + right) / 2 if abs(left - right) <= mpf("1e-25") * (1 + abs(left)) else None


def curvature(reference: Callable[..., Any], xs: tuple[float, ...], i: int, j: int) -> Any:
    """The true second derivative for inputs i and j."""
    h, k = _step(xs, i), _step(xs, j)
    if i == j:
        return _difference(reference, xs, [(+1, {i: h}), (-2, {}), (+1, {i: -h})], h * h)
    corners = [(a * b, {i: a * h, j: b * k}) for a in (+1, -1) for b in (+1, -1)]
    return _difference(reference, xs, corners, 4 * h * k)


def _step(xs: tuple[float, ...], i: int) -> Any:
    """Small beside the distance to wherever the function may have a pole, a kink or a tie."""
    distances = [mpf(1), *(abs(mpf(xs[i]) - at) for at in (0, 1, -1, *xs[:i], *xs[i + 1 :]))]
    return mpf("1e-30") * min(d for d in distances if d)


def _difference(reference: Callable[..., Any], xs: tuple[float, ...], terms: Any, divisor: Any) -> Any:
    """sum(factor * f(xs + shift)) / divisor, with digits added until rounding is no longer seen."""
    digits = 80 + int(max(abs(mp.log10(abs(mpf(x)))) for x in (*xs, divisor) if x))
    while True:
        with mp.workdps(digits):
            points = [
                (factor, [mpf(x) + shift.get(i, 0) for i, x in enumerate(xs)]) for factor, shift in terms
            ]
            parts = [factor * reference(*point) for factor, point in points]
            result = mp.fsum(parts) / divisor
            noise = max(map(abs, parts)) * mpf(10) ** (5 - digits) / abs(divisor)
            aim = max(abs(result) * mpf("1e-20"), mpf("1e-350"))
            if noise <= aim:
                return result
            digits += int(mp.log10(noise / aim)) + 10


# --- points ----------------------------------------------------------------------------------------


# Sizes at which something turns: roundings to 0 and 1, the last normal and the last finite of exp,
# erfc, cosh, of squares and of cubes. Both signs are drawn.
# fmt: off
LANDMARKS = (
    0.0, DENORMAL, 1e-320, NORMAL, 1e-300, 1e-160, 1e-100, 1e-20, 2.0**-53, 1e-8, 1e-3, 0.1, 0.5,
    nextafter(1.0, 0.0), 1.0, nextafter(1.0, 2.0), 2.0, 5.0, 10.0, 18.0, 19.1, 20.0, 26.0, 27.0, 27.3,
    30.0, 36.7, 37.6, 38.4, 40.0, 100.0, 300.0, 355.0, 360.0, 370.0, 372.5, 400.0, 600.0, 700.0, 708.0,
    709.0, 709.7, 709.9, 710.4, 710.5, 720.0, 730.0, 740.0, 744.0, 745.1, 745.2, 746.0, 800.0, 1e3, 1e4,
    1e5, 1e8, 1e16, 1e100, 1e154, 1e155, 1e160, 1e300, LARGEST,
)
# fmt: on


def points(interval: tuple[float, float], count: int, seed: str) -> list[float]:
    """Landmarks, points close to a boundary, and random ones of every size, all inside of the domain."""
    draw = random.Random(seed)
    low, high = interval
    found = [x for mark in LANDMARKS for x in (mark, -mark)]
    for edge, inward in ((low, high), (high, low)):
        if abs(edge) < inf:
            found += [edge + math.copysign(2.0**-k, inward - edge) for k in range(1, 54, 4)]
            found += [nextafter(edge, inward)]
    found = list(dict.fromkeys(x for x in found if low < x < high))
    draw.shuffle(found)
    return found[: count // 2] + [
        _random(draw, low, high) for _ in range(count - min(len(found), count // 2))
    ]


def _random(draw: random.Random, low: float, high: float) -> float:
    """Of any size, or of a size that people use."""
    while True:
        size = 10.0 ** draw.uniform(*draw.choice([(-323, 308), (-3, 3), (-1, 1)]))
        x = draw.choice([size, -size, max(low, -1e3) + size])
        if low < x < high:
            return x


def usual(interval: tuple[float, float], draw: random.Random) -> float:
    """A number between 1e-30 and 1e30 in the domain, mostly of a size that people use."""
    low, high = interval
    while True:
        size = 10.0 ** draw.uniform(*draw.choice([(-30, 30), (-1, 1), (-1, 1)]))
        x = draw.choice([size, -size])
        if low < x < high:
            return x


def operands(
    op: Op, count: int, seed: str, size: Callable[..., float] = usual
) -> Iterator[tuple[float, ...]]:
    """Operands for any row: as many as it has inputs, or a list of 1 to 6."""
    draw = random.Random(f"{op.name} {seed}")
    for _ in range(count):
        if not op.variadic:
            yield tuple(size(interval, draw) for interval in op.domain)
            continue
        length = draw.randint(1, 6)
        xs = [size(op.domain[0], draw) for _ in range(length)]
        yield (float(draw.randrange(length)), *xs) if is_indexed(op) else tuple(xs)


# --- comparison --------------------------------------------------------------------------------------


def nearest(true: Any) -> float:
    """The double for an mpmath number."""
    if abs(true) > LARGEST:
        return math.copysign(inf, true)
    return float(true)


def agrees(got: float, true: Any) -> bool:
    """To 1e-12 relative, or a denormal's last bit; nothing lost to 0, inf or nan."""
    expected = nearest(true)
    return got == expected or abs(got - expected) <= 1e-12 * abs(expected) + DENORMAL


def is_indexed(op: Op) -> bool:
    """Whether the first operand says which of the others is meant."""
    return op.inputs[0] == "index"


def as_values(op: Op, xs: tuple[float, ...]) -> list[Any]:
    """Values, but for an index, which has no slope."""
    return [x if i == 0 and is_indexed(op) else al.Value(x) for i, x in enumerate(xs)]


def through_values(op: Op, xs: tuple[float, ...]) -> tuple[float, list[float]]:
    """The row's value and gradients, as the engine has them."""
    values = as_values(op, xs)
    y = op(*values)
    return y.data, [al.grad(y, v) if isinstance(v, al.Value) else 0.0 for v in values]


def wrong_slopes(op: Op, xs: Any, reference: Callable[..., Any] | None = None) -> list[str]:
    """One line for every point at which the row's slope is not the reference's, both numbers in it."""
    reference = reference or REFERENCES[op.name]
    lines = []
    for x in xs:
        true, (got,) = slope(reference, (x,), 0), through_values(op, (x,))[1]
        if true is not None and not agrees(got, true):
            lines.append(f"{op.name}'({x!r})\n  is   {got!r}\n  true {nearest(true)!r}")
    return lines


UNARY = [  # but for neg, which has nothing to be wrong, and detach, whose slope is not that of its value
    op.name
    for op in al.ops.TABLE.values()
    if not op.variadic and len(op.inputs) == 1 and op.name not in ("neg", "detach")
]
