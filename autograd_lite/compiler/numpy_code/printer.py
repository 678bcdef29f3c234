"""Trees of expressions as text in NumPy, with the parentheses that are needed and no others."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import inf, isnan

from ...notation import AND, ATOM, COMPARE, NEGATIVE, OR, POWER, PRODUCT, SUM, Piece
from ..equations import BATCH, unique
from .axis_walks import At, Item
from .expressions import Dim, Expr

INFIX = {
    "add": ("+", SUM), "subtract": ("-", SUM), "multiply": ("*", PRODUCT), "divide": ("/", PRODUCT),
    "greater": (">", COMPARE), "greater_equal": (">=", COMPARE), "not_equal": ("!=", COMPARE),
    "less": ("<", COMPARE), "less_equal": ("<=", COMPARE),
    "logical_and": ("&", AND), "logical_or": ("|", OR),
}  # fmt: skip
PREFIX = {"negative": "-", "logical_not": "~"}
ALSO = {"absolute": "abs"}
METHODS = ("sum", "max", "min", "prod", "mean")  # of arrays, with axis= and keepdims=
SHORT, MOST_PARTS = 8, 1000  # numbers that are longer are written as fractions, where they are such


class Printer:
    """Writes nodes. `dtype` is the text for the kind of numbers, and `functions` collects the kernels that
    are called, with the names that they have got."""

    def __init__(self, dtype: str, taken: set[str]) -> None:
        self.dtype, self.taken = dtype, taken
        self.functions: dict[str, str] = {}

    def __call__(self, node: Expr) -> str:
        return self.piece(node).text

    def piece(self, node: Expr) -> Piece:
        made: Piece = getattr(self, f"_{node.op}")(node)
        return made

    def atom(self, node: Expr) -> str:
        return self.piece(node).within(ATOM)

    def function(self, kernel: str) -> str:
        """The name of a kernel, or of a row of the user's: "row cube"."""
        if kernel not in self.functions:
            self.functions[kernel] = unique(kernel.removeprefix("row "), self.taken)
        return self.functions[kernel]

    # --- leaves ---

    def _name(self, node: Expr) -> Piece:
        return Piece(node.info)

    def _number(self, node: Expr) -> Piece:
        return literal(node.info)

    def _scale(self, node: Expr) -> Piece:
        return scale(*node.info)

    def _place(self, node: Expr) -> Piece:
        return Piece(place(node.info), SUM)

    def _arange(self, node: Expr) -> Piece:
        return Piece(f"np.arange({node.dims[0]})")

    # --- element by element ---

    def _ufunc(self, node: Expr) -> Piece:
        name, args = node.info, node.args
        if name in INFIX:
            return self._infix(*INFIX[name], args)
        if name in PREFIX:
            return Piece(f"{PREFIX[name]}{self.piece(args[0]).within(NEGATIVE)}", NEGATIVE)
        if name == "square":
            return Piece(f"{self.atom(args[0])}**2", POWER)
        return Piece(f"np.{ALSO.get(name, name)}({', '.join(map(self, args))})")

    def _infix(self, sign: str, strength: int, args: Sequence[Expr]) -> Piece:
        """a - b - c, but a - (b - c); and (a @ b) * c, so that nobody has to know which comes first."""
        pieces = [self.piece(arg) for arg in args]
        needed = [strength + (strength == COMPARE), strength + 1]
        if args[0].op in ("dot", "matmul") and sign == "*":
            needed[0] = ATOM
        left, right = (piece.within(own) for piece, own in zip(pieces, needed, strict=True))
        return Piece(f"{left} {sign} {right}", strength)

    def _where(self, node: Expr) -> Piece:
        """Numbers are written as floats: of two integers NumPy would make integers."""
        condition, *branches = node.args
        texts = [repr(x.info) if _is_finite(x) else self(x) for x in branches]
        return Piece(f"np.where({', '.join([self(condition), *texts])})")

    def _kernel(self, node: Expr) -> Piece:
        return Piece(f"{self.function(node.info)}({', '.join(map(self, node.args))})")

    def _cast(self, node: Expr) -> Piece:
        return Piece(f"{self.atom(node.args[0])}.astype({self.dtype})")

    # --- views ---

    def _transpose(self, node: Expr) -> Piece:
        axes, array = node.info, self.atom(node.args[0])
        moved = [str(k) for k, axis in enumerate(axes) if axis != k]
        if len(axes) == 2:
            return Piece(f"{array}.T")
        if len(moved) == 2:
            return Piece(f"{array}.swapaxes({', '.join(moved)})")
        return Piece(f"{array}.transpose({', '.join(map(str, axes))})")

    def _expand(self, node: Expr) -> Piece:
        (source,) = node.args
        if source.op in METHODS and len(source.info) == len(source.args[0].dims) == len(node.dims):
            return self._reduced(source, "keepdims=True")
        items = ["None" if label is None else ":" for label in node.labels]
        return Piece(f"{self.atom(source)}[{', '.join(_needed(items))}]")

    def _slice(self, node: Expr) -> Piece:
        items = _needed([item(x) for x in node.info])
        return Piece(f"{self.atom(node.args[0])}[{', '.join(items)}]")

    def _reshape(self, node: Expr) -> Piece:
        return Piece(f"{self.atom(node.args[0])}.reshape({', '.join(map(str, node.dims))})")

    def _windows(self, node: Expr) -> Piece:
        axis, size = node.info
        return Piece(f"{self.function('windows')}({self(node.args[0])}, {axis}, {size})")

    def _take(self, node: Expr) -> Piece:
        return Piece(f"{self.atom(node.args[0])}[{', '.join(place_texts(node, self))}]")

    # --- sums and products ---

    def _dot(self, node: Expr) -> Piece:
        left, right = map(self.atom, node.args)
        return Piece(f"{left} @ {right}", PRODUCT)

    _matmul = _dot

    def _tensordot(self, node: Expr) -> Piece:
        a, b = map(list, node.info)
        return Piece(f"np.tensordot({self(node.args[0])}, {self(node.args[1])}, ({a}, {b}))")

    def _einsum(self, node: Expr) -> Piece:
        return Piece(f'np.einsum("{node.info}", {self(node.args[0])}, {self(node.args[1])})')

    def _sum(self, node: Expr) -> Piece:
        """a.sum(axis=1), and np.sum(a * b, axis=1)."""
        axes = node.info
        every = len(axes) == len(node.args[0].dims)
        return self._reduced(node, "" if every else f"axis={axes[0] if len(axes) == 1 else axes}")

    _max = _min = _prod = _mean = _sum

    def _reduced(self, node: Expr, how: str) -> Piece:
        inner = self.piece(node.args[0])
        if inner.strength == ATOM and not inner.text.startswith("np."):
            return Piece(f"{inner.text}.{node.op}({how})")
        return Piece(f"np.{node.op}({', '.join(filter(None, (inner.text, how)))})")

    def _norm(self, node: Expr) -> Piece:
        return Piece(f"{self.function(node.op)}({self(node.args[0])}, axis={node.info})")

    _logsumexp = _norm

    # --- whole arrays ---

    def _broadcast(self, node: Expr) -> Piece:
        """An array with room of its own."""
        (value,), shape = node.args, size_text(node.dims)
        if value.op == "number" and value.info == 0.0:
            return Piece(f"np.zeros({shape}, {self.dtype})")
        if not value.dims:
            return Piece(f"np.full({shape}, {self(value)}, {self.dtype})")
        return Piece(f"np.broadcast_to({self(value)}, {shape}).copy()")

    def _spread(self, node: Expr) -> Piece:
        return Piece(f"np.broadcast_to({self(node.args[0])}, {size_text(node.dims)})")


