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
    LOG_SOFTMAX,
    SOFTMAX,
    Array,
    Call,
    Equation,
    Label,
    Reduce,
    Sum,
    Term,
    View,
    is_whole,
    only_call,
    reads,
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
        call = only_call(equation)
        if call is not None and call.row == SOFTMAX:
            x, z = _pair(call)
            if is_whole(x, sizes) and z.array in self.parts:
                self.named.add(z.array)

    # --- what is read ---

    def _rewritten(self, equation: Equation) -> Equation:
        if isinstance(equation, Reduce):
            return equation
        terms = [new for term in equation.terms for new in self._apart(term)]
        sizes = equation.sizes
        return replace(
            equation, terms=tuple(term._replace(factors=self._factors(term, sizes)) for term in terms)
        )

    def _apart(self, term: Term) -> list[Term]:
        """c · u - c · log s for a term with x - z; in a loop, c · x - c · z."""
        for position, factor in enumerate(term.factors):
            if isinstance(factor, Call) and factor.row == LOG_SOFTMAX:
                x, z = _pair(factor)
                parts = self.parts.get(z.array)
                own: tuple[View | Call, View | Call] = (x, z)
                if parts is not None:
                    own = View(parts.shifted, x.steps), Call("log", (View(parts.total, z.steps),))
                before, after = term.factors[:position], term.factors[position + 1 :]
                return [
                    term._replace(coefficient=sign * term.coefficient, factors=(*before, one, *after))
                    for sign, one in zip((1.0, -1.0), own, strict=True)
                ]
        return [term]

    def _factors(self, term: Term, sizes: Sizes) -> tuple[View | Call, ...]:
        return tuple(f if isinstance(f, View) else self._call(f, sizes) for f in term.factors)

    def _call(self, call: Call, sizes: Sizes) -> View | Call:
        """A call with p, or e / s, for its softmaxes; in a loop, exp(x - z)."""
        if call.row == SOFTMAX:
            x, z = _pair(call)
            if z.array not in self.parts:
                return Call("exp", (Call("sub", (x, z)),))
            parts = self.parts[z.array]
            if is_whole(x, sizes) and z.array not in self.named:
                return View(parts.p, x.steps)
            return Call("div", (View(parts.powers, x.steps), View(parts.total, z.steps)))
        operands = (x if not isinstance(x, Call) else self._call(x, sizes) for x in call.operands)
        return call._replace(operands=tuple(operands))

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


def _pair(call: Call) -> tuple[View, View]:
    x, z = call.operands
    assert isinstance(x, View)
    assert isinstance(z, View)
    return x, z


def _parts(equation: Reduce, taken: set[str]) -> Parts:
    z, x = equation.target.array, equation.source.array
    suffix = z.name[1:] if z.name[0] == "z" else f"_{z.name}"
    like = {"m": z, "u": x, "e": x, "s": z, "p": x}
    arrays = (
        Array(unique(f"{letter}{suffix}", taken), own.shape, "computed", own.batched, z.path)
        for letter, own in like.items()
    )
    return Parts(equation, *arrays)
