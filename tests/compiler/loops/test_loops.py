"""Recurrences: found in equations that come again and again, written as loops, and computing the same."""

import random

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite.compiler.equations.gradient import differentiate
from autograd_lite.compiler.equations.ir import Equations
from autograd_lite.compiler.equations.simplify import simplify
from autograd_lite.compiler.equations.well_formed import check
from autograd_lite.compiler.loops.detection import find_loops
from autograd_lite.compiler.loops.recurrences import LEAST, find

from ..equations_from_text import samples, written
from ..random_array_programs import Drawn
from ..random_net_kinds import elman, gru, lstm
from ..random_nets import Model
from ..traced_graphs import equations, held, row, table


def looped(program: Equations) -> Equations:
    """Through the stages as `compile` does."""
    return find_loops(simplify(differentiate(simplify(program))))


def rnn(parameters, every=False):
    """h = tanh(W x + U h + b), from 0 on; a loss at the end, or at every step."""

    def loss(x):
        h, total = [0.0, 0.0], 0.0
        for xt in x:
            both = zip(parameters["W"], parameters["U"], parameters["b"], strict=True)
            h = [al.tanh(al.dot(w, xt) + al.dot(u, h) + b) for w, u, b in both]
            total = total + al.dot(h, h)
        return total if every else al.dot(h, h)

    return loss


def weights():
    return {"W": table(2, 2, -0.3), "U": table(2, 2, 0.2), "b": row(0.1, -0.1)}


def data(steps, start=0.0):
    return [[start + 0.1 * t, 0.3 - 0.2 * t] for t in range(steps)]


def loops(program):
    return [(loop.label, loop.count, loop.start, loop.backward) for loop in program.loops]


# --- what is written ---------------------------------------------------------------------------------------


def test_a_recurrence_is_written_once():
    parameters = weights()
    program = held(rnn(parameters), parameters, {"x": data(5)}, {"x": data(5, 0.4)}, stage=looped)
    assert [str(e) for e in program.forward] == [
        "v0[n,i0,i1] = 0",
        "v1[n,i0,i1] = 0",
        "v0[n,t,i] = Σ_j W[i,j]·x[n,t,j] + Σ_k U[i,k]·v1[n,t,k] + b[i]",
        "v1[n,t+1,i] = tanh(v0[n,t,i])",
        "L[] = Σ_n,i n^-1·v1[n,5,i]·v1[n,5,i]",
    ]
    assert loops(program) == [("t", 5, 0, False), ("t", 4, 0, True)]


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("steps", [4, 6, 9])
def test_it_computes_the_same(steps, every):
    parameters = weights()
    held(rnn(parameters, every), parameters, {"x": data(steps)}, {"x": data(steps, 0.4)}, stage=looped)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_few_steps_are_no_loop_and_right(steps):
    parameters = weights()
    held(rnn(parameters), parameters, {"x": data(steps)}, stage=looped)


CELLS = {"elman": elman, "gru": gru, "lstm": lstm}


def cells(cell, layers, steps, every, seed=0):
    """A net of recurrent cells as in the fuzz, with a step a sample; its parameters, loss and data."""
    model = Model(seed)
    model.rng, model.parameters, model.linear_way = random.Random(seed), {}, "dot"
    stack = [CELLS[cell](model, str(i), 2, 2) for i in range(layers)]
    out = model.new("V", 3, 2)

    def loss(x, k):
        states = x
        for layer in stack:
            states = layer(states)
        scores = [[al.dot(w, h) for w in out] for h in states]
        losses = [al.cross_entropy(z, y) for z, y in zip(scores, k, strict=True)]
        return al.mean(losses) if every else losses[-1]

    return model.parameters, loss, {"x": data(steps), "k": [t % 3 for t in range(steps)]}


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_the_text_does_not_grow_with_the_steps(cell, layers, every):
    lengths = set()
    for steps in (6, 8):
        parameters, loss, example = cells(cell, layers, steps, every)
        program = looped(equations(loss, parameters, **example))
        lengths.add(len(str(program).splitlines()))
        assert program.loops
    assert len(lengths) == 1


