"""The body of the function that runs: statements that write into arrays which are kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import prod

from ..equations import BATCH, Array
from ..numpy_code import At, Expr, Statement, added, lines, size_text
from .buffers import last_uses
from .operations import WRITERS, Operations, is_rows, reads

MAKERS = ("where", "kernel", "take", "cast", "norm", "logsumexp")  # give new arrays


class Buffers:
    """Writes statements. `given` are the arrays that the caller brings to be filled, and `results` those
    that the caller gets and keeps, which are made anew; all others are kept."""

    def __init__(self, operations: Operations, given: Collection[Array], results: Collection[Array]) -> None:
        self.write, self.memory = operations, operations.memory
        self.given = {array.name for array in given}
        self.results = {array.name for array in results}

    def add(self, statements: Sequence[Statement]) -> None:
        finished: dict[int, list[str]] = {}
        for name, position in last_uses(statements).items():
            finished.setdefault(position, []).append(name)
        for position, statement in enumerate(statements):
            self._statement(statement)
            self.memory.end_statement(finished.get(position, ()))

    def _statement(self, statement: Statement) -> None:
        what, target, value = statement.what, statement.target, statement.value
        if what == "for":
            self.write.line(*lines(statement, self.write))
            self.write.depth += 1
        elif what == "end":
            self.write.depth -= 1
        elif what == "new":
            self._make(target)
        elif what == "set":
            self._set(target, value)
        elif what == "store":
            self._store(target, value)
        elif what == "sum" or (what == "add" and target.op != "take"):
            self._sum(target, value)
        elif what == "add" and target.dims:
            self._add_taken(target, value)
        elif what == "add at" and is_rows(target) and BATCH not in target.args[0].dims[1:]:
            self._add_rows(target, value)
        else:
            self._in_place(statement)

    def _make(self, target: Expr) -> None:
        """Room for an array, if it needs any."""
        name = target.info
        if name in self.given or not target.dims or self.memory.has(name):
            return
        if name in self.results:
            self.write.line(f"{name} = np.empty({size_text(target.dims)}, {self.write.dtype})")
        else:
            self.memory.keep(name, target.dims)

    def _set(self, target: Expr, value: Expr) -> None:
        name, write = target.info, self.write
        if not target.dims:
            write.line(f"{name}{'[...]' * (name in self.given)} = {write(value)}")
        elif value.op in WRITERS:
            self._make(target)
            write.compute(value, name)
        elif value.op in MAKERS and name not in self.given and not self.memory.has(name):
            write.line(f"{name} = {write(value)}")
        else:
            self._make(target)
            source = value.args[0] if value.op == "broadcast" else value
            text = write(source)
            write.line(f"np.copyto({name}, {text})" if source.dims else f"{name}.fill({text})")

    def _sum(self, target: Expr, value: Expr) -> None:
        """target += value."""
        if not target.dims:
            text = self._target(target)
            self.write.line(added(text + "[...]" * (text in self.given), value, self.write))
            return
        negative = value.op == "ufunc" and value.info == "negative"
        text, into = self.write.operand(value.args[0] if negative else value), self._target(target)
        self.write.ufunc("subtract" if negative else "add", [into, text], into)

    def _add_taken(self, target: Expr, value: Expr) -> None:
        """target += value, at places none of which comes twice."""
        negative = value.op == "ufunc" and value.info == "negative"
        text, part = self.write.operand(value.args[0] if negative else value), self._target(target)
        room = self.memory.take(target.dims, "float")
        self.write.ufunc("subtract" if negative else "add", [part, text], room)
        self.write.line(f"{part} = {room}")

    def _store(self, target: Expr, value: Expr) -> None:
        if target.dims and target.dims == value.dims and _takes_it(target, value):
            self.write.compute(value, self._target(target), whole=False)
            return
        text = self._target(target)
        self.write.line(f"{text}{'' if text.endswith(']') else '[...]'} = {self.write(value)}")

    def _target(self, target: Expr) -> str:
        """The text of what is written to."""
        self.write.writing = True
        text = self.write(target)
        self.write.writing = False
        return text

    # --- what has no out= ---

    def _in_place(self, statement: Statement) -> None:
        """As it is shown, its value computed before."""
        target = statement.target
        if statement.what != "add at":
            target = Expr("name", (), self._target(target), target.labels, target.dims)
        value = self._prepared(statement.value)
        self.write.line(*lines(Statement(statement.what, statement.array, target, value), self.write))

    def _prepared(self, value: Expr) -> Expr:
        """The value computed, as a name; but for a minus, which may go into the sign."""
        if value.op == "ufunc" and value.info == "negative":
            return value._replace(args=(self._prepared(value.args[0]),), dims=())
        return Expr("name", (), self.write.operand(value), value.labels, value.dims, value.kind)

    def _add_rows(self, target: Expr, value: Expr) -> None:
        """Rows that are added to those of an array: by places counted flat, which NumPy does fast."""
        array, rows = target.args
        width, places = prod(int(dim) for dim in array.dims[1:]), self.write(rows)
        if width > 1:
            at, wide = (self.memory.take(dims, "int") for dims in (rows.dims, (*rows.dims, width)))
            columns = self.memory.once("at", f"np.arange({width})")
            self.write.ufunc("multiply", [places, self.memory.constant(str(width), "int")], at)
            self.write.ufunc("add", [f"{at}[..., None]", columns], wide)
            places = wide
        one = value.args[0] if value.op == "spread" else value
        text = f"{self.write(value)}.reshape(-1)" if one.dims else self.write(one)
        self.write.line(f"np.add.at({array.info}.reshape(-1), {places}.reshape(-1), {text})")


def _takes_it(target: Expr, value: Expr) -> bool:
    """Whether a part of an array can be written into: ufuncs can, others where it is one piece of memory."""
    if target.op != "slice" or value.op not in WRITERS:
        return False
    (array,), items = target.args, target.info
    lead = [isinstance(x, At) for x in items]
    piece = lead == sorted(lead, reverse=True) and all(x is None or isinstance(x, At) for x in items)
    return value.op == "ufunc" or (array.op == "name" and piece and not reads(value, array.info))
