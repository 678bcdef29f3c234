"""What a function computes on one example: a graph whose leaves are known by array and place."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

from ..engine import Value, listed, name_scope, order, real, tracing
from ..errors import ArgumentError, ArgumentTypeError, ArgumentValueError, TraceError
from .equations import Array

ROOT = "loss"  # the outermost name scope: modules name their parts where one is open
Leaves = dict[Value, tuple[int, int]]  # the number of the array, and the place in it, counted flat


@dataclass
class Traced:
    """The loss and whatever else the function gave, and the arrays that they hang on."""

    roots: list[Value] = field(default_factory=list)  # the loss, then the numbers of every output
    shapes: list[tuple[int, ...]] = field(default_factory=list)  # of the outputs
    arrays: list[Array] = field(default_factory=list)
    values: list[list[Value]] = field(default_factory=list)  # of every array, flat
    leaves: Leaves = field(default_factory=dict)
    found: int | None = None  # the number of the array of parameters that nobody named
    made: Collection[int] = ()  # the leaves, by id, that the function made itself

    def add(self, name: str, shape: tuple[int, ...], values: list[Value], kind: str) -> None:
        self.leaves.update(zip(values, zip(repeat(len(self.arrays)), range(len(values))), strict=False))
        self.arrays.append(Array(name, shape, kind, kind == "input", name))
        self.values.append(values)

    def parameter_values(self) -> list[Value]:
        """The Values of all parameters, in the order of their arrays, flat."""
        every = zip(self.arrays, self.values, strict=True)
        return [value for array, own in every if array.kind == "parameter" for value in own]

    def split(self, parts: Iterable[tuple[str, tuple[int, ...], list[Value]]]) -> None:
        """Puts the parameters that nobody named into arrays of their own."""
        assert self.found is not None
        del self.arrays[self.found], self.values[self.found]  # the last ones
        for name, shape, values in parts:
            self.add(name, shape, values, "parameter")


def trace(function: Callable[..., Any], parameters: Any, example: Mapping[str, Any]) -> Traced:
    """Runs the function on Values in place of the example's numbers."""
    traced = Traced()
    _add_parameters(traced, parameters)
    _check_names(function, example)
    inputs = {name: _input(traced, name, number) for name, number in example.items()}
    with tracing() as own, name_scope(ROOT):
        _take_result(traced, _run(function, example, inputs))
        again = Traced()
        _take_result(again, _run(function, example, inputs))
    if own.refusal is not None:  # the function caught it, and went on with something else
        raise own.refusal
    _check_same(traced, again)
    traced.made = own.made
    if parameters is None:
        _find_parameters(traced)
    return traced


def _run(function: Callable[..., Any], example: Mapping[str, Any], inputs: Mapping[str, list[Value]]) -> Any:
    """The function's result, of lists of its own. It may use a Value as if it were a number: then Python's
    own error says so. All others are the function's."""
    try:
        return function(**{name: _like(x, iter(inputs[name])) for name, x in example.items()})
    except ArgumentError:
        raise
    except (TypeError, IndexError) as error:  # rows[label], of a list and of an array
        if not _OF_A_VALUE.search(str(error)):
            raise
        raise TraceError.of(error) from error


_OF_A_VALUE = re.compile(
    r"\bValue\b|dtype\('O'\)|only integers, slices"
)  # NumPy does not name what it was given


def _check_same(first: Traced, second: Traced) -> None:
    """The two graphs are one, operations and constants: a function that draws random numbers, or keeps a
    state, would have them baked in, whether the example's result shows it or not."""
    graphs = [listed(traced.roots, list(first.leaves)) for traced in (first, second)]
    one, other = ((rows, operands, roots) for rows, operands, _, _, roots in graphs)
    if one != other and repr(one) != repr(other):  # nan is itself
        raise TraceError(
            "does something else when it is called again", "of the function itself",
            "what is drawn at random, as a dropout mask, and what changes between calls are to be arguments",
        )  # fmt: skip


def trace_value(value: Value, parameters: Any) -> Traced:
    """The graph that there is already, data and all."""
    traced = Traced()
    _add_parameters(traced, parameters)
    _take_result(traced, value)
    if parameters is None:
        _find_parameters(traced)
    return traced


# --- parameters --------------------------------------------------------------------------------------


