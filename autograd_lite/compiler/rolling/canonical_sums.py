"""Nodes as they are made, and sums as they are gathered.

An addend is first only put down. A sum is asked for as a whole where another kind of node needs it: then
its addends become like terms, and those give its colour. Most sums never are, for the next takes them over.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from ...engine import Value
from .canonical_graph import CONSTANT, Canon
from .like_terms import Groups, Key, counts, extend, size, times
from .scalar_list import LEAF, Operand, Scalars

EXPANSION = 20  # how many terms may be copied, for each node, to multiply sums out
ROOM = 1024  # nodes for which room is made at once

Product = tuple[float, float | None, tuple[int, ...]]  # sign, constant, factors
Addend = Product | Groups  # or like terms already
# What a scalar is: a node; a constant; a product that is only to be written out, as (the product, whether
# nothing else uses it, the number of its scalar); or the addends of a sum that the next one takes over.
Made = Any


class Gathering:
    """The nodes. Lists have room for more than there are, so that a node which is nothing but a sum is made
    by counting on."""

    def __init__(self, scalars: Scalars, leaves: Mapping[Value, tuple[int, int]], ragged: bool) -> None:
        self.scalars, self.ragged = scalars, ragged
        self.number = 0  # of the scalar that is looked at
        self.known: dict[Any, int] = {}  # colours by what they are
        self.products: dict[int, int] = {}  # nodes of scalars that were to be written out
        self.budget = EXPANSION * len(scalars.rows) + 1000
        self.count = len(leaves)
        self.canon = canon = Canon([LEAF] * self.count, list(leaves.values()), [None] * self.count)
        canon.origins = list(leaves)
        arrays = [array for array, _ in leaves.values()]
        colours = {array: self.colour((LEAF, array)) for array in dict.fromkeys(arrays)}
        canon.colours = [colours[array] for array in arrays]
        self.rows, self.groups, self.colours = canon.rows, canon.groups, canon.colours
        self.single = [False] * self.count  # whether a node has one use: its terms can be taken over
        self.addends: list[list[Addend] | None] = [None] * self.count  # of sums

    def colour(self, what: Any) -> int:
        return self.known.setdefault(what, len(self.known))

    def new(self, row: str, operands: tuple[Operand, ...], groups: Groups | None, colour: int) -> int:
        node = self._next()
        self.rows[node], self.canon.operands[node] = row, operands
        self.groups[node], self.colours[node] = groups, colour
        return node

    def shared(self, node: int) -> int:
        """The node, which stands for one thing more."""
        self.single[node] = False
        return node

    def cut(self) -> None:
        """Takes back the room that is left."""
        canon = self.canon
        for nodes in (canon.rows, canon.operands, canon.groups, canon.colours, canon.origins):
            del nodes[self.count :]

    def _next(self) -> int:
        """The number of a new node: a sum as yet without a colour."""
        node = self.count
        self.count += 1
        if node == len(self.rows):
            self.rows += ["sum"] * ROOM
            self.canon.operands += [()] * ROOM
            self.canon.origins += [None] * ROOM
            self.groups += [None] * ROOM
            self.colours += [CONSTANT] * ROOM
            self.single += [True] * ROOM
            self.addends += [None] * ROOM
        return node

    # --- sums ---

    def whole(self, x: Made) -> int:
        """The node of x as an operand of its own, with a colour."""
        if type(x) is int:
            if self.colours[x] == CONSTANT:
                self.groups[x] = groups = self._like(self.addends[x] or [])
                self.colours[x] = self.colour(("sum", counts(groups, self.ragged)))
            return x
        if type(x) is float:
            return self.whole(self.sum([(1.0, x, ())]))
        (sign, constant, factors), alone, number = x
        if number not in self.products:
            addends = self.gathered([], sign, constant, factors, alone)
            self.products[number] = self.shared(self.whole(self.sum(addends)))
        return self.products[number]

    def sum(self, addends: list[Addend]) -> int:
        """A sum of them; or what it is of, where that is one and others are not like it."""
        if len(addends) == 1 and not self.ragged:
            only = _alone(addends[0])
            if only is not None:
                return self.shared(only)
        node = self._next()
        self.addends[node] = addends
        return node

    def added(
        self, addends: list[Addend], sign: float, constant: float | None, x: Made, take_over: bool = True
    ) -> list[Addend]:
        """The addends with one more; those of a sum that nothing else uses are taken over."""
        if type(x) is int:
            return self.gathered(addends, sign, constant, (x,), take_over)
        if type(x) is float:
            addends.append((sign, x if constant is None else x * constant, ()))
            return addends
        product, take_over, _ = x
        if sign == 1.0 and constant is None and len(product[2]) != 1:  # nearly all: quickly
            addends.append(product)
            return addends
        return self.gathered(addends, *scaled(product, sign, constant), take_over)

    def gathered(
        self,
        addends: list[Addend],
        sign: float,
        constant: float | None,
        factors: tuple[int, ...],
        take_over: bool = True,
    ) -> list[Addend]:
        """The addends with one more, a product of nodes."""
        if len(factors) == 1:
            (node,) = factors
            if take_over and self._can_be_taken_over(node):
                more = self._taken_over(node, sign, constant)
                if more is not None:
                    if not addends or _is_less(addends, more):
                        addends, more = more, addends
                    addends += more
                    return addends
            self.whole(node)
        addends.append((sign, constant, factors))
        return addends

    def groups_of(self, x: int) -> Groups:
        """The like terms of a sum."""
        return (self.groups[x] or {}) if self.rows[x] == "sum" else {}

    def _can_be_taken_over(self, node: int) -> bool:
        """Whether a sum is an addend of one other sum, and no quantity by itself: a layer's, or labelled."""
        if not self.single[node] or self.rows[node] != "sum":
            return False
        origin = self.canon.origins[node]
        return origin is None or (origin.scope == self.scalars.values[self.number].scope and not origin.label)

    def _taken_over(self, node: int, sign: float, constant: float | None) -> list[Addend] | None:
        """The addends of a sum times sign and constant, which may be its own list, for the sum is no more;
        None where it would cost too much."""
        more = self.addends[node] or []
        if self.colours[node] != CONSTANT:
            more = [self.groups[node] or {}]
        if sign == 1.0 and constant is None:
            return more
        self.budget -= _count(more)
        if self.budget < 0:
            return None
        return [times(x, sign, constant) if isinstance(x, dict) else scaled(x, sign, constant) for x in more]

    def _like(self, addends: list[Addend]) -> Groups:
        """The addends as like terms."""
        groups: Groups = {}
        colours = self.colours
        for addend in addends:
            if isinstance(addend, dict):
                groups = extend(groups, addend)
                continue
            sign, constant, factors = addend
            if len(factors) == 2 and constant is None:  # nearly all: quickly
                a, b = factors
                first, second = colours[a], colours[b]
                if second < first:
                    a, b, first, second = b, a, second, first
                key: Key = (sign, False, (first, second))
                columns = groups.get(key)
                if columns is None:
                    groups[key] = [[a], [b]]
                else:
                    columns[0].append(a)
                    columns[1].append(b)
                continue
            factors = tuple(sorted(factors, key=colours.__getitem__))
            key = (sign, constant is not None, tuple([colours[f] for f in factors]))
            columns = groups.setdefault(key, [[] for _ in range(len(factors) + (constant is not None))])
            for column, factor in zip(columns, factors, strict=False):
                column.append(factor)
            if constant is not None:
                columns[-1].append(constant)
        return groups


def _is_less(some: list[Addend], others: list[Addend]) -> bool:
    """Whether these are fewer terms than the others; told as fast as the fewer can be counted."""
    if len(some) <= len(others):
        count = _count(some)
        return _count(others, count + 1) > count
    count = _count(others)
    return _count(some, count) < count


def _count(addends: list[Addend], enough: float = inf) -> int:
    """How many terms they are, counted until they are enough."""
    count = 0
    for addend in addends:
        count += size(addend) if isinstance(addend, dict) else 1
        if count >= enough:
            break
    return count


def _alone(addend: Addend) -> int | None:
    """The one node that an addend is."""
    if isinstance(addend, dict):
        if len(addend) != 1:
            return None
        (((sign, constant, colours), columns),) = addend.items()
        is_one = sign == 1.0 and not constant and len(colours) == len(columns[0]) == 1
        return columns[0][0] if is_one else None
    s, c, factors = addend
    return factors[0] if s == 1.0 and c is None and len(factors) == 1 else None


def scaled(product: Product, sign: float, constant: float | None) -> Product:
    """The product times a sign and, if there is one, a constant."""
    s, c, factors = product
    return sign * s, c if constant is None else constant if c is None else c * constant, factors
