"""What an equation did, step by step: NumPy expressions recorded, to be run again with one step changed.

The equation is called with Terms in place of arrays. A RecordedTerm answers NumPy's protocols, does what was
asked and writes it down. A step that fails is written down as well, so that a product of shapes that
do not fit can still be mended. What a RecordedTerm cannot follow (float(x), filling an array) stays right as
a constant: every point has a tape of its own.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

LONGEST = 48  # characters of an expression that are worth printing


class RecordedStep(NamedTuple):
    """One operation; `op` is its NumPy name, "read" for a named quantity, "constant" for what is plain."""

    op: str
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    name: str = ""  # of a read: "W1", "∇a1"


class Recording(NamedTuple):
    """What a change of a step sees: the point, the tape as it was, the arguments, and what would be done."""

    point: Any
    tape: Tape
    args: list[Any]
    kwargs: dict[str, Any]
    compute: Callable[[], Any]


Change = Callable[[Recording], Any]


class Tape:
    """The steps of one equation at one point, with their values (an exception where a step failed)."""

    def __init__(self, point: Any) -> None:
        self.point = point
        self.steps: list[RecordedStep] = []
        self.values: list[Any] = []

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def ops(self) -> list[tuple[str, str]]:
        return [(step.op, step.name) for step in self.steps]

    def read(self, name: str, value: Any) -> RecordedTerm:
        return self._add(RecordedStep("read", lambda: value, (), {}, name))

    def constant(self, value: Any) -> RecordedTerm:
        return self._add(RecordedStep("constant", lambda: value, (), {}))

    def apply(self, op: str, function: Callable[..., Any], args: Any, kwargs: Any) -> RecordedTerm:
        if op == "matmul" and not kwargs:
            return self._product(*args)
        return self._add(RecordedStep(op, function, tuple(args), dict(kwargs)))

    def _product(self, left: Any, right: Any) -> RecordedTerm:
        """A @ B @ C as A @ (B @ C), so that there is a place between A and what it is applied to."""
        step = self.steps[left.index] if isinstance(left, RecordedTerm) else None
        if step is not None and step.op == "matmul":
            inner, outer = step.args[1], step.args[0]
            if all(np.ndim(self._shaped(x)) == 2 for x in (inner, outer)):
                return self._product(outer, self._product(inner, right))
        return self._add(RecordedStep("matmul", np.matmul, (left, right), {}))

    def _shaped(self, x: Any) -> Any:
        value = self.values[x.index] if isinstance(x, RecordedTerm) else x
        return 0.0 if isinstance(value, Exception) else value

    def _add(self, step: RecordedStep) -> RecordedTerm:
        self.steps.append(step)
        self.values.append(self._value(step, self.values, None))
        return RecordedTerm(self, len(self.steps) - 1)

    def _value(self, step: RecordedStep, values: list[Any], change: Change | None) -> Any:
        try:
            args = [_resolved(x, values) for x in step.args]
            kwargs = {key: _resolved(x, values) for key, x in step.kwargs.items()}
            if change is None:
                return step.function(*args, **kwargs)
            return change(Recording(self.point, self, args, kwargs, lambda: step.function(*args, **kwargs)))
        except Exception as error:  # an equation may fail in any way; it is the finding
            return error

    def run(self, changes: Mapping[int, Change]) -> Any:
        """The result with some steps changed; an exception where it has none."""
        first = min(changes, default=len(self.steps))
        values = self.values[:first]
        with np.errstate(all="ignore"):
            for i in range(first, len(self.steps)):
                values.append(self._value(self.steps[i], values, changes.get(i)))
        return values[-1]

    def parts(self, index: int) -> list[int]:
        """The steps that a step takes its arguments from."""
        step = self.steps[index]
        return terms_of((step.args, step.kwargs))

    def under(self) -> list[set[int]]:
        """For every step, itself and all the steps that it is made of."""
        sets: list[set[int]] = []
        for i in range(len(self.steps)):
            sets.append({i}.union(*(sets[j] for j in self.parts(i))))
        return sets

    def text(self, x: Any) -> str:
        """The expression as a person would write it; "…" where that is too long."""
        written = self._text(x.index if isinstance(x, RecordedTerm) else x, isinstance(x, RecordedTerm))
        return written if len(written) <= LONGEST else "…"

    def _text(self, x: Any, known: bool) -> str:
        if not known:
            return f"{x:g}" if isinstance(x, int | float) else "…"
        step = self.steps[x]
        parts = [
            self._text(a.index, True) if isinstance(a, RecordedTerm) else self._text(a, False)
            for a in step.args
        ]
        if any(len(part) > LONGEST for part in parts):
            return "…" * (LONGEST + 1)
        if step.op in SIGNS and len(parts) == 2:
            return f"({parts[0]} {SIGNS[step.op]} {parts[1]})"
        return _prefixed(step, parts)


SIGNS = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "matmul": "@", "power": "**",
    "greater": ">", "greater_equal": ">=", "less": "<",
}  # fmt: skip


def _prefixed(step: RecordedStep, parts: list[str]) -> str:
    if step.op == "read":
        return step.name
    if step.op == "constant":
        return "…"
    if step.op == "transpose":
        return f"{parts[0]}ᵀ"
    return f"-{parts[0]}" if step.op == "negative" else f"{step.op}({', '.join(parts)})"


def record(equation: Callable[[Any, Any], Any], point: Any, target: str) -> Tape:
    """Calls the equation with Terms. Its last step is the result, or the exception that it ended with."""
    tape = Tape(point)
    try:
        with np.errstate(all="ignore"):
            result = equation(*point.views(target, tape.read))
    except Exception as error:
        tape._add(RecordedStep("constant", _raiser(error), (), {}))
        return tape
    if isinstance(result, list | tuple) and any(True for _ in _terms(result)):
        tape.apply("array", np.array, (result,), {})
    elif not isinstance(result, RecordedTerm):
        tape.constant(np.asarray(result))
    elif result.index != len(tape) - 1:  # steps that the result does not need come after it
        tape.apply("the result", lambda x: x, (result,), {})
    return tape


def _raiser(error: Exception) -> Callable[[], Any]:
    def fail() -> Any:
        raise error

    return fail


def terms_of(x: Any) -> list[int]:
    """The steps whose results stand in arguments, however nested."""
    return [term.index for term in _terms(x)]


def _terms(x: Any) -> Iterator[RecordedTerm]:
    if isinstance(x, RecordedTerm):
        yield x
    elif isinstance(x, list | tuple):
        for item in x:
            yield from _terms(item)
    elif isinstance(x, dict):
        yield from _terms(list(x.values()))


def _resolved(x: Any, values: list[Any]) -> Any:
    if isinstance(x, RecordedTerm):
        value = values[x.index]
        if isinstance(value, Exception):
            raise value
        return value
    if isinstance(x, list | tuple):
        return type(x)([_resolved(item, values) for item in x])
    return x


class RecordedTerm(NDArrayOperatorsMixin):
    """Stands for an array in an equation."""

    __slots__ = ("index", "tape")

    def __init__(self, tape: Tape, index: int) -> None:
        self.tape, self.index = tape, index

    @property
    def value(self) -> Any:
        return _resolved(self, self.tape.values)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if kwargs.get("out") is not None:  # filling an array of the user's: a constant from here on
            plain = [_resolved(x, self.tape.values) for x in inputs]
            return getattr(ufunc, method)(*plain, **kwargs)
        op = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        op = {"add.reduce": "sum", "true_divide": "divide", "multiply.outer": "outer"}.get(op, op)
        return self.tape.apply(op, getattr(ufunc, method), inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        op = function.__name__
        if op == "dot" and len(args) == 2 and all(np.ndim(self.tape._shaped(x)) > 0 for x in args):
            return self.tape.apply("matmul", np.matmul, args, {})
        if op in ("shape", "ndim", "size"):
            return function(*(_resolved(x, self.tape.values) for x in args), **kwargs)
        return self.tape.apply(op, function, args, kwargs)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(self.value, dtype=dtype)

    def __getitem__(self, index: Any) -> RecordedTerm:
        return self.tape.apply("getitem", operator.getitem, (self, index), {})

    def __iter__(self) -> Iterator[RecordedTerm]:
        return (self[i] for i in range(len(self)))

    # fmt: off
    def __len__(self) -> int: return len(self.value)
    def __float__(self) -> float: return float(self.value)
    def __int__(self) -> int: return int(self.value)
    def __index__(self) -> int: return operator.index(self.value)
    def __bool__(self) -> bool: return bool(self.value)
    def __repr__(self) -> str: return repr(self.value)
    def __format__(self, spec: str) -> str: return format(self.value, spec)
    # fmt: on

    @property
    def T(self) -> RecordedTerm:
        return self.tape.apply("transpose", np.transpose, (self,), {})

    def __getattr__(self, name: str) -> Any:
        """The attributes and methods of arrays; a method that NumPy has as a function is that function."""
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self.value, name)
        if not callable(found) or name in ("item", "tolist"):
            return found
        function = getattr(np, name, None)
        if function is None or name in ("copy", "round"):
            call = operator.methodcaller
            return lambda *args, **kwargs: self.tape.apply(name, call(name, *args, **kwargs), (self,), {})
        if name == "dot":
            return lambda other: np.dot(self, other)
        if name == "reshape":  # the method takes the shape in pieces
            return lambda *shape, **kw: np.reshape(self, shape[0] if len(shape) == 1 else shape, **kw)
        if name == "transpose":
            return lambda *axes: np.transpose(self, axes[0] if len(axes) == 1 else axes or None)
        return lambda *args, **kwargs: function(self, *args, **kwargs)
