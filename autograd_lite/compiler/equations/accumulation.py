"""What all that reads an array contributes to its gradient, as the equations that set it.

What covers the array sets it, in one equation where the views are the same; parts that do not overlap set
it part by part. Where places are left, all is 0 at first; and what overlaps is added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, NamedTuple

import numpy as np

from .ir import BATCH, Array, Label, Sum, Term, View, is_whole, whole
from .views import Numbering, collected, fresh, key_of, own_labels, places, renamed_term


class Contribution(NamedTuple):
    """One term of a gradient, at the places of a view. It is `certain` if every one of them is reached."""

    view: View
    term: Term
    sizes: Mapping[Label, int]
    certain: bool = True


@dataclass
class _Contributions:
    """All contributions at one view, as one equation to be."""

    target: View
    sizes: dict[Label, int]
    terms: list[Term] = field(default_factory=list)
    certain: bool = False

    def take(self, contribution: Contribution) -> None:
        """Adds a term, under the labels of the target."""
        self.terms.append(renamed_term(contribution.term, self._names(contribution)))
        self.certain = self.certain or contribution.certain

    def equation(self) -> Sum:
        return Sum(self.target, collected(self.terms, self.target.labels, self.sizes), self.sizes)

    def _names(self, contribution: Contribution) -> dict[Label, Label]:
        names = dict(zip(contribution.view.labels, self.target.labels, strict=True))
        for label in contribution.term.labels:
            if label in names or label == BATCH:
                continue
            size = contribution.sizes[label]
            free = label not in self.target.labels and self.sizes.get(label, size) == size
            name = label if free else fresh({*self.sizes, *contribution.term.labels, *names.values()})
            names[label] = name
            self.sizes[name] = size
        return names


def accumulated(gradient: Array, contributions: list[Contribution], known: bool) -> tuple[list[Sum], bool]:
    """The equations, and whether every number of the array is certainly reached.

    `known` says that the gradient has been set before, so that all of this is added.
    """
    parts = _parts(gradient, contributions)
    parts.sort(key=lambda part: not is_whole(part.target, part.sizes))
    written, reached = np.zeros((2, prod(gradient.shape)), dtype=bool)
    sets, adds = [], []
    for part in parts:
        at = places(part.target, part.sizes)  # None where the data tell
        if part.certain and at is not None:
            reached[at] = True
        equation = part.equation()
        if known or at is None or len(np.unique(at)) < len(at) or written[at].any():
            equation.add = True
            adds.append(equation)
        else:
            written[at] = True
            sets.append(equation)
    if not known and not written.all():
        sets.insert(0, zero_equation(gradient))
    return [*sets, *adds], bool(reached.all())


def _parts(gradient: Array, contributions: list[Contribution]) -> list[_Contributions]:
    parts: dict[Any, _Contributions] = {}
    for contribution in contributions:
        key = key_of(contribution.view, Numbering(contribution.sizes))
        if key not in parts:
            sizes = {label: contribution.sizes[label] for label in own_labels(contribution.view)}
            parts[key] = _Contributions(View(gradient, contribution.view.steps), sizes)
        parts[key].take(contribution)
    return list(parts.values())


def zero_equation(array: Array) -> Sum:
    """The equation that sets all of an array to 0."""
    labels = tuple(f"i{k}" for k in range(len(array.shape)))
    return Sum(whole(array, labels), (), dict(zip(labels, array.shape, strict=True)))
