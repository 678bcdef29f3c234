"""Lines put together: what arrives in parts is one sum, what is used once is written where it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

from ..equations import BATCH, Array, Label, Step, View, fresh, is_whole, own_labels, places
from .formula import (
    Apply,
    Base,
    Hot,
    Labels,
    Line,
    Plus,
    Power,
    Product,
    free_labels,
    labels_in,
    plus,
    product,
    relabelled,
    size,
    views_in,
    with_bases,
)

DATA = ("input", "index", "constant")
LONGEST = 9  # how much there may be in a line into which another was written


# --- the places that an index picks -------------------------------------------------------------------


def spread(line: Line) -> Line:
    """A line for the places that an index picks as one for all places, times 1 where the index says so.

    A number for one place alone is likewise one for all places, times a unit vector.
    """
    steps, hot, sizes = [], [], dict(line.sizes)
    plain = not any(term.factors for term in line.formula.terms)
    plain = plain and len(line.target.steps) == 1
    for step, count in zip(line.target.steps, line.target.array.shape, strict=True):
        single = plain and count > 1 and step.index is None and not step.labels
        chosen = step.base if single else step.index
        if chosen is None or step.strides or (step.index is not None and step.base):
            steps.append(step)
            continue
        label = fresh({*sizes, *line.labels})
        sizes[label] = count
        steps.append(Step(0, ((label, 1),)))
        hot.append(Power(Hot(chosen, label)))
    target = View(line.target.array, tuple(steps))
    lost = tuple(label for label in line.target.labels if label not in target.labels)
    terms = [product((*hot, *t.factors), t.coefficient, t.power, t.over + lost) for t in line.formula.terms]
    return line._replace(target=target, formula=Plus(tuple(terms)), sizes=sizes) if hot else line


# --- parts -------------------------------------------------------------------------------------------


def merged(lines: Sequence[Line]) -> list[Line]:
    """One line for an array that is set or added to as a whole; what is set part by part keeps its lines."""
    parts: dict[Array, list[Line]] = {}
    for line in lines:
        parts.setdefault(line.target.array, []).append(line)
    together = {array: iter(_together(own)) for array, own in parts.items()}
    found = [next(together[line.target.array]) for line in lines]
    return [line for line in found if line is not None]


def _together(parts: list[Line]) -> list[Line | None]:
    """For each part of an array what is left of it. The last is the whole if it can be; a 0 may go unseen."""
    everywhere = [spread(part) for part in parts]
    if all(_is_whole(part.target, part) and part.loop is parts[0].loop for part in everywhere):
        whole, *others = everywhere
        for other in others:
            whole = _sum(whole, other)
        return [*(None for _ in others), whole]
    parts = [every if part.add else part for part, every in zip(parts, everywhere, strict=True)]
    filled = [part for part in parts if part.formula.terms]
    written = _written(filled)
    if written is not None and len(set(written)) == len(written):
        parts = [part._replace(add=False) for part in parts]
        filled = [part for part in parts if part.formula.terms]
    every = written is not None and len(set(written)) == prod(parts[0].target.array.shape)
    unseen = every and len({part.add for part in filled}) == 1
    return [None if unseen and not part.formula.terms else part for part in parts]


def _sum(first: Line, other: Line) -> Line:
    """Two lines of one array as one."""
    names = dict(zip(own_labels(other.target), own_labels(first.target), strict=True))
    taken = {*first.labels, *first.sizes, *names.values()}
    for label in other.labels:
        if label not in names and label in taken and label != BATCH:
            names[label] = fresh({*taken, *other.labels})
            taken.add(names[label])
    formula = relabelled(other.formula, names)
    used = {names.get(label, label): other.sizes[label] for label in other.labels if label in other.sizes}
    sizes = {**first.sizes, **used}
    return first._replace(formula=plus((*first.formula.terms, *formula.terms)), sizes=sizes)


def _written(parts: Sequence[Line]) -> list[int] | None:
    """Every place that is written, as often as it is; None where only the data tell."""
    found = [places(part.target, part.sizes) for part in parts]
    return None if any(x is None for x in found) else [place for x in found for place in x.tolist()]  # type: ignore[union-attr]


# --- what is used once -------------------------------------------------------------------------------

Allowed = Callable[[Line, list[Line]], bool]  # whether a line may go into those that read its array


def inlined(lines: Sequence[Line], allowed: Allowed) -> list[Line]:
    """The lines, with those that may go written into those that read them."""
    lines = list(lines)
    for line in list(lines):
        own = [x for x in lines if x.target.array is line.target.array]
        if len(own) != 1:
            continue
        readers = [x for x in lines if x is not own[0] and _reads(x, line.target.array)]
        if not readers or not _can_go(own[0], readers) or not allowed(own[0], readers):
            continue
        lines.remove(own[0])
        changed = {id(x): _with(own[0], x) for x in readers}
        lines = [changed.get(id(x), x) for x in lines]
    return lines


def _is_whole(view: View, line: Line) -> bool:
    return is_whole(view, dict(line.sizes))


def _reads(line: Line, array: Array) -> bool:
    return any(view.array is array for view in views_in((line.target, line.formula)))


def _can_go(line: Line, readers: Sequence[Line]) -> bool:
    """Whether all who read an array read all of it, where there is room for a formula."""
    array = line.target.array
    if not _is_whole(line.target, line) or any(reader.loop is not line.loop for reader in readers):
        return False
    for reader in readers:
        views = [view for view in views_in((reader.target, reader.formula)) if view.array is array]
        if len(views) != len(_bases(reader.formula, array)) or not all(_is_whole(v, reader) for v in views):
            return False
    return True


def _bases(part: Any, array: Array) -> list[View]:
    """The views of an array that stand alone, and not in a slope, a list or an index."""
    found: list[View] = []

    def look(base: Base) -> None:
        if isinstance(base, View) and base.array is array:
            found.append(base)

    with_bases(part, look)
    return found


def _with(line: Line, reader: Line) -> Line:
    """The reader with the line's formula in it."""
    sizes = dict(reader.sizes)
    taken = {*reader.labels, *sizes}

    def change(base: Base) -> Base | None:
        if not isinstance(base, View) or base.array is not line.target.array:
            return None
        names = dict(zip(own_labels(line.target), own_labels(base), strict=True))
        for label in line.labels:
            if label not in names and label != BATCH:
                names[label] = fresh({*taken, *names.values()}) if label in taken else label
                taken.add(names[label])
        sizes.update({new: line.sizes[old] for old, new in names.items() if old in line.sizes})
        formula: Plus = relabelled(line.formula, names)
        return formula

    formula = _settled(with_bases(reader.formula, change), sizes)
    return reader._replace(formula=formula, sizes=sizes)


