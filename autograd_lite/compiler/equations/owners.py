"""Whose gradient an array is. Of the stacks of a loop this is only said where place t is that of place t."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from .ir import Array, Call, Equation, Equations, Sum, View, views_of

Lags = dict[tuple[Array, int], set[int]]  # by an array and its axis: how far behind the steps it is read


def owners(program: Equations, stacks: Set[Array]) -> dict[Array, Array]:
    """For every gradient the array that it is of, told by its name, and of a stack by its steps, too.

    A loop stacks da with the place before its first step, a 0 perhaps, and da[t] may be that of a[t+1].
    """
    computed = dict.fromkeys(equation.target.array for equation in program.forward)
    named = {f"d{array.name}": array for array in computed}
    found = {gradient: parameter for parameter, gradient in program.gradients.items()}
    for gradient in dict.fromkeys(equation.target.array for equation in program.backward):
        owner = named.get(gradient.name)
        if owner is None or gradient in computed:
            continue
        if {owner, gradient} & stacks:
            belongs = _is_as_large(program, gradient, owner) and _is_in_step(program, gradient, owner)
        else:
            belongs = owner.shape == gradient.shape
        if belongs:
            found[gradient] = owner
    return found


def _is_as_large(program: Equations, gradient: Array, owner: Array) -> bool:
    """Whether a gradient has the places of its owner, and nothing but zeros in others."""
    if len(gradient.shape) != len(owner.shape) or gradient.shape[1:] != owner.shape[1:]:
        return False
    if gradient.shape[:1] < owner.shape[:1]:
        return False
    return all(
        _last(equation) < owner.shape[0]
        for equation in program.backward
        if equation.target.array is gradient and not _is_zero(equation)
    )


def _last(equation: Equation) -> int:
    """The last place along the first axis that an equation sets."""
    first = equation.target.steps[0]
    return first.base + sum(stride * (equation.sizes[label] - 1) for label, stride in first.strides)


def _is_zero(equation: Equation) -> bool:
    return isinstance(equation, Sum) and not equation.terms


def _is_in_step(program: Equations, gradient: Array, owner: Array) -> bool:
    """Whether what is multiplied to make an array is multiplied to its gradient at the same steps.

    a[t] = W x[t] gives ∇W = Σ da[t] x[t], and h[t] = tanh(a[t]) gives da[t] = dh[t] tanh'(a[t]).
    """
    making, passing, arriving = Lags(), Lags(), Lags()
    for equation in program.forward:
        if equation.target.array is owner:
            for views in _products(equation):
                _note(making, equation.target, views)
    for equation in program.backward:
        for views in _products(equation):
            for view in views:
                if view.array is gradient:
                    _note(passing, view, views)
            if equation.target.array is gradient:
                _note(arriving, equation.target, (view for view in views if view.array is owner))
    common = making.keys() & passing.keys()
    in_step = all(making[key] == passing[key] for key in common) and all(x == {0} for x in arriving.values())
    return in_step and bool(common or arriving)


def _products(equation: Equation) -> Iterator[list[View]]:
    """The views of every term that has several, or functions: backward, each is multiplied by the others."""
    for term in equation.terms if isinstance(equation, Sum) else ():
        if len(term.factors) > 1 or any(isinstance(factor, Call) for factor in term.factors):
            yield [view for factor in term.factors for view in views_of(factor)]


def _note(lags: Lags, view: View, others: Iterable[View]) -> None:
    """How far others are behind a view, of those that walk with it along its first axis."""
    first = view.steps[0]
    for other in others:
        for axis, step in enumerate(other.steps):
            if first.strides and step == first._replace(base=step.base):
                lags.setdefault((other.array, axis), set()).add(first.base - step.base)
