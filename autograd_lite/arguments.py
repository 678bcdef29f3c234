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


def count(function: str, argument: str, got: Any, least: int = 0, most: float = math.inf) -> int:
    """A whole number from `least` up."""
    expected = f"a whole number >= {least}"
    if not isinstance(got, Integral) or isinstance(got, bool):
        raise ArgumentTypeError(function, argument, got, expected)
    if got < least:
        raise ArgumentValueError(function, argument, got, expected)
    if int(got) > most:
        raise ArgumentValueError(function, argument, got, f"{expected} and <= {most}")
    return int(got)


def text(function: str, argument: str, got: Any) -> str:
    if not isinstance(got, str):
        raise ArgumentTypeError(function, argument, got, "a str")
    return got


def listed(function: str, argument: str, got: Any, of: str) -> list[Any]:
    """The items of a list, tuple or other iterable that is no text, mapping or array."""
    if not isinstance(got, Iterable) or isinstance(got, str | bytes | Mapping) or hasattr(got, "ndim"):
        raise ArgumentTypeError(function, argument, got, f"a list of {of}")
    return list(got)


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


def check_row(name: Any, value: Any, partials: Any, each: Any, domain: Any, **notation: Any) -> None:
    """What `ops.row` asks for: a name, functions, a partial for every input, and texts for the rest."""
    if not isinstance(name, str) or not name.isidentifier():
        raise ArgumentValueError("row", "name", name, "an identifier")
    if not callable(value):
        raise ArgumentTypeError("row", "value", value, "a function of floats")
    for argument, text in notation.items():
        if not isinstance(text, str):
            raise ArgumentTypeError("row", argument, text, "a str")
    pairs = domain if isinstance(domain, tuple) and domain and isinstance(domain[0], tuple) else (domain,)
    if not all(isinstance(p, tuple) and len(p) == 2 and all(isinstance(x, Real) for x in p) for p in pairs):
        raise ArgumentTypeError("row", "domain", domain, "an interval (low, high), or one an input")
    if each is None:
        _check_partials(partials, len(notation["inputs"].split()) or 1)
    elif not callable(each):
        raise ArgumentTypeError("row", "each", each, "a function (output, *inputs) that gives a list")


def _check_partials(partials: Any, inputs: int) -> None:
    for partial in partials:
        if not callable(partial) and not isinstance(partial, Real):
            raise ArgumentTypeError("row", "partials", partial, "a number or a function (output, *inputs)")
    if len(partials) != inputs:
        raise ArgumentValueError("row", "partials", f"{len(partials)} of them", f"one an input ({inputs})")
