"""autograd_lite: scalar reverse-mode automatic differentiation, to read, to trust and to draw."""

from __future__ import annotations

import importlib as _importlib
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from .engine import (
    Value,
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
    dot,
    elu,
    erf,
    erfc,
    exp,
    expm1,
    gelu,
    grad,
    hessian,
    hvp,
    hypot,
    jacobian,
    leaky_relu,
    log,
    log1p,
    log_softmax,
    logsumexp,
    max,
    mean,
    min,
    name_scope,
    no_grad,
    norm,
    ops,
    order,
    prod,
    relu,
    select,
    sigmoid,
    silu,
    sin,
    sinh,
    softmax,
    softplus,
    sqrt,
    strict,
    sum,
    take,
    tan,
    tanh,
)
from .engine import abs_ as abs
from .engine import kind as engine_kind
from .engine import pow_ as pow
from .errors import (
    ArgumentError,
    ArgumentTypeError,
    ArgumentValueError,
    AutogradLiteError,
    CompileError,
    ExpressionError,
    GraphError,
    LostGraphError,
    NonFiniteError,
    RenderError,
    StorageError,
    TraceError,
)
from .notation import latex, text

__version__ = "0.1.0"
# What needs NumPy or more is imported when it is first asked for.
_LATER = {
    "checking": "check_derivation gradcheck",
    "compiler": "Program compile",
    "nn": "bce_loss bce_with_logits cross_entropy hinge_loss huber_loss l2_penalty mse_loss nll_loss"
    " sse_loss",
    "nn.from_config": "load load_state save",
    "optim": "clip_grad_norm",
    "pages": "Page Recorder explore",
    "pictures": "Picture draw",
    "training": "Callback Checkpoint DivergenceWarning EarlyStopping History evaluate fit predict",
}
_MODULE_OF = {name: module for module, names in _LATER.items() for name in names.split()}
_MODULES = ("data", "nn", "optim", "plots")

if _TYPE_CHECKING:
    from . import data, nn, optim, plots
    from .checking import check_derivation, gradcheck
    from .compiler import Program, compile
    from .nn import (
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
    from .nn.from_config import load, load_state, save
    from .optim import clip_grad_norm
    from .pages import Page, Recorder, explore
    from .pictures import Picture, draw
    from .training import (
        Callback,
        Checkpoint,
        DivergenceWarning,
        EarlyStopping,
        History,
        evaluate,
        fit,
        predict,
    )


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
