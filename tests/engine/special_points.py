"""The literal table of edges, and every path on which Python reaches a row: shared by test and figure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from math import inf, nan
from typing import Any

import numpy as np

import autograd_lite as al
from autograd_lite import Value
from autograd_lite.engine.ops import TABLE

ANYTHING = object()  # where the policy has no opinion


class Constant(float):
    """An operand that is a plain number, not a Value."""

    def __repr__(self):
        return f"constant {float(self)}"


ZERO, ONE, TWO = Constant(0.0), Constant(1.0), Constant(2.0)

# (row, operands, value, gradients of the operands that are Values)
POINTS = [
    ("relu", (0.0,), 0.0, (0.0,)),
    ("relu", (-0.0,), 0.0, (0.0,)),
    ("leaky_relu", (0.0, Constant(0.01)), 0.0, (0.01,)),
    ("leaky_relu", (-0.0, Constant(0.3)), 0.0, (0.3,)),
    ("abs", (0.0,), 0.0, (0.0,)),
    ("abs", (-0.0,), 0.0, (0.0,)),
    ("max", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("min", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("max", (2.0, 1.0, 2.0), 2.0, (0.5, 0.0, 0.5)),
    ("min", (1.0, 2.0, 1.0), 1.0, (0.5, 0.0, 0.5)),
    ("max", (2.0, TWO), 2.0, (0.5,)),
    ("max", (0.0, -0.0), 0.0, (0.5, 0.5)),
    ("max", (-inf, -inf), -inf, (0.5, 0.5)),
    ("clamp", (0.0, ZERO, ONE), 0.0, (0.0,)),
    ("clamp", (1.0, ZERO, ONE), 1.0, (0.0,)),
    ("clamp", (0.5, ZERO, ONE), 0.5, (1.0,)),
    ("clamp", (inf, ZERO, ONE), 1.0, (0.0,)),
    ("clamp", (nan, ZERO, ONE), nan, (nan,)),
    ("clamp", (-1.0, 0.0, 1.0), 0.0, (0.0, 1.0, 0.0)),
    ("clamp", (2.0, 0.0, 1.0), 1.0, (0.0, 0.0, 1.0)),
    ("clamp", (0.5, Constant(nan), ONE), nan, (nan,)),
    ("sqrt", (0.0,), 0.0, (inf,)),
    ("sqrt", (-0.0,), 0.0, (inf,)),
    ("log", (0.0,), -inf, (inf,)),
    ("log", (-0.0,), -inf, (inf,)),
    ("sqrt", (-1.0,), nan, (nan,)),
    ("log", (-1.0,), nan, (nan,)),
    ("log1p", (-1.0,), -inf, (inf,)),
    ("log1p", (-2.0,), nan, (nan,)),
    ("div", (ONE, 0.0), inf, (-inf,)),
    ("div", (ONE, -0.0), -inf, (-inf,)),
    ("div", (1.0, ZERO), inf, (inf,)),
    ("div", (0.0, 0.0), nan, (inf, nan)),
    ("div", (1e200, 1e-200), inf, (1e200, -inf)),
    ("sub", (inf, inf), nan, (1.0, -1.0)),
    ("add", (inf, -inf), nan, (1.0, 1.0)),
    ("mul", (0.0, inf), nan, (inf, 0.0)),
    ("exp", (1000.0,), inf, (inf,)),
    ("exp", (-1000.0,), 0.0, (0.0,)),
    ("pow", (3.0, ZERO), 1.0, (0.0,)),
    ("pow", (0.0, ZERO), 1.0, (0.0,)),
    ("pow", (-0.0, ZERO), 1.0, (0.0,)),
    ("pow", (5e-324, ZERO), 1.0, (0.0,)),
    ("pow", (inf, ZERO), 1.0, (0.0,)),
    ("pow", (0.0, ONE), 0.0, (1.0,)),
    ("pow", (0.0, TWO), 0.0, (0.0,)),
    ("pow", (0.0, 0.0), 1.0, (0.0, 0.0)),
    ("pow", (0.0, 0.5), 0.0, (inf, 0.0)),
    ("pow", (0.0, Constant(0.5)), 0.0, (inf,)),
    ("pow", (0.0, -1.0), inf, (-inf, ANYTHING)),
    ("pow", (0.0, Constant(-1.0)), inf, (-inf,)),
    ("pow", (-8.0, 1 / 3), nan, (nan, nan)),
    ("pow", (-8.0, Constant(1 / 3)), nan, (nan,)),
    ("pow", (-2.0, TWO), 4.0, (-4.0,)),
    ("pow", (-2.0, 2.0), 4.0, (-4.0, nan)),
    ("pow", (Constant(-2.0), 2.0), 4.0, (nan,)),
    ("pow", (1e200, TWO), inf, (2e200,)),
    ("pow", (-1e200, Constant(3.0)), -inf, (inf,)),
    ("pow", (ZERO, 2.0), 0.0, (0.0,)),
    ("atan2", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("hypot", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("hypot", (3e200, 4e200), 5e200, (0.6, 0.8)),
    ("norm", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("log_softmax", (ZERO, 0.0, 1000.0), -1000.0, (1.0, -1.0)),
    ("softmax", (ZERO, 0.0, 1000.0), 0.0, (0.0, 0.0)),
    ("softmax", (ONE, 0.0, 1000.0), 1.0, (0.0, 0.0)),
    ("logsumexp", (1000.0, 1000.0), 1000.0 + math.log(2.0), (0.5, 0.5)),
    ("logsumexp", (-inf, -inf), -inf, (nan, nan)),
    ("logsumexp", (-inf, 0.0), 0.0, (0.0, 1.0)),
    ("prod", (0.0, 3.0, 2.0), 0.0, (6.0, 0.0, 0.0)),
    ("prod", (0.0, 3.0, 0.0), 0.0, (0.0, 0.0, 0.0)),
    ("take", (ONE, nan, 3.0), 3.0, (0.0, 1.0)),
    ("take", (1.0, 5.0, inf), inf, (0.0, 0.0, 1.0)),
    ("take", (0.0, 5.0, nan), 5.0, (0.0, 1.0, 0.0)),
    ("greater", (2.0, 2.0), 0.0, (0.0, 0.0)),
    ("greater_equal", (2.0, 2.0), 1.0, (0.0, 0.0)),
    ("greater", (0.0, -0.0), 0.0, (0.0, 0.0)),
    ("greater_equal", (-0.0, ZERO), 1.0, (0.0,)),
    ("greater", (nan, 0.0), 0.0, (0.0, 0.0)),
    ("greater_equal", (0.0, nan), 0.0, (0.0, 0.0)),
    ("greater", (inf, -inf), 1.0, (0.0, 0.0)),
    ("detach", (inf,), inf, (0.0,)),
    ("detach", (nan,), nan, (0.0,)),
    ("relu", (nan,), nan, (nan,)),
    ("leaky_relu", (nan, Constant(0.01)), nan, (nan,)),
    ("max", (1.0, nan), nan, (nan, nan)),
    ("min", (nan, 1.0), nan, (nan, nan)),
    ("bce_with_logits", (0.0, ZERO), math.log(2.0), (0.5,)),
    ("bce_with_logits", (0.0, ONE), math.log(2.0), (-0.5,)),
    ("bce_with_logits", (1000.0, ZERO), 1000.0, (1.0,)),
    ("bce_with_logits", (-1000.0, ONE), 1000.0, (-1.0,)),
    ("asin", (1.0,), math.pi / 2, (inf,)),
    ("asin", (-1.0,), -math.pi / 2, (inf,)),
    ("acos", (1.0,), 0.0, (-inf,)),
    ("acos", (-1.0,), math.pi, (-inf,)),
    ("acosh", (1.0,), 0.0, (inf,)),
    ("atanh", (1.0,), inf, (inf,)),
    ("atanh", (-1.0,), -inf, (inf,)),
    ("asin", (2.0,), nan, (nan,)),
    ("acosh", (0.5,), nan, (nan,)),
    ("atanh", (2.0,), nan, (nan,)),
]

OPERATORS = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "abs": abs,
}
LISTS = {
    **{name: getattr(al, name) for name in ("max", "min", "norm", "prod", "logsumexp")},
    "softmax": al.softmax,
    "log_softmax": al.log_softmax,
}


Case = tuple[str, tuple[float, ...], float, tuple[Any, ...]]
Outcome = tuple[str, Sequence[Any], Sequence[Any]]


def case_id(case: Case) -> str:
    return f"{case[0]}({', '.join(f'{x!r}' for x in case[1])})"


# --- the paths ------------------------------------------------------------------------------------------


def ways(name: str, operands: Sequence[Any]) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Every way in which Python reaches the row with these operands."""
    yield "row", lambda: TABLE[name](*operands)
    if isinstance(operands[0], Value) and name != "detach":  # whose method makes a leaf
        yield "method", lambda: getattr(operands[0], name)(*operands[1:])
    if name in OPERATORS:
        yield "operator", lambda: OPERATORS[name](*operands)
    if name in ("softmax", "log_softmax"):
        yield "list", lambda: LISTS[name](list(operands[1:]))[int(operands[0])]
    elif name in LISTS:
        yield "list", lambda: LISTS[name](list(operands))


