"""The sub-command `train`: its arguments, and the run from data to the folder of files."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from .. import atomic_write, data, engine_kind, nn
from ..errors import MissingMatplotlibError, UsageError
from ..nn import from_config as files
from ..optim import optimizers as optim
from ..plots import curves as plots
from ..training import Callback, Checkpoint, DivergenceWarning, EarlyStopping, History, fit
from .argument_types import Parser, Runner, number, one_of, sizes, whole
from .train_task import CLASSES, MADE, NUMBERS, TWO_CLASSES, Task, task_of

Settings = dict[str, Any]

OPTIMIZERS: dict[str, tuple[Any, float]] = {  # the class, and a learning rate that suits small nets
    "sgd": (optim.SGD, 0.1),
    "adagrad": (optim.Adagrad, 0.05),
    "rmsprop": (optim.RMSProp, 0.01),
    "adam": (optim.Adam, 0.01),
    "adamw": (optim.AdamW, 0.01),
}
SCHEDULES: dict[str, Callable[[Any, int], Any]] = {  # for an optimizer and so many epochs
    "constant": lambda optimizer, epochs: None,
    "step": lambda optimizer, epochs: optim.StepLR(optimizer, max(1, epochs // 3)),
    "exponential": lambda optimizer, epochs: optim.ExponentialLR(optimizer, 0.01 ** (1 / epochs)),
    "linear": lambda optimizer, epochs: optim.LinearLR(optimizer, 1.0, 0.0, epochs),
    "cosine": lambda optimizer, epochs: optim.CosineAnnealingLR(optimizer, epochs),
}
ACTIVATIONS = [name for name in nn.ACTIVATIONS if name != "softmax"]
DEFAULTS: Settings = {
    "data": None, "target": None, "delimiter": ",", "samples": None, "noise": None, "classes": None,
    "validation": 0.2, "hidden": [16, 16], "activation": "relu", "init": None, "loss": None,
    "optimizer": "adam", "lr": None, "momentum": None, "schedule": "constant", "epochs": 200,
    "batch_size": 16, "penalty": 0.0, "clip": None, "early_stopping": None, "seed": 0,
}  # fmt: skip
CHANGEABLE = ("data", "epochs", "early_stopping")  # when a run is resumed
PICTURES = ("loss.png", "boundary.png", "curve.png", "net.png")
WRITTEN = ("settings.json", "checkpoint.npz", "history.csv", "net.npz", *PICTURES)

EXAMPLES = """examples:
  autograd-lite train moons
  autograd-lite train spirals --classes 3 --hidden 32,32 --epochs 300 --schedule cosine
  autograd-lite train moons --optimizer sgd --lr 0.1 --batch-size all --epochs 500
  autograd-lite train flowers.csv --target species --hidden 8 --activation tanh
  autograd-lite train --resume runs/moons --epochs 400

A CSV file has a sample a row, with a header or without. Columns of numbers are standardised for the
training, columns of words become features of 0 and 1; net.npz takes the numbers of the file as they are.

