"""The derivative of an activation, σ'(a), told by its numbers: whatever the form in which it is written."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from ...engine import TABLE, Op
from ..equations import (
    Array,
    Call,
    Equation,
    Label,
    Step,
    Sum,
    View,
    factors_of,
    only_call,
    own_labels,
    views_of,
    walked,
)
from .formula import Apply, Base, Plus, Power, Slope, number, of, plus, product

Factor = View | Call | float
PLACES = (0.07, 0.21, 0.38, 0.55, 0.74, 0.92)  # of an interval, where two functions are compared


def slopes_out(
    factors: Sequence[Factor], known: Sequence[Activation]
) -> tuple[float, list[Base], list[Factor]]:
    """A number, the slopes that are in a product, and its other factors."""
    coefficient, slopes, left = 1.0, list[Base](), list(factors)
    for activation in known:
        found = activation.slope_in(left)
        if found is not None:
            ratio, slope, left = found
            coefficient *= ratio
            slopes.append(slope)
    return coefficient, slopes, left


def activations(equations: Sequence[Equation]) -> list[Activation]:
    """All rows of a program that are applied to one array, number by number, or to two that are known."""
    setting: dict[Array, list[Equation]] = {}
    for equation in equations:
        setting.setdefault(equation.target.array, []).append(equation)
    found = []
    for equation in equations:
        own = only_call(equation) if _is_row_throughout(setting[equation.target.array]) else None
        for call in _calls(factors_of(equation)):
            if _is_plain(call):
                literal = not any(isinstance(x, View) for x in call.operands[1:])
                if literal or call.row in SPELLED:
                    found.append(Activation(call, equation.target if own is call else None, equation.sizes))
    return found


def _is_row_throughout(equations: Sequence[Equation]) -> bool:
    """Whether all that sets an array is one row of one array, place for place: a stack has a first step."""
    filled = [e for e in equations if not (isinstance(e, Sum) and not e.terms)]
    if len(filled) == 1:
        return True
    relations = set()
    for equation in filled:
        call = only_call(equation)
        view = call.operands[0] if call is not None else None
        if call is None or not isinstance(view, View) or len(view.steps) != len(equation.target.steps):
            return False
        pairs = list(zip(equation.target.steps, view.steps, strict=True))
        if any(own.strides != other.strides for own, other in pairs):
            return False
        shifts = tuple(own.base - other.base for own, other in pairs)
        relations.add((call.row, call.operands[1:], view.array, shifts))
    return len(relations) == 1


def _calls(factors: Iterable[Factor]) -> Iterator[Call]:
    """Every call, and those within it."""
    for factor in factors:
        if isinstance(factor, Call):
            yield factor
            yield from _calls(factor.operands)


def _is_plain(call: Call) -> bool:
    """Whether a call is a row of a fixed number of inputs, applied to a view and to views and numbers."""
    if call.row not in TABLE or TABLE[call.row].variadic or not isinstance(call.operands[0], View):
        return False
    return not any(isinstance(x, Call) for x in call.operands)


class Activation:
    """A row of others, number by number, and the view of the array that it is, if it is one."""

    def __init__(self, call: Call, output: View | None, sizes: Mapping[Label, int]) -> None:
        self.row: Op = TABLE[call.row]
        self.output, self.operands, self.sizes = output, call.operands, sizes
        self.inputs = [x for x in call.operands if isinstance(x, View)]
        self.views = [*([output] if output else []), *self.inputs]
        self.arrays = {view.array for view in self.views}

    def slope_in(self, factors: Sequence[Factor]) -> tuple[float, Base, list[Factor]] | None:
        """What of a product is its derivative: a number times the slope, and the factors that are left."""
        own = [
            f for f in factors if isinstance(f, Call) and {view.array for view in views_of(f)} <= self.arrays
        ]
        deep = any(isinstance(operand, Call) for call in own for operand in call.operands)
        extra = [f for f in factors if isinstance(f, View) and self.output and f.array is self.output.array]
        groups: tuple[Sequence[Factor], ...] = ([*extra, *own], own)
        for group in groups if deep else ():
            views = self._views(group)
            ratio = self._ratio(group) if views else None
            if views and ratio is not None:
                left = [f for f in factors if not any(f is part for part in group)]
                return ratio, self._slope(views), left
        return None

    # --- where it is read ---

    def _views(self, group: Sequence[Factor]) -> list[View] | None:
        """The output and the operands as the group reads them; None if it reads two places of one."""
        read = {view.array: view for factor in group for view in views_of(factor)}
        for view in self.views:
            walks = _walks(view, read[view.array]) if view.array in read else None
            if walks is None or not all(label in walks for v in self.views for label in own_labels(v)):
                continue
            own = [walked(v, walks, self.sizes) for v in self.views]
            known = [v for v in own if v is not None]
            if len(known) == len(own) and all(
                view == known[[v.array for v in known].index(view.array)]
                for f in group
                for view in views_of(f)
            ):
                return known
        return None

    def _slope(self, views: list[View]) -> Base:
        found = iter(views[-len(self.inputs) :])
        operand, *others = [next(found) if isinstance(x, View) else x for x in self.operands]
        if self.row.name in SPELLED:
            return SPELLED[self.row.name](operand, *others)
        assert isinstance(operand, View)
        settings = tuple(x for x in others if isinstance(x, float))
        there = self.output is not None and _covers(self.output, self.inputs[0])
        return Slope(self.row.name, operand, views[0] if there else None, settings)

    # --- what it is ---

    def _ratio(self, group: Sequence[Factor]) -> float | None:
        """How often the slope goes into the product, if it is the same number everywhere."""
        ratios = set()
        for numbers in self._points():
            try:
                slope, number = self._compared(group, numbers)
            except (ArithmeticError, ValueError):  # a row of the user's is not made for all numbers
                continue
            if slope == 0.0 or number == 0.0:
                if slope != number:
                    return None
            else:
                ratios.add(float(f"{number / slope:.9g}"))
        return ratios.pop() if len(ratios) == 1 else None

    def _compared(self, group: Sequence[Factor], numbers: tuple[float, ...]) -> tuple[float, float]:
        """The derivative of the row, and the product of the group, at some numbers."""
        y = float(self.row.value(*numbers))
        values = dict(zip((v.array for v in self.inputs), self._of_views(numbers), strict=True))
        values |= {self.output.array: y} if self.output else {}
        slope = float(self.row.partial(0, y, numbers))
        return slope, math.prod(_value(factor, values) for factor in group)

    def _points(self) -> Iterator[tuple[float, ...]]:
        domain = self.row.domain
        intervals = domain if isinstance(domain[0], tuple) else (domain,) * len(self.operands)
        first, second = _points(*intervals[0]), _points(*intervals[-1])[::-1]
        for one, other in zip(first, second, strict=True):
            free = iter((one, other))
            yield tuple(next(free) if isinstance(x, View) else float(x) for x in self.operands)  # type: ignore[arg-type]

    def _of_views(self, numbers: Sequence[float]) -> list[float]:
        return [x for x, operand in zip(numbers, self.operands, strict=True) if isinstance(operand, View)]


def _walks(pattern: View, found: View) -> dict[Label, Step] | None:
    """Where the pattern's labels walk, for it to be what was found; None if that cannot be."""
    walks: dict[Label, Step] = {}
    for own, other in zip(pattern.steps, found.steps, strict=True):
        if own == other:
            fresh = {label: Step(0, ((label, 1),)) for label in own.labels}
        elif [stride for _, stride in own.strides] == [1] and own.index is None and other.index is None:
            fresh = {own.strides[0][0]: Step(other.base - own.base, other.strides)}
        else:
            return None
        if any(walks.get(label, step) != step for label, step in fresh.items()):
            return None
        walks |= fresh
    return walks


