"""The text of equations after the stages of the compiler, each checked."""

from __future__ import annotations

from autograd_lite.compiler.equations.gradient import differentiate
from autograd_lite.compiler.equations.ir import Equations
from autograd_lite.compiler.equations.simplify import simplify
from autograd_lite.compiler.equations.well_formed import check


def forward(program: Equations) -> list[str]:
    """The forward equations, simplified."""
    check(simplify(program))
    return list(map(str, program.forward))


def backward(program: Equations) -> list[str]:
    """The backward equations as they come."""
    check(differentiate(program))
    return list(map(str, program.backward))


def simplified_backward(program: Equations) -> list[str]:
    """The backward equations, simplified."""
    check(simplify(differentiate(program)))
    return list(map(str, program.backward))
