"""What is emitted, held against the interpreter of equations; and what a program promises beside numbers."""

from __future__ import annotations

import gc
import math
import pickle
import threading
import traceback
import weakref

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import nn
from autograd_lite.compiler.equations.ir import Array, Equations, Sum, View
from autograd_lite.compiler.execution.emitted import emit
from autograd_lite.compiler.execution.functions import MOST

from ..equations_from_text import index, parameter, samples, written
from ..random_equations import Example
from ..run_both_texts import arguments, assert_emitted, body, by_running, drawn, faults, ready

# What `and` makes of numbers other than 0 and 1 is nobody's promise.
SEEDS = [seed for seed in range(155) if "and(" not in str(Example(seed).program)]


def net(sizes=(3, 3, 3, 2), activation="sigmoid", predictions=False, reduce="mean"):
    """A compiled net with cross entropy."""
    layers = nn.MLP(sizes[0], list(sizes[1:]), activation=activation, seed=0)

    def loss(x, y):
        logits = layers(x)
        own = al.cross_entropy(logits, y)
        return (own, al.softmax(logits), logits) if predictions else own

    return al.compile(loss, layers, x=[0.1] * sizes[0], y=1, reduce=reduce)


# --- random programs ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_random_programs(seed):
    """Views, calls, reductions and pieces of every kind, in the text that is shown and in that which runs."""
    example = Example(seed)
    count = example.count if any(array.batched for array in example.program.inputs) else 1
    wrong = faults(example.program, example.numbers, count)
    assert not wrong, "\n".join([str(example.program), *wrong])


@pytest.mark.parametrize("seed", SEEDS[:40])
def test_random_programs_in_float32_make_no_float64(seed):
    example = Example(seed)
    program = ready(example.program)
    emitted = emit(program)
    by_running(program, emitted, example.numbers, np.float32)
    (run,) = (run for spare in emitted._gradients.bound.spare.values() for run in spare)
    kept = [cell.cell_contents for cell in run.__closure__ or ()]
    assert kept or not emitted._gradients.text.count("np.empty")
    assert not [x for x in kept if isinstance(x, np.ndarray) and x.dtype == np.float64]


def test_a_planted_mistake_shows(monkeypatch):
    """The test itself, tested: a minus that is lost in one place is found."""
    from autograd_lite.compiler.numpy_code import sums

    monkeypatch.setattr(sums.Sums, "_minus", lambda self, node: node)
    wrong = 0
    for seed in SEEDS[:40]:
        example = Example(seed)
        count = example.count if any(array.batched for array in example.program.inputs) else 1
        wrong += bool(faults(example.program, example.numbers, count))
    assert wrong > 5


# --- the text ----------------------------------------------------------------------------------------


def test_the_text_of_a_net_is_what_a_person_would_have_written():
    assert body(net().source) == [
        "n = len(x)",
        "a1 = x @ W1.T + b1",
        "h1 = 1 / (1 + np.exp(-a1))",
        "a2 = h1 @ W2.T + b2",
        "h2 = 1 / (1 + np.exp(-a2))",
        "a3 = h2 @ W3.T + b3",
        "m = a3.max(axis=1)",
        "u = a3 - m[:, None]",
        "e = np.exp(u)",
        "s = e.sum(axis=1)",
        "p = e / s[:, None]",
        "L = np.mean(np.log(s) - u[np.arange(n), y])",
        "da3 = p / n",
        "da3[np.arange(n), y] -= 1 / n",
        "dW3 = da3.T @ h2",
        "db3 = da3.sum(axis=0)",
        "dh2 = da3 @ W3",
        "da2 = dh2 * h2 / (1 + np.exp(a2))",
        "dW2 = da2.T @ h1",
        "db2 = da2.sum(axis=0)",
        "dh1 = da2 @ W2",
        "da1 = dh1 * h1 / (1 + np.exp(a1))",
        "dW1 = da1.T @ x",
        "db1 = da1.sum(axis=0)",
        "return L, dW1, db1, dW2, db2, dW3, db3",
    ]


