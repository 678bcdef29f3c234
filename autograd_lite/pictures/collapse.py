"""What of a graph is drawn as one: sums, neurons, layers; and in which scope every item is at home.

A home is a path of steps, (name, level): a scope's name, and how many times the way to this item has left
the scope and come back. So a layer that is called for many samples is one layer, and a cell that is called
on its own output is another one each time.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence, Set

from ..nn import ACTIVATIONS
from .numbered_graph import Items

Step = tuple[str, int]
Home = tuple[Step, ...]

# The last steps of groups that are no scopes. No scope's name has a stroke.
SUM, REST, INPUTS, PARAMETERS = "/sum", "/rest", "/inputs", "/parameters"

LEVELS = ("op", "sum", "neuron", "layer")
MUCH = 12  # operations outside of all scopes, more than which become a group beside neurons or layers
_ADDS = {"add", "sub", "sum", "mean"}
_TERMS = _ADDS | {"mul", "dot", "neg"}


# --- homes -----------------------------------------------------------------------------------------


def homes(items: Items, inputs: set[int], guess: bool = False) -> list[Home]:
    """The home of every item; a leaf is where all its users are, an input outside of all.

    Nets that are called in no scope leave none behind. A `guess` finds their neurons all the same.
    """
    found: list[Home] = [()] * len(items)
    guessed = _guessed(items) if guess else {}
    scoped = [items.scope(i) or guessed.get(i, "") if items.row(i) else "" for i in range(len(items))]
    paths = [scope.split("/") if scope else [] for scope in scoped]
    dots = [i for i, path in enumerate(paths) if path and _is_neuron(path[-1]) and items.row(i) == "dot"]
    for depth in range(1, max(map(len, paths), default=0) + 1):
        scopes = ["/".join(path[:depth]) if len(path) >= depth else "" for path in paths]
        begins = {i for i in dots if depth >= len(paths[i]) - 1}
        for i, level in enumerate(_levels(items, scopes, begins)):
            if scopes[i]:
                found[i] = (*found[i], (paths[i][depth - 1], level))
    for i in range(len(items)):
        if items.is_leaf(i) and i not in inputs:
            found[i] = _common([found[user] for user in items.users[i]])
    return found


def _levels(items: Items, scopes: Sequence[str], begins: Set[int] = frozenset()) -> list[int]:
    """For every operation how often the longest way to it has left its scope and come back.

    What `begins` a call of its scope takes nothing from the same call: a neuron's dot.
    """
    levels = [0] * len(items)
    above: list[dict[str, int]] = [{} for _ in range(len(items))]  # the levels of the scopes on the way
    for i in range(len(items)):
        if items.is_leaf(i):
            continue
        sources = [source for source, _ in items.operands[i] if not items.is_leaf(source)]
        for source in sources:
            if scopes[source] == scopes[i]:
                levels[i] = max(levels[i], levels[source] + (i in begins))
            else:
                levels[i] = max(levels[i], above[source].get(scopes[i], -1) + 1)
        above[i] = _joined([above[source] for source in sources], scopes[i], levels[i])
    return levels


def _joined(parts: list[dict[str, int]], scope: str, level: int) -> dict[str, int]:
    """The largest of every scope. A chain shares one dict, or a million nodes would have one each."""
    if not parts:
        return {scope: level}
    first = max(parts, key=len)
    if first.get(scope) == level and all(part is first for part in parts):
        return first
    joined = dict(first)
    for part in parts:
        for name, found in part.items():
            joined[name] = max(found, joined.get(name, 0))
    joined[scope] = level
    return joined


def _guessed(items: Items) -> dict[int, str]:
    """Scopes for what has none: dots of the same weights are one neuron, neurons of the same xs one layer."""
    dots = [i for i in range(len(items)) if items.row(i) == "dot" and not items.scope(i)]
    neurons: dict[tuple[int, ...], tuple[int, ...]] = {}  # weights: the xs where they are first used
    layers: dict[tuple[int, ...], str] = {}
    scopes: dict[int, str] = {}
    sizes: Counter[str] = Counter()
    places: dict[tuple[int, ...], str] = {}
    for i in dots:
        weights, xs = _halves(items, i)
        if weights == xs or not all(items.is_leaf(w) for w in weights):
            continue  # a square, say, or a product of two results
        first = neurons.setdefault(weights, xs)
        layer = layers.setdefault(first, f"layer{len(layers)}")
        if weights not in places:
            places[weights] = f"{layer}/neuron{sizes[layer]}"
            sizes[layer] += 1
        scopes[i] = places[weights]
        users = set(items.users[i])
        if len(users) == 1 and items.row(min(users)) in ACTIVATIONS and not items.scope(min(users)):
            scopes[min(users)] = places[weights]
    return scopes


def _halves(items: Items, dot: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The weights of a dot and its xs; the bias is left out."""
    sources = [source for source, _ in items.operands[dot]]
    half = len(sources) // 2
    return tuple(sources[:half]), tuple(sources[half : 2 * half])


