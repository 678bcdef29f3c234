"""save and load: storage, taught to build the nets of nn."""

from . import nn, storage
from .storage import StorageError, load, load_state, save

__all__ = ["StorageError", "load", "load_state", "save"]

storage.builders.update(dict.fromkeys(nn.KINDS, nn.build))
