"""Walks put into views, labels renamed, places, and keys; a view is read number by number to compare."""

import random
from itertools import product

import numpy as np
import pytest

from autograd_lite.compiler.equations.ir import BATCH, Array, Call, Step, Term, View, whole
from autograd_lite.compiler.equations.views import (
    AS_THEY_ARE,
    Numbering,
    collected,
    fresh,
    key_of,
    own_labels,
    places,
    renamed,
    walked,
    without_lost,
)

SIZES = {"i": 2, "j": 3, "k": 2, "l": 4}


def step_at(step, at, index=None):
    """The place of a step, for a place of every label."""
    place = step.base + sum(stride * at[label] for label, stride in step.strides)
    if step.table is not None:
        place += step.table[tuple(at[label] for label in step.table_labels)]
    if step.index is not None:
        place += index[tuple(step_at(inner, at) for inner in step.index.steps)]
    return int(place)


def affine_step(draw, labels):
    chosen = draw.sample(labels, draw.randint(0, 2))
    return Step(draw.randrange(3), tuple((label, draw.choice((1, 2, -1))) for label in chosen))


def random_step(draw, labels, index=None):
    step = affine_step(draw, labels)
    if draw.random() < 0.4:
        table_labels = tuple(draw.sample(labels, draw.randint(1, 2)))
        shape = tuple(SIZES[label] for label in table_labels)
        table = np.array([draw.randrange(3) for _ in range(int(np.prod(shape)))]).reshape(shape)
        step = step._replace(table=table, table_labels=table_labels)
    if index is not None and draw.random() < 0.3:
        step = step._replace(index=whole(index, (draw.choice(["i", "k"]),)))
    return step


def grid(labels):
    for at in product(*(range(SIZES[label]) for label in labels)):
        yield dict(zip(labels, at, strict=True))


# --- walks -----------------------------------------------------------------------------------------------


def test_a_walk_in_place_of_a_label():
    """Composed, a view reads the places that the two read one after the other."""
    index, numbers, composed = Array("t", (2,), "index"), np.array([1, 0]), 0
    for seed in range(400):
        draw = random.Random(f"walk {seed}")
        outer = View(Array("a", (99, 99)), tuple(affine_step(draw, ["p", "q"]) for _ in range(2)))
        walks = {"p": random_step(draw, ["i", "j"], index), "q": random_step(draw, ["k", "l"], index)}
        found = walked(outer, walks, SIZES)
        if found is None:
            assert any(walk.index for walk in walks.values())
            continue
        composed += 1
        for at in grid("ijkl"):
            inner = {label: step_at(walk, at, numbers) for label, walk in walks.items()}
            for mine, step in zip(found.steps, outer.steps, strict=True):
                assert step_at(mine, at, numbers) == step_at(step, inner), seed
    assert composed > 250


def test_a_walk_through_a_table():
    table = np.array([[5, 6, 7], [1, 2, 3]])
    view = View(Array("a", (9,)), (Step(1, (), table, ("p", "q")),))
    found = walked(view, {"p": Step(1, (("i", -1),)), "q": Step(0, (), np.array([2, 0, 1]), ("j",))}, SIZES)
    for at in grid("ij"):
        assert step_at(found.steps[0], at) == 1 + table[1 - at["i"], [2, 0, 1][at["j"]]]


def test_a_walk_in_the_index_of_a_view():
    index = Array("t", (4,), "index")
    view = View(Array("a", (9,)), (Step(index=whole(index, ("p",))),))
    found = walked(view, {"p": Step(1, (("j", 1),))}, SIZES)
    assert found.steps[0].index.steps == (Step(1, (("j", 1),)),)


@pytest.mark.parametrize("steps", [Step(0, (("p", 2),)), Step(0, (), np.array([1, 0]), ("p",))])
def test_what_no_steps_say(steps):
    """Twice a place that the data tell, or such a place in a table."""
    index = whole(Array("t", (2,), "index"), ("i",))
    assert walked(View(Array("a", (9,)), (steps,)), {"p": Step(index=index)}, SIZES) is None
    both = Step(0, (("p", 1),), index=index)
    assert walked(View(Array("a", (9,)), (both,)), {"p": Step(index=index)}, SIZES) is None


def test_strides_that_cancel_are_gone():
    view = View(Array("a", (9,)), (Step(0, (("p", 1), ("q", 1))),))
    found = walked(view, {"p": Step(3, (("i", 1),)), "q": Step(0, (("i", -1),))}, SIZES)
    assert found.steps == (Step(3),)


