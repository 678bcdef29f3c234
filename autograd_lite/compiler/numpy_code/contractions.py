"""How a product is summed over labels: a matrix product, an outer one, a sum, or an einsum."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import prod

from ..equations import BATCH, Label
from .expressions import Axes, Expr, as_float, transposed
from .rows import times

USUAL_BATCH = 64  # samples, where it must be guessed which order of products is the cheaper one
Labels = tuple[Label, ...]
LETTERS = "ijklmopqrstuvwabcdefgh"  # of einsum; n are the samples


def contract(factors: Sequence[Expr], kept: Sequence[Label], axes: Axes) -> Expr:
    """The product of the factors, summed over all labels but those that are kept."""
    left = list(factors)
    while len(left) > 1:
        i, j = _cheapest(left, kept, axes)
        others = {label for k, node in enumerate(left) if k not in (i, j) for label in node.labels}
        pair = _pair(left[i], left[j], others | set(kept), axes)
        left = [node for k, node in enumerate(left) if k not in (i, j)]
        left.insert(i, pair)
    return summed(left[0], set(left[0].labels) - set(kept), axes)


def _cheapest(nodes: list[Expr], kept: Sequence[Label], axes: Axes) -> tuple[int, int]:
    """The two whose product takes least time; of equals those that stand first."""

    def cost(pair: tuple[int, int]) -> tuple[int, int]:
        labels = set(nodes[pair[0]].labels) | set(nodes[pair[1]].labels)
        others = {label for k, node in enumerate(nodes) if k not in pair for label in node.labels}
        return _count(labels, axes), _count(labels & (others | set(kept)), axes)

    return min(combinations(range(len(nodes)), 2), key=cost)


def _count(labels: set[Label | None], axes: Axes) -> int:
    return prod(USUAL_BATCH if label == BATCH else axes.sizes[label] for label in labels if label)


def summed(node: Expr, over: set[Label | None], axes: Axes) -> Expr:
    return axes.reduced("sum", node, over) if over else node  # type: ignore[arg-type]


def _pair(a: Expr, b: Expr, kept: set[Label | None], axes: Axes) -> Expr:
    """The product of two, summed over what neither the others nor the result have."""
    a = summed(a, set(a.labels) - kept - set(b.labels), axes)
    b = summed(b, set(b.labels) - kept - set(a.labels), axes)
    shared = set(a.labels) & set(b.labels)
    over, both = shared - kept, shared & kept
    if not over:
        return times(axes, a, b)
    a, b = as_float(a), as_float(b)
    free_a, free_b = (_in_order(set(x.labels) - shared, axes) for x in (a, b))
    if not both and len(over) == 1:
        return _matmul(a, b, free_a, free_b, _in_order(over, axes), axes)
    if not both and (free_a or free_b):
        return _tensordot(a, b, free_a, free_b, _in_order(over, axes), axes)
    if len(both) == len(over) == len(free_a) == len(free_b) == 1:
        (batch,), (summed_over,) = _in_order(both, axes), _in_order(over, axes)
        return _stacked(a, b, batch, free_a[0], summed_over, free_b[0], axes)
    if not free_a and not free_b and not both:
        return axes.reduced("sum", times(axes, a, b), over)  # type: ignore[arg-type]
    return _einsum(a, b, kept, axes)


def _in_order(labels: set[Label | None], axes: Axes) -> tuple[Label, ...]:
    return tuple(label for label in axes.order if label in labels)


def _laid(node: Expr, labels: tuple[Label | None, ...]) -> Expr:
    """The node with its axes in this order."""
    return transposed(node, tuple(node.labels.index(label) for label in labels))


def _matmul(a: Expr, b: Expr, free_a: Labels, free_b: Labels, over: Labels, axes: Axes) -> Expr:
    """a @ b; what comes first in the result is on the left."""
    if len(free_a) > 1 and len(free_b) > 1:
        return _tensordot(a, b, free_a, free_b, over, axes)
    first = _in_order({*free_a, *free_b}, axes)[:1]
    if len(free_b) > 1 or (len(free_a) < 2 and free_b and first == free_b[:1]):
        a, b, free_a, free_b = b, a, free_b, free_a
    a, b = _laid(a, (*free_a, *over)), _laid(b, (*over, *free_b))
    labels = (*free_a, *free_b)
    return axes.sorted(Expr("dot", (a, b), None, labels, axes.dims(labels)))


def _tensordot(a: Expr, b: Expr, free_a: Labels, free_b: Labels, over: Labels, axes: Axes) -> Expr:
    first = _in_order({*free_a, *free_b}, axes)[:1]
    if free_b and first == free_b[:1]:
        a, b, free_a, free_b = b, a, free_b, free_a
    where = tuple(tuple(node.labels.index(label) for label in over) for node in (a, b))
    free_a = tuple(label for label in a.labels if label not in over)  # type: ignore[misc]
    free_b = tuple(label for label in b.labels if label not in over)  # type: ignore[misc]
    labels = (*free_a, *free_b)
    return axes.sorted(Expr("tensordot", (a, b), where, labels, axes.dims(labels)))


def _stacked(a: Expr, b: Expr, both: Label, free_a: Label, over: Label, free_b: Label, axes: Axes) -> Expr:
    """One matrix product for each place of a label that both have."""
    if axes.order.index(free_b) < axes.order.index(free_a):
        a, b, free_a, free_b = b, a, free_b, free_a
    a, b = _laid(a, (both, free_a, over)), _laid(b, (both, over, free_b))
    kept = (both, free_a, free_b)
    return axes.sorted(Expr("matmul", (a, b), None, kept, axes.dims(kept)))


def _einsum(a: Expr, b: Expr, kept: set[Label | None], axes: Axes) -> Expr:
    labels = tuple(label for label in axes.order if label in {*a.labels, *b.labels} & kept)
    free = iter(LETTERS)
    letters = {label: "n" if label == BATCH else next(free) for label in axes.union([a, b])}
    texts = ("".join(letters[label] for label in part) for part in (a.labels, b.labels, labels))  # type: ignore[index]
    left, right, result = texts
    return Expr("einsum", (a, b), f"{left},{right}->{result}", labels, axes.dims(labels))
