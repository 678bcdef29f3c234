"""Figure 2: the gradients of random graphs, held to exact rational arithmetic.

The oracle takes the partials that a graph recorded going forward, sums over all ways with
fractions, and allows a double's rounding and no more. What it judges is a function `run(root)`
that leaves gradients in `.grad`, so that a planted bug goes through the same oracle.
"""

from __future__ import annotations

import math
import operator
import random
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import autograd_lite as al
from autograd_lite import Value
from autograd_lite.engine.ops import TABLE

Run = Callable[[Value], None]
UNIT = Fraction(1, 2**53)
NUMBERS = (-2.0, -1.0, 0.0, 0.5, 1.0, 1.5, 3.0)  # few, so that distinct nodes of one number are common
SPELLINGS: dict[str, Callable[..., Any]] = {  # rows that the engine writes out a second time
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
    "neg": operator.neg,
    "abs": abs,
    "relu": lambda x: x.relu(),
    "dot": lambda *xs: al.dot(
        xs[: len(xs) // 2], xs[len(xs) // 2 : len(xs) // 2 * 2], *xs[len(xs) // 2 * 2 :]
    ),
}
ROWS = [row for row in TABLE.values() if row.name != "select"]  # which makes no node


# --- making graphs ---------------------------------------------------------------------------------


def random_graph(rng: random.Random, steps: int = 0) -> Value:
    """A root over up to five leaves, with shared nodes, diamonds, constants and every kind of row."""
    pool = [Value(_number(rng)) for _ in range(rng.randint(1, 5))]
    for _ in range(steps or rng.randint(8, 48)):
        node = _step(rng, pool)
        if node is not None:
            pool.append(node)
    return pool[-1] if rng.random() < 0.5 else al.sum(pool[-rng.randint(1, 6) :])


def _number(rng: random.Random) -> float:
    return rng.choice(NUMBERS) if rng.random() < 0.6 else rng.uniform(-3.0, 3.0)


def _step(rng: random.Random, pool: list[Value]) -> Value | None:
    """One more node, or None where the row is not defined there or the numbers get out of hand."""
    row = rng.choice(ROWS)
    operands = _operands(rng, pool, row)
    if not any(type(x) is Value for x in operands) or not _in_domain(row, operands):
        return None
    node = SPELLINGS.get(row.name, row)(*operands)
    return node if _moderate(node) else None


def _operands(rng: random.Random, pool: list[Value], row: Any) -> list[Any]:
    count = rng.randint(1, 6) if row.variadic else len(row.inputs)
    count += count % 2 if row.name == "dot" and rng.random() < 0.5 else 0
    operands = [_number(rng) if rng.random() < 0.2 else rng.choice(pool[-8:]) for _ in range(count)]
    return [float(rng.randrange(count)), *operands] if row.inputs[0] == "index" else operands


def _in_domain(row: Any, operands: list[Any]) -> bool:
    if row.variadic:
        return True
    numbers = [x.data if type(x) is Value else x for x in operands]
    return all(low <= x <= high for x, (low, high) in zip(numbers, row.domain, strict=True))


def _moderate(node: Value) -> bool:
    """Far from overflow and underflow even when fifty slopes are multiplied: the bound needs it."""
    return abs(node.data) < 1e3 and all(p == 0.0 or 1e-6 < abs(p) < 1e6 for p in node.partials)


# --- the oracle --------------------------------------------------------------------------------------


def exact(root: Value) -> dict[Value, tuple[Fraction, Fraction]]:
    """For every node (the gradient, the rounding allowed), from the recorded partials.

    The rounding is K * 2**-53 * sum(|products along the ways|), where K counts the operations on
    the longest way from the root: one product an edge, one sum for each edge into a node.
    """
    nodes = al.order(root)
    edges = {node: list(zip(node.parents, node.partials, strict=True)) for node in nodes}
    zero = dict.fromkeys(nodes, 0)
    gradient: dict[Value, Fraction] = {**dict.fromkeys(nodes, Fraction(0)), root: Fraction(1)}
    size = dict(gradient)
    length, arrivals = dict(zero), dict(zero)
    for node in reversed(nodes):
        length[node] += arrivals[node]
        for parent, slope in edges[node]:
            p = Fraction(slope)
            gradient[parent] += p * gradient[node]
            size[parent] += abs(p) * size[node]
            length[parent] = max(length[parent], length[node] + 1)
            arrivals[parent] += 1
    return {node: (gradient[node], (length[node] + 1) * UNIT * size[node]) for node in nodes}


def wrong(root: Value, run: Run) -> list[Value]:
    """The nodes whose gradient is not what exact arithmetic says."""
    run(root)
    return [node for node, (right, allowed) in exact(root).items() if not (_off(node.grad, right) <= allowed)]


def _off(got: float, right: Fraction) -> Fraction | float:
    return abs(Fraction(got) - right) if math.isfinite(got) else math.nan


# --- the figure --------------------------------------------------------------------------------------


def count_wrong(graphs: int, run: Run = Value.backward, seed: int = 0) -> int:
    """How many of so many random graphs have a wrong gradient."""
    return sum(bool(wrong(random_graph(random.Random(f"{seed}/{i}")), run)) for i in range(graphs))


def main(quick: bool = False) -> int:
    graphs = 5_000 if quick else 100_000
    found = count_wrong(graphs)
    print(f"2. random graphs, gradients against exact rational accumulation: {found} of {graphs:,} wrong")
    return found


if __name__ == "__main__":
    sys.exit(main(quick="--quick" in sys.argv) > 0)
