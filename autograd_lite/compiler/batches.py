"""What a program is called with: arrays of samples, checked and brought into form."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentTypeError, ArgumentValueError
from .equations import Array, Equations, reads


class Input:
    """An argument of a program: the user's name for it, its shape for one sample, and its kind of numbers.

    NumPy itself refuses a whole number that picks from beyond an array. If `watched`, what is picked from
    is but a part of one.
    """

    def __init__(self, array: Array, dtype: Any, watched: bool) -> None:
        self.array, self.watched = array, watched
        self.name, self.shape = array.path, array.shape
        self.whole = array.kind == "index"
        self.dtype = np.dtype(np.int64 if self.whole else dtype)

    def array_of(self, function: str, x: Any) -> Any:
        """The array that x stands for, as it is where it fits already."""
        if type(x) is not np.ndarray or x.dtype is not self.dtype:
            x = self._converted(function, x)
        shape = x.shape
        if not shape or shape[1:] != self.shape:
            axes = ", ".join(map(str, ("samples", *self.shape)))
            raise ArgumentValueError(function, self.name, x, f"of shape ({axes})")
        if self.whole and x.size and (self.watched or x.item(x.argmin()) < 0):  # far quicker than x.min()
            self.refuse(function, x)
        return x

    def refuse(self, function: str, x: Any) -> None:
        """Raises where a whole number picks nothing."""
        if self.array.kind != "index":
            return
        for place in map(tuple, np.argwhere((x < 0) | (x >= self.array.data))):
            most = int(self.array.data[place[1:]]) - 1
            raise ArgumentValueError(function, self.name, int(x[place]), f"from 0 to {most}")

    def _converted(self, function: str, x: Any) -> Any:
        whole = self.dtype.kind == "i"
        allowed = "an array of whole numbers" if whole else "an array of real numbers"
        try:
            found = np.asarray(x)
        except ValueError as error:  # lists of unequal lengths
            raise ArgumentValueError(function, self.name, x, allowed) from error
        if found.dtype.kind not in "biuf":
            raise ArgumentTypeError(function, self.name, x, f"{allowed}, not of dtype {found.dtype}")
        with np.errstate(invalid="ignore"):  # nan is no whole number, and is found out below
            converted = found.astype(self.dtype)
        if whole and not np.array_equal(converted, found):
            raise ArgumentValueError(function, self.name, x, allowed)
        return converted


def inputs_of(program: Equations, dtype: Any) -> list[Input]:
    """The arguments, in order."""
    watched = {
        step.index.array
        for equation in [*program.forward, *program.backward]
        for view in [*reads(equation), equation.target]
        for step, size in zip(view.steps, view.array.shape, strict=True)
        if step.index is not None and size - step.base > step.index.array.data.min()
    }
    return [Input(array, dtype, array in watched) for array in program.inputs]
