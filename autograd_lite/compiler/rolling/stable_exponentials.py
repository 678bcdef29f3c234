"""Softmax and its like become logsumexp, whether they are written as such or in exponentials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log
from typing import Any

from ...engine import Value
from .canonical_graph import CONSTANT
from .canonical_sums import Gathering
from .like_terms import Groups, counts, runs
from .scalar_list import Operand, Scalars

LISTS = frozenset(("logsumexp", "max", "min", "prod", "norm"))


class Fusing(Gathering):
    """Makes nodes of operands that are whole."""

    def __init__(self, scalars: Scalars, leaves: Mapping[Value, tuple[int, int]], ragged: bool) -> None:
        super().__init__(scalars, leaves, ragged)
        self.made: dict[Any, int] = {}  # nodes by what they are, each once
        self.inverses: set[Any] = set()  # those that 1 / x may be

    def op(self, row: str, operands: tuple[Operand, ...]) -> int:
        """A node of its own, or the one that there is already."""
        known = self.made.get((row, operands)) if float not in map(type, operands) else None
        if known is not None:
            self.single[known] = False
            return known
        colours: tuple[Any, ...] = tuple(CONSTANT if type(x) is float else self.colours[x] for x in operands)  # type: ignore[index]
        if row == "take":  # over a list that may be long
            colours = (*colours[:1], *runs(colours[1:]))
        node = self.new(row, operands, None, self.colour((row, colours)))
        if float not in map(type, operands):
            self.made[row, operands] = node
        elif row in ("div", "pow"):
            self.inverses.add(node)
        return node

    def reduced(self, row: str, operands: Sequence[Operand]) -> int:
        if len(operands) == 1 and type(operands[0]) is int and not self.ragged:
            return self.op("abs", (operands[0],)) if row == "norm" else self.shared(operands[0])
        key = (row, tuple(operands))
        if key in self.made and float not in map(type, operands):
            return self.made[key]
        groups: Groups = {}
        for x in operands:
            if type(x) is float:
                groups.setdefault((1.0, True, ()), [[]])[0].append(x)
            else:
                groups.setdefault((1.0, False, (self.colours[x],)), [[]])[0].append(x)  # type: ignore[index]
        self.made[key] = node = self.new(row, (), groups, self.colour((row, counts(groups, self.ragged))))
        return node

    def softmax(self, row: str, index: Operand, xs: list[Operand]) -> int:
        z = self.reduced("logsumexp", xs)
        own = xs[int(index)] if type(index) is float else self.op("take", (index, *xs))
        difference = self._difference(own, z)
        return difference if row == "log_softmax" else self.op("exp", (self.whole(difference),))

    def log(self, x: Operand) -> int:
        """log exp u is u, of one that is taken too, and log Σ exp u is logsumexp u."""
        if type(x) is int:
            u = self._exponent(x)
            if type(u) is int:
                return self.shared(u)
            share, exponents = self._exponentials(x)
            if exponents:
                z = self.reduced("logsumexp", exponents)
                if share == 1.0:
                    return z
                addends = self.added([], 1.0, None, z, take_over=False)
                return self.whole(self.sum(self.added(addends, 1.0, None, log(share))))
        return self.op("log", (x,))

    def quotient(self, x: Any, y: Any) -> int | None:
        """exp u · 1 / Σ exp, in whichever order, as exp u / Σ exp."""
        for power, inverse in ((x, y), (y, x)):
            if type(power) is int and inverse in self.inverses:
                first, second = self.canon.operands[inverse]
                is_quotient = self.rows[inverse] == "div"  # 1 / x, and otherwise x ** -1
                one, total = (first, second) if is_quotient else (second, first)
                if one == (1.0 if is_quotient else -1.0) and type(total) is int:
                    return self.softened(power, total)
        return None

    def softened(self, power: int, total: int) -> int | None:
        """exp u / Σ exp as exp(u - logsumexp)."""
        exponents = self._exponents(total)
        u = self._exponent(power) if exponents else None
        if u is None:
            return None
        return self.op("exp", (self._difference(u, self.reduced("logsumexp", exponents)),))

    def _exponent(self, x: int) -> Operand | None:
        """The u of exp u, or of one that is picked from such."""
        row, operands = self.rows[x], self.canon.operands[x]
        if row == "take":
            index, *taken = operands
            if all(type(p) is int and self.rows[p] == "exp" for p in taken):
                return self.op("take", (index, *(self.canon.operands[p][0] for p in taken)))  # type: ignore[index]
        return operands[0] if row == "exp" else None

    def _exponents(self, x: int) -> list[Operand]:
        """The u of a sum Σ exp u, else nothing."""
        share, found = self._exponentials(x)
        return found if share == 1.0 else []

    def _exponentials(self, x: int) -> tuple[float, list[Operand]]:
        """c and the u of a sum c·Σ exp u, of a mean say; 1 and nothing for others."""
        share, groups = 1.0, self.groups_of(x)
        ((_, constant, colours), columns), *more = groups.items() or [((1.0, False, ()), [])]
        if constant and len(colours) == len(columns[0]) == 1 and not more:
            share, groups = columns[1][0], self.groups_of(columns[0][0])
        factors, shares = list[int](), set[float]()
        for (sign, constant, colours), columns in groups.items():
            if sign != 1.0 or len(colours) != 1:
                return 1.0, []
            factors += columns[0]
            shares |= set(columns[1]) if constant else {1.0}
        if len(shares) != 1 or len(factors) < (1 if self.ragged else 2):
            return 1.0, []
        if any(self.rows[f] != "exp" for f in factors):
            return 1.0, []
        share *= shares.pop()
        return (share, [self.canon.operands[f][0] for f in factors]) if share > 0.0 else (1.0, [])

    def _difference(self, x: Operand, z: Operand) -> int:
        key = ("difference", x, z)
        if key not in self.made:
            addends = self.added([], 1.0, None, x, take_over=False)
            addends = self.added(addends, -1.0, None, z, take_over=False)
            self.made[key] = self.shared(self.whole(self.sum(addends)))
        return self.made[key]