@pytest.mark.parametrize("cell", CELLS)
def test_cells_compute_the_same(cell):
    parameters, loss, example = cells(cell, 2, 6, every=True)
    other = {"x": data(6, 0.5), "k": [0, 0, 1, 2, 1, 0]}
    held(loss, parameters, example, other, stage=looped)


def test_parameters_that_are_read_step_by_step():
    """Their gradients are a place a step: one equation for all."""
    w = {"w": row(*np.linspace(-1, 1, 7))}

    def loss(x):
        a, found = 0.0, []
        for weight, v in zip(w["w"], x, strict=True):
            a = al.tanh(a + weight * v)
            found.append(a)
        return al.sum(found)

    example = [{"x": list(np.linspace(start, 2, 7))} for start in (0.0, 1.0)]
    program = held(loss, w, *example, stage=looped)
    assert (
        sum(
            equation.target.array is program.gradients[program.parameters[0]] for equation in program.backward
        )
        == 1
    )


def test_states_that_are_learned_and_states_that_are_results():
    parameters = {**weights(), "h": row(0.3, -0.2)}

    def loss(x):
        h, every = parameters["h"], []
        for xt in x:
            both = zip(parameters["W"], parameters["U"], parameters["b"], strict=True)
            h = [al.tanh(al.dot(w, xt) + al.dot(u, h) + b) for w, u, b in both]
            every.append(h)
        return al.dot(h, h), every[0], every[3], every

    program = held(loss, parameters, {"x": data(6)}, {"x": data(6, 0.4)}, stage=looped)
    check(program)
    assert {equation.target.array for equation in program.forward} >= set(program.outputs)


def test_a_step_back_and_two_states():
    w = {"w": row(0.5, -0.3, 0.2)}

    def loss(x):
        a, b = x[0], x[1]
        for v in x[2:]:
            a, b = b, al.tanh(w["w"][0] * a + w["w"][1] * b + w["w"][2] * v)
        return b * a

    held(loss, w, {"x": list(np.linspace(0, 1, 9))}, {"x": list(np.linspace(-1, 2, 9))}, stage=looped)


def test_sums_that_run_on():
    w = {"w": row(*np.linspace(0.1, 0.9, 6))}

    def loss(x):
        total, found = 0.0, []
        for weight, v in zip(w["w"], x, strict=True):
            total = total + weight * v
            found.append(al.tanh(total))
        return al.sum(found)

    held(loss, w, {"x": [1.0, 2.0, 0.0, -1.0, 0.5, 0.3]}, {"x": [0.0] * 6}, stage=looped)


@pytest.mark.parametrize("seed", [1488, 7906])
def test_programs_that_were_wrong_once(seed):
    """Two stacks began with one array; terms were taken over that something else had, too."""
    source, rng = Drawn(seed), random.Random(seed)
    batch = [source.sample(rng) for _ in range(2)]
    held(source, source.parameters, *({"x": x, "k": k} for x, k in batch), stage=looped)


def test_a_step_before_the_first_that_would_read_beyond_an_array_is_no_step():
    """An LSTM on an LSTM, read at the end: going back, the last step has no forget gate after it."""
    parameters, loss, example = cells("lstm", 2, 5, every=False)
    held(loss, parameters, example, stage=looped)


@pytest.mark.parametrize("seed", range(12))
def test_random_recurrences(seed):
    rng = random.Random(seed)
    cell, layers, steps = rng.choice([*CELLS]), rng.randint(1, 2), rng.randint(2, 6)
    parameters, loss, example = cells(cell, layers, steps, rng.random() < 0.5, seed)
    held(loss, parameters, example, stage=looped)


# --- what is no recurrence -------------------------------------------------------------------------------


def test_unlike_steps_are_no_loop():
    w = {"w": row(0.5, -0.3)}

    def loss(x):
        for k, v in enumerate(x):
            x = (al.tanh, al.sin, al.sigmoid)[k * k % 3](w["w"][0] * v + w["w"][k % 2])
        return x

    program = held(loss, w, {"x": list(np.linspace(0, 1, 7))}, stage=looped)
    assert program.loops == []