Ctrl-C ends the training, keeps the best state so far, writes the files and exits with 130.
A loss that becomes inf or nan ends it with the last finite state, and exit code 1.
"""


def train(parser: Parser) -> Runner:
    """Train a net on a data set or a CSV file; write weights, history and pictures to a folder."""
    parser.usage, parser.epilog = "autograd-lite train DATA [options]", EXAMPLES
    about_data = f"{', '.join(data.DATASETS)}, or a CSV file"
    parser.add_argument("data", metavar="DATA", nargs="?", help=about_data)
    for title, options in _options().items():
        add = parser.add_argument_group(title).add_argument
        for name, metavar, convert, text in options:
            default = DEFAULTS[name.removeprefix("--").replace("-", "_")]
            shown = "" if default is None else f" ({default if name != '--hidden' else '16,16'})"
            add(name, metavar=metavar, type=convert, help=text + shown)
    add = parser.add_argument_group("output").add_argument
    add("--out", metavar="DIR", type=Path, help="the folder to write (runs/DATA, or the next that is free)")
    add("--force", action="store_true", help="write into --out even if it holds files")
    add("--resume", metavar="DIR", type=Path, help="go on with the run in DIR, as it was set, up to --epochs")
    add("--quiet", action="store_true", help="print nothing but errors")
    return lambda args: _run(parser, args)


def _options() -> dict[str, list[tuple[str, str, Callable[[str], Any], str]]]:
    """By group: the option, what stands for its value, how that is read, and what it is."""
    losses = [*TWO_CLASSES, *CLASSES, *NUMBERS]
    fitting = f"{', '.join(TWO_CLASSES)} for two classes, {', '.join(CLASSES)} for any, {', '.join(NUMBERS)}"
    rates = ", ".join(f"{name} {rate:g}" for name, (_, rate) in OPTIMIZERS.items())
    return {
        "data": [
            ("--target", "COLUMN", str, "of a CSV file: what to predict, by name or number (the last)"),
            ("--delimiter", "CHAR", str, "of a CSV file: what stands between the fields"),
            ("--samples", "N", whole(4), f"how many, of {', '.join(MADE)} (200)"),
            ("--noise", "X", number(), "how much these are blurred (each has its own default)"),
            ("--classes", "N", whole(2), "how many, of spirals (2) and blobs (3)"),
            ("--validation", "SHARE", number(below=1.0), "the share held out to validate, or 0"),
        ],
        "net": [
            ("--hidden", "SIZES", sizes, "the sizes of the hidden layers, or 0 for none"),
            ("--activation", "NAME", one_of(ACTIVATIONS), f"of the hidden layers: {', '.join(ACTIVATIONS)}"),
            ("--init", "NAME", one_of(nn.INITIALISERS), f"{', '.join(nn.INITIALISERS)} (by activation)"),
        ],
        "training": [
            ("--loss", "NAME", one_of(losses), f"{fitting} for numbers (the first that fits)"),
            ("--optimizer", "NAME", one_of(OPTIMIZERS), ", ".join(OPTIMIZERS)),
            ("--lr", "X", number(above=0.0), f"the learning rate ({rates})"),
            ("--momentum", "X", number(below=1.0), "of sgd and rmsprop (0)"),
            ("--schedule", "NAME", one_of(SCHEDULES), f"how the rate falls: {', '.join(SCHEDULES)}"),
            ("--epochs", "N", whole(1), "how often all samples are seen"),
            ("--batch-size", "N", _batch_size, "samples a step, or all"),
            ("--penalty", "X", number(), "the weight of an L2 penalty on the weights"),
            ("--clip", "X", number(above=0.0), "a limit for the norm of the gradient (none)"),
            ("--early-stopping", "N", whole(1), "stop after N epochs of no improvement, keep the best (off)"),
            ("--seed", "N", whole(0), "of data, weights and order"),
        ],
    }  # fmt: skip


def _batch_size(text: str) -> int | str:
    return text if text == "all" else whole(1)(text)


# --- settings ----------------------------------------------------------------------------------------


def _typed(args: argparse.Namespace) -> Settings:
    """The settings among the arguments. A file is named in full, so that the run can be resumed elsewhere."""
    typed = {name: got for name, got in vars(args).items() if name in DEFAULTS and got is not None}
    if typed.get("data", "moons") not in data.DATASETS and os.path.exists(typed["data"]):
        typed["data"] = os.path.abspath(typed["data"])
    return typed


def _saved(parser: Parser, folder: Path) -> Settings:
    """The settings of the run in a folder, read as if they were typed."""
    try:
        found = json.loads((folder / "settings.json").read_text(encoding="utf-8"))["settings"]
        words = [f"--{name.replace('_', '-')}={got}" for name, got in found.items() if got is not None]
    except OSError as error:
        raise UsageError(f"--resume {folder}: there is no run to go on with: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"--resume {folder}: settings.json is not what train wrote") from error
    data_set = [word.partition("=")[2] for word in words if word.startswith("--data=")]
    options = [word for word in words if not word.startswith("--data=")]
    return _typed(parser.parse_args([*options, "--", *data_set]))


def _settings(parser: Parser, args: argparse.Namespace) -> Settings:
    typed = _typed(args)
    if args.resume is None:
        if "data" not in typed:
            parser.error(f"DATA is missing: {', '.join(data.DATASETS)}, or a CSV file")
        return DEFAULTS | typed
    saved = _saved(parser, args.resume)
    fixed = [name for name in typed if name not in CHANGEABLE and typed[name] != saved.get(name)]
    if fixed or args.out is not None or typed.get("data", saved.get("data")) != saved.get("data"):
        words = [f"--{name.replace('_', '-')}" for name in fixed] + ["--out"] * (args.out is not None)
        raise UsageError(
            f"--resume goes on with the run as it was set: leave out {', '.join(words) or 'DATA'}"
        )
    return DEFAULTS | saved | typed


# --- the run -----------------------------------------------------------------------------------------


def _run(parser: Parser, args: argparse.Namespace) -> int:
    settings = _settings(parser, args)
    task = task_of(settings)
    sizes = [*settings["hidden"], task.outputs]
    net = nn.MLP(
        task.inputs, sizes, settings["activation"], task.output, init=settings["init"], seed=settings["seed"]
    )
    optimizer = _optimizer(settings, net)
    schedule = SCHEDULES[settings["schedule"]](optimizer, settings["epochs"])
    folder = args.resume or _claimed(args.out, task.name, args.force)
    say: Callable[[str], None] = (lambda line: None) if args.quiet else (lambda line: print(line, flush=True))
    for line in _plan(settings, task, net):
        say(line)
    history = _fitted(settings, task, net, optimizer, schedule, folder, args)
    if history.epochs:
        for line in _write(task, net, history, folder):
            say(line)
    else:
        _clear(folder, WRITTEN)
        if not any(folder.iterdir()):
            folder.rmdir()
    return _ended(history)


def _optimizer(settings: Settings, net: Any) -> Any:
    make, rate = OPTIMIZERS[settings["optimizer"]]
    options = {} if settings["momentum"] is None else {"momentum": settings["momentum"]}
    if options and settings["optimizer"] not in ("sgd", "rmsprop"):
        raise UsageError(f"--momentum is for sgd and rmsprop, not for {settings['optimizer']}")
    return make(net.parameters(), lr=settings["lr"] or rate, **options)


def _plan(settings: Settings, task: Task, net: Any) -> Iterator[str]:
    """What is about to be done, in a few lines."""
    size = settings["batch_size"]
    batches = "the whole data a step" if size == "all" else f"{size} samples a step"
    yield f"data      {task.describe()}"
    yield f"net       {net!r}: {len(net.parameters())} parameters, {engine_kind} engine"
    yield (
        f"training  {settings['optimizer']}, lr {settings['lr'] or OPTIMIZERS[settings['optimizer']][1]:g}, "
        f"loss {task.loss}, {settings['epochs']} epochs, {batches}, seed {settings['seed']}"
    )


class _Keeper(Checkpoint):
    """Keeps the state to resume from: at the first epoch, at the last, and once a second between."""

    def __init__(self, path: Path, begin: Callable[[], None]) -> None:
        super().__init__(path)
        self.begin = begin

    def on_train_begin(self, run: Any) -> None:
        self.kept_at = -1.0
        if run.first_epoch >= run.epochs:
            raise UsageError(f"the run has had {run.first_epoch} epochs: --epochs must be more to go on")
        self.begin()  # now that nothing can be refused any more

    def on_epoch_end(self, run: Any) -> None:
        last = run.stopping or run.epoch + 1 == run.epochs
        if last or self.kept_at < 0 or time.monotonic() - self.kept_at >= 1.0:
            run.save(self.path)
            self.kept_at = time.monotonic()


def _fitted(
    settings: Settings,
    task: Task,
    net: Any,
    optimizer: Any,
    schedule: Any,
    folder: Path,
    args: argparse.Namespace,
) -> History:
    patience = settings["early_stopping"]
    callbacks: list[Callback] = [EarlyStopping(patience)] if patience else []
    checkpoint = folder / "checkpoint.npz"

    def begin() -> None:
        _clear(folder, PICTURES if args.resume else WRITTEN)
        _note(settings, task, folder)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DivergenceWarning)  # it is told in the report
        return fit(
            net,
            *task.training,
            loss=task.loss,
            optimizer=optimizer,
            epochs=settings["epochs"],
            batch_size=None if settings["batch_size"] == "all" else settings["batch_size"],
            validation=task.validation,
            metrics=[task.metric],
            callbacks=[*callbacks, _Keeper(checkpoint, begin)],
            progress=not args.quiet,
            schedule=schedule,
            seed=settings["seed"],
            penalty=settings["penalty"],
            clip=settings["clip"],
            resume=checkpoint if args.resume else None,
        )


def _ended(history: History) -> int:
    """Says on stderr what cut the training short; gives the exit code."""
    interrupted, diverged = (history.stopped.startswith(why) for why in ("interrupted", "the loss was"))
    if interrupted or diverged:
        advice = "; a smaller --lr may help" if diverged else ""
        nothing = "" if history.epochs else "; nothing was written"
        print(f"autograd-lite: {history.stopped}{advice}{nothing}", file=sys.stderr)
    return 130 if interrupted else 1 if diverged else 0


# --- the folder --------------------------------------------------------------------------------------


def _claimed(out: Path | None, name: str, force: bool) -> Path:
    """The folder to write, made and tried before any training."""
    folder = out if out is not None else _free(Path("runs") / name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        holds = next(folder.iterdir(), None)
        if holds is not None and not force:
            raise UsageError(f"--out {folder} holds files already: name another folder, or add --force")
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(f"--out {folder} cannot be written: {error.strerror}") from error
    return folder


def _free(folder: Path) -> Path:
    """The folder, or the first of folder-2, folder-3 ... that is not there or empty."""
    count, free = 1, folder
    while free.exists() and not (free.is_dir() and not any(free.iterdir())):
        count += 1
        free = folder.with_name(f"{folder.name}-{count}")
    return free


def _clear(folder: Path, names: Sequence[str]) -> None:
    """Removes what an earlier run wrote, which would lie about this one."""
    for name in names:
        (folder / name).unlink(missing_ok=True)


def _note(settings: Settings, task: Task, folder: Path) -> None:
    """Writes what the run is, before it runs: whatever ends it, it can be resumed."""
    hidden = ",".join(map(str, settings["hidden"])) or "0"
    record = {
        "settings": settings | {"hidden": hidden},
        "engine": engine_kind,
        "loss": task.loss,
        "features": task.features,
        "classes": task.classes,
    }
    atomic_write.write(folder / "settings.json", f"{json.dumps(record, indent=1)}\n".encode())


def _write(task: Task, net: Any, history: History, folder: Path) -> Iterator[str]:
    """Writes what the training has given; gives the report, line by line."""
    final = task.unscaled(net)
    files.save(final, folder / "net.npz")
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(["epoch", *history.history])
    writer.writerows(zip(range(1, history.epochs + 1), *history.history.values(), strict=False))
    atomic_write.write(folder / "history.csv", table.getvalue().encode())
    figures = task.figures(final)
    yield f"result    {figures}, after {history.epochs} epochs and {history.seconds:.1f} s"
    try:
        plots.loss_curve(history, folder / "loss.png")
        plots.net_picture(net, folder / "net.png", feature_names=task.features, class_names=task.ends)
        task.picture(final, folder, figures)
    except MissingMatplotlibError as error:
        shown = ", ".join(["loss.png", "net.png", *task.pictures])
        yield f"left out  {shown}, for {str(error).partition(': ')[2]}"
    yield f"files     {folder}: {', '.join(sorted(path.name for path in folder.iterdir()))}"
