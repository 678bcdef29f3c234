"""Equations, and then the program made of them, are held against the scalar graph that they came from."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from math import isfinite, prod
from typing import Any, NamedTuple

import numpy as np

from ..engine import Value, apply, grad, order, recording
from ..errors import AutogradLiteError, CompileError
from .equations import Array, Equations, interpret
from .program import Program
from .trace import Traced

TOLERANCE = {"float64": 1e-8, "float32": 2e-3}
LARGEST = 1e100  # a graph whose numbers stay below, and above its reciprocal, is precise
MOST = 20_000  # scalars of a graph that is held twice
SHRINKING = (2.0**-5, 2.0**-10, 2.0**-20)


class Results(NamedTuple):
    """The loss, the gradients by the parameters' names, and the outputs: computed for one graph."""

    loss: float
    gradients: Mapping[str, Any]
    outputs: Sequence[Any]


Compute = Callable[[Traced], Results]


class Verification:
    """The scalar graph as the truth, at which equations and programs are held.

    They are given a batch of `samples` copies of the example (0: without data), whose loss is that of the
    example times the `factor`. Examples are often telling of nothing, all 0 or all alike: so a graph that is
    not too large is there at other numbers, too.
    """

    def __init__(self, traced: Traced, samples: int, factor: int, scalars: int) -> None:
        self.traced, self.samples, self.factor = traced, samples, factor
        other = _shaken(traced) if scalars <= MOST else None
        self.graphs = [traced] if other is None else [traced, other]  # the last is the most telling
        self.slopes: dict[int, Any] = {}  # by the id of a graph

    def hold_equations(self, equations: Equations) -> None:
        """Raises where equations, as the interpreter reads them, do not mean what the graph means."""

        def compute(graph: Traced) -> Results:
            known = interpret(equations, dict(_arrays(graph, self.samples)), max(self.samples, 1))
            zero = {a.path: np.zeros(a.shape) for a in equations.parameters}
            found = {array.path: known[gradient] for array, gradient in equations.gradients.items()}
            return Results(known[equations.loss], zero | found, [known[a] for a in equations.outputs])

        self._hold_at(self.graphs[-1:], compute, TOLERANCE["float64"])

    def hold_program(self, program: Program) -> None:
        """Raises where a program does not compute what the graph computes."""

        def compute(graph: Traced) -> Results:
            program.theta[:] = [value.data for value in graph.parameter_values()]
            data = {a.path: x for a, x in _arrays(graph, self.samples) if a.kind != "parameter"}
            loss, gradients = program.value_and_grad(**data)
            outputs = program.predict(**data) if graph.shapes else ()
            return Results(loss, gradients, outputs if len(graph.shapes) != 1 else [outputs])

        try:
            self._hold_at(self.graphs, compute, TOLERANCE[str(program.theta.dtype)])
        finally:
            program.pull()

    def _hold_at(
        self, graphs: Sequence[Traced], compute: Callable[[Traced], Results], tolerance: float
    ) -> None:
        """Exponentials that are too large for the graph are not for equations: where the two part for such an
        example, a smaller one decides."""
        try:
            for graph in graphs:
                self._hold_all(compute(graph), graph, tolerance)
        except CompileError as error:
            if _is_precise(self.traced):
                raise
            smaller = next(filter(_is_precise, _smaller(self.traced)), None)
            if smaller is not None:
                self._hold_all(compute(smaller), smaller, tolerance)
            elif isfinite(error.expected):
                raise

    def _hold_all(self, found: Results, graph: Traced, tolerance: float) -> None:
        _hold("the loss", found.loss, self.factor * graph.roots[0].data, tolerance)
        if id(graph) not in self.slopes:
            self.slopes[id(graph)] = np.array(grad(graph.roots[0], graph.parameter_values()))
        slopes = iter(self.factor * self.slopes[id(graph)])
        for array in graph.arrays:
            if array.kind == "parameter":
                expected = list(islice(slopes, prod(array.shape)))
                got = found.gradients[array.path]
                _hold(f"the gradient of {array.path}, number {{}},", got, expected, tolerance)
        roots = iter(graph.roots[1:])
        for number, (output, shape) in enumerate(zip(found.outputs, graph.shapes, strict=True)):
            first = output[0] if np.ndim(output) > len(shape) else output
            expected = [root.data for root in islice(roots, prod(shape))]
            _hold(f"output {number + 1}, number {{}},", first, expected, tolerance)


def _arrays(graph: Traced, samples: int) -> Iterator[tuple[Array, Any]]:
    """The numbers of every array, those of data for so many samples, all alike."""
    for array, own in zip(graph.arrays, graph.values, strict=True):
        numbers = np.reshape([value.data for value in own], array.shape)
        yield array, numbers if array.kind == "parameter" else np.repeat(numbers[None], samples, axis=0)


def _hold(what: str, got: Any, expected: Any, tolerance: float) -> None:
    """Raises where numbers differ by more than rounding, and names the first."""
    got, expected = np.ravel(got).astype(float), np.ravel(expected).astype(float)
    finite = np.isfinite(expected)
    scale = max(1.0, np.abs(expected[finite]).max(initial=0.0))
    with np.errstate(invalid="ignore"):  # inf - inf
        close = np.abs(got - expected) <= tolerance * scale
    alike = (got == expected) | (np.isnan(got) & np.isnan(expected))
    for place in np.flatnonzero(~np.where(finite, close, alike)):
        raise CompileError(what.format(place), float(got[place]), float(expected[place]))


# --- at other numbers -----------------------------------------------------------------------------------


def _is_precise(graph: Traced) -> bool:
    """Whether no number is so large, or so small, that its square overflows, or is 0."""
    return all(
        1.0 / LARGEST < abs(node.data) < LARGEST if node.data else node.op is None or node.op.name != "exp"
        for node in order(*graph.roots)
    )


def _smaller(graph: Traced) -> Iterator[Traced]:
    """The same graph at smaller parameters and inputs."""
    for factor in SHRINKING:
        yield _at(graph, lambda number, factor=factor: number * factor)  # type: ignore[misc]


def _shaken(graph: Traced) -> Traced | None:
    """The same graph at numbers near by, no two of them alike; None where that is no place to compute."""
    rng = random.Random(0)
    try:
        other = _at(graph, lambda number: number * rng.uniform(0.8, 1.2) + rng.uniform(-0.05, 0.05))
    except (AutogradLiteError, ArithmeticError, ValueError):
        return None
    return other if _is_precise(other) else None


def _at(graph: Traced, move: Callable[[float], float]) -> Traced:
    """The same graph at other parameters and inputs."""
    moved: dict[Value, Value] = {}
    for array, own in zip(graph.arrays, graph.values, strict=True):
        moved |= {v: Value(v.data if array.kind == "index" else move(v.data)) for v in own}
    with recording():
        for node in order(*graph.roots):
            if node not in moved:
                operands = [moved[x] if type(x) is Value else x for x in node.operands]
                moved[node] = node if node.op is None else apply(node.op, operands)
    values = [[moved[v] for v in own] for own in graph.values]
    return Traced([moved[root] for root in graph.roots], graph.shapes, graph.arrays, values)
