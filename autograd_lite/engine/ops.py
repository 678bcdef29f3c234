"""The table: what each operation means. One row an operation: its name, its value on floats, one
partial an input, how it is written, and the domain from which tests draw.

A partial is a number where it is constant, else an expression `(output, *inputs)` in arithmetic,
comparisons and other rows, so that one text serves floats, Values (second derivatives) and every
other kind of number that has an `__apply_op__`. Nothing else in the project knows a derivative.
"""
# mypy: disable-error-code=has-type

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from functools import reduce
from math import inf, nan, pi
from typing import Any

from . import float_math as floats
from .float_math import real
from .operation import NUMPY_NAMES as NUMPY_NAMES
from .operation import TABLE as TABLE
from .operation import Op as Op
from .operation import Select, row
from .operation import _find as _find  # under this name rows are found in pickles from before
from .operation import new_rows as new_rows

ANY, POSITIVE, UNIT = (-inf, inf), (0.0, inf), (-1.0, 1.0)
TINY = 2.0**-1022  # the smallest normal double
ROOT_2, BELL_0, ERF_0 = math.sqrt(2), 1 / math.sqrt(2 * pi), 2 / math.sqrt(pi)  # slopes at 0: of Φ, of erf

# --- partials with a name ---------------------------------------------------------------------------


def _nonnegative(x: Any) -> Any:
    """x where x >= 0 (0.0 for -0.0), else nan: a slope is only where the function itself is."""
    return select(x > 0, x, select(x >= 0, x + 0.0, nan))


def _one_minus_square(x: Any) -> Any:
    """1 - x*x without cancellation, near 0 and near 1, in its own derivatives too."""
    return select(abs(x) < 0.5, 1.0 - x * x, (1.0 - x) * (1.0 + x))


def _over(x: Any, h: Any) -> Any:
    """x / h; at h = 0, the tip of a cone, the subgradient of least norm."""
    return select(h <= 0, 0.0, x / h)


def _gelu_slope(y: Any, x: Any) -> Any:
    """Φ(x) + xφ(x), with φ in two factors: it must not vanish before x is multiplied to it."""
    half = exp(-0.25 * x * x)
    return 0.5 * erfc(-x / ROOT_2) + select(abs(x) < inf, (x * half) * (half * BELL_0), 0.0)


def _probabilities(xs: Sequence[Any]) -> list[Any]:
    """The softmax of a list, of floats in one go, of other numbers by its row."""
    if any(real(x) is None for x in xs):
        return [softmax(float(i), *xs) for i in range(len(xs))]
    top, rest = floats.shifted(xs)
    return [math.exp(x - top) / (1.0 + rest) for x in xs]


def _dot_partials(y: Any, *xs: Any) -> list[Any]:
    half = len(xs) // 2
    return [*xs[half : 2 * half], *xs[:half], *([1.0] * (len(xs) % 2))]


def _tied(y: Any, *xs: Any) -> list[Any]:
    """Max and min: shared equally by those that reach the value; nan where nobody does."""
    hits = [(x <= y) & (x >= y) for x in xs]
    share = floats.divide(1.0, sum(hits))  # inf of none, and 0 * inf is nan
    return [hit * share for hit in hits]


def _one_hot(index: Any, count: int) -> list[Any]:
    """Whether j is the index, for every j."""
    return [(index >= j) & (index <= j) for j in range(count)]


def _log_softmax_partials(y: Any, index: Any, *xs: Any) -> list[Any]:
    """1[i=j] - p_j, where 1 - p_i is the sum of the others: p_i = 1 - 1e-20 has a slope, too."""
    p, hits = _probabilities(xs), [] if type(index) is float else _one_hot(index, len(xs))
    own = next((j for j, hit in enumerate(hits) if hit is True), None)
    if hits and own is None:  # the index is traced
        return [0.0, *(hit - q for hit, q in zip(hits, p, strict=True))]
    own = int(index) if own is None else own
    rest = reduce(operator.add, p[:own] + p[own + 1 :]) if len(p) > 1 else 0.0
    return [0.0, *(rest if j == own else -p[j] for j in range(len(p)))]


# --- the table -------------------------------------------------------------------------------------


