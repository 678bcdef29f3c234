"""Canonical equations: what is one family, what is written out, and what is left as it was written."""

import itertools
from operator import neg

import pytest

import autograd_lite as al
from autograd_lite.compiler.rolling.canonical_form import FACTORS
from autograd_lite.compiler.rolling.canonical_sums import EXPANSION
from autograd_lite.compiler.rolling.like_terms import counts, runs, size, times
from autograd_lite.compiler.rolling.scalar_list import LEAF

from ..random_array_programs import by_hand
from ..traced_graphs import Value, canon, row, table


def colours(roots, *arrays, ragged=False):
    found = canon(roots, *arrays, ragged=ragged)
    return [found.colours[root] for root in found.roots]


def root_of(value, *arrays):
    """Row, operands and groups of the result; of groups the keys' signs, constants and how many factors."""
    found = canon(value, *arrays)
    (root,) = found.roots
    groups = {
        (sign, constant, len(factors)): columns
        for (sign, constant, factors), columns in (found.groups[root] or {}).items()
    }
    return found.rows[root], found.operands[root], groups


W, X = row(*range(6)), row(*range(10, 16))


# --- one family ----------------------------------------------------------------------------------------


def test_the_order_of_additions_makes_no_family():
    a, b, c, d = (W[k] * X[k] for k in range(4))
    e, f, g, h = (W[k] * X[k + 1] for k in range(4))
    assert len({*colours([((a + b) + c) + d, e + (h + (g + f)), al.sum([h, f, e, g])], W, X)}) == 1


def test_a_bias_before_and_behind_is_one_family():
    sums = [W[0] + W[1] * X[1] + W[2] * X[2], W[1] * X[1] + W[2] * X[2] + W[0], al.dot(W[1:3], X[1:3], W[0])]
    assert len({*colours(sums, W, X)}) == 1


def test_more_terms_are_another_family_unless_it_is_ragged():
    sums = [al.dot(W[:2], X[:2]), al.dot(W[:3], X[:3]), al.dot(W[:1], X[:1])]
    assert len({*colours(sums, W, X)}) == 3
    assert len({*colours(sums, W, X, ragged=True)}) == 1


def test_a_list_of_one_is_a_list_where_it_is_ragged():
    lists = [al.logsumexp(X[:1]), al.logsumexp(X[:3])]
    assert len({*colours(lists, X)}) == 2
    assert len({*colours(lists, X, ragged=True)}) == 1
    sums = [sum(X[:1]), sum(X[:3])]
    assert len({*colours(sums, X, ragged=True)}) == 1


def test_numbers_are_not_in_a_colour_but_signs_are():
    assert len({*colours([W[0] * 0.5, W[1] * 0.7, 0.5 * W[2], W[3] / 3.0], W)}) == 1
    assert len({*colours([al.tanh(W[0] + 1.0), al.tanh(W[1] + 2.0)], W)}) == 1
    assert len({*colours([W[0] - X[0], W[0] + X[0]], W, X)}) == 2
    assert len({*colours([W[0] ** 3.0, W[1] ** 4.0], W)}) == 1


def test_rows_parameters_and_arrays_tell_families_apart():
    assert len({*colours([al.tanh(W[0]), al.sin(W[0]), al.tanh(X[0]), al.tanh(al.tanh(W[0]))], W, X)}) == 4


def test_equal_numbers_make_no_two_nodes_one():
    found = canon([W[0] * 0.5, W[0] * 0.5, al.atan2(W[0], 1.0), al.atan2(W[0], 1.0)], W)
    assert len(set(found.roots)) == 4


def test_a_product_turned_round_is_another_node_of_the_family():
    found = canon([W[0] * W[1], W[1] * W[0]], W)
    assert len(set(found.roots)) == 2
    assert len({found.colours[root] for root in found.roots}) == 1


# --- what is written out -------------------------------------------------------------------------------


