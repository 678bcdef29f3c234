"""The equations of a program as mathematics, forward and backward: what a person would have written."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from ...notation import Piece
from ..equations import Array, Equations, Role, View, layers, reads
from .formula import Base, Hot, Line, Plus, negative, views_in, with_bases
from .index_form import Indexed
from .index_tables import without_tables
from .latex import Latex
from .lines import DATA, factored, inlined, is_short, ordered
from .matrix_form import Matrices
from .raising import Raising
from .script import Name, Text
from .sections import grouped, titles_of, titles_of_layers

QUAD = r"\quad "


def equations(program: Equations, style: str = "text") -> str:
    """The equations of a program whose arrays have names, as "text" or as "latex".

    Text has a comment a layer. LaTeX is an `aligned` environment, to be put between $$ and $$.
    """
    page = _Page(program, Latex() if style == "latex" else Text())
    return "\n".join(page.latex() if style == "latex" else page.text())


class _Page:
    """All lines of a program, with their names and their titles."""

    def __init__(self, program: Equations, script: Text) -> None:
        self.script, self.program = script, without_tables(program)
        every = [*program.forward, *program.backward]
        self.known = {view.array for e in every for view in (*reads(e), e.target)}
        self.computed = dict.fromkeys(equation.target.array for equation in program.forward)
        stacks = _stacks(self.program)
        stacks |= {gradient for gradient in self.known if self.owner(gradient) in stacks}
        self.raising = Raising(self.program)
        self.suffixes = layers(program, self.raising.roles)
        layers_of = titles_of_layers(program, self.raising.roles, self.suffixes)
        lines = inlined(self.raising.lines(), self._gradient_goes)
        self.shown = {self.owner(line.target.array) for line in lines}
        lines = inlined(lines, self._forward_goes)
        self.lines = [line._replace(formula=self._arranged(line.formula)) for line in lines]
        titles = titles_of(
            self.lines, lambda array: layers_of.get(self.owner(array) or array, ""), self._is_backward
        )
        titled = grouped(self.lines, titles)
        self.lines, self.titles = [line for line, _ in titled], [title for _, title in titled]
        self.names = self._names()
        taken = frozenset(name.text for name in self.names.values())
        self.step = next(letter for letter in ("t", "s", "τ") if letter not in taken)  # of a loop
        self.matrices = Matrices(script, self.names.__getitem__, stacks, self.step)
        self.indexed = Indexed(script, self.names.__getitem__, taken, self.step)

    def owner(self, array: Array) -> Array | None:
        """Whose gradient an array is."""
        there = array.owner in self.computed or array.owner in self.program.parameters
        return array.owner if array.relation == "gradient" and there else None

    # --- names ---

    def _names(self) -> dict[Array, Name]:
        arrays = dict.fromkeys(
            view.array for line in self.lines for view in views_in((line.target, line.formula))
        )
        taken = {array.name for array in self.known}
        names = {}
        for array in arrays:
            owner = self.owner(array)
            if owner is not None:
                names[array] = self._gradient(owner)
            elif array in self.known:
                names[array] = Name(array.name)
            else:
                names[array] = Name(_fresh(array.name, taken))
                taken.add(names[array].text)
        return names

    def _gradient(self, owner: Array) -> Name:
        """δ3 for the pre-activation of layer 3, and ∇W3."""
        suffix = self.suffixes.get(owner, "_")
        alone = list(self.suffixes.values()).count(suffix) == 1
        named = suffix.startswith("_") and owner.name != f"a{suffix}"
        return Name(suffix, "δ") if alone and not named else Name(owner.name, "∇")

    # --- what is written where it is read, and how ---

    def _arranged(self, formula: Plus) -> Plus:
        """With what its terms have in common before them, and the terms in order, inside of brackets too."""
        parameters = self.program.parameters

        def inner(base: Base) -> Base | None:
            return ordered(factored(base), parameters) if isinstance(base, Plus) else None

        arranged: Plus = with_bases(ordered(factored(formula), parameters), inner)
        return arranged

    def _gradient_goes(self, line: Line, readers: list[Line]) -> bool:
        """Whether a gradient is not worth a line: one on the way to that of a layer or a parameter."""
        array, owner = line.target.array, self.owner(line.target.array)
        if not self._is_backward(line) or array in self.program.gradients.values():
            return False
        if owner is None:
            return array.relation in ("gradient", "part") and is_short(line, readers, uses=2)
        kept = owner in self.suffixes or self.raising.is_probability(owner)
        return self.raising.is_internal(owner) or (not kept and is_short(line, readers))

    def _forward_goes(self, line: Line, readers: list[Line]) -> bool:
        """Whether an array is not worth a line, as an error f - y, or used once; if its gradient has none."""
        array = line.target.array
        kept = (self.program.loss, *self.program.outputs, *self.raising.implied.values())
        if self._is_backward(line) or array in kept or array in self.shown or array in self.program.hints:
            return False
        nameless = self.raising.roles.get(array, Role("error")) == Role("error")
        return nameless and (_is_error(line) or is_short(line, readers))

    def _is_backward(self, line: Line) -> bool:
        return line.target.array in self.known and line.target.array not in self.computed

    # --- the page ---

    def _written(self, line: Line) -> tuple[Piece, Piece, str]:
        """Left and right of the sign, and a remark."""
        if _sign(line) == "-=":
            line = line._replace(formula=negative(line.formula))
        found = self.matrices.line(line)
        if found is None:
            return *self.indexed.line(line), ""
        hot = dict.fromkeys(self.script.name(self.names[x.array]).text for x in _chosen(line.formula))
        return *found, self.script.one_hot(list(hot)) if hot else ""

    def text(self) -> list[str]:
        """A line an equation, a comment a layer, and the steps of a loop under their head."""
        page: list[str] = []
        for line, title, begins in self._parts():
            if title:
                page += [""] * bool(page) + [f"# {title}"]
            if begins:
                page.append(self._head(line))
            left, right, remark = self._written(line)
            page.append(f"{'    ' if line.loop else ''}{left.text} {_sign(line)} {right.text}{remark}")
        return page

    def latex(self) -> list[str]:
        """A row an equation, and a little room between the layers."""
        rows: list[str] = []
        for line, title, begins in self._parts():
            if rows:
                rows[-1] += r" \\[1ex]" if title else r" \\"
            if begins:
                rows.append(self._head(line) + r" \\")
            left, right, remark = self._written(line)
            rows.append(f"{QUAD if line.loop else ''}{left.text} &{_sign(line)} {right.text}{remark}")
        return [r"\begin{aligned}", *rows, r"\end{aligned}"]

    def _parts(self) -> Iterator[tuple[Line, str, bool]]:
        """The lines, each with the title that it stands under if that is new, and whether a loop begins."""
        title, loop = "", None
        for line, own in zip(self.lines, self.titles, strict=True):
            yield line, own if own != title else "", line.loop is not None and line.loop is not loop
            title, loop = own, line.loop

    def _head(self, line: Line) -> str:
        assert line.loop is not None
        first, last = line.loop.start, line.loop.start + line.loop.count - 1
        return self.script.loop(self.step, *((last, first) if line.loop.backward else (first, last)))


def _sign(line: Line) -> str:
    """What stands between left and right. What is added to and all taken away is -=."""
    minus = all(term.coefficient < 0.0 for term in line.formula.terms)
    return "=" if not line.add else "-=" if minus else "+="


def _fresh(name: str, taken: set[str]) -> str:
    return next(new for k in count(1) if (new := f"{name}{k}" if k > 1 else name) not in taken)


def _stacks(program: Equations) -> set[Array]:
    """The arrays that are read or set step by step in loops, the steps along their first axis."""
    labels = {loop.label for loop in program.loops}
    every = [*program.forward, *program.backward]
    views = [view for equation in every for view in (equation.target, *reads(equation)) if view.steps]
    return {v.array for v in views if v.steps[0].index is None and labels & set(v.steps[0].labels)}


def _is_error(line: Line) -> bool:
    """Whether a line is the difference between two arrays, one of which is data."""
    views = [
        t.factors[0].base
        for t in line.formula.terms
        if len(t.factors) == 1 and not t.over and abs(t.coefficient) == 1.0
    ]
    arrays = [view.array for view in views_in(tuple(views))]
    return len(line.formula.terms) == len(views) == len(arrays) == 2 and any(a.kind in DATA for a in arrays)


def _chosen(part: object) -> list[View]:
    """The whole numbers that are written as one-hot rows."""
    if isinstance(part, Hot):
        return [part.chosen] if isinstance(part.chosen, View) else []
    if not isinstance(part, tuple) or isinstance(part, View):
        return []
    return [view for inner in part for view in _chosen(inner)]
