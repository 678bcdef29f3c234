"""Softmax over lists of unlike lengths: written with one mask, and right."""

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite.compiler.equations.ir import Array, Call, Step, Term, View, whole
from autograd_lite.compiler.rolling.ragged import Masks

from ..random_array_programs import by_hand
from ..traced_graphs import held, table, text

DATA = [[0.3, -0.2], [0.1, 0.9], [-0.5, 0.4], [0.8, 0.7]]
MORE = [[-0.1, 0.6], [0.2, -0.4], [0.5, 0.5], [0.0, -0.9]]


def matrices():
    return {"Q": table(3, 2, -0.4), "K": table(3, 2, -0.2), "V": table(2, 2, 0.3)}


def causal(parameters, soft=al.softmax):
    """Attention to what came before."""

    def loss(x):
        q, k, v = ([[al.dot(w, row) for w in parameters[name]] for row in x] for name in "QKV")
        total = 0.0
        for t in range(len(x)):
            shares = soft([al.dot(q[t], k[s]) * 0.5 for s in range(t + 1)])
            total = total + sum(al.tanh(sum(shares[s] * v[s][j] for s in range(t + 1))) for j in range(2))
        return total

    return loss


def forms(**forms):
    return pytest.mark.parametrize("soft", forms.values(), ids=forms.keys())


@forms(softmax=al.softmax, by_hand=by_hand)
def test_causal_attention_is_written_with_one_mask(soft):
    parameters = matrices()
    assert text(causal(parameters, soft), parameters, x=DATA) == [
        "v0[n,i,j] = Σ_k Q[j,k]·x[n,i,k]",
        "v1[n,i,j] = Σ_k K[j,k]·x[n,i,k]",
        "v2[n,i,j] = Σ_k 0.5·v0[n,i,k]·v1[n,j,k]",
        "s3[n,i,j] = select(c1[i,j], v2[n,i,j], -inf)",
        "v3[n,i] = logsumexp_z s3[n,i,z]",
        "v4[n,i,j] = s3[n,i,j] + -1·v3[n,i]",
        "v5[n,i,j] = exp(v4[n,i,j])",
        "v6[n,i,j] = Σ_k V[j,k]·x[n,i,k]",
        "v7[n,i,j] = Σ_k v5[n,i,k]·v6[n,k,j]",
        "v8[n,i,j] = tanh(v7[n,i,j])",
        "L[] = Σ_n,i,j n^-1·v8[n,i,j]",
    ]


@forms(softmax=al.softmax, by_hand=by_hand)
def test_causal_attention_has_the_loss_of_its_graph(soft):
    parameters = matrices()
    held(causal(parameters, soft), parameters, {"x": DATA}, {"x": MORE})


def test_the_length_of_the_text_is_not_that_of_the_list():
    parameters = matrices()
    lengths = {len(text(causal(parameters), parameters, x=DATA[:3] * times)) for times in (1, 2, 4)}
    assert len(lengths) == 1


@pytest.mark.parametrize("row", ["max", "min", "prod", "norm", "logsumexp"])
def test_lists_of_unlike_lengths_of_every_kind(row):
    w = {"w": [row[0] for row in table(4, 1, -0.5)]}

    def loss(x):
        lists = [[a * b for a, b in zip(w["w"][: t + 1], x, strict=False)] for t in range(4)]
        return sum(al.tanh(getattr(al, row)(own)) for own in lists)

    held(loss, w, {"x": [1.0, 2.0, -1.0, 0.5]}, {"x": [0.0, 1.0, -3.0, -0.5]})
    assert len(text(loss, w, x=[1.0] * 4)) <= 5


def test_sums_of_unlike_lengths():
    w = {"w": [row[0] for row in table(5, 1, -0.5)]}

    def loss(x):
        sums = [sum(a * b for a, b in zip(w["w"][: t + 1], x, strict=False)) for t in range(5)]
        return sum(al.tanh(v) for v in sums)

    held(loss, w, {"x": [1.0, 2.0, -1.0, 0.5, 0.1]}, {"x": [0.0] * 5})
    assert text(loss, w, x=[1.0] * 5)[0] == "v0[n,i] = Σ_j select(c1[i,j], w[j], 0)·x[n,j]"


