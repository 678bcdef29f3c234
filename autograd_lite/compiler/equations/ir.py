"""The array equations: what a graph is rolled up to, what is differentiated, what is printed and run.

An equation says what one array is, in terms of others, over labelled axes. Two kinds are enough:

    a1[n,j] = Σ_k x[n,k]·W1[j,k] + b1[j]      a Sum of terms; a term is a coefficient times factors,
                                              summed over the labels that the target does not have
    z[n]    = logsumexp_k a3[n,k]             a Reduce, by a row over lists that is no sum

A factor is a View of an array, or a Call: rows of the table applied to views, element by element. A
matrix product, a broadcast, a bias, a transpose and the adjoints of all of these are Sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

BATCH = "n"  # the label of the samples; its size is not known before a program is run
Label = str
SOFTMAX, LOG_SOFTMAX = (
    "softmax_given",
    "log_softmax_given",
)  # rows of Calls: exp(x - z), and x - z, see softmax.py


@dataclass(eq=False)
class Array:
    """Numbers of one kind: `shape` without the batch, which is an axis in front where `batched`.

    An array of the backward pass is made for another, its owner. It is the owner's gradient, number for
    number, with zeros in places beyond the owner's; or a part: gradients of some of the owner's places, or
    of its places in another order. A row over a list needs its ties, or the product of others, too.
    """

    name: str  # as it is written: W1, a1
    shape: tuple[int, ...]
    kind: str = "computed"  # or parameter, input, index (an input of whole numbers), constant
    batched: bool = False
    path: str = ""  # the user's name for a parameter, layers.0.weight; the name scope of the rest
    data: Any = None  # the numbers of a constant; of an index, how many rows each number picks from
    owner: Array | None = None
    relation: str = ""  # to the owner: gradient, part, ties, others

    def __repr__(self) -> str:
        return self.name


class Step(NamedTuple):
    """How a view walks along one axis: the place is base + Σ stride·label + table + index."""

    base: int = 0
    strides: tuple[tuple[Label, int], ...] = ()
    table: Any = None  # an array of places, over table_labels, where no strides will do
    table_labels: tuple[Label, ...] = ()
    index: View | None = None  # type: ignore[assignment]  # of whole numbers that only the data tell: the row of a token

    @property
    def labels(self) -> tuple[Label, ...]:
        return (
            *(label for label, _ in self.strides),
            *self.table_labels,
            *(self.index.labels if self.index else ()),
        )

    def __eq__(self, other: object) -> bool:
        """Tables are compared by their numbers, which a tuple's comparison does not know how to."""
        if not isinstance(other, Step):
            return False
        if self.table is None or other.table is None:
            return tuple.__eq__(self, other) if self.table is other.table else False
        same = np.array_equal(self.table, other.table)
        return same and tuple.__eq__(self._replace(table=None), other._replace(table=None))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((self.base, self.strides, self.table_labels, self.index))


class View(NamedTuple):
    """An array read along labelled axes, one step for every axis of its shape (the batch has none)."""

    array: Array
    steps: tuple[Step, ...] = ()

    @property
    def labels(self) -> tuple[Label, ...]:
        """Without repetition, in the order of the array's axes."""
        batch = (BATCH,) if self.array.batched else ()
        return tuple(dict.fromkeys((*batch, *(label for step in self.steps for label in step.labels))))


class Call(NamedTuple):
    """A row of the table, or "and", "or", over views, numbers and other calls, element by element.

    With `partial` it is not the row but its slope for that operand: σ'(a) for a call of sigmoid. Its first
    operand is then what the row gives, and those of the row follow, as in the rules of the table.
    """

    row: str
    operands: tuple[View | Call | float, ...]
    partial: int | None = None

    @property
    def labels(self) -> tuple[Label, ...]:
        return tuple(dict.fromkeys(label for view in views_of(self) for label in view.labels))


class Term(NamedTuple):
    """coefficient · n**power · the product of the factors; n is the number of samples."""

    coefficient: float = 1.0
    factors: tuple[View | Call, ...] = ()
    power: int = 0

    @property
    def labels(self) -> tuple[Label, ...]:
        return tuple(dict.fromkeys(label for factor in self.factors for label in factor.labels))


@dataclass(eq=False)
class Sum:
    """target = Σ terms, or with `add` target += Σ terms (then it has been set before)."""

    target: View
    terms: tuple[Term, ...]
    sizes: dict[Label, int] = field(default_factory=dict)  # of every label but the batch
    add: bool = False

    def __str__(self) -> str:
        sign = "+=" if self.add else "="
        terms = " + ".join(_term(term, self.target.labels) for term in self.terms)
        return f"{_view(self.target)} {sign} {terms or '0'}"


