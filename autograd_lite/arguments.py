"""What functions ask of their arguments: numbers in a range, counts, flags, keys. Errors name what came."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any

from .errors import ArgumentTypeError, ArgumentValueError


def number(
    function: str,
    argument: str,
    got: Any,
    least: float = 0.0,
    most: float = math.inf,
    below: float = math.inf,
) -> float:
    """A finite float with least <= got <= most and got < below."""
    bounds = [f">= {least:g}"] * (least > -math.inf)
    bounds += [f"<= {most:g}"] * (most < math.inf)
    bounds += [f"< {below:g}"] * (below < math.inf)
    expected = f"a finite number {' and '.join(bounds)}".rstrip()
    if not isinstance(got, Real) or isinstance(got, bool):
        raise ArgumentTypeError(function, argument, got, expected)
    try:
        x = float(got)
    except OverflowError:  # a whole number beyond all floats
        x = math.inf
    if not (math.isfinite(x) and least <= x <= most and x < below):
        raise ArgumentValueError(function, argument, got, expected)
    return x


def count(function: str, argument: str, got: Any, least: int = 0) -> int:
    """A whole number from `least` up."""
    expected = f"a whole number >= {least}"
    if not isinstance(got, Integral) or isinstance(got, bool):
        raise ArgumentTypeError(function, argument, got, expected)
    if got < least:
        raise ArgumentValueError(function, argument, got, expected)
    return int(got)


def flag(function: str, argument: str, got: Any) -> bool:
    """True or False, NumPy's as well."""
    if type(got).__name__ not in ("bool", "bool_"):
        raise ArgumentTypeError(function, argument, got, "True or False")
    return bool(got)


def choice(function: str, argument: str, got: Any, allowed: Iterable[str]) -> str:
    """One of the names that are allowed, all of which the error lists."""
    names = list(allowed)
    if not isinstance(got, str) or got not in names:
        kind = ArgumentValueError if isinstance(got, str) else ArgumentTypeError
        raise kind(function, argument, got, f"one of {', '.join(map(repr, names))}")
    return got


def keys(function: str, argument: str, got: Any, needed: Iterable[str]) -> Mapping[str, Any]:
    """A mapping with these keys and no others."""
    names = list(needed)
    expected = f"a dict with exactly the keys {names}"
    if not isinstance(got, Mapping):
        raise ArgumentTypeError(function, argument, got, expected)
    if set(got) != set(names):
        raise ArgumentValueError(function, argument, list(got), expected)
    return got


def check_row(name: Any, value: Any, partials: Any, each: Any, inputs: list[str]) -> None:
    """What `ops.row` asks for: a name, a function, and a partial for every input."""
    if not isinstance(name, str) or not name.isidentifier():
        raise ArgumentValueError("row", "name", name, "an identifier")
    if not callable(value):
        raise ArgumentTypeError("row", "value", value, "a function of floats")
    if each is not None:
        if not callable(each):
            raise ArgumentTypeError("row", "each", each, "a function (output, *inputs) that gives a list")
        return
    for partial in partials:
        if not callable(partial) and not isinstance(partial, Real):
            raise ArgumentTypeError("row", "partials", partial, "a number or a function (output, *inputs)")
    if len(partials) != len(inputs):
        raise ArgumentValueError(
            "row", "partials", f"{len(partials)} of them", f"one an input ({len(inputs)})"
        )
