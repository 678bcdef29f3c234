"""Nets out of Values: neurons, layers, networks, activations, initial weights and losses."""

from .layers import ACTIVATIONS, INITIALISERS, Layer, Neuron
from .layers import Built as Built
from .losses import bce_loss as bce_loss
from .losses import bce_with_logits as bce_with_logits
from .losses import cross_entropy as cross_entropy
from .losses import hinge_loss as hinge_loss
from .losses import huber_loss as huber_loss
from .losses import l2_penalty as l2_penalty
from .losses import mse_loss as mse_loss
from .losses import nll_loss as nll_loss
from .losses import sse_loss as sse_loss
from .module import Module
from .networks import MLP, Autoencoder, Sequential, build

__all__ = [
    "ACTIVATIONS",
    "INITIALISERS",
    "MLP",
    "Autoencoder",
    "Layer",
    "Module",
    "Neuron",
    "Sequential",
    "build",
]
