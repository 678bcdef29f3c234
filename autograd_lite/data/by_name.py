"""Data sets by name: those made from a seed, and the irises that are shipped."""

from __future__ import annotations

import os
from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np

from ..arguments import choice, flag
from .csv_dataset import from_csv
from .dataset import Dataset
from .synthetic import blobs, circles, curve, moons, spirals, xor


def iris(standardize: bool = True) -> Dataset:
    """Fisher's irises (1936): four lengths of 150 flowers, of three species; see iris.txt."""
    flag("iris", "standardize", standardize)
    path = os.path.join(os.path.dirname(__file__), "iris.csv")
    return from_csv(path, target="species", standardize=standardize)


DATASETS: dict[str, Callable[..., Any]] = {
    "moons": moons,
    "circles": circles,
    "spirals": spirals,
    "xor": xor,
    "blobs": blobs,
    "curve": curve,
    "iris": iris,
}


def load(name: str, **options: Any) -> Dataset:
    """The data set of this name; the options are the arguments of its function."""
    make = DATASETS[choice("load", "name", name, DATASETS)]
    for option in options:
        choice(f"load({name!r})", "an option", option, signature(make).parameters)
    made = make(**options)
    if isinstance(made, Dataset):
        return made
    X, y = made
    width = X.shape[1]
    names = ["x"] if width == 1 else [f"x{i + 1}" for i in range(width)]
    classes = [] if y.dtype == np.float64 else [str(k) for k in np.unique(y)]
    return Dataset(X, y, {name: [] for name in names}, classes, np.zeros(width), np.ones(width))
