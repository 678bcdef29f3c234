"""A softmax over lists of unlike lengths, as it is written with a mask: 0 where there is nothing.

z = logsumexp x over what there is of x reads a copy s with -inf for the rest. Then x - z reads s as well,
exp(x - z) is 0 by itself where nothing is, and sums over it need no mask of their own.
"""

from __future__ import annotations

from math import inf
from typing import Any, NamedTuple

import numpy as np

from ..equations import Array, Call, Label, Step, Term, View, is_whole


class _Mask(NamedTuple):
    """Which places of an array there are: the numbers along some of its axes."""

    there: Any
    axes: tuple[int, ...]


class Masks:
    """What is known of the arrays so far."""

    def __init__(self) -> None:
        self._copies: dict[Array, tuple[Array, Array, _Mask]] = {}  # by z: x, s and the mask
        self._nothing: dict[Array, tuple[float, _Mask]] = {}  # by array: what stands where nothing is

    def reduced(self, z: Array, row: str, term: Term, side: View, sizes: dict[Label, int]) -> None:
        """Takes in that z is the row over a copy of one view, masked."""
        call = term.factors[0]
        if (
            row != "logsumexp"
            or not isinstance(call, Call)
            or len(term.factors) != 1
            or term.coefficient != 1.0
        ):
            return
        there, view, _ = call.operands
        if isinstance(there, View) and isinstance(view, View) and is_whole(view, sizes):
            labels = [step.strides[0][0] for step in view.steps]
            if [step.strides[0][0] for step in side.steps[:-1]] == labels[:-1]:
                mask = _Mask(there.array.data, tuple(labels.index(label) for label in there.labels))
                self._copies[z] = view.array, side.array, mask

    def difference(self, target: View, terms: list[Term], sizes: dict[Label, int]) -> list[Term]:
        """The terms of x - z, with the masked copy in place of x where there is one."""
        if [term.coefficient for term in terms] != [1.0, -1.0] or any(
            len(term.factors) != 1 for term in terms
        ):
            return terms
        x, z = terms[0].factors[0], terms[1].factors[0]
        if not (isinstance(x, View) and isinstance(z, View) and z.array in self._copies):
            return terms
        array, copy, mask = self._copies[z.array]
        if x.array is not array or not is_whole(x, sizes) or z.steps != x.steps[:-1]:
            return terms
        if target.steps == x.steps:
            self._nothing[target.array] = -inf, mask
        return [terms[0]._replace(factors=(View(copy, x.steps),)), terms[1]]

    def applied(self, target: View, call: Call) -> None:
        """Takes in that exp of -inf is 0."""
        operand = call.operands[0]
        if call.row == "exp" and isinstance(operand, View) and operand.steps == target.steps:
            nothing, mask = self._nothing.get(operand.array, (0.0, None))
            if mask is not None and nothing == -inf:
                self._nothing[target.array] = 0.0, mask

    def is_needless(self, factor: Any, there: Any, labels: tuple[Label, ...], nothing: float) -> bool:
        """Whether a factor is nothing by itself wherever the mask says so."""
        if not isinstance(factor, View) or factor.array not in self._nothing:
            return False
        known, mask = self._nothing[factor.array]
        steps = tuple(factor.steps[axis] for axis in mask.axes)
        plain = steps == tuple(Step(0, ((label, 1),)) for label in labels)
        return known == nothing and plain and np.array_equal(mask.there, there)
