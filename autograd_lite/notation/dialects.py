"""How numbers, names and the rows of the table are written: in Python, and in LaTeX."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from ..engine import Op
from .precedence import ATOM, NEGATIVE, POWER, PRODUCT, SUM, TOTAL, Piece


class Dialect(NamedTuple):
    number: Callable[[float], Piece]
    name: Callable[[str], Piece]
    apply: Callable[[Op, Sequence[Any], list[Piece]], Piece]
    length: Callable[[str], int]


# --- Python -------------------------------------------------------------------------------------------

# For every sign: its own strength, and the least that stands left and right of it without brackets.
INFIX = {
    "+": (SUM, SUM, PRODUCT),
    "-": (SUM, SUM, PRODUCT),
    "*": (PRODUCT, PRODUCT, NEGATIVE),
    "/": (PRODUCT, PRODUCT, NEGATIVE),
    "**": (POWER, ATOM, NEGATIVE),
}
OPERATORS: dict[tuple[str, int], Callable[..., Any]] = {
    ("+", 2): operator.add,
    ("-", 2): operator.sub,
    ("*", 2): operator.mul,
    ("/", 2): operator.truediv,
    ("**", 2): operator.pow,
    ("-", 1): operator.neg,
}


def _shortest(x: float) -> str:
    """2, 0.5, 1e-7, 12e6, -0.0, inf: the least that reads back as the same number."""
    digits, _, exponent = repr(x).partition("e")
    if exponent:
        return f"{digits}e{int(exponent)}"
    if not digits.endswith(".0") or digits == "-0.0":  # -0 would be an integer, which has no sign
        return digits
    whole = digits[:-2]
    bare = whole.rstrip("0")
    zeros = len(whole) - len(bare)
    return f"{bare}e{zeros}" if zeros >= 6 else whole


def _python_number(x: float) -> Piece:
    digits = _shortest(x)
    return Piece(digits, NEGATIVE if digits[0] == "-" else ATOM, number=_literal(digits, x))


def _literal(digits: str, x: float) -> float:
    return int(digits) if digits.lstrip("-").isdigit() else x


def _python(row: Op, operands: Sequence[Any], pieces: list[Piece]) -> Piece:
    if (row.symbol, len(pieces)) in OPERATORS:
        return _with_sign(row, pieces)
    number = None
    if all(piece.number is not None for piece in pieces):
        number = row.value(*(float(piece.number) for piece in pieces))  # type: ignore[arg-type]
    return Piece(_call(row, operands, [piece.text for piece in pieces]), number=number)


def _call(row: Op, operands: Sequence[Any], texts: list[str]) -> str:
    """name(x, y), without what is default; name([...]) over lists."""
    if row.name == "dot":
        half = len(texts) // 2
        groups = [
            f"[{', '.join(texts[:half])}]",
            f"[{', '.join(texts[half : 2 * half])}]",
            *texts[2 * half :],
        ]
        return f"dot({', '.join(groups)})"
    if row.name == "take":
        return f"take([{', '.join(texts[1:])}], {texts[0]})"
    if row.name in INDEXED:
        return f"{row.name}([{', '.join(texts[1:])}])[{texts[0]}]"
    if row.variadic:
        return f"{row.name}([{', '.join(texts)}])"
    return f"{row.name}({', '.join(texts[: _stated(row, operands)])})"


INDEXED = ("softmax", "log_softmax")  # their first operand says which of the results is meant


def _stated(row: Op, operands: Sequence[Any]) -> int:
    """How many operands there are to write before those that are the defaults."""
    stated = len(operands)
    while stated and _is_default(row, row.inputs[stated - 1], operands[stated - 1]):
        stated -= 1
    return stated


def _is_default(row: Op, name: str, operand: Any) -> bool:
    return type(operand) is float and row.defaults.get(name) == operand


def _with_sign(row: Op, pieces: list[Piece]) -> Piece:
    number = None
    if all(piece.number is not None for piece in pieces):
        number = _as_python_has_it(row, [piece.number for piece in pieces])
        if number is None:  # 1 / 0 raises and (-8)**0.5 is complex, but a Value keeps to IEEE 754
            pieces = [Piece(f"Value({pieces[0].text})"), *pieces[1:]]
    if len(pieces) == 1:
        return Piece(f"{row.symbol}{pieces[0].within(NEGATIVE)}", NEGATIVE, number=number)
    strength, least_left, least_right = INFIX[row.symbol]
    left, right = pieces
    after = f"({right.text})" if right.strength == strength == POWER else right.within(least_right)
    before = left.within(least_left)
    if strength == SUM:
        if row.symbol == "+" and right.strength == NEGATIVE and right.text.startswith("-"):  # a + -b is a - b
            return Piece(f"{before} - {right.text[1:]}", SUM, number=number)
        return Piece(f"{before} {row.symbol} {after}", SUM, number=number)
    tight = f"{before}{row.symbol}{after}"
    airy = (
        f"{left.whole if left.strength == PRODUCT else before} {row.symbol} {after}"
        if strength == PRODUCT
        else ""
    )
    return Piece(tight, strength, airy, number)


def _as_python_has_it(row: Op, numbers: list[Any]) -> float | None:
    """What Python makes of a sign between plain numbers; None where a Value would be another number."""
    right = row.value(*map(float, numbers))
    if not abs(right) <= 2.0**53:  # beyond, integers no longer agree with floats
        return None
    try:
        result = OPERATORS[row.symbol, len(numbers)](*numbers)
    except ArithmeticError:
        return None
    alike = not isinstance(result, complex) and result == right
    return result if alike and math.copysign(1.0, result) == math.copysign(1.0, right) else None


PYTHON = Dialect(_python_number, Piece, _python, len)


# --- LaTeX --------------------------------------------------------------------------------------------

SLOT = re.compile(r"#(\d)")
GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi "
    "chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
GREEK_LETTERS, ACCENTS = frozenset(GREEK.split()), ("hat", "bar", "tilde", "dot", "vec")


def _latex_number(x: float) -> Piece:
    digits, _, exponent = _shortest(x).partition("e")
    digits = digits.replace("inf", r"\infty").replace("nan", r"\mathrm{nan}")
    if exponent:
        power = f"10^{{{exponent}}}"
        return Piece({"1": power, "-1": f"-{power}"}.get(digits, rf"{digits} \cdot {power}"), PRODUCT)
    return Piece(digits, PRODUCT if digits[0] == "-" else ATOM)


@cache
def _latex_name(name: str) -> Piece:
    """alpha: \\alpha; w1, w_1: w_{1}; w1_2: w_{1,2}; x_hat, xhat: \\hat{x}; loss: \\mathrm{loss}."""
    head, *rest = name.strip("_").split("_")
    if (found := re.fullmatch(r"(\D+?)(\d+)", head)) is not None:
        head, rest = found[1], [found[2], *rest]
    if head[1:] in ACCENTS and head[:1].isalpha():
        head, rest = head[:1], [*rest, head[1:]]
    accents = [part for part in rest if part in ACCENTS]
    subscripts = [part for part in rest if part not in ACCENTS]
    if not head or any(not part or (len(part) > 3 and part not in GREEK_LETTERS) for part in subscripts):
        return Piece(r"\mathrm{" + name.replace("_", r"\_") + "}")
    letter = _letters(head)
    for accent in accents:
        letter = rf"\{accent}{{{letter}}}"
    return Piece(letter + ("_{" + ",".join(map(_letters, subscripts)) + "}" if subscripts else ""))


def _letters(word: str) -> str:
    if word in GREEK_LETTERS:
        return rf"\{word}"
    return word if len(word) == 1 or word.isdigit() else rf"\mathrm{{{word}}}"


def _latex(row: Op, operands: Sequence[Any], pieces: list[Piece]) -> Piece:
    special = SPECIAL.get(row.name)
    written = special(operands, pieces) if special else None
    if written is not None:
        return written
    if "#" in row.latex:
        return Piece(_filled(row.latex, pieces), _strength(row.latex))
    command = re.sub(r"(?<!\\)_", r"\\_", row.latex)
    if row.name in INDEXED:
        return Piece(f"{command}{_listed(pieces[1:])}_{{{pieces[0].text}}}")
    if row.name == "take":
        return Piece(f"{_listed(pieces[1:])}_{{{pieces[0].text}}}")
    return Piece(f"{command}{_listed(pieces if row.variadic else pieces[: _stated(row, operands)])}")


def _filled(template: str, pieces: Sequence[Piece]) -> str:
    """The template with the pieces in place of #1, #2, in brackets where their surroundings ask for them."""
    return SLOT.sub(lambda slot: _placed(pieces[int(slot[1]) - 1], *_around(template, slot)), template)


