"""In plain Python: the rows of the table as true methods of Value, under their own names and NumPy's.

The compiled type takes no methods from outside and answers through `__getattr__`. Plain Python
does without it, for before 3.12 a class that has one pays at every load of an attribute: backward
is more than twice as fast without. A row that is added later brings it back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .ops import NUMPY_NAMES, TABLE, new_rows
from .value import Value


def give_methods() -> None:
    """Methods for the rows that there are, in place of `__getattr__`."""
    by_name = Value.__getattr__
    for name, op in {**NUMPY_NAMES, **TABLE}.items():
        if name not in vars(Value):
            setattr(Value, name, _method(op.name))
    del Value.__getattr__
    new_rows.append(lambda _: setattr(Value, "__getattr__", by_name))


def _method(name: str) -> Callable[..., Any]:
    def method(self: Value, *others: Any, **named: Any) -> Any:
        return TABLE[name](self, *others, **named)

    method.__name__, method.__doc__ = name, TABLE[name].__doc__
    return method
