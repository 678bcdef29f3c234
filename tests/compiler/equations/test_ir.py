"""Array equations as a form: their text, their labels, what check refuses, and the interpreter by hand."""

import numpy as np
import pytest

from autograd_lite.compiler.equations.gradient import differentiate
from autograd_lite.compiler.equations.ir import (
    BATCH,
    Array,
    Call,
    Loop,
    Step,
    Sum,
    Term,
    View,
    factors_of,
    is_whole,
    reads,
    views_of,
    whole,
)
from autograd_lite.compiler.equations.well_formed import check
from autograd_lite.errors import BrokenEquationsError

from ..equations_from_text import computed, constant, index, parameter, samples, written
from ..interpreter import batch_of, floats, run, run_equations
from ..random_equations import Example

X, W = Array("x", (2,), "input", True), Array("W", (2, 3), "parameter")
B, L = Array("b", (3,)), Array("L", ())


# --- steps ------------------------------------------------------------------------------------------------


def test_steps_with_tables_are_compared_by_their_numbers():
    def step(numbers, labels=("i",)):
        return Step(0, (), np.array(numbers), labels)

    assert step([2, 0]) == step([2, 0])
    assert hash(step([2, 0])) == hash(step([2, 0]))
    assert step([2, 0]) != step([2, 1])
    assert step([2, 0]) != step([2, 0], ("j",))
    assert step([2, 0]) != step([2, 0, 1])
    assert step([2, 0]) != Step(0, ())
    assert Step(1, (("i", 2),)) == Step(1, (("i", 2),))
    assert Step(1, (("i", 2),)) != Step(1, (("i", 3),))
    assert View(B, (step([2, 0]),)) == View(B, (step([2, 0]),))


# --- views and their labels ------------------------------------------------------------------------------


def test_labels_come_once_in_the_order_of_axes():
    second = Step(0, (("j", 1), ("k", 2)), np.zeros((2, 2)), ("i", "j"))
    picked = View(W, (Step(index=whole(X, ("k",))), second))
    assert picked.labels == (BATCH, "k", "j", "i")
    assert whole(X, ("i",)).labels == (BATCH, "i")
    assert Call("mul", (whole(B, ("j",)), Call("tanh", (whole(W, ("i", "j")),)), 2.0)).labels == ("j", "i")
    assert Term(1.0, (whole(B, ("j",)), whole(W, ("i", "j")))).labels == ("j", "i")


@pytest.mark.parametrize(
    ("steps", "result"),
    [
        ((Step(0, (("i", 1),)), Step(0, (("j", 1),))), True),
        ((Step(0, (("j", 1),)), Step(0, (("i", 1),))), False),  # i has two places, the axis three
        ((Step(0, (("i", 1),)), Step(0, (("i", 1),))), False),
        ((Step(0, (("i", 1),)), Step(1, (("k", 1),))), False),
        ((Step(1, (("i", -1),)), Step(0, (("j", 1),))), False),
        ((Step(0, (("i", 1),)), Step(0, (("i", 1), ("k", 1)))), False),
        ((Step(0, (("i", 1),)), Step(0, (), np.arange(3), ("j",))), False),
        ((Step(0, (("i", 1),)), Step(0, (("j", 1),), index=whole(X, ("k",)))), False),
        ((Step(0, (("i", 1),)), Step(2)), False),
    ],
)
def test_a_whole_view_reads_every_number_once_in_order(steps, result):
    assert is_whole(View(W, steps), {"i": 2, "j": 3, "k": 2}) is result


def test_what_an_equation_reads():
    chosen = View(X, (Step(1),))
    picked = View(W, (Step(0, (("i", 1),)), Step(index=chosen)))
    equation = Sum(whole(B, ("i",)), (Term(1.0, (Call("mul", (picked, 2.0)), whole(B, ("i",)))),))
    assert list(factors_of(equation)) == [Call("mul", (picked, 2.0)), whole(B, ("i",))]
    assert [view.array for view in reads(equation)] == [W, B, X]
    assert list(views_of(3.0)) == []


# --- as text ---------------------------------------------------------------------------------------------