def test_comments_say_which_layer_a_block_is():
    comments = [line.strip() for line in net().source.splitlines() if line.strip().startswith("#")]
    layers = [f"# layer{k}" for k in range(3)]
    assert comments == [*layers, *(f"{layer} backward" for layer in reversed(layers))]


def test_the_text_does_not_grow_with_the_net():
    wide, narrow = net((20, 11, 7)).source, net((3, 5, 4)).source
    assert wide == narrow


@pytest.mark.parametrize(
    ("activation", "forward", "backward"),
    [
        ("relu", "h1 = np.maximum(a1, 0)", "da1 = dh1 * np.sign(h1)"),
        ("tanh", "h1 = np.tanh(a1)", "da1 = dh1 / np.cosh(a1)**2"),
        ("gelu", "h1 = gelu(a1)", "da1 = dh1 * gelu_slope(a1)"),
        ("silu", "h1 = silu(a1)", "da1 = dh1 * silu_slope(a1)"),
        ("leaky_relu", "h1 = np.maximum(a1, 0.01 * a1)",
         "da1 = dh1 * np.where(a1 > 0, 1.0, np.where(a1 <= 0, 0.01, np.nan))"),
        ("elu", "h1 = np.where(a1 > 0, a1, np.expm1(a1))", "da1 = dh1 * np.where(a1 > 0, 1.0, np.exp(a1))"),
        ("softplus", "h1 = np.maximum(a1, 0) + np.log1p(np.exp(-np.abs(a1)))",
         "da1 = dh1 / (1 + np.exp(-a1))"),
    ],
)  # fmt: skip
def test_activations_and_their_slopes(activation, forward, backward):
    lines = body(net((2, 4, 3), activation).source)
    assert forward in lines
    assert backward in lines


def test_kernels_are_imported_where_they_are_used():
    assert "from autograd_lite.compiler.kernels import gelu, gelu_slope\n" in net(activation="gelu").source
    assert "import numpy as np\n\n\ndef value_and_grad" in net().source


def test_the_source_says_in_what_it_differs_from_what_runs():
    program = net()
    assert "out=" in program.source.split("import numpy")[0]
    assert "W1.dot(x.T, out=a1)" in program._emitted.running


def test_a_row_of_the_users_is_run_and_shown():
    cube = al.ops.row("cube", lambda x: x * x * x, lambda y, x: 3.0 * x * x)
    root = al.ops.row(
        "root3",
        lambda x: math.copysign(abs(x) ** (1 / 3), x),
        lambda y, x: y / (3.0 * x),
        numpy="cbrt",
        domain=(0.5, 4.0),
    )
    w = [al.Value(0.7), al.Value(1.3)]

    def loss(x):
        return al.sum([root(cube(v) * x) for v in w])

    program = al.compile(loss, {"w": w}, x=2.0)
    value, gradients = program.value_and_grad(np.array([2.0, 3.0]))
    assert value == pytest.approx(np.mean([np.cbrt(2.0), np.cbrt(3.0)]) * 2.0, rel=1e-14)
    assert gradients["w"] == pytest.approx([np.mean([np.cbrt(2.0), np.cbrt(3.0)])] * 2, rel=1e-12)
    assert 'cube = by_element(TABLE["cube"].value)' in program.source
    assert "np.cbrt(" in program.source


def test_a_row_that_only_has_the_name_of_a_ufunc_is_not_taken_for_it():
    square = al.ops.row("square", lambda x: 4.0 * x, 4.0)
    w = [al.Value(0.7), al.Value(1.3)]
    program = al.compile(lambda x: al.sum([square(v) * x for v in w]), {"w": w}, x=2.0)
    assert program(np.array([1.0])) == pytest.approx(8.0)


# --- outputs -----------------------------------------------------------------------------------------


def test_predictions_need_no_loss_and_are_the_callers_own():
    program = net(predictions=True)
    X = np.random.default_rng(0).normal(size=(5, 3))
    p, logits = program.predict(X, np.zeros(5, int))
    shown = {}
    exec(program.source, shown)
    expected = shown["predict"](X, None, *program.parameters.values())
    np.testing.assert_allclose(p, expected[0], rtol=1e-13)
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-13)
    np.testing.assert_array_equal(logits, expected[1])
    before = p.copy()
    program.predict(X + 1.0, np.zeros(5, int))
    np.testing.assert_array_equal(p, before)
    assert "L = " not in "\n".join(body(program.source, "predict"))