# fmt: off
# Arithmetic, and the choice between two numbers
add    = row("add",    operator.add,   1.0,                      1.0,                       inputs="x y", symbol="+", latex="#1 + #2")
sub    = row("sub",    operator.sub,   1.0,                      -1.0,                      inputs="x y", symbol="-", latex="#1 - #2", numpy="subtract")
mul    = row("mul",    operator.mul,   lambda z, x, y: y,        lambda z, x, y: x,         inputs="x y", symbol="*", latex="#1 #2", numpy="multiply")
div    = row("div",    floats.divide,  lambda z, x, y: 1.0 / y,  lambda z, x, y: -(z / y),  inputs="x y", symbol="/", latex=r"\frac{#1}{#2}", numpy="divide")
neg    = row("neg",    operator.neg,   -1.0,                                                symbol="-", latex="-#1", numpy="negative")
pow_   = row("pow",    floats.power,   lambda z, x, y: y * select((abs(x) >= TINY) | (y > 0) | (y < 0), pow_(x, y - 1.0), 0.0),
                                       lambda z, x, y: select((abs(x) <= 0) & (y >= 0), 0.0, z * log(x)),
             inputs="x y", symbol="**", latex="#1^{#2}", numpy="power", domain=(POSITIVE, ANY))
select = row("select", floats.choose,  0.0, lambda z, c, x, y: select(c, 1.0, 0.0),  lambda z, c, x, y: select(c, 0.0, 1.0),
             inputs="condition x y", numpy="where", kind=Select)
greater       = row("greater",        floats.greater,        0.0, 0.0,  inputs="x y", latex="[{#1} > {#2}]")
greater_equal = row("greater_equal",  floats.greater_equal,  0.0, 0.0,  inputs="x y", latex=r"[{#1} \geq {#2}]")
detach        = row("detach",         float,                 0.0)  # the number goes through, and no gradient comes back

# Exponentials, logarithms, roots
exp   = row("exp",   floats.exp,    lambda y, x: y,                          latex="e^{#1}")
expm1 = row("expm1", floats.expm1,  lambda y, x: exp(x),                     latex="e^{#1} - 1")
log   = row("log",   floats.log,    lambda y, x: 1.0 / _nonnegative(x),        domain=POSITIVE, latex=r"\log")
log1p = row("log1p", floats.log1p,  lambda y, x: 1.0 / _nonnegative(1.0 + x),  domain=(-1.0, inf), latex=r"\log(1 + #1)")
sqrt  = row("sqrt",  floats.sqrt,   lambda y, x: 0.5 / _nonnegative(y),        domain=POSITIVE, latex=r"\sqrt{#1}")

# Trigonometry
sin   = row("sin",   floats.sin,    lambda y, x: cos(x),        latex=r"\sin")
cos   = row("cos",   floats.cos,    lambda y, x: -sin(x),       latex=r"\cos")
tan   = row("tan",   floats.tan,    lambda y, x: 1.0 + y * y,   latex=r"\tan")
asin  = row("asin",  floats.asin,   lambda y, x: 1.0 / sqrt(_one_minus_square(x)),   domain=UNIT, latex=r"\arcsin", numpy="arcsin")
acos  = row("acos",  floats.acos,   lambda y, x: -1.0 / sqrt(_one_minus_square(x)),  domain=UNIT, latex=r"\arccos", numpy="arccos")
atan  = row("atan",  math.atan,     lambda y, x: hypot(1.0, x) ** -2.0,              latex=r"\arctan", numpy="arctan")
atan2 = row("atan2", math.atan2,    lambda a, y, x: _over(x / hypot(y, x), hypot(y, x)),
                                    lambda a, y, x: _over(-y / hypot(y, x), hypot(y, x)),  inputs="y x", numpy="arctan2")
hypot = row("hypot", math.hypot,    lambda h, x, y: _over(x, h), lambda h, x, y: _over(y, h),  inputs="x y", latex=r"\sqrt{#1^{2} + #2^{2}}")

