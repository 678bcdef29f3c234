"""A graph in steps: forward, every node in order; backward, every edge as the engine walks it.

The numbers are the engine's own: the data and the local derivatives that it recorded, and gradients added
up in its order. They start from 0, and nothing in the graph is touched.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..engine import Value
from ..pictures import number, visible
from . import step_formulas as rules

LONGEST = 28  # characters of a name in a formula


class Forward(NamedTuple):
    """A node gets its number."""

    node: int
    formula: str
    figures: str  # the formula with numbers; "" where there is none


class Backward(NamedTuple):
    """A node hands its gradient, times the local derivative, to one of its operands.

    The first step is the root's: it gets the seed, and `node` is -1.
    """

    node: int
    parent: int
    formula: str  # of the local derivative
    figures: str
    slope: float
    gradient: float  # the node's
    term: float  # what is handed over: slope * gradient
    before: float  # the operand's gradient without it
    after: float  # and with it


def forward(nodes: Sequence[Value], names: Sequence[str]) -> list[Forward]:
    """A step for every node that is no leaf, operands first."""
    place = {node: i for i, node in enumerate(nodes)}
    return [
        Forward(i, *rules.forward(node, _operands(node, place, names)))
        for i, node in enumerate(nodes)
        if node.op is not None
    ]


def backward(nodes: Sequence[Value], names: Sequence[str], root: Value, seed: float = 1.0) -> list[Backward]:
    """A step for every edge, in the engine's order."""
    place = {node: i for i, node in enumerate(nodes)}
    gradients = [0.0] * len(nodes)
    found = [_handed(-1, place[root], ("", ""), 1.0, seed, gradients)]
    for node in hand_back_order(nodes, root):
        i = place[node]
        words = rules.backward(node, _operands(node, place, names), names[i])
        for parent, slope, wording in zip(node.parents, node.partials, words, strict=True):
            found.append(_handed(i, place[parent], wording, slope, gradients[i], gradients))
    return found


def _handed(
    i: int, j: int, wording: rules.Wording, slope: float, gradient: float, gradients: list[float]
) -> Backward:
    before, term = gradients[j], slope * gradient
    gradients[j] = before + term
    return Backward(i, j, *wording, slope, gradient, term, before, gradients[j])


def hand_back_order(nodes: Sequence[Value], root: Value) -> list[Value]:
    """The nodes in the order in which the engine's backward pass takes them: see `_hand_back` there."""
    waiting = Counter(parent for node in nodes for parent in node.parents)
    stack, found = [root], []
    while stack:
        node = stack.pop()
        found.append(node)
        for parent in node.parents:
            waiting[parent] -= 1
            if waiting[parent] == 0 and parent.op is not None:
                stack.append(parent)
    return found


def _operands(node: Value, place: Mapping[Value, int], names: Sequence[str]) -> list[str]:
    return [names[place[x]] if isinstance(x, Value) else number(x) for x in node.operands]


# --- names ---------------------------------------------------------------------------------------------


def names_of(nodes: Sequence[Value], given: Mapping[Value, str]) -> list[str]:
    """A name for every node: the one given, its label, its place in a net, or v1, v2, ...

    In the scope of a layer's neuron, "layer0/neuron1", the weights are W0[1,0] ..., the bias is b0[1], the
    sum a0[1] and what the activation makes of it h0[1]. A name of ours that is taken gets a number.
    """
    found = {**{node: node.label for node in nodes if node.label}, **given}
    taken = Counter(found.values())
    for node, name in _in_layers(nodes):
        if node not in found:
            found[node] = _free(name, taken)
    fresh = (f"v{k}" for k in range(1, 2 * len(nodes) + 1))
    for node in nodes:
        if node not in found:
            found[node] = next(name for name in fresh if name not in taken)
    return [_short(found[node]) for node in nodes]


def _in_layers(nodes: Sequence[Value]) -> list[tuple[Value, str]]:
    """Names by the place in a net, for what is in the scope of a neuron."""
    found = []
    for node in nodes:
        match = re.search(r"layer(\d+)/neuron(\d+)$", node.scope)
        if match is None or node.op is None:
            continue
        layer, k = match[1], match[2]
        is_sum = node.op.name == "dot"
        found.append((node, f"{'a' if is_sum else 'h'}{layer}[{k}]"))
        if is_sum:
            found += _weights(node, layer, k)
    return found


def _weights(node: Value, layer: str, k: str) -> list[tuple[Value, str]]:
    """Of w[0] ... w[n-1], x[0] ... x[n-1] and perhaps a bias, the leaves that are weights or bias."""
    operands = node.operands
    half = len(operands) // 2
    named = [(x, f"W{layer}[{k},{i}]") for i, x in enumerate(operands[:half])]
    named += [(x, f"b{layer}[{k}]") for x in operands[2 * half :]]
    return [(x, name) for x, name in named if isinstance(x, Value) and x.op is None]


def _free(name: str, taken: Counter[str]) -> str:
    """The name, or where it is taken already, the name with a number."""
    taken[name] += 1
    return name if taken[name] == 1 else f"{name}#{taken[name]}"


def _short(name: str) -> str:
    line = visible(" ".join(name.split())) or "?"
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
