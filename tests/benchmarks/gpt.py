"""A GPT over scalars, with operators and lists only: 16 dimensions, 4 heads, 1 layer, 4,192 parameters."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

WIDTH, HEADS, CONTEXT, VOCABULARY = 16, 4, 16, 27
START = 26  # the token before the first letter
SHAPES = {
    "token": (VOCABULARY, WIDTH),
    "position": (CONTEXT, WIDTH),
    "query": (WIDTH, WIDTH),
    "key": (WIDTH, WIDTH),
    "value": (WIDTH, WIDTH),
    "mix": (WIDTH, WIDTH),
    "up": (4 * WIDTH, WIDTH),
    "down": (WIDTH, 4 * WIDTH),
    "head": (VOCABULARY, WIDTH),
}


class GPT:
    """The weights, made by `make`, and what they do to the tokens so far."""

    def __init__(self, make: Callable[[float], Any]) -> None:
        rng = random.Random(0)
        self.weights = {
            name: [[make(rng.gauss(0.0, 0.2)) for _ in range(columns)] for _ in range(rows)]
            for name, (rows, columns) in SHAPES.items()
        }

    def parameters(self) -> list[Any]:
        return [p for rows in self.weights.values() for row in rows for p in row]

    def logits(self, token: int, keys: list[Any], values: list[Any]) -> list[Any]:
        """Scores of the next token; keys and values hold the positions before, and get this one."""
        w = self.weights
        position = w["position"][len(keys)]
        x = normed([t + p for t, p in zip(w["token"][token], position, strict=True)])
        h = normed(x)
        keys.append(linear(w["key"], h))
        values.append(linear(w["value"], h))
        x = added(x, linear(w["mix"], attention(linear(w["query"], h), keys, values)))
        x = added(x, linear(w["down"], [a.relu() for a in linear(w["up"], normed(x))]))
        return linear(w["head"], normed(x))

    def loss(self, word: str) -> Any:
        """The mean surprise at each letter, given those before it."""
        letters = [ord(c) - ord("a") for c in word]
        keys: list[Any] = []
        values: list[Any] = []
        total: Any = 0.0
        for seen, following in zip([START, *letters], letters, strict=False):
            total = total + softmax(self.logits(seen, keys, values))[following].log()
        return total * (-1.0 / len(letters))


def linear(rows: list[list[Any]], x: list[Any]) -> list[Any]:
    return [sum(w * xi for w, xi in zip(row, x)) for row in rows]  # noqa: B905, the usual text


def added(x: list[Any], y: list[Any]) -> list[Any]:
    return [a + b for a, b in zip(x, y, strict=True)]


def normed(x: list[Any]) -> list[Any]:
    """Divided by the root of the mean square."""
    scale = (sum(a * a for a in x) * (1.0 / len(x)) + 1e-5) ** -0.5
    return [a * scale for a in x]


def softmax(xs: list[Any]) -> list[Any]:
    top = max(x.data for x in xs)
    powers = [(x - top).exp() for x in xs]
    total = sum(powers)
    return [p / total for p in powers]


def attention(query: list[Any], keys: list[list[Any]], values: list[list[Any]]) -> list[Any]:
    """Each head looks at every position so far and mixes what stands there."""
    size = WIDTH // HEADS
    mixed = []
    for start in range(0, WIDTH, size):
        own = slice(start, start + size)
        scores = [sum(q * k for q, k in zip(query[own], key[own], strict=True)) * size**-0.5 for key in keys]
        shares = softmax(scores)
        columns = range(start, start + size)
        mixed += [sum(s * value[j] for s, value in zip(shares, values, strict=True)) for j in columns]
    return mixed


class Adam:
    """Adam on `.data` and `.grad`, in plain loops."""

    def __init__(self, parameters: list[Any], rate: float = 0.01) -> None:
        self.parameters, self.rate, self.steps = parameters, rate, 0
        self.means, self.squares = [0.0] * len(parameters), [0.0] * len(parameters)

    def step(self) -> None:
        self.steps += 1
        means, squares = self.means, self.squares
        rate = self.rate / (1.0 - 0.9**self.steps)
        spread = 1.0 / (1.0 - 0.99**self.steps)
        for i, p in enumerate(self.parameters):
            g = p.grad
            means[i] = m = 0.9 * means[i] + 0.1 * g
            squares[i] = s = 0.99 * squares[i] + 0.01 * g * g
            p.data -= rate * m / (math.sqrt(s * spread) + 1e-8)
            p.grad = 0.0
