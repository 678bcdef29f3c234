"""Softmax and logsumexp written out: the maximum, the exponentials and their sum are computed once for both.

    z[n] = logsumexp_i x[n,i]          m[n] = max_i x[n,i]
    p[n,i] = exp(x[n,i] - z[n])        u[n,i] = x[n,i] - m[n]
    L[] = z[n] - x[n,y[n]]             e[n,i] = exp(u[n,i])
                                       s[n] = Σ_i e[n,i]
                                       p[n,i] = e[n,i] / s[n]
                                       L[] = log(s[n]) - u[n,y[n]]

A difference of z and x is taken without either, for both may be large. What is not needed is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..equations import (
    Array,
    Call,
    Equation,
    Label,
    Reduce,
    Sum,
    Term,
    View,
    is_whole,
    reads,
    renamed_view,
    unique,
)

Part = View | Call | float
Sizes = dict[Label, int]


class Parts(NamedTuple):
    """What belongs to z, the logsumexp of x."""

    equation: Reduce
    top: Array
    shifted: Array
    powers: Array
    total: Array
    p: Array


class Difference(NamedTuple):
    """An array that is x - z."""

    target: View
    x: View
    z: View


def written_out(
    equations: Sequence[Equation], kept: Collection[Array], taken: set[str], looped: Collection[Equation]
) -> list[list[Equation]]:
    """For every equation what it is without such logsumexps; those in loops stay."""
    return _Writer(equations, kept, taken, looped).equations


class _Writer:
    def __init__(
        self,
        equations: Sequence[Equation],
        kept: Collection[Array],
        taken: set[str],
        looped: Collection[Equation],
    ) -> None:
        self.parts: dict[Array, Parts] = {}
        self.differences: dict[Array, Difference] = {}
        self.named: set[Array] = set()  # every z of which an array of the program is the softmax
        for equation in equations:
            if equation not in looped:
                self._learn(equation, taken)
        rewritten = [self._rewritten(equation) for equation in equations]
        self.read = {view.array for equation in rewritten for view in reads(equation)} | {*kept}
        self.equations = [list(self._expanded(equation)) for equation in rewritten]

    def _learn(self, equation: Equation, taken: set[str]) -> None:
        target, sizes = equation.target, equation.sizes
        if not is_whole(target, sizes):
            return
        if isinstance(equation, Reduce):
            if equation.row == "logsumexp" and is_whole(equation.source, sizes):
                self.parts[target.array] = _parts(equation, taken)
            return
        x, z = _difference(equation)
        if x is not None and z is not None and self._belong(x, z):
            self.differences[target.array] = Difference(target, x, z)
        call = _only_call(equation)
        found = self._softmax(call, sizes) if call else None
        if found is not None:
            self.named.add(found[1].array)

    # --- what is read ---

    def _rewritten(self, equation: Equation) -> Equation:
        if isinstance(equation, Reduce):
            return equation
        terms = self._without_differences(equation.terms, equation.target.labels)
        sizes = equation.sizes
        return replace(
            equation, terms=tuple(term._replace(factors=self._factors(term, sizes)) for term in terms)
        )

    def _without_differences(self, terms: Sequence[Term], kept: tuple[Label, ...]) -> list[Term]:
        """c · u - c · log s in the place of c · x - c · z."""
        left = list(terms)
        logarithms = [term for term in terms if _array_alone(term) in self.parts]
        for other in logarithms:
            for one in terms:
                pair = self._pair(one, other, kept)
                if pair is not None and one in left and other in left:
                    left[left.index(one)] = one._replace(factors=(pair[0],))
                    left[left.index(other)] = other._replace(factors=(pair[1],))
        return left

    def _pair(self, one: Term, other: Term, kept: tuple[Label, ...]) -> tuple[View, Call] | None:
        """u and log s for the terms of x and z, if they are that."""
        if one.coefficient != -other.coefficient or one.power != other.power or len(one.factors) != 1:
            return None
        summed = [{*term.labels} - {*kept} for term in (one, other)]
        x, z = one.factors[0], other.factors[0] if len(other.factors) == 1 else None
        if summed[0] == summed[1] and isinstance(x, View) and isinstance(z, View) and self._belong(x, z):
            return self._apart(x, z)
        return None

    def _apart(self, x: View, z: View) -> tuple[View, Call]:
        parts = self.parts[z.array]
        return View(parts.shifted, x.steps), Call("log", (View(parts.total, z.steps),))

    def _factors(self, term: Term, sizes: Sizes) -> tuple[View | Call, ...]:
        return tuple(f if isinstance(f, View) else self._call(f, sizes) for f in term.factors)

    def _call(self, call: Call, sizes: Sizes) -> View | Call:
        """A call with p for exp(x - z)."""
        found = self._softmax(call, sizes)
        if found is None:
            operands = (x if not isinstance(x, Call) else self._call(x, sizes) for x in call.operands)
            return call._replace(operands=tuple(operands))
        x, z = found
        parts = self.parts[z.array]
        if z.array in self.named:
            return Call("div", (View(parts.powers, x.steps), View(parts.total, z.steps)))
        return View(parts.p, x.steps)

    def _softmax(self, call: Call, sizes: Sizes) -> tuple[View, View] | None:
        """x and z of a call exp(x - z), over all of x."""
        exponent = call.operands[0]
        if call.row != "exp" or isinstance(exponent, float):
            return None
        if isinstance(exponent, View):
            known = self.differences.get(exponent.array)
            if known is None or not is_whole(exponent, sizes):
                return None
            names = dict(zip(known.target.labels, exponent.labels, strict=True))
            return renamed_view(known.x, names), renamed_view(known.z, names)
        x, z = exponent.operands if exponent.row == "sub" else (0.0, 0.0)
        if isinstance(x, View) and isinstance(z, View) and is_whole(x, sizes) and self._belong(x, z):
            return x, z
        return None

    def _belong(self, x: View, z: View) -> bool:
        """Whether z is the logsumexp of the row in which x stands."""
        if z.array not in self.parts or self.parts[z.array].equation.source.array is not x.array:
            return False
        equation = self.parts[z.array].equation
        own = [step.strides[0][0] for step in equation.source.steps]
        there = dict(zip(own, x.steps, strict=True))
        return all(
            there[step.strides[0][0]] == mine
            for step, mine in zip(equation.target.steps, z.steps, strict=True)
        )

    # --- what is set ---

    def _expanded(self, equation: Equation) -> Iterator[Equation]:
        parts = self.parts.get(equation.target.array)
        if parts is None or equation is not parts.equation:
            yield equation
            return
        target, x, over, sizes = equation.target, parts.equation.source, parts.equation.over, equation.sizes
        m, s = View(parts.top, target.steps), View(parts.total, target.steps)
        u, e, p = (View(array, x.steps) for array in (parts.shifted, parts.powers, parts.p))
        shifted: Part = Call("sub", (x, m))
        yield Reduce(m, "max", x, over, sizes)
        if parts.shifted in self.read:
            yield Sum(u, (Term(1.0, (x,)), Term(-1.0, (m,))), sizes)
            shifted = u
        exponentials: View | Call = Call("exp", (shifted,))
        if {parts.p, parts.powers} & self.read:
            yield Sum(e, (Term(1.0, (exponentials,)),), sizes)
            exponentials = e
        yield Sum(s, (Term(1.0, (exponentials,)),), sizes)
        if target.array in self.read:  # -inf where all of x is, by fmax: the sum is nan there
            z = Call("fmax", (m, Call("add", (m, Call("log", (s,))))))
            yield Sum(target, (Term(1.0, (z,)),), sizes)
        if parts.p in self.read:
            yield Sum(p, (Term(1.0, (Call("div", (e, s)),)),), sizes)


def _array_alone(term: Term) -> Array | None:
    """The array of a term that is nothing but a view."""
    factor = term.factors[0] if len(term.factors) == 1 else None
    return factor.array if isinstance(factor, View) else None


def _difference(equation: Sum) -> tuple[View | None, View | None]:
    """x and z of an equation that sets an array to x - z."""
    if [(term.coefficient, term.power, len(term.factors)) for term in equation.terms] != [
        (1.0, 0, 1),
        (-1.0, 0, 1),
    ]:
        return None, None
    x, z = (term.factors[0] for term in equation.terms)
    return (x, z) if isinstance(x, View) and isinstance(z, View) and not equation.add else (None, None)


def _only_call(equation: Sum) -> Call | None:
    if len(equation.terms) != 1 or equation.add:
        return None
    coefficient, factors, power = equation.terms[0]
    alone = (coefficient, power, len(factors)) == (1.0, 0, 1)
    return factors[0] if alone and isinstance(factors[0], Call) else None


def _parts(equation: Reduce, taken: set[str]) -> Parts:
    z, x = equation.target.array, equation.source.array
    suffix = z.name[1:] if z.name[0] == "z" else f"_{z.name}"
    like = {"m": z, "u": x, "e": x, "s": z, "p": x}
    arrays = (
        Array(unique(f"{letter}{suffix}", taken), own.shape, "computed", own.batched, z.path)
        for letter, own in like.items()
    )
    return Parts(equation, *arrays)
