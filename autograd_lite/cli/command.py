"""The command: `python -m autograd_lite`, or `autograd-lite`. Every mistake gets one line and exit code 2."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from .. import __version__, engine_kind
from ..errors import AutogradLiteError
from .argument_types import Command, Parser, Runner, shortened, suggestion
from .check import check
from .draw import draw, explore
from .equations import equations
from .train import train


def commands() -> dict[str, Command]:
    """The sub-commands by name. A new one is a function, with a docstring, and a line here."""
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


# --- parsers -----------------------------------------------------------------------------------------


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
