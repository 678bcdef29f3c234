"""Softmax and logsumexp: their maximum, exponentials and sum are computed once for both."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain, count
from typing import NamedTuple

from .ir import Array, Call, Equation, Label, Reduce, Sum, View, factors_of, is_whole
from .views import renamed_view


class Difference(NamedTuple):
    """An array that is x - z."""

    target: View
    x: View
    z: View


class Parts(NamedTuple):
    """What belongs to z = logsumexp x."""

    top: Array  # max x
    powers: Array  # exp(x - max x)
    total: Array  # Σ exp(x - max x)
    p: Array  # the softmax of x


class Softmaxes:
    """Where a program has exp(x - logsumexp x), and where it needs the logsumexp itself."""

    def __init__(
        self, equations: Iterable[Equation], kept: Collection[Array], taken: set[str], looped: set[Equation]
    ) -> None:
        self.reduces: dict[Array, Reduce] = {}
        self.parts: dict[Array, Parts] = {}
        self.soft: set[Array] = set()  # every z where exp(x - z) is there
        self.named: set[Array] = set()  # and an array of the program is that
        self.differences: dict[Array, Difference] = {}
        for equation in equations:
            if equation not in looped:
                self._learn(equation, taken)
        self.needed = {array for array in self.reduces if array in kept}  # every z that is read elsewhere
        for equation in equations:
            self._look_at(equation)

    def _learn(self, equation: Equation, taken: set[str]) -> None:
        if not is_whole(equation.target, equation.sizes):
            return
        target = equation.target
        if isinstance(equation, Reduce):
            if equation.row == "logsumexp" and is_whole(equation.source, equation.sizes):
                self.reduces[target.array] = equation
                self.parts[target.array] = _parts(target.array, equation.source.array, taken)
        elif [(term.coefficient, term.power) for term in equation.terms] == [(1.0, 0), (-1.0, 0)]:
            x, z = (term.factors for term in equation.terms)
            if len(x) == len(z) == 1 and isinstance(x[0], View) and isinstance(z[0], View):
                self.differences[target.array] = Difference(target, x[0], z[0])

    def _look_at(self, equation: Equation) -> None:
        for factor in factors_of(equation):
            for found in self._found_in(factor, equation.sizes):
                alone = isinstance(equation, Sum) and [(1.0, (factor,), 0)] == list(equation.terms)
                if alone and found is factor and is_whole(equation.target, equation.sizes):
                    self.named.add(self.matched(found, equation.sizes)[1].array)  # type: ignore[index]

    def _found_in(self, factor: View | Call, sizes: dict[Label, int]) -> list[Call]:
        """The calls in a factor that are softmaxes; what else it reads is needed."""
        if isinstance(factor, View):
            self.needed |= {factor.array} & self.reduces.keys()
            return []
        known = self.matched(factor, sizes)
        if known is not None:
            self.soft.add(known[1].array)
            return [factor]
        parts = [part for part in factor.operands if not isinstance(part, float)]
        return [call for part in parts for call in self._found_in(part, sizes)]

    def matched(self, call: Call, sizes: dict[Label, int]) -> tuple[View, View] | None:
        """x and z of a call exp(x - z), with z the logsumexp of x."""
        if call.row != "exp":
            return None
        exponent = call.operands[0]
        if isinstance(exponent, Call) and exponent.row == "sub":
            x, z = exponent.operands
        elif isinstance(exponent, View) and exponent.array in self.differences and is_whole(exponent, sizes):
            known = self.differences[exponent.array]
            names = dict(zip(known.target.labels, exponent.labels, strict=True))
            x, z = renamed_view(known.x, names), renamed_view(known.z, names)
        else:
            return None
        if isinstance(x, View) and isinstance(z, View) and self._belong(x, z, sizes):
            return x, z
        return None

    def _belong(self, x: View, z: View, sizes: dict[Label, int]) -> bool:
        reduce = self.reduces.get(z.array)
        if reduce is None or reduce.source.array is not x.array or not is_whole(x, sizes):
            return False
        names = dict(zip(reduce.source.labels, x.labels, strict=True))
        return renamed_view(reduce.target, names) == z


def _parts(z: Array, x: Array, taken: set[str]) -> Parts:
    suffix = z.name[1:] if z.name[0] == "z" else f"_{z.name}"
    names = [unique(f"{letter}{suffix}", taken) for letter in "mesp"]
    arrays = (z, x, z, x)
    return Parts(
        *(
            Array(name, array.shape, "computed", array.batched, z.path)
            for name, array in zip(names, arrays, strict=True)
        )
    )


def unique(name: str, taken: set[str]) -> str:
    """The name, with a number where it is taken; from here on it is."""
    mark = "_" if name[-1].isdigit() else ""
    numbered = (f"{name}{mark}{k}" for k in count(2))
    found = next(new for new in chain([name], numbered) if new not in taken)
    taken.add(found)
    return found
