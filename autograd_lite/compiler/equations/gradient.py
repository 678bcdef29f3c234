"""The backward pass of array equations, as equations of the same kind.

A term that is summed hands to each of its factors its coefficient, the other factors and the gradient of
the target, summed over the labels that the factor does not have: that one line is the transposed matrix
product, the sum over a batch, the adjoint of a broadcast and of a window. A call hands on the table's
partial. What all that reads an array contributes becomes its gradient.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import Any, NamedTuple

import numpy as np

from ...engine import TABLE
from .accumulation import Contribution, accumulated
from .ir import Array, Call, Equation, Equations, Label, Reduce, Step, Sum, Term, View, reads, views_of
from .symbolic_partials import SHARED, slope, split, written
from .views import AS_THEY_ARE, Factor, fresh, key_of, own_labels, walked, without_lost
from .zero_guards import guarded, is_unbounded, masked_arrays, multiplied, unbounded_arrays


def differentiate(program: Equations) -> Equations:
    """Fills in `backward`, and `gradients` for the parameters that the loss depends on. Gives the program."""
    backward = _Backward(program)
    backward.run()
    program.backward = backward.equations
    found = backward.gradients
    program.gradients = {array: found[array] for array in program.parameters if array in found}
    return program


class _Edge(NamedTuple):
    """A way from the gradient of a target to a view: a number and factors, the first of them the gradient."""

    view: View
    factors: tuple[Factor, ...]
    coefficient: float = 1.0
    certain: bool = True  # no select is on the way
    unbounded: bool = False  # a factor can be infinite, or nan


class _Backward:
    def __init__(self, program: Equations) -> None:
        self.program = program
        self.equations: list[Equation] = []
        self.gradients: dict[Array, Array] = {}
        self.contributions: dict[Array, list[Contribution]] = {}
        self.patchy: set[Array] = set()  # whose gradient may be 0 because nothing was reached
        self.live = _dependent(program)
        self.unbounded = unbounded_arrays(program.forward) | masked_arrays(program, self.live)
        self.added = {e.target.array for e in program.forward if isinstance(e, Sum) and e.add}

    def run(self) -> None:
        """Backward through the equations; a parameter's gradient follows its last contribution."""
        loss = self.program.loss
        self.contributions[loss] = [Contribution(View(loss), Term(), {})]
        first_reads = _first_reads(self.program)
        for number, equation in reversed(list(enumerate(self.program.forward))):
            array = equation.target.array
            if array not in self.live:
                continue
            self.accumulate(array)
            if array in self.gradients:
                for contribution in self.through(equation):
                    self.contributions.setdefault(contribution.view.array, []).append(contribution)
            for parameter in first_reads.get(number, ()):
                self.accumulate(parameter)

    def accumulate(self, array: Array) -> None:
        """Writes down the gradient of an array out of the contributions so far."""
        contributions = self.contributions.pop(array, None)
        if not contributions:
            return
        known = array in self.gradients
        if not known:
            self.gradients[array] = _array_of(array, "gradient", array.shape)
        equations, reached = accumulated(self.gradients[array], contributions, known)
        self.equations += equations
        if not reached:
            self.patchy.add(array)

    # --- through an equation ---

    def through(self, equation: Equation) -> Iterator[Contribution]:
        target = equation.target
        gradient = View(self.gradients[target.array], target.steps)
        if isinstance(equation, Reduce):
            edge, sizes = self.through_list(equation, gradient)
            yield self.contribution(edge, Term(), equation, equation.source.labels, sizes)
            return
        for term in equation.terms:
            output = target if _is_all(term, equation) and target.array not in self.added else None
            for factor, count, others in _distinct(term.factors):
                part = term._replace(coefficient=term.coefficient * count, factors=others)
                for edge in self.edges(factor, gradient, output):
                    yield self.contribution(edge, part, equation, term.labels, equation.sizes)

    def contribution(
        self, edge: _Edge, part: Term, equation: Equation, before: Iterable[Label], sizes: dict[Label, int]
    ) -> Contribution:
        """What comes over an edge, times the rest of the term, for one number of the view."""
        certain = edge.certain and equation.target.array not in self.patchy
        factors = (*edge.factors, *part.factors)
        unbounded = edge.unbounded or any(is_unbounded(factor, self.unbounded) for factor in part.factors)
        if unbounded and not certain:
            factors = guarded(factors)
        term = Term(part.coefficient * edge.coefficient, factors, part.power)
        return Contribution(edge.view, without_lost(term, before, edge.view.labels, sizes), sizes, certain)

    def edges(self, factor: Factor, gradient: View, output: View | None) -> Iterator[_Edge]:
        """The ways through a factor to the views in it that depend on parameters."""
        if isinstance(factor, View):
            if factor.array in self.live:
                yield _Edge(factor, (gradient,))
            return
        stack: list[tuple[Call, Factor, _Edge]] = [(factor, output or factor, _Edge(gradient, (gradient,)))]
        while stack:
            call, value, edge = stack.pop()
            for position, operand in enumerate(call.operands):
                further = self.further(call, position, value, edge)
                if further is None:
                    continue
                if isinstance(operand, View):
                    yield further._replace(view=operand)
                elif isinstance(operand, Call):
                    stack.append((operand, operand, further))

    def further(self, call: Call, position: int, value: Factor, edge: _Edge) -> _Edge | None:
        """The way, led on to one operand; None where nothing comes through."""
        if not any(view.array in self.live for view in views_of(call.operands[position])):
            return None
        if call.row == "select":
            return _branch(call, position, edge)
        coefficient, factors = split(slope(call, position, value))
        if coefficient == 0.0:
            return None
        unbounded, factors = edge.unbounded or is_unbounded(call, self.unbounded), (*edge.factors, *factors)
        return _Edge(edge.view, factors, edge.coefficient * coefficient, edge.certain, unbounded)

    # --- through a row over a list ---

    def through_list(self, equation: Reduce, gradient: View) -> tuple[_Edge, dict[Label, int]]:
        """The one edge of a Reduce, and the sizes of its labels."""
        source, target, sizes = equation.source, equation.target, equation.sizes
        if equation.row == "prod":
            return self.through_product(equation, gradient)
        if equation.row in ("max", "min"):
            hit = written(lambda y, x: x >= y if equation.row == "max" else y >= x, target, source)
            ties = self.count(equation, hit)
            share = written(lambda hit, ties: hit / ties, hit, ties)
        elif equation.row in SHARED:
            share = written(lambda y, x: SHARED[equation.row](y, x, ()), target, source)
        else:
            share = written(lambda y, x: TABLE[equation.row].all_partials(y, [x])[0], target, source)
        coefficient, factors = split(share)
        unbounded = target.array in self.unbounded
        return _Edge(source, (gradient, *factors), coefficient, unbounded=unbounded), sizes

    def count(self, equation: Reduce, hit: Any) -> View:
        """A new equation: how many of a list are the largest."""
        array = equation.target.array
        ties = _array_of(array, "ties", array.shape)
        target = View(ties, equation.target.steps)
        self.equations.append(Sum(target, (Term(1.0, (hit,)),), equation.sizes))
        return target

    def through_product(self, equation: Reduce, gradient: View) -> tuple[_Edge, dict[Label, int]]:
        """A product hands to each factor the product of the others, without a division."""
        over, sizes = equation.over, dict(equation.sizes)
        shape = [sizes[label] for label in over]
        count = prod(shape)
        if count == 1:
            return _Edge(equation.source, (gradient,)), sizes
        other = fresh({*sizes, *equation.source.labels})
        at = np.add.outer(np.arange(count), np.arange(1, count)) % count
        digits = np.unravel_index(at.reshape(*shape, count - 1), shape)
        walks = {label: Step(0, (), digit, (*over, other)) for label, digit in zip(over, digits, strict=True)}
        sizes[other] = count - 1
        source = walked(equation.source, walks, sizes)
        assert source is not None  # walks without an index can always be put in
        labels = own_labels(equation.source)
        array = equation.target.array
        sides = tuple(sizes[label] for label in labels)
        others = _array_of(array, "others", sides)
        target = View(others, tuple(Step(0, ((label, 1),)) for label in labels))
        self.equations.append(Reduce(target, "prod", source, (other,), sizes))
        return _Edge(equation.source, (gradient, target), unbounded=array in self.unbounded), equation.sizes


