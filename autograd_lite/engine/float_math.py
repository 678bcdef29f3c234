"""What the operations are on floats: math made total, by IEEE 754 instead of exceptions."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from math import copysign, inf, nan
from numbers import Real
from typing import Any

from ..errors import ArgumentValueError

# --- which objects are real numbers, and floats that never raise ------------------------------------


def real(x: Any) -> float | None:
    """The float that a real number stands for (an int too large is inf); None for all else."""
    if _is_real(x):
        try:
            return float(x)
        except OverflowError:
            return inf if x > 0 else -inf
    return None


def _is_real(x: Any) -> bool:
    """NumPy's scalars too, but not the 0-d array, whose arithmetic belongs to NumPy, nor a time span."""
    kind = type(x)  # asked in place of x, for a Value answers to every name
    if hasattr(kind, "dtype"):
        return not hasattr(kind, "__len__") and x.dtype.kind in "bfiu"
    return isinstance(x, Real)


class Extended(float):
    """A float whose arithmetic is total, too: 1/0 is inf, and (-8)**(1/3) nan."""

    # fmt: off
    def __add__(self, other: Any) -> Any: return _extend(operator.add, self, other)
    def __sub__(self, other: Any) -> Any: return _extend(operator.sub, self, other)
    def __mul__(self, other: Any) -> Any: return _extend(operator.mul, self, other)
    def __truediv__(self, other: Any) -> Any: return _extend(divide, self, other)
    def __pow__(self, other: Any) -> Any: return _extend(power, self, other)  # type: ignore[override]
    def __radd__(self, other: Any) -> Any: return _extend(operator.add, other, self)
    def __rsub__(self, other: Any) -> Any: return _extend(operator.sub, other, self)
    def __rmul__(self, other: Any) -> Any: return _extend(operator.mul, other, self)
    def __rtruediv__(self, other: Any) -> Any: return _extend(divide, other, self)
    def __rpow__(self, other: Any) -> Any: return _extend(power, other, self)  # type: ignore[override]
    def __neg__(self) -> Any: return Extended(-float(self))
    def __abs__(self) -> Any: return Extended(math.fabs(self))
    # fmt: on


def _extend(function: Callable[[float, float], float], left: Any, right: Any) -> Any:
    a, b = real(left), real(right)
    return NotImplemented if a is None or b is None else Extended(function(a, b))


def by_ieee(rule: Callable[..., Any], output: Any, operands: Sequence[Any]) -> Any:
    """Applies a partial; where plain floats raise (1/0, overflow), again by IEEE 754."""
    try:
        return rule(output, *operands)
    except ArithmeticError:
        extended = (Extended(x) if type(x) is float else x for x in (output, *operands))
        result = rule(*extended)
        return [_plain(x) for x in result] if isinstance(result, list) else _plain(result)


def _plain(number: Any) -> Any:
    return float(number) if type(number) is Extended else number


# --- math's own functions, made total -----------------------------------------------------------------

Unary = Callable[[float], float]


def total(function: Unary, poles: dict[float, float] | None = None) -> Unary:
    """A function of math made total: inf at a pole or an overflow, nan where it is undefined."""

    def value(x: float) -> float:
        try:
            return function(x)
        except OverflowError:
            return copysign(inf, function(copysign(1.0, x)))
        except ValueError:
            return poles.get(x, nan) if poles else nan

    return value


exp, expm1, sqrt = total(math.exp), total(math.expm1), total(math.sqrt)
log, log1p = total(math.log, {0.0: -inf}), total(math.log1p, {-1.0: -inf})
sin, cos, tan = total(math.sin), total(math.cos), total(math.tan)
asin, acos = total(math.asin), total(math.acos)
sinh, cosh = total(math.sinh), total(math.cosh)
acosh, atanh = total(math.acosh), total(math.atanh, {1.0: inf, -1.0: -inf})

# --- functions of a few numbers -----------------------------------------------------------------------


def divide(x: float, y: float) -> float:
    try:
        return x / y
    except ZeroDivisionError:
        return nan if x == 0 or x != x else copysign(inf, x) * copysign(1.0, y)


