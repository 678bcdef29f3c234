"""How formulas are written as text: σ'(a1), ½ Σ (f - y)², δ3ᵀ h2. LaTeX is the same in other signs."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from ...engine import TABLE
from ...notation import ATOM, ELEMENTWISE, POWER, PRODUCT, PYTHON, SUM, TOTAL, Piece

LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ",
    "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Theta": "Θ",
    "Lambda": "Λ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303"}  # they stand on the letter before
SIGNS = {"greater": ">", "greater_equal": "≥", "less": "<", "less_equal": "≤", "and": "and", "or": "or"}
FUNCTIONS = {"sigmoid": "σ", "relu": "ReLU", "select": "where"}
HALVES = {"1/2": "½", "1/3": "⅓", "2/3": "⅔", "1/4": "¼", "3/4": "¾"}
SUBSCRIPTS = str.maketrans("aehijklmnoprstuvx0123456789", "ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ₀₁₂₃₄₅₆₇₈₉")
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Name(NamedTuple):
    """What an array is called on the page: its name, with ∇ or, of a layer, δ before it for its gradient."""

    text: str
    sign: str = ""


class Ratio(NamedTuple):
    """A positive number, with the number of samples above or below the line."""

    top: str
    bottom: str


def ratio_of(x: float, power: int = 0, sizes: frozenset[int] = frozenset()) -> Ratio:
    """A number as a person would write it, times n**power: 2, 0.05, 1/3, 1/√8, 2/n; 1/5 where 5 is a size."""
    top, bottom = _fraction(x, sizes)
    samples = "n" if abs(power) == 1 else f"n^{abs(power)}"
    if power > 0:
        top = samples if top == "1" else f"{top} {samples}"
    elif power < 0:
        bottom = samples if bottom == "1" else f"{bottom} {samples}"
    return Ratio(top, bottom)


def _fraction(x: float, sizes: frozenset[int]) -> tuple[str, str]:
    short = PYTHON.number(x).text
    digits = short.replace(".", "").strip("0")
    if x == 0.0 or not math.isfinite(x):
        return short.replace("inf", "∞"), "1"
    simple = Fraction(x).limit_denominator(9999)
    exact = simple.numerator <= 9 and simple.denominator > 1 and simple.numerator / simple.denominator == x
    decimal = len(digits) < 3 and (x > 1.0 or simple.denominator not in sizes | {2, 4})
    if exact and not decimal:
        return str(simple.numerator), str(simple.denominator)
    if decimal:
        return short, "1"
    root = round(x**-2.0) if 1e-3 < x < 1.0 else 0
    if root > 1 and math.isclose(root**-0.5, x, rel_tol=1e-15):
        return "1", f"√{root}"
    return (short if len(short) <= 8 else f"{x:.6g}"), "1"


class Text:
    """Plain text in Unicode."""

    transpose = "ᵀ"
    nabla = "∇"

    # --- names and numbers ---

    def name(self, name: Name) -> Piece:
        return Piece(f"{name.sign}{self.letters(name.text)}")

    def letters(self, name: str) -> str:
        """xhat is x with a hat, alpha0 is α0."""
        if (found := re.fullmatch(r"([A-Za-z])_?(hat|bar|tilde)(_?\w*)", name)) is not None:
            return unicodedata.normalize("NFC", found[1] + ACCENTS[found[2]]) + found[3]
        found = re.fullmatch(r"([A-Za-z]+?)_?(\d*)(_\w+)?", name)
        return f"{LETTERS[found[1]]}{found[2]}{found[3] or ''}" if found and found[1] in LETTERS else name

    def ratio(self, ratio: Ratio) -> Piece:
        top, bottom = ratio
        if bottom == "1":
            return Piece(top, PRODUCT if " " in top else ATOM)
        bottom = f"({bottom.replace(' ', '')})" if " " in bottom else bottom
        half = HALVES.get(f"{top}/{bottom}")
        return Piece(half) if half else Piece(f"{top.replace(' ', '')}/{bottom}", ELEMENTWISE)

    def over_samples(self, body: Piece) -> Piece:
        """A body over the number of samples."""
        return Piece(f"{self.held(body, PRODUCT)} / n", ELEMENTWISE)

    def scaled(self, ratio: Piece, body: Piece) -> Piece:
        strength = body.strength if body.strength in (TOTAL, ELEMENTWISE) else PRODUCT
        return Piece(f"{self.held(ratio, PRODUCT)} {self.held(body, TOTAL)}", strength)

    # --- what holds formulas together ---

    def held(self, piece: Piece, least: int) -> str:
        """The text, with brackets where it holds together less tightly."""
        return piece.within(least, self.bracketed)

    def bracketed(self, text: str) -> str:
        return f"({text})"

    def added(self, signed: Sequence[tuple[bool, Piece]]) -> Piece:
        """A sum, each term with whether it is taken away."""
        (minus, first), *others = signed
        text = f"-{self.held(first, TOTAL)}" if minus else first.text
        for minus, piece in others:
            text += f" {'-' if minus else '+'} {self.held(piece, TOTAL)}"
        return first if len(signed) == 1 and not signed[0][0] else Piece(text, SUM)

    def juxtaposed(self, pieces: Sequence[Piece]) -> Piece:
        return self._joined(pieces, " ", PRODUCT)

    def elementwise(self, pieces: Sequence[Piece]) -> Piece:
        return self._joined(pieces, " ∘ ", POWER, ELEMENTWISE)

    def _joined(self, pieces: Sequence[Piece], sign: str, least: int, strength: int = PRODUCT) -> Piece:
        if len(pieces) == 1:
            return pieces[0]
        return Piece(sign.join(self.held(piece, least) for piece in pieces), strength)

    def divided(self, top: Piece | None, bottom: Piece) -> Piece:
        above = "1" if top is None else self.held(top, ELEMENTWISE)
        return Piece(f"{above} / {self.held(bottom, POWER)}", ELEMENTWISE)

    def total(self, labels: str, body: Piece) -> Piece:
        return Piece(f"Σ{labels.translate(SUBSCRIPTS)} {self.held(body, PRODUCT)}", TOTAL)

    def transposed(self, piece: Piece) -> Piece:
        return Piece(f"{self.held(piece, ATOM)}{self.transpose}", POWER)

    def raised(self, piece: Piece, exponent: float) -> Piece:
        if exponent == 0.5:
            return Piece(f"√{self.held(piece, ATOM)}", POWER)
        if exponent == int(exponent):
            return Piece(f"{self.held(piece, ATOM)}{str(int(exponent)).translate(SUPERSCRIPTS)}", POWER)
        return Piece(f"{self.held(piece, ATOM)}^{PYTHON.number(exponent).text}", POWER)

    def indexed(self, name: Piece, places: Sequence[str]) -> Piece:
        return Piece(f"{name.text}[{','.join(places)}]" if places else name.text)

    def part(self, name: Piece, places: Sequence[str]) -> Piece:
        """Of an array what is in some places along each axis."""
        return self.indexed(name, places)

    def picked(self, name: Piece, index: Piece) -> Piece:
        return Piece(f"{name.text}_{index.text}")

    def loop(self, letter: str, first: int, last: int) -> str:
        """The head of a loop from a first to a last step, which may be the lower one."""
        steps = f"range({first}, {last + 1})" if first else f"range({last + 1})"
        steps = steps if first <= last else f"reversed(range({last}, {first + 1}))"
        return f"for {letter} in {steps.replace('(0, ', '(')}:"

    def one_hot(self, names: Sequence[str]) -> str:
        """The remark that whole numbers stand for rows with a 1 in that place."""
        return f"    ({', '.join(names)} as one-hot)"

    # --- functions ---

    def apply(self, row: str, operands: Sequence[float | None], pieces: Sequence[Piece]) -> Piece:
        """A row of the table or a condition. An operand is its number, where it is one."""
        if row in SIGNS:
            return Piece(f" {SIGNS[row]} ".join(self.held(piece, ELEMENTWISE) for piece in pieces), SUM)
        if row == "indicator":
            return self.indicator(pieces[0])
        if row == "abs":
            return Piece(f"|{pieces[0].text}|")
        if row == "log" and pieces[0].strength == ATOM:
            return Piece(f"log {pieces[0].text}", POWER)
        if row == "pow":
            return Piece(f"{self.held(pieces[0], ATOM)}^{self.held(pieces[1], ATOM)}", POWER)
        stated = pieces[: _stated(row, operands)]
        return Piece(f"{FUNCTIONS.get(row, row)}({', '.join(piece.text for piece in stated)})")

    def indicator(self, condition: Piece) -> Piece:
        return Piece(f"1[{condition.text}]")

    def slope(self, row: str, operands: Sequence[float | None], pieces: Sequence[Piece]) -> Piece:
        """The derivative of a row for its first input."""
        stated = pieces[: _stated(row, operands)]
        return Piece(f"{self.command(row)}'({', '.join(piece.text for piece in stated)})")

    def command(self, row: str) -> str:
        return FUNCTIONS.get(row, row)

    def listed(self, row: str, labels: str, source: Piece) -> Piece:
        """A row over a list: softmax(a3), or with the labels that it is over, max\\_k x[k]."""
        if not labels:
            return Piece(f"{row}({source.text})")
        return Piece(f"{row}{labels.translate(SUBSCRIPTS)} {source.text}", PRODUCT)


def _stated(row: str, operands: Sequence[float | None]) -> int:
    """How many operands there are to write before those that are the defaults."""
    defaults = TABLE[row].defaults if row in TABLE else {}
    stated = len(operands)
    while stated and defaults and operands[stated - 1] is not None:
        if defaults.get(TABLE[row].inputs[stated - 1]) != operands[stated - 1]:
            break
        stated -= 1
    return stated
