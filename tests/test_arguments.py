"""Bad arguments: every public callable refuses them by name, and none is left out of the table."""

from __future__ import annotations

import re

import pytest

import autograd_lite as al
from autograd_lite import ArgumentTypeError

from .arguments.probes import NONE, PROBES, REAL, Entry, entry, verdict
from .arguments.table import ENTRIES, KNOWN, faults, pairs
from .arguments.walk import LEFT_OUT, LEFT_OUT_ARGUMENTS, parameters, public


def marked(pair):
    known = [pytest.mark.xfail(strict=True, reason="a known fault")] if pair in KNOWN else []
    return pytest.param(*pair, marks=known, id="-".join(pair))


@pytest.mark.parametrize(("name", "argument"), [marked(pair) for pair in pairs()])
def test_bad_arguments_are_refused_by_name(name, argument):
    found = faults(name, argument)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", ENTRIES)
def test_good_arguments_are_taken(name):
    """Else a refusal would say nothing."""
    ENTRIES[name].call(**ENTRIES[name].good())


# --- nothing is left out -------------------------------------------------------------------------------


def test_every_public_callable_is_in_the_table():
    missing = public().keys() - ENTRIES.keys() - LEFT_OUT.keys()
    assert not missing, f"put into tests/arguments: {sorted(missing)}"


def test_every_argument_is_in_the_table():
    """Those that a callable names are probed, one by one."""
    missing = [
        (name, argument)
        for name, thing in public().items()
        for argument in parameters(thing)
        if name in ENTRIES and argument not in ENTRIES[name].arguments
    ]
    assert not {*missing} - LEFT_OUT_ARGUMENTS.keys(), missing


def test_what_is_left_out_is_there_to_be_left_out():
    assert LEFT_OUT.keys() <= public().keys()
    assert not LEFT_OUT.keys() & ENTRIES.keys()
    assert set(KNOWN) <= set(pairs())
    assert len(set(KNOWN)) == len(KNOWN)


def test_the_walk_sees_what_is_public():
    found = public()
    assert {
        "Value",
        "Value.backward",
        "exp",
        "fit",
        "nn.MLP",
        "optim.Adam",
        "plots.loss_curve",
        "ops.row",
    } <= found.keys()
    assert {name for name in al.__all__ if isinstance(getattr(al, name), al.ops.Op)} <= found.keys()


# --- the oracle, held against planted faults ---------------------------------------------------------------


def refuses(function, argument, allowed="a number"):
    def call(x):
        raise ArgumentTypeError(function, argument, x, allowed)

    return call


def raises(error):
    def call(x):
        raise error

    return call


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (refuses("f", "x"), ""),
        (lambda x: x, "silent"),
        (refuses("g", "x"), "does not name f"),
        (refuses("f", "y"), "does not name x"),
        (refuses("f", "index"), "does not name x"),
        (refuses("f", "x", ""), "says too little"),
        (raises(ValueError("x")), "raw ValueError"),
        (raises(TypeError("x")), "raw TypeError"),
        (raises(KeyError("x")), "raw KeyError"),
        (lambda x: x + 1, ""),  # Python's own
    ],
)
def test_the_verdict(call, fault):
    found = verdict(entry("f", call, x=(1.0, NONE)), "x", "str")
    assert re.match(fault or "$", found) or (found == "raw TypeError" and not fault), found


def test_a_legal_argument_that_is_refused_is_a_fault():
    assert verdict(Entry("f", refuses("f", "x"), {"x": (1.0, REAL)}), "x", "nan").startswith("refused")
    assert verdict(Entry("f", raises(ValueError()), {"x": (1.0, REAL)}), "x", "nan").startswith("raw")


def test_a_call_without_end_is_ended():
    def count(x):
        for _ in range(x):
            pass

    assert verdict(entry("f", count, x=(1, NONE)), "x", "10**400") == "without end"


def test_the_probes_are_those_that_are_promised():
    kinds = {type(make()) for make in PROBES.values()}
    assert {str, type(None), complex, list, dict, object, bool, int, float} <= kinds
