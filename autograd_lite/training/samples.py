"""What goes into fit, evaluate and predict: rows of features and their targets, checked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..engine import real
from ..errors import ArgumentTypeError, ArgumentValueError

Row = tuple[float, ...]


def samples(function: str, X: Any, y: Any, prefix: str = "") -> tuple[list[Row], list[Any]]:
    rows = rows_of(function, f"{prefix}X", X)
    targets = y.tolist() if hasattr(y, "tolist") else list(y) if isinstance(y, Sequence) else None
    if targets is None or isinstance(y, str | bytes):
        raise ArgumentTypeError(function, f"{prefix}y", y, "a list or array, one target a sample")
    targets = [_plain(target) for target in targets]
    if len(targets) != len(rows):
        raise ArgumentValueError(function, f"{prefix}y", y, f"of the length of X, {len(rows)}")
    for target in targets:
        if not _all_finite(target):
            raise ArgumentValueError(function, f"{prefix}y", target, "made of finite numbers")
    return rows, targets


def rows_of(function: str, argument: str, X: Any) -> list[Row]:
    """The samples as tuples of floats, all of one length."""
    listed = X.tolist() if hasattr(X, "tolist") else list(X) if isinstance(X, Sequence) else None
    allowed = "a list of rows or a 2-D array of finite numbers"
    if listed is None or isinstance(X, str):
        raise ArgumentTypeError(function, argument, X, allowed)
    listed = [_plain(row) for row in listed]
    if not listed or not all(isinstance(row, list | tuple) for row in listed):
        raise ArgumentValueError(function, argument, X, f"{allowed}, of at least one row")
    rows = []
    for row in listed:
        if len(row) != len(listed[0]) or not all(map(_is_finite, row)):
            raise ArgumentValueError(
                function, argument, row, f"{allowed}, all of the length {len(listed[0])}"
            )
        rows.append(tuple(map(float, row)))
    return rows


def _plain(x: Any) -> Any:
    """NumPy's rows and scalars as Python's."""
    return x.tolist() if hasattr(x, "tolist") else x


def _all_finite(x: Any) -> bool:
    if isinstance(x, list | tuple):
        return all(_all_finite(item) for item in x)
    return _is_finite(x)


def _is_finite(x: Any) -> bool:
    number = real(x)
    return number is not None and math.isfinite(number)


def pair_of(validation: Any) -> tuple[Any, Any]:
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        raise ArgumentTypeError("fit", "validation", validation, "a pair (X, y)")
    return validation[0], validation[1]
