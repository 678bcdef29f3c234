"""Every program is held against the scalar graph that it came from, before anybody gets it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any

import numpy as np

from ..engine import Value, apply, grad, order, recording
from ..errors import AutogradLiteError, CompileError
from .program import Program
from .trace import Traced

TOLERANCE = {"float64": 1e-8, "float32": 2e-3}
LARGEST = 1e100  # a graph whose numbers stay below, and above its reciprocal, is precise
MOST = 20_000  # scalars of a graph that is held twice
SHRINKING = (2.0**-5, 2.0**-10, 2.0**-20)


def verify(program: Program, traced: Traced, samples: int, factor: int) -> None:
    """The loss, all gradients and all outputs, on a batch of so many copies of the example (0: without data);
    the loss of the batch is that of the example times the factor.

    Exponentials that are too large for the graph are not for the program. Where the two part for such an
    example, a smaller one decides. Examples are often telling of nothing, all 0 or all alike: so a graph that
    is not too large is held at other numbers, too.
    """
    try:
        _hold_all(program, traced, samples, factor)
        if program.scalars <= MOST and (other := _shaken(traced)) is not None:
            _hold_all(program, other, samples, factor)
    except CompileError as error:
        if _is_precise(traced):
            raise
        smaller = next(filter(_is_precise, _smaller(traced)), None)
        if smaller is not None:
            _hold_all(program, smaller, samples, factor)
        elif isfinite(error.expected):
            raise
    finally:
        program.pull()


# --- one graph ---------------------------------------------------------------------------------------


def _hold_all(program: Program, graph: Traced, samples: int, factor: int) -> None:
    parameters = [own for own in zip(graph.arrays, graph.values, strict=True) if own[0].kind == "parameter"]
    values = [value for _, own in parameters for value in own]
    batch = {
        array.path: np.repeat(np.reshape([value.data for value in own], (1, *array.shape)), samples, axis=0)
        for array, own in zip(graph.arrays, graph.values, strict=True)
        if array.kind != "parameter"
    }
    program.theta[:] = [value.data for value in values]
    tolerance = TOLERANCE[str(program.theta.dtype)]
    loss, gradients = program.value_and_grad(**batch)
    _hold("the loss", loss, factor * graph.roots[0].data, tolerance)
    expected = factor * np.array(grad(graph.roots[0], values))
    start = 0
    for array, own in parameters:
        _hold(
            f"the gradient of {array.path}, number {{}},",
            gradients[array.path],
            expected[start : start + len(own)],
            tolerance,
        )
        start += len(own)
    if graph.shapes:
        _hold_outputs(program.predict(**batch), graph, tolerance)


def _hold_outputs(found: Any, graph: Traced, tolerance: float) -> None:
    roots = iter(graph.roots[1:])
    arrays = found if len(graph.shapes) > 1 else [found]
    for number, (array, shape) in enumerate(zip(arrays, graph.shapes, strict=True)):
        first = array[0] if array.ndim > len(shape) else array
        expected = [next(roots).data for _ in range(np.size(first))]
        _hold(f"output {number + 1}, number {{}},", first, expected, tolerance)


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
