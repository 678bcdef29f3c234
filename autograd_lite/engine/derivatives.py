"""Derivatives as values: grad, and jacobian, hessian and hvp on top of it. No `grad` is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..errors import ArgumentTypeError, ArgumentValueError
from .contexts import mode, recording
from .float_math import real
from .graph import gradients, order
from .tracing import refuse
from .value import Value


def grad(y: Value, xs: Any, create_graph: bool = False) -> Any:
    """The derivative of y for each of xs: a Value, or a list, tuple or array of them, nested at will.

    The result has the shape of xs. It is made of floats, from the local derivatives that were
    recorded; or, with `create_graph`, of Values that can be differentiated again, at the numbers
    that the leaves hold now. What y does not depend on has derivative 0.
    """
    return _grad("grad", y, xs, create_graph)


def _grad(function: str, y: Any, xs: Any, create_graph: Any) -> Any:
    if not isinstance(y, Value):
        raise ArgumentTypeError(function, "y", y, "a Value")
    if not isinstance(create_graph, bool):
        raise ArgumentTypeError(function, "create_graph", create_graph, "True or False")
    wanted = _values(function, "xs", xs)
    if create_graph:
        with recording():
            flow = _flow(y, wanted)
            return _like(xs, lambda x: _wrapped(flow.get(id(x), 0.0)))
    refuse("derivative")
    found = iter(gradients(y, wanted))
    if mode.strict is not None:
        nodes = _between(y, wanted)
        mode.strict.look_at_gradients(nodes, dict(zip(map(id, nodes), gradients(y, nodes), strict=True)))
    return _like(xs, lambda _: next(found))


def jacobian(ys: Any, xs: Any, create_graph: bool = False) -> list[Any]:
    """One row for each of ys: its derivatives for xs, in the shape of xs."""
    return [_grad("jacobian", y, xs, create_graph) for y in _values("jacobian", "ys", ys)]


def hessian(y: Value, xs: Any, create_graph: bool = False) -> list[list[Any]]:
    """The matrix of second derivatives for xs, flattened."""
    flat = _values("hessian", "xs", xs)
    slopes = _grad("hessian", y, flat, create_graph=True)
    return [_grad("hessian", slope, flat, create_graph) for slope in slopes]


def hvp(y: Value, xs: Any, vector: Sequence[float], create_graph: bool = False) -> list[Any]:
    """The Hessian times a vector, for xs flattened, without the Hessian: two passes in all."""
    flat = _values("hvp", "xs", xs)
    listed = vector.tolist() if hasattr(vector, "tolist") else vector
    numbers = [real(v) for v in listed] if isinstance(listed, list | tuple) else [None]
    if None in numbers:
        raise ArgumentTypeError("hvp", "vector", vector, "a list of real numbers")
    if len(numbers) != len(flat):
        raise ArgumentValueError("hvp", "vector", vector, f"of the length of xs, {len(flat)}")
    with recording():
        slope = Value(0.0)
        for g, v in zip(_grad("hvp", y, flat, create_graph=True), numbers, strict=True):
            slope = slope + g * v
        result: list[Any] = _grad("hvp", slope, flat, create_graph)
    return result


# --- the pass ------------------------------------------------------------------------------------


def _flow(y: Value, wanted: Sequence[Value]) -> dict[int, Any]:
    """The gradients, by `id`, of what lies between y and the wanted, by the table's partials of Values."""
    nodes = _between(y, wanted)
    among = set(map(id, nodes))
    flow: dict[int, Any] = {id(y): 1.0}
    for node in reversed(nodes):
        for parent, slope in _edges(node, among):
            term = _times(slope, flow[id(node)])
            known = flow.get(id(parent))
            flow[id(parent)] = term if known is None else known + term
    return flow


def _between(y: Value, wanted: Sequence[Value]) -> list[Value]:
    """The nodes on a way from the wanted to y, parents first."""
    among = set(map(id, wanted))
    nodes = []
    for node in order(y):
        if id(node) in among or any(id(parent) in among for parent in node.parents):
            among.add(id(node))
            nodes.append(node)
    return nodes


def _edges(node: Value, among: set[int]) -> Iterator[tuple[Value, Any]]:
    """(parent, local derivative) for the parents that are among those of these `id`."""
    row, operands = node.op, node.operands
    counting = [i for i, x in enumerate(operands) if isinstance(x, Value) and id(x) in among]
    slopes = row.all_partials(node, operands) if row is not None and row.variadic and counting else None
    for i in counting:
        yield operands[i], slopes[i] if slopes else row.partial(i, node, operands)  # type: ignore[misc, union-attr]


def _times(slope: Any, g: Any) -> Any:
    """slope * g without factors 1 and -1, so that a derivative reads as a person would write it."""
    for factor, other in ((slope, g), (g, slope)):
        if type(factor) is float and abs(factor) == 1.0:
            return other if factor == 1.0 else -other
    return slope * g if type(slope) is float else g * slope  # 2 * x * y, not y * 2 * x


# --- what it is asked for --------------------------------------------------------------------------


def _values(function: str, argument: str, xs: Any) -> list[Value]:
    """The Values of a nested structure, in order."""
    try:
        return list(_leaves(function, argument, xs))
    except RecursionError:
        raise ArgumentTypeError(function, argument, type(xs), "nested, but not within itself") from None


def _leaves(function: str, argument: str, xs: Any) -> Iterator[Value]:
    if isinstance(xs, Value):
        yield xs
    elif isinstance(xs, list | tuple) or getattr(getattr(xs, "dtype", None), "kind", "") == "O":
        for x in getattr(xs, "flat", xs):
            yield from _leaves(function, argument, x)
    else:
        raise ArgumentTypeError(function, argument, xs, "a Value, or a list, tuple or array of Values")


def _like(xs: Any, result: Callable[[Value], Any]) -> Any:
    """The results in the structure of xs."""
    if isinstance(xs, Value):
        return result(xs)
    if isinstance(xs, list | tuple):
        return [_like(x, result) for x in xs]
    import numpy as np

    filled = np.array([result(x) for x in xs.flat])
    return filled.reshape(xs.shape)


def _wrapped(g: Any) -> Value:
    return g if isinstance(g, Value) else Value(g)
