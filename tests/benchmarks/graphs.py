"""The graphs that S5 compiles, from a thousand to a million scalar operations, and how to count them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import autograd_lite as al
from autograd_lite import nn
from autograd_lite.compiler.trace import Traced, trace, trace_value

from . import nets, scalars
from .nets import Case

POWERS = (3, 4, 5, 6)  # of ten


class Job(NamedTuple):
    """Something to compile: tracing alone, and all of it."""

    traced: Callable[[], Traced]
    compiled: Callable[[], al.Program]
    reduce: str

    def operations(self) -> int:
        return operations(self.traced().roots[0])


def wide_net(power: int) -> Job:
    """The loss of one sample, of a net of about 10**power operations."""
    sizes = {3: (4, 20, 20, 3), 4: (16, 56, 56, 10), 5: (784, 64, 10), 6: (784, 512, 128, 10)}[power]
    return function_job(Case(sizes, 1))


def function_job(case: Case) -> Job:
    net, (X, Y) = nets.network(case), nets.data(case)
    loss, example = nets.loss_of(net), {"x": X[0], "y": Y[0]}
    return Job(lambda: trace(loss, net, example), lambda: al.compile(loss, net, **example), "mean")


def by_operators(power: int) -> Job:
    """The finished loss of S1 over so many samples that there are about 10**power operations."""
    return value_job(finished_by_operators(samples_of(power)))


def by_layers(power: int) -> Job:
    """The same by nn.MLP, whose neurons are one dot each."""
    return value_job(finished_by_layers(samples_of(power)))


def samples_of(power: int) -> int:
    return max(2, 10**power // 647)


def finished_by_operators(samples: int, width: int = 16) -> Any:
    net = scalars.MLP(al.Value, scalars.method_relu, (2, width, width, 1))
    return scalars.hinge(net, scalars.method_relu, scalars.points(samples))


def finished_by_layers(samples: int, width: int = 16) -> Any:
    net = nn.MLP(2, [width, width, 1], activation="relu", output="linear", seed=0)
    return scalars.hinge(net, scalars.method_relu, scalars.points(samples))


def value_job(loss: Any) -> Job:
    """The parameters are found, as are the samples."""
    return Job(lambda: trace_value(loss, None), lambda: al.compile(loss), "")


KINDS = {"a sample, nn.MLP": wide_net, "a batch, operators": by_operators, "a batch, nn.MLP": by_layers}


def operations(root: Any) -> int:
    """Scalar operations, as plain operators have them: a dot of n numbers has n products and n - 1 sums."""
    return sum(map(_cost, al.order(root)))


def _cost(node: Any) -> int:
    if node.op is None:
        return 0
    return len(node.operands) - 1 if node.op.name in ("dot", "sum", "mean") else 1
