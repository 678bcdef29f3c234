"""How a benchmark measures: interleaved repetitions, ratios within each, and the figures they give."""

from __future__ import annotations

import gc
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import autograd_lite as al

Work = Callable[[], Any]

REPETITIONS = 31
FEW = 15  # for works of a second and more


@dataclass
class Figure:
    """One measured number: the row, who was measured, and the goal if it has one."""

    row: str
    who: str
    median: float | None = None  # None: could not be measured, and the note says why
    low: float = 0.0  # the quartiles
    high: float = 0.0
    unit: str = ""
    goal: float | None = None
    more_is_better: bool = False
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.goal is None or self.median is None:
            return ""
        met = self.median >= self.goal if self.more_is_better else self.median <= self.goal
        return "met" if met else "missed"


def figure(row: str, who: str, numbers: list[float], **about: Any) -> Figure:
    """The median and the quartiles of repeated measurements."""
    if len(numbers) == 1:
        return Figure(row, who, numbers[0], numbers[0], numbers[0], **about)
    low, median, high = statistics.quantiles(numbers, n=4, method="inclusive")
    return Figure(row, who, median, low, high, **about)


def engine_figure(row: str, numbers: list[float], goals: dict[str, float], **about: Any) -> Figure:
    """The figure of the engine that is loaded, with its own goal."""
    return figure(row, al.engine_kind, numbers, goal=goals.get(al.engine_kind), **about)


def interleaved(works: dict[str, Work], repetitions: int = REPETITIONS) -> dict[str, list[float]]:
    """Seconds of the processor for every work, one of each a round, so that a slow spell hits all alike.

    The first round warms up. The cyclic collector stays as Python sets it: what it costs is part of the work.
    """
    gc.collect()
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for round_ in range(repetitions + 1):
        for name, work in works.items():
            start = time.process_time()
            work()
            elapsed = time.process_time() - start
            if round_ > 0:
                seconds[name].append(elapsed)
    return seconds


def ratios(over: list[float], under: list[float]) -> list[float]:
    """Round by round."""
    return [a / b for a, b in zip(over, under, strict=True)]


def to_json(figures: list[Figure]) -> str:
    return json.dumps([asdict(f) for f in figures])


def from_json(text: str) -> list[Figure]:
    return [Figure(**fields) for fields in json.loads(text)]


def table(figures: list[Figure], titles: dict[str, str]) -> str:
    """The figures as text, one block a row of the table."""
    lines = []
    for row in sorted({f.row for f in figures}):
        lines += [f"{row}  {titles[row]}", *(_line(f) for f in figures if f.row == row), ""]
    return "\n".join(lines)


def _line(f: Figure) -> str:
    if f.median is None:
        return f"    {f.who:<34} {f.note}"
    measured = f"{_number(f.median)}{f.unit}"
    spread = f"{_number(f.low)} .. {_number(f.high)}" if f.low != f.high else ""
    goal = "" if f.goal is None else f"goal {'>=' if f.more_is_better else '<='} {f.goal:g}{f.unit}"
    return f"    {f.who:<34} {measured:>10}  {spread:<18} {goal:<16} {f.verdict:<7} {f.note}".rstrip()


def _number(x: float) -> str:
    return f"{x:.0f}" if abs(x) >= 100 else f"{x:.3g}"
