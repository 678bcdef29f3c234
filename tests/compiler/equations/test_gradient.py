"""The backward pass of array equations: its text, and its numbers against the engine's on Values."""

import math

import numpy as np
import pytest

from autograd_lite.compiler.equations.gradient import differentiate
from autograd_lite.compiler.equations.ir import Array, Equations, Reduce, Step, Sum, Term, View
from autograd_lite.compiler.equations.well_formed import check

from ..equations_from_text import computed, constant, index, parameter, samples, written
from ..gradient_oracle import assert_right, by_engine, by_equations, differs
from ..interpreter import run
from ..random_equations import LISTS, Example
from ..stages import backward


def lines(text):
    return [line.strip() for line in text.strip().splitlines()]


# --- all of it ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", range(0, 300, 100))
def test_random_programs_have_the_engines_gradients(first):
    for seed in range(first, first + 100):
        example = Example(seed)
        program, given = example.program, (example.numbers, example.count)
        right = by_engine(program, *given)
        check(differentiate(program))
        assert differs(by_equations(program, *given), right) == [], f"{seed}:\n{program}"


def test_random_programs_at_poles_and_ties():
    """Where the engine's gradient is finite, so is that of the equations."""
    for seed in range(200):
        example = Example(seed, wild=True)
        program, given = example.program, (example.numbers, example.count)
        loss, right = by_engine(program, *given)
        check(differentiate(program))
        _, found = by_equations(program, *given)
        for array in right:
            known = np.isfinite(right[array]) & math.isfinite(loss)
            mine, true = found[array][known], right[array][known]
            np.testing.assert_allclose(mine, true, 1e-9, 1e-9, err_msg=f"{seed}")


def test_the_random_programs_are_worth_their_name():
    """Every kind of equation and of view, several readers, frozen parameters, gradients that are not 0."""
    texts, rows, added, depends, frozen = "", set(), 0, 0, 0
    for seed in range(300):
        program = differentiate(Example(seed).program)
        texts += f"{program}\n"
        for equation in program.forward:
            rows |= {equation.row} if isinstance(equation, Reduce) else set()
            added += getattr(equation, "add", False)
        depends += len(program.gradients)
        frozen += len(program.gradients) < len(program.parameters)
    assert rows == {*LISTS}
    for part in ("table(", "t[n", "-1i+", "i+j]", "select(", "max(", "detach(", "exp(", "n^-1", "n^1"):
        assert texts.count(part) > 10, part
    assert min(added, depends, frozen) > 50


def test_differences_agree_with_the_equations():
    """Without the engine: the loss, moved a little."""
    tried = 0
    for seed in range(1_000, 1_060):
        example = Example(seed)
        text = str(example.program)
        if any(row in text for row in ("relu", "abs", "max", "min", "greater", "and(", "detach")):
            continue  # kinks, and what a difference does not stop at
        check(differentiate(example.program))
        _, slopes = by_equations(example.program, example.numbers, example.count)
        up, along = moved(example, slopes, 1e-6)
        down, _ = moved(example, slopes, -1e-6)
        assert (up - down) / 2e-6 == pytest.approx(along, rel=1e-4, abs=1e-4), seed
        tried += bool(along)
    assert tried > 10


def moved(example, slopes, step):
    """The loss a step further along a random direction, and the slope in that direction."""
    draw, along, numbers = np.random.default_rng(0), 0.0, dict(example.numbers)
    for array, slope in slopes.items():
        direction = draw.normal(size=slope.shape)
        along += (slope * direction).sum()
        numbers[array] = numbers[array] + step * direction
    known = run(example.program, numbers, backward=False, count=example.count)
    return known[example.program.loss].item(), along


# --- the text ----------------------------------------------------------------------------------------


def test_a_net_with_softmax_and_cross_entropy():
    program = written(
        """
        a1[n,j] = x[n,k]·W1[j,k] + b1[j]
        h1[n,j] = sigmoid(a1[n,j])
        a2[n,j] = h1[n,k]·W2[j,k] + b2[j]
        z[n] = logsumexp_k a2[n,k]
        L[] = n^-1·z[n] - n^-1·a2[n,y[n]]
        """,
        x=samples(3), y=index(), W1=parameter(4, 3), b1=parameter(4), W2=parameter(2, 4), b2=parameter(2),
    )  # fmt: skip
    assert backward(program) == lines(
        """
        dL[] = 1
        dz[n] = n^-1·dL[]
        da2[n,k] = dz[n]·exp(sub(a2[n,k], z[n]))
        da2[n,y[n]] += -1·n^-1·dL[]
        dW2[j,k] = Σ_n da2[n,j]·h1[n,k]
        db2[j] = Σ_n da2[n,j]
        dh1[n,k] = Σ_j da2[n,j]·W2[j,k]
        da1[n,j] = dh1[n,j]·sigmoid'(h1[n,j], a1[n,j])
        dW1[j,k] = Σ_n da1[n,j]·x[n,k]
        db1[j] = Σ_n da1[n,j]
        """
    )
    assert_right(program)


