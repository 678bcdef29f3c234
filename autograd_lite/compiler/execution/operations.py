"""Expressions as lines of operations, each of which writes into an array that is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

from ...notation import PRODUCT, Piece
from ..equations import BATCH
from ..numpy_code import Dim, Expr, place_texts, walk
from .buffers import Memory
from .products import Products, as_matrix, lead, trail

REDUCTIONS = {"sum": "add", "max": "maximum", "min": "minimum", "prod": "multiply"}
WRITERS = ("ufunc", "dot", "matmul", "einsum", "tensordot", "mean", *REDUCTIONS)  # take out=
FEW = 4  # rows whose maximum is taken one after the other
NARROW = range(2, 33)  # lines that are too short to go along


class Operations(Products):
    """Writes the lines that compute a node, and gives the name of the array in which it then is."""

    def __init__(self, memory: Memory, taken: set[str]) -> None:
        super().__init__(memory, taken)
        self.writing = False  # to a part of an array, whose text is asked for
        self.flat_places: dict[str, str] = {}

    def ufunc(self, name: str, operands: Sequence[str], out: str) -> None:
        """What it is written into is the last operand, which is faster than by its name; NumPy wants
        to be told with these two alone."""
        told = "out=" if name in ("maximum", "minimum") else ""
        self.line(f"np.{name}({', '.join(operands)}, {told}{out})")

    # --- operands ---

    def piece(self, node: Expr) -> Piece:
        if node.dims and node.op in WRITERS:
            return Piece(self.compute(node, None))
        return self.memory.view(node, super().piece(node))

    def operand(self, node: Expr) -> str:
        """The text of an operand of a ufunc."""
        if node.op in ("number", "scale"):
            return self.memory.constant(super().piece(node).text, node.kind)
        return self(node)

    # --- operations ---

    def compute(self, node: Expr, into: str | None, whole: bool = True) -> str:
        """`into` is where the result is to be, if that is said; and the whole of an array, or only a part."""
        if into is not None and node.op not in ("ufunc", *REDUCTIONS) and reads(node, into):
            self.line(f"np.copyto({into}, {self.compute(node, None)})")
            return into
        if node.op == "ufunc":
            return self._compute_ufunc(node, into, whole)
        if node.op in REDUCTIONS:
            return self._compute_reduction(node, into)
        return getattr(self, f"compute_{node.op}")(node, into)  # type: ignore[no-any-return]

    def _compute_ufunc(self, node: Expr, into: str | None, whole: bool) -> str:
        """The operands first, one of them where the result is to be; for it may take the place of one."""
        texts, free = list[str](), list[str]()
        room = into if whole and into and not is_single(node) and not reads(node, into) else None
        for arg in node.args:
            if room and arg.op in WRITERS and arg.dims == node.dims and arg.kind == node.kind == "float":
                texts.append(self.compute(arg, room))
                room = None
                continue
            before = len(self.memory.temporary)
            texts.append(self.operand(arg))
            free += [name for name in self.memory.temporary[before:] if name == texts[-1]]
        spare = (name for name in free if self.memory.fits(name, node) and not is_single(node))
        out = into or next(spare, None) or self.room(node, None)
        if self._goes_by_rows(node, [*texts, out]):
            self._by_rows(node, texts, out)
        else:
            self.ufunc(node.info, texts, out)
        self.memory.release(name for name in free if name != out)
        return out

    def _goes_by_rows(self, node: Expr, texts: list[str]) -> bool:
        """Whether something is done to all of two or three rows alike: one by one it is faster."""
        if len(node.dims) != 2 or node.dims[0] not in range(2, FEW) or node.dims[1] != BATCH:
            return False
        every = [*node.args, node]
        kept = all(
            self.memory.has(text) for arg, text in zip(every, texts, strict=True) if arg.dims == node.dims
        )
        dims = [arg.dims for arg in node.args]
        return kept and (BATCH,) in dims and all(own in (node.dims, (BATCH,), ()) for own in dims)

    def _by_rows(self, node: Expr, texts: list[str], out: str) -> None:
        for k in range(int(node.dims[0])):
            wide = [arg.dims == node.dims for arg in node.args]
            own = [
                self.memory.view_of(x, f"{x}[{k}]") if split else x
                for x, split in zip(texts, wide, strict=True)
            ]
            into = self.memory.view_of(out, f"{out}[{k}]")
            self.ufunc(node.info, own, into)

    def _compute_reduction(self, node: Expr, into: str | None) -> str:
        """Along the first axes, or the last ones, a sum is a product with ones."""
        (source,), axes = node.args, node.info
        text = self(source)
        out = self.room(node, into)
        matrix = len(source.dims) == 2 or self.memory.has(text)
        if node.op == "sum" and matrix and (lead(axes) or trail(axes, source)):
            self._sum_by_ones(source, axes, text, out)
        elif node.op in ("max", "min") and axes == (0,) and source.dims[0] in range(2, FEW + 1):
            self._one_after_the_other(node, text, out)
        elif (
            node.op in ("max", "min")
            and axes != (0,)
            and trail(axes, source)
            and len(axes) == 1
            and source.dims[-1] in NARROW
        ):
            self._turned_first(node, text, out)
        else:
            axis = axes[0] if len(axes) == 1 else axes
            self.line(f"np.{REDUCTIONS[node.op]}.reduce({text}, axis={axis}, out={out})")
        return out

    def _sum_by_ones(self, source: Expr, axes: tuple[int, ...], text: str, out: str) -> None:
        ones = self.memory.ones([source.dims[axis] for axis in axes])
        if len(source.dims) > 2:
            cut = len(axes) if lead(axes) else len(source.dims) - len(axes)
            text = self.memory.view_of(text, as_matrix(text, source.dims[:cut], source.dims[cut:]))
            out = self.memory.view_of(out, f"{out}.reshape(-1)")
        left, right = (ones, text) if lead(axes) else (text, ones)
        self.line(f"{left}.dot({right}, out={out})")

    def _turned_first(self, node: Expr, text: str, out: str) -> None:
        """Over short lines it takes less time to copy them side by side than to go along each."""
        (source,), (axis,) = node.args, node.info
        turned = (axis, *range(axis))
        room = self.memory.take(tuple(source.dims[k] for k in turned), "float")
        view = self.memory.view_of(text, f"{text}.transpose({', '.join(map(str, turned))})")
        self.line(f"np.copyto({room}, {view})")
        self.line(f"np.{REDUCTIONS[node.op]}.reduce({room}, axis=0, out={out})")

    def _one_after_the_other(self, node: Expr, text: str, out: str) -> None:
        rows = [self.memory.view_of(text, f"{text}[{k}]") for k in range(int(node.args[0].dims[0]))]
        first = rows[0]
        for row in rows[1:]:
            self.ufunc(REDUCTIONS[node.op], [first, row], out)
            first = out

    def compute_mean(self, node: Expr, into: str | None) -> str:
        out = self._compute_reduction(node._replace(op="sum"), into)
        self.ufunc("divide", [out, self.memory.constant(_count_text(node))], out)
        return out

    # --- single numbers, and what is written otherwise than it is shown ---

    def _dot(self, node: Expr) -> Piece:
        return Piece(f"{self.atom(node.args[0])}.dot({self(node.args[1])})")

    def _sum(self, node: Expr) -> Piece:
        """Of all numbers of an array."""
        (source,) = node.args
        if node.op == "mean":
            return Piece(f"{self._sum(node._replace(op='sum')).text} / {_count_text(node)}", PRODUCT)
        if node.op == "sum" and source.op == "ufunc" and source.info in ("square", "multiply"):
            a, b = (*source.args, *source.args)[:2]
            if a.dims == b.dims == source.dims and a.kind == b.kind == "float":
                return Piece(f"np.vdot({self(a)}, {self(b)})")
        if node.op == "sum" and len(source.dims) == 1:
            return Piece(f"{self.atom(source)}.dot({self.memory.ones(source.dims)})")
        return Piece(f"np.{REDUCTIONS[node.op]}.reduce({self(source)}, axis=None)")

    _max = _min = _prod = _mean = _sum

    def _where(self, node: Expr) -> Piece:
        """Of two numbers of Python's it would be float64 whatever the arrays are."""
        condition, x, y = node.args
        return Piece(f"np.where({self(condition)}, {self.operand(x)}, {self.operand(y)})")

    def _arange(self, node: Expr) -> Piece:
        return Piece(self.memory.once("at", f"np.arange({node.dims[0]})"))

    # --- places ---

    def _take(self, node: Expr) -> Piece:
        """Rows by `take`; a place of each sample by places counted flat. NumPy has the range of the first
        places checked in either."""
        array, first, *others = node.args
        if array.op == "name" and is_rows(node) and not self.writing:
            return Piece(f"{array.info}.take({self(first)}, 0)")
        flat = self.memory.has(array.info) and len(array.dims) == 2 and node.info == (1, 2)
        if flat and first.op == "name" and others[0].op == "arange" and len(node.dims) == 1:
            at = self._flat_place(first.info, self(others[0]), array.dims[1], node)
            return Piece(f"{self.memory.view_of(array.info, f'{array.info}.reshape(-1)')}[{at}]")
        return Piece(f"{self.atom(array)}[{', '.join(place_texts(node, self))}]")

    def _flat_place(self, first: str, second: str, width: Dim, node: Expr) -> str:
        key = f"{first}, {width}"
        if key not in self.flat_places:
            row, at = (self.memory.take_for_good(name, node.dims, "int") for name in ("row", "at"))
            self.ufunc("multiply", [first, self.memory.constant(str(width), "int")], row)
            self.ufunc("add", [row, second], at)
            self.flat_places[key] = at
        return self.flat_places[key]


def reads(node: Expr, name: str) -> bool:
    return any(part.op == "name" and part.info == name for part in walk(node))


def is_single(node: Expr) -> bool:
    """Whether for one sample it is a single number: in place, NumPy takes longer for one than for two."""
    return all(dim in (BATCH, 1) for dim in node.dims)


def is_rows(node: Expr) -> bool:
    """Whether places along the first axis pick all of the others."""
    return bool(node.info[0] == 1) and not any(node.info[1:])


def _count(dims: Iterable[Dim]) -> int:
    return prod(int(dim) for dim in dims)


def _count_text(node: Expr) -> str:
    """Over how many numbers a mean goes."""
    dims = [node.args[0].dims[axis] for axis in node.info]
    count = _count(dim for dim in dims if dim != BATCH)
    if BATCH not in dims:
        return str(count)
    return BATCH if count == 1 else f"({count} * {BATCH})"
