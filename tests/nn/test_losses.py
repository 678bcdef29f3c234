"""Losses against torch's and SciPy's numbers, gradients against p - y and differences, extremes."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.special import log_softmax, softmax, xlogy

import autograd_lite as al
from autograd_lite import Value, nn
from autograd_lite.nn import losses

from ..nests import data, values

RECORDED = json.loads((Path(__file__).parents[1] / "recorded" / "nn_torch.json").read_text(encoding="utf-8"))
ELEMENTWISE = ["mse_loss", "sse_loss", "huber_loss", "hinge_loss", "bce_loss", "bce_with_logits"]


def gradient(loss, prediction, target, **options):
    ps = values(prediction)
    return np.array(al.grad(loss(ps, target, **options), ps))


def differences(loss, prediction, target, **options):
    p = np.array(prediction, dtype=float)
    slopes = np.zeros(p.shape)
    for at in np.ndindex(p.shape):
        h = np.zeros(p.shape)
        h[at] = 1e-5
        slopes[at] = (loss(p + h, target, **options) - loss(p - h, target, **options)) / 2e-5
    return slopes


# --- against torch, SciPy and the notes ----------------------------------------------------------------


@pytest.mark.parametrize("case", RECORDED["losses"], ids=lambda case: case["loss"])
def test_values_and_gradients_are_torchs(case):
    loss, options = getattr(losses, case["loss"]), case["options"]
    for prediction in (case["prediction"], np.array(case["prediction"]), values(case["prediction"])):
        value = loss(prediction, case["target"], **options)
        assert getattr(value, "data", value) == pytest.approx(case["value"], rel=1e-13, abs=1e-15)
    slopes = gradient(loss, case["prediction"], case["target"], **options)
    assert np.allclose(slopes, case["gradient"], rtol=1e-12, atol=1e-15)


def test_the_three_conventions_of_squares():
    p, y = [1.0, 2.0, 4.0], [0.0, 4.0, 1.0]
    for loss in (losses.mse_loss, losses.sse_loss):
        assert loss(p, y, reduction="sum") == 14.0
        assert loss(p, y, reduction="mean") == 14.0 / 3.0
        assert loss(p, y, reduction="half") == 7.0
        assert loss(p, y, reduction="none") == [1.0, 4.0, 9.0]
    assert losses.mse_loss(p, y) == 14.0 / 3.0
    assert losses.sse_loss(p, y) == 14.0
    assert np.allclose(gradient(losses.mse_loss, p, y), [2 / 3, -4 / 3, 2], rtol=1e-15)
    assert gradient(losses.sse_loss, p, y, reduction="half").tolist() == [1.0, -2.0, 3.0]


def test_the_cross_entropy_of_the_notes():
    assert losses.nll_loss([0.8, 0.2], [1, 0]) == -math.log(0.8)
    assert losses.nll_loss([0.8, 0.2], 0) == -math.log(0.8)
    assert gradient(losses.nll_loss, [0.25, 0.75], 1).tolist() == [0.0, -1 / 0.75]


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("label", [0, 2, [0.0, 0.0, 1.0], [0.25, 0.5, 0.25]], ids=str)
def test_cross_entropy_is_scipys_and_its_gradient_p_minus_y(label, smoothing):
    logits = [0.5, -1.0, 3.0]
    y = np.eye(3)[label] if isinstance(label, int) else np.array(label)
    y = (1 - smoothing) * y + smoothing / 3
    value = losses.cross_entropy(logits, label, label_smoothing=smoothing)
    assert type(value) is float
    assert value == pytest.approx(-(y @ log_softmax(logits)), rel=1e-14)
    slopes = gradient(losses.cross_entropy, logits, label, label_smoothing=smoothing)
    assert np.allclose(slopes, softmax(logits) - y, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("label", [0, 2])
def test_a_label_may_be_a_value(label, smoothing):
    """The loss is the same, and hangs on the label: nothing of its number is in the graph but in its leaf."""
    logits, k = values([0.5, -1.0, 3.0]), Value(float(label))
    loss = losses.cross_entropy(logits, k, label_smoothing=smoothing)
    right = losses.cross_entropy(logits, label, label_smoothing=smoothing)
    assert loss.data == pytest.approx(right.data, rel=1e-14)
    assert np.allclose(al.grad(loss, logits), al.grad(right, logits), rtol=1e-13, atol=1e-15)
    p = al.softmax(logits)
    nll, k_too = losses.nll_loss(p, k), losses.nll_loss(p, label)
    assert nll.data == k_too.data
    assert al.grad(nll, logits) == al.grad(k_too, logits)
    assert k in al.order(loss)
    assert k in al.order(nll)


@pytest.mark.parametrize("y", [0.0, 0.3, 1.0])
def test_a_target_may_be_a_value(y):
    """Where p and y agree on 0 or on 1 the loss is 0, not nan; the target's slope is log(1 - p) - log(p)."""
    for p in (0.0, 5e-324, 0.25, 1.0 - 2.0**-53, 1.0):
        prediction = Value(p)
        loss, right = losses.bce_loss(prediction, Value(y)), losses.bce_loss(prediction, y)
        assert loss.data == pytest.approx(right.data, rel=1e-15)
        assert al.grad(loss, prediction) == pytest.approx(al.grad(right, prediction), rel=1e-15, nan_ok=True)
    loss = losses.bce_loss(0.25, target := Value(y))
    assert al.grad(loss, target) == pytest.approx(math.log(3.0), rel=1e-15)


