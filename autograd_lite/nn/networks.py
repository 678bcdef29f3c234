"""Nets out of Values: MLP, Autoencoder and Sequential; and what they are built of."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from ..arguments import flag
from ..errors import ArgumentTypeError, ArgumentValueError
from .layers import (
    ACTIVATIONS,
    INITIALISERS,
    Activation,
    Built,
    Layer,
    Neuron,
    activation_of,
    checked_init,
    checked_size,
    checked_sizes,
    generator_of,
    items_of,
    result_of,
    without,
)
from .module import Module

__all__ = [
    "ACTIVATIONS",
    "INITIALISERS",
    "MLP",
    "Autoencoder",
    "Layer",
    "Module",
    "Neuron",
    "Sequential",
    "build",
]


class MLP(Built):
    """Layers, each joined to the next: MLP(2, [16, 16, 1]) has 2 inputs, 16 and 16 hidden units, 1 output.

    `activation` is that of the hidden layers, `output` that of the last; the rest is as in Layer.
    """

    def __init__(
        self,
        inputs: int,
        sizes: int | Sequence[int],
        activation: Activation = "relu",
        output: Activation = "linear",
        *,
        init: str | None = None,
        seed: int | random.Random | None = None,
        bias: bool = True,
    ) -> None:
        name = type(self).__name__
        n, widths = checked_size(name, "inputs", inputs), checked_sizes(name, "sizes", sizes)
        activation_of(name, "activation", activation)
        activation_of(name, "output", output)
        checked_init(name, init)
        generator = generator_of(name, seed)
        self._arguments = {
            "inputs": n,
            "sizes": widths,
            "activation": activation,
            "output": output,
            "bias": flag(name, "bias", bias),
        }
        self.layers: list[Layer] = []
        for m in widths:
            g = activation if len(self.layers) < len(widths) - 1 else output
            self.layers.append(Layer(n, m, g, init=init, seed=generator, bias=bias))
            n = m

    def forward(self, x: Any) -> Any:
        return _through(self.layers, x)


class Autoencoder(MLP):
    """An MLP that gives its input back: Autoencoder(8, [4, 2]) is 8-4-2-4-8. Its target is x itself.

    The code in the middle has the activation of the hidden layers.
    """

    def __init__(
        self,
        inputs: int,
        hidden: int | Sequence[int],
        activation: Activation = "relu",
        output: Activation = "linear",
        *,
        init: str | None = None,
        seed: int | random.Random | None = None,
        bias: bool = True,
    ) -> None:
        inward = checked_sizes("Autoencoder", "hidden", hidden)
        super().__init__(inputs, _mirror(inward, inputs), activation, output, init=init, seed=seed, bias=bias)
        rest = without(without(self._arguments, "inputs"), "sizes")
        self._arguments = {"inputs": self._arguments["inputs"], "hidden": inward, **rest}

    def encode(self, x: Any) -> Any:
        """The code of x, from the first half of the layers."""
        return _through(self.layers[: len(self.layers) // 2], x)

    def decode(self, code: Any) -> Any:
        """What the code stands for, from the second half."""
        return _through(self.layers[len(self.layers) // 2 :], code)


class Sequential(Built):
    """Steps, one after the other: modules, names of activations, functions of what came out before.

    Sequential(Layer(2, 8), "tanh", Layer(8, 1)) has parameters "0.weight" to "2.bias", named as torch does.
    """

    def __init__(self, *steps: Module | str | Callable[[Any], Any]) -> None:
        if not steps:
            raise ArgumentValueError("Sequential", "steps", steps, "at least one module")
        for i, step in enumerate(steps):
            if not isinstance(step, Module):
                activation_of("Sequential", f"step {i}", step)
            vars(self)[str(i)] = step
        self.steps = steps

    def forward(self, x: Any) -> Any:
        return _through(self.steps, x)

    def config(self) -> dict[str, Any]:
        """The steps, for a file; `nn.build` makes such a net from it."""
        configs: list[Any] = []
        for i, step in enumerate(self.steps):
            if not isinstance(step, Built | str):
                raise ArgumentValueError("config", f"step {i}", step, "one of nn's modules or a name")
            configs.append(step if isinstance(step, str) else step.config())
        return {"kind": "Sequential", "steps": configs}

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self.steps))})"


def _through(steps: Iterable[Any], x: Any) -> Any:
    for step in steps:
        x = result_of(ACTIVATIONS[step](list(items_of(x)))) if type(step) is str else step(x)
    return x


# --- a net from its config -------------------------------------------------------------------------------

KINDS: dict[str, Any] = {kind.__name__: kind for kind in (Neuron, Layer, MLP, Autoencoder, Sequential)}


def build(config: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]] | None = None) -> Any:
    """The module that `config()` describes, with new weights.

    Where `shapes` says which arrays there are to be loaded, a config that they do not fit is refused
    before anything is built: a file's word is no reason to make room for a net of any size.
    """
    if not isinstance(shapes, Mapping | None):
        raise ArgumentTypeError("build", "shapes", shapes, "a dict of shapes by name, or None")
    try:
        if shapes is not None and dict(_shapes(config)) != dict(shapes):
            raise ArgumentValueError(
                "build", "config", dict(config), "of a net with the arrays that are given, by shapes"
            )
        kind, arguments = _parted(config)
        steps = [step if isinstance(step, str) else build(step) for step in arguments.pop("steps", ())]
        return kind(*steps, **arguments)
    except (KeyError, TypeError) as error:
        if isinstance(error, ArgumentTypeError):
            raise
        raise ArgumentValueError(
            "build", "config", config, f"as from the config() of {', '.join(KINDS)}"
        ) from None


def _parted(config: Any) -> tuple[Any, dict[str, Any]]:
    """The kind that a config names, and the arguments for it."""
    if not isinstance(config, Mapping):
        raise ArgumentTypeError("build", "config", config, "a dict as from net.config()")
    kind = config.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ArgumentValueError("build", "kind", kind, f"one of {', '.join(KINDS)}")
    return KINDS[kind], {name: x for name, x in config.items() if name != "kind"}


def _shapes(config: Any) -> Iterator[tuple[str, tuple[int, ...]]]:
    """(name, shape) for every array of the net that a config describes."""
    kind, its = _parted(config)
    if kind is Sequential:
        for i, step in enumerate(its["steps"]):
            yield from (
                () if isinstance(step, str) else ((f"{i}.{name}", shape) for name, shape in _shapes(step))
            )
        return
    sizes = (
        its["sizes"] if kind is MLP else _mirror(its["hidden"], its["inputs"]) if kind is Autoencoder else ()
    )
    for i, (n, m) in enumerate(pairwise((its["inputs"], *sizes))):
        layer = {"kind": "Layer", "inputs": n, "outputs": m, "bias": its.get("bias", True)}
        yield from ((f"layers.{i}.{name}", shape) for name, shape in _shapes(layer))
    if kind in (Neuron, Layer):
        outputs = (its["outputs"],) if kind is Layer else ()
        yield "weight", (*outputs, its["inputs"])
        if its.get("bias", True):
            yield "bias", outputs


def _mirror(inward: Sequence[int], inputs: int) -> list[int]:
    """The sizes of an autoencoder's layers, from those down to its code."""
    return [*inward, *inward[-2::-1], inputs]
