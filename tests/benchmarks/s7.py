"""S7: bytes a node, as the type says and as the allocator and the system saw them."""

from __future__ import annotations

import gc
import os
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import autograd_lite as al

from .harness import Figure, engine_figure, figure

TITLE = "bytes a node, over 1,000,000 nodes of + and * in one graph"
GOALS = {"compiled": 120.0}
NODES = 1_000_000


def grow(nodes: int) -> Any:
    """A graph of so many operations, multiplications and additions in turn; all of them are alive."""
    x = al.Value(0.5)
    y = x
    for _ in range(nodes // 2):
        y = y * x + x
    return y


def traced_bytes(nodes: int) -> float:
    """A node's share of what Python's allocators gave out."""
    tracemalloc.start()
    try:
        return _growth(lambda: tracemalloc.get_traced_memory()[0], nodes)
    finally:
        tracemalloc.stop()


def resident_bytes(nodes: int) -> float | None:
    """A node's share of the process's memory, where the system tells it."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return None
    page = os.sysconf("SC_PAGE_SIZE")
    return _growth(lambda: int(statm.read_text().split()[1]) * page, nodes)


def _growth(used: Callable[[], int], nodes: int) -> float:
    gc.collect()
    before = used()
    graph = grow(nodes)
    share = (used() - before) / nodes
    del graph
    return share


def measure(with_peers: bool = True) -> list[Figure]:
    resident = resident_bytes(NODES)  # first, while no memory has been freed that it could reuse
    kind = al.engine_kind
    figures = [engine_figure("S7", [traced_bytes(NODES)], GOALS, unit=" B", note="allocated")]
    if resident is not None:
        figures.append(figure("S7", kind, [resident], unit=" B", note="resident"))
    return [*figures, figure("S7", kind, [float(sys.getsizeof(grow(2)))], unit=" B", note="sys.getsizeof")]
