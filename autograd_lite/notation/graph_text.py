"""The graph as a person would write it: `text` gives Python, `latex` gives LaTeX, with no bracket too many.

The last line of a text is the expression; above it, `name = ...` binds the nodes that have a label,
those that are used more than once and are not short, and what would make a line too long. With the
functions of this package, `inf` and `nan` of math, and `names(v)` in scope, the text evaluates to the
same number, to the bit.
"""

from __future__ import annotations

import keyword
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import count
from typing import Any

from ..engine import TABLE, Value, looking, order
from ..engine import value as engine
from ..errors import ArgumentTypeError, ArgumentValueError
from .dialects import LATEX, PYTHON, Dialect
from .precedence import Piece

SHORT = 12  # what is used more than once and no longer than this is written out again
WIDEST = 400  # Python reads no more than 200 brackets within each other
DISPLAYED = 200  # a notebook shows the formula of a graph of up to so many nodes


def text(v: Value, width: int = 88) -> str:
    """The graph of v as Python. A leaf is written by its label or, where it has none, by its number.

    A label that is no name in Python becomes one ("w[0]" is w_0, "lambda" is lambda_), as does one that
    would hide a function of the table ("norm" is norm_); of several nodes with one label the second is w_2.
    """
    *bindings, (_, result) = _lines("text", v, width, PYTHON)
    return "\n".join([*(f"{name} = {line}" for name, line in bindings), result])


def latex(v: Value, width: int = 72) -> str:
    """The graph of v as LaTeX, under the names of `text`: w1 and w_1 are w_{1}, x_hat is \\hat{x}.

    One line stands bare, to be put between $ and $; several stand in an `aligned` environment.
    The index of a softmax counts from 0, as in Python.
    """
    *bindings, (_, result) = _lines("latex", v, width, LATEX)
    if not bindings:
        return result
    rows = [*(f"{name} &= {line}" for name, line in bindings), f"&{result}"]
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def names(v: Value) -> dict[str, Value]:
    """The leaves of v that have a label, under the names by which `text` calls them."""
    _expect_value("names", v)
    with looking():
        return {name: node for node, name in _named(order(v), v).items() if node.op is None}


def display(v: Any) -> Any:
    """What a notebook shows: the formula between dollars; None, so its repr, for a leaf or a large graph."""
    try:
        return f"${latex(v)}$" if v.op is not None and _small(v) else None
    except Exception:  # a display must not be what breaks a cell
        return None


engine.latex_display = display


def _lines(function: str, v: Any, width: Any, dialect: Dialect) -> list[tuple[str, str]]:
    with looking():
        return _Scribe(function, v, width, dialect).lines()


# --- line by line ------------------------------------------------------------------------------------


def _name(x: Any) -> str:
    """Of the operation that made it."""
    return x.op.name if isinstance(x, Value) and x.op is not None else ""


