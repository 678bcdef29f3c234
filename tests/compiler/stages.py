"""The text of equations after the stages of the compiler, each checked."""

from __future__ import annotations

from autograd_lite.compiler.adjoint import differentiate
from autograd_lite.compiler.check import check
from autograd_lite.compiler.ir import Equations
from autograd_lite.compiler.simplify import simplify


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
