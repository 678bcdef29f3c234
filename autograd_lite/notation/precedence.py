"""How tightly a text holds together, and when it needs brackets: one scale for whatever is written.

Python of a graph, its LaTeX, NumPy code, and mathematics as text and as LaTeX are put together from pieces,
each with its place on this scale. A piece goes into another without brackets where it holds at least as
tightly as is asked for there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

# From the loosest to the tightest. TOTAL is Σ x, and ELEMENTWISE is a ∘ b, a / b: in mathematics they stand
# between a sum and a product, while Python has neither.
COMPARE, OR, AND, SUM, TOTAL, ELEMENTWISE, PRODUCT, NEGATIVE, POWER, ATOM = range(10)


def in_brackets(text: str) -> str:
    return f"({text})"


class Piece(NamedTuple):
    """A text, how tightly it holds together, and what else those ask who put graphs into Python or LaTeX."""

    text: str
    strength: int = ATOM
    line: str = ""  # with air around * and /, where the text is a line of its own
    number: float | None = None  # what Python makes of a text without names
    under: str = ""  # of 1/b, the b

    def within(self, least: int, brackets: Callable[[str], str] = in_brackets) -> str:
        """The text as it stands where this strength is asked for."""
        return self.text if self.strength >= least else brackets(self.text)

    @property
    def whole(self) -> str:
        """The text as a line of its own."""
        return self.line or self.text