def test_nll_of_a_distribution_is_scipys():
    p, t = [0.1, 0.6, 0.3], [0.5, 0.5, 0.0]
    assert losses.nll_loss(p, t) == pytest.approx(-xlogy(t, p).sum(), rel=1e-15)
    assert np.allclose(gradient(losses.nll_loss, p, t), [-5.0, -0.5 / 0.6, 0.0])


@pytest.mark.parametrize("y", [0.0, 0.3, 1.0])
def test_bce_of_a_logit_is_bce_of_its_probability(y):
    for x in (-3.0, 0.0, 0.5):
        p = 1 / (1 + math.exp(-x))
        expected = -(xlogy(y, p) + xlogy(1 - y, 1 - p))
        assert losses.bce_with_logits(x, y) == pytest.approx(expected, rel=1e-14)
        assert losses.bce_loss(p, y) == pytest.approx(expected, rel=1e-14)
        assert gradient(losses.bce_with_logits, x, y) == pytest.approx(p - y, rel=1e-14)
        assert gradient(losses.bce_loss, p, y) == pytest.approx((p - y) / (p * (1 - p)), rel=1e-13)


def test_hinge():
    assert losses.hinge_loss([0.5, 2.0, -1.0], [1, 1, 1], reduction="none") == [0.5, 0.0, 2.0]
    assert losses.hinge_loss([0.5, 2.0], [-1, -1], reduction="sum") == 4.5
    assert gradient(losses.hinge_loss, [0.5, 2.0, -1.0], [1, 1, -1], reduction="sum").tolist() == [
        -1.0,
        0.0,
        0.0,
    ]


@pytest.mark.parametrize("delta", [0.5, 1.0, 3.0])
def test_huber(delta):
    d = np.array([-5.0, -delta, -0.1, 0.0, 0.2, delta, 4.0])
    expected = np.where(abs(d) <= delta, d * d / 2, delta * (abs(d) - delta / 2))
    assert np.allclose(losses.huber_loss(d, 0 * d, reduction="none", delta=delta), expected, rtol=1e-15)
    slopes = gradient(losses.huber_loss, d.tolist(), 0 * d, reduction="sum", delta=delta)
    assert np.allclose(slopes, np.clip(d, -delta, delta), rtol=1e-15)


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_elementwise_gradients_against_differences(name, reduction):
    p = [[0.15, 0.4, 0.9], [0.7, 0.35, 0.55]]
    y = [[1.0, -1.0, 1.0], [-1.0, -1.0, 1.0]] if name == "hinge_loss" else [[0.0, 1.0, 0.25], [1.0, 0.0, 0.5]]
    loss = getattr(losses, name)
    slopes, expected = gradient(loss, p, y, reduction=reduction), differences(loss, p, y, reduction=reduction)
    assert np.allclose(slopes, expected, rtol=1e-7, atol=1e-9)


def test_second_derivatives():
    x = values([0.5, -1.0, 3.0])
    p = softmax([0.5, -1.0, 3.0])
    hessian = al.hessian(losses.cross_entropy(x, 1), x)
    assert np.allclose(hessian, np.diag(p) - np.outer(p, p), rtol=1e-12, atol=1e-16)
    d = values([0.5, 2.0])
    assert al.hessian(losses.huber_loss(d, [0.0, 0.0], reduction="sum"), d) == [[1.0, 0.0], [0.0, 0.0]]


# --- samples, batches, reductions ------------------------------------------------------------------------


