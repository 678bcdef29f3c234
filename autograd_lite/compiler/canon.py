"""Canonical scalar equations, each with a colour: what it is, whatever its place.

Every +, -, negation, product, dot, sum and mean becomes one kind of node, a sum of products. The colour of
a sum is the multiset of its terms' colours, so that neither the order of the additions nor where a loop
began matters. Nodes of one colour are one array in the end. Numbers are never in a colour, and equal
numbers never make two nodes one: data that hold the same number twice must not fall together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log
from typing import Any

from ..engine import Value
from .nodes import Canon, live_nodes
from .scalars import LEAF, Operand, Scalars, is_product
from .terms import Groups, Key, counts, runs, size, times

CONSTANT = -1  # the colour of every number
EXPANSION = 20  # how many terms may be copied, for each node, to multiply sums out
FACTORS = 4  # of a product that is written out in another
LISTS = frozenset(("logsumexp", "max", "min", "prod", "norm"))


def canonical(scalars: Scalars, leaves: Mapping[Value, tuple[int, int]], ragged: bool = False) -> Canon:
    """The canonical equations. If `ragged`, sums that differ only in how many terms they have are alike."""
    builder = _Builder(scalars, leaves, ragged)
    builder.build()
    canon = builder.canon
    canon.live = live_nodes(canon)
    return canon


class _Builder:
    """Nodes are made of others' numbers. A product that is only to be written out is no node, but a _Product,
    and a sum has no colour before it is asked for as a whole: most are taken over by the next."""

    def __init__(self, scalars: Scalars, leaves: Mapping[Value, tuple[int, int]], ragged: bool) -> None:
        self.scalars, self.ragged = scalars, ragged
        self.known: dict[Any, int] = {}  # colours by what they are
        self.made: dict[Any, int] = {}  # rewritten nodes, each once
        self.scope = ""  # of the scalar that is looked at
        self.budget = EXPANSION * len(scalars.rows) + 1000
        self.canon = canon = Canon([LEAF] * len(leaves), list(leaves.values()), [None] * len(leaves))
        canon.origins = list(leaves)
        canon.colours = [self._colour((LEAF, array)) for array, _ in leaves.values()]
        self.colours, self.groups = canon.colours, canon.groups
        self.single = [False] * len(leaves)  # whether a node has one use: its terms can be taken over

    def build(self) -> None:
        scalars, colours, origins, single = self.scalars, self.colours, self.canon.origins, self.single
        rows, operands, values = scalars.rows, scalars.operands, scalars.values
        made: list[Any] = list(range(len(colours)))  # of each scalar: its node, or the product that it is
        for number in range(len(colours), len(rows)):
            self.scope = values[number].scope
            given = operands[number]
            before = len(colours)
            found = [x if type(x) is float else made[x] for x in given]  # type: ignore[index]
            node = self._converted(rows[number], found, given, number)
            made.append(node)
            if type(node) is tuple:
                continue
            if len(colours) > before and origins[node] is None:
                origins[node] = values[number]
                if scalars.uses[number] > 1:
                    single[node] = False
            else:
                single[node] = False  # it stands for more than one
        self.canon.roots = [self._whole(made[root]) for root in scalars.roots]

    # --- one scalar ---

    def _converted(self, row: str, operands: list[Any], given: tuple[Any, ...], number: int) -> Any:
        if row == "add" or row == "sub":
            a, b = operands
            groups: Groups = {}
            if not (type(a) is float and a == 0.0 and row == "add"):  # sum() starts from 0
                groups = self._add(groups, 1.0, None, a)
            return self._sum(self._add(groups, -1.0 if row == "sub" else 1.0, None, b))
        if row == "mul":
            found = self._quotient(*operands)
            if found is not None:
                return found
        if is_product(row, given):
            return self._product(row, operands, number)
        if row == "dot":
            return self._dot(operands)
        if row in ("sum", "mean"):
            groups = {}
            share = 1.0 / len(operands) if row == "mean" and operands else None
            for x in operands:
                groups = self._add(groups, 1.0, share, x)
            return self._sum(groups)
        operands = [x if type(x) is float else self._whole(x) for x in operands]
        if row in ("softmax", "log_softmax"):
            return self._softmax(row, operands[0], operands[1:])
        if row in LISTS:
            return self._list(row, operands)
        if row == "take" and type(operands[0]) is float:
            return self._whole(operands[1 + int(operands[0])])
        if row == "log":
            return self._log(operands[0])
        if row == "div" and type(operands[0]) is int and type(operands[1]) is int:
            found = self._softened(operands[0], operands[1])
            if found is not None:
                return found
        return self._op(row, tuple(operands))

    def _op(self, row: str, operands: tuple[Operand, ...]) -> int:
        """A node of its own, or the one that there is already."""
        known = self.made.get((row, operands)) if float not in map(type, operands) else None
        if known is not None:
            self.single[known] = False
            return known
        colours: tuple[Any, ...] = tuple(CONSTANT if type(x) is float else self.colours[x] for x in operands)  # type: ignore[index]
        if row == "take":  # over a list that may be long
            colours = (*colours[:1], *runs(colours[1:]))
        node = self._new(row, operands, None, self._colour((row, colours)))
        if float not in map(type, operands):
            self.made[row, operands] = node
        return node

    def _list(self, row: str, operands: Sequence[Operand]) -> int:
        if len(operands) == 1 and type(operands[0]) is int and not self.ragged:
            return self._op("abs", (operands[0],)) if row == "norm" else self._shared(operands[0])
        key = (row, tuple(operands))
        if key in self.made and float not in map(type, operands):
            return self.made[key]
        groups: Groups = {}
        for x in operands:
            if type(x) is float:
                groups.setdefault((1.0, True, ()), [[]])[0].append(x)
            else:
                groups.setdefault((1.0, False, (self.colours[x],)), [[]])[0].append(x)  # type: ignore[index]
        self.made[key] = node = self._new(row, (), groups, self._colour((row, counts(groups, self.ragged))))
        return node

    # --- softmax and its like: through logsumexp, whether written as such or in exponentials ---

    def _softmax(self, row: str, index: Operand, xs: list[Operand]) -> int:
        z = self._list("logsumexp", xs)
        own = xs[int(index)] if type(index) is float else self._op("take", (index, *xs))
        difference = self._difference(own, z)
        return difference if row == "log_softmax" else self._op("exp", (self._whole(difference),))

    def _log(self, x: Operand) -> int:
        """log exp u is u, of one that is taken too, and log Σ exp u is logsumexp u."""
        if type(x) is int:
            u = self._exponent(x)
            if type(u) is int:
                return self._shared(u)
            share, exponents = self._exponentials(x)
            if exponents:
                z = self._list("logsumexp", exponents)
                if share == 1.0:
                    return z
                groups = self._add({}, 1.0, None, z, take_over=False)
                return self._whole(self._sum(self._add(groups, 1.0, None, log(share))))
        return self._op("log", (x,))

    def _quotient(self, x: Any, y: Any) -> int | None:
        """exp u · 1 / Σ exp, in whichever order, as exp u / Σ exp."""
        for power, inverse in ((x, y), (y, x)):
            if type(power) is type(inverse) is int and self.canon.rows[inverse] in ("div", "pow"):
                found = self.canon.operands[inverse]
                total = found[1] if found[0] == 1.0 else found[0] if found[1] == -1.0 else None
                if type(total) is int:
                    return self._softened(power, total)
        return None

    def _softened(self, power: int, total: int) -> int | None:
        """exp u / Σ exp as exp(u - logsumexp)."""
        exponents = self._exponents(total)
        u = self._exponent(power) if exponents else None
        if u is None:
            return None
        return self._op("exp", (self._difference(u, self._list("logsumexp", exponents)),))

    def _exponent(self, x: int) -> Operand | None:
        """The u of exp u, or of one that is picked from such."""
        row, operands = self.canon.rows[x], self.canon.operands[x]
        if row == "take":
            index, *taken = operands
            if all(type(p) is int and self.canon.rows[p] == "exp" for p in taken):
                return self._op("take", (index, *(self.canon.operands[p][0] for p in taken)))  # type: ignore[index]
        return operands[0] if row == "exp" else None

    def _exponents(self, x: int) -> list[Operand]:
        """The u of a sum Σ exp u, else nothing."""
        share, found = self._exponentials(x)
        return found if share == 1.0 else []

    def _exponentials(self, x: int) -> tuple[float, list[Operand]]:
        """c and the u of a sum c·Σ exp u, of a mean say; 1 and nothing for others."""
        share, groups = 1.0, self._groups_of(x)
        ((_, constant, colours), columns), *more = groups.items() or [((1.0, False, ()), [])]
        if constant and len(colours) == len(columns[0]) == 1 and not more:
            share, groups = columns[1][0], self._groups_of(columns[0][0])
        factors, shares = list[int](), set[float]()
        for (sign, constant, colours), columns in groups.items():
            if sign != 1.0 or len(colours) != 1:
                return 1.0, []
            factors += columns[0]
            shares |= set(columns[1]) if constant else {1.0}
        if len(shares) != 1 or len(factors) < (1 if self.ragged else 2):
            return 1.0, []
        if any(self.canon.rows[f] != "exp" for f in factors):
            return 1.0, []
        share *= shares.pop()
        return (share, [self.canon.operands[f][0] for f in factors]) if share > 0.0 else (1.0, [])

    def _groups_of(self, x: int) -> Groups:
        return (self.groups[x] or {}) if self.canon.rows[x] == "sum" else {}

    def _difference(self, x: Operand, z: Operand) -> int:
        key = ("difference", x, z)
        if key not in self.made:
            groups = self._add({}, 1.0, None, x, take_over=False)
            self.made[key] = self._shared(
                self._whole(self._sum(self._add(groups, -1.0, None, z, take_over=False)))
            )
        return self.made[key]

    # --- products ---

    def _product(self, row: str, operands: list[Any], number: int) -> Any:
        sign, constant = 1.0, None
        if row == "neg":
            sign = -1.0
        elif row == "div":
            operands, constant = operands[:1], 1.0 / operands[1]
        elif row == "pow":
            operands = [operands[0], operands[0]]
        sign, constant, factors = self._multiplied(sign, constant, operands)
        s = self.scalars
        uses = s.uses[number]
        if uses and (s.additive[number] == uses or uses == 1 == s.factor[number]):
            return sign, constant, factors, uses == 1, number
        return self._sum(self._add_term({}, sign, constant, factors))

    def _multiplied(
        self, sign: float, constant: float | None, operands: Sequence[Any]
    ) -> tuple[float, float | None, tuple[int, ...]]:
        """The product of operands, those that are products of a single use written out."""
        factors: list[int] = []
        room = FACTORS + 1 - sum(type(x) is not float for x in operands)
        for x in operands:
            if type(x) is float:
                constant = x if constant is None else constant * x
            elif type(x) is tuple and x[3] and len(x[2]) <= room:
                room -= len(x[2]) - 1
                s, c, more, *_ = x
                sign *= s
                constant = c if constant is None else constant if c is None else constant * c
                factors += more
            else:
                factors.append(self._whole(x))
        return sign, constant, tuple(factors)

    def _whole(self, x: Any) -> int:
        """The node of x as an operand of its own, with a colour."""
        if type(x) is int:
            if self.colours[x] == CONSTANT:
                self.colours[x] = self._colour(("sum", counts(self.groups[x] or {}, self.ragged)))
            return x
        if type(x) is float:
            return self._whole(self._sum(self._add({}, 1.0, None, x)))
        key = "product", x[4]
        if key not in self.made:
            self.made[key] = self._shared(self._whole(self._sum(self._add_term({}, *x[:3]))))
        return self.made[key]

    # --- sums ---

    def _dot(self, operands: list[Any]) -> int:
        half = len(operands) // 2
        ws, xs, rest = operands[:half], operands[half : 2 * half], operands[2 * half :]
        groups = self._like_terms(ws, xs)
        if groups is None:
            groups = {}
            for pair in zip(ws, xs, strict=True):
                groups = self._add_term(groups, *self._multiplied(1.0, None, pair))
        for x in rest:
            groups = self._add(groups, 1.0, None, x)
        return self._sum(groups)

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

    def _add(
        self, groups: Groups, sign: float, constant: float | None, x: Any, take_over: bool = True
    ) -> Groups:
        """The groups with one more addend; those of a sum that nothing else uses are taken over."""
        if type(x) is float:
            return self._add_term(groups, sign, x if constant is None else x * constant, ())
        if type(x) is tuple:
            s, c, factors, take_over, _ = x
            constant = c if constant is None else constant if c is None else constant * c
            return self._add_term(groups, sign * s, constant, factors, take_over)
        return self._add_term(groups, sign, constant, (x,), take_over)

    def _add_term(
        self,
        groups: Groups,
        sign: float,
        constant: float | None,
        factors: tuple[int, ...],
        take_over: bool = True,
    ) -> Groups:
        colours = self.colours
        if len(factors) == 1:
            if take_over and self._can_be_taken_over(factors[0]):
                merged = self._merged(groups, sign, constant, self.groups[factors[0]] or {})
                if merged is not None:
                    return merged
            key: Key = (sign, constant is not None, (colours[self._whole(factors[0])],))
        elif len(factors) == 2:  # nearly all: quickly
            a, b = factors
            first, second = colours[a], colours[b]
            if second < first:
                factors, first, second = (b, a), second, first
            key = (sign, constant is not None, (first, second))
        else:
            factors = tuple(sorted(factors, key=colours.__getitem__))
            key = (sign, constant is not None, tuple([colours[f] for f in factors]))
        columns = groups.get(key)
        if columns is None:
            groups[key] = columns = [[] for _ in range(len(factors) + (constant is not None))]
        for column, factor in zip(columns, factors, strict=False):
            column.append(factor)
        if constant is not None:
            columns[-1].append(constant)
        return groups

    def _can_be_taken_over(self, node: int) -> bool:
        """Whether a sum is an addend of one other sum, and no quantity by itself: a layer's, or labelled."""
        if not self.single[node] or self.canon.rows[node] != "sum":
            return False
        origin = self.canon.origins[node]
        return origin is None or (origin.scope == self.scope and not origin.label)

    def _merged(self, groups: Groups, sign: float, constant: float | None, more: Groups) -> Groups | None:
        """The terms of both, `more` times sign and constant; None where it would cost too much."""
        if sign != 1.0 or constant is not None:
            self.budget -= size(more)
            if self.budget < 0:
                return None
            more = times(more, sign, constant)
        if not groups or size(groups) < size(more):
            groups, more = more, groups
        for key, columns in more.items():
            mine = groups.setdefault(key, [[] for _ in columns])
            for column, others in zip(mine, columns, strict=True):
                column.extend(others)
        return groups

    def _sum(self, groups: Groups) -> int:
        """A sum, as yet without a colour; or what it is of, where that is one and others are not like it."""
        if len(groups) == 1 and not self.ragged:
            (((sign, constant, colours), columns),) = groups.items()
            if len(colours) == 1 and sign == 1.0 and not constant and len(columns[0]) == 1:
                return self._shared(columns[0][0])
        return self._new("sum", (), groups, CONSTANT)

    def _shared(self, node: int) -> int:
        self.single[node] = False
        return node

    def _colour(self, what: Any) -> int:
        return self.known.setdefault(what, len(self.known))

    def _new(self, row: str, operands: tuple[Operand, ...], groups: Groups | None, colour: int) -> int:
        canon = self.canon
        canon.rows.append(row)
        canon.operands.append(operands)
        canon.origins.append(None)
        self.groups.append(groups)
        self.single.append(True)
        self.colours.append(colour)
        return len(self.colours) - 1
