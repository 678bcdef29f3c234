"""The sub-commands `draw` and `explore`: an expression as a picture, and as a page that steps backward."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from ..engine import Value, order
from ..errors import ArgumentError, ExpressionError, GraphError, UsageError
from ..notation import Expression, is_name, parse, spelt
from .argument_types import Parser, Runner, one_of, suggestion

Maker = Callable[[Value, argparse.Namespace], None]

PICTURES = (".svg", ".png", ".pdf", ".dot")
PAGES = (".html", ".htm")
WAYS = ("op", "sum", "neuron", "layer")

EXAMPLES = """examples:
  autograd-lite {name} "tanh(w1*x1 + w2*x2 + b)" --set w1=-3,w2=1 --set x1=2,x2=0,b=6.9
  autograd-lite {name} "a = w*x + b; loss = (tanh(a) - 1)**2" --set w=0.5,x=2,b=-1 -o {file}
  autograd-lite {name} "x = 3; y = x**2; y*sin(y)"

An expression has numbers, names, + - * / **, brackets, and the functions of the package: tanh(x), relu(x),
max(x, y), sum(a, b, c), dot([w1, w2], [x1, x2], b). `;` ends a statement, and `name = ...` labels its result.
One that begins with -o or -h is put in brackets: "(-h**2)".
"""


def draw(parser: Parser) -> Runner:
    """Draw the graph of an expression, with the gradients, as SVG, PNG, PDF or DOT."""
    _add_arguments(parser, "draw", Path("expression.svg"), PICTURES)
    parser.add_argument(
        "--no-backward", dest="backward", action="store_false", help="leave the gradients out"
    )
    return lambda args: _run(parser, args, _draw)


def explore(parser: Parser) -> Runner:
    """Write a page on which the chain rule walks backward through an expression, step by step."""
    _add_arguments(parser, "explore", Path("expression.html"), PAGES)
    parser.set_defaults(backward=True)
    return lambda args: _run(parser, args, _explore)


def _add_arguments(parser: Parser, name: str, default: Path, suffixes: tuple[str, ...]) -> None:
    parser.usage = f"autograd-lite {name} EXPRESSION [--set NAME=NUMBER,... ...] [-o FILE] [options]"
    parser.epilog = EXAMPLES.format(name=name, file="neuron" + default.suffix)
    add = parser.add_argument
    add("expression", metavar="EXPRESSION", nargs="?", help='such as "tanh(w*x + b)"')
    numbers = "the numbers of names, with commas between; may be repeated"
    add(
        "--set", metavar="NAME=NUMBER", dest="given", type=settings, action="append", default=[], help=numbers
    )
    about = f"the file, which ends in {', '.join(suffixes)} ({default})"
    add("-o", "--out", metavar="FILE", type=ending(suffixes), default=default, help=about)
    add("--by", type=one_of(WAYS), metavar="WAY", help=f"what becomes one node: {', '.join(WAYS)} (by size)")


# --- a run ---------------------------------------------------------------------------------------------


def _run(parser: Parser, args: argparse.Namespace, make: Maker) -> int:
    """Prints the value and the gradients, and writes the file; of a wrong expression the line and a caret."""
    if args.expression is None:
        parser.error('EXPRESSION is missing, such as "tanh(w*x + b)"')
    try:
        expression = parse(args.expression)
        result = expression.evaluate(_given(expression, args.given))
    except ExpressionError as error:
        print(f"{parser.prog}: {error}{_hint(error)}", file=sys.stderr)
        return 2
    except (UsageError, ArgumentError) as error:
        parser.error(str(error))
    if args.backward:
        result.backward()
    try:
        make(result, args)
    except GraphError:
        _refuse_larger(parser, result, args)
        raise
    print(described(result, args.backward))
    print(f"{'picture' if make is _draw else 'page'}: {args.out}")
    return 0


def _draw(result: Value, args: argparse.Namespace) -> None:
    from ..pictures import draw as picture_of

    picture_of(result, by=args.by).save(args.out)


def _explore(result: Value, args: argparse.Namespace) -> None:
    from ..pages import explore as page_of

    page_of(result, by=args.by).save(args.out)


def _refuse_larger(parser: Parser, result: Value, args: argparse.Namespace) -> None:
    """Of too large a graph, with advice for a command line: the error's own is for those who write Python."""
    from ..pictures import LIMIT

    count, closed = len(order(result)), args.command == "explore" or args.by in ("neuron", "layer")
    if count > LIMIT:
        advice = "" if closed else ", or collapse it with --by neuron or --by layer"
        most = f"the graph has {count:,} nodes, more than the {LIMIT:,} that are shown"
        parser.error(f"{most}: write a shorter expression{advice}")


def _given(expression: Expression, given: list[list[tuple[str, float]]]) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for name, number in (pair for pairs in given for pair in pairs):
        if name in numbers:
            raise UsageError(f"--set {name}: the number is given twice, {numbers[name]:g} and {number:g}")
        numbers[name] = number
        if name not in expression.names:
            close = suggestion(name, expression.names)
            raise UsageError(f"--set {name}: the expression does not ask for {name}{close}")
    return numbers


def _hint(error: ExpressionError) -> str:
    return "\n  --set NAME=NUMBER gives it" if error.problem.startswith("no number") else ""


def described(result: Value, backward: bool) -> str:
    """The value of every node that has a label and of the result, and their gradients, as a table."""
    rows = [(node.label, node) for node in order(result) if node.label and node is not result]
    rows.append((result.label or "result", result))
    width = max(len(name) for name, _ in rows)
    head = f"{'':{width}}  {'value':>12}" + f"  {'gradient':>12}" * backward
    lines = [
        f"{name:{width}}  {x.data + 0.0:12.6g}" + f"  {x.grad + 0.0:12.6g}" * backward for name, x in rows
    ]
    return "\n".join([head, *lines])


# --- what an argument may be -----------------------------------------------------------------------------


def settings(text: str) -> list[tuple[str, float]]:
    """Names and numbers: "w1=-3" or "w1=-3,w2=1"."""
    return [_setting(part) for part in text.split(",")]


def _setting(text: str) -> tuple[str, float]:
    name, equals, number = (part.strip() for part in text.partition("="))
    if not equals or not is_name(name):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form name=number")
    try:
        return spelt(name), float(number)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: {number!r} is not a number") from None


def ending(suffixes: tuple[str, ...]) -> Callable[[str], Path]:
    """A path in a folder that exists, with one of the endings."""

    def convert(text: str) -> Path:
        path = Path(text)
        if path.suffix.lower() not in suffixes:
            raise argparse.ArgumentTypeError(f"{text!r} does not end in {', '.join(suffixes)}")
        if not path.parent.is_dir():
            raise argparse.ArgumentTypeError(f"{text!r} is in no folder that exists")
        return path

    return convert
