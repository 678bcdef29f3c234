"""Value: a number that remembers how it was made, and the chain rule that walks back from it.

This is plain Python. Where a compiler is at hand, Cython compiles the same text with the layout and
types of value.pxd. Operators and backward are written for speed in both, the rest for reading.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Sequence
from functools import partial as bind
from typing import Any

from ..errors import ArgumentTypeError, GraphError, LostGraphError
from .contexts import mode, watchers
from .float_math import divide, real
from .ops import NUMPY_NAMES, TABLE, Op
from .tracing import both, refuse

_ADD, _SUB, _MUL, _DIV, _NEG, _POW, _ABS, _RELU, _DOT = (
    TABLE[name] for name in ("add", "sub", "mul", "div", "neg", "pow", "abs", "relu", "dot")
)
_SELECT, _DETACH = TABLE["select"], TABLE["detach"]

_special = 0  # how many contexts (no_grad, strict, name_scope, tracing) are open, over all threads
_token, _busy = 0, 0  # the number of the latest walk over a graph, and whether one is under way
_depth = 0  # of nested frees, in the compiled engine
_orphans: list[Any] = []  # operands whose free was put off, in the compiled engine
latex_display: Callable[[Any], str | None] | None = None  # set by notation, which stands above the engine


def _methods(names: str) -> list[Callable[..., Value]]:
    """The rows of these names as methods of Value; those of one input, most of them, without detours."""

    def method(row: Op) -> Callable[..., Value]:
        def called(self: Value, *others: Any, **named: Any) -> Any:
            now = TABLE[row.name]  # another one, where somebody has put it in the place of this
            plain = alone and now is row and not others and not named
            return apply(row, (self,)) if plain else now(self, *others, **named)

        alone = len(row.inputs) == 1 and not row.variadic
        called.__name__, called.__qualname__, called.__doc__ = row.name, f"Value.{row.name}", row.__doc__
        return called

    return [method(TABLE.get(name) or NUMPY_NAMES[name]) for name in names.split()]


class Value:
    """A number in a graph: `data`, `grad`, and the operation and operands that it came from.

    A node of one or two operands keeps those that are Values in `_a` and `_b`, their local
    derivatives in `_da` and `_db`; where an operand is a constant, `_a` or `_b` is None and the
    constant itself stands in `_da` or `_db`. A node over a list keeps its operands (Values and
    floats) and their local derivatives in two tuples. No cycles: nothing is left to a collector.
    """

    # fmt: off
    __slots__ = (
        "_a", "_b", "_count", "_da", "_data", "_db", "_grad", "_label",
        "_operands", "_pass", "_row", "_slopes",
    )
    # fmt: on

    def __init__(self, data: Any, label: Any = "") -> None:
        self._data = _checked(data, "Value", "data")
        self._grad = 0.0
        self._row: Op | None = None
        self._label: tuple[str, str] | None = None  # scope and name
        self._a: Value | None = None
        self._b: Value | None = None
        self._da = 0.0
        self._db = 0.0
        self._operands: tuple | None = None
        self._slopes: tuple | None = None
        self._pass = 0  # this and the next belong to whichever walk is under way
        self._count = 0
        if not isinstance(label, str) or label:
            self.label = label
        if _special:
            _finish(self)

    # --- what it holds ---

    @property
    def data(self) -> float:
        if _special:
            refuse("data")
        return self._data

    @data.setter
    def data(self, number: Any) -> None:
        if _special:
            refuse("set data")
        self._data = _checked(number, "Value", "data")

    @property
    def grad(self) -> float:
        if _special:
            refuse("grad")
        return self._grad

    @grad.setter
    def grad(self, number: Any) -> None:
        if _special:
            refuse("set grad")
        self._grad = _checked(number, "Value", "grad")

    @property
    def op(self) -> Op | None:
        """The row of the table that made this; None for a leaf."""
        return self._row

    @property
    def operands(self) -> tuple[Value | float, ...]:
        """Everything that the operation was applied to, in order, constants as plain floats."""
        if self._operands is not None:
            return self._operands
        arity = 0 if self._row is None else len(self._row.inputs)
        a = self._da if self._a is None else self._a
        b = self._db if self._b is None else self._b
        return (a, b)[:arity]

    @property
    def parents(self) -> tuple[Value, ...]:
        """The operands that are Values, in order: the edges of the graph."""
        return tuple(x for x in self.operands if type(x) is Value)

    @property
    def partials(self) -> tuple[float, ...]:
        """The local derivative for each of the parents, recorded going forward."""
        if _special:
            refuse("partials")
        slopes = (self._da, self._db) if self._slopes is None else self._slopes
        return tuple(p for x, p in zip(self.operands, slopes, strict=False) if type(x) is Value)

    @property
    def label(self) -> str:
        return self._label[1] if self._label is not None else ""

    @label.setter
    def label(self, label: Any) -> None:
        if not isinstance(label, str):
            raise ArgumentTypeError("Value", "label", label, "a str")
        self._label = (self.scope, label)

    @property
    def scope(self) -> str:
        """The `name_scope` in which this was made, "layer1/neuron0"; "" outside of all."""
        return self._label[0] if self._label is not None else ""

    @property
    def _prev(self) -> tuple[Value, ...]:
        """Micrograd's name for the operands, for scripts that walk the graph."""
        shown = self.parents if self._row is _POW else self.operands
        return tuple(x if type(x) is Value else Value(x) for x in shown)

    @property
    def _op(self) -> str:
        """Micrograd's name for the operation."""
        if self._row is None:
            return ""
        power = self._row is _POW and self._b is None
        return f"**{self._db!r}".removesuffix(".0") if power else self._row.symbol or self._row.name

    def detach(self) -> Value:
        """A leaf with the same number and no history; in a traced function a node without a slope."""
        return _node(_DETACH, self._data, self, None, 0.0, 0.0) if mode.trace else Value(self._data)

    def backward(self, gradient: Any = 1.0) -> None:
        """Adds d self/d leaf to the `grad` of every leaf, and sets that of every node between."""
        refuse("backward")
        seed = _checked(gradient, "backward", "gradient")
        if mode.strict is not None:
            mode.strict.backward(self, bind(exclusively, _backward, self, seed))
        else:
            exclusively(_backward, self, seed)

    # --- arithmetic: the hot rows, inlined (a test holds them to the table) ---

    def __add__(self, other: Any) -> Value:
        if type(other) is Value:
            right: Value = other
            return _node(_ADD, self._data + right._data, self, right, 1.0, 1.0)
        y = _number(other)
        return NotImplemented if y is None else _node(_ADD, self._data + y, self, None, 1.0, y)

    def __radd__(self, other: Any) -> Value:
        x = _number(other)
        return NotImplemented if x is None else _node(_ADD, x + self._data, None, self, x, 1.0)

    def __sub__(self, other: Any) -> Value:
        if type(other) is Value:
            right: Value = other
            return _node(_SUB, self._data - right._data, self, right, 1.0, -1.0)
        y = _number(other)
        return NotImplemented if y is None else _node(_SUB, self._data - y, self, None, 1.0, y)

    def __rsub__(self, other: Any) -> Value:
        x = _number(other)
        return NotImplemented if x is None else _node(_SUB, x - self._data, None, self, x, -1.0)

    def __mul__(self, other: Any) -> Value:
        if type(other) is Value:
            right: Value = other
            return _node(_MUL, self._data * right._data, self, right, right._data, self._data)
        y = _number(other)
        return NotImplemented if y is None else _node(_MUL, self._data * y, self, None, y, y)

    def __rmul__(self, other: Any) -> Value:
        x = _number(other)
        return NotImplemented if x is None else _node(_MUL, x * self._data, None, self, x, x)

    def __truediv__(self, other: Any) -> Value:
        if type(other) is Value:
            right: Value = other
            y = divide(self._data, right._data)
            return _node(_DIV, y, self, right, divide(1.0, right._data), -divide(y, right._data))
        return _either_side(_DIV, self, other)

    def relu(self) -> Value:
        y = 0.0 if self._data <= 0.0 else self._data
        return _node(_RELU, y, self, None, 1.0 if y > 0.0 else y, 0.0)  # the slope at nan is nan

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """The rows that were added later are methods of an instance, too."""
        op = TABLE.get(name) or NUMPY_NAMES.get(name)
        if op is None:
            raise AttributeError(f"'Value' object has no attribute {name!r}")
        return bind(op, self)

    @staticmethod
    def __apply_op__(op: Op, operands: Sequence[Any]) -> Any:
        """How a row is applied where a Value is among its operands; see `operation.Op.__call__`."""
        if op is _SELECT and not mode.trace:  # a condition that is known leaves one branch, and no node
            return operands[1] if operands[0] else operands[2]
        return apply(op, operands)

    # Every row is a method, under its own name and NumPy's: a test holds these lists to the table.
    # fmt: off
    (
        abs, absolute, acos, acosh, add, arccos, arccosh, arcsin, arcsinh, arctan, arctan2, arctanh,
        asin, asinh, atan, atan2, atanh, bce_with_logits, clamp, clip, cos, cosh, div, divide, dot,
        elu, erf, erfc, exp, expm1, gelu, greater, greater_equal, hypot, leaky_relu, log, log1p,
        log_softmax, logsumexp, max, maximum, mean, min, minimum, mul, multiply, neg, negative, norm,
        pow, power, prod, select, sigmoid, silu, sin, sinh, softmax, softplus, sqrt, sub, subtract,
        sum, take, tan, tanh, where,
    ) = _methods(
        "abs absolute acos acosh add arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan "
        "atan2 atanh bce_with_logits clamp clip cos cosh div divide dot elu erf erfc exp expm1 gelu greater "
        "greater_equal hypot leaky_relu log log1p log_softmax logsumexp max maximum mean min minimum mul "
        "multiply neg negative norm pow power prod select sigmoid silu sin sinh softmax softplus sqrt sub "
        "subtract sum take tan tanh where"
    )
    # fmt: on

    # --- what a Value is to Python (== is identity) ---

    # fmt: off
    def __rtruediv__(self, other: Any) -> Value: return _either_side(_DIV, other, self)
    def __pow__(self, other: Any) -> Value: return _either_side(_POW, self, other)
    def __rpow__(self, other: Any) -> Value: return _either_side(_POW, other, self)
    def __neg__(self) -> Value: return _node(_NEG, -self._data, self, None, -1.0, 0.0)
    def __abs__(self) -> Value: return apply(_ABS, (self,))
    def __pos__(self) -> Value: return self
    def __lt__(self, other: Any) -> bool: return _compare(self, other, operator.lt)
    def __le__(self, other: Any) -> bool: return _compare(self, other, operator.le)
    def __gt__(self, other: Any) -> bool: return _compare(self, other, operator.gt)
    def __ge__(self, other: Any) -> bool: return _compare(self, other, operator.ge)
    def __and__(self, other: Any) -> Any: return both(operator.mul, self, other)
    def __rand__(self, other: Any) -> Any: return both(operator.mul, self, other)
    def __or__(self, other: Any) -> Any: return both(operator.add, self, other)
    def __ror__(self, other: Any) -> Any: return both(operator.add, self, other)
    def __int__(self) -> int: return int(float(self))
    def __format__(self, spec: str) -> str: return format(self.data if spec else repr(self), spec)
    def __dir__(self) -> list[str]: return sorted({*object.__dir__(self), *TABLE, *NUMPY_NAMES})
    def item(self) -> float: return self.data
    def conjugate(self) -> Value: return self  # for np.std and np.var
    # fmt: on

    def __eq__(self, other: Any) -> Any:
        if _special and (type(other) is Value or _number(other) is not None):
            refuse("equal")
        return NotImplemented  # it is identity

    def __hash__(self) -> int:
        if _special:
            refuse("hash")
        return object.__hash__(self)  # a compiled type with < does not inherit it

    def __bool__(self) -> bool:
        if _special:
            refuse("bool")
        return self._data != 0.0

    def __float__(self) -> float:
        refuse("number")
        advice = "use v.item() for the number, and v.exp(), v.tanh() ... for functions of it"
        raise LostGraphError(
            f"a Value does not become a float by itself, for its graph would be lost: {advice}"
        )

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        return f"Value({self._data!r}, grad={self._grad!r}{label})"

    def _repr_latex_(self) -> str | None:
        return latex_display(self) if latex_display is not None else None

    def __reduce__(self) -> Any:
        refuse("copy")
        if self._row is not None:
            raise GraphError("only leaves are copied and pickled, not nodes with their graph: use v.detach()")
        return Value, (self._data,), (self._grad, self._label)

    def __setstate__(self, state: tuple) -> None:
        self._grad, self._label = state

    def __dealloc__(self) -> None:
        """Frees a chain of any depth: 50 frees nest, and deeper operands are put on a list that the
        outermost one empties. Plain Python never calls this: its own frees do not nest too deeply."""
        global _depth
        if _depth >= 50:
            _orphans.append((self._a, self._b, self._operands))
            return
        _depth += 1
        self._a = None
        self._b = None
        self._operands = None
        if _depth == 1:
            while _orphans:
                _orphans.pop()
        _depth -= 1


