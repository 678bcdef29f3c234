"""The part of the table with pictures and pages: draw, explore, and what they give or are given."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from typing import Any

import autograd_lite as al
from autograd_lite import Value
from autograd_lite.pictures.scene import scene

from .files import FLAGS, POINTS
from .nets import SAMPLE, net, small
from .probes import A_VALUE, NONE, OPTIONAL, REAL, TEXT, Entry, Fresh, entry, kind


def loss() -> Value:
    return al.tanh(Value(0.5, "w") * Value(2.0, "x") + 1.0)


def saved(make: Callable[[], Any], good: str) -> Callable[..., Any]:
    """The call of `save`, with "good" as a file in a folder of its own."""

    def call(**named: Any) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            if isinstance(named["path"], str) and named["path"] == "good":
                named["path"] = os.path.join(folder, good)
            return make().save(**named)

    return call


BY = (None, OPTIONAL)
LIMIT = (2000, kind("a count from 1 up, or None for no limit", "None", "10**400"))
GRAPH = (Fresh(loss), A_VALUE)
TARGET = (1.0, REAL.and_("Value"))

ENTRIES: dict[str, Entry] = {
    "draw": entry("draw", al.draw, value=GRAPH, x=BY, by=BY, limit=LIMIT),
    "draw of a net": entry(
        "draw|Layer", al.draw, value=(Fresh(net), NONE), x=(SAMPLE[0], OPTIONAL), by=BY, limit=LIMIT
    ),
    "Picture": entry("Picture", al.Picture, scene=(scene(Value(1.0)), NONE)),
    "Picture.save": entry("save", saved(lambda: al.draw(loss()), "good.svg"), path=("good", NONE)),
    "explore": entry("explore", al.explore, value=GRAPH, x=BY, y=BY, loss=BY, by=BY, title=("", TEXT)),
    "explore of a net": entry(
        "explore|Layer|mse_loss",
        al.explore,
        {"value": "value|x", "y": "y|target"},
        value=(Fresh(small), NONE),
        x=SAMPLE,
        y=TARGET,
        loss=(al.mse_loss, NONE),
        by=BY,
        title=("", TEXT),
    ),
    "Page": entry("Page", al.Page, html=("", TEXT)),
    "Page.save": entry("save", saved(lambda: al.Page("page"), "good.html"), path=("good", NONE)),
    "Recorder": entry(
        "Recorder",
        al.Recorder,
        X=(POINTS, NONE),
        y=(FLAGS, NONE),
        frames=(3, NONE),
        loss=("", kind("a loss by name, or none", "empty str")),
        feature_names=((), kind("two names, or none", "empty list")),
        class_names=((), kind("a name for each class, or none", "empty list")),
    ),
}
