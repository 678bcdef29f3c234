"""What a gradient is called after is what it is the gradient of, place by place: as the engine says."""

import random

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite.compiler.mathematics import page as printed
from autograd_lite.compiler.mathematics.script import Text

from ..interpreter import run
from ..mathematics import known_programs as pages
from ..mathematics.expected_pages import EVERY
from ..mathematics.page_evaluator import numbers_for
from ..random_array_programs import Drawn
from ..random_nets import Model

SAMPLES = 2


def mistakes(program):
    """The gradients on the page that are not of the array whose name they have."""
    page = printed._Page(program, Text())
    numbers = {a: x[:SAMPLES] if a.batched else x for a, x in numbers_for(program).items()}
    computed = run(program, numbers, count=SAMPLES)
    values = np.vectorize(al.Value, otypes=[object])
    traced = {a: values(x) if a.kind == "parameter" else x for a, x in numbers.items()}
    forward = run(program, traced, backward=False, count=SAMPLES)
    forward[program.loss][()].backward()
    named = {array: page.owner(array) for array, shown in page.names.items() if shown.sign}
    return [a.name for a, of in named.items() if of in forward and not _agree(computed[a], forward[of])]


def _agree(gradient, owner):
    """Whether the one has the gradients of the other's Values, and at most zeros in places beyond."""
    gradient = np.array(gradient, dtype=float)
    expected = np.array([getattr(x, "grad", np.nan) for x in owner.ravel()], dtype=float).reshape(owner.shape)
    there = tuple(map(slice, owner.shape))
    known = ~np.isnan(expected)
    if gradient[there].shape != expected.shape:
        return False
    same = np.allclose(gradient[there][known], expected[known], rtol=1e-7, atol=1e-12)
    gradient[there] = 0.0
    return same and not np.nan_to_num(gradient).any()


def drawn(kind, seed):
    program = kind(seed)
    x, k = program.sample(random.Random(seed))
    program.scale = 1.0  # of logits: in exponentials they would be inf where the program is not
    return al.compile(program, program.parameters, x=x, k=k)


@pytest.mark.parametrize("key", EVERY)
def test_gradients_are_of_what_their_names_say(key):
    assert mistakes(EVERY[key]()._rolled) == []


FOUND = [(Model, 44), (Model, 85), (Model, 96), (Model, 123), (Model, 180), (Drawn, 216), (Drawn, 288)]


@pytest.mark.parametrize(("kind", "seed"), FOUND, ids=str)
def test_gradients_in_loops_over_scalars_are_of_what_their_names_say(kind, seed):
    assert mistakes(drawn(kind, seed)._rolled) == []


def test_a_gradient_that_is_made_a_step_before_has_no_name_of_its_own():
    page = pages.drifting().equations()
    assert "    dv2[t] = (2/n) v2[t+1] + f dv2[t+1]" in page.splitlines()
    assert "∇v2" not in page


@pytest.mark.parametrize("build", [pages.drifting, lambda: drawn(Model, 123)], ids=["in step", "as large"])
def test_a_wrong_name_is_found_out(build):
    program = build()._rolled
    for equation in program.backward:
        if equation.target.array.relation == "part":
            equation.target.array.relation = "gradient"
    assert mistakes(program)


@pytest.mark.parametrize("key", EVERY)
def test_what_a_gradient_is_of_is_on_the_page(key):
    program = EVERY[key]()._rolled
    page = printed._Page(program, Text())
    there = {*program.parameters, *(line.target.array for line in page.lines)}
    assert all(page.owner(array) in there for array, shown in page.names.items() if shown.sign)
