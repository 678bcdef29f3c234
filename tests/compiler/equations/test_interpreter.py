"""The interpreter of array equations, held against the slow one of the tests, its oracle."""

import random

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite.compiler.equations.gradient import differentiate
from autograd_lite.compiler.equations.interpreter import interpret
from autograd_lite.compiler.equations.ir import Array, Call, Equations, Step, Sum, Term, View, whole

from ..interpreter import floats, run
from ..random_array_programs import Drawn
from ..random_equations import Example
from ..random_nets import Model


def differences(program, numbers, count):
    """The arrays on which the two do not agree."""
    given = {a: np.asarray(floats(x), float) for a, x in numbers.items()}
    found, expected = interpret(program, given, count), run(program, numbers, count=count)
    faults = []
    for array, oracle in expected.items():
        unset = oracle == None  # noqa: E711
        got = np.asarray(found.get(array, array.data), float)
        right = np.where(unset, np.nan, np.where(unset, 0.0, oracle)).astype(float)
        if not np.allclose(got, right, rtol=1e-12, atol=1e-14, equal_nan=True):
            faults.append(array.name)
    return faults


@pytest.mark.parametrize("wild", [False, True])
@pytest.mark.parametrize("seed", range(60))
def test_random_equations_forward_and_backward(seed, wild):
    example = Example(seed, wild)
    differentiate(example.program)
    assert differences(example.program, example.numbers, example.count) == []


@pytest.mark.parametrize("kind", [Drawn, Model])
@pytest.mark.parametrize("seed", range(25))
def test_compiled_programs_with_their_loops(kind, seed):
    source = kind(seed)
    x, k = source.sample(random.Random(seed))
    source.scale = 1.0
    program = al.compile(source, source.parameters, x=x, k=k)._rolled
    rng = np.random.default_rng(seed)
    numbers = {a: rng.uniform(-0.5, 0.5, a.shape) for a in program.parameters}
    for array in program.inputs:
        drawn = (
            rng.integers(0, 2, (2, *array.shape))
            if array.kind == "index"
            else rng.normal(size=(2, *array.shape))
        )
        numbers[array] = drawn.astype(float)
    assert differences(program, numbers, 2) == []


def test_a_loop_runs_its_steps_in_order():
    w = al.Value(0.5)

    def loss(xs):
        h = 0.0
        for x in xs:
            h = al.tanh(w * h + x)
        return h

    program = al.compile(loss, [w], xs=[0.1 * k for k in range(12)])._rolled
    assert program.loops
    (parameter,), (inputs,) = program.parameters, program.inputs
    xs = np.linspace(-1.0, 1.0, 24).reshape(2, 12)
    found = interpret(program, {parameter: np.array([0.5]).reshape(parameter.shape), inputs: xs}, 2)
    rows = [loss(list(row)) for row in xs]
    assert found[program.loss] == pytest.approx(np.mean([row.data for row in rows]), rel=1e-14)
    slope = np.mean([al.grad(row, w) for row in rows])
    assert found[program.gradients[parameter]] == pytest.approx(slope, rel=1e-13)


def test_what_is_never_set_is_not_a_number():
    x, y, loss = Array("x", (3,), "parameter"), Array("y", (3,)), Array("loss", ())
    first = View(y, (Step(0, (("i", 1),)),))
    program = Equations(
        [Sum(first, (Term(2.0, (whole(x, ("i",)),)),), {"i": 2}), Sum(whole(loss, ()), (), {})], loss, [], [x]
    )
    found = interpret(program, {x: np.array([1.0, 2.0, 3.0])}, 1)
    assert found[y].tolist()[:2] == [2.0, 4.0]
    assert np.isnan(found[y][2])
    assert found[loss] == 0.0


def test_slopes_are_those_of_the_table():
    x, s, loss = Array("x", (), "parameter"), Array("s", ()), Array("loss", ())
    y = Call("sigmoid", (whole(x, ()),))
    slope = Call("sigmoid", (y, whole(x, ())), 0)
    program = Equations(
        [Sum(whole(s, ()), (Term(1.0, (slope,)),), {}), Sum(whole(loss, ()), (), {})], loss, [], [x]
    )
    assert interpret(program, {x: np.array(0.3)}, 1)[s] == al.grad(al.sigmoid(v := al.Value(0.3)), v)
