"""Figure 6: nothing is left to the cyclic garbage collector, whatever the operations."""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Callable

import autograd_lite as al
from autograd_lite import Value

from .graphs import random_graph


def left_over(work: Callable[[], object]) -> int:
    """How many objects only the cyclic collector can free after the work."""
    gc.collect()
    enabled, flags = gc.isenabled(), gc.get_debug()
    gc.disable()
    try:
        work()
        gc.set_debug(gc.DEBUG_SAVEALL)
        return gc.collect()
    finally:
        gc.set_debug(flags)
        gc.garbage.clear()
        if enabled:
            gc.enable()


def operations(count: int) -> None:
    """Random graphs of every row, run backward and differentiated twice, and a refused pass each."""
    made = 0
    seed = 0
    while made < count:
        root = random_graph(random.Random(f"garbage/{seed}"))
        root.backward()
        nodes = al.order(root)
        leaves = [node for node in nodes if node.op is None]
        if seed % 10 == 0:
            al.hessian(root, leaves)
        _refused(root)
        made += len(nodes)
        seed += 1


def _refused(root: Value) -> None:
    """Errors, too, leave nothing: a traceback that holds its own frame would."""
    for work in (lambda: root + "text", lambda: float(root), lambda: al.sum(["text"])):  # type: ignore
        try:
            work()
        except TypeError:
            continue
        raise AssertionError("not refused")


def main(quick: bool = False) -> int:
    count = 10_000 if quick else 100_000
    found = left_over(lambda: operations(count))
    print(f"6. objects left to the cyclic garbage collector after {count:,} operations: {found}")
    return found


if __name__ == "__main__":
    sys.exit(main(quick="--quick" in sys.argv) > 0)