# --- numbers -----------------------------------------------------------------------------------------


def literal(x: float) -> Piece:
    """A number as a person writes it: 2 for 2.0, and 1 / 3."""
    if isnan(x) or abs(x) == inf:
        return Piece("-np.inf", NEGATIVE) if x == -inf else Piece("np.nan" if isnan(x) else "np.inf")
    text = str(int(x)) if x.is_integer() and abs(x) < 1e6 else repr(x)
    if len(text) > SHORT:
        ratio = Fraction(x).limit_denominator(MOST_PARTS)
        if ratio.numerator / ratio.denominator == x:
            return Piece(f"{ratio.numerator} / {ratio.denominator}", PRODUCT)
    return Piece(text, NEGATIVE if text.startswith("-") else ATOM)


def scale(coefficient: float, power: int) -> Piece:
    """coefficient · n**power."""
    number = literal(coefficient)
    if power == 0:
        return number
    samples = BATCH if abs(power) == 1 else f"{BATCH}**{abs(power)}"
    if power < 0:
        return Piece(f"{number.within(PRODUCT)} / {samples}", PRODUCT)
    if coefficient == 1.0:
        return Piece(samples, ATOM if power == 1 else POWER)
    return Piece(f"{number.within(PRODUCT)} * {samples}", PRODUCT)


def _is_finite(node: Expr) -> bool:
    return node.op == "number" and abs(node.info) < inf


# --- places ------------------------------------------------------------------------------------------


def place(at: At, further: int = 0) -> str:
    """A place along an axis: 3, t, t - 1, 2 * t + 1."""
    start = at.start + further
    if not at.moves:
        return str(start)
    moving = " + ".join(name if stride == 1 else f"{stride} * {name}" for name, stride in at.moves)
    return f"{moving} {'-' if start < 0 else '+'} {abs(start)}" if start else moving


def item(x: Item) -> str:
    """A place, or a part of an axis."""
    if x is None:
        return ":"
    if isinstance(x, At):
        return place(x)
    stop = x.step * (x.size - 1) + (1 if x.step > 0 else -1)
    first, last = place(x.at), place(x.at, stop)
    if not x.at.moves:
        first = "" if first == "0" and x.step > 0 else first
        last = "" if x.at.start + stop < 0 else last
    return f"{first}:{last}" if x.step == 1 else f"{first}:{last}:{x.step}"


def place_texts(node: Expr, printer: Printer) -> list[str]:
    """What stands between the brackets of a "take"."""
    return _needed([printer(node.args[x]) if type(x) is int else item(x) for x in node.info])


def _needed(texts: list[str]) -> list[str]:
    """The parts of an index, without the last ones that are all of their axes."""
    kept = len(texts)
    while kept > 1 and texts[kept - 1] == ":":
        kept -= 1
    return texts[:kept]


def size_text(dims: Sequence[Dim]) -> str:
    return f"({', '.join(map(str, dims))}{',' if len(dims) == 1 else ''})"
