"""Trees out of printed formulas, by the text alone: the precedence that a reader gives it."""

import re

from autograd_lite.compiler.mathematics.script import ACCENTS, FUNCTIONS, HALVES, SUBSCRIPTS
from autograd_lite.engine.ops import TABLE

LOW = {chr(low): chr(high) for high, low in SUBSCRIPTS.items()}
LETTERS = r"A-Za-z\u00c0-\u024f\u0370-\u03a2\u03a4-\u03ff"  # all of Greek but Σ
NAME = rf"∇?[{LETTERS}][{LETTERS}0-9_{''.join(ACCENTS.values())}]*"
TOKENS = re.compile(
    rf"(?P<one>1\[)|(?P<number>\d+(?:\.\d+)?(?:e-?\d+)?|∞|[{''.join(HALVES.values())}])"
    rf"|(?P<name>{NAME})(?P<low>[{''.join(LOW)}]*)(?P<slope>'?)|(?P<total>Σ[{''.join(LOW)}]*)"
    r"|(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)|(?P<sign>[-+∘/ᵀ^√()\[\],:|>≥<≤=])|(?P<space> +)"
)
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
ROWS = {text: row for row, text in FUNCTIONS.items()}
LISTS = ("softmax", "logsumexp", "max", "min", "prod", "norm")
COMPARED = (">", "≥", "<", "≤", "=")


class Parser:
    """Σ, then ∘ and /, then what stands side by side, then powers: each holds tighter than the one before."""

    def __init__(self, text):
        self.tokens, at = [], 0
        while at < len(text):
            found = TOKENS.match(text, at)
            assert found, f"{text!r} at {at}"
            at, kind = found.end(), found.lastgroup
            if kind != "space":
                parts = (found[kind] for kind in ("one", "number", "name", "total", "raised", "sign"))
                self.tokens.append((next(filter(None, parts)), found))
        self.at = 0

    def peek(self):
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def next(self, wanted=None):
        token, found = self.tokens[self.at]
        assert wanted is None or token == wanted, f"{token!r}, not {wanted!r}"
        self.at += 1
        return token, found

    def whole(self):
        tree = self.condition()
        assert self.at == len(self.tokens), self.tokens[self.at :]
        return tree

    def condition(self):
        left = self.compared()
        while self.peek() in ("and", "or"):
            left = (self.next()[0], left, self.compared())
        return left

    def compared(self):
        left = self.sum()
        return (self.next()[0], left, self.sum()) if self.peek() in COMPARED else left

    def sum(self):
        minus = self.peek() == "-" and self.next()
        tree = self.term()
        tree = ("neg", tree) if minus else tree
        while self.peek() in ("+", "-"):
            tree = ("add" if self.next()[0] == "+" else "sub", tree, self.term())
        return tree

    def term(self):
        tree = self.beside()
        while self.peek() in ("∘", "/"):
            tree = ("by" if self.next()[0] == "∘" else "over", tree, self.beside())
        return tree

    def beside(self):
        tree = self.power()
        while self.peek() and self.peek() not in "+-∘/)],:>≥<≤=" and self.peek() not in ("and", "or"):
            if self.tokens[self.at][1]["one"] is None and self.peek() == "|" and self.inside:
                break
            tree = ("beside", tree, self.power())
        return tree

    inside = 0  # of how many |

    def power(self):
        tree = self.atom()
        while self.peek() in ("ᵀ", "^") or (self.at < len(self.tokens) and self.tokens[self.at][1]["raised"]):
            token = self.next()[0]
            if token == "ᵀ":
                tree = ("T", tree)
            else:
                raised = self.atom() if token == "^" else ("number", float(token.translate(RAISED)))
                tree = ("power", tree, raised)
        return tree

    def atom(self):
        token, found = self.next()
        if found["one"]:
            tree = ("one", self.condition())
            self.next("]")
            return tree
        if found["number"]:
            whole = {text: fraction for fraction, text in HALVES.items()}.get(token, token)
            whole = whole.replace("∞", "inf")
            top, _, bottom = whole.partition("/")
            return ("number", float(top) / float(bottom or 1))
        if found["total"]:
            return ("total", "".join(LOW[c] for c in token[1:]), self.beside())
        if token == "√":
            return ("power", self.atom(), ("number", 0.5))
        if token == "(":
            tree = self.condition()
            self.next(")")
            return tree
        if token == "|":
            self.inside += 1
            tree = self.sum()
            self.inside -= 1
            self.next("|")
            return ("call", "abs", [tree])
        assert found["name"], token
        return self.name(token, found)

    def name(self, token, found):
        if token == "e" and self.peek() == "(":
            self.next("(")
            place = int(self.next()[0])
            self.next(")")
            return ("unit", place)
        if token == "log" and self.peek() != "(":
            return ("call", "log", [self.atom()])
        if found["low"]:
            return ("list", token, "".join(LOW[c] for c in found["low"]), self.atom())
        known = token in LISTS or ROWS.get(token, token) in TABLE or token in ("sign", "where")
        if self.peek() == "(" and known:
            self.next("(")
            operands = [self.condition()]
            while self.peek() == ",":
                self.next()
                operands.append(self.condition())
            self.next(")")
            return ("slope" if found["slope"] else "call", ROWS.get(token, token), operands)
        tree = ("name", token)
        while self.peek() == "[":
            places = self.places()
            part = tree[0] != "name" or any(place[0] == "slice" for place in places)
            tree = ("part", tree, places) if part else ("places", token, places)
        return tree

    def places(self):
        self.next("[")
        places = [self.place()]
        while self.peek() == ",":
            self.next()
            places.append(self.place())
        self.next("]")
        return places

    def place(self):
        """A place, or a slice of them."""
        first = self.sum() if self.peek() != ":" else None
        if self.peek() != ":":
            return first
        self.next()
        return ("slice", first, self.sum() if self.peek() not in ",]" else None)


def parsed(text):
    return Parser(text).whole()
