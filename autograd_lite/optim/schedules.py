"""Learning-rate schedules: the rate as a function of the epoch, under PyTorch's names."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

from ..arguments import count, keys, listed, number
from ..errors import ArgumentTypeError, ArgumentValueError

LAST = 2**53  # beyond it not every epoch is a float


class Schedule:
    """Sets the optimiser's `lr` to `lr_at(epoch)`: at the start, and at every `step`.

    The rate depends on the epoch and on the rate before any schedule, and on nothing else, so that
    one assigned by hand lasts until the next step. Each optimiser has one schedule; `SequentialLR`
    makes one of several.
    """

    def __init__(self, optimizer: Any) -> None:
        if not isinstance(getattr(optimizer, "lr", None), Real):
            raise ArgumentTypeError(
                type(self).__name__, "optimizer", optimizer, "an optimizer, with a number .lr"
            )
        self.optimizer = optimizer
        self.base_lr: float = vars(optimizer).setdefault("initial_lr", optimizer.lr)
        self._go_to(0)

    def step(self) -> None:
        """On to the next epoch, after the optimiser's steps of this one."""
        self._go_to(self.last_epoch + 1)

    def lr_at(self, epoch: int) -> float:
        """The rate of an epoch, counted from 0."""
        raise NotImplementedError(f"{type(self).__name__} has no lr_at")

    def state_dict(self) -> dict[str, Any]:
        """Where the schedule stands; its shape is the constructor's."""
        return {"kind": type(self).__name__, "last_epoch": self.last_epoch, "base_lr": self.base_lr}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Takes up at the epoch of `state_dict`. On an error nothing has changed."""
        kind = type(self).__name__
        function = f"{kind}.load_state_dict"
        keys(function, "state", state, ("kind", "last_epoch", "base_lr"))
        if state["kind"] != kind:
            raise ArgumentValueError(function, "state['kind']", state["kind"], repr(kind))
        epoch = count(function, "state['last_epoch']", state["last_epoch"])
        self._rebase(number(function, "state['base_lr']", state["base_lr"]))
        self._go_to(epoch)

    def _epoch(self, epoch: Any) -> int:
        return count(type(self).__name__, "epoch", epoch, most=LAST)

    def _rebase(self, base_lr: float) -> None:
        self.base_lr = base_lr

    def _go_to(self, epoch: int) -> None:
        self.optimizer.lr = self.lr_at(epoch)
        self.last_epoch = epoch


class StepLR(Schedule):
    """The rate times `gamma` every `step_size` epochs."""

    def __init__(self, optimizer: Any, step_size: int, gamma: float = 0.1) -> None:
        self.step_size = count("StepLR", "step_size", step_size, least=1)
        self.gamma = number("StepLR", "gamma", gamma)
        super().__init__(optimizer)

    def lr_at(self, epoch: int) -> float:
        return self.base_lr * self.gamma ** (self._epoch(epoch) // self.step_size)


class ExponentialLR(Schedule):
    """The rate times `gamma` every epoch."""

    def __init__(self, optimizer: Any, gamma: float) -> None:
        self.gamma = number("ExponentialLR", "gamma", gamma)
        super().__init__(optimizer)

    def lr_at(self, epoch: int) -> float:
        rate: float = self.base_lr * self.gamma ** self._epoch(epoch)
        return rate


class LinearLR(Schedule):
    """The rate times a factor that walks a line: a warm-up, or, from 1 to 0, a decay."""

    def __init__(
        self, optimizer: Any, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5
    ) -> None:
        self.start_factor = number("LinearLR", "start_factor", start_factor, most=1.0)
        self.end_factor = number("LinearLR", "end_factor", end_factor, most=1.0)
        self.total_iters = count("LinearLR", "total_iters", total_iters, least=1)
        super().__init__(optimizer)

    def lr_at(self, epoch: int) -> float:
        way = min(self._epoch(epoch), self.total_iters) / self.total_iters
        return self.base_lr * (self.start_factor + (self.end_factor - self.start_factor) * way)


class CosineAnnealingLR(Schedule):
    """Half a cosine, from the rate down to `eta_min` over `T_max` epochs; after that, up again."""

    def __init__(self, optimizer: Any, T_max: int, eta_min: float = 0.0) -> None:
        self.T_max = count("CosineAnnealingLR", "T_max", T_max, least=1, most=LAST)
        self.eta_min = number("CosineAnnealingLR", "eta_min", eta_min)
        super().__init__(optimizer)

    def lr_at(self, epoch: int) -> float:
        height = (1 + math.cos(math.pi * self._epoch(epoch) / self.T_max)) / 2
        return self.eta_min + (self.base_lr - self.eta_min) * height


class SequentialLR(Schedule):
    """Schedules in a row, the next from each of the `milestones` on: say a warm-up, then a cosine."""

    def __init__(self, optimizer: Any, schedulers: Sequence[Schedule], milestones: Sequence[int]) -> None:
        self.schedulers: list[Schedule] = listed("SequentialLR", "schedulers", schedulers, "schedules")
        self.milestones = listed("SequentialLR", "milestones", milestones, "epochs")
        for i, each in enumerate(self.schedulers):
            if not isinstance(each, Schedule) or each.optimizer is not optimizer:
                expected = "a schedule of the same optimizer"
                raise ArgumentValueError("SequentialLR", f"schedulers[{i}]", each, expected)
        if len(self.schedulers) != len(self.milestones) + 1:
            expected = f"one fewer than the {len(self.schedulers)} schedulers"
            raise ArgumentValueError("SequentialLR", "milestones", milestones, expected)
        after = 0
        for i, each_milestone in enumerate(self.milestones):
            after = 1 + count("SequentialLR", f"milestones[{i}]", each_milestone, least=max(after, 1))
        super().__init__(optimizer)

    def lr_at(self, epoch: int) -> float:
        i = bisect_right(self.milestones, self._epoch(epoch))
        return self.schedulers[i].lr_at(epoch - [0, *self.milestones][i])

    def _rebase(self, base_lr: float) -> None:
        super()._rebase(base_lr)
        for each in self.schedulers:
            each._rebase(base_lr)