def test_a_sum_of_products_is_one_node():
    total = W[0] * X[0] - W[1] * X[1] * 2.0 - X[2] + 3.0
    kind, _, groups = root_of(total, W, X)
    assert kind == "sum"
    assert groups == {
        (1.0, False, 2): [[0], [6]],
        (-1.0, True, 2): [[1], [7], [2.0]],
        (-1.0, False, 1): [[8]],
        (1.0, True, 0): [[3.0]],
    }


def test_a_product_in_many_sums_is_written_out_in_each():
    shared = W[0] * X[0]
    found = canon([shared + W[1], shared + W[2]], W, X)
    assert all([[0], [6]] in found.groups[root].values() for root in found.roots)
    assert all(found.rows[node] == LEAF for node in found.live if node not in found.roots)


def test_a_product_that_is_used_otherwise_too_is_a_node():
    shared = W[0] * X[0]
    found = canon([shared + W[1], al.tanh(shared)], W, X)
    products = [node for node in found.live if found.rows[node] == "sum" and node not in found.roots]
    assert len(products) == 1


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (lambda a, b: -(a * b), (-1.0, False, 2)),
        (lambda a, b: a**2, (1.0, False, 2)),
        (lambda a, b: (a * b) ** 2, (1.0, False, 4)),
        (lambda a, b: a / 4.0, (1.0, True, 1)),
        (lambda a, b: -(-a) * -2.0, (1.0, True, 1)),  # noqa: B002
        (lambda a, b: a * Value(2.0) * 3.0, (1.0, True, 1)),
    ],
)
def test_products_signs_and_numbers(value, key):
    kind, _, groups = root_of(value(W[0], W[1]), W)
    assert (kind, [*groups]) == ("sum", [key])


def test_a_division_is_a_product_only_where_the_reciprocal_is_as_good():
    _, _, groups = root_of(W[0] / 4.0 + 0.0, W)
    assert groups[1.0, True, 1][-1] == [0.25]
    assert [root_of(W[0] / number, W)[0] for number in (0.0, float("inf"), 1e-300)] == ["div"] * 3


def test_a_product_has_few_factors():
    value = W[0]
    for k in range(1, 40):
        value = value * X[k % 6]
    found = canon(value, W, X)
    most = max(len(key[2]) for node in found.live for key in found.groups[node] or {})
    assert most == FACTORS
    _, _, groups = root_of(0.5 * (W[0] * W[1] * W[2] * W[3]), W)  # a number is no factor
    assert [*groups] == [(1.0, True, 4)]


def test_only_the_literal_zero_that_sum_starts_from_is_dropped():
    _, _, groups = root_of(sum([W[0], W[1]]), W)
    assert groups == {(1.0, False, 1): [[0, 1]]}
    _, _, groups = root_of(W[0] + W[1] + 0.0, W)
    assert groups[1.0, True, 0] == [[0.0]]
    _, _, groups = root_of(0.0 - W[0], W)
    assert groups[1.0, True, 0] == [[0.0]]


def test_a_sum_of_one_use_is_taken_over_times_its_number():
    _, _, groups = root_of(2.0 * (W[0] + W[1] * 0.5) - (W[2] - 1.0), W)
    assert groups == {
        (1.0, True, 1): [[0, 1], [2.0, 1.0]],
        (-1.0, False, 1): [[2]],
        (1.0, True, 0): [[1.0]],
    }


def test_a_sum_of_two_uses_stays_what_it_is():
    shared = W[0] + W[1]
    found = canon([shared + W[2], shared * W[3]], W)
    sums = [node for node in found.live if found.rows[node] == "sum"]
    assert len(sums) == 3


def test_a_quantity_with_a_label_or_a_scope_of_its_own_is_not_dissolved():
    labelled = W[0] + W[1]
    labelled.label = "a"
    with al.name_scope("layer"):
        scoped = W[2] + W[3]
    found = canon(labelled + scoped + (W[4] + W[5]), W)
    (root,) = found.roots
    members = [node for columns in found.groups[root].values() for node in columns[0]]
    assert {found.origins[node] for node in members} == {labelled, scoped, W[4], W[5]}


