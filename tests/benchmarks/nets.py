"""The nets that S4 and S6 are about: sizes, data, weights, and the per-sample loss that is compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as al
from autograd_lite import nn

Arrays = list[Any]  # W1, b1, W2, b2 ...


class Case(NamedTuple):
    """A net of dense layers with softmax cross entropy, and how many samples it sees at once."""

    sizes: tuple[int, ...]
    samples: int
    hidden: str = "relu"

    @property
    def name(self) -> str:
        hidden = "" if self.hidden == "relu" else f" {self.hidden}"
        return f"{'-'.join(map(str, self.sizes))}{hidden} at {self.samples}"


def network(case: Case) -> nn.MLP:
    return nn.MLP(case.sizes[0], case.sizes[1:], activation=case.hidden, output="linear", seed=0)


def arrays(net: nn.MLP) -> Arrays:
    """Weights and biases, layer by layer, (out, in) and (out,)."""
    return [np.array(numbers) for numbers in net.state_dict().values()]


def data(case: Case) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, case.sizes[-1], case.samples)
    return rng.normal(size=(case.samples, case.sizes[0])), labels


def loss_of(net: nn.MLP) -> Callable[[Any, Any], Any]:
    """Of one sample, over scalars."""
    return lambda x, y: al.cross_entropy(net(x), y)


def compiled(case: Case) -> al.Program:
    net, (X, Y) = network(case), data(case)
    return al.compile(loss_of(net), net, x=X[0], y=Y[0])
