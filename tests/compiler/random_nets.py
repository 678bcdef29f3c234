"""Nets drawn at random, as people write them over scalars: recurrent, convolutional, with attention.

Each has the loops in an order of its own, and its own way to add up. The same seed gives the same net.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import autograd_lite as al

from .random_array_programs import by_hand
from .random_net_kinds import KINDS, Row, Rows

Number = Any  # a Value or a float


class Model:
    """A random net with its loss, of x (numbers) and k (a class or tokens); `text` says what it is."""

    def __init__(self, seed: Any) -> None:
        self.rng = random.Random(f"model {seed}")
        self.parameters: dict[str, Any] = {}
        kind = self.rng.choice(list(KINDS))
        self.linear_way = self.rng.choice(list(LINEAR))
        self.scale = self.rng.choice((1.0, 1.0, 1.0, 1e4))  # of logits
        self.input, self.tokens, self.choices, self.loss = KINDS[kind](self)
        self.penalty = self.rng.choice((0.0, 0.0, 0.1))
        self.outputs = self.rng.random() < 0.3
        self.text = [f"{kind}, linear by {self.linear_way}, x of shape {self.input}"]

    def __call__(self, x: Any, k: Any, stable: bool = False) -> Any:
        self.stable = stable
        loss = self.loss(x, k)
        if self.penalty:
            first = next(iter(self.parameters.values()))
            loss = loss + self.penalty * al.sum([v * v for v in flat(first)])
        return (loss, [loss, loss * 2.0]) if self.outputs else loss

    def exact(self, x: Any, k: Any) -> Any:
        """The same, in forms that do not overflow."""
        return self(x, k, stable=True)

    def sample(self, rng: random.Random) -> tuple[Any, Any]:
        """Numbers, of which some are 0, 1 and equal; and a class or tokens."""
        few = rng.random() < 0.5
        draw = lambda: rng.choice((0.0, 1.0, 0.5)) if few else rng.uniform(-1.0, 1.0)  # noqa: E731
        k = [rng.randrange(self.choices) for _ in range(max(self.tokens, 1))]
        return nest(self.input, draw), k if self.tokens else k[0]

    # --- what nets are made of ---

    def new(self, name: str, *shape: int) -> Any:
        """A parameter: nested lists of Values."""
        self.parameters[name] = nest(shape, lambda: al.Value(self.rng.uniform(-0.8, 0.8)))
        return self.parameters[name]

    def size(self, least: int = 2, most: int = 4) -> int:
        return self.rng.randint(least, most)

    def linear(self, weights: Rows, x: Row, bias: Row | None = None) -> Row:
        return LINEAR[self.linear_way](weights, x, bias)

    def activation(self) -> Callable[[Any], Any]:
        return self.rng.choice((al.tanh, al.relu, al.sigmoid, al.gelu, al.softplus, lambda v: v * v, al.silu))

    def classified(self) -> Callable[[Row, Any], Any]:
        """A loss of logits and a class."""
        return self.rng.choice((
            al.cross_entropy,
            lambda z, k: -al.take(al.log_softmax(z), k),
            lambda z, k: -self.log_of_picked(self.scaled(z), k),
            lambda z, k: sum((i - 1.5) * v for i, v in enumerate(self.log_softmax(self.scaled(z)))),
            lambda z, k: self.logsumexp(self.scaled(z)) - al.take(self.scaled(z), k),
        ))  # fmt: skip

    def scaled(self, z: Row) -> Row:
        return [self.scale * v for v in z]

    # Written out in exponentials, for the compiler; for the oracle, in a form that does not overflow.

    def log_softmax(self, xs: Row) -> Row:
        return al.log_softmax(xs) if self.stable else [al.log(p) for p in by_hand(xs)]

    def log_of_picked(self, xs: Row, k: Any) -> Any:
        return al.take(al.log_softmax(xs), k) if self.stable else al.log(al.take(by_hand(xs), k))

    def logsumexp(self, xs: Row) -> Any:
        return al.logsumexp(xs) if self.stable else al.log(sum(al.exp(v) for v in xs))

    def squared(self) -> Callable[[Row], Any]:
        """A loss of a row of numbers."""
        return self.rng.choice((
            lambda h: sum(v * v for v in h), lambda h: al.mean([v * v for v in h]), lambda h: al.mean(h),
            lambda h: sum([(v - 0.5) ** 2 for v in h]) / len(h), lambda h: al.sum([al.abs(v) for v in h]),
        ))  # fmt: skip


def nest(shape: Sequence[int], make: Callable[[], Any]) -> Any:
    return [nest(shape[1:], make) for _ in range(shape[0])] if shape else make()


def flat(nested: Any) -> Row:
    return [v for part in nested for v in flat(part)] if isinstance(nested, list) else [nested]


# --- W x + b, in as many ways as there are -------------------------------------------------------------


def _by_dot(weights: Rows, x: Row, bias: Row | None) -> Row:
    return [al.dot(w, x) if bias is None else al.dot(w, x, bias[i]) for i, w in enumerate(weights)]


def _by_sum(weights: Rows, x: Row, bias: Row | None) -> Row:
    """Python's sum starts from 0."""
    found = [sum(w * v for w, v in zip(row, x, strict=True)) for row in weights]
    return found if bias is None else [a + b for a, b in zip(found, bias, strict=True)]


def _bias_first(weights: Rows, x: Row, bias: Row | None) -> Row:
    found = []
    for i, row in enumerate(weights):
        total = 0.0 if bias is None else bias[i]
        for k in range(len(x)):
            total = total + x[k] * row[k]
        found.append(total)
    return found


def _by_columns(weights: Rows, x: Row, bias: Row | None) -> Row:
    found = [w[0] * x[0] for w in weights]
    for k in range(1, len(x)):
        for i in range(len(weights)):
            found[i] = found[i] + weights[i][k] * x[k]
    return found if bias is None else [b + a for a, b in zip(found, bias, strict=True)]


def _backward(weights: Rows, x: Row, bias: Row | None) -> Row:
    found: Row = [None] * len(weights)
    for i in reversed(range(len(weights))):
        terms = [weights[i][k] * x[k] for k in reversed(range(len(x)))]
        found[i] = al.sum(terms if bias is None else [*terms, bias[i]])
    return found


LINEAR = {
    "dot": _by_dot,
    "sum": _by_sum,
    "bias first": _bias_first,
    "columns": _by_columns,
    "backward": _backward,
}
