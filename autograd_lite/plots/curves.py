"""Plots for slides: losses, decision boundaries, fitted curves, activation functions, nets.
Every function returns matplotlib's Figure and, given a path, saves it: .png, .svg or .pdf."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import arguments
from ..engine import TABLE, Value, grad, ops
from ..errors import ArgumentTypeError, ArgumentValueError
from ..training import LOSSES, boundary, predict
from .figure import (
    BLUE,
    COLOURS,
    FAINT,
    INK,
    MARKERS,
    RED,
    SIZE,
    SKY,
    caption,
    check,
    legend_below,
    literal,
    margins,
    named,
    new_figure,
    panels,
    rgb,
    saved,
)
from .net_picture import net_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["activation_functions", "decision_boundary", "loss_curve", "net_picture", "regression_curve"]

ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "silu", "gelu")


# --- what was recorded ---------------------------------------------------------------------------


def loss_curve(history: Any, path: Any = None) -> Figure:
    """The loss by epoch, on training and validation data, and a panel for every other figure."""
    recorded: Mapping[str, Sequence[float]] = getattr(history, "history", history)
    if not isinstance(recorded, Mapping):
        raise ArgumentTypeError("loss_curve", "history", history, "a History, or its dict of lists")
    if not recorded or not all(isinstance(xs, Sequence) and len(xs) for xs in recorded.values()):
        raise ArgumentValueError("loss_curve", "history", history, "of at least one epoch")
    names = list(dict.fromkeys(name.removeprefix("val_") for name in recorded))
    figure = new_figure("loss_curve", path, 1.5 + 5 * len(names), 4.2)
    for ax, name in zip(panels(figure, 1, len(names)), names, strict=True):
        _curves(ax, name, recorded)
    return saved(figure, path)


def _curves(ax: Axes, name: str, recorded: Mapping[str, Sequence[float]]) -> None:
    """One figure of merit by epoch; on a logarithmic scale where it falls by more than a hundred."""
    shown: list[float] = []
    for key, label, colour, dashes in (
        (name, "training", BLUE, "-"),
        (f"val_{name}", "validation", RED, "--"),
    ):
        numbers = list(recorded.get(key, ()))
        marker = "o" if len(numbers) == 1 else ""
        if numbers:
            epochs = range(1, len(numbers) + 1)
            ax.plot(epochs, numbers, dashes, color=colour, label=label, linewidth=2.4, marker=marker)
            shown += numbers
    if min(shown) > 0 and max(shown) > 20 * min(shown):
        ax.set_yscale("log")
    ax.locator_params(axis="x", integer=True)
    ax.grid(alpha=0.25)
    caption(ax, "", "epoch", name)
    if f"val_{name}" in recorded:
        ax.legend(frameon=False, fontsize=SIZE)


# --- what a net has learned ------------------------------------------------------------------------


def decision_boundary(
    net: Any,
    X: Any,
    y: Any,
    path: Any = None,
    *,
    loss: str = "",
    title: str = "",
    feature_names: Sequence[str] = (),
    class_names: Sequence[str] = (),
    steps: int = 120,
) -> Figure:
    """The plane of a net's two inputs in the colours of its classes, strong where the net is sure.

    One output says which of two classes: the boundary is 0, or ½ where the `loss` takes
    probabilities ("bce") or fits them ("mse" to classes 0 and 1). Of several outputs the largest wins.
    `steps` is the grid's width.
    """
    import numpy as np

    check("decision_boundary", net, steps, title, feature_names, class_names)
    arguments.choice("decision_boundary", "loss", loss, ("", *LOSSES))
    points, labels = _points("decision_boundary", X, 2), _labels("decision_boundary", y, len(X))
    figure = new_figure("decision_boundary", path, 6.4, 5.4)
    (ax,) = panels(figure)
    low, high = margins(points)
    across, up = (np.linspace(low[i], high[i], steps) for i in (0, 1))
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    with np.errstate(all="ignore"):  # a net that has gone astray is drawn, too
        shares = chances(predict(net, grid), loss, labels.tolist()).reshape(steps, steps, -1)
    extent = (low[0], high[0], low[1], high[1])
    ax.imshow(_shades(shares), extent=extent, origin="lower", aspect="auto", interpolation="bilinear")
    for border in _borders(shares):
        ax.contour(across, up, border, levels=[0.0], colors=INK, linewidths=1.6)
    classes = sorted(set(labels.tolist()))
    names = named(class_names, [f"class {label:g}" for label in classes], shares.shape[-1])
    marks = [_class(ax, points[labels == label], _place(label, classes, shares.shape[-1]), names)
             for label in classes]  # fmt: skip
    ax.set_xlim(low[0], high[0])
    ax.set_ylim(low[1], high[1])
    caption(ax, title, *named(feature_names, ["$x_1$", "$x_2$"]))
    legend_below(figure, marks)
    return saved(figure, path)


def chances(outputs: Any, loss: str, labels: Sequence[float]) -> Any:
    """A number a class, to 1 in all: the probabilities, where the outputs are logits or probabilities."""
    import numpy as np

    if outputs.ndim == 1:
        p = outputs if boundary(loss, labels) else ops.sigmoid(outputs)
        return np.stack([1.0 - p, p], axis=-1)
    if loss == "nll":
        return outputs
    e = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _shades(chances: Any) -> Any:
    """The colour of the winner, blended with white: the paler, the less sure."""
    import numpy as np

    winner, top = chances.argmax(axis=-1), chances.max(axis=-1)
    chance = 1.0 / chances.shape[-1]
    strength = 0.08 + 0.3 * np.clip((top - chance) / (1.0 - chance), 0.0, 1.0)[..., None]
    return 1.0 - strength * (1.0 - rgb(COLOURS)[winner % len(COLOURS)])


def _borders(chances: Any) -> list[Any]:
    """For every class a field that is 0 on its border; none where it wins nowhere or everywhere."""
    import numpy as np

    fields = []
    for k in range(1 if chances.shape[-1] == 2 else 0, chances.shape[-1]):
        field = chances[..., k] - np.delete(chances, k, axis=-1).max(axis=-1)
        if field.min() < 0.0 < field.max():
            fields.append(field)
    return fields


def _place(label: float, classes: list[float], outputs: int) -> int:
    """The output that stands for a class: 0, 1, 2 ... are their own places; -1 and 1 are 0 and 1."""
    own = all(label in range(outputs) for label in classes)
    return int(label) if own else classes.index(label)


def _class(ax: Axes, points: Any, place: int, names: Sequence[str]) -> Any:
    """The samples of one class, in its colour and with its marker."""
    return ax.scatter(
        points[:, 0],
        points[:, 1],
        s=38,
        color=COLOURS[place % len(COLOURS)],
        marker=MARKERS[place % len(MARKERS)],
        label=names[place] if place < len(names) else f"class {place}",
        edgecolors="white",
        linewidths=0.8,
        zorder=3,
    )


def regression_curve(
    net: Any,
    X: Any,
    y: Any,
    path: Any = None,
    *,
    title: str = "",
    feature_names: Sequence[str] = (),
    target_name: str = "y",
    steps: int = 300,
) -> Figure:
    """The samples of one input and one output, and the curve that the net draws through them."""
    import numpy as np

    check("regression_curve", net, steps, title, feature_names)
    arguments.text("regression_curve", "target_name", target_name)
    points, targets = _points("regression_curve", X, 1), _labels("regression_curve", y, len(X))
    figure = new_figure("regression_curve", path, 7, 4.6)
    (ax,) = panels(figure)
    (low,), (high,) = margins(points, 0.04)
    line = np.linspace(low, high, steps)
    outputs = predict(net, line[:, None]).reshape(steps, -1)[:, 0]
    ax.scatter(points[:, 0], targets, s=30, color=SKY, edgecolors="white", linewidths=0.6, label="samples")
    ax.plot(line, outputs, color=RED, linewidth=2.8, label="net")
    ax.grid(alpha=0.25)
    ax.legend(frameon=False, fontsize=SIZE)
    caption(ax, title, named(feature_names, ["x"])[0], literal(target_name))
    return saved(figure, path)


# --- activation functions ----------------------------------------------------------------------------


def activation_functions(
    names: Sequence[str | Callable[[Value], Value]] = ACTIVATIONS,
    path: Any = None,
    *,
    low: float = -3.0,
    high: float = 3.0,
) -> Figure:
    """Functions and their derivatives, as lecture notes show them.

    A name is a row of the table; a function takes a Value and gives one. The derivative is what the
    graph says, so the picture shows what training sees.
    """
    low = arguments.number("activation_functions", "low", low, least=-math.inf)
    high = arguments.number("activation_functions", "high", high, least=-math.inf)
    if not low < high:
        raise ArgumentValueError("activation_functions", "high", high, f"above low, {low:g}")
    one = isinstance(names, str) or callable(names)
    shown = (
        [names] if one else arguments.listed("activation_functions", "names", names, "names and functions")
    )
    if not shown:
        raise ArgumentValueError("activation_functions", "names", names, "at least one name or function")
    functions = [_function(name) for name in shown]
    columns = min(len(shown), 4)
    rows = -(-len(shown) // columns)
    figure = new_figure("activation_functions", path, max(3.4 * columns, 4.6), 3.0 * rows + 0.5)
    axes = panels(figure, rows, columns)
    for ax, name, function in zip(axes, shown, functions, strict=False):
        lines = _function_and_slope(ax, function, low, high)
        caption(ax, name if isinstance(name, str) else getattr(name, "__name__", "function"))
    for ax in axes[len(shown) :]:
        ax.remove()
    legend_below(figure, lines)
    return saved(figure, path)


def _function(name: Any) -> Callable[[Value], Value]:
    """The function of one Value that a name stands for."""
    if callable(name):
        return name  # type: ignore[no-any-return]
    rows = [row for row in TABLE.values() if not row.variadic and len(row.inputs) - len(row.defaults) == 1]
    if name not in (row.name for row in rows):
        allowed = f"functions, or among {', '.join(row.name for row in rows)}"
        raise ArgumentValueError("activation_functions", "names", name, allowed)
    return TABLE[name]


def _function_and_slope(ax: Axes, function: Callable[[Value], Value], low: float, high: float) -> list[Any]:
    xs, ys, slopes = _sampled(function, low, high)
    ax.axhline(0.0, color=FAINT, linewidth=0.8)
    ax.axvline(0.0, color=FAINT, linewidth=0.8)
    (curve,) = ax.plot(xs, ys, color=BLUE, linewidth=2.6, label="function")
    (slope,) = ax.plot(xs, slopes, "--", color=RED, linewidth=2.2, label="derivative")
    ax.set_xlim(low, high)
    return [curve, slope]


def _sampled(function: Callable[[Value], Value], low: float, high: float) -> tuple[Any, Any, Any]:
    """Points, values and derivatives; nan where a curve jumps, so that no line bridges the gap."""
    import numpy as np

    count = 600  # even: around 0 there is a sample on each side of a kink, and none on it
    xs = np.linspace(low, high, count)
    ys, slopes = np.empty(count), np.empty(count)
    for i, number in enumerate(xs.tolist()):
        x = Value(number)
        y = function(x)
        if not isinstance(y, Value):
            raise ArgumentTypeError("activation_functions", "the result of a function", y, "a Value")
        ys[i], slopes[i] = y.data, grad(y, x)
    for curve in (ys, slopes):
        finite = curve[np.isfinite(curve)]
        height = np.ptp(finite) if finite.size else 0.0
        curve[1:][np.abs(np.diff(curve)) > 0.1 * max(1.0, height)] = np.nan
    return xs, ys, slopes


# --- what comes in -----------------------------------------------------------------------------------


def _points(function: str, X: Any, width: int) -> Any:
    import numpy as np

    try:
        points = np.asarray(X, dtype=float)
    except (TypeError, ValueError, OverflowError):
        points = np.empty(0)
    if points.ndim != 2 or points.shape[1] != width or not len(points):
        raise ArgumentValueError(function, "X", X, f"an array of samples, {width} feature(s) each")
    return points


def _labels(function: str, y: Any, count: int) -> Any:
    """The target of every sample as a number; a one-hot row stands for its place."""
    import numpy as np

    try:
        labels = np.asarray(y, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise ArgumentTypeError(function, "y", y, "numbers, or one-hot rows") from None
    labels = labels.argmax(axis=1) if labels.ndim == 2 and labels.shape[1] > 1 else labels.reshape(-1)
    if len(labels) != count:
        raise ArgumentValueError(function, "y", y, f"of the length of X, {count}")
    return labels
