"""Softmax as it is recorded: exponentials and differences of a number and the logsumexp of its list."""

import numpy as np
import pytest

from autograd_lite.compiler.equations.gradient import differentiate
from autograd_lite.compiler.equations.softmax import record_softmax
from autograd_lite.compiler.equations.well_formed import check

from ..equations_from_text import index, parameter, samples, written
from ..interpreter import run

Z = "z[n] = logsumexp_i x[n,i]\n"


def recorded(text, **arrays):
    """The last equation, with x of four numbers for every sample."""
    arrays = {"x": samples(4), **arrays}
    program = written(f"{Z}{text}", **arrays)
    check(record_softmax(program))
    return str(program.forward[-1])


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("L[] = exp(sub(x[n,i], z[n]))", "L[] = Σ_n,i softmax_given(x[n,i], z[n])"),
        ("L[] = exp(sub(x[n,2], z[n]))", "L[] = Σ_n softmax_given(x[n,2], z[n])"),
        ("L[] = log(neg(exp(sub(x[n,i], z[n]))))", "L[] = Σ_n,i log(neg(softmax_given(x[n,i], z[n])))"),
        ("L[] = n^-1·z[n] - n^-1·x[n,3]", "L[] = Σ_n -1·n^-1·log_softmax_given(x[n,3], z[n])"),
        ("L[] = w[i]·x[n,i] - w[j]·z[n]", "L[] = Σ_i,n w[i]·log_softmax_given(x[n,i], z[n])"),
        ("s[n,i] = x[n,i] - z[n]\nL[] = exp(s[n,i])", "L[] = Σ_n,i softmax_given(x[n,i], z[n])"),
        ("s[n,i] = x[n,i] - z[n]\nL[] = exp(s[n,1])", "L[] = Σ_n softmax_given(x[n,1], z[n])"),
    ],
)
def test_what_is_recorded(text, result):
    assert recorded(text, w=parameter(4)) == result


@pytest.mark.parametrize(
    "text",
    [
        "L[] = exp(sub(z[n], x[n,i]))",
        "L[] = exp(sub(v[n,i], z[n]))",  # the list of another
        "L[] = n^-1·z[n] - x[n,3]",
        "L[] = z[n] - x[n,i]",  # of which there are four for each z
        "L[] = z[n] - 2·x[n,3]",
        "L[] = w[i]·x[n,i] - v[n,i]·z[n]",
        "L[] = exp(z[n])",
    ],
)
def test_what_is_not(text):
    assert "given" not in recorded(text, w=parameter(4), v=samples(4))


def test_a_logsumexp_over_a_part_has_no_softmax():
    program = written("z[n] = logsumexp_i x[n,i+1]\nL[] = exp(sub(x[n,i+1], z[n]))", {"i": 3}, x=samples(4))
    assert "given" not in str(record_softmax(program))


def test_it_means_the_same():
    """Forward and backward, with a number that the data pick."""
    text = f"""
        x[n,i] = v[n,j]·w[i,j]
        {Z.strip()}
        s[n,i] = x[n,i] - z[n]
        p[n,i] = exp(s[n,i])
        L[] = n^-1·z[n] - n^-1·x[n,k[n]] + p[n,i]·p[n,i]
    """
    given = {"w": parameter(3, 2), "v": samples(2), "k": index()}
    plain = differentiate(written(text, **given))
    program = record_softmax(differentiate(written(text, **given)))
    check(program)
    assert str(program).count("log_softmax_given") == 2
    found = []
    for one in (plain, program):
        numbers = {array: NUMBERS[array.name] for array in [*one.parameters, *one.inputs]}
        found.append({array.name: np.array(x, dtype=float) for array, x in run(one, numbers).items()})
    for key in ("L", "dw"):
        np.testing.assert_allclose(found[1][key], found[0][key], rtol=1e-12)


NUMBERS = {
    "w": np.linspace(-1.0, 1.0, 6).reshape(3, 2),
    "v": np.array([[0.5, -1.5], [2.0, 0.25]]),
    "k": np.array([2, 0]),
}
