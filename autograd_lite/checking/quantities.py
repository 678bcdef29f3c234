"""The named quantities of a graph at the given point and at fresh ones: numbers, gradients, slopes.

A fresh point is the recorded graph built again, row by row, on other leaves. Data that are plain
numbers stay as they are, and so do labels: leaves of 0 and 1, of ±1, or shares that sum to 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..engine import Op, Value, apply, grad, order, real
from ..errors import ArgumentTypeError, ArgumentValueError

Array = Any
FUNCTION = "check_derivation"


class Pair(NamedTuple):
    """An activation: h = g(a), item by item or, for softmax, over groups; a name may be ""."""

    row: Op
    a: str
    h: str
    a_nodes: Array
    h_nodes: Array

    @property
    def symbol(self) -> str:
        return {"sigmoid": "σ", "relu": "ReLU"}.get(self.row.name, self.row.name)

    @property
    def slope_text(self) -> str:
        """σ'(a1)"""
        return f"{self.symbol}'({self.a or f'the pre-activation of {self.h}'})"


class Point:
    """One place: `numbers` by name, "∇" before the name for gradients."""

    def __init__(self, graph: Graph, loss: Value, at: Mapping[Value, Value], kind: str) -> None:
        self.graph, self.at, self.kind = graph, at, kind
        self.numbers: dict[str, Array] = {}
        values = [at[x] for nodes in graph.nodes.values() for x in nodes.flat if isinstance(x, Value)]
        gradients = dict(zip(values, grad(loss, values), strict=True))
        self.finite = bool(np.isfinite([loss.data, *gradients.values()]).all())
        for name, nodes in graph.nodes.items():
            self.numbers[name] = graph.data.get(name, _array(nodes, lambda x: self.at[x].data))
            if name not in graph.data:
                self.numbers["∇" + name] = _array(nodes, lambda x: gradients[self.at[x]], 0.0)

    def truth(self, target: str) -> Array:
        return self.numbers["∇" + target]

    def views(
        self, target: str, read: Callable[[str, Any], Any] | None = None
    ) -> tuple[Quantities, Quantities]:
        """What an equation is called with: v and d."""
        return Quantities(self, "", target, read), Quantities(self, "∇", target, read)

    def slope(self, pair: Pair) -> Array:
        """g'(a), from the table."""
        return _array(pair.h_nodes, lambda x: self.at[x].partials[0])

    def slope_of(self, pair: Pair, x: Array) -> Array:
        """g' at other numbers."""
        constants = [c for c in pair.h_nodes.flat[0].operands if not isinstance(c, Value)]
        rule = pair.row

        def one(number: float) -> Any:
            operands = (float(number), *constants)
            return rule.partial(0, rule.value(*operands), operands)

        return np.array([one(number) for number in np.ravel(x)], dtype=float).reshape(np.shape(x))

    def through(self, pair: Pair, upstream: Array) -> Array:
        """The gradient of a, from that of h: the whole Jacobian."""
        sums: dict[Value, float] = {}
        for node, g in zip(pair.h_nodes.flat, np.ravel(upstream), strict=True):
            for parent, slope in zip(self.at[node].parents, self.at[node].partials, strict=True):
                sums[parent] = sums.get(parent, 0.0) + slope * float(g)
        return _array(pair.a_nodes, lambda x: sums.get(self.at[x], 0.0))


class Quantities:
    """Numbers by attribute or item: v.W1, v["W1"]; copies, so that an equation may write on them."""

    def __init__(self, point: Point, mark: str, target: str, read: Any) -> None:
        self._held = (point, mark, target, read)

    def __getitem__(self, name: str) -> Any:
        point, mark, target, read = self._held
        numbers, key = point.numbers, f"{mark}{name}"
        if mark and name == target:
            raise ArgumentValueError(
                FUNCTION, f"the equation for {target}", key, "made without its own result"
            )
        if mark and name in numbers and key not in numbers:
            raise ArgumentValueError(FUNCTION, key, "plain numbers", "the gradient of Values")
        if key not in numbers:
            known = [n.removeprefix(mark) for n in numbers if n.startswith("∇") == bool(mark)]
            raise ArgumentValueError(
                FUNCTION, "a quantity in an equation", name, f"one of {', '.join(known)}"
            )
        array = numbers[key].copy()
        return array if read is None else read(key, array)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __dir__(self) -> list[str]:
        return list(self._held[0].graph.nodes)


