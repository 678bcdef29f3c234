"""Nodes of one family become one array: the equations as a person would write them, and right."""

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite.compiler.equations.gradient import differentiate
from autograd_lite.compiler.equations.well_formed import check
from autograd_lite.errors import GraphError, TraceError

from ..traced_graphs import Value, equations, held, row, table, text

X = {"x": [0.5, -1.0, 2.0]}
MORE = {"x": [0.1, 0.3, -0.7]}


def both(function, parameters, *samples, reduce="mean"):
    """The text, after its loss, and then its gradients too, have been those of the graph."""
    held(function, parameters, *samples, reduce=reduce)
    held(function, parameters, *samples, reduce=reduce, stage=differentiate)
    return text(function, parameters, reduce=reduce, **samples[0])


# --- sums ------------------------------------------------------------------------------------------------


def layer(w, b, x):
    return [sum((v * u for v, u in zip(own, x, strict=True)), start) for own, start in zip(w, b, strict=True)]


def test_a_layer():
    w = {"W": table(2, 3), "b": row(0.1, 0.2)}
    lines = both(lambda x: al.sum([al.tanh(a) for a in layer(w["W"], w["b"], x)]), w, X, MORE)
    assert lines == [
        "v0[n,i] = Σ_j W[i,j]·x[n,j] + b[i]",
        "v1[n,i] = tanh(v0[n,i])",
        "L[] = Σ_n,i n^-1·v1[n,i]",
    ]


@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_a_penalty_has_no_batch_and_counts_once_a_sample(reduce):
    w = {"W": table(2, 3)}

    def loss(x):
        return al.sum([al.dot(own, x) for own in w["W"]]) + 0.1 * al.sum(
            [v * v for own in w["W"] for v in own]
        )

    *_, last = both(loss, w, X, MORE, reduce=reduce)
    assert {"mean": "Σ_i,j 0.1·W[i,j]·W[i,j]", "sum": "Σ_i,j 0.1·n^1·W[i,j]·W[i,j]"}[reduce] in last


@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_a_loss_without_data_counts_once_a_sample(reduce):
    w = {"w": row(0.5, -0.5)}
    held(lambda x: al.tanh(w["w"][0] * w["w"][1]), w, X, MORE, MORE, reduce=reduce, stage=differentiate)


def test_a_finished_loss_has_its_samples_as_an_axis_and_the_data_as_constants():
    w = row(0.5, -0.5, 1.0)
    total = al.mean(
        [(al.dot(w, x) - y) ** 2 for x, y in [(X["x"], 1.0), (MORE["x"], 2.0), ([0.0, 1.0, 1.0], 1.0)]]
    )
    program = equations(total, {"w": w})
    assert str(program).splitlines() == [
        "v0[i] = Σ_j w[j]·c1[i,j] + -1·c2[i]",
        "L[] = Σ_i 0.333333·v0[i]·v0[i]",
    ]
    assert program.inputs == []
    assert program.forward[0].terms[0].factors[1].array.data.tolist() == [X["x"], MORE["x"], [0.0, 1.0, 1.0]]


def test_data_that_are_all_zero_vanish_and_of_one_number_are_a_coefficient():
    w = row(0.5, -0.5)
    total = al.sum([al.tanh(al.dot(w, [2.0, 2.0]) - 2.0) + al.sin(al.dot(w, [0.0, 0.0])) for _ in range(3)])
    assert text(total, {"w": w})[::2] == ["v0[] = Σ_j 2·w[j] + -2", "v2[] = 0", "L[] = 3·v1[] + 3·v3[]"]


def test_a_family_whose_terms_all_vanish_is_zero():
    w = {"w": row(0.5)}
    lines = both(lambda x: al.tanh(w["w"][0] * 0.0) + x[0] * 0.0 * w["w"][0], w, X, MORE)
    assert lines[0] == "v0[] = 0"


def test_equal_constants_are_one_array():
    w = row(0.5, -0.5)
    rows = [[1.0, 2.0], [3.0, 4.0], [0.0, 1.0]]
    total = al.sum([al.tanh(al.dot(w, x)) + al.sin(al.dot(w, x)) * 1.0 + al.cos(w[0] + x[0]) for x in rows])
    program = equations(total, {"w": w})
    names = [
        view.array.name
        for e in program.forward
        for t in e.terms
        for view in t.factors
        if hasattr(view, "array")
    ]
    assert {name for name in names if name.startswith("c")} == {"c1", "c2"}