def test_one_rule_for_reductions():
    p, y = [[0.25, 0.5], [0.75, 1.0]], [[0.0, 1.0], [1.0, 1.0]]
    for name in ("mse_loss", "huber_loss", "bce_loss", "bce_with_logits"):
        loss = getattr(losses, name)
        each = loss(p, y, reduction="none")
        assert np.shape(each) == (2, 2)
        assert (
            each[1][0]
            == loss(0.75, 1.0)
            == loss(0.75, 1.0, reduction="sum")
            == loss(0.75, 1.0, reduction="none")
        )
        assert loss(p, y, reduction="sum") == pytest.approx(np.sum(each), rel=1e-15)
        assert loss(p, y, reduction="mean") == pytest.approx(np.mean(each), rel=1e-15)
    rows, labels = [[0.25, 0.75], [0.5, 0.5], [1.0, 0.0]], [1, 0, 0]
    for loss in (losses.cross_entropy, losses.nll_loss):
        each = loss(rows, labels, reduction="none")
        assert each == [loss(row, label) for row, label in zip(rows, labels, strict=True)]
        assert loss(rows, labels) == pytest.approx(np.mean(each), rel=1e-15)
        assert loss(rows, labels, reduction="sum") == pytest.approx(np.sum(each), rel=1e-15)
        assert loss(rows[0], 1, reduction="none") == loss(rows[0], 1, reduction="sum") == each[0]


@pytest.mark.parametrize(
    "labels",
    [
        [2, 0],
        (2, 0),
        np.array([2, 0]),
        [np.int64(2), 0],
        [[0, 0, 1], [1, 0, 0]],
        np.eye(3)[[2, 0]],
        [2, [1, 0, 0]],
    ],
    ids=str,
)
def test_labels_of_a_batch(labels):
    rows = [[1.0, 2.0, 3.0], [0.0, 1.0, -1.0]]
    expected = losses.cross_entropy([1.0, 2.0, 3.0], 2) + losses.cross_entropy([0.0, 1.0, -1.0], 0)
    assert losses.cross_entropy(rows, labels, reduction="sum") == expected
    assert losses.cross_entropy(np.array(rows), labels, reduction="sum") == expected


def test_a_hard_label_is_one_node_and_its_negative():
    x = values([1.0, 2.0, 3.0])
    for label in (1, [0, 1, 0], np.array(1), Value(1.0)):
        nodes = [node.op.name for node in al.order(losses.cross_entropy(x, label)) if node.op]
        assert nodes == ["log_softmax", "neg"]


def test_a_net_and_its_losses():
    net = nn.MLP(2, [4, 3], "tanh", seed=0)
    X, y = [[0.1, 0.2], [-1.0, 0.5]], [2, 0]
    outputs = [net(x) for x in X]
    losses.cross_entropy(outputs, y).backward()
    expected = (softmax(data(outputs), axis=1) - np.eye(3)[y]) / 2
    bias = [b.grad for b in net.layers[1].bias]
    assert np.allclose(bias, expected.sum(axis=0), rtol=1e-13, atol=1e-16)


# --- Values as targets -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_targets_may_be_values(name):
    loss = getattr(losses, name)
    target = -1.0 if name == "hinge_loss" else 0.25
    p, y = Value(0.6), Value(target)
    made = loss([p], [y])
    assert made.data == pytest.approx(loss(0.6, target), rel=1e-15)
    slope = (loss(0.6, target + 1e-6) - loss(0.6, target - 1e-6)) / 2e-6 if name != "hinge_loss" else -0.6
    assert al.grad(made, [p, y])[1] == pytest.approx(slope, rel=1e-6)
    assert isinstance(loss(0.6, y), Value)


def test_an_autoencoders_target_is_its_input():
    x = values([0.5, -0.25, 1.0])
    net = nn.Autoencoder(3, 2, "tanh", seed=0)
    out = net(x)
    loss = losses.mse_loss(out, x)
    through = np.array(al.grad(loss, out))
    assert np.allclose(through, 2 / 3 * (np.array(data(out)) - data(x)), rtol=1e-14)
    assert losses.mse_loss(out, data(x)).data == loss.data


def test_shares_may_be_values():
    x, t = values([1.0, -1.0]), values([0.25, 0.75])
    loss = losses.cross_entropy(x, t)
    assert loss.data == pytest.approx(-np.dot([0.25, 0.75], log_softmax([1.0, -1.0])), rel=1e-15)
    assert np.allclose(al.grad(loss, t), -log_softmax([1.0, -1.0]), rtol=1e-14)
    assert losses.nll_loss(values([0.5, 0.5]), Value(1.0)).data == math.log(2)


# --- extremes ----------------------------------------------------------------------------------------------


