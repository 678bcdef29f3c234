"""Nets in NumPy as a careful person writes them: loss and all gradients, and a training loop with Adam.

Softmax is stable, nothing is computed twice, and no array is kept from one call to the next.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .nets import Arrays

Array = Any


def cross_entropy(logits: Array, Y: Array) -> tuple[float, Array]:
    """The mean loss over the samples, and its gradient for the logits."""
    samples = np.arange(len(Y))
    shifted = logits - logits.max(axis=1, keepdims=True)
    delta = np.exp(shifted)
    total = delta.sum(axis=1, keepdims=True)
    loss = np.log(total).mean() - shifted[samples, Y].mean()
    delta /= total
    delta[samples, Y] -= 1.0
    delta /= len(Y)
    return float(loss), delta


def relu_2(X: Array, Y: Array, W1: Array, b1: Array, W2: Array, b2: Array) -> tuple[float, Arrays]:
    a1 = X @ W1.T + b1
    h1 = np.maximum(a1, 0.0)
    loss, d2 = cross_entropy(h1 @ W2.T + b2, Y)
    d1 = (d2 @ W2) * (a1 > 0.0)
    return loss, [d1.T @ X, d1.sum(axis=0), d2.T @ h1, d2.sum(axis=0)]


def relu_3(
    X: Array, Y: Array, W1: Array, b1: Array, W2: Array, b2: Array, W3: Array, b3: Array
) -> tuple[float, Arrays]:
    a1 = X @ W1.T + b1
    h1 = np.maximum(a1, 0.0)
    a2 = h1 @ W2.T + b2
    h2 = np.maximum(a2, 0.0)
    loss, d3 = cross_entropy(h2 @ W3.T + b3, Y)
    d2 = (d3 @ W3) * (a2 > 0.0)
    d1 = (d2 @ W2) * (a1 > 0.0)
    return loss, [d1.T @ X, d1.sum(axis=0), d2.T @ h1, d2.sum(axis=0), d3.T @ h2, d3.sum(axis=0)]


def tanh_2(X: Array, Y: Array, W1: Array, b1: Array, W2: Array, b2: Array) -> tuple[float, Arrays]:
    h1 = np.tanh(X @ W1.T + b1)
    loss, d2 = cross_entropy(h1 @ W2.T + b2, Y)
    d1 = (d2 @ W2) * (1.0 - h1 * h1)
    return loss, [d1.T @ X, d1.sum(axis=0), d2.T @ h1, d2.sum(axis=0)]


def tanh_3(
    X: Array, Y: Array, W1: Array, b1: Array, W2: Array, b2: Array, W3: Array, b3: Array
) -> tuple[float, Arrays]:
    h1 = np.tanh(X @ W1.T + b1)
    h2 = np.tanh(h1 @ W2.T + b2)
    loss, d3 = cross_entropy(h2 @ W3.T + b3, Y)
    d2 = (d3 @ W3) * (1.0 - h2 * h2)
    d1 = (d2 @ W2) * (1.0 - h1 * h1)
    return loss, [d1.T @ X, d1.sum(axis=0), d2.T @ h1, d2.sum(axis=0), d3.T @ h2, d3.sum(axis=0)]


NETS = {("relu", 2): relu_2, ("relu", 3): relu_3, ("tanh", 2): tanh_2, ("tanh", 3): tanh_3}


# --- training ----------------------------------------------------------------------------------------

LR, BETA1, BETA2, EPS = 0.001, 0.9, 0.999, 1e-8


def trained(X: Array, Y: Array, start: Arrays, epochs: int) -> tuple[list[float], Arrays]:
    """The loss of every epoch and the weights at the end. Adam moves one array after the other."""
    weights = [array.copy() for array in start]
    means = [np.zeros_like(w) for w in weights]
    squares = [np.zeros_like(w) for w in weights]
    losses = []
    for step in range(1, epochs + 1):
        loss, gradients = relu_3(X, Y, *weights)
        losses.append(loss)
        for w, g, m, s in zip(weights, gradients, means, squares, strict=True):
            adam(w, g, m, s, step)
    return losses, weights


def trained_flat(X: Array, Y: Array, start: Arrays, epochs: int) -> tuple[list[float], Arrays]:
    """The same with all weights in one flat array, so that Adam is called once."""
    theta = np.concatenate([array.ravel() for array in start])
    ends = np.cumsum([array.size for array in start])
    weights = [
        part.reshape(array.shape) for part, array in zip(np.split(theta, ends[:-1]), start, strict=True)
    ]
    mean, square = np.zeros_like(theta), np.zeros_like(theta)
    losses = []
    for step in range(1, epochs + 1):
        loss, gradients = relu_3(X, Y, *weights)
        losses.append(loss)
        adam(theta, np.concatenate([g.ravel() for g in gradients]), mean, square, step)
    return losses, weights


def adam(w: Array, g: Array, mean: Array, square: Array, step: int) -> None:
    """Moves w in place."""
    mean += (1.0 - BETA1) * (g - mean)
    square += (1.0 - BETA2) * (g * g - square)
    root = np.sqrt(square / (1.0 - BETA2**step))
    w -= LR / (1.0 - BETA1**step) * mean / (root + EPS)
