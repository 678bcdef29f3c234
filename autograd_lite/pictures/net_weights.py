"""A net without an input, as a scene: its neurons, and every weight as an edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from .. import arguments
from ..errors import ArgumentTypeError, ArgumentValueError
from ..nn import Layer, Module
from .limits import refuse_crowd
from .scene import LIMIT, Cluster, Edge, Node, Scene


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
    refuse_crowd(function, sum(sizes), sum(a * b for a, b in pairwise(sizes)), limit)
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