def _settled(formula: Plus, sizes: Mapping[Label, int]) -> Plus:
    """The formula without sums over what does not vary, a number, and over a one-hot alone, which is 1."""
    terms = []
    for term in formula.terms:
        factors = [Power(_settled_base(base, sizes), exponent) for base, exponent in term.factors]
        ones = [power for power in factors if _sums_to_one(power, factors, term.over)]
        factors = [power for power in factors if power not in ones]
        over = [label for label in term.over if all(not _picks(power.base, label) for power in ones)]
        lost = set(over) - set(labels_in(tuple(factors)))
        count = prod(sizes[label] for label in lost if label != BATCH)
        kept = tuple(label for label in over if label not in lost)
        terms.append(product(factors, term.coefficient * count, term.power + (BATCH in lost), kept))
    return plus(terms)


def _settled_base(base: Base, sizes: Mapping[Label, int]) -> Base:
    if isinstance(base, Apply):
        return Apply(base.row, tuple(_settled(operand, sizes) for operand in base.operands))
    return _settled(base, sizes) if isinstance(base, Plus) else base


def _sums_to_one(power: Power, factors: Sequence[Power], over: Labels) -> bool:
    """Whether a factor is a one-hot, and summed over all places alone."""
    if not isinstance(power.base, Hot) or power.exponent != 1.0 or power.base.label not in over:
        return False
    others = [other for other in factors if other is not power]
    return power.base.label not in labels_in((power.base.chosen, tuple(others)))


def _picks(base: Base, label: Label) -> bool:
    return isinstance(base, Hot) and base.label == label


def is_short(line: Line, readers: Sequence[Line], uses: int = 1) -> bool:
    """Whether a line can go into the one that reads it, so often at most, and leave it fit to be read."""
    (reader, *others) = readers
    count = len(_bases(reader.formula, line.target.array))
    longer = count * (size(line.formula) - 1)
    return not others and count <= uses and size(reader.formula) + longer <= LONGEST


# --- common factors ----------------------------------------------------------------------------------


def factored(formula: Plus) -> Plus:
    """c·a - c·b as c·(a - b), and p∘a - p∘b as p∘(a - b)."""
    if len(formula.terms) < 2:
        return formula
    first = formula.terms[0]
    shared = [
        f for f in first.factors if all(f in t.factors for t in formula.terms) and isinstance(f.base, View)
    ]
    shared = [f for f in shared if not any(set(free_labels(f)) & set(t.over) for t in formula.terms)]
    numbers = {(abs(t.coefficient), t.power) for t in formula.terms}
    alike = (
        len(numbers) == 1 and not any(t.over for t in formula.terms) and any(t.factors for t in formula.terms)
    )
    if not shared and (not alike or numbers == {(1.0, 0)}):
        return formula
    scale, power = (abs(first.coefficient), first.power) if alike else (1.0, 0)
    inside: list[Product] = []
    for term in formula.terms:
        rest = [factor for factor in term.factors if factor not in shared]
        inside.append(product(rest, term.coefficient / scale, term.power - power, term.over))
    return Plus((product([*shared, Power(Plus(tuple(inside)))], scale, power),))


def ordered(formula: Plus, parameters: Sequence[Array]) -> Plus:
    """What hangs on data first, then penalties and biases, of parameters alone, then numbers and targets."""
    ranks = {array: rank for rank, array in enumerate(parameters)}

    def rank(term: Product) -> int:
        arrays = {view.array for view in views_in(term)}
        target = len(term.factors) == 1 and term.coefficient < 0.0 and all(x.kind in DATA for x in arrays)
        own = min(map(ranks.__getitem__, arrays), default=len(ranks)) if arrays <= ranks.keys() else -1
        return len(ranks) if target else own

    terms = sorted(formula.terms, key=rank)
    first = next((term for term in terms if term.coefficient > 0.0), None)
    if first is not None and terms[0].coefficient < 0.0:  # rather a - b than -b + a
        terms.remove(first)
        terms.insert(0, first)
    return Plus(tuple(terms))
