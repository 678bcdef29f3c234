"""Losses: how far predictions are from targets, of one sample or of a batch.

One rule for all. mse, sse, bce, hinge and huber give a loss for every number, of any nest of lists
or array, and target and prediction have one shape. cross_entropy and nll give a loss for every
sample: a flat list is one sample, a list of lists a batch. `reduction` "mean" or "sum" goes over all
of these losses, "none" gives them as they are. Of one loss alone all three are the loss itself.

Numbers are Values or plain; of plain numbers alone the loss is a float. Targets may be Values, too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..engine import Value, apply, functions, number_of, ops, real
from ..errors import ArgumentTypeError, ArgumentValueError

Loss = Callable[[Any, Any], Any]
SMALLEST = 2.0**-126  # the least number whose reciprocal is finite, in float32 too

__all__ = [
    "bce_loss",
    "bce_with_logits",
    "cross_entropy",
    "hinge_loss",
    "huber_loss",
    "l2_penalty",
    "mse_loss",
    "nll_loss",
    "sse_loss",
]


# --- a loss for every number -------------------------------------------------------------------------


def mse_loss(prediction: Any, target: Any, reduction: str = "mean") -> Any:
    """(p - y)²; "mean" is (1/m) Σ over all numbers, "sum" Σ, "half" ½ Σ."""
    return _elementwise("mse_loss", _square, prediction, target, reduction, ("mean", "sum", "half", "none"))


def sse_loss(prediction: Any, target: Any, reduction: str = "sum") -> Any:
    """(p - y)² as in `mse_loss`, but summed unless told otherwise."""
    return _elementwise("sse_loss", _square, prediction, target, reduction, ("mean", "sum", "half", "none"))


def huber_loss(prediction: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    """½ d² where |d| = |p - y| is at most delta, else delta (|d| - ½ delta)."""
    limit = _checked("huber_loss", "delta", delta, lambda x: 0.0 < x < math.inf, "a finite number above 0")

    def one(p: Any, y: Any) -> Any:
        d = p - y
        c = ops.clamp(d, -limit, limit)
        return c * (d - 0.5 * c)  # both branches in one formula

    return _elementwise("huber_loss", one, prediction, target, reduction)


def hinge_loss(score: Any, target: Any, reduction: str = "mean") -> Any:
    """max(0, 1 - y s), y being -1 or 1."""
    return _elementwise("hinge_loss", _hinge, score, target, reduction, check=_sign, argument="score")


def bce_loss(probability: Any, target: Any, reduction: str = "mean") -> Any:
    """-(y log p + (1 - y) log(1 - p)), of probabilities p; inf where p rules out what is so."""
    return _elementwise(
        "bce_loss", _bce, probability, target, reduction, check=_both_probable, argument="probability"
    )


def bce_with_logits(logit: Any, target: Any, reduction: str = "mean") -> Any:
    """The same of p = sigmoid(logit), for logits of any size."""
    return _elementwise(
        "bce_with_logits", _bce_with_logits, logit, target, reduction, check=_probable, argument="logit"
    )


def _square(p: Any, y: Any) -> Any:
    d = p - y
    return d * d


def _hinge(s: Any, y: Any) -> Any:
    margin = 1.0 - y * s
    return margin.relu() if type(margin) is Value else ops.relu(margin)


def _bce(p: Any, y: Any) -> Any:
    if type(y) is not Value and y in (0.0, 1.0):  # the other term is no nan where log gives -inf
        return -ops.log(p) if y else -ops.log1p(-p)
    one, other = p, p
    if type(y) is Value:  # where both are 0, or both 1, 0 log 0 is 0 here, too
        one, other = ops.select(p + y <= SMALLEST, 1.0, p), ops.select(p + y >= 2.0, 0.0, p)
    return -(y * ops.log(one) + (1.0 - y) * ops.log1p(-other))


def _bce_with_logits(x: Any, y: Any) -> Any:
    return _of_row(ops.bce_with_logits, (x, y))


# --- a loss for every sample -------------------------------------------------------------------------


def cross_entropy(logits: Any, label: Any, reduction: str = "mean", label_smoothing: float = 0.0) -> Any:
    """-Σ t_k log softmax(logits)_k, t being the label's one-hot or the probabilities given in its place.

    A label is an int from 0. Smoothing mixes t with equal shares: (1 - s) t + s / K.
    """
    smoothing = _checked(
        "cross_entropy", "label_smoothing", label_smoothing, lambda x: 0.0 <= x <= 1.0, "from 0 to 1"
    )

    def one(logits: Sequence[Any], label: Any) -> Any:
        def log(k: Any) -> Any:
            return _of_row(ops.log_softmax, (k, *logits))

        return _expected("cross_entropy", log, label, len(logits), smoothing)

    return _samplewise("cross_entropy", "logits", one, logits, label, reduction)


def nll_loss(probabilities: Any, label: Any, reduction: str = "mean") -> Any:
    """-log p_label, of probabilities (and not, as torch's, of their logarithms); or -Σ t_k log p_k."""

    def one(probabilities: Sequence[Any], label: Any) -> Any:
        _distribution("nll_loss", "probabilities", probabilities)

        def log(k: Any) -> Any:
            return ops.log(functions.take(probabilities, k if type(k) is Value else int(k)))

        return _expected("nll_loss", log, label, len(probabilities))

    return _samplewise("nll_loss", "probabilities", one, probabilities, label, reduction)


def _expected(
    function: str, log: Callable[[Any], Any], label: Any, count: int, smoothing: float = 0.0
) -> Any:
    """-Σ t_k log_k. A class without a share has no term, for 0 log 0 is 0 here."""
    shares = _shares(function, label, count)
    if not isinstance(shares, list):
        if not smoothing:
            return -log(shares)
        if type(shares) is Value:
            every = functions.sum([log(float(k)) for k in range(count)])
            return -((1.0 - smoothing) * log(shares) + (smoothing / count) * every)
        shares = [float(k == shares) for k in range(count)]
    if smoothing:
        shares = [(1.0 - smoothing) * t + smoothing / count for t in shares]
    terms = [_times(t, log(float(k))) for k, t in enumerate(shares) if type(t) is Value or t]
    return -(terms[0] if len(terms) == 1 else functions.sum(terms))


def _times(share: Any, log: Any) -> Any:
    return share * log if type(share) is Value or share != 1.0 else log


def _shares(function: str, label: Any, count: int) -> Any:
    """The label's shares as a list, or its class as a float or a Value."""
    items, shape = _nest(function, "label", label)
    allowed = f"a class, an int from 0 to {count - 1}, or {count} probabilities that sum to 1"
    if shape:
        if shape != (count,):
            raise ArgumentValueError(function, "label", label, allowed)
        _distribution(function, "label", items)
        return items
    if type(label) is not Value and (isinstance(label, bool) or not hasattr(type(label), "__index__")):
        raise ArgumentTypeError(function, "label", label, allowed)
    if _number(items[0]) not in range(count):
        raise ArgumentValueError(function, "label", label, allowed)
    return items[0]


# --- a penalty on weights ----------------------------------------------------------------------------

_BIAS = re.compile(r"((^|[._])bias(es)?|(^|[.])b)_?\d*([.]\d+)*$")


def l2_penalty(net: Any, weight: float) -> Any:
    """(weight / 2) Σ w² over the weights alone: its gradient is weight · w, as an optimiser's decay.

    `net` is a Module, or {name: nest of Values}; there biases are left out, which are known by
    their names: bias, b, b1, b2 ... Of a list of Values all count.
    """
    factor = _checked(
        "l2_penalty", "weight", weight, lambda x: 0.0 <= x < math.inf, "a finite number of at least 0"
    )
    named = dict(net.named_parameters()) if hasattr(type(net), "named_parameters") else net
    if isinstance(named, Mapping):
        named = [nest for name, nest in named.items() if not _BIAS.search(str(name))]
    nests = named if isinstance(named, list | tuple) else [named]
    ws = [w for nest in nests for w in _nest("l2_penalty", "net", nest)[0]]
    if not ws:
        raise ArgumentValueError(
            "l2_penalty", "net", net, "a Module, a dict or a list with at least one weight"
        )
    return functions.dot(ws, ws) * (0.5 * factor)


# --- pairing, checking, reducing -----------------------------------------------------------------------


def _elementwise(
    function: str,
    one: Loss,
    prediction: Any,
    target: Any,
    reduction: str,
    allowed: Sequence[str] = ("mean", "sum", "none"),
    check: Callable[[str, float, float], None] | None = None,
    argument: str = "prediction",
) -> Any:
    _one_of(function, reduction, allowed)
    ps, shape = _nest(function, argument, prediction)
    ys, other = _nest(function, "target", target)
    if shape != other:
        raise ArgumentValueError(
            function, "target", target, f"of the {argument}'s shape {shape}, not {other}"
        )
    if check is not None:
        for p, y in zip(ps, ys, strict=True):
            check(function, _number(p), _number(y))
    return _reduced([one(p, y) for p, y in zip(ps, ys, strict=True)], shape, reduction)


def _samplewise(function: str, argument: str, one: Loss, given: Any, label: Any, reduction: str) -> Any:
    _one_of(function, reduction, ("mean", "sum", "none"))
    items, shape = _nest(function, argument, given)
    if len(shape) not in (1, 2) or shape[-1] < 2:
        allowed = "a flat list of at least 2, one a class, or a list of such lists, one a sample"
        raise ArgumentValueError(function, argument, given, allowed)
    if len(shape) == 1:
        return one(items, label)
    labels = label.tolist() if hasattr(label, "ndim") else label
    if not isinstance(labels, list | tuple) or len(labels) != shape[0]:
        raise ArgumentValueError(function, "label", label, f"a list of {shape[0]} labels, one a sample")
    rows = [items[i : i + shape[1]] for i in range(0, len(items), shape[1])]
    return _reduced([one(row, k) for row, k in zip(rows, labels, strict=True)], shape[:1], reduction)


def _reduced(losses: list[Any], shape: tuple[int, ...], reduction: str) -> Any:
    if reduction == "none":
        return _shaped(iter(losses), shape)
    if not shape:
        total = losses[0]
    else:
        total = functions.mean(losses) if reduction == "mean" else functions.sum(losses)
    return 0.5 * total if reduction == "half" else total


def _shaped(items: Iterator[Any], shape: tuple[int, ...]) -> Any:
    return [_shaped(items, shape[1:]) for _ in range(shape[0])] if shape else next(items)


_PLAIN = {Value, float}


def _nest(function: str, argument: str, x: Any) -> tuple[list[Any], tuple[int, ...]]:
    """The Values and floats of a full nest, flat, and its shape."""
    if type(x) is Value or type(x) is float:
        return [x], ()
    if type(x) is list and x and _PLAIN.issuperset(map(type, x)):
        return x, (len(x),)  # the usual case, first
    x = x.tolist() if hasattr(x, "ndim") else x
    if not isinstance(x, list | tuple):
        number = real(x)
        if number is None and type(x) is not Value:
            raise ArgumentTypeError(
                function, argument, x, "a number, a Value, or a list, tuple or array of them"
            )
        return [x if number is None else number], ()
    parts = [_nest(function, argument, item) for item in x]
    shapes = {shape for _, shape in parts}
    if len(shapes) != 1:
        allowed = "of equal lengths within" if shapes else "of at least one number"
        raise ArgumentValueError(function, argument, x, allowed)
    return [item for items, _ in parts for item in items], (len(parts), *shapes.pop())


def _of_row(row: ops.Op, operands: tuple[Any, ...]) -> Any:
    """A row of floats and Values, without the questions that a call of the row asks."""
    return apply(row, operands) if any(type(x) is Value for x in operands) else row.value(*operands)


def _number(x: Any) -> float:
    number: float = number_of(x) if type(x) is Value else x
    return number


def _one_of(function: str, reduction: Any, allowed: Sequence[str]) -> None:
    if not isinstance(reduction, str) or reduction not in allowed:
        raise ArgumentValueError(function, "reduction", reduction, f"one of {', '.join(allowed)}")


def _checked(function: str, argument: str, x: Any, good: Callable[[float], bool], allowed: str) -> float:
    number = real(x)
    if number is None:
        raise ArgumentTypeError(function, argument, x, allowed)
    if not good(number):
        raise ArgumentValueError(function, argument, x, allowed)
    return number


# What a net has computed may be nan: the loss is nan then, and no error. A target may not.


def _distribution(function: str, argument: str, items: Sequence[Any]) -> None:
    numbers = [_number(x) for x in items]
    if any(x < 0.0 or x > 1.0 for x in numbers) or abs(sum(numbers) - 1.0) > 1e-6:
        raise ArgumentValueError(function, argument, numbers, "probabilities, from 0 to 1, that sum to 1")
    if argument == "label" and any(x != x for x in numbers):
        raise ArgumentValueError(function, argument, numbers, "probabilities, and no nan")


def _sign(function: str, s: float, y: float) -> None:
    if y not in (-1.0, 1.0):
        raise ArgumentValueError(function, "target", y, "-1 or 1")


def _probable(function: str, x: float, y: float) -> None:
    if not 0.0 <= y <= 1.0:
        raise ArgumentValueError(function, "target", y, "from 0 to 1")


def _both_probable(function: str, p: float, y: float) -> None:
    if p < 0.0 or p > 1.0:
        raise ArgumentValueError(function, "probability", p, "a probability, from 0 to 1")
    _probable(function, p, y)
