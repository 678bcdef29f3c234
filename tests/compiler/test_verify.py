"""The check at the end of `compile`: what does not agree with its graph is never handed out."""

import math
import pickle

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import compiler
from autograd_lite.errors import CompileError

from .random_array_programs import by_hand
from .traced_graphs import row, table

# --- exponentials of any size ------------------------------------------------------------------------------


def written_out(z, k):
    return -al.log(al.take(by_hand(z), k))


def in_one_line(z, k):
    return al.log(sum(al.exp(v) for v in z)) - al.take(z, k)


def through_log_softmax(z, k):
    return -al.take([v - al.log(sum(al.exp(u) for u in z)) for v in z], k)


def by_the_reciprocal(z, k):
    powers = [al.exp(v) for v in z]
    share = 1.0 / sum(powers)
    return -al.log(al.take([share * power for power in powers], k))


def by_a_power(z, k):
    powers = [al.exp(v) for v in z]
    return -al.log(al.take(powers, k) * sum(powers) ** -1)


def over_the_mean(z, k):
    return al.log(al.mean([al.exp(v) for v in z])) - al.take(z, k) + math.log(len(z))


def over_a_third(z, k):
    return al.log(sum(al.exp(v) for v in z) / 3.0) - al.take(z, k) + math.log(3.0)


FORMS = [
    written_out,
    by_the_reciprocal,
    by_a_power,
    over_the_mean,
    over_a_third,
    in_one_line,
    through_log_softmax,
    lambda z, k: -al.take(al.log_softmax(z), k),
    al.cross_entropy,
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [1.0, 30.0, 740.0, 1e4])
def test_a_softmax_written_in_exponentials_survives_logits_of_any_size(form, size):
    """In the graph of the example itself the exponentials are 0, inf, or hardly numbers any more."""
    w = {"W": table(3, 2, -0.4)}

    def loss(x, k, form=form):
        return form([size * al.dot(own, x) for own in w["W"]], k)

    program = al.compile(loss, w, x=[1.0, -1.5], k=1)
    x, k = np.array([[1.0, -1.5], [-1.0, 0.5], [0.0, 2.0]]), np.array([1, 0, 2])
    value, gradients = program.value_and_grad(x, k)
    total = al.mean([loss(list(row), int(y), al.cross_entropy) for row, y in zip(x, k, strict=True)])
    assert value == pytest.approx(total.data, rel=1e-12)
    expected = np.array(al.grad(total, [v for own in w["W"] for v in own])).reshape(3, 2)
    np.testing.assert_allclose(gradients["W"], expected, rtol=1e-9, atol=1e-9)


# --- the check ---------------------------------------------------------------------------------------------


def broken(monkeypatch, stage, change):
    """A stage of the compiler with a mistake."""
    right = getattr(compiler, stage)
    monkeypatch.setattr(compiler, stage, lambda *given: change(right(*given)))


def doubled_bias(program):
    last = program.backward[-1]
    last.terms = tuple(term._replace(coefficient=2 * term.coefficient) for term in last.terms)
    return program


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("size", [1.0, 1e4])
def test_a_program_that_does_not_agree_is_never_handed_out(monkeypatch, dtype, size):
    """Nor where the example is too large for the graph itself, and a smaller one decides."""
    w = {"W": table(3, 2, -0.4)}

    def loss(x, k):
        return written_out([size * al.dot(own, x) for own in w["W"]], k)

    al.compile(loss, w, dtype=dtype, x=[1.0, -1.5], k=1)
    broken(monkeypatch, "differentiate", doubled_bias)
    with pytest.raises(
        CompileError, match=r"compile: the gradient of W, number \d, is .* by the scalar graph"
    ) as caught:
        al.compile(loss, w, dtype=dtype, x=[1.0, -1.5], k=1)
    assert caught.value.got != caught.value.expected
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.got) == (str(caught.value), caught.value.got)


def test_the_loss_and_outputs_are_checked_too(monkeypatch):
    w = {"w": row(0.5, -0.3)}

    def add_one(program):
        (target,) = [e for e in program.forward if e.target.array is (program.outputs or [program.loss])[0]]
        target.terms = (*target.terms, target.terms[0])
        return program

    broken(monkeypatch, "array_equations", add_one)
    with pytest.raises(CompileError, match="the loss is"):
        al.compile(lambda x: al.dot(w["w"], x), w, x=[1.0, 2.0])
    with pytest.raises(CompileError, match="output 1, number 0, is"):
        al.compile(lambda x: (al.tanh(x[0] * w["w"][0]), [al.sin(v) for v in w["w"]]), w, x=[1.0, 2.0])


def test_what_overflows_in_the_graph_and_has_no_smaller_form_is_left_to_it():
    w = {"w": row(2.0)}
    program = al.compile(lambda x: w["w"][0] * x * float("inf"), w, x=1.0)
    assert program([1.0]) == np.inf


def test_the_values_are_as_they_were_after_a_check_at_smaller_numbers():
    w = {"W": table(3, 2, -0.4)}
    program = al.compile(
        lambda x, k: written_out([1e4 * al.dot(v, x) for v in w["W"]], k), w, x=[1.0, -1.5], k=1
    )
    assert program.theta.tolist() == [v.data for own in w["W"] for v in own]


@pytest.mark.parametrize("order", [(1, 2, 0), (0, 2, 1), (0, 0, 1), (2, 2, 0, 1)])
def test_outputs_in_any_order(order):
    """Some were sums, and at an example of zeros nothing told."""
    w = row(0.5, -1.0, 2.0)

    def loss(x):
        h = [al.tanh(a * b) for a, b in zip(w, x, strict=True)]
        return al.sum([v * v for v in h]), [h[k] for k in order]

    program = al.compile(loss, {"w": w}, x=[0.0, 0.0, 0.0])
    x = [0.1, 0.2, 0.3]
    np.testing.assert_allclose(program.predict([x])[0], [v.data for v in loss(x)[1]], rtol=1e-12)


def test_an_example_that_tells_nothing_is_not_trusted(monkeypatch):
    """Of zeros every product is right: the program is held at other numbers, too."""

    def one_sign_wrong(equations):
        first = equations.forward[0]
        first.terms = (first.terms[0]._replace(coefficient=-1.0), *first.terms[1:])
        return equations

    broken(monkeypatch, "array_equations", one_sign_wrong)
    w = row(0.5, -1.0)
    with pytest.raises(CompileError):
        al.compile(lambda x: (w[0] * x[0] + w[1] * x[1]) ** 3, {"w": w}, x=[0.0, 0.0])


def test_where_there_is_nothing_near_by_the_example_alone_decides():
    (w,) = own = row(0.0)
    program = al.compile(lambda x: al.acosh(1.0 + w * w) + al.sqrt(w * x), {"w": own}, x=0.0)
    assert program([0.0]) == 0.0
