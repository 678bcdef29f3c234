"""Copies are read through, or give their name: transposes, parts, gathers, gradients of sums."""

import numpy as np

from autograd_lite.compiler.equations.ir import Array, Equations, Step, Sum, Term, View, whole

from ..equations_from_text import computed, constant, index, parameter, samples, written
from ..gradient_oracle import assert_right
from ..interpreter import floats, run
from ..stages import forward, simplified_backward


def test_a_transpose_a_part_and_a_spread_are_read_through():
    program = written(
        """
        v[p,q] = W[q,p]
        u[i] = b[i+1]
        s[i,j] = b[i]
        L[] = v[k,l]·x[n,l]·x[n,k] + u[2*r] + s[i,m]
        """,
        sizes={"i": 3, "j": 3, "m": 3, "r": 2},
        W=parameter(2, 2), b=parameter(4), s=computed(3, 3), u=computed(3), x=samples(2),
    )  # fmt: skip
    assert forward(program) == [
        "L[] = Σ_l,k,n W[l,k]·x[n,l]·x[n,k] + Σ_r b[2r+1] + Σ_i 3·b[i]",
    ]
    assert_right(program)


def test_a_gradient_that_is_that_of_a_sum_is_read_through():
    program = written(
        """
        g[n,j] = x[n]·W[j]
        h[n,j] = tanh(g[n,j])
        a[n,j] = h[n,j] + b[j]
        L[] = a[n,j]·a[n,j]
        """,
        W=parameter(3), b=parameter(3), x=samples(),
    )  # fmt: skip
    text = simplified_backward(program)
    assert text[0] == "da[n,j] = 2·a[n,j]"
    assert text[1] == "db[j] = Σ_n da[n,j]"
    assert text[2] == "dg[n,j] = da[n,j]·tanh'(h[n,j], g[n,j])"
    assert_right(program)


def test_what_changes_after_it_was_copied_is_not_read_through():
    program = written(
        """
        s[i] = 0
        s[0] += W[0]
        c[i] = s[i]
        s[1] += W[1]
        L[] = c[i]·c[i] + s[i]·s[i]
        """,
        sizes={"i": 2}, W=parameter(2), s=computed(2),
    )  # fmt: skip
    assert "c[i] = s[i]" in forward(program)
    w = program.parameters[0]
    known = run(program, {w: np.array([3.0, 5.0])})
    assert floats(known[program.loss]) == 9 + 9 + 25


def test_a_gradient_that_is_an_array_of_the_forward_pass_keeps_its_name():
    """The residual is the gradient of the pre-activation, and is called so."""
    program = written(
        "a[n] = x[n,i]·W[i] + b[]\ne[n] = a[n] - y[n]\nL[] = 0.5·e[n]·e[n]",
        W=parameter(3), b=parameter(), x=samples(3), y=samples(),
    )  # fmt: skip
    assert simplified_backward(program) == ["da[n] = e[n]", "dW[i] = Σ_n da[n]·x[n,i]", "db[] = Σ_n da[n]"]
    assert_right(program)


def test_an_array_that_is_only_copied_takes_the_name_of_the_copy():
    program = written(
        "a[n] = x[n,i]·W[i]\ne[n] = a[n] - y[n]\nL[] = n^-1·e[n]·e[n]",
        W=parameter(3), x=samples(3), y=samples(),
    )  # fmt: skip
    assert simplified_backward(program) == ["da[n] = 2·n^-1·e[n]", "dW[i] = Σ_n da[n]·x[n,i]"]


def test_an_array_that_others_read_too_keeps_its_name():
    program = written(
        "a[i] = W[i]·c[i]\nb[i] = a[i] + V[i]\nL[] = b[i]·b[i]",
        W=parameter(2), V=parameter(2), c=constant([1.0, 2.0]),
    )  # fmt: skip
    assert simplified_backward(program) == ["db[i] = 2·b[i]", "dV[i] = db[i]", "dW[i] = db[i]·c[i]"]
    assert_right(program)


def test_a_gather_is_done_once():
    """Read through only where it is all that there is in a term."""
    program = written(
        "h[n,j] = E[x[n],j]\ng[n] = E[x[n],0]\na[n] = h[n,j]·W[j] + g[n]\nL[] = a[n]·a[n]",
        E=parameter(2, 3), W=parameter(3), x=index(),
    )  # fmt: skip
    assert forward(program)[:2] == ["h[n,j] = E[x[n],j]", "a[n] = Σ_j h[n,j]·W[j] + E[x[n],0]"]
    assert_right(program)


