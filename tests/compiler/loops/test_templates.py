"""Equations as forms with slots; like terms, and like equations, that walk in step folded into one."""

import pytest

import autograd_lite as al
from autograd_lite.compiler.equations.well_formed import check
from autograd_lite.compiler.loops.templates import fold, signature, slots_of, with_slots

from ..equations_from_text import computed, index, parameter, samples, written

# --- forms and slots ---------------------------------------------------------------------------------------


def test_slots_are_views_in_order_with_their_indices():
    (equation, *_) = written(
        "a[n,i] = E[k[n],i]·exp(x[n,i])\n L[] = Σ_n,i a[n,i]", E=parameter(3, 2), k=index(), x=samples(2)
    ).forward
    slots = slots_of(equation)
    assert [view.array.name for view in slots] == ["a", "E", "k", "x"]
    assert str(with_slots(equation, slots)) == str(equation)
    other = computed(3, 2)
    other.name = "F"
    assert (
        str(with_slots(equation, [slots[0], slots[1]._replace(array=other), *slots[2:]]))
        == "a[n,i] = F[k[n],i]·exp(x[n,i])"
    )


def test_signatures_tell_what_is_alike_but_for_computed_arrays_and_beginnings():
    lines = """
        a[n,i] = x[n,i]
        b[n,i] = tanh(a[n,i])·W[0,i]
        c[n,j] = tanh(b[n,j])·W[1,j]
        d[n,j] = tanh(b[n,j])·V[1,j]
        e[n,j] = tanh(x[n,j])·W[1,j]
        f[n,j] = 2·tanh(b[n,j])·W[1,j]
        g[n,j] = sin(b[n,j])·W[1,j]
        L[] = Σ_n,i g[n,i]
    """
    program = written(lines, x=samples(3), W=parameter(2, 3), V=parameter(2, 3))
    _, b, c, *others, _ = map(signature, program.forward)
    assert b == c
    assert all(b != other for other in others)


# --- folding -----------------------------------------------------------------------------------------------


def folded(text, **arrays):
    program = written(text, **arrays)
    fold(program)
    check(program)
    return str(program).splitlines()


def test_terms_that_walk_become_one():
    text = "L[] = Σ_n,i x[n,0,i]·W[i] + x[n,1,i]·W[i] + x[n,2,i]·W[i] + 2·W[0]"
    assert folded(text, x=samples(3, 2), W=parameter(2)) == ["L[] = Σ_n,s0,i x[n,s0,i]·W[i] + 2·W[0]"]


def test_terms_that_walk_backward_and_by_twos():
    text = "L[] = Σ_n x[n,5]·W[0] + x[n,3]·W[1] + x[n,1]·W[2]"
    assert folded(text, x=samples(6), W=parameter(3)) == ["L[] = Σ_n,s0 x[n,2s0+1]·W[-1s0+2]"]


@pytest.mark.parametrize(
    "text",
    [
        "L[] = Σ_n x[n,0] + x[n,1] + x[n,3]",
        "L[] = Σ_n x[n,0]·W[0] + x[n,1]·W[1] + x[n,2]·W[1]",
        "L[] = Σ_n x[n,0] + x[n,1] + 2·x[n,2]",
        "L[] = Σ_n x[n,0] + x[n,0] + x[n,0]",
        "L[] = Σ_n x[n,0] + x[n,1]",
        "L[] = Σ_n tanh(x[n,0]) + sin(x[n,1]) + tanh(x[n,2])",
    ],
)
def test_terms_that_do_not_walk_stay(text):
    assert "s0" not in folded(text, x=samples(4), W=parameter(3))[0]


FILLED = """
    a[i] = 0
    a[{0}] = Σ_n x[n,0]
    a[{1}] = Σ_n x[n,1]
    {between}
    a[{2}] = Σ_n x[n,2]
    L[] = Σ_i a[i]
"""


def filled(places=(0, 1, 2), between="b[] = W[0]"):
    text = FILLED.format(*places, between=between)
    program = written(text, {"i": 4}, x=samples(3), W=parameter(2), a=computed(4))
    fold(program)
    return str(program).splitlines()


def test_equations_that_fill_an_array_place_by_place_become_one():
    assert filled() == ["a[i] = 0", "b[] = W[0]", "a[s0] = Σ_n x[n,s0]", "L[] = Σ_i a[i]"]
    assert filled((3, 2, 1)) == ["a[i] = 0", "b[] = W[0]", "a[s0+1] = Σ_n x[n,-1s0+2]", "L[] = Σ_i a[i]"]


def test_what_fills_another_place_does_not_stand_between_them():
    assert filled(between="a[3] = W[0]")[1:] == ["a[3] = W[0]", "a[s0] = Σ_n x[n,s0]", "L[] = Σ_i a[i]"]


def test_the_text_of_a_polynomial_does_not_grow_with_its_degree():
    """The first and the last of its coefficients have gradients of their own."""

    def lines(degree):
        w = [al.Value(0.1 * k) for k in range(degree)]

        def loss(x):
            total = w[0]
            for v in w[1:]:
                total = total * x + v
            return total

        return len(al.compile(loss, {"w": w}, x=0.5).source.splitlines())

    assert lines(24) == lines(12)


@pytest.mark.parametrize(
    ("places", "between"),
    [
        ((0, 1, 3), "b[] = W[0]"),
        ((1, 1, 1), "b[] = W[0]"),
        ((0, 1, 2), "b[] = a[0]"),
        ((0, 1, 2), "a[1] = W[0]"),
        ((0, 1, 2), "a[2] += W[0]"),
        ((0, 1, 2), "a[3] = a[0]"),
    ],
)
def test_but_not_past_what_reads_or_writes_it(places, between):
    assert not any("s0" in line for line in filled(places, between))


def test_equations_whose_places_meet_stay():
    """One after the other they overwrite; all at once they would not be told apart."""
    text = "a[i] = 0\n a[j] = x[n,0,j]\n a[j+1] = x[n,1,j]\n a[j+2] = x[n,2,j]\n L[] = Σ_i a[i]"
    program = written(text, {"i": 6, "j": 2}, x=samples(3, 2), a=computed(6))
    fold(program)
    assert len(program.forward) == 5


def test_equations_that_read_each_other_stay():
    text = "a[i] = W[i]\n a[1] += a[0]\n a[2] += a[1]\n a[3] += a[2]\n L[] = Σ_i a[i]"
    program = written(text, W=parameter(4))
    fold(program)
    assert len(program.forward) == 5
