"""Canonical scalar equations, each with a colour: what it is, whatever its place.

Every +, -, negation, product, dot, sum and mean becomes one kind of node, a sum of products. The colour of
a sum is the multiset of its terms' colours, so that neither the order of the additions nor where a loop
began matters. Nodes of one colour are one array in the end. Numbers are never in a colour, and equal
numbers never make two nodes one: data that hold the same number twice must not fall together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...engine import Value
from .canonical_graph import CONSTANT, Canon, live_nodes
from .canonical_sums import Addend, Made, Product, scaled
from .like_terms import Groups
from .scalar_list import Operand, Scalars, is_product
from .stable_exponentials import LISTS, Fusing

FACTORS = 4  # of a product that is written out in another


def canonical(scalars: Scalars, leaves: Mapping[Value, tuple[int, int]], ragged: bool = False) -> Canon:
    """The canonical equations. If `ragged`, sums that differ only in how many terms they have are alike."""
    builder = _Builder(scalars, leaves, ragged)
    builder.build()
    canon = builder.canon
    canon.live = live_nodes(canon)
    return canon


class _Builder(Fusing):
    """Goes through the scalars. A product that is only to be written out is no node, nor is a sum that the
    next one takes over; and a sum has no colour before it is asked for as a whole."""

    def build(self) -> None:
        scalars = self.scalars
        rows, operands = scalars.rows, scalars.operands
        made: list[Any] = list(range(self.count))  # of each scalar
        self.scalar_nodes = made
        for number in range(len(made), len(rows)):
            self.number, row, given, before = number, rows[number], operands[number], self.count
            if row == "add" or row == "mul":  # nearly all: quickly
                a, b = given
                x, y = a if type(a) is float else made[a], b if type(b) is float else made[b]  # type: ignore[index]
                node = self._plus(x, y, given) if row == "add" else self._times(x, y, given)
            else:
                found = [x if type(x) is float else made[x] for x in given]  # type: ignore[index]
                if list in map(type, found):
                    found = [self._made(x) for x in given]
                node = self._converted(row, found, given)
            made.append(node)
            if type(node) is int:
                self._stands_for(node, number, before)
        self.canon.roots = [self.whole(self._made(root)) for root in scalars.roots]
        self.cut()

    def _made(self, x: Operand) -> Made:
        """What an operand of a scalar is; addends that no sum took over become a node of their own."""
        if isinstance(x, float):
            return x
        made = self.scalar_nodes[x]
        if type(made) is list:
            before = self.count
            self.scalar_nodes[x] = node = self.sum(made)
            self._stands_for(node, x, before)
            return node
        return made

    def _stands_for(self, node: int, number: int, before: int) -> None:
        """Notes what a node is: the scalar, if it was made for it; and whether it is anything else, too."""
        if node >= before and self.canon.origins[node] is None:
            self.canon.origins[node] = self.scalars.values[number]
            if self.scalars.uses[number] > 1:
                self.single[node] = False
        else:
            self.single[node] = False

    # --- one scalar ---

    def _plus(self, x: Made, y: Made, given: tuple[Operand, ...]) -> Made:
        """A sum of what two scalars are; as mere addends where another sum is all that it is in."""
        scalars, number = self.scalars, self.number
        label = scalars.labels[number]
        if type(x) is list and scalars.labels[given[0]] == label:  # type: ignore[index]
            addends = x
        elif type(x) is float and x == 0.0:  # sum() starts from 0
            addends = []
        else:
            addends = self.added([], 1.0, None, self._made(given[0]))
        addends = self.added(addends, 1.0, None, self._made(given[1]) if type(y) is list else y)
        if scalars.uses[number] == 1 == scalars.additive[number] and not (label and label[1]):
            return addends
        return self.sum(addends)

    def _converted(self, row: str, operands: list[Any], given: tuple[Any, ...]) -> Made:
        if row == "sub":
            return self.sum(self.added(self.added([], 1.0, None, operands[0]), -1.0, None, operands[1]))
        if is_product(row, given):
            return self._product(row, operands)
        if row == "dot":
            return self._dot(operands)
        if row in ("sum", "mean"):
            share = 1.0 / len(operands) if row == "mean" and operands else None
            addends: list[Addend] = []
            for x in operands:
                addends = self.added(addends, 1.0, share, x)
            return self.sum(addends)
        operands = [x if type(x) is float else self.whole(x) for x in operands]
        if row in ("softmax", "log_softmax"):
            return self.softmax(row, operands[0], operands[1:])
        if row in LISTS:
            return self.reduced(row, operands)
        if row == "take" and type(operands[0]) is float:
            return self.whole(operands[1 + int(operands[0])])
        if row == "log":
            return self.log(operands[0])
        if row == "div" and type(operands[0]) is int and type(operands[1]) is int:
            found = self.softened(operands[0], operands[1])
            if found is not None:
                return found
        return self.op(row, tuple(operands))

    # --- products ---

    def _times(self, x: Made, y: Made, given: tuple[Operand, ...]) -> Made:
        """A product of what two scalars are."""
        if type(x) is type(y) is int:
            if x in self.inverses or y in self.inverses:
                found = self.quotient(x, y)
                if found is not None:
                    return found
            return self._written(1.0, None, (self.whole(x), self.whole(y)))
        return self._written(*self._multiplied(1.0, None, [self._made(x) for x in given]))

    def _product(self, row: str, operands: list[Any]) -> Made:
        """One by an operation other than `mul`."""
        sign, constant = 1.0, None
        if row == "neg":
            sign = -1.0
        elif row == "div":
            operands, constant = operands[:1], 1.0 / operands[1]
        elif row == "pow":
            operands = [operands[0], operands[0]]
        return self._written(*self._multiplied(sign, constant, operands))

    def _written(self, sign: float, constant: float | None, factors: tuple[int, ...]) -> Made:
        """A product, as no node of its own where sums or one other product are all that it is in."""
        scalars, number = self.scalars, self.number
        uses = scalars.uses[number]
        if uses and (scalars.additive[number] == uses or uses == 1 == scalars.factor[number]):
            return (sign, constant, factors), uses == 1, number
        return self.sum(self.gathered([], sign, constant, factors))

    def _multiplied(self, sign: float, constant: float | None, operands: Sequence[Made]) -> Product:
        """The product of operands, those that are products of a single use written out."""
        factors: list[int] = []
        room = FACTORS + 1 - len([x for x in operands if type(x) is not float])
        for x in operands:
            if type(x) is float:
                constant = x if constant is None else constant * x
            elif type(x) is tuple and x[1] and len(x[0][2]) <= room:
                sign, constant, more = scaled(x[0], sign, constant)
                room -= len(more) - 1
                factors += more
            else:
                factors.append(self.whole(x))
        return sign, constant, tuple(factors)

    def _dot(self, operands: list[Any]) -> int:
        half = len(operands) // 2
        ws, xs, rest = operands[:half], operands[half : 2 * half], operands[2 * half :]
        groups = self._like_terms(ws, xs)
        addends: list[Addend] = [] if groups is None else [groups]
        if groups is None:
            for pair in zip(ws, xs, strict=True):
                addends = self.gathered(addends, *self._multiplied(1.0, None, pair))
        for x in rest:
            addends = self.added(addends, 1.0, None, x)
        return self.sum(addends)

    def _like_terms(self, ws: list[Any], xs: list[Any]) -> Groups | None:
        """The usual dot, quickly: all ws of one colour, and all xs of one, or constants."""
        columns, colours = [], []
        for ys in (ws, xs):
            kinds = set(map(type, ys))
            if kinds == {int}:
                found = set(map(self.colours.__getitem__, ys))
                if len(found) != 1 or CONSTANT in found:  # or among them products to be written out
                    return None
                columns.append((found.pop(), ys))
            elif kinds == {float}:
                colours.append(ys)
            else:
                return None
        if not columns:
            return None
        columns.sort(key=lambda column: column[0])
        key = (1.0, bool(colours), tuple(colour for colour, _ in columns))
        return {key: [list(ys) for _, ys in columns] + [list(ys) for ys in colours]}
