"""Raising equations to lines of formulas: what a person would write, instead of how it is computed."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..equations import (
    LOG_SOFTMAX,
    SOFTMAX,
    Array,
    Call,
    Equation,
    Equations,
    Loop,
    Part,
    Reduce,
    Role,
    Sum,
    Term,
    View,
    call,
    is_one_row,
    only_call,
    partial_of,
    roles_of,
    without_lost,
)
from .formula import (
    Apply,
    Line,
    Over,
    Plus,
    Power,
    Product,
    Slope,
    labels_in,
    number,
    of,
    plus,
    product,
    views_in,
)
from .lines import merged

OPPOSITE = {"greater": "less_equal", "greater_equal": "less"}
TURNED = {"greater": "less", "greater_equal": "less_equal", "less": "greater", "less_equal": "greater_equal"}
CONDITIONS = ("greater", "greater_equal", "less", "less_equal", "and", "or")


class Raising:
    """The lines of a program's equations, in which no table is left."""

    def __init__(self, program: Equations) -> None:
        self.program = program
        self.roles = roles_of(program)
        self.probabilities = {
            role.of: array for array, role in self.roles.items() if role.what == "p" and role.of is not None
        }
        self.implied: dict[Array, Array] = {}  # by their logits, the probabilities that only the page has

    def lines(self) -> list[Line]:
        """All lines, forward and then backward. What is made in several steps is one line if it can be."""
        lines = []
        for side in (self.program.forward, self.program.backward):
            loops = _loops(side, self.program.loops)
            for equation, loop in zip(side, loops, strict=True):
                lines += [line._replace(loop=loop) for line in self._line(equation)]
        lines = merged(lines)
        return [line for line in lines if not self._is_silent(line, lines)]

    def is_internal(self, array: Array) -> bool:
        """Whether an array is only a way to compute a softmax, and nothing to read about."""
        return self.roles.get(array, Role("")).what in ("log p", "logsumexp")

    def is_probability(self, array: Array) -> bool:
        return self.roles.get(array, Role("")).what == "p"

    def _is_silent(self, line: Line, lines: list[Line]) -> bool:
        array = line.target.array
        extra = self.is_internal(array) or array in self.implied.values()
        return extra and not any(view.array is array for x in lines for view in views_in(x.formula))

    # --- an equation ---

    def _line(self, equation: Equation) -> list[Line]:
        if isinstance(equation, Reduce):
            return self._reduced(equation)
        formula, call = plus([self._term(term, equation) for term in equation.terms]), only_call(equation)
        if call is not None and self.is_probability(equation.target.array):
            x, z = call.operands
            assert isinstance(x, View)
            assert isinstance(z, View)
            over = tuple(label for label in x.labels if label not in z.labels)
            formula = of(Over("softmax", over, x))
        return [Line(equation.target, formula, equation.sizes, equation.add)]

    def _reduced(self, equation: Reduce) -> list[Line]:
        """A row over a list; a logsumexp comes with the probabilities that it belongs to."""
        own = Line(equation.target, of(Over(equation.row, equation.over, equation.source)), equation.sizes)
        logits = equation.source.array
        if self.roles.get(equation.target.array) != Role("logsumexp", logits) or logits in self.probabilities:
            return [own]
        target = View(self._probability(logits), equation.source.steps)
        return [own, Line(target, of(Over("softmax", equation.over, equation.source)), equation.sizes)]

    # --- a term ---

    def _term(self, term: Term, equation: Sum) -> Product:
        labels = term.labels
        factors = [part for factor in term.factors for part in _factors(_tidied(factor))]
        factors.sort(key=lambda part: _is_slope(part) or (isinstance(part, Call) and part.row == LOG_SOFTMAX))
        parts = [Power(self._part(factor)) for factor in factors]
        lost = set(labels) - set(labels_in(tuple(parts)))
        term = without_lost(term._replace(factors=()), lost, equation.target.labels, equation.sizes)
        over = tuple(x for x in labels if x not in lost and x not in equation.target.labels)
        return product(parts, term.coefficient, term.power, over)

    def _part(self, part: Part) -> Plus:
        """A view, a number or a call as a formula."""
        if isinstance(part, float):
            return number(part)
        if isinstance(part, View):
            role = self.roles.get(part.array, Role(""))
            if role.what == "log p" and role.of is not None:
                return self._given(LOG_SOFTMAX, View(role.of, part.steps))
            return of(part)
        if part.row in (SOFTMAX, LOG_SOFTMAX):
            return self._given(part.row, part.operands[0])
        if part.partial is not None:
            return self._slope(part)
        if part.row == "select":
            return self._choice(*part.operands)
        if part.row in CONDITIONS:
            return of(Apply("indicator", (self._condition(part),)))
        return self._call(part.row, part.operands)

    def _call(self, row: str, operands: tuple[Part, ...]) -> Plus:
        parts = [self._part(operand) for operand in operands]
        if row == "neg":
            return Plus((product([Power(parts[0])], -1.0),))
        if row in ("add", "sub"):
            sign = -1.0 if row == "sub" else 1.0
            return plus([product([Power(parts[0])]), product([Power(parts[1])], sign)])
        if row == "mul":
            return Plus((product(map(Power, parts)),))
        if row == "div":
            return Plus((product([Power(parts[0]), Power(parts[1], -1.0)]),))
        if row == "pow" and isinstance(operands[1], float):
            return Plus((product([Power(parts[0], operands[1])]),))
        return of(Apply(row, tuple(parts)))

    def _given(self, row: str, x: Part) -> Plus:
        """p for the softmax of x, and log p."""
        assert isinstance(x, View)
        p = of(View(self._probability(x.array), x.steps))
        return p if row == SOFTMAX else of(Apply("log", (p,)))

    def _probability(self, logits: Array) -> Array:
        """The probabilities of these logits: an array of the program, or one that only the page has."""
        if logits in self.probabilities:
            return self.probabilities[logits]
        if logits not in self.implied:
            self.implied[logits] = Array("p", logits.shape, "computed", logits.batched, logits.path)
        return self.implied[logits]

    def _slope(self, symbol: Call) -> Plus:
        """σ'(a), which has settings but no other operands; a slope that is shorter in a form of its own."""
        output, operand, *others = symbol.operands
        settings = tuple(x for x in others if isinstance(x, float))
        if not isinstance(operand, View) or symbol.partial != 0:
            return self._part(_tidied(partial_of(symbol)))
        if symbol.row in SPELLED:
            return SPELLED[symbol.row](*map(self._part, symbol.operands[1:]))
        if len(settings) < len(others):
            return self._part(_tidied(partial_of(symbol)))
        return of(Slope(symbol.row, operand, output if isinstance(output, View) else None, settings))

    def _choice(self, condition: Part, x: Part, y: Part) -> Plus:
        """x where the condition holds and else y; of a 0 no more is left than an indicator."""
        if y == 0.0:
            indicator = Apply("indicator", (self._condition(condition),))
            return Plus((product([Power(indicator), Power(self._part(x))]),))
        if x == 0.0 and isinstance(condition, Call) and condition.row in OPPOSITE:
            return self._choice(Call(OPPOSITE[condition.row], condition.operands), y, x)
        return of(Apply("select", (self._condition(condition), self._part(x), self._part(y))))

    def _condition(self, part: Part) -> Plus:
        if isinstance(part, Call) and part.row in ("and", "or"):
            return of(Apply(part.row, tuple(map(self._condition, part.operands))))
        if isinstance(part, Call) and part.row in CONDITIONS:
            row, (x, y) = part.row, part.operands
            if isinstance(x, float):  # 0 < x is x > 0
                row, x, y = TURNED[row], y, x
            return of(Apply(row, (self._part(x), self._part(y))))
        return self._part(part)


