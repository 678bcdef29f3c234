"""Data sets: made from a seed, shipped (iris), or read from a CSV file; and their split for validation."""

from __future__ import annotations

import math
import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from inspect import signature
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arguments import choice, count, flag, number
from ..errors import ArgumentTypeError, ArgumentValueError
from . import csv_files

Array = npt.NDArray[Any]
Pair = tuple[Array, Array]

_MOST_WORDS = 20  # different ones in a column of words, each of which becomes a feature
_MOST_SAMPLES = 10**9  # that are made: more than a memory holds
_MOST_CLASSES = 10  # different whole numbers in a target that are taken for classes, not for amounts


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


# --- made from a seed ------------------------------------------------------------------------------------


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


# --- by name ---------------------------------------------------------------------------------------------


def iris(standardize: bool = True) -> Dataset:
    """Fisher's irises (1936): four lengths of 150 flowers, of three species; see iris.txt."""
    flag("iris", "standardize", standardize)
    path = os.path.join(os.path.dirname(__file__), "iris.csv")
    return from_csv(path, target="species", standardize=standardize)


DATASETS: dict[str, Callable[..., Any]] = {
    "moons": moons,
    "circles": circles,
    "spirals": spirals,
    "xor": xor,
    "blobs": blobs,
    "curve": curve,
    "iris": iris,
}


def load(name: str, **options: Any) -> Dataset:
    """The data set of this name; the options are the arguments of its function."""
    make = DATASETS[choice("load", "name", name, DATASETS)]
    for option in options:
        choice(f"load({name!r})", "an option", option, signature(make).parameters)
    made = make(**options)
    if isinstance(made, Dataset):
        return made
    X, y = made
    width = X.shape[1]
    names = ["x"] if width == 1 else [f"x{i + 1}" for i in range(width)]
    classes = [] if y.dtype == np.float64 else [str(k) for k in np.unique(y)]
    return Dataset(X, y, {name: [] for name in names}, classes, np.zeros(width), np.ones(width))


# --- from a file -------------------------------------------------------------------------------------------


def from_csv(
    path: str | os.PathLike[str],
    target: str | int | None = None,
    header: bool | str = "auto",
    delimiter: str = ",",
    standardize: bool = True,
    *,
    features: Sequence[str | int] | None = None,
    classes: bool | None = None,
    encoding: str = "utf-8",
    like: Dataset | None = None,
) -> Dataset:
    """The data set in a CSV file. Columns go by name, or by number from 0 or backward from -1.

    The target is the last column unless named; the features are all others unless listed. A column
    of numbers is a feature, scaled to mean 0 and variance 1 with `standardize`; a column of words is
    a feature of 0 and 1 for each word. The target is classes where it is words, or a few different
    whole numbers; `classes` decides otherwise. With `like`, columns, words, classes, mean and scale
    are those of an earlier data set, say the one that was trained on.
    """
    table = csv_files.read("from_csv", path, header, delimiter, encoding)
    if not isinstance(like, Dataset | None):
        raise ArgumentTypeError("from_csv", "like", like, "a Dataset or None")
    if like is not None:
        target, features, classes = like.target, list(like.columns), bool(like.class_names)
    goal = table.index("from_csv", "target", -1 if target is None else target)
    blocks: list[Array] = []
    columns: dict[str, list[str]] = {}
    for i in _chosen(table, features, goal):
        name, fields = table.names[i], table.column(i)
        columns[name] = _words(fields) if like is None else like.columns[name]
        blocks.append(_one_hot(fields, columns[name]) if columns[name] else _numbers(fields)[:, None])
    X = np.concatenate(blocks, axis=1)
    known = None if like is None else like.class_names
    y, class_names = _target(table.column(goal), classes, known)
    plain = np.concatenate([np.full(max(1, len(words)), not words) for words in columns.values()])
    mean, scale = (like.mean, like.scale) if like is not None else _moments(X, plain, standardize)
    return Dataset((X - mean) / scale, y, columns, class_names, mean, scale, table.names[goal])


