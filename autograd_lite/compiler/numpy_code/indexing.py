"""How views are read and written in NumPy: by slices, reshapes and windows, or else by arrays of places."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..equations import BATCH, Array, Label, Step, View, is_whole
from .axis_walks import (
    At,
    Digits,
    Item,
    Slice,
    Turn,
    Walk,
    Window,
    covers,
    digits_of,
    is_simple,
    item_of,
    places_of,
    walk_of,
    window_of,
)
from .expressions import Axes, Dim, Expr, Statement, as_float

Constant = Callable[[Any], str]  # keeps an array of places, and says under which name
Order = Callable[[Array], tuple[int, ...]]  # in which order the axes of an array are kept, the batch being 0
ALL_SAMPLES = Step(0, ((BATCH, 1),))


class Access:
    """Reads and writes the views of one equation; `loops` are those that it stands in."""

    def __init__(self, axes: Axes, constant: Constant, order: Order, loops: Mapping[Label, Turn]) -> None:
        self.axes, self.constant, self.order, self.loops = axes, constant, order, loops

    def walks(self, view: View) -> list[Walk]:
        """The walk along each axis, as the axes are kept."""
        steps: tuple[Step, ...] = view.steps
        dims: tuple[Dim, ...] = view.array.shape
        if view.array.batched:
            steps, dims = (ALL_SAMPLES, *steps), (BATCH, *dims)
        return [walk_of(steps[axis], dims[axis], self.loops) for axis in self.order(view.array)]

    def labels(self, view: View) -> tuple[Label, ...]:
        """The labels of a view as its axes are kept, without those of loops."""
        return tuple(dict.fromkeys(label for walk in self.walks(view) for label in walk.labels))

    def is_whole(self, view: View) -> bool:
        return is_whole(view, dict(self.axes.sizes)) and not set(view.labels) & self.loops.keys()

    def variable(self, view: View) -> Expr:
        """The array, its axes without labels."""
        dims = tuple(walk.size for walk in self.walks(view))
        kind = "int" if view.array.kind == "index" else "float"
        return Expr("name", (), view.array.name, (None,) * len(dims), dims, kind)

    # --- reading ---

    def read(self, view: View) -> Expr:
        """The numbers of a view, an axis for every label."""
        node, walks = self.variable(view), self.walks(view)
        plans = [] if _needs_places(walks) else [self._plan(walk) for walk in walks]
        if not walks or (plans and None not in plans):
            return self._walked(node, walks, plans)
        return self._taken(node, walks)

    def _plan(self, walk: Walk) -> Any:
        """How an axis with several labels is read; () for the others, None where only places will do."""
        if len(walk.step.strides) < 2:
            return ()
        return digits_of(walk, self.axes.sizes) or window_of(walk, self.axes.sizes)

    def _items(self, walks: list[Walk], plans: list[Any]) -> list[Item]:
        pairs = zip(walks, plans, strict=True)
        return [plan.part if plan else item_of(walk, self.axes.sizes) for walk, plan in pairs]

    def _walked(self, node: Expr, walks: list[Walk], plans: list[Any]) -> Expr:
        """By slices; then what is more than a slice, from the last axis to the first."""
        items = self._items(walks, plans)
        node = sliced(node, items)
        labels: list[Any] = [
            plan or walk.step.strides[0][0]
            for walk, plan, item in zip(walks, plans, items, strict=True)
            if not isinstance(item, At)
        ]
        for axis, label in reversed(list(enumerate(labels))):
            if isinstance(label, Digits):
                node = _split(node, axis, label)
                labels[axis : axis + 1] = label.labels
            elif isinstance(label, Window):
                node = self._windowed(node, axis, label)
                labels[axis] = label.outer
                labels.append(label.inner)
        return node._replace(labels=tuple(labels))

    def _windowed(self, node: Expr, axis: int, plan: Window) -> Expr:
        inner, outer = self.axes.sizes[plan.inner], self.axes.sizes[plan.outer]
        reach = plan.stride * (inner - 1) + 1
        dims = (*node.dims[:axis], plan.step * (outer - 1) + 1, *node.dims[axis + 1 :], reach)
        node = Expr("windows", (node,), (axis, reach), (None,) * len(dims), dims, node.kind)
        items: list[Item] = [None] * len(dims)
        if plan.step > 1:
            items[axis] = Slice(At(0), outer, plan.step)
        if plan.stride > 1:
            items[-1] = Slice(At(0), inner, plan.stride)
        return sliced(node, items)

    # --- by places ---

    def _taken(self, node: Expr, walks: list[Walk]) -> Expr:
        """By arrays of places along all axes whose labels have a part in such an array."""
        at = _at_places(walks)
        labels = tuple(label for label in self.axes.order if any(label in walks[k].labels for k in at))
        items, args, kept = list[Any](), [node], list[Label]()
        for k, walk in enumerate(walks):
            if k in at:
                items.append(len(args))
                args.append(self.axes.put(self._places(walk), labels))
            else:
                items.append(item_of(walk, self.axes.sizes))
                kept.append(walk.step.strides[0][0])
        together = max(at) - min(at) + 1 == len(at)  # else NumPy puts their axes first
        first = sum(k not in at for k in range(min(at))) if together else 0
        found = (*kept[:first], *labels, *kept[first:])
        return Expr("take", tuple(args), tuple(items), found, self.axes.dims(found), node.kind)

    def _places(self, walk: Walk) -> Expr:
        """The places of a walk as an array."""
        parts = [self._static(walk)]
        if walk.at.moves:
            parts.append(Expr("place", (), At(0, walk.at.moves), kind="int"))
        if walk.step.index is not None:
            parts.insert(0, self.read(walk.step.index))
        parts = [node for node in parts if node.op != "number" or node.info] or parts[:1]
        node = parts[0]
        for part in parts[1:]:
            node = self.axes.ufunc("add", node, part)
        return node

    def _static(self, walk: Walk) -> Expr:
        """What of the places hangs neither on data nor on the step of a loop, but by a table."""
        step = walk.step._replace(index=None, base=walk.at.start)
        own = tuple(label for label in self.axes.order if label in step.labels and label not in self.loops)
        if not step.labels:
            return Expr("number", (), float(step.base), kind="int")
        if step.table is None and step.base == 0 and step.strides[0][1] == 1 and len(own) == 1:
            return Expr("arange", (), None, own, self.axes.dims(own), "int")
        tabled = tuple(label for label in step.table_labels if label in self.loops)
        every = (*tabled, *own)
        node = Expr("name", (), self.constant(places_of(step, self.axes.sizes, every)), (None,) * len(every),
                    self.axes.dims(every), "int")  # fmt: skip
        turns = [self.loops[label] for label in tabled]
        items = [At(-turn.start, ((turn.variable, 1),)) for turn in turns]
        return sliced(node, [*items, *[None for _ in own]])._replace(labels=own)

    # --- writing ---

    def window_labels(self, view: View) -> list[Label]:
        """Windows overlap where they are added to: so that is done for one place in them after the other."""
        walks = self.walks(view)
        plans = [] if _needs_places(walks) else [self._plan(walk) for walk in walks]
        return [plan.inner for plan in plans if isinstance(plan, Window)]

    def write(self, view: View, value: Expr, add: bool) -> Statement:
        """Sets, or adds to, part of an array."""
        walks, node, what = self.walks(view), self.variable(view), "add" if add else "store"
        plans = [] if _needs_places(walks) else [self._plan(walk) for walk in walks]
        if (plans or not walks) and self._stays(walks, plans):
            target = self._walked(node, walks, plans)
            return Statement(what, view.array, target, self._aligned(value, target.labels))
        target = self._taken(node, walks)
        value = self._aligned(value, target.labels)
        labels = [label for walk in walks for label in walk.labels]
        if not add or covers(labels, [walk.step for walk in walks], self.axes.sizes):
            return Statement(what, view.array, target, value)
        if value.dims != target.dims:  # NumPy's add.at reads what is not there where it has to broadcast
            value = Expr("spread", (value,), None, target.labels, target.dims)
        return Statement("add at", view.array, target, value)

    def _stays(self, walks: list[Walk], plans: list[Any]) -> bool:
        """Whether slices will do, and a reshape, if there is one, is no copy, which is written to in vain."""
        if any(plan is None or isinstance(plan, Window) for plan in plans):
            return False
        whole = all(item is None for item in self._items(walks, plans))
        return not any(plans) or len(walks) == 1 or whole

    def _aligned(self, value: Expr, labels: tuple[Any, ...]) -> Expr:
        return self.axes.put(as_float(value), labels)


# --- small parts ---------------------------------------------------------------------------------------


def _needs_places(walks: list[Walk]) -> bool:
    """Whether slices, reshapes and windows are too little: a label along two axes is a diagonal."""
    labels = [label for walk in walks for label in walk.labels]
    return len(labels) != len(set(labels)) or not all(map(is_simple, walks))


def _at_places(walks: list[Walk]) -> set[int]:
    """The axes that are walked by places: those that slices cannot, and all that share a label with them;
    and single places, which NumPy counts among the arrays."""
    known = [label for walk in walks for label in walk.labels]
    at = {k for k, walk in enumerate(walks) if not is_simple(walk) or len(walk.step.strides) != 1}
    at |= {k for k, walk in enumerate(walks) if any(known.count(label) > 1 for label in walk.labels)}
    while True:
        labels = {label for k in at for label in walks[k].labels}
        more = {k for k, walk in enumerate(walks) if labels & set(walk.labels)} - at
        if not more:
            return at
        at |= more


def sliced(node: Expr, items: list[Item]) -> Expr:
    if all(item is None for item in items):
        return node
    dims: list[Dim] = []
    for item, dim in zip(items, node.dims, strict=True):
        if not isinstance(item, At):
            dims.append(item.size if isinstance(item, Slice) else dim)
    return Expr("slice", (node,), tuple(items), (None,) * len(dims), tuple(dims), node.kind)


def _split(node: Expr, axis: int, plan: Digits) -> Expr:
    """One axis as several."""
    dims = (*node.dims[:axis], *plan.dims, *node.dims[axis + 1 :])
    source = node.args[0] if node.op == "reshape" else node
    node = Expr("reshape", (source,), None, (None,) * len(dims), dims, node.kind)
    items: list[Item] = [None] * len(dims)
    items[axis : axis + len(plan.items)] = plan.items
    return sliced(node, items)
