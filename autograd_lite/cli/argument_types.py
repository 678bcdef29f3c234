"""What the command's arguments may be, and the parser that says in one line what is wrong with them."""

from __future__ import annotations

import argparse
import difflib
import math
from collections.abc import Callable, Iterable
from typing import NoReturn

Runner = Callable[[argparse.Namespace], int]
Command = Callable[["Parser"], Runner]  # adds its arguments to the parser, gives what runs


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        line = " ".join(message.removeprefix("argument ").split())
        self.exit(2, f"{self.prog}: {shortened(line)} ({self.prog} --help explains)\n")

    def option_strings(self) -> list[str]:
        return [text for action in self._actions for text in action.option_strings]


def shortened(line: str) -> str:
    """A line without its middle, where that is very long: it is what was typed."""
    return line if len(line) <= 800 else f"{line[:200]} … {line[-200:]}"


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
