"""Slopes of calls: as symbols, σ'(a), and as the Calls that the table's partials come to.

The partials are run on a kind of number that writes down what is done to it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from ...engine import TABLE, Op
from ...errors import GraphError
from .ir import Array, Call, View
from .views import AS_THEY_ARE, key_of

Part = View | Call | float
CONDITIONS = ("greater", "greater_equal", "and", "or")  # rows that give 0 or 1


def slope(call: Call, position: int, output: Part) -> Part:
    """The slope of a call for one operand. `output` is what the call comes to.

    It is a symbol, unless a person would not make one: cos(x) and 2·x are written as they are. Nor of
    hypot(x, x), whose two slopes are the same.
    """
    if call.row in CONDITIONS:
        return 0.0
    symbol = Call(call.row, (output, *call.operands), position)
    literals = tuple(x if isinstance(x, float) else None for x in symbol.operands)
    repeated = len({*call.operands}) < len(call.operands)
    return partial_of(symbol) if repeated or _is_short(TABLE[call.row], position, literals) else symbol


@lru_cache(maxsize=1000)
def _is_short(row: Op, position: int, literals: tuple[float | None, ...]) -> bool:
    """Whether a slope is one row of its operands, or less; rows over lists are never symbols."""
    if row.variadic:
        return True
    operands = [View(Array(f"x{k}", ())) if x is None else x for k, x in enumerate(literals)]
    return is_one_row(partial_of(Call(row.name, tuple(operands), position)))


def is_one_row(part: Part) -> bool:
    """Whether a part is a row of views, or less, perhaps times a number."""
    _, factors = split(part)
    return not any(isinstance(x, Call) for f in factors if isinstance(f, Call) for x in f.operands)


def rebuilt(old: Call, operands: Sequence[Part]) -> Part:
    """The call or slope with other operands, or what it comes to then."""
    if old.partial is None:
        return call(old.row, *operands)
    return slope(Call(old.row, tuple(operands[1:])), old.partial, operands[0])


def partial_of(symbol: Call) -> Part:
    """What a slope is by the table."""
    row, position = TABLE[symbol.row], symbol.partial
    assert position is not None
    if row.name in SHARED:
        return written(lambda y, *xs: SHARED[row.name](y, xs[position], xs), *symbol.operands)
    try:
        if row.variadic:
            return written(lambda y, *xs: row.all_partials(y, xs)[position], *symbol.operands)
        return written(lambda y, *xs: row.partial(position, y, xs), *symbol.operands)
    except (AttributeError, TypeError) as error:  # math.cos knows nothing but floats
        raise GraphError(
            f"compile: a partial of the row {row.name!r} works on plain numbers alone ({error}); "
            f"write it in arithmetic and in rows: ops.cos(x), not math.cos(x)"
        ) from error


def split(part: Part) -> tuple[float, tuple[View | Call, ...]]:
    """A part as a number times at most one factor."""
    if isinstance(part, float):
        return part, ()
    if isinstance(part, Call) and part.row == "neg":
        coefficient, factors = split(part.operands[0])
        return -coefficient, factors
    if isinstance(part, Call) and part.row == "mul" and isinstance(part.operands[0], float):
        coefficient, factors = split(part.operands[1])
        return part.operands[0] * coefficient, factors
    return 1.0, (part,)


def written(rule: Callable[..., Any], *operands: Part) -> Part:
    """What a rule over numbers comes to, over factors."""
    return _decided(rule, operands)


# Rows over lists whose partials the table gives a list at a time: the same for one item, from the result.
SHARED: dict[str, Callable[[Any, Any, Any], Any]] = {
    "logsumexp": lambda y, x, xs: TABLE["exp"](x - y),
    "max": lambda y, x, xs: _share(x, y) / sum((_share(other, y) for other in xs[1:]), _share(xs[0], y)),
    "min": lambda y, x, xs: _share(y, x) / sum((_share(y, other) for other in xs[1:]), _share(y, xs[0])),
}


def _share(high: Any, low: Any) -> Any:
    """1 where a number reaches the largest of its list, which none exceeds."""
    return high >= low


# --- calls, and what literals decide ------------------------------------------------------------------


def call(row: str, *operands: Part) -> Part:
    """The call, or what it comes to where it is clear without looking at data."""
    if all(isinstance(operand, float) for operand in operands):
        return _value(row, operands)
    simpler = _SIMPLER.get(row)
    found: Part | None = simpler(*operands) if simpler else None
    return Call(row, tuple(operands)) if found is None else found


def _value(row: str, numbers: tuple[Any, ...]) -> float:
    if row in ("and", "or"):
        return float(all(numbers) if row == "and" else any(numbers))
    return float(TABLE[row].value(*numbers))


def _times(x: Part, y: Part) -> Part | None:
    return x if y == 1.0 else y if x == 1.0 else None


def _power(x: Part, y: Part) -> Part | None:
    return x if y == 1.0 else 1.0 if y == 0.0 else None


def _negative(x: Part) -> Part | None:
    return x.operands[0] if isinstance(x, Call) and x.row == "neg" else None


def _chosen(condition: Part, x: Part, y: Part) -> Part | None:
    if isinstance(condition, float):
        return x if condition else y
    return x if key_of(x, AS_THEY_ARE) == key_of(y, AS_THEY_ARE) else None


def _joined(x: Part, y: Part, decisive: bool) -> Part | None:
    """One literal among two conditions decides, or leaves the other, if that is 0 or 1."""
    literal, other = (x, y) if isinstance(x, float) else (y, x)
    if not isinstance(literal, float):
        return None
    if bool(literal) is decisive:
        return float(decisive)
    return other if isinstance(other, Call) and other.row in CONDITIONS else None


# x + 0.0 and 0.0 * x stay: the one makes 0.0 of -0.0, the other nan of inf.
_SIMPLER: dict[str, Callable[..., Part | None]] = {
    "mul": _times,
    "div": lambda x, y: x if y == 1.0 else None,
    "pow": _power,
    "neg": _negative,
    "select": _chosen,
    "and": partial(_joined, decisive=False),
    "or": partial(_joined, decisive=True),
}


# --- the number --------------------------------------------------------------------------------------


class _UndecidedError(Exception):
    """A rule asks whether a symbol is true."""

    def __init__(self, condition: Symbol) -> None:
        super().__init__()
        self.condition = condition


def _operator(row: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The methods for a row of two operands, as the first of them and as the second."""
    return lambda x, y: _applied(row, x, y), lambda x, y: _applied(row, y, x)


