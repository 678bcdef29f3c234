"""The net of S1 on the scalars of other packages, where they are installed."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from . import scalars

Work = Callable[[], float]


def micrograd_work(samples: Any) -> Work:
    value = import_module("micrograd.engine").Value
    net = scalars.MLP(value, scalars.method_relu)

    def work() -> float:
        loss = scalars.hinge(net, scalars.method_relu, samples)
        loss.backward()
        return float(loss.data)

    return work


def torch_work(samples: Any) -> Work:
    torch = import_module("torch")
    torch.set_num_threads(1)
    net = scalars.MLP(lambda x: torch.tensor(x, dtype=torch.float64, requires_grad=True), torch.relu)

    def work() -> float:
        loss = scalars.hinge(net, torch.relu, samples)
        loss.backward()
        return float(loss.item())

    return work


def xad_work(samples: Any) -> Work:
    xad = import_module("xad.adj_1st")
    net = scalars.MLP(xad.Real, scalars.float_relu)

    def work() -> float:
        with xad.Tape() as tape:
            for p in net.parameters():
                tape.registerInput(p)
            tape.newRecording()
            loss = scalars.hinge(net, scalars.float_relu, samples)
            tape.registerOutput(loss)
            loss.derivative = 1.0
            tape.computeAdjoints()
            return float(loss.value)

    return work


# In this order: what torch imports makes every later run of the cyclic collector slower.
PEERS = {"xad": xad_work, "micrograd": micrograd_work, "torch": torch_work}


def installed_version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
