"""save and load, taught to build the nets of nn."""

from ..storage import builders, load, load_state, save
from .networks import KINDS, build

__all__ = ["load", "load_state", "save"]

builders.update(dict.fromkeys(KINDS, build))
