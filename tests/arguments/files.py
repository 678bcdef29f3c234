"""The part of the table with files and pictures: data sets, storage, plots."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import autograd_lite as al
from autograd_lite import data, nn, plots

from .probes import AMOUNT, FLAG, NONE, NUMBERS, OPTIONAL, SEED, TEXT, Entry, Fresh, entry, kind

# --- data sets ---------------------------------------------------------------------------

MADE = {"n": (20, NONE), "noise": (0.1, AMOUNT), "seed": (0, SEED)}
CSV = "a,b,y\n1,2,0\n3,4,1\n5,7,0\n6,8,1\n"


def iris() -> data.Dataset:
    return data.iris()


def read(**named: Any) -> data.Dataset:
    """A CSV file, written for this call."""
    with tempfile.TemporaryDirectory() as folder:
        if isinstance(named["path"], str) and named["path"] == "good.csv":
            named["path"] = os.path.join(folder, "good.csv")
            Path(named["path"]).write_text(CSV)
        return data.from_csv(**named)


POINTS = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]
FLAGS = [0, 1, 1, 0]
COLUMN = kind("a column by name or number", "0", "-1", "None")
SETS = {
    "data.moons": entry("moons", data.moons, **MADE),
    "data.circles": entry("circles", data.circles, **MADE, factor=(0.5, AMOUNT)),
    "data.spirals": entry("spirals", data.spirals, **MADE, classes=(2, NONE), turns=(1.0, AMOUNT)),
    "data.xor": entry("xor", data.xor, **MADE),
    "data.blobs": entry("blobs", data.blobs, **MADE, classes=(2, NONE)),
    "data.curve": entry("curve", data.curve, **MADE),
    "data.iris": entry("iris", data.iris, standardize=(True, FLAG)),
    "data.load": entry("load", data.load, {"n": "n"}, name=("moons", NONE)),
    "data.from_csv": entry(
        "from_csv",
        read,
        path=("good.csv", NONE),
        target=(None, COLUMN),
        header=("auto", FLAG),
        delimiter=(",", NONE),
        standardize=(True, FLAG),
        features=(None, kind("columns: there is one named a", "None", "list of str")),
        classes=(None, FLAG.and_("None")),
        encoding=("utf-8", NONE),
        like=(None, OPTIONAL),
    ),
    "data.split": entry(
        "split",
        data.split,
        {"X": "X|y"},
        X=(POINTS, NONE),
        y=(FLAGS, NONE),
        validation=(0.5, kind("a share, or a count of samples", "0.5")),
        seed=(0, SEED),
        stratify=(False, FLAG),
    ),
    "data.Dataset.standardized": entry("standardized", lambda X: iris().standardized(X), X=([1.0] * 4, NONE)),
    "data.Dataset.split": entry(
        "split",
        lambda **named: iris().split(**named),
        validation=(0.5, kind("a share, or a count of samples", "0.5")),
        seed=(0, SEED),
    ),
}


# --- storage -----------------------------------------------------------------------------


def in_a_folder(work: Callable[..., Any]) -> Callable[..., Any]:
    """The call with "good.npz" as a net's file in a folder of its own."""

    def call(**named: Any) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            if isinstance(named["path"], str) and named["path"] == "good.npz":
                named["path"] = os.path.join(folder, "good.npz")
                al.save(nn.Neuron(2, seed=0), named["path"])
            return work(**named)

    return call


PATH = ("good.npz", NONE)
THING = kind(
    "an array, a number, a string, None, or a dict or list of them: nan and inf, too",
    *NUMBERS,
    "str",
    "empty str",
    "None",
    "dict",
    "empty list",
    "list of str",
    "list of None",
    "ragged list",
    "7 numbers",
    "3-D array",
)
STORAGE = {
    "save": entry("save", in_a_folder(al.save), thing=({"a": 1.0}, THING), path=PATH),
    "load": entry(
        "load", in_a_folder(al.load), path=PATH, into=(None, OPTIONAL), allow_nonfinite=(False, FLAG)
    ),
    "load_state": entry("load_state", in_a_folder(al.load_state), path=PATH, allow_nonfinite=(False, FLAG)),
}


# --- plots -------------------------------------------------------------------------------

SAVED = (None, OPTIONAL)
TITLE = ("", TEXT)
NAMES = ((), kind("names, or none", "empty list", "list of str"))
GRID = (4, NONE)


def net() -> nn.MLP:
    return nn.MLP(2, 1, seed=0)


PLOTS: dict[str, Entry] = {
    "plots.loss_curve": entry(
        "loss_curve", plots.loss_curve, history=({"loss": [1.0, 0.5]}, NONE), path=SAVED
    ),
    "plots.decision_boundary": entry(
        "decision_boundary",
        plots.decision_boundary,
        net=(Fresh(net), NONE),
        X=(POINTS, NONE),
        y=(FLAGS, NONE),
        path=SAVED,
        loss=("", kind("a loss by name, or none", "empty str")),
        title=TITLE,
        feature_names=NAMES,
        class_names=NAMES,
        steps=GRID,
    ),
    "plots.regression_curve": entry(
        "regression_curve",
        plots.regression_curve,
        net=(Fresh(lambda: nn.MLP(1, 1, seed=0)), NONE),
        X=([[0.0], [1.0]], NONE),
        y=([0.0, 1.0], NONE),
        path=SAVED,
        title=TITLE,
        feature_names=NAMES,
        target_name=TITLE,
        steps=GRID,
    ),
    "plots.activation_functions": entry(
        "activation_functions",
        plots.activation_functions,
        names=(["tanh"], NONE),
        path=SAVED,
        low=(-3.0, kind("a finite number below high", "-1", "0", "0.5", "-0.5")),
        high=(3.0, kind("a finite number above low", "-1", "0", "0.5", "-0.5")),
    ),
    "plots.net_picture": entry(
        "net_picture",
        plots.net_picture,
        net=(Fresh(net), NONE),
        path=SAVED,
        title=TITLE,
        feature_names=NAMES,
        class_names=NAMES,
        most=(16, kind("a count", "10**400")),
    ),
}

ENTRIES = {**SETS, **STORAGE, **PLOTS}
