"""The modules that run: a function of a program, and what it keeps for a number of samples."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from operator import is_
from typing import Any

import numpy as np

from ..equations import BATCH, Array, Equation, Equations, Loop, View, unique
from ..numpy_code import Builder, Order, Places, as_kept, blocks, constants_of, kernel, labels_in, names_in
from .buffers import Memory
from .in_place import Buffers
from .operations import Operations

MOST = 8  # numbers of samples for which arrays are kept
NUMBERS = count(1)  # of modules, for tracebacks

Run = Callable[..., Any]


class Function:
    """A function of NumPy that writes into arrays it keeps, some for each number of samples.

    A call has them for itself: another one at the same time, of another thread, gets its own. What is
    made of the parameters once, views of them, is kept as long as the same arrays are given.
    """

    def __init__(self, text: str, prepare: Callable[..., Run]) -> None:
        self.text, self.prepare = text, prepare
        self.bound = Bound(())

    def __call__(self, samples: int, dtype: Any, parameters: Sequence[Any], arguments: Iterable[Any]) -> Any:
        bound = self.bound
        if parameters is not bound.given and not bound.has(parameters):
            bound = self.bound = Bound(parameters)
        spare = bound.spare.get((samples, dtype))
        if spare is None:
            spare = bound.shelf(samples, dtype)
        try:
            run = spare.pop()
        except IndexError:
            run = self.prepare(samples, dtype, *bound.parameters)
        with np.errstate(all="ignore"):
            found = run(*arguments)
        spare.append(run)
        return found


class Bound:
    """Parameters, and the functions that are spare for them, by number of samples and kind of numbers."""

    def __init__(self, given: Sequence[Any]) -> None:
        self.given = given if type(given) is tuple else None  # a list may have others tomorrow
        self.parameters = [x if x.flags.c_contiguous else np.array(x, order="C") for x in given]
        self.spare: dict[tuple[int, Any], list[Run]] = {}

    def has(self, parameters: Sequence[Any]) -> bool:
        """Whether these are they; copies of arrays that were not in one piece are not."""
        return len(parameters) == len(self.parameters) and all(map(is_, parameters, self.parameters))

    def shelf(self, samples: int, dtype: Any) -> list[Run]:
        while len(self.spare) >= MOST:
            self.spare.pop(next(iter(self.spare)), None)
        return self.spare.setdefault((samples, dtype), [])


def function(
    program: Equations,
    name: str,
    equations: Sequence[Equation],
    results: Sequence[Array],
    given: Sequence[Array],
) -> Function:
    """The function of some equations: it fills the arrays that are given, and gives the results."""
    taken = names_in(program) | labels_in(program)
    name, prepare, held = (unique(own, taken) for own in (name, "prepare", "constants"))
    places, memory = Places(taken), Memory(taken, unique("dtype", taken), program.parameters)
    anew = [array for array in results if array.shape or array.batched]
    order = order_for(program, equations, anew)
    built = Builder(program, equations, {*results, *given}, order, places, taken)
    write = Operations(memory, taken)
    Buffers(write, given, anew).add(built.statements)
    constants = constants_of(equations)
    arguments = [*program.inputs, *given]
    head = f"def {prepare}({', '.join([BATCH, write.dtype, *_names(program.parameters)])}):"
    kept = [f"{x} = np.asarray({held}[{x!r}], {write.dtype})" for x in _names(constants)]
    inner = _inner(name, _names(arguments), write.body, _names(results))
    lines = [*kept, *write.memory.setup, "", *inner, "", f"return {name}"]
    text = "\n".join([head, *_indented(lines), ""])
    space = {own: kernel(function) for function, own in write.functions.items()}
    space |= {"np": np, **places.arrays, held: {array.name: array.data for array in constants}}
    _execute(text, name, space)
    return Function(text, space[prepare])


def order_for(program: Equations, equations: Sequence[Equation], results: Sequence[Array]) -> Order:
    """How the axes of arrays are kept so that all is fast: first the one along which a loop goes, so that
    a step is one piece of memory; and the samples last, if no array has more than one axis beside them."""
    stepped = {
        equation.target.array: axis
        for loop, block in blocks(program, set(equations))
        for equation in block
        for axis in _along(equation.target, loop)
    }
    arrays = {equation.target.array for equation in equations} - set(results)
    flat = not any(array.batched and len(array.shape) > 1 for array in arrays)

    def order(array: Array) -> tuple[int, ...]:
        axes = as_kept(array)
        if array.kind != "computed" or array in results:
            return axes
        if array in stepped:
            first = stepped[array]
            return (first, *(axis for axis in axes if axis != first))
        return axes[::-1] if flat and array.batched and len(axes) == 2 else axes

    return order


def _along(target: View, loop: Loop) -> list[int]:
    """The axes of a target along which a loop goes."""
    return [k + target.array.batched for k, step in enumerate(target.steps) if loop.label in step.labels]


def _inner(name: str, arguments: Sequence[str], body: Sequence[str], results: Sequence[str]) -> list[str]:
    """The function itself, which stands within the one that makes what is kept."""
    lines = [*body, f"return {', '.join(results)}"]
    return [f"def {name}({', '.join(arguments)}):", *_indented(lines)]


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" if line else "" for line in lines]


def _names(arrays: Iterable[Array]) -> list[str]:
    return [array.name for array in arrays]


def _execute(text: str, name: str, space: dict[str, Any]) -> None:
    """Runs a module's text; tracebacks show its lines."""
    file = f"<autograd_lite {name} {next(NUMBERS)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), space)
