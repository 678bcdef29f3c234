"""Optimisers over anything with `.data` and `.grad`, the simple ones first, and gradient clipping.

Rules and defaults are PyTorch's. Each rule is written once, over flat arrays: `step` gathers the
numbers of the parameters, `update` moves them, and they go back. Whoever holds all parameters in one
array, as a compiled program does, calls `update` itself.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from operator import attrgetter
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ..arguments import count, flag, keys, number
from ..errors import ArgumentTypeError, ArgumentValueError
from .schedules import CosineAnnealingLR, ExponentialLR, LinearLR, Schedule, SequentialLR, StepLR

__all__ = [
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "CosineAnnealingLR",
    "ExponentialLR",
    "LinearLR",
    "Optimizer",
    "RMSProp",
    "Schedule",
    "SequentialLR",
    "StepLR",
    "clip_grad_norm",
]

Array = npt.NDArray[np.float64]


class Parameter(Protocol):
    """What is optimised: a number and its gradient. A leaf `Value` is one."""

    data: float
    grad: float


Params = Iterable[Parameter]


class Optimizer:
    """What all share. One of your own has a `rule`, and names its settings."""

    settings: tuple[str, ...] = ("lr", "weight_decay")  # arguments of the constructor, and attributes

    def __init__(self, params: Params, lr: float, weight_decay: float = 0.0) -> None:
        self.params = _listed(self._name, params)
        self.steps = 0
        self.lr = lr
        self.weight_decay = number(self._name, "weight_decay", weight_decay)
        self._kept: dict[str, Array] = {}

    @property
    def lr(self) -> float:
        """The learning rate, to read and to assign at any time."""
        return self._lr

    @lr.setter
    def lr(self, lr: float) -> None:
        self._lr = number(self._name, "lr", lr)

    @property
    def _name(self) -> str:
        return type(self).__name__

    def step(self) -> None:
        """Moves every parameter once, by its gradient."""
        x = _gathered(self._name, self.params, "data")
        self.update(x, _gathered(self._name, self.params, "grad"))
        for p, moved in zip(self.params, x.tolist(), strict=True):
            p.data = moved

    def zero_grad(self) -> None:
        """Sets every gradient to 0."""
        for p in self.params:
            p.grad = 0.0

    def update(self, x: Array, g: Array) -> None:
        """One step on flat float64 arrays in the order of `params`: x moves in place, g stays."""
        for argument, got in (("x", x), ("g", g)):
            if getattr(got, "dtype", None) != np.float64 or got.shape != (len(self.params),):
                expected = f"a float64 array of shape ({len(self.params)},)"
                raise ArgumentValueError(f"{self._name}.update", argument, got, expected)
        self.steps += 1
        with np.errstate(all="ignore"):  # as IEEE 754 has it: an overflow is inf, not a warning
            self.rule(x, self.decayed(x, g))

    def decayed(self, x: Array, g: Array) -> Array:
        """The gradient, with that of a penalty weight_decay x²/2 added."""
        return g + self.weight_decay * x if self.weight_decay else g

    def rule(self, x: Array, g: Array) -> None:
        """Moves x in place, given its gradient."""
        raise NotImplementedError(f"{self._name} has no rule")

    def kept(self, name: str, start: float | Array = 0.0) -> Array:
        """The memory of this name, to be changed in place; `start` fills it the first time."""
        if name not in self._kept:
            self._kept[name] = np.full(len(self.params), start, dtype=np.float64)
        return self._kept[name]

    def state_dict(self) -> dict[str, Any]:
        """All that the next step depends on, save the parameters themselves."""
        return {
            "kind": self._name,
            "steps": self.steps,
            "settings": {name: getattr(self, name) for name in self.settings},
            "memories": {name: kept.copy() for name, kept in self._kept.items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Takes up where `state_dict` was called, to the same bits. On an error nothing has changed."""
        function = f"{self._name}.load_state_dict"
        keys(function, "state", state, ("kind", "steps", "settings", "memories"))
        if state["kind"] != self._name:
            raise ArgumentValueError(function, "state['kind']", state["kind"], repr(self._name))
        keys(function, "state['settings']", state["settings"], self.settings)
        loaded = type(self)(self.params, **state["settings"])
        steps = count(function, "state['steps']", state["steps"])
        if steps:
            loaded.update(np.zeros(len(self.params)), np.zeros(len(self.params)))  # makes its memories
        loaded._kept = _memories(function, state["memories"], loaded._kept, len(self.params))
        loaded.steps = steps
        vars(self).update(vars(loaded))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.settings)
        return f"{self._name}({len(self.params)} parameters, {shown})"


