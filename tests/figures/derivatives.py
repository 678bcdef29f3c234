"""Figure 1: how many derivatives of the unary rows are wrong by more than 1e-12, or lost."""

from __future__ import annotations

import sys

from autograd_lite.engine.ops import TABLE
from tests.engine.exact_arithmetic import UNARY, points, wrong_slopes

POINTS = 600  # a row


def main(quick: bool = False) -> int:
    count = POINTS // 10 if quick else POINTS
    lines = []
    for name in UNARY:
        lines += wrong_slopes(TABLE[name], points(TABLE[name].domain[0], count, name))
    for line in lines:
        print(line)
    print(f"{len(lines)} of {count * len(UNARY)}")
    return len(lines)


if __name__ == "__main__":
    sys.exit(main(quick="--quick" in sys.argv) > 0)
