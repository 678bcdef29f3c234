"""A few of the random programs of figure 14, and what they say when the compiler has a bug."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autograd_lite import compiler
from autograd_lite.compiler.equations.ir import Sum
from tests.compiler import random_array_programs as drawn
from tests.compiler.random_array_programs import Drawn
from tests.figures import fuzz

SEEDS = range(60)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_programs_have_the_loss_and_the_gradients_of_the_graph(seed):
    what, _ = fuzz.fault(seed)
    assert what == ""


def test_a_seed_is_a_program_and_another_is_another():
    texts = [Drawn(seed).text for seed in SEEDS]
    assert texts == [Drawn(seed).text for seed in SEEDS]
    assert len(set(map(tuple, texts))) == len(SEEDS)


def test_every_step_is_drawn():
    names = {line.split()[2].partition("(")[0] for seed in range(300) for line in Drawn(seed).text}
    assert names == drawn.STEPS.keys()


# --- a planted bug: what is added to a gradient is lost ----------------------------------------------


@pytest.fixture
def _lost_addition(monkeypatch):
    """Of what comes to an array from several uses, only the first arrives."""

    def forgetful(program):
        found = differentiate(program)
        found.backward[:] = [_first(e) for e in found.backward if not getattr(e, "add", False)]
        return found

    differentiate = compiler.differentiate
    monkeypatch.setattr(compiler, "differentiate", forgetful)


def _first(equation):
    return replace(equation, terms=equation.terms[:1]) if isinstance(equation, Sum) else equation


@pytest.mark.usefixtures("_lost_addition")
def test_a_lost_addition_is_seen_by_the_fuzz(monkeypatch):
    monkeypatch.setattr(compiler.Verification, "_hold_at", lambda *given: None)
    faults = [fuzz.fault(seed)[0] for seed in SEEDS]
    assert sum(what.startswith("gradient of") for what in faults) > len(SEEDS) // 4


@pytest.mark.usefixtures("_lost_addition")
def test_a_lost_addition_is_seen_at_compile_time():
    """Save where the example takes another branch than the data: there the fuzz alone sees it."""
    faults = [fuzz.fault(seed)[0] for seed in SEEDS]
    caught = sum(what.startswith("CompileError") for what in faults)
    assert caught > len(SEEDS) // 4
    assert caught >= 0.9 * sum(what != "" for what in faults)
