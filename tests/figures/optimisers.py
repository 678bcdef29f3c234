"""Figure 11: how far our optimisers' trajectories are from PyTorch's recorded ones, in relative terms."""

from __future__ import annotations

import json
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


def trajectory(kind: type[optim.Optimizer], options: dict[str, Any]) -> Iterator[tuple[int, list[float]]]:
    """Every step, and where the parameters are after it."""
    params = [Value(x) for x in START]
    optimizer = kind(params, **options)
    for step in range(1, STEPS + 1):
        for p, slope in zip(params, gradient([p.data for p in params], step), strict=True):
            p.grad = slope
        optimizer.step()
        yield step, [p.data for p in params]


def distance(kind: type[optim.Optimizer], options: dict[str, Any], theirs: dict[str, list[float]]) -> float:
    """The largest relative difference over the recorded steps and all parameters; nan stays nan."""
    worst = 0.0
    for step, point in trajectory(kind, options):
        for x, y in zip(point, theirs.get(str(step), point), strict=True):
            difference = abs(x - y) / abs(y)
            if not difference <= worst:
                worst = difference
    return worst


def main() -> None:
    numbers = recorded()
    worst = 0.0
    for (name, options), theirs in zip(CASES, numbers["trajectories"], strict=True):
        found = distance(ours(name), options, theirs)
        worst = found if not found <= worst else worst
        print(f"  {found:.1e}  {name} {options}")
    print(
        f"optimisers against PyTorch {numbers['torch']}, {len(CASES)} cases, {STEPS} steps: "
        f"{worst:.1e} relative (promised {PROMISE:.0e})"
    )


if __name__ == "__main__":
    main()