# --- what is kept from call to call ----------------------------------------------------------------------


def test_any_number_of_samples_in_any_order():
    program = net()
    draw = np.random.default_rng(0)
    X, y = draw.normal(size=(40, 3)), draw.integers(0, 2, 40)
    each = [program.value_and_grad(X[k : k + 1], y[k : k + 1]) for k in range(40)]
    for count in (40, 3, 1, 7, 40, 3):
        value, gradients = program.value_and_grad(X[:count], y[:count])
        assert value == pytest.approx(np.mean([v for v, _ in each[:count]]), rel=1e-13)
        for name, gradient in gradients.items():
            expected = np.mean([own[name] for _, own in each[:count]], axis=0)
            np.testing.assert_allclose(gradient, expected, rtol=1e-10, atol=1e-15)


def test_results_are_not_written_over_by_the_next_call():
    program = net()
    draw = np.random.default_rng(0)
    X, y = draw.normal(size=(4, 3)), draw.integers(0, 2, 4)
    _, first = program.value_and_grad(X, y)
    kept = {name: gradient.copy() for name, gradient in first.items()}
    program.value_and_grad(X + 1.0, y)
    for name, gradient in first.items():
        np.testing.assert_array_equal(gradient, kept[name])


def test_arrays_are_kept_for_a_few_numbers_of_samples_only():
    program = net()
    for count in range(1, 3 * MOST):
        program(np.zeros((count, 3)), np.zeros(count, int))
    assert len(program._emitted._value.bound.spare) == MOST
    assert program(np.zeros((2, 3)), np.zeros(2, int)) > 0.0


def test_other_parameters_are_other_parameters():
    """Views of the parameters are kept from call to call: of those that were given last."""
    program = ready(
        written("l[n] = x[n,i]·w[j,i]·v[j]\nL[] = n^-1·l[n]", w=parameter(2, 3), v=parameter(2), x=samples(3))
    )
    emitted, x = emit(program), np.ones((4, 3))
    first, second = [np.ones((2, 3)), np.ones(2)], [np.full((2, 3), 2.0), np.ones(2)]
    turned = [np.asfortranarray(second[0]), second[1]]
    for given, expected in ((first, 6.0), (second, 12.0), (tuple(first), 6.0), (turned, 12.0), (first, 6.0)):
        assert emitted.value(given, [x]) == expected
    turned[0][:] = 3.0
    assert emitted.value(turned, [x]) == 18.0
    first[0][:] = 5.0
    assert emitted.value(first, [x]) == 30.0
    turned[0][:] = 4.0
    assert emitted.value(turned, [x]) == emitted.value(turned, [x]) == 24.0
    first[0] = np.zeros((2, 3))
    assert emitted.value(first, [x]) == 0.0


