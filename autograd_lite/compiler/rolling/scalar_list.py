"""The graph of Values as plain lists: rows and operands by number, parents first, each expression once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ...engine import Value, listed
from ...errors import GraphError

Operand = int | float  # the number of a scalar, or a constant
LEAF = "leaf"  # what `listed` calls the rows of leaves
ADDITIVE = {"add", "sub", "sum", "mean"}
SMALLEST, LARGEST = 1e-290, 1e290  # of the constants whose reciprocal is as good as the division


class Scalars(NamedTuple):
    """One entry a scalar, the leaves first. A use is as an addend, a factor, or another."""

    rows: list[str]
    operands: list[tuple[Operand, ...]]
    values: list[Value]
    labels: list[tuple[str, str] | None]  # their name scopes and names
    additive: list[int]
    factor: list[int]
    uses: list[int]  # of all kinds
    roots: list[int]


def scalars_of(roots: Sequence[Value], leaves: Mapping[Value, Any]) -> Scalars:
    """The leaves are parameters and inputs, and every other Value without a history is a constant.

    A graph of any depth is walked without recursion. Two scalars with the same row and operands are
    one, but not where there is a constant: equal numbers are no reason to take two things for one.
    """
    rows, operands, values, labels, found = listed(list(roots), list(leaves))
    found_roots = [_root(root) for root in found]
    uses = _uses(rows, operands, found_roots)
    return Scalars(rows, operands, values, labels, *uses, found_roots)  # type: ignore[call-arg]


def _root(number: Operand) -> int:
    if type(number) is not int:
        raise GraphError("compile: a result is a constant: it depends on no parameter and on no input")
    return number


def _uses(rows: list[str], operands: list[tuple[Operand, ...]], roots: list[int]) -> tuple[list[int], ...]:
    """How often each scalar is an addend, a factor, and anything at all."""
    additive, factor, other = ([0] * len(rows) for _ in range(3))
    kinds = {**dict.fromkeys(ADDITIVE, additive), "mul": factor, "neg": factor}
    factors: list[int] = []  # of long products: counted all at once
    for row, found in zip(rows, operands, strict=True):
        if row == "dot":
            even = len(found) // 2 * 2
            if float not in map(type, found):
                factors += found[:even]  # type: ignore[arg-type]
            else:
                _count(factor, found[:even])
            _count(additive, found[even:])
        else:
            uses = kinds.get(row) or (factor if is_product(row, found) else other)
            for x in found:
                if type(x) is int:
                    uses[x] += 1
    for x, count in Counter(factors).items():
        factor[x] += count
    _count(other, roots)
    return additive, factor, [a + f + o for a, f, o in zip(additive, factor, other, strict=True)]


def _count(uses: list[int], found: Sequence[Operand]) -> None:
    for x in found:
        if type(x) is int:
            uses[x] += 1


def is_product(row: str, operands: tuple[Operand, ...]) -> bool:
    """Whether a scalar is a product: x*y, -x, x/c for an ordinary constant c, x**2."""
    if row in ("mul", "neg"):
        return True
    if row not in ("div", "pow"):
        return False
    second = operands[1]
    if type(second) is not float or type(operands[0]) is float:
        return False
    return second == 2.0 if row == "pow" else SMALLEST < abs(second) < LARGEST
