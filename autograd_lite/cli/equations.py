"""The sub-command `equations`: a net's forward and backward pass as matrix equations."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from .. import nn
from ..errors import ArgumentError, UsageError
from ..nn import losses
from .argument_types import Parser, Runner, number, one_of, sizes
from .train_task import CLASSES, NUMBERS, TWO_CLASSES

OUTPUTS = {**CLASSES, **NUMBERS, **TWO_CLASSES}  # losses, with the activation that each expects
LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "cross_entropy": losses.cross_entropy,
    "nll": losses.nll_loss,
    "mse": losses.mse_loss,
    "sse": losses.sse_loss,
    "huber": losses.huber_loss,
    "bce_with_logits": losses.bce_with_logits,
    "bce": losses.bce_loss,
    "hinge": losses.hinge_loss,
}

EXAMPLES = """examples:
  autograd-lite equations --net 3,3,3,2 --hidden sigmoid --loss cross_entropy
  autograd-lite equations --net 4,3,4 --output relu --loss sse --penalty 0.1
  autograd-lite equations --net 2,16,16,1 --loss bce_with_logits --latex

Rows are samples, and n is their number. ∇W is the gradient of the loss for W, and δ2 that for a2;
∘ multiplies element by element. The LaTeX is an aligned environment, to be put between $$ and $$.
"""


def equations(parser: Parser) -> Runner:
    """Print the forward and the backward pass of a net as matrix equations, or as LaTeX."""
    parser.usage, parser.epilog = "autograd-lite equations --net SIZES [options]", EXAMPLES
    add = parser.add_argument
    about = "the sizes of all layers, inputs first: 3,3,3,2"
    add("--net", metavar="SIZES", type=sizes, required=True, help=about)
    add(
        "--hidden",
        metavar="NAME",
        type=one_of(nn.ACTIVATIONS),
        default="relu",
        help="of the hidden layers (relu)",
    )
    add(
        "--output",
        metavar="NAME",
        type=one_of(nn.ACTIVATIONS),
        help="of the last layer (what the loss expects)",
    )
    known = ", ".join(LOSSES)
    add("--loss", metavar="NAME", type=one_of(LOSSES), help=f"{known} (cross_entropy, or mse for one output)")
    add(
        "--reduce",
        metavar="HOW",
        type=one_of(("mean", "sum")),
        default="mean",
        help="of the samples: mean or sum",
    )
    add(
        "--penalty",
        metavar="X",
        type=number(),
        default=0.0,
        help="the weight of an L2 penalty on the weights (0)",
    )
    add("--latex", action="store_true", help="print LaTeX")
    return run


def run(args: argparse.Namespace) -> int:
    """Compiles the net on one made-up sample and prints what comes of it."""
    from ..compiler import compile

    written = f"--net {','.join(map(str, args.net))}"
    if len(args.net) < 2:
        raise UsageError(f"{written}: there are inputs and outputs, so at least two sizes")
    inputs, *widths = args.net
    loss = args.loss or ("mse" if widths[-1] == 1 else "cross_entropy")
    if loss in CLASSES and widths[-1] == 1:
        raise UsageError(f"--loss {loss}: it takes an output a class, at least 2, and {written} ends in 1")
    try:
        net = nn.MLP(inputs, widths, args.hidden, args.output or OUTPUTS[loss], seed=0)
    except ArgumentError as error:
        raise UsageError(f"{written}: {error}") from error

    def one(x: Any, y: Any) -> Any:
        penalty = losses.l2_penalty(net, args.penalty) if args.penalty else 0.0
        return LOSSES[loss](net(x), y) + penalty

    try:
        program = compile(one, net, reduce=args.reduce, x=_numbers(inputs), y=_target(loss, widths[-1]))
    except ArgumentError as error:
        raise UsageError(f"--loss {loss}: {error}") from error
    print(program.equations("latex" if args.latex else "text"))
    return 0


def _numbers(count: int) -> list[float]:
    """Numbers of no consequence."""
    return [0.5 + 0.25 * (k % 3) for k in range(count)]


def _target(loss: str, outputs: int) -> Any:
    """What a net is to give for a sample, as the loss takes it: a class, or a number an output."""
    if loss in CLASSES:
        return 0
    return 1.0 if outputs == 1 else [1.0] * outputs
