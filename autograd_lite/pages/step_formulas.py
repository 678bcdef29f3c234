"""A step in words: what a node computes and what it hands back, in names and in numbers.

The formulas are the table's own: its rows and partials are applied to stand-ins for the operands, and
the notation prints what comes out. What is too long for a line is said in short.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from ..engine import Value, apply, recording
from ..notation import WIDEST, text
from ..pictures import number

LONGEST = 100  # characters of a formula
MOST = 12  # operands that a formula names one by one

# As they are taught, where the table has another form for the sake of the last digits.
TAUGHT: dict[str, Callable[[Any, Any], Any]] = {
    "tanh": lambda y, x: 1 - y**2,
    "sigmoid": lambda y, x: y * (1 - y),
    "atan": lambda y, x: 1 / (1 + x**2),
}

Wording = tuple[str, str]  # in names, in numbers


def forward(node: Value, names: Sequence[str]) -> Wording:
    """What a node computes, ("w · x + b", "0.5 · 2 + 1"), by the names of its operands."""
    written = _written(lambda: _computed(node, _stands(node)))
    short = f"{_name(node)} of {len(names)} numbers"
    return _said(written, node, names, "", short)


def backward(node: Value, names: Sequence[str], own: str) -> list[Wording]:
    """The local derivative for each operand that is a Value: [("x", "2"), ("w", "0.5"), ("1", "1")]."""
    stands = _stands(node)
    few = len(stands) <= MOST or _name(node) in ("dot", "sum", "mean")
    slopes = _attempt(lambda: _slopes(node, stands)) if few else None
    return [
        _said(
            None if slopes is None else _written(lambda i=i: slopes[i]),  # type: ignore[misc]
            node, names, own, f"∂{factor(own)}/∂{factor(name)}",
        )
        for i, name in enumerate(names)
        if isinstance(node.operands[i], Value)
    ]  # fmt: skip


def factor(name: str) -> str:
    """A name that can stand in a product: in brackets where it is a label like "x - 1"."""
    rest = name
    while (inner := re.sub(r"\([^()]*\)|\[[^][]*\]", "", rest)) != rest:
        rest = inner
    return f"({name})" if re.search(r"[-+−*·×/÷^=<>|&%()]|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]$", rest) else name


# --- from the table -----------------------------------------------------------------------------------


def _name(node: Value) -> str:
    return node.op.name if node.op is not None else ""


def _stands(node: Value) -> list[Any]:
    """A leaf for every operand that is a Value, with its number: p0_, p1_ ..."""
    return [Value(x.data, label=f"p{i}_") if isinstance(x, Value) else x for i, x in enumerate(node.operands)]


def _computed(node: Value, stands: list[Any]) -> Any:
    """The row applied again; sums and dot products, written out."""
    if len(stands) > MOST:
        return None
    xs = [Value(x) if isinstance(x, float) else x for x in stands]
    half = len(xs) // 2
    terms = {"sum": xs, "dot": [a * b for a, b in zip(xs[:half], xs[half : 2 * half], strict=True)]}
    if _name(node) not in terms or not xs:
        return apply(node.op, xs)  # type: ignore[arg-type]
    first, *rest = terms[_name(node)] + (xs[2 * half :] if _name(node) == "dot" else [])
    for x in rest:
        first = first + x
    return first


def _slopes(node: Value, xs: list[Any]) -> list[Any]:
    output = Value(node.data, label="y_")
    if _name(node) == "pow" and isinstance(xs[1], float):
        return [xs[1] * xs[0] ** (xs[1] - 1.0), 0.0]
    if _name(node) in TAUGHT:
        return [TAUGHT[_name(node)](output, xs[0])]
    return list(node.op.all_partials(output, xs))  # type: ignore[union-attr]


def _attempt(make: Callable[[], Any]) -> Any:
    """None where the table has no formula at these numbers: at the edge of a domain, under `strict`."""
    try:
        with recording():
            return make()
    except Exception:
        return None


def _written(make: Callable[[], Any]) -> str | None:
    """The formula in one line, or None."""
    formula = _attempt(make)
    if isinstance(formula, int | float):
        return number(formula)
    line = _attempt(lambda: text(formula, width=WIDEST)) if formula is not None else None
    return None if line is None or "\n" in line else line


# --- as it is read ------------------------------------------------------------------------------------

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _said(formula: str | None, node: Value, names: Sequence[str], own: str, short: str) -> Wording:
    """A formula with names put in for its stand-ins, and with numbers."""
    if formula is None:
        return short, ""
    plain = _typeset(formula)
    by_name = re.sub(r"\b(?:p(\d+)|y)_", lambda m: _name_at(m, names[int(m[1])] if m[1] else own), plain)
    in_numbers = re.sub(r"\b(?:p(\d+)|y)_", lambda m: _number_at(m, node), plain)
    if len(by_name) > LONGEST or len(in_numbers) > LONGEST:
        return short, ""
    return by_name, in_numbers


def _typeset(formula: str) -> str:
    """2*x**2 as 2 · x²."""
    line = re.sub(r"\b\d+\.?\d*(e-?\d+)?\b", lambda m: number(float(m[0])), formula)
    line = re.sub(r"\*\*(-?\d+)\b(?!\.)", lambda m: m[1].translate(_SUPERSCRIPTS), line)
    line = re.sub(r" ?(?<!\*)\*(?!\*) ?", " · ", line).replace("**", "^")
    return line.replace("([", "(").replace("])", ")")


def _name_at(match: re.Match[str], name: str) -> str:
    """The name of a stand-in; in brackets where it is a formula itself, and not alone between others."""
    before, after = match.string[: match.start()].rstrip(), match.string[match.end() :].lstrip()
    is_alone = (not before or before.endswith(("(", ","))) and (not after or after.startswith((")", ",")))
    return name if is_alone else factor(name)


def _number_at(match: re.Match[str], node: Value) -> str:
    """The number of a stand-in; in brackets where its sign would meet another one or a power."""
    operand = node.operands[int(match[1])] if match[1] else node
    shown = number(operand.data if isinstance(operand, Value) else operand)
    before, after = match.string[: match.start()].rstrip(), match.string[match.end() :]
    clash = before.endswith(("+", "-", "^")) or after.startswith(("^", *"⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"({shown})" if clash and shown.startswith("-") else shown
