"""The part of the table with what trains: optimisers, schedules, fit and what goes with it."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as al
from autograd_lite import Value, optim

from .nets import assigned, on, small
from .probes import AMOUNT, FLAG, NONE, OPTIONAL, TEXT, Fresh, entry, kind

# --- optimisers --------------------------------------------------------------------------

BELOW_1 = kind("from 0 up, below 1", "0", "0.5")


def params() -> list[Value]:
    return [Value(1.0), Value(2.0)]


PARAMS = (Fresh(params), NONE)
DECAY = {"weight_decay": (0.0, AMOUNT)}
RATE = {"params": PARAMS, "lr": (0.1, AMOUNT)}
OPTIMISERS = {
    "SGD": {"momentum": (0.0, AMOUNT), "dampening": (0.0, AMOUNT), "nesterov": (False, NONE)},
    "Adagrad": {"lr_decay": (0.0, AMOUNT), "initial_accumulator_value": (0.0, AMOUNT), "eps": (1e-8, AMOUNT)},
    "RMSProp": {
        "alpha": (0.9, BELOW_1),
        "eps": (1e-8, AMOUNT),
        "momentum": (0.0, AMOUNT),
        "centered": (False, FLAG),
    },
    "Adam": {"betas": ((0.9, 0.99), NONE), "eps": (1e-8, AMOUNT), "amsgrad": (False, FLAG)},
    "AdamW": {"betas": ((0.9, 0.99), NONE), "eps": (1e-8, AMOUNT), "amsgrad": (False, FLAG)},
}


def adam() -> optim.Adam:
    return optim.Adam(params())


def step_lr() -> optim.StepLR:
    return optim.StepLR(adam(), 3)


STEPS = {
    f"optim.{name}": entry(name, getattr(optim, name), **RATE, **DECAY, **more)
    for name, more in OPTIMISERS.items()
}
STEPS |= {
    "optim.Optimizer": entry("Optimizer", optim.Optimizer, **RATE, **DECAY),
    "optim.Optimizer.lr": entry("Adam", assigned(adam, "lr"), {"new": "lr"}, new=(0.1, AMOUNT)),
    "optim.Optimizer.update": entry(
        "Adam.update", on(adam, "update"), x=(np.ones(2), NONE), g=(np.ones(2), NONE)
    ),
    "optim.Optimizer.load_state_dict": entry(
        "Adam.load_state_dict", on(adam, "load_state_dict"), state=(Fresh(lambda: adam().state_dict()), NONE)
    ),
    **{
        f"optim.Optimizer.{name}": entry(name, on(adam, name)) for name in ("step", "zero_grad", "state_dict")
    },
    "clip_grad_norm": entry(
        "clip_grad_norm", al.clip_grad_norm, params=PARAMS, limit=(1.0, AMOUNT.and_("inf"))
    ),
}


class Flat(optim.Schedule):
    """The least that a schedule of one's own can be."""

    def lr_at(self, epoch: int) -> float:
        return self.base_lr


