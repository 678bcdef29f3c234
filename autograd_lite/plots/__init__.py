"""Plots for slides: losses, decision boundaries, fitted curves, activation functions, nets."""

from ..errors import MissingMatplotlibError as MissingMatplotlibError
from .curves import ACTIVATIONS as ACTIVATIONS
from .curves import activation_functions, decision_boundary, loss_curve, net_picture, regression_curve
from .curves import chances as chances
from .figure import COLOURS as COLOURS
from .figure import MARKERS as MARKERS
from .figure import margins as margins

__all__ = ["activation_functions", "decision_boundary", "loss_curve", "net_picture", "regression_curve"]
