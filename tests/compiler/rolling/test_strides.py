"""Lists of places as nested loops: found again from the places alone."""

import random

import numpy as np
import pytest

from autograd_lite.compiler.rolling.strides import loops_of, separable


def walk(sizes, strides, base=0):
    """The places of nested loops, the outermost first."""
    grids = np.indices(sizes).reshape(len(sizes), -1)
    return base + np.array(strides) @ grids


def rebuilt(loops, k):
    """The places that the strides found for a list give, from 0 on."""
    return walk(loops.sizes or (1,), loops.strides[k] or (0,))


@pytest.mark.parametrize(
    ("places", "sizes", "strides"),
    [
        ([5], (), ()),
        ([4, 4, 4], (3,), (0,)),
        ([0, 1, 2, 3], (4,), (1,)),
        ([7, 5, 3, 1], (4,), (-2,)),
        ([0, 1, 2, 10, 11, 12], (2, 3), (10, 1)),
        ([0, 10, 1, 11, 2, 12], (3, 2), (1, 10)),
        ([0, 0, 1, 1, 2, 2], (3, 2), (1, 0)),
        ([0, 1, 0, 1, 0, 1], (3, 2), (0, 1)),
        ([0, 1, 2, 4, 5, 6, 20, 21, 22, 24, 25, 26], (2, 2, 3), (20, 4, 1)),
    ],
)
def test_one_list(places, sizes, strides):
    loops = loops_of([np.array(places)], len(places))
    assert loops.sizes == sizes
    assert loops.strides == [strides]


@pytest.mark.parametrize("places", [[0, 1, 3], [0, 1, 2, 4, 5, 7], [0, 1, 3, 6, 10], [2, 0, 1]])
def test_what_does_not_step_regularly(places):
    assert loops_of([np.array(places)], len(places)).strides == [None]


def test_lists_share_the_loops_of_all():
    rows, columns = np.repeat([0, 1, 2], 4), np.tile([0, 1, 2, 3], 3)
    loops = loops_of([rows, columns, 10 * rows + columns], 12)
    assert loops.sizes == (3, 4)
    assert loops.strides == [(1, 0), (0, 1), (10, 1)]


def test_a_list_whose_loops_do_not_fit_the_others_is_irregular():
    halves, thirds = np.repeat([0, 1], 3), np.repeat([0, 1, 2], 2)
    loops = loops_of([halves, thirds], 6)
    assert [strides is None for strides in loops.strides] == [False, True]


def test_an_irregular_list_does_not_spoil_the_others():
    loops = loops_of([np.array([3, 0, 1, 5]), np.array([0, 1, 2, 3])], 4)
    assert loops == ((4,), [None, (1,)])


def test_no_lists_are_one_loop():
    assert loops_of([], 5).sizes == (5,)
    assert loops_of([], 1).sizes == ()


@pytest.mark.parametrize("seed", range(60))
def test_random_nested_loops_are_found_again(seed):
    rng = random.Random(seed)
    sizes = tuple(rng.randint(2, 4) for _ in range(rng.randint(1, 4)))
    lists = [
        walk(sizes, [rng.randint(-3, 3) for _ in sizes], rng.randint(0, 9)) for _ in range(rng.randint(1, 3))
    ]
    together = walk(sizes, np.cumprod([1, *sizes[:0:-1]])[::-1])  # one that tells all loops apart
    for given in (lists, [*lists, together]):
        loops = loops_of(given, len(together))
        assert np.prod(loops.sizes, dtype=int) == len(together)
        for k, strides in enumerate(loops.strides):
            if strides is not None:
                assert (given[k][0] + rebuilt(loops, k) == given[k]).all()
    assert None not in loops_of([together], len(together)).strides


def test_what_is_a_function_of_the_member_plus_one_of_the_term():
    member, term = np.array([3, 1, 4]), np.array([10, 20])
    assert separable(member[:, None] + term)
    assert not separable(member[:, None] * term)
    assert separable(np.zeros((3, 2), int))
