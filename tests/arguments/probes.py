"""Bad arguments, which of them an argument may take after all, and the verdict on a call with one."""

from __future__ import annotations

import copy
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from math import inf, nan
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import ArgumentError, AutogradLiteError, StorageError, Value

PROBES: dict[str, Callable[[], Any]] = {
    "str": lambda: "ab",
    "empty str": lambda: "",
    "None": lambda: None,
    "complex": lambda: 1j,
    "bytes": lambda: b"ab",
    "dict": lambda: {"a": 1.0},
    "object": object,
    "Value": lambda: Value(0.5),
    "empty list": list,
    "list of str": lambda: ["a"],
    "list of None": lambda: [None],
    "ragged list": lambda: [[1.0], [1.0, 2.0]],
    "7 numbers": lambda: [1.0] * 7,
    "3-D array": lambda: np.ones((2, 3, 4)),
    "nan": lambda: nan,
    "inf": lambda: inf,
    "-1": lambda: -1,
    "0": lambda: 0,
    "0.5": lambda: 0.5,
    "-0.5": lambda: -0.5,
    "True": lambda: True,
    "10**400": lambda: 10**400,
}


UNKNOWN = "no_such_argument"  # which no callable takes


class Kind(NamedTuple):
    """What an argument may take of the probes, and why."""

    why: str
    legal: frozenset[str]

    def and_(self, *more: str) -> Kind:
        return self._replace(legal=self.legal | set(more))


def kind(why: str, *legal: str) -> Kind:
    unknown = set(legal) - PROBES.keys()
    if unknown:
        raise ValueError(f"no probe is called {unknown}")
    return Kind(why, frozenset(legal))


NUMBERS = ("nan", "inf", "-1", "0", "0.5", "-0.5", "True", "10**400")
NONE = kind("nothing that is probed")
REAL = kind("any real number, nan and bool included, by IEEE 754", *NUMBERS)
OPERAND = kind("any number, Value or array of them", *NUMBERS, "Value", "3-D array")
OPTIONAL = kind("it may be left out", "None")
AMOUNT = kind("a finite number from 0 up", "0", "0.5")
POSITIVE = kind("a finite number above 0", "0.5")
SEED = kind("a whole number from 0 up, of any size", "0", "10**400")
FLAG = kind("True or False", "True")
TEXT = kind("any text", "str", "empty str")
A_VALUE = kind("a Value", "Value")
VALUES = kind("a Value or a nest of them; of none there is no derivative", "Value", "empty list")
LIST = kind("a flat list of numbers, of any length", "empty list", "7 numbers")
FILLED = kind("a flat list of at least one number", "7 numbers")


class Fresh(NamedTuple):
    """A good argument that is made anew for every call, for a call may change it."""

    make: Callable[[], Any]


@dataclass
class Entry:
    """A call, its good arguments, what else each may be, and the names that its errors go by."""

    function: str
    call: Callable[..., Any]
    arguments: dict[str, tuple[Any, Kind]]
    also: dict[str, str] = field(default_factory=dict)  # argument -> how else an error may name it

    def good(self) -> dict[str, Any]:
        return {
            name: good.make() if isinstance(good, Fresh) else copy.deepcopy(good)
            for name, (good, _) in self.arguments.items()
        }


def entry(
    function: str, call: Callable[..., Any], also: dict[str, str] | None = None, **arguments: Any
) -> Entry:
    return Entry(function, call, arguments, also or {})


def by_position(call: Callable[..., Any]) -> Callable[..., Any]:
    """A call that takes its arguments by name and hands them on in order, save one that nobody knows."""

    def positional(**named: Any) -> Any:
        unknown = {UNKNOWN: named.pop(UNKNOWN)} if UNKNOWN in named else {}
        return call(*named.values(), **unknown)

    return positional


# --- the verdict ---------------------------------------------------------------------------------------

PYTHONS_OWN = re.compile(  # operators, and the number and names of arguments
    r"unsupported operand|not supported between|can.t multiply sequence|can only concatenate|can.t concat"
    r"|positional argument|keyword argument|takes no arguments"
)


class WithoutEndError(BaseException):
    """A call that is still at work after its time; no `except Exception` holds it back."""


@contextmanager
def time_limit(seconds: float = 1.0) -> Iterator[None]:
    """What is asked for 10**400 of something may try to make them. No limit where there is no SIGALRM."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def stop(*_: Any) -> None:
        raise WithoutEndError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def verdict(entry: Entry, argument: str, probe: str) -> str:
    """What is wrong with how this call ended; "" where nothing is."""
    legal = probe in entry.arguments[argument][1].legal
    named = {**entry.good(), argument: PROBES[probe]()}
    try:
        with time_limit() if probe == "10**400" else nullcontext():
            entry.call(**named)
    except WithoutEndError:
        return "" if legal else "without end"
    except AutogradLiteError as error:
        return f"refused, though legal: {error}" if legal else unclear(error, entry, argument)
    except Exception as error:
        if isinstance(error, TypeError) and not legal and PYTHONS_OWN.search(str(error)):
            return ""
        return f"raw {type(error).__name__}: {error}"
    return "" if legal else "silent"


def verdict_on_unknown(entry: Entry) -> str:
    """The same of an argument that the function does not have. Python itself names it, too."""
    try:
        entry.call(**entry.good(), **{UNKNOWN: 1})
    except AutogradLiteError as error:
        return "" if UNKNOWN in str(error) else f"does not name {UNKNOWN}: {error}"
    except Exception as error:
        return "" if PYTHONS_OWN.search(str(error)) else f"raw {type(error).__name__}: {error}"
    return "silent"


def unclear(error: AutogradLiteError, entry: Entry, argument: str) -> str:
    """What an error of the family does not name: the function, the argument, what was allowed."""
    if isinstance(error, StorageError):  # the argument was a path, and is named
        return "" if error.path and error.reason else f"says too little: {error}"
    if not isinstance(error, ArgumentError):
        return "" if str(error) else "says nothing"
    said = entry.also.get(argument, re.escape(argument))
    if not re.search(entry.function, error.function):
        return f"does not name {entry.function}: {error}"
    if not re.search(rf"(?<!\w){said}(?!\w)", str(error).rpartition(", got ")[0]):
        return f"does not name {argument}: {error}"
    return "" if error.allowed and ", got " in str(error) else f"says too little: {error}"