def test_terms_that_come_several_times_count():
    w = {"w": row(0.5)}
    lines = both(lambda x: al.tanh(sum([w["w"][0] * x[0]] * 5)), w, X, MORE)
    assert lines[0] == "v0[n] = 5·w[0]·x[n,0]"


# --- calls and lists -------------------------------------------------------------------------------------


def test_rows_over_views_and_numbers():
    w = {"w": row(0.5, 0.7, 0.9)}
    lines = both(
        lambda x: al.sum([al.atan2(a, 2.0) + b**3 for a, b in zip(w["w"], x, strict=True)]), w, X, MORE
    )
    assert "atan2(w[i], 2)" in "\n".join(lines)


@pytest.mark.parametrize("name", ["max", "min", "prod", "norm", "logsumexp"])
def test_a_list_over_one_view(name):
    w = {"W": table(2, 3)}

    def loss(x):
        return al.sum([getattr(al, name)([a * b for a, b in zip(own, x, strict=True)]) for own in w["W"]])

    assert both(loss, w, X, MORE)[1] == f"v1[n,i] = {name}_j v0[n,j,i]"


@pytest.mark.parametrize("name", ["max", "min", "prod", "norm", "logsumexp"])
def test_a_list_of_unlike_things_goes_side_by_side(name):
    w = {"w": row(0.5, 0.7)}

    def loss(x):
        return getattr(al, name)([al.tanh(w["w"][0] * x[0]), w["w"][1], 0.25, x[1], al.sin(w["w"][0])])

    both(loss, w, X, MORE)


def test_a_list_with_one_thing_twice():
    w = {"w": row(0.5, 0.7)}
    for list_of in (al.max, al.logsumexp, al.prod, al.norm):
        both(lambda x, list_of=list_of: list_of([w["w"][0], w["w"][0], x[0]]), w, X, MORE)


def test_softmax_has_no_copies():
    w = {"W": table(3, 3)}
    lines = both(lambda x: al.cross_entropy([al.dot(own, x) for own in w["W"]], 1), w, X, MORE)
    assert lines == [
        "v0[n,i] = Σ_j W[i,j]·x[n,j]",
        "v1[n] = logsumexp_i v0[n,i]",
        "v2[n] = v0[n,1] + -1·v1[n]",
        "L[] = Σ_n -1·n^-1·v2[n]",
    ]


# --- views -----------------------------------------------------------------------------------------------


def test_a_convolution_is_a_window():
    w = {"w": row(0.5, -0.5)}
    lines = both(
        lambda x: al.sum([al.tanh(w["w"][0] * x[i] + w["w"][1] * x[i + 1]) for i in range(2)]), w, X, MORE
    )
    assert lines[0] == "v0[n,i] = Σ_j w[j]·x[n,i+j]"


def test_transposed_reversed_and_strided():
    w = {"W": table(2, 4)}

    def loss(x):
        turned = [al.dot([w["W"][i][j] for i in range(2)], x[:2]) for j in range(4)]
        back = [a * b for a, b in zip(turned[::-1], turned, strict=True)]
        return al.sum([al.tanh(v) for v in back]) + al.sum([al.sin(v) for v in turned[::2]])

    lines = both(loss, w, X, MORE)
    assert lines[0] == "v0[n,i] = Σ_j W[j,i]·x[n,j]"
    assert "v0[n,-1i+3]" in "\n".join(lines)
    assert "v0[n,2i]" in "\n".join(lines)


def test_what_is_irregular_is_gathered_and_noted():
    w = {"w": row(*range(7))}
    program = equations(lambda x: al.sum([al.tanh(w["w"][k] * x[0]) for k in (0, 1, 3, 6, 2)]), w, **X)
    assert "w[table(i)]" in str(program)
    assert [(str(array), why.split()[0]) for array, why in program.notes] == [("v0", "1")]


