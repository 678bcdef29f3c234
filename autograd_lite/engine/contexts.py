"""The contexts that change what operations do: no_grad, strict, name_scope. One state a thread."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from ..errors import ArgumentTypeError, ArgumentValueError, NonFiniteError, foreign_line


class _Mode(threading.local):
    recording = True
    scope = ""
    strict: _Strict | None = None
    trace: Any = None  # a tracing.Trace, where a function is traced


mode = _Mode()
watchers: list[Callable[[int], None]] = []  # told how many contexts are open, over all threads
_open = 0
_lock = threading.Lock()


def _count(change: int) -> None:
    global _open
    with _lock:
        _open += change
        for tell in watchers:
            tell(_open)


@contextmanager
def changed(**settings: Any) -> Iterator[None]:
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
    return changed(recording=False)


def recording() -> AbstractContextManager[None]:
    """A context in which operations are recorded, even inside `no_grad`."""
    return changed(recording=True)


def looking() -> AbstractContextManager[None]:
    """A context in which a graph is looked at and nothing is made of it, so that a trace has no say."""
    return changed(trace=None)


def strict() -> AbstractContextManager[None]:
    """A context in which the first value or gradient that is not finite raises NonFiniteError."""
    return changed(strict=mode.strict or _Strict())


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
    with changed(scope=f"{mode.scope}/{name}" if mode.scope else name):
        yield


class _Strict:
    """Looks at every value that is made and every gradient, while `strict` is open."""

    def __init__(self) -> None:
        self.made: dict[int, str] = {}  # by id: the user's line that made the node

    def look_at(self, node: Any, number: float) -> None:
        self.made[id(node)] = foreign_line()
        if not math.isfinite(number):
            raise self._error("value", node, number, node.label)

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
        with looking():
            inputs = tuple(getattr(x, "data", x) for x in node.operands)
        return NonFiniteError(kind, number, op, inputs, label, self.made.get(id(node), ""))
