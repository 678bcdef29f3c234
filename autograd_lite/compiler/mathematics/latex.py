r"""How formulas are written in LaTeX: \delta_{3} = \frac{1}{n} (p - y)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...engine import TABLE
from ...notation import ATOM, ELEMENTWISE, GREEK_LETTERS, LATEX, POWER, PRODUCT, SUM, TOTAL, Piece
from .script import Name, Ratio, Text

SIGNS = {
    "greater": ">", "greater_equal": r"\geq", "less": "<", "less_equal": r"\leq",
    "and": r"\wedge", "or": r"\vee",
}  # fmt: skip
NAMES = {"∇": r"\nabla ", "δ": r"\delta"}
FUNCTIONS = {
    "sigmoid": r"\sigma",
    "relu": r"\operatorname{ReLU}",
    "select": r"\operatorname{where}",
    "sign": r"\operatorname{sign}",
}


class Latex(Text):
    """LaTeX, of which matplotlib's mathtext understands every line."""

    transpose = r"^{\top}"

    def name(self, name: Name) -> Piece:
        if name.sign == "δ":
            return Piece(_with_subscript(r"\delta", name.text.lstrip("_")))
        return Piece(f"{NAMES.get(name.sign, '')}{self.letters(name.text)}")

    def letters(self, name: str) -> str:
        name = re.sub(r"^([A-Z])([a-z])$", r"\1_\2", name)  # Wx is W_x
        found = re.fullmatch(r"([A-Za-z]+?)_?(hat|bar|tilde|)_?(\d*)(?:_(\w+))?", name)
        if found is None or (len(found[1]) > 1 and found[1] not in GREEK_LETTERS):
            return r"\mathrm{" + name.replace("_", r"\_") + "}"
        letter = rf"\{found[1]}" if found[1] in GREEK_LETTERS else found[1]
        letter = rf"\{found[2]}{{{letter}}}" if found[2] else letter
        return _with_subscript(letter, "_".join(filter(None, (found[3], found[4]))))

    def ratio(self, ratio: Ratio) -> Piece:
        top, bottom = (_number(part) for part in ratio)
        return (
            Piece(top, PRODUCT if " " in top else ATOM)
            if bottom == "1"
            else Piece(rf"\frac{{{top}}}{{{bottom}}}", POWER)
        )

    def over_samples(self, body: Piece) -> Piece:
        return Piece(rf"\frac{{1}}{{n}} {self.held(body, ELEMENTWISE)}", PRODUCT)

    def bracketed(self, text: str) -> str:
        return rf"\left({text}\right)" if r"\frac" in text or r"\sum" in text else f"({text})"

    def elementwise(self, pieces: Sequence[Piece]) -> Piece:
        return self._joined(pieces, r" \circ ", POWER, ELEMENTWISE)

    def divided(self, top: Piece | None, bottom: Piece) -> Piece:
        return Piece(rf"\frac{{{'1' if top is None else top.text}}}{{{bottom.text}}}", POWER)

    def total(self, labels: str, body: Piece) -> Piece:
        below = f"_{{{labels}}}" if labels else ""
        return Piece(rf"\sum{below} {self.held(body, PRODUCT)}", TOTAL)

    def raised(self, piece: Piece, exponent: float) -> Piece:
        if exponent == 0.5:
            return Piece(rf"\sqrt{{{piece.text}}}")
        return Piece(f"{self.held(piece, ATOM)}^{{{LATEX.number(exponent).text}}}", POWER)

    def indexed(self, name: Piece, places: Sequence[str]) -> Piece:
        return Piece(f"{name.text}[{', '.join(places)}]" if places else name.text)

    def part(self, name: Piece, places: Sequence[str]) -> Piece:
        return self.picked(name, Piece(",".join(places))) if places else name

    def picked(self, name: Piece, index: Piece) -> Piece:
        text = name.text if "_" not in name.text else f"{{{name.text}}}"
        return Piece(f"{text}_{{{index.text}}}")

    def loop(self, letter: str, first: int, last: int) -> str:
        return rf"\mathrm{{for}}\ {letter} &= {first}, \ldots, {last} :"

    def one_hot(self, names: Sequence[str]) -> str:
        return rf" \quad ({', '.join(names)} \mathrm{{\ as\ one\ hot}})"

    def apply(self, row: str, operands: Sequence[float | None], pieces: Sequence[Piece]) -> Piece:
        if row in SIGNS:
            return Piece(f" {SIGNS[row]} ".join(self.held(piece, ELEMENTWISE) for piece in pieces), SUM)
        if row == "indicator":
            return self.indicator(pieces[0])
        if row == "log" and pieces[0].strength == ATOM:
            return Piece(rf"\log {pieces[0].text}", POWER)
        if row in FUNCTIONS:
            return Piece(f"{FUNCTIONS[row]}({', '.join(piece.text for piece in pieces)})")
        written = LATEX.apply(TABLE[row], operands, [Piece(p.text, p.strength) for p in pieces])
        return Piece(written.text, ELEMENTWISE if written.strength == PRODUCT else written.strength)

    def indicator(self, condition: Piece) -> Piece:
        return Piece(rf"\mathbf{{1}}[{condition.text}]")

    def command(self, row: str) -> str:
        command = FUNCTIONS.get(row) or TABLE[row].latex
        command = command if "#" not in command else rf"\operatorname{{{row}}}"
        return command.replace("_", r"\_")

    def listed(self, row: str, labels: str, source: Piece) -> Piece:
        command = {"max": r"\max", "min": r"\min", "prod": r"\prod"}.get(row, rf"\operatorname{{{row}}}")
        if not labels:
            return Piece(f"{command}({source.text})")
        return Piece(f"{command}_{{{labels}}} {source.text}", PRODUCT)


def _number(text: str) -> str:
    r"""√8 n is \sqrt{8} n, and 1e-5 is 10^{-5}."""
    text = re.sub(r"√(\d+)", r"\\sqrt{\1}", text)
    text = re.sub(r"[\d.]+e-?\d+", lambda found: LATEX.number(float(found[0])).text, text)
    return re.sub(r"\^(\d+)", r"^{\1}", text).replace("∞", r"\infty")


def _with_subscript(letter: str, subscript: str) -> str:
    if not subscript:
        return letter
    parts = [
        part if part.isdigit() or len(part) == 1 else rf"\mathrm{{{part}}}" for part in subscript.split("_")
    ]
    return f"{letter}_{{{','.join(parts)}}}"