class Graph:
    """The loss and the quantities, and what can be found out about them without an equation."""

    def __init__(self, loss: Value, quantities: Mapping[str, Any], samples: Any) -> None:
        self.loss = loss
        self.nodes: dict[str, Array] = {name: _nodes(name, q) for name, q in quantities.items()}
        self.data = {name: _plain(q) for name, q in self.nodes.items() if not _has_values(q)}
        self.order = order(loss, *(x for q in self.nodes.values() for x in q.flat if isinstance(x, Value)))
        self.axis, self.found = self._samples(samples)
        self.pairs = self._pairs()

    # --- samples: how many, and along which axis ---

    @property
    def n(self) -> int:
        """How many samples; 0 where there is no axis of them."""
        if self.axis is None:
            return 0
        sizes = [q.shape[self.axis] for q in self._inner(2)] or [len(q) for q in self._inner(1)]
        return max(set(sizes), key=sizes.count) if sizes else 0

    def _inner(self, ndim: int) -> list[Array]:
        """The quantities of so many axes that are results, not leaves."""
        return [q for q in self.nodes.values() if q.ndim == ndim and q.size and _is_result(q)]

    def _samples(self, given: Any) -> tuple[int | None, bool]:
        axes = {"rows": 0, "columns": 1, None: None}
        if not (given is None or isinstance(given, str)):
            raise ArgumentTypeError(FUNCTION, "samples", given, "'rows', 'columns' or None")
        if given not in axes:
            raise ArgumentValueError(FUNCTION, "samples", given, "'rows', 'columns' or None")
        if given is not None:
            return axes[given], False
        axis = self._mixed()
        return axis if axis is not None else self._by_bias(), True

    def _mixed(self) -> int | None:
        """Units mix from layer to layer, samples never do."""
        for q in self._inner(2):
            for axis in (0, 1):
                own, other = (self._marks(q, k) for k in (axis, 1 - axis))
                for r in self._inner(2):
                    if r is q or r.shape[axis] != q.shape[axis] or q.shape[axis] < 2:
                        continue
                    along = np.indices(r.shape)[axis]
                    pure = all(own.get(x, 0) == 1 << i for x, i in zip(r.flat, along.flat, strict=True))
                    if pure and all(_bits(other.get(x, 0)) > 1 for x in r.flat):
                        return axis
        return None

    def _by_bias(self) -> int | None:
        """A bias meets every sample, and one unit each. Failing that, one weight that meets a whole list."""
        votes = set()
        for p in self.nodes.values():
            if p.ndim == 1 and _has_values(p) and not _is_result(p):
                marks = self._marks(p, 0)
                for q in self._inner(2):
                    for axis in (0, 1):
                        along = np.indices(q.shape)[axis]
                        if len(p) == q.shape[axis] and all(
                            marks.get(x, 0) == 1 << i for x, i in zip(q.flat, along.flat, strict=True)
                        ):
                            votes.add(1 - axis)
        if not votes and not self._inner(2):
            leaves = [
                p.item() for p in self.nodes.values() if p.ndim == 0 and _has_values(p) and not _is_result(p)
            ]
            met = {x for p in leaves for x in self._marks(_objects([p]), 0)}
            lists = [q for q in self._inner(1) if q.size > 1]
            entries = {x for q in lists for x in q.flat}
            apart = all(
                _bits(bits) == 1 for q in lists for x, bits in self._marks(q, 0).items() if x in entries
            )
            votes = {0} if lists and apart and entries <= met else set()
        return votes.pop() if len(votes) == 1 else None

    def _marks(self, q: Array, axis: int) -> dict[Value, int]:
        """For every node that the quantity reaches, the bits of the indices along the axis that reach it."""
        marks: dict[Value, int] = {}
        for x, i in zip(q.flat, np.indices(q.shape)[axis].flat, strict=True):
            if isinstance(x, Value):
                marks[x] = marks.get(x, 0) | 1 << int(i)
        for node in self.order:
            bits = marks.get(node, 0)
            for parent in node.parents:
                bits |= marks.get(parent, 0)
            if bits:
                marks[node] = bits
        return marks

    def downstream(self, target: str) -> set[str]:
        """The quantities that are made of the target."""
        q = self.nodes[target]
        own = {x for x in q.flat if isinstance(x, Value)}
        reached = set(self._marks(q.reshape(-1), 0)) - own
        return {
            name
            for name, r in self.nodes.items()
            if r.size and name not in self.data and all(x in reached for x in r.flat)
        }

    # --- activations ---

    def _pairs(self) -> list[Pair]:
        """Every activation whose input or output has a name."""
        pairs: dict[tuple[Any, ...], Pair] = {}
        names = {tuple(q.flat): name for name, q in self.nodes.items() if name not in self.data}
        for name, q in self.nodes.items():
            if name not in self.data and q.size and _is_activation(q):
                inputs = _inputs(q)
                if inputs is not None:
                    key = tuple(q.flat)
                    pairs[key] = Pair(q.flat[0].op, names.get(tuple(inputs.flat), ""), name, inputs, q)
        for name, q in self.nodes.items():
            if name not in self.data and q.size:
                for outputs in self._outputs(q):
                    key = tuple(outputs.flat)
                    pairs.setdefault(key, Pair(outputs.flat[0].op, name, names.get(key, ""), q, outputs))
        return list(pairs.values())

    def _outputs(self, q: Array) -> Iterator[Array]:
        """What one row makes out of all of q, item by item."""
        made: dict[Any, list[Value]] = {x: [] for x in q.flat}
        for node in self.order:
            if len(node.parents) == 1 and node.parents[0] in made:
                made[node.parents[0]].append(node)
        for k in range(min(map(len, made.values()))):
            outputs = _objects([made[x][k] for x in q.flat]).reshape(q.shape)
            if _is_activation(outputs) and not outputs.flat[0].op.variadic:
                yield outputs

    # --- points ---

    def given(self) -> Point:
        return Point(self, self.loss, {x: x for x in self.order}, "given")

    def fresh(self, rng: np.random.Generator) -> list[Point]:
        """One point near by, and up to three far off; fewer where the graph has no numbers there."""
        near = self._moved(rng, "near", [1e-3, 1e-5])
        return [p for p in (near, *(self._moved(rng, "far", [1.0, 0.5, 0.1]) for _ in range(3))) if p]

    def _moved(self, rng: np.random.Generator, kind: str, steps: Sequence[float]) -> Point | None:
        for step in steps:
            leaves = self._leaves(rng, step)
            at: dict[Value, Value] = {}
            for x in self.order:
                if x.op is None:
                    at[x] = Value(leaves.get(x, x.data))
                else:
                    at[x] = apply(x.op, [at[y] if isinstance(y, Value) else y for y in x.operands])
            point = Point(self, at[self.loss], at, kind)
            if point.finite:
                return point
        return None

    def _leaves(self, rng: np.random.Generator, step: float) -> dict[Value, float]:
        """New numbers for the named leaves; where no leaf has a name, for all of them."""
        groups = [[x for x in q.flat if isinstance(x, Value) and x.op is None] for q in self.nodes.values()]
        fixed = {
            x for q in self.nodes.values() if _has_values(q) and self._is_fixed(_numbers(q)) for x in q.flat
        }
        if not any(groups):
            groups = [[x] for x in self.order if x.op is None]
        moved = {}
        for group in groups:
            scale = float(np.sqrt(np.mean([x.data**2 for x in group]))) if group else 0.0
            for x in group:
                if x not in fixed:
                    moved[x] = x.data + step * (scale or 0.5) * float(rng.normal())
        return moved

    def _is_fixed(self, x: Array) -> bool:
        """Labels; and data that stand in the graph as plain numbers, too, as an autoencoder's target may."""
        constants = {c for node in self.order for c in node.operands if not isinstance(c, Value)}
        return _is_label(x) or (set(x.flat) <= constants and not np.array_equal(x, np.round(x)))

    def is_piecewise_above(self, target: str) -> bool:
        """Whether a row with a kink lies between the target and the loss."""
        met = self._marks(self.nodes[target].reshape(-1), 0)
        return any(x.op is not None and x.op.name in KINKED for x in met)