def _loops(equations: list[Equation], loops: list[Loop]) -> list[Loop | None]:
    """For every equation the loop in which it stands."""
    found: list[Loop | None] = [None] * len(equations)
    numbers = {id(equation): number for number, equation in enumerate(equations)}
    for loop in loops:
        if id(loop.first) in numbers:
            first, last = numbers[id(loop.first)], numbers[id(loop.last)]
            found[first : last + 1] = [loop] * (last + 1 - first)
    return found


def _tidied(part: Part) -> Part:
    """A call without what is there for the rounding and for nan: x + 0, 0 · x, the branch that gives nan."""
    if not isinstance(part, Call):
        return part
    operands = tuple(map(_tidied, part.operands))
    if part.partial is not None:
        written = _tidied(partial_of(part))
        return written if is_one_row(written) else part
    if part.row == "select":
        condition, x, y = operands
        if _is_nan(x) or _is_nan(y):
            return y if _is_nan(x) else x
        if y == 0.0 and condition in _factors(x):  # 0 times what may be infinite is kept 0
            return x
        return call("select", condition, x, y)
    if part.row == "add" and 0.0 in operands:
        return operands[0] if operands[1] == 0.0 else operands[1]
    if part.row == "mul" and 0.0 in operands:
        return 0.0
    return call(part.row, *operands)


def _factors(part: Part) -> list[Part]:
    """What a call multiplies."""
    if isinstance(part, Call) and part.row == "mul":
        return [factor for operand in part.operands for factor in _factors(operand)]
    return [part]


def _is_nan(part: Part) -> bool:
    return isinstance(part, float) and math.isnan(part)


def _is_slope(part: Part) -> bool:
    return isinstance(part, Call) and part.partial is not None


# --- slopes that have a form of their own -----------------------------------------------------------------


def _sign(x: Plus) -> Plus:
    return of(Apply("sign", (x,)))


def _half_over_root(x: Plus) -> Plus:
    return Plus((product([Power(x, -0.5)], 0.5),))


def _logistic(x: Plus, y: Plus) -> Plus:
    return plus([product([Power(Apply("sigmoid", (x,)))]), product([Power(y)], -1.0)])


SPELLED: dict[str, Callable[..., Plus]] = {
    "abs": _sign,
    "sqrt": _half_over_root,
    "bce_with_logits": _logistic,
}