def test_the_text_is_read_back():
    text = """
        a[n,j] = Σ_k x[n,k]·W[k,j] + -2·b[j] + 0.5·n^-1
        s[n,z] = 0
        s[n,i+2] += tanh(a[n,-1*i+2])·n^1
        z[n] = logsumexp_j a[n,j]
        L[] = Σ_n z[n] + Σ_n W[y[n],2]
    """
    program = written(
        text, sizes={"i": 3, "z": 5},
        x=samples(2), W=parameter(2, 3), b=parameter(3), y=index(), s=computed(5, batched=True),
    )  # fmt: skip
    check(program)
    assert str(program).splitlines() == [
        "a[n,j] = Σ_k x[n,k]·W[k,j] + -2·b[j] + 0.5·n^-1",
        "s[n,z] = 0",
        "s[n,i+2] += n^1·tanh(a[n,-1i+2])",
        "z[n] = logsumexp_j a[n,j]",
        "L[] = Σ_n z[n] + Σ_n W[y[n],2]",
    ]


def test_a_table_as_text():
    view = View(B, (Step(1, (("i", 2),), np.zeros((2,), int), ("j",)),))
    assert str(Sum(View(L), (Term(1.0, (view,)),))) == "L[] = Σ_i,j b[2i+table(j)+1]"


# --- what check refuses ------------------------------------------------------------------------------------


def good():
    """A program without a mistake, and its equations by name."""
    program = written(
        "a[n,j] = x[n,k]·W[k,j] + b[j]\nm[n] = max_j a[n,j]\nL[] = n^-1·m[n]",
        x=samples(2), W=parameter(2, 3), b=parameter(3),
    )  # fmt: skip
    check(program)
    return program, *program.forward


def refused(program, what):
    with pytest.raises(BrokenEquationsError, match=what):
        check(program)


def test_reading_before_writing():
    program, first, second, third = good()
    program.forward = [second, first, third]
    refused(program, "a is read before it is written, in: m")


def test_an_index_that_is_not_there():
    program, _, _, loss = good()
    stranger = Array("t", (), "index", True)
    loss.terms = (Term(1.0, (View(program.parameters[1], (Step(index=View(stranger)),)),)),)
    refused(program, "t is read before it is written")


def test_an_array_of_no_program():
    program, first, *_ = good()
    program.parameters.pop()
    refused(program, "b is read before it is written")
    first.terms = first.terms[:1]
    check(program)


def test_the_wrong_number_of_steps():
    program, first, *_ = good()
    first.terms = (*first.terms, Term(1.0, (View(program.parameters[0], (Step(0),)),)))
    refused(program, "W has 2 axes, and 1 steps")


@pytest.mark.parametrize(
    ("step", "reach"),
    [
        (Step(3), "3 to 3"),
        (Step(-1), "-1 to -1"),
        (Step(1, (("j", 1),)), "1 to 3"),
        (Step(0, (("j", 2),)), "0 to 4"),
        (Step(0, (("j", -1),)), "-2 to 0"),
        (Step(0, (("j", 1), ("k", 1))), "0 to 3"),
        (Step(0, (), np.array([0, 3, 1]), ("j",)), "0 to 3"),
        (Step(-1, (), np.array([0, 3, 1]), ("j",)), "-1 to 2"),
    ],
)
def test_places_that_are_not_there(step, reach):
    program, first, *_ = good()
    first.terms = (*first.terms, Term(1.0, (View(program.parameters[1], (step,)),)))
    refused(program, f"b has 3 places, and {reach} are read")


def test_a_table_of_another_shape():
    program, first, *_ = good()
    step = Step(0, (), np.array([0, 1]), ("j",))
    first.terms = (Term(1.0, (View(program.parameters[1], (step,)),)),)
    refused(program, "a table of shape")


def test_a_target_that_is_given():
    program, first, *_ = good()
    program.forward.append(Sum(whole(program.parameters[1], ("j",)), (), {"j": 3}))
    refused(program, "b is not computed")
    assert first.target.array.kind == "computed"


def test_adding_to_nothing():
    program, first, *_ = good()
    first.add = True
    refused(program, "a is added to before it is set")


def test_a_label_without_a_size():
    program, first, *_ = good()
    first.sizes = {"j": 3}
    with pytest.raises((BrokenEquationsError, KeyError)):
        check(program)


def test_a_list_with_other_labels():
    program, _, second, _ = good()
    second.over = ("j", "k")
    refused(program, "reduced over")
    second.over = ()
    refused(program, "reduced over")


