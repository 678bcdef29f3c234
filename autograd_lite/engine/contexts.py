"""The contexts that are open in this thread, and those that say what is recorded of an operation.

`no_grad`, `recording` and `name_scope` are here; `strict` and `tracing` have files of their own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from ..errors import ArgumentTypeError, ArgumentValueError


class _Mode(threading.local):
    """What the open contexts have set, in every thread anew."""

    recording = True
    scope = ""
    strict: Any = None  # what looks at every value and gradient, under `strict`
    trace: Any = None  # what is known of a trace under way, under `tracing`


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
    """A context in which the thread's mode has these settings."""
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