def test_several_whole_contributions_are_terms_of_one_sum():
    program = written(
        """
        h[j] = tanh(W[j])
        L[] = h[k]·h[k] + h[i]·x[n,i]
        """,
        W=parameter(3), x=samples(3),
    )  # fmt: skip
    assert "dh[k] = 2·dL[]·h[k] + Σ_n dL[]·x[n,k]" in backward(program)
    assert_right(program)


def test_like_terms_are_counted():
    program = written("L[] = 3·W[i]·x[n,i] + 2·W[j]·x[n,j]", W=parameter(3), x=samples(3))
    assert backward(program)[1:] == ["dW[i] = Σ_n 5·dL[]·x[n,i]"]


def test_parts_that_do_not_overlap_are_set():
    """A flat list of parameters: weights and biases side by side, or one after the other."""
    program = written(
        "a[n,j] = theta[3*j+k]·x[n,k] + theta[3*j+2] + theta[i+6]·x[n,i]\nL[] = a[n,j]·a[n,j]",
        sizes={"j": 2, "k": 2, "i": 2}, theta=parameter(8), x=samples(2),
    )  # fmt: skip
    assert backward(program)[2:] == [
        "dtheta[3j+k] = Σ_n da[n,j]·x[n,k]",
        "dtheta[3j+2] = Σ_n da[n,j]",
        "dtheta[i+6] = Σ_n,j da[n,j]·x[n,i]",
    ]
    assert_right(program)


def test_places_that_are_left_are_0():
    program = written("L[] = W[2]·W[2] + W[i+3]", sizes={"i": 2}, W=parameter(6))
    assert backward(program)[1:] == ["dW[i0] = 0", "dW[2] = 2·dL[]·W[2]", "dW[i+3] = dL[]"]
    assert_right(program)


def test_overlapping_parts_are_added():
    program = written("L[] = W[i]·W[i] + 2·W[j+1]·W[j]", sizes={"j": 3}, W=parameter(4))
    assert backward(program)[1:] == [
        "dW[i] = 2·dL[]·W[i]",
        "dW[j+1] += 2·dL[]·W[j]",
        "dW[j] += 2·dL[]·W[j+1]",
    ]
    assert_right(program)


def test_a_window_is_added_place_by_place():
    text = "a[n,i] = x[n,i+k]·w[k]\nL[] = a[n,i]·a[n,i]"
    program = written(text, sizes={"i": 4}, w=parameter(3), x=samples(6))
    assert backward(program)[2:] == ["dw[k] = Σ_n,i da[n,i]·x[n,i+k]"]
    text = "a[n,i] = x[n,k]·w[i+k]\nL[] = a[n,i]·a[n,i]"
    program = written(text, sizes={"i": 4}, w=parameter(6), x=samples(3))
    assert backward(program)[2:] == ["dw[i0] = 0", "dw[i+k] += Σ_n da[n,i]·x[n,k]"]
    assert_right(program)


def test_a_diagonal():
    program = written("L[] = W[i,i]·v[i] + W[i,j]·W[j,i]", W=parameter(3, 3), v=parameter(3))
    assert backward(program)[1:] == [
        "dW[i,j] = 2·dL[]·W[j,i]",
        "dW[i,i] += dL[]·v[i]",
        "dv[i] = dL[]·W[i,i]",
    ]  # the two factors W[i,j] and W[j,i] bring the same
    assert_right(program)


def test_factors_count_as_often_as_they_come():
    program = written("L[] = W[i]·W[i]·W[i]·x[n,i] + max(W[i], W[i])", W=parameter(3), x=samples(3))
    assert "3·dL[]·W[i]·W[i]·x[n,i]" in backward(program)[1]
    assert_right(program)


def test_what_is_not_batched_is_summed_over_the_batch():
    program = written(
        """
        p[] = W[i]·W[i]
        l[n] = x[n,i]·W[i] + 0.1·p[]
        L[] = l[n]·l[n]
        """,
        W=parameter(3), x=samples(3),
    )  # fmt: skip
    assert "dp[] = Σ_n 0.1·dl[n]" in backward(program)
    assert_right(program)