# --- the rules ---------------------------------------------------------------------------------------


class SGD(Optimizer):
    """Down the gradient: plainly, with momentum, or with Nesterov's look ahead."""

    settings = ("lr", "momentum", "dampening", "weight_decay", "nesterov")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(params, lr, weight_decay)
        self.momentum = number(self._name, "momentum", momentum)
        self.dampening = number(self._name, "dampening", dampening)
        self.nesterov = flag(self._name, "nesterov", nesterov)
        if self.nesterov and (self.momentum == 0.0 or self.dampening != 0.0):
            expected = "False where momentum is 0 or dampening is not"
            raise ArgumentValueError(self._name, "nesterov", nesterov, expected)

    def rule(self, x: Array, g: Array) -> None:
        if self.momentum:
            moving = "velocity" in self._kept
            velocity = self.kept("velocity", start=g)  # the first gradient counts in full, undampened
            if moving:
                velocity *= self.momentum
                velocity += (1 - self.dampening) * g
            g = g + self.momentum * velocity if self.nesterov else velocity
        x -= self.lr * g


class Adagrad(Optimizer):
    """Steps that shrink, for each parameter, with the sum of its squared gradients."""

    settings = ("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ) -> None:
        super().__init__(params, lr, weight_decay)
        self.lr_decay = number(self._name, "lr_decay", lr_decay)
        self.initial_accumulator_value = number(
            self._name, "initial_accumulator_value", initial_accumulator_value
        )
        self.eps = number(self._name, "eps", eps)

    def rule(self, x: Array, g: Array) -> None:
        total = self.kept("total", start=self.initial_accumulator_value)
        total += g * g
        lr = self.lr / (1 + (self.steps - 1) * self.lr_decay)
        x -= lr * g / (np.sqrt(total) + self.eps)


class RMSProp(Optimizer):
    """Adagrad with a running mean for the sum, so that old gradients are forgotten."""

    settings = ("lr", "alpha", "eps", "weight_decay", "momentum", "centered")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ) -> None:
        super().__init__(params, lr, weight_decay)
        self.alpha = number(self._name, "alpha", alpha, below=1.0)
        self.eps = number(self._name, "eps", eps)
        self.momentum = number(self._name, "momentum", momentum)
        self.centered = flag(self._name, "centered", centered)

    def rule(self, x: Array, g: Array) -> None:
        spread = _averaged(self.kept("square"), g * g, self.alpha)
        if self.centered:
            mean = _averaged(self.kept("mean"), g, self.alpha)
            spread = np.maximum(spread - mean * mean, 0.0)  # a variance, which rounding may leave below 0
        scale = np.sqrt(spread) + self.eps
        if self.momentum:
            velocity = self.kept("velocity")
            velocity *= self.momentum
            velocity += g / scale
            x -= self.lr * velocity
        else:
            x -= self.lr * g / scale