KINKED = {"relu", "abs", "leaky_relu", "elu", "clamp", "max", "min"}


# --- nests of Values and numbers ------------------------------------------------------------------------


def _nodes(name: str, quantity: Any) -> Array:
    """The quantity as an array of Values and floats; refused where rows differ in length."""
    items = list(_flat(name, quantity))
    return _objects(items).reshape(_shape(name, quantity))


def _flat(name: str, x: Any) -> Iterator[Any]:
    if isinstance(x, Value):
        yield x
    elif isinstance(x, list | tuple) or np.ndim(x):
        for item in x:
            yield from _flat(name, item)
    elif real(x) is None and getattr(x, "shape", None) != ():
        raise ArgumentTypeError(FUNCTION, f"quantities[{name!r}]", x, "Values and numbers, in nested lists")
    else:
        yield x.item() if hasattr(x, "item") else x


def _shape(name: str, x: Any) -> tuple[int, ...]:
    if isinstance(x, Value) or not isinstance(x, list | tuple):
        return () if isinstance(x, Value) else tuple(np.shape(x))
    shapes = {_shape(name, item) for item in x}
    if len(shapes) > 1:
        raise ArgumentValueError(FUNCTION, f"quantities[{name!r}]", x, "a nest whose rows have one length")
    return (len(x), *(shapes.pop() if shapes else ()))


