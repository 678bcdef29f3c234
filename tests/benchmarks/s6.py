"""S6: al.fit on moons, over the same training loop written by hand in NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import autograd_lite as al
from autograd_lite import data, optim

from . import by_hand, nets
from .harness import FEW, Figure, figure, interleaved, ratios
from .nets import Arrays, Case

TITLE = (
    "al.fit on moons, 2-16-16-2, 1000 points, 200 epochs, Adam, full batch, with compilation, one thread: "
    "over the same loop written by hand in NumPy"
)
CASE = Case((2, 16, 16, 2), 1000)
EPOCHS = 200
GOAL = 1.3
LOOPS = {"Adam an array": by_hand.trained, "Adam on one flat array": by_hand.trained_flat}

Result = tuple[list[float], Arrays]
Work = Callable[[], Result]


def fit_work(samples: int = CASE.samples, epochs: int = EPOCHS) -> Work:
    """From a fresh net to a trained one."""
    X, Y = data.moons(samples)
    state = nets.network(CASE).state_dict()
    net = nets.network(CASE)

    def work() -> Result:
        net.load_state_dict(state)
        adam = optim.Adam(net.parameters())
        history = al.fit(net, X, Y, "cross_entropy", adam, epochs, progress=False, step="compiled")
        return history.history["loss"], nets.arrays(net)

    return work


def numpy_work(loop: Callable[..., Result], samples: int = CASE.samples, epochs: int = EPOCHS) -> Work:
    X, Y = data.moons(samples)
    start = nets.arrays(nets.network(CASE))
    return lambda: loop(X, Y, start, epochs)


def measure(with_peers: bool = True) -> list[Figure]:
    """By both engines: one of them traces the net."""
    ours = fit_work()
    works = {name: numpy_work(loop) for name, loop in LOOPS.items()}
    for work in works.values():
        agree(ours(), work())
    seconds = interleaved({"ours": ours, **works}, FEW)
    return [_figure(name, seconds["ours"], seconds[name]) for name in works]


def _figure(name: str, ours: list[float], theirs: list[float]) -> Figure:
    note = f"{np.median(ours) * 1e3:.0f} ms over {np.median(theirs) * 1e3:.0f} ms"
    who = f"{al.engine_kind}, over {name}"
    return figure("S6", who, ratios(ours, theirs), goal=GOAL, note=note)


def agree(ours: Result, theirs: Result) -> None:
    """Raises where the trajectories part."""
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-9)
    for mine, other in zip(ours[1], theirs[1], strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-8, atol=1e-10)
