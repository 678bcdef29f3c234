"""Why an equation went wrong: the table of slips tried on its steps; what counts holds at every point."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, islice
from typing import Any, NamedTuple

import numpy as np

from ..engine import Value
from .quantities import Array, Point
from .recorded_equation import Change, Tape, record
from .slip_sites import NEAR, FailedEquation, Site, constants
from .slips import SLIPS

Equation = Callable[[Any, Any], Any]

SIMPLE = ("wrong quantity", "missing derivative", "extra factor", "factor out of place", "transposed",
          "missing sum", "wrong product", "wrong argument", "extra derivative")  # fmt: skip
SITES = 20_000  # of a row that are tried, times the steps of the equation: a loop written out has many
LEAST = 100  # sites of a row that are tried in any case
PAIRS = 150_000  # of sites that are tried two by two, times the steps
PAIRED = 60  # sites of a kind that are tried with those of another
PATHS = 5000  # products that are looked at, where one may stand for their sum


class Found(NamedTuple):
    """An explanation that holds everywhere."""

    cost: float
    words: str
    kind: str


def explanations(equation: Equation, points: list[Point], target: str) -> list[Found]:
    """The simplest that hold at all points: several where they are equally simple, none where none holds."""
    tapes = [record(equation, point, target) for point in points]
    if any(tape.ops != tapes[0].ops for tape in tapes):  # it branches on numbers: the result is all there is
        tapes = [_result_of(tape) for tape in tapes]
    if reconciles({}, tapes, target):
        return []  # nearly right: no slip of the table is as small as that
    telling = [tape for tape in tapes if np.any(tape.point.truth(target))]
    base = (telling or tapes)[-1]  # far off, where coincidences are rare, and not where all is 0
    failed = FailedEquation(base, target)
    most = SITES // len(base) + LEAST
    tried = [
        (slip.cost + site.extra, site.kind or slip.kind, site)
        for slip in SLIPS
        for site in islice(slip.sites(failed), most)
    ]
    found = [
        Found(cost, site.words, kind) for cost, kind, site in tried if reconciles(site.changes, tapes, target)
    ]
    found += one_path(points, tapes, target)
    return simplest(found or list(_twofold(failed, tried, tapes, target)))


def _result_of(tape: Tape) -> Tape:
    alone = Tape(tape.point)
    result = tape.values[-1]
    alone.constant(np.nan if isinstance(result, Exception) else result)
    return alone


def reconciles(changes: Mapping[int, Change], tapes: Sequence[Tape], target: str) -> bool:
    """Whether the changed equation is the gradient at every point, the last first."""
    return all(_equals(tape.run(changes), tape.point.truth(target)) for tape in reversed(tapes))


def _equals(result: Any, truth: Array) -> bool:
    if isinstance(result, Exception) or np.shape(result) != truth.shape:
        return False
    size = np.max(np.abs(truth), initial=0.0)
    return bool(np.all(np.abs(result - truth) <= NEAR * np.abs(truth) + 0.01 * NEAR * size))


def simplest(found: list[Found]) -> list[Found]:
    """Those of least cost, each words once."""
    least = min((f.cost for f in found), default=0.0)
    return list({f.words: f for f in reversed(found) if f.cost <= least + 1e-6}.values())[::-1]


def _twofold(failed: FailedEquation, tried: Any, tapes: Sequence[Tape], target: str) -> Iterator[Found]:
    """Two slips in one equation, or a slip and a factor."""
    sites: list[tuple[float, str, Site]] = [t for t in tried if t[1] in SIMPLE]
    for cost, kind, site in sites:
        for words, value, extra, factor in constants(failed):
            if _equals(value * _number(failed.tape.run(site.changes)), failed.truth):
                changes = _with_factor(site.changes, value, failed.last)
                if reconciles(changes, tapes, target):
                    second = "the sign is wrong" if factor else f"{words} is missing"
                    yield Found(cost + extra + 1.0, f"{site.words}, and {second}", kind)
    for (cost, kind, site), (cost2, kind2, site2) in islice(_pairs(sites, failed), PAIRS // len(failed.tape)):
        changes = {**site.changes, **site2.changes}
        if len(changes) == len(site.changes) + len(site2.changes) and reconciles(changes, tapes, target):
            yield Found(cost + cost2, f"{site.words}, and {site2.words}", f"{kind} + {kind2}")


def _pairs(sites: list[Any], failed: FailedEquation) -> Iterator[tuple[Any, Any]]:
    """Two sites of different kinds, first the first of their kinds; none that spoils the shape."""
    shape = np.shape(failed.result)
    ranked: list[tuple[int, Any]] = []
    seen: dict[str, int] = {}
    for entry in sites:
        _, kind, site = entry
        fits = shape != failed.truth.shape or np.shape(failed.tape.run(site.changes)) == shape
        if fits and seen.get(kind, 0) < PAIRED:
            seen[kind] = seen.get(kind, 0) + 1
            ranked.append((seen[kind], entry))
    pairs = [(a, b) for a, b in combinations(ranked, 2) if a[1][1] != b[1][1]]
    for (_, one), (_, other) in sorted(pairs, key=lambda pair: pair[0][0] + pair[1][0]):
        yield one, other


def _with_factor(changes: Mapping[int, Change], value: float, last: int) -> dict[int, Change]:
    before = changes.get(last)
    if before is None:
        return {**changes, last: lambda f: value * f.compute()}
    return {**changes, last: lambda f: value * before(f)}


def _number(result: Any) -> Any:
    return np.nan if isinstance(result, Exception) else result


# --- one path where the sum over all belongs ----------------------------------------------------------------


def one_path(points: Sequence[Point], tapes: Sequence[Tape], target: str) -> Iterator[Found]:
    """A single product of factors from the quantity up to one whose gradient is known, at every point."""
    nodes = points[0].graph.nodes[target]
    if nodes.size != 1 or any(np.shape(tape.values[-1]) != nodes.shape for tape in tapes):
        return
    common: set[Any] | None = None
    count = 0
    for point, tape in zip(points, tapes, strict=True):
        products = dict(_paths(point, target))
        result = float(np.asarray(_number(tape.values[-1])).item())
        hits = {way for way, x in products.items() if abs(x - result) <= NEAR * abs(result)}
        common, count = hits if common is None else common & hits, len(products)
    if common and count > 1:
        yield Found(1.0, "it is the product along one path; the sum over all paths is missing", "missing sum")


def _paths(point: Point, target: str) -> Iterator[tuple[tuple[Any, ...], float]]:
    """(path, product of its slopes and of the gradient at its end) for ends that have names."""
    graph = point.graph
    users: dict[Value, list[tuple[Value, int]]] = {}
    for node in graph.order:
        for k, parent in enumerate(node.parents):
            users.setdefault(parent, []).append((node, k))
    ends = {
        x: point.numbers["∇" + name][i]
        for name in graph.downstream(target)
        for i, x in np.ndenumerate(graph.nodes[name])
    } | {graph.loss: 1.0}
    stack: list[tuple[tuple[Any, ...], float]] = [((graph.nodes[target].item(),), 1.0)]
    for _ in range(PATHS):
        if not stack:
            return
        path, product = stack.pop()
        if path[-1] in ends and len(path) > 1:
            yield path, product * float(ends[path[-1]])
        stack += [
            ((*path, node), product * point.at[node].partials[k]) for node, k in users.get(path[-1], ())
        ]
