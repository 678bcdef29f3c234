"""Tracing: what a traced function may not do, so that no number and no branch is baked into its graph."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import TraceError, user_line
from .contexts import changed, mode

_NUMBER = (
    "use al.select(condition, x, y) to choose, al.take(rows, index) to look up, v.detach() to hold still"
)
_BRANCH = "use al.select(condition, x, y), al.max or al.min, and & and | between conditions"
_NEW = "a traced function makes new Values and leaves the others as they are"
_INDEX = "an index is an input: a label, a token"
_PICKING = frozenset({"take", "softmax", "log_softmax"})  # rows whose first operand is an index
_SAME = "use `is` for one and the same Value, al.take(rows, index) and al.select(x > y, a, b) for its number"

# What is refused, and what the error says of it.
_REFUSED: dict[str, tuple[str, str]] = {
    "data": ("reads the number of a traced Value (.data)", _NUMBER),
    "number": ("makes a plain number of a traced Value", _NUMBER),
    "bool": ("branches on a traced Value", _BRANCH),
    "equal": ("compares a traced Value by == or !=, which never ask for its number", _SAME),
    "hash": ("looks for a traced Value in a dict or set, which never ask for its number", _SAME),
    "grad": ("reads a gradient (.grad)", "use al.grad(y, x, create_graph=True)"),
    "partials": ("reads local derivatives (.partials)", "use al.grad(y, x, create_graph=True)"),
    "derivative": ("takes a derivative as a number", "use create_graph=True"),
    "backward": ("calls backward()", "use al.grad(y, x, create_graph=True)"),
    "set data": ("sets the number of a Value (.data)", _NEW),
    "set grad": ("sets a gradient (.grad)", _NEW),
    "copy": ("copies a traced Value with its number", "use v.detach() to hold it still"),
}


class Trace:
    """What is known of a trace under way."""

    def __init__(self) -> None:
        self.made: dict[int, Any] = {}  # by id, the leaves that the traced function made itself

    def look_at(self, node: Any) -> None:
        if node.op is None:
            self.made[id(node)] = node
        elif node.op.name in _PICKING and getattr(node.operands[0], "op", None) is not None:
            raise TraceError("takes by a number that was computed", user_line(), _INDEX)


@contextmanager
def tracing() -> Iterator[Trace]:
    """A context in which functions are traced: comparisons are nodes, and no number or branch is baked in."""
    trace = Trace()
    with changed(trace=trace, recording=True):
        yield trace


def refuse(deed: str) -> None:
    """Raises TraceError where this thread is tracing. The package looks at numbers by ways of its own
    (`number_of`, `looking`), and never asks who is calling."""
    if mode.trace:
        what, advice = _REFUSED[deed]
        raise TraceError(what, user_line(), advice)


def both(joined: Callable[[Any, Any], Any], condition: Any, other: Any) -> Any:
    """`&` and `|` of two conditions in a traced function: greater than 0 are their product and their sum."""
    if not (mode.trace and _is_condition(condition)):
        return NotImplemented
    if isinstance(other, bool):  # it decides, or says nothing
        return condition if other == (joined is operator.mul) else other
    return joined(condition, other) > 0.0 if _is_condition(other) else NotImplemented


def _is_condition(x: Any) -> bool:
    """Whether x is a comparison, or one made under no_grad."""
    name = x.op.name if hasattr(type(x), "__apply_op__") and x.op is not None else ""
    return name in ("greater", "greater_equal") or (name == "detach" and _is_condition(x.parents[0]))
