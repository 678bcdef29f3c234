"""A graph as plain data: what a picture of it shows, and nothing of how that is drawn.

`scene(roots, by=...)` gives a Scene: nodes, edges and clusters, each in an order that is the same in
every process. Ids: "n5" is the sixth node of `al.order(*roots)`; "k5_1" is the constant that is operand 1
of n5; "g5" is a group whose last operation is n5; "c0", "c1" are clusters. A group that is `opened`
shows what is inside, in a cluster of the group's id.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .. import arguments
from ..engine import Value
from ..errors import ArgumentTypeError, ArgumentValueError
from .collapse import (
    INPUTS,
    LEVELS,
    PARAMETERS,
    REST,
    SUM,
    Home,
    grouped,
    homes,
    inputs_of,
    parameters_of,
    places_of,
)
from .numbered_graph import READ, Items, operation, refuse_size, refuse_too_many

LIMIT = 2000  # nodes of a graph that is drawn without being told to
FITS = 150  # nodes that the default shows before it collapses


@dataclass(frozen=True)
class Node:
    """What is drawn as one box. A group stands for several nodes of the graph."""

    id: str
    kind: str  # "leaf" | "constant" | "op" | "group"
    label: str  # the user's, as it is, of any length and content; a group's is its name, "neuron1"
    op: str  # "*", "tanh", "**2", "softmax[0]"; "" for leaves and constants; of a group, to be written
    # below its label, what is inside: "dot → tanh", "16 neurons: dot → relu", "5 terms"
    data: float | None  # None for a group of several results
    grad: float | None  # None until backward has come by (see Items.gradients), for constants, and as data
    cluster: str | None = None  # the id of the innermost one
    result: bool = False  # one of the roots: the loss
    inside: tuple[str, ...] = ()  # of a group: the ids of what it stands for, as by="op" has them

    @property
    def members(self) -> int:
        """How many nodes of the graph this stands for."""
        return len(self.inside) or 1


@dataclass(frozen=True)
class Edge:
    """From an operand to what is made of it. x * x has two of them."""

    source: str
    target: str
    partial: float | None  # d target / d source; None where either is a group of several results
    count: int = 1  # edges of the graph that this stands for
    weight: float | None = None  # in the picture of a net without an input: the weight of the connection


@dataclass(frozen=True)
class Cluster:
    """A box around nodes, and around the clusters whose parent it is."""

    id: str
    label: str
    parent: str | None = None


@dataclass(frozen=True)
class Scene:
    """A picture's content. `by` is how it was collapsed, `note` says so where nobody asked for it."""

    nodes: list[Node]
    edges: list[Edge]
    clusters: list[Cluster]
    by: str = "op"
    note: str = ""


def scene(
    roots: Any,
    by: str | None = None,
    limit: int | None = LIMIT,
    *,
    inputs: Iterable[Value] = (),
    opened: Iterable[str] = (),
    function: str = "scene",
) -> Scene:
    """The scene of a Value or a list of Values.

    By None it is collapsed no more than is needed to show up to 150 nodes: not at all, by sum, by neuron, by
    layer. A graph of more than `limit` nodes is refused, or drawn by neuron or layer if that makes it small.
    `inputs` are leaves that no group takes in, `opened` the ids of groups that show what is inside.
    """
    found = _roots(function, roots)
    if by is not None:
        arguments.choice(function, "by", by, LEVELS)
    if limit is not None:
        arguments.count(function, "limit", limit, least=1)
        refuse_size(function, found, max(limit, READ) if by in ("neuron", "layer") else limit, limit)
    best, first = _collapsed(Items(found), inputs, LEVELS if by is None else (by,))
    best.open(function, opened)
    edges = best.edges()
    refuse_too_many(function, len(best), len(edges), limit)
    note = _note(len(first), best) if best is not first else ""
    return Scene(best.nodes(), edges, best.clusters(), best.by, note)


# --- what is drawn, and what is refused ----------------------------------------------------------------


def _collapsed(items: Items, inputs: Iterable[Value], levels: Sequence[str]) -> tuple[_Drawing, _Drawing]:
    """By the first level that fits, or else the one that leaves the least; and by the first of all."""
    given = items.at(inputs)
    xs = inputs_of(items) | given
    tried: list[_Drawing] = []
    for by in levels:
        at_home = homes(items, xs, guess=by in ("neuron", "layer"))
        tried.append(_Drawing(items, by, at_home, xs))
        if len(tried[-1]) <= FITS:
            return tried[-1], tried[0]
    return min(tried, key=len), tried[0]


def _roots(function: str, roots: Any) -> list[Value]:
    found = list(roots) if isinstance(roots, list | tuple) else [roots]
    for root in found:
        if not isinstance(root, Value):
            raise ArgumentTypeError(
                function, "value", root, "a Value, a list of Values, or a net and its input"
            )
    if not found:
        raise ArgumentValueError(function, "value", roots, "a list of at least one Value")
    return found


