"""Formulas without indices, as matrix products: x W1ᵀ + b1. Rows are samples, and a vector is a column.

Not everything has such a form. Where there is none, None is given, and the indices are written out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set

from ...notation import TOTAL, Piece
from ..equations import BATCH, Array, Label, Loop, Step, View
from .formula import Apply, Base, Hot, Line, Over, Plus, Power, Product, Slope, free_labels, views_in
from .index_form import ALL, along, constant_of, fraction, place, scaled, shown, slope
from .script import Name, Text

UNIT = ""  # the label of an axis of one place
Axes = tuple[Label, ...]
Matrix = tuple[Label, Label, Piece, int]  # rows, columns, the text, and how often it is transposed


class Matrices:
    """Writes the formulas of one line."""

    def __init__(self, script: Text, name: Callable[[Array], Name], stacks: Set[Array], step: str) -> None:
        self.script, self.name = script, name
        self.stacks = stacks  # the arrays whose first axis is that of the steps of a loop
        self.step = step  # the letter for these
        self.sizes: Mapping[Label, int] = {}
        self.loop: Loop | None = None
        self.at: dict[Label, str] = {}  # labels of one place at a time, with their letters
        self.each: Axes = ()  # for each of these all matrices are meant: for each sample, say

    def line(self, line: Line) -> tuple[Piece, Piece] | None:
        """What is left and what is right of the sign; None where it takes indices to say it."""
        self.sizes, self.loop = line.sizes, line.loop
        step = {} if line.loop is None else {line.loop.label: self.step}
        partly = line.add or any(step.index is not None for step in line.target.steps)
        for at, each in ((step, False), (step, True), (step | self._steps(line), False)):
            self.at = at
            self.each = self._leading(line) if each else ()
            axes = self.inner(self.axes(line.target))
            right = None if axes is None or partly else self.plus(line.formula, axes)
            if right is not None:
                return self.view(line.target), right
        return None

    def _leading(self, line: Line) -> Axes:
        """The labels before the last two, where an array has more than two axes."""
        found = [self.axes(view) or () for view in views_in((line.target, line.formula))]
        leading = max(found, key=len)[:-2]
        return () if UNIT in leading else leading

    def _steps(self, line: Line) -> dict[Label, str]:
        """The labels that walk through the steps of a loop, outside of it."""
        views = [view for view in views_in((line.target, line.formula)) if view.array in self.stacks]
        walking = [view for view in views if view.steps[0].labels]
        labels = {label for view in walking for label in view.steps[0].labels}
        # Parameters alone may be walked through for any reason, and a step is set at a time, not every other.
        is_step = len(labels) == 1 and any(view.array.kind != "parameter" for view in walking)
        own = line.target.steps[0].strides if line.target in walking else ()
        skips = any(abs(stride) != 1 for _, stride in own)
        return dict.fromkeys(labels, self.step) if is_step and not skips else {}

    # --- axes ---

    def axes(self, view: View) -> Axes | None:
        """The labels of a view, one an axis; None if it is no array, nor a part, nor what an index picks."""
        found = [BATCH] if view.array.batched else []
        for axis, (step, size) in enumerate(zip(view.steps, view.array.shape, strict=True)):
            if self._is_at(view.array, axis, step):
                continue
            if step.index is not None:
                rows = self._index_axes(step.index)
                last = axis + 1 == len(view.steps) and _without_units(rows or ()) == tuple(found)  # p_y
                once = sum(other.index is not None for other in view.steps) == 1
                if rows is None or not once or step.base or step.strides or (found and not last):
                    return None
                found = [*_without_units(rows)]  # E[t], row by row
                continue
            part = along(step, size, self.sizes)
            if part is None or not (part == ALL or self._has_parts(view, axis)):
                return None
            if step.strides or part == ALL:
                found.append(step.strides[0][0] if step.strides else UNIT)
        return tuple(found) if len(set(found) - {UNIT}) + found.count(UNIT) == len(found) else None

    def _is_at(self, array: Array, axis: int, step: Step) -> bool:
        """Whether a step is at one place at a time, that of a loop: it is written as h[t]."""
        labels = set(step.labels)
        if axis or step.index is not None or not labels <= self.at.keys():
            return False
        return array in self.stacks or (self.loop is not None and bool(labels))

    def _index_axes(self, view: View) -> Axes | None:
        """The labels of whole numbers that pick, which are written as a name alone."""
        return None if self._parts(view) else self.axes(view)

    def _has_parts(self, view: View, axis: int) -> bool:
        """Whether a part along an axis may be W[:,2:]: not of the steps of a loop, nor of a list."""
        array, step = view.array, view.steps[axis]
        steps = (axis == 0 and array in self.stacks) or bool(set(step.labels) & self.at.keys())
        picked = any(other.index is not None for other in view.steps)
        return not (steps or picked) and len(array.shape) + array.batched > 1

    def inner(self, axes: Axes | None) -> Axes | None:
        """The axes of one matrix of those that are meant."""
        count = len(self.each)
        if axes is None or not set(self.each) & set(axes):
            return axes
        return axes[count:] if axes[:count] == self.each and len(axes) == count + 2 else None

    # --- sums and products ---

    def plus(self, formula: Plus, axes: Axes) -> Piece | None:
        """A formula as an array with these axes."""
        if not formula.terms:
            return Piece("0")
        signed = []
        for term in formula.terms:
            piece = self.product(term, self._own(term, axes))
            if piece is None:
                return None
            signed.append((term.coefficient < 0.0, piece))
        full = any(set(axes) - {UNIT} <= self._labels(term) for term in formula.terms)
        return self.script.added(signed) if full else None

    def product(self, term: Product, axes: Axes) -> Piece | None:
        """A term without its sign."""
        outer = tuple(label for label in term.over if label in self.each or label in self.at)
        over = tuple(label for label in term.over if label not in outer)
        if set(outer) & set(self.each) and not set(outer) >= set(self.each):
            return None
        arrays, scalars = list[Power](), list[Power]()
        for power in term.factors:
            is_summed = self._labels(power) or not set(outer).isdisjoint(free_labels(power))
            (arrays if is_summed else scalars).append(power)
        parts = [(self.fit(base, ()), exponent) for base, exponent in scalars]
        if arrays:
            parts.append((self._summed(arrays, over, outer, axes), 1.0))
        known = [(piece, exponent) for piece, exponent in parts if piece is not None]
        if len(known) < len(parts):
            return None
        return scaled(self.script, term, fraction(self.script, known, self.script.juxtaposed), self.sizes)

    def _summed(self, arrays: list[Power], over: Axes, outer: Axes, axes: Axes) -> Piece | None:
        """The product of arrays, summed over their labels and over those for each of which it is meant."""
        if not over:
            body = self.elementwise(arrays, axes)
        else:
            body = self.contracted(_groups(arrays, self._labels), over, axes, outer)
        if body is None or not outer:
            return body
        if body.strength == TOTAL:
            return body if over and set(outer) <= self.at.keys() else None
        letters = "".join(self.at.get(label) or _letters((label,), outer) for label in outer)
        return self.script.total(letters, body)

    def elementwise(self, powers: Sequence[Power], axes: Axes) -> Piece | None:
        """Factors side by side, repeated along axes that they lack; two vectors may be a matrix, too."""
        pieces = [(self.fit(base, axes), exponent) for base, exponent in powers]
        full = [self._labels(power) >= set(axes) - {UNIT} for power in powers]
        if not all(piece for piece, _ in pieces) or not any(full):
            vectors = [[power] for power, is_full in zip(powers, full, strict=True) if not is_full]
            two = len(vectors) == 2 and all(len(self._labels(vector)) == 1 for vector in vectors)
            matrix = self.multiplied(vectors, UNIT, axes) if two else None
            rest = [pair for pair, is_full in zip(pieces, full, strict=True) if is_full]
            pieces = [(matrix, 1.0), *rest]
        joined = self.script.elementwise if set(axes) - {UNIT} else self.script.juxtaposed
        known = [(piece, exponent) for piece, exponent in pieces if piece is not None]
        return fraction(self.script, known, joined) if len(known) == len(pieces) else None

    def contracted(self, groups: list[list[Power]], over: Axes, axes: Axes, outer: Axes) -> Piece | None:
        """A sum of factors, in groups of the same labels: a matrix product, or a sum over a matrix."""
        if len(groups) == 1:
            (group,) = groups
            vectors = (
                [[power] for power in group] if len(over) == 1 and axes and not _without_units(axes) else []
            )
            found = self.multiplied(vectors, over[0], axes) if len(vectors) == 2 else None
            return found or self.total(group, over, axes, outer)
        if len(groups) == 2 and len(over) == 1:
            found = self.multiplied(groups, over[0], axes)
            if found is not None:
                return found
        for small in groups:
            for large in groups:
                if small is not large and self._labels(small) < self._labels(large):
                    rest = [group for group in groups if group is not small and group is not large]
                    return self.contracted([*rest, [*large, *small]], over, axes, outer)
        return None

    def total(self, group: list[Power], over: Axes, axes: Axes, outer: Axes) -> Piece | None:
        """A sum over a matrix, and over the steps, if there is one over these outside of it."""
        own = self._axes_of(group)
        rest = tuple(label for label in own if label not in over)
        if rest != axes and (len(axes) > 2 or _without_units(rest) != _without_units(axes)):
            return None
        body = self.elementwise(group, own)
        letters = _letters(over, own) + "".join(self.at.get(label, "") for label in outer)
        return None if body is None else self.script.total(letters if axes or outer else "", body)

    def multiplied(self, groups: Sequence[list[Power]], inner: Label, axes: Axes) -> Piece | None:
        """The product of two matrices, with as few of them transposed as can be."""
        found: list[tuple[int, Piece]] = []
        wanted = [(*axes, UNIT, UNIT)[:2], (UNIT, *axes)] if len(axes) < 2 else [axes]
        for left, right in ((groups[0], groups[1]), (groups[1], groups[0])):
            for rows, column, one, turned in self.oriented(left):
                for row, columns, other, turned_too in self.oriented(right):
                    if column == row == inner and (rows, columns) in wanted:
                        cost = turned + turned_too + wanted.index((rows, columns))
                        found.append((cost, self.script.juxtaposed([one, other])))
        return min(found, key=lambda pair: pair[0])[1] if found else None

    def oriented(self, group: list[Power]) -> Iterator[Matrix]:
        """A group as a matrix, as it is and transposed."""
        axes = self._axes_of(group)
        piece = self.elementwise(group, axes) if len(axes) in (1, 2) else None
        if piece is not None:
            rows, columns = (*axes, UNIT)[:2]
            yield rows, columns, piece, 0
            yield columns, rows, self.script.transposed(piece), 1

    def _axes_of(self, group: list[Power]) -> Axes:
        """The order in which a group has its axes: that of a view with all of them, if there is one."""
        hot = [self._hot_axes(base) for base, _ in group if isinstance(base, Hot)]
        for axes in (*hot, *map(self.axes, views_in(tuple(group)))):
            own = self.inner(axes)
            if own and set(own) - {UNIT} == self._labels(group):
                return own
        return tuple(sorted(self._labels(group), key=lambda label: (label != BATCH, label)))

    def _labels(self, part: object) -> set[Label]:
        parts: list[object] = part if isinstance(part, list) else [part]
        return {label for x in parts for label in free_labels(x)} - set(self.each) - self.at.keys()

    # --- one factor ---

    def fit(self, base: Base, axes: Axes) -> Piece | None:
        """A base as an array with these axes, or with the last of them, to be repeated along the others."""
        script = self.script
        if isinstance(base, View):
            return self._fitted(self.inner(self.axes(base)), self.view(base), axes)
        if isinstance(base, Hot):
            name = self._hot(base)
            return self._fitted(self.inner(self._hot_axes(base)), name, axes)
        if isinstance(base, Over):
            return self._list(base, axes)
        if isinstance(base, Slope):
            piece = self.fit(shown(base), axes)
            return None if piece is None else slope(script, base, piece)
        if isinstance(base, Apply):
            pieces = [self._operand(operand, axes) for operand in base.operands]
            known = [piece for piece in pieces if piece is not None]
            numbers = [constant_of(operand) for operand in base.operands]
            return script.apply(base.row, numbers, known) if len(known) == len(pieces) else None
        return self._operand(base, axes)

    def _hot(self, base: Hot) -> Piece:
        """An array of whole numbers in the place of its one-hot rows; e(1), a unit vector."""
        if isinstance(base.chosen, int):
            return Piece(f"e({base.chosen})")
        return self.view(base.chosen)

    def _hot_axes(self, base: Hot) -> Axes | None:
        own = () if isinstance(base.chosen, int) else self._index_axes(base.chosen)
        return None if own is None else (*_without_units(own), base.label)

    def _operand(self, formula: Plus, axes: Axes) -> Piece | None:
        """A formula with these axes, or with the last of them."""
        return self.plus(formula, self._own(formula, axes))

    def _own(self, part: object, axes: Axes) -> Axes:
        """The last of the axes, all of which a part has: along the others it is repeated."""
        while set(axes) - {UNIT} - self._labels(part):
            axes = axes[1:]
        return axes

    def _fitted(self, own: Axes | None, piece: Piece, axes: Axes) -> Piece | None:
        if own is None:
            return None
        if own == axes[len(axes) - len(own) :] or not _without_units(own):
            return piece
        if len(own) == 2 and own[::-1] == axes:
            return self.script.transposed(piece)
        one_and_two = {len(own), len(axes)} == {1, 2}  # a vector, and a matrix of one column or row
        return piece if one_and_two and _without_units(own) == _without_units(axes) else None

    def _list(self, base: Over, axes: Axes) -> Piece | None:
        own = self.inner(self.axes(base.source))
        if own is None or own[-1:] != base.labels:
            return None
        kept = own if base.row == "softmax" else own[:-1]
        return self._fitted(kept, self.script.listed(base.row, "", self.view(base.source)), axes)

    def view(self, view: View) -> Piece:
        """The name of an array, with the part of it that is read, or with the index that picks from it."""
        name = self.script.name(self.name(view.array))
        at = [
            place(step, self.at, self.loop)
            for axis, step in enumerate(view.steps)
            if self._is_at(view.array, axis, step)
        ]
        name = self.script.part(self.script.indexed(name, at), self._parts(view))
        for axis, step in enumerate(view.steps):
            if step.index is not None:
                index = self.view(step.index)
                rows = axis == 0 and not view.array.batched
                name = self.script.indexed(name, [index.text]) if rows else self.script.picked(name, index)
        return name

    def _parts(self, view: View) -> list[str]:
        """Where along each of its axes a view is, but for that of the steps; nothing if it is everywhere."""
        found = [ALL] * view.array.batched
        for axis, (step, size) in enumerate(zip(view.steps, view.array.shape, strict=True)):
            if step.index is None and not self._is_at(view.array, axis, step):
                found.append(along(step, size, self.sizes) or ALL)
        if set(found) <= {ALL}:
            return []
        return found if view.labels else [place.replace(ALL, "0") for place in found]  # W[0,1], a number


def _letters(labels: Axes, axes: Axes) -> str:
    """What the axes of these labels are called: that of the samples n, the others i, j, k in order."""
    others = [label for label in axes if label != BATCH]
    return "".join(BATCH if label == BATCH else "ijklmopqrstu"[others.index(label)] for label in labels)


def _without_units(axes: Iterator[Label] | Axes) -> Axes:
    return tuple(label for label in axes if label != UNIT)


def _groups(powers: Sequence[Power], labels: Callable[[object], set[Label]]) -> list[list[Power]]:
    """Factors of the same labels together."""
    groups: dict[frozenset[Label], list[Power]] = {}
    for power in powers:
        groups.setdefault(frozenset(labels(power)), []).append(power)
    return list(groups.values())
