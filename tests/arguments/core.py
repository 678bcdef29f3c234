"""The engine's part of the table: rows, Value, functions over lists, derivatives, contexts, notation."""

from __future__ import annotations

import operator
from typing import Any

import autograd_lite as al
from autograd_lite import Value, notation, ops

from .probes import (
    A_VALUE,
    FILLED,
    FLAG,
    LIST,
    NONE,
    NUMBERS,
    OPERAND,
    OPTIONAL,
    REAL,
    TEXT,
    VALUES,
    Entry,
    Fresh,
    Kind,
    by_position,
    entry,
    kind,
)

EVERY = "every (input|root)"
INDEX = kind("the place of an item, from 0", "0", "True", "3-D array")


# --- rows, as functions and as methods ---------------------------------------------------


def inputs(op: ops.Op) -> dict[str, tuple[Any, Kind]]:
    """A good operand for each input of a row; a list may be of one item."""
    if op.inputs[0] == "index":
        return {"index": (0.0, INDEX), "x": (0.5, OPERAND), "y": (0.5, OPERAND)}
    names = ["x", "y"] if op.variadic else op.inputs
    return dict.fromkeys(names, (0.5, OPERAND))


def of_row(op: ops.Op) -> Entry:
    also = {name: f"{name}|{EVERY}" for name in inputs(op)}
    return Entry(op.name, by_position(op), inputs(op), also)


def as_method(op: ops.Op) -> Entry:
    """The row on a Value: what comes after the first operand is probed."""
    others = list(inputs(op))[1:]
    arguments = {other: inputs(op)[other] for other in others}
    also = {other: f"{other}|{EVERY}" for other in others}
    return Entry(
        op.name, by_position(lambda *xs, **more: getattr(Value(0.0), op.name)(*xs, **more)), arguments, also
    )


ROWS = {f"ops.TABLE[{name!r}]": of_row(op) for name, op in ops.TABLE.items()}
METHODS = {f"Value.{name}": as_method(op) for name, op in {**ops.TABLE, **ops.NUMPY_NAMES}.items()}
OPERATORS = {
    f"Value.{name}": entry(name, lambda other, f=f: f(Value(0.5), other), other=(0.5, legal))
    for f, name, legal in (
        *((getattr(operator, n), f"__{n}__", OPERAND) for n in ("add", "sub", "mul", "truediv", "pow")),
        *((getattr(operator, n), f"__{n}__", OPERAND) for n in ("lt", "le", "gt", "ge")),
    )
}
REFLECTED = {
    f"Value.__r{name}__": entry(
        name, lambda other, name=name: getattr(operator, name)(other, Value(0.5)), other=(0.5, OPERAND)
    )
    for name in ("add", "sub", "mul", "truediv", "pow")
}


# --- Value -------------------------------------------------------------------------------


def assigned(name: str) -> Any:
    return lambda number: setattr(Value(1.0), name, number)


VALUE = {
    "Value": entry("Value", Value, data=(1.0, REAL), label=("x", TEXT)),
    "Value.data": entry("Value", assigned("data"), {"number": "data"}, number=(1.0, REAL)),
    "Value.grad": entry("Value", assigned("grad"), {"number": "grad"}, number=(1.0, REAL)),
    "Value.label": entry("Value", assigned("label"), {"number": "label"}, number=("x", TEXT)),
    "Value.backward": entry("backward", lambda gradient: Value(1.0).backward(gradient), gradient=(1.0, REAL)),
    "Value.item": entry("item", Value(1.0).item),
    "Value.detach": entry("detach", Value(1.0).detach),
    "Value.conjugate": entry("conjugate", Value(1.0).conjugate),
}


# --- functions over lists ----------------------------------------------------------------

XS = {"xs": EVERY + "|xs"}
LISTS = {
    **{n: entry(n, getattr(al, n), XS, xs=([1.0, 2.0], LIST)) for n in ("sum", "prod", "norm")},
    **{
        n: entry(n, getattr(al, n), XS, xs=([1.0, 2.0], FILLED))
        for n in ("mean", "logsumexp", "softmax", "log_softmax")
    },
    "take": entry(
        "take",
        al.take,
        {"rows": EVERY + "|rows"},
        rows=([1.0, 2.0], kind("rows of numbers or lists", "7 numbers", "ragged list", "3-D array")),
        index=(0, kind("the place of an item, from 0", "0")),
    ),
    **{n: entry(n, by_position(getattr(al, n)), XS, xs=([1.0, 2.0], FILLED)) for n in ("max", "min")},
    "dot": entry(
        "dot",
        al.dot,
        {"w": EVERY + "|w", "x": EVERY + "|x", "b": EVERY + "|b"},
        w=([1.0, 2.0], NONE),
        x=([1.0, 2.0], NONE),
        b=(None, kind("a number, a Value, or left out", *NUMBERS, "Value", "None")),
    ),
}


