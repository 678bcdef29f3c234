"""Training: fit, evaluate, predict, and the step between them, which a compiled one can replace."""

from __future__ import annotations

import math
import random
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from numbers import Integral
from typing import Any, Protocol

from . import arguments, files, losses, optim, storage
from .callbacks import Callback, History, Progress, checked_callbacks
from .engine import Value
from .errors import ArgumentTypeError, ArgumentValueError
from .floats import real
from .metrics import Metric, named
from .modes import no_grad
from .samples import Row, pair_of, rows_of, samples

Loss = Callable[[Any, Any], Value]

LOSSES: dict[str, Loss] = {
    "bce": losses.bce_loss,
    "bce_with_logits": losses.bce_with_logits,
    "cross_entropy": losses.cross_entropy,
    "hinge": losses.hinge_loss,
    "huber": losses.huber_loss,
    "mse": losses.mse_loss,
    "nll": losses.nll_loss,
    "sse": losses.sse_loss,
}


class DivergenceWarning(UserWarning):
    """The loss became inf or nan, and training stopped at the last finite state."""


# --- the step ------------------------------------------------------------------------------------


class Step(Protocol):
    """One update of the parameters from one batch."""

    kind: str

    def run(self, rows: Sequence[Row], targets: Sequence[Any]) -> tuple[float, list[Any]]:
        """The mean loss and the predictions (as floats), both from before the update."""


class ScalarStep:
    """The step over scalar graphs: one sample's graph at a time, freed when its gradients are in."""

    kind = "scalar"

    def __init__(self, net: Any, loss: Loss, optimizer: Any, penalty: float = 0.0, clip: float | None = None):
        self.net, self.loss, self.optimizer = net, loss, optimizer
        self.penalty, self.clip = penalty, clip
        self.params = net.parameters()

    def run(self, rows: Sequence[Row], targets: Sequence[Any]) -> tuple[float, list[Any]]:
        self.optimizer.zero_grad()
        share = 1.0 / len(rows)
        mean, predictions = 0.0, []
        for row, target in zip(rows, targets, strict=True):
            output = self.net(row)
            loss = self.loss(output, target)
            _expect("fit", "loss", loss, "a function that gives one Value", isinstance(loss, Value))
            loss.backward(share)
            mean += loss.data * share
            predictions.append(_numbers(output))
        if self.penalty:
            penalty = losses.l2_penalty(self.net, self.penalty)
            penalty.backward()
            mean += penalty.data
        if math.isfinite(mean):  # else the parameters stay as they are, and fit stops
            if self.clip is not None:
                optim.clip_grad_norm(self.params, self.clip)
            self.optimizer.step()
        return mean, predictions


# --- a run -----------------------------------------------------------------------------------------


class Run:
    """What is going on in a `fit`: what its callbacks see, and what a checkpoint keeps."""

    def __init__(self, net: Any, optimizer: Any, schedule: Any, epochs: int) -> None:
        self.net, self.optimizer, self.schedule = net, optimizer, schedule
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


# --- what the user calls -----------------------------------------------------------------------------


def fit(
    net: Any,
    X: Any,
    y: Any,
    loss: str | Loss,
    optimizer: Any = None,
    epochs: int = 100,
    batch_size: int | None = None,
    validation: tuple[Any, Any] | None = None,
    metrics: Any = (),
    callbacks: Sequence[Callback] = (),
    progress: bool = True,
    *,
    schedule: Any = None,
    shuffle: bool = True,
    seed: int = 0,
    penalty: float = 0.0,
    clip: float | None = None,
    step: Step | None = None,
    resume: Any = None,
) -> History:
    """Trains the net on X and y, and returns what was recorded on the way.

    Without more it is plain gradient descent over the whole batch, `optim.SGD(lr=0.1)`. `loss` is a
    name or a function (output, target); `validation` a pair (X, y); `penalty` the weight of the L2
    penalty on weights; `clip` a limit for the norm of the gradient; `schedule` steps once an epoch;
    `resume` a file of `Checkpoint`. Ctrl-C stops and keeps the best state so far.
    """
    _check_parts(net, optimizer, schedule, step)
    rows, targets = samples("fit", X, y)
    held_out = None if validation is None else samples("fit", *pair_of(validation), prefix="validation ")
    function, name = _loss("fit", loss)
    watched = named("fit", metrics, name)
    _check_counts(epochs, batch_size, len(rows))
    if optimizer is None:
        optimizer = optim.SGD(net.parameters(), lr=0.1)
    shuffle, seed = arguments.flag("fit", "shuffle", shuffle), _whole("seed", seed)
    endless = clip is None or (isinstance(clip, float) and clip == math.inf)
    limit = None if endless else arguments.number("fit", "clip", clip)
    if step is None:
        step = ScalarStep(net, function, optimizer, _amount("penalty", penalty), limit)
    run = Run(net, optimizer, schedule, epochs)
    if resume is not None:
        run.resume(storage.checked_path("fit", resume, "resume"))
    run.history.step = step.kind
    listeners = checked_callbacks(callbacks) + (
        [Progress()] if arguments.flag("fit", "progress", progress) else []
    )
    started = time.perf_counter()
    for listener in listeners:
        listener.on_train_begin(run)
    try:
        for epoch in range(run.first_epoch, epochs):
            run.epoch = epoch
            figures = _epoch(run, step, rows, targets, batch_size, shuffle, seed, watched)
            if figures is None:
                break
            if held_out is not None:
                checked = evaluate(net, *held_out, loss=loss, metrics=metrics)
                figures |= {f"val_{key}": number for key, number in checked.items()}
            run.end_epoch(figures)
            for listener in listeners:
                listener.on_epoch_end(run)
            if run.stopping:
                break
    except KeyboardInterrupt:
        run.restore_best()
        run.stop(f"interrupted in epoch {run.epoch + 1}; the best state so far is kept")
    run.history.seconds = time.perf_counter() - started
    for listener in listeners:
        listener.on_train_end(run)
    return run.history