def test_a_mean_is_a_sum_with_a_number():
    _, _, groups = root_of(al.mean(W[:4]), W)
    assert groups == {(1.0, True, 1): [[0, 1, 2, 3], [0.25] * 4]}


def test_sums_are_multiplied_out_within_reason():
    value, count = W[0], 3000
    for _ in range(count):
        value = (value + W[1]) * 0.999
    found = canon(value, W)
    terms = sum(size(found.groups[node]) for node in found.live if found.groups[node])
    assert terms < (EXPANSION + 1) * 2 * count


# --- exponentials --------------------------------------------------------------------------------------


def rows(found):
    return sorted(found.rows[node] for node in found.live if found.rows[node] != LEAF)


def test_a_softmax_goes_through_its_logsumexp():
    assert rows(canon(al.softmax(X), X)) == ["exp"] * 6 + ["logsumexp"] + ["sum"] * 6
    assert rows(canon(al.log_softmax(X), X)) == ["logsumexp"] + ["sum"] * 6


def forms():
    """The same, written in many ways: (value, the same without exponentials)."""
    exponentials = [al.exp(x) for x in X]
    yield al.log(sum(exponentials)), al.logsumexp(X)
    yield al.log(al.sum(exponentials)), al.logsumexp(X)
    yield al.log(by_hand(X)[0]), al.log_softmax(X)[0]
    yield by_hand(X)[2], al.softmax(X)[2]
    yield al.log(al.softmax(X)[1]), al.log_softmax(X)[1]
    yield al.log(al.exp(X[0] * W[0])), X[0] * W[0]
    yield -al.log(al.exp(X[0]) / (al.exp(X[0]) + al.exp(X[1]))), -al.log_softmax(X[:2])[0]


@pytest.mark.parametrize("form", range(7))
def test_what_is_written_out_in_exponentials_is_the_same(form):
    by_exponentials, fused = next(itertools.islice(forms(), form, None))
    assert rows(canon(by_exponentials, W, X)) == rows(canon(fused, W, X))
    assert len({*colours([by_exponentials, fused], W, X)}) == 1


@pytest.mark.parametrize(
    "value",
    [
        lambda: al.log(1.0 + al.exp(X[0])),
        lambda: al.log(al.exp(X[0]) - al.exp(X[1])),
        lambda: al.log(al.exp(X[0]) + 2.0 * al.exp(X[1])),
        lambda: al.log(al.exp(X[0]) + X[1]),
        lambda: X[0] / (al.exp(X[0]) + al.exp(X[1])),
    ],
)
def test_other_sums_of_exponentials_stay(value):
    assert "logsumexp" not in rows(canon(value(), X))


def test_softmax_and_log_softmax_of_the_same_share_their_difference_unharmed():
    """The terms of log_softmax were once taken over by a sum, with those of the softmax that came after."""
    logs, shares = al.log_softmax(X), al.softmax(X)
    found = canon([al.sum([logs[0] + 0.5, al.sin(logs[1] + 1.0)]), *shares], X)
    for node in found.live:
        if found.rows[node] == "exp":
            assert size(found.groups[found.operands[node][0]]) == 2


def test_equal_numbers_in_a_softmax_stay_apart():
    found = canon(al.log_softmax([0.5, W[0], 0.5]), W)
    assert len(set(found.roots)) == 3


# --- lists and picking -----------------------------------------------------------------------------------


def test_a_list_has_its_operands_by_colour_with_numbers_apart():
    found = canon(al.max([W[0], al.tanh(W[1]), 0.5, W[2]]), W)
    (root,) = found.roots
    columns = sorted((columns for columns in found.groups[root].values()), key=str)
    assert columns == [[[0, 2]], [[0.5]], [[6]]]


@pytest.mark.parametrize("of_one", [al.logsumexp, al.max, al.min, al.prod, al.sum, al.mean])
def test_a_list_of_one_is_that_one(of_one):
    found = canon(al.tanh(of_one([W[0]]) * 1.0), W)
    assert "logsumexp" not in rows(found)
    assert len(rows(found)) == 2


