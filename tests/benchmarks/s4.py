"""S4: value and all gradients of a compiled program, over the same written by hand in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import by_hand, nets, peers
from .harness import FEW, Figure, figure, interleaved, ratios
from .net_peers import PEERS
from .nets import Arrays, Case

TITLE = (
    "loss and all gradients of dense nets with softmax cross entropy, float64, one thread: "
    "a compiled program's value_and_grad over NumPy written by hand, PyTorch (eager) and JAX (jit)"
)
SMALL = (
    Case((3, 3, 2, 2), 1),
    Case((3, 3, 2, 2), 32),
    Case((2, 16, 16, 2), 100),
    Case((64, 32, 10), 64),
)
LARGE = (Case((784, 128, 10), 64), Case((784, 256, 128, 10), 512))
TANH = tuple(case._replace(hidden="tanh") for case in SMALL)
GOAL = 1.1
PEER_GOAL = 1.0  # on the small nets
ROUND = 0.01  # seconds that a round takes at least, for the clock's sake

Result = tuple[float, Arrays]
Work = Callable[[], Result]


def compiled_work(case: Case) -> Work:
    program, data = nets.compiled(case), nets.data(case)

    def work() -> Result:
        loss, gradients = program.value_and_grad(*data)
        return loss, list(gradients.values())

    return work


def numpy_work(case: Case) -> Work:
    function = by_hand.NETS[case.hidden, len(case.sizes) - 1]
    weights, data = nets.arrays(nets.network(case)), nets.data(case)
    return lambda: function(*data, *weights)


def peer_work(name: str, case: Case) -> Work:
    return PEERS[name](case, nets.arrays(nets.network(case)), *nets.data(case))


def measure(with_peers: bool = True) -> list[Figure]:
    """Once, beside the peers: the arrays know nothing of the engine that traced the net."""
    if not with_peers:
        return []
    works = {case: compiled_work(case) for case in (*SMALL, *LARGE, *TANH)}
    figures = [_against("NumPy", case, work, numpy_work(case), _goal(case)) for case, work in works.items()]
    for name in PEERS:  # after NumPy: what they import makes the collector slower
        version = peers.installed_version(name)
        if version is None:
            figures.append(Figure("S4", f"over {name}", note="not installed"))
            continue
        figures += [
            _against(f"{name} {version}", case, works[case], peer_work(name, case), _peer_goal(case))
            for case in (*SMALL, *LARGE)
        ]
    return figures


def _goal(case: Case) -> float | None:
    return None if case in TANH else GOAL


def _peer_goal(case: Case) -> float | None:
    return PEER_GOAL if case in SMALL else None


def _against(other: str, case: Case, ours: Work, theirs: Work, goal: float | None) -> Figure:
    agree(ours(), theirs())
    calls = _calls(theirs)
    seconds = interleaved({"ours": _repeated(ours, calls), "theirs": _repeated(theirs, calls)}, FEW)
    note = f"{_each(seconds['ours'], calls)} over {_each(seconds['theirs'], calls)}"
    found = ratios(seconds["ours"], seconds["theirs"])
    return figure("S4", f"{case.name} over {other}", found, goal=goal, note=note)


def agree(ours: Result, theirs: Result) -> None:
    """Raises where loss or gradients differ: a time is worth nothing where the numbers are wrong."""
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-10)
    for mine, other in zip(ours[1], theirs[1], strict=True):
        np.testing.assert_allclose(mine, np.asarray(other), rtol=1e-9, atol=1e-12)


def _calls(work: Work) -> int:
    """How often a round calls a work, from the times of a few calls."""
    seconds = min(interleaved({"one": work}, 3)["one"])
    return max(1, int(ROUND / seconds))


def _repeated(work: Work, calls: int) -> Callable[[], Any]:
    def run() -> None:
        for _ in range(calls):
            work()

    return run


def _each(seconds: list[float], calls: int) -> str:
    return f"{np.median(seconds) / calls * 1e6:.0f} µs"