def _add_parameters(traced: Traced, parameters: Any) -> None:
    for name, nest in _named(parameters):
        called = "parameters" if isinstance(parameters, list | tuple) else f"parameters[{name!r}]"
        values, shape = flat(nest)
        if set(map(type, values)) != {Value} or any(value.op is not None for value in values):
            raise ArgumentTypeError(
                "compile", called, nest, "Values without parents, or nested lists of them"
            )
        fresh = [value for value in values if value not in traced.leaves]
        if not fresh:
            continue  # tied to those of another name
        if len(set(fresh)) != len(values):
            raise ArgumentValueError(
                "compile",
                called,
                nest,
                "each Value once, or all of them those of another name",
            )
        traced.add(name, shape, values, "parameter")


def _named(parameters: Any) -> Iterator[tuple[str, Any]]:
    if parameters is None:
        return
    if hasattr(type(parameters), "named_parameters"):
        yield from parameters.named_parameters()
    elif isinstance(parameters, Mapping):
        for name, nest in parameters.items():
            if not isinstance(name, str):
                raise ArgumentTypeError("compile", "parameters", parameters, "names of type str")
            yield name, nest
    elif isinstance(parameters, list | tuple):
        yield "theta", parameters
    else:
        allowed = "a Module, a dict of names and nested lists of Values, a list of Values, or None"
        raise ArgumentTypeError("compile", "parameters", parameters, allowed)


def _find_parameters(traced: Traced) -> None:
    found = others(traced)
    if found:
        traced.found = len(traced.arrays)
        traced.add("theta", (len(found),), found, "parameter")


def others(traced: Traced) -> list[Value]:
    """Every Value without parents that is no leaf of ours, and was there before the function was called."""
    return [
        value
        for value in order(*traced.roots)
        if value.op is None and value not in traced.leaves and id(value) not in traced.made
    ]


def flat(nest: Any) -> tuple[list[Any], tuple[int, ...]]:
    """The items of nested lists, and their shape; where lists differ in length it is one long list."""
    if hasattr(nest, "tolist"):
        nest = nest.tolist()
    if not isinstance(nest, list | tuple):
        return [nest], ()
    if set(map(type, nest)) <= {Value, float}:  # nearly all: a row, quickly
        return list(nest), (len(nest),)
    parts = [flat(part) for part in nest]
    items = [item for part, _ in parts for item in part]
    shapes = {shape for _, shape in parts}
    return items, (len(parts), *shapes.pop()) if len(shapes) == 1 else (len(items),)


# --- inputs and results ------------------------------------------------------------------------------


def _check_names(function: Callable[..., Any], example: Mapping[str, Any]) -> None:
    """The example is that of the function's arguments, by their names."""
    try:
        signature = inspect.signature(function)
    except ValueError:  # one in C may have none
        return
    try:
        signature.bind(**example)
    except TypeError as error:
        names = ", ".join(signature.parameters)
        raise ArgumentValueError(
            "compile",
            "example",
            f"{', '.join(example) or 'nothing'}",
            f"an example for each of: {names} ({error})",
        ) from error


def _input(traced: Traced, name: str, example: Any) -> list[Value]:
    """Values of the example's numbers, flat."""
    items, shape = flat(example)
    numbers = [x.item() if type(x) is Value else real(x) for x in items]
    if None in numbers or _ragged(example):
        raise ArgumentTypeError(
            "compile", name, example, "a number, or nested lists or an array of numbers of equal lengths"
        )
    values = [Value(number) for number in numbers]
    traced.add(name, shape, values, "input")
    return values


def _ragged(nest: Any) -> bool:
    if hasattr(nest, "tolist") or not isinstance(nest, list | tuple):
        return False
    return len({flat(part)[1] for part in nest}) > 1 or any(map(_ragged, nest))


def _like(example: Any, values: Iterator[Value]) -> Any:
    """Values in lists or arrays as those of the example, made anew."""
    if hasattr(example, "shape") and example.shape:
        import numpy as np

        array = np.empty(example.shape, object)
        array.reshape(-1)[:] = [next(values) for _ in range(array.size)]
        return array
    if isinstance(example, list | tuple):
        make = getattr(type(example), "_make", type(example))  # a named tuple has its own way
        return make([_like(part, values) for part in example])
    return next(values)


def _take_result(traced: Traced, result: Any) -> None:
    loss, *outputs = result if isinstance(result, tuple) and result else (result,)
    if type(loss) is not Value:
        raise ArgumentTypeError(
            "compile",
            "function",
            loss,
            "a function that gives one Value, the loss, or a tuple that begins with it",
        )
    traced.roots.append(loss)
    for output in outputs:
        values, shape = flat(output)
        if not values or not all(type(value) is Value for value in values) or _ragged(output):
            raise ArgumentTypeError(
                "compile",
                "what the function gives beside the loss",
                output,
                "Values, or nested lists of equal lengths of them",
            )
        traced.roots += values
        traced.shapes.append(shape)
