"""Optimisers and learning-rate schedules, over anything with `.data` and `.grad`."""

from .optimizers import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    CosineAnnealingLR,
    ExponentialLR,
    LinearLR,
    Optimizer,
    RMSProp,
    Schedule,
    SequentialLR,
    StepLR,
    clip_grad_norm,
)

__all__ = [
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "CosineAnnealingLR",
    "ExponentialLR",
    "LinearLR",
    "Optimizer",
    "RMSProp",
    "Schedule",
    "SequentialLR",
    "StepLR",
    "clip_grad_norm",
]
