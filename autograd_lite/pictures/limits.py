"""What is too much for a picture: graphs of too many nodes or edges are refused, at once and with advice."""

from __future__ import annotations

from .. import arguments
from ..engine import Value
from ..errors import GraphError

DENSE = 10  # edges to a node that are drawn without being told to
READ = 100_000  # nodes of a graph that is looked through for neurons and layers


def refuse_size(function: str, roots: list[Value], most: int, limit: int) -> None:
    """An error where the graph has more nodes than are looked through, told without a walk over them all."""
    seen = set(roots)
    stack = list(seen)
    while stack and len(seen) <= most:
        fresh = set(stack.pop().parents) - seen
        seen |= fresh
        stack.extend(fresh)
    if len(seen) > most:
        raise _refusal(function, f"more than {most:,} nodes", limit)


def refuse_crowd(function: str, nodes: int, edges: int, limit: int | None) -> None:
    """An error where there are more nodes than the limit, or edges than DENSE times as many."""
    if limit is not None:
        arguments.count(function, "limit", limit, least=1)
        if nodes > limit or edges > DENSE * limit:
            raise _refusal(function, f"{nodes:,} nodes and {edges:,} edges to be drawn", limit)


def _refusal(function: str, count: str, limit: int) -> GraphError:
    return GraphError(
        f"{function}: the graph has {count}, too many for a picture (the limit is {limit:,} nodes): "
        'draw a part of it, which is any Value inside; or collapse it with by="neuron" or by="layer" '
        "(what is made in an al.name_scope is one); or give a larger limit=, None for none"
    )
