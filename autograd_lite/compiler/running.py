"""The modules that run: a function of a program, and what it keeps for a number of samples."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any

import numpy as np

from .access import Order
from .buffers import Buffers
from .building import Builder, Places, blocks, constants_of, labels_in, names_in
from .exponentials import unique
from .ir import BATCH, Array, Equation, Equations, Loop, View
from .listing import as_kept
from .memory import Memory
from .operations import Operations
from .rows import kernel

MOST = 8  # numbers of samples for which arrays are kept
NUMBERS = count(1)  # of modules, for tracebacks


class Function:
    """A function of NumPy that writes into arrays it keeps, some for each number of samples.

    A call has them for itself: another one at the same time, of another thread, gets its own.
    """

    def __init__(self, text: str, run: Callable[..., Any], prepare: Callable[[int, Any], Any]) -> None:
        self.text, self.run, self.prepare = text, run, prepare
        self.spare: dict[tuple[int, Any], list[Any]] = {}

    def __call__(self, samples: int, dtype: Any, arguments: Iterable[Any]) -> Any:
        spare = self.spare.get((samples, dtype))
        if spare is None:
            spare = self._shelf(samples, dtype)
        try:
            kept = spare.pop()
        except IndexError:
            kept = self.prepare(samples, dtype)
        with np.errstate(all="ignore"):
            found = self.run(*arguments, samples, dtype, *kept)
        spare.append(kept)
        return found

    def _shelf(self, samples: int, dtype: Any) -> list[Any]:
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
    places, memory = Places(taken), Memory(taken, unique("dtype", taken))
    anew = [array for array in results if array.shape or array.batched]
    order = order_for(program, equations, anew)
    built = Builder(program, equations, {*results, *given}, order, places, taken)
    write = Operations(memory, taken)
    Buffers(write, given, anew).add(built.statements)
    constants = constants_of(equations)
    arguments = [*program.inputs, *program.parameters, *given]
    text = _text(
        name, [a.name for a in arguments], [a.name for a in constants], write, [a.name for a in results]
    )
    space = {own: kernel(function) for function, own in write.functions.items()}
    space |= {"np": np, **places.arrays, "constants": {array.name: array.data for array in constants}}
    _execute(text, name, space)
    return Function(text, space[name], space["prepare"])


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


def _text(
    name: str, arguments: list[str], constants: list[str], write: Operations, results: list[str]
) -> str:
    """The module: what is made once for n samples, and the function, which gets that with every call."""
    memory, dtype = write.memory, write.dtype
    made = [*constants, *memory.made]
    setup = [f"{constant} = np.asarray(constants[{constant!r}], {dtype})" for constant in constants]
    setup += [*memory.setup, f"return ({''.join(f'{text}, ' for text in made)})"]
    body = [*write.body, f"return {', '.join(results)}"]
    return "\n".join([
        f"def prepare({BATCH}, {dtype}):", *(f"    {line}" for line in setup), "", "",
        f"def {name}({', '.join([*arguments, BATCH, dtype, *made])}):", *(f"    {line}" for line in body), "",
    ])  # fmt: skip


def _execute(text: str, name: str, space: dict[str, Any]) -> None:
    """Runs a module's text; tracebacks show its lines."""
    file = f"<autograd_lite {name} {next(NUMBERS)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), space)
