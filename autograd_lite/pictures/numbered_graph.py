"""A graph as a numbered list: its Values and constants, their operands and users; how many are too many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .. import arguments
from ..engine import Value, order
from ..errors import GraphError

_SETTINGS = {"index", "low", "high"}  # with exponents and what has a default: part of the operation's name


class Items:
    """Values in `al.order`, "n0", "n1" ...; a constant, "k5_1", stands before n5, which uses it as operand 1.

    `operands[i]` are pairs (item, local derivative), `users[i]` the items made of i, `roots` those asked for.
    """

    def __init__(self, roots: Sequence[Value]) -> None:
        self.ids: list[str] = []
        self.values: list[Value | float] = []
        self.operands: list[list[tuple[int, float | None]]] = []
        self._at: dict[Any, int] = {}
        for n, value in enumerate(order(*roots)):
            operands = [] if value.op is None else self._operands(n, value)
            self._at[value] = self._add(f"n{n}", value, operands)
        self.users: list[list[int]] = [[] for _ in self.ids]
        for i, operands in enumerate(self.operands):
            for source, _ in operands:
                self.users[source].append(i)
        self.roots = {self._at[root] for root in roots}

    def __len__(self) -> int:
        return len(self.ids)

    def at(self, values: Iterable[Value]) -> set[int]:
        """The items that these Values are, as far as they are in the graph."""
        return {self._at[value] for value in values if value in self._at}

    def value(self, i: int) -> Value | None:
        """None for a constant."""
        found = self.values[i]
        return found if isinstance(found, Value) else None

    def data(self, i: int) -> float:
        found = self.values[i]
        return found.data if isinstance(found, Value) else found

    def label(self, i: int) -> str:
        found = self.values[i]
        return found.label if isinstance(found, Value) else ""

    def scope(self, i: int) -> str:
        found = self.values[i]
        return found.scope if isinstance(found, Value) else ""

    def row(self, i: int) -> str:
        """The name of the operation; "" for leaves and constants."""
        found = self.values[i]
        return found.op.name if isinstance(found, Value) and found.op is not None else ""

    def is_leaf(self, i: int) -> bool:
        return not self.row(i)

    def gradients(self) -> list[float | None]:
        """The gradients where backward has come by, else None.

        It has come to an operation whose gradient is not 0, and to all that this is made of. The
        gradient of a leaf says nothing by itself: it may be that of another graph.
        """
        reached = [False] * len(self)
        found: list[float | None] = [None] * len(self)
        for i in reversed(range(len(self))):
            value = self.value(i)
            if value is None:
                continue
            if value.grad != 0.0 and (value.op is not None or i in self.roots):
                reached[i] = True
            if reached[i]:
                found[i] = value.grad
                for source, _ in self.operands[i]:
                    reached[source] = True
        return found

    # --- building it ---

    def _operands(self, n: int, value: Value) -> list[tuple[int, float | None]]:
        slopes = iter(value.partials)
        found: list[tuple[int, float | None]] = []
        for position, operand in enumerate(value.operands):
            if isinstance(operand, Value):
                found.append((self._at[operand], next(slopes)))
            elif not _is_setting(value, position):
                found.append((self._constant(n, position, value, operand), None))
        return found

    def _constant(self, n: int, position: int, value: Value, number: float) -> int:
        """In lists, the same float in the same position is one item: an input that all of a layer use."""
        row: Any = value.op
        kept = row.variadic or len(row.inputs) > 2  # in a tuple, where a float stays the object that it was
        key = (id(number), position) if kept else (n, position)
        if key not in self._at:
            self._at[key] = self._add(f"k{n}_{position}", number, [])
        return self._at[key]

    def _add(self, name: str, value: Value | float, operands: list[tuple[int, float | None]]) -> int:
        self.ids.append(name)
        self.values.append(value)
        self.operands.append(operands)
        return len(self.ids) - 1


def operation(value: Value) -> str:
    """How a picture calls the operation: by its sign or name, with settings: "*", "**2", "softmax[0]"."""
    row: Any = value.op
    operands = value.operands
    settings = [x for i, x in enumerate(operands) if not isinstance(x, Value) and _is_setting(value, i)]
    if not settings or settings == list(row.defaults.values()):
        return str(row.symbol or row.name)
    texts = [f"{x:.6g}" for x in settings]
    if row.name == "pow":
        return f"**{texts[0]}"
    return f"{row.name}[{texts[0]}]" if row.inputs[0] == "index" else f"{row.name} {', '.join(texts)}"


def _is_setting(value: Value, position: int) -> bool:
    row: Any = value.op
    if row.name == "pow":
        return position == 1
    name = row.inputs[min(position, len(row.inputs) - 1)]
    return name in _SETTINGS or name in row.defaults


# --- what is too much for a picture --------------------------------------------------------------------

DENSE = 10  # edges to a node that are drawn without being told to
READ = 100_000  # nodes of a graph that is looked through for neurons and layers


def refuse_size(function: str, roots: list[Value], most: int, limit: int) -> None:
    """An error where the graph has more nodes than are looked through, told without a walk over them all."""
    seen = set(roots)
    stack = list(seen)
    while stack and len(seen) <= most:
        fresh = set(stack.pop().parents) - seen
        seen |= fresh
        stack.extend(fresh)
    if len(seen) > most:
        raise _refusal(function, f"more than {most:,} nodes", limit)


def refuse_too_many(function: str, nodes: int, edges: int, limit: int | None) -> None:
    """An error where there are more nodes than the limit, or edges than DENSE times as many."""
    if limit is not None:
        arguments.count(function, "limit", limit, least=1)
        if nodes > limit or edges > DENSE * limit:
            raise _refusal(function, f"{nodes:,} nodes and {edges:,} edges to be drawn", limit)


def _refusal(function: str, count: str, limit: int) -> GraphError:
    return GraphError(
        f"{function}: the graph has {count}, too many for a picture (the limit is {limit:,} nodes): "
        'draw a part of it, which is any Value inside; or collapse it with by="neuron" or by="layer" '
        "(what is made in an al.name_scope is one); or give a larger limit=, None for none"
    )