def test_a_gather_that_two_read_is_done_once():
    program = written(
        "h[n,j] = E[x[n],j]\na[n] = h[n,j] + 1\nb[n] = 2·h[n,j]\nL[] = a[n]·b[n]",
        E=parameter(2, 3), x=index(),
    )  # fmt: skip
    assert forward(program)[0] == "h[n,j] = E[x[n],j]"
    assert str(program).count("E[") == 1


def test_a_part_is_not_the_whole():
    """One equation alone sets s, but not all of it, and not from its first place on."""
    text = "s[i+1] = W[i]\nL[] = s[1]·s[1] + s[k+1]"
    program = written(text, sizes={"i": 2, "k": 2}, s=computed(3), W=parameter(2))
    assert forward(program) == ["s[i+1] = W[i]", "L[] = s[1]·s[1] + Σ_k s[k+1]"]
    assert_right(program)


def test_a_sum_in_its_own_right_is_no_part_of_the_next():
    text = "r[i] = W[i] + V[i]\nt[i] = r[i] + c[i]\nL[] = t[i]·t[i]"
    program = written(text, W=parameter(2), V=parameter(2), c=constant([1.0, 2.0]))
    lines_before = str(program).splitlines()
    assert forward(program) == lines_before


def test_a_copy_in_the_forward_pass_leaves_no_trace_in_the_backward_pass():
    program = written("a[n] = x[n,i]·W[i]\nv[n] = a[n]\nL[] = v[n]·v[n]", W=parameter(3), x=samples(3))
    assert simplified_backward(program) == ["da[n] = 2·a[n]", "dW[i] = Σ_n da[n]·x[n,i]"]


def test_a_gradient_is_no_name_for_another():
    """Those of W and V are the same numbers, and both are asked for."""
    text = "L[] = 2·W[i]·c[i] + 2·V[i]·c[i]"
    program = written(text, W=parameter(2), V=parameter(2), c=constant([1.0, 2.0]))
    assert simplified_backward(program) == ["dW[i] = 2·c[i]", "dV[i] = dW[i]"]
    assert_right(program)


def test_the_first_name_of_a_gradient_stays_where_it_is_read():
    program = written(
        "a[i] = W[i]·c[i]\ns[i] = a[i] + b[i]\ne[i] = s[i] - c[i]\nL[] = e[i]·e[i]",
        W=parameter(2), b=parameter(2), c=constant([1.0, 2.0]),
    )  # fmt: skip
    assert simplified_backward(program) == ["ds[i] = 2·e[i]", "db[i] = ds[i]", "dW[i] = ds[i]·c[i]"]
    assert_right(program)


def test_an_output_stays():
    program = written("a[n] = x[n,i]·W[i]\no[n] = a[n]\nL[] = o[n]·o[n]", W=parameter(3), x=samples(3))
    program.outputs = [program.forward[1].target.array]
    assert forward(program) == ["a[n] = Σ_i x[n,i]·W[i]", "o[n] = a[n]", "L[] = Σ_n a[n]·a[n]"]


def test_a_list_is_read_through_where_its_labels_stay():
    program = written(
        "u[i] = W[i+1]\nv[i,j] = W[i]\ny[] = max_i u[i]\nz[] = prod_i,j v[i,j]\nL[] = y[]·z[]",
        sizes={"i": 2, "j": 2}, W=parameter(3), v=computed(2, 2), u=computed(2),
    )  # fmt: skip
    assert forward(program)[:3] == ["v[i,j] = W[i]", "y[] = max_i W[i+1]", "z[] = prod_i,j v[i,j]"]
    assert_right(program)


def test_a_table_in_a_copy_is_a_gather():
    w, v, loss = Array("w", (3,), "parameter"), Array("v", (2,)), Array("L", ())
    table = View(w, (Step(0, (), np.array([2, 2]), ("i",)),))
    read = whole(v, ("i",))
    forward_equations = [
        Sum(whole(v, ("i",)), (Term(1.0, (table,)),), {"i": 2}),
        Sum(View(loss), (Term(1.0, (read, read)),), {"i": 2}),
    ]
    program = Equations(forward_equations, loss, [], [w])
    assert forward(program)[0] == "v[i] = w[table(i)]"
    assert_right(program)