def _covers(output: View, operand: View) -> bool:
    """Whether there is an output for every number of the operand's array, and not of a part of it alone."""
    places = list(zip(operand.steps, operand.array.shape, strict=True))
    for step, size in zip(output.steps, output.array.shape, strict=True):
        shifts = [(step.base - own.base, count) for own, count in places if own.strides == step.strides]
        if not any(shift >= 0 and count + shift <= size for shift, count in shifts):
            return False
    return True


def _points(low: float, high: float) -> list[float]:
    low, high = max(low, min(high, 3.0) - 6.0), min(high, max(low, -3.0) + 6.0)
    return [low + place * (high - low) for place in PLACES]


def _value(factor: Factor, numbers: Mapping[Array, float]) -> float:
    """A factor as a number."""
    if isinstance(factor, float):
        return factor
    if isinstance(factor, View):
        return numbers[factor.array]
    operands = [_value(operand, numbers) for operand in factor.operands]
    if factor.row in ("and", "or"):
        return float(all(operands) if factor.row == "and" else any(operands))
    return float(TABLE[factor.row].value(*operands))


# --- slopes that have a form of their own -----------------------------------------------------------------


def _sign(x: View) -> Base:
    return Apply("sign", (of(x),))


def _half_over_root(x: View) -> Base:
    return Plus((product([Power(x, -0.5)], 0.5),))


def _logistic(x: View, y: View | float) -> Base:
    target = number(y) if isinstance(y, float) else of(y)
    return plus([product([Power(Apply("sigmoid", (of(x),)))]), product([Power(target)], -1.0)])


SPELLED: dict[str, Callable[..., Base]] = {
    "abs": _sign,
    "sqrt": _half_over_root,
    "bce_with_logits": _logistic,
}
