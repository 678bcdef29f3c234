"""Schedules of the learning rate: PyTorch's recorded rates, resuming, bad arguments."""

from __future__ import annotations

import json
import math

import pytest

from autograd_lite import ArgumentError, Value, optim
from tests.figures.optimisers import recorded
from tests.recorded.optim_torch import COSINE, MILESTONES, SCHEDULES, SEQUENCE, WARM_UP

THEIRS = recorded()


def values():
    return [Value(1.0), Value(2.0)]


# --- against PyTorch ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "theirs"),
    list(zip(SCHEDULES, THEIRS["schedules"], strict=True)),
    ids=lambda part: str(part)[:40],
)
def test_schedules_are_pytorchs(case, theirs):
    name, options, epochs = case
    optimizer = optim.SGD(values(), lr=0.1)
    schedule = getattr(optim, name)(optimizer, **options)
    assert followed(optimizer, schedule, epochs) == pytest.approx(theirs, rel=1e-13, abs=1e-16)


def followed(optimizer, schedule, epochs):
    rates = [optimizer.lr]
    for _ in range(epochs):
        schedule.step()
        rates.append(optimizer.lr)
    return rates


def sequence(optimizer):
    parts = [
        optim.LinearLR(optimizer, **WARM_UP),
        optim.CosineAnnealingLR(optimizer, **COSINE),
        optim.ExponentialLR(optimizer, gamma=0.5),
    ]
    return optim.SequentialLR(optimizer, parts, MILESTONES)


def test_a_row_of_schedules_is_pytorchs():
    optimizer = optim.SGD(values(), lr=0.1)
    rates = followed(optimizer, sequence(optimizer), SEQUENCE)
    assert rates == pytest.approx(THEIRS["sequence"], rel=1e-13, abs=1e-16)


# --- by hand ------------------------------------------------------------------------------------------


def test_a_linear_decay_to_nothing():
    optimizer = optim.SGD(values(), lr=0.8)
    schedule = optim.LinearLR(optimizer, 1.0, 0.0, total_iters=4)
    assert followed(optimizer, schedule, 5) == pytest.approx([0.8, 0.6, 0.4, 0.2, 0.0, 0.0], abs=1e-15)


def test_a_rate_assigned_by_hand_lasts_until_the_next_step():
    optimizer = optim.SGD(values(), lr=1.0)
    schedule = optim.ExponentialLR(optimizer, 0.5)
    optimizer.lr = 7.0
    schedule.step()
    assert optimizer.lr == 0.5


def test_schedules_compute_a_rate_without_going_there():
    optimizer = optim.SGD(values(), lr=1.0)
    schedule = optim.StepLR(optimizer, 10)
    assert (schedule.lr_at(25), optimizer.lr, schedule.last_epoch) == (1.0 * 0.1**2, 1.0, 0)


def test_schedules_of_ones_own():
    class Halves(optim.Schedule):
        def lr_at(self, epoch):
            return self.base_lr / 2**epoch

    optimizer = optim.SGD(values(), lr=0.8)
    assert followed(optimizer, Halves(optimizer), 3) == [0.8, 0.4, 0.2, 0.1]
    with pytest.raises(NotImplementedError, match="Schedule has no lr_at"):
        optim.Schedule(optimizer)


# --- resuming -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [sequence, lambda optimizer: optim.StepLR(optimizer, 3)])
def test_a_schedule_resumes_with_its_optimiser(make):
    whole = optim.Adam(values(), lr=0.1)
    schedule = make(whole)
    followed(whole, schedule, 11)
    states = json.loads(json.dumps([whole.state_dict(), schedule.state_dict()]))

    resumed = optim.Adam(values(), lr=0.7)  # another rate than the state's
    again = make(resumed)
    resumed.load_state_dict(states[0])
    again.load_state_dict(states[1])
    assert resumed.lr == whole.lr
    assert followed(resumed, again, 29) == followed(whole, schedule, 29)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ([], "state must be a dict with exactly the keys"),
        ({"kind": "LinearLR", "last_epoch": 1, "base_lr": 0.1}, "must be 'StepLR', got str 'LinearLR'"),
        ({"kind": "StepLR", "last_epoch": -1, "base_lr": 0.1}, "must be a whole number >= 0, got int -1"),
        (
            {"kind": "StepLR", "last_epoch": 1, "base_lr": math.nan},
            "must be a finite number >= 0, got float nan",
        ),
    ],
)
def test_a_bad_state_of_a_schedule_is_named_and_changes_nothing(state, message):
    optimizer = optim.SGD(values(), lr=0.1)
    schedule = optim.StepLR(optimizer, 2)
    with pytest.raises(ArgumentError, match=message):
        schedule.load_state_dict(state)
    assert (optimizer.lr, schedule.last_epoch, schedule.base_lr) == (0.1, 0, 0.1)


# --- bad arguments ------------------------------------------------------------------------------------


def on_sgd(kind, *args, **options):
    return lambda: getattr(optim, kind)(optim.SGD(values()), *args, **options)


def row_of(milestones, schedules=2):
    def make():
        optimizer = optim.SGD(values())
        return optim.SequentialLR(
            optimizer, [optim.ExponentialLR(optimizer, 0.5) for _ in range(schedules)], milestones
        )

    return make


def row_of_another():
    return optim.SequentialLR(optim.SGD(values()), [optim.StepLR(optim.SGD(values()), 1)], [])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: optim.StepLR(None, 1),
            "StepLR: optimizer must be an optimizer, with a number .lr, got None",
        ),
        (lambda: optim.StepLR("sgd", 1), "StepLR: optimizer must be an optimizer"),
        (on_sgd("StepLR", 0), "StepLR: step_size must be a whole number >= 1, got int 0"),
        (on_sgd("StepLR", 2.5), "StepLR: step_size must be a whole number >= 1, got float 2.5"),
        (on_sgd("StepLR", 1, gamma=-1), "StepLR: gamma must be a finite number >= 0, got int -1"),
        (
            on_sgd("ExponentialLR", math.nan),
            "ExponentialLR: gamma must be a finite number >= 0, got float nan",
        ),
        (
            on_sgd("LinearLR", 2.0),
            "LinearLR: start_factor must be a finite number >= 0 and <= 1, got float 2.0",
        ),
        (on_sgd("LinearLR", 1.0, -0.5), "LinearLR: end_factor must be a finite number >= 0 and <= 1"),
        (on_sgd("LinearLR", total_iters=0), "LinearLR: total_iters must be a whole number >= 1, got int 0"),
        (
            on_sgd("CosineAnnealingLR", True),
            "CosineAnnealingLR: T_max must be a whole number >= 1, got bool True",
        ),
        (
            on_sgd("CosineAnnealingLR", 5, eta_min=-1),
            "CosineAnnealingLR: eta_min must be a finite number >= 0",
        ),
        (row_of([]), r"milestones must be one fewer than the 2 schedulers, got list \[\]"),
        (row_of([3, 4]), "milestones must be one fewer than the 2 schedulers"),
        (row_of([0]), r"milestones\[0\] must be a whole number >= 1, got int 0"),
        (row_of([5, 5], 3), r"milestones\[1\] must be a whole number >= 6, got int 5"),
        (row_of_another, r"schedulers\[0\] must be a schedule of the same optimizer"),
    ],
)
def test_bad_schedules(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()
