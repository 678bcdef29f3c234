"""What the table has and NumPy has not: functions over arrays, as exact as the table's over floats.

Every function here stands on its own, NumPy and its neighbours at hand: programs show the text of those
that they use.
"""

from __future__ import annotations

from collections.abc import Callable
from math import nan, pi, sqrt
from typing import Any

import numpy as np

from .erf import erf, erfc

Numbers = Any  # an array
__all__ = [
    "by_element",
    "erf",
    "erfc",
    "gelu",
    "gelu_slope",
    "logsumexp",
    "nonnegative",
    "norm",
    "silu",
    "silu_slope",
    "windows",
]


def silu(x: Numbers) -> Numbers:
    """x · sigmoid(x), where that is small, too."""
    half = np.exp(0.5 * np.minimum(x, 0.0))
    return np.maximum(x, -2e3) * half * half / (half * half + np.exp(-np.maximum(x, 0.0)))


def silu_slope(x: Numbers) -> Numbers:
    """σ(x) (1 + x σ(-x)), σ(x) in two factors."""
    x = np.clip(x, -2e3, 2e3)  # for inf · 0
    half, rest = np.exp(0.5 * np.minimum(x, 0.0)), np.exp(-np.maximum(x, 0.0))
    below = half * half + rest
    return half * (half / below * (1.0 + x * (rest / below)))


def gelu(x: Numbers) -> Numbers:
    """x · Φ(x), the exact one."""
    x = np.maximum(x, -2e3)  # for -inf · 0
    return 0.5 * x * erfc(-x / sqrt(2.0))


def gelu_slope(x: Numbers) -> Numbers:
    """Φ(x) + x φ(x), φ in two factors: it must not vanish before x is multiplied to it."""
    half = np.exp(-0.25 * x * x)
    bell = np.clip(x, -2e3, 2e3) * half * (half / sqrt(2.0 * pi))
    return 0.5 * erfc(-x / sqrt(2.0)) + bell


def nonnegative(x: Numbers) -> Numbers:
    """x where x >= 0 (0.0 for -0.0), else nan."""
    return np.where(x >= 0.0, np.abs(x), np.asarray(nan, x.dtype))


def norm(x: Numbers, axis: tuple[int, ...]) -> Numbers:
    """The root of the sum of squares, with no overflow between."""
    top = np.abs(x).max(axis=axis, keepdims=True)
    unit = np.where((top > 0.0) & (top < np.inf), top, np.asarray(1.0, x.dtype))
    return (unit * np.sqrt(((x / unit) ** 2).sum(axis=axis, keepdims=True))).squeeze(axis)


def logsumexp(x: Numbers, axis: tuple[int, ...]) -> Numbers:
    """log Σ exp x for numbers of any size; -inf of nothing but -inf."""
    top = x.max(axis=axis, keepdims=True)
    total = np.exp(x - top).sum(axis=axis, keepdims=True)
    return np.fmax(top, top + np.log(total)).squeeze(axis)


def windows(x: Numbers, axis: int, size: int) -> Numbers:
    """All windows of a size along an axis, the places in them along a new last axis; nothing is copied."""
    shape, strides = list(x.shape), x.strides
    shape[axis] -= size - 1
    return np.lib.stride_tricks.as_strided(x, (*shape, size), (*strides, strides[axis]), writeable=False)


def by_element(value: Callable[..., float]) -> Callable[..., Numbers]:
    """A function of numbers over arrays, number by number: right, and slow."""

    def function(*operands: Numbers) -> Numbers:
        arrays = np.broadcast_arrays(*operands)
        numbers = zip(*(array.ravel().tolist() for array in arrays), strict=True)
        kinds = [x.dtype for x in operands if hasattr(x, "dtype")]
        flat = np.array([value(*row) for row in numbers], np.result_type(*kinds) if kinds else np.float64)
        return flat.reshape(arrays[0].shape)

    return function
