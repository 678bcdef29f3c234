"""Scalar recurrences drawn at random: one number is carried from step to step, and another summed."""

import random

import autograd_lite as al
from autograd_lite import Value

START, STEP, PART, LOSS = (
    ("w[0]", "0.0", "Value(0.3)", "b * 1.0"),
    (
        "h + w[k]", "h * b + w[k] * c[k]", "h * 0.5 + w[k]", "h - w[k] if k == len(w) // 2 else h + w[k]",
        "al.tanh(h * b)", "al.tanh(h * b + w[k])", "al.sigmoid(h + c[k]) * w[k]",
    ),
    ("c[k] * h", "0.5 * k * h", "h * h", "w[k] * b", "al.exp(h) * c[k]"),
    ("s * s", "s + h", "al.tanh(h) + s * s * b", "h * h + al.sum(w) * 0.1"),
)  # fmt: skip


def drawn(seed):
    """A finished loss, its parameters or None, and what it says."""
    rng = random.Random(seed)
    start, step, part, loss = map(rng.choice, (START, STEP, PART, LOSS))
    length = rng.randint(3, 8)
    w, c = ([Value(rng.uniform(-1.0, 1.0)) for _ in range(length)] for _ in range(2))
    names = {"al": al, "Value": Value, "w": w, "c": c, "b": Value(rng.uniform(-1.0, 1.0))}
    h, s = eval(start, names), 0.0
    for k in range(rng.choice((0, 1, 2)) if length > 4 else 0, length):
        h = eval(step, names | {"h": h, "k": k})
        s = s + eval(part, names | {"h": h, "k": k})
    parameters = {"w": w, "c": c, "b": [names["b"]]} if rng.random() < 0.5 else None
    return eval(loss, names | {"h": h, "s": s}), parameters, f"h = {start}: h = {step}, s += {part}: {loss}"
