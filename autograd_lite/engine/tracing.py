"""The context `tracing`, in which a function is traced, and what a traced function may not do.

A trace has to hold for all numbers, so a number that it reads off a Value would be baked in. What asks for
one is refused, whoever asks. The package itself looks at numbers by `number_of`, which is not refused, tells
Values apart by their `id`, and opens `looking` where it writes a graph down.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import TraceError, user_line
from .contexts import changed, mode
from .ops import detach as detached
from .ops import greater, greater_equal

_NUMBER = (
    "use al.select(condition, x, y) to choose, al.take(rows, index) to look up, v.detach() to hold still"
)
_BRANCH = "use al.select(condition, x, y), al.max or al.min, and & and | between conditions"
_NEW = "a traced function makes new Values and leaves the others as they are"
_INDEX = "an index is an input: a label, a token"
_SAME = "use `is` for one and the same Value, al.take(rows, index) and al.select(x > y, a, b) for its number"
_GRADIENT = "use al.grad(y, x, create_graph=True)"

_REFUSED = {  # what is refused, what the error calls it, and its advice
    "data": ("reads the number of a traced Value (.data)", _NUMBER),
    "number": ("makes a plain number of a traced Value", _NUMBER),
    "bool": ("branches on a traced Value", _BRANCH),
    "equal": ("compares a traced Value by == or !=, which never ask for its number", _SAME),
    "hash": ("looks for a traced Value in a dict or set, which never ask for its number", _SAME),
    "grad": ("reads a gradient (.grad)", _GRADIENT),
    "partials": ("reads local derivatives (.partials)", _GRADIENT),
    "derivative": ("takes a derivative as a number", "use create_graph=True"),
    "backward": ("calls backward()", _GRADIENT),
    "set data": ("sets the number of a Value (.data)", _NEW),
    "set grad": ("sets a gradient (.grad)", _NEW),
    "copy": ("copies a traced Value with its number", "use v.detach() to hold it still"),
}


class Trace:
    """What is known of a trace under way."""

    def __init__(self) -> None:
        self.made: dict[int, Any] = {}  # by id, the leaves that the traced function made itself
        self.refusal: TraceError | None = None  # the first: whatever catches it, what follows is not traced

    def look_at(self, node: Any) -> None:
        """Told of every new node."""
        if node.op is None:
            self.made[id(node)] = node
        elif node.op.picks and getattr(node.operands[0], "op", None) is not None:
            raise self.refused("takes by a number that was computed", _INDEX)

    def refused(self, what: str, advice: str) -> TraceError:
        """The error for something that is refused, which is remembered."""
        file, line = user_line()
        error = TraceError(what, f"{os.path.basename(file)}:{line}", advice)
        self.refusal = self.refusal or error
        return error


@contextmanager
def tracing() -> Iterator[Trace]:
    """A context in which functions are traced: comparisons are nodes, and no number or branch is baked in."""
    trace = Trace()
    with changed(trace=trace, recording=True):
        yield trace


def refuse(deed: str) -> None:
    """Raises TraceError where this thread is tracing."""
    if mode.trace:
        raise mode.trace.refused(*_REFUSED[deed])


def both(joined: Callable[[Any, Any], Any], condition: Any, other: Any) -> Any:
    """`&` and `|` of two conditions in a traced function: greater than 0 are their product and their sum."""
    if not (mode.trace and _is_condition(condition)):
        return NotImplemented
    if isinstance(other, bool):  # it decides, or says nothing
        return condition if other == (joined is operator.mul) else other
    return joined(condition, other) > 0.0 if _is_condition(other) else NotImplemented


def _is_condition(x: Any) -> bool:
    """Whether x is a comparison, or one made under no_grad."""
    row = x.op if hasattr(type(x), "__apply_op__") else None
    return row in (greater, greater_equal) or (row is detached and _is_condition(x.parents[0]))
