"""Products of arrays as lines of the text that runs: all that can be is a product of matrices."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from ..equations import BATCH
from ..numpy_code import Dim, Expr, Printer, transposed
from .buffers import Memory


class Products(Printer):
    """Writes the lines; `compute_...` give the name of the array in which the result then is."""

    def __init__(self, memory: Memory, taken: set[str]) -> None:
        super().__init__(memory.dtype, taken)
        self.memory = memory
        self.body: list[str] = []
        self.depth = 0  # of loops

    def line(self, text: str) -> None:
        self.body.append("    " * self.depth + text)

    def room(self, node: Expr, into: str | None) -> str:
        return into or self.memory.take(node.dims, node.kind)

    def compute_dot(self, node: Expr, into: str | None) -> str:
        """A stack of matrices times one matrix is one product, too."""
        a, b = node.args
        if len(b.dims) > 2:
            return self._called("np.matmul(", node, into)
        left, right = self.atom(a), self(b)
        out = result = self.room(node, into)
        if len(a.dims) > 2:
            left = as_matrix(left, a.dims[:-1], a.dims[-1:])
            flat = as_matrix(out, a.dims[:-1], b.dims[1:]) if len(b.dims) == 2 else f"{out}.reshape(-1)"
            out = self.memory.view_of(out, flat)
        self.line(f"{left}.dot({right}, out={out})")
        return result

    def compute_matmul(self, node: Expr, into: str | None) -> str:
        return self._called("np.matmul(", node, into)

    def compute_einsum(self, node: Expr, into: str | None) -> str:
        """One product of matrices for each place of the labels that both have, where it is that."""
        a, b, result = node.info.replace("->", ",").split(",")
        both, over = _common(a, b, result), _common(a, b, "".join(set(a) - set(result)))
        free_a, free_b = ("".join(x for x in own if x not in both + over) for own in (a, b))
        if not both or [len(over), len(free_a), len(free_b)] != [1, 1, 1]:
            return self._called(f'np.einsum("{node.info}", ', node, into)
        left = self(transposed(node.args[0], _order(a, both + free_a + over)))
        right = self(transposed(node.args[1], _order(b, both + over + free_b)))
        out = self.room(node, into)
        turned = transposed(
            Expr("name", (), out, node.labels, node.dims), _order(result, both + free_a + free_b)
        )
        self.line(f"np.matmul({left}, {right}, out={self(turned)})")
        return out

    def compute_tensordot(self, node: Expr, into: str | None) -> str:
        """Over the first or the last axes of either it is one product of matrices."""
        (a, b), (over_a, over_b) = node.args, node.info
        left, right = self(a), self(b)
        out, count = self.room(node, into), len(over_a)
        if (lead(over_a) or trail(over_a, a)) and (lead(over_b) or trail(over_b, b)):
            free = len(a.dims) - count
            flat = self.memory.view_of(out, as_matrix(out, node.dims[:free], node.dims[free:]))
            self.line(f"{_rows(left, a, over_a)}.dot({_columns(right, b, over_b)}, out={flat})")
        else:
            self.line(f"np.copyto({out}, np.tensordot({left}, {right}, ({list(over_a)}, {list(over_b)})))")
        return out

    def _called(self, begin: str, node: Expr, into: str | None) -> str:
        left, right = (self(arg) for arg in node.args)
        out = self.room(node, into)
        self.line(f"{begin}{left}, {right}, out={out})")
        return out


def as_matrix(text: str, rows: Sequence[Dim], columns: Sequence[Dim]) -> str:
    """An array with its first axes as one, and its last ones."""
    if len(rows) == len(columns) == 1:
        return text
    if BATCH in columns:
        return f"{text}.reshape({_count(rows)}, -1)"
    return f"{text}.reshape(-1, {_count(columns)})"


def _rows(text: str, a: Expr, over: tuple[int, ...]) -> str:
    """The left one of two matrices: what is summed over are its columns."""
    if lead(over):
        return f"{as_matrix(text, a.dims[: len(over)], a.dims[len(over) :])}.T"
    return as_matrix(text, a.dims[: -len(over)], a.dims[-len(over) :])


def _columns(text: str, b: Expr, over: tuple[int, ...]) -> str:
    """The right one: what is summed over are its rows."""
    if lead(over):
        return as_matrix(text, b.dims[: len(over)], b.dims[len(over) :])
    return f"{as_matrix(text, b.dims[: -len(over)], b.dims[-len(over) :])}.T"


def lead(axes: tuple[int, ...]) -> bool:
    """Whether these are the first axes, in order."""
    return axes == tuple(range(len(axes)))


def trail(axes: tuple[int, ...], node: Expr) -> bool:
    """Whether these are its last axes, in order."""
    return axes == tuple(range(len(node.dims) - len(axes), len(node.dims)))


def _common(a: str, b: str, among: str) -> str:
    return "".join(letter for letter in a if letter in b and letter in among)


def _order(letters: str, wanted: str) -> tuple[int, ...]:
    return tuple(letters.index(letter) for letter in wanted)


def _count(dims: Sequence[Dim]) -> int:
    return prod(int(dim) for dim in dims)
