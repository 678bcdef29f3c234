"""What an equation says to a reader: a small tree of sums, products and functions over labels.

Plus      terms
Product   coefficient · n**power · Σ over labels of powers
Power     a base with an exponent; a base is a view, or one of these:
Plus, Apply (a function of the table), Slope (its derivative), Over (a row over a list), Hot (one-hot)
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ..equations import Label, Loop, View, renamed_view

Labels = tuple[Label, ...]
Names = Mapping[Label, Label]


class Power(NamedTuple):
    base: Base
    exponent: float = 1.0


class Product(NamedTuple):
    coefficient: float = 1.0
    power: int = 0  # of the number of samples
    over: Labels = ()
    factors: tuple[Power, ...] = ()


class Plus(NamedTuple):
    terms: tuple[Product, ...] = ()


class Apply(NamedTuple):
    """A row of the table, a comparison, or "indicator", which is 1 where its operand holds and else 0."""

    row: str
    operands: tuple[Plus, ...]


class Slope(NamedTuple):
    """The derivative of a row for its first input, with settings; some would rather speak of the output."""

    row: str
    operand: View
    output: View | None = None
    settings: tuple[float, ...] = ()


class Over(NamedTuple):
    """A row over the labels of a list. Softmax keeps its label, the others do not."""

    row: str
    labels: Labels
    source: View


class Hot(NamedTuple):
    """1 where the label is the index, or that number, else 0."""

    chosen: View | int
    label: Label


Base = View | Plus | Apply | Slope | Over | Hot


class Line(NamedTuple):
    """One equation on the page."""

    target: View
    formula: Plus
    sizes: Mapping[Label, int]
    add: bool = False
    loop: Loop | None = None  # in which it stands

    @property
    def labels(self) -> Labels:
        return tuple(dict.fromkeys((*self.target.labels, *labels_in(self.formula))))


# --- making them -------------------------------------------------------------------------------------


def of(base: Base) -> Plus:
    """A base as a formula."""
    return base if isinstance(base, Plus) else Plus((Product(factors=(Power(base),)),))


def number(x: float) -> Plus:
    return Plus((Product(x),))


def product(parts: Iterable[Power], coefficient: float = 1.0, power: int = 0, over: Labels = ()) -> Product:
    """A product in its simplest form: a product inside is taken apart, and like factors are powers."""
    exponents: dict[Hashable, Power] = {}

    def multiply(base: Base, exponent: float) -> None:
        known = exponents.get(_key(base), Power(base, 0.0))
        exponents[_key(base)] = Power(known.base, known.exponent + exponent)

    for base, exponent in parts:
        inner = base.terms[0] if isinstance(base, Plus) and len(base.terms) == 1 else None
        if inner is None or (inner.over and exponent != 1.0) or not _is_whole(exponent, inner):
            multiply(base, exponent)
            continue
        coefficient *= inner.coefficient**exponent
        power += int(inner.power * exponent)
        if inner.over:
            multiply(Plus((Product(1.0, 0, inner.over, inner.factors),)), exponent)
            continue
        for inner_base, inner_exponent in inner.factors:
            multiply(inner_base, inner_exponent * exponent)
    factors = tuple(factor for factor in exponents.values() if factor.exponent)
    inside = factors[0].base if len(factors) == 1 and factors[0].exponent == 1.0 else None
    if isinstance(inside, Plus) and len(inside.terms) == 1:  # Σ Σ is one Σ
        (only,) = inside.terms
        return Product(coefficient * only.coefficient, power + only.power, over + only.over, only.factors)
    return Product(coefficient, power, over, factors)


def _key(part: Any) -> Hashable:
    """What is equal for equal parts; tables of places, which have no hash, by their numbers."""
    if isinstance(part, tuple):
        return type(part), *map(_key, part)
    return (part.shape, part.tobytes()) if hasattr(part, "tobytes") else part


def _is_whole(exponent: float, inner: Product) -> bool:
    """Whether a power of a product is the product of the powers, on all numbers."""
    return exponent == int(exponent) and (inner.coefficient != 0.0 or exponent > 0.0)


def plus(terms: Iterable[Product]) -> Plus:
    """A sum in its simplest form: a sum inside is taken apart, unless something stands before it."""
    found: list[Product] = []
    for term in terms:
        if term.coefficient == 0.0:
            continue
        inner = term.factors[0].base if len(term.factors) == 1 and term.factors[0].exponent == 1.0 else None
        if isinstance(inner, Plus) and abs(term.coefficient) == 1.0 and not term.power and not term.over:
            found += [part._replace(coefficient=part.coefficient * term.coefficient) for part in inner.terms]
        else:
            found.append(term)
    return Plus(tuple(found))


def negative(formula: Plus) -> Plus:
    return Plus(tuple(term._replace(coefficient=-term.coefficient) for term in formula.terms))


# --- looking at them ---------------------------------------------------------------------------------


def views_in(part: Any) -> Iterator[View]:
    """Every view, left to right; that by which another picks comes after it."""
    if isinstance(part, View):
        yield part
        for step in part.steps:
            if step.index is not None:
                yield step.index
    elif isinstance(part, tuple):
        for inner in part:
            yield from views_in(inner)


def labels_in(part: Any) -> Labels:
    """The labels that a part reads, sums over or picks."""
    if isinstance(part, View):
        return part.labels
    if not isinstance(part, tuple):
        return ()
    if isinstance(part, Slope):
        return part.operand.labels
    own = part.over if isinstance(part, Product) else part.labels if isinstance(part, Over) else ()
    own = (part.label,) if isinstance(part, Hot) else own
    return tuple(dict.fromkeys((*own, *(label for inner in part for label in labels_in(inner)))))


def free_labels(part: Any) -> set[Label]:
    """The labels that a part is a function of: those that it reads and does not sum over."""
    if isinstance(part, View | Slope):
        return set(labels_in(part))
    found = set[Label]().union(*(free_labels(x) for x in part)) if isinstance(part, tuple) else set[Label]()
    if isinstance(part, Hot):
        return found | {part.label}
    bound = part.over if isinstance(part, Product) else ()
    bound = part.labels if isinstance(part, Over) and part.row != "softmax" else bound
    return found - {*bound}


def size(part: Any) -> int:
    """How much there is to read: views, functions and sums."""
    if isinstance(part, View):
        return 1
    if isinstance(part, tuple):
        own = isinstance(part, Apply | Slope | Over | Hot) or (isinstance(part, Product) and bool(part.over))
        return int(own) + sum(map(size, part))
    return 0


# --- changing them -----------------------------------------------------------------------------------


def relabelled(part: Any, names: Names) -> Any:
    """The same with other labels."""
    if isinstance(part, View):
        return renamed_view(part, names)
    if isinstance(part, Hot):
        chosen = part.chosen if isinstance(part.chosen, int) else renamed_view(part.chosen, names)
        return Hot(chosen, names.get(part.label, part.label))
    if isinstance(part, Over):
        return Over(part.row, _renamed(part.labels, names), renamed_view(part.source, names))
    if isinstance(part, Product):
        factors = tuple(relabelled(factor, names) for factor in part.factors)
        return part._replace(over=_renamed(part.over, names), factors=factors)
    if isinstance(part, Power | Slope | Apply | Plus):
        return type(part)(*(relabelled(inner, names) for inner in part))
    return tuple(relabelled(inner, names) for inner in part) if type(part) is tuple else part


def _renamed(labels: Labels, names: Names) -> Labels:
    return tuple(names.get(label, label) for label in labels)


def with_bases(part: Any, change: Callable[[Base], Base | None]) -> Any:
    """The same, simplified, with other bases where `change` gives one."""
    if isinstance(part, Plus):
        return plus(with_bases(term, change) for term in part.terms)
    if isinstance(part, Product):
        return product((with_bases(f, change) for f in part.factors), part.coefficient, part.power, part.over)
    if isinstance(part, Power):
        changed = change(part.base)
        return Power(with_bases(part.base, change) if changed is None else changed, part.exponent)
    if isinstance(part, Apply):
        return Apply(part.row, tuple(with_bases(operand, change) for operand in part.operands))
    return part
