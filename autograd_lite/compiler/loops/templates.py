"""Equations as a form with slots for views, and like terms that walk in step folded into one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from math import prod
from typing import Any

from ..equations import (
    Call,
    Equation,
    Equations,
    Label,
    Loop,
    Numbering,
    Reduce,
    Step,
    Sum,
    Term,
    View,
    places,
)

Slots = list[View]
LEAST = 3  # terms that are worth a label


# --- slots -------------------------------------------------------------------------------------------


def slots_of(equation: Equation) -> Slots:
    """The views of an equation, the target first, each with the index views in it."""
    slots: Slots = []

    def collect(view: View) -> View:
        slots.append(view)
        return view

    _mapped(equation, collect)
    return slots


def with_slots(equation: Equation, slots: Slots) -> Equation:
    """The equation with other views in its slots. The index of a view is a slot of its own, after it."""
    waiting = iter(slots)
    return _mapped(equation, lambda _: next(waiting))


def _mapped(equation: Equation, change: Callable[[View], View]) -> Equation:
    target = _view(equation.target, change)
    if isinstance(equation, Reduce):
        return replace(
            equation, target=target, source=_view(equation.source, change), sizes=dict(equation.sizes)
        )
    terms = tuple(_mapped_term(term, change) for term in equation.terms)
    return replace(equation, target=target, terms=terms, sizes=dict(equation.sizes))


def _mapped_term(term: Term, change: Callable[[View], View]) -> Term:
    return term._replace(factors=tuple(_factor(factor, change) for factor in term.factors))


def _factor(factor: Any, change: Callable[[View], View]) -> Any:
    if isinstance(factor, View):
        return _view(factor, change)
    if isinstance(factor, Call):
        return factor._replace(operands=tuple(_factor(operand, change) for operand in factor.operands))
    return factor


def _view(view: View, change: Callable[[View], View]) -> View:
    changed = change(view)
    added = len(changed.steps) - len(view.steps)  # a stack has an axis more, in front
    steps = list(changed.steps)
    for k, step in enumerate(view.steps):
        if step.index is not None:
            steps[k + added] = steps[k + added]._replace(index=_view(step.index, change))
    return View(changed.array, tuple(steps))


# --- what is alike -----------------------------------------------------------------------------------


def signature(equation: Equation) -> Hashable:
    """Equal for two equations that differ in nothing but computed arrays, and where views begin."""
    numbers = Numbering(equation.sizes)
    target = _view_key(equation.target, numbers)
    if isinstance(equation, Reduce):
        source = _view_key(equation.source, numbers)
        return equation.row, target, source, tuple(numbers[label] for label in equation.over)
    return equation.add, target, tuple(term_signature(term, numbers) for term in equation.terms)


def term_signature(term: Term, numbers: Numbering) -> Hashable:
    return term.coefficient, term.power, tuple(_key(factor, numbers) for factor in term.factors)


def _key(factor: Any, numbers: Numbering) -> Hashable:
    if isinstance(factor, View):
        return _view_key(factor, numbers)
    if isinstance(factor, Call):
        return factor.row, factor.partial, tuple(_key(operand, numbers) for operand in factor.operands)
    return repr(factor)


def _view_key(view: View, numbers: Numbering) -> Hashable:
    array = view.array
    which = (array.shape, array.batched) if array.kind == "computed" else id(array)
    return which, tuple(_step_key(step, numbers) for step in view.steps)


def _step_key(step: Step, numbers: Numbering) -> Hashable:
    table = None if step.table is None else (step.table.shape, step.table.tobytes())
    strides = tuple((numbers[label], stride) for label, stride in step.strides)
    labels = tuple(numbers[label] for label in step.table_labels)
    return strides, table, labels, _view_key(step.index, numbers) if step.index else None


# --- folding -----------------------------------------------------------------------------------------


def fold(program: Equations) -> None:
    """Like terms of a sum that read the same arrays, each a step further, become one over the steps; and
    so do equations that fill an array a place each."""
    for equation in [*program.forward, *program.backward]:
        if isinstance(equation, Sum) and len(equation.terms) >= LEAST:
            _fold_terms(equation)
    program.forward = _fold_equations(program.forward, program.loops)
    program.backward = _fold_equations(program.backward, program.loops)


def _fold_terms(equation: Sum) -> None:
    like: dict[Hashable, list[Term]] = {}
    for term in equation.terms:
        numbers = Numbering(equation.sizes, equation.target.labels)
        key = term_signature(term, numbers), tuple(view.array for view in views_in(term))
        like.setdefault(key, []).append(term)
    terms: list[Term] = []
    for group in like.values():
        terms += _folded(equation, group) if len(group) >= LEAST else group
    equation.terms = tuple(terms)


def _folded(equation: Sum, group: list[Term]) -> Iterator[Term]:
    """One term in place of those that walk by constant strides, if they do."""
    first, strides = _walk([_bases(views_in(term)) for term in group])
    if not any(strides):
        yield from group
        return
    label = _fresh(equation)
    equation.sizes[label] = len(group)
    moved = iter(strides)
    yield _mapped_term(group[first], lambda view: _walking(view, moved, label))


def _fold_equations(equations: list[Equation], loops: list[Loop]) -> list[Equation]:
    like: dict[Hashable, list[int]] = {}
    inside = {id(e) for loop in loops for e in between(equations, loop)}
    for k, equation in enumerate(equations):
        if id(equation) not in inside:
            key = signature(equation), tuple(view.array for view in slots_of(equation))
            like.setdefault(key, []).append(k)
    folded: dict[int, list[Equation]] = {}
    for found in like.values():
        if len(found) < LEAST:
            continue
        own, numbers = [equations[k] for k in found], set(found)
        others = [equations[k] for k in range(found[0], found[-1]) if k not in numbers]
        one = _one_of(own) if _are_apart(own, others) else None
        if one is not None:
            folded |= {k: [one] if k == found[-1] else [] for k in found}
    return [e for k, equation in enumerate(equations) for e in folded.get(k, [equation])]


def _one_of(group: list[Equation]) -> Equation | None:
    """One equation in place of those whose views walk by constant strides, the target to a new place each."""
    first, strides = _walk([_bases(slots_of(equation)) for equation in group])
    model = group[first]
    if not any(d and not step.labels for step, d in zip(model.target.steps, strides, strict=False)):
        return None
    label, moved = _fresh(model), iter(strides)
    one = _mapped(model, lambda view: _walking(view, moved, label))
    one.sizes[label] = len(group)
    return one


def _are_apart(group: list[Equation], others: list[Equation]) -> bool:
    """Whether equations can be moved past others, and do not read what they write."""
    target, *views = slots_of(group[0])
    read = {view.array for view in views}
    if target.array in read or any(other.target.array in read for other in others):
        return False
    if any(view.array is target.array for other in others for view in slots_of(other)[1:]):
        return False
    rivals = [other for other in others if other.target.array is target.array]
    return not rivals or not _written(group) & _written(rivals)


def _written(equations: list[Equation]) -> set[int]:
    """The places of their array that equations write, counted flat: all, where only the data tell."""
    found: set[int] = set()
    for equation in equations:
        at = places(equation.target, equation.sizes)
        found.update(range(prod(equation.target.array.shape)) if at is None else at.tolist())
    return found


def between(equations: list[Equation], loop: Loop) -> list[Equation]:
    """Those of a loop."""
    if loop.first not in equations:
        return []
    return equations[equations.index(loop.first) : equations.index(loop.last) + 1]


def _fresh(equation: Equation) -> Label:
    return next(label for label in map("s{}".format, range(1000)) if label not in equation.sizes)


def _walk(bases: list[tuple[int, ...]]) -> tuple[int, list[int]]:
    """Which comes first, and the strides by which each goes on from the one before; none if they do not."""
    order = sorted(range(len(bases)), key=bases.__getitem__)
    first, second = bases[order[0]], bases[order[1]]
    strides = [b - a for a, b in zip(first, second, strict=True)]
    walk = [tuple(a + k * d for a, d in zip(first, strides, strict=True)) for k in range(len(bases))]
    return order[0], strides if [bases[k] for k in order] == walk else []


def _walking(view: View, strides: Iterator[int], label: Label) -> View:
    steps = []
    for step in view.steps:
        stride = next(strides)
        steps.append(step._replace(strides=((label, stride), *step.strides)) if stride else step)
    return View(view.array, tuple(steps))


def views_in(term: Term) -> Slots:
    found: Slots = []

    def collect(view: View) -> View:
        found.append(view)
        return view

    _mapped_term(term, collect)
    return found


def _bases(views: Slots) -> tuple[int, ...]:
    return tuple(step.base for view in views for step in view.steps)
