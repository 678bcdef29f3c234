"""The stages of rolling: from the graph as lists to its canonical form, and to the forward equations."""

from __future__ import annotations

from typing import Any

from ..equations import Equations
from ..trace import Traced
from .canonical_form import canonical
from .canonical_graph import Canon
from .families import roll
from .parameter_roles import by_role
from .scalar_list import Scalars


def canonical_sums(scalars: Scalars, traced: Traced) -> Canon:
    """The canonical form of the graph. Parameters that nobody named become arrays, by the roles they play."""
    canon = canonical(scalars, traced.leaves)
    if traced.found is not None and not _name_found(traced, canon):
        canon = canonical(scalars, traced.leaves)
    return canon


def array_equations(scalars: Scalars, canon: Canon, traced: Traced, reduce: str) -> Equations:
    """The forward equations; where sums differ in their lengths alone, as one family or as several,
    whichever is shorter."""
    program = roll(canon, traced.arrays, reduce, traced.shapes)
    if _is_ragged(canon):
        other = roll(canonical(scalars, traced.leaves, ragged=True), traced.arrays, reduce, traced.shapes)
        program = min(program, other, key=_cost)
    return program


def _is_ragged(canon: Canon) -> bool:
    """Whether there are sums, or lists, that differ in nothing but how many terms they have."""
    known: dict[Any, Any] = {}
    for node in canon.live:
        groups = canon.groups[node]
        if groups is not None:
            key = canon.rows[node], tuple(sorted(groups))
            if known.setdefault(key, canon.colours[node]) != canon.colours[node]:
                return True
    return False


def _cost(program: Equations) -> tuple[int, int]:
    """What a program should have few of: gathers by tables count as several equations."""
    return len(program.forward) + 3 * len(program.notes), len(program.notes)


def _name_found(traced: Traced, canon: Canon) -> bool:
    """The parameters that nobody named become arrays, by the roles they play. Whether canon still holds."""
    colour = next(
        canon.colours[n] for n, (array, _) in enumerate(traced.leaves.values()) if array == traced.found
    )
    parts, holds = by_role(canon, colour)
    origins: list[Any] = canon.origins
    traced.split((name, shape, [origins[n] for n in leaves]) for name, shape, leaves in parts)
    canon.operands[: len(traced.leaves)] = traced.leaves.values()
    return holds
