"""Scalar graphs as the compiler's stages see them, and array equations held against their graphs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autograd_lite as al
from autograd_lite.compiler.equations.ir import Equations
from autograd_lite.compiler.equations.well_formed import check
from autograd_lite.compiler.rolling import array_equations, canonical_sums, scalars_of
from autograd_lite.compiler.rolling.canonical_form import canonical
from autograd_lite.compiler.rolling.canonical_graph import Canon
from autograd_lite.compiler.rolling.scalar_list import Scalars
from autograd_lite.compiler.trace import Traced, trace, trace_value

from .interpreter import floats, run

Value = al.Value


def row(*numbers: float) -> list[Value]:
    return [Value(number) for number in numbers]


def table(rows: int, columns: int, start: float = 0.1) -> list[list[Value]]:
    return [row(*(start + 0.1 * (i * columns + j) for j in range(columns))) for i in range(rows)]


def leaves_of(*arrays: Sequence[Value]) -> dict[Value, tuple[int, int]]:
    """Each a list of Values: number of the array, and place in it."""
    return {value: (k, place) for k, own in enumerate(arrays) for place, value in enumerate(own)}


def scalars(root: Value | Sequence[Value], *arrays: Sequence[Value]) -> Scalars:
    return scalars_of(root if isinstance(root, list) else [root], leaves_of(*arrays))  # type: ignore[list-item]


def canon(root: Value | Sequence[Value], *arrays: Sequence[Value], ragged: bool = False) -> Canon:
    return canonical(scalars(root, *arrays), leaves_of(*arrays), ragged)


def traced(function: Any, parameters: Any = None, **example: Any) -> Traced:
    return (
        trace_value(function, parameters) if type(function) is Value else trace(function, parameters, example)
    )


def equations(function: Any, parameters: Any = None, reduce: str = "mean", **example: Any) -> Equations:
    """The forward equations of a function of one sample, or of a finished Value."""
    return rolled(traced(function, parameters, **example), "" if type(function) is Value else reduce)


def rolled(found: Traced, reduce: str) -> Equations:
    """The stages up to the forward equations, which are checked."""
    scalars = scalars_of(found.roots, found.leaves)
    program = array_equations(scalars, canonical_sums(scalars, found), found, reduce)
    check(program)
    return program


def text(function: Any, parameters: Any = None, **example: Any) -> list[str]:
    return str(equations(function, parameters, **example)).splitlines()


def numbers_of(
    program: Equations, values: dict[str, Any], samples: Sequence[dict[str, Any]]
) -> dict[Any, Any]:
    """Those of parameters by name and of inputs, an axis of samples in front."""
    given = {array: np.array([sample[array.name] for sample in samples]) for array in program.inputs}
    of_values = np.vectorize(lambda value: value.data, otypes=[float])
    return given | {array: of_values(np.array(values[array.path], object)) for array in program.parameters}


def held(
    function: Callable[..., Any],
    parameters: dict[str, Any],
    *samples: dict[str, Any],
    reduce: str = "mean",
    stage: Callable[[Equations], Any] = check,
) -> Equations:
    """The equations of a function, after the loss that they give has been that of the graphs of the samples,
    and so the gradients where there is a backward pass."""
    program = equations(function, parameters, reduce, **samples[0])
    stage(program)
    check(program)
    total = al.sum([loss_of(function(**sample)) for sample in samples])
    agree(program, parameters, samples, total / len(samples) if reduce == "mean" else total)
    return program


def agree(
    program: Equations, parameters: dict[str, Any], samples: Sequence[dict[str, Any]], loss: Value
) -> None:
    known = run(program, numbers_of(program, parameters, samples), count=len(samples))
    np.testing.assert_allclose(floats(known[program.loss]), loss.data, rtol=1e-12, atol=1e-14)
    for array, gradient in program.gradients.items():
        values = np.array(parameters[array.path], object)
        expected = np.array(al.grad(loss, list(values.flat))).reshape(values.shape)
        np.testing.assert_allclose(
            floats(known[gradient]), expected, rtol=1e-11, atol=1e-13, err_msg=array.path
        )


def loss_of(result: Any) -> Value:
    loss: Value = result[0] if isinstance(result, tuple) else result
    return loss