def test_a_sum_over_samples_of_what_is_not_batched():
    """In sum mode a penalty counts once for every sample; in mean mode once."""
    program = written("p[] = W[i]·W[i]\nL[] = n^1·p[] + n^-1·x[n,i]·W[i]", W=parameter(3), x=samples(3))
    assert "dp[] = n^1·dL[]" in backward(program)
    assert_right(program)


def test_labels_that_are_lost_count():
    """The slope of x - w for w depends on no sample: it comes once for each."""
    text = "a[k] = sub(x[n,i], w[k])\nL[] = a[k]·c[k]"
    program = written(text, w=parameter(2), x=samples(3), c=constant([1.0, 2.0]))
    assert "dw[k] = -3·n^1·da[k]" in backward(program)
    assert_right(program)


def test_an_embedding():
    """Rows that several samples pick add up."""
    program = written("h[n,t,j] = E[x[n,t],j]\nL[] = h[n,t,j]·h[n,t,j]", E=parameter(2, 3), x=index(4))
    assert backward(program)[2:] == ["dE[i0,i1] = 0", "dE[x[n,t],j] += dh[n,t,j]"]
    assert_right(program)


def test_a_table_that_reads_a_place_twice():
    view = View(parameter(3), (Step(0, (), np.array([0, 2, 0]), ("i",)),))
    view.array.name = "W"
    loss = Array("L", ())
    program = Equations([Sum(View(loss), (Term(1.0, (view, view)),), {"i": 3})], loss, [], [view.array])
    assert_right(program)
    _, slopes = by_equations(program, {view.array: np.ones(3)})
    np.testing.assert_array_equal(slopes[view.array], [4, 0, 2])


def test_labels_that_mean_something_else_elsewhere():
    """The same letter for two things in two equations does not meet in one."""
    program = written(
        """
        a[j] = W[i]·V[i,j]
        c[i] = W[j]·U[j,i]
        L[] = a[k]·a[k] + c[k]·c[k]
        """,
        W=parameter(2), V=parameter(2, 3), U=parameter(2, 4),
    )  # fmt: skip
    assert "dW[j] = Σ_i dc[i]·U[j,i] + Σ_k da[k]·V[j,k]" in backward(program)
    assert_right(program)


def test_a_list_of_unlike_things_side_by_side():
    program = written(
        """
        s[n,z] = 0
        s[n,i] += tanh(W[i])·x[n,i]
        s[n,2] += 2·b[]
        m[n] = max_z s[n,z]
        L[] = n^-1·m[n]
        """,
        sizes={"z": 3}, s=computed(3, batched=True), W=parameter(2), b=parameter(), x=samples(2),
    )  # fmt: skip
    assert_right(program)


def test_an_array_read_between_its_writes():
    """A recurrence in one array: what comes back to an earlier part is added to what came before."""
    program = written(
        """
        h[0] = tanh(W[0])
        h[1] = tanh(h[0])
        h[2] = tanh(h[1])
        L[] = h[i]·h[i]·W[1]
        """,
        h=computed(3), W=parameter(2),
    )  # fmt: skip
    assert_right(program)


# --- what has a gradient -----------------------------------------------------------------------------


def test_a_parameter_that_is_not_used_or_frozen_has_no_gradient():
    program = written(
        "a[n] = x[n,i]·W[i]·detach(F[i])\nL[] = a[n]·greater(G[i], a[n])",
        W=parameter(3), F=parameter(3), G=parameter(3), U=parameter(3), x=samples(3),
    )  # fmt: skip
    backward(program)
    assert [array.name for array in program.gradients] == ["W"]
    assert_right(program)


def test_a_loss_without_parameters():
    program = written("L[] = x[n,i]·x[n,i]", W=parameter(3), x=samples(3))
    assert backward(program) == []
    assert program.gradients == {}


def test_gradients_come_in_the_order_of_the_parameters():
    program = written("a[] = V[i]·W[i]\nL[] = a[]·U[]", W=parameter(3), U=parameter(), V=parameter(3))
    backward(program)
    assert [array.name for array in program.gradients.values()] == ["dW", "dU", "dV"]


def test_gradients_keep_shape_and_scope():
    program = written("a[n,j] = x[n,i]·W[j,i]\nL[] = a[n,j]·a[n,j]", W=parameter(2, 3), x=samples(3))
    program.forward[0].target.array.path = "net/layer0"
    backward(program)
    found = program.backward[1].target.array
    assert (found.name, found.shape, found.batched, found.path) == ("da", (2,), True, "net/layer0")
