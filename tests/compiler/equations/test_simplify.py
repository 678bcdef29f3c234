"""The rules that make equations shorter, one by one; and that they change no number. Copies: test_copies."""

import numpy as np
import pytest

from autograd_lite.compiler.equations.gradient import differentiate
from autograd_lite.compiler.equations.ir import Array, Sum, Term, View
from autograd_lite.compiler.equations.simplify import simplify
from autograd_lite.compiler.equations.well_formed import check

from ..equations_from_text import computed, constant, index, parameter, samples, written
from ..gradient_oracle import assert_right, by_engine, by_equations, differs
from ..random_equations import Example
from ..stages import forward, simplified_backward

# --- all of it ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("stages", ["forward and backward", "backward"])
def test_random_programs_keep_their_numbers(stages):
    for seed in range(2_000, 2_200):
        example = Example(seed)
        program, given = example.program, (example.numbers, example.count)
        right = by_engine(program, *given)
        if stages == "forward and backward":
            check(simplify(program))
        check(differentiate(program))
        check(simplify(program))
        assert differs(by_equations(program, *given), right) == [], f"{seed}:\n{program}"


def test_random_programs_at_poles_and_ties():
    for seed in range(200):
        example = Example(seed, wild=True)
        program, given = example.program, (example.numbers, example.count)
        loss, right = by_engine(program, *given)
        check(simplify(differentiate(simplify(program))))
        _, found = by_equations(program, *given)
        for array in right:
            known = np.isfinite(right[array]) & np.isfinite(loss)
            mine, true = found[array][known], right[array][known]
            np.testing.assert_allclose(mine, true, 1e-9, 1e-9, err_msg=f"{seed}")


def test_once_is_enough():
    for seed in range(200):
        program = Example(seed).program
        text = str(simplify(differentiate(simplify(program))))
        assert str(simplify(program)) == text


# --- numbers alone -----------------------------------------------------------------------------------


def test_a_gradient_that_is_a_number_goes_into_what_reads_it():
    program = written(
        "a[n,j] = x[n]·W[j]\nz[n] = logsumexp_j a[n,j]\nL[] = n^-1·z[n]", W=parameter(3), x=samples()
    )
    assert simplified_backward(program) == [
        "da[n,j] = n^-1·exp(sub(a[n,j], z[n]))",
        "dW[j] = Σ_n da[n,j]·x[n]",
    ]
    assert_right(program)


def test_a_number_summed_over_labels_counts_them():
    text = "a[n,j] = x[n]·b[] + c[j]\nL[] = n^-1·a[n,j]"
    program = written(text, b=parameter(), c=parameter(3), x=samples())
    assert simplified_backward(program) == ["db[] = Σ_n 3·n^-1·x[n]", "dc[j] = 1"]
    assert_right(program)


def test_a_number_in_a_call_decides_what_it_can():
    program = written(
        "c[i] = 2\nu[i] = 1\ny[i] = pow(w[i], c[i]) + pow(w[i], u[i])\nL[] = y[i]·y[i]",
        w=parameter(3), c=computed(3), u=computed(3), sizes={"i": 3},
    )  # fmt: skip
    assert forward(program)[0] == "y[i] = pow(w[i], 2) + w[i]"
    assert_right(program)


def test_a_power_of_n_stays_out_of_calls():
    program = written("c[] = 2·n^1\ny[i] = pow(w[i], c[])\nL[] = y[i]", w=parameter(3), c=computed())
    assert forward(program)[0] == "c[] = 2·n^1"


def test_numbers_that_are_data_are_not_looked_at():
    """Neither 0 and 1 in a constant, nor two constants that hold the same."""
    program = written(
        "a[i] = one[i]·W[i]\nb[i] = uno[i]·W[i]\nc[i] = zero[i]·W[i]\nL[] = a[i]·b[i] + c[i]·c[i]",
        W=parameter(2), one=constant([1.0, 1.0]), uno=constant([1.0, 1.0]), zero=constant([0.0, 0.0]),
    )  # fmt: skip
    text = str(program).splitlines()
    assert forward(program) == text


# --- what is known already ---------------------------------------------------------------------------


