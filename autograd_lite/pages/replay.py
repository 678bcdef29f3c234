"""The training replay: a callback that records a net of two inputs as it learns, and the page that shows it.

    recorder = al.Recorder(X, y)
    al.fit(net, X, y, ..., callbacks=[recorder])
    al.explore(recorder).save("learning.html")

A frame is the net after an epoch; the first is the net before training. What the page shows is computed
from the recorded weights when it is made: outputs over a grid, in 16 bits, for the boundary; weights as
float32. Outputs mean what they mean in `plots.decision_boundary`, told the loss that `fit` was given.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import arguments
from ..engine import Value
from ..errors import ArgumentTypeError, ArgumentValueError, GraphError
from ..nn import MLP, Autoencoder, Layer, Sequential
from ..plots import COLOURS, MARKERS, chances, margins
from ..training import LOSSES, Callback, predict, samples
from .html_page import Page, assemble, asset

if TYPE_CHECKING:
    from ..training import Run

STYLES = ("shared/player.css", "training/replay.css")
SCRIPTS = (
    "shared/player.js",
    "training/replay-plane.js",
    "training/replay-curve.js",
    "training/replay-net.js",
    "training/replay.js",
)
STEPS = 40  # points of the grid on a side, where there is room
BYTES = 560_000  # of all grids together: in base64, and with all the rest, less than a megabyte
POINTS = 2000  # samples that are shown
MOST = 12  # neurons in a column of the net's picture; of more, the first and the last are shown
CLASSES = len(MARKERS)  # that can be told apart by marker; of colours there are fewer


class ReplayFrame(NamedTuple):
    """The net after so many epochs: its parameters in the order of net.parameters()."""

    epoch: int
    weights: tuple[float, ...]


class Recorder(Callback):
    """Records a net of two inputs while `fit` trains it, on samples X with classes y, for `al.explore`.

    At most `frames` epochs are kept besides the beginning, evenly spaced, the last one among them.
    The loss of `fit` says what outputs are: "bce" and "nll" take probabilities. Where it is a function of
    your own, or the outputs mean something else, `loss` says so, as for plots.decision_boundary.
    """

    def __init__(
        self,
        X: Any,
        y: Any,
        *,
        frames: int = 100,
        loss: str = "",
        feature_names: Sequence[str] = (),
        class_names: Sequence[str] = (),
    ) -> None:
        rows, targets = samples("Recorder", X, y)
        if len(rows[0]) != 2:
            raise ArgumentValueError("Recorder", "X", X, "samples of two features each")
        self.points = rows
        self.labels = _labels(targets)
        self.classes = sorted(set(self.labels))
        if len(self.classes) > CLASSES:
            raise ArgumentValueError("Recorder", "y", y, f"of at most {CLASSES} classes")
        self.most = arguments.count("Recorder", "frames", frames, least=1, most=1000)
        self.loss = self._told = arguments.choice("Recorder", "loss", loss, ("", *LOSSES))
        self.feature_names = _names("feature_names", feature_names)
        if len(self.feature_names) not in (0, 2):
            raise ArgumentValueError("Recorder", "feature_names", feature_names, "two names, or none")
        self.class_names = _names("class_names", class_names)
        if 0 < len(self.class_names) < len(self.classes):
            allowed = f"a name for each of the {len(self.classes)} classes, or none"
            raise ArgumentValueError("Recorder", "class_names", class_names, allowed)
        self.net: Any = None
        self.frames: list[ReplayFrame] = []
        self.history: dict[str, list[float]] = {}
        self._latest = ReplayFrame(0, ())
        self._every = 1

    def on_train_begin(self, run: Run) -> None:
        """Begins anew: a recorder holds one run."""
        _refuse_other_inputs(run.net)
        self.loss = self._told or run.loss
        self.net, self.history = run.net, run.history.history
        self._every = max(1, math.ceil((run.epochs - run.first_epoch) / self.most))
        self._latest = self._frame(run, run.first_epoch)
        self.frames = [self._latest]

    def on_epoch_end(self, run: Run) -> None:
        self._latest = self._frame(run, run.epoch + 1)
        if (run.epoch + 1 - run.first_epoch) % self._every == 0:
            self.frames.append(self._latest)

    def on_train_end(self, run: Run) -> None:
        """The last epoch is always there, wherever the run ended."""
        if self.frames[-1].epoch != self._latest.epoch:
            self.frames.append(self._latest)

    def _frame(self, run: Run, epoch: int) -> ReplayFrame:
        return ReplayFrame(epoch, tuple(parameter.data for parameter in run.params))

    def __repr__(self) -> str:
        if not self.frames:
            return "<Recorder: nothing recorded yet>"
        first, last = self.frames[0].epoch, self.frames[-1].epoch
        return f"<Recorder of {len(self.frames)} frames, epoch {first} to {last}>"


def replay(recorder: Recorder, title: str = "How the net learns") -> Page:
    """The page: decision boundary, loss curve and the net's weights, epoch by epoch."""
    if not isinstance(recorder, Recorder):
        raise ArgumentTypeError("replay", "recorder", recorder, "a Recorder, after fit")
    arguments.text("replay", "title", title)
    if not recorder.frames:
        raise GraphError("replay: nothing is recorded: give the recorder to fit, in callbacks=[...]")
    shown = {"title": title, **recorded(recorder)}
    return Page(assemble(title, asset("training/replay.html"), STYLES, SCRIPTS, shown))