def _objects(items: Sequence[Any]) -> Array:
    array = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        array[i] = item
    return array


def _has_values(nodes: Array) -> bool:
    return any(isinstance(x, Value) for x in nodes.flat)


def _plain(nodes: Array) -> Array:
    """Numbers alone: whole ones stay whole, for they may be indices."""
    return np.array(nodes.tolist())


def _array(nodes: Array, number: Callable[[Value], float], plain: float | None = None) -> Array:
    items = [number(x) if isinstance(x, Value) else x if plain is None else plain for x in nodes.flat]
    return np.array(items, dtype=float).reshape(nodes.shape)


def _numbers(nodes: Array) -> Array:
    return _array(nodes, lambda x: x.data)


def _is_result(q: Array) -> bool:
    return all(isinstance(x, Value) and x.op is not None for x in q.flat)


def _is_activation(q: Array) -> bool:
    """All of one row, which is neither arithmetic nor a sum."""
    first = q.flat[0]
    return (
        _is_result(q)
        and all(x.op is first.op for x in q.flat)
        and (first.op.name == "softmax" or not (first.op.variadic or first.op.symbol))
    )


def _inputs(q: Array) -> Array | None:
    """What an activation is applied to, in the shape of its result."""
    if q.flat[0].op.name != "softmax":
        same = all(len(x.parents) == 1 for x in q.flat)
        return _objects([x.parents[0] for x in q.flat]).reshape(q.shape) if same else None
    found = [x.operands[1 + int(x.operands[0])] for x in q.flat]
    return _objects(found).reshape(q.shape) if all(isinstance(x, Value) for x in found) else None


def _bits(number: int) -> int:
    return bin(number).count("1")


def _is_label(x: Array) -> bool:
    """0 and 1, ±1, or shares of a whole."""
    if not x.size or not x.any():
        return False
    if set(np.unique(x)) <= {0.0, 1.0} or set(np.unique(x)) <= {-1.0, 1.0}:
        return True
    return bool((x >= 0).all()) and x.ndim > 0 and any(np.allclose(x.sum(axis=k), 1.0) for k in range(x.ndim))
