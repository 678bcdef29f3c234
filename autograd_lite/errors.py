"""The exceptions of the package: one family, typed, each carrying what a handler would ask for."""

from __future__ import annotations

import os
import traceback
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LIBRARY = os.path.dirname(os.__file__) + os.sep


class AutogradLiteError(Exception):
    """The head of the family: catching it catches every error that the package raises on purpose."""


class ArgumentError(AutogradLiteError):
    """An argument that cannot be used; carries `function`, `argument`, `got` and `allowed`."""

    def __init__(self, function: str, argument: str, got: Any, allowed: str) -> None:
        super().__init__(f"{function}: {argument} must be {allowed}, got {describe(got)}")
        self.function, self.argument, self.got, self.allowed = function, argument, got, allowed

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.function, self.argument, self.got, self.allowed)


class ArgumentTypeError(ArgumentError, TypeError):
    """An argument of a type that is not taken."""


class ArgumentValueError(ArgumentError, ValueError):
    """An argument of the right type whose value is not allowed."""


class GraphError(AutogradLiteError, RuntimeError):
    """Something asked of a graph that the graph cannot do."""


class LostGraphError(AutogradLiteError, TypeError):
    """A Value used where only its number would survive."""


class NonFiniteError(AutogradLiteError, ArithmeticError):
    """Under `strict`: a value or gradient that is inf or nan; carries where it came from."""

    def __init__(
        self, kind: str, number: float, op: str, inputs: tuple[float, ...], label: str, where: str
    ) -> None:
        name = f" (label {label!r})" if label else ""
        made = f", made at {where}" if where else ""
        super().__init__(f"{kind} of {op}{name} is {number}, inputs {inputs}{made}")
        self.kind, self.number, self.op, self.inputs = kind, number, op, inputs
        self.label, self.where = label, where

    def __reduce__(self) -> tuple[Any, ...]:
        state = (self.kind, self.number, self.op, self.inputs, self.label, self.where)
        return type(self), state


class TraceError(AutogradLiteError):
    """A traced function asks for a number; carries `line` ("net.py:12", the user's), `what` and `advice`."""

    def __init__(self, what: str, line: str, advice: str = "") -> None:
        super().__init__(f"compile: line {line} {what}" + (f"; {advice}" if advice else ""))
        self.what, self.line, self.advice = what, line, advice

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.what, self.line, self.advice)

    @classmethod
    def of(cls, error: Exception) -> TraceError:
        """For what Python itself refuses to do with a Value, such as rows[label]."""
        places = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
        file, line = ([place for place in places if whose(place[0]) == "user"] or places or [("?", 0)])[-1]
        what = f"does what a traced Value cannot do ({type(error).__name__}: {error})"
        return cls(what, f"{os.path.basename(file)}:{line}", "use al.take(rows, index) to look up")


class StorageError(AutogradLiteError, OSError):
    """A file that cannot be written, or read and trusted; carries `path` and `reason`."""

    def __init__(self, path: str | os.PathLike[str], reason: str) -> None:
        super().__init__(f"{os.fspath(path)}: {reason}")
        self.path, self.reason = os.fspath(path), reason

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path, self.reason)


def whose(file: str) -> str:
    """Where a line of code is from: "package", "library" or "user"."""
    if file.startswith(HERE):
        return "package"
    library = file.startswith((_LIBRARY, "<frozen")) or f"-packages{os.sep}" in file
    return "library" if library else "user"


def describe(got: Any) -> str:
    """A short word for what came: its type, and its text when that is short."""
    kind = type(got).__name__
    if got is None:
        return "None"
    if isinstance(getattr(got, "shape", None), tuple):
        return f"{kind} of shape {tuple(got.shape)}"
    try:
        text = " ".join(repr(got).split())
    except Exception:
        return kind
    return f"{kind} {text}" if len(text) <= 60 else f"{kind} {text[:57]}..."
