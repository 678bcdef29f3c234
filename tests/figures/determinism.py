"""Figure 5: the same program gives the same bits in every process, whatever the hash seed."""

from __future__ import annotations

import hashlib
import os
import random
import struct
import subprocess
import sys
from pathlib import Path

import autograd_lite as al

from .graphs import random_graph

ROOT = Path(__file__).parents[2]


def fingerprint(graphs: int = 20) -> str:
    """A digest of every value, gradient and second derivative of some random graphs, in order."""
    digest = hashlib.sha256()
    for seed in range(graphs):
        root = random_graph(random.Random(f"determinism/{seed}"))
        root.backward()
        nodes = al.order(root)
        leaves = [node for node in nodes if node.op is None]
        digest.update("".join(node.op.name if node.op else "leaf" for node in nodes).encode())
        numbers = [number for node in nodes for number in (node.data, node.grad, *node.partials)]
        for numbers_of in (numbers, al.grad(root, nodes), *al.hessian(root, leaves)):
            digest.update(struct.pack(f"{len(numbers_of)}d", *numbers_of))
    return digest.hexdigest()


def patterns(processes: int) -> set[str]:
    """The different fingerprints of so many processes, each with a hash seed of its own."""
    return {_in_a_process(hash_seed) for hash_seed in range(processes)}


def _in_a_process(hash_seed: int) -> str:
    command = [
        sys.executable,
        "-c",
        "from tests.figures.determinism import fingerprint; print(fingerprint())",
    ]
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return run.stdout.strip()


def main(quick: bool = False) -> int:
    processes = 10 if quick else 100
    found = len(patterns(processes))
    print(f"5. same bits in {processes} processes with hash seeds of their own: {found} pattern(s)")
    return found


if __name__ == "__main__":
    sys.exit(main(quick="--quick" in sys.argv) != 1)
