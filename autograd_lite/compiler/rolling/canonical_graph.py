"""The canonical equations as lists, by the numbers of their nodes."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...engine import Value
from .like_terms import Groups
from .scalar_list import LEAF, Operand

CONSTANT = -1  # the colour of every number


@dataclass
class Canon:
    """The nodes by number, parents first. Sums and rows over lists have `groups`, others operands."""

    rows: list[str] = field(default_factory=list)
    operands: list[tuple[Operand, ...]] = field(default_factory=list)
    groups: list[Groups | None] = field(default_factory=list)
    colours: list[int] = field(default_factory=list)
    origins: list[Value | None] = field(default_factory=list)  # the Value that a node stands for
    roots: list[int] = field(default_factory=list)  # the nodes that were asked for
    live: list[int] = field(default_factory=list)  # those that the roots are made of

    def __str__(self) -> str:
        return "\n".join(f"{n}: {self.rows[n]} {self.groups[n] or self.operands[n]}" for n in self.live)


def live_nodes(canon: Canon) -> list[int]:
    """The nodes that the roots are made of, parents first."""
    alive = set(canon.roots)
    for node in range(len(canon.rows) - 1, -1, -1):
        if node not in alive or canon.rows[node] == LEAF:
            continue
        groups = canon.groups[node]
        if groups is None:
            alive.update(x for x in canon.operands[node] if type(x) is int)
        else:
            for (_, _, colours), columns in groups.items():
                for column in columns[: len(colours)]:
                    alive.update(column)
    return sorted(alive)
