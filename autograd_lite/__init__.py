"""autograd_lite: scalar reverse-mode automatic differentiation, to read, to trust and to draw."""

from __future__ import annotations

import importlib.util as _importlib_util
import os as _os
import sys as _sys
from pathlib import Path as _Path


def _load_pure_engine() -> None:
    """Where AUTOGRAD_LITE_PURE asks for it: engine.py itself, even with a compiled engine beside it."""
    name = f"{__name__}.engine"
    spec = _importlib_util.spec_from_file_location(name, _Path(__file__).with_name("engine.py"))
    assert spec is not None and spec.loader is not None
    module = _importlib_util.module_from_spec(spec)
    _sys.modules[name] = module
    spec.loader.exec_module(module)


if _os.environ.get("AUTOGRAD_LITE_PURE", "") not in ("", "0"):
    _load_pure_engine()

from . import engine as _engine
from . import ops
from .derivatives import grad, hessian, hvp, jacobian
from .engine import Value
from .errors import (
    ArgumentError,
    ArgumentTypeError,
    ArgumentValueError,
    AutogradLiteError,
    GraphError,
    LostGraphError,
    NonFiniteError,
)
from .functions import dot, log_softmax, logsumexp, max, mean, min, norm, prod, softmax, sum
from .graph import order
from .modes import name_scope, no_grad, strict
from .ops import abs_ as abs
from .ops import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    clamp,
    cos,
    cosh,
    elu,
    erf,
    erfc,
    exp,
    expm1,
    gelu,
    hypot,
    leaky_relu,
    log,
    log1p,
    relu,
    select,
    sigmoid,
    silu,
    sin,
    sinh,
    softplus,
    sqrt,
    tan,
    tanh,
)
from .ops import pow_ as pow

__version__ = "0.1.0"
engine_kind = "python" if _engine.__file__.endswith(".py") else "compiled"

__all__ = [
    "ArgumentError",
    "ArgumentTypeError",
    "ArgumentValueError",
    "AutogradLiteError",
    "GraphError",
    "LostGraphError",
    "NonFiniteError",
    "Value",
    "__version__",
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "clamp",
    "cos",
    "cosh",
    "dot",
    "elu",
    "engine_kind",
    "erf",
    "erfc",
    "exp",
    "expm1",
    "gelu",
    "grad",
    "hessian",
    "hvp",
    "hypot",
    "jacobian",
    "leaky_relu",
    "log",
    "log1p",
    "log_softmax",
    "logsumexp",
    "max",
    "mean",
    "min",
    "name_scope",
    "no_grad",
    "norm",
    "ops",
    "order",
    "pow",
    "prod",
    "relu",
    "select",
    "sigmoid",
    "silu",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "sqrt",
    "strict",
    "sum",
    "tan",
    "tanh",
]
