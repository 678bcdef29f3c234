"""S3: a training step of a GPT over scalars, with a forty-line Value and with ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd_lite as al

from .gpt import GPT, Adam
from .harness import Figure, engine_figure, interleaved, ratios
from .slots import SlotsValue

TITLE = (
    "a training step of a GPT of 4,192 scalar parameters on an 8-letter word: "
    "the time of a 40-line slots-and-tuples Value over ours"
)
GOALS = {"compiled": 15.0, "python": 1.5}
WORD = "marianne"


def step_work(make: Callable[[float], Any], word: str = WORD) -> Callable[[], float]:
    """Forward, backward, update and free; gives the loss."""
    model = GPT(make)
    optimizer = Adam(model.parameters())

    def work() -> float:
        loss = model.loss(word)
        loss.backward()
        optimizer.step()
        return float(loss.data)

    return work


def node_count(word: str = WORD) -> int:
    """Operations and the parameters that they use."""
    return len(al.order(GPT(al.Value).loss(word)))


def measure(with_peers: bool = True) -> list[Figure]:
    parameters = len(GPT(float).parameters())
    seconds = interleaved({"slots": step_work(SlotsValue), "ours": step_work(al.Value)})
    found = ratios(seconds["slots"], seconds["ours"])
    note = f"{parameters:,} parameters, {node_count():,} nodes"
    return [engine_figure("S3", found, GOALS, more_is_better=True, note=note)]