def _common(paths: Sequence[Home]) -> Home:
    """What all paths begin with."""
    if not paths:
        return ()
    low, high = min(paths), max(paths)
    same = 0
    while same < len(low) and low[same] == high[same]:
        same += 1
    return low[:same]


def _is_neuron(name: str) -> bool:
    return re.fullmatch(r"neuron\d*", name) is not None


def _is_layer(name: str) -> bool:
    return re.fullmatch(r"layer\d*", name) is not None


# --- inputs and parameters ---------------------------------------------------------------------------


def inputs_of(items: Items) -> set[int]:
    """The leaves and constants that every dot has among its xs, not among its weights."""
    xs: set[int] = set()
    others: set[int] = set()
    for i in (i for i in range(len(items)) if items.row(i) == "dot"):
        mine = set(_halves(items, i)[1])
        xs |= mine
        others |= {source for source, _ in items.operands[i]} - mine
    return {i for i in xs - others if items.is_leaf(i)}


def places_of(items: Items) -> dict[int, int]:
    """The place of every input among the xs of the dots that use it."""
    found: dict[int, int] = {}
    for i in (i for i in range(len(items)) if items.row(i) == "dot"):
        for place, source in enumerate(_halves(items, i)[1]):
            found.setdefault(source, place)
    return found


def parameters_of(items: Items, at_home: Sequence[Home]) -> dict[int, str]:
    """What the leaves of a neuron are called that have no label: w0, w1 ..., b."""
    found: dict[int, str] = {}
    for i in (i for i in range(len(items)) if items.row(i) == "dot" and at_home[i]):
        if _is_neuron(at_home[i][-1][0]):
            weights, xs = _halves(items, i)
            found.update({source: f"w{k}" for k, source in enumerate(weights)})
            found.update({source: "b" for source, _ in items.operands[i][2 * len(xs) :]})
    return {i: name for i, name in found.items() if items.is_leaf(i)}


# --- groups ------------------------------------------------------------------------------------------


def grouped(items: Items, by: str, at_home: list[Home], inputs: set[int]) -> list[Home | None]:
    """The group of every item, named by a path; None where it is drawn on its own."""
    if by == "op":
        return [None] * len(items)
    if by == "sum":
        return _without_cycles(items, _sums(items, at_home))
    found = _by_scope(items, at_home, by)
    _take_leaves(items, found, inputs)
    found = _without_cycles(items, found)
    _join_leaves(items, found, inputs, by)
    return found


def _sums(items: Items, at_home: list[Home]) -> list[Home | None]:
    """Terms that only a sum of the same scope uses are one with it. A group is named by its last sum."""
    last: list[int] = list(range(len(items)))
    for i in reversed(range(len(items))):
        users = set(items.users[i])
        if len(users) == 1 and i not in items.roots and items.row(i) in _TERMS and not items.label(i):
            (user,) = users
            if items.row(user) in _ADDS and at_home[user] == at_home[i]:
                last[i] = last[user]
    sizes = Counter(last)
    return [(*at_home[i], (SUM, k)) if sizes[k] > 1 else None for i, k in enumerate(last)]


