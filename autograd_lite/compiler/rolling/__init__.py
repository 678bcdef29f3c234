"""From a graph of scalars to array equations: what is alike becomes one array."""

from .stages import rolled

__all__ = ["rolled"]