# Hyperbolic functions
sinh  = row("sinh",  floats.sinh,   lambda y, x: cosh(x),       latex=r"\sinh")
cosh  = row("cosh",  floats.cosh,   lambda y, x: sinh(x),       latex=r"\cosh")
tanh  = row("tanh",  math.tanh,     lambda y, x: select(abs(x) < 20.0, cosh(x) ** -2.0, (2.0 * exp(-abs(x))) ** 2.0), latex=r"\tanh")
asinh = row("asinh", math.asinh,    lambda y, x: 1.0 / hypot(1.0, x),                      numpy="arcsinh")
acosh = row("acosh", floats.acosh,  lambda y, x: 1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)),    numpy="arccosh", domain=(1.0, inf))
atanh = row("atanh", floats.atanh,  lambda y, x: 1.0 / _nonnegative(_one_minus_square(x)),  numpy="arctanh", domain=UNIT)

# Activations, and what they are made of
sigmoid  = row("sigmoid",  floats.sigmoid,   lambda y, x: y * sigmoid(-x),  latex=r"\sigma")
softplus = row("softplus", floats.softplus,  lambda y, x: sigmoid(x))
erf      = row("erf",      math.erf,         lambda y, x: ERF_0 * exp(-x * x))
erfc     = row("erfc",     math.erfc,        lambda y, x: -ERF_0 * exp(-x * x))
silu     = row("silu",     floats.silu,      lambda y, x: sigmoid(x) + select(x < inf, y * sigmoid(-x), 0.0))
gelu     = row("gelu",     floats.gelu,      _gelu_slope)
bce_with_logits = row("bce_with_logits", floats.bce_with_logits,  lambda z, x, y: (1.0 - y) * sigmoid(x) - y * sigmoid(-x),
                                                                  lambda z, x, y: -x,  inputs="x y")

# Piecewise
abs_       = row("abs",        math.fabs,          lambda y, x: select(x > 0, 1.0, select(x < 0, -1.0, 0.0 * x)),  latex=r"\left|#1\right|", numpy="absolute")
relu       = row("relu",       floats.relu,        lambda y, x: select(x > 0, 1.0, select(x <= 0, 0.0, nan)))
leaky_relu = row("leaky_relu", floats.leaky_relu,  lambda y, x, slope: select(x > 0, 1.0, select(x <= 0, slope, nan)),
                                                   lambda y, x, slope: select(x > 0, 0.0, x),         inputs="x slope=0.01")
elu        = row("elu",        floats.elu,         lambda y, x, alpha: select(x > 0, 1.0, alpha * exp(x)),
                                                   lambda y, x, alpha: select(x > 0, 0.0, expm1(x)),  inputs="x alpha=1")
clamp      = row("clamp",      floats.clamp,       lambda y, x, low, high: select((x > low) & (x < high), 1.0, select(y <= inf, 0.0, nan)),
                                                   lambda y, x, low, high: select((x < low) & (low <= high), 1.0, 0.0),
                                                   lambda y, x, low, high: select((x > high) | (low > high), 1.0, 0.0),  inputs="x low high", numpy="clip")

# Over lists
sum_        = row("sum",         floats.add_up,       each=lambda y, *xs: [1.0] * len(xs),                 latex=r"\sum")
mean        = row("mean",        floats.mean,         each=lambda y, *xs: [1.0 / len(xs)] * len(xs))
prod        = row("prod",        floats.product,      each=lambda y, *xs: floats.others(xs),  latex=r"\prod")
dot         = row("dot",         floats.dot,          each=_dot_partials)
max_        = row("max",         floats.largest,      each=_tied,                                          numpy="maximum", latex=r"\max")
min_        = row("min",         floats.smallest,     each=_tied,                                          numpy="minimum", latex=r"\min")
norm        = row("norm",        math.hypot,          each=lambda h, *xs: [_over(x, h) for x in xs])
logsumexp   = row("logsumexp",   floats.logsumexp,    each=lambda y, *xs: _probabilities(xs))
softmax     = row("softmax",     floats.softmax,      each=lambda y, i, *xs: [0.0, *(y * r for r in _log_softmax_partials(y, i, *xs)[1:])], inputs="index xs")
log_softmax = row("log_softmax", floats.log_softmax,  each=_log_softmax_partials,                           inputs="index xs")
take        = row("take",        floats.take,         each=lambda y, i, *xs: [0.0, *(1.0 * hit for hit in _one_hot(i, len(xs)))], inputs="index xs")
# fmt: on
