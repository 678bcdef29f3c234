"""The context `strict`, under which the first value or gradient that is not finite raises an error."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager

from ..errors import NonFiniteError, user_line
from .contexts import changed, mode
from .graph import order
from .value import Value, number_of


def strict() -> AbstractContextManager[None]:
    """A context in which the first value or gradient that is not finite raises NonFiniteError."""
    return changed(strict=mode.strict or _Strict())


class _Strict:
    """Looks at every value that is made and every gradient, while `strict` is open."""

    def __init__(self) -> None:
        self.made: dict[int, str] = {}  # by id: the user's line that made the node

    def look_at(self, node: Value) -> None:
        self.made[id(node)] = "{}:{}".format(*user_line())
        if not math.isfinite(number_of(node)):
            raise self._error("value", node, number_of(node), node.label)

    def backward(self, root: Value, run: Callable[[], None]) -> None:
        """The pass; where a gradient is not finite, the first one is named and no leaf is changed."""
        nodes = order(root)
        before = [(node, node.grad) for node in nodes if node.op is None]
        run()
        try:
            self.look_at_gradients(nodes, {id(node): node.grad for node in nodes})
        except NonFiniteError:
            for leaf, gradient in before:
                leaf.grad = gradient
            raise

    def look_at_gradients(self, nodes: list[Value], gradients: dict[int, float]) -> None:
        """Of nodes, by their `id`: what each hands to its parents, and what these have then. The error names
        the operation, by its label or else the parent's."""
        for node in reversed(nodes):
            for parent, slope in zip(node.parents, node.partials, strict=True):
                if id(parent) in gradients:
                    for gradient in (slope * gradients[id(node)], gradients[id(parent)]):
                        if not math.isfinite(gradient):
                            raise self._error("gradient", node, gradient, node.label or parent.label)

    def _error(self, kind: str, node: Value, number: float, label: str) -> NonFiniteError:
        op = "leaf" if node.op is None else node.op.name
        inputs = tuple(number_of(x) if isinstance(x, Value) else x for x in node.operands)
        return NonFiniteError(kind, number, op, inputs, label, self.made.get(id(node), ""))
