"""The text that runs: operations that write into buffers which are kept from call to call."""

from .emitted import Emitted, emit

__all__ = ["Emitted", "emit"]