# --- small parts ---------------------------------------------------------------------------------------


def _array_of(owner: Array, relation: str, shape: tuple[int, ...]) -> Array:
    """A new array that is made for another."""
    name = f"d{owner.name}" if relation == "gradient" else f"{owner.name}_{relation}"
    return Array(name, shape, "computed", owner.batched, owner.path, owner=owner, relation=relation)


def _dependent(program: Equations) -> set[Array]:
    """The arrays that depend on parameters."""
    live = set(program.parameters)
    for equation in program.forward:
        if any(view.array in live for view in reads(equation)):
            live.add(equation.target.array)
    return live


def _first_reads(program: Equations) -> dict[int, list[Array]]:
    """For an equation the parameters that none before it reads."""
    wanted, found = set(program.parameters), dict[int, list[Array]]()
    for number, equation in enumerate(program.forward):
        for view in reads(equation):
            if view.array in wanted:
                wanted.remove(view.array)
                found.setdefault(number, []).append(view.array)
    return found


def _is_all(term: Term, equation: Sum) -> bool:
    """Whether the target is this one factor, no more: then it need not be computed again for a slope."""
    alone = len(equation.terms) == 1 and term.coefficient == 1.0 and not term.power and len(term.factors) == 1
    return alone and set(term.labels) == set(equation.target.labels)


def _distinct(factors: tuple[Factor, ...]) -> Iterator[tuple[Factor, int, tuple[Factor, ...]]]:
    """Every factor once, how often it comes, and what is left without one of it."""
    keys = [key_of(factor, AS_THEY_ARE) for factor in factors]
    for position, key in enumerate(keys):
        if key not in keys[:position]:
            yield factors[position], keys.count(key), factors[:position] + factors[position + 1 :]


def _branch(call: Call, position: int, edge: _Edge) -> _Edge | None:
    """Through a select: the gradient where the branch is taken, and 0 elsewhere, not a product with 0."""
    if position == 0:
        return None
    passed = multiplied(edge.factors)
    branches = (passed, 0.0) if position == 1 else (0.0, passed)
    return edge._replace(factors=(Call("select", (call.operands[0], *branches)),), certain=False)