ROW = [optim.StepLR(one := adam(), 3), optim.ExponentialLR(one, 0.5)]
EPOCH = kind("an epoch, from 0", "0")
OPTIMIZER = (Fresh(adam), NONE)
SCHEDULES = {
    "optim.Schedule": entry("Flat", Flat, optimizer=OPTIMIZER),
    "optim.StepLR": entry(
        "StepLR",
        optim.StepLR,
        optimizer=OPTIMIZER,
        step_size=(3, kind("a count", "10**400")),
        gamma=(0.1, AMOUNT),
    ),
    "optim.ExponentialLR": entry(
        "ExponentialLR", optim.ExponentialLR, optimizer=OPTIMIZER, gamma=(0.1, AMOUNT)
    ),
    "optim.LinearLR": entry(
        "LinearLR",
        optim.LinearLR,
        optimizer=OPTIMIZER,
        start_factor=(0.1, AMOUNT),
        end_factor=(1.0, AMOUNT),
        total_iters=(5, kind("a count", "10**400")),
    ),
    "optim.CosineAnnealingLR": entry(
        "CosineAnnealingLR",
        optim.CosineAnnealingLR,
        optimizer=OPTIMIZER,
        T_max=(5, NONE),
        eta_min=(0.0, AMOUNT),
    ),
    "optim.SequentialLR": entry(
        "SequentialLR",
        optim.SequentialLR,
        optimizer=(Fresh(lambda: ROW[0].optimizer), NONE),
        schedulers=(Fresh(lambda: ROW), NONE),
        milestones=([3], NONE),
    ),
    **{
        f"optim.{name}.lr_at": entry(name, on(make, "lr_at"), epoch=(2, EPOCH))
        for name, make in {
            "StepLR": step_lr,
            "ExponentialLR": lambda: optim.ExponentialLR(adam(), 0.5),
            "LinearLR": lambda: optim.LinearLR(adam()),
            "CosineAnnealingLR": lambda: optim.CosineAnnealingLR(adam(), 5),
            "SequentialLR": lambda: optim.SequentialLR(ROW[0].optimizer, ROW, [3]),
        }.items()
    },
    "optim.Schedule.load_state_dict": entry(
        "StepLR.load_state_dict",
        on(step_lr, "load_state_dict"),
        state=(Fresh(lambda: step_lr().state_dict()), NONE),
    ),
    **{f"optim.Schedule.{name}": entry(name, on(step_lr, name)) for name in ("step", "state_dict")},
}


# --- training ----------------------------------------------------------------------------

ROWS, TARGETS = [[0.0, 1.0], [1.0, 0.0]], [0.0, 1.0]
NAMED = kind("one's name, or a list of them, or none", "empty list")


def fitted(**named: Any) -> Any:
    return al.fit(**{"progress": False, **named})


def history() -> al.History:
    recorded = al.History()
    recorded.record({"loss": 1.0})
    return recorded


TRAINING = {
    "fit": entry(
        "fit|mse_loss",
        fitted,
        {"y": "y|target"},
        net=(Fresh(small), NONE),
        X=(ROWS, NONE),
        y=(TARGETS, NONE),
        loss=("mse", NONE),
        optimizer=(None, OPTIONAL),
        epochs=(1, kind("a count, of any size: it may be stopped", "10**400")),
        batch_size=(None, OPTIONAL.and_("10**400")),
        validation=(None, OPTIONAL),
        metrics=((), NAMED),
        callbacks=((), kind("callbacks, or none", "empty list")),
        progress=(False, FLAG),
        schedule=(None, OPTIONAL),
        shuffle=(True, FLAG),
        seed=(0, kind("any int", "0", "-1", "10**400")),
        penalty=(0.0, AMOUNT.and_("True")),
        clip=(None, AMOUNT.and_("None", "inf")),
        step=("auto", NONE),
        resume=(None, OPTIONAL),
    ),
    "evaluate": entry(
        "evaluate|mse_loss",
        al.evaluate,
        {"y": "y|target"},
        net=(Fresh(small), NONE),
        X=(ROWS, NONE),
        y=(TARGETS, NONE),
        loss=("mse", OPTIONAL),
        metrics=((), NAMED),
    ),
    "predict": entry("predict", al.predict, net=(Fresh(small), NONE), X=(ROWS, NONE)),
    "EarlyStopping": entry(
        "EarlyStopping",
        al.EarlyStopping,
        patience=(3, kind("a count", "10**400")),
        monitor=("", TEXT),
        min_delta=(0.0, AMOUNT),
        restore_best=(True, FLAG),
    ),
    "Checkpoint": entry(
        "Checkpoint", al.Checkpoint, path=("net.npz", NONE), monitor=("", TEXT), best_only=(True, FLAG)
    ),
    "Callback": entry("Callback", al.Callback),
    "History": entry("History", al.History),
    "History.best": entry("best", on(history, "best"), monitor=("loss", NONE)),
}

ENTRIES = {**STEPS, **SCHEDULES, **TRAINING}
