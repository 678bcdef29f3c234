"""The sub-command `check`: the nets of the five notes, equation by equation."""

from __future__ import annotations

import argparse
import random

from ..checking import SYSTEMS, check_derivation
from .argument_types import Parser, Runner, one_of, whole


def check(parser: Parser) -> Runner:
    """Hold the hand-derived equations of five nets against their graphs."""
    parser.add_argument("--system", type=one_of(SYSTEMS), metavar="A-E", help="one net alone; all by default")
    parser.add_argument("--slip", action="store_true", help="plant a slip in each net, to see it named")
    parser.add_argument("--seed", type=whole(0), default=0, metavar="N", help="of weights and samples (0)")
    return run


def run(args: argparse.Namespace) -> int:
    """Prints a table a net; the exit code is 1 where an equation is wrong."""
    wrong = 0
    for letter, build in SYSTEMS.items():
        if args.system in (None, letter):
            system = build(random.Random(args.seed))
            equations = {**system.equations, **dict([system.slip] if args.slip else [])}
            report = check_derivation(system.loss, system.quantities, equations)
            print(f"{letter}. {system.title}\n{report}\n")
            wrong += len(report.failures)
    print(f"{wrong} wrong" if wrong else "every equation is right")
    return int(wrong > 0)
