"""The order of a graph: from the leaves to the result, without recursion."""

from __future__ import annotations

from typing import Any

from .errors import ArgumentTypeError


def order(*roots: Any) -> list[Any]:
    """Every node that the roots are made of, parents before children; the same in every process."""
    for root in roots:
        if not hasattr(type(root), "__apply_op__"):
            raise ArgumentTypeError("order", "every root", root, "a Value")
    nodes: list[Any] = []
    stack, seen, done = list(reversed(roots)), set(), set()
    while stack:
        node = stack[-1]
        if node not in seen:
            seen.add(node)
            stack.extend(parent for parent in reversed(node.parents) if parent not in seen)
            continue
        stack.pop()
        if node not in done:
            done.add(node)
            nodes.append(node)
    return nodes
