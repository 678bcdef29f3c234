"""What `train` trains for: the data, and the loss, outputs, figures and picture that go with it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

from .. import data, nn
from ..errors import UsageError
from ..plots import curves as plots
from ..training import evaluate
from .argument_types import suggestion

# Losses by what they are for, with the activation of the output that each expects.
TWO_CLASSES = {"bce_with_logits": "linear", "bce": "sigmoid", "hinge": "linear"}  # one output
CLASSES = {"cross_entropy": "linear", "nll": "softmax"}  # an output a class
NUMBERS = {"mse": "linear", "sse": "linear", "huber": "linear"}  # one output

MADE = [name for name, make in data.DATASETS.items() if "n" in signature(make).parameters]
_WORDS = {"samples": "n", "noise": "noise", "classes": "classes", "seed": "seed"}  # what data calls them

Pair = tuple[Any, Any]


@dataclass
class Task:
    """Data and a loss, and what follows from the two: the split, the outputs, the report."""

    name: str
    dataset: data.Dataset
    loss: str
    seed: int
    share: float

    def __post_init__(self) -> None:
        X, y = self.dataset
        self.classes = list(self.dataset.class_names)
        self.features = list(self.dataset.feature_names)
        self.middle, self.spread = 0.0, 1.0  # of the target, where it is a number
        if self.loss in NUMBERS:
            self.middle, self.spread = float(y.mean()), float(y.std()) or 1.0
        goal = self._goal(y)
        self.training: Pair = (X, goal)
        self.validation: Pair | None = None
        if self.share:
            X, held_X, goal, held_goal = data.split(
                X, goal, self.share, self.seed, stratify=bool(self.classes)
            )
            self.training, self.validation = (X, goal), (held_X, held_goal)

    def _goal(self, y: Any) -> Any:
        """The targets as the loss takes them."""
        if self.loss in NUMBERS:
            return (y - self.middle) / self.spread
        return 2 * y - 1 if self.loss == "hinge" else y

    @property
    def inputs(self) -> int:
        return len(self.features)

    @property
    def outputs(self) -> int:
        return len(self.classes) if self.loss in CLASSES else 1

    @property
    def output(self) -> str:
        """The activation of the last layer."""
        return (TWO_CLASSES | CLASSES | NUMBERS)[self.loss]

    @property
    def metric(self) -> str:
        return "accuracy" if self.classes else "r2"

    @property
    def ends(self) -> list[str]:
        """What the outputs of the net stand for."""
        return self.classes if self.outputs > 1 else []

    def describe(self) -> str:
        n, held = len(self.training[0]), 0 if self.validation is None else len(self.validation[0])
        kind = f"{len(self.classes)} classes" if self.classes else "a number to predict"
        features = "1 feature" if self.inputs == 1 else f"{self.inputs} features"
        return f"{self.name}: {features}, {kind}; {n} samples to train, {held} to validate"

    def unscaled(self, net: nn.MLP) -> nn.MLP:
        """The net that takes and gives the numbers of the file: mean and scale go into its outer layers."""
        final: nn.MLP = nn.build(net.config())
        final.load_state_dict(net.state_dict())
        first, last = final.layers[0], final.layers[-1]
        for neuron in first.neurons:
            for w, mean, scale in zip(neuron.weight, self.dataset.mean, self.dataset.scale, strict=True):
                w.data /= scale
                neuron.bias.data -= w.data * mean
        for neuron in last.neurons:
            for p in (*neuron.weight, neuron.bias):
                p.data *= self.spread
            neuron.bias.data += self.middle
        return final

    def raw(self, pair: Pair) -> Pair:
        """Samples and targets in the units of the file."""
        X, goal = pair
        y = goal * self.spread + self.middle if self.loss in NUMBERS else goal
        return X * self.dataset.scale + self.dataset.mean, y

    def figures(self, final: nn.MLP) -> str:
        """How well the final net does, in words."""
        shown = []
        for pair, where in ((self.training, ""), (self.validation, "on validation data ")):
            if pair is not None:
                figure = evaluate(final, *self.raw(pair), loss=self.loss, metrics=[self.metric])[self.metric]
                shown.append(where + (f"{figure:.1%}" if self.classes else f"{figure:.4g}"))
        return f"{'accuracy' if self.classes else 'R2'} {', '.join(shown)}"

    @property
    def pictures(self) -> list[str]:
        """The file that shows what the net has learned, where it can be drawn."""
        if self.classes:
            return ["boundary.png"] if self.inputs == 2 else []
        return ["curve.png"] if self.inputs == 1 else []

    def picture(self, final: nn.MLP, folder: Path, title: str) -> None:
        """Draws it: a plane of classes, or a curve through the samples."""
        X, y = self.dataset
        X = X * self.dataset.scale + self.dataset.mean
        features, names = self.features, self.classes
        for path in (folder / name for name in self.pictures):
            if names:
                plots.decision_boundary(
                    final, X, y, path, loss=self.loss, title=title, feature_names=features, class_names=names
                )
            else:
                target = self.dataset.target
                plots.regression_curve(
                    final, X, y, path, title=title, feature_names=features, target_name=target
                )


def task_of(settings: dict[str, Any]) -> Task:
    """The task that the settings describe."""
    made = settings["data"] in data.DATASETS
    dataset = _made(settings) if made else _read(settings)
    name = settings["data"] if made else Path(settings["data"]).stem
    loss = _loss(settings["loss"], len(dataset.class_names), name)
    return Task(name, dataset, loss, settings["seed"], settings["validation"])


def _made(settings: dict[str, Any]) -> data.Dataset:
    name = settings["data"]
    taken = signature(data.DATASETS[name]).parameters
    if settings["target"] is not None:
        raise UsageError(f"--target is for CSV files, not for {name}")
    for option in ("samples", "noise", "classes"):
        if settings[option] is not None and _WORDS[option] not in taken:
            fitting = [n for n, make in data.DATASETS.items() if _WORDS[option] in signature(make).parameters]
            raise UsageError(f"--{option} is for {', '.join(fitting)}, not for {name}")
    given = {word: settings[option] for option, word in _WORDS.items() if word in taken}
    return data.load(name, **{word: got for word, got in given.items() if got is not None})


def _read(settings: dict[str, Any]) -> data.Dataset:
    path, target = settings["data"], settings["target"]
    if not os.path.exists(path):
        known = f"the data sets are {', '.join(data.DATASETS)}{suggestion(path, data.DATASETS)}"
        raise UsageError(f"there is no data set and no file {path!r}; {known}")
    for option in ("samples", "noise", "classes"):
        if settings[option] is not None:
            raise UsageError(f"--{option} is for {', '.join(MADE)}, not for a file")
    if target is not None and target.lstrip("-").isdecimal():
        target = int(target)
    return data.from_csv(path, target=target, delimiter=settings["delimiter"])


def _loss(asked: str | None, classes: int, name: str) -> str:
    """The loss that was asked for, or the first that fits the data."""
    fitting = list(NUMBERS) if not classes else [*(TWO_CLASSES if classes == 2 else {}), *CLASSES]
    if classes == 1:
        raise UsageError(f"{name} has one class alone: there is nothing to tell apart")
    if asked is not None and asked not in fitting:
        kind = f"{classes} classes" if classes else "a number to predict"
        raise UsageError(f"--loss {asked} does not fit {name}, which has {kind}: {', '.join(fitting)} do")
    return asked or fitting[0]