def test_what_is_computed_twice_is_computed_once():
    program = written(
        """
        a[n,j] = x[n,i]·W[j,i]
        b[n,k] = x[n,j]·W[k,j]
        y[n,j] = tanh(a[n,j])
        z[n,i] = tanh(b[n,i])
        p[n] = max_j y[n,j]
        q[n] = max_i z[n,i]
        L[] = p[n] + q[n]
        """,
        W=parameter(2, 3), x=samples(3),
    )  # fmt: skip
    assert forward(program) == [
        "a[n,j] = Σ_i x[n,i]·W[j,i]",
        "y[n,j] = tanh(a[n,j])",
        "p[n] = max_j y[n,j]",
        "L[] = Σ_n 2·p[n]",
    ]
    assert_right(program)


def test_what_is_alike_but_not_the_same_is_not_taken_for_it():
    """A transposed target, another row, another coefficient, another size, another order of labels."""
    program = written(
        """
        a[i,j] = W[i,j]·V[i]
        b[j,i] = W[i,j]·V[i]
        c[i,j] = W[i,j]·V[j]
        d[i,j] = 2·W[i,j]·V[i]
        e[i,j] = W[i,j]·V[i] + 1
        f[i] = max_j W[i,j]
        g[i] = min_j W[i,j]
        h[j] = max_i W[i,j]
        L[] = a[i,j]·b[i,j]·c[i,j]·d[i,j]·e[i,j]·f[i]·g[j]·h[i]
        """,
        W=parameter(2, 2), V=parameter(2),
    )  # fmt: skip
    text = str(program).splitlines()
    assert forward(program) == text
    assert_right(program)


def test_the_softmax_of_the_forward_pass_is_that_of_the_backward_pass():
    program = written(
        """
        a[n,j] = x[n,k]·W[j,k]
        z[n] = logsumexp_j a[n,j]
        s[n,j] = a[n,j] - z[n]
        p[n,j] = exp(s[n,j])
        L[] = n^-1·z[n] - n^-1·a[n,y[n]]
        """,
        W=parameter(2, 3), x=samples(3), y=index(),
    )  # fmt: skip
    program.outputs = [program.forward[3].target.array]
    assert simplified_backward(program)[:2] == ["da[n,j] = n^-1·p[n,j]", "da[n,y[n]] += -1·n^-1"]
    assert_right(program)


def test_a_gradient_that_is_another_is_computed_once():
    """Under the name that comes first."""
    program = written(
        "a[n,i] = x[n]·W[i]\nb[n,i] = x[n]·V[i]\nL[] = 3·a[n,i]·x[n] + 3·b[n,i]·x[n]",
        W=parameter(2), V=parameter(2), x=samples(),
    )  # fmt: skip
    assert simplified_backward(program)[0] == "db[n,i] = 3·x[n]"
    assert "da" not in str(program)
    assert_right(program)


def test_a_call_with_a_coefficient_is_not_the_call():
    text = "p[i] = 2·exp(W[i])\nq[i] = tanh(exp(W[i]))\nr[i] = log(p[i])\nL[] = p[i]·q[i]·r[i]"
    program = written(text, W=parameter(2))
    lines_before = str(program).splitlines()
    assert forward(program) == lines_before
    assert_right(program)


def test_a_sum_is_no_difference():
    text = "s[i] = W[i] + V[i]\np[i] = exp(s[i])\nq[i] = tanh(exp(sub(W[i], V[i])))\nL[] = p[i]·q[i]"
    program = written(text, W=parameter(2), V=parameter(2))
    lines_before = str(program).splitlines()
    assert forward(program) == lines_before
    assert_right(program)


def test_a_call_with_other_labels_is_another():
    """exp(a[i,j] - z[j]) is not p, where p is exp(a[i,j] - z[i])."""
    program = written(
        """
        p[i,j] = exp(sub(W[i,j], V[i]))
        q[i,j] = tanh(exp(sub(W[i,j], V[j])))
        r[k,i] = tanh(exp(sub(W[k,i], V[k])))
        L[] = p[i,j]·q[i,j]·r[i,j]
        """,
        W=parameter(2, 2), V=parameter(2),
    )  # fmt: skip
    assert forward(program)[1:3] == ["q[i,j] = tanh(exp(sub(W[i,j], V[j])))", "r[k,i] = tanh(p[k,i])"]
    assert_right(program)


# --- logarithms of exponentials ----------------------------------------------------------------------


BY_HAND = """
    a[n,j] = x[n,k]·W[j,k]
    z[n] = logsumexp_j a[n,j]
    s[n,j] = a[n,j] - z[n]
    p[n,j] = exp(s[n,j])
    q[n] = p[n,y[n]]
    l[n] = log(q[n])
    L[] = -1·n^-1·l[n]
"""


