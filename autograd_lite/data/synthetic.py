"""Data sets made from a seed: moons, circles, spirals, xor, blobs, curve."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..arguments import count, number
from .dataset import Array, Pair

_MOST_SAMPLES = 10**9  # that are made: more than a memory holds


def moons(n: int = 200, noise: float = 0.1, seed: int = 0) -> Pair:
    """Two half circles, each reaching into the other."""
    rng, sizes = _start("moons", n, noise, seed, classes=2)
    a, b = (np.linspace(0.0, math.pi, size) for size in sizes)
    return _shuffled(rng, [_points(np.cos(a), np.sin(a)), _points(1 - np.cos(b), 0.5 - np.sin(b))], noise)


def circles(n: int = 200, noise: float = 0.05, seed: int = 0, factor: float = 0.5) -> Pair:
    """A circle, and within it another, of radius `factor`."""
    rng, sizes = _start("circles", n, noise, seed, classes=2)
    radii = (1.0, number("circles", "factor", factor, below=1.0))
    angles = [np.linspace(0.0, 2 * math.pi, size, endpoint=False) for size in sizes]
    groups = [_points(r * np.cos(a), r * np.sin(a)) for r, a in zip(radii, angles, strict=True)]
    return _shuffled(rng, groups, noise)


def spirals(n: int = 200, noise: float = 0.02, seed: int = 0, classes: int = 2, turns: float = 1.0) -> Pair:
    """Arms that wind from near the middle to radius 1, a class each."""
    rng, sizes = _start("spirals", n, noise, seed, classes)
    turns = number("spirals", "turns", turns)
    groups = []
    for k, size in enumerate(sizes):
        r = np.linspace(0.1, 1.0, size)
        angle = 2 * math.pi * (turns * r + k / classes)
        groups.append(_points(r * np.cos(angle), r * np.sin(angle)))
    return _shuffled(rng, groups, noise)


def xor(n: int = 200, noise: float = 0.0, seed: int = 0) -> Pair:
    """Points of a square; class 1 where exactly one coordinate is positive."""
    rng, _ = _start("xor", n, noise, seed, classes=1)
    X = rng.uniform(-1.0, 1.0, size=(n, 2))
    y = (X[:, 0] > 0) ^ (X[:, 1] > 0)
    return X + noise * rng.normal(size=X.shape), y.astype(np.int64)


def blobs(n: int = 200, noise: float = 0.5, seed: int = 0, classes: int = 3) -> Pair:
    """Round clouds whose middles stand on a circle of radius 2; `noise` is their size."""
    rng, sizes = _start("blobs", n, noise, seed, classes)
    angles = 2 * math.pi * np.arange(classes) / classes
    groups = [
        np.tile([2 * math.cos(a), 2 * math.sin(a)], (size, 1)) for a, size in zip(angles, sizes, strict=True)
    ]
    return _shuffled(rng, groups, noise)


def curve(n: int = 200, noise: float = 0.1, seed: int = 0) -> Pair:
    """A regression of one feature: y = sin(2x) + x/2 over [-3, 3], and noise on y."""
    rng, _ = _start("curve", n, noise, seed, classes=1)
    x = rng.uniform(-3.0, 3.0, size=n)
    return x[:, None], np.sin(2 * x) + x / 2 + noise * rng.normal(size=n)


def _start(
    function: str, n: Any, noise: Any, seed: Any, classes: Any
) -> tuple[np.random.Generator, list[int]]:
    """The generator, and how many of n samples each class gets; the first ones one more if need be."""
    classes = count(function, "classes", classes, least=1, most=_MOST_SAMPLES)
    n = count(function, "n", n, least=classes, most=_MOST_SAMPLES)
    number(function, "noise", noise)
    rng = np.random.default_rng(count(function, "seed", seed))
    return rng, [n // classes + (k < n % classes) for k in range(classes)]


def _points(x: Array, y: Array) -> Array:
    return np.column_stack([x, y])


def _shuffled(rng: np.random.Generator, groups: list[Array], noise: float) -> Pair:
    """All groups in one, blurred, in random order; y says which group."""
    X = np.concatenate(groups)
    y = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    X = X + noise * rng.normal(size=X.shape)
    order = rng.permutation(len(X))
    return X[order], y[order].astype(np.int64)
