"""What the losses refuse: every bad prediction, target, label and option is told by its name."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autograd_lite import Value, nn
from autograd_lite.errors import ArgumentError, ArgumentTypeError, ArgumentValueError
from autograd_lite.nn import losses

from ..nests import values

GIVEN = {"hinge_loss": "score", "bce_loss": "probability", "bce_with_logits": "logit"}  # else "prediction"
ELEMENTWISE = ["mse_loss", "sse_loss", "huber_loss", "hinge_loss", "bce_loss", "bce_with_logits"]


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_bad_predictions_and_targets(name):
    loss, given = getattr(losses, name), GIVEN.get(name, "prediction")
    for bad in (None, "ab", 1j, {1.0}, {0: 1.0}, ["a"], [None]):
        with pytest.raises(ArgumentTypeError, match=f"{name}: {given} must be a number, a Value, or a list"):
            loss(bad, 1.0)
        with pytest.raises(ArgumentTypeError, match=f"{name}: target must be a number, a Value, or a list"):
            loss(1.0, bad)
    for p, y in (
        ([1.0], 1.0),
        (1.0, [1.0]),
        ([1.0, 1.0], [1.0]),
        ([[1.0]], [1.0]),
        (np.ones((2, 1)), np.ones(2)),
    ):
        with pytest.raises(ArgumentValueError, match=f"{name}: target must be of the {given}'s shape"):
            loss(p, y)
    with pytest.raises(ArgumentValueError, match=f"{given} must be of at least one number"):
        loss([], [])
    with pytest.raises(ArgumentValueError, match=f"{given} must be of equal lengths"):
        loss([[1.0], [1.0, 1.0]], 1.0)
    for bad in ("half" if name not in ("mse_loss", "sse_loss") else "avg", None, 1, ["mean"]):
        with pytest.raises(
            ArgumentValueError, match=f"{name}: reduction must be one of mean, sum, .*none, got"
        ):
            loss(1.0, 1.0, reduction=bad)


@pytest.mark.parametrize("loss", [losses.cross_entropy, losses.nll_loss])
def test_bad_labels(loss):
    row, name = [0.5, 0.25, 0.25], loss.__name__
    for bad in (3, -1, 10**30, Value(3.0), Value(-1.0), Value(0.5), Value(math.nan)):
        with pytest.raises(
            ArgumentValueError, match=f"{name}: label must be a class, an int from 0 to 2, or 3"
        ):
            loss(row, bad)
    for bad in (1.0, True, np.float64(1.0)):
        with pytest.raises(ArgumentTypeError, match=f"{name}: label must be a class, an int"):
            loss(row, bad)
    for bad in (None, "1", 1j, {1}):
        with pytest.raises(ArgumentTypeError, match=f"{name}: label must be"):
            loss(row, bad)
    for bad in ([0.0, 1.0], [0.0, 0.0, 0.0, 1.0], [[0.0, 0.0, 1.0]]):
        with pytest.raises(ArgumentValueError, match=f"{name}: label must be a class"):
            loss(row, bad)
    for bad in (
        [0.5, 0.6, 0.0],
        [-0.5, 1.0, 0.5],
        [0, 0, 0],
        [2, -1, 0],
        [math.nan, 0.5, 0.5],
        [math.inf, 0, 0],
    ):
        with pytest.raises(ArgumentValueError, match=f"{name}: label must be probabilities"):
            loss(row, bad)
    for bad in (1, [1], [1, 1, 1], np.array([1]), None, "ab", {0: 1, 1: 1}):
        with pytest.raises(ArgumentValueError, match=f"{name}: label must be a list of 2 labels"):
            loss([row, row], bad)
    with pytest.raises(ArgumentError, match="label must be a class"):
        loss([row, row], [0, 3])


@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_bad_outputs(name):
    loss = getattr(losses, name)
    for bad in (Value(1.0), 1.0, [1.0], [], [[1.0], [1.0]], np.ones((2, 2, 2))):
        with pytest.raises(ArgumentValueError, match=f"{name}: (logits|probabilities) must be"):
            loss(bad, 0)
    for bad in (None, "ab", {1.0, 2.0}, ["a", "b"]):
        with pytest.raises(ArgumentTypeError, match=f"{name}: (logits|probabilities) must be"):
            loss(bad, 0)
    with pytest.raises(ArgumentValueError, match=f"{name}: reduction must be one of mean, sum, none"):
        loss([0.5, 0.5], 0, reduction="half")


def test_probabilities_that_are_none():
    for bad in ([2.0, -1.0], [0.5, 0.6], [3.0, 1.0], values([1.0, 1.0])):
        with pytest.raises(
            ArgumentValueError, match="nll_loss: probabilities must be probabilities, from 0 to 1"
        ):
            losses.nll_loss(bad, 0)
    for bad in (1.5, -0.1, Value(2.0)):
        with pytest.raises(ArgumentValueError, match="bce_loss: probability must be a probability"):
            losses.bce_loss(bad, 1)
    for loss in (losses.bce_loss, losses.bce_with_logits):
        for bad in (-1, 2, math.nan, Value(1.5)):
            with pytest.raises(ArgumentValueError, match=f"{loss.__name__}: target must be from 0 to 1"):
                loss(0.5, bad)
    for bad in (0, 0.5, 2, math.nan):
        with pytest.raises(ArgumentValueError, match="hinge_loss: target must be -1 or 1"):
            losses.hinge_loss(0.5, bad)


def test_bad_options():
    for bad in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(ArgumentValueError, match="huber_loss: delta must be a finite number above 0"):
            losses.huber_loss(1.0, 2.0, delta=bad)
    for bad in (-0.1, 1.1, math.nan):
        with pytest.raises(ArgumentValueError, match="label_smoothing must be from 0 to 1"):
            losses.cross_entropy([1.0, 2.0], 0, label_smoothing=bad)
    with pytest.raises(ArgumentTypeError, match="huber_loss: delta"):
        losses.huber_loss(1.0, 2.0, delta="1")
    with pytest.raises(ArgumentTypeError, match="label_smoothing"):
        losses.cross_entropy([1.0, 2.0], 0, label_smoothing=None)


def test_bad_penalties():
    net = nn.Layer(2, 1)
    for bad in (-1.0, math.inf, math.nan):
        with pytest.raises(
            ArgumentValueError, match="l2_penalty: weight must be a finite number of at least 0"
        ):
            losses.l2_penalty(net, bad)
    for bad in (None, "1", [1.0], Value(1.0)):
        with pytest.raises(ArgumentTypeError, match="l2_penalty: weight"):
            losses.l2_penalty(net, bad)
    for bad in (None, "net", {"W": "text"}, nn.Layer, 1j):
        with pytest.raises(ArgumentTypeError, match="l2_penalty: net"):
            losses.l2_penalty(bad, 1.0)
    for bad in ([], {}, {"b": [Value(1.0)]}, nn.Module()):
        with pytest.raises(ArgumentValueError, match=r"l2_penalty: net must be .* at least one weight"):
            losses.l2_penalty(bad, 1.0)
