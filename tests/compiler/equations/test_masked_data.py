"""Missing data, as nan behind a select or an index, leave the gradients clean; other data cost no guard."""

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite.compiler.equations.zero_guards import masked_arrays

from ..equations_from_text import constant, index, parameter, samples, written
from ..gradient_oracle import assert_right, by_engine

NAN = float("nan")


def clean(text, parameters, data, **arrays):
    """The gradients, with data of which some are nan, are the engine's, and numbers."""
    program = written(text, **parameters, **arrays)
    numbers = {array: np.array(data[array.name]) for array in program.inputs}
    numbers |= {
        array: 0.5 + np.arange(np.prod(array.shape)).reshape(array.shape) for array in program.parameters
    }
    _, slopes = by_engine(program, numbers, count=2)
    assert all(np.isfinite(slope).all() for slope in slopes.values())
    assert_right(program, numbers, count=2)


@pytest.mark.parametrize(
    "branch",
    [
        "v[n,i] = w[i]·x[n,i]",
        "v[n,i] = w[i] + 2·w[i]·x[n,i]",
        "a[n,i] = w[i]·x[n,i]\nv[n,i] = tanh(a[n,i])",
        "a[n,i] = 3·x[n,i] + 1\nb[n,i] = a[n,i]·x[n,i]\nv[n,i] = w[i]·b[n,i]",
    ],
)
def test_missing_data_behind_a_select(branch):
    text = f"{branch}\ns[n,i] = select(greater(m[n,i], 0), v[n,i], 0)\nL[] = s[n,i]·s[n,i]"
    data = {"x": [[1.0, NAN], [np.inf, 3.0]], "m": [[1.0, 0.0], [0.0, 1.0]]}
    clean(text, {"w": parameter(2)}, data, x=samples(2), m=samples(2))


def test_a_sample_behind_a_select_in_the_other_branch():
    text = "v[n] = w[i]·x[n,i]\ns[n] = select(greater(m[n], 0), 2, v[n])\nL[] = s[n]·s[n]"
    clean(
        text, {"w": parameter(2)}, {"x": [[1.0, 2.0], [3.0, NAN]], "m": [0.0, 1.0]}, x=samples(2), m=samples()
    )


def test_data_in_the_rows_that_are_not_picked():
    data = {"x": [[1.0, NAN], [NAN, 3.0]], "k": [0, 1]}
    clean("v[n,i] = w[i]·x[n,i]\nL[] = v[n,k[n]]", {"w": parameter(2)}, data, x=samples(2), k=index())


def test_one_number_of_an_array_is_missing_and_another_is_not():
    text = "v[n] = w[1]·x[n,1]\ns[n] = select(greater(m[n], 0), v[n], 0)\nL[] = s[n]·s[n] + w[0]·x[n,0]"
    clean(
        text, {"w": parameter(2)}, {"x": [[1.0, 2.0], [3.0, NAN]], "m": [1.0, 0.0]}, x=samples(2), m=samples()
    )


def test_missing_data_through_the_whole_compiler():
    w, b = [al.Value(0.5), al.Value(-0.3)], al.Value(0.1)

    def loss(x, m, y):
        return (al.sum([al.select(k > 0, v * u, 0.0) for v, u, k in zip(w, x, m, strict=True)]) + b - y) ** 2

    program = al.compile(loss, {"w": w, "b": b}, x=[0.1, 0.2], m=[1, 0], y=1.0)
    data = [[1.0, NAN], [2.0, 3.0]], [[1, 0], [1, 1]], [1.0, 2.0]
    expected = np.mean([al.grad(loss(*sample), [*w, b]) for sample in zip(*data, strict=True)], axis=0)
    _, found = program.value_and_grad(*data)
    np.testing.assert_allclose([*found["w"], found["b"]], expected, rtol=1e-12)


# --- what is not missing -------------------------------------------------------------------------------

SHOWN = {
    "what is read beside the select as well": """
        v[n,i] = w[i]·x[n,i]
        s[n,i] = select(greater(m[n,i], 0), v[n,i], 0)
        L[] = s[n,i]·s[n,i] + m[n,i]·x[n,i]
    """,
    "what both branches read": """
        v[n,i] = w[i]·x[n,i] + m[n,i]
        a[n,i] = abs(v[n,i])
        h[n,i] = v[n,i]·v[n,i]
        s[n,i] = select(greater(1, m[n,i]), h[n,i], a[n,i])
        L[] = s[n,i] + m[n,i]
    """,
    "an activation": """
        v[n,i] = w[i]·x[n,i] + m[n,i]
        h[n,i] = tanh(v[n,i])
        s[n,i] = select(greater(h[n,i], 0), h[n,i], 0)
        L[] = s[n,i]·s[n,i]
    """,
    "what a mask leaves out everywhere": """
        v[n,i] = w[i]·x[n,i]
        s[n,i] = select(there[i], v[n,i], 0)
        L[] = s[n,i]·s[n,i]·m[n,i]
    """,
    "the loss of a class": """
        v[n,i] = w[i]·x[n,i] + m[n,i]
        z[n] = logsumexp_i v[n,i]
        L[] = z[n] - v[n,k[n]]
    """,
    "what a list is the largest of": "v[n,i] = w[i]·x[n,i]·m[n,i]\nz[n] = max_i v[n,i]\nL[] = z[n]",
}


@pytest.mark.parametrize("name", SHOWN)
def test_data_that_the_loss_shows_are_not_guarded(name):
    text = SHOWN[name]
    more = {"there": constant([1.0, 0.0])} if "there" in text else {"k": index()} if "k[" in text else {}
    program = written(text, w=parameter(2), x=samples(2), m=samples(2), **more)
    learned = {*program.parameters, *(equation.target.array for equation in program.forward)}
    assert masked_arrays(program, learned) == set()
    assert_right(program)


def test_what_is_computed_of_masked_data_is_masked_until_it_is_chosen():
    program = written(
        """
        a[n,i] = 2·x[n,i]
        h[n,i] = select(greater(m[n,i], 0), a[n,i], 0)
        v[n] = h[n,i]·w[i]
        L[] = v[n]·v[n]
        """,
        x=samples(2), m=samples(2), w=parameter(2),
    )  # fmt: skip
    assert sorted(array.name for array in masked_arrays(program, set(program.parameters))) == ["a", "m", "x"]