class Symbol:
    """A view or a call, as a number; with what has been assumed about conditions on the way."""

    __slots__ = ("assumed", "part")

    def __init__(self, part: View | Call, assumed: Mapping[Hashable, bool]) -> None:
        self.part, self.assumed = part, assumed

    @staticmethod
    def __apply_op__(op: Op, operands: Any) -> Any:
        return _applied(op.name, *operands)

    __add__, __radd__ = _operator("add")
    __sub__, __rsub__ = _operator("sub")
    __mul__, __rmul__ = _operator("mul")
    __truediv__, __rtruediv__ = _operator("div")
    __pow__, __rpow__ = _operator("pow")
    __gt__, __lt__ = _operator("greater")
    __ge__, __le__ = _operator("greater_equal")
    __and__, __rand__ = _operator("and")
    __or__, __ror__ = _operator("or")

    def __neg__(self) -> Any:
        return _applied("neg", self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return _applied("abs", self)

    def __bool__(self) -> bool:
        key = key_of(self.part, AS_THEY_ARE)
        if key not in self.assumed:
            raise _UndecidedError(self)
        return self.assumed[key]


def _applied(row: str, *operands: Any) -> Any:
    assumed = next(x.assumed for x in operands if isinstance(x, Symbol))
    part = call(row, *(x.part if isinstance(x, Symbol) else float(x) for x in operands))
    if isinstance(part, float):
        return bool(part) if row in CONDITIONS else part  # for `1.0 | True` is an error of Python's
    return Symbol(part, assumed)


def _decided(rule: Callable[..., Any], operands: tuple[Part, ...], assumed: Any = None) -> Part:
    """What a rule gives. Where it branches, both ways are gone, and a select chooses between them."""
    assumed = assumed or {}
    symbols = [x if isinstance(x, float) else Symbol(x, assumed) for x in operands]
    try:
        result = rule(*symbols)
    except _UndecidedError as asked:
        condition = asked.condition.part
        key = key_of(condition, AS_THEY_ARE)
        ways = [_decided(rule, operands, {**assumed, key: answer}) for answer in (True, False)]
        return call("select", condition, *ways)
    return result.part if isinstance(result, Symbol) else float(result)
