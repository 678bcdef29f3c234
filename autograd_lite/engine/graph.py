# cython: annotation_typing=False
"""Walks over a whole graph: the order of its nodes, its derivatives, and the lists that the compiler reads.

Compiled as value.py is, with the types of graph.pxd. A walk marks the nodes where it was with its token in
`_pass`, and may keep a number of its own in `_count`: both belong to whichever pass is under way.
"""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentTypeError
from .value import Value, exclusively


def order(*roots: Any) -> list[Any]:
    """Every node that the roots are made of, parents before children; the same in every process."""
    for root in roots:
        if type(root) is not Value:
            raise ArgumentTypeError("order", "every root", root, "a Value")
    nodes: list[Any] = exclusively(_in_order, list(roots))
    return nodes


def _in_order(token: int, roots: list[Any]) -> list[Any]:
    """A node has the token when it is done. Without recursion: a graph may be of any depth."""
    nodes: list[Any] = []
    stack = roots[::-1]
    while stack:
        node = stack[-1]
        if node._pass == token:
            stack.pop()
            continue
        waiting = len(stack)
        second = node._b
        if second is not None and second._pass != token:
            stack.append(second)
        first = node._a
        if first is not None and first._pass != token:
            stack.append(first)
        if node._operands is not None:
            for x in node._operands[::-1]:
                if type(x) is Value:
                    parent = x
                    if parent._pass != token:
                        stack.append(parent)
        if len(stack) == waiting:
            stack.pop()
            node._pass = token
            nodes.append(node)
    return nodes


# --- derivatives -------------------------------------------------------------------------------------


def gradients(root: Value, wanted: list[Any]) -> list[float]:
    """The derivative of the root for each of the wanted, from the local derivatives; no `grad` is changed."""
    found: list[float] = exclusively(_gradients, root, wanted)
    return found


def _gradients(token: int, root: Value, wanted: list[Any]) -> list[float]:
    """A node has its number in `_count`, and its gradient in a list, for its `grad` is the user's."""
    nodes = _in_order(token, [root])
    for number, node in enumerate(nodes):
        node._count = number
    flow = [0.0] * len(nodes)
    flow[-1] = 1.0
    for node in reversed(nodes):
        g = flow[node._count]
        first, second = node._a, node._b
        if first is not None:
            flow[first._count] += node._da * g
        if second is not None:
            flow[second._count] += node._db * g
        if node._operands is not None:
            for x, slope in zip(node._operands, node._slopes, strict=True):
                if type(x) is Value:
                    parent = x
                    flow[parent._count] += slope * g
    return [flow[leaf._count] if leaf._pass == token else 0.0 for leaf in wanted]


# --- lists -------------------------------------------------------------------------------------------


def listed(roots: list[Value], leaves: list[Value]) -> tuple[Any, ...]:
    """Every node that the roots are made of, operands first and the leaves before all: as rows' names,
    operands, nodes and their labels; and where the roots stand. An operand is the number of a node or, of
    a leaf that is not among the leaves, its float. An expression without floats that comes again is the
    one before."""
    found: tuple[Any, ...] = exclusively(_listed, roots, leaves)
    return found


def _listed(token: int, roots: list[Any], leaves: list[Any]) -> tuple[Any, ...]:
    """A node has its number in `_count`, or -1 for a constant."""
    in_order = _in_order(token, roots)
    for node in in_order:
        node._count = -1
    rows = ["leaf"] * len(leaves)
    operands: list[tuple[Any, ...]] = [()] * len(leaves)
    nodes = list(leaves)
    labels = [leaf._label for leaf in leaves]
    for number, node in enumerate(leaves):
        node._count = number
    known: dict[tuple[Any, ...], int] = {}
    for node in in_order:
        if node._row is None:
            continue
        found = []
        floats = 0
        for x in node.operands:
            if type(x) is Value:
                parent = x
                if parent._count >= 0:
                    found.append(parent._count)
                    continue
                x = parent._data
            found.append(x)
            floats += 1
        key = node._row.name, tuple(found)
        number = len(rows)
        if not floats:
            number = known.setdefault(key, number)
        node._count = number
        if number == len(rows):
            rows.append(key[0])
            operands.append(key[1])
            nodes.append(node)
            labels.append(node._label)
    return rows, operands, nodes, labels, [root._data if root._count < 0 else root._count for root in roots]
