"""Softmax where it is not written: p for exp(x - logsumexp x), and log p_y for x_y - logsumexp x."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..equations import (
    Array,
    Call,
    Equations,
    Kind,
    Label,
    Reduce,
    View,
    definitions,
    own_labels,
    renamed_view,
)
from .formula import Apply, Base, Power, Product, labels_in, of, relabelled

Names = Mapping[Label, Label]
NOTHING = Kind("")


class Softmaxes:
    """The probabilities of a program by their logits; where it has none of its own there are new ones."""

    def __init__(self, program: Equations, found: Mapping[Array, Kind]) -> None:
        self.kinds = found
        self.reduces = {a: e for a, e in definitions(program.forward).items() if isinstance(e, Reduce)}
        self.own = {
            kind.of: array for array, kind in found.items() if kind.what == "p" and kind.of is not None
        }
        self.new: dict[Array, Array] = {}

    def of(self, logits: Array) -> Array:
        """The probabilities of these logits."""
        if logits in self.own:
            return self.own[logits]
        if logits not in self.new:
            self.new[logits] = Array("p", logits.shape, "computed", logits.batched, logits.path)
        return self.new[logits]

    def base(self, view: View) -> Base:
        """The view itself; of log p, the logarithm of p."""
        kind = self.kinds.get(view.array, NOTHING)
        if kind.what != "log p" or kind.of is None:
            return view
        return Apply("log", (of(View(self.of(kind.of), view.steps)),))

    def of_call(self, call: Call) -> View | None:
        """The p that a call exp(x - z) or exp(log p) is, else None."""
        exponent = call.operands[0]
        if call.row != "exp" or isinstance(exponent, float):
            return None
        if isinstance(exponent, View):
            kind = self.kinds.get(exponent.array, NOTHING)
            return View(self.of(kind.of), exponent.steps) if kind.what == "log p" and kind.of else None
        x, z = exponent.operands if exponent.row == "sub" else (0.0, 0.0)
        if isinstance(x, View) and isinstance(z, View) and self.belong(x, z, {}):
            return View(self.of(x.array), x.steps)
        return None

    def belong(self, x: View, z: View, names: Names) -> bool:
        """Whether z, its labels renamed, is the logsumexp of the row in which x stands."""
        if self.kinds.get(z.array) != Kind("logsumexp", x.array):
            return False
        reduce = self.reduces[z.array]
        steps = dict(zip(own_labels(reduce.target), renamed_view(z, names).steps, strict=True))
        labels = own_labels(reduce.source)
        return all(steps.get(label, step) == step for label, step in zip(labels, x.steps, strict=True))

    # --- in sums ---

    def with_logarithms(self, terms: Sequence[Product]) -> list[Product]:
        """The terms, with c · log p in the place of c · x - c · logsumexp x."""
        left = list(terms)
        for z_term in terms:
            for x_term in left:
                found = self._logarithm(z_term, x_term) if z_term in left else None
                if found is not None:
                    left[left.index(x_term)] = found
                    left.remove(z_term)
                    break
        return left

    def _logarithm(self, z_term: Product, x_term: Product) -> Product | None:
        if z_term.coefficient != -x_term.coefficient or z_term.power != x_term.power:
            return None
        for z, others in _views_of(z_term):
            for x, rest in _views_of(x_term):
                if self.kinds.get(z.array) != Kind("logsumexp", x.array):
                    continue
                every = self._names(z, others, x, rest)
                names = {label: other for label, other in every.items() if label in z_term.over}
                over = {names.get(label, label) for label in z_term.over}
                alike = relabelled(others, names) == rest and over == set(x_term.over)
                if alike and self.belong(x, z, names):
                    logarithm = Apply("log", (of(View(self.of(x.array), x.steps)),))
                    return x_term._replace(factors=(*rest, Power(logarithm)))
        return None

    def _names(self, z: View, others: tuple[Power, ...], x: View, rest: tuple[Power, ...]) -> Names:
        """The labels of the one term as they are called in the other."""
        reduce = self.reduces[z.array]
        steps = dict(zip(own_labels(reduce.source), x.steps, strict=True))
        pairs = [(own, steps[label]) for label, own in zip(own_labels(reduce.target), z.steps, strict=True)]
        names = dict(zip(labels_in(others), labels_in(rest), strict=False))
        return names | {own.labels[0]: step.labels[0] for own, step in pairs if own.labels and step.labels}


def _views_of(term: Product) -> list[tuple[View, tuple[Power, ...]]]:
    """Every factor that is a view, with the others."""
    factors = term.factors
    return [
        (base, factors[:k] + factors[k + 1 :])
        for k, (base, exponent) in enumerate(factors)
        if isinstance(base, View) and exponent == 1.0
    ]
