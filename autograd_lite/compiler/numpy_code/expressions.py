"""Trees of NumPy expressions whose axes carry labels: what is built of equations, then printed or run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any, NamedTuple

from ..equations import BATCH, Array, Label

Dim = int | str  # the size of an axis; BATCH stands for the number of samples

COMPARISONS = ("greater", "greater_equal", "less", "less_equal", "not_equal")
LOGIC = ("logical_and", "logical_or", "logical_not")


class Expr(NamedTuple):
    """An operation on nodes, or a name or a number. `info` says the rest: which ufunc, which axes."""

    op: str
    args: tuple[Expr, ...] = ()
    info: Any = None
    labels: tuple[Label | None, ...] = ()  # of every axis; None has the size 1, for broadcasting
    dims: tuple[Dim, ...] = ()
    kind: str = "float"  # or bool, int


@dataclass(eq=False)
class Statement:
    """What is done to an array, or to the part of it that is `target`:

    "new"               there is room for it
    "set", "sum"        it is set, or added to, as a whole
    "store", "add"      a part of it is set, or added to
    "add at"            the same, where a place can come more than once
    "for", "end"        the statements between are done for every place of a label
    """

    what: str
    array: Array | None
    target: Expr
    value: Expr
    variable: str = ""  # of a "for"
    places: range = range(0)


# --- leaves ------------------------------------------------------------------------------------------


def number(x: float) -> Expr:
    return Expr("number", (), x if not isnan(x) else NAN)


NAN = float("nan")  # one object, for nan is equal to no other


def scale(coefficient: float, power: int) -> Expr:
    """coefficient · n**power."""
    return Expr("scale", (), (coefficient, power)) if power else number(coefficient)


def is_number(node: Expr, x: float) -> bool:
    return node.op == "number" and bool(node.info == x)


def walk(node: Expr) -> Iterator[Expr]:
    """The node and all below it, from left to right, parents first."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.args))


# --- the shape of things -----------------------------------------------------------------------------


def transposed(node: Expr, axes: tuple[int, ...]) -> Expr:
    if axes == tuple(range(len(axes))):
        return node
    if node.op == "transpose":
        return transposed(node.args[0], tuple(node.info[axis] for axis in axes))
    labels, dims = tuple(node.labels[k] for k in axes), tuple(node.dims[k] for k in axes)
    return Expr("transpose", (node,), axes, labels, dims, node.kind)


def expanded(node: Expr, labels: tuple[Label | None, ...]) -> Expr:
    """The node with an axis of size 1 for every None."""
    if labels == node.labels:
        return node
    sizes = iter(node.dims)
    dims = tuple(1 if label is None else next(sizes) for label in labels)
    return Expr("expand", (node,), None, labels, dims, node.kind)


def as_float(node: Expr) -> Expr:
    """Numbers in place of conditions and places."""
    return node if node.kind == "float" else Expr("cast", (node,), None, node.labels, node.dims)


class Axes:
    """The labels of an equation: their sizes, and the order in which axes are kept."""

    def __init__(self, sizes: Mapping[Label, int], order: Iterable[Label]) -> None:
        self.sizes = sizes
        self.order = tuple(dict.fromkeys(order))

    def dim(self, label: Label) -> Dim:
        return BATCH if label == BATCH else self.sizes[label]

    def dims(self, labels: Iterable[Label | None]) -> tuple[Dim, ...]:
        return tuple(1 if label is None else self.dim(label) for label in labels)

    def union(self, nodes: Iterable[Expr]) -> tuple[Label, ...]:
        """All labels of the nodes, in order."""
        found = {label for node in nodes for label in node.labels}
        return tuple(label for label in self.order if label in found)

    def sorted(self, node: Expr) -> Expr:
        """The node, its axes in order."""
        return self.put(node, self.union([node]))

    def put(self, node: Expr, labels: tuple[Label, ...]) -> Expr:
        """The node with its axes as these labels are, which may be more than its own."""
        present = [label for label in labels if label in node.labels]
        node = transposed(node, tuple(node.labels.index(label) for label in present))
        first = labels.index(present[0]) if present else len(labels)
        return expanded(node, tuple(label if label in present else None for label in labels[first:]))

    # --- operations ---

    def ufunc(self, ufunc: str, *args: Expr) -> Expr:
        """A ufunc of NumPy, element by element; the axes are aligned by their labels."""
        kinds = {node.kind for node in args}
        if ufunc not in LOGIC and not (ufunc == "add" and kinds == {"int"}):
            mixed = ufunc == "multiply" and [node.kind for node in args].count("float") == 1
            args = tuple(node if mixed and node.kind == "bool" else as_float(node) for node in args)
        labels = self.union(args)
        kind = "int" if {node.kind for node in args} == {"int"} else "float"
        kind = "bool" if ufunc in (*COMPARISONS, *LOGIC) else kind
        return Expr("ufunc", self._put_all(args, labels), ufunc, labels, self.dims(labels), kind)

    def where(self, condition: Expr, x: Expr, y: Expr) -> Expr:
        args = (condition, as_float(x), as_float(y))
        labels = self.union(args)
        return Expr("where", self._put_all(args, labels), None, labels, self.dims(labels))

    def kernel(self, function: str, *args: Expr) -> Expr:
        """A function of ours, element by element."""
        args = tuple(map(as_float, args))
        labels = self.union(args)
        return Expr("kernel", self._put_all(args, labels), function, labels, self.dims(labels))

    def _put_all(self, args: tuple[Expr, ...], labels: tuple[Label, ...]) -> tuple[Expr, ...]:
        return tuple(self.put(node, labels) for node in args)

    def reduced(self, how: str, node: Expr, over: Iterable[Label]) -> Expr:
        """The sum, max, min or prod over labels."""
        over, node = set(over), as_float(node)
        if not over:
            return node
        axes = tuple(k for k, label in enumerate(node.labels) if label in over)
        labels = tuple(label for label in node.labels if label not in over)
        return Expr(how, (node,), axes, labels, self.dims(labels))
