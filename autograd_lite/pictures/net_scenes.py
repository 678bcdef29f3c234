"""Scenes of nets: called on an input, in clusters by layer and neuron; or their weights alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from .. import arguments
from ..engine import Value, name_scope, real, recording
from ..errors import ArgumentTypeError, ArgumentValueError, GraphError
from ..nn import Built, Layer, Module
from .numbered_graph import refuse_too_many
from .scene import LIMIT, Cluster, Edge, Node, Scene, scene


def net_scene(
    net: Any,
    x: Any,
    by: str | None = None,
    limit: int | None = LIMIT,
    *,
    opened: Iterable[str] = (),
    function: str = "net_scene",
) -> Scene:
    """The scene of net(x), in which the nodes are in clusters by layer and neuron."""
    outputs, inputs = called(function, net, x)
    return scene(outputs, by, limit, inputs=inputs, opened=opened, function=function)


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


# --- weights ---------------------------------------------------------------------------------------


def weights_scene(
    net: Any,
    by: str | None = None,
    limit: int | None = LIMIT,
    *,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    function: str = "weights_scene",
) -> Scene:
    """Inputs and neurons in columns; the weight of every connection is its edge's `weight`.

    `inputs` and `outputs` are names, used where they are as many as there must be.
    """
    if by is not None:
        arguments.choice(function, "by", by, ("neuron",))
    layers = _layers(function, net)
    sizes = [len(layers[0].weight[0]), *(len(layer.weight) for layer in layers)]
    refuse_too_many(function, sum(sizes), sum(a * b for a, b in pairwise(sizes)), limit)
    columns = [_inputs(sizes[0], inputs), *(_neurons(k, layer) for k, layer in enumerate(layers))]
    names = outputs if len(outputs) == sizes[-1] else [node.label for node in columns[-1]]
    columns[-1] = [
        replace(node, label=name, result=True) for node, name in zip(columns[-1], names, strict=True)
    ]
    edges = [
        Edge(source.id, target.id, None, weight=w.data)
        for layer, before, after in zip(layers, columns, columns[1:], strict=False)
        for target, row in zip(after, layer.weight, strict=True)
        for source, w in zip(before, row, strict=True)
    ]
    clusters = [Cluster(f"c{k}", f"layer{k}") for k in range(len(layers))]
    return Scene([node for column in columns for node in column], edges, clusters, "neuron")


def _inputs(count: int, names: Sequence[str]) -> list[Node]:
    labels = names if len(names) == count else [f"x{i}" for i in range(count)]
    return [Node(f"x{i}", "leaf", label, "", None, None) for i, label in enumerate(labels)]


def _neurons(k: int, layer: Layer) -> list[Node]:
    g = layer.activation
    name = g if isinstance(g, str) else getattr(g, "__name__", "")
    return [
        Node(f"h{k}_{j}", "group", f"neuron{j}", name, None, None, f"c{k}") for j in range(len(layer.weight))
    ]


def _layers(function: str, net: Any) -> list[Layer]:
    """The layers of a net that are joined one to the next."""
    if not isinstance(net, Module):
        raise ArgumentTypeError(
            function, "value", net, "a Value, a list of Values, or a net (and its input x)"
        )
    found = [module for _, module in net.named_modules() if isinstance(module, Layer)]
    joined = all(len(b.weight[0]) == len(a.weight) for a, b in pairwise(found))
    if not found or not joined:
        raise ArgumentValueError(
            function, "value", net, "a net of layers, each joined to the next, or given with its input x"
        )
    return found
