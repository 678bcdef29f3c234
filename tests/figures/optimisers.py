"""Figure 11: how far our optimisers' trajectories are from PyTorch's recorded ones, in relative terms."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from autograd_lite import Value, optim
from tests.recorded.optim_torch import CASES, PATH, START, STEPS, gradient

PROMISE = 1e-13


def recorded() -> dict[str, Any]:
    numbers: dict[str, Any] = json.loads(PATH.read_text())
    return numbers


def ours(name: str) -> type[optim.Optimizer]:
    kind: type[optim.Optimizer] = getattr(optim, {"RMSprop": "RMSProp"}.get(name, name))
    return kind


def trajectory(
    kind: type[optim.Optimizer], options: dict[str, Any], steps: int = STEPS
) -> Iterator[tuple[int, list[float]]]:
    """Every step, and where the parameters are after it."""
    params = [Value(x) for x in START]
    optimizer = kind(params, **options)
    for step in range(1, steps + 1):
        for p, slope in zip(params, gradient([p.data for p in params], step), strict=True):
            p.grad = slope
        optimizer.step()
        yield step, [p.data for p in params]


def distance(
    kind: type[optim.Optimizer],
    options: dict[str, Any],
    theirs: dict[str, list[float]],
    steps: int = STEPS,
) -> float:
    """The largest relative difference over the recorded steps and all parameters; nan stays nan."""
    worst = 0.0
    for step, point in trajectory(kind, options, steps):
        for x, y in zip(point, theirs.get(str(step), point), strict=True):
            difference = abs(x - y) / abs(y)
            if not difference <= worst:
                worst = difference
    return worst


def main(quick: bool = False) -> int:
    """How many of the cases stray further than promised."""
    numbers, steps = recorded(), STEPS // 10 if quick else STEPS
    worst, far = 0.0, 0
    for (name, options), theirs in zip(CASES, numbers["trajectories"], strict=True):
        found = distance(ours(name), options, theirs, steps)
        worst = found if not found <= worst else worst
        far += not found <= PROMISE
        print(f"  {found:.1e}  {name} {options}")
    print(
        f"optimisers against PyTorch {numbers['torch']}, {len(CASES)} cases, {steps} steps: "
        f"{worst:.1e} relative (promised {PROMISE:.0e})"
    )
    return far


if __name__ == "__main__":
    sys.exit(main(quick="--quick" in sys.argv) > 0)
