"""Layer and Neuron, and what they start from: the activations by name, the initial weights by seed."""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import partial
from typing import Any

from ..arguments import flag
from ..engine import Value, apply, functions, linear, mode, operands_of, ops, real
from ..errors import ArgumentTypeError, ArgumentValueError
from .module import Module, nest_shape

Activation = str | Callable[[Any], Any]
MOST = 10**6  # inputs or outputs of a layer: more Values than a memory holds


# --- activations -----------------------------------------------------------------------------------------


def _by_row(row: ops.Op, a: Sequence[Any]) -> list[Any]:
    """The row on every item of a list; on Values straight through the engine."""
    constants = tuple(row.defaults.values())
    return [apply(row, (v, *constants)) if type(v) is Value else row(v) for v in a]


def _relu(a: Sequence[Any]) -> list[Any]:
    return [v.relu() if type(v) is Value else ops.relu(v) for v in a]  # inlined in the engine


def _by_function(activation: Callable[[Any], Any], a: Sequence[Any]) -> list[Any]:
    return [activation(v) for v in a]


_ROWS = ("sigmoid", "tanh", "leaky_relu", "elu", "softplus", "silu", "gelu")
ACTIVATIONS: dict[str, Callable[[Sequence[Any]], list[Any]]] = {
    "linear": list,
    "relu": _relu,
    **{name: partial(_by_row, ops.TABLE[name]) for name in _ROWS},
    "softmax": functions.softmax,
}


def activation_of(function: str, argument: str, activation: Any) -> Callable[[Sequence[Any]], Any]:
    """What the activation does to a list."""
    if isinstance(activation, str) and activation in ACTIVATIONS:
        return ACTIVATIONS[activation]
    if callable(activation):
        return partial(_by_function, activation)
    error = ArgumentValueError if isinstance(activation, str) else ArgumentTypeError
    raise error(
        function, argument, activation, f"one of {', '.join(ACTIVATIONS)}, or a function of one Value"
    )


# --- initial weights -------------------------------------------------------------------------------------

INITIALISERS: dict[str, Callable[[int, int], float]] = {  # (inputs, outputs) -> limit, or deviation
    "uniform": lambda n, m: 1.0,
    "xavier": lambda n, m: math.sqrt(6.0 / (n + m)),
    "xavier_normal": lambda n, m: math.sqrt(2.0 / (n + m)),
    "he": lambda n, m: math.sqrt(6.0 / n),
    "he_normal": lambda n, m: math.sqrt(2.0 / n),
}
_RECTIFIERS = ("relu", "leaky_relu", "elu", "softplus", "silu", "gelu")


def checked_init(function: str, init: Any) -> None:
    if init is not None and not (isinstance(init, str) and init in INITIALISERS):
        raise ArgumentValueError(function, "init", init, f"one of {', '.join(INITIALISERS)}, or None")


def _draws(function: str, init: Any, activation: Any, seed: Any, n: int, m: int) -> Iterator[float]:
    """Weights without end. Of the generator only random() is used, the same in every Python."""
    if init is None:
        init = "he" if activation in _RECTIFIERS else "xavier"
    checked_init(function, init)
    scale, draw = INITIALISERS[init](n, m), generator_of(function, seed).random
    while True:
        if init.endswith("normal"):  # Box and Muller's way
            yield scale * math.sqrt(-2.0 * math.log(1.0 - draw())) * math.cos(2.0 * math.pi * draw())
        else:
            yield scale * (2.0 * draw() - 1.0)


def generator_of(function: str, seed: Any) -> Any:
    if isinstance(seed, random.Random) or seed is random:
        return seed
    if seed is None:
        return random
    if isinstance(seed, bool) or _is_array(seed) or not hasattr(type(seed), "__index__"):
        raise ArgumentTypeError(
            function, "seed", seed, "an int, a random.Random, or None for the module random's"
        )
    return random.Random(operator.index(seed))


def checked_size(function: str, argument: str, n: Any) -> int:
    allowed = "an int of at least 1"
    if isinstance(n, bool) or _is_array(n) or not hasattr(type(n), "__index__"):
        raise ArgumentTypeError(function, argument, n, allowed)
    if operator.index(n) < 1:
        raise ArgumentValueError(function, argument, n, allowed)
    if operator.index(n) > MOST:
        raise ArgumentValueError(function, argument, n, f"{allowed} and at most {MOST}")
    return operator.index(n)


def _is_array(x: Any) -> bool:
    """NumPy's arrays have an `__index__`, too, and only some of them can use it."""
    return hasattr(type(x), "__len__")


