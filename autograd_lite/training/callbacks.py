"""What happens between the epochs of `fit`: the callbacks and the progress line."""

from __future__ import annotations

import math
import shutil
import sys
import time
from typing import Any, TextIO

from .. import arguments, storage
from ..errors import ArgumentTypeError, ArgumentValueError
from .run import Run, badness


class Callback:
    """To subclass: `fit` calls these; `run` has net, optimizer, epoch, figures, history and stop(why)."""

    def on_train_begin(self, run: Run) -> None:
        """Before the first epoch."""

    def on_epoch_end(self, run: Run) -> None:
        """After every epoch, when its figures are recorded."""

    def on_train_end(self, run: Run) -> None:
        """After the last epoch, however the run ended."""


class EarlyStopping(Callback):
    """Stops when the monitored figure has not improved for `patience` epochs; the best state is kept."""

    def __init__(self, patience: int, monitor: str = "", min_delta: float = 0.0, restore_best: bool = True):
        if type(patience) is not int or patience < 1:
            raise ArgumentValueError("EarlyStopping", "patience", patience, "an int of at least 1")
        self.patience, self.monitor = patience, arguments.text("EarlyStopping", "monitor", monitor)
        self.min_delta = arguments.number("EarlyStopping", "min_delta", min_delta)
        self.restore_best = arguments.flag("EarlyStopping", "restore_best", restore_best)

    def on_epoch_end(self, run: Run) -> None:
        """Decides from the history alone, so that a resumed run decides alike."""
        monitor = run.monitored("EarlyStopping", self.monitor)
        best, since = math.inf, 0
        for number in run.history.history[monitor]:
            cost = badness(monitor, number)
            if cost < best - self.min_delta:
                best, since = cost, 0
            else:
                since += 1
        if since >= self.patience:
            run.stop(f"{monitor} has not improved for {since} epochs")

    def on_train_end(self, run: Run) -> None:
        if self.restore_best:
            run.restore_best()


class Checkpoint(Callback):
    """Saves net, optimizer and history to a file: whenever the figure is the best so far, or always.

    `load(path)["net"]` is the net; `fit(..., resume=path)` goes on as if there had been no end.
    """

    def __init__(self, path: Any, monitor: str = "", best_only: bool = True):
        self.path = storage.checked_path("Checkpoint", path)
        self.monitor = arguments.text("Checkpoint", "monitor", monitor)
        self.best_only = arguments.flag("Checkpoint", "best_only", best_only)

    def on_epoch_end(self, run: Run) -> None:
        monitor = run.monitored("Checkpoint", self.monitor)
        if not self.best_only or run.history.best(monitor) == run.epoch:
            run.save(self.path)


class Progress(Callback):
    """One line that rewrites itself on a terminal or in a notebook; a line now and then elsewhere."""

    LINES = 10  # about how many where the output is no terminal
    INTERVAL = 0.1  # seconds between two rewritings

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream if stream is not None else sys.stdout
        self.live = self.stream.isatty() or "ipykernel" in sys.modules
        self.shown_at = 0.0
        self.bar: Any = None

    def on_train_begin(self, run: Run) -> None:
        if self.live:
            self.bar = _tqdm(run.epochs, run.first_epoch, self.stream)

    def on_epoch_end(self, run: Run) -> None:
        last = run.epoch + 1 == run.epochs or run.stopping
        if self.bar is not None:
            self.bar.set_postfix_str(_figures(run), refresh=False)
            self.bar.update(1)
        elif self.live:
            if last or time.monotonic() - self.shown_at >= self.INTERVAL:
                self.shown_at = time.monotonic()
                width = shutil.get_terminal_size().columns - 1  # a line that wraps could not be rewritten
                self.stream.write(f"\r\x1b[K{_line(run)[:width]}")
                self.stream.flush()
        elif last or run.epoch == 0 or (run.epoch + 1) % max(1, run.epochs // self.LINES) == 0:
            self.stream.write(_line(run) + "\n")
            self.stream.flush()

    def on_train_end(self, run: Run) -> None:
        if self.bar is not None:
            self.bar.close()
        elif self.live and run.history.epochs:
            self.stream.write("\n")
        if run.history.stopped:
            self.stream.write(f"stopped: {run.history.stopped}\n")
        self.stream.flush()


def _tqdm(epochs: int, first: int, stream: TextIO) -> Any:
    """A bar of tqdm, where it is installed."""
    try:
        from tqdm.auto import tqdm  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        return None
    return tqdm(total=epochs, initial=first, unit="epoch", file=stream)


def _line(run: Run) -> str:
    width = len(str(run.epochs))
    return f"epoch {run.epoch + 1:{width}d}/{run.epochs}  {_figures(run)}"


def _figures(run: Run) -> str:
    return "  ".join(f"{name} {number:.4g}" for name, number in run.figures.items())


def checked_callbacks(callbacks: Any) -> list[Callback]:
    """The callbacks as a list, each with the three methods."""
    found = arguments.listed("fit", "callbacks", callbacks, "Callback objects")
    for callback in found:
        if not isinstance(callback, Callback):
            raise ArgumentTypeError("fit", "callbacks", callback, "a list of Callback objects")
    return found
