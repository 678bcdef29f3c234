"""The compiler: from a function over scalars to array equations, their text, and their speed.

`compile` traces a function, and `program_of` has all the stages in a row: it is the table of contents.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import arguments
from ..engine import Value
from ..errors import ArgumentTypeError, CompileError
from .equations import check, differentiate, name, record_softmax, simplify
from .loops import find_loops
from .program import Program
from .rolling import array_equations, canonical_sums, scalars_of
from .trace import Traced, others, trace, trace_value
from .verify import Verification

__all__ = ["CompileError", "Program", "compile", "others", "program_of", "trace"]


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


@_no_collections()
def compile(
    function: Callable[..., Any] | Value,
    parameters: Any = None,
    /,
    *,
    reduce: str = "mean",
    dtype: Any = "float64",
    **example: Any,
) -> Program:
    """The program of a loss: traced once on an example, then fast on batches of any size.

    `function` gives the loss of one sample, or a tuple of the loss and predictions; its arguments are
    those of `example`. `parameters` is a Module, names with nested lists of Values, or one list; without
    it every Value that the function meets is a parameter; with it the others are constants. Whole numbers
    pick with `al.take` and as labels.
    The program gives the mean loss over its samples, or their sum. Of a Value, a finished loss with its
    data inside, the program takes no data.
    """
    arguments.choice("compile", "reduce", reduce, ("mean", "sum"))
    dtype = arguments.choice("compile", "dtype", _name_of(dtype), ("float64", "float32"))
    if type(function) is Value:
        if example:
            got = ", ".join(example)
            raise ArgumentTypeError("compile", "example", got, "nothing: a Value has its data inside")
        return program_of(trace_value(function, parameters), "", dtype)
    if not callable(function):
        raise ArgumentTypeError("compile", "function", function, "a function that gives a loss, or a Value")
    return program_of(trace(function, parameters, example), reduce if example else "", dtype)


def _name_of(dtype: Any) -> Any:
    """np.float32 and np.dtype("float32") by their name."""
    is_kind = isinstance(dtype, np.dtype) or (isinstance(dtype, type) and issubclass(dtype, np.generic))
    return np.dtype(dtype).name if is_kind else dtype


@_no_collections()
def program_of(traced: Traced, reduce: str = "mean", dtype: str = "float64") -> Program:
    """Every stage in a row, from what was traced to a program; without data, `reduce` is "".

    Each stage leaves equations that hang together, or `check` raises; they mean what the scalar graph
    means before they are lowered, and the program computes it, or nobody gets it.
    """
    scalars = scalars_of(traced.roots, traced.leaves)  # the graph as lists, each expression once
    sums = canonical_sums(scalars, traced)  # sums of products; what is alike has one colour, and is a family
    equations = array_equations(scalars, sums, traced, reduce)  # a family is an array, operands are views
    check(equations)
    # simplify, the backward pass, recurrences as loops, and what is a softmax:
    for stage in (simplify, differentiate, simplify, find_loops, record_softmax):
        stage(equations)
        check(equations)
    name(equations, equations.hints)  # W1, a1, da1

    samples = 2 if reduce else 0
    graph = Verification(traced, samples, samples if reduce == "sum" else 1, len(scalars.rows))
    graph.hold_equations(equations)
    values = traced.parameter_values()
    theta = np.array([value.data for value in values], dtype=dtype)
    program = Program(equations, theta, values, len(scalars.rows))  # lowered: the text, and what runs
    graph.hold_program(program)
    return program
