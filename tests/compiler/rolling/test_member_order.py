"""Members and terms in an order that makes views of places: what is found, and that it is the same places."""

import random

import numpy as np
import pytest

from autograd_lite.compiler.equations.ir import Array, whole
from autograd_lite.compiler.rolling.like_terms import Group, Reading
from autograd_lite.compiler.rolling.member_order import arrange
from autograd_lite.compiler.rolling.triangles import completed

A, B = Array("A", (4, 6)), Array("B", (6,))


def reading(array, *tables):
    return Reading(array, [np.array(table) for table in tables])


def at(step, sizes, labels, place):
    """The place that a step says, at a place of some labels."""
    where = dict(zip(labels, place, strict=True))
    found = step.base + sum(stride * where[label] for label, stride in step.strides)
    return found + (
        0 if step.table is None else step.table[tuple(where[label] for label in step.table_labels)]
    )


def check(groups, count):
    """The terms of every member read what they are to read; gives the arrangement."""
    found = arrange(groups, count)
    shape = [found.sizes[label] for label in found.members]
    members = [*zip(*np.unravel_index(found.places(count), shape), strict=True)] if shape else [()] * count
    for group, views, labels in zip(groups, found.views, found.terms, strict=True):
        steps = [step for view in views for step in view.steps]
        tables = [table for reading in group.readings for table in reading.tables]
        grid = [*np.ndindex(*(found.sizes[label] for label in labels))]
        for member, own in enumerate(members):
            got = [
                [at(step, found.sizes, (*found.members, *labels), (*own, *term)) for step in steps]
                for term in grid
            ]
            asked = [[table[member, term] for table in tables] for term in range(group.terms)]
            assert sorted(got * (group.terms // len(grid))) == sorted(asked)
    return found


def product(rows, columns):
    """The tables of rows times columns: W[i, k] and x[k], or the rows' alone."""
    i, k = np.indices((rows, columns))
    return i, k


# --- views ---------------------------------------------------------------------------------------------


def test_a_matrix_and_a_vector():
    i, k = product(4, 6)
    found = check([Group(1.0, [reading(A, i, k), reading(B, k)], None, 6)], 4)
    matrix, vector = found.views[0]
    assert matrix == whole(A, ("i", "j"))
    assert vector == whole(B, ("j",))
    assert (found.members, found.terms, found.tables) == (("i",), [("j",)], 0)


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_terms_does_not_matter(seed):
    """Each member adds up in an order of its own."""
    rng = np.random.default_rng(seed)
    i, k = product(4, 6)
    k = np.stack([rng.permutation(6) for _ in range(4)])
    found = check([Group(1.0, [reading(A, i, k), reading(B, k)], None, 6)], 4)
    assert found.tables == 0


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_members_does_not_matter(seed):
    order = np.random.default_rng(seed).permutation(24)
    rows, columns = np.unravel_index(order, (4, 6))
    found = check([Group(1.0, [reading(A, rows[:, None], columns[:, None])])], 24)
    assert found.tables == 0
    assert sorted(found.places(24)) == list(range(24))


def test_axes_along_which_nothing_varies_are_no_axes():
    found = check([Group(1.0, [reading(B, np.zeros((5, 1), int))])], 5)
    assert (found.members, [*found.places(5)]) == ((), [0] * 5)


def test_a_window_has_two_strides_on_one_axis():
    i, k = product(4, 3)
    found = check([Group(1.0, [reading(B, i + k)], None, 3)], 4)
    assert found.views[0][0].steps[0].strides == (("i", 1), ("j", 1))


def test_what_is_irregular_is_a_table_over_what_it_varies_with():
    i, k = product(4, 6)
    picked = np.array([2, 0, 0, 3])[i]
    found = check([Group(1.0, [reading(A, picked, k), reading(Array("C", (4, 6)), i, k)], None, 6)], 4)
    assert found.tables == 1
    step = found.views[0][0].steps[0]
    assert (step.table.tolist(), step.table_labels) == ([2, 0, 0, 3], ("i",))


def test_terms_that_come_several_times_are_counted_or_kept():
    zeros = np.zeros((3, 4), int)
    reads = [reading(A, np.arange(3)[:, None] + zeros, zeros)]
    assert check([Group(1.0, reads, None, 4)], 3).terms == [()]
    assert check([Group(1.0, reads, None, 4, distinct=True)], 3).terms == [("j",)]


def test_terms_that_are_ordered_stay_as_they_are():
    columns = np.array([[1, 0, 2]] * 4)
    reads = [reading(A, np.arange(4)[:, None] + 0 * columns, columns)]
    assert check([Group(1.0, reads, None, 3)], 4).tables == 0
    assert check([Group(1.0, reads, None, 3, ordered=True)], 4).tables == 1


def test_constants_go_with_their_terms():
    numbers = np.arange(24.0).reshape(4, 6)
    i, k = product(4, 6)
    turned = k[:, ::-1]
    found = check([Group(1.0, [reading(A, i, turned)], numbers[:, ::-1], 6)], 4)
    values, labels = found.constants[0]
    assert labels == ("i", "j")
    step = found.views[0][0].steps[1]
    back = slice(None) if step.strides[0][1] > 0 else slice(None, None, -1)
    assert (values[:, back] == numbers).all()


def test_constants_lose_the_axes_along_which_they_do_not_vary():
    i, k = product(4, 6)
    found = check([Group(1.0, [reading(A, i, k)], np.tile(np.arange(6.0), (4, 1)), 6)], 4)
    assert found.constants[0][1] == ("j",)
    found = check([Group(1.0, [reading(A, i, k)], np.full((4, 6), 2.5), 6)], 4)
    assert (found.constants[0][0].tolist(), found.constants[0][1]) == (2.5, ())


def test_what_is_read_is_told_from_what_is_not():
    i, k = product(4, 6)
    found = check([Group(1.0, [reading(B, i)], None, 6), Group(1.0, [reading(A, i, k)], None, 6)], 4)
    assert found.varies("i", 0)
    assert found.varies("i", 1)
    found = check([Group(1.0, [reading(A, i, k)], None, 6), Group(1.0, [reading(B, k)], None, 6)], 4)
    assert not found.varies("i", 1)


@pytest.mark.parametrize("seed", range(80))
def test_random_places_are_read_whatever_their_order(seed):
    rng = random.Random(seed)
    count, groups = rng.choice((1, 2, 3, 4, 6, 8)), []
    for _ in range(rng.randint(1, 3)):
        terms, readings = rng.choice((1, 1, 2, 3)), []
        for _ in range(rng.randint(1, 2)):
            shape = tuple(rng.randint(2, 4) for _ in range(rng.randint(0, 2)))
            tables = [
                np.array([[rng.randrange(size) for _ in range(terms)] for _ in range(count)])
                for size in shape
            ]
            readings.append(Reading(Array("R", shape), tables))
        groups.append(Group(1.0, readings, None, terms))
    check(groups, count)


# --- parts of a grid, completed --------------------------------------------------------------------------


def triangle(size):
    """Row and column of every place on and below the diagonal."""
    return np.array([(i, j) for i in range(size) for j in range(i + 1)]).T[:, :, None]


def test_a_triangle_is_completed():
    rows, columns = triangle(4)
    groups = [Group(1.0, [reading(Array("q", (4,)), rows), reading(Array("k", (4,)), columns)])]
    found = check(groups, 10)
    assert (found.tables, found.members, [found.sizes[m] for m in found.members]) == (0, ("i", "j"), [4, 4])
    assert [*found.places(10)] == [4 * i + j for i, j in zip(rows[:, 0], columns[:, 0], strict=True)]


def test_with_terms_that_walk_alike():
    rows, columns = triangle(4)
    terms = np.arange(3)[None, :]
    groups = [Group(1.0, [reading(Array("q", (4, 3)), rows + 0 * terms, terms + 0 * rows),
                          reading(Array("k", (4, 3)), columns + 0 * terms, terms + 0 * columns)], None, 3)]  # fmt: skip  # noqa: E501
    assert check(groups, 10).tables == 0


@pytest.mark.parametrize(
    "groups",
    [
        lambda r, c: [Group(1.0, [reading(A, r, c)], np.arange(10.0)[:, None])],  # numbers of each member
        lambda r, c: [Group(1.0, [reading(A, r, c)], mask=np.ones((10, 1), bool))],
        lambda r, c: [Group(1.0, [])],  # nothing that walks
        lambda r, c: [Group(1.0, [reading(B, r)])],  # one axis alone
        lambda r, c: [Group(1.0, [reading(A, r, c), reading(Array("D", (7,)), r * c // 2)])],
    ],
)
def test_what_is_not_completed(groups):
    assert completed(groups(*triangle(4)), 10) is None


def test_a_grid_that_is_much_larger_than_its_part_is_not_made():
    far = np.array([(0, 0), (0, 39), (39, 0)]).T[:, :, None]
    assert completed([Group(1.0, [reading(Array("Z", (40, 40)), *far)])], 3) is not None  # 2 by 2
    diagonal = np.array([(k, k * k % 41) for k in range(40)]).T[:, :, None]
    assert completed([Group(1.0, [reading(Array("Z", (40, 41)), *diagonal)])], 40) is None


def test_three_walks_of_a_plane_are_no_grid_of_two():
    """q[i], c[j], k[i - j]: completed, k would be read at -3."""
    rows, columns = triangle(4)
    groups = [Group(1.0, [reading(Array("q", (4,)), rows), reading(Array("c", (4,)), columns),
                          reading(Array("k", (4,)), rows - columns)])]  # fmt: skip
    assert completed(groups, 10) is None
    check(groups, 10)