def _note(count: int, drawn: _Drawing) -> str:
    return f'{count:,} nodes, drawn by {drawn.by} as {len(drawn)}; by="op" shows them all'


# --- the drawing ---------------------------------------------------------------------------------------


class _Drawing:
    """The items of a graph, each drawn on its own or as part of a group; then nodes, edges and clusters."""

    def __init__(self, items: Items, by: str, at_home: list[Home], inputs: set[int]) -> None:
        self.items, self.by, self.at_home = items, by, at_home
        self.group = grouped(items, by, at_home, inputs)
        self.members: defaultdict[Home, list[int]] = defaultdict(list)
        for i, group in enumerate(self.group):
            if group is not None:
                self.members[group].append(i)
        for group in [group for group, members in self.members.items() if len(members) == 1]:
            self.group[self.members.pop(group)[0]] = None
        self.names = {group: self._name(members) for group, members in self.members.items()}
        self.levels = Counter(path for path, _ in {(_path(home), home) for home in self._homes()})
        self.opened: set[Home] = set()
        self.parameters = parameters_of(items, at_home)
        self.gradients = items.gradients()

    def __len__(self) -> int:
        return sum(group is None for group in self.group) + len(self.members)

    def open(self, function: str, opened: Iterable[str]) -> None:
        groups = {name: group for group, name in self.names.items()}
        for name in opened:
            if name not in groups:
                allowed = f"the id of a group: {', '.join(groups) or 'there is none'}"
                raise ArgumentValueError(function, "opened", name, allowed)
            self.opened.add(groups[name])

    def drawn(self, i: int) -> Home | None:
        """The group that an item is drawn in, None for none."""
        group = self.group[i]
        return None if group in self.opened else group

    def id(self, i: int) -> str:
        group = self.drawn(i)
        return self.items.ids[i] if group is None else self.names[group]

    # --- nodes ---

    def nodes(self) -> list[Node]:
        """In the order of the graph, a group where its last member is."""
        self._clusters: dict[Home, Cluster] = {}
        last = {group: members[-1] for group, members in self.members.items()}
        drawn = [(i, self.drawn(i)) for i in range(len(self.items))]
        return [
            self._node(i) if group is None else self._group(group)
            for i, group in drawn
            if group is None or last[group] == i
        ]

    def _node(self, i: int) -> Node:
        items, value = self.items, self.items.value(i)
        kind = "constant" if value is None else "leaf" if items.is_leaf(i) else "op"
        op = "" if value is None or value.op is None else operation(value)
        cluster = self._cluster(self._path_of(i))
        result = i in items.roots
        label = items.label(i) or self.parameters.get(i, "")
        return Node(items.ids[i], kind, label, op, items.data(i), self.gradients[i], cluster, result)

    def _group(self, group: Home) -> Node:
        members, results = self.members[group], self._results(group)
        label, op = self._title(group, members, results)
        single = results[0] if len(results) == 1 else None
        return Node(
            id=self.names[group],
            kind="group",
            label=label,
            op=op,
            data=None if single is None else self.items.data(single),
            grad=None if single is None else self.gradients[single],
            cluster=self._cluster(self._outside(group[:-1])),
            result=bool(self.items.roots & set(members)),
            inside=tuple(self.items.ids[i] for i in members),
        )

    def _name(self, members: list[int]) -> str:
        operations = [i for i in members if not self.items.is_leaf(i)]
        return "g" + self.items.ids[(operations or members)[-1]][1:]

    def _results(self, group: Home) -> list[int]:
        """The members that are used outside, or asked for. A parameter that has other users is none."""
        return [
            i
            for i in self.members[group]
            if (not self.items.is_leaf(i) or group[-1][0] in (INPUTS, PARAMETERS))
            and (i in self.items.roots or any(self.group[user] != group for user in self.items.users[i]))
        ]

    def _title(self, group: Home, members: list[int], results: list[int]) -> tuple[str, str]:
        """The label of a group, and what is inside."""
        items, name = self.items, group[-1][0]
        rows = list(dict.fromkeys(items.row(i) for i in members if items.row(i)))
        does = " → ".join(rows) if len(rows) <= 3 else f"{len(members)} nodes"
        labels = [items.label(i) for i in results if items.label(i)]
        if name in (INPUTS, PARAMETERS):
            stem = _stem(labels) if len(labels) == len(members) else ""
            if name == INPUTS and self.by == "neuron":
                stem = stem or f"x{places_of(items).get(members[0], '')}"
            return stem or name[1:], f"{len(members)} {name[1:]}"
        if name == SUM:
            terms = sum(self.group[source] != group for i in members for source, _ in items.operands[i])
            return labels[0] if labels else "Σ", f"{terms} terms"
        if name == REST and len(group) > 1:
            name = does if len(rows) <= 3 else self._step(group[:-1])
            return labels[0] if len(results) == 1 and labels else name, f"{len(members)} nodes"
        if name == REST:
            name = "result" if items.roots & set(members) else "rest"
            return labels[0] if len(results) == 1 and labels else name, does
        neurons = {self.at_home[i][len(group)] for i in members if len(self.at_home[i]) > len(group)}
        return self._step(group), f"{len(neurons)} neurons: {does}" if len(neurons) > 1 else does

    def _step(self, path: Home) -> str:
        """The last name of a path, numbered where its scope is there more than once: "cell · 2"."""
        told = len(path) > 1 and self.levels[_path(path[:-1])] > 1 and path[-1][1] == path[-2][1]
        name, level = path[-1]
        return f"{name} · {level + 1}" if self.levels[_path(path)] > 1 and not told else name

    def _homes(self) -> set[Home]:
        return {home[:k] for home in set(self.at_home) for k in range(1, len(home) + 1)}

    # --- clusters ---

    def clusters(self) -> list[Cluster]:
        """Those that the nodes are in; a parent before what is in it."""
        return list(self._clusters.values())

    def _path_of(self, i: int) -> Home:
        """The clusters around an item that is drawn on its own."""
        group, home = self.group[i], self.at_home[i]
        if group is None:
            return self._outside(home)
        return home if home[: len(group)] == group else group

    def _outside(self, path: Home) -> Home:
        """The path as far as it does not lead into a group that is drawn as one."""
        for k in range(1, len(path) + 1):
            if path[:k] in self.names and path[:k] not in self.opened:
                return path[: k - 1]
        return path

    def _cluster(self, path: Home) -> str | None:
        """The id of a path's cluster, which is made where it is not there yet."""
        parent: str | None = None
        for k in range(1, len(path) + 1):
            key = path[:k]
            if key not in self._clusters:
                self._clusters[key] = self._new_cluster(key, parent)
            parent = self._clusters[key].id
        return parent

    def _new_cluster(self, key: Home, parent: str | None) -> Cluster:
        if key in self.opened:
            label = self._title(key, self.members[key], self._results(key))[0]
            return Cluster(self.names[key], label, parent)
        return Cluster(f"c{len(self._clusters)}", self._step(key), parent)

    # --- edges ---

    def edges(self) -> list[Edge]:
        """One for every operand; between groups and whatever else one for all of them."""
        slopes, only = self._slopes(), self._only_results()
        found: dict[tuple[str, str, int], Edge] = {}
        for i, operands in enumerate(self.items.operands):
            for source, slope in operands:
                a, b = self.id(source), self.id(i)
                if a == b:
                    continue
                known = slope is not None and slopes[i] is not None and source in only
                partial = (slope or 0.0) * (slopes[i] or 0.0) if known else None
                edge = Edge(a, b, partial)
                plain = self.drawn(source) is None and self.drawn(i) is None
                key = (a, b, len(found) if plain else -1)
                found[key] = _sum(found[key], edge) if key in found else edge
        return list(found.values())

    def _only_results(self) -> set[int]:
        """Items drawn on their own, and those that are all that comes out of a group."""
        alone = {i for i in range(len(self.items)) if self.drawn(i) is None}
        results = [self._results(group) for group in self.members]
        return alone | {found[0] for found in results if len(found) == 1}

    def _slopes(self) -> list[float | None]:
        """d result / d item within the group of every item; None where a group has several results."""
        slopes: list[float | None] = [1.0 if self.drawn(i) is None else None for i in range(len(self.items))]
        for group, members in self.members.items():
            results = self._results(group)
            if group in self.opened or len(results) != 1:
                continue
            for i in members:
                slopes[i] = float(i == results[0])
            for i in reversed(members):
                for source, slope in self.items.operands[i]:
                    if self.group[source] == group and slope is not None:
                        slopes[source] = (slopes[source] or 0.0) + slope * (slopes[i] or 0.0)
        return slopes


def _sum(first: Edge, second: Edge) -> Edge:
    known = first.partial is not None and second.partial is not None
    partial = (first.partial or 0.0) + (second.partial or 0.0) if known else None
    return Edge(first.source, first.target, partial, first.count + second.count)


def _path(home: Home) -> tuple[str, ...]:
    return tuple(name for name, _ in home)


def _stem(labels: Sequence[str]) -> str:
    """What the labels are called together: "x" for x0, x1, x2."""
    if len(set(labels)) == 1:
        return labels[0]
    stems = {label.rstrip("0123456789").rstrip("_[") for label in labels}
    return stems.pop() if len(stems) == 1 else ""
