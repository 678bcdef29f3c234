"""Data sets: made from a seed, shipped (iris), or read from a CSV file; and their split for validation."""

from .datasets import (
    DATASETS,
    Dataset,
    blobs,
    circles,
    curve,
    from_csv,
    iris,
    load,
    moons,
    spirals,
    split,
    xor,
)

__all__ = [
    "DATASETS",
    "Dataset",
    "blobs",
    "circles",
    "curve",
    "from_csv",
    "iris",
    "load",
    "moons",
    "spirals",
    "split",
    "xor",
]
