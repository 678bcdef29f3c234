"""Figure 3: the table of special points on every execution path of both engines."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import autograd_lite as al
from tests.engine.special_points import agree, case_id, outcomes

ROOT = Path(__file__).parents[2]


def main() -> int:
    """How many engines are wrong somewhere: this one, then the other in a process of its own."""
    missed = count_wrong() > 0
    pure = "1" if al.engine_kind == "compiled" else "0"
    code = "import sys; from tests.figures.special_points import count_wrong; sys.exit(count_wrong() > 0)"
    other = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "AUTOGRAD_LITE_PURE": pure},
        stdout=subprocess.PIPE,
        text=True,
    )
    print(other.stdout, end="")
    return missed + (other.returncode != 0)


def count_wrong() -> int:
    """Of this engine, each printed; and the count of all."""
    count = wrong = 0
    for case, outcome in outcomes():
        count += 1
        if not agree(outcome):
            wrong += 1
            path, found, expected = outcome
            print(f"   {case_id(case)}, {path}:\n     found    {list(found)}\n     expected {list(expected)}")
    print(f"3. {al.engine_kind} engine, rows x paths: {count:,}, wrong: {wrong}")
    return wrong


if __name__ == "__main__":
    sys.exit(main() > 0)