def _around(template: str, slot: re.Match[str]) -> tuple[str, str]:
    return template[: slot.start()].strip(), template[slot.end() :].strip()


def _placed(piece: Piece, before: str, after: str) -> str:
    if after.startswith("^"):
        return piece.text if piece.strength == ATOM else _bracketed(piece.text)
    if before.endswith(("{", "(", "|", ",")) and after.startswith(("}", ")", r"\right", ",")):
        return piece.text
    sums = before.endswith("+") or (not before and after[:1] in "+-")
    minus_inside = bool(before) and piece.text.startswith("-")
    if minus_inside or (piece.strength <= TOTAL and not sums):
        return _bracketed(piece.text)
    if SLOT.search(before[-2:]) and re.match(r"\d|\\frac\{\d", piece.text):  # 2 3 reads as 23, 2 1/2 as 2.5
        return rf"\cdot {piece.text}"
    return piece.text


@cache
def _strength(template: str) -> int:
    """How tightly a template holds together, by what it shows outside of all brackets."""
    inner, outer = "", template.lstrip("-")
    while inner != outer:
        inner, outer = outer, re.sub(r"\{[^{}]*\}|\([^()]*\)", "", outer)
    if "+" in outer or "-" in outer:
        return SUM
    if " " in outer.strip() or template.startswith("-"):
        return PRODUCT
    return POWER if "^" in outer or outer.startswith(r"\frac") else ATOM


