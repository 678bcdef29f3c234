"""autograd_lite: scalar reverse-mode automatic differentiation, to read, to trust and to draw."""

from __future__ import annotations

import importlib as _importlib
from typing import Any as _Any

from . import engine, notation  # noqa: F401 (notation also teaches notebooks to show a Value as a formula)

__version__ = "0.1.0"

# Every public name is imported from its room when it is first asked for, under the name that it has there
# where one is given. Those who only read are told the same by __init__.pyi, which a test holds to this.
_ROOMS = {
    "errors": """ArgumentError ArgumentTypeError ArgumentValueError AutogradLiteError CompileError
        ExpressionError GraphError LostGraphError NonFiniteError RenderError StorageError TraceError""",
    "engine": "Value engine_kind=kind grad name_scope no_grad order strict",
    "engine.ops": """abs=abs_ acos acosh asin asinh atan atan2 atanh clamp cos cosh elu erf erfc exp expm1
        gelu hypot leaky_relu log log1p pow=pow_ relu select sigmoid silu sin sinh softplus sqrt tan tanh""",
    "engine.functions": "dot log_softmax logsumexp max mean min norm prod softmax sum take",
    "engine.derivatives": "hessian hvp jacobian",
    "notation": "latex text",
    "nn": """bce_loss bce_with_logits cross_entropy hinge_loss huber_loss l2_penalty mse_loss nll_loss
        sse_loss""",
    "nn.from_config": "load load_state save",
    "optim": "clip_grad_norm",
    "training": "Callback Checkpoint DivergenceWarning EarlyStopping History evaluate fit predict",
    "checking": "check_derivation gradcheck",
    "compiler": "Program compile",
    "pictures": "Picture draw",
    "pages": "Page Recorder explore",
}
_MODULES = ("data", "nn", "ops", "optim", "plots")
_PLACES = {
    name: (room, own or name)
    for room, names in _ROOMS.items()
    for name, _, own in (entry.partition("=") for entry in names.split())
}

__all__ = sorted([*_PLACES, *_MODULES, "__version__"])


def __getattr__(name: str) -> _Any:
    if name in _MODULES:
        return _importlib.import_module(f"{__name__}.{name}")
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room, own = _PLACES[name]
    found = globals()[name] = getattr(_importlib.import_module(f"{__name__}.{room}"), own)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


for _name, (_room, _own) in _PLACES.items():  # what is loaded in any case need not be asked for
    if _room.split(".")[0] in ("errors", "engine", "notation"):
        __getattr__(_name)
