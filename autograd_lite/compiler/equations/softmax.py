"""Softmax as it is recorded: two rows of Calls, which only this module recognises in exponentials and sums.

z is the logsumexp of a list, and x one of its numbers, or all of them:

    exp(x - z)         becomes  softmax_given(x, z)
    c·x·w - c·z·w      becomes  c·log_softmax_given(x, z)·w

NumPy code computes both without z, and mathematics writes p and log p. Everyone else may take them for what
they say.
"""

from __future__ import annotations

from collections.abc import Iterator

from .ir import LOG_SOFTMAX, SOFTMAX, Array, Call, Equations, Label, Reduce, Sum, Term, View, is_whole
from .roles import definitions, only_call
from .symbolic_partials import Part
from .views import Numbering, key_of, own_labels, walked

Pair = tuple[View, View]


def record_softmax(program: Equations) -> Equations:
    """Puts the two rows in place of what they stand for, forward and backward. Gives the program."""
    recorder = _Recorder(program)
    for equation in (*program.forward, *program.backward):
        if isinstance(equation, Sum):
            recorder.record(equation)
    return program


class _Recorder:
    def __init__(self, program: Equations) -> None:
        self.definitions = definitions(program.forward)
        self.lists: dict[Array, list[Reduce]] = {}  # by what they reduce: every logsumexp of a whole array
        self.differences: dict[Array, Sum] = {}  # the whole arrays that are x - z
        for equation in self.definitions.values():
            if isinstance(equation, Reduce) and equation.row == "logsumexp":
                views, sizes = (equation.source, equation.target), equation.sizes
                if is_whole(views[0], sizes) and is_whole(views[1], sizes):
                    self.lists.setdefault(views[0].array, []).append(equation)

    def record(self, equation: Sum) -> None:
        terms = [term._replace(factors=tuple(self._factors(term, equation))) for term in equation.terms]
        equation.terms = tuple(self._with_logarithms(terms, equation))
        call, defined = only_call(equation), self.definitions.get(equation.target.array) is equation
        defined = defined and is_whole(equation.target, equation.sizes)
        if call is not None and call.row == LOG_SOFTMAX and defined:
            self.differences[equation.target.array] = equation

    # --- exponentials ---

    def _factors(self, term: Term, equation: Sum) -> Iterator[View | Call]:
        for factor in term.factors:
            yield self._call(factor, equation.sizes) if isinstance(factor, Call) else factor

    def _call(self, call: Call, sizes: dict[Label, int]) -> Call:
        operands = tuple(self._call(x, sizes) if isinstance(x, Call) else x for x in call.operands)
        pair = self._pair(operands[0], sizes) if call.row == "exp" else None
        return Call(SOFTMAX, pair) if pair else call._replace(operands=operands)

    def _pair(self, exponent: Part, sizes: dict[Label, int]) -> Pair | None:
        """x and z of an exponent x - z."""
        if isinstance(exponent, View):
            known = self.differences.get(exponent.array)
            call = only_call(known) if known else None
            if known is None or call is None:
                return None
            walks = dict(zip(own_labels(known.target), exponent.steps, strict=True))
            one, other = (walked(x, walks, sizes) for x in call.operands if isinstance(x, View))
            return (one, other) if one and other else None
        if isinstance(exponent, float) or exponent.row != "sub":
            return None
        x, z = exponent.operands
        return (x, z) if isinstance(x, View) and isinstance(z, View) and z in self._lists_of(x) else None

    def _lists_of(self, x: View) -> list[View]:
        """Every z that is the logsumexp of a list in which x stands."""
        found = []
        for reduce in self.lists.get(x.array, ()):
            steps = dict(zip(own_labels(reduce.source), x.steps, strict=True))
            found.append(View(reduce.target.array, tuple(steps[x] for x in own_labels(reduce.target))))
        return found

    # --- sums ---

    def _with_logarithms(self, terms: list[Term], equation: Sum) -> list[Term]:
        left = list(terms)
        for term in terms:
            for position, x in enumerate(term.factors):
                for z in self._lists_of(x) if isinstance(x, View) else ():
                    others = term.factors[:position], term.factors[position + 1 :]
                    wanted = Term(-term.coefficient, (z, *others[0], *others[1]), term.power)
                    found = next((other for other in left if self._is(other, wanted, equation)), None)
                    is_summed_alike = {*term.labels} <= {*wanted.labels, *equation.target.labels}
                    if found and term in left and is_summed_alike:
                        call = Call(LOG_SOFTMAX, (x, z))
                        left[left.index(term)] = term._replace(factors=(*others[0], call, *others[1]))
                        left.remove(found)
        return left

    def _is(self, term: Term, wanted: Term, equation: Sum) -> bool:
        """Whether a term is what is wanted, but for the place of z and the names of what is summed over."""
        if (term.coefficient, term.power) != (wanted.coefficient, wanted.power):
            return False
        z = wanted.factors[0].array  # type: ignore[union-attr]
        own = sorted(term.factors, key=lambda factor: not (isinstance(factor, View) and factor.array is z))
        return _key(tuple(own), equation) == _key(wanted.factors, equation)


def _key(factors: tuple[View | Call, ...], equation: Sum) -> object:
    numbers = Numbering(equation.sizes, equation.target.labels)
    return tuple(key_of(factor, numbers) for factor in factors)
