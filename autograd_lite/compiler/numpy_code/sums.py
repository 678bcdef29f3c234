"""The value of a Sum as a tree: its terms scaled, those that go together in one."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from ..equations import BATCH, Label, Sum, Term, times_sizes
from .calls import Calls
from .contractions import contract
from .expressions import Axes, Expr, is_number, number, scale
from .printer import SHORT
from .rows import times


class Sums:
    """Writes the sums of one equation."""

    def __init__(self, axes: Axes, calls: Calls) -> None:
        self.axes, self.calls = axes, calls

    def value(self, equation: Sum) -> Expr:
        """The terms, what is added before what is taken away."""
        kept = tuple(label for label in self.axes.order if label in equation.target.labels)
        terms = sorted(equation.terms, key=lambda term: term.coefficient < 0.0)
        if not terms:
            return number(0.0)
        if not kept and self._go_together(terms):
            return self._total(terms)
        return self._added([self._product(term, kept) for term in terms])

    def _product(self, term: Term, kept: Sequence[Label]) -> tuple[Term, Expr]:
        """The factors of a term, summed, with the term as it is then."""
        factors = [self.calls.node(factor) for factor in term.factors]
        term = self._without_lost(term, kept, factors)
        return term, contract(factors, kept, self.axes) if factors else number(1.0)

    def _without_lost(self, term: Term, kept: Sequence[Label], found: Sequence[Expr]) -> Term:
        """The term times the sizes of the labels that it is summed over, and that what was found for its
        calls has not: silu'(w) may be written with an array that repeats w for every sample."""
        there = {label for node in found for label in node.labels}
        lost = {label for label in term.labels if label in self.axes.order} - there - {*kept}
        return times_sizes(term, lost, self.axes.sizes)

    def _go_together(self, terms: Sequence[Term]) -> bool:
        """Whether terms of one size are summed over the same labels: Σ (x - y) for Σ x - Σ y."""
        sizes = {(abs(term.coefficient), term.power) for term in terms}
        labels = {frozenset(term.labels) & {*self.axes.order} for term in terms}
        return len(terms) > 1 and len(sizes) == len(labels) == 1 and bool(next(iter(labels)))

    def _total(self, terms: Sequence[Term]) -> Expr:
        every = self.axes.order
        signs = [Term(1.0 if term.coefficient > 0.0 else -1.0, term.factors) for term in terms]
        inner = self._added([self._product(sign, every) for sign in signs])
        whole = self._without_lost(terms[0]._replace(coefficient=abs(terms[0].coefficient)), (), [inner])
        return self._scaled(whole.coefficient, whole.power, contract([inner], (), self.axes))

    def _added(self, terms: Sequence[tuple[Term, Expr]]) -> Expr:
        result: Expr | None = None
        for term, node in terms:
            size, negative = self._scaled(abs(term.coefficient), term.power, node), term.coefficient < 0.0
            if result is None:
                result = self._minus(size) if negative else size
            else:
                result = self.axes.ufunc("subtract" if negative else "add", result, size)
        assert result is not None
        return result

    def _minus(self, node: Expr) -> Expr:
        return number(-node.info) if node.op == "number" else self.axes.ufunc("negative", node)

    def _scaled(self, coefficient: float, power: int, node: Expr) -> Expr:
        """coefficient · n**power · node, as a mean or a quotient where it is one."""
        if is_number(node, 1.0):
            return scale(coefficient, power)
        if node.op == "sum" and _is_mean(node, coefficient, power):
            return node._replace(op="mean")
        if (coefficient, power) == (1.0, 0):
            return node
        divided = power < 0 or len(repr(coefficient)) > SHORT
        if divided and coefficient and (1.0 / coefficient).is_integer():
            return self.axes.ufunc("divide", node, scale(1.0 / coefficient, -power))
        return times(self.axes, scale(coefficient, power), node)


def _is_mean(node: Expr, coefficient: float, power: int) -> bool:
    """Whether a sum times this is the mean."""
    (source,) = node.args
    dims = [source.dims[axis] for axis in node.info]
    count = prod(dim for dim in dims if isinstance(dim, int))
    return coefficient == 1.0 / count and -power == dims.count(BATCH)
