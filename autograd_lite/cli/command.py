"""The command: `python -m autograd_lite`, or `autograd-lite`. Every mistake gets one line and exit code 2."""

from __future__ import annotations

import argparse
import difflib
import math
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn

from .. import __version__, engine_kind
from ..errors import AutogradLiteError

Runner = Callable[[argparse.Namespace], int]
Command = Callable[["Parser"], Runner]  # adds its arguments to the parser, gives what runs


def commands() -> dict[str, Command]:
    """The sub-commands by name. A new one is a function, with a docstring, and a line here."""
    from .check import check
    from .draw import draw, explore
    from .equations import equations
    from .train import train

    return {"train": train, "draw": draw, "explore": explore, "check": check, "equations": equations}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command line; the exit code is 0, 1 (ran and failed), 2 (typed wrong), 130 (Ctrl-C)."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that lacks a character is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    try:
        return _run(sys.argv[1:] if argv is None else list(argv))
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    except AutogradLiteError as error:
        return _failed(str(error))
    except KeyboardInterrupt:
        return _failed("interrupted", 130)
    except BrokenPipeError:  # `| head` has read enough; Python's own flush at exit must not complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _failed(f"{error.filename or 'a file'}: {error.strerror or error}")


def _run(argv: list[str]) -> int:
    parser, parsers = _parsers()
    if not argv:
        parser.print_help()
        return 0
    args, extra = parser.parse_known_args(argv)
    if extra and getattr(args, "expression", "") is None and not extra[0].startswith("--"):
        args.expression = extra.pop(0)  # one that begins with a minus, as options do
    if extra:
        known = parsers[args.command].option_strings()
        parsers[args.command].error(f"there is no argument {extra[0]}{suggestion(extra[0], known)}")
    sys.stdout.flush()
    runner: Runner = args.runner
    return runner(args)


def _failed(message: str, code: int = 2) -> int:
    print(f"autograd-lite: {shortened(' '.join(message.split()))}", file=sys.stderr)
    return code


def shortened(line: str) -> str:
    """A line without its middle, where that is very long: it is what was typed."""
    return line if len(line) <= 800 else f"{line[:200]} … {line[-200:]}"


# --- parsers -----------------------------------------------------------------------------------------


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        line = " ".join(message.removeprefix("argument ").split())
        self.exit(2, f"{self.prog}: {shortened(line)} ({self.prog} --help explains)\n")

    def option_strings(self) -> list[str]:
        return [text for action in self._actions for text in action.option_strings]


def _parsers() -> tuple[Parser, dict[str, Parser]]:
    """The parser of the whole line, and those of the sub-commands."""
    parser = Parser("autograd-lite", description="Train nets over scalars, and look at what they do.")
    version = f"autograd_lite {__version__}, {engine_kind} engine"
    parser.add_argument("--version", action="version", version=version)
    group = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    parsers = {}
    for name, command in commands().items():
        about = (command.__doc__ or "").partition("\n")[0]
        parsers[name] = group.add_parser(
            name,
            help=about,
            description=about,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        parsers[name].set_defaults(runner=command(parsers[name]))
    return parser, parsers


# --- what an argument may be -------------------------------------------------------------------------


def whole(least: int) -> Callable[[str], int]:
    def convert(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least {least}")
        return number

    return convert


def number(least: float = 0.0, below: float = math.inf, above: float = -math.inf) -> Callable[[str], float]:
    bounds = [f"of at least {least:g}"] if above < least else [f"above {above:g}"]
    wanted = " and ".join(bounds + ([f"below {below:g}"] if below < math.inf else []))

    def convert(text: str) -> float:
        try:
            x = float(text)
        except ValueError:
            x = math.nan
        if not (least <= x < below and x > above):
            raise argparse.ArgumentTypeError(f"{text!r} is not a number {wanted}")
        return x

    return convert


def one_of(names: Iterable[str]) -> Callable[[str], str]:
    known = list(names)

    def convert(text: str) -> str:
        if text not in known:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not among {', '.join(known)}{suggestion(text, known)}"
            )
        return text

    return convert


def sizes(text: str) -> list[int]:
    """Whole numbers with commas between: "16,16"; "0" or "" is none."""
    try:
        found = [int(part) for part in text.split(",")] if text not in ("", "0") else []
    except ValueError:
        found = [0]
    if not all(size >= 1 for size in found):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of sizes such as 16,16")
    return found


def suggestion(text: str, known: Iterable[str]) -> str:
    """A close match, as a question; "" where there is none."""
    close = difflib.get_close_matches(text, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""