def number_of(value: Value) -> float:
    """The number of a Value, for the package itself: in a traced function, too, where `data` is refused."""
    return value._data


# --- making nodes --------------------------------------------------------------------------------


# fmt: off
def _node(
    row: Op, data: float, a: Value | None, b: Value | None, da: float, db: float,
    operands: tuple | None = None, slopes: tuple | None = None,
) -> Value:
    """The one place where nodes are made; `Value.__new__` plus stores is the fastest way there is."""
    node = Value.__new__(Value)
    node._data = data
    node._grad = 0.0
    node._row = row
    node._label = None
    node._a = a
    node._b = b
    node._da = da
    node._db = db
    node._operands = operands
    node._slopes = slopes
    node._pass = 0
    if _special:
        _finish(node)
    return node
# fmt: on


def _number(x: Any) -> Any:
    """The float that x stands for, or None; the two usual types first."""
    if type(x) is float:
        return x
    if type(x) is int and -(2**53) <= x <= 2**53:
        return float(x)
    return real(x)


def _checked(x: Any, function: str, argument: str) -> float:
    x = x.item() if getattr(x, "shape", None) == () else x
    number = _number(x)
    if number is None:
        raise ArgumentTypeError(function, argument, x, "a real number")
    return number


def _either_side(op: Op, left: Any, right: Any) -> Any:
    """The node, unless one side is no number, which then has its own say."""
    for x in (left, right):
        if type(x) is not Value and _number(x) is None:
            return NotImplemented
    return apply(op, (left, right))