def _chosen(table: csv_files.Table, features: Any, goal: int) -> list[int]:
    """The columns of the features."""
    if features is None:
        chosen = [i for i in range(len(table.names)) if i != goal]
    elif isinstance(features, Sequence) and not isinstance(features, str):
        chosen = [table.index("from_csv", f"features[{k}]", name) for k, name in enumerate(features)]
    else:
        raise ArgumentTypeError("from_csv", "features", features, "a list of columns, or None for all")
    if not chosen or goal in chosen or len(set(chosen)) < len(chosen):
        got = [table.names[i] for i in chosen]
        expected = (
            f"one column or more beside the target {table.names[goal]!r}, each once (is it the delimiter?)"
        )
        raise ArgumentValueError("from_csv", "features", got, expected)
    return chosen


Fields = list[tuple[str, str]]


def _numbers(fields: Fields, expected: str = "a finite number") -> Array:
    numbers = []
    for place, text in fields:
        x = csv_files.number(text)
        if x is None or not math.isfinite(x):
            missing = " (it is missing)" if text.lower() in csv_files.MISSING else ""
            raise ArgumentValueError("from_csv", place, text, expected + missing)
        numbers.append(x)
    return np.array(numbers)


def _words(fields: Fields) -> list[str]:
    """The different words of a column that has no number in it; none where it has one."""
    if any(csv_files.number(text) is not None for _, text in fields):
        return []
    words = sorted({_present(place, text) for place, text in fields})
    if len(words) > _MOST_WORDS:
        place, text = fields[0]
        expected = f"a number, or one of {_MOST_WORDS} words at most (name the other columns as features=)"
        raise ArgumentValueError("from_csv", place, text, expected)
    return words


def _one_hot(fields: Fields, words: list[str]) -> Array:
    return np.eye(len(words))[[_index(place, text, words) for place, text in fields]]


def _index(place: str, text: str, words: list[str]) -> int:
    choice("from_csv", place, _present(place, text), words)
    return words.index(text)


def _present(place: str, text: str) -> str:
    if text in ("", "?"):
        raise ArgumentValueError("from_csv", place, text, "there (it is missing)")
    return text


def _target(fields: Fields, classes: Any, known: list[str] | None) -> tuple[Array, list[str]]:
    """The targets, and the names of their classes if they are classes."""
    if classes is None:
        classes = _are_classes([csv_files.number(text) for _, text in fields])
    if not flag("from_csv", "classes", classes):
        return _numbers(fields), []
    labels = [(place, _label(_present(place, text))) for place, text in fields]
    names = known or sorted({label for _, label in labels}, key=_by_number)
    if len(names) < 2:
        raise ArgumentValueError("from_csv", "the target", names[0], "of two classes or more")
    return np.array([_index(place, label, names) for place, label in labels], dtype=np.int64), names


def _are_classes(numbers: list[float | None]) -> bool:
    """All words; or a few whole numbers, each seen twice or more. A mixture is a slip in the numbers."""
    if all(x is None for x in numbers):
        return True
    seen = Counter(numbers)
    whole = all(x is not None and x.is_integer() for x in seen)
    return whole and 2 <= len(seen) <= _MOST_CLASSES and min(seen.values()) >= 2


def _label(text: str) -> str:
    """One name for a class that is written 1, 1.0 or +1."""
    x = csv_files.number(text)
    return text if x is None or not x.is_integer() else str(int(x))


def _by_number(label: str) -> tuple[float, str]:
    x = csv_files.number(label)
    return (math.inf if x is None else x), label


def _moments(X: Array, plain: Array, standardize: Any) -> Pair:
    """Mean and scale of each column; 0 and 1 for one of words or of one number only."""
    mean, scale = np.zeros(X.shape[1]), np.ones(X.shape[1])
    if flag("from_csv", "standardize", standardize):
        varied = plain & (X.min(axis=0) < X.max(axis=0))
        with np.errstate(over="ignore", invalid="ignore"):
            mean[plain], scale[varied] = X[:, plain].mean(axis=0), X[:, varied].std(axis=0)
    if not np.isfinite(scale).all():
        raise ArgumentValueError("from_csv", "standardize", standardize, "False for numbers this large")
    return mean, scale


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
