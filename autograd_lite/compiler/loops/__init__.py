"""Recurrences: equations that come step after step, alike but for the step, become loops."""

from .detection import find_loops

__all__ = ["find_loops"]