def _compare(left: Value, right: Any, holds: Callable[[float, float], bool]) -> Any:
    other: Any = right if type(right) is Value else _number(right)
    if other is None:
        return NotImplemented
    if _special and mode.trace:  # a node, of 1 or 0
        row = TABLE["greater" if holds is operator.gt or holds is operator.lt else "greater_equal"]
        return apply(row, (left, other) if holds is operator.gt or holds is operator.ge else (other, left))
    return holds(left._data, other.data if type(other) is Value else other)


def operands_of(items: Any, row: Op) -> tuple:
    """The items as a tuple of Values and plain floats; the error names the one that is neither."""
    found = tuple(items)
    for x in found:
        if type(x) is not Value and type(x) is not float:
            return tuple([x if type(x) is Value else _checked(x, row.name, "every input") for x in found])
    return found


def apply(row: Op, items: Sequence[Any]) -> Value:
    """A node for any row of the table, with its local derivatives on the way."""
    if len(items) == 1 and type(items[0]) is Value and not row.variadic:
        x: Value = items[0]
        y = row.value(x._data)
        return _node(row, y, x, None, row.partial(0, y, (x._data,)), 0.0)
    operands = operands_of(items, row)
    numbers = _numbers(operands)
    y = row.value(*numbers)
    if row.variadic or len(operands) > 2:
        return _node(row, y, None, None, 0.0, 0.0, operands, tuple(row.all_partials(y, numbers)))
    a = operands[0]
    b = operands[1] if len(operands) == 2 else None
    da = row.partial(0, y, numbers) if type(a) is Value else a
    db = row.partial(1, y, numbers) if type(b) is Value else 0.0 if b is None else b
    return _node(row, y, a if type(a) is Value else None, b if type(b) is Value else None, da, db)