class Adam(Optimizer):
    """RMSProp along a running mean of the gradient; both means are corrected for their start at 0."""

    settings = ("lr", "betas", "eps", "weight_decay", "amsgrad")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: Sequence[float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
    ) -> None:
        super().__init__(params, lr, weight_decay)
        if not isinstance(betas, list | tuple) or len(betas) != 2:
            raise ArgumentTypeError(self._name, "betas", betas, "two numbers")
        self.betas = tuple(number(self._name, f"betas[{i}]", betas[i], below=1.0) for i in (0, 1))
        self.eps = number(self._name, "eps", eps)
        self.amsgrad = flag(self._name, "amsgrad", amsgrad)

    def rule(self, x: Array, g: Array) -> None:
        beta1, beta2 = self.betas
        mean = _averaged(self.kept("mean"), g, beta1)
        square = _averaged(self.kept("square"), g * g, beta2)
        if self.amsgrad:
            square = np.maximum(self.kept("largest"), square, out=self.kept("largest"))
        lr = self.lr / (1 - beta1**self.steps)
        x -= lr * mean / (np.sqrt(square) / math.sqrt(1 - beta2**self.steps) + self.eps)


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameters themselves and stays out of the means."""

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: Sequence[float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad)

    def decayed(self, x: Array, g: Array) -> Array:
        x *= 1 - self.lr * self.weight_decay
        return g


def _averaged(mean: Array, numbers: Array, beta: float) -> Array:
    """The running mean, moved on in place."""
    mean *= beta
    mean += (1 - beta) * numbers
    return mean


# --- clipping ----------------------------------------------------------------------------------------


def clip_grad_norm(params: Params, limit: float) -> float:
    """Scales all gradients alike where their common norm exceeds `limit`; returns the norm before.

    A limit of inf asks for the norm alone.
    """
    listed = _listed("clip_grad_norm", params)
    if not (isinstance(limit, float) and limit == math.inf):
        limit = number("clip_grad_norm", "limit", limit)
    gradients = [p.grad for p in listed]
    norm = math.hypot(*gradients)  # unlike the root of a sum of squares, it does not overflow between
    factor = limit / (norm + 1e-6)
    if limit < math.inf and not factor >= 1.0:  # a nan in one gradient goes to all, and is seen
        for p, gradient in zip(listed, gradients, strict=True):
            p.grad = gradient * factor
    return norm


def clipped(gradient: Array, limit: float) -> Array:
    """What `clip_grad_norm` makes of a flat gradient."""
    factor = limit / (math.hypot(*gradient.tolist()) + 1e-6)
    return gradient if limit == math.inf or factor >= 1.0 else gradient * factor


# --- what comes in -----------------------------------------------------------------------------------


def _listed(function: str, params: Any) -> list[Any]:
    """The parameters in a list: leaves, each with a number and a gradient, and none twice."""
    if not isinstance(params, Iterable) or isinstance(params, str | bytes | Mapping):
        raise ArgumentTypeError(function, "params", params, "an iterable of parameters, as net.parameters()")
    listed = list(params)
    if not listed:
        raise ArgumentValueError(function, "params", params, "of at least one parameter")
    first: dict[int, int] = {}
    for i, p in enumerate(listed):
        if not (_is_number(getattr(p, "data", None)) and _is_number(getattr(p, "grad", None))):
            raise ArgumentTypeError(function, f"params[{i}]", p, "an object with numbers .data and .grad")
        if getattr(p, "op", None) is not None:
            raise ArgumentValueError(function, f"params[{i}]", p, "a leaf, not the result of an operation")
        if first.setdefault(id(p), i) != i:
            expected = f"listed once; it is params[{first[id(p)]}] too"
            raise ArgumentValueError(function, f"params[{i}]", p, expected)
    return listed


def _is_number(x: Any) -> bool:
    return type(x) is float or isinstance(x, Real)  # the second alone takes a microsecond


def _gathered(function: str, params: list[Any], name: str) -> Array:
    """One attribute of all the parameters."""
    try:
        return np.frombuffer(array("d", map(attrgetter(name), params)))  # NumPy itself takes None for nan
    except TypeError:
        for i, p in enumerate(params):
            if not _is_number(getattr(p, name)):
                got = getattr(p, name)
                raise ArgumentTypeError(function, f"params[{i}].{name}", got, "a number") from None
        raise


def _memories(function: str, got: Any, needed: Iterable[str], length: int) -> dict[str, Array]:
    """The memories of a state, none missing; one that no rule reads any more does no harm."""
    expected = f"a dict with the keys {list(needed)}"
    if not isinstance(got, Mapping):
        raise ArgumentTypeError(function, "state['memories']", got, expected)
    if not set(needed) <= set(got):
        raise ArgumentValueError(function, "state['memories']", list(got), expected)
    return {name: _memory(function, f"state['memories'][{name!r}]", got[name], length) for name in got}


def _memory(function: str, argument: str, got: Any, length: int) -> Array:
    try:
        if getattr(got, "ndim", 1) == 1 and len(got) == length:
            return np.frombuffer(array("d", got))
    except TypeError:  # not numbers, or no list at all
        pass
    raise ArgumentValueError(function, argument, got, f"{length} numbers, one a parameter")
