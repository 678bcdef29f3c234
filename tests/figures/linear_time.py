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


def of_a_graph(nodes: int) -> dict[str, float]:
    """Seconds of the processor, a phase."""
    roots: list[Value] = []
    steps: dict[str, Callable[[], object]] = {
        "building": lambda: roots.append(graph(nodes)),
        "backward": lambda: roots[0].backward(),
        "grad": lambda: al.grad(roots[0], []),
    }
    return {phase: _seconds(step) for phase, step in steps.items()}


def of_compiling(nodes: int) -> dict[str, float]:
    loss = by_operators(nodes)
    return {"compiling": _seconds(lambda: al.compile(loss))}


def _seconds(step: Callable[[], object]) -> float:
    start = time.process_time()
    step()
    return time.process_time() - start


def ratios(nodes: int, repeats: int = 9) -> dict[str, float]:
    """A phase: how many times longer ten times the nodes take, by the best of so many runs.

    What is compiled comes last, for it leaves a memory in pieces, and has a third of the runs.
    """
    found = {}
    for measured, runs in ((of_a_graph, repeats), (of_compiling, repeats // 3)):
        small, large = ([measured(count) for _ in range(runs)] for count in (nodes, 10 * nodes))
        for phase in small[0]:
            found[phase] = min(run[phase] for run in large) / min(run[phase] for run in small)
    return found


def main(quick: bool = False) -> int:
    nodes = 10_000
    found = 0
    for phase, ratio in ratios(nodes, repeats=9 if quick else 45).items():
        found += not (5.0 <= ratio <= 20.0)
        print(f"13. {phase}, {nodes:,} and {10 * nodes:,} nodes: {ratio:.1f} times as long")
    return found


if __name__ == "__main__":
    sys.exit(main(quick="--quick" in sys.argv) > 0)
