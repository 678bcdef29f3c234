"""Names: short for the paths of parameters, by role for what is computed, the user's where there are any."""

import keyword

import pytest

from autograd_lite.compiler.equations.gradient import differentiate
from autograd_lite.compiler.equations.names import identifier, name
from autograd_lite.compiler.equations.short_names import parameter_names
from autograd_lite.compiler.equations.softmax import record_softmax

from ..equations_from_text import constant, index, parameter, samples, written
from ..random_equations import Example

# --- parameters ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        ("layers.0.weight layers.0.bias layers.1.weight layers.1.bias", "W1 b1 W2 b2"),
        ("layers.0.weight layers.0.bias", "W b"),
        ("weight bias", "W b"),
        ("0.weight 0.bias 2.weight 2.bias", "W1 b1 W2 b2"),
        ("layers.0.weight layers.1.weight layers.1.bias", "W1 W2 b2"),
        ("encoder.layers.0.weight encoder.layers.1.weight", "W_encoder1 W_encoder2"),
        ("encoder.layers.0.weight decoder.layers.0.weight", "W_encoder W_decoder"),
        ("attention.query.weight attention.key.weight mix.weight", "W_query W_key W_mix"),
        ("token blocks.0.query.weight blocks.1.query.weight score.weight", "token W_query1 W_query2 W_score"),
        ("a.x.weight b.x.weight", "W_a_x W_b_x"),
        ("layers.0.weight blocks.0.weight layers.1.weight", "W1 W_blocks1 W2"),
        ("norm.gamma norm.beta", "gamma beta"),
        ("norms.0.gamma norms.1.gamma", "gamma1 gamma2"),
        ("heads.0.layers.0.weight heads.0.layers.1.weight heads.1.layers.0.weight heads.1.layers.1.weight",
         "W1_1 W1_2 W2_1 W2_2"),
        ("W1 Wx beta alpha0", "W1 Wx beta alpha0"),
        ("W.0 W.1 b.0 b.1", "W1 W2 b1 b2"),
        ("theta", "theta"),
    ],
)  # fmt: skip
def test_paths_become_short_names(paths, names):
    assert parameter_names(paths.split()) == names.split()


def test_a_path_of_nothing_is_theta():
    assert parameter_names([""]) == ["theta"]


@pytest.mark.parametrize(
    ("text", "found"),
    [("h[0]", "h_0"), ("lambda", "lambda_"), ("max", "max_"), ("x1", "x1"), ("2", "v2"), ("", "v"),
     ("layer/a b", "layer_a_b"), ("θ", "θ"), ("n", "n_"), ("np", "np_"), ("x̂", "x̂")],
)  # fmt: skip
def test_any_text_becomes_an_identifier(text, found):
    assert identifier(text) == found
    assert identifier(text).isidentifier()


# --- what is computed ------------------------------------------------------------------------------------

NET = """
v8[n,i] = x[n,j]·A[i,j] + B[i]
v9[n,i] = sigmoid(v8[n,i])
v10[n,i] = v9[n,j]·C[i,j] + D[i]
v11[n] = logsumexp_i v10[n,i]
L[] = n^-1·v11[n] - n^-1·v10[n,y[n]]
"""
PATHS = ("layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias")


def net(**hints):
    """A net of two layers, by the names that the roller gave."""
    arrays = dict(zip("ABCD", (parameter(4, 3), parameter(4), parameter(2, 4), parameter(2)), strict=True))
    program = written(NET, **arrays, x=samples(3), y=index())
    for array, path in zip(arrays.values(), PATHS, strict=True):
        array.path = path
    made = {equation.target.array.name: equation.target.array for equation in program.forward}
    program.hints = {made[key]: text for key, text in hints.items()}
    return program


def names_of(program):
    return [equation.target.array.name for equation in (*program.forward, *program.backward)]


