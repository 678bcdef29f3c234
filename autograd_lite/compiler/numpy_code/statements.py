"""Statements as lines of Python."""

from __future__ import annotations

from .expressions import Expr, Statement
from .printer import Printer, place_texts, scale, size_text

VIEWS = ("name", "transpose", "expand", "slice", "reshape", "windows")


def lines(statement: Statement, printer: Printer) -> list[str]:
    """A statement as it is shown."""
    what, target, value = statement.what, statement.target, statement.value
    if what == "end":
        return []
    if what == "for":
        return [f"for {statement.variable} in {_range(statement.places)}:"]
    if what == "new":
        return [f"{printer(target)} = np.empty({size_text(target.dims)}, {printer.dtype})"]
    if what == "set":
        return [f"{printer(target)} = {_owned(printer(value), value)}"]
    if what == "store":
        return [f"{part(target, printer)} = {printer(value)}"]
    if what == "add at":
        return [f"np.add.at({printer(target.args[0])}, {index(target, printer)}, {printer(value)})"]
    return [added(part(target, printer), value, printer)]


def part(target: Expr, printer: Printer) -> str:
    """The text of a target; Python wants brackets where a call is written to."""
    text = printer(target)
    return f"{text}[...]" if text.endswith(")") else text


def added(target: str, value: Expr, printer: Printer) -> str:
    """`+=`, or `-=` where the value has a minus."""
    if value.op == "ufunc" and value.info == "negative":
        return f"{target} -= {printer(value.args[0])}"
    if value.op in ("number", "scale"):
        coefficient, power = value.info if value.op == "scale" else (value.info, 0)
        if coefficient < 0.0:
            return f"{target} -= {scale(-coefficient, power).text}"
    return f"{target} += {printer(value)}"


def index(target: Expr, printer: Printer) -> str:
    """What stands between the brackets, as an argument of a function."""
    texts = place_texts(target, printer)
    text, arrays = ", ".join(texts), all(type(x) is int for x in target.info[: len(texts)])
    if not arrays:
        return f"np.s_[{text}]"
    return f"({text})" if len(texts) > 1 else text


def _owned(text: str, value: Expr) -> str:
    """An array of its own: what only looks at another one is copied, for either may be added to."""
    return f"{text}.copy()" if value.dims and _looks(value) else text


def _looks(node: Expr) -> bool:
    """Whether a node makes no numbers of its own."""
    return node.op in VIEWS and all(map(_looks, node.args))


def _range(places: range) -> str:
    if places.step < 0:
        return f"reversed({_range(places[::-1])})"
    return f"range({places.start}, {places.stop})" if places.start else f"range({places.stop})"
