"""Functions over lists of Values, numbers, or both: one node of many parents each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..arguments import count
from ..errors import ArgumentTypeError, ArgumentValueError
from . import ops
from .float_math import real
from .ops import Op
from .value import Value, apply, linear, operands_of

Number = Value | float
_UNORDERED = (str, bytes, dict, set, frozenset)  # iterable, but no list of numbers


def dot(w: Any, x: Any, b: Any = None) -> Number:
    """w[0]*x[0] + w[1]*x[1] + ... + b."""
    left, right = _flat(ops.dot, "w", w), _flat(ops.dot, "x", x)
    if len(left) != len(right):
        raise ArgumentValueError("dot", "x", x, f"of the length of w, {len(left)}")
    bias = () if b is None else operands_of((b,), ops.dot)
    if _all_floats(left) and _all_floats(right) and _all_floats(bias):
        return ops.dot.value(*left, *right, *bias)
    node: Value = linear([left], right, bias or (None,))[0]
    return node


def sum(xs: Any) -> Number:
    """The sum, from left to right; 0 of none."""
    return _reduced(ops.sum_, xs)


def prod(xs: Any) -> Number:
    """The product; 1 of none. Its derivatives are right where a factor is 0."""
    return _reduced(ops.prod, xs)


def mean(xs: Any) -> Number:
    """The sum over the count."""
    return _reduced(ops.mean, xs, least=1)


def max(*xs: Any) -> Number:
    """The largest, of a list or of the arguments; at a tie the gradient is shared equally."""
    return _reduced(ops.max_, xs[0] if len(xs) == 1 else xs, least=1)


def min(*xs: Any) -> Number:
    """The smallest, of a list or of the arguments; at a tie the gradient is shared equally."""
    return _reduced(ops.min_, xs[0] if len(xs) == 1 else xs, least=1)


def norm(xs: Any) -> Number:
    """The Euclidean length, with no overflow between; at 0 the gradient is 0."""
    return _reduced(ops.norm, xs)


def logsumexp(xs: Any) -> Number:
    """log(sum(exp(x))), for numbers of any size."""
    return _reduced(ops.logsumexp, xs, least=1)


def softmax(xs: Any) -> list[Any]:
    """exp(x) / sum(exp(x)), one result for each of xs."""
    return _each(ops.softmax, xs)


def log_softmax(xs: Any) -> list[Any]:
    """x - logsumexp(xs), one result for each of xs."""
    return _each(ops.log_softmax, xs)


def take(rows: Any, index: Any) -> Any:
    """rows[index], of numbers, Values or lists of them. By a Value it is a node, or a list of them."""
    allowed = "a list, tuple or array of at least 1 item, of numbers, Values or lists of one length of them"
    listed = isinstance(rows, list | tuple) or getattr(rows, "ndim", 0) > 0
    if not listed or not len(rows):
        raise (ArgumentValueError if listed else ArgumentTypeError)("take", "rows", rows, allowed)
    if type(index) is Value:
        return _taken(rows.tolist() if hasattr(rows, "ndim") else rows, index, allowed)
    place = index.item() if getattr(index, "shape", None) == () else index
    row = rows[count("take", "index", place, most=len(rows) - 1)]
    if isinstance(row, Value | list | tuple) or getattr(row, "ndim", 0) > 0 or real(row) is not None:
        return row
    raise ArgumentTypeError("take", "rows", rows, allowed)


def _taken(rows: Sequence[Any], index: Value, allowed: str) -> Any:
    """One of the rows; of nested lists, one for every place in them."""
    items = [x.tolist() if hasattr(type(x), "tolist") else x for x in rows]
    lengths = {len(x) if isinstance(x, list | tuple) else None for x in items}
    if lengths == {None}:
        return apply(ops.take, (index, *items))
    if len(lengths) != 1:
        raise ArgumentValueError("take", "rows", rows, allowed)
    return [_taken(column, index, allowed) for column in zip(*items, strict=True)]


def _reduced(row: Op, xs: Any, least: int = 0) -> Number:
    operands = _flat(row, "xs", xs, least)
    return row.value(*operands) if _all_floats(operands) else apply(row, operands)


def _each(row: Op, xs: Any) -> list[Any]:
    operands = _flat(row, "xs", xs, least=1)
    indices = map(float, range(len(operands)))
    if _all_floats(operands):
        return [row.value(i, *operands) for i in indices]
    return [apply(row, (i, *operands)) for i in indices]


def _flat(row: Op, argument: str, xs: Any, least: int = 0) -> tuple[Any, ...]:
    """The operands of a flat list; an array gives its numbers as Python's."""
    if hasattr(xs, "ndim"):
        items = xs.tolist() if xs.ndim == 1 else None
    else:
        items = xs if isinstance(xs, Iterable) and not isinstance(xs, _UNORDERED) else None
    if items is None:
        allowed = "a flat list, tuple or 1-D array of numbers and Values"
        raise ArgumentTypeError(row.name, argument, xs, allowed)
    operands: tuple[Any, ...] = operands_of(items, row)
    if len(operands) < least:
        raise ArgumentValueError(row.name, argument, xs, f"of at least {least} item")
    return operands


def _all_floats(operands: tuple[Any, ...]) -> bool:
    return Value not in map(type, operands)