def _bracketed(content: str) -> str:
    tall = any(command in content for command in (r"\frac", r"\sqrt", "^"))
    return rf"\left({content}\right)" if tall else f"({content})"


def _listed(pieces: Sequence[Piece]) -> str:
    return _bracketed(", ".join(piece.text for piece in pieces))


def _sum(pieces: Sequence[Piece]) -> Piece:
    if len(pieces) == 1:
        return pieces[0]
    terms = [_placed(piece, "+" if i else "", "+") for i, piece in enumerate(pieces)]
    return Piece(" + ".join(terms) or "0", SUM if terms else ATOM)


def _product(pieces: Sequence[Piece]) -> Piece:
    if len(pieces) == 1:
        return pieces[0]
    factors = [_placed(piece, "#1" if i else "", "#2") for i, piece in enumerate(pieces)]
    return Piece(" ".join(factors) or "1", PRODUCT if factors else ATOM)


def _over(top: str, bottom: str) -> Piece:
    return Piece(rf"\frac{{{top}}}{{{bottom}}}", POWER, under=bottom if top == "1" else "")


def _times(_: Sequence[Any], pieces: list[Piece]) -> Piece:
    """A factor 1/b becomes a fraction."""
    left, right = pieces
    if right.under:
        return _over(left.text, right.under)
    return _over(right.text, left.under) if left.under else _product(pieces)


def _power(operands: Sequence[Any], pieces: list[Piece]) -> Piece | None:
    """x^{-2} is a fraction and x^{0.5} a root, where the exponent is a constant."""
    base, exponent = pieces[0], operands[1]
    if not isinstance(exponent, float) or not (exponent < 0 or exponent == 0.5) or exponent == -math.inf:
        return None
    if exponent == 0.5:
        return Piece(rf"\sqrt{{{base.text}}}")
    if exponent == -1.0:
        return _over("1", base.text)
    root = exponent == -0.5
    bottom = rf"\sqrt{{{base.text}}}" if root else _filled("#1^{#2}", [base, _latex_number(-exponent)])
    return _over("1", bottom)


def _inner_product(_: Sequence[Any], pieces: list[Piece]) -> Piece:
    half = len(pieces) // 2
    products = [_product(pair) for pair in zip(pieces[:half], pieces[half : 2 * half], strict=True)]
    return _sum([*products, *pieces[2 * half :]])


SPECIAL: dict[str, Callable[[Sequence[Any], list[Piece]], Piece | None]] = {
    "mul": _times,
    "div": lambda _, pieces: _over(pieces[0].text, pieces[1].text),
    "pow": _power,
    "sum": lambda _, pieces: _sum(pieces),
    "prod": lambda _, pieces: _product(pieces),
    "mean": lambda _, pieces: _over(_sum(pieces).text, str(len(pieces))),
    "dot": _inner_product,
}


def _visible(source: str) -> int:
    """About how many characters are seen."""
    return len(re.sub(r"\\[A-Za-z]+|[{}^\\]", "", source)) + source.count("\\")


LATEX = Dialect(_latex_number, _latex_name, _latex, _visible)
