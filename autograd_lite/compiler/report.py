"""What was found in a graph, and what was not."""

from __future__ import annotations

from dataclasses import dataclass

from .equations import Equation, Equations, Reduce, Term, reads, views_of


@dataclass(frozen=True)
class CompileReport:
    """How many scalars became how many equations, and what of them are matrix products and gathers."""

    scalars: int
    equations: int  # forward and backward
    matmuls: int
    gathers: int
    not_rolled: tuple[str, ...]  # what is read by a table of places, one line each

    def __str__(self) -> str:
        lines = [
            f"{self.scalars:,} scalars became {self.equations} array equations, forward and backward,",
            f"with {self.matmuls} matrix products and {self.gathers} gathers",
        ]
        return "\n".join([*lines, *(self.not_rolled or ("everything was rolled up",))])


def report(program: Equations, scalars: int) -> CompileReport:
    equations = [*program.forward, *program.backward]
    there = {equation.target.array for equation in equations}
    notes = tuple(f"{array.name}: {why}" for array, why in program.notes if array in there)
    matmuls = sum(is_matmul(term, equation) for equation in equations for term in _terms(equation))
    return CompileReport(scalars, len(equations), matmuls, sum(map(_gathers, equations)), notes)


def _terms(equation: Equation) -> tuple[Term, ...]:
    return () if isinstance(equation, Reduce) else equation.terms


def is_matmul(term: Term, equation: Equation) -> bool:
    """Whether a term sums over a label that two of its factors share."""
    kept = set(equation.target.labels)
    seen: set[str] = set()
    for factor in term.factors:
        labels = {label for view in views_of(factor) for label in view.labels} - kept
        if labels & seen:
            return True
        seen |= labels
    return False


def _gathers(equation: Equation) -> int:
    """How many views of an equation walk by a table, or by an index."""
    return sum(
        any(step.table is not None or step.index is not None for step in view.steps)
        for view in [*reads(equation), equation.target]
    )
