"""Data sets: made from a seed, shipped (iris), or read from a CSV file; and their split for validation."""

from .by_name import DATASETS, iris, load
from .csv_dataset import from_csv
from .dataset import Dataset, split
from .synthetic import blobs, circles, curve, moons, spirals, xor

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
