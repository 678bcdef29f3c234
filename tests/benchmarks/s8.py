"""S8: how long `import autograd_lite` takes in a fresh process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import autograd_lite as al

from .harness import FEW, Figure, engine_figure, figure

TITLE = "`import autograd_lite` in a fresh process"
GOALS = {"compiled": 0.15, "python": 0.15}
ROOT = Path(al.__file__).parent.parent
TIMED = "from time import perf_counter as now; start = now(); import autograd_lite; print(now() - start)"


def import_seconds(*flags: str) -> float:
    """In a process started with these flags; the package is found without site's help."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); {TIMED}"
    result = subprocess.run([sys.executable, *flags, "-c", code], capture_output=True, text=True, check=True)
    return float(result.stdout)


def measure(with_peers: bool = True) -> list[Figure]:
    usual, bare = [], []
    import_seconds()  # warms the file cache and writes the bytecode
    for _ in range(FEW):
        usual.append(import_seconds())
        bare.append(import_seconds("-S"))
    return [
        engine_figure("S8", usual, GOALS, unit=" s"),
        figure("S8", al.engine_kind, bare, unit=" s", note="without site (-S)"),
    ]
