"""From the text of an expression to steps for a stack (Dijkstra's shunting yard), and the error that points.

There is no recursion here, so brackets may be nested to any depth.
"""

from __future__ import annotations

import difflib
import math
import re
import unicodedata
from collections.abc import Iterable
from typing import Any, NamedTuple

from ..engine import NUMPY_NAMES, TABLE
from ..errors import ExpressionError


class StackStep(NamedTuple):
    """A step for a stack of numbers: what it does, with what, to how many, and where it stands."""

    does: str  # number, name, call, list, item, assign, drop
    what: Any
    size: int
    position: int


def steps_of(text: str) -> tuple[StackStep, ...]:
    """The text as steps that leave one result; an ExpressionError points at what cannot be read."""
    return tuple(_Yard(text).steps())


def close(name: str, known: Iterable[str]) -> str:
    """A close match, as a question; "" where there is none."""
    found = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {found[0]}?" if found else ""


# --- words ---------------------------------------------------------------------------------------------

WORDS = re.compile(
    r"(?P<space>[^\S\n]+)"
    r"|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<power>[⁺⁻]?[⁰¹²³⁴-⁹]+)"  # x² is x**2, and no name of its own
    r"|(?P<name>[^\W0-9⁰¹²³⁴-⁹](?:[^\W⁰¹²³⁴-⁹]|[\u0300-\u036f])*)"  # with accents on letters: x̂
    r"|(?P<sign>\*\*|[-+*/=(),;\[\]\n−·×÷])"
)
MEANT = {"−": "-", "·": "*", "×": "*", "÷": "/"}  # as they are copied from a slide
HINTS = {"^": ": a power is written **", ":": ": a name is set with =", "{": ": write (", "}": ": write )"}


class Word(NamedTuple):
    kind: str  # number, power, name, sign, end
    text: str
    position: int


def _words(text: str) -> list[Word]:
    words, at = [], 0
    while at < len(text):
        found = WORDS.match(text, at)
        if found is None or (found.lastgroup == "name" and not is_name(found[0])):
            raise ExpressionError(text, at, f"{text[at]!r} means nothing here{HINTS.get(text[at], '')}")
        if found.lastgroup != "space":
            words.append(Word(str(found.lastgroup), MEANT.get(found[0], found[0]), at))
        at = found.end()
    return [*words, Word("end", ";", len(text))]


def spelt(name: str) -> str:
    """A name in the one spelling that Python reduces names to: x₁ is x1; what is no name as it is."""
    return unicodedata.normalize("NFKC", name) if is_name(name) else name


def is_name(text: str) -> bool:
    """Whether an expression takes the text for a name."""
    found = WORDS.fullmatch(text)
    named = found is not None and found.lastgroup == "name"
    return named and unicodedata.normalize("NFKC", text).isidentifier()


# --- from words to steps ---------------------------------------------------------------------------------

BINARY = {"+": ("add", 1), "-": ("sub", 1), "*": ("mul", 2), "/": ("div", 2), "**": ("pow", 4)}
UNARY = {"-": ("neg", 3), "+": ("", 3)}  # looser than the power: -x**2 is -(x**2), though 2**-x is 2**(-x)
SEVERAL = {"dot": (2, 3), "take": (2, 2)}  # functions over lists with several arguments: how many
CLOSING = {"(": ")", "[": "]"}


class Open(NamedTuple):
    """What waits for its last operand: a sign, or a bracket that has not been closed."""

    does: str  # sign, group, call, list, item
    what: Any  # a row or a function; None for what leaves its operand as it is
    tightness: int  # of a sign; 0 for a bracket
    word: Word
    opening: Word | None = None  # the bracket itself; a call has its name as `word`


