"""Mistakes that were made once in texts like these: every one is looked for where it would show."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_lite.compiler.equations.ir import Array, Equations, Step, Sum, Term, View, whole
from autograd_lite.compiler.execution.emitted import emit

from ..equations_from_text import computed, index, parameter, samples, written
from ..run_both_texts import assert_emitted, body, by_running, drawn, ready


def lines_of(program):
    return body(emit(ready(program)).source)


# --- 3. dh = ds; dh += ... ---------------------------------------------------------------------------


def test_a_copy_that_is_added_to_leaves_its_source_alone():
    program = written(
        """
        s[n,i] = x[n,i]·w[i]
        h[n,i] = s[n,i]
        h[n,i] += x[n,i]
        l[n] = h[n,i]·s[n,i]
        L[] = n^-1·l[n]
        """,
        w=parameter(3),
        x=samples(3),
    )
    assert_emitted(program)


def test_a_view_of_another_array_is_a_copy_too():
    program = written(
        """
        s[i,j] = w[i,j]·w[i,j]
        h[j,i] = s[i,j]
        h[j,0] += w[0,j]
        L[] = h[j,i]·s[i,j]
        """,
        w=parameter(3, 3),
    )
    program.backward = [Sum(whole(g := Array("g", (3, 3)), ("i", "j")), (), {"i": 3, "j": 3})]
    program.gradients = {program.parameters[0]: g}
    assert "h = s.T.copy()" in lines_of(program)
    assert_emitted(program)


def test_gradients_that_are_equal_are_arrays_of_their_own():
    """dw and dv are the same numbers; what is done to the one is not done to the other."""
    program = ready(written("L[] = w[i] + v[i]", w=parameter(3), v=parameter(3)))
    gradients = [np.zeros(3), np.zeros(3)]
    emit(program).value_and_grad([np.ones(3), np.ones(3)], [], gradients)
    gradients[0] += 1.0
    assert gradients[1].tolist() == [1.0] * 3


# --- 4. a reshape that copies is written to in vain ------------------------------------------------------


FLAT = {"w": parameter(12)}, "h[n,i] = x[n,j]·w[3*i+j] + w[3*i+2]", {"j": 2, "i": 4}
STACKED = {"w": parameter(3, 4)}, "h[n,i] = x[n,j]·w[k,2*i+j]", {"j": 2, "i": 2, "k": 3}


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(("parameters", "line", "sizes"), [FLAT, STACKED], ids=["flat", "stacked"])
def test_parts_of_an_array_are_written_whatever_the_order_of_the_parameters(parameters, line, sizes, order):
    program = written(f"{line}\nL[] = n^-1·h[n,i]·h[n,i]", sizes, **parameters, x=samples(2))
    numbers = {array: np.array(own, order=order) for array, own in drawn(ready(program)).items()}
    assert_emitted(program, numbers)


def test_a_part_of_part_of_an_array_is_written():
    """Digits along one axis, of which not all of another is meant: no reshape is a view there."""
    target = Array("h", (4, 6), "computed")
    w = parameter(2, 2, 3)
    program = written("L[] = w[i,j,k]·w[i,j,k]", w=w)
    labels = {"i": 2, "j": 2, "k": 3, "p": 4, "q": 6}
    zero = Sum(whole(target, ("p", "q")), (), {"p": 4, "q": 6})
    view = View(target, (Step(1, (("i", 1),)), Step(0, (("j", 3), ("k", 1)))))
    part = Sum(view, (Term(1.0, (whole(w, ("i", "j", "k")),)),), labels, True)
    total = Sum(View(program.loss), (Term(1.0, (whole(target, ("p", "q")),) * 2),), {"p": 4, "q": 6})
    program.forward = [zero, part, total]
    assert_emitted(program)


# --- 5. precedence -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("a[i,j]·b[i,j]·c[j]", "L = (a * b).sum(axis=0) @ c"),
        ("neg(add(a[i,j], b[i,j]))", "v = -(a + b)"),
        ("mul(add(a[i,j], 1), sub(b[i,j], a[i,j]))", "v = (a + 1) * (b - a)"),
        ("sub(a[i,j], sub(b[i,j], 1))", "v = a - (b - 1)"),
        ("sub(sub(a[i,j], b[i,j]), 1)", "v = a - b - 1"),
        ("div(a[i,j], mul(b[i,j], a[i,j]))", "v = a / (b * a)"),
        ("pow(add(a[i,j], b[i,j]), 2)", "v = (a + b)**2"),
        ("neg(pow(a[i,j], 2))", "v = -a**2"),
        ("pow(neg(a[i,j]), 2)", "v = (-a)**2"),
        ("select(greater(add(a[i,j], 1), b[i,j]), a[i,j], 1)", "v = np.where(a + 1 > b, a, 1.0)"),
        ("mul(greater(a[i,j], 0), b[i,j])", "v = (a > 0) * b"),
        ("select(and(greater(a[i,j], 0), greater(1, b[i,j])), a[i,j], b[i,j])",
         "v = np.where((a > 0) & (b < 1), a, b)"),
        ("detach(exp(add(a[i,j], b[i,j])))", "v = np.exp(a + b)"),
    ],
)  # fmt: skip
def test_parentheses_stand_where_they_are_needed(term, text):
    arrays = {"a": parameter(2, 3), "b": parameter(2, 3), "c": parameter(3)}
    if term.startswith("a["):
        program = written(f"L[] = {term}", **arrays)
    else:
        program = written(f"v[i,j] = {term}\nL[] = v[i,j]·c[j]", **arrays)
    if "·" in term:
        assert_emitted(program)
        return
    assert text in lines_of(program)
    assert_emitted(program)


def test_a_product_within_a_transpose():
    program = written(
        "v[j,i] = a[i,j]·b[i,j]\nL[] = v[j,i]·c[j]", a=parameter(2, 3), b=parameter(2, 3), c=parameter(3)
    )
    assert "v = a.T * b.T" in lines_of(program)
    assert_emitted(program)


# --- 6. ties, and duplicated operands --------------------------------------------------------------------


def test_ties_share_and_do_not_count_twice():
    program = ready(written("m[n] = max_i a[n,i]\nL[] = m[n]·w[]", a=samples(3), w=parameter()))
    program = ready(
        written("a[n,i] = x[n,i]·w[i]\nm[n] = max_i a[n,i]\nL[] = m[n]", x=samples(3), w=parameter(3))
    )
    numbers = dict(zip([*program.parameters, *program.inputs], [np.ones(3), [[2.0, 2.0, 1.0]]], strict=True))
    _, gradients = by_running(program, emit(program), numbers)
    assert gradients[program.parameters[0]].tolist() == [1.0, 1.0, 0.0]
    assert_emitted(program, numbers, 1)


def test_a_maximum_of_the_same_number_twice_has_its_slope_once():
    program = ready(written("v[i] = max(w[i], w[i], 0)\nL[] = v[i]", w=parameter(3)))
    numbers = {program.parameters[0]: np.array([1.0, -1.0, 2.0])}
    _, gradients = by_running(program, emit(program), numbers)
    assert gradients[program.parameters[0]].tolist() == [1.0, 0.0, 1.0]


# --- 7. an un-batched part of a sum over samples -----------------------------------------------------------


def test_a_penalty_counts_once_a_sample():
    program = written("L[] = x[n,i]·w[i] + 0.5·n^1·w[j]·w[j]", x=samples(2), w=parameter(2))
    for count in (1, 4):
        assert_emitted(program, drawn(program, count), count)


def test_powers_of_the_number_of_samples():
    program = written("L[] = n^-2·x[n,i]·w[i] + n^2·w[j] + 3·n^-1·w[j]·w[j]", x=samples(2), w=parameter(2))
    for count in (1, 3):
        assert_emitted(program, drawn(program, count), count)


# --- 9. what vanishes is 0.0 all the same ------------------------------------------------------------------


def test_a_sum_without_terms_is_zeros():
    program = written(
        "h[i,j] = 0\nL[] = h[i,j]·w[i,j] + w[i,j]",
        h=computed(2, 3),
        w=parameter(2, 3),
    )
    ready(program)
    assert_emitted(program)


def test_zeros_of_samples():
    program = written(
        "h[n,i] = 0\nh[n,1] += x[n]·w[1]\nL[] = n^-1·h[n,i]·h[n,i]",
        h=computed(2, batched=True),
        w=parameter(2),
        x=samples(),
    )
    assert_emitted(program)
    assert "h = np.zeros((n, 2), w.dtype)" in lines_of(program)


def test_a_term_of_coefficient_zero_keeps_its_nan():
    w, loss = parameter(2), Array("L", ())
    w.name = "w"
    terms = tuple(
        Term(coefficient, (whole(w, ("i",)),), power) for coefficient, power in ((0.0, 0), (0.0, -1))
    )
    program = Equations([Sum(View(loss), terms, {"i": 2})], loss, [], [w])
    assert np.isnan(emit(program).value([np.array([np.inf, 1.0])], []))
    assert emit(program).value([np.ones(2)], []) == 0.0


# --- found on the way --------------------------------------------------------------------------------


def test_add_at_gets_values_of_the_full_shape():
    """NumPy's add.at reads beyond the end of values that have to be broadcast over two axes of places."""
    program = written(
        "h[n,i] = w[t[n,i]]·v[i]\nL[] = n^-1·h[n,i]", w=parameter(3), v=parameter(3), t=index(3)
    )
    assert_emitted(program)
    assert any("np.broadcast_to" in line for line in lines_of(program))


def test_a_single_number_of_an_array_is_read_anew():
    """It is a copy, not a view, and must not be kept from call to call."""
    program = written("v[i] = w[i]·w[i]\nL[] = v[1]·v[0] + v[i]", w=parameter(3))
    ready(program)
    emitted = emit(program)
    assert emitted.value([np.ones(3)], []) == 4.0
    assert emitted.value([np.full(3, 2.0)], []) == 28.0
    assert_emitted(program)