def test_layers_of_unlike_weights_are_no_loop():
    parameters = {f"W{k}": table(2, 2, 0.1 * k) for k in range(4)}

    def loss(x):
        for w in parameters.values():
            x = [al.tanh(al.dot(own, x)) for own in w]
        return al.sum(x)

    assert held(loss, parameters, {"x": [0.5, -0.5]}, stage=looped).loops == []


def test_places_that_do_not_step_evenly_are_no_loop():
    w = {"w": row(*np.linspace(-1, 1, 8))}

    def loss(x):
        h = x
        for k in (0, 1, 3, 7, 2):
            h = al.tanh(h * w["w"][k])
        return h

    program = equations(loss, w, x=0.5)
    assert find(program, program.forward) is None
    held(loss, w, {"x": 0.5}, {"x": -1.0}, stage=looped)


# --- equations that are written out ----------------------------------------------------------------------

CHAIN = """
    h0[n,i] = x[n,0,i]
    h1[n,i] = tanh(h0[n,i])
    h2[n,i] = tanh(h1[n,i])
    h3[n,i] = tanh(h2[n,i])
    L[] = Σ_n,i h3[n,i] + h1[n,i]
"""


def test_what_is_outside_of_a_loop_reads_its_places():
    program = find_loops(written(CHAIN, x=samples(2, 3)))
    check(program)
    assert str(program).splitlines() == [
        "h1[n,i0,i1] = 0",
        "h1[n,0,i] = x[n,0,i]",
        "h1[n,t+1,i] = tanh(h1[n,t,i])",
        "L[] = Σ_n,i h1[n,3,i] + Σ_n,i h1[n,1,i]",
    ]
    assert loops(program) == [("t", 3, 1, False)]


@pytest.mark.parametrize("result", range(4))
def test_a_result_keeps_its_array(result):
    """Wherever it stands: no step, none that a loop begins with, and nothing that this was made of."""
    lines = """
        a0[n,i] = 2·x[n,0,i]
        h0[n,i] = tanh(a0[n,i])
        a1[n,i] = 0.5·h0[n,i]
        h1[n,i] = tanh(a1[n,i])
        a2[n,i] = 0.5·h1[n,i]
        h2[n,i] = tanh(a2[n,i])
        a3[n,i] = 0.5·h2[n,i]
        h3[n,i] = tanh(a3[n,i])
        L[] = Σ_n,i h3[n,i]
    """
    program = written(lines, x=samples(2, 3))
    output = program.forward[result].target.array
    program.outputs = [output]
    check(find_loops(program))
    assert output in {equation.target.array for equation in program.forward}
    assert len(output.shape) == 1


def test_an_array_that_is_changed_later_is_not_stacked():
    text = CHAIN.replace("h3[n,i] =", "h1[n,0] += 1\n    h3[n,i] =")
    assert find_loops(written(text, x=samples(2, 3))).loops == []


def test_fewer_steps_than_are_worth_it():
    assert LEAST == 3
    assert (
        find_loops(
            written(CHAIN.replace("h3[n,i] = tanh(h2[n,i])", "h3[n,i] = sin(h2[n,i])"), x=samples(2, 3))
        ).loops
        == []
    )


@pytest.mark.parametrize("steps", [4, 6, 9])
def test_a_recurrence_that_begins_with_nothing_over_samples(steps):
    """h = f(x[t]) + U h from h = 0: the zero was taken for the first of the samples' states."""
    w, u = [al.Value(0.3), al.Value(-0.4)], [[al.Value(0.1), al.Value(0.2)], [al.Value(-0.3), al.Value(0.4)]]

    def loss(x):
        h = [0.0, 0.0]
        for own in x:
            h = [al.tanh(a * own) + al.dot(row, h) for a, row in zip(w, u, strict=True)]
        return al.sum([v * v for v in h])

    program = al.compile(loss, {"w": w, "u": u}, x=[0.1 * t for t in range(steps)])
    x = [[0.3 - 0.1 * t for t in range(steps)], [0.2 * t for t in range(steps)]]
    total = al.mean([loss(own) for own in x])
    value, gradients = program.value_and_grad(x)
    assert value == pytest.approx(total.data)
    np.testing.assert_allclose(gradients["w"], al.grad(total, w), rtol=1e-12)
