"""What arrays are to a reader, told by their equations: pre-activations, probabilities, losses."""

from __future__ import annotations

from typing import NamedTuple

from .ir import (
    LOG_SOFTMAX,
    SOFTMAX,
    Array,
    Call,
    Equation,
    Equations,
    Reduce,
    Step,
    Sum,
    Term,
    View,
    is_whole,
    reads,
    views_of,
)

Definitions = dict[Array, Equation]


class Role(NamedTuple):
    """What an array is, and of which other: a pre-activation of its weights, probabilities of logits."""

    what: str  # loss, sample loss, pre, error, activation, rows, logsumexp, log p, p, or a row over a list
    of: Array | None = None


def definitions(equations: list[Equation]) -> Definitions:
    """For every array that one equation alone sets, this equation. A stack of steps may begin with zeros."""
    found: Definitions = {}
    often: set[Array] = set()
    for equation in equations:
        if isinstance(equation, Sum) and not equation.terms:
            continue
        array = equation.target.array
        often |= {array} & found.keys()
        found[array] = equation
    return {a: e for a, e in found.items() if a not in often and all(map(_is_along, e.target.steps))}


def _is_along(step: Step) -> bool:
    """Whether a step walks along its axis, place by place."""
    return step.table is None and step.index is None and [stride for _, stride in step.strides] == [1]


def roles_of(program: Equations) -> dict[Array, Role]:
    """What the computed arrays of the forward program are, as far as that can be told."""
    found = {program.loss: Role("loss")}
    for array, equation in definitions(program.forward).items():
        role = _of_list(equation) if isinstance(equation, Reduce) else _of_sum(equation)
        if role is not None:
            found.setdefault(array, role)
    sample = _sample_loss(program)
    if sample is not None:
        found.setdefault(sample, Role("sample loss"))
    return found


def _of_list(equation: Reduce) -> Role:
    every = is_whole(equation.source, equation.sizes) and is_whole(equation.target, equation.sizes)
    return Role(equation.row, equation.source.array if every else None)


def _of_sum(equation: Sum) -> Role | None:
    call = only_call(equation)
    if call is not None:
        return _of_call(call, equation)
    if _is_lookup(equation):
        return Role("rows")
    weights = _weights(equation)
    if not weights and not _is_error(equation):
        return None
    return Role("error" if _is_error(equation) else "pre", weights[0] if len(weights) == 1 else None)


def _of_call(call: Call, equation: Sum) -> Role | None:
    operand, views = call.operands[0], list(views_of(call))
    if call.row in (SOFTMAX, LOG_SOFTMAX) and isinstance(operand, View):
        every = operand.steps == equation.target.steps and is_whole(equation.target, equation.sizes)
        return Role("p" if call.row == SOFTMAX else "log p", operand.array) if every else None
    simple = len(views) == 1 and isinstance(operand, View) and operand.array.kind == "computed"
    return Role("activation", views[0].array) if simple else None


def only_call(equation: Equation) -> Call | None:
    """The call, where an equation is nothing but one."""
    if not isinstance(equation, Sum) or len(equation.terms) != 1 or equation.add:
        return None
    term = equation.terms[0]
    plain = term.coefficient == 1.0 and not term.power and len(term.factors) == 1
    kept = set(term.labels) <= set(equation.target.labels)
    return term.factors[0] if plain and kept and isinstance(term.factors[0], Call) else None


def _is_single(term: Term) -> bool:
    return len(term.factors) == 1 and not term.power


def _weights(equation: Sum) -> list[Array]:
    """The parameters of a layer's pre-activation: those that are multiplied by data. A penalty has none."""
    found: dict[Array, None] = {}
    for term in equation.terms if not equation.add else ():
        arrays = [view.array for factor in term.factors for view in views_of(factor)]
        weights = [array for array in arrays if array.kind == "parameter"]
        summed = bool(set(term.labels) - set(equation.target.labels))
        matrix = bool(weights) and (len(weights[0].shape) > 1 or summed)
        if len(weights) == 1 < len(arrays) and len(term.factors) == len(arrays) and matrix:
            found[weights[0]] = None
    return list(found)


def _is_lookup(equation: Sum) -> bool:
    """Whether an equation picks rows of a parameter."""
    if len(equation.terms) != 1 or not _is_single(equation.terms[0]):
        return False
    (view,) = equation.terms[0].factors
    return (
        isinstance(view, View) and view.array.kind == "parameter" and any(step.index for step in view.steps)
    )


def _is_error(equation: Sum) -> bool:
    """Whether an equation takes data from a result, or a result from data."""
    data = [t for t in equation.terms if _is_single(t) and _kinds_of(t) <= {"input", "constant"}]
    others = [t for t in equation.terms if "computed" in _kinds_of(t) or "parameter" in _kinds_of(t)]
    if equation.add or len(data) != 1 or not others or len(others) + 1 != len(equation.terms):
        return False
    sign = data[0].coefficient
    return abs(sign) == 1.0 and all(term.coefficient * sign < 0.0 for term in others)


def _kinds_of(term: Term) -> set[str]:
    return {view.array.kind for factor in term.factors for view in views_of(factor)}


def _sample_loss(program: Equations) -> Array | None:
    """The array that the loss is the sum or the mean of, where there is just one."""
    last = program.forward[-1]
    if last.target.array is not program.loss or not isinstance(last, Sum) or len(last.terms) != 1:
        return None
    views = [view for factor in last.terms[0].factors for view in views_of(factor)]
    array = views[0].array if len(views) == 1 else None
    if array is None or array.kind != "computed" or array.shape:
        return None
    others = [e for e in program.forward[:-1] if any(view.array is array for view in reads(e))]
    return None if others else array
