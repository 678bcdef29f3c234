"""Whether derivatives are right: `gradcheck` holds gradients against numbers found without them."""

from __future__ import annotations

import cmath
import inspect
import math
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ..engine import Op, Value, grad, order, real
from ..errors import ArgumentTypeError, ArgumentValueError

RATIO = 3.7  # of a step to the next; no round number, or a function whose period divides the steps looks flat
LARGEST, SMALLEST = 0.137, 1e-10  # of the steps, against the input or 1, whichever is larger
ENOUGH = 8  # steps at which all is finite
SETTLED = 1e-3  # differences that are less sure than this do not tell a right slope from a wrong one
SHARP = 1e-9  # how far from a complex step the gradient may be, against the sum of the sizes of its terms


# --- the report -----------------------------------------------------------------------------------------


class GradientEntry(NamedTuple):
    """One derivative, twice: from the graph (analytic) and from the function alone (numeric)."""

    order: int
    inputs: tuple[str, ...]
    analytic: float
    numeric: float
    error: float  # how far off the numeric may be
    method: str
    verdict: str
    ok: bool


class GradcheckReport:
    """What `gradcheck` found: true where every derivative is right; printed, the table."""

    def __init__(self, entries: Sequence[GradientEntry]) -> None:
        self.entries = tuple(entries)
        self.failures = tuple(entry for entry in entries if not entry.ok)
        self.ok = not self.failures

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        """The table. The first line alone says what fails, for pytest shortens what it shows."""
        return "\n".join([self._headline(), *(line for entry in self.entries for line in _lines(entry))])

    def _headline(self) -> str:
        if self.ok:
            return f"gradcheck: all {len(self.entries)} derivatives are right"
        first = self.failures[0]
        numbers = f"analytic {first.analytic:.9g}, numeric {first.numeric:.9g}"
        share = f"{len(self.failures)} of {len(self.entries)} fail"
        return f"gradcheck: {_symbol(first)} {first.verdict}: {numbers} ({share})"


def _lines(entry: GradientEntry) -> Iterator[str]:
    name = _symbol(entry)
    yield f"  {name:<12}  analytic {entry.analytic!r:>24}"
    yield f"  {'':<12}  numeric  {entry.numeric!r:>24} ± {entry.error:.0e}, {entry.method}: {entry.verdict}"


def _symbol(entry: GradientEntry) -> str:
    """df/dw; d²f/dw dx."""
    power = "" if entry.order == 1 else "²"
    return f"d{power}f/" + " ".join(f"d{name}" for name in entry.inputs)


# --- the check --------------------------------------------------------------------------------------------


def gradcheck(
    f: Callable[..., Any], at: Any, orders: Sequence[int] = (1, 2), tolerance: float = 1e-6
) -> GradcheckReport:
    """Holds the first and second derivatives of f against differences of f and of its gradient.

    `at` is a number or a list of numbers, one for each argument of f; where it holds Values, their labels
    are the names in the report, else the names are those of f's arguments. f takes Values and gives one.

    Differences come at many step widths, extrapolated, with an estimate of their own error, so rounding is
    told from a mistake. Where all operations are analytic, the graph that f records also runs on complex
    numbers, which is far sharper. At a kink any slope between the two sides is right.
    """
    at = list(_items(at))
    trial = _Trial(f, _numbers(at), _names(f, at), _orders(orders))
    if not 0 < _real("tolerance", tolerance) < math.inf:
        raise ArgumentValueError("gradcheck", "tolerance", tolerance, "a positive number")
    samples = [list(trial.samples(j)) for j in range(len(at))]
    return GradcheckReport(list(_entries(trial, samples, tolerance)))