def test_ragged_lists_in_the_other_order():
    """The first sees all, the last one alone."""
    parameters = matrices()

    def loss(x):
        q, k = ([[al.dot(w, row) for w in parameters[name]] for row in x] for name in "QK")
        shares = [al.softmax([al.dot(q[t], k[s]) for s in range(t, len(x))]) for t in range(len(x))]
        return sum(p * (i + 1.0) for row in shares for i, p in enumerate(row))

    held(loss, parameters, {"x": DATA}, {"x": MORE})


# --- what is known of arrays, step by step ---------------------------------------------------------------

X, S, Z, D, P = (
    Array(name, shape) for name, shape in zip("xszdp", [(3, 3), (3, 3), (3,), (3, 3), (3, 3)], strict=True)
)
MASK = Array("c", (3, 3), "constant", data=np.tril(np.ones((3, 3))))
IJ, SIZES = ("i", "j"), {"i": 3, "j": 3, "z": 3}
MASKED = Term(1.0, (Call("select", (whole(MASK, IJ), whole(X, IJ), -np.inf)),))


def known(term=MASKED, row="logsumexp"):
    masks = Masks()
    masks.reduced(Z, row, term, whole(S, ("i", "z")), SIZES)
    return masks


def difference(masks, x=whole(X, IJ), z=whole(Z, ("i",)), target=whole(D, IJ)):  # noqa: B008
    return masks.difference(target, [Term(1.0, (x,)), Term(-1.0, (z,))], SIZES)


def test_a_difference_reads_the_copy_with_the_mask():
    assert difference(known())[0].factors == (whole(S, IJ),)


@pytest.mark.parametrize(
    "masks",
    [
        known(row="max"),
        known(MASKED._replace(coefficient=2.0)),
        known(MASKED._replace(factors=(*MASKED.factors, whole(X, IJ)))),
        known(Term(1.0, (whole(X, IJ),))),
        Masks(),
    ],
)
def test_but_not_where_there_is_no_such_copy(masks):
    assert difference(masks)[0].factors == (whole(X, IJ),)


def test_and_not_of_another_array_or_turned_round():
    turned = View(X, (Step(0, (("j", 1),)), Step(0, (("i", 1),))))
    for x in (whole(P, IJ), turned):
        assert difference(known(), x)[0].factors == (x,)
    assert difference(known(), z=whole(Z, ("j",)))[0].factors == (whole(X, IJ),)


def exp_of_difference(target=whole(P, IJ)):  # noqa: B008
    masks = known()
    difference(masks)
    masks.applied(target, Call("exp", (whole(D, IJ),)))
    return masks


def test_what_is_nothing_by_itself_needs_no_mask():
    masks = exp_of_difference()
    lower = MASK.data
    assert masks.is_needless(whole(P, IJ), lower, IJ, 0.0)
    assert masks.is_needless(whole(P, ("k", "l")), lower, ("k", "l"), 0.0)
    assert not masks.is_needless(whole(P, IJ), lower, IJ, -np.inf)
    assert not masks.is_needless(whole(P, IJ), lower.T, IJ, 0.0)
    assert not masks.is_needless(whole(P, ("j", "i")), lower, IJ, 0.0)
    assert not masks.is_needless(whole(X, IJ), lower, IJ, 0.0)
    assert masks.is_needless(whole(D, IJ), lower, IJ, -np.inf)
    assert not masks.is_needless(Call("exp", (whole(D, IJ),)), lower, IJ, 0.0)


def test_only_exp_makes_nothing_of_minus_infinity():
    masks = known()
    difference(masks)
    masks.applied(whole(P, IJ), Call("tanh", (whole(D, IJ),)))
    assert not masks.is_needless(whole(P, IJ), MASK.data, IJ, 0.0)
