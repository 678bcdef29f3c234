"""Equations made shorter, by rules that a person uses who writes them down.

    a gradient that is a number alone goes into what reads it        dz[n] = n^-1
    a copy is read through                                           dh[n,j] = da[n,j]
    what is computed twice is computed once, p = exp(x - z) too
    the logarithm of p is x - z, and what is picked of it x[y] - z
    what nothing reads is not computed

A copy of what the forward pass has, dy = e, is a name for a gradient and stays. Numbers that are data
are never looked at, only coefficients are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import replace
from typing import NamedTuple

from .ir import Array, Call, Equation, Equations, Label, Reduce, Sum, Term, View, is_whole, needed_for, reads
from .roles import only_call
from .symbolic_partials import Part, rebuilt
from .views import Factor, Numbering, collected, key_of, renamed_view, term_key, walked, without_lost


def simplify(program: Equations) -> Equations:
    """Applies the rules to a program, forward and, where it is there, backward. Gives the program.

    What is dropped may leave another array with a single reader, so they are applied until nothing changes.
    Equations are made anew, so that this comes before loops are found in them.
    """
    before, text = "", str(program)
    while text != before:
        _Sweep(program).run()
        drop_dead(program)
        before, text = text, str(program)
    return program


def drop_dead(program: Equations) -> None:
    """Takes out what neither the loss nor an output nor a gradient is made of."""
    results = {program.loss, *program.outputs, *program.gradients.values()}
    live = set(map(id, needed_for(results, [*program.forward, *program.backward])))
    for equations in (program.forward, program.backward):
        equations[:] = [equation for equation in equations if id(equation) in live]


def rename(equations: list[Equation], names: dict[Array, Array]) -> None:
    """Gives arrays that are only copied the names of their copies, and takes the copying out."""
    copies = set(names.values())
    kept = []
    for equation in equations:
        copied = isinstance(equation, Sum) and equation.target.array in copies and _plain_views(equation)
        if not (copied and names.get(copied[0].array) is equation.target.array):
            kept.append(_with_arrays(equation, names))
    equations[:] = kept


class _Copy(NamedTuple):
    """What an array is, under one label an axis: the numbers of another."""

    labels: tuple[Label, ...]
    source: View

    def read(self, view: View, sizes: dict[Label, int]) -> View | None:
        """The source, read as a view reads the copy."""
        return walked(self.source, dict(zip(self.labels, view.steps, strict=True)), sizes)


class _Sweep:
    """One way through the equations, each rewritten by what was learnt from those before."""

    def __init__(self, program: Equations) -> None:
        self.program = program
        every = [*program.forward, *program.backward]
        self.writes = Counter(equation.target.array for equation in every)
        self.reads = Counter(view.array for equation in every for view in reads(equation))
        self.last_write = {equation.target.array: number for number, equation in enumerate(every)}
        self.backward = {equation.target.array for equation in program.backward}
        self.kept = {program.loss, *program.outputs, *program.gradients.values()}
        self.now = 0  # the number of the equation that is looked at
        self.numbers: dict[Array, Term] = {}
        self.copies: dict[Array, _Copy] = {}
        self.sums: dict[Array, list[tuple[float, _Copy]]] = {}  # of views alone
        self.gathers: dict[Array, _Copy] = {}
        self.exponents: dict[Array, _Copy] = {}
        self.known: dict[Hashable, Array] = {}  # by how it is computed
        self.calls: dict[Hashable, tuple[View, tuple[Label, ...]]] = {}
        self.names: dict[Array, Array] = {}  # an array that is only copied takes the name of its copy

    def run(self) -> None:
        for equations in (self.program.forward, self.program.backward):
            for position, equation in enumerate(equations):
                equations[position] = self.common(self.rewritten(equation))
                self.learn(equations[position])
                self.now += 1
        rename(self.program.backward, self.names)

    # --- rewriting ---

    def rewritten(self, equation: Equation) -> Equation:
        if isinstance(equation, Reduce):
            source = self.read(equation.source, equation.sizes)
            same = set(source.labels) == set(equation.source.labels)
            return replace(equation, source=source if same else equation.source)
        sizes, kept = equation.sizes, equation.target.labels
        terms = [new for term in equation.terms for new in self.terms(term, equation)]
        return replace(equation, terms=collected(terms, kept, sizes))

    def terms(self, term: Term, equation: Sum) -> list[Term]:
        """The term rewritten, perhaps as several."""
        sizes, loss = equation.sizes, equation.target.array is self.program.loss
        new, alone = term._replace(factors=()), len(term.factors) == 1
        for factor in term.factors:
            number, factors, power = self.factor(factor, alone, sizes)
            new = Term(new.coefficient * number, (*new.factors, *factors), new.power + power)
        kept = equation.target.labels
        return [without_lost(part, term.labels, kept, sizes) for part in self.apart(new, loss, sizes)]

    def factor(self, factor: Factor, alone: bool, sizes: dict[Label, int]) -> Term:
        """What a factor comes to: a number, perhaps with a power of n, or another factor."""
        if isinstance(factor, Call):
            new = self.call(factor, sizes)
            return Term(new) if isinstance(new, float) else Term(1.0, (new,))
        if factor.array in self.numbers:
            return self.numbers[factor.array]
        if alone and self.reads[factor.array] == 1:
            factor = self.picked(factor, sizes)
        return Term(1.0, (self.read(factor, sizes),))

    def apart(self, term: Term, loss: bool, sizes: dict[Label, int]) -> list[Term]:
        """A pick of a sum as a sum of picks: log p[y] is x[y] - z. A sample's loss goes into that of all."""
        view = term.factors[0] if len(term.factors) == 1 else None
        if not isinstance(view, View) or view.array not in self.sums:
            return [term]
        alone = self.reads[view.array] == 1 and view.array not in self.kept | self.program.hints.keys()
        if not (loss and alone) and not any(step.index for step in view.steps):
            return [term]
        factor, power = term.coefficient, term.power
        terms = [Term(factor * own, found, power) for own, found, _ in self.addends(view, sizes)]
        return terms or [term]

    def addends(self, view: View, sizes: dict[Label, int]) -> list[Term]:
        """The views that a sum adds up, read as a view reads the sum; none if steps do not say that."""
        terms = []
        for coefficient, part in self.sums.get(view.array, ()):
            source = part.read(view, sizes)
            if source is None:
                return []
            terms.append(Term(coefficient, (source,)))
        return terms

    def picked(self, view: View, sizes: dict[Label, int]) -> View:
        """The view of what was gathered, for a view of the gathered."""
        while view.array in self.gathers:
            source = self.gathers[view.array].read(view, sizes)
            if source is None:
                break
            view = source
        return view

    def read(self, view: View, sizes: dict[Label, int]) -> View:
        copy = self.copies.get(view.array)
        source = copy.read(view, sizes) if copy else None
        if source is None:
            return view
        self.reads[source.array] += 1
        return source

    def call(self, factor: Call, sizes: dict[Label, int]) -> Part:
        """The call with its operands rewritten; or the array that has its numbers already."""
        operands = [self.operand(operand, sizes) for operand in factor.operands]
        new = rebuilt(factor, operands)
        if not isinstance(new, Call):
            return new
        exponent = self.exponent(new.operands[0], sizes) if new.row == "log" and new.partial is None else None
        if exponent is not None:
            return exponent
        full = self.expanded(new, sizes)
        view, labels = self.calls.get(key_of(full, Numbering(sizes)), (None, ()))
        return renamed_view(view, dict(zip(labels, full.labels, strict=True))) if view else new

    def exponent(self, operand: Part, sizes: dict[Label, int]) -> View | None:
        """x, where an operand was set to exp(x): its logarithm, for x of any size."""
        if not isinstance(operand, View):
            return None
        operand = self.picked(operand, sizes)
        known = self.exponents.get(operand.array)
        return known.read(operand, sizes) if known else None

    def operand(self, operand: Part, sizes: dict[Label, int]) -> Part:
        if isinstance(operand, Call):
            return self.call(operand, sizes)
        if isinstance(operand, float):
            return operand
        number = self.numbers.get(operand.array)
        return number.coefficient if number and not number.power else self.read(operand, sizes)

    def expanded(self, factor: Call, sizes: dict[Label, int]) -> Call:
        """A call in which s is written as x - z, where it was set so: exp(s) is a softmax."""
        operands = tuple(self.expanded_operand(operand, sizes) for operand in factor.operands)
        return factor._replace(operands=operands)

    def expanded_operand(self, operand: Part, sizes: dict[Label, int]) -> Part:
        if isinstance(operand, Call):
            return self.expanded(operand, sizes)
        terms = self.addends(operand, sizes) if isinstance(operand, View) else []
        if [term.coefficient for term in terms] != [1.0, -1.0]:
            return operand
        return Call("sub", tuple(term.factors[0] for term in terms))

    # --- learning ---

    def learn(self, equation: Equation) -> None:
        """Takes in what an array is, if this says all of it, and what it reads has its last numbers."""
        if not isinstance(equation, Sum) or not self.lasts(equation):
            return
        views = _plain_views(equation)
        if len(equation.terms) == 1 and not equation.terms[0].factors:
            self.numbers[equation.target.array] = equation.terms[0]
        elif views and [term.coefficient for term in equation.terms] == [1.0]:
            self.learn_copy(equation, views[0])
        elif len(views) > 1:
            copies = (_Copy(_axes(equation.target), view) for view in views)
            coefficients = (term.coefficient for term in equation.terms)
            self.sums[equation.target.array] = list(zip(coefficients, copies, strict=True))
        else:
            self.learn_call(equation)

    def learn_copy(self, equation: Sum, source: View) -> None:
        """A copy is read through; but a gather is work, and a gradient that is a forward array a name."""
        array = equation.target.array
        if _is_gather(source):
            self.gathers[array] = _Copy(_axes(equation.target), source)
            return
        if array in self.backward and source.array not in self.backward:
            return
        self.copies[array] = _Copy(_axes(equation.target), source)
        alone = self.reads[source.array] == 1 and source.array not in self.kept
        if alone and array in self.backward and _is_same(equation, source):
            self.names[source.array] = array

    def learn_call(self, equation: Sum) -> None:
        """A single call over the labels of the target is found again in later ones."""
        found, target = only_call(equation), equation.target
        if found is None:
            return
        operand = found.operands[0]
        if found.row == "exp" and found.partial is None and isinstance(operand, View):
            self.exponents[target.array] = _Copy(_axes(target), operand)
        full = self.expanded(found, equation.sizes)
        if set(full.labels) == set(equation.target.labels):
            key = key_of(full, Numbering(equation.sizes))
            self.calls.setdefault(key, (equation.target, full.labels))

    def common(self, equation: Equation) -> Equation:
        """A copy, in place of an equation that one before says already; if that is not a copy as well."""
        if not self.lasts(equation) or _is_copy(equation):
            return equation
        first = self.known.setdefault(_key(equation), equation.target.array)
        if first is equation.target.array:
            return equation
        self.reads[first] += 1
        target = equation.target
        return Sum(target, (Term(1.0, (View(first, target.steps),)),), equation.sizes)

    def lasts(self, equation: Equation) -> bool:
        """Whether this says all of an array for good: neither that nor what it reads is written again."""
        once = self.writes[equation.target.array] == 1 and is_whole(equation.target, equation.sizes)
        return once and all(self.last_write.get(view.array, -1) < self.now for view in reads(equation))


