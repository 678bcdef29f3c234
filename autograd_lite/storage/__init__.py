"""Files: nets, states and checkpoints, written whole or not at all, and read with care."""

from .save_load import builders, checked_path, load, load_state, save

__all__ = ["builders", "checked_path", "load", "load_state", "save"]