def test_cross_entropy_of_any_logits():
    x = [1e4, -1e4, 0.0]
    assert losses.cross_entropy(x, 0) == 0.0
    assert losses.cross_entropy(x, 1) == 2e4
    assert losses.cross_entropy(x, [0.5, 0.5, 0.0]) == 1e4
    assert gradient(losses.cross_entropy, x, 1).tolist() == [1.0, -1.0, 0.0]
    assert losses.cross_entropy([0.0, -40.0], 0) == math.log1p(math.exp(-40))
    assert gradient(losses.cross_entropy, [0.0, -40.0], 0).tolist() == pytest.approx(
        [-math.exp(-40), math.exp(-40)]
    )
    assert losses.cross_entropy([1e308, -1e308], 1) == math.inf
    assert losses.cross_entropy([0.0, -math.inf], [1, 0]) == 0.0


def test_bce_of_any_logit():
    assert losses.bce_with_logits([1e4, -1e4, 1e4, -1e4], [1, 0, 0, 1], reduction="none") == [
        0.0,
        0.0,
        1e4,
        1e4,
    ]
    slopes = gradient(losses.bce_with_logits, [1e4, -1e4, 1e4, -1e4, 0.0], [1, 0, 0, 1, 1], reduction="sum")
    assert slopes.tolist() == [0.0, 0.0, 1.0, -1.0, -0.5]
    assert losses.bce_with_logits(-40.0, 0.0) == pytest.approx(math.exp(-40), rel=1e-15)


def test_certain_probabilities():
    assert losses.bce_loss([0.0, 1.0], [0, 1], reduction="none") == [0.0, 0.0]
    assert losses.bce_loss([0.0, 1.0], [1, 0], reduction="none") == [math.inf, math.inf]
    assert gradient(losses.bce_loss, [0.0, 1.0], [0, 1], reduction="sum").tolist() == [1.0, -1.0]
    assert losses.bce_loss(1e-20, 0.0) == 1e-20
    assert losses.nll_loss([1.0, 0.0], 0) == 0.0
    assert losses.nll_loss([1.0, 0.0], [1, 0]) == 0.0
    assert losses.nll_loss([1.0, 0.0], 1) == math.inf


def test_squares_and_huber_of_huge_numbers():
    assert losses.mse_loss(1e200, -1e200) == math.inf
    assert losses.huber_loss(1e300, 0.0) == 1e300
    assert gradient(losses.huber_loss, -1e300, 0.0) == -1.0
    assert losses.hinge_loss(-1e308, 1) == 1e308


def test_nan_from_a_net_is_no_error_of_arguments():
    nan = math.nan
    for loss in (losses.cross_entropy, losses.nll_loss):
        assert math.isnan(loss(values([nan, nan]), 0).data)
    for name in ELEMENTWISE:
        assert math.isnan(getattr(losses, name)(Value(nan), 1.0).data)


# --- the penalty ------------------------------------------------------------------------------------------


def test_the_penalty_is_on_weights_alone():
    net = nn.MLP(2, [3, 1], seed=0)
    for layer in net.layers:
        layer.bias = [100.0] * len(layer.bias)
    penalty = losses.l2_penalty(net, 0.1)
    state = net.state_dict()
    weights = np.concatenate([state[f"layers.{i}.weight"].ravel() for i in (0, 1)])
    assert penalty.data == pytest.approx(0.05 * (weights**2).sum(), rel=1e-14)
    penalty.backward()
    assert np.allclose([w.grad for layer in net.layers for row in layer.weight for w in row], 0.1 * weights)
    assert all(b.grad == 0.0 for layer in net.layers for b in layer.bias)


def test_the_penalty_knows_biases_by_name():
    class Own(nn.Module):
        def __init__(self):
            self.W1, self.b1 = [[Value(1.0), Value(2.0)]], [Value(50.0)]
            self.b, self.out_bias, self.bulk = Value(50.0), Value(50.0), Value(3.0)
            self.biases = [[Value(50.0)], [Value(50.0), Value(50.0)]]

    assert losses.l2_penalty(Own(), 2.0).data == 14.0
    assert losses.l2_penalty({"W": [[Value(3.0)]], "b_2": [Value(9.0)]}, 2.0).data == 9.0
    assert losses.l2_penalty([Value(3.0), [Value(1.0), Value(1.0)]], 2).data == 11.0
    assert losses.l2_penalty(nn.Neuron(1).parameters(), 0.0).data == 0.0
    assert losses.l2_penalty(np.array([1.0, 2.0]), 2.0) == 5.0


def test_what_is_exported():
    assert losses.__all__ == sorted(losses.__all__)
    assert all(callable(getattr(losses, name)) for name in losses.__all__)
    assert nn.__all__ == sorted(nn.__all__, key=lambda name: (not name.isupper(), name))