def checked_sizes(function: str, argument: str, sizes: Any) -> list[int]:
    items = list(items_of(sizes))
    if not items:
        raise ArgumentValueError(function, argument, sizes, "an int, or a list of at least one")
    return [checked_size(function, argument, n) for n in items]


# --- layers and neurons ----------------------------------------------------------------------------------


class Built(Module):
    """A module that knows the arguments it was built from."""

    _arguments: dict[str, Any]

    def config(self) -> dict[str, Any]:
        """The arguments, for a file; `nn.build` makes such a module from it."""
        for argument, x in self._arguments.items():
            if callable(x):
                raise ArgumentValueError(
                    "config", argument, x, "a name, for a function is not kept in a file"
                )
        return {"kind": type(self).__name__, **self._arguments}

    def __repr__(self) -> str:
        texts = (
            f"{k}={getattr(x, '__name__', repr(x))}" for k, x in self._arguments.items() if x is not True
        )
        return f"{type(self).__name__}({', '.join(texts)})"


class Layer(Built):
    """h = g(Wx + b), `weight` rows of Values, `bias` a tuple of them; one output is a Value, several a list.

    Numbers assigned to `weight` or `bias` go into the Values there; Values take their places.
    Biases start at 0; weights, by `init`, within ±1 ("uniform"), ±sqrt(6 / (in + out)) ("xavier"),
    ±sqrt(6 / in) ("he"), or normal of the same variances ("xavier_normal", "he_normal"). None is
    "he" for the relu family, else "xavier". A seed is an int or a random.Random to be shared;
    without one the module `random` is drawn from.
    """

    weight: Any
    bias: Any

    def __init__(
        self,
        inputs: int,
        outputs: int,
        activation: Activation = "linear",
        *,
        init: str | None = None,
        seed: int | random.Random | None = None,
        bias: bool = True,
    ) -> None:
        self._begin("Layer", inputs, outputs, activation, init, seed, bias)
        if len(self.weight) == 1 and activation == "softmax":
            raise ArgumentValueError(
                "Layer", "outputs", outputs, "at least 2 for softmax, which is 1 over one output"
            )

    def _begin(
        self, name: str, inputs: Any, outputs: Any, activation: Any, init: Any, seed: Any, bias: Any
    ) -> None:
        n, m = checked_size(name, "inputs", inputs), checked_size(name, "outputs", outputs)
        bias = flag(name, "bias", bias)
        self._name = name  # in errors: a neuron on its own has a layer inside
        self._arguments = {
            "inputs": n,
            "outputs": m,
            "activation": activation,
            "bias": flag(name, "bias", bias),
        }
        self._function = activation_of(name, "activation", activation)
        draws = _draws(name, init, activation, seed, n, m)
        self.weight = tuple(tuple(Value(next(draws)) for _ in range(n)) for _ in range(m))
        self.bias = tuple(Value(0.0) for _ in range(m)) if bias else None

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("weight", "bias") and name in vars(self):
            value = _placed(f"{self._name}.{name}", vars(self)[name], value)
        super().__setattr__(name, value)

    @property
    def activation(self) -> Activation:
        g: Activation = self._arguments["activation"]
        return g

    @property
    def neurons(self) -> list[Neuron]:
        """The rows as neurons; what is assigned to one of them is the layer's."""
        return [Neuron._of(self, k) for k in range(len(self.weight))]

    def affine(self, x: Any) -> list[Value]:
        """The pre-activations a = Wx + b, one node each."""
        nodes: list[Value] = linear(list(self.weight), self._sample(x), self._biases())
        return nodes

    def _biases(self) -> tuple[Any, ...]:
        return self.bias or (None,) * len(self.weight)

    def activate(self, a: Sequence[Any]) -> list[Any]:
        """The activations h = g(a)."""
        allowed = "a flat list of numbers and Values, as affine gives"
        if not isinstance(a, list | tuple):
            raise ArgumentTypeError("activate", "a", a, allowed)
        try:
            h: list[Any] = self._function(a)
        except ArgumentTypeError:
            raise ArgumentTypeError("activate", "a", a, allowed) from None
        return h

    def forward(self, x: Any) -> Any:
        h = self.activate(self.affine(x))
        return h[0] if len(h) == 1 else h

    def _forward_in_scope(self, x: Any) -> Any:
        """The same neuron by neuron, each in a scope of its own."""
        xs, h, outer = self._sample(x), [], mode.scope
        try:
            for k, (row, bias) in enumerate(zip(self.weight, self._biases(), strict=True)):
                mode.scope = f"{outer}/neuron{k}"  # as name_scope, which is open already
                (a,) = linear([row], xs, (bias,))
                h.append(a if self.activation == "softmax" else self._function([a])[0])
        finally:
            mode.scope = outer
        return result_of(functions.softmax(h) if self.activation == "softmax" else h)

    def _sample(self, x: Any) -> tuple[Any, ...]:
        """x as a tuple of Values and floats, one for each input."""
        count = len(self.weight[0])
        try:
            xs: tuple[Any, ...] = operands_of(
                x if type(x) is list or type(x) is tuple else items_of(x), ops.dot
            )
        except ArgumentTypeError:
            allowed = f"one sample, a flat list, tuple or 1-D array of {count} numbers or Values"
            raise ArgumentTypeError(self._name, "x", x, allowed) from None
        if len(xs) != count:
            raise ArgumentValueError(self._name, "x", x, f"of length {count}, the number of inputs")
        return xs


