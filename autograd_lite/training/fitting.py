"""Training: fit, evaluate, predict."""

from __future__ import annotations

import math
import random
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from numbers import Integral
from typing import Any

from .. import arguments, storage
from ..engine import Value, no_grad, real
from ..errors import ArgumentTypeError, ArgumentValueError, GraphError
from ..nn import Module, losses
from ..optim import optimizers as optim
from .callbacks import Callback, Progress, checked_callbacks
from .metrics import Metric, named
from .run import History, Run
from .samples import pair_of, rows_of, samples
from .update_steps import STEPS, ScalarStep, UpdateStep, measured, numbers, step_for

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
    step: str = "auto",
    resume: Any = None,
) -> History:
    """Trains the net on X and y, and returns what was recorded on the way.

    Without more it is plain gradient descent over the whole batch, `optim.SGD(lr=0.1)`. `loss` is a
    name or a function (output, target); `validation` a pair (X, y); `penalty` the weight of the L2
    penalty on weights; `clip` a limit for the norm of the gradient; `schedule` steps once an epoch;
    `resume` a file of `Checkpoint`. Ctrl-C stops and keeps the best state so far.

    Where net and loss can be compiled, they are, and `history.step` says so; else each sample has its
    scalar graph, and `history.why` says in one line why. `step` can ask for "compiled" or "scalar".
    A compiled loss is traced once: where net or loss are changed between epochs, by a callback, it goes on
    over scalars. One of your own that changes from call to call asks for "scalar".
    """
    _check_parts(net, optimizer, schedule)
    given = samples("fit", X, y)
    held_out: Any = None
    if validation is not None:
        held_out = samples("fit", *pair_of(validation), prefix="validation ")
    function, name = _loss("fit", loss)
    watched = named("fit", metrics, name)
    _check_counts(epochs, batch_size)
    wanted = arguments.choice("fit", "step", step, STEPS)
    if optimizer is None:
        optimizer = optim.SGD(net.parameters(), lr=0.1)
    shuffle, seed = arguments.flag("fit", "shuffle", shuffle), _whole("seed", seed)
    endless = clip is None or (isinstance(clip, float) and clip == math.inf)
    limit = None if endless else arguments.number("fit", "clip", clip)
    penalty = _amount("penalty", penalty)
    run = Run(net, optimizer, schedule, epochs, name)
    if resume is not None:
        run.resume(storage.checked_path("fit", resume, "resume"))
    limits: dict[str, Any] = {"penalty": penalty, "clip": limit}
    updates, why = step_for(wanted, net, function, optimizer, given, **limits)
    run.history.step, run.history.why = updates.kind, why
    checked = None if held_out is None else updates.prepared(held_out)
    listeners = checked_callbacks(callbacks) + (
        [Progress()] if arguments.flag("fit", "progress", progress) else []
    )
    changeable = not _is_ours(function, net, *listeners)
    started = time.perf_counter()
    for listener in listeners:
        listener.on_train_begin(run)
    try:
        for epoch in range(run.first_epoch, epochs):
            run.epoch = epoch
            if changeable and updates.is_outdated():
                why = f"net or loss were changed before epoch {epoch + 1}"
                if wanted == "compiled":
                    raise GraphError(f"fit: {why}, and are not what was compiled")
                updates = ScalarStep(net, function, optimizer, given, **limits)
                run.history.step, run.history.why, checked = updates.kind, why, held_out
            figures = _epoch(run, updates, given[1], batch_size, shuffle, seed, watched)
            if figures is None:
                break
            if held_out is not None:
                mean, predictions = updates.measure(checked, bool(watched))
                figures["val_loss"] = mean
                figures |= {
                    f"val_{key}": number for key, number in _scores(watched, predictions, held_out[1]).items()
                }
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
    given = samples("evaluate", X, y)
    function, name = (None, "") if loss is None else _loss("evaluate", loss)
    watched = named("evaluate", metrics, name)
    mean, outputs = measured(net, function, given)
    return ({} if function is None else {"loss": mean}) | _scores(watched, outputs, given[1])


