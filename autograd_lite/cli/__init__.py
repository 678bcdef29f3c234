"""The command: `python -m autograd_lite`, or `autograd-lite`."""

from .command import main

__all__ = ["main"]
