"""S5: how long al.compile takes a scalar operation, whether that is linear, and whether the text grows."""

from __future__ import annotations

import gc
import re
import statistics
from itertools import pairwise

import autograd_lite as al
from autograd_lite.compiler.rolling import array_equations, canonical_sums, scalars_of

from . import graphs
from .graphs import KINDS, POWERS, Job
from .harness import FEW, Figure, figure, interleaved, ratios
from .nets import Case

TITLE = (
    "al.compile, tracing and rolling, a scalar operation; the time of ten times the operations; "
    "the length of the text, whatever the width and the number of samples"
)
GOAL = 5.0
TEN_TIMES = 20.0  # as long at most, and 5 at least
WIDTHS = (8, 32, 128)
BATCHES = (8, 64, 512)
ROUNDS = {3: 151, 4: 31, 5: FEW, 6: 3}  # by power of ten: the short ones over a second, too

Seconds = dict[str, list[float]]  # of the processor: tracing and rolling, and all of al.compile


def measure(with_peers: bool = True) -> list[Figure]:
    """By both engines: one of them makes the graph, and is asked about it."""
    powers = POWERS if al.engine_kind == "compiled" else POWERS[:3]
    figures = [f for kind in KINDS for f in _kind(kind, powers)]
    return figures + ([_text("widths", widths()), _text("samples", batches())] if with_peers else [])


def _kind(kind: str, powers: tuple[int, ...]) -> list[Figure]:
    """The figures of one kind of graph: a power of ten after the other, then how they compare."""
    figures, taken, counts = [], {}, {}
    for power in powers:
        job = KINDS[kind](power)
        counts[power] = job.operations()
        taken[power] = times(job, ROUNDS[power])
        figures.append(_each(f"{kind}, 10^{power}", taken[power], counts[power]))
    for small, large in pairwise(powers[1:]):
        name = f"{kind}, 10^{large} over 10^{small}"
        figures.append(_ten_times(name, taken[large], taken[small], 10 * counts[small] / counts[large]))
    return figures


def times(job: Job, rounds: int) -> Seconds:
    """One after the other: what al.compile leaves behind in the caches is no cost of tracing and rolling."""

    def rolling() -> None:
        gc.disable()  # as al.compile does
        traced = job.traced()
        scalars = scalars_of(traced.roots, traced.leaves)
        array_equations(scalars, canonical_sums(scalars, traced), traced, job.reduce)
        gc.enable()

    works = {"rolling": rolling, "whole": job.compiled}
    return {name: interleaved({name: work}, rounds)[name] for name, work in works.items()}


def _each(who: str, seconds: Seconds, count: int) -> Figure:
    goal = GOAL if al.engine_kind == "compiled" else None
    micros = {name: [s / count * 1e6 for s in taken] for name, taken in seconds.items()}
    whole = statistics.median(micros["whole"])
    share = statistics.median(seconds["rolling"]) / statistics.median(seconds["whole"])
    note = f"{count:,} operations; all of al.compile {whole:.3g} µs, of which {share:.0%}"
    return figure("S5", _named(who), micros["rolling"], unit=" µs", goal=goal, note=note)


def _ten_times(who: str, large: Seconds, small: Seconds, share: float) -> Figure:
    """How much longer al.compile takes, as if there were ten times the operations to the one."""
    rounds = min(len(large["whole"]), len(small["whole"]))
    found = [share * ratio for ratio in ratios(large["whole"][:rounds], small["whole"][:rounds])]
    note = "all of al.compile; at least 5"
    return figure("S5", _named(who), found, goal=TEN_TIMES, note=note)


def _named(who: str) -> str:
    return who if al.engine_kind == "compiled" else f"{who}, {al.engine_kind}"


# --- the text ----------------------------------------------------------------------------------------


def widths(of: tuple[int, ...] = WIDTHS) -> list[str]:
    """The programs' texts of nets whose hidden layers are so wide."""
    return [graphs.function_job(Case((2, w, w, 2), 1)).compiled().source for w in of]


def batches(of: tuple[int, ...] = BATCHES) -> list[str]:
    """Those of finished losses over so many samples."""
    return [al.compile(graphs.finished_by_operators(samples)).source for samples in of]


def length(text: str) -> int:
    """In characters, each number counted as one: 0.125 and 0.5 are as long."""
    return len(re.sub(r"\b\d+(\.\d+)?(e-?\d+)?", "0", text))


def _text(what: str, texts: list[str]) -> Figure:
    lengths = [length(text) for text in texts]
    note = f"characters: {', '.join(map(str, lengths))}"
    ratio = max(lengths) / min(lengths)
    return Figure("S5", f"longest over shortest text, {what}", ratio, goal=1.0, note=note)
