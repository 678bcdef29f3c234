"""The table of operations under its public name, `autograd_lite.ops`: it lives in engine/ops.py."""

import sys

from .engine import ops
from .engine.ops import *  # noqa: F403 (for those who read types)

sys.modules[__name__] = ops  # one module, whichever name it is imported by