def linear(rows: list, xs: tuple, biases: tuple) -> list:
    """`dot`, inlined, for every row of weights: sum(w * x) + b. A bias may be None, for none."""
    inputs = tuple(_numbers(xs))
    n = len(xs)
    nodes = []
    for k in range(len(rows)):
        row = rows[k]
        weights = _numbers(row)
        y = 0.0
        for i in range(n):
            p = weights[i]
            q = inputs[i]
            y += p * q
        bias = biases[k]
        operands = row + xs
        if bias is not None:
            operands += (bias,)
            weights.append(1.0)
            if type(bias) is Value:
                value = bias
                y += value._data
            else:
                y += bias
        nodes.append(_node(_DOT, y, None, None, 0.0, 0.0, operands, inputs + tuple(weights)))
    return nodes


def _numbers(operands: tuple) -> list:
    """The floats that the operands stand for now."""
    numbers = []
    for x in operands:
        if type(x) is Value:
            value = x
            numbers.append(value._data)
        else:
            numbers.append(x)
    return numbers


# --- the backward pass -----------------------------------------------------------------------------

_pass_lock = threading.RLock()  # an RLock, or a signal handler that calls backward would hang


def exclusively(walk: Callable[..., Any], *given: Any) -> Any:
    """A walk over a graph while there is no other: it may mark nodes, with a token that none before had."""
    global _token, _busy
    with _pass_lock:
        if _busy:
            raise GraphError("another pass of this thread is under way (in a signal handler?)")
        _busy = 1
        try:
            _token += 1
            return walk(_token, *given)
        finally:
            _busy = 0


