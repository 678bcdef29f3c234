"""`check_derivation`: gradients that were derived by hand, held against the graph, equation by equation.

An equation is called with the numbers and with the true gradients, so that a slip shows once, in its
own line. What does not agree is explained by trying the table of slips: an explanation counts where the
mended equation equals the graph's gradient at the given point and at fresh ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..arguments import count
from ..engine import Value
from ..errors import ArgumentTypeError, ArgumentValueError
from .quantities import FUNCTION, Array, Graph, Point
from .recorded_equation import Recording, record
from .slip_search import Equation, Found, explanations
from .verdicts import DerivationReport, EquationVerdict

EXACT = 1e-12  # relative: no rounding to speak of
ROUNDING = 32.0  # times what the result moves by when its inputs move in their last bits


def check_derivation(
    loss: Value,
    quantities: Mapping[str, Any],
    equations: Mapping[str, Any],
    *,
    samples: str | None = None,
    seed: int = 0,
) -> DerivationReport:
    """Holds equations for the gradients of a loss against its graph, and names the slip where one is wrong.

    `quantities` are nested lists of Values by name, and numbers where they are data. An equation is
    `lambda v, d: ...`, v giving the numbers by name (v.W1), d the true gradients of the loss for them
    (d.a1); or an array, which is held against this one point alone. `samples` says along which axis of
    a batch the samples lie, "rows" or "columns"; without it that is found.
    """
    _check_arguments(loss, quantities, equations)
    graph = Graph(loss, quantities, samples)
    rng = np.random.default_rng(count(FUNCTION, "seed", seed))
    given = graph.given()
    checker = _Checker(graph, given, graph.fresh(rng), rng)
    return DerivationReport([checker.check(name, equation) for name, equation in equations.items()], graph)


def _check_arguments(loss: Any, quantities: Any, equations: Any) -> None:
    if not isinstance(loss, Value):
        raise ArgumentTypeError(FUNCTION, "loss", loss, "a Value")
    for argument, got in (("quantities", quantities), ("equations", equations)):
        if not isinstance(got, Mapping):
            raise ArgumentTypeError(FUNCTION, argument, got, "a dict, by name")
        for name in got:
            if not isinstance(name, str) or not name or name.startswith("∇"):
                raise ArgumentValueError(FUNCTION, f"a name in {argument}", name, "a text without ∇")
    for name, equation in equations.items():
        if name not in quantities:
            raise ArgumentValueError(
                FUNCTION, "a name in equations", name, f"among the quantities, {', '.join(quantities)}"
            )
        if not callable(equation) and not _is_numeric(equation):
            raise ArgumentTypeError(
                FUNCTION, f"equations[{name!r}]", equation, "a function (v, d) or an array"
            )


def _is_numeric(x: Any) -> bool:
    try:
        return np.asarray(x).dtype.kind in "biuf"
    except (TypeError, ValueError):
        return False


class _Outcome(NamedTuple):
    """What an equation gives at a point: the array or the error, and whether it is right there."""

    point: Point
    result: Any
    ok: bool


class _Checker:
    """Checks equations of one graph, at the same points."""

    def __init__(self, graph: Graph, given: Point, fresh: list[Point], rng: np.random.Generator) -> None:
        self.graph, self.given, self.fresh, self.rng = graph, given, fresh, rng

    def check(self, target: str, equation: Any) -> EquationVerdict:
        if target in self.graph.data:
            raise ArgumentValueError(
                FUNCTION, f"quantities[{target!r}]", "plain numbers", "Values, to have a gradient"
            )
        points = [self.given, *self.fresh] if callable(equation) else [self.given]
        function: Equation = equation if callable(equation) else lambda v, d: np.asarray(equation)
        outcomes = [self._outcome(function, point, target) for point in points]
        if all(outcome.ok for outcome in outcomes):
            note = (
                ""
                if len(points) > 1
                else "at this point alone: "
                + (
                    "no equation to try elsewhere"
                    if not callable(equation)
                    else "the graph has no number elsewhere"
                )
            )
            return self._entry(target, outcomes[0], "equal", "equal", note=note)
        with np.errstate(all="ignore"):
            found = explanations(function, points, target)
        return self._explained(target, outcomes, found) if found else self._unexplained(target, outcomes)

    # --- equal or not ---

    def _outcome(self, equation: Equation, point: Point, target: str) -> _Outcome:
        result = _called(equation, point, target)
        return _Outcome(point, result, self._agrees(equation, point, target, result))

    def _agrees(self, equation: Equation, point: Point, target: str, result: Any) -> bool:
        """Whether the difference is rounding: what moving the inputs in their last bits explains."""
        truth = point.truth(target)
        if isinstance(result, Exception) or result.shape != truth.shape or result.dtype.kind not in "biuf":
            return False
        single = result.dtype.itemsize < 8 and result.dtype.kind == "f"
        off = np.abs(result - truth)
        slack = (1e-5 if single else EXACT) * np.abs(truth)
        if bool(np.all(off <= slack)):
            return True
        if bool(np.all(off <= slack + 4e-15 * np.max(np.abs(truth), initial=0.0))):
            return True
        noise = self._noise(equation, point, target, result)
        return noise is not None and bool(np.all(off <= slack + ROUNDING * noise))

    def _noise(self, equation: Equation, point: Point, target: str, result: Array) -> Array | None:
        """By how much the result moves when inputs and steps move in their last bits; None if it breaks."""
        noise = np.zeros(result.shape)
        tape = record(equation, point, target)
        inner = {i: self._shaking for i, step in enumerate(tape.steps) if step.op not in ("read", "constant")}
        for _ in range(4):
            outer = _called(equation, _Shaken(point, self.rng), target)
            for moved in (outer, tape.run(inner)):
                if isinstance(moved, Exception) or np.shape(moved) != result.shape:
                    return None
                with np.errstate(all="ignore"):
                    noise = np.maximum(noise, np.abs(moved - result))
        return noise

    def _shaking(self, f: Recording) -> Any:
        x = f.compute()
        return _moved(x, self.rng) if np.asarray(x).dtype.kind == "f" else x

    # --- verdicts ---

    def _explained(self, target: str, outcomes: list[_Outcome], found: list[Found]) -> EquationVerdict:
        worst = next(outcome for outcome in outcomes if not outcome.ok)
        words = [f.words for f in found]
        verdict = words[0] if len(words) == 1 else "a tie between explanations: " + "; or ".join(words)
        note = self._where(worst)
        if len(outcomes) == 1:
            note = "tried at this point alone"
        return self._entry(target, worst, verdict, found[0].kind, [f.kind for f in found], note)

    def _unexplained(self, target: str, outcomes: list[_Outcome]) -> EquationVerdict:
        worst = next(outcome for outcome in outcomes if not outcome.ok)
        here = [o.ok for o in outcomes if o.point.kind != "far"]
        if all(here) and len(here) > 1 and not self.graph.is_piecewise_above(target):
            note = "here and near by; further off the two part: does the loss branch on numbers?"
            return self._entry(target, outcomes[0], "equal", "equal", note=note)
        if all(here):
            return self._entry(
                target,
                worst,
                "equals the gradient here, but not at other numbers",
                "coincidence",
                note="a mask may be missing, or a number stands in the place of a quantity",
            )
        if all(o.ok for o in outcomes[1:]) and len(outcomes) > 1:
            return self._entry(
                target, worst, "differs at this point alone: at a kink the slope is the graph's", "kink"
            )
        return self._entry(target, worst, self._difference(target, worst), "differs", note=self._where(worst))

    def _difference(self, target: str, outcome: _Outcome) -> str:
        truth = outcome.point.truth(target)
        if isinstance(outcome.result, Exception):
            text = " ".join(str(outcome.result).split())
            return f"raises {type(outcome.result).__name__}: {text}"
        if outcome.result.shape != truth.shape:
            return f"the shape is {outcome.result.shape}; it must be {truth.shape}"
        return "differs, and no slip of the table explains it"

    def _where(self, outcome: _Outcome) -> str:
        return "" if outcome.point is self.given else "right at the given numbers, wrong at others"

    def _entry(
        self, target: str, outcome: _Outcome, verdict: str, kind: str,
        kinds: Sequence[str] = (), note: str = "",
    ) -> EquationVerdict:  # fmt: skip
        truth, result = outcome.point.truth(target), outcome.result
        shape = None if isinstance(result, Exception) else result.shape
        where: tuple[int, ...] = ()
        analytic, student = math.nan, math.nan
        if shape == truth.shape and truth.size and result.dtype.kind in "biuf":
            off = np.array(np.abs(result - truth))
            off[np.isnan(off)] = math.inf
            where = tuple(int(i) for i in np.unravel_index(int(np.argmax(off)), truth.shape))
            analytic, student = float(truth[where]), float(result[where])
        return EquationVerdict(
            target,
            kind == "equal",
            verdict,
            kind,
            tuple(kinds) or (kind,),
            note,
            truth.shape,
            shape,
            where,
            analytic,
            student,
        )


class _Shaken(Point):
    """A point with its numbers moved in their last bits; whole numbers stay."""

    def __init__(self, point: Point, rng: np.random.Generator) -> None:
        self.numbers = {name: _shaken(x, rng) for name, x in point.numbers.items()}
        self.graph = point.graph


def _shaken(x: Array, rng: np.random.Generator) -> Array:
    if x.dtype.kind != "f":
        return x
    return np.where(x == np.round(x), x, _moved(x, rng))


def _moved(x: Array, rng: np.random.Generator) -> Array:
    return x * (1.0 + rng.uniform(-1.0, 1.0, np.shape(x)) * 2.0**-51)


def _called(equation: Equation, point: Point, target: str) -> Any:
    """The result as an array, or the exception."""
    try:
        with np.errstate(all="ignore"):
            return np.asarray(equation(*point.views(target)))
    except Exception as error:  # whatever it is, it is the finding
        return error