def power(x: float, y: float) -> float:
    try:
        return math.pow(x, y)
    except (OverflowError, ValueError):
        odd = y % 2
        if x < 0 and odd not in (0, 1):
            return nan
        return -inf if odd == 1 and copysign(1.0, x) < 0 else inf


def sigmoid(x: float) -> float:
    t = math.exp(-math.fabs(x))
    return (t if x < 0 else 1.0) / (1.0 + t)


def softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-math.fabs(x)))


def bce_with_logits(x: float, y: float) -> float:
    return (max(x, 0.0) - x * y) + math.log1p(math.exp(-math.fabs(x)))


def silu(x: float) -> float:
    if x < 0:  # t * t would vanish before x is multiplied to it
        x = max(x, -2e3)
        t = math.exp(0.5 * x)
        return x * t * t / (1.0 + t * t)
    return x * sigmoid(x)


def gelu(x: float) -> float:
    x = max(x, -2e3)  # for -inf * 0
    return 0.5 * x * math.erfc(-x / math.sqrt(2))


def relu(x: float) -> float:
    return x if x > 0 or x != x else 0.0


def leaky_relu(x: float, slope: float) -> float:
    return x if x > 0 else slope * x


def elu(x: float, alpha: float) -> float:
    return x if x > 0 else alpha * math.expm1(x)


def clamp(x: float, low: float, high: float) -> float:
    return smallest(largest(x, low), high)


def greater(x: float, y: float) -> float:
    return 1.0 if x > y else 0.0


def greater_equal(x: float, y: float) -> float:
    return 1.0 if x >= y else 0.0


def choose(condition: float, x: float, y: float) -> float:
    return x if condition else y


# --- functions of a list --------------------------------------------------------------------------


def add_up(*xs: float) -> float:
    """From left to right, in every version of Python (3.12's own sum compensates)."""
    result = 0.0
    for x in xs:
        result = result + x
    return result


def mean(*xs: float) -> float:
    return add_up(*xs) / len(xs)


def product(*xs: float) -> float:
    return math.prod(xs, start=1.0)


def dot(*xs: float) -> float:
    half = len(xs) // 2
    result = 0.0
    for i in range(half):
        result = result + xs[i] * xs[half + i]
    return result + xs[-1] if len(xs) % 2 else result


def extreme(better: Callable[[float, float], bool], start: float) -> Callable[..., float]:
    def value(*xs: float) -> float:
        best = start
        for x in xs:
            if x != x:
                return x
            best = x if better(x, best) else best
        return best

    return value


largest, smallest = extreme(operator.gt, -inf), extreme(operator.lt, inf)


def shifted(xs: Sequence[float]) -> tuple[float, float]:
    """(the maximum, sum(exp(x - maximum)) without the maximum's own 1, which is kept for log1p)."""
    top = largest(*xs)
    if not abs(top) < inf:
        return top, nan
    at = xs.index(top)
    return top, add_up(*(math.exp(x - top) for i, x in enumerate(xs) if i != at))


def logsumexp(*xs: float) -> float:
    top, rest = shifted(xs)
    return top + math.log1p(rest) if rest == rest else top


def take(index: float, *xs: float) -> float:
    return _item("take", index, xs)


def _item(function: str, index: float, xs: Sequence[float]) -> float:
    if index not in range(len(xs)):
        raise ArgumentValueError(function, "index", index, f"the place of an item, from 0 to {len(xs) - 1}")
    return xs[int(index)]


def softmax(index: float, *xs: float) -> float:
    top, rest = shifted(xs)
    return math.exp(_item("softmax", index, xs) - top) / (1.0 + rest)


def log_softmax(index: float, *xs: float) -> float:
    top, rest = shifted(xs)
    return (_item("log_softmax", index, xs) - top) - math.log1p(rest)


def others(xs: Sequence[Any]) -> list[Any]:
    """For every position, the product of all the others, without a division; of any kind of number."""
    before, after = [1.0], [1.0]
    for x, z in zip(xs[:-1], xs[:0:-1], strict=True):
        before.append(before[-1] * x)
        after.append(after[-1] * z)
    return [b * a for b, a in zip(before, reversed(after), strict=True)]