def _backward(token: Any, root: Value, seed: float) -> None:
    if root._row is None:
        root._grad += seed
        return
    root._grad = seed
    _count_consumers(token, root)
    _hand_back(root)


def _count_consumers(token: Any, root: Value) -> None:
    """Pass 1: every node between root and leaves gets its number of consumers, and a zero gradient.

    A fresh token makes what an interrupted pass left stale. Here and in pass 2 the steps for an edge
    are written out three times: a helper would cost a call an edge.
    """
    stack = [root]
    while True:
        if not stack:
            break
        node = stack.pop()
        parent = node._a
        if parent is not None and parent._row is not None:
            if parent._pass == token:
                parent._count += 1
            else:
                parent._pass = token
                parent._count = 1
                parent._grad = 0.0
                stack.append(parent)
        parent = node._b
        if parent is not None and parent._row is not None:
            if parent._pass == token:
                parent._count += 1
            else:
                parent._pass = token
                parent._count = 1
                parent._grad = 0.0
                stack.append(parent)
        operands = node._operands
        if operands is not None:
            for x in operands:
                if type(x) is Value:
                    parent = x
                    if parent._row is not None:
                        if parent._pass == token:
                            parent._count += 1
                        else:
                            parent._pass = token
                            parent._count = 1
                            parent._grad = 0.0
                            stack.append(parent)


def _hand_back(root: Value) -> None:
    """Pass 2: a node whose consumers have all spoken hands its gradient to its parents."""
    stack = [root]
    while True:
        if not stack:
            break
        node = stack.pop()
        g = node._grad
        parent = node._a
        if parent is not None:
            parent._grad += node._da * g
            if parent._row is not None:
                if parent._count == 1:
                    stack.append(parent)
                else:
                    parent._count -= 1
        parent = node._b
        if parent is not None:
            parent._grad += node._db * g
            if parent._row is not None:
                if parent._count == 1:
                    stack.append(parent)
                else:
                    parent._count -= 1
        operands = node._operands
        if operands is not None:
            slopes = node._slopes or ()
            for i, x in enumerate(operands):
                if type(x) is Value:
                    parent = x
                    p = slopes[i]
                    parent._grad += p * g
                    if parent._row is not None:
                        if parent._count == 1:
                            stack.append(parent)
                        else:
                            parent._count -= 1


# --- the open contexts: no_grad, strict, name_scope --------------------------------------------------


def _watch(count: int) -> None:
    global _special
    _special = count


watchers.append(_watch)


def _finish(node: Value) -> None:
    """What the contexts that are open do to a new node."""
    if mode.strict is not None:
        mode.strict.look_at(node)
    if mode.scope:
        node._label = (mode.scope, node.label)
    if mode.trace:
        mode.trace.look_at(node)
    if not mode.recording and mode.trace:
        _hold(node)
    elif not mode.recording:
        node._row = node._a = node._b = node._operands = node._slopes = None


def _hold(node: Value) -> None:
    """Under no_grad in a traced function a node becomes `detach` of itself: it still follows the numbers."""
    if node._row is not None and node._row is not _DETACH:
        a, b = _held(node._a), _held(node._b)
        operands = None if node._operands is None else tuple([_held(x) for x in node._operands])
        mode.recording = True
        made = _node(node._row, node._data, a, b, node._da, node._db, operands, node._slopes)
        mode.recording = False
        node._row, node._a, node._b, node._da = _DETACH, made, None, 0.0
        node._operands = node._slopes = None


def _held(x: Any) -> Any:
    """What is inside of a `detach`, for within another there is no need of it."""
    return x.parents[0] if type(x) is Value and x.op is _DETACH else x
