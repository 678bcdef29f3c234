"""Arrays that are kept from call to call: who has which, what is free again, what is made of them once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...notation import Piece
from ..equations import Array, unique
from ..numpy_code import Dim, Expr, Statement, size_text, touched

Kind = tuple[tuple[Dim, ...], str]  # of an array: its shape, and whether it holds floats, bools or ints
VIEWS = ("transpose", "expand", "slice", "reshape")
KINDS = {"bool": "bool", "int": "np.intp"}


class Memory:
    """Rooms by name; `setup` are the lines that make them for a number of samples n."""

    def __init__(self, taken: set[str], dtype: str, parameters: Iterable[Array]) -> None:
        self.taken, self.dtype = taken, dtype
        self.lasting = {array.name for array in parameters}  # are there when setup is run
        self.setup: list[str] = []
        self.kinds: dict[str, Kind] = {}  # of every name that has room
        self.free: dict[Kind, list[str]] = {}
        self.temporary: list[str] = []  # rooms of the statement that is being written
        self.known: dict[str, str] = {}  # what else setup makes, by its text
        self.views: set[str] = set()

    # --- rooms ---

    def has(self, name: str) -> bool:
        return name in self.kinds

    def fits(self, name: str, node: Expr) -> bool:
        return self.kinds.get(name) == (node.dims, node.kind)

    def keep(self, name: str, dims: tuple[Dim, ...]) -> None:
        """Room for an array under its own name: that of another that is no longer needed, or new."""
        rooms = self.free.get((dims, "float"))
        self._add(name, rooms.pop() if rooms else self._empty((dims, "float")))
        self.kinds[name] = (dims, "float")

    def take(self, dims: tuple[Dim, ...], kind: str) -> str:
        """Room for what is needed within a statement."""
        rooms = self.free.get((dims, kind))
        name = rooms.pop() if rooms else self.take_for_good(f"t{len(self.setup) + 1}", dims, kind)
        self.kinds[name] = (dims, kind)
        self.temporary.append(name)
        return name

    def take_for_good(self, name: str, dims: tuple[Dim, ...], kind: str) -> str:
        name = unique(name, self.taken)
        self._add(name, self._empty((dims, kind)))
        return name

    def release(self, names: Iterable[str]) -> None:
        """Gives rooms of this statement back."""
        for name in names:
            self.temporary.remove(name)
            self.free.setdefault(self.kinds[name], []).append(name)

    def end_statement(self, finished: Iterable[str]) -> None:
        """Gives back what the statement had, and what nothing reads any more."""
        self.release(list(self.temporary))
        for name in finished:
            self.forget(name)

    def forget(self, name: str) -> None:
        if name in self.kinds:
            self.free.setdefault(self.kinds.pop(name), []).append(name)

    def _empty(self, kind: Kind) -> str:
        dims, numbers = kind
        return f"np.empty({size_text(dims)}, {KINDS.get(numbers, self.dtype)})"

    def _add(self, name: str, text: str) -> None:
        self.setup.append(f"{name} = {text}")

    # --- what is made once ---

    def once(self, name: str, text: str) -> str:
        """The name of what a text makes."""
        if text not in self.known:
            self.known[text] = unique(name, self.taken)
            self._add(self.known[text], text)
        return self.known[text]

    def constant(self, text: str, kind: str = "float") -> str:
        """A number as an array without axes, which ufuncs take faster than a number of Python's."""
        return self.once("k", f"np.array({text}, {KINDS.get(kind, self.dtype)})")

    def ones(self, dims: Sequence[Dim]) -> str:
        return self.once("ones", f"np.ones({' * '.join(map(str, dims))}, {self.dtype})")

    def view(self, node: Expr, piece: Piece) -> Piece:
        """The text of a node; a view of an array that is kept is kept, too."""
        root = self._root(node) if node.dims and node.op != "name" else ""
        return Piece(self.view_of(root, piece.text)) if root else piece

    def view_of(self, root: str, text: str) -> str:
        """The name of a view, if it is one of something that is kept; else its text."""
        if not self._is_kept(root):
            return text
        name = self.once(f"{root}_{len(self.known)}", text)
        self.views.add(name)
        return name

    def _root(self, node: Expr) -> str:
        """The array that a node is a view of; "" if it may be a copy, or hangs on the step of a loop."""
        while node.op in VIEWS:
            if node.op == "slice" and any(map(_moves, node.info)):
                return ""
            if node.op == "reshape" and node.args[0].op != "name":
                return ""
            node = node.args[0]
        return node.info if node.op == "name" and self._is_kept(node.info) else ""

    def _is_kept(self, name: str) -> bool:
        return self.has(name) or name in self.lasting or name in self.views


def _moves(item: object) -> bool:
    """Whether a part of an axis is another one in every step of a loop."""
    return bool(getattr(getattr(item, "at", item), "moves", ()))


def last_uses(statements: Sequence[Statement]) -> dict[str, int]:
    """The number of the statement after which each array is no longer needed: not before a loop ends."""
    found: dict[str, int] = {}
    waiting: set[str] = set()
    depth = 0
    for position, statement in enumerate(statements):
        depth += {"for": 1, "end": -1}.get(statement.what, 0)
        waiting |= touched(statement)
        if depth == 0:
            found |= dict.fromkeys(waiting, position)
            waiting = set()
    return found
