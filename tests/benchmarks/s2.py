"""S2: the net of S1 through `nn.MLP`, over the same forward pass on plain floats."""

from __future__ import annotations

from collections.abc import Callable

from autograd_lite import nn

from . import scalars
from .harness import Figure, engine_figure, interleaved, ratios
from .s1 import float_work

TITLE = "the net of S1 through nn.MLP: forward + backward + free, over the forward pass on floats"
GOALS = {"compiled": 1.5, "python": 10.0}


def the_net() -> nn.MLP:
    """nn.MLP with the numbers of S1."""
    net = nn.MLP(2, [16, 16, 1], activation="relu", output="linear", seed=0)
    for layer, rows in zip(net.layers, scalars.weights(), strict=True):
        for values, numbers in zip(layer.weight, rows, strict=True):
            for value, number in zip(values, numbers, strict=True):
                value.data = number
        for value in layer.bias:
            value.data = 0.0
    return net


def layer_work(count: int = scalars.SAMPLES) -> Callable[[], float]:
    net, samples = the_net(), scalars.points(count)

    def work() -> float:
        loss = scalars.hinge(net, scalars.method_relu, samples)
        loss.backward()
        return float(loss.data)

    return work


def measure(with_peers: bool = True) -> list[Figure]:
    seconds = interleaved({"floats": float_work(), "layers": layer_work()})
    return [engine_figure("S2", ratios(seconds["layers"], seconds["floats"]), GOALS)]
