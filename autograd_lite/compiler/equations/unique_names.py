"""Names that nobody has yet."""

from __future__ import annotations

from itertools import chain, count


def unique(name: str, taken: set[str]) -> str:
    """The name, with a number where it is taken; from here on it is."""
    mark = "_" if name[-1].isdigit() else ""
    numbered = (f"{name}{mark}{k}" for k in count(2))
    found = next(new for new in chain([name], numbered) if new not in taken)
    taken.add(found)
    return found
