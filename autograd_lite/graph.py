"""The order of a graph: from the leaves to the result, without recursion."""

from __future__ import annotations

from typing import Any


def order(*roots: Any) -> list[Any]:
    """Every node that the roots are made of, parents before children; the same in every process."""
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
