"""From a graph of scalars to array equations: what is alike becomes one array."""

from .scalar_list import scalars_of
from .stages import array_equations, canonical_sums

__all__ = ["array_equations", "canonical_sums", "scalars_of"]
