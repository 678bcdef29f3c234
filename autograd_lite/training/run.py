"""A run of `fit`: what its callbacks see, what a checkpoint keeps, and the history of its figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .. import arguments
from ..errors import ArgumentValueError
from ..nn import from_config as files


class History:
    """What a run of `fit` recorded: `history["loss"]` and the other figures, one number an epoch."""

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.seconds = 0.0
        self.step = ""  # the kind of step that trained: "compiled" or "scalar"
        self.why = ""  # in one line, why it was not the compiled one
        self.stopped = ""  # why the run ended before its last epoch; "" where it did not

    @property
    def epochs(self) -> int:
        """How many epochs have been run."""
        return max((len(numbers) for numbers in self.history.values()), default=0)

    def record(self, figures: dict[str, float]) -> None:
        for name, number in figures.items():
            self.history.setdefault(name, []).append(number)

    def best(self, monitor: str) -> int:
        """The epoch, from 0, at which the figure was best; the first one of equals."""
        numbers = self.history[arguments.choice("best", "monitor", monitor, self.history)]
        return min(range(len(numbers)), key=lambda i: badness(monitor, numbers[i]))

    def __repr__(self) -> str:
        last = ", ".join(f"{name}={numbers[-1]:.4g}" for name, numbers in self.history.items() if numbers)
        why = f", stopped: {self.stopped}" if self.stopped else ""
        return f"<History of {self.epochs} epochs: {last}{why}>"


LARGER_IS_BETTER = ("accuracy", "r2")


def badness(monitor: str, number: float) -> float:
    """What is to be small: the number itself, or its negative where larger is better; nan is worst."""
    if math.isnan(number):
        return math.inf
    return -number if monitor.removeprefix("val_") in LARGER_IS_BETTER else number


class Run:
    """What is going on in a `fit`: what its callbacks see, and what a checkpoint keeps."""

    def __init__(self, net: Any, optimizer: Any, schedule: Any, epochs: int, loss: str = "") -> None:
        self.net, self.optimizer, self.schedule = net, optimizer, schedule
        self.loss = loss  # its name; "" for one of the user's own
        self.params = net.parameters()
        self.epochs, self.epoch, self.first_epoch = epochs, 0, 0
        self.history = History()
        self.figures: dict[str, float] = {}
        self.best_state = self.finite_state = self._state()
        self.stopping = False

    def stop(self, why: str) -> None:
        """Ends the training after this epoch."""
        self.stopping, self.history.stopped = True, why

    def monitored(self, function: str, name: str = "") -> str:
        """The figure that decides: the one named, else the loss on the validation data or on these."""
        known = self.history.history
        if name and name not in known:
            raise ArgumentValueError(function, "monitor", name, f"among {', '.join(known)}")
        return name or ("val_loss" if "val_loss" in known else "loss")

    def end_epoch(self, figures: dict[str, float]) -> None:
        self.figures = figures
        self.history.record(figures)
        if self.schedule is not None:
            self.schedule.step()
        if self.history.best(self.monitored("fit")) == self.epoch:
            self.best_state = self._state()

    def keep_finite(self) -> None:
        """Remembers the parameters, unless they are not finite."""
        state = self._state()
        if all(map(math.isfinite, state)):
            self.finite_state = state

    def restore_best(self) -> None:
        self._restore(self.best_state)

    def restore_finite(self) -> None:
        self._restore(self.finite_state)

    def save(self, path: Any) -> None:
        """Everything that a later run needs to go on as if there had been no end."""
        training = {
            "epoch": self.epoch + 1,
            "history": self.history.history,
            "optimizer": self.optimizer.state_dict(),
            "schedule": None if self.schedule is None else self.schedule.state_dict(),
            "best": self.best_state,
        }
        files.save({"net": self.net, "training": training}, path)

    def resume(self, path: Any) -> None:
        """Goes on from a file that `save` wrote, and from nothing less."""
        found = files.load(path)
        if not isinstance(found, dict) or found.keys() != {"net", "training"}:
            raise ArgumentValueError("fit", "resume", path, "a file that Checkpoint wrote")
        saved, training = found["net"], found["training"]
        self.net.load_state_dict(saved.state_dict() if hasattr(saved, "state_dict") else saved)
        self.optimizer.load_state_dict(training["optimizer"])
        if self.schedule is not None and training["schedule"] is not None:
            self.schedule.load_state_dict(training["schedule"])
        self.history.history = {name: list(numbers) for name, numbers in training["history"].items()}
        self.first_epoch = self.epoch = int(training["epoch"])
        self.best_state = list(training["best"])
        self.finite_state = self._state()

    def _state(self) -> list[float]:
        return [p.data for p in self.params]

    def _restore(self, state: Sequence[float]) -> None:
        for p, number in zip(self.params, state, strict=True):
            p.data = number
