"""From array equations to what lecture notes write, as text and as LaTeX."""

from .page import equations

__all__ = ["equations"]
