"""The contexts that change what operations do: no_grad, strict, name_scope, tracing. One state a thread."""

from __future__ import annotations

import math
import operator
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from ..errors import HERE, ArgumentTypeError, ArgumentValueError, NonFiniteError, TraceError, whose


class _Mode(threading.local):
    recording = True
    scope = ""
    strict: _Strict | None = None
    trace: Trace | None = None


mode = _Mode()
watchers: list[Callable[[int], None]] = []  # told how many contexts are open, over all threads
_open = 0
_lock = threading.Lock()
_ROOM = HERE + "engine" + os.sep
_ENGINE = (_ROOM + "value.py", _ROOM + "plain_python.py")


def _count(change: int) -> None:
    global _open
    with _lock:
        _open += change
        for tell in watchers:
            tell(_open)


@contextmanager
def _changed(**settings: Any) -> Iterator[None]:
    before = {name: getattr(mode, name) for name in settings}
    _count(+1)
    vars(mode).update(settings)
    try:
        yield
    finally:
        vars(mode).update(before)
        _count(-1)


def no_grad() -> AbstractContextManager[None]:
    """A context in which operations give leaves: nothing is recorded."""
    return _changed(recording=False)


def recording() -> AbstractContextManager[None]:
    """A context in which operations are recorded, even inside `no_grad`."""
    return _changed(recording=True)


def strict() -> AbstractContextManager[None]:
    """A context in which the first value or gradient that is not finite raises NonFiniteError."""
    return _changed(strict=mode.strict or _Strict())


def name_scope(name: str) -> AbstractContextManager[None]:
    """A context that marks what is made inside: its `scope` is the path of names, "layer1/neuron0"."""
    if not isinstance(name, str):
        raise ArgumentTypeError("name_scope", "name", name, "a str")
    if not name:
        raise ArgumentValueError("name_scope", "name", name, "a name of at least one character")
    return _scoped(name)


@contextmanager
def _scoped(name: str) -> Iterator[None]:
    """The path is that of the place where it is entered, for a decorator too."""
    with _changed(scope=f"{mode.scope}/{name}" if mode.scope else name):
        yield


class _Strict:
    """Looks at every value that is made and every gradient, while `strict` is open."""

    def __init__(self) -> None:
        self.made: dict[int, str] = {}  # by id: the user's line that made the node

    def look_at(self, node: Any) -> None:
        self.made[id(node)] = _user_line()
        if not math.isfinite(node.data):
            raise self._error("value", node, node.data, node.label)

    def backward(self, nodes: list[Any], run: Callable[[], None]) -> None:
        """The pass; where a gradient is not finite, the first one is named and no leaf is changed."""
        before = [(node, node.grad) for node in nodes if node.op is None]
        run()
        try:
            for node in reversed(nodes):
                for parent, slope in zip(node.parents, node.partials, strict=True):
                    self.look_at_step(node, parent, slope * node.grad, parent.grad)
        except NonFiniteError:
            for leaf, gradient in before:
                leaf.grad = gradient
            raise

    def look_at_step(self, node: Any, parent: Any, *gradients: float) -> None:
        """What a node hands to a parent: the error names the operation, by its label or else the parent's."""
        for gradient in gradients:
            if not math.isfinite(gradient):
                raise self._error("gradient", node, gradient, node.label or parent.label)

    def _error(self, kind: str, node: Any, number: float, label: str) -> NonFiniteError:
        op = "leaf" if node.op is None else node.op.name
        inputs = tuple(getattr(x, "data", x) for x in node.operands)
        return NonFiniteError(kind, number, op, inputs, label, self.made.get(id(node), ""))


# --- tracing: what a traced function may not do ------------------------------------------------------

_NUMBER = (
    "use al.select(condition, x, y) to choose, al.take(rows, index) to look up, v.detach() to hold still"
)
_BRANCH = "use al.select(condition, x, y), al.max or al.min, and & and | between conditions"
_NEW = "a traced function makes new Values and leaves the others as they are"
_INDEX = "an index is an input: a label, a token"
_PICKING = frozenset({"take", "softmax", "log_softmax"})  # rows whose first operand is an index
_SAME = "use `is` for one and the same Value, al.take(rows, index) and al.select(x > y, a, b) for its number"

# What is refused, what the error says of it, and who may do it all the same: those whose own line it is.
_LOOKING = tuple(
    os.path.join(*path.split("/"))
    for path in (
        "compiler/",
        "engine/derivatives",
        "engine/graph",
        "engine/contexts",
        "nn/losses",
        "notation/graph_text",
    )
)
_REFUSED: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "data": ("reads the number of a traced Value (.data)", _NUMBER, _LOOKING),
    "number": ("makes a plain number of a traced Value", _NUMBER, ()),
    "bool": ("branches on a traced Value", _BRANCH, ()),
    "equal": ("compares a traced Value by == or !=, which never ask for its number", _SAME, ("",)),
    "hash": ("looks for a traced Value in a dict or set, which never ask for its number", _SAME, ("",)),
    "grad": ("reads a gradient (.grad)", "use al.grad(y, x, create_graph=True)", _LOOKING),
    "partials": ("reads local derivatives (.partials)", "use al.grad(y, x, create_graph=True)", _LOOKING),
    "derivative": ("takes a derivative as a number", "use create_graph=True", ()),
    "backward": ("calls backward()", "use al.grad(y, x, create_graph=True)", ()),
    "set data": ("sets the number of a Value (.data)", _NEW, ()),
    "set grad": ("sets a gradient (.grad)", _NEW, ()),
    "copy": ("copies a traced Value with its number", "use v.detach() to hold it still", ()),
}


class Trace:
    """What is known of a trace under way."""

    def __init__(self) -> None:
        self.made: set[Any] = set()  # the leaves that the traced function made itself

    def look_at(self, node: Any) -> None:
        if node.op is None:
            self.made.add(node)
        elif node.op.name in _PICKING and getattr(node.operands[0], "op", None) is not None:
            raise TraceError("takes by a number that was computed", user_line(), _INDEX)


@contextmanager
def tracing() -> Iterator[Trace]:
    """A context in which functions are traced: comparisons are nodes, and no number or branch is baked in."""
    trace = Trace()
    with _changed(trace=trace, recording=True):
        yield trace


def refuse(deed: str) -> None:
    """Raises TraceError where this thread is tracing, unless the package itself does it, only to look."""
    if not mode.trace:
        return
    what, advice, allowed = _REFUSED[deed]
    asking = _frame(lambda file: file not in _ENGINE and whose(file) != "library", sys._getframe(1))
    if not asking.f_code.co_filename.startswith(tuple(HERE + name for name in allowed)):
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


def user_line() -> str:
    """The innermost line of the stack that is the user's: "net.py:12"."""
    frame = _frame(lambda file: whose(file) == "user", sys._getframe())
    return f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"


def _frame(wanted: Callable[[str], bool], frame: Any) -> Any:
    """The first frame whose file is wanted, from this one outward; the outermost where none is."""
    while frame.f_back is not None and not wanted(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def _user_line() -> str:
    """The innermost line of the stack that is not the package's own."""
    frame = _frame(lambda file: whose(file) != "package", sys._getframe())
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
