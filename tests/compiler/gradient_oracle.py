"""Gradients of array equations, by the equations and by the engine, and the two held against each other."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as al
from autograd_lite.compiler.equations.gradient import differentiate
from autograd_lite.compiler.equations.ir import Array, Equations
from autograd_lite.compiler.equations.well_formed import check

from .interpreter import floats, run

Numbers = Any
Gradients = dict[Array, Numbers]


def by_engine(program: Equations, numbers: dict[Array, Any], count: int = 1) -> tuple[float, Gradients]:
    """The loss and the gradients of the parameters: the forward equations, on Values."""
    values = {
        array: np.vectorize(al.Value, otypes=[object])(data) if array.kind == "parameter" else data
        for array, data in numbers.items()
    }
    loss = run(program, values, backward=False, count=count)[program.loss].item()
    slopes = {array: np.zeros(array.shape) for array in program.parameters}
    if not isinstance(loss, al.Value):
        return float(loss), slopes
    for array in slopes:
        slopes[array] = np.array(al.grad(loss, values[array].reshape(-1))).reshape(array.shape)
    return loss.data, slopes


def by_equations(program: Equations, numbers: dict[Array, Any], count: int = 1) -> tuple[float, Gradients]:
    """The same by forward and backward equations; 0 for a parameter that has no gradient."""
    with np.errstate(all="ignore"):
        known = run(program, numbers, count=count)
    slopes = {array: np.zeros(array.shape) for array in program.parameters}
    slopes |= {array: floats(known[gradient]) for array, gradient in program.gradients.items()}
    return float(known[program.loss].item()), slopes


def differs(
    got: tuple[float, Gradients], right: tuple[float, Gradients], rtol: float = 1e-9, atol: float = 1e-9
) -> list[str]:
    """Two lines for everything that is wrong: what came, and what is right."""
    lines = []
    pairs = [("loss", np.array(got[0]), np.array(right[0]))]
    pairs += [(array.name, got[1][array], right[1][array]) for array in right[1]]
    for name, mine, true in pairs:
        if not np.allclose(mine, true, rtol=rtol, atol=atol, equal_nan=True):
            lines += [f"{name}: {mine.tolist()}", f"{' ' * len(name)}  {true.tolist()}"]
    return lines


def assert_right(program: Equations, numbers: dict[Array, Any] | None = None, count: int = 3) -> None:
    """The equations, differentiated if they are not yet, give the engine's gradients at random numbers."""
    if not program.backward:
        differentiate(program)
    check(program)
    draw = np.random.default_rng(0)
    given = dict(numbers or {})
    for array in [*program.parameters, *program.inputs]:
        full = (count,) * array.batched + array.shape
        if array not in given:
            given[array] = draw.integers(0, 2, full) if array.kind == "index" else draw.normal(size=full)
    wrong = differs(by_equations(program, given, count), by_engine(program, given, count), 1e-11, 1e-12)
    assert not wrong, "\n".join([str(program), *wrong])
