"""Figures off screen: made, styled for a slide, saved. The paper that plots.py draws on.

No window opens and no global state is touched: a figure belongs to the caller and is freed with it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import arguments, atomic_write
from ..errors import ArgumentTypeError, ArgumentValueError, MissingMatplotlibError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which the colour-blind tell apart, too; every class also has its own marker.
BLUE, ORANGE, GREEN, PINK, RED, SKY, YELLOW = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#f0e442",
)  # fmt: skip
COLOURS = (BLUE, ORANGE, GREEN, PINK, RED, SKY, YELLOW)
MARKERS = "osD^vPX*<>"
INK, FAINT = "#222222", "#8a8a8a"
SIZE = 13  # of text, in points: readable from the last row
SUFFIXES = (".png", ".svg", ".pdf")


def new_figure(function: str, path: Any, width: float, height: float) -> Figure:
    """An empty figure, in inches. What would keep it from being saved is said before it is drawn."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingMatplotlibError(function) from error
    if path is not None and not isinstance(path, str | Path):
        raise ArgumentTypeError(function, "path", path, "a path or None")
    if path is not None and Path(path).suffix.lower() not in SUFFIXES:
        raise ArgumentValueError(function, "path", path, f"a path that ends in {', '.join(SUFFIXES)}")
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def panels(figure: Figure, rows: int = 1, columns: int = 1) -> list[Axes]:
    """The axes of a figure, row by row, with text of a readable size and no box around them."""
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=SIZE - 2)
    return axes


def caption(ax: Axes, title: str = "", x: str = "", y: str = "") -> None:
    """The words around a panel."""
    ax.set_xlabel(x, fontsize=SIZE)
    ax.set_ylabel(y, fontsize=SIZE)
    if title:
        ax.set_title(literal(title), fontsize=SIZE + 2)


def legend_below(figure: Figure, handles: Sequence[Any], columns: int = 5) -> None:
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncol=min(len(handles), columns),
        frameon=False,
        fontsize=SIZE,
        handletextpad=0.4,
    )


def saved(figure: Figure, path: Any) -> Figure:
    """The figure, written if a path was given: drawn in memory first, the same bytes every time."""
    import matplotlib
    import numpy as np

    if path is not None:
        kind = Path(path).suffix.lower()[1:]
        undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
        drawn = io.BytesIO()
        with matplotlib.rc_context({"svg.hashsalt": "autograd_lite"}), np.errstate(all="ignore"):
            figure.savefig(drawn, format=kind, dpi=150, metadata=undated)
        atomic_write.write(Path(path), drawn.getvalue())
    return figure


def rgb(colours: Iterable[str]) -> Any:
    """Colours as rows of red, green and blue between 0 and 1."""
    import numpy as np

    return np.array([[int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] for colour in colours])


def margins(points: Any, share: float = 0.12) -> tuple[Any, Any]:
    """The corners of a box around the points, with air on every side."""
    low, high = points.min(axis=0), points.max(axis=0)
    air = share * (high - low) + 0.5 * (high == low)
    return low - air, high + air


def named(names: Sequence[str], defaults: list[str], count: int | None = None) -> list[str]:
    """The names given, where they are as many as there must be."""
    return [literal(str(name)) for name in names] if len(names) == (count or len(defaults)) else defaults


def literal(text: str) -> str:
    """A text of the user's, in which a dollar is a dollar and begins no formula."""
    return text.replace("$", r"\$")


def check(function: str, net: Any, steps: Any, title: Any, *names: Any) -> None:
    """What several plots take; a net and steps only where they are given."""
    if not (net is None and steps is None):
        if not callable(net):
            raise ArgumentTypeError(function, "net", net, "a net, to be called with a sample")
        arguments.count(function, "steps", steps, least=2, most=10_000)
    arguments.text(function, "title", title)
    for argument, got in zip(("feature_names", "class_names"), names, strict=False):
        words = got.tolist() if hasattr(got, "tolist") else got
        if not isinstance(words, list | tuple) or not all(isinstance(word, str) for word in words):
            raise ArgumentTypeError(function, argument, got, "a list of str")