class _Trial:
    """The function at its point: the graph there, the gradient's graph, and both nearby."""

    def __init__(self, f: Callable[..., Any], point: list[float], names: list[str], orders: set[int]) -> None:
        self.f, self.point, self.names, self.orders = f, point, names, orders
        self.leaves, y = self._run(point)
        self.targets = [y, *grad(y, self.leaves, create_graph=True)] if 2 in orders else [y]
        self.middle = self.outputs(point)
        if not _same(self.middle[0], y.data):
            allowed = f"deterministic (it gave {y.data!r}, then {self.middle[0]!r})"
            raise ArgumentValueError("gradcheck", "f", f, allowed)

    def _run(self, point: list[float]) -> tuple[list[Value], Value]:
        leaves = [Value(x, label=name) for x, name in zip(point, self.names, strict=True)]
        y = self.f(*leaves)
        if not isinstance(y, Value):
            raise ArgumentTypeError("gradcheck", "the result of f", y, "a Value")
        return leaves, y

    def outputs(self, point: list[float]) -> list[float]:
        """f and, for second derivatives, its gradient."""
        leaves, y = self._run(point)
        return [y.data, *grad(y, leaves)] if 2 in self.orders else [y.data]

    def samples(self, j: int) -> Iterator[tuple[float, list[float], list[float]]]:
        """(step, outputs below, outputs above) along input j, the widest step first."""
        x, size = self.point[j], max(abs(self.point[j]), 1.0)
        least = min(SMALLEST * size, 1e-4 * (abs(x) or 1.0))  # a function may be one of small numbers only
        edge = 2.0**-45 * (abs(x) or 1.0)  # how close to look where there is an edge of the domain
        h, found = LARGEST * size, 0
        while h >= least or (found < ENOUGH and h >= edge):
            h = (x + h) - x  # exactly what is added
            below, above = (self.outputs([*self.point[:j], z, *self.point[j + 1 :]]) for z in (x - h, x + h))
            found += all(map(math.isfinite, [*below, *above]))
            yield h, below, above
            h /= RATIO


def _entries(trial: _Trial, samples: list[Any], tolerance: float) -> Iterator[GradientEntry]:
    for k, target in enumerate(trial.targets):
        if k == 0 and 1 not in trial.orders:
            continue
        slopes, sizes = grad(target, trial.leaves), _path_sizes(target)
        for j, leaf in enumerate(trial.leaves):
            along = [(h, below[k], above[k]) for h, below, above in samples[j]]
            estimate = _estimate(along, trial.middle[k])
            sharp = _complex_slope(target, leaf)
            names = (trial.names[j],) if k == 0 else (trial.names[k - 1], trial.names[j])
            yield _entry(names, slopes[j], estimate, sharp, sizes.get(leaf, 0.0), tolerance)


def _entry(
    names: tuple[str, ...],
    analytic: float,
    found: Estimate,
    sharp: tuple[float, float] | None,
    size: float,
    tolerance: float,
) -> GradientEntry:
    """The verdict. Comparisons are written so that nan fails."""
    margin = tolerance * max(abs(analytic), abs(found.slope)) + SHARP * size
    if sharp is None or not found.confirms(sharp[0], tolerance) or not math.isfinite(analytic):
        ok, verdict = _judged(analytic, found, margin, tolerance, len(names))
        return GradientEntry(
            len(names), names, analytic, found.slope, found.error, "differences", verdict, ok
        )
    numeric, error = sharp[0], sharp[1] + SHARP * size
    ok = abs(analytic - numeric) <= error
    return GradientEntry(
        len(names), names, analytic, numeric, error, "complex step", "right" if ok else "WRONG", ok
    )


def _judged(
    analytic: float, found: Estimate, margin: float, tolerance: float, order: int
) -> tuple[bool, str]:
    if not math.isfinite(analytic):
        return False, "not finite"
    if found.jump:  # of the gradient, it is a kink of the function, where there is no second derivative
        return order == 2, "a jump, no derivative to check"
    if found.kink:
        low, high = sorted((found.left, found.right))
        between = low - tolerance * abs(low) <= analytic <= high + tolerance * abs(high)
        where = f"a kink, {found.left:.6g} on the left and {found.right:.6g} on the right"
        return between, where if between else f"WRONG at {where}"
    if abs(analytic - found.slope) <= margin:
        return True, "right"
    if not math.isfinite(found.slope):
        return False, "not checked, for nearby the function is not finite"
    if not found.settled:
        return False, "not checked, for the differences do not settle"
    ok = abs(analytic - found.slope) <= 3 * found.error
    return ok, "right" if ok else "WRONG"


