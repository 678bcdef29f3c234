"""A data set from a CSV file: which columns are features, what words become, and what the target is."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arguments import choice, flag
from ..errors import ArgumentTypeError, ArgumentValueError
from . import csv_files
from .dataset import Array, Dataset, Pair

_MOST_WORDS = 20  # different ones in a column of words, each of which becomes a feature
_MOST_CLASSES = 10  # different whole numbers in a target that are taken for classes, not for amounts


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