# --- what the page shows -----------------------------------------------------------------------------


def recorded(recorder: Recorder) -> dict[str, Any]:
    """The recording as the page reads it: numbers, names, and two texts in base64."""
    import numpy as np

    low, high = margins(np.array(recorder.points))
    fields = _fields(recorder, low, high)
    weights = np.array([frame.weights for frame in recorder.frames])
    finite = np.abs(weights[np.isfinite(weights)])
    return {
        "epochs": [frame.epoch for frame in recorder.frames],
        "figures": {name: [_plain(x) for x in xs] for name, xs in recorder.history.items()},
        "box": [_plain(x) for x in (low[0], high[0], low[1], high[1])],
        "steps": fields.shape[-1],
        "fields": fields.shape[1],
        "grids": base64.b64encode(fields.tobytes()).decode("ascii"),
        "classes": _classes(recorder, max(2, fields.shape[1])),
        "features": recorder.feature_names or ["x₁", "x₂"],
        "points": _points(recorder, max(2, fields.shape[1])),
        "net": _columns(recorder),
        "parameters": weights.shape[1],
        "weights": base64.b64encode(_single(weights).tobytes()).decode("ascii"),
        "largest": float(finite.max()) if finite.size else 1.0,
    }


def _fields(recorder: Recorder, low: Any, high: Any) -> Any:
    """Whole numbers (frame, class, up, across), as from `_rounded`; of two classes the second is enough."""
    import numpy as np

    outputs = _outputs_of(recorder)

    def shares(weights: Sequence[float], points: Any) -> Any:
        return chances(outputs(weights, points), recorder.loss, recorder.classes)

    some = shares(recorder.frames[0].weights, np.array(recorder.points[:1]))
    count = 1 if some.shape[-1] == 2 else some.shape[-1]
    steps = max(8, min(STEPS, math.isqrt(BYTES // (2 * count * len(recorder.frames)))))
    across, up = (np.linspace(low[i], high[i], steps) for i in (0, 1))
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    found = np.empty((len(recorder.frames), count, steps, steps), dtype="<u2")
    with np.errstate(all="ignore"):  # a net that has gone astray is drawn, too
        for frame, place in zip(recorder.frames, found, strict=True):
            place[:] = _rounded(shares(frame.weights, grid))[:, -count:].T.reshape(count, steps, steps)
    return found


def _rounded(share: Any) -> Any:
    """The fourth roots of chances, from 0 to 65535: where a net is sure, the boundary is still found between
    two points of the grid. Of two classes they sum to 65535."""
    import numpy as np

    equal = 1 / share.shape[-1]
    roots = np.clip(np.nan_to_num(share, nan=equal), 0.0, 1.0) ** 0.25
    if share.shape[-1] == 2:
        roots /= roots.sum(axis=-1, keepdims=True)
    return np.rint(65535 * roots).astype("<u2")


def _single(weights: Any) -> Any:
    """As float32, where what is beyond its range is inf."""
    import numpy as np

    with np.errstate(over="ignore"):
        return weights.astype("<f4")


def _outputs_of(recorder: Recorder) -> Callable[[Sequence[float], Any], Any]:
    """A function (weights, points) that gives the net's outputs, as `predict` does."""
    net, parameters = recorder.net, recorder.net.parameters()

    def outputs(weights: Sequence[float], points: Any) -> Any:
        before = [parameter.data for parameter in parameters]
        try:
            _set(parameters, weights)
            return _at_once(net, points) if _is_plain(net) else predict(net, points)
        finally:
            _set(parameters, before)

    return outputs


def _set(parameters: Sequence[Value], numbers: Sequence[float]) -> None:
    for parameter, number in zip(parameters, numbers, strict=True):
        parameter.data = number


def _is_plain(net: Any) -> bool:
    """Whether the net is layer upon layer, with activations that take arrays as they take numbers."""
    layers = net.layers if type(net) in (MLP, Autoencoder) else [None]
    return all(
        type(x) is Layer and isinstance(x.activation, str) and x.activation != "softmax" for x in layers
    )


def _at_once(net: Any, points: Any) -> Any:
    """`predict` for all points in one go, since a grid in every frame is many points: ten times faster."""
    import numpy as np

    h = points.T
    for layer in net.layers:
        a = np.array([[w.data for w in row] for row in layer.weight]) @ h
        if layer.bias is not None:
            a += np.array([[b.data] for b in layer.bias])
        h = np.array(layer.activate(list(a)))
    return h[0] if len(h) == 1 else h.T


def _points(recorder: Recorder, count: int) -> list[list[Any]]:
    """[x, y, class] of every sample, or of as many as are shown."""
    every = math.ceil(len(recorder.points) / POINTS)
    shown = list(zip(recorder.points, recorder.labels, strict=True))[::every]
    return [[_plain(x), _plain(y), _place(recorder, label, count)] for (x, y), label in shown]


def _place(recorder: Recorder, label: float, count: int) -> int:
    """The output that stands for a class: 0, 1, 2 ... are their own; -1 and 1 are 0 and 1."""
    own = all(label in range(count) for label in recorder.classes)
    return int(label) if own else recorder.classes.index(label)


def _classes(recorder: Recorder, count: int) -> list[dict[str, str]]:
    """The name, colour and marker of every class."""
    if not len(recorder.classes) <= count <= CLASSES:
        allowed = (
            f"of at most as many classes as the net tells apart, here {count}, and that at most {CLASSES}"
        )
        raise ArgumentValueError("Recorder", "y", recorder.classes, allowed)
    own = all(label in range(count) for label in recorder.classes)
    labels = list(range(count)) if own else recorder.classes
    names = recorder.class_names or [f"class {x:g}" for x in labels]
    if recorder.class_names and len(names) != count:
        allowed = f"as many as the classes that the net tells apart, here {count}"
        raise ArgumentValueError("Recorder", "class_names", names, allowed)
    return [
        {"name": name, "colour": COLOURS[k % len(COLOURS)], "marker": MARKERS[k]}
        for k, name in enumerate(names)
    ]


# --- the net's picture -------------------------------------------------------------------------------


def _columns(recorder: Recorder) -> dict[str, Any]:
    """Columns of neurons, and the lines between them by their weight's place among the parameters.

    {} where the weights are no chain of layers: then the page shows no net.
    """
    places = {parameter: i for i, parameter in enumerate(recorder.net.parameters())}
    layers = [layer for layer in _layers(recorder.net) if _nested(layer.weight)]
    sizes = [2, *(len(layer.weight) for layer in layers)]
    if not layers or any(len(x.weight[0]) != n for x, n in zip(layers, sizes, strict=False)):
        return {}
    columns = [_shown(size) for size in sizes]
    lines = [
        [k, a, b, places[layer.weight[j][i]]]
        for k, (layer, (left, right)) in enumerate(zip(layers, pairwise(columns), strict=True))
        for a, i in enumerate(left)
        for b, j in enumerate(right)
        if i is not None and j is not None
    ]
    biases = [[-1] * len(columns[0])]
    biases += [
        [-1 if j is None or layer.bias is None else places[layer.bias[j]] for j in column]
        for layer, column in zip(layers, columns[1:], strict=True)
    ]
    own = type(recorder.net) in (MLP, Autoencoder)  # elsewhere a step of its own may be the activation
    kinds = [layer.activation if own and isinstance(layer.activation, str) else "neurons" for layer in layers]
    return {"columns": columns, "sizes": sizes, "names": ["inputs", *kinds], "lines": lines, "biases": biases}


def _layers(net: Any) -> list[Any]:
    return [module for _, module in net.named_modules() if isinstance(module, Layer)]


def _nested(weight: Any) -> bool:
    return bool(weight) and bool(weight[0])


def _shown(size: int) -> list[int | None]:
    """The neurons of a column; None stands for those that are left out."""
    half = (MOST - 1) // 2
    return list(range(size)) if size <= MOST else [*range(half), None, *range(size - half, size)]


# --- what comes in -------------------------------------------------------------------------------------


def _refuse_other_inputs(net: Any) -> None:
    """A net that begins with a layer says how many inputs it takes; of others the page would find out."""
    first = net
    while type(first) in (MLP, Autoencoder, Sequential):
        first = next(iter(first.steps if type(first) is Sequential else first.layers), None)
    if type(first) is Layer and first.weight and len(first.weight[0]) != 2:
        raise ArgumentValueError("Recorder", "net", net, "a net of two inputs, for a plane")


def _labels(targets: Sequence[Any]) -> list[float]:
    """The classes as numbers; a one-hot row stands for its place."""
    rows = [target if isinstance(target, list | tuple) else [target] for target in targets]
    for row in rows:
        if len(row) != len(rows[0]) or not row or any(isinstance(x, list | tuple) for x in row):
            raise ArgumentValueError("Recorder", "y", row, "a class, or one-hot rows of one length")
        if len(row) > 1 and sorted(row) != [0] * (len(row) - 1) + [1]:
            raise ArgumentValueError("Recorder", "y", row, "a class, or one-hot: one 1, all others 0")
    return [float(list(row).index(max(row)) if len(row) > 1 else row[0]) for row in rows]


def _names(argument: str, names: Any) -> list[str]:
    found = arguments.listed("Recorder", argument, names, "str")
    for name in found:
        if not isinstance(name, str):
            raise ArgumentTypeError("Recorder", argument, name, "a list of str")
    return found


def _plain(x: Any) -> float | None:
    """Six digits of a number; None for what JSON cannot hold."""
    return float(f"{x:.6g}") if math.isfinite(x) else None
