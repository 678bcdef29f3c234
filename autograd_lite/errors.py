"""The exceptions of the package: one family, typed, each carrying what a handler would ask for."""

from __future__ import annotations

import os
import sys
import traceback
import unicodedata
from collections.abc import Iterable
from typing import Any, ClassVar

SHOWN = 76  # characters of the line of an expression that an error shows


class AutogradLiteError(Exception):
    """The head of the family: catching it catches every error that the package raises on purpose."""

    carries: ClassVar[tuple[str, ...]] = ()  # the arguments that an error is made of, kept as attributes

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, name) for name in self.carries) or self.args


class ArgumentError(AutogradLiteError):
    """An argument that cannot be used; carries `function`, `argument`, `got` and `allowed`."""

    carries = ("function", "argument", "got", "allowed")

    def __init__(self, function: str, argument: str, got: Any, allowed: str) -> None:
        super().__init__(f"{function}: {argument} must be {allowed}, got {describe(got)}")
        self.function, self.argument, self.got, self.allowed = function, argument, got, allowed


class ArgumentTypeError(ArgumentError, TypeError):
    """An argument of a type that is not taken."""


class ArgumentValueError(ArgumentError, ValueError):
    """An argument of the right type whose value is not allowed."""


class UnknownEntryError(ArgumentValueError, KeyError):
    """A name that no entry of a report has; a KeyError too, as of any mapping."""

    __str__ = Exception.__str__  # KeyError would show the text in quotes


class GraphError(AutogradLiteError, RuntimeError):
    """Something asked of a graph that the graph cannot do."""


class LostGraphError(AutogradLiteError, TypeError):
    """A Value used where only its number would survive."""


class NonFiniteError(AutogradLiteError, ArithmeticError):
    """Under `strict`: a value or gradient that is inf or nan; carries where it came from."""

    carries = ("kind", "number", "op", "inputs", "label", "where")

    def __init__(
        self, kind: str, number: float, op: str, inputs: tuple[float, ...], label: str, where: str
    ) -> None:
        name = f" (label {label!r})" if label else ""
        made = f", made at {where}" if where else ""
        super().__init__(f"{kind} of {op}{name} is {number}, inputs {inputs}{made}")
        self.kind, self.number, self.op, self.inputs = kind, number, op, inputs
        self.label, self.where = label, where


class TraceError(AutogradLiteError):
    """A traced function asks for a number; carries `line` ("net.py:12", the user's), `what` and `advice`."""

    carries = ("what", "line", "advice")

    def __init__(self, what: str, line: str, advice: str = "") -> None:
        super().__init__(f"compile: line {line} {what}" + (f"; {advice}" if advice else ""))
        self.what, self.line, self.advice = what, line, advice

    @classmethod
    def of(cls, error: Exception) -> TraceError:
        """For what Python itself refuses to do with a Value, such as rows[label]."""
        places = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
        file, line = _users(places[::-1] or [("?", 0)])
        what = f"does what a traced Value cannot do ({type(error).__name__}: {error})"
        return cls(what, f"{os.path.basename(file)}:{line}", "use al.take(rows, index) to look up")


class CompileError(AutogradLiteError):
    """A program does not agree with its graph: a mistake of the compiler. Carries its arguments."""

    carries = ("what", "got", "expected")

    def __init__(self, what: str, got: float, expected: float) -> None:
        super().__init__(
            f"compile: {what} is {got!r}, and {expected!r} by the scalar graph: a mistake of the compiler"
        )
        self.what, self.got, self.expected = what, got, expected


class BrokenEquationsError(AutogradLiteError, AssertionError):
    """Array equations that do not hang together: a mistake of the compiler itself."""


class ExpressionError(AutogradLiteError, ValueError):
    """An expression that cannot be read; carries `text`, `position` (from 0) and `problem`."""

    carries = ("text", "position", "problem")

    def __init__(self, text: str, position: int, problem: str) -> None:
        super().__init__(f"{problem}\n{_pointed(text, position)}")
        self.text, self.position, self.problem = text, position, problem


class RenderError(AutogradLiteError, RuntimeError):
    """A picture that could not be made; carries its `kind`, the `reasons`, and where the DOT file is kept."""

    carries = ("kind", "reasons", "kept")

    def __init__(self, kind: str, reasons: tuple[str, ...], kept: str) -> None:
        fixes = 'install Graphviz, so that "dot" is on the PATH, or: pip install "autograd_lite[render]"'
        where = f"; the DOT file is kept in {kept}" if kept else ""
        super().__init__(f"{kind.upper()} cannot be drawn: {'; '.join(reasons)}: {fixes}{where}")
        self.kind, self.reasons, self.kept = kind, reasons, kept


class MissingMatplotlibError(AutogradLiteError, ImportError):
    """A plot was asked for where matplotlib is not installed; carries `function`."""

    carries = ("function",)

    def __init__(self, function: str) -> None:
        super().__init__(f'{function}: matplotlib is not installed: pip install "autograd_lite[plot]"')
        self.function = function


class UsageError(AutogradLiteError):
    """Something typed on the command line that cannot be done."""


class StorageError(AutogradLiteError, OSError):
    """A file that cannot be written, or read and trusted; carries `path` and `reason`."""

    carries = ("path", "reason")

    def __init__(self, path: str | os.PathLike[str], reason: str) -> None:
        super().__init__(f"{os.fspath(path)}: {reason}")
        self.path, self.reason = os.fspath(path), reason


# --- the user's line, for what an error says -------------------------------------------------------------

_FOLDERS = tuple(os.path.dirname(os.path.abspath(file)) + os.sep for file in (__file__, os.__file__))


def user_line() -> tuple[str, int]:
    """The file and number of the innermost line under way that is the user's; the outermost where none is."""
    return _users((frame.f_code.co_filename, line) for frame, line in traceback.walk_stack(sys._getframe(1)))


def _users(places: Iterable[tuple[str, int]]) -> tuple[str, int]:
    """The first of some places that is neither in this package nor in a library; else the last."""
    place = ("?", 0)
    for place in places:
        if not place[0].startswith((*_FOLDERS, "<frozen")) and f"-packages{os.sep}" not in place[0]:
            break
    return place


# --- texts of errors --------------------------------------------------------------------------------------


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


def _pointed(text: str, position: int) -> str:
    """The line of the text that holds the position, and a caret below it; of a long line a part."""
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    line, at = text[start : end if end >= 0 else None], position - start
    first = max(0, min(at - SHOWN // 2, len(line) - SHOWN))
    head, tail = "…" * (first > 0), "…" * (first + SHOWN < len(line))
    shown = "".join(c if c.isprintable() else " " for c in line[first : first + SHOWN])
    return f"  {head}{shown}{tail}\n  {' ' * (len(head) + _width(shown[: at - first]))}^"


def _width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)