class Neuron(Built):
    """g(w·x + b): `weight` is a row of Values, `bias` a Value; a row of a layer, or on its own."""

    def __init__(
        self,
        inputs: int,
        activation: Activation = "linear",
        *,
        init: str | None = None,
        seed: int | random.Random | None = None,
        bias: bool = True,
    ) -> None:
        self._layer, self._k = Layer.__new__(Layer), 0
        self._layer._begin("Neuron", inputs, 1, activation, init, seed, bias)
        self._arguments = without(self._layer._arguments, "outputs")

    @classmethod
    def _of(cls, layer: Layer, k: int) -> Neuron:
        neuron = cls.__new__(cls)
        neuron._layer, neuron._k, neuron._arguments = layer, k, without(layer._arguments, "outputs")
        return neuron

    @property
    def weight(self) -> Any:
        return self._layer.weight[self._k]

    @weight.setter
    def weight(self, row: Any) -> None:
        self._layer.weight = _replaced(self._layer.weight, self._k, row)

    @property
    def bias(self) -> Any:
        return None if self._layer.bias is None else self._layer.bias[self._k]

    @bias.setter
    def bias(self, bias: Any) -> None:
        self._layer.bias = bias if self._layer.bias is None else _replaced(self._layer.bias, self._k, bias)

    @property
    def activation(self) -> Activation:
        return self._layer.activation

    def affine(self, x: Any) -> Value:
        """The pre-activation a = w·x + b."""
        node: Value = linear([self.weight], self._layer._sample(x), (self.bias,))[0]
        return node

    def forward(self, x: Any) -> Any:
        if self.activation == "softmax":
            raise ArgumentValueError(
                "Neuron", "activation", "softmax", "one that does not go over a whole layer"
            )
        return self._layer._function([self.affine(x)])[0]

    def _attributes(self) -> Mapping[str, Any]:
        return {"weight": self.weight, "bias": self.bias}


def items_of(x: Any) -> Iterable[Any]:
    """The items of a sample that is no list; a number or Value is a sample of one input."""
    if getattr(x, "ndim", 0) == 1 and hasattr(x, "tolist"):
        items: list[Any] = x.tolist()
        return items
    strange = isinstance(x, str | bytes | Mapping | Set) or hasattr(x, "ndim") or not isinstance(x, Iterable)
    return (x,) if strange else x


def result_of(h: Sequence[Any]) -> Any:
    return h[0] if len(h) == 1 else h


def _placed(name: str, old: Any, new: Any) -> Any:
    """`old` with the new numbers in its Values, or with new Values in their places."""
    new = new.tolist() if hasattr(new, "ndim") else new
    shape = nest_shape(old, _is_number)
    if shape is None or nest_shape(new, _is_number) != shape:
        allowed = (
            "None, as it was made with bias=False" if old is None else f"Values or numbers of shape {shape}"
        )
        raise ArgumentValueError(name, "what is assigned", new, allowed)
    return _place(old, new)


def _place(old: Any, new: Any) -> Any:
    if isinstance(new, list | tuple):
        return tuple(_place(o, n) for o, n in zip(old, new, strict=True))
    if type(new) is Value:
        return new
    old.data = new
    return old


def _is_number(x: Any) -> bool:
    return type(x) is Value or real(x) is not None


def _replaced(whole: Any, k: int, item: Any) -> list[Any]:
    return [*whole[:k], item, *whole[k + 1 :]]


def without(arguments: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: x for key, x in arguments.items() if key != name}
