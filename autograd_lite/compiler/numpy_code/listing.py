"""The text of a program that is shown: a module of NumPy as a person would have written it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..equations import BATCH, Array, Equation, Equations, needed_for, reads
from .axis_walks import At
from .expressions import Expr, Statement, expanded
from .lowering import Builder, Places, constants_of, labels_in, names_in
from .printer import METHODS, Printer
from .statements import lines

ROOT = "loss"  # the outermost name scope
MOST_SHOWN = 12  # numbers in an array of places that is shown
ABOUT = """The loss and its gradients.

The program runs this with its arrays kept from call to call: every line writes into one of them, as by out=.
Where that is faster, axes stand in another order, a sum is a product with ones, an einsum one of matrices.
"""


def for_gradients(program: Equations) -> list[Equation]:
    """The equations of the loss and the gradients, forward and backward."""
    read = (view.array for equation in program.backward for view in reads(equation))
    return [*needed_for({program.loss, *read}, program.forward), *program.backward]


def as_kept(array: Array) -> tuple[int, ...]:
    """The axes in their own order, the samples first."""
    return tuple(range(len(array.shape) + array.batched))


def listed(program: Equations) -> tuple[str, dict[str, Any]]:
    """The module, and the arrays that it needs beside what it says: constants, and places."""
    listing = _Listing(program)
    functions = [listing.gradients()]
    if program.outputs:
        functions.append(listing.outputs())
    return "\n".join([listing.head(functions), *functions]), listing.held


def made_at_once(statements: Iterable[Statement]) -> list[Statement]:
    """Room for an array and the only row that it has as one statement: dW[0] = v is dW = v[None]."""
    found: list[Statement] = []
    for statement in statements:
        has_room = bool(found) and found[-1].what == "new" and found[-1].array is statement.array
        row = _as_whole(statement) if has_room else None
        if row is not None:
            found.pop()
        found.append(row or statement)
    return found


def _as_whole(statement: Statement) -> Statement | None:
    """A statement that writes to all of an array by naming the only place of some axes, without these."""
    target, value = statement.target, statement.value
    if statement.what != "store" or target.op != "slice" or value.dims != target.dims:
        return None
    array, items = target.args[0], target.info
    only = [dim == 1 and isinstance(item, At) for item, dim in zip(items, array.dims, strict=True)]
    if any(item is not None and not single for item, single in zip(items, only, strict=True)):
        return None
    if not value.dims and value.op not in METHODS:  # it may be a number of Python's
        filled = Expr("broadcast", (value,), dims=array.dims)
        return replace(statement, what="set", target=array, value=filled)
    own = iter(value.labels)
    labels = tuple(None if single else next(own) for single in only)
    return replace(statement, what="set", target=array, value=expanded(value, labels))


class _Listing:
    def __init__(self, program: Equations) -> None:
        self.program, self.taken = program, names_in(program) | labels_in(program)
        self.places = Places(self.taken)
        arrays = [array for array in [*program.parameters, *program.inputs] if array.kind != "index"]
        self.printer = Printer(f"{arrays[0].name}.dtype" if arrays else "float", self.taken)
        every = [*program.forward, *program.backward]
        self.held: dict[str, Any] = {array.name: array.data for array in constants_of(every)}

    # --- functions ---

    def gradients(self) -> str:
        program = self.program
        gradients = [program.gradients[p].name for p in program.parameters if p in program.gradients]
        body = self._body(for_gradients(program), {program.loss, *program.gradients.values()})
        return self._function("value_and_grad", body, ", ".join([program.loss.name, *gradients]))

    def outputs(self) -> str:
        outputs = self.program.outputs
        body = self._body(needed_for(outputs, self.program.forward), outputs)
        return self._function("predict", body, ", ".join(array.name for array in outputs))

    def _function(self, name: str, body: Sequence[str], result: str) -> str:
        arguments = ", ".join(array.name for array in [*self.program.inputs, *self.program.parameters])
        lines = [f"    {line}" if line else "" for line in [*body, f"return {result}"]]
        return "\n".join(["", f"def {name}({arguments}):", *lines]) + "\n"

    def _body(self, equations: list[Equation], kept: Collection[Array]) -> list[str]:
        built = Builder(self.program, equations, kept, as_kept, self.places, set(self.taken))
        backward = {equation.target.array for equation in self.program.backward}
        scopes = _Scopes(backward, {*self.program.gradients.values()})
        body, depth = list[str](), 0
        for statement in made_at_once(built.statements):
            body += scopes.comment(statement.array) if not depth else []
            body += ["    " * depth + line for line in lines(statement, self.printer)]
            depth += {"for": 1, "end": -1}.get(statement.what, 0)
        code = [line for line in body if not line.startswith("#")]
        if not any(re.search(rf"\b{BATCH}\b", line) for line in code):
            return body
        samples = next((f"len({array.name})" for array in self.program.inputs if array.batched), "1")
        return [f"{BATCH} = {samples}", *([""] if body[0].startswith("#") else []), *body]

    # --- what stands before them ---

    def head(self, functions: Sequence[str]) -> str:
        """What the functions use: NumPy, kernels, rows of the user's, arrays of places."""
        blocks = [f'"""{ABOUT}"""', "import numpy as np", *self._imports()]
        used = set(re.findall(r"\w+", " ".join(functions)))
        for name, places in self.places.arrays.items():
            if name in used and places.size <= MOST_SHOWN:
                blocks.append(f"{name} = np.array({places.tolist()})")
            elif name in used:
                self.held[name] = places
        held = [name for name in self.held if name in used]
        if held:
            blocks.append(f"# {', '.join(held)}: arrays that the program holds")
        return "\n\n".join(blocks) + "\n"

    def _imports(self) -> list[str]:
        names = self.printer.functions
        rows = {name: own[4:] for own, name in names.items() if own.startswith("row ")}
        kernels = sorted(
            own if own == name else f"{own} as {name}" for own, name in names.items() if name not in rows
        )
        if not names:
            return []
        imports = [
            f"from autograd_lite.compiler.kernels import {', '.join(['by_element'] * bool(rows) + kernels)}"
        ]
        if rows:
            imports.append("from autograd_lite.ops import TABLE")
        return [
            "\n".join(imports),
            *(f'{name} = by_element(TABLE["{row}"].value)' for name, row in rows.items()),
        ]


class _Scopes:
    """The comments between the lines: which layer a block is, forward and backward."""

    def __init__(self, backward: set[Array], results: set[Array]) -> None:
        self.backward, self.results = backward, results
        self.now: tuple[bool, str] | None = None

    def comment(self, array: Array | None) -> list[str]:
        if array is None or (array in self.results and self.now is not None):
            return []
        scope = re.sub(r"/?neuron\d+$", "", array.path.removeprefix(ROOT).strip("/"))
        here = array in self.backward, scope or (self.now[1] if self.now else "")
        if here == self.now or here == (False, ""):
            self.now = here
            return []
        lines = [""] if self.now is not None else []
        self.now = here
        return [*lines, f"# {' '.join(filter(None, (here[1], 'backward' * here[0])))}"]
