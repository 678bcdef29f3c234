"""A graph in columns: nodes by rank, bends where an edge passes a column, the spans of the clusters.

Nodes, edges and clusters are numbers here; a layout knows no names. An edge that would run backward, in a
graph with a cycle, is turned around for as long as it is laid out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from .ranks import NOWHERE, Edges, path, ranks, topological

MOST_BENDS = 20_000  # beyond, the longest edges are drawn without: the time of a picture is bounded


@dataclass
class Grid:
    """Items in columns: the nodes first, under their own numbers, then the bends of long edges."""

    rank: list[int]  # of every item
    cluster: list[int]  # of every item, or NOWHERE
    source: list[int]  # of every item: itself, or the node whose edges bend there
    chains: list[list[int]]  # of every edge: its items, from left to right
    turned: list[bool]  # of every edge: whether it runs from right to left
    parents: list[int]  # of every cluster
    spans: list[tuple[int, int]]  # of every cluster, its first and last rank; (1, 0) of an empty one
    left: list[dict[int, int]] = field(default_factory=list)  # of every item: neighbours, how many edges
    right: list[dict[int, int]] = field(default_factory=list)


def grid(clusters: Sequence[int], edges: Edges, parents: Sequence[int]) -> Grid:
    """The graph of len(clusters) nodes; `clusters` says where each is, `parents` where each cluster is."""
    place = {v: i for i, v in enumerate(topological(len(clusters), edges))}
    turned = [place[u] > place[v] for u, v in edges]
    forward = [(v, u) if back else (u, v) for (u, v), back in zip(edges, turned, strict=True)]
    rank = ranks(clusters, [(u, v) for u, v in forward if u != v], parents)
    made = Grid(rank, list(clusters), list(range(len(clusters))), [], turned, list(parents), [])
    made.spans = _spans(made)
    made.chains = _chains(made, forward)
    made.left = [{} for _ in made.rank]
    made.right = [{} for _ in made.rank]
    for chain in made.chains:
        for a, b in pairwise(chain if chain[0] != chain[-1] else ()):
            made.right[a][b] = made.right[a].get(b, 0) + 1
            made.left[b][a] = made.left[b].get(a, 0) + 1
    return made


# --- clusters ----------------------------------------------------------------------------------------


def _spans(made: Grid) -> list[tuple[int, int]]:
    spans = [(1, 0)] * len(made.parents)
    for r, c in zip(made.rank, made.cluster, strict=True):
        for around in path(c, made.parents):
            first, last = spans[around]
            spans[around] = (min(first, r), max(last, r)) if first <= last else (r, r)
    return spans


# --- bends -------------------------------------------------------------------------------------------


def _chains(made: Grid, edges: Edges) -> list[list[int]]:
    """The items of every edge. Edges of one source share their bends for as long as they go one way."""
    bends: dict[tuple[int, int, int], int] = {}
    chains = [[u, v] for u, v in edges]
    paths = [path(c, made.parents) for c in range(len(made.parents))]
    for i in sorted(range(len(edges)), key=lambda i: made.rank[edges[i][1]] - made.rank[edges[i][0]]):
        u, v = edges[i]
        if made.rank[v] - made.rank[u] < 2 or len(bends) + made.rank[v] - made.rank[u] > MOST_BENDS:
            continue
        places = _places(made, u, v, paths)
        for r, place in enumerate(places, made.rank[u] + 1):
            if (u, r, place) not in bends:
                bends[u, r, place] = len(made.rank)
                made.rank.append(r)
                made.cluster.append(place)
                made.source.append(u)
        items = [bends[u, r, place] for r, place in enumerate(places, made.rank[u] + 1)]
        chains[i] = [u, *items, v]
    return chains


def _places(made: Grid, u: int, v: int, paths: list[list[int]]) -> list[int]:
    """The cluster in which an edge passes each column between u and v.

    It leaves a cluster of u to the right and enters one of v from the left, never through top or bottom.
    """
    around_u = paths[made.cluster[u]] if made.cluster[u] != NOWHERE else []
    around_v = paths[made.cluster[v]] if made.cluster[v] != NOWHERE else []
    common = next((c for c in around_u if c in around_v), NOWHERE)
    own_u = around_u[: around_u.index(common)] if common in around_u else around_u
    own_v = around_v[: around_v.index(common)] if common in around_v else around_v
    found = []
    for r in range(made.rank[u] + 1, made.rank[v]):
        leaving = next((c for c in own_u if made.spans[c][1] >= r), None)
        entering = next((c for c in own_v if made.spans[c][0] <= r), None)
        if leaving is not None and entering is not None:  # one above the other: half the way in each
            leaving, entering = (leaving, None) if 2 * r <= made.rank[u] + made.rank[v] else (None, entering)
        place = leaving if leaving is not None else entering
        found.append(common if place is None else place)
    return found