def test_threads_do_not_write_into_each_others_arrays():
    program = net((30, 40, 2))
    draw = np.random.default_rng(0)
    batches = [(draw.normal(size=(50, 30)), draw.integers(0, 2, 50)) for _ in range(4)]
    expected = [program.value_and_grad(*batch) for batch in batches]
    wrong = []

    def work(batch, right):
        for _ in range(60):
            value, gradients = program.value_and_grad(*batch)
            if value != right[0] or any((g != right[1][name]).any() for name, g in gradients.items()):
                wrong.append(value)

    threads = [threading.Thread(target=work, args=pair) for pair in zip(batches, expected, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_call_that_fails_spoils_nothing():
    program = net()
    X, y = np.ones((4, 3)), np.zeros(4, int)
    before = program(X, y)
    with pytest.raises(al.ArgumentValueError):
        program(X, y + 2)
    assert program(X, y) == before


def test_a_place_beyond_the_last_is_an_index_error():
    """And never the number of another sample, wherever that stands in memory."""
    program = written("l[n] = a[n,y[n]]\nL[] = n^-1·l[n]", a=samples(3), y=index())
    emitted = emit(ready(program))
    with pytest.raises(IndexError):
        emitted.value([], [np.zeros((5, 3)), np.array([0, 1, 2, 3, 0])])
    logits = written("z[n,i] = w[i]·a[n,i]\nL[] = n^-1·z[n,y[n]]", w=parameter(3), a=samples(3), y=index())
    emitted = emit(ready(logits))
    with pytest.raises(IndexError):
        emitted.value_and_grad([np.ones(3)], [np.zeros((5, 3)), np.array([0, 1, 2, 3, 0])], [np.ones(3)])


def test_tracebacks_show_the_text_that_runs():
    program = ready(written("l[n] = x[n,i]·w[i]\nL[] = n^-1·l[n]", w=parameter(3), x=samples(3)))
    with pytest.raises(ValueError, match="shapes") as caught:
        emit(program).value([np.ones(4)], [np.ones((2, 3))])
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert last.line == "x.dot(w, out=l)"


def test_an_emitted_program_goes_when_nobody_has_it():
    program = net()
    program(np.ones((2, 3)), np.zeros(2, int))
    there = weakref.ref(program._emitted)
    del program
    gc.collect()
    assert there() is None


def test_a_program_from_a_file_runs():
    program = net()
    X, y = np.ones((4, 3)), np.zeros(4, int)
    assert pickle.loads(pickle.dumps(program))(X, y) == program(X, y)


def test_nothing_is_said_about_overflow():
    """As on Values, arithmetic on arrays gives inf and nan without a word; warnings are errors here."""
    program = net(activation="relu")
    program.theta[:] = 10.0
    value, gradients = program.value_and_grad(np.full((2, 3), 1e308), np.zeros(2, int))
    assert not np.isfinite(value)
    assert not np.isfinite(gradients["layers.0.weight"]).all()


# --- gradients ---------------------------------------------------------------------------------------


def test_a_parameter_that_is_not_used_keeps_its_array():
    program = ready(written("L[] = w[i]·w[i]", w=parameter(2), v=parameter(2)))
    gradients = [np.zeros(2), np.array([5.0, 6.0])]
    assert emit(program).value_and_grad([np.ones(2), np.ones(2)], [], gradients) == 2.0
    assert gradients[0].tolist() == [2.0, 2.0]
    assert gradients[1].tolist() == [5.0, 6.0]


def test_two_parameters_may_share_a_gradient():
    w, v, shared = parameter(2), parameter(2), Array("g", (2,))
    program = written("L[] = w[i]·v[i]", w=w, v=v)
    program.backward = [Sum(View(shared, program.forward[0].terms[0].factors[0].steps), (), {"i": 2})]
    program.gradients = {w: shared, v: shared}
    gradients = [np.ones(2), np.ones(2)]
    emit(program).value_and_grad([np.ones(2), np.ones(2)], [], gradients)
    assert [g.tolist() for g in gradients] == [[0.0, 0.0], [0.0, 0.0]]


def test_parameters_of_no_axes():
    program = ready(
        written("l[n] = sigmoid(b[])·x[n] + b[]·b[]\nL[] = n^-1·l[n]", b=parameter(), x=samples())
    )
    assert_emitted(program)
    (gradient,) = by_running(program, emit(program), drawn(program))[1].values()
    assert gradient.shape == ()


def test_a_loss_that_is_a_constant():
    program = Equations([Sum(View(loss := Array("L", ())), ())], loss)
    assert emit(program).value([], []) == 0.0
    assert emit(program).value_and_grad([], [], []) == 0.0


def test_arguments_come_as_they_are():
    """Integers as 0 and 1 among the inputs, arrays in any order of memory."""
    program = ready(written("l[n] = x[n,i]·w[i,j]·x[n,j]\nL[] = n^-1·l[n]", w=parameter(3, 3), x=samples(3)))
    numbers = drawn(program)
    (w,), (x,) = arguments(program, numbers)
    emitted = emit(program)
    assert emitted.value([w], [np.asfortranarray(x)]) == emitted.value([w], [x])