def test_a_flat_list_of_parameters_is_read_in_strides():
    flat = row(*np.linspace(-1, 1, 8))
    parameters = {"theta": flat}
    lines = both(lambda x: al.sum([al.tanh(al.dot(flat[4 * i : 4 * i + 3], x, flat[4 * i + 3])) for i in range(2)]),  # noqa: E501
                 parameters, X, MORE)  # fmt: skip
    assert lines[0] == "v0[n,i] = Σ_j theta[4i+j]·x[n,j] + theta[4i+3]"


def test_families_of_many_axes():
    w = {"W": table(2, 3), "U": table(4, 3)}

    def loss(x):
        a = [
            [al.tanh(w["W"][i][k] * w["U"][j][k] * x[k]) for k in range(3)]
            for i in range(2)
            for j in range(4)
        ]
        return al.sum([v * v for own in a for v in own])

    assert both(loss, w, X, MORE) == [
        "v0[n,k,i,j] = W[i,k]·U[j,k]·x[n,k]",
        "v1[n,k,i,j] = tanh(v0[n,k,i,j])",
        "L[] = Σ_n,k,i,j n^-1·v1[n,k,i,j]·v1[n,k,i,j]",
    ]


# --- picking -----------------------------------------------------------------------------------------------

SAMPLES = ({"x": X["x"], "k": 0}, {"x": MORE["x"], "k": 2})


def test_a_label_picks_along_an_axis():
    w = {"W": table(3, 3)}
    program = held(lambda x, k: al.cross_entropy([al.dot(own, x) for own in w["W"]], k), w, *SAMPLES)
    assert str(program).splitlines()[2:] == [
        "v2[n] = v0[n,k[n]]",
        "v3[n] = v2[n] + -1·v1[n]",
        "L[] = Σ_n -1·n^-1·v3[n]",
    ]
    assert [array.kind for array in program.inputs] == ["input", "index"]
    assert program.inputs[1].data == 3  # that many to pick from


def test_a_token_picks_a_row():
    w = {"E": table(3, 2)}
    lines = both(lambda k: al.sum([al.tanh(v) for v in al.take(w["E"], k)]), w, {"k": 1}, {"k": 2}, {"k": 2})
    assert lines[0] == "v0[n,i] = E[k[n],i]"


def test_tokens_pick_a_row_each():
    w = {"E": table(3, 2)}

    def loss(k):
        return al.sum([al.tanh(v) * (i + 1.0) for i, token in enumerate(k) for v in al.take(w["E"], token)])

    assert both(loss, w, {"k": [0, 2]}, {"k": [1, 1]})[0] == "v0[n,i,j] = E[k[n,i],j]"


def test_picking_from_what_is_no_one_view_goes_by_a_copy_without_the_samples():
    w = {"w": row(0.1, 0.2), "u": row(0.3)}
    lines = both(lambda x, k: al.take([w["w"][1], 0.5, w["u"][0], w["w"][0]], k) * x[0], w, *SAMPLES)
    assert lines[0] == "s0[z] = 0"
    flat = {"theta": row(*np.linspace(-1, 1, 6))}
    rows = [flat["theta"][2 * i : 2 * i + 2] for i in range(3)]
    lines = both(lambda x, k: al.sum([al.tanh(v) for v in al.take(rows, k)]), flat, *SAMPLES)
    assert lines[0].startswith("s0[i,j] = theta[")

    def loss(x, k):  # one copy serves every token
        return al.sum([al.tanh(v) * (i + x[0]) for i, token in enumerate(k) for v in al.take(rows, token)])

    tokens = [{"x": X["x"], "k": [0, 2, 2]}, {"x": MORE["x"], "k": [1, 0, 2]}]
    assert both(loss, flat, *tokens)[0].startswith("s0[j,k] = theta[")


def test_the_fewest_places_of_all_that_an_index_picks_from():
    w = {"E": table(3, 2), "F": table(5, 2)}

    def loss(k):
        first, second = al.take(w["E"], k[0]), al.take(w["F"], k[1])
        return al.dot(first, second) + al.take(w["F"][0] + w["F"][1], k[1])

    program = held(loss, w, {"k": [2, 3]}, {"k": [0, 1]})
    assert program.inputs[0].data.tolist() == [3, 4]


