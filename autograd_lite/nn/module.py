"""Module: finds the parameters in its attributes, names them, gives and takes their numbers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from typing import Any

from ..engine import Value, mode, name_scope
from ..errors import ArgumentTypeError, ArgumentValueError, AutogradLiteError


class Module:
    """Anything with parameters. A subclass sets attributes and writes `forward`; nothing is registered.

    Parameters are the Values that are leaves, in attributes, lists, tuples and dicts and in the
    Modules in there, in order. A full nest of them is one parameter array: `self.weight`, rows of
    Values, is "weight" of shape (out, in). A module reached twice is listed under its first name.

    A training loop pays for no names. Where an `al.name_scope` is open, a module called in it adds
    the names of its parts: under `name_scope("net")`, nodes get scopes such as "net/layer0/neuron1".
    """

    def forward(self, *inputs: Any) -> Any:
        raise AutogradLiteError(f"{type(self).__name__}.forward is missing: it says what the module computes")

    def __call__(self, *inputs: Any) -> Any:
        return _call_in_scope(self, inputs) if mode.scope else self.forward(*inputs)

    def named_modules(self) -> list[tuple[str, Module]]:
        """(name, module) for this one, named "", and for every one inside."""
        return [(name, x) for name, x in _walk(self, "", set(), _is_plain) if isinstance(x, Module)]

    def named_parameters(self) -> list[tuple[str, Any]]:
        """(name, nest of Values) for every array: ("layers.0.weight", rows), ("layers.0.bias", tuple)."""
        return [(name, x) for name, x in _walk(self, "", set(), _is_nest) if not isinstance(x, Module)]

    def parameters(self) -> list[Value]:
        """All the Values, flat, each once."""
        return list({id(v): v for _, nest in self.named_parameters() for v in _leaves(nest)}.values())

    def zero_grad(self) -> None:
        for parameter in self.parameters():
            parameter.grad = 0.0

    def state_dict(self) -> dict[str, Any]:
        """The numbers, {"layers.0.weight": array (out, in), ...}, in float64."""
        import numpy as np

        return {name: np.array(_numbers(nest), dtype=np.float64) for name, nest in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Takes the numbers over. Either the whole state fits, name by name, or nothing is loaded."""
        function, own = f"{type(self).__name__}.load_state_dict", dict(self.named_parameters())
        if not isinstance(state, Mapping):
            raise ArgumentTypeError(function, "state", state, "a dict of arrays by name")
        arrays = {name: _array(state[name]) for name in own if name in state}
        faults = [f"{name!r} is missing" for name in own if name not in state]
        faults += [f"{name!r} is no name of the net" for name in state if name not in own]
        faults += [f"{name!r} {fault}" for name, x in arrays.items() if (fault := _misfit(x, own[name]))]
        if faults:
            allowed = f"a state of this net (but {'; '.join(faults)}; nothing was loaded)"
            raise ArgumentValueError(function, "state", state, allowed)
        for name, array in arrays.items():
            for parameter, number in zip(_leaves(own[name]), array.flat, strict=True):
                parameter.data = number

    def summary(self) -> str:
        """A table as text: the modules that have parameters of their own, and how many."""
        counts = [(name, repr(x), _count_own(x)) for name, x in self.named_modules()]
        rows = [row for row in counts if row[2]] + [("total", "", len(self.parameters()))]
        left, middle = max(len(row[0]) for row in rows), max(len(row[1]) for row in rows)
        lines = [f"{name:<{left}}  {text:<{middle}}  {count:>9,}" for name, text, count in rows]
        return "\n".join([repr(self), *lines])

    def __repr__(self) -> str:
        return f"{type(self).__name__}(of {len(self.parameters())} parameters)"

    def _forward_in_scope(self, *inputs: Any) -> Any:
        return self.forward(*inputs)

    def _attributes(self) -> Mapping[str, Any]:
        """Where parameters are looked for."""
        return vars(self)


# --- finding parameters --------------------------------------------------------------------------------

BARE = frozenset((bool, float, int, str, type(None)))  # in which there is nothing to find