def test_a_batched_target_is_one_number_a_sample():
    program, *_ = good()
    program.loss = program.forward[1].target.array
    refused(program, "the loss m is not one number")


def test_the_backward_pass_is_checked_too():
    program, *_ = good()
    differentiate(program)
    check(program)
    program.backward.reverse()
    refused(program, "is read before it is written")


def test_random_programs_hang_together():
    for seed in range(50):
        check(Example(seed).program)


# --- the interpreter, whom the tests believe ----------------------------------------------------------------


def test_a_sum_by_hand():
    text = "a[n,i] = 2·n^1·W[i,j]·x[n,j]\nL[] = n^-1·a[n,i] + c[0]"
    program = written(text, W=parameter(2, 2), x=samples(2), c=constant([7]))
    w, x = program.parameters[0], program.inputs[0]
    numbers = {x: [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], w: [[1.0, 10.0], [0.0, 1.0]]}
    known = run(program, numbers)
    assert batch_of(numbers) == 3
    assert floats(known[program.forward[0].target.array]).tolist() == [[126, 12], [258, 24], [390, 36]]
    assert floats(known[program.loss]) == (126 + 12 + 258 + 24 + 390 + 36) / 3 + 7


def test_views_by_hand():
    program = written(
        "a[i] = W[i+k]·W[3]\nb[i] = W[-1*i+3]\nc[i] = 0\nc[i+k] += W[i]\nd[n] = W[y[n]]\nL[] = a[0]",
        sizes={"i": 2, "k": 3}, W=parameter(4), a=computed(2), b=computed(2), c=computed(4), y=index(),
    )  # fmt: skip
    program.forward[2].sizes["i"] = 4
    known = run(program, {program.parameters[0]: [1.0, 2.0, 3.0, 4.0], program.inputs[0]: [3, 0]})
    a, b, _, c, d, _ = (known[equation.target.array].tolist() for equation in program.forward)
    assert a == [24, 36]
    assert b == [4, 3]
    assert c == [1, 3, 3, 2]
    assert d == [4, 1]


def test_calls_and_lists_by_hand():
    program = written(
        """
        a[i] = select(greater(W[i], 0), W[i], 5)
        b[i] = and(W[i], greater_equal(W[i], 2))
        c[] = max_i W[i]
        d[j] = prod_i V[j,i]
        L[] = c[]
        """,
        W=parameter(3), V=parameter(2, 3),
    )  # fmt: skip
    w, v = program.parameters
    known = run(program, {w: [-1.0, 2.0, 0.0], v: [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]})
    a, b, c, d, _ = (known[equation.target.array].tolist() for equation in program.forward)
    assert (a, b, c, d) == ([5, 2, 5], [0, 1, 0], 2, [6, 120])


def test_a_loop_by_hand():
    """h[t+1] = 2·h[t] + W[t], forward; and from the last to the first, backward."""
    program = written(
        "h[0] = W[0]\nh[t+1] = 2·h[t] + W[t]\ng[3] = W[3]\ng[t] = 10·g[t+1]\nL[] = h[3]",
        sizes={"t": 3}, h=computed(4), g=computed(4), W=parameter(4),
    )  # fmt: skip
    _, up, _, down, _ = program.forward
    program.loops = [Loop("t", 3, up, up), Loop("t", 3, down, down, backward=True)]
    known = run(program, {program.parameters[0]: [1.0, 2.0, 3.0, 4.0]})
    assert known[up.target.array].tolist() == [1, 3, 8, 19]
    assert known[down.target.array].tolist() == [4000, 400, 40, 4]


@pytest.mark.parametrize(
    ("text", "error", "what"),
    [
        ("a[i] = W[j]·a[i]", LookupError, "read at a place that is not set"),
        ("a[2*i] = W[i]\nL[] = a[1]", LookupError, "read at a place that is not set"),
        ("a[i+1] = W[i]", IndexError, "of shape"),
        ("a[0] = W[i]\na[i+k] = W[i]", ValueError, "set twice"),
    ],
)
def test_what_the_interpreter_refuses(text, error, what):
    a = computed(3 if "i+1" in text else 6)
    program = written(text + "\nL[] = 0", sizes={"i": 3, "k": 2}, a=a, W=parameter(3))
    with pytest.raises(error, match=what):
        run_equations(program.forward, {program.parameters[0]: np.ones(3)}, 1)