def evaluate(net: Any, X: Any, y: Any, loss: str | Loss | None = None, metrics: Any = ()) -> dict[str, float]:
    """The mean loss, where one is named, and the metrics over the samples."""
    _expect("evaluate", "net", net, "a net, to be called with a sample", callable(net))
    rows, targets = samples("evaluate", X, y)
    function, name = (None, "") if loss is None else _loss("evaluate", loss)
    figures: dict[str, float] = {}
    with no_grad():
        outputs = [net(row) for row in rows]
        if function is not None:
            values = [
                _numbers(function(output, target)) for output, target in zip(outputs, targets, strict=True)
            ]
            figures["loss"] = sum(values) / len(values)
    numbers = [_numbers(output) for output in outputs]
    for key, metric in named("evaluate", metrics, name).items():
        figures[key] = float(metric(numbers, targets))
    return figures


def predict(net: Any, X: Any) -> Any:
    """The outputs for every row of X, as an array: (samples,) for one output, else (samples, outputs)."""
    import numpy as np

    _expect("predict", "net", net, "a net, to be called with a sample", callable(net))
    rows = rows_of("predict", "X", X)
    with no_grad():
        return np.array([_numbers(net(row)) for row in rows], dtype=float)


# --- an epoch ----------------------------------------------------------------------------------------


def _epoch(
    run: Run,
    step: Step,
    rows: Sequence[Row],
    targets: Sequence[Any],
    batch_size: int | None,
    shuffle: bool,
    seed: int,
    watched: dict[str, Metric],
) -> dict[str, float] | None:
    """The figures of one pass over the samples; None where the loss was not finite."""
    run.keep_finite()
    total, predictions, seen = 0.0, [], []
    for number, batch in enumerate(_batches(len(rows), batch_size, shuffle, seed, run.epoch)):
        picked = [targets[i] for i in batch]
        mean, outputs = step.run([rows[i] for i in batch], picked)
        if not math.isfinite(mean):
            run.restore_finite()
            where = f"epoch {run.epoch + 1}, batch {number + 1}"
            run.stop(f"the loss was {mean} in {where}; the last finite state is kept")
            warnings.warn(f"fit stopped: {run.history.stopped}", DivergenceWarning, stacklevel=3)
            return None
        total += mean * len(batch)
        predictions += outputs
        seen += picked
    figures = {"loss": total / len(rows)}
    figures |= {name: float(metric(predictions, seen)) for name, metric in watched.items()}
    return figures


def _batches(count: int, size: int | None, shuffle: bool, seed: int, epoch: int) -> Iterator[list[int]]:
    """The samples of every batch. The order depends on seed and epoch alone, so that it can resume."""
    order = list(range(count))
    if size is None or size >= count:
        yield order
        return
    if shuffle:
        random.Random(f"{seed}/{epoch}").shuffle(order)
    for start in range(0, count, size):
        yield order[start : start + size]


# --- arguments -------------------------------------------------------------------------------------


def _numbers(output: Any) -> Any:
    """An output without its graph: a float, or a list of floats."""
    if isinstance(output, Value):
        return output.data
    return [_numbers(x) for x in output] if isinstance(output, list | tuple) else output


def _loss(function: str, loss: str | Loss) -> tuple[Loss, str]:
    """The loss as a function, and its name, "" for one of the user's own."""
    if callable(loss):
        return loss, ""
    if not isinstance(loss, str) or loss not in LOSSES:
        raise ArgumentValueError(function, "loss", loss, f"among {', '.join(LOSSES)}, or a function")
    return LOSSES[loss], loss


def _check_parts(net: Any, optimizer: Any, schedule: Any, step: Any) -> None:
    able = callable(net) and hasattr(net, "parameters")
    _expect("fit", "net", net, "a net, with parameters(), to be called with a sample", able)
    able = optimizer is None or (hasattr(optimizer, "zero_grad") and hasattr(optimizer, "step"))
    able = able and not isinstance(optimizer, type)
    _expect("fit", "optimizer", optimizer, "an optimizer, with zero_grad() and step(), or None", able)
    if getattr(optimizer, "params", None) and not {*map(id, optimizer.params)} & {*map(id, net.parameters())}:
        raise ArgumentValueError("fit", "optimizer", optimizer, "an optimizer of this net's parameters")
    able = schedule is None or (hasattr(schedule, "step") and hasattr(schedule, "state_dict"))
    _expect("fit", "schedule", schedule, "a schedule, with step(), or None", able)
    able = step is None or (hasattr(step, "kind") and hasattr(step, "run"))
    _expect("fit", "step", step, "a step, with kind and run(), or None", able)


def _expect(function: str, argument: str, got: Any, allowed: str, able: bool) -> None:
    if not able:
        raise ArgumentTypeError(function, argument, got, allowed)


def _whole(argument: str, got: Any) -> int:
    if not isinstance(got, Integral) or isinstance(got, bool):
        raise ArgumentTypeError("fit", argument, got, "an int")
    return int(got)


def _check_counts(epochs: Any, batch_size: Any, samples: int) -> None:
    for argument, got in (("epochs", epochs), ("batch_size", batch_size)):
        if got is None and argument == "batch_size":
            continue
        if not isinstance(got, Integral) or isinstance(got, bool) or got < 1:
            raise ArgumentValueError("fit", argument, got, "an int of at least 1")


def _amount(argument: str, got: Any) -> float:
    number = real(got)
    if number is None or not 0 <= number < math.inf:
        raise ArgumentValueError("fit", argument, got, "a number of at least 0")
    return number
