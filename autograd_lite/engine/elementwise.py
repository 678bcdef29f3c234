"""Functions of numbers over NumPy arrays, element by element. NumPy is imported when it is met."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def elementwise(op: Callable[..., Any], operands: Sequence[Any]) -> Any:
    """A row over arrays, broadcast: an array of floats, or of objects where Values are in it."""
    import numpy as np

    with np.errstate(all="ignore"):  # the rows have said inf or nan already
        result = np.frompyfunc(op, len(operands), 1)(*operands)
    if isinstance(result, np.ndarray) and all(type(x) is float for x in result.flat):
        return result.astype(float)
    return result
