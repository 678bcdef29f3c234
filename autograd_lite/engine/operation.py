"""An operation: what a row of the table holds, how one is added, and how it is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Any

from ..arguments import check_row
from ..errors import ArgumentTypeError
from .float_math import Extended, by_ieee, real

TABLE: dict[str, Op] = {}
NUMPY_NAMES: dict[str, Op] = {}
new_rows: list[Callable[[Op], None]] = []  # told of every row that is added


class Op:
    """One row of the table. Call it on numbers, Values, arrays, or any mixture of them."""

    def __init__(self, name: str, value: Callable[..., Any], partials: Any, **notation: Any) -> None:
        inputs = notation["inputs"].split()
        self.name, self.partials = name, partials
        self.value: Callable[..., float] = value
        self.variadic = callable(partials)  # over a list: one function gives all the partials
        self.inputs = [text.partition("=")[0] for text in inputs]
        self.defaults = {k: float(v) for k, _, v in (text.partition("=") for text in inputs) if v}
        self.symbol, self.latex = notation["symbol"], notation["latex"]
        self.picks = self.inputs[0] == "index"  # one of the other inputs, by its place
        self.numpy, self.domain = notation["numpy"], notation["domain"]
        self.__name__ = self.__qualname__ = name
        self.__doc__ = f"{name}({', '.join(inputs)}), of numbers, Values or arrays."

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def __reduce__(self) -> Any:
        return _find, (self.name,)

    def __call__(self, *operands: Any, **named: Any) -> Any:
        if named or len(operands) != len(self.inputs):
            operands = self._bind(operands, named)
        if len(operands) == 1 and hasattr(type(operands[0]), "__apply_op__"):  # the usual case, soon done
            return type(operands[0]).__apply_op__(self, operands)
        numbers, lift = [], float
        for operand in operands:
            number = operand if type(operand) is float else real(operand)
            if number is None:
                return self._applier(operands)(self, operands)
            if type(operand) is Extended:
                lift = Extended
            numbers.append(number)
        return lift(self.value(*numbers))

    def partial(self, position: int, output: Any, operands: Sequence[Any]) -> Any:
        """The local derivative for one input, in the kind of number that the operands are."""
        rule = self.partials[position]
        return by_ieee(rule, output, operands) if callable(rule) else rule

    def all_partials(self, output: Any, operands: Sequence[Any]) -> Any:
        """The local derivatives for every input, in order."""
        if not self.variadic:
            return [self.partial(i, output, operands) for i in range(len(operands))]
        return by_ieee(self.partials, output, operands)

    def refusal(self, position: int, got: Any) -> ArgumentTypeError:
        """The error for an operand that is no kind of number."""
        name = "every input" if self.variadic else self.inputs[position]
        return ArgumentTypeError(self.name, name, got, "a real number, a Value or an array of them")

    def _applier(self, operands: Sequence[Any]) -> Any:
        """Who applies the row where not all are real: `_elementwise` for arrays, else the first's kind."""
        appliers = []
        for position, operand in enumerate(operands):
            kind = type(operand)
            if hasattr(kind, "__array_interface__") and hasattr(kind, "__len__"):
                return _elementwise
            if hasattr(kind, "__apply_op__"):
                appliers.append(kind.__apply_op__)
            elif real(operand) is None:
                raise self.refusal(position, operand)
        return appliers[0] if appliers else None

    def _bind(self, given: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
        """The operands in order, from those given by position, by name and by default."""
        if self.variadic and given[len(self.inputs) - 1 :] and all(x is None for x in named.values()):
            return given  # with NumPy's axis=None and the like
        by_position = dict(zip(self.inputs, given, strict=False))
        bound = {**self.defaults, **by_position, **named}
        twice = by_position.keys() & named.keys()
        if len(given) > len(self.inputs) or twice or bound.keys() != set(self.inputs):
            got = [*given, *(f"{key}={value!r}" for key, value in named.items())]
            raise ArgumentTypeError(self.name, "the inputs", got, f"({', '.join(self.inputs)})")
        return tuple(bound[name] for name in self.inputs)


class Select(Op):
    """The row that makes no node, unless traced: no edge to the branch not taken, so no nan leaks."""

    def __call__(self, *operands: Any, **named: Any) -> Any:
        if named or len(operands) != 3:
            operands = self._bind(operands, named)
        condition, taken, other = operands
        if type(condition) is bool and type(taken) is float and type(other) is float:
            return taken if condition else other  # nearly always, and fast
        if self._applier(operands) is _elementwise:
            return _elementwise(self, operands)
        kind = type(condition)  # a Value chooses by its number; where it is traced, it makes a node after all
        applier = getattr(kind, "__apply_op__", None)
        chosen = applier(self, operands) if applier else taken if condition else other
        return chosen if type(chosen) is Extended or real(chosen) is None else real(chosen)


# --- rows ------------------------------------------------------------------------------------------


# fmt: off
def row(
    name: str, value: Callable[..., Any], *partials: float | Callable[..., Any],
    each: Callable[..., list[Any]] | None = None, inputs: str = "", symbol: str = "", latex: str = "",
    numpy: str = "", domain: tuple[Any, ...] = (-inf, inf), kind: type[Op] = Op,
) -> Op:
    """Adds a row: from here on it works on floats, Values, in derivatives of any order and in text.

    `each` gives all the partials of an operation over a list. `inputs` names them, "x slope=0.01"; `symbol`
    is a sign between or before them; `latex` a command, or a text with #1, #2; `numpy` the name there.
    """
    check_row(name, value, partials, each, domain, inputs=inputs, symbol=symbol, latex=latex, numpy=numpy)
    inputs = inputs or ("xs" if each else "x")
    latex = latex or rf"\operatorname{{{name}}}"
    domains = domain if isinstance(domain[0], tuple) else (domain,) * len(inputs.split())
    notation = {"inputs": inputs, "symbol": symbol, "latex": latex, "numpy": numpy or name, "domain": domains}
    op = kind(name, value, each or partials, **notation)
    TABLE[name] = NUMPY_NAMES[op.numpy] = op
    for tell in new_rows:
        tell(op)
    return op
# fmt: on


def _find(name: str) -> Op:
    return TABLE[name]


def _elementwise(row: Op, operands: Sequence[Any]) -> Any:
    """A row over arrays, broadcast: an array of floats, or of objects where Values are in it."""
    import numpy as np

    with np.errstate(all="ignore"):  # the rows have said inf or nan already
        result = np.frompyfunc(row, len(operands), 1)(*operands)
    if isinstance(result, np.ndarray) and all(type(x) is float for x in result.flat):
        return result.astype(float)
    return result
