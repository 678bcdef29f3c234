"""The nets' part of the table: modules and losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd_lite as al
from autograd_lite import nn

from .probes import (
    AMOUNT,
    FLAG,
    NONE,
    NUMBERS,
    OPTIONAL,
    POSITIVE,
    REAL,
    Entry,
    Fresh,
    by_position,
    entry,
    kind,
)

# --- modules -----------------------------------------------------------------------------

ACTIVATION = ("relu", NONE)
INIT = ("he", OPTIONAL)
ANY_SEED = (0, kind("any int, or None for the module random's", "None", "0", "-1", "10**400"))
BIAS = (True, FLAG)
SAMPLE = ([1.0, 2.0], NONE)


def net() -> nn.MLP:
    return nn.MLP(2, [3, 2], activation="tanh", seed=0)


def small() -> nn.MLP:
    return nn.MLP(2, 1, seed=0)


def on(make: Callable[[], Any], name: str) -> Callable[..., Any]:
    """The method of a new object, with arguments by position."""
    return by_position(lambda *given, **unknown: getattr(make(), name)(*given, **unknown))


def assigned(make: Callable[[], Any], name: str) -> Callable[..., Any]:
    return lambda new: setattr(make(), name, new)


MODULES = {
    "nn.Neuron": entry(
        "Neuron", nn.Neuron, inputs=(2, NONE), activation=ACTIVATION, init=INIT, seed=ANY_SEED, bias=BIAS
    ),
    "nn.Layer": entry(
        "Layer",
        nn.Layer,
        inputs=(2, NONE),
        outputs=(2, NONE),
        activation=ACTIVATION,
        init=INIT,
        seed=ANY_SEED,
        bias=BIAS,
    ),
    "nn.MLP": entry(
        "MLP",
        nn.MLP,
        inputs=(2, NONE),
        sizes=([3, 1], NONE),
        activation=ACTIVATION,
        output=("linear", NONE),
        init=INIT,
        seed=ANY_SEED,
        bias=BIAS,
    ),
    "nn.Autoencoder": entry(
        "Autoencoder",
        nn.Autoencoder,
        inputs=(3, NONE),
        hidden=([2], NONE),
        activation=ACTIVATION,
        output=("linear", NONE),
        init=INIT,
        seed=ANY_SEED,
        bias=BIAS,
    ),
    "nn.Sequential": entry("Sequential", by_position(nn.Sequential), {"step": "step 0"}, step=("tanh", NONE)),
    "nn.build": entry(
        "build",
        nn.build,
        {"config": "config|kind"},
        config=({"kind": "Layer", "inputs": 2, "outputs": 2}, NONE),
        shapes=(None, OPTIONAL),
    ),
    "nn.Module": entry("Module", nn.Module),
    **{
        f"nn.Module.{name}": entry(name, on(net, name))
        for name in ("named_modules", "named_parameters", "parameters", "zero_grad", "state_dict", "summary")
    },
    "nn.Module.load_state_dict": entry(
        "MLP.load_state_dict", on(net, "load_state_dict"), state=(Fresh(lambda: net().state_dict()), NONE)
    ),
    "nn.Layer.config": entry("config", on(lambda: nn.Layer(2, 2), "config")),
    "nn.Sequential.config": entry("config", on(lambda: nn.Sequential("tanh"), "config")),
    **{
        f"nn.Layer.{name}": entry("Layer", on(lambda: nn.Layer(2, 2), name), x=SAMPLE)
        for name in ("__call__", "affine", "forward")
    },
    "nn.Layer.activate": entry(
        "activate",
        on(lambda: nn.Layer(2, 2, "tanh"), "activate"),
        {"a": "a|every input"},
        a=([1.0, 2.0], kind("pre-activations", "7 numbers", "empty list")),
    ),
    **{
        f"nn.Neuron.{name}": entry("Neuron", on(lambda: nn.Neuron(2), name), x=SAMPLE)
        for name in ("__call__", "affine", "forward")
    },
    **{f"nn.MLP.{name}": entry("Layer", on(net, name), x=SAMPLE) for name in ("__call__", "forward")},
    "nn.Autoencoder.encode": entry("Layer", on(lambda: nn.Autoencoder(2, [1]), "encode"), x=SAMPLE),
    "nn.Autoencoder.decode": entry(
        "Layer", on(lambda: nn.Autoencoder(3, [2]), "decode"), {"code": "x"}, code=SAMPLE
    ),
    "nn.Sequential.forward": entry("Layer", on(lambda: nn.Sequential(nn.Layer(2, 2)), "forward"), x=SAMPLE),
    "nn.Layer.weight": entry(
        "Layer.weight",
        assigned(lambda: nn.Layer(2, 1), "weight"),
        {"new": "what is assigned"},
        new=([[1.0, 2.0]], NONE),
    ),
    "nn.Layer.bias": entry(
        "Layer.bias",
        assigned(lambda: nn.Layer(2, 2), "bias"),
        {"new": "what is assigned"},
        new=([1.0, 2.0], NONE),
    ),
    "nn.Neuron.weight": entry(
        "weight",
        assigned(lambda: nn.Neuron(2), "weight"),
        {"new": "what is assigned"},
        new=([1.0, 2.0], NONE),
    ),
    "nn.Neuron.bias": entry(
        "bias",
        assigned(lambda: nn.Neuron(2), "bias"),
        {"new": "what is assigned"},
        new=(1.0, REAL.and_("Value")),
    ),
}


# --- losses ------------------------------------------------------------------------------

REDUCTION = ("mean", NONE)
ANY_NUMBER = kind("what a net has computed: nan goes through", *NUMBERS, "Value")
TARGET = kind("an amount: of nan the loss is nan", *NUMBERS, "Value")
SHARE = kind("a probability", "0", "0.5", "True", "Value")
LOGITS = kind("2 logits or more", "7 numbers")
CLASS = kind("a class, or probabilities of all", "0")


def elementwise(name: str, prediction: Any = ANY_NUMBER, target: Any = TARGET, **more: Any) -> Entry:
    arguments = {"prediction": (0.5, prediction), "target": (1.0, target), "reduction": REDUCTION, **more}
    given = {"bce_loss": "probability", "bce_with_logits": "logit", "hinge_loss": "score"}.get(
        name, "prediction"
    )
    arguments[given] = arguments.pop("prediction")
    return entry(name, getattr(al, name), **arguments)


LOSSES = {
    "mse_loss": elementwise("mse_loss"),
    "sse_loss": elementwise("sse_loss"),
    "huber_loss": elementwise("huber_loss", delta=(1.0, POSITIVE.and_("True"))),
    "hinge_loss": elementwise("hinge_loss", target=kind("-1 or 1", "-1", "True")),
    "bce_loss": elementwise(
        "bce_loss", kind("a probability, or nan of a net", "nan", "0", "0.5", "True", "Value"), SHARE
    ),
    "bce_with_logits": elementwise("bce_with_logits", target=SHARE),
    "cross_entropy": entry(
        "cross_entropy",
        al.cross_entropy,
        logits=([1.0, 2.0], LOGITS),
        label=(0, CLASS),
        reduction=REDUCTION,
        label_smoothing=(0.0, AMOUNT.and_("True")),
    ),
    "nll_loss": entry(
        "nll_loss", al.nll_loss, probabilities=([0.5, 0.5], NONE), label=(0, CLASS), reduction=REDUCTION
    ),
    "l2_penalty": entry(
        "l2_penalty",
        al.l2_penalty,
        net=(
            Fresh(small),
            kind(
                "anything that holds weights, plain numbers too",
                *NUMBERS,
                "Value",
                "7 numbers",
                "3-D array",
                "ragged list",
                "dict",
            ),
        ),
        weight=(0.1, AMOUNT.and_("True")),
    ),
}


ENTRIES = {**MODULES, **LOSSES}
