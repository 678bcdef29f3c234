"""al.compile: the stages one after the other, and the check at the end."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import arguments
from ..engine import Value
from ..errors import ArgumentTypeError
from .adjoint import differentiate
from .loops import find_loops
from .names import name
from .program import Program
from .rolling import rolled
from .simplify import simplify
from .trace import trace, trace_value
from .verify import verify


def compile(
    function: Callable[..., Any] | Value,
    parameters: Any = None,
    /,
    *,
    reduce: str = "mean",
    dtype: str = "float64",
    **example: Any,
) -> Program:
    """The program of a loss: traced once on an example, then fast on batches of any size.

    `function` gives the loss of one sample, or a tuple of the loss and predictions; its arguments are
    those of `example`. `parameters` is a Module, names with nested lists of Values, or one list; without
    it every Value that the function meets is a parameter. Whole numbers pick with `al.take` and as labels.
    The program gives the mean loss over its samples, or their sum. Of a Value, a finished loss with its
    data inside, the program takes no data.
    """
    with _no_collections():
        return _compiled(function, parameters, reduce, dtype, example)


def _compiled(function: Any, parameters: Any, reduce: str, dtype: str, example: dict[str, Any]) -> Program:
    arguments.choice("compile", "reduce", reduce, ("mean", "sum"))
    arguments.choice("compile", "dtype", dtype, ("float64", "float32"))
    if type(function) is Value:
        if example:
            raise ArgumentTypeError(
                "compile", "example", ", ".join(example), "nothing: a Value has its data inside"
            )
        traced, samples, reduce = trace_value(function, parameters), 0, ""
    elif callable(function):
        traced, samples = trace(function, parameters, example), 2
    else:
        raise ArgumentTypeError("compile", "function", function, "a function that gives a loss, or a Value")
    if not example:
        samples, reduce = 0, ""
    equations, scalars = rolled(traced, reduce)
    simplify(differentiate(simplify(equations)))
    find_loops(equations)
    name(equations, equations.hints)
    values = [
        value
        for array, own in zip(traced.arrays, traced.values, strict=True)
        if array.kind == "parameter"
        for value in own
    ]
    theta = np.array([value.data for value in values], dtype=dtype)
    program = Program(equations, theta, values, scalars)
    verify(program, traced, samples, samples if reduce == "sum" else 1)
    return program


@contextmanager
def _no_collections() -> Iterator[None]:
    """Keeps the collector of cycles from looking again and again at millions of tuples without any."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
