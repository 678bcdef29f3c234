"""Every way of reading and writing a part of an array: what it looks like, and that it is right."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_lite.compiler.equations.ir import Array, Call, Equations, Loop, Step, Sum, Term, View, whole
from autograd_lite.compiler.execution.emitted import emit

from ..equations_from_text import computed, index, parameter, samples, written
from ..run_both_texts import assert_emitted, body, drawn, ready


def lines_of(program):
    return body(emit(ready(program)).source)


def read(steps, shape, labels, batched=False):
    """v = tanh of a view of an array, and a loss of it."""
    array = Array("x", shape, "input" if batched else "parameter", batched)
    view = View(array, tuple(steps))
    v = Array("v", tuple(labels.values()), batched="n" in view.labels)
    w = Array("w", v.shape, "parameter")
    terms = (Term(1.0, (whole(v, tuple(labels)), whole(w, tuple(labels))), -1 if v.batched else 0),)
    loss = Array("L", ())
    forward = [
        Sum(whole(v, tuple(labels)), (Term(1.0, (Call("tanh", (view,)),)),), labels),
        Sum(View(loss), terms, labels),
    ]
    inputs, parameters = ([array], [w]) if batched else ([], [array, w])
    return Equations(forward, loss, [v], parameters, inputs)


def walk(base, **strides):
    return Step(base, tuple(strides.items()))


def table(places, *labels):
    return Step(0, (), np.array(places), labels)


I, J, K = {"i": 3}, {"j": 2}, {"k": 2}  # noqa: E741


@pytest.mark.parametrize(
    ("steps", "shape", "labels", "text"),
    [
        # slices
        ([walk(0, i=1)], (3,), I, "x"),
        ([walk(1, i=1)], (5,), I, "x[1:4]"),
        ([walk(0, i=2)], (6,), I, "x[:5:2]"),
        ([walk(4, i=-2)], (5,), I, "x[4::-2]"),
        ([walk(5, i=-1)], (6,), I, "x[5:2:-1]"),
        ([walk(2), walk(0, i=1)], (4, 3), I, "x[2]"),
        ([walk(0, i=1), walk(1)], (3, 2), I, "x[:, 1]"),
        ([walk(0, j=1), walk(0, i=1)], (2, 3), {**I, **J}, "x.T"),
        ([walk(0, k=1), walk(0, j=1), walk(0, i=1)], (2, 2, 3), {**I, **J, **K}, "x.swapaxes(0, 2)"),
        ([walk(0, k=1), walk(0, i=1), walk(0, j=1)], (2, 3, 2), {**I, **J, **K}, "x.transpose(1, 2, 0)"),
        # digits of one axis
        ([walk(0, i=2, j=1)], (6,), {**I, **J}, "x.reshape(3, 2)"),
        ([walk(1, i=2, j=1)], (9,), {**I, **J}, "x[1:7].reshape(3, 2)"),
        ([walk(0, i=3, j=1)], (9,), {**I, **J}, "x.reshape(3, 3)[:, :2]"),
        ([walk(1, i=3, j=1)], (9,), {**I, **J}, "x.reshape(3, 3)[:, 1:3]"),
        ([walk(0, i=1, j=3)], (6,), {**I, **J}, "x.reshape(2, 3).T"),
        ([walk(0, i=4, j=2)], (12,), {**I, **J}, "x.reshape(3, 2, 2)[:, :, 0]"),
        ([walk(0, i=4, j=2, k=1)], (12,), {**I, **J, **K}, "x.reshape(3, 2, 2)"),
        # windows
        ([walk(0, i=1, j=1)], (4,), {**I, **J}, "windows(x, 0, 2)"),
        ([walk(0, i=2, j=1)], (8,), {"i": 3, "j": 3}, "windows(x[:7], 0, 3)[:5:2]"),
        ([walk(1, i=1, j=2)], (6,), {**I, **J}, "windows(x[1:6], 0, 3)[:, :3:2]"),
        # places
        ([table([2, 0, 2], "i")], (3,), I, "x[at1]"),
        ([table([[2, 0], [1, 1], [0, 2]], "i", "j")], (3,), {**I, **J}, "x[at1]"),
        ([table([2, 0, 2], "i"), walk(0, j=1)], (3, 2), {**I, **J}, "x[at1]"),
        ([walk(0, j=1), table([2, 0, 2], "i")], (2, 3), {**I, **J}, "x[:, at1].T"),
        ([walk(0, i=1), walk(0, i=1)], (3, 3), I, "x[np.arange(3), np.arange(3)]"),
        ([walk(0, i=1), walk(1, i=1)], (3, 4), I, "x[np.arange(3), at1]"),
        ([table([1, 0, 1], "i"), walk(0, j=1), table([2, 2, 1], "i")], (2, 2, 3), {**I, **J},
         "x[at1, :, at2]"),
        ([walk(1), walk(0, j=1), table([2, 2, 1], "i")], (2, 2, 3), {**I, **J}, "x[1, :, at1]"),
    ],
)  # fmt: skip
def test_reading(steps, shape, labels, text):
    program = read(steps, shape, labels)
    assert lines_of(program)[0] == f"v = np.tanh({text})"
    assert_emitted(program)


@pytest.mark.parametrize(
    ("steps", "shape", "labels", "text"),
    [
        ([walk(0, i=1)], (3,), I, "x"),
        ([walk(1)], (3,), {}, "x[:, 1]"),
        ([walk(0, i=2, j=1)], (6,), {**I, **J}, "x.reshape(n, 3, 2)"),
        ([walk(0, i=1, j=1)], (4,), {**I, **J}, "windows(x, 1, 2)"),
        ([walk(0, i=1, j=1), walk(0, k=1)], (4, 2), {**I, **J, **K}, "windows(x, 1, 2).swapaxes(2, 3)"),
        ([table([2, 0, 2], "i")], (3,), I, "x[:, at1]"),
        ([walk(0, i=1), walk(0, i=1)], (3, 3), I, "x[:, np.arange(3), np.arange(3)]"),
    ],
)  # fmt: skip
def test_reading_samples(steps, shape, labels, text):
    program = read(steps, shape, labels, batched=True)
    assert f"v = np.tanh({text})" in lines_of(program)
    assert_emitted(program)


# --- places that the data tell -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "arrays", "line"),
    [
        ("v[n] = w[y[n]]", {"w": parameter(3), "y": index()}, "v = w[y]"),
        ("v[n,j] = w[y[n],j]", {"w": parameter(3, 2), "y": index()}, "v = w[y]"),
        ("v[n,j] = w[j,y[n]]", {"w": parameter(2, 3), "y": index()}, "v = w[:, y].T"),
        ("v[n,i,j] = w[y[n,i],j]", {"w": parameter(3, 2), "y": index(4)}, "v = w[y]"),
        ("v[n,i] = w[i,y[n,i]]", {"w": parameter(4, 3), "y": index(4)}, "v = w[np.arange(4), y]"),
        ("v[n] = w[y[n]+1]", {"w": parameter(3), "y": index()}, "v = w[y + 1]"),
        ("v[n] = w[y[n,2]]", {"w": parameter(3), "y": index(4)}, "v = w[y[:, 2]]"),
    ],
)
def test_reading_by_an_index(text, arrays, line):
    program = written(f"{text}\n{total(text)}", **arrays)
    assert line in lines_of(program)
    assert_emitted(program)


def total(text):
    """The loss of what a line sets."""
    target = text.split(" = ")[0]
    return f"L[] = n^-1·{target}·{target}"


def test_the_label_of_each_sample():
    program = written("v[n] = a[n,y[n]]·w[]\nL[] = n^-1·v[n]·v[n]", a=samples(3), y=index(), w=parameter())
    assert "v = a[np.arange(n), y] * w" in lines_of(program)
    assert_emitted(program)


# --- writing -------------------------------------------------------------------------------------------


def test_the_gradient_of_an_embedding_adds_rows_that_come_again():
    program = written("v[n,i,j] = w[y[n,i],j]\nL[] = n^-1·v[n,i,j]·v[n,i,j]", w=parameter(5, 3), y=index(4))
    assert "np.add.at(dw, y, dv)" in lines_of(program)
    numbers = drawn(program)
    numbers[program.inputs[0]] = np.random.default_rng(1).integers(0, 5, (3, 4))
    emitted = assert_emitted(program, numbers)
    assert "np.add.at(dw.reshape(-1), " in emitted.running


def test_the_gradient_of_a_window_walks_over_the_window():
    program = written(
        """
        h[n,j] = x[n,j]·u[j]
        v[n,i] = h[n,i+k]·w[k]
        L[] = n^-1·v[n,i]·v[n,i]
        """,
        {"k": 3, "i": 4},
        u=parameter(6),
        w=parameter(3),
        x=samples(6),
    )
    lines = lines_of(program)
    start = lines.index("dh = np.zeros((n, 6), u.dtype)")
    assert lines[start + 1 : start + 3] == [
        "for k in range(3):",
        "    dh[:, k:k + 4] += dv * w[k]",
    ]
    assert_emitted(program)


def test_windows_along_two_axes_are_two_loops():
    program = written(
        "h[n,p,q] = x[n,p,q]·u[p,q]\nv[n,i,j] = h[n,i+k,j+l]·w[k,l]\nL[] = n^-1·v[n,i,j]·v[n,i,j]",
        {"k": 2, "l": 2, "i": 3, "j": 4},
        x=samples(4, 5),
        u=parameter(4, 5),
        w=parameter(2, 2),
    )
    lines = lines_of(program)
    assert "for k in range(2):" in lines
    assert "    for l in range(2):" in lines
    assert_emitted(program)


def test_a_diagonal_is_written():
    program = written("h[i] = w[i,i]·w[i,i]\nL[] = h[i] + w[i,j]", w=parameter(3, 3))
    assert any(line.startswith("dw[np.arange(3), np.arange(3)] += ") for line in lines_of(program))
    assert_emitted(program)


def test_parts_that_interleave_are_written_part_by_part():
    """Weights and biases of a flat list, neuron by neuron."""
    program = written(
        "h[n,i] = x[n,j]·w[3*i+j] + w[3*i+2]\nL[] = n^-1·h[n,i]·h[n,i]",
        {"j": 2, "i": 4},
        w=parameter(12),
        x=samples(2),
    )
    lines = lines_of(program)
    assert "h = x @ w.reshape(4, 3)[:, :2].T + w[2:12:3]" in lines
    assert "dw = np.empty((12,), w.dtype)" in lines
    assert_emitted(program)


def test_parts_of_an_array_set_one_after_the_other():
    program = written(
        """
        h[0,i] = w[i]·w[i]
        h[1,i] = tanh(w[i])
        h[2,i] = 0
        L[] = h[j,i]·h[j,i]
        """,
        h=computed(3, 2),
        w=parameter(2),
    )
    assert "h = np.empty((3, 2), w.dtype)" in lines_of(program)
    assert_emitted(program)


def test_the_only_row_of_an_array_makes_the_array():
    program = written(
        "a[n] = x[n,k]·w[0,k] + b[0]\nL[] = n^-1·a[n]·a[n]",
        x=samples(3),
        w=parameter(1, 3),
        b=parameter(1),
    )
    lines = lines_of(program)
    assert "dw = (x.T @ da)[None]" in lines
    assert "db = da.sum(keepdims=True)" in lines
    assert not any("empty" in line for line in lines)
    assert_emitted(program)


def test_a_number_that_is_the_only_one_of_an_array_fills_it():
    program = written(
        "L[] = n^-1·x[n]·x[n] + 3·b[0] + c[0]·c[0]", x=samples(), b=parameter(1), c=parameter(1)
    )
    lines = lines_of(program)
    assert "db = np.full((1,), 3, b.dtype)" in lines
    assert "dc = np.full((1,), 2 * c[0], b.dtype)" in lines
    assert_emitted(program)


def test_nothing_divides_as_in_numpy():
    """Python raises where its own 0 is divided by."""
    program = written("v[] = 0\nL[] = div(w[0], v[])", w=parameter(1))
    assert "v = np.zeros((), w.dtype)" in lines_of(program)
    found = emit(program)
    assert found.value([np.array([2.0])], []) == np.inf


# --- loops ---------------------------------------------------------------------------------------------


def recurrence(backward=False):
    """h[t+1] = tanh(U h[t] + x[t]) as a loop, and its sum."""
    program = written(
        """
        h[n,z,i] = 0
        a[n,t,i] = u[i,j]·h[n,t,j] + x[n,t,i]
        h[n,t+1,i] = tanh(a[n,t,i])
        L[] = n^-1·h[n,z,i]·h[n,z,i]
        """,
        {"t": 4, "z": 5},
        h=computed(5, 3, batched=True),
        u=parameter(3, 3),
        x=samples(4, 3),
    )
    if backward:
        program.forward[1] = reversed_in_time(program.forward[1])
        program.forward[2] = reversed_in_time(program.forward[2])
    program.loops = [Loop("t", 4, program.forward[1], program.forward[2], 0 if backward else 1, backward)]
    return program


def reversed_in_time(equation):
    """From the last place to the first: h[t] of h[t+1]."""

    def turned(view):
        if view.array.name != "h":
            return view
        steps = tuple(s._replace(base=1 - s.base) if ("t", 1) in s.strides else s for s in view.steps)
        return View(view.array, steps)

    terms = tuple(
        term._replace(factors=tuple(_mapped(factor, turned) for factor in term.factors))
        for term in equation.terms
    )
    return Sum(turned(equation.target), terms, equation.sizes)


def _mapped(factor, change):
    if isinstance(factor, View):
        return change(factor)
    return factor._replace(operands=tuple(_mapped(x, change) for x in factor.operands))


def test_a_loop_is_a_loop():
    program = recurrence()
    lines = body(emit(program).source)
    assert lines[:6] == [
        "n = len(x)",
        "h = np.zeros((n, 5, 3), u.dtype)",
        "a = np.empty((n, 4, 3), u.dtype)",
        "for t in range(1, 5):",
        "    a[:, t - 1] = h[:, t - 1] @ u.T + x[:, t - 1]",
        "    h[:, t] = np.tanh(a[:, t - 1])",
    ]


@pytest.mark.parametrize("backward", [False, True])
def test_a_loop_gives_what_its_equations_say(backward):
    program = recurrence(backward)
    program.gradients, program.backward = {}, [Sum(View(Array("nothing", ())), ())]
    assert_emitted(program)


def test_a_loop_goes_backward():
    lines = body(emit(recurrence(backward=True)).source)
    assert "for t in reversed(range(4)):" in lines
    assert "    h[:, t] = np.tanh(a[:, t])" in lines


def test_what_runs_keeps_a_step_in_one_piece():
    program = recurrence()
    emitted = emit(program)
    (u,), (x,) = [np.eye(3)], [np.ones((2, 4, 3))]
    emitted.value([u], [x])
    assert "h = np.empty((5, n, 3), dtype)" in emitted._value.text
    assert "np.tanh(a[t - 1], h[t])" in emitted._value.text


def test_part_of_a_loop_is_still_a_loop():
    """Predictions may need less of it than the loss does."""
    program = recurrence()
    more = written(
        "c[n,t] = h[n,t+1,i]·h[n,t+1,i]", {"t": 4}, h=program.forward[0].target.array, L=Array("L", ()),
        c=computed(4, batched=True),
    )  # fmt: skip
    program.forward.insert(1, more.forward[0])
    a, h = program.forward[2], program.forward[3]
    program.forward[1:4] = [more_first := Sum(a.target, a.terms, a.sizes), h, more.forward[0]]
    program.loops = [Loop("t", 4, more_first, more.forward[0], 1)]
    program.outputs = [h.target.array]
    emitted = emit(program)
    parameters, inputs = [np.eye(3)], [np.ones((2, 4, 3))]
    (found,) = emitted.outputs(parameters, inputs)
    expected = np.zeros((2, 5, 3))
    for t in range(4):
        expected[:, t + 1] = np.tanh(expected[:, t] + 1.0)
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    assert "c[" not in emitted._outputs.text


def test_a_loops_variable_is_no_array():
    """An input is called t, as the label of the loop is."""
    program = recurrence()
    program.inputs[0].name = "t"
    lines = body(emit(program).source)
    assert "for t2 in range(1, 5):" in lines
    program.gradients, program.backward = {}, [Sum(View(Array("nothing", ())), ())]
    assert_emitted(program)