def predict(net: Any, X: Any) -> Any:
    """The outputs for every row of X, as an array: (samples,) for one output, else (samples, outputs)."""
    import numpy as np

    _expect("predict", "net", net, "a net, to be called with a sample", callable(net))
    rows = rows_of("predict", "X", X)
    with no_grad():
        return np.array([numbers(net(row)) for row in rows], dtype=float)


# --- an epoch ----------------------------------------------------------------------------------------


def _epoch(
    run: Run,
    step: UpdateStep,
    targets: Sequence[Any],
    batch_size: int | None,
    shuffle: bool,
    seed: int,
    watched: dict[str, Metric],
) -> dict[str, float] | None:
    """The figures of one pass over the samples; None where the loss was not finite."""
    run.keep_finite()
    total, predictions, seen = 0.0, list[Any](), list[Any]()
    step.load()
    for number, batch in enumerate(_batches(len(targets), batch_size, shuffle, seed, run.epoch)):
        mean, outputs = step.run(batch, bool(watched))
        if not math.isfinite(mean):
            run.restore_finite()
            where = f"epoch {run.epoch + 1}, batch {number + 1}"
            run.stop(f"the loss was {mean} in {where}; the last finite state is kept")
            warnings.warn(f"fit stopped: {run.history.stopped}", DivergenceWarning, stacklevel=3)
            return None
        total += mean * len(batch)
        if watched:
            predictions += outputs
            seen += [targets[i] for i in batch]
    step.store()
    return {"loss": total / len(targets)} | _scores(watched, predictions, seen)


def _is_ours(loss: Loss, net: Any, *callbacks: Callback) -> bool:
    """Whether all that runs between epochs is this package's: then net and loss stay what they are."""
    modules = [module for _, module in net.named_modules()] if isinstance(net, Module) else [net]
    parts = [loss, *map(type, modules), *map(type, callbacks)]
    return all(part.__module__.partition(".")[0] == __package__.partition(".")[0] for part in parts)


def _scores(
    watched: dict[str, Metric], predictions: Sequence[Any], targets: Sequence[Any]
) -> dict[str, float]:
    return {name: float(metric(predictions, targets)) for name, metric in watched.items()}


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


def _loss(function: str, loss: str | Loss) -> tuple[Loss, str]:
    """The loss as a function, and its name, "" for one of the user's own."""
    if callable(loss):
        return loss, next((name for name, own in LOSSES.items() if own is loss), "")
    if not isinstance(loss, str) or loss not in LOSSES:
        raise ArgumentValueError(function, "loss", loss, f"among {', '.join(LOSSES)}, or a function")
    return LOSSES[loss], loss


def _check_parts(net: Any, optimizer: Any, schedule: Any) -> None:
    able = callable(net) and hasattr(net, "parameters")
    _expect("fit", "net", net, "a net, with parameters(), to be called with a sample", able)
    able = optimizer is None or (hasattr(optimizer, "zero_grad") and hasattr(optimizer, "step"))
    able = able and not isinstance(optimizer, type)
    _expect("fit", "optimizer", optimizer, "an optimizer, with zero_grad() and step(), or None", able)
    if getattr(optimizer, "params", None) and not {*map(id, optimizer.params)} & {*map(id, net.parameters())}:
        raise ArgumentValueError("fit", "optimizer", optimizer, "an optimizer of this net's parameters")
    able = schedule is None or (hasattr(schedule, "step") and hasattr(schedule, "state_dict"))
    _expect("fit", "schedule", schedule, "a schedule, with step(), or None", able)


def _expect(function: str, argument: str, got: Any, allowed: str, able: bool) -> None:
    if not able:
        raise ArgumentTypeError(function, argument, got, allowed)


def _whole(argument: str, got: Any) -> int:
    if not isinstance(got, Integral) or isinstance(got, bool):
        raise ArgumentTypeError("fit", argument, got, "an int")
    return int(got)


def _check_counts(epochs: Any, batch_size: Any) -> None:
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
