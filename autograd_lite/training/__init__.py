"""Training: fit, evaluate, predict; what happens in an epoch, and between epochs."""

from .callbacks import Callback, Checkpoint, EarlyStopping
from .fitting import LOSSES, DivergenceWarning, evaluate, fit, predict
from .metrics import boundary
from .run import History, Run
from .samples import samples

__all__ = [
    "LOSSES",
    "Callback",
    "Checkpoint",
    "DivergenceWarning",
    "EarlyStopping",
    "History",
    "Run",
    "boundary",
    "evaluate",
    "fit",
    "predict",
    "samples",
]