# --- places ----------------------------------------------------------------------------------------------


def test_places_are_those_that_are_read():
    for seed in range(100):
        draw = random.Random(f"places {seed}")
        first, second = (random_step(draw, ["i", "j", "k"]) for _ in range(2))
        view = View(Array("a", (99, 99)), (first, second))
        right = [99 * step_at(first, at) + step_at(second, at) for at in grid(own_labels(view))]
        assert places(view, SIZES).tolist() == right
    assert places(View(Array("a", (2,)), (Step(index=View(Array("t", ()))),)), SIZES) is None


# --- labels ----------------------------------------------------------------------------------------------


def test_fresh_labels_are_not_taken():
    taken = []
    for _ in range(40):
        taken.append(fresh(taken))
    assert len(set(taken)) == 40
    assert BATCH not in taken


def test_renaming_is_all_at_once():
    index = whole(Array("t", (3,), "index"), ("j",))
    step = Step(0, (("i", 1), ("j", 2)), np.zeros((2, 3), int), ("i", "j"), index)
    call = Call("tanh", (View(Array("a", (9,)), (step,)), 2.0))
    found = renamed(call, {"i": "j", "j": "i"})
    assert found.operands[0].steps[0].strides == (("j", 1), ("i", 2))
    assert found.operands[0].steps[0].table_labels == ("j", "i")
    assert found.labels == ("j", "i")
    assert found.operands[0].steps[0].index.labels == ("i",)


# --- keys ------------------------------------------------------------------------------------------------


def test_keys_are_equal_but_for_labels():
    a, b = Array("a", (2, 2)), Array("a", (2, 2))
    first = Call("mul", (whole(a, ("i", "k")), whole(a, ("k", "i"))))
    second = Call("mul", (whole(a, ("k", "i")), whole(a, ("i", "k"))))
    third = Call("mul", (whole(a, ("i", "k")), whole(a, ("i", "k"))))
    key = lambda part: key_of(part, Numbering(SIZES))  # noqa: E731
    assert key(first) == key(second)
    assert len({key(first), key(third), key(renamed(first, {"k": "l"}))}) == 3  # another walk, another size
    assert key_of(first, AS_THEY_ARE) != key_of(second, AS_THEY_ARE)
    assert key(whole(a, ("i", "k"))) != key(whole(b, ("i", "k")))
    assert key(Call("pow", (first, 2.0))) != key(Call("pow", (first, 3.0)))


def test_keys_of_steps():
    a, t, u = Array("a", (9,)), Array("t", (2,), "index"), Array("u", (2,), "index")
    steps = [
        Step(0, (("i", 1),)), Step(1, (("i", 1),)), Step(0, (("i", 2),)), Step(0, (("i", 1), ("k", 1))),
        Step(0, (), np.array([0, 1]), ("i",)), Step(0, (), np.array([1, 0]), ("i",)),
        Step(index=whole(t, ("i",))), Step(index=whole(u, ("i",))),
    ]  # fmt: skip
    assert len({key_of(View(a, (step,)), Numbering(SIZES)) for step in steps}) == len(steps)
    again = Step(0, (), np.array([0, 1]), ("i",))  # another array of the same places
    assert key_of(View(a, (again,)), Numbering(SIZES)) == key_of(View(a, (steps[4],)), Numbering(SIZES))


# --- terms -----------------------------------------------------------------------------------------------


def test_like_terms_are_one():
    a, b = Array("a", (2, 3)), Array("b", (2,))
    terms = [
        Term(2.0, (whole(a, ("i", "j")),)),
        Term(1.0, (whole(b, ("i",)),)),
        Term(3.0, (whole(a, ("i", "j")),)),
        Term(1.0, (whole(a, ("i", "j")),), 1),
    ]
    found = collected(terms, ["i"], SIZES)
    assert [(term.coefficient, term.power) for term in found] == [(5.0, 0), (1.0, 0), (1.0, 1)]
    kept = Term(1.0, (whole(b, ("i",)),)), Term(1.0, (whole(b, ("k",)),))
    assert len(collected(kept, ["i"], SIZES)) == 2  # one is summed over, the other not
    assert len(collected(kept, [], SIZES)) == 1


def test_labels_that_are_lost():
    b = Array("b", (2,))
    term = without_lost(Term(2.0, (whole(b, ("i",)),)), ["i", "j", "l", BATCH, "k"], ["k"], SIZES)
    assert (term.coefficient, term.power) == (2.0 * 3 * 4, 1)
