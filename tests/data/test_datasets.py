"""Data sets: those made from a seed, the irises, and splitting."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest

from autograd_lite import ArgumentError, data

MADE = {name: make for name, make in data.DATASETS.items() if name != "iris"}


# --- made from a seed ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("n", [4, 7, 150])
def test_shapes_and_types(name, n):
    X, y = MADE[name](n)
    assert X.shape == (n, 1 if name == "curve" else 2)
    assert X.dtype == np.float64
    assert y.shape == (n,)
    assert y.dtype == (np.float64 if name == "curve" else np.int64)
    assert np.isfinite(X).all()
    assert np.isfinite(y).all()


@pytest.mark.parametrize("name", MADE)
def test_a_seed_gives_the_same_again_and_another_does_not(name):
    (X, y), (again, same), (other, _) = (MADE[name](50, 0.1, seed) for seed in (3, 3, 4))
    assert (again == X).all()
    assert (y == same).all()
    assert not (other == X).all()


@pytest.mark.parametrize("name", [name for name in MADE if name not in ("xor", "curve")])
def test_classes_are_even_and_mixed(name):
    _, y = MADE[name](101)
    sizes = np.bincount(y)
    assert sizes.max() - sizes.min() <= 1
    assert (np.diff(y) < 0).any()


def test_moons_without_noise_are_two_half_circles():
    X, y = data.moons(100, noise=0.0)
    upper, lower = X[y == 0], X[y == 1]
    assert np.hypot(*upper.T) == pytest.approx(1.0)
    assert np.hypot(lower[:, 0] - 1.0, lower[:, 1] - 0.5) == pytest.approx(1.0)
    assert upper[:, 1].min() >= 0.0
    assert lower[:, 1].max() <= 0.5


def test_circles_without_noise_have_their_radii():
    X, y = data.circles(100, noise=0.0, factor=0.3)
    assert np.hypot(*X.T) == pytest.approx(np.where(y == 0, 1.0, 0.3))


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_spirals_without_noise_are_one_arm_turned(classes):
    X, y = data.spirals(50 * classes, noise=0.0, classes=classes, turns=0.7)
    r = np.hypot(*X.T)
    turned = np.arctan2(X[:, 1], X[:, 0]) - 2 * math.pi * (0.7 * r + y / classes)
    assert np.cos(turned) == pytest.approx(1.0)
    assert (r.min(), r.max()) == pytest.approx((0.1, 1.0))


def test_xor_without_noise_is_xor():
    X, y = data.xor(200)
    assert (y == (X[:, 0] * X[:, 1] < 0)).all()
    assert abs(X).max() <= 1.0
    assert 60 < y.sum() < 140


def test_blobs_stand_round_their_middles():
    X, y = data.blobs(4000, noise=0.3, classes=4)
    middles = np.array([X[y == k].mean(axis=0) for k in range(4)])
    assert middles == pytest.approx(np.array([[2, 0], [0, 2], [-2, 0], [0, -2]]), abs=0.05)
    assert X[y == 0].std(axis=0) == pytest.approx(0.3, abs=0.03)


def test_the_curve_without_noise_is_its_formula():
    X, y = data.curve(80, noise=0.0)
    assert y == pytest.approx(np.sin(2 * X[:, 0]) + X[:, 0] / 2)


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("argument", ["n", "noise", "seed"])
def test_bad_arguments_of_makers(name, argument):
    for bad in (-1, "10", None, 2 + 1j, [5], math.nan, math.inf, True):
        with pytest.raises(ArgumentError, match=f"{name}: {argument} must be a ") as caught:
            MADE[name](**{argument: bad})
        assert caught.value.argument == argument


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: data.moons(1), "moons: n must be a whole number >= 2, got int 1"),
        (lambda: data.moons(10.0), "moons: n must be a whole number >= 2, got float 10.0"),
        (lambda: data.blobs(3, classes=4), "blobs: n must be a whole number >= 4, got int 3"),
        (lambda: data.spirals(classes=0), "spirals: classes must be a whole number >= 1, got int 0"),
        (lambda: data.circles(factor=1.0), "circles: factor must be a finite number >= 0 and < 1"),
        (lambda: data.spirals(turns=-1.0), "spirals: turns must be a finite number >= 0"),
        (lambda: data.moons(noise=10**400), "moons: noise must be a finite number >= 0"),
    ],
)
def test_bad_arguments_of_some(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()


# --- by name ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", data.DATASETS)
def test_every_name_loads(name):
    dataset = data.load(name)
    X, y = dataset
    assert X.shape == (len(y), len(dataset.feature_names))
    assert (y.dtype == np.float64) == (not dataset.class_names)
    if dataset.class_names:
        assert set(y) == set(range(len(dataset.class_names)))
    assert f"{len(y)} samples" in repr(dataset)


def test_load_passes_options_on():
    X, y = data.load("blobs", n=30, classes=5, seed=1)
    again, same = data.blobs(30, seed=1, classes=5)
    assert (again == X).all()
    assert (y == same).all()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (
            "moon",
            {},
            "name must be one of 'moons', 'circles', 'spirals', 'xor', 'blobs', 'curve', 'iris', got",
        ),
        (None, {}, "name must be one of 'moons', .*, got None"),
        (
            "moons",
            {"factor": 2},
            r"load\('moons'\): an option must be one of 'n', 'noise', 'seed', got str 'factor'",
        ),
        ("iris", {"n": 2}, r"load\('iris'\): an option must be one of 'standardize', got str 'n'"),
    ],
)
def test_bad_names_and_options(name, options, message):
    with pytest.raises(ArgumentError, match=message):
        data.load(name, **options)


def test_iris_is_fishers():
    iris = data.load("iris", standardize=False)
    assert iris.class_names == ["setosa", "versicolor", "virginica"]
    assert iris.feature_names == ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    assert iris.X.shape == (150, 4)
    assert np.bincount(iris.y).tolist() == [50, 50, 50]
    # the means of the paper's table 2, and the two samples that differ between copies
    means = [iris.X[iris.y == k].mean(axis=0).tolist() for k in range(3)]
    assert means[0] == pytest.approx([5.006, 3.428, 1.462, 0.246])
    assert means[1] == pytest.approx([5.936, 2.770, 4.260, 1.326])
    assert means[2] == pytest.approx([6.588, 2.974, 5.552, 2.026])
    assert iris.X[34].tolist() == [4.9, 3.1, 1.5, 0.2]
    assert iris.X[37].tolist() == [4.9, 3.6, 1.4, 0.1]


def test_iris_is_standardised_unless_told_otherwise():
    iris, plain = data.load("iris"), data.load("iris", standardize=False)
    assert iris.X.mean(axis=0) == pytest.approx(0.0, abs=1e-12)
    assert iris.X.std(axis=0) == pytest.approx(1.0)
    assert (iris.standardized(plain.X) == iris.X).all()
    assert plain.standardized(plain.X[0]).tolist() == plain.X[0].tolist()


@pytest.mark.parametrize("bad", ["abc", [1.0, 2.0], [[1.0] * 5], 3.0, None, [["a"] * 4], [[1.0] * 4, [1.0]]])
def test_bad_rows_to_standardise(bad):
    with pytest.raises(ArgumentError, match="standardized: X must be "):
        data.load("iris").standardized(bad)


# --- split -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stratify", [False, True])
@pytest.mark.parametrize(
    ("validation", "held_out"), [(0.2, 21), (0.5, 51), (7, 7), (np.int64(3), 3), (0.001, 1)]
)
def test_a_split_loses_and_doubles_nothing(validation, held_out, stratify):
    X = np.arange(202.0).reshape(101, 2)
    y = np.arange(101) % 3
    X_train, X_held, y_train, y_held = data.split(X, y, validation, seed=5, stratify=stratify)
    assert (len(X_held), len(y_held)) == (held_out, held_out)
    rows = np.concatenate([X_train, X_held])
    assert sorted(map(tuple, rows)) == sorted(map(tuple, X))
    assert (np.concatenate([y_train, y_held]) == (rows[:, 0] / 2).astype(int) % 3).all()  # rows keep their y
    assert not (rows == X).all()


def test_the_seed_decides_the_split():
    X, y = data.moons(50)
    first, again, other = (data.split(X, y, seed=seed)[1] for seed in (1, 1, 2))
    assert (first == again).all()
    assert not (first == other).all()


@pytest.mark.parametrize("seed", range(20))
def test_a_stratified_split_keeps_the_shares(seed):
    y = np.array(["a"] * 60 + ["b"] * 30 + ["c"] * 11)
    _, _, y_train, y_held = data.split(np.zeros((101, 1)), y, 0.2, seed, stratify=True)
    for label, size in (("a", 60), ("b", 30), ("c", 11)):
        assert abs((y_held == label).sum() - 0.2 * size) <= 1.0
    assert len(y_train) + len(y_held) == 101
    assert y_train[:20].tolist() != sorted(y_train[:20])


def test_a_dataset_splits_itself():
    iris = data.load("iris")
    X_train, X_held, y_train, y_held = iris.split(0.2, seed=3)
    assert np.bincount(y_held).tolist() == [10, 10, 10]
    assert np.bincount(y_train).tolist() == [40, 40, 40]
    assert (X_train.shape, X_held.shape) == ((120, 4), (30, 4))


def test_lists_are_split_too():
    X_train, X_held, y_train, y_held = data.split([[1.0], [2.0], [3.0]], ["a", "b", "c"], 1)
    assert sorted([*y_train, *y_held]) == ["a", "b", "c"]
    assert (X_train.shape, X_held.shape) == ((2, 1), (1, 1))


@pytest.mark.parametrize(
    ("X", "y", "options", "message"),
    [
        (np.zeros((5, 2)), np.zeros(4), {}, "y must be of the length of X, 5, got ndarray of shape"),
        (3, [1], {}, "X must be a list or array"),
        (None, [1], {}, "X must be a list or array"),
        ([[1.0], [1.0, 2.0]], [1, 2], {}, "X must be a list or array"),
        ([[1.0]], [1], {}, "validation must be a share or a count that leaves some of the 1 samples in both"),
        ([], [], {}, "validation must be a share or a count that leaves some of the 0 samples in both"),
        (np.zeros((5, 2)), np.zeros(5), {"validation": 0}, "validation must be a share or a count"),
        (np.zeros((5, 2)), np.zeros(5), {"validation": 5}, "validation must be a share or a count"),
        (np.zeros((5, 2)), np.zeros(5), {"validation": 0.9}, "validation must be a share or a count"),
        (
            np.zeros((5, 2)),
            np.zeros(5),
            {"validation": 1.5},
            "validation must be a finite number >= 0 and < 1",
        ),
        (
            np.zeros((5, 2)),
            np.zeros(5),
            {"validation": -0.5},
            "validation must be a finite number >= 0 and < 1",
        ),
        (
            np.zeros((5, 2)),
            np.zeros(5),
            {"validation": math.nan},
            "validation must be a finite number >= 0 and < 1",
        ),
        (
            np.zeros((5, 2)),
            np.zeros(5),
            {"validation": "0.2"},
            "validation must be a finite number >= 0 and < 1",
        ),
        (np.zeros((5, 2)), np.zeros(5), {"seed": -1}, "seed must be a whole number >= 0, got int -1"),
        (np.zeros((5, 2)), np.zeros(5), {"stratify": "yes"}, "stratify must be True or False, got str 'yes'"),
    ],
)
def test_bad_splits(X, y, options, message):
    with pytest.raises(ArgumentError, match=f"split: {message}"):
        data.split(X, y, **options)


# --- across processes ------------------------------------------------------------------------------------


def test_the_same_bits_in_another_process():
    code = (
        "import hashlib; from autograd_lite import data\n"
        "made = [a.tobytes() for name in data.DATASETS for a in data.load(name).split(0.3)]\n"
        "print(hashlib.sha256(b''.join(made)).hexdigest())"
    )
    run = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in "ab"
    ]
    assert run[0].stdout == run[1].stdout
    assert len(run[0].stdout) == 65