class _Scribe:
    """Writes a graph from the leaves on, in lines of bounded length: no recursion, linear time."""

    def __init__(self, function: str, root: Value, width: int, dialect: Dialect) -> None:
        _expect_value(function, root)
        if not isinstance(width, int) or isinstance(width, bool):
            raise ArgumentTypeError(function, "width", width, "an int")
        if not 1 <= width <= WIDEST:
            raise ArgumentValueError(function, "width", width, f"from 1 to {WIDEST}")
        self.root, self.width, self.dialect = root, width, dialect
        self.nodes = order(root)
        self.names = _named(self.nodes, root)
        self.uses = Counter(x for node in self.nodes for x in node.parents)
        self.pieces: dict[Value, Piece] = {}
        self.inlined: set[Value] = set()
        self.found: list[tuple[str, str]] = []
        taken = set(self.names.values())
        self.fresh = (name for name in map("t{}".format, count(1)) if name not in taken)

    def lines(self) -> list[tuple[str, str]]:
        """(name, expression) for every line; the last has no name."""
        for node in self.nodes:
            if node.op is None:
                named = node in self.names
                self.pieces[node] = self.dialect.name(self.names[node]) if named else self._number(node.data)
            else:
                self._write(node)
        return [*self.found, ("", self.pieces[self.root].whole)]

    def _write(self, node: Value) -> None:
        piece = self._applied(node)
        if self._length(piece) > self.width and self._shorten(node, self._length(piece) - self.width):
            piece = self._applied(node)
        self.pieces[node] = piece
        self.inlined.add(node)
        often = self.uses[node] > 1 and self._length(piece) > SHORT
        if node is not self.root and (often or node in self.names):
            self._bind(node)

    def _applied(self, node: Value) -> Piece:
        pieces = [self.pieces[x] if isinstance(x, Value) else self._number(x) for x in node.operands]
        row: Any = node.op
        return self._plain(row.name, node, pieces) or self.dialect.apply(row, node.operands, pieces)

    def _plain(self, name: str, node: Value, pieces: list[Piece]) -> Piece | None:
        """An operand, to the bit: 1*x, x/1, x**1, --x, take([x], 0); or the number 1, x**0."""
        first, last = node.operands[0], node.operands[-1]
        constant = last if type(last) is float else None
        if constant == 1.0 and name in ("mul", "div", "pow"):
            return pieces[0]
        if constant == 0.0 and name == "pow":
            return self._number(1.0)
        if type(first) is float and first == 1.0 and name == "mul":
            return pieces[1]
        if isinstance(first, Value) and _name(first) == name == "neg" and first in self.inlined:
            inner = first.operands[0]
            return self.pieces[inner] if isinstance(inner, Value) else self._number(inner)
        if name == "take" and pieces[0].number is not None:  # the place is known
            return pieces[1 + int(pieces[0].number)]
        return None

    def _shorten(self, node: Value, excess: int) -> bool:
        """Binds operands, the longest first, until so many characters are saved."""
        inlined = [x for x in dict.fromkeys(node.parents) if x in self.inlined]
        bound = False
        for x in sorted(inlined, key=lambda x: -self._length(self.pieces[x])):
            before = self._length(self.pieces[x])
            if excess <= 0 or before <= 4:
                break
            self._bind(x)
            bound, excess = True, excess - before + self._length(self.pieces[x])
        return bound

    def _bind(self, node: Value) -> None:
        name = self.dialect.name(self.names[node] if node in self.names else next(self.fresh))
        self.found.append((name.text, self.pieces[node].whole))
        self.pieces[node] = name._replace(number=self.pieces[node].number)
        self.inlined.discard(node)

    def _number(self, x: float) -> Piece:
        return self.dialect.number(x)

    def _length(self, piece: Piece) -> int:
        return self.dialect.length(piece.text)


def _expect_value(function: str, v: Any) -> None:
    if not isinstance(v, Value):
        raise ArgumentTypeError(function, "v", v, "a Value")


def _small(v: Value) -> bool:
    """Whether there are few enough nodes to show, told without a walk over all the others."""
    seen, stack = {v}, [v]
    while stack and len(seen) <= DISPLAYED:
        fresh = set(stack.pop().parents) - seen
        seen |= fresh
        stack.extend(fresh)
    return len(seen) <= DISPLAYED


# --- names --------------------------------------------------------------------------------------------

RESERVED = frozenset({"Value", "inf", "nan", "__builtins__", "__debug__"})


def _named(nodes: Iterable[Value], root: Value) -> dict[Value, str]:
    """A name of its own for every node with a label, but for a root that is no leaf."""
    wanted = {n: _identifier(n.label) for n in nodes if n.label and (n.op is None or n is not root)}
    taken, given = set(wanted.values()), {}
    numbers: defaultdict[str, Any] = defaultdict(lambda: count(2))
    used: set[str] = set()
    for node, name in wanted.items():
        if name in used:
            name = next(new for n in numbers[name] if (new := f"{name}_{n}") not in taken)
        used.add(name)
        taken.add(name)
        given[node] = name
    return given


def _identifier(label: str) -> str:
    """The label as a name of Python, in the spelling that Python itself reduces names to."""
    name = unicodedata.normalize("NFKC", label)
    if not name.isidentifier():
        kept = "".join(c if f"_{c}".isidentifier() else " " for c in name)
        name = unicodedata.normalize("NFKC", "_".join(kept.split())) or "v"
        name = name if name.isidentifier() else f"_{name}"
    hidden = keyword.iskeyword(name) or name in RESERVED or name in TABLE
    return f"{name}_" if hidden else name