def _by_scope(items: Items, at_home: list[Home], by: str) -> list[Home | None]:
    """By neuron: the innermost scopes; by layer: what holds them. And what is outside, where it is much."""
    outer = {home[:k] for home in at_home for k in range(len(home))}
    found: list[Home | None] = [None] * len(items)
    for i in range(len(items)):
        if not items.is_leaf(i) and at_home[i]:
            found[i] = _layer(at_home[i]) if by == "layer" else _neuron(at_home[i], outer)
    _part_between(items, found)
    if any(found):
        _take_rest(items, found)
    return found


def _neuron(home: Home, outer: set[Home]) -> Home | None:
    for k, (name, _) in enumerate(home):
        if _is_neuron(name):
            return home[: k + 1]
    return None if home in outer else home


def _layer(home: Home) -> Home:
    for k, (name, _) in enumerate(home):
        if _is_neuron(name):
            return home[: max(k, 1)]
    depths = [k for k, (name, _) in enumerate(home) if _is_layer(name)]
    return home[: depths[-1] + 1] if depths else home


def _part_between(items: Items, found: list[Home | None]) -> None:
    """What a scope does itself before, between and after the groups inside: activations as steps, say."""
    outer = {group[:k] for group in set(found) if group is not None for k in range(len(group))}
    if outer.isdisjoint(found):
        return
    levels = _levels(items, ["" if group is None else repr(group) for group in found])
    for i, group in enumerate(found):
        if group in outer:
            found[i] = (*group, (REST, levels[i]))


def _take_rest(items: Items, found: list[Home | None]) -> None:
    """The operations outside of all groups, by the level that they are on: before, between, after."""
    outside = [i for i, group in enumerate(found) if group is None and not items.is_leaf(i)]
    if len(outside) > MUCH:
        scopes = ["" if group is None else repr(group) for group in found]
        levels = _levels(items, scopes)
        for i in outside:
            found[i] = ((REST, levels[i]),)


def _take_leaves(items: Items, found: list[Home | None], inputs: set[int]) -> None:
    """A leaf that one group uses is inside of it, with or without users that are in none: a penalty, say."""
    for i in range(len(items)):
        if items.is_leaf(i) and i not in inputs and i not in items.roots:
            groups = {found[user] for user in items.users[i]} - {None}
            named = {group for group in groups if group and group[0][0] != REST} or groups
            if len(named) == 1:
                found[i] = named.pop()


def _join_leaves(items: Items, found: list[Home | None], inputs: set[int], by: str) -> None:
    """Leaves of the same groups are one: parameters that these share; by layer the vector x; by neuron
    what all samples have in one place of it."""
    places = places_of(items)
    alike: defaultdict[tuple[str, int, frozenset[Home | None]], list[int]] = defaultdict(list)
    for i, group in enumerate(found):
        if group is None and items.is_leaf(i) and i not in items.roots:
            kind = INPUTS if i in inputs else PARAMETERS
            place = places.get(i, i) if kind == INPUTS and by == "neuron" else -1
            alike[kind, place, frozenset(found[user] for user in items.users[i])].append(i)
    for (kind, _, users), members in alike.items():
        if None not in users and len(members) > 1:
            for i in members:
                found[i] = ((kind, members[0]),)


def _without_cycles(items: Items, found: list[Home | None]) -> list[Home | None]:
    """Groups that feed each other both ways are drawn by their members: pictures go from left to right."""
    names: list[object] = [i if group is None else group for i, group in enumerate(found)]
    ahead: defaultdict[object, set[object]] = defaultdict(set)
    behind: defaultdict[object, set[object]] = defaultdict(set)
    for i, operands in enumerate(items.operands):
        for source, _ in operands:
            if names[source] != names[i]:
                ahead[names[source]].add(names[i])
                behind[names[i]].add(names[source])
    core = set(names)
    for these, those in ((ahead, behind), (behind, ahead)):  # from both ends, until only cycles are left
        left = {name: len(these[name] & core) for name in core}
        ends = [name for name in core if not left[name]]
        while ends:
            name = ends.pop()
            core.discard(name)
            for other in those[name] & core:
                left[other] -= 1
                if not left[other]:
                    ends.append(other)
    return [None if group in core else group for group in found]
