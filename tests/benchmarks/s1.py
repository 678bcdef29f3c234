"""S1: a net written with plain operators on Values, over the same forward pass on plain floats."""

from __future__ import annotations

from collections.abc import Callable

import autograd_lite as al

from . import peers, scalars
from .harness import FEW, Figure, engine_figure, figure, interleaved, ratios

TITLE = (
    "2-16-16-1 ReLU net, 100 samples, hinge loss, 644 operations a sample, plain operators: "
    "forward + backward + free, over the forward pass on floats"
)
GOALS = {"compiled": 3.0, "python": 25.0}


def float_work(count: int = scalars.SAMPLES) -> Callable[[], float]:
    net, samples = scalars.MLP(float, scalars.float_relu), scalars.points(count)
    return lambda: scalars.hinge(net, scalars.float_relu, samples)


def value_work(count: int = scalars.SAMPLES) -> Callable[[], float]:
    """Forward, backward, and the free of the graph, which the return does."""
    net, samples = scalars.MLP(al.Value, scalars.method_relu), scalars.points(count)

    def work() -> float:
        loss = scalars.hinge(net, scalars.method_relu, samples)
        loss.backward()
        return float(loss.data)

    return work


def measure(with_peers: bool = True) -> list[Figure]:
    seconds = interleaved({"floats": float_work(), "values": value_work()})
    figures = [engine_figure("S1", ratios(seconds["values"], seconds["floats"]), GOALS)]
    return figures + (_peers() if with_peers else [])


def _peers() -> list[Figure]:
    """Each beside floats of its own rounds, for they take a second a round."""
    versions = {name: peers.installed_version(name) for name in peers.PEERS}
    return [_peer(name, version) for name, version in versions.items()]


def _peer(name: str, version: str | None) -> Figure:
    if version is None:
        return Figure("S1", name, note="not installed")
    works = {"floats": float_work(), name: peers.PEERS[name](scalars.points())}
    seconds = interleaved(works, FEW)
    return figure("S1", f"{name} {version}", ratios(seconds[name], seconds["floats"]))
