"""autograd_lite: scalar reverse-mode automatic differentiation, to read, to trust and to draw."""

from __future__ import annotations

import importlib as _importlib
import os as _os
import sys as _sys
from importlib import machinery as _machinery
from importlib import util as _util
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any


def _is_compiled(name: str) -> bool:
    spec = _util.find_spec(f"{__name__}.{name}")
    return spec is not None and not str(spec.origin).endswith(".py")


def _load_source(file: str) -> None:
    """The module of a file itself, even with a compiled one beside it."""
    name = f"{__name__}.{file}"
    loader = _machinery.SourceFileLoader(name, _os.path.join(_os.path.dirname(__file__), f"{file}.py"))
    module = _util.module_from_spec(_util.spec_from_file_location(name, loader=loader))  # type: ignore[arg-type]
    _sys.modules[name] = module
    loader.exec_module(module)
    globals()[file] = module  # as an import does


_ENGINE = ("engine", "graph")  # compiled both, or neither: graph looks into the nodes of engine
_compiled = {_is_compiled(_file) for _file in _ENGINE}
if True in _compiled and (False in _compiled or _os.environ.get("AUTOGRAD_LITE_PURE", "") not in ("", "0")):
    for _file in _ENGINE:
        _load_source(_file)

from . import engine as _engine
from . import ops
from .check import gradcheck
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
    TraceError,
)
from .functions import dot, log_softmax, logsumexp, max, mean, min, norm, prod, softmax, sum, take
from .graph import order
from .modes import name_scope, no_grad, strict
from .notation import latex, text
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


def _no_subclass(cls: type, **named: object) -> None:
    raise LostGraphError("Value cannot be subclassed: an operation is added as a row, with ops.row")


if engine_kind == "python":  # what a compiled type has from C, or cannot have
    from .methods import give_methods as _give_methods

    _give_methods()
    Value.__init_subclass__ = classmethod(_no_subclass)  # type: ignore[assignment, arg-type]


# What needs NumPy or more is imported when it is first asked for.
_LATER = {
    "callbacks": "Callback Checkpoint EarlyStopping History",
    "compiler.compiling": "compile",
    "compiler.program": "Program",
    "compiler.verify": "CompileError",
    "losses": "bce_loss bce_with_logits cross_entropy hinge_loss huber_loss l2_penalty mse_loss nll_loss"
    " sse_loss",
    "derivation": "check_derivation",
    "drawing": "Picture RenderError draw",
    "exploring": "explore",
    "optim": "clip_grad_norm",
    "files": "StorageError load load_state save",
    "page": "Page",
    "parsing": "ExpressionError",
    "replay": "Recorder",
    "train": "DivergenceWarning evaluate fit predict",
}
_MODULE_OF = {name: module for module, names in _LATER.items() for name in names.split()}
_MODULES = ("data", "nn", "optim", "plots")

if _TYPE_CHECKING:
    from . import data, nn, optim, plots
    from .callbacks import Callback, Checkpoint, EarlyStopping, History
    from .compiler.compiling import compile
    from .compiler.program import Program
    from .compiler.verify import CompileError
    from .derivation import check_derivation
    from .drawing import Picture, RenderError, draw
    from .exploring import explore
    from .files import StorageError, load, load_state, save
    from .losses import (
        bce_loss,
        bce_with_logits,
        cross_entropy,
        hinge_loss,
        huber_loss,
        l2_penalty,
        mse_loss,
        nll_loss,
        sse_loss,
    )
    from .optim import clip_grad_norm
    from .page import Page
    from .parsing import ExpressionError
    from .replay import Recorder
    from .train import DivergenceWarning, evaluate, fit, predict


def __getattr__(name: str) -> _Any:
    if name in _MODULES:
        return _importlib.import_module(f"{__name__}.{name}")
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(_importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "ArgumentError",
    "ArgumentTypeError",
    "ArgumentValueError",
    "AutogradLiteError",
    "Callback",
    "Checkpoint",
    "CompileError",
    "DivergenceWarning",
    "EarlyStopping",
    "ExpressionError",
    "GraphError",
    "History",
    "LostGraphError",
    "NonFiniteError",
    "Page",
    "Picture",
    "Program",
    "Recorder",
    "RenderError",
    "StorageError",
    "TraceError",
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
    "bce_loss",
    "bce_with_logits",
    "check_derivation",
    "clamp",
    "clip_grad_norm",
    "compile",
    "cos",
    "cosh",
    "cross_entropy",
    "data",
    "dot",
    "draw",
    "elu",
    "engine_kind",
    "erf",
    "erfc",
    "evaluate",
    "exp",
    "explore",
    "expm1",
    "fit",
    "gelu",
    "grad",
    "gradcheck",
    "hessian",
    "hinge_loss",
    "huber_loss",
    "hvp",
    "hypot",
    "jacobian",
    "l2_penalty",
    "latex",
    "leaky_relu",
    "load",
    "load_state",
    "log",
    "log1p",
    "log_softmax",
    "logsumexp",
    "max",
    "mean",
    "min",
    "mse_loss",
    "name_scope",
    "nll_loss",
    "nn",
    "no_grad",
    "norm",
    "ops",
    "optim",
    "order",
    "plots",
    "pow",
    "predict",
    "prod",
    "relu",
    "save",
    "select",
    "sigmoid",
    "silu",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "sqrt",
    "sse_loss",
    "strict",
    "sum",
    "take",
    "tan",
    "tanh",
    "text",
]
