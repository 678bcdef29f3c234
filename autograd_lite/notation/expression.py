"""Expressions as text, such as "a = w*x + b; tanh(a)": read without `eval`, and made into a graph.

Operators are those of Python, with its precedence; functions are the rows of the table and those over
lists; `;` or a new line ends a statement, and `name = ...` labels its result. parsing.py turns the text
into steps; here they run, one after the other, over a stack of numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from ..engine import TABLE, Value, functions, real
from ..errors import ArgumentTypeError, ArgumentValueError, AutogradLiteError, ExpressionError
from .parsing import SEVERAL, StackStep, close, spelt, steps_of

LONGEST = 100_000  # characters of text that are read
CONSTANTS = {"pi": math.pi, "inf": math.inf, "nan": math.nan}
LISTS: dict[str, Callable[..., Any]] = {  # functions of one list, or of as many numbers
    "sum": functions.sum, "prod": functions.prod, "mean": functions.mean, "max": functions.max,
    "min": functions.min, "norm": functions.norm, "logsumexp": functions.logsumexp,
    "softmax": functions.softmax, "log_softmax": functions.log_softmax,
}  # fmt: skip


def evaluate(text: str, values: Mapping[str, Any] | None = None) -> Value:
    """The result of the text, with a labelled leaf for every name: evaluate("w*x", {"w": 2, "x": 3})."""
    return parse(text).evaluate(values)


def parse(text: str) -> Expression:
    """The text, read and checked, as an Expression that can be evaluated."""
    if not isinstance(text, str):
        raise ArgumentTypeError("parse", "text", text, "a str")
    if len(text) > LONGEST:
        raise ArgumentValueError("parse", "text", text, f"of at most {LONGEST:,} characters")
    return Expression(text, steps_of(text))


class Expression:
    """An expression that has been read: its `text`, the `names` whose numbers it takes, and its `steps`."""

    def __init__(self, text: str, steps: tuple[StackStep, ...]) -> None:
        self.text, self.steps = text, steps
        self.names = tuple(step.what for step in self._free())

    def evaluate(self, values: Mapping[str, Any] | None = None) -> Value:
        """The result, a graph over new leaves; `values` gives a number to every name."""
        leaves = self._leaves({} if values is None else values)
        stack: list[Any] = []
        for step in self.steps:
            self._run(step, stack, leaves)
        result = stack.pop()
        return result if isinstance(result, Value) else Value(self._scalar(result, self.steps[-1]))

    def __repr__(self) -> str:
        shown = self.text if len(self.text) <= 60 else f"{self.text[:57]}..."
        return f"<Expression {shown!r}>"

    def _free(self) -> list[StackStep]:
        """The first use of every name that has not been assigned before."""
        found: dict[str, StackStep | None] = {}
        for step in self.steps:
            if step.does in ("name", "assign"):
                found.setdefault(step.what, step if step.does == "name" else None)
        return [step for step in found.values() if step is not None]

    def _leaves(self, values: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(values, Mapping):
            raise ArgumentTypeError("evaluate", "values", values, "a dict of numbers by name")
        given = {spelt(name) if isinstance(name, str) else name: x for name, x in values.items()}
        for name, x in given.items():
            if real(x) is None:
                raise ArgumentTypeError("evaluate", f"the value of {name}", x, "a real number")
        missing = [x for x in self._free() if x.what not in given and x.what not in CONSTANTS]
        if missing:
            raise ExpressionError(self.text, missing[0].position, _unset([x.what for x in missing]))
        for name in given:
            if name not in self.names:
                allowed = (
                    f"numbers for the names of the expression ({', '.join(self.names) or 'it has none'})"
                )
                raise ArgumentValueError("evaluate", "values", name, allowed + close(str(name), self.names))
        leaves = {name: Value(given[name], name) for name in self.names if name in given}
        return {**CONSTANTS, **leaves}

    def _run(self, step: StackStep, stack: list[Any], names: dict[str, Any]) -> None:
        """One step: takes its operands from the stack, and puts its result there."""
        if step.does == "number":
            stack.append(step.what)
        elif step.does == "name":
            stack.append(names[step.what])
        elif step.does == "assign":
            names[step.what] = self._labelled(step, stack.pop())
            stack.append(names[step.what])
        elif step.does == "drop":
            stack.pop()
        else:
            operands = stack[len(stack) - step.size :]
            del stack[len(stack) - step.size :]
            stack.append(self._applied(step, operands))

    def _labelled(self, step: StackStep, x: Any) -> Value:
        """The number under its new name; one that has a name already is only called by both."""
        node = x if isinstance(x, Value) else Value(self._scalar(x, step))
        if not node.label:
            node.label = step.what
        return node

    def _scalar(self, x: Any, step: StackStep) -> float:
        if isinstance(x, list):
            raise ExpressionError(self.text, step.position, "a list is no result: take an item, as in xs[0]")
        return float(x)

    def _applied(self, step: StackStep, operands: list[Any]) -> Any:
        if step.does == "list":
            return operands
        if step.does == "item":
            return self._item(step, *operands)
        try:
            return _called(step.what, operands)
        except (AutogradLiteError, ArithmeticError) as error:
            raise ExpressionError(self.text, step.position, " ".join(str(error).split())) from error

    def _item(self, step: StackStep, xs: Any, index: Any) -> Any:
        if not isinstance(xs, list):
            raise ExpressionError(self.text, step.position, "[ follows what is no list")
        if type(index) is not float or index not in range(len(xs)):
            whole = f"a whole number from 0 to {len(xs) - 1}"
            raise ExpressionError(self.text, step.position, f"the index must be {whole}")
        return xs[int(index)]


def _called(name: str, operands: list[Any]) -> Any:
    """A function of the package over numbers; one over a list takes that list, or its items."""
    if name in LISTS:
        alone = len(operands) == 1 and isinstance(operands[0], list)
        return LISTS[name](operands[0] if alone else operands)
    if name == "take":  # numbers are floats here, and a place in a list is whole
        operands = [int(x) if type(x) is float and x.is_integer() else x for x in operands]
    return (getattr(functions, name) if name in SEVERAL else TABLE[name])(*operands)


def _unset(names: list[str]) -> str:
    """The complaint about names without a number; a function among them is told apart."""
    if names[0] in TABLE or names[0] in LISTS:
        return f"{names[0]} is a function: write {names[0]}(...), or give the name a number"
    listed = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    return f"no number is given for {listed}"