# --- derivatives, contexts, notation -----------------------------------------------------

X = Value(0.5)
Y = X * X * X

_X = al.Value(2.0)
SQUARE = _X * _X

DERIVATIVES = {
    "grad": entry(
        "grad",
        al.grad,
        y=(Fresh(lambda: Y), A_VALUE),
        xs=(Fresh(lambda: [X]), VALUES),
        create_graph=(False, FLAG),
    ),
    "jacobian": entry(
        "jacobian",
        al.jacobian,
        ys=(Fresh(lambda: [Y]), VALUES),
        xs=(Fresh(lambda: [X]), VALUES),
        create_graph=(False, FLAG),
    ),
    "hessian": entry(
        "hessian",
        al.hessian,
        y=(Fresh(lambda: Y), A_VALUE),
        xs=(Fresh(lambda: [X]), VALUES),
        create_graph=(False, FLAG),
    ),
    "hvp": entry(
        "hvp",
        al.hvp,
        y=(Fresh(lambda: Y), A_VALUE),
        xs=(Fresh(lambda: [X]), A_VALUE),
        vector=([1.0], NONE),
        create_graph=(False, FLAG),
    ),
    "gradcheck": entry(
        "gradcheck",
        al.gradcheck,
        f=(Fresh(lambda: lambda x: x * x), NONE),
        at=(
            [0.5],
            kind("a finite number or Value, or a list of them", "-1", "0", "0.5", "-0.5", "True", "Value"),
        ),
        orders=((1,), NONE),
        tolerance=(1e-6, kind("a number above 0, of which True is one", "0.5", "True")),
    ),
    "check_derivation": entry(
        "check_derivation",
        al.check_derivation,
        loss=(Fresh(lambda: SQUARE), kind("a Value", "Value")),
        quantities=(Fresh(lambda: {"x": _X}), NONE),
        equations=(Fresh(lambda: {"x": lambda v, d: 2 * v.x}), NONE),
        samples=(None, kind("None, to be found", "None")),
        seed=(0, kind("a count", "0", "10**400")),
    ),
    "order": entry(
        "order",
        lambda root, **more: al.order(root, **more),
        {"root": EVERY},
        root=(Fresh(lambda: Y), A_VALUE),
    ),
    "no_grad": entry("no_grad", al.no_grad),
    "strict": entry("strict", al.strict),
    "name_scope": entry("name_scope", al.name_scope, name=("a", kind("a name", "str"))),
    "text": entry("text", al.text, v=(Fresh(lambda: Y), A_VALUE), width=(88, NONE)),
    "latex": entry("latex", al.latex, v=(Fresh(lambda: Y), A_VALUE), width=(72, NONE)),
    "notation.names": entry("names", notation.names, v=(Fresh(lambda: Y), A_VALUE)),
}


# --- a row of one's own ------------------------------------------------------------------


def added(**named: Any) -> None:
    """`ops.row` with these arguments, and the row taken away again."""
    before, numpy_before = dict(ops.TABLE), dict(ops.NUMPY_NAMES)
    partials = (named.pop("partial"),)
    try:
        ops.row(named.pop("name"), named.pop("value"), *partials, **named)
    finally:
        for table, kept in ((ops.TABLE, before), (ops.NUMPY_NAMES, numpy_before)):
            table.clear()
            table.update(kept)


ADDED = {
    "ops.row": entry(
        "row",
        added,
        {"partial": "partials"},
        name=("cube", kind("a name", "str")),
        value=(Fresh(lambda: lambda x: x * x * x), NONE),
        partial=(Fresh(lambda: lambda y, x: 3.0 * x * x), REAL),
        inputs=("x", kind("names", "str", "empty str")),
        symbol=("", TEXT),
        latex=("", TEXT),
        numpy=("", TEXT),
        each=(None, OPTIONAL),
        domain=((-1.0, 1.0), NONE),
    )
}

ENTRIES = {**ROWS, **METHODS, **OPERATORS, **REFLECTED, **VALUE, **LISTS, **DERIVATIVES, **ADDED}
ENTRIES |= {name: of_row(op) for name in al.__all__ if isinstance(op := getattr(al, name), ops.Op)}
