"""Figure 13: ten times the nodes take about ten times as long: building, backward, grad, compiling.

What is compiled is the loss of a net over many samples, of as many nodes. Both sizes of the other
graphs fit a processor's cache. Where a graph outgrows it, a node costs up to three times as
much, once: that is the memory's step and not the algorithm's slope.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable

import autograd_lite as al
from autograd_lite import Value
from tests.benchmarks import scalars

PHASES = ("building", "backward", "grad", "compiling")


def graph(nodes: int) -> Value:
    """A graph of so many nodes: sums and products of two of the latest hundred."""
    rng = random.Random(0)
    recent = [Value(0.01 * i) for i in range(100)]
    while nodes > 0:
        for i in range(100):
            a, b = recent[i], recent[rng.randrange(100)]
            recent[i] = a + b * 0.001
        nodes -= 200
    return al.sum(recent)


def by_operators(nodes: int) -> Value:
    """The loss of a net over samples, 649 nodes each with their data."""
    net = scalars.MLP(Value, scalars.method_relu)
    return scalars.hinge(net, scalars.method_relu, scalars.points(nodes // 649))


def times(nodes: int, repeats: int = 3) -> dict[str, float]:
    """The best of a few, in seconds of the processor, a phase."""
    runs = [_once(nodes) for _ in range(repeats)]
    return {phase: min(run[phase] for run in runs) for phase in PHASES}


def _once(nodes: int) -> dict[str, float]:
    return _of_a_graph(nodes) | {"compiling": _of_compiling(nodes)}


def _of_a_graph(nodes: int) -> dict[str, float]:
    roots: list[Value] = []
    steps: dict[str, Callable[[], object]] = {
        "building": lambda: roots.append(graph(nodes)),
        "backward": lambda: roots[0].backward(),
        "grad": lambda: al.grad(roots[0], []),
    }
    return {phase: _seconds(step) for phase, step in steps.items()}


def _of_compiling(nodes: int) -> float:
    loss = by_operators(nodes)
    return _seconds(lambda: al.compile(loss))


def _seconds(step: Callable[[], object]) -> float:
    start = time.process_time()
    step()
    return time.process_time() - start


def ratios(nodes: int, repeats: int = 3) -> dict[str, float]:
    """A phase: how many times longer ten times the nodes take."""
    small, large = times(nodes, repeats), times(10 * nodes, repeats)
    return {phase: large[phase] / small[phase] for phase in PHASES}


def main(quick: bool = False) -> int:
    nodes = 10_000
    found = 0
    for phase, ratio in ratios(nodes, repeats=3 if quick else 15).items():
        found += not (5.0 <= ratio <= 20.0)
        print(f"13. {phase}, {nodes:,} and {10 * nodes:,} nodes: {ratio:.1f} times as long")
    return found


if __name__ == "__main__":
    sys.exit(main(quick="--quick" in sys.argv) > 0)
