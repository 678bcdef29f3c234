"""Program: what the user holds. The numbers of the parameters, and functions of whole batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from math import prod
from types import MappingProxyType
from typing import Any

import numpy as np

from .. import arguments
from ..engine import Value
from ..errors import ArgumentTypeError, ArgumentValueError, GraphError
from .batches import inputs_of
from .equations import Array, Equations, needed_for, reads
from .execution import emit
from .report import CompileReport, report


class Program:
    """A compiled loss: called with a batch, it gives the loss over all its samples.

    Data are given by position or by the names of the example, each with the samples along its first
    axis. `theta` holds all parameters, flat; `parameters` are views of it by name. They are numbers of
    the program's own: `pull` takes them over from the Values, `push` puts them there.
    """

    def __init__(self, rolled: Equations, theta: Any, values: Sequence[Value] | None, scalars: int) -> None:
        self._rolled, self.values, self.scalars = rolled, values, scalars
        self._theta = theta
        self._parts = parts(rolled.parameters)
        self.parameters: Mapping[str, Any] = MappingProxyType(self._named(theta))
        self._inputs = inputs_of(rolled, theta.dtype)
        self._emitted = emit(rolled)
        self._numbers = tuple(self.parameters.values())
        self._optimizer: Any = None  # the latest one, and the order of its parameters
        self._order: Any = None
        self._all_used = all(array in rolled.gradients for array in rolled.parameters)
        self._fresh, self._dtype = np.empty if self._all_used else np.zeros, theta.dtype

    # --- what it computes ---

    def __call__(self, /, *data: Any, **named: Any) -> float:
        """The loss over the samples: their mean, or their sum, as it was compiled."""
        return self.value(self.batch("Program", *data, **named))

    def value_and_grad(self, /, *data: Any, **named: Any) -> tuple[float, dict[str, Any]]:
        """The loss, and its gradient for every parameter, by name."""
        batch = self.batch("value_and_grad", *data, **named)
        gradients = [self._fresh(shape, self._dtype) for _, _, shape in self._parts]
        loss = float(self._run(self._emitted.value_and_grad, batch, gradients))
        return loss, dict(zip(self.parameters, gradients, strict=True))

    def predict(self, /, *data: Any, **named: Any) -> Any:
        """What the function gave beside the loss, for every sample: an array, or a tuple of arrays.

        What it does not depend on, as labels, can be left out.
        """
        if not self._rolled.outputs:
            raise GraphError("predict: the function gave a loss alone; let it return (loss, predictions)")
        found = self.outputs(self.batch("predict", *data, **named, **self._left_out(data, named)))
        return found[0] if len(found) == 1 else tuple(found)

    def value(self, batch: Sequence[Any]) -> float:
        """The loss of a batch that has been checked."""
        return float(self._run(self._emitted.value, batch))

    def flat_gradient(self, batch: Sequence[Any]) -> tuple[float, Any]:
        """The loss and its gradient, flat as theta, of a batch that has been checked."""
        flat = np.empty_like(self.theta) if self._all_used else np.zeros_like(self.theta)
        gradients = [flat[start:stop].reshape(shape) for start, stop, shape in self._parts]
        return float(self._run(self._emitted.value_and_grad, batch, gradients)), flat

    def outputs(self, batch: Sequence[Any]) -> Sequence[Any]:
        """The predictions, of a batch that has been checked; one that no data change, for every sample."""
        found: Sequence[Any] = self._run(self._emitted.outputs, batch)
        if not batch or all(array.batched for array in self._rolled.outputs):
            return found
        return [
            x if array.batched else np.broadcast_to(x, (len(batch[0]), *array.shape))
            for array, x in zip(self._rolled.outputs, found, strict=True)
        ]

    def _run(self, work: Callable[..., Any], batch: Sequence[Any], *more: Any) -> Any:
        try:
            return work(self._numbers, batch, *more)
        except IndexError:
            for spec, x in zip(self._inputs, batch, strict=True):
                spec.refuse("Program", x)
            raise

    def step(self, optimizer: Any, /, *data: Any, **named: Any) -> float:
        """One step of an optimiser of the Values, on theta; gives the loss before it. `push` at the end."""
        loss, gradient = self.flat_gradient(self.batch("step", *data, **named))
        self.move(optimizer, gradient)
        return loss

    def move(self, optimizer: Any, gradient: Any) -> None:
        """One step of the optimiser on theta, by a gradient flat as theta."""
        order = self.order_of(optimizer)
        if order is None and self._theta.dtype == np.float64:
            optimizer.update(self._theta, gradient)
        else:
            places = slice(None) if order is None else order
            moved = self._theta[places].astype(np.float64)
            optimizer.update(moved, gradient[places].astype(np.float64))
            self._theta[places] = moved

    def order_of(self, optimizer: Any) -> Any:
        """Where in theta the optimiser's parameters are; None where they are all of it, in order."""
        if optimizer is None or self._optimizer is not optimizer:
            places = {value: place for place, value in enumerate(self._own_values("step"))}
            params = getattr(optimizer, "params", None)
            if not isinstance(params, list) or not all(type(p) is Value and p in places for p in params):
                raise ArgumentTypeError(
                    "step", "optimizer", optimizer, "one of optim's, of the program's parameters"
                )
            order = np.array([places[p] for p in params])
            self._order = None if np.array_equal(order, np.arange(len(places))) else order
            self._optimizer = optimizer
        return self._order

    # --- what it is ---

    @property
    def source(self) -> str:
        """The NumPy text, forward and backward."""
        return self._emitted.source

    def equations(self, style: str = "text") -> str:
        """The mathematics, forward and backward, as "text" or as "latex"."""
        from .mathematics import equations

        arguments.choice("equations", "style", style, ("text", "latex"))
        return equations(self._rolled, style)

    def report(self) -> CompileReport:
        """How much was found: scalars, equations, matrix products, and what is gathered, and why."""
        return report(self._rolled, self.scalars)

    def _named(self, flat: Any) -> dict[str, Any]:
        """The flat array in parts, by the user's names."""
        return {
            array.path: flat[start:stop].reshape(shape)
            for array, (start, stop, shape) in zip(self._rolled.parameters, self._parts, strict=True)
        }

    def __repr__(self) -> str:
        inputs = ", ".join(f"{spec.name}{list(spec.array.shape)}" for spec in self._inputs)
        return f"Program({inputs}; {len(self.theta)} parameters)"

    # --- the parameters' numbers ---

    @property
    def theta(self) -> Any:
        """All parameters, flat. What is assigned goes into this array, for `parameters` are views of it."""
        return self._theta

    @theta.setter
    def theta(self, numbers: Any) -> None:
        allowed = f"an array of numbers of shape {self._theta.shape}"
        try:
            array = np.asarray(numbers)
        except (OverflowError, TypeError, ValueError) as error:
            raise ArgumentTypeError("Program", "theta", numbers, allowed) from error
        if array.dtype.kind not in "fiub":
            raise ArgumentTypeError("Program", "theta", numbers, allowed)
        if array.shape != self._theta.shape:
            raise ArgumentValueError("Program", "theta", numbers, allowed)
        self._theta[:] = array

    def pull(self) -> None:
        """Takes the numbers of the Values over into theta."""
        self.theta[:] = [value.data for value in self._own_values("pull")]

    def push(self) -> None:
        """Puts the numbers of theta into the Values."""
        for value, number in zip(self._own_values("push"), self.theta.tolist(), strict=True):
            value.data = number

    def _own_values(self, function: str) -> Sequence[Value]:
        if self.values is None:
            raise GraphError(
                f"{function}: this program was unpickled, and has numbers but no Values: use theta"
            )
        return self.values

    def __reduce__(self) -> Any:
        return Program, (self._rolled, self.theta, None, self.scalars)

    # --- data ---

    def batch(self, function: str, /, *data: Any, **named: Any) -> list[Any]:
        """The arrays of a batch, in order, checked: as many samples in each."""
        if named or len(data) != len(self._inputs):
            data = self._in_order(function, data, named)
        batch = [spec.array_of(function, x) for spec, x in zip(self._inputs, data, strict=True)]
        count = len(batch[0]) if batch else 1
        if not count:
            raise ArgumentValueError(function, self._inputs[0].name, batch[0], "at least 1 sample")
        for spec, x in zip(self._inputs, batch, strict=True):
            if len(x) != count:
                allowed = f"as many samples as {self._inputs[0].name}, {count}"
                raise ArgumentValueError(function, spec.name, x, allowed)
        return batch

    def _left_out(self, data: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
        """Zeros for what was not given and no prediction depends on."""
        missing = [spec for spec in self._inputs[len(data) :] if spec.name not in named]
        if any(spec.array in self._for_outputs for spec in missing):
            return {}
        first: Any = next(iter([*data, *named.values()]), None)
        count = len(first) if hasattr(first, "__len__") else 1
        return {spec.name: np.zeros((count, *spec.shape), spec.dtype) for spec in missing}

    @cached_property
    def _for_outputs(self) -> set[Array]:
        made = needed_for(self._rolled.outputs, self._rolled.forward)
        return {view.array for equation in made for view in reads(equation)}

    def _in_order(self, function: str, data: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[Any, ...]:
        names = [spec.name for spec in self._inputs]
        given = dict(zip(names, data, strict=False))
        if len(data) > len(names) or given.keys() & named.keys() or {*given, *named} != {*names}:
            got = ", ".join([*(f"array {k + 1}" for k in range(len(data))), *named]) or None
            raise ArgumentTypeError(function, "data", got, f"arrays for {', '.join(names) or 'nothing'}")
        given |= named
        return tuple(given[name] for name in names)


def parts(arrays: Sequence[Array]) -> list[tuple[int, int, tuple[int, ...]]]:
    """Where each parameter begins and ends in the flat array, and its shape."""
    ends = [0, *accumulate(prod(array.shape) for array in arrays)]
    return [(start, stop, array.shape) for start, stop, array in zip(ends, ends[1:], arrays, strict=False)]