class _Yard:
    """Reads word by word; `wanting` says whether an operand comes next, or what may follow one."""

    def __init__(self, text: str) -> None:
        self.text, self.words, self.at = text, _words(text), 0
        self.out: list[StackStep] = []
        self.open: list[Open] = []
        self.commas: list[int] = []  # one count for every open bracket
        self.target: Word | None = None  # the name before the = of this statement
        self.wanting = True

    def steps(self) -> list[StackStep]:
        while self.at < len(self.words):
            word = self.words[self.at]
            if word.text != "\n":
                (self._operand if self.wanting else self._follower)(word)
            elif not self.commas:  # in a bracket a line goes on
                (self._operand if self.wanting else self._follower)(word._replace(text=";"))
            self.at += 1
        if not self.out:
            raise self._error(self.words[-1], "there is no expression")
        return self.out[:-1]  # the last result is not dropped

    # --- where an operand is wanted ---

    def _operand(self, word: Word) -> None:
        if word.kind == "number":
            self._number(word)
        elif word.kind == "name":
            self._name(word)
        elif word.text in UNARY:
            name, tightness = UNARY[word.text]
            self.open.append(Open("sign", TABLE.get(name), tightness, word))
        elif word.text in CLOSING:
            self._bracket("group" if word.text == "(" else "list", None, word)
        elif word.text in (")", "]") and self._is_empty():
            self._close(word, 0)
        elif word.text != ";" or not self._is_new():
            here = "at the end" if word.kind == "end" else f"before {word.text!r}"
            raise self._error(word, f"{here} a number or a name is missing")

    def _number(self, word: Word) -> None:
        x = float(word.text)
        if math.isinf(x):
            raise self._error(word, "the number is too large for a float")
        self._put(StackStep("number", x, 0, word.position))

    def _name(self, word: Word) -> None:
        """A name alone, or before the = of a statement, or before the bracket of a call."""
        after, name = self.words[self.at + 1], spelt(word.text)
        if after.text == "=" and self._is_new():
            self.target = word
            self.at += 1
        elif after.text == "(":
            self.at += 1
            self._bracket("call", self._function(name, word), word)
        else:
            self._put(StackStep("name", name, 0, word.position))

    def _function(self, name: str, word: Word) -> str:
        """Under its own name or NumPy's."""
        row = TABLE.get(name) or NUMPY_NAMES.get(name)
        if row is None:
            raise self._error(word, f"there is no function {name}{close(name, {*TABLE, *NUMPY_NAMES})}")
        return row.name

    # --- where an operand has just ended ---

    def _follower(self, word: Word) -> None:
        if word.text in BINARY:
            self._sign(word)
        elif word.kind == "power":
            self._power(word)
        elif word.text in (")", "]"):
            self._close(word, 1)
        elif word.text == "[":
            self._bracket("item", None, word)
        elif word.text == ",":
            self._comma(word)
        elif word.text == ";":
            self._end(word)
        elif word.text == "=":
            raise self._error(word, "only a single name can stand before =, at the beginning of a statement")
        else:
            raise self._error(word, f"an operator is missing before {word.text!r}")

    def _sign(self, word: Word) -> None:
        name, tightness = BINARY[word.text]
        self._finish(tightness + (name == "pow"))  # of powers the last comes first
        self.open.append(Open("sign", TABLE[name], tightness, word))
        self.wanting = True

    def _power(self, word: Word) -> None:
        """The small digits belong to the operand before them alone: x²**3 is (x²)**3."""
        self._number(word._replace(text=unicodedata.normalize("NFKC", word.text).replace("−", "-")))
        self._put(StackStep("call", "pow", 2, word.position))

    def _comma(self, word: Word) -> None:
        self._finish(1)
        if not self.open or self.open[-1].does not in ("call", "list"):
            raise self._error(word, "a comma stands between the arguments of a function, and nowhere else")
        self.commas[-1] += 1
        self.wanting = True

    def _end(self, word: Word) -> None:
        self._finish(1)
        if self.open:
            raise self._error(self.open[-1].opening or word, "this bracket is never closed")
        if self.target is not None:
            self._put(StackStep("assign", spelt(self.target.text), 1, self.target.position))
        self.out.append(StackStep("drop", None, 1, word.position))
        self.target, self.wanting = None, True

    # --- signs and brackets ---

    def _finish(self, tightness: int) -> None:
        """Puts out the signs, from the last one back, that bind at least as tightly."""
        while self.open and self.open[-1].tightness >= tightness:
            sign = self.open.pop()
            if sign.what is not None:
                self.out.append(StackStep("call", sign.what.name, len(sign.what.inputs), sign.word.position))

    def _bracket(self, does: str, what: Any, word: Word) -> None:
        self.open.append(Open(does, what, 0, word, self.words[self.at]))
        self.commas.append(0)
        self.wanting = True

    def _close(self, word: Word, last: int) -> None:
        """The end of a bracket, with `last` operands (one or none) since the comma before."""
        self._finish(1)
        if not self.open:
            raise self._error(word, f"{word.text!r} closes no bracket")
        bracket = self.open.pop()
        opening = bracket.opening or word
        if CLOSING[opening.text] != word.text:
            raise self._error(word, f"{word.text!r} cannot close {opening.text!r}")
        count = self.commas.pop() + last
        if bracket.does == "call":
            self._check_count(bracket, count)
        if bracket.does != "group":
            count += bracket.does == "item"  # the list itself
            self._put(StackStep(bracket.does, bracket.what, count, bracket.word.position))
        self.wanting = False

    def _check_count(self, call: Open, count: int) -> None:
        row = TABLE[call.what]
        least, most = len(row.inputs) - len(row.defaults), len(row.inputs)
        if row.variadic:
            least, most = SEVERAL.get(row.name, (0, count))
        if not least <= count <= most:
            wanted = f"{least}" if least == most else f"{least} or {most}"
            raise self._error(call.word, f"{row.name} takes {wanted} argument{'s' * (most > 1)}, got {count}")

    def _put(self, step: StackStep) -> None:
        self.out.append(step)
        self.wanting = False

    def _is_new(self) -> bool:
        """Whether the word is the first of its statement."""
        return (
            not self.open and self.target is None and (self.at == 0 or self.words[self.at - 1].text in ";\n")
        )

    def _is_empty(self) -> bool:
        """Whether a call or a list was opened just before."""
        return (
            bool(self.open)
            and self.open[-1].does in ("call", "list")
            and self.words[self.at - 1].text in "(["
        )

    def _error(self, word: Word, problem: str) -> ExpressionError:
        return ExpressionError(self.text, word.position, problem)
