"""The net of S1 and S2 as micrograd would write it, over any kind of number that has + - * and a relu."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

SIZES = (2, 16, 16, 1)
SAMPLES = 100

Relu = Callable[[Any], Any]


class Neuron:
    def __init__(self, w: list[Any], b: Any, relu: Relu | None) -> None:
        self.w, self.b, self.relu = w, b, relu

    def __call__(self, x: Sequence[Any]) -> Any:
        total = sum((wi * xi for wi, xi in zip(self.w, x)), self.b)  # noqa: B905, as micrograd has it
        return total if self.relu is None else self.relu(total)


class Layer:
    def __init__(self, rows: list[list[Any]], biases: list[Any], relu: Relu | None) -> None:
        self.neurons = [Neuron(w, b, relu) for w, b in zip(rows, biases, strict=True)]

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        return [neuron(x) for neuron in self.neurons]


class MLP:
    """A net whose weights are `make(number)`, from the same numbers for every kind."""

    def __init__(self, make: Callable[[float], Any], relu: Relu, sizes: Sequence[int] = SIZES) -> None:
        layers = [
            ([[make(w) for w in row] for row in rows], [make(0.0) for _ in rows]) for rows in weights(sizes)
        ]
        self.layers = [Layer(rows, biases, relu) for rows, biases in layers[:-1]] + [Layer(*layers[-1], None)]

    def __call__(self, x: Sequence[Any]) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x[0]

    def parameters(self) -> list[Any]:
        return [p for layer in self.layers for n in layer.neurons for p in (*n.w, n.b)]


def weights(sizes: Sequence[int] = SIZES) -> list[list[list[float]]]:
    """For each layer, rows of numbers."""
    rng = random.Random(1)
    return [[[rng.uniform(-1.0, 1.0) for _ in range(n)] for _ in range(m)] for n, m in pairwise(sizes)]


def points(count: int = SAMPLES) -> tuple[list[list[float]], list[float]]:
    """Points of the plane, each with a label -1 or 1."""
    rng = random.Random(0)
    xs = [[rng.uniform(-1.0, 1.0), rng.uniform(-1.0, 1.0)] for _ in range(count)]
    return xs, [rng.choice([-1.0, 1.0]) for _ in xs]


def hinge(net: Callable[[Any], Any], relu: Relu, samples: tuple[list[list[float]], list[float]]) -> Any:
    """The mean of relu(1 - y * score)."""
    total = 0.0
    for x, y in zip(*samples, strict=True):
        total = total + relu(1.0 - y * net(x))
    return total * (1.0 / len(samples[0]))


def float_relu(x: float) -> float:
    return x if x > 0.0 else 0.0


def method_relu(x: Any) -> Any:
    return x.relu()
