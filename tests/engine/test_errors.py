"""The family of exceptions: who is whose, what they carry, what they say, and that they travel."""

import copy
import pickle

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import (
    ArgumentError,
    ArgumentTypeError,
    ArgumentValueError,
    AutogradLiteError,
    GraphError,
    LostGraphError,
    NonFiniteError,
    Value,
    errors,
)
from autograd_lite.notation.expression import parse

FAMILY = [
    thing for thing in vars(errors).values() if isinstance(thing, type) and issubclass(thing, Exception)
]


def test_one_head_for_the_whole_family():
    assert len(FAMILY) >= 7
    assert all(issubclass(error, AutogradLiteError) for error in FAMILY)
    assert AutogradLiteError.__bases__ == (Exception,)


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (ArgumentTypeError, TypeError),
        (ArgumentValueError, ValueError),
        (GraphError, RuntimeError),
        (LostGraphError, TypeError),
        (NonFiniteError, ArithmeticError),
        (al.RenderError, RuntimeError),
        (al.ExpressionError, ValueError),
        (errors.BrokenEquationsError, AssertionError),
        (errors.MissingMatplotlibError, ImportError),
    ],
)
def test_each_is_also_what_python_would_raise(error, builtin):
    assert issubclass(error, builtin)


def test_bad_types_and_bad_values_are_bad_arguments():
    assert issubclass(ArgumentTypeError, ArgumentError)
    assert issubclass(ArgumentValueError, ArgumentError)
    assert not issubclass(ArgumentTypeError, ValueError)
    assert not issubclass(ArgumentValueError, TypeError)


RAISED = {
    "type": lambda: Value("1"),
    "value": lambda: al.dot([1.0], [1.0, 2.0]),
    "graph": lambda: copy.copy(Value(1.0) + 1),
    "lost": lambda: float(Value(1.0)),
    "finite": lambda: al.strict()(lambda: Value(0.0, label="x").log())(),
    "expression": lambda: parse("w*x + )"),
    "render": lambda: not_rendered(),
}


def not_rendered():
    raise al.RenderError("png", ('there is no "dot" on the PATH',), "picture.dot")


def raised(name):
    with pytest.raises(AutogradLiteError) as caught:
        RAISED[name]()
    return caught.value


@pytest.mark.parametrize("name", RAISED)
def test_errors_travel_between_processes_with_all_they_carry(name):
    error = raised(name)
    for again in (
        *(pickle.loads(pickle.dumps(error, p)) for p in range(6)),
        copy.deepcopy(error),
        copy.copy(error),
    ):
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert vars(again) == vars(error)


def test_an_argument_error_carries_what_a_handler_would_ask_for():
    error = raised("type")
    assert (error.function, error.argument, error.got, error.allowed) == (
        "Value",
        "data",
        "1",
        "a real number",
    )
    assert str(error) == "Value: data must be a real number, got str '1'"


def test_a_value_error_names_the_limit():
    assert str(raised("value")) == "dot: x must be of the length of w, 1, got list [1.0, 2.0]"


def test_a_non_finite_error_carries_where_it_came_from():
    error = raised("finite")
    assert (error.kind, error.op, error.inputs, error.label) == ("value", "log", (0.0,), "")
    assert error.where.startswith(__file__)


class Unprintable:
    def __repr__(self):
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("got", "text"),
    [
        (None, "None"),
        ("1", "str '1'"),
        ([1, 2], "list [1, 2]"),
        (3.0, "float 3.0"),
        (np.ones((2, 3)), "ndarray of shape (2, 3)"),
        (Unprintable(), "Unprintable"),
        (Value(1.0, label="x"), "Value Value(1.0, grad=0.0, label='x')"),
    ],
)
def test_what_came_is_told_in_a_word(got, text):
    assert errors.describe(got) == text
    assert str(ArgumentTypeError("f", "x", got, "a number")) == f"f: x must be a number, got {text}"


def test_what_is_long_is_cut():
    text = errors.describe(list(range(1000)))
    assert text.startswith("list [0, 1, 2, ")
    assert text.endswith("...")
    assert len(text) < 80
    assert errors.describe("a" * 58) == f"str {'a' * 58!r}"
    assert errors.describe("a" * 59).endswith("...")


def test_what_cannot_be_printed_can_be_refused():
    with pytest.raises(ArgumentTypeError, match="got Unprintable"):
        Value(Unprintable())
