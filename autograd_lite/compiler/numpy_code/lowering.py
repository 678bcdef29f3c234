"""Array equations as statements of NumPy: trees of expressions, with targets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np

from ..equations import BATCH, Array, Equation, Equations, Label, Loop, Reduce, Sum, View, reads, unique
from .axis_walks import Turn
from .calls import Calls, with_partials
from .exponentials import written_out
from .expressions import Axes, Expr, Statement, as_float, is_number, number, walk
from .indexing import Access, Order
from .sums import Sums

NOTHING = number(0.0)
RESERVED = {"np", BATCH, "TABLE", "by_element"}


def names_in(program: Equations) -> set[str]:
    """The names of a program's arrays, and those that the text has for itself."""
    every = [*program.forward, *program.backward]
    arrays = [*program.inputs, *program.parameters, *(e.target.array for e in every), *constants_of(every)]
    return RESERVED | {array.name for array in arrays}


def labels_in(program: Equations) -> set[Label]:
    return {label for equation in [*program.forward, *program.backward] for label in equation.sizes}


def constants_of(equations: Iterable[Equation]) -> list[Array]:
    """The constants that are read, each once."""
    arrays = (view.array for equation in equations for view in reads(equation))
    return list(dict.fromkeys(array for array in arrays if array.kind == "constant"))


class Places:
    """Arrays of places, each once, by names that are not taken."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken
        self.arrays: dict[str, Any] = {}
        self._names: dict[Any, str] = {}

    def name(self, places: Any) -> str:
        key = places.shape, places.tobytes()
        if key not in self._names:
            self._names[key] = unique(f"at{len(self._names) + 1}", self.taken)
            self.arrays[self._names[key]] = np.ascontiguousarray(places)
        return self._names[key]


class Builder:
    """Writes some equations of a program; `order` says how the axes of an array are kept.

    `kept` are the arrays that are wanted, and `taken` the names that are.
    """

    def __init__(
        self,
        program: Equations,
        equations: Sequence[Equation],
        kept: Collection[Array],
        order: Order,
        places: Places,
        taken: set[str],
    ) -> None:
        self.order, self.places = order, places
        loops = blocks(program, set(equations))
        begins = {block[0]: (loop, block) for loop, block in loops}
        ends = {block[-1]: loop for loop, block in loops}
        inside = {equation for _, block in loops for equation in block}
        written = written_out(equations, kept, taken, inside)
        pairs = list(zip(equations, written, strict=True))
        self.statements: list[Statement] = []
        self.there: set[Array] = set()
        self.loops: dict[Label, Turn] = {}
        self.variables = {label: label for label in labels_in(program) - names_in(program)}
        self.taken = taken
        for equation, own in pairs:
            if equation in begins:
                self._begin(*begins[equation])
            for new in own:
                self._add(with_partials(new))
            if equation in ends:
                self._close(ends[equation].label)
        self.statements = living(self.statements, kept)

    # --- loops ---

    def _begin(self, loop: Loop, block: list[Equation]) -> None:
        """What is made in a loop is there before it."""
        for equation in block:
            if equation.target.array not in self.there:
                self._state("new", equation.target, self._access(equation), NOTHING)
        places = range(loop.start, loop.start + loop.count)
        self._open(loop.label, places[::-1] if loop.backward else places)

    def _open(self, label: Label, places: range) -> None:
        """A variable has the name of the label, if no array has it."""
        if label not in self.variables:
            self.variables[label] = unique(label, self.taken)
        self.loops[label] = Turn(self.variables[label], min(places))
        variable = self.variables[label]
        self.statements.append(Statement("for", None, NOTHING, NOTHING, variable=variable, places=places))

    def _close(self, label: Label) -> None:
        del self.loops[label]
        self.statements.append(Statement("end", None, NOTHING, NOTHING))

    # --- equations ---

    def _add(self, equation: Equation) -> None:
        access = self._access(equation)
        if isinstance(equation, Sum):
            self._add_sum(equation, access)
        else:
            value = access.axes.reduced(equation.row, access.read(equation.source), equation.over)
            self._write(equation, access, value)

    def _add_sum(self, equation: Sum, access: Access) -> None:
        loops = access.window_labels(equation.target) if equation.add else []
        for label in loops:
            self._open(label, range(equation.sizes[label]))
        access = self._access(equation) if loops else access
        value = Sums(access.axes, Calls(access)).value(equation)
        self._write(equation, access, value)
        for label in loops:
            self._close(label)

    def _access(self, equation: Equation) -> Access:
        """Axes in the order of the target, or of what is reduced, then as they come."""
        own = Access(Axes(equation.sizes, ()), self.places.name, self.order, self.loops)
        labels = [*own.labels(equation.source if isinstance(equation, Reduce) else equation.target)]
        labels += [label for term in getattr(equation, "terms", ()) for label in term.labels]
        axes = Axes(equation.sizes, (label for label in labels if label not in self.loops))
        return Access(axes, self.places.name, self.order, dict(self.loops))

    def _write(self, equation: Equation, access: Access, value: Expr) -> None:
        target, add = equation.target, isinstance(equation, Sum) and equation.add
        if access.is_whole(target):
            self._set(target, access, value, add)
            return
        if target.array not in self.there:
            self._state("new", target, access, NOTHING)
        self.statements.append(access.write(target, value, add))

    def _set(self, target: View, access: Access, value: Expr, add: bool = False) -> None:
        labels = access.labels(target)
        value = access.axes.put(as_float(value), labels)
        full = access.axes.dims(labels)
        if not add and (value.dims != full or is_number(value, 0.0)):  # Python raises where 0 divides
            value = Expr("broadcast", (value,), None, labels, full)
        self._state("sum" if add else "set", target, access, value)

    def _state(self, what: str, target: View, access: Access, value: Expr) -> None:
        self.there.add(target.array)
        self.statements.append(Statement(what, target.array, access.variable(target), value))


def blocks(program: Equations, equations: Collection[Equation]) -> list[tuple[Loop, list[Equation]]]:
    """Every loop of a program with its equations, as far as they are among these."""
    found = []
    for loop in program.loops:
        every = program.forward if loop.first in program.forward else program.backward
        block = every[every.index(loop.first) : every.index(loop.last) + 1]
        found.append((loop, [equation for equation in block if equation in equations]))
    return [(loop, block) for loop, block in found if block]


def living(statements: list[Statement], kept: Iterable[Array]) -> list[Statement]:
    """Without those that set what nothing reads. As a loop may read before it sets, this goes round."""
    needed = {array.name for array in kept}
    while True:
        before = len(needed)
        for statement in reversed(statements):
            if statement.array is None or statement.array.name in needed:
                needed |= touched(statement)
        if len(needed) == before:
            return [s for s in statements if s.array is None or s.array.name in needed]


def touched(statement: Statement) -> set[str]:
    """What a statement reads or writes."""
    trees = (statement.target, statement.value)
    return {node.info for tree in trees for node in walk(tree) if node.op == "name"}
