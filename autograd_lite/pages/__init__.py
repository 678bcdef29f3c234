"""Pages for the browser: the stepper through a backward pass, and the replay of a training."""

from .html_page import Page
from .replay import Recorder
from .stepper import explore

__all__ = ["Page", "Recorder", "explore"]
