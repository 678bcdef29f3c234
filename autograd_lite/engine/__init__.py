"""Scalars that differentiate: the table of operations, Value, and the chain rule over their graph."""

from __future__ import annotations

import importlib.util
import os
import sys
from importlib.machinery import SourceFileLoader

from ..errors import LostGraphError

_COMPILED = ("value", "graph")  # compiled both, or neither: graph looks into the nodes of value


def _is_compiled(name: str) -> bool:
    spec = importlib.util.find_spec(f"{__name__}.{name}")
    return spec is not None and not str(spec.origin).endswith(".py")


def _load_source(file: str) -> None:
    """The module of a file itself, even with a compiled one beside it."""
    name = f"{__name__}.{file}"
    loader = SourceFileLoader(name, os.path.join(os.path.dirname(__file__), f"{file}.py"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_file_location(name, loader=loader))  # type: ignore[arg-type]
    sys.modules[name] = module
    loader.exec_module(module)
    globals()[file] = module  # as an import does


_found = {_is_compiled(file) for file in _COMPILED}
if True in _found and (False in _found or os.environ.get("AUTOGRAD_LITE_PURE", "") not in ("", "0")):
    for _file in _COMPILED:
        _load_source(_file)

from . import ops, value
from .contexts import looking, mode, name_scope, no_grad, recording
from .derivatives import grad
from .float_math import real
from .graph import listed, order
from .operation import NUMPY_NAMES, TABLE, Op
from .strict import strict
from .tracing import tracing
from .value import Value, apply, linear, number_of, operands_of

kind = "python" if value.__file__.endswith(".py") else "compiled"


def _no_subclass(cls: type, **named: object) -> None:
    raise LostGraphError("Value cannot be subclassed: an operation is added as a row, with ops.row")


if kind == "python":  # what a compiled type has from C, or cannot have
    Value.__init_subclass__ = classmethod(_no_subclass)  # type: ignore[assignment, arg-type]
    if vars(Value).keys() >= {*TABLE, *NUMPY_NAMES}:
        # Before Python 3.12 a class with a __getattr__ pays at every load of an attribute: backward is more
        # than twice as fast without. A row that is added brings it back.
        _by_name = Value.__getattr__
        ops.new_rows.append(lambda row: setattr(Value, "__getattr__", _by_name))
        del Value.__getattr__

__all__ = [
    "NUMPY_NAMES",
    "TABLE",
    "Op",
    "Value",
    "apply",
    "grad",
    "kind",
    "linear",
    "listed",
    "looking",
    "mode",
    "name_scope",
    "no_grad",
    "number_of",
    "operands_of",
    "order",
    "real",
    "recording",
    "strict",
    "tracing",
]
