"""What the files of the notes share: a system of equations, its numbers and gradients, the comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

import autograd_lite as al
from autograd_lite import Value, nn, ops

Equation = Callable[[Any, Any], Any]  # (v, d): the numbers, and the true gradients, by name
TOLERANCE = 1e-12
SEEDS = range(20)


@dataclass
class System:
    """A net out of Values and, next to it, what the notes say about its gradients.

    `quantities` are nests of Values, and arrays of floats where they are data. `equations` give the
    gradient of the quantity that they are named for, `forward` its value. `printed` has what the
    notes print where they are wrong: (quantity, equation, kind of slip).
    """

    name: str
    loss: Value
    quantities: dict[str, Any]
    equations: dict[str, Equation]
    printed: list[tuple[str, Equation, str]] = field(default_factory=list)
    forward: dict[str, Callable[[Any], Any]] = field(default_factory=dict)


# --- building a net, as a student would --------------------------------------------------------------


def values(array: Any) -> Any:
    """Nested lists of Values."""
    return [values(item) for item in array] if np.ndim(array) else Value(float(array))


def random_net(
    rng: np.random.Generator, inputs: int, sizes: list[int], activation: str, output: str = "linear"
) -> nn.MLP:
    """An MLP with random weights and, which matters more, random biases."""
    net = nn.MLP(inputs, sizes, activation, output)
    for layer in net.layers:
        layer.weight = rng.normal(size=np.shape(layer.weight))
        layer.bias = rng.normal(size=len(layer.bias))
    return net


def parameters(net: nn.MLP) -> dict[str, Any]:
    """{"W1": rows of Values, "b1": ..., "W2": ...}."""
    named = {}
    for k, layer in enumerate(net.layers, start=1):
        named |= {f"W{k}": layer.weight, f"b{k}": layer.bias}
    return named


def forward(net: nn.MLP, x: Any) -> tuple[list[Any], list[Any]]:
    """The pre-activations and the outputs of all layers, for one sample."""
    a, h = [], [x]
    for layer in net.layers:
        a.append(layer.affine(h[-1]))
        h.append(layer.activate(a[-1]))
    return a, h[1:]


def forward_batch(net: nn.MLP, X: Any) -> tuple[list[Any], list[Any]]:
    """The same for samples that are the rows of X."""
    passes = [forward(net, x) for x in X]
    layers = range(len(net.layers))
    return [[a[k] for a, _ in passes] for k in layers], [[h[k] for _, h in passes] for k in layers]


def columns(rows: Any) -> list[list[Any]]:
    """Rows for columns: the transposed nest."""
    return [list(column) for column in zip(*rows, strict=True)]


def drawn(make: Callable[[], System], *units: str) -> System:
    """A system that shows something: drawn again where the named units are all active or all not,
    or where a gradient vanishes as a whole."""
    while True:
        system = make()
        v, d = numbers(system), by_grad(system)
        active = [getattr(v, name) > 0 for name in units]
        if all(a.any() and not a.all() for a in active) and all(map(np.any, vars(d).values())):
            return system


# --- numbers and gradients ---------------------------------------------------------------------------


def _array(nest: Any, number: Callable[[Value], float]) -> Any:
    def plain(x: Any) -> Any:
        return number(x) if isinstance(x, Value) else [plain(item) for item in x]

    return np.array(plain(nest))


def _is_data(quantity: Any) -> bool:
    return isinstance(quantity, np.ndarray)


def numbers(system: System) -> Any:
    """The numbers of all quantities, by name."""
    named = {name: q if _is_data(q) else _array(q, lambda x: x.data) for name, q in system.quantities.items()}
    return SimpleNamespace(**named)


def by_grad(system: System) -> Any:
    """The gradients of the loss, by `al.grad`."""
    named = {name: q for name, q in system.quantities.items() if not _is_data(q)}
    found = al.grad(system.loss, list(named.values()))
    return SimpleNamespace(**{name: np.array(g) for name, g in zip(named, found, strict=True)})


def by_backward(system: System) -> Any:
    """The same by `backward`, which leaves them in `.grad`."""
    for node in al.order(system.loss):
        node.grad = 0.0
    system.loss.backward()
    named = {name: q for name, q in system.quantities.items() if not _is_data(q)}
    return SimpleNamespace(**{name: _array(q, lambda x: x.grad) for name, q in named.items()})


def by_a_pass_that_loses_sums(system: System) -> Any:
    """A planted error: where paths meet, the last one overwrites the others (`=` for `+=`)."""
    gradients = {system.loss: 1.0}
    for node in reversed(al.order(system.loss)):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            gradients[parent] = partial * gradients[node]
    named = {name: q for name, q in system.quantities.items() if not _is_data(q)}
    return SimpleNamespace(**{name: _array(q, lambda x: gradients.get(x, 0.0)) for name, q in named.items()})


# --- comparing -----------------------------------------------------------------------------------------


def difference(found: Any, true: Any) -> float:
    """The largest difference, relative to the size of the whole; inf for another shape."""
    if np.shape(found) != np.shape(true):
        return np.inf
    size = max(np.max(np.abs(found)), np.max(np.abs(true)))
    return float(np.max(np.abs(np.subtract(found, true))) / size) if size != 0.0 else 0.0


def agree(found: Any, true: Any, tolerance: float = TOLERANCE) -> bool:
    """Whether it is small enough; nan is not."""
    return difference(found, true) <= tolerance


def wrong_equations(system: System, gradients: Callable[[System], Any] = by_grad) -> dict[str, float]:
    """The equations that do not give the gradient of the graph, and by how much they miss it."""
    v, d = numbers(system), gradients(system)
    missed = {name: difference(f(v, d), getattr(d, name)) for name, f in system.equations.items()}
    return {f"{system.name}: ∇{name}": off for name, off in missed.items() if not (off <= TOLERANCE)}


def wrong_values(system: System) -> dict[str, float]:
    """The forward equations that do not give the numbers of the graph; `loss` is the loss itself."""
    v = numbers(system)
    v.loss = np.array(system.loss.data)
    missed = {name: difference(f(v), getattr(v, name)) for name, f in system.forward.items()}
    return {f"{system.name}: {name}": off for name, off in missed.items() if not (off <= TOLERANCE)}


def without_equation(system: System) -> list[str]:
    """The quantities that no equation speaks of."""
    return [name for name, q in system.quantities.items() if not _is_data(q) and name not in system.equations]


def printed_but_right(system: System) -> list[str]:
    """What the notes print wrongly, and yet passes."""
    v, d = numbers(system), by_grad(system)
    return [
        f"{system.name}: ∇{name}: {kind}"
        for name, f, kind in system.printed
        if agree(f(v, d), getattr(d, name))
    ]


# --- planted errors ------------------------------------------------------------------------------------

SLIPS: dict[str, Callable[[Any], Any]] = {
    "sign": lambda g: -g,
    "factor 2": lambda g: 2 * g,
    "a hair": lambda g: g * (1 + 1e-11),
    "one entry": lambda g: g + 1e-9 * np.eye(1, g.size).reshape(g.shape) * np.max(np.abs(g)),
    "transposed": np.transpose,
    "column for vector": lambda g: g[..., None],
    "nan": lambda g: g * np.nan,
}


def unseen_slips(systems: Callable[[int], list[System]]) -> set[str]:
    """The slips, planted one by one into each equation, that the comparison lets pass at every seed.

    A quantity that an equation reads is replaced by random numbers as well: no factor is idle. One
    seed may hide a slip, where no relu is active.
    """
    return set.intersection(*({slip for s in systems(seed) for slip in _unseen(s)} for seed in SEEDS[:3]))


def _unseen(system: System) -> list[str]:
    v, d = numbers(system), by_grad(system)
    unseen = []
    for name, equation in system.equations.items():
        true = getattr(d, name)
        for slip, change in SLIPS.items():
            if (slip != "transposed" or true.ndim == 2) and agree(change(np.asarray(equation(v, d))), true):
                unseen.append(f"{system.name}: ∇{name}: {slip}")
        for side, read in _reads(equation, v, d):
            if agree(_misread(equation, v, d, side, read), true):
                unseen.append(f"{system.name}: ∇{name}: another {read}")
    return unseen


def _reads(equation: Equation, v: Any, d: Any) -> list[tuple[str, str]]:
    """("v" or "d", name) for all that an equation reads."""
    seen: dict[tuple[str, str], None] = {}

    class Reader:
        def __init__(self, side: str, space: Any) -> None:
            self._side, self._space = side, space

        def __getattr__(self, name: str) -> Any:
            seen[self._side, name] = None
            return getattr(self._space, name)

    equation(Reader("v", v), Reader("d", d))
    return list(seen)


def _misread(equation: Equation, v: Any, d: Any, side: str, read: str) -> Any:
    spaces = {"v": SimpleNamespace(**vars(v)), "d": SimpleNamespace(**vars(d))}
    array = np.asarray(getattr(spaces[side], read))
    setattr(spaces[side], read, np.random.default_rng(0).normal(size=array.shape))
    return equation(spaces["v"], spaces["d"])


@contextmanager
def planted(row: str, *partials: Any) -> Iterator[None]:
    """While it is open, a row of the table has wrong derivatives."""
    op = ops.TABLE[row]
    before = op.partials
    op.partials = partials[0] if op.variadic else partials
    try:
        yield
    finally:
        op.partials = before


# --- what the notes write -------------------------------------------------------------------------------


def sigmoid(a: Any) -> Any:
    return 1 / (1 + np.exp(-a))


def sigmoid_slope(a: Any) -> Any:
    """g'(a) = g(a)(1 - g(a))."""
    return sigmoid(a) * (1 - sigmoid(a))


def softmax(a: Any) -> Any:
    """Of a vector, or of every column."""
    return np.exp(a) / np.exp(a).sum(axis=0)


def relu(a: Any) -> Any:
    return np.maximum(a, 0)