def test_the_norm_of_one_is_its_absolute_value():
    assert rows(canon(al.norm([W[0]]), W)) == ["abs"]


def test_what_a_number_picks_is_no_choice():
    (k,) = index = row(1.0)
    assert canon(al.take(W[:3], k), W, index).rows[-1] == "take"
    assert canon(al.tanh(al.take(W[:3], Value(1.0))), W).operands[-1] == (1,)


def test_what_is_not_reached_any_more_is_not_alive():
    exponentials = by_hand(X)
    found = canon(al.log(exponentials[0]), X)
    assert len(found.live) < len(found.rows)
    assert all(found.rows[node] in ("sum", "logsumexp", LEAF) for node in found.live)


def test_a_deep_graph_needs_no_recursion():
    value = W[0]
    for k in range(30_000):
        value = value + X[k % 6] * W[k % 5] if k % 3 else al.tanh(value)
    assert len(canon(value, W, X).live) > 20_000


def test_the_text_shows_what_is_alive():
    assert str(canon(al.tanh(W[0] * X[0]), W, X)).splitlines()[-1].endswith(": tanh (12,)")


# --- terms ---------------------------------------------------------------------------------------------


def test_columns_times_a_number():
    groups = {(1.0, False, (3,)): [[7, 8]], (-1.0, True, (3,)): [[9], [0.5]]}
    assert times(groups, -1.0, None) == {(-1.0, False, (3,)): [[7, 8]], (1.0, True, (3,)): [[9], [0.5]]}
    assert times(groups, 1.0, 2.0) == {
        (1.0, True, (3,)): [[7, 8], [2.0, 2.0]],
        (-1.0, True, (3,)): [[9], [1.0]],
    }
    assert size(groups) == 3
    assert groups == {(1.0, False, (3,)): [[7, 8]], (-1.0, True, (3,)): [[9], [0.5]]}


def test_columns_that_fall_together():
    groups = {(1.0, False, (3,)): [[7, 8]], (1.0, True, (3,)): [[9], [0.5]]}
    assert times(groups, 1.0, 2.0) == {(1.0, True, (3,)): [[7, 8, 9], [2.0, 2.0, 1.0]]}


def test_counts_are_in_one_order_and_ragged_ones_say_no_number():
    groups = {(1.0, False, (3,)): [[7, 8]], (-1.0, False, (2,)): [[9]]}
    turned = dict(reversed(groups.items()))
    assert counts(groups) == counts(turned) == (((-1.0, False, (2,)), 1), ((1.0, False, (3,)), 2))
    assert {count for _, count in counts(groups, ragged=True)} == {0}


def test_runs_of_colours():
    assert runs((1, 1, 2, 1)) == ((1, 2), (2, 1), (1, 1))
    assert runs(()) == ()


@pytest.mark.parametrize(
    "halves",
    [
        lambda p: -sum(p[:4]) - sum(p[4:]),
        lambda p: neg(-sum(p[:4])) + sum(p[4:]),
        lambda p: -sum(p[:6]) - sum(p[6:]),
        lambda p: sum(p[:4]) / 2 + sum(p[4:]) / 2,
        lambda p: 2 * sum(p[:4]) + sum(2 * x for x in p[4:]),
    ],
)
def test_halves_of_a_sum_are_in_the_order_of_the_whole(halves):
    a, b = table(2, 8)
    found = canon(halves([x * y for x, y in zip(a, b, strict=True)]), a, b)
    (columns,) = found.groups[found.roots[0]].values()
    assert columns[:2] == [list(range(8)), list(range(8, 16))]


def test_a_power_of_one_is_no_reciprocal():
    """1 ** x has the 1 of 1 / x, but is no quotient."""
    total = al.exp(X[0]) + al.exp(X[1])
    assert "logsumexp" not in rows(canon(al.exp(X[0]) * 1.0**total, X))
    assert "logsumexp" in rows(canon(al.exp(X[0]) * (1.0 / total), X))
    assert "logsumexp" in rows(canon(al.exp(X[0]) * total**-1, X))
