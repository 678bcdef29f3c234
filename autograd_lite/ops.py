"""The table: what each operation means. One row an operation: its name, its value on floats, one
partial an input, how it is written, and the domain from which tests draw.

A partial is a number where it is constant, else an expression `(output, *inputs)` in arithmetic,
comparisons and other rows, so that one text serves floats, Values (second derivatives) and every
other kind of number that has an `__apply_op__`. Nothing else in the project knows a derivative.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from math import inf, nan, pi
from typing import Any

from . import floats
from .errors import ArgumentTypeError
from .floats import Extended, real, total

Interval = tuple[float, float]
ANY, POSITIVE, UNIT = (-inf, inf), (0.0, inf), (-1.0, 1.0)
TINY = 2.0**-1022  # the smallest normal double

TABLE: dict[str, Op] = {}
NUMPY_NAMES: dict[str, Op] = {}


# --- a row, and how it is called -----------------------------------------------------------------


class Op:
    """One row of the table. Call it on numbers, Values, arrays, or any mixture of them."""

    def __init__(self, name: str, value: Callable[..., Any], partials: Any, **notation: Any) -> None:
        inputs = notation["inputs"].split()
        self.name, self.value, self.partials = name, value, partials
        self.variadic = callable(partials)  # over a list: one function gives all the partials
        self.inputs = [text.partition("=")[0] for text in inputs]
        self.defaults = {k: float(v) for k, _, v in (text.partition("=") for text in inputs) if v}
        self.symbol, self.latex = notation["symbol"], notation["latex"]
        self.numpy, self.domain = notation["numpy"], notation["domain"]
        self.__name__ = self.__qualname__ = name
        self.__doc__ = f"{name}({', '.join(inputs)}), of numbers, Values or arrays."

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def __reduce__(self) -> Any:
        return TABLE.__getitem__, (self.name,)

    def __call__(self, *operands: Any, **named: Any) -> Any:
        if not self.variadic and (named or len(operands) != len(self.inputs)):
            operands = self._bind(operands, named)
        numbers, lift = [], float
        for operand in operands:
            number = operand if type(operand) is float else real(operand)
            if number is None:
                return self._dispatch(operand, operands)
            if type(operand) is Extended:
                lift = Extended
            numbers.append(number)
        return lift(self.value(*numbers))

    def partial(self, position: int, output: Any, operands: Sequence[Any]) -> Any:
        """The local derivative for one input, in the kind of number that the operands are."""
        rule = self.partials[position]
        return _ieee(rule, output, operands) if callable(rule) else rule

    def all_partials(self, output: Any, operands: Sequence[Any]) -> list[Any]:
        """The local derivatives for every input, in order."""
        if not self.variadic:
            return [self.partial(i, output, operands) for i in range(len(operands))]
        results: list[Any] = _ieee(self.partials, output, operands)
        return results

    def refusal(self, position: int, got: Any) -> ArgumentTypeError:
        """The error for an operand that is no kind of number."""
        name = "every input" if self.variadic else self.inputs[position]
        return ArgumentTypeError(self.name, name, got, "a real number, a Value or an array of them")

    def _dispatch(self, foreign: Any, operands: tuple[Any, ...]) -> Any:
        """The first operand that is no real number says what is to be done."""
        if any(_is_array(operand) for operand in operands):
            return elementwise(self, operands)
        if hasattr(type(foreign), "__apply_op__"):
            return type(foreign).__apply_op__(self, operands)
        raise self.refusal(operands.index(foreign), foreign)

    def _bind(self, given: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
        """The operands in order, from those given by position, by name and by default."""
        by_position = dict(zip(self.inputs, given, strict=False))
        bound = {**self.defaults, **by_position, **named}
        twice = by_position.keys() & named.keys()
        if len(given) > len(self.inputs) or twice or bound.keys() != set(self.inputs):
            got = [*given, *(f"{key}={value!r}" for key, value in named.items())]
            raise ArgumentTypeError(self.name, "the inputs", got, f"({', '.join(self.inputs)})")
        return tuple(bound[name] for name in self.inputs)


class Select(Op):
    """The row that makes no node: the branch not taken leaves no edge, so no nan leaks from it."""

    def __call__(self, *operands: Any, **named: Any) -> Any:
        operands = self._bind(operands, named)
        if any(_is_array(operand) for operand in operands):
            return elementwise(self, operands)
        for position, operand in enumerate(operands):
            if real(operand) is None and not hasattr(type(operand), "__apply_op__"):
                raise self.refusal(position, operand)
        condition, taken, other = operands
        return taken if condition else other


def _ieee(rule: Callable[..., Any], output: Any, operands: Sequence[Any]) -> Any:
    """Applies a partial; where plain floats raise (1/0, overflow), again by IEEE 754."""
    try:
        return rule(output, *operands)
    except ArithmeticError:
        extended = (Extended(x) if type(x) is float else x for x in (output, *operands))
        result = rule(*extended)
        return [_plain(x) for x in result] if isinstance(result, list) else _plain(result)


def _plain(number: Any) -> Any:
    return float(number) if type(number) is Extended else number


def _is_array(x: Any) -> bool:
    return hasattr(x, "__array_interface__") and hasattr(x, "__len__")


def elementwise(function: Callable[..., Any], operands: Sequence[Any]) -> Any:
    """The function over arrays, broadcast: an array of floats, or of objects where Values are in it."""
    import numpy as np

    result = np.frompyfunc(function, len(operands), 1)(*operands)
    if isinstance(result, np.ndarray) and all(type(x) is float for x in result.flat):
        return result.astype(float)
    return result


# --- partials with a name ---------------------------------------------------------------------------


def _probabilities(xs: Sequence[Any]) -> list[Any]:
    """The softmax of a list, of floats in one go, of other numbers by its row."""
    if any(real(x) is None for x in xs):
        return [softmax(float(i), *xs) for i in range(len(xs))]
    top, rest = floats.shifted(xs)
    return [math.exp(x - top) / (1.0 + rest) for x in xs]


def _unless_zero(x: Any, h: Any) -> Any:
    """x / h; at h = 0, the tip of a cone, the subgradient of least norm."""
    return select(h <= 0, 0.0, x / h)


def _others(xs: Sequence[Any], combine: Callable[[Any, Any], Any], start: float) -> list[Any]:
    """For every position, all the others combined, without a division or a subtraction."""
    before, after = [start], [start]
    for x, z in zip(xs[:-1], xs[:0:-1], strict=True):
        before.append(combine(before[-1], x))
        after.append(combine(after[-1], z))
    return [combine(b, a) for b, a in zip(before, reversed(after), strict=True)]


def _dot_partials(y: Any, *xs: Any) -> list[Any]:
    half = len(xs) // 2
    return [*xs[half : 2 * half], *xs[:half], *([1.0] * (len(xs) % 2))]


def _tied(y: Any, *xs: Any) -> list[float]:
    """Max and min: shared equally by those that reach the value; nan where nobody does."""
    hits = [x <= y and x >= y for x in xs]
    share = 1.0 / hits.count(True) if any(hits) else nan
    return [share if hit or share != share else 0.0 for hit in hits]


def _softmax_partials(y: Any, index: float, *xs: Any) -> list[Any]:
    return [0.0, *(y * r for r in _log_softmax_partials(y, index, *xs)[1:])]


def _log_softmax_partials(y: Any, index: float, *xs: Any) -> list[Any]:
    """1[i=j] - p_j, where 1 - p_i is the sum of the others: p_i = 1 - 1e-20 has a slope, too."""
    p = _probabilities(xs)
    own = int(index)
    return [0.0, *(_others(p, operator.add, 0.0)[j] if j == own else -p[j] for j in range(len(p)))]


# --- the table -------------------------------------------------------------------------------------


def row(
    name: str,
    value: Callable[..., Any],
    *partials: float | Callable[..., Any],
    each: Callable[..., list[Any]] | None = None,
    inputs: str = "x",
    symbol: str = "",
    latex: str = "",
    numpy: str = "",
    domain: Interval | tuple[Interval, ...] = ANY,
    kind: type[Op] = Op,
) -> Op:
    """Adds a row: from here on it works on floats, Values, in derivatives of any order and in text.

    `inputs` names them, "x slope=0.01"; `symbol` is an infix or prefix sign; `latex` a command, or
    a text with #1, #2 for the inputs; `numpy` the function's name there, where it differs; `each`
    gives the partials of an operation over a list.
    """
    count = len(inputs.split())
    domains = domain if isinstance(domain[0], tuple) else (domain,) * count
    notation = {"inputs": inputs, "symbol": symbol, "latex": latex or rf"\operatorname{{{name}}}"}
    op = kind(name, value, each or partials, numpy=numpy or name, domain=domains, **notation)
    TABLE[name] = NUMPY_NAMES[op.numpy] = op
    return op


# fmt: off
# Arithmetic
add = row("add", operator.add, 1.0, 1.0,                             inputs="x y", symbol="+", latex="#1 + #2")
sub = row("sub", operator.sub, 1.0, -1.0,                            inputs="x y", symbol="-", latex="#1 - #2")
mul = row("mul", operator.mul, lambda z, x, y: y, lambda z, x, y: x, inputs="x y", symbol="*", latex="#1 #2")
div = row("div", floats.divide, lambda z, x, y: 1.0 / y, lambda z, x, y: -(z / y), inputs="x y", symbol="/", latex=r"\frac{#1}{#2}")
neg = row("neg", operator.neg, -1.0,                                 symbol="-", latex="-#1")
pow_ = row("pow", floats.power,
           lambda z, x, y: y * select((abs(x) >= TINY) | (y > 0) | (y < 0), x ** (y - 1.0), 0.0),
           lambda z, x, y: select((abs(x) <= 0) & (y >= 0), 0.0, z * log(x)),
           inputs="x y", symbol="**", latex="#1^{#2}", numpy="power", domain=(POSITIVE, ANY))

# Exponentials, logarithms, roots
exp     = row("exp",     total(math.exp),                 lambda y, x: y,      latex="e^{#1}")
expm1   = row("expm1",   total(math.expm1),               lambda y, x: exp(x), latex="e^{#1} - 1")
log     = row("log",     total(math.log, {0.0: -inf}),    lambda y, x: select(x > 0, 1.0 / x, select(x >= 0, inf, nan)), latex=r"\log", domain=POSITIVE)
log1p   = row("log1p",   total(math.log1p, {-1.0: -inf}), lambda y, x: select(x >= -1, 1.0 / (1.0 + x), nan), latex=r"\log(1 + #1)", domain=(-1.0, inf))
sqrt    = row("sqrt",    total(math.sqrt),                lambda y, x: select(y > 0, 0.5 / y, select(y >= 0, inf, nan)), latex=r"\sqrt{#1}", domain=POSITIVE)

# Trigonometry
sin     = row("sin",     total(math.sin),                 lambda y, x: cos(x),        latex=r"\sin")
cos     = row("cos",     total(math.cos),                 lambda y, x: -sin(x),       latex=r"\cos")
tan     = row("tan",     total(math.tan),                 lambda y, x: 1.0 + y**2.0,  latex=r"\tan")
asin    = row("asin",    total(math.asin),                lambda y, x: 1.0 / sqrt((1.0 - x) * (1.0 + x)),  latex=r"\arcsin", numpy="arcsin", domain=UNIT)
acos    = row("acos",    total(math.acos),                lambda y, x: -1.0 / sqrt((1.0 - x) * (1.0 + x)), latex=r"\arccos", numpy="arccos", domain=UNIT)
atan    = row("atan",    math.atan,                       lambda y, x: hypot(1.0, x) ** -2.0, latex=r"\arctan", numpy="arctan")
atan2   = row("atan2",   math.atan2,                      lambda a, y, x: _unless_zero(x / hypot(y, x), hypot(y, x)), lambda a, y, x: _unless_zero(-y / hypot(y, x), hypot(y, x)), inputs="y x", numpy="arctan2")
hypot   = row("hypot",   math.hypot,                      lambda h, x, y: _unless_zero(x, h), lambda h, x, y: _unless_zero(y, h), inputs="x y", latex=r"\sqrt{#1^{2} + #2^{2}}")

# Hyperbolic functions
sinh    = row("sinh",    total(math.sinh),                lambda y, x: cosh(x),               latex=r"\sinh")
cosh    = row("cosh",    total(math.cosh),                lambda y, x: sinh(x),               latex=r"\cosh")
tanh    = row("tanh",    math.tanh,                       lambda y, x: cosh(x) ** -2.0,       latex=r"\tanh")
asinh   = row("asinh",   math.asinh,                      lambda y, x: 1.0 / hypot(1.0, x),   numpy="arcsinh")
acosh   = row("acosh",   total(math.acosh),               lambda y, x: 1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)), numpy="arccosh", domain=(1.0, inf))
atanh   = row("atanh",   total(math.atanh, {1.0: inf, -1.0: -inf}), lambda y, x: select(abs(x) <= 1, 1.0 / ((1.0 - x) * (1.0 + x)), nan), numpy="arctanh", domain=UNIT)

# Activations, and what they are made of
sigmoid = row("sigmoid", floats.sigmoid,                        lambda y, x: y * sigmoid(-x),       latex=r"\sigma")
softplus = row("softplus", floats.softplus, lambda y, x: sigmoid(x))
erf     = row("erf",     math.erf,                        lambda y, x: 2.0 / math.sqrt(pi) * exp(-(x**2.0)))
erfc    = row("erfc",    math.erfc,                       lambda y, x: -2.0 / math.sqrt(pi) * exp(-(x**2.0)))
silu    = row("silu",    floats.silu, lambda y, x: sigmoid(x) * (1.0 + select(abs(x) < 1e3, x * sigmoid(-x), 0.0)))
gelu    = row("gelu",    floats.gelu,
                         lambda y, x: 0.5 * erfc(-x / math.sqrt(2)) + select(abs(x) < 1e3, x * exp(-0.5 * x**2.0) / math.sqrt(2 * pi), 0.0))

bce_with_logits = row("bce_with_logits", floats.bce_with_logits, lambda z, x, y: (1.0 - y) * sigmoid(x) - y * sigmoid(-x), lambda z, x, y: -x, inputs="x y")

# Piecewise
abs_    = row("abs",     math.fabs,                       lambda y, x: select(x > 0, 1.0, select(x < 0, -1.0, 0.0 * x)), latex=r"\left|#1\right|", numpy="absolute")
relu    = row("relu",    floats.relu,          lambda y, x: select(x > 0, 1.0, select(x <= 0, 0.0, nan)))
leaky_relu = row("leaky_relu", floats.leaky_relu,  lambda y, x, slope: select(x > 0, 1.0, select(x <= 0, slope, nan)), lambda y, x, slope: select(x > 0, 0.0, x), inputs="x slope=0.01")
elu     = row("elu",     floats.elu, lambda y, x, alpha: select(x > 0, 1.0, alpha * exp(x)), lambda y, x, alpha: select(x > 0, 0.0, expm1(x)), inputs="x alpha=1")
clamp   = row("clamp",   floats.clamp,
              lambda y, x, low, high: select((x > low) & (x < high), 1.0, select((x <= low) | (x >= high), 0.0, nan)),
              lambda y, x, low, high: select((x < low) & (low <= high), 1.0, 0.0),
              lambda y, x, low, high: select((x > high) | (low > high), 1.0, 0.0), inputs="x low high", numpy="clip")
select  = row("select",  lambda c, x, y: x if c else y, 0.0, lambda z, c, x, y: 1.0 if c else 0.0, lambda z, c, x, y: 0.0 if c else 1.0, inputs="condition x y", kind=Select, numpy="where")

# Over lists
sum_    = row("sum",     floats.add_up,                                   each=lambda y, *xs: [1.0] * len(xs), inputs="xs", latex=r"\sum")
mean    = row("mean",    lambda *xs: floats.add_up(*xs) / len(xs),        each=lambda y, *xs: [1.0 / len(xs)] * len(xs), inputs="xs")
prod    = row("prod",    lambda *xs: math.prod(xs, start=1.0),   each=lambda y, *xs: _others(xs, operator.mul, 1.0), inputs="xs", latex=r"\prod")
dot     = row("dot",     floats.dot,                                   each=_dot_partials, inputs="xs")
max_    = row("max",     floats.largest,                                   each=_tied, inputs="xs", latex=r"\max", numpy="maximum")
min_    = row("min",     floats.smallest,                                   each=_tied, inputs="xs", latex=r"\min", numpy="minimum")
norm    = row("norm",    math.hypot,                             each=lambda h, *xs: [_unless_zero(x, h) for x in xs], inputs="xs")
logsumexp = row("logsumexp", floats.logsumexp,                         each=lambda y, *xs: _probabilities(xs), inputs="xs")
softmax = row("softmax", floats.softmax,                               each=_softmax_partials, inputs="xs")
log_softmax = row("log_softmax", floats.log_softmax,                   each=_log_softmax_partials, inputs="xs")
# fmt: on