def test_roles_have_their_letters():
    program = net()
    name(program)
    assert names_of(program) == ["a1", "h1", "a2", "z", "L"]
    assert [array.name for array in program.parameters] == ["W1", "b1", "W2", "b2"]
    assert [array.name for array in program.inputs] == ["x", "y"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_gradient_is_called_after_its_array(when):
    program = net()
    if when == "before":
        name(program)
    differentiate(program)
    name(program)
    gradients = dict.fromkeys(names_of(program)[5:])
    assert list(gradients) == ["dL", "dz", "da2", "dW2", "db2", "dh1", "da1", "dW1", "db1"]
    assert {p.name: g.name for p, g in program.gradients.items()} == {
        p: f"d{p}" for p in ("W1", "b1", "W2", "b2")
    }


def test_labels_win_and_activations_follow():
    program = net(v9="z1", v10="f")
    name(program)
    assert names_of(program) == ["a1", "z1", "f", "z", "L"]


def test_hints_can_be_given():
    program = net()
    name(program, {program.forward[0].target.array: "pre"})
    assert names_of(program)[:2] == ["pre", "h1"]


def test_several_of_one_label_are_numbered():
    program = net(v8="q", v9="q", v10="W1")
    name(program)
    assert names_of(program)[:3] == ["q1", "q2", "W1_2"]


def test_a_softmax_is_p_and_its_logits_are_scores():
    program = written(
        """
        v1[n,i] = x[n,i]·g[i] + x[n,i]·x[n,i]
        v2[n] = logsumexp_i v1[n,i]
        v3[n,i] = v1[n,i] - v2[n]
        v4[n,i] = exp(v3[n,i])
        v5[n] = v4[n,i]·x[n,i]·g[i] - y[n]
        L[] = n^-1·v5[n]·v5[n]
        """,
        g=parameter(3), x=samples(3), y=samples(),
    )  # fmt: skip
    program.parameters[0].path = "g"
    name(record_softmax(program))
    assert names_of(program) == ["s", "z", "logp", "p", "e", "L"]


def test_a_layer_with_a_name_is_called_by_it_unless_it_is_active():
    program = written(
        """
        v1[n,i] = x[n,j]·A[i,j]
        v2[n,i] = v1[n,j]·B[i,j]
        v3[n,i] = tanh(v2[n,i])
        L[] = n^-1·v3[n,i]·v3[n,i]
        """,
        A=parameter(3, 3), B=parameter(3, 3), x=samples(3),
    )  # fmt: skip
    for array, path in zip(program.parameters, ("query.weight", "widen.weight"), strict=True):
        array.path = path
    name(program)
    assert names_of(program) == ["query", "a_widen", "h_widen", "L"]


def test_weights_of_other_names_number_their_layers():
    program = written(
        "v1[n,i] = x[n,j]·A[i,j]\nv2[n,i] = v1[n,j]·B[i,j]\nL[] = n^-1·v2[n,i]",
        A=parameter(3, 3), B=parameter(2, 3), x=samples(3),
    )  # fmt: skip
    for array, path in zip(program.parameters, ("alpha", "beta"), strict=True):
        array.path = path
    name(program)
    assert names_of(program) == ["a1", "a2", "L"]


def test_data_are_X_and_Y_and_other_constants_are_numbered():
    program = written(
        """
        v1[i,j] = X1[i,k]·A[j,k]
        v2[i,j] = v1[i,j] - Y1[i,j]
        L[] = v2[i,j]·v2[i,j]·c9[j]
        """,
        A=parameter(2, 3), X1=constant([[1.0, 2.0, 3.0]] * 4), Y1=constant([[1.0, 2.0]] * 4),
        c9=constant([1.0, 2.0]),
    )  # fmt: skip
    program.parameters[0].path = "W"
    arrays = {view.array for equation in program.forward for term in equation.terms for view in term.factors}
    name(program)
    assert sorted(a.name for a in arrays if a.kind == "constant") == ["X", "Y", "c1"]


def test_a_residual_is_no_error():
    """x + W h is a layer; only a result that data are taken from is an error."""
    program = written(
        "v1[n,i] = x[n,i] + h[n,j]·A[i,j]\nL[] = n^-1·v1[n,i]·v1[n,i]",
        A=parameter(3, 3), x=samples(3), h=samples(3),
    )  # fmt: skip
    program.parameters[0].path = "W"
    name(program)
    assert names_of(program) == ["a", "L"]


def test_a_name_that_is_taken_by_a_gradient_is_not_given():
    program = net(v9="da1", v8="dW1")
    differentiate(program)
    name(program)
    names = names_of(program)
    assert names[:2] == ["dW1_2", "da1"]
    assert len({*names}) == len(names) - 1  # da2 is set, and added to


def test_reserved_names_are_left_alone():
    program = net()
    name(program, reserved=["a1", "dh1"])
    assert names_of(program)[:2] == ["a1_2", "h1_2"]


@pytest.mark.parametrize("seed", range(40))
def test_every_name_is_one_of_a_kind_and_an_identifier(seed):
    program = differentiate(Example(seed).program)
    name(program)
    arrays = {view.array for e in (*program.forward, *program.backward) for view in _views(e)}
    arrays |= {*program.parameters, *program.inputs}
    names = [array.name for array in arrays]
    assert len(set(names)) == len(names)
    for text in names:
        assert text.isidentifier()
        assert not keyword.iskeyword(text)
        assert text not in ("np", "n")


def _views(equation):
    from autograd_lite.compiler.equations.ir import reads

    return [equation.target, *reads(equation)]