def test_the_logarithm_of_a_picked_probability():
    program = written(BY_HAND, W=parameter(2, 3), x=samples(3), y=index())
    assert forward(program) == [
        "a[n,j] = Σ_k x[n,k]·W[j,k]",
        "z[n] = logsumexp_j a[n,j]",
        "L[] = Σ_n -1·n^-1·a[n,y[n]] + Σ_n n^-1·z[n]",
    ]
    assert simplified_backward(program)[:2] == [
        "da[n,j] = n^-1·exp(sub(a[n,j], z[n]))",
        "da[n,y[n]] += -1·n^-1",
    ]
    assert_right(program)


def test_logits_of_any_size():
    program = written(BY_HAND, W=parameter(2, 3), x=samples(3), y=index())
    simplify(differentiate(simplify(program)))
    w, x, y = *program.parameters, *program.inputs
    given = {w: np.array([[1e4, 0, 0], [-1e4, 0, 0]]), x: np.eye(3)[[0, 0]], y: np.array([0, 1])}
    loss, slopes = by_equations(program, given, count=2)
    assert loss == pytest.approx(1e4)
    np.testing.assert_allclose(slopes[w], [[0.5, 0, 0], [-0.5, 0, 0]])


def test_a_logarithm_of_something_else_stays():
    text = "e[i] = exp(W[i])\nq[i] = tanh(e[i])\nl[i] = log(q[i])\nk[i] = sin(e[i])\nL[] = l[i]·k[i]"
    program = written(text, W=parameter(2))
    lines_before = str(program).splitlines()
    assert forward(program) == lines_before


def test_the_loss_of_a_sample_goes_into_that_of_all():
    text = "a[n] = x[n,i]·W[i]\nb[n] = x[n,i]·V[i]\nl[n] = a[n] + 2·b[n]\nL[] = n^-1·l[n]"
    given = {"W": parameter(3), "V": parameter(3), "x": samples(3)}
    program = written(text, **given)
    assert forward(program)[2:] == ["L[] = Σ_n n^-1·a[n] + Σ_n 2·n^-1·b[n]"]
    assert_right(program)


@pytest.mark.parametrize("why", ["output", "label", "another reader"])
def test_but_not_if_it_is_something_in_its_own_right(why):
    text = "a[n] = x[n,i]·W[i]\nb[n] = x[n,i]·V[i]\nl[n] = a[n] + 2·b[n]\nL[] = n^-1·l[n]"
    program = written(text, W=parameter(3), V=parameter(3), x=samples(3))
    own = program.forward[2].target.array
    if why == "output":
        program.outputs = [own]
    elif why == "another reader":
        program.outputs = [Array("m", (), batched=True)]
        program.forward.insert(3, Sum(View(program.outputs[0]), (Term(2.0, (View(own),)),)))
    else:
        program.hints = {own: "l"}
    text = forward(program)
    assert text[2] == "l[n] = a[n] + 2·b[n]"
    assert text[-1] == "L[] = Σ_n n^-1·l[n]"


# --- what nothing reads ------------------------------------------------------------------------------


def test_what_nothing_reads_is_not_computed():
    program = written(
        "a[n] = x[n,i]·W[i]\nu[n] = tanh(a[n])\nv[n] = exp(u[n])\nL[] = a[n]·a[n]",
        W=parameter(3), x=samples(3),
    )  # fmt: skip
    assert forward(program) == ["a[n] = Σ_i x[n,i]·W[i]", "L[] = Σ_n a[n]·a[n]"]
    program = written(
        "a[n] = x[n,i]·W[i]\nu[n] = tanh(a[n])\nv[n] = exp(u[n])\nL[] = a[n]·a[n]",
        W=parameter(3), x=samples(3),
    )  # fmt: skip
    program.outputs = [program.forward[1].target.array]
    assert [line[0] for line in forward(program)] == ["a", "u", "L"]


def test_a_zero_that_is_added_to_is_alive():
    equations = "s[i] = 0\ns[0] += W[0]\nL[] = s[i]·s[i]"
    program = written(equations, sizes={"i": 2}, s=computed(2), W=parameter(2))
    text = str(program).splitlines()
    assert forward(program) == text
    assert_right(program)


def test_an_array_of_nothing_is_0():
    """A family whose terms all vanish is 0.0 still, and its readers are not made shorter by it."""
    program = written("s[i] = 0\nL[] = s[i]·W[i] + W[0]", sizes={"i": 2}, s=computed(2), W=parameter(2))
    assert forward(program) == ["s[i] = 0", "L[] = Σ_i s[i]·W[i] + W[0]"]
    assert_right(program)
