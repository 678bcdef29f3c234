"""The picture of a net: its neurons in columns, and its weights as lines between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import arguments
from ..errors import ArgumentTypeError
from .figure import (
    BLUE,
    FAINT,
    INK,
    RED,
    SIZE,
    caption,
    check,
    legend_below,
    named,
    new_figure,
    panels,
    rgb,
    saved,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def net_picture(
    net: Any,
    path: Any = None,
    *,
    title: str = "",
    feature_names: Sequence[str] = (),
    class_names: Sequence[str] = (),
    most: int = 16,
) -> Figure:
    """The neurons in columns, and every weight as a line: its colour is the sign, its width the size.

    A column of more than `most` neurons shows the first and the last ones, and dots between.
    """
    check("net_picture", None, None, title, feature_names, class_names)
    arguments.count("net_picture", "most", most, least=1)
    layers = [_matrix(layer) for layer in getattr(net, "layers", ())]
    if not layers:
        raise ArgumentTypeError("net_picture", "net", net, "a net with layers of weights, such as an MLP")
    sizes = [layers[0].shape[1], *(layer.shape[0] for layer in layers)]
    gap = max(1.0, 6 / min(max(sizes), most))  # a small net is spread out
    columns = [_column(size, most, gap) for size in sizes]
    height = gap * max(map(len, columns))
    figure = new_figure("net_picture", path, 2.4 + 2.4 * len(layers), 1.9 + 0.27 * height)
    (ax,) = panels(figure)
    lines = [_weights(ax, w, columns[k], columns[k + 1], k) for k, w in enumerate(layers)]
    for k, column in enumerate(columns):
        _neurons(ax, column, k, INK if 0 < k < len(layers) else FAINT)
        name = "inputs" if k == 0 else _activation(net.layers[k - 1])
        ax.text(k, -height / 2 - 0.4, f"{sizes[k]} {name}", ha="center", va="top", fontsize=SIZE)
    inputs = named(feature_names, [f"$x_{{{i + 1}}}$" for i in range(sizes[0])])
    outputs = named(class_names, [f"$y_{{{i + 1}}}$" for i in range(sizes[-1])] if sizes[-1] > 1 else ["$y$"])
    _ends(ax, columns[0], -0.09, inputs, "right")
    _ends(ax, columns[-1], len(layers) + 0.09, outputs, "left")
    ax.set_ylim(-height / 2 - 1.8, height / 2 + 0.2)
    ax.set_axis_off()
    caption(ax, title)
    legend_below(figure, lines[0])
    return saved(figure, path)


def _matrix(layer: Any) -> Any:
    """The weights of a layer as an array (outputs, inputs)."""
    import numpy as np

    rows = getattr(layer, "weight", None)
    if rows is None:
        raise ArgumentTypeError("net_picture", "net", layer, "made of layers with weights")
    return np.array([[getattr(w, "data", w) for w in row] for row in rows], dtype=float)


def _activation(layer: Any) -> str:
    activation = getattr(layer, "activation", "")
    return activation if isinstance(activation, str) else getattr(activation, "__name__", "")


def _column(size: int, most: int, gap: float) -> list[tuple[int | None, float]]:
    """(neuron, height) from top to bottom; None stands for those that are left out."""
    shown: list[int | None] = list(range(size))
    if size > most:
        half = max(1, (most - 1) // 2)
        shown[half : size - half] = [None]
    return [(neuron, gap * ((len(shown) - 1) / 2 - i)) for i, neuron in enumerate(shown)]


def _weights(ax: Axes, weights: Any, left: list[Any], right: list[Any], x: int) -> list[Any]:
    """The lines between two columns, the layer's largest weight thickest; gives what the legend shows."""
    from matplotlib.collections import LineCollection
    from matplotlib.lines import Line2D

    top = abs(weights).max() or 1.0
    edges = [(weights[j, i] / top, a, b) for i, a in left if i is not None for j, b in right if j is not None]
    edges.sort(key=lambda edge: abs(edge[0]))  # the large ones come last, on top
    colours = [(*rgb([BLUE if w > 0 else RED])[0], 0.08 + 0.87 * abs(w)) for w, _, _ in edges]
    lines = [((x, a), (x + 1, b)) for _, a, b in edges]
    ax.add_collection(
        LineCollection(lines, colors=colours, linewidths=[0.4 + 2.6 * abs(w) for w, _, _ in edges])
    )
    return [
        Line2D([], [], color=c, linewidth=2.5, label=f"weight {s} 0") for c, s in ((BLUE, ">"), (RED, "<"))
    ]


def _neurons(ax: Axes, column: list[Any], x: int, colour: str) -> None:
    heights = [height for neuron, height in column if neuron is not None]
    ax.scatter([x] * len(heights), heights, s=130, color="white", edgecolors=colour, linewidths=1.8, zorder=2)
    for neuron, height in column:
        if neuron is None:
            ax.text(x, height, "…", rotation=90, ha="center", va="center", fontsize=SIZE + 6, color=INK)


def _ends(ax: Axes, column: list[Any], x: float, names: Sequence[str], side: str) -> None:
    for neuron, height in column:
        if neuron is not None:
            ax.text(x, height, names[neuron], ha=side, va="center", fontsize=SIZE)
