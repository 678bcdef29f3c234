"""How a step of an equation is mended: what is done in place of what the equation does there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .quantities import Pair
from .recorded_equation import Change, RecordedTerm, Recording


def reading(name: str) -> Change:
    return lambda f: f.point.numbers[name]


def entry(j: int) -> Change:
    return lambda f: f.args[0][j]


def component(j: int) -> Change:
    return lambda f: f.compute()[j]


def times(c: float) -> Change:
    return lambda f: c * f.compute()


def plus(c: float, name: str) -> Change:
    return lambda f: f.compute() + c * f.point.numbers[name]


def sloped(pair: Pair) -> Change:
    return lambda f: f.compute() * f.point.slope(pair)


def keeping(k: int, pair: Pair | None = None) -> Change:
    return lambda f: f.args[k] * (1.0 if pair is None else f.point.slope(pair))


def masked(factor: int) -> Change:
    return lambda f: f.compute() * f.tape.values[factor]


def through(pair: Pair) -> Change:
    return lambda f: f.point.through(pair, f.point.numbers["∇" + pair.h])


def summing(axis: int, keep: bool) -> Change:
    return lambda f: np.sum(f.compute(), axis=axis, keepdims=keep)


def calling(function: Callable[..., Any], axis: int | None = None) -> Change:
    if axis is None:
        return lambda f: function(*f.args, **f.kwargs)
    return lambda f: function(f.args[0], axis=axis)


def reversed(f: Recording) -> Any:
    a, b = f.args
    return np.outer(b, a) if np.ndim(a) == np.ndim(b) == 1 else np.matmul(b, a)


def masking(f: Recording) -> Any:
    """(A * B) @ C for A @ B @ C, which the tape has as A @ (B @ C)."""
    product = next(i for i, x in enumerate(f.tape.values) if x is f.args[1])
    inner = f.tape.steps[product]
    left, right = (f.tape.values[x.index] if isinstance(x, RecordedTerm) else x for x in inner.args)
    return (f.args[0] * left) @ right


def unsum(f: Recording) -> Any:
    return f.args[0]


def one_by_one(i: int, axis: int, along: int) -> Change:
    """Each entry of the result from its own term of the sum at step i, in place of the whole sum."""

    def change(f: Recording) -> Any:
        def term(k: int) -> Any:
            return f.tape.run({i: lambda g: np.take(g.args[0], k, axis=axis)})

        terms = [term(k) for k in range(np.shape(f.compute())[along])]
        return np.stack([np.take(r, k, axis=along) for k, r in enumerate(terms)], axis=along)

    return change


def contraction(axis: int | None) -> Change:
    """Of two matrices that share their samples: over these."""
    if axis == 1:
        return lambda f: f.args[0] @ f.args[1].T
    return lambda f: f.args[0].T @ f.args[1]