def test_picking_by_what_was_computed_is_refused():
    w = {"w": row(0.1, 0.2)}
    with pytest.raises(TraceError, match="take"):
        equations(lambda k: al.take(w["w"], k + 1), w, k=0)


# --- results ---------------------------------------------------------------------------------------------


def outputs(function, parameters, **example):
    program = equations(function, parameters, **example)
    check(program)
    return str(program).splitlines(), [(array.name, array.shape, array.batched) for array in program.outputs]


def test_an_output_that_is_an_array_is_that_array():
    w = {"W": table(2, 3)}

    def loss(x):
        h = [al.tanh(al.dot(own, x)) for own in w["W"]]
        return al.sum(h), h

    assert outputs(loss, w, **X)[1] == [("v1", (2,), True)]


def test_other_outputs_are_copies():
    w = {"W": table(2, 3)}

    def loss(x):
        h = [al.tanh(al.dot(own, x)) for own in w["W"]]
        return al.sum(h), h[::-1], [h[0], al.sin(h[0])], h[1], w["W"], [x[0], w["W"][0][0]]

    lines, found = outputs(loss, w, **X)
    assert [(shape, batched) for _, shape, batched in found] == [
        ((2,), True), ((2,), True), ((), True), ((2, 3), False), ((2,), True),
    ]  # fmt: skip
    assert "out1[n,i] = v1[n,-1i+1]" in lines
    assert "out4[i,j] = W[i,j]" in lines


def test_the_loss_is_written_in_its_own_terms_unless_it_serves_otherwise():
    w = {"w": row(0.5, 0.7, 0.9)}
    assert len(text(lambda x: al.dot(w["w"], x), w, **X)) == 1
    assert len(text(lambda x: (al.dot(w["w"], x), al.dot(w["w"], x)), w, **X)) == 2
    assert text(lambda x: al.tanh(al.dot(w["w"], x)), w, **X)[-1] == "L[] = Σ_n n^-1·tanh(v0[n])"


def test_a_loss_that_is_one_of_a_family():
    w = {"w": row(0.5, 0.7, 0.9)}
    losses = [al.tanh(v) for v in w["w"]]
    assert text(lambda x: al.tanh(losses[1]) + x[0] * 0.0 * losses[0], w, **X)
    both(lambda x: [al.tanh(v * x[0]) for v in w["w"]][1], w, X, MORE)


def test_a_loss_that_is_a_parameter_or_an_input():
    w = {"w": row(0.5, 0.7)}
    assert text(lambda x: w["w"][1], w, **X) == ["L[] = w[1]"]
    assert text(lambda x: (x[2], w["w"][0]), w, **X) == ["out1[] = w[0]", "L[] = Σ_n n^-1·x[n,2]"]


# --- names -------------------------------------------------------------------------------------------------


def test_an_array_has_the_scope_that_its_members_share_and_a_label_as_a_hint():
    w = {"w": row(0.5, 0.7, 0.9)}

    def loss(x):
        with al.name_scope("net"):
            hidden = []
            for k in range(3):
                with al.name_scope(f"neuron{k}"):
                    hidden.append(al.tanh(w["w"][k] * x[k]))
                    hidden[-1].label = f"h{k}"
        return al.sum(hidden)

    program = equations(loss, w, **X)
    hidden = program.forward[1].target.array
    assert hidden.path == "loss/net"
    assert program.hints == {hidden: "h0"}


@pytest.mark.parametrize("scope", ["/", "/net", "a//b", "..", "a/../b"])
def test_scopes_of_any_name(scope):
    w = {"w": row(0.5, 0.7, 0.9)}
    total = w["w"][2] * 1.0
    with al.name_scope(scope):
        total = total + al.tanh(w["w"][0] * 2.0) + al.tanh(w["w"][1] * 2.0)
    program = equations(total, w)
    assert [e.target.array.path for e in program.forward] == [scope, scope, ""]


def test_a_result_that_depends_on_nothing_is_refused():
    with pytest.raises(GraphError, match="a result is a constant"):
        equations(Value(1.0), {})
    with pytest.raises(GraphError, match="a result is a constant"):
        equations(lambda x: Value(1.0), {"w": row(0.5)}, **X)