def same(got: Any, expected: Any) -> bool:
    if expected is ANYTHING:
        return type(got) is float
    return (
        got == expected or (got != got and expected != expected) or math.isclose(got, expected, rel_tol=1e-15)
    )


def lifted(numbers: Sequence[float]) -> tuple[list[Any], list[Value]]:
    """Fresh operands, and those of them that are Values."""
    operands = [float(x) if isinstance(x, Constant) else Value(x) for x in numbers]
    return operands, [x for x in operands if isinstance(x, Value)]


def on_values(case: Case) -> Iterator[Outcome]:
    """(path, found, expected): the value, the edges, and the gradients by each kind of pass."""
    name, numbers, value, gradients = case
    for i, (way, _) in enumerate(ways(name, lifted(numbers)[0])):
        operands, values = lifted(numbers)
        y = list(ways(name, operands))[i][1]()
        yield f"{way}, value", [y.data], [value]
        yield f"{way}, edges", [values.index(x) for x in y.parents], range(len(values))
        y.backward()
        yield f"{way}, backward", [x.grad for x in values], gradients
        yield f"{way}, grad", al.grad(y, values), gradients
        slopes = al.grad(y, values, create_graph=True)
        yield f"{way}, grad as values", [g.data for g in slopes], gradients


def on_floats(case: Case) -> Iterator[Outcome]:
    """The same without a graph: the row called, its value and partials as they are, lists, arrays."""
    name, numbers, value, gradients = case
    op, xs = TABLE[name], [float(x) for x in numbers]
    for way, call in ways(name, xs):
        if way != "operator":  # of plain floats, those are Python's own
            yield f"{way} on floats", [call()], [value]
    yield "the row's value", [op.value(*xs)], [value]
    slopes = zip(numbers, op.all_partials(op(*xs), xs), strict=True)
    yield "the row's partials", [p for x, p in slopes if not isinstance(x, Constant)], gradients
    array = op(*(np.array([x, x]) for x in xs))
    yield "row on arrays", array.tolist(), [value, value]


def outcomes() -> Iterator[tuple[Case, Outcome]]:
    """The whole table on every path."""
    for case in POINTS:
        for on in (on_values, on_floats):
            for outcome in on(case):
                yield case, outcome


def agree(outcome: Outcome) -> bool:
    _, found, expected = outcome
    return len(found) == len(expected) and all(map(same, found, expected))
