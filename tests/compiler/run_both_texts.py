"""Programs run through what is emitted, in both texts, and held against the interpreter."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from autograd_lite.compiler.equations.gradient import differentiate
from autograd_lite.compiler.equations.ir import Array, Equations
from autograd_lite.compiler.equations.simplify import simplify
from autograd_lite.compiler.equations.well_formed import check
from autograd_lite.compiler.execution.emitted import Emitted, emit
from autograd_lite.compiler.numpy_code.listing import listed

from .gradient_oracle import by_equations, differs

Numbers = dict[Array, Any]
Found = tuple[float, Numbers]


def ready(program: Equations) -> Equations:
    """The program with its backward pass, every array by a name of its own."""
    if not program.backward:
        simplify(differentiate(program))
    named: dict[str, Array] = {}
    for array in _arrays(program):
        while named.setdefault(array.name, array) is not array:
            array.name += "_"
    check(program)
    return program


def _arrays(program: Equations) -> list[Array]:
    computed = [equation.target.array for equation in [*program.forward, *program.backward]]
    return list(dict.fromkeys([*program.parameters, *program.inputs, *computed]))


def drawn(program: Equations, count: int = 3, seed: int = 0) -> Numbers:
    """Random numbers for parameters and inputs; the places that an index picks are 0 and 1."""
    draw = np.random.default_rng(seed)
    numbers = {}
    for array in [*program.parameters, *program.inputs]:
        full = (count,) * array.batched + array.shape
        numbers[array] = draw.integers(0, 2, full) if array.kind == "index" else draw.normal(size=full)
    return numbers


def arguments(program: Equations, numbers: Numbers, dtype: Any = np.float64) -> tuple[list[Any], list[Any]]:
    """The arrays of the parameters and the inputs, as programs want them."""
    inputs = [np.array(numbers[a], np.int64 if a.kind == "index" else dtype) for a in program.inputs]
    return [np.array(numbers[a], dtype) for a in program.parameters], inputs


def by_running(program: Equations, emitted: Emitted, numbers: Numbers, dtype: Any = np.float64) -> Found:
    """The loss and the gradients by the text that runs."""
    parameters, inputs = arguments(program, numbers, dtype)
    gradients = [np.full(x.shape, np.nan, dtype) for x in parameters]
    loss = emitted.value_and_grad(parameters, inputs, gradients)
    return loss, _gradients(program, gradients)


def by_reading(program: Equations, numbers: Numbers) -> Found:
    """The same by the text that is shown."""
    source, held = listed(program)
    space = {name: np.asarray(data) for name, data in held.items()}
    exec(source, space)
    parameters, inputs = arguments(program, numbers)
    with np.errstate(all="ignore"):
        found = space["value_and_grad"](*inputs, *parameters)
    known = [k for k, array in enumerate(program.parameters) if array in program.gradients]
    loss, gradients = (found[0], found[1:]) if known else (found, ())
    all_of_them = [np.full(x.shape, np.nan) for x in parameters]
    for k, gradient in zip(known, gradients, strict=True):
        assert np.shape(gradient) == parameters[k].shape
        all_of_them[k] = np.asarray(gradient)
    return float(loss), _gradients(program, all_of_them)


def _gradients(program: Equations, gradients: list[Any]) -> Numbers:
    """Those that the program gives; 0 for the others, which are left as they were."""
    found = {}
    for array, gradient in zip(program.parameters, gradients, strict=True):
        assert array in program.gradients or np.isnan(gradient).all()
        found[array] = gradient if array in program.gradients else np.zeros(array.shape)
    return found


def faults(program: Equations, numbers: Numbers, count: int = 3) -> list[str]:
    """What is wrong with either text, and with what is kept from one call to the next."""
    emitted = emit(ready(program))
    right = by_equations(program, numbers, count)
    wrong = []
    for text, found in (
        ("shown", by_reading(program, numbers)),
        ("run", by_running(program, emitted, numbers)),
        ("run again", by_running(program, emitted, numbers)),
    ):
        wrong += [f"{text}: {line}" for line in differs(found, right)]
    value = emitted.value(*arguments(program, numbers))
    if not np.isclose(value, right[0], rtol=1e-9, atol=1e-9, equal_nan=True):
        wrong.append(f"value: {value}, and {right[0]} is right")
    return wrong


def assert_emitted(program: Equations, numbers: Numbers | None = None, count: int = 3) -> Emitted:
    """Both texts give what the equations say."""
    numbers = drawn(ready(program), count) if numbers is None else numbers
    wrong = faults(program, numbers, count)
    assert not wrong, "\n".join([str(program), *wrong])
    return emit(program)


def body(source: str, function: str = "value_and_grad") -> list[str]:
    """The lines of a function, without comments and what is empty."""
    text = re.search(rf"def {function}\(.*?\):\n(.*?)(?=\ndef |\Z)", source, re.DOTALL)
    assert text is not None, source
    lines = [line.removeprefix("    ").partition("  #")[0] for line in text[1].splitlines()]
    return [line for line in lines if line.strip() and not line.startswith("#")]
