"""Figures of merit over predictions and targets as plain numbers: accuracy, mae, mse, r2."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import inf, nan
from typing import Any

from ..arguments import listed
from ..errors import ArgumentValueError

Metric = Callable[[Sequence[Any], Sequence[Any]], float]


FITTED = ("huber", "mse", "sse")  # losses that bring outputs near the targets themselves


def boundary(loss: str, targets: Iterable[Any]) -> float:
    """Where one output passes from class to class: ½ of probabilities, or if fitted to 0 and 1; else 0."""
    fitted = loss in FITTED and not any(isinstance(target, list | tuple) for target in targets)
    return 0.5 if loss == "bce" or (fitted and {0} <= {*targets} <= {0, 1}) else 0.0


def class_of(output: Any, border: float = 0.0, lower: int = 0) -> int:
    """The class that an output stands for: the largest of several, the side of the border for one."""
    if isinstance(output, list):
        return output.index(max(output))
    return 1 if output > border else lower


def accuracy(outputs: Sequence[Any], targets: Sequence[Any], loss: str = "") -> float:
    """The share of samples whose class is right; a one-hot target stands for its class."""
    hits, border = 0, boundary(loss, targets)
    lower = -1 if any(not isinstance(target, list | tuple) and target == -1 for target in targets) else 0
    for output, target in zip(outputs, targets, strict=True):
        wanted = class_of(list(target)) if isinstance(target, list | tuple) else target
        hits += class_of(output, border, lower) == wanted
    return hits / len(targets)


def mae(outputs: Sequence[Any], targets: Sequence[Any]) -> float:
    """The mean absolute error over all numbers."""
    pairs = _pairs(outputs, targets)
    return sum(abs(p - t) for p, t in pairs) / len(pairs)


def mse(outputs: Sequence[Any], targets: Sequence[Any]) -> float:
    """The mean squared error over all numbers."""
    pairs = _pairs(outputs, targets)
    return sum((p - t) * (p - t) for p, t in pairs) / len(pairs)


def r2(outputs: Sequence[Any], targets: Sequence[Any]) -> float:
    """1 - (squared error) / (squared deviation of the targets from their mean)."""
    pairs = _pairs(outputs, targets)
    mean = sum(t for _, t in pairs) / len(pairs)
    left = sum((p - t) * (p - t) for p, t in pairs)
    spread = sum((t - mean) * (t - mean) for _, t in pairs)
    if spread == 0:
        return nan if left == 0 else -inf
    return 1 - left / spread


METRICS: dict[str, Callable[..., float]] = {"accuracy": accuracy, "mae": mae, "mse": mse, "r2": r2}


def named(function: str, metrics: Any, loss: str) -> dict[str, Metric]:
    """The metrics by name, from names and callables."""
    found: dict[str, Metric] = {}
    one = isinstance(metrics, str) or callable(metrics)
    for metric in [metrics] if one else listed(function, "metrics", metrics, "names and functions"):
        if callable(metric):
            found[getattr(metric, "__name__", "metric")] = metric
        elif metric == "accuracy":
            found["accuracy"] = lambda outputs, targets: accuracy(outputs, targets, loss)
        elif isinstance(metric, str) and metric in METRICS:
            found[metric] = METRICS[metric]
        else:
            raise ArgumentValueError(
                function, "metrics", metric, f"among {', '.join(METRICS)}, or a function"
            )
    return found


def _pairs(outputs: Sequence[Any], targets: Sequence[Any]) -> list[tuple[float, float]]:
    """(output, target) for every number, the several outputs of a sample one after the other."""
    pairs: list[tuple[float, float]] = []
    for output, target in zip(outputs, targets, strict=True):
        numbers, wanted = _listed(output), _listed(target)
        if len(numbers) != len(wanted):
            allowed = f"as many as the outputs, {len(numbers)}, for a metric over numbers"
            raise ArgumentValueError("metrics", "the targets of a sample", target, allowed)
        pairs += zip(numbers, wanted, strict=True)
    return pairs


def _listed(x: Any) -> Sequence[float]:
    return x if isinstance(x, list | tuple) else [x]