def _walk(x: Any, name: str, seen: set[int], is_end: Callable[[Any], bool]) -> Iterator[tuple[str, Any]]:
    """(name, x) for every module and every end in x, itself included, in order."""
    items: Iterable[tuple[Any, Any]] = ()
    if getattr(x, "dtype", "") == "object":
        x = x.tolist()
    if isinstance(x, Module):
        if id(x) in seen:
            return
        seen.add(id(x))
        yield name, x
        items = x._attributes().items()
    elif is_end(x):
        yield name, x
    elif isinstance(x, dict):
        items = x.items()
    elif isinstance(x, list | tuple):
        items = enumerate(x)
    for key, item in items:
        if type(item) not in BARE:
            yield from _walk(item, f"{name}.{key}" if name else str(key), seen, is_end)


def _is_nest(x: Any) -> bool:
    return nest_shape(x, _is_parameter) is not None


def _is_plain(x: Any) -> bool:
    """Whether there is no module in x for sure: it is a Value, or rows of them."""
    if isinstance(x, list | tuple):
        return set(map(type, x)) <= {Value} or all(map(_is_plain, x))
    return type(x) is Value


def nest_shape(x: Any, is_leaf: Callable[[Any], bool]) -> tuple[int, ...] | None:
    """The shape of a full nest of leaves in lists and tuples; None where it is no such nest."""
    if not isinstance(x, list | tuple):
        return () if is_leaf(x) else None
    if x and not isinstance(x[0], list | tuple):  # nearly all: a row, quickly
        return (len(x),) if all(map(is_leaf, x)) else None
    shapes = {nest_shape(item, is_leaf) for item in x}
    shape = shapes.pop() if len(shapes) == 1 else None
    return None if shape is None else (len(x), *shape)


def _is_parameter(x: Any) -> bool:
    return type(x) is Value and x.op is None


def _leaves(nest: Any) -> Iterator[Value]:
    if type(nest) is Value:
        yield nest
    else:
        for item in nest:
            yield from _leaves(item)


def _numbers(nest: Any) -> Any:
    return nest.data if type(nest) is Value else [_numbers(item) for item in nest]


def _count_own(module: Module) -> int:
    """How many parameters a module has outside of the modules in it."""
    inside = {v for _, m in module.named_modules()[1:] for v in m.parameters()}
    return sum(v not in inside for v in module.parameters())


# --- taking numbers over ---------------------------------------------------------------------------------


def _array(given: Any) -> Any:
    """The array in float64, or None where it is not one of real numbers."""
    import numpy as np

    try:
        array = np.asarray(given)
    except (TypeError, ValueError, RuntimeError):  # RuntimeError: a torch tensor that requires grad
        return None
    return array.astype(np.float64) if array.dtype.kind in "biuf" else None


def _misfit(array: Any, nest: Any) -> str:
    """What keeps the array from being loaded; "" where nothing does."""
    import numpy as np

    shape = nest_shape(nest, _is_parameter)
    if array is None:
        return "is not an array of real numbers"
    if array.shape != shape:
        return f"is of shape {array.shape}, not {shape}"
    return "" if np.isfinite(array).all() else "holds inf or nan"


# --- names, where a scope is open ------------------------------------------------------------------------


class _Inside(threading.local):
    """By id, the scopes of the modules inside the one that this thread is calling."""

    scopes: Mapping[int, str] = {}  # replaced, never changed


_inside = _Inside()


def _call_in_scope(module: Module, inputs: tuple[Any, ...]) -> Any:
    before = _inside.scopes
    own = before.get(id(module))  # None for the outermost: the user's scope is its name
    _inside.scopes = {id(m): _scope(name) for name, m in module.named_modules()[1:]}
    try:
        with name_scope(own) if own else nullcontext():
            return module._forward_in_scope(*inputs)
    finally:
        _inside.scopes = before


def _scope(name: str) -> str:
    """The scope for a module's name: "encoder/layer0" for "encoder.layers.0"."""
    parts: list[str] = []
    for part in name.split("."):
        if not part.isdigit():
            parts.append(part)
        elif parts and not parts[-1][-1:].isdigit():
            parts[-1] = parts[-1].removesuffix("s") + part
        else:
            parts.append("layer" + part)
    return "/".join(parts)