# --- small parts ---------------------------------------------------------------------------------------


def _axes(view: View) -> tuple[Label, ...]:
    """The label of every axis of a view that is whole."""
    return tuple(step.strides[0][0] for step in view.steps)


def _plain_views(equation: Sum) -> list[View]:
    """The views of terms that are a view each, with nothing summed; none if there is another term."""
    views = []
    for term in equation.terms:
        if term.power or len(term.factors) != 1 or set(term.labels) - set(equation.target.labels):
            return []
        views += [factor for factor in term.factors if isinstance(factor, View)]
    return views if len(views) == len(equation.terms) else []


def _is_copy(equation: Equation) -> bool:
    """Whether an equation moves numbers, no more."""
    if not isinstance(equation, Sum):
        return False
    views = _plain_views(equation)
    return len(views) == 1 and equation.terms[0].coefficient == 1.0 and not _is_gather(views[0])


def _is_gather(view: View) -> bool:
    return any(step.table is not None or step.index for step in view.steps)


def _is_same(equation: Sum, source: View) -> bool:
    """Whether a copy has the shape of its source, number for number."""
    target, sizes = equation.target, equation.sizes
    alike = source.array.batched == target.array.batched and is_whole(source, sizes)
    return alike and source.steps == target.steps


def _with_arrays(equation: Equation, names: dict[Array, Array]) -> Equation:
    """The equation with other arrays in place of some of theirs."""
    target = _with_array(equation.target, names)
    if isinstance(equation, Reduce):
        return replace(equation, target=target, source=_with_array(equation.source, names))
    factors = ((tuple(_factor_with_arrays(f, names) for f in term.factors), term) for term in equation.terms)
    return replace(equation, target=target, terms=tuple(term._replace(factors=own) for own, term in factors))


def _factor_with_arrays(factor: Factor, names: dict[Array, Array]) -> Factor:
    if isinstance(factor, View):
        return _with_array(factor, names)
    operands = (x if isinstance(x, float) else _factor_with_arrays(x, names) for x in factor.operands)
    return factor._replace(operands=tuple(operands))


def _with_array(view: View, names: dict[Array, Array]) -> View:
    return view._replace(array=names.get(view.array, view.array))


def _key(equation: Equation) -> Hashable:
    """Equal for equations that set their targets to the same."""
    target, sizes = equation.target, equation.sizes
    axes = tuple(target.array.shape), target.array.batched
    if isinstance(equation, Reduce):
        numbers = Numbering(sizes, target.labels)
        return equation.row, axes, key_of(equation.source, numbers), len(equation.over)
    terms = ((term.coefficient, term_key(term, target.labels, sizes)) for term in equation.terms)
    return "sum", axes, *terms
