"""A net, called on an input so that its graph can be drawn: inputs are named, nodes know their neurons."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..engine import Value, name_scope, real, recording
from ..errors import ArgumentTypeError, GraphError
from ..nn import Built


def called(function: str, net: Any, x: Any) -> tuple[list[Value], list[Value]]:
    """The outputs of net(x) and the inputs. Numbers in x become leaves "x0", "x1" ..., a single one "x".

    Whole numbers do so for the modules of nn alone: another net may take them as indices.
    """
    if not callable(net) or isinstance(net, type):
        raise ArgumentTypeError(function, "net", net, "a Value, a list of Values, or a net and its input")
    x = _named(x, whole=isinstance(net, Built))
    with recording(), name_scope("net"):
        result = net(x)
    outputs = list(_values(result))
    if not outputs:
        raise GraphError(
            f"{function}: the net gave no Value but {type(result).__name__}, so there is no graph"
        )
    return outputs, [v for v in _values(x) if v.op is None]


def _named(x: Any, whole: bool) -> Any:
    """The sample with Values in the place of its numbers."""
    x = x.tolist() if hasattr(x, "ndim") and hasattr(x, "tolist") else x
    if isinstance(x, list | tuple):
        return [_leaf(item, f"x{i}", whole) for i, item in enumerate(x)]
    return _leaf(x, "x", whole)


def _leaf(item: Any, label: str, whole: bool) -> Any:
    number = None if isinstance(item, Value | bool) else real(item)
    return item if number is None or not (whole or isinstance(item, float)) else Value(number, label=label)


def _values(nest: Any) -> Iterable[Value]:
    """The Values in a nest of lists, in order."""
    if isinstance(nest, Value):
        yield nest
    elif isinstance(nest, list | tuple):
        for item in nest:
            yield from _values(item)