@dataclass(eq=False)
class Reduce:
    """target = row over the labels `over` of the source: logsumexp, max, min, prod or norm."""

    target: View
    row: str
    source: View
    over: tuple[Label, ...]
    sizes: dict[Label, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{_view(self.target)} = {self.row}_{','.join(self.over)} {_view(self.source)}"


Equation = Sum | Reduce


@dataclass(eq=False)
class Loop:
    """The equations from `first` to `last` are run one after the other for each place of a label.

    They are written with the label like with any other, `count` its size. `start` is what the label's
    first place is called when it is printed, `for t in range(start, start + count)`; `backward` goes
    from the last place to the first.
    """

    label: Label
    count: int
    first: Equation
    last: Equation
    start: int = 0
    backward: bool = False


@dataclass
class Equations:
    """A program: what is computed from parameters and inputs, forward and then backward."""

    forward: list[Equation]
    loss: Array  # of shape (), not batched: over all samples, as `reduce` says
    outputs: list[Array] = field(default_factory=list)  # what else the function returned: predictions
    parameters: list[Array] = field(default_factory=list)
    inputs: list[Array] = field(default_factory=list)
    backward: list[Equation] = field(default_factory=list)
    gradients: dict[Array, Array] = field(default_factory=dict)  # of the parameters that the loss depends on
    loops: list[Loop] = field(default_factory=list)
    hints: dict[Array, str] = field(default_factory=dict)  # the labels that the user gave
    notes: list[tuple[Array, str]] = field(default_factory=list)  # what was not rolled, and why

    def __str__(self) -> str:
        return "\n".join(map(str, [*self.forward, *self.backward]))


# --- looking at them ---------------------------------------------------------------------------------


def whole(array: Array, labels: tuple[Label, ...]) -> View:
    """The view of all of an array, one label an axis."""
    return View(array, tuple(Step(0, ((label, 1),)) for label in labels))


def is_whole(view: View, sizes: dict[Label, int]) -> bool:
    """Whether a view reads every number of its array once, in order of its axes."""
    if len(set(view.labels)) != len(view.array.shape) + view.array.batched:
        return False
    return all(
        step.base == 0 and step.table is None and step.index is None
        and len(step.strides) == 1 and step.strides[0][1] == 1 and sizes[step.strides[0][0]] == size
        for step, size in zip(view.steps, view.array.shape, strict=True)
    )  # fmt: skip


def views_of(factor: View | Call | float) -> Iterator[View]:
    """The views in a factor, left to right."""
    stack: list[Any] = [factor]
    while stack:
        part = stack.pop()
        if isinstance(part, View):
            yield part
        elif isinstance(part, Call):
            stack.extend(reversed(part.operands))


def factors_of(equation: Equation) -> Iterator[View | Call]:
    """Everything that an equation reads."""
    if isinstance(equation, Reduce):
        yield equation.source
    else:
        for term in equation.terms:
            yield from term.factors


def reads(equation: Equation) -> Iterator[View]:
    """Every view that an equation reads, and those that say where in another."""
    stack = [view for factor in factors_of(equation) for view in views_of(factor)]
    indices = [step.index for view in [*stack, equation.target] for step in view.steps if step.index]
    yield from stack
    yield from indices


def needed_for(arrays: Iterable[Array], equations: Sequence[Equation]) -> list[Equation]:
    """The equations that some arrays are made of, in order; in loops they may read what comes after them."""
    needed = set(arrays)
    while True:
        before = len(needed)
        for equation in reversed(equations):
            if equation.target.array in needed:
                needed.update(view.array for view in reads(equation))
        if len(needed) == before:
            return [equation for equation in equations if equation.target.array in needed]


# --- as text, for those who work on the compiler -----------------------------------------------------


def _view(view: View) -> str:
    places = ([BATCH] if view.array.batched else []) + [_step(step) for step in view.steps]
    return f"{view.array.name}[{','.join(places)}]"


def _step(step: Step) -> str:
    parts = [label if stride == 1 else f"{stride}{label}" for label, stride in step.strides]
    if step.table is not None:
        parts.append(f"table({','.join(step.table_labels)})")
    if step.index is not None:
        parts.append(_view(step.index))
    if step.base or not parts:
        parts.append(str(step.base))
    return "+".join(parts)


def _factor(factor: View | Call | float) -> str:
    if isinstance(factor, View):
        return _view(factor)
    if isinstance(factor, Call):
        slope = "" if factor.partial is None else f"'{factor.partial or ''}"  # hypot'1 by the second operand
        return f"{factor.row}{slope}({', '.join(map(_factor, factor.operands))})"
    return f"{factor:g}"


def _term(term: Term, kept: tuple[Label, ...]) -> str:
    summed = [label for label in term.labels if label not in kept]
    parts = [f"{term.coefficient:g}"] if term.coefficient != 1.0 or not term.factors else []
    parts += [f"n^{term.power}"] if term.power else []
    parts += map(_factor, term.factors)
    return (f"Σ_{','.join(summed)} " if summed else "") + "·".join(parts)
