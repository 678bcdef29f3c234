"""Dataset: features and targets with their names; and the split of any data for validation."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arguments import count, flag, number
from ..errors import ArgumentTypeError, ArgumentValueError

Array = npt.NDArray[Any]
Pair = tuple[Array, Array]


@dataclass(repr=False)
class Dataset:
    """Features X and targets y, and what they are called; `X, y = dataset` takes it apart.

    With class names, y holds their indices; without, amounts. X is (numbers - mean) / scale.
    """

    X: Array
    y: Array
    columns: dict[str, list[str]]  # those of the file; to each the words that have a feature, or none
    class_names: list[str]
    mean: Array
    scale: Array
    target: str = "y"

    @property
    def feature_names(self) -> list[str]:
        """A name for each column of X: "width", or "colour=red" where the file has words."""
        return [
            f"{name}={word}" if word else name
            for name, words in self.columns.items()
            for word in (words or [""])
        ]

    def __iter__(self) -> Iterator[Array]:
        return iter((self.X, self.y))

    def __repr__(self) -> str:
        n, d = self.X.shape
        classes = f": {', '.join(self.class_names)}" if self.class_names else ", a number"
        return f"Dataset({n} samples, {d} features: {', '.join(self.feature_names)}; {self.target}{classes})"

    def standardized(self, X: Any) -> Array:
        """New samples, in the units of the file, as this data set's X is."""
        try:
            rows = np.asarray(X, dtype=np.float64)
        except (TypeError, ValueError, OverflowError):
            raise ArgumentTypeError("standardized", "X", X, "numbers, a row a sample") from None
        if rows.ndim not in (1, 2) or rows.shape[-1] != len(self.mean):
            raise ArgumentValueError("standardized", "X", X, f"rows of {len(self.mean)} numbers")
        return (rows - self.mean) / self.scale

    def split(self, validation: float = 0.2, seed: int = 0) -> tuple[Array, Array, Array, Array]:
        """`split` of its X and y, stratified where there are classes."""
        return split(self.X, self.y, validation, seed, stratify=bool(self.class_names))


# --- split -----------------------------------------------------------------------------------------------


def split(
    X: Any, y: Any, validation: float = 0.2, seed: int = 0, stratify: bool = False
) -> tuple[Array, Array, Array, Array]:
    """X to train on, X to validate on, then y for each, in random order.

    `validation` is a share of the samples, or, as a whole number, a count. With `stratify` each
    class has the same share in both parts, to the nearest sample.
    """
    X, y = _array("X", X), _array("y", y)
    n = len(X)
    if len(y) != n:
        raise ArgumentValueError("split", "y", y, f"of the length of X, {n}")
    held_out = _held_out(validation, n)
    order = np.random.default_rng(count("split", "seed", seed)).permutation(n)
    if flag("split", "stratify", stratify):
        order = _interleaved(y, order)
    held, kept = order[:held_out], order[held_out:]
    return X[kept], X[held], y[kept], y[held]


def _array(argument: str, got: Any) -> Array:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = np.asarray(got)
    except (ValueError, UserWarning):  # rows of different lengths; the warning is old NumPy's
        found = np.asarray(0)
    if found.ndim == 0:
        raise ArgumentTypeError("split", argument, got, "a list or array, one row or number a sample")
    return found


def _held_out(validation: Any, n: int) -> int:
    """How many samples validate; both parts get one at least."""
    if isinstance(validation, Integral) and not isinstance(validation, bool):
        held_out = int(validation)
    else:
        held_out = math.ceil(number("split", "validation", validation, below=1.0) * n)
    if not 0 < held_out < n:
        expected = f"a share or a count that leaves some of the {n} samples in both parts"
        raise ArgumentValueError("split", "validation", validation, expected)
    return held_out


def _interleaved(y: Array, order: Array) -> Array:
    """The order in which any first part has its share of every class.

    The j-th of m samples of a class goes to the place (j + ½)/m of the way.
    """
    way = np.empty(len(y))
    for label in np.unique(y[order]):
        members = np.flatnonzero(y[order] == label)
        way[members] = (np.arange(len(members)) + 0.5) / len(members)
    return order[np.argsort(way, kind="stable")]