# --- differences ---------------------------------------------------------------------------------------


class Estimate(NamedTuple):
    """A slope from differences, its error, the slopes from either side, and what they say of the function."""

    slope: float
    error: float
    left: float
    right: float
    kink: bool
    jump: bool
    settled: bool

    def confirms(self, sharp: float, tolerance: float) -> bool:
        """Whether the graph, run on complex numbers, is the function that the differences saw."""
        near = abs(sharp - self.slope) <= tolerance * abs(sharp) + 3 * self.error
        return near and self.settled and not self.kink and not self.jump


def _estimate(samples: list[tuple[float, float, float]], middle: float) -> Estimate:
    finite = [(h, low, high) for h, low, high in samples if math.isfinite(low) and math.isfinite(high)]
    heights = [max(abs(low), abs(high)) for _, low, high in finite]
    noise = 2.0**-52 * max(heights[-8:], default=0.0)
    slope, error = _extrapolated([(h, (high - low) / (2 * h)) for h, low, high in finite], noise, 2)
    right, doubt = _extrapolated([(h, (high - middle) / h) for h, _, high in finite], noise, 1)
    left, other_doubt = _extrapolated([(h, (middle - low) / h) for h, low, _ in finite], noise, 1)
    kink = abs(right - left) > SETTLED * max(abs(left), abs(right)) + 10 * (doubt + other_doubt)
    gaps = [abs(high - low) for _, low, high in finite[-4:]]
    jump = len(gaps) == 4 and max(gaps) - min(gaps) < 0.1 * max(gaps) and min(gaps) > 1e3 * noise
    typical = max([abs(slope), *(LARGEST * height / finite[0][0] for height in heights)])
    return Estimate(slope, error, left, right, kink, jump, error <= SETTLED * typical)


def _extrapolated(estimates: list[tuple[float, float]], noise: float, power: int) -> tuple[float, float]:
    """The limit for step 0 of estimates whose error is a series in step**power, and how sure it is.

    Neville's table, row by row. An entry is as sure as it agrees with the two that it was made of, and
    never surer than rounding allows at its step.
    """
    best, error = math.nan, math.inf
    above: list[float] = []
    for h, estimate in estimates:
        row, factor = [estimate], 1.0
        for older in above:
            factor *= RATIO**power
            row.append(row[-1] + (row[-1] - older) / (factor - 1))
            doubt = max(abs(row[-1] - row[-2]), abs(row[-1] - older)) + noise / h
            if doubt < error:
                best, error = row[-1], doubt
        above = row
    return best, error


# --- the complex step ------------------------------------------------------------------------------------

