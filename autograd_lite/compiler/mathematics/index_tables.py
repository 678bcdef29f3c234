"""Tables of places as what a reader takes them for: arrays of whole numbers, by which others are read."""

from __future__ import annotations

from dataclasses import replace

from ..equations import Array, Call, Equation, Equations, Reduce, Step, Sum, View, whole

Known = dict[tuple[tuple[int, ...], bytes], Array]


def without_tables(program: Equations) -> Equations:
    """The program with an index in the place of every table; equal tables are one array, y or t."""
    known: Known = {}
    made = {id(e): _equation(e, known) for e in (*program.forward, *program.backward)}
    loops = [replace(loop, first=made[id(loop.first)], last=made[id(loop.last)]) for loop in program.loops]
    forward = [made[id(equation)] for equation in program.forward]
    backward = [made[id(equation)] for equation in program.backward]
    return replace(program, forward=forward, backward=backward, loops=loops)


def _equation(equation: Equation, known: Known) -> Equation:
    target = _view(equation.target, known)
    if isinstance(equation, Reduce):
        return replace(equation, target=target, source=_view(equation.source, known))
    terms = [t._replace(factors=tuple(_factor(f, known) for f in t.factors)) for t in equation.terms]
    return Sum(target, tuple(terms), equation.sizes, equation.add)


def _factor(factor: View | Call, known: Known) -> View | Call:
    if isinstance(factor, View):
        return _view(factor, known)
    operands = (x if isinstance(x, float) else _factor(x, known) for x in factor.operands)
    return factor._replace(operands=tuple(operands))


def _view(view: View, known: Known) -> View:
    return View(view.array, tuple(_step(step, view, known) for step in view.steps))


def _step(step: Step, view: View, known: Known) -> Step:
    if step.index is not None:
        step = step._replace(index=_view(step.index, known))
    if step.table is None or step.index is not None:
        return step
    key = step.table.shape, step.table.tobytes()
    if key not in known:
        others = {label for other in view.steps if other.table is None for label in other.labels}
        letter = "y" if set(step.table_labels) <= others else "t"  # a label of each row, or places
        known[key] = Array(letter, step.table.shape, "constant", data=step.table)
    return Step(step.base, step.strides, index=whole(known[key], step.table_labels))
