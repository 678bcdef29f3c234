"""Figure 4: chains of a million nodes are built, run backward, refused where they must be, and freed.

Each life of a chain runs in a process of its own, for what fails here is a crash, not an exception.
"""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import autograd_lite as al
from autograd_lite import GraphError, Value

ROOT = Path(__file__).parents[2]
HELD: list[Value] = []  # what is alive when the interpreter exits


# --- chains: each ends in a node whose derivative for its leaf is known ------------------------------


def operators(depth: int) -> tuple[Value, Value, float]:
    """x + 1.0 + 1.0 ..."""
    x = node = Value(1.0)
    for _ in range(depth):
        node = node + 1.0
    return x, node, 1.0


def diamonds(depth: int) -> tuple[Value, Value, float]:
    """Both operands are the node before: ways double at every step, and halves keep the slope at 1."""
    x = node = Value(1.0)
    for _ in range(depth // 2):
        node = (node + node) * 0.5
    return x, node, 1.0


def lists(depth: int) -> tuple[Value, Value, float]:
    """Nodes over lists, which keep their operands in tuples, mixed with nodes of one operand."""
    x = node = Value(1.0)
    for _ in range(depth // 2):
        node = -al.sum([node, x, 0.0])
    return x, node, -2.0 if depth // 2 % 2 else 1.0


CHAINS: dict[str, Callable[[int], tuple[Value, Value, float]]] = {
    "operators": operators,
    "diamonds": diamonds,
    "lists": lists,
}


# --- what is done with them ----------------------------------------------------------------------------


def live(chain: str, depth: int) -> None:
    """Builds, runs backward, differentiates, is refused where it must be, and frees."""
    x, root, slope = CHAINS[chain](depth)
    root.backward()
    expect(x.grad == slope, f"gradient {x.grad} is not {slope}")
    expect(al.grad(root, x) == slope, "grad disagrees with backward")
    expect(len(al.order(root)) > depth // 2, "nodes are missing from the order")
    expect("Value(" in repr(root), "repr")
    for take_along in (copy.deepcopy, copy.copy, pickle.dumps):
        expect_refused(lambda take=take_along: take(root), GraphError)
    if hasattr(al, "draw"):
        expect_refused(lambda: al.draw(root), al.AutogradLiteError)
    expect(copy.deepcopy(x).data == 1.0, "leaves are copied")


def free_in_two_parts(chain: str, depth: int) -> None:
    """Frees while part of the chain stays in use, then the rest."""
    x, root, _ = CHAINS[chain](depth)
    middle = al.order(root)[depth // 4]
    del root
    middle.backward()
    expect(x.grad == al.grad(middle, x), f"gradient {x.grad}")


def in_a_thread(chain: str, depth: int) -> None:
    """The same on a thread with a stack of one megabyte: on much less, CPython cannot free a deep tuple."""
    failures: list[BaseException] = []

    def work() -> None:
        try:
            live(chain, depth)
        except BaseException as failure:
            failures.append(failure)

    threading.stack_size(1024 * 1024)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    expect(not failures, repr(failures))


def until_exit(chain: str, depth: int) -> None:
    """The interpreter exits with the chain in its hands."""
    HELD.append(CHAINS[chain](depth)[1])


LIVES: dict[str, Callable[[str, int], None]] = {
    "built, run backward, freed": live,
    "freed in two parts": free_in_two_parts,
    "in a thread": in_a_thread,
    "held until exit": until_exit,
}


def expect(condition: bool, complaint: str) -> None:
    if not condition:
        raise AssertionError(complaint)


def expect_refused(work: Callable[[], object], error: type[Exception]) -> None:
    try:
        work()
    except error:
        return
    raise AssertionError(f"no {error.__name__}")


# --- the figure ------------------------------------------------------------------------------------------


def failure(life: str, chain: str, depth: int) -> str:
    """How this life of this chain ends in a process of its own: "" is well."""
    code = f"from tests.figures.depth import LIVES; LIVES[{life!r}]({chain!r}, {depth})"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ, capture_output=True, text=True
    )
    return "" if run.returncode == 0 and not run.stderr else f"exit {run.returncode}: {run.stderr[-500:]}"


def main(quick: bool = False) -> int:
    depth = 100_000 if quick else 1_000_000
    found = 0
    for life in LIVES:
        for chain in CHAINS:
            trouble = failure(life, chain, depth)
            found += bool(trouble)
            print(f"4. {depth:,} deep, {chain}, {life}: {trouble or 'well'}")
    return found


if __name__ == "__main__":
    sys.exit(main(quick="--quick" in sys.argv) > 0)