COMPLEX: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "neg": operator.neg,
    "pow": operator.pow,
    "sum": lambda *xs: sum(xs),
    "mean": lambda *xs: sum(xs) / len(xs),
    "prod": lambda *xs: math.prod(xs),
    "dot": lambda *xs: (
        sum(map(operator.mul, xs, xs[len(xs) // 2 : len(xs) // 2 * 2])) + sum(xs[len(xs) // 2 * 2 :])
    ),
}


def _complex_row(row: Op) -> Callable[..., Any] | None:
    """The row on complex numbers, where arithmetic or cmath has it."""
    return COMPLEX.get(row.name) or (getattr(cmath, row.name, None) if row.inputs == ["x"] else None)


def _complex_slope(y: Value, leaf: Value) -> tuple[float, float] | None:
    """Im f(x + ih) / h and its error: no subtraction, so nothing cancels. None where y is not analytic."""
    h = 2.0**-70 * (abs(leaf.data) or 1.0)
    wide, narrow = _imaginary(y, leaf, h), _imaginary(y, leaf, h / 2)
    return None if wide is None or narrow is None else (narrow / (h / 2), abs(wide / h - narrow / (h / 2)))


def _imaginary(y: Value, leaf: Value, h: float) -> float | None:
    """The imaginary part of y where the leaf has the imaginary part h."""
    known: dict[Value, Any] = {leaf: complex(leaf.data, h)}
    for node in order(y):
        if not any(parent in known for parent in node.parents):
            continue
        value = _complex_value(node, known)
        if value is None:
            return None
        known[node] = value
    return float(known[y].imag) if y in known else 0.0


def _complex_value(node: Any, known: dict[Value, Any]) -> complex | None:
    """The node on complex numbers; None where its row has no such meaning, or another one."""
    function = _complex_row(node.op)
    operands = [known.get(x, x.data) if isinstance(x, Value) else x for x in node.operands]
    try:
        value = function(*operands) if function else None
    except (TypeError, ValueError, ArithmeticError):
        return None
    alike = isinstance(value, complex) and abs(value.real - node.data) <= SHARP * abs(node.data)
    return value if alike else None


def _path_sizes(y: Value) -> dict[Value, float]:
    """For every node the sum of |slope of a way to y|: what rounding in its gradient is measured by."""
    sizes = {y: 1.0}
    for node in reversed(order(y)):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            sizes[parent] = sizes.get(parent, 0.0) + abs(partial) * sizes[node]
    return sizes


# --- what it is asked for ----------------------------------------------------------------------------------


def _items(at: Any) -> Sequence[Any]:
    if isinstance(at, Value) or real(at) is not None:
        return [at]
    if getattr(at, "ndim", 0) == 1 and hasattr(at, "tolist"):
        at = at.tolist()
    if not isinstance(at, list | tuple):
        raise ArgumentTypeError("gradcheck", "at", at, "a number or a list of numbers")
    if not at:
        raise ArgumentValueError("gradcheck", "at", at, "a list of at least one number")
    return at


def _numbers(at: Sequence[Any]) -> list[float]:
    numbers = [_real("at", x.data if isinstance(x, Value) else x) for x in at]
    if not all(map(math.isfinite, numbers)):
        raise ArgumentValueError("gradcheck", "at", at, "finite numbers")
    return numbers


def _real(argument: str, x: Any) -> float:
    number = real(x)
    if number is None:
        raise ArgumentTypeError("gradcheck", argument, x, "a real number")
    return number


def _orders(orders: Any) -> set[int]:
    if not isinstance(orders, list | tuple | set | frozenset):
        raise ArgumentTypeError("gradcheck", "orders", orders, "(1,), (2,) or (1, 2)")
    if not orders or not all(type(n) is int and n in (1, 2) for n in orders):
        raise ArgumentValueError("gradcheck", "orders", orders, "(1,), (2,) or (1, 2)")
    return set(orders)


def _names(f: Callable[..., Any], at: Sequence[Any]) -> list[str]:
    """A name for each input: its label, else that of f's argument."""
    if not callable(f):
        raise ArgumentTypeError("gradcheck", "f", f, "a function of Values")
    arguments = _arguments(f, len(at))
    return [getattr(x, "label", "") or name for x, name in zip(at, arguments, strict=True)]


def _arguments(f: Callable[..., Any], count: int) -> list[str]:
    """The names of so many arguments given to f by position; the error where it does not take so many."""
    if isinstance(f, Op) and not f.variadic and len(f.inputs) >= count:
        return f.inputs[:count]
    try:
        signature = inspect.signature(f)
    except ValueError:  # a function in C need not say what it takes
        return [f"x{i + 1}" for i in range(count)]
    try:
        bound = signature.bind(*range(count)).arguments
    except TypeError:
        allowed = f"a function of {count} argument{'s' * (count > 1)}, as many as `at` has items"
        raise ArgumentTypeError("gradcheck", "f", f, allowed) from None
    names: list[str] = []
    for name, taken in bound.items():
        names += [f"{name}[{i}]" for i in range(len(taken))] if isinstance(taken, tuple) else [name]
    return names


def _same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)
