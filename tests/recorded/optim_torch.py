"""The optimisation problem that optimisers are compared on, and PyTorch's numbers for it.

`python -m tests.recorded.optim_torch` in an environment with PyTorch writes optim_torch.json; the
tests read that file and import the problem from here, so that both sides run the same text.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PATH = Path(__file__).with_suffix(".json")
START = [1.5, -0.8, 0.6, 2.0, -1.7, 0.3]
STEPS = 2000
RECORDED = (1, 2, 3, 10, 100, 500, 1000, 2000)

# PyTorch's class, its arguments; ours differ in one name, RMSprop.
CASES: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"lr": 0.05}),
    ("SGD", {"lr": 0.05, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.02, "momentum": 0.9}),
    ("SGD", {"lr": 0.02, "momentum": 0.9, "dampening": 0.5}),
    ("SGD", {"lr": 0.02, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.02, "momentum": 0.8, "nesterov": True, "weight_decay": 0.05}),
    ("SGD", {"lr": 0.02, "momentum": 0.8, "dampening": 0.3, "weight_decay": 0.05}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.3}),
    ("Adagrad", {"lr": 0.3, "lr_decay": 0.01, "weight_decay": 0.1}),
    ("Adagrad", {"lr": 0.2, "initial_accumulator_value": 0.5, "eps": 1e-3}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.01, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.005, "momentum": 0.9}),
    ("RMSprop", {"lr": 0.005, "centered": True}),
    ("RMSprop", {"lr": 0.002, "alpha": 0.4, "momentum": 0.7, "centered": True, "weight_decay": 0.02}),
    ("Adam", {}),
    ("Adam", {"lr": 0.02}),
    ("Adam", {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-4}),
    ("Adam", {"lr": 0.02, "betas": (0.0, 0.9)}),
    ("Adam", {"lr": 0.02, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.02, "amsgrad": True}),
    ("Adam", {"lr": 0.02, "amsgrad": True, "weight_decay": 0.1, "betas": (0.7, 0.9)}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.02, "weight_decay": 0.2}),
    ("AdamW", {"lr": 0.02, "amsgrad": True, "betas": (0.7, 0.9), "eps": 1e-3}),
]

# The schedules, each over an SGD of lr 0.1, with the number of epochs recorded.
SCHEDULES: list[tuple[str, dict[str, Any], int]] = [
    ("StepLR", {"step_size": 7}, 60),
    ("StepLR", {"step_size": 3, "gamma": 0.5}, 60),
    ("ExponentialLR", {"gamma": 0.9}, 60),
    ("LinearLR", {}, 12),
    ("LinearLR", {"start_factor": 1.0, "end_factor": 0.1, "total_iters": 20}, 30),
    ("CosineAnnealingLR", {"T_max": 20}, 19),
    ("CosineAnnealingLR", {"T_max": 20, "eta_min": 0.01}, 60),
]
WARM_UP = {"start_factor": 0.1, "total_iters": 5}
COSINE = {"T_max": 25, "eta_min": 0.001}
MILESTONES, SEQUENCE = [5, 30], 40  # warm-up, cosine, then ExponentialLR(0.5)

CLIPPED = [[3.0, -4.0, 12.0], [0.3, -0.4, 0.5], [1e-9, 2e-9, -2e-9], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]


def gradient(x: list[float], step: int) -> list[float]:
    """Of a coupled, non-quadratic bowl, with a push that changes from step to step as a batch does.

    Arithmetic alone, so that every machine gives the same bits.
    """
    n = len(x)
    slopes = []
    for i in range(n):
        left, right = x[i - 1], x[(i + 1) % n]
        u, v = x[i] - 0.5 * left, right - 0.5 * x[i]
        pull = u / (1.0 + u * u) - 0.5 * v / (1.0 + v * v)
        push = ((7 * step + 3 * i) % 11 - 5) / 10.0
        slopes.append(pull + 0.2 * x[i] * x[i] * x[i] - 0.3 * (i + 1) + push)
    return slopes


def record() -> dict[str, Any]:
    import torch

    return {
        "torch": torch.__version__,
        "trajectories": [_trajectory(torch, name, options) for name, options in CASES],
        "schedules": [_rates(torch, name, options, epochs) for name, options, epochs in SCHEDULES],
        "sequence": _sequence(torch),
        "clipped": [_clipped(torch, gradients) for gradients in CLIPPED],
    }


def _trajectory(torch: Any, name: str, options: dict[str, Any]) -> dict[str, list[float]]:
    x = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, name)([x], **options)
    recorded = {}
    for step in range(1, STEPS + 1):
        x.grad = torch.tensor(gradient(x.tolist(), step), dtype=torch.float64)
        optimizer.step()
        if step in RECORDED:
            recorded[str(step)] = x.tolist()
    return recorded


def _descent(torch: Any) -> Any:
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)


def _followed(optimizer: Any, schedule: Any, epochs: int) -> list[float]:
    rates = [optimizer.param_groups[0]["lr"]]
    for _ in range(epochs):
        optimizer.step()
        schedule.step()
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def _rates(torch: Any, name: str, options: dict[str, Any], epochs: int) -> list[float]:
    optimizer = _descent(torch)
    schedule = getattr(torch.optim.lr_scheduler, name)(optimizer, **options)
    return _followed(optimizer, schedule, epochs)


def _sequence(torch: Any) -> list[float]:
    optimizer, lr = _descent(torch), torch.optim.lr_scheduler
    parts = [
        lr.LinearLR(optimizer, **WARM_UP),
        lr.CosineAnnealingLR(optimizer, **COSINE),
        lr.ExponentialLR(optimizer, gamma=0.5),
    ]
    return _followed(optimizer, lr.SequentialLR(optimizer, parts, MILESTONES), SEQUENCE)


def _clipped(torch: Any, gradients: list[float]) -> list[Any]:
    params = [torch.zeros((), dtype=torch.float64, requires_grad=True) for _ in gradients]
    for p, g in zip(params, gradients, strict=True):
        p.grad = torch.tensor(g, dtype=torch.float64)
    norm = torch.nn.utils.clip_grad_norm_(params, 1.0)
    return [norm.item(), [p.grad.item() for p in params]]


if __name__ == "__main__":
    # a line for each list of numbers, so that a change shows as a short diff
    PATH.write_text(json.dumps(record()).replace("], ", "],\n").replace("}, ", "},\n") + "\n")
