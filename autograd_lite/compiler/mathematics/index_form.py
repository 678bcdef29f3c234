"""Formulas with an index at every array: a[n,i] = Σₖ x[n,i+k] w[k]. This always says what is meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain, count

from ...notation import TOTAL, Piece
from ..equations import BATCH, Array, Label, Loop, Step, View
from .formula import Apply, Base, Hot, Line, Over, Plus, Product, Slope
from .script import Name, Text, ratio_of

KEPT, SUMMED = "ijpqrsuv", "klmuvxrspoaeh"  # the letters of what an array has, and of what is summed over


class Indexed:
    """Writes the formulas of one line."""

    def __init__(self, script: Text, name: Callable[[Array], Name], taken: frozenset[str], step: str) -> None:
        self.script, self.name, self.taken = script, name, taken | {step}
        self.step = step  # the letter for the step of a loop
        self.letters: dict[Label, str] = {}
        self.loop: Loop | None = None
        self.sizes: Mapping[Label, int] = {}

    def line(self, line: Line) -> tuple[Piece, Piece]:
        """What is left and what is right of the sign."""
        self.loop, self.sizes = line.loop, line.sizes
        self.letters = {BATCH: BATCH} | ({} if line.loop is None else {line.loop.label: self.step})
        kept = line.target.labels
        self.letters |= self.fresh(kept, KEPT if len(set(kept) - {BATCH}) < 3 else "ijklmpqrsuv")
        return self.view(line.target), self.plus(line.formula)

    def fresh(self, labels: Sequence[Label], letters: str = SUMMED) -> dict[Label, str]:
        """A letter for each label that has none: i and j for the target's, k and on for what is summed."""
        labels = [label for label in labels if label not in self.letters]
        taken = {*self.taken, *self.letters.values()}
        more = (f"i{k}" for k in count(1))
        free = (letter for letter in chain(letters, more) if letter not in taken)
        return dict(zip(labels, free, strict=False))

    def plus(self, formula: Plus) -> Piece:
        if not formula.terms:
            return Piece("0")
        return self.script.added([(term.coefficient < 0.0, self.product(term)) for term in formula.terms])

    def product(self, term: Product) -> Piece:
        """A term without its sign. The letters of a sum are its own, and free again behind it."""
        before = self.letters
        self.letters = before | self.fresh(term.over)
        ordered = sorted(term.factors, key=lambda power: (power.exponent < 0.0, _is_weight(power.base)))
        factors = [(self.base(base), exponent) for base, exponent in ordered]
        body = fraction(self.script, factors, self.script.juxtaposed)
        if term.over and body is not None:
            body = self.script.total("".join(self.letters[label] for label in term.over), body)
        self.letters = before
        return scaled(self.script, term, body, self.sizes)

    def base(self, base: Base) -> Piece:
        script = self.script
        if isinstance(base, View):
            return self.view(base)
        if isinstance(base, Plus):
            return self.plus(base)
        if isinstance(base, Apply):
            numbers = [constant_of(x) for x in base.operands]
            return script.apply(base.row, numbers, [self.plus(x) for x in base.operands])
        if isinstance(base, Slope):
            return slope(script, base, self.view(shown(base)))
        if isinstance(base, Hot):
            place = base.chosen if isinstance(base.chosen, int) else self.view(base.chosen).text
            return script.indicator(Piece(f"{place} = {self.letters[base.label]}"))
        return self.listed(base)

    def listed(self, base: Over) -> Piece:
        before = self.letters
        self.letters = before | self.fresh(base.labels)
        letters = "".join(self.letters[label] for label in base.labels)
        piece = self.script.listed(base.row, letters, self.view(base.source))
        self.letters = before
        return piece

    def view(self, view: View) -> Piece:
        places = [BATCH] if view.array.batched else []
        places += [self.place(step) for step in view.steps]
        return self.script.indexed(self.script.name(self.name(view.array)), places)

    def place(self, step: Step) -> str:
        if step.index is None:
            return place(step, self.letters, self.loop)
        walk = place(step._replace(index=None), self.letters, self.loop)
        index = self.view(step.index).text
        return index if walk == "0" else f"{index}{walk}" if walk[0] == "-" else f"{index}+{walk}"


def _is_weight(base: Base) -> bool:
    return isinstance(base, View) and base.array.kind == "parameter" and bool(base.array.shape)


def place(step: Step, letters: Mapping[Label, str], loop: Loop | None) -> str:
    """Where a step is, for those letters: i+k, 2i+1, 5. A loop's own letter need not count from 0."""
    base = step.base - (dict(step.strides).get(loop.label, 0) * loop.start if loop else 0)
    walks = sorted(step.strides, key=lambda walk: walk[1] < 0)
    text = "".join(f"{'-+'[s > 0]}{abs(s) if abs(s) > 1 else ''}{letters[label]}" for label, s in walks)
    if text.startswith("-"):
        return f"{base or ''}{text}"
    return f"{text[1:]}{base:+d}" if base and text else text[1:] or str(base)


ALL = ":"


def along(step: Step, size: int, sizes: Mapping[Label, int]) -> str | None:
    """Which of so many places a step walks through, as NumPy has it: 2: or :3 or 1:4, one, or all of them.

    None where it does not go from each to the next.
    """
    if step.index is not None or step.table is not None or [s for _, s in step.strides] not in ([], [1]):
        return None
    if not step.strides:
        return ALL if size == 1 else str(step.base)
    end = step.base + sizes[step.strides[0][0]]
    return f"{step.base or ''}:{end if end < size else ''}"


# --- what formulas with and without indices share ------------------------------------------------------


def scaled(script: Text, term: Product, body: Piece | None, sizes: Mapping[Label, int]) -> Piece:
    """A body with the term's number before it, but for the sign."""
    ratio = ratio_of(abs(term.coefficient), term.power, frozenset(sizes.values()))
    if body is None:
        return script.ratio(ratio)
    if ratio == ("1", "n") and body.strength != TOTAL and all(exponent > 0.0 for _, exponent in term.factors):
        return script.over_samples(body)
    return body if ratio == ("1", "1") else script.scaled(script.ratio(ratio), body)


def fraction(
    script: Text, factors: Sequence[tuple[Piece, float]], joined: Callable[[Sequence[Piece]], Piece]
) -> Piece | None:
    """Powers as one product, those with a negative exponent below a line."""
    top = [
        script.raised(piece, exponent) if exponent != 1.0 else piece
        for piece, exponent in factors
        if exponent > 0.0
    ]
    below = [
        script.raised(piece, -exponent) if exponent != -1.0 else piece
        for piece, exponent in factors
        if exponent < 0.0
    ]
    above = joined(top) if top else None
    return script.divided(above, joined(below)) if below else above


def shown(base: Slope) -> View:
    """By what a slope is told: that of ReLU by the output, others by the input."""
    output = base.output
    alike = output is not None and set(output.labels) == set(base.operand.labels)
    return output if base.row == "relu" and output is not None and alike else base.operand


def slope(script: Text, base: Slope, piece: Piece) -> Piece:
    if base.row == "relu":
        return script.indicator(script.apply("greater", [None, 0.0], [piece, Piece("0")]))
    settings = [signed(script, x) for x in base.settings]
    return script.slope(base.row, [None, *base.settings], [piece, *settings])


def signed(script: Text, x: float) -> Piece:
    return script.added([(x < 0.0, script.ratio(ratio_of(abs(x))))])


def constant_of(formula: Plus) -> float | None:
    """The number that a formula is, if it is one."""
    (term, *others) = formula.terms or (Product(0.0),)
    return None if others or term.factors or term.power else term.coefficient
