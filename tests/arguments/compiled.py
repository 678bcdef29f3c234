"""The part of the table with the compiler: what is compiled, and what a program is called with."""

from __future__ import annotations

from typing import Any

import autograd_lite as al
from autograd_lite import nn, optim

from .nets import assigned
from .probes import NONE, OPTIONAL, Entry, Fresh, entry, kind

ROWS = [[0.5, -1.0], [1.0, 2.0]]
LABELS = [0, 1]
NETS: list[nn.MLP] = []  # that of the latest program


def compiled(function: Any = None, parameters: Any = None, /, **named: Any) -> Any:
    """The loss of a small net, with predictions, unless another function is given."""
    NETS[:] = [nn.MLP(2, [3, 2], seed=0)]
    example = {"x": [0.5, -1.0], "y": 1, **named}
    return al.compile(
        of_sample if function is None else function, NETS[0] if parameters is None else parameters, **example
    )


def of_sample(x: Any, y: Any) -> Any:
    scores = NETS[0](x)
    return al.cross_entropy(scores, y), scores


def finished(function: Any, **named: Any) -> Any:
    return al.compile(function, **named)


def of(method: str) -> Any:
    """A call of a program's method."""

    def call(**named: Any) -> Any:
        return getattr(compiled(), method)(**named)

    return call


def step(optimizer: Any, **named: Any) -> Any:
    program = compiled()
    made = (
        optim.SGD(NETS[0].parameters(), lr=0.1)
        if isinstance(optimizer, str) and optimizer == "sgd"
        else optimizer
    )
    return program.step(made, **named)


DATA = {"x": (ROWS, NONE), "y": (LABELS, kind("labels, one a sample"))}
ENTRIES = {
    "compile": Entry(
        "compile|cross_entropy|MLP|Layer",
        lambda function, parameters, **named: compiled(function, parameters, **named),
        {
            "function": (None, OPTIONAL),
            "parameters": (None, OPTIONAL),
            "reduce": ("mean", NONE),
            "dtype": ("float64", NONE),
        },
        {"function": "function|example", "parameters": "parameters|theta"},
    ),
    "compile of a Value": Entry(
        "compile", finished, {"function": (Fresh(lambda: al.Value(2.0).exp()), kind("a Value", "Value"))}
    ),
    "Program.value_and_grad": entry("value_and_grad", of("value_and_grad"), **DATA),
    "Program.predict": entry("predict", of("predict"), **DATA),
    "Program.step": entry("step", step, optimizer=("sgd", NONE), **DATA),
    "Program.theta": entry("Program", assigned(compiled, "theta"), {"new": "theta"}, new=([0.5] * 17, NONE)),
    "Program.equations": entry("equations", of("equations"), style=("text", NONE)),
    "Program.report": entry("report", of("report")),
    "Program.pull": entry("pull", of("pull")),
    "Program.push": entry("push", of("push")),
}
