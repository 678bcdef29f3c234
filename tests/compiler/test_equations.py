"""The printed equations: those of the notes to the letter, and every page true, whoever reads it."""

import random
import re

import pytest

import autograd_lite as al
from autograd_lite.compiler import equations as printed
from autograd_lite.compiler.adjoint import differentiate
from autograd_lite.compiler.latex import Latex
from autograd_lite.compiler.lines import factored
from autograd_lite.compiler.matrices import Matrices
from autograd_lite.compiler.names import name
from autograd_lite.compiler.script import Name, Text, ratio_of
from autograd_lite.compiler.simplify import simplify
from autograd_lite.ops import TABLE

from . import pages
from .drawn import Drawn
from .models import Model
from .page_texts import NOTES, OTHERS, lines_of, text_of
from .programs import Example
from .recited import COUNT, numbers_for, recite
from .written import computed, constant, index, parameter, samples, written

EVERY = {
    **{key: build for key, (build, _) in (NOTES | OTHERS).items()},
    "one unit a layer": pages.one_unit_a_layer,  # and those that are held to no text
    "probabilities at last": pages.probabilities_at_last,
    "batch norm": pages.batch_norm,
    "recurrent": pages.recurrent,
    "long memory": pages.long_memory,
}


def page_of(program, style="text"):
    """The page of equations that no compiler has made."""
    name(simplify(differentiate(program)))
    return printed.equations(program, style)


# --- the pages -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("system", NOTES)
def test_the_nets_of_the_notes_give_the_equations_of_the_notes(system):
    build, page = NOTES[system]
    assert build().equations() == text_of(page)


@pytest.mark.parametrize("key", OTHERS)
def test_reads_as_a_person_would_have_written(key):
    build, page = OTHERS[key]
    assert build().equations() == text_of(page)


def test_the_mean_over_samples_divides_by_n():
    lines = lines_of(pages.three_sigmoid_layers("mean").equations())
    assert [line for line in lines if "n" in line and "tanh" not in line][:2] == [
        "L = -(1/n) Σ log p_y",
        "δ3 = (p - y) / n    (y as one-hot)",
    ]


def test_a_softmax_and_a_logarithm_are_what_they_mean():
    assert pages.probabilities_at_last().equations() == pages.three_sigmoid_layers().equations()


def test_a_recurrence_is_a_loop():
    lines = pages.recurrent().equations().splitlines()
    assert "for t in range(5):" in lines
    assert "    a1[t] = x[t] Wxᵀ + h1[t] Whᵀ + b" in lines
    assert "    h1[t+1] = tanh(a1[t])" in lines
    assert any(line.startswith("for t in reversed(range(") for line in lines)


# --- they are true ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", EVERY)
def test_what_is_printed_is_what_is_computed(key):
    program = EVERY[key]()._rolled
    lines = recite(program)
    for parameter_ in program.parameters:
        assert any(line.startswith(f"∇{Text().letters(parameter_.name)}") for line in lines)


ODD = ("and(", "or(", "inf")  # truth out of numbers that are not 0 or 1, and what cannot be compared


@pytest.mark.parametrize("start", range(0, 120, 10))
def test_what_is_printed_of_random_programs_is_what_is_computed(start):
    done = 0
    for seed in range(start, start + 10):
        program = differentiate(Example(f"printed {seed}").program)
        name(simplify(program) if seed % 2 else program)
        printed.equations(program, "latex")
        if not any(odd in str(program) for odd in ODD):
            recite(program, numbers_for(program, seed))
            done += 1
    assert done > 4


@pytest.mark.parametrize(
    ("owner", "method", "wrong"),
    [
        (Text, "transposed", lambda self, piece: piece),
        (Text, "over_samples", lambda self, body: body),
        (Text, "slope", lambda self, row, operands, pieces: self.apply(row, operands, pieces)),
        (Text, "elementwise", lambda self, pieces: self.juxtaposed(pieces)),
        (Matrices, "inner", lambda self, axes: axes[::-1] if axes else axes),
        (printed, "factored", lambda formula: factored(formula)._replace(terms=factored(formula).terms[:1])),
        (printed, "is_short", lambda line, readers: True),
    ],
    ids=lambda x: getattr(x, "__name__", str(x)),
)
def test_a_page_that_is_wrong_is_found_out(owner, method, wrong, monkeypatch):
    """All but the last: a line that is too long is still right."""
    monkeypatch.setattr(owner, method, wrong)
    caught = sum(not _holds(EVERY[key]()) for key in ("A", "B", "E", "attention", "batch norm"))
    assert caught == 0 if method == "is_short" else caught > 0


def _holds(program):
    try:
        recite(program._rolled)
    except (AssertionError, ValueError):
        return False
    return True


ROWS = [row for row, op in TABLE.items() if not op.variadic and len(op.inputs) == 1 and row != "detach"]
TOLD = {  # the gradient of Σ h² for h = row(v g x) where it is not told by the name of the row with a '
    "neg": "-(2/n) Σₙ (v2 ∘ x)", "exp": "(2/n) Σₙ (v2² ∘ x)", "expm1": "(2/n) Σₙ (v2 ∘ exp(v1) ∘ x)",
    "log": "(2/n) Σₙ (v2 ∘ x / v1)", "sqrt": "(1/n) Σₙ x", "sin": "(2/n) Σₙ (v2 ∘ cos(v1) ∘ x)",
    "cos": "-(2/n) Σₙ (v2 ∘ sin(v1) ∘ x)", "sinh": "(2/n) Σₙ (v2 ∘ cosh(v1) ∘ x)",
    "cosh": "(2/n) Σₙ (v2 ∘ sinh(v1) ∘ x)", "sigmoid": "(2/n) Σₙ (v2 ∘ σ'(v1) ∘ x)",
    "softplus": "(2/n) Σₙ (v2 ∘ σ(v1) ∘ x)", "abs": "(2/n) Σₙ (v2 ∘ sign(v1) ∘ x)",
    "relu": "(2/n) Σₙ (v2 ∘ 1[v2 > 0] ∘ x)",
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_the_slope_of_every_row_is_told(row):
    program = written(
        f"a[n,i] = x[n,i]·g[i]\nh[n,i] = {row}(a[n,i])\nL[] = n^-1·h[n,i]·h[n,i]",
        g=parameter(3),
        x=samples(3),
    )
    page_of(program)
    shift = 1.5 if row == "acosh" else 0.0
    numbers = {array: abs(x) % 0.9 + 0.05 + shift for array, x in numbers_for(program).items()}
    *_, gradient = recite(program, numbers)
    assert gradient == "∇θ = " + TOLD.get(row, f"(2/n) Σₙ (v2 ∘ {row}'(v1) ∘ x)")


def test_settings_of_a_row_are_in_its_slope():
    text = "a[n,i] = x[n,i]·g[i]\nh[n,i] = leaky_relu(a[n,i], {})\nL[] = n^-1·h[n,i]"
    for setting, told in (("0.01", "leaky_relu'(a)"), ("0.2", "leaky_relu'(a, 0.2)")):
        program = written(text.format(setting), g=parameter(3), x=samples(3))
        page_of(program)
        assert told in "".join(recite(program)).replace("v1", "a")


# --- the length ------------------------------------------------------------------------------------------


def test_the_length_does_not_depend_on_width_samples_or_steps():
    assert pages.two_relu_layers(4).equations() == pages.two_relu_layers(30).equations()
    few, many = pages.whole_batch(7).equations(), pages.whole_batch(21).equations()
    assert few.replace("1/7", "1/21") == many
    short, long = (re.sub(r"\d+", "", pages.recurrent(steps).equations()) for steps in (5, 9))
    assert short == long
    attention, wider = (pages.attention(places, width).equations() for places, width in ((3, 4), (5, 9)))
    assert attention.replace("½", "⅓") == wider


# --- LaTeX -----------------------------------------------------------------------------------------------

LATEX_A = r"""
    \begin{aligned}
    a_{1} &= x W_{1}^{\top} + b_{1} \\
    h_{1} &= \sigma(a_{1}) \\[1ex]
    a_{2} &= h_{1} W_{2}^{\top} + b_{2} \\
    h_{2} &= \sigma(a_{2}) \\[1ex]
    a_{3} &= h_{2} W_{3}^{\top} + b_{3} \\[1ex]
    p &= \operatorname{softmax}(a_{3}) \\
    L &= -\frac{1}{n} \sum \log p_{y} \\[1ex]
    \delta_{3} &= \frac{1}{n} (p - y) \quad (y \mathrm{\ as\ one\ hot}) \\
    \nabla W_{3} &= \delta_{3}^{\top} h_{2} \\
    \nabla b_{3} &= \sum_{n} \delta_{3} \\[1ex]
    \delta_{2} &= (\delta_{3} W_{3}) \circ \sigma'(a_{2}) \\
    \nabla W_{2} &= \delta_{2}^{\top} h_{1} \\
    \nabla b_{2} &= \sum_{n} \delta_{2} \\[1ex]
    \delta_{1} &= (\delta_{2} W_{2}) \circ \sigma'(a_{1}) \\
    \nabla W_{1} &= \delta_{1}^{\top} x \\
    \nabla b_{1} &= \sum_{n} \delta_{1}
    \end{aligned}
"""


def test_latex_reads_like_the_notes():
    assert pages.three_sigmoid_layers("mean").equations("latex") == text_of(LATEX_A)


def rows_of(latex):
    """The rows of the environment, each as it would stand between dollars."""
    first, *rows, last = latex.splitlines()
    assert (first, last) == (r"\begin{aligned}", r"\end{aligned}")
    return [re.sub(r" ?\\\\(\[1ex\])?$", "", row).replace("&", "") for row in rows]


@pytest.fixture(scope="module")
def mathtext():
    pytest.importorskip("matplotlib")
    from matplotlib.mathtext import MathTextParser

    return MathTextParser("agg").parse


@pytest.mark.parametrize("key", EVERY)
def test_every_row_of_latex_renders(key, mathtext):
    program = EVERY[key]()
    rows = rows_of(program.equations("latex"))
    heads = sum(line.startswith("for ") for line in program.equations().splitlines())
    assert len(rows) == len(lines_of(program.equations()))
    assert sum(row.startswith(r"\mathrm{for}") for row in rows) == heads
    for row in rows:
        mathtext(f"${row}$")


def test_latex_of_random_programs_renders(mathtext):
    for seed in range(8):
        program = Example(f"latex {seed}").program
        for row in rows_of(page_of(program, "latex")):
            mathtext(f"${row}$")


# --- details ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ((2.0,), "2"), ((0.5,), "½"), ((1 / 3,), "⅓"), ((0.25,), "¼"), ((0.05,), "0.05"), ((0.1,), "0.1"),
        ((1 / 7,), "1/7"), ((2 / 7,), "2/7"), ((0.125,), "1/8"), ((3**-0.5,), "1/√3"), ((64**-0.5,), "1/8"),
        ((1e-5,), "1e-5"), ((2.5,), "2.5"), ((12345.0,), "12345"), ((3.14159265,), "3.14159"),
        ((1.0, -1), "1/n"), ((0.5, -1), "1/(2n)"), ((2.0, -1), "2/n"), ((0.05, 1), "0.05 n"), ((1.0, 1), "n"),
        ((1.0, -2), "1/n^2"), ((0.2, 0, frozenset({5})), "1/5"), ((0.2,), "0.2"), ((1.7,), "1.7"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_a_person_would(number, text):
    assert Text().ratio(ratio_of(*number)).text == text


@pytest.mark.parametrize(
    ("given", "text", "latex"),
    [
        ("W1", "W1", "W_{1}"), ("x_hat", "x̂", r"\hat{x}"), ("xhat", "x̂", r"\hat{x}"),
        ("yhat2", "ŷ2", r"\hat{y}_{2}"),
        ("alpha0", "α0", r"\alpha_{0}"), ("theta", "θ", r"\theta"),
        ("W_query", "W_query", r"W_{\mathrm{query}}"),
        ("Wx", "Wx", "W_{x}"), ("query", "query", r"\mathrm{query}"), ("h1_2", "h1_2", "h_{1,2}"),
        ("sigma", "sigma", r"\sigma"), ("lambda_", "λ", r"\lambda"),
    ],
)  # fmt: skip
def test_names_are_shown_in_letters(given, text, latex):
    assert Text().letters(given) == text
    assert Latex().letters(given) == latex


def test_gradients_have_signs():
    assert Text().name(Name("3", "δ")).text == "δ3"
    assert Latex().name(Name("3", "δ")).text == r"\delta_{3}"
    assert Latex().name(Name("_widen", "δ")).text == r"\delta_{\mathrm{widen}}"
    assert Latex().name(Name("W1", "∇")).text == r"\nabla W_{1}"


def test_the_log_of_a_softmax_with_soft_labels():
    program = written(
        """
        a[n,i] = x[n,j]·W[i,j]
        z[n] = logsumexp_i a[n,i]
        L[] = n^-1·z[n]·y[n,k] - n^-1·a[n,i]·y[n,i]
        """,
        W=parameter(4, 3), x=samples(3), y=samples(4),
    )  # fmt: skip
    program.parameters[0].path = "W"
    page = page_of(program)
    assert lines_of(page)[:3] == ["a = x Wᵀ", "p = softmax(a)", "L = -(1/n) Σ (y ∘ log p)"]
    recite(program)


def test_a_logsumexp_that_is_no_log_of_a_probability_stays():
    """Of the row beside, or of other logits, x - z is no logarithm of a probability."""
    program = written(
        """
        a[n,i] = x[n,j]·W[i,j]
        z[n] = logsumexp_i a[n,i]
        L[] = n^-1·z[n] - 2·n^-1·a[n,y[n]]
        """,
        W=parameter(4, 3), x=samples(3), y=index(),
    )  # fmt: skip
    program.parameters[0].path = "W"
    lines = lines_of(page_of(program))
    assert "z = logsumexp(a)" in lines
    assert not any("log p" in line for line in lines)
    recite(program)


def test_what_is_summed_over_what_does_not_vary_is_counted():
    """v[j] = w for each j: its sum is 3 w, and over the samples n times that."""
    program = written("v[n,j] = w[]·w[]\nL[] = v[n,j] + x[n,j]·w[]", {"j": 3}, w=parameter(), x=samples(3))
    program.parameters[0].path = "w"
    assert lines_of(page_of(program))[0] == "L = w (Σ x) + 3 n w²"
    recite(program)


def test_places_that_nothing_reaches_stay_zero():
    """The zeros before parts that do not cover an array are printed, those that are covered are not."""
    program = written("L[] = n^-1·W[0,i]·x[n,i] + n^-1·W[1,i]·x[n,i]", W=parameter(3, 2), x=samples(2))
    program.parameters[0].path = "W"
    assert lines_of(page_of(program))[1] == "∇W = 0"
    recite(program)
    covered = written("L[] = n^-1·W[0,i]·x[n,i] + n^-1·W[1,i]·x[n,i]", W=parameter(2, 2), x=samples(2))
    covered.parameters[0].path = "W"
    assert "∇W = 0" not in lines_of(page_of(covered))
    recite(covered)


def test_a_table_of_places_is_an_array_of_whole_numbers():
    program = pages.whole_batch()
    assert "L = -(1/7) Σ log p_y" in lines_of(program.equations())


def test_names_of_the_page_do_not_meet_those_of_the_program():
    """A parameter called p, an input called t: the probabilities and the tables get other names."""
    rows = {"p": pages.values(2, 3)}
    program = al.compile(
        lambda x, y: al.cross_entropy(pages.affine(rows["p"], x), y), rows, x=pages.numbers(3), y=1
    )
    lines = lines_of(program.equations())
    assert lines[:3] == ["a = x pᵀ", "p2 = softmax(a)", "L = -(1/n) Σ log p2_y"]
    recite(program._rolled)


def test_a_sum_of_constants_is_no_layer():
    program = written(
        "v[i] = X[i,k]·c[k]\nL[] = v[i]·w[i]",
        X=constant([[1.0, 2.0]] * 3),
        c=constant([1.0, 2.0]),
        w=parameter(3),
    )
    program.parameters[0].path = "w"
    page = page_of(program)
    assert "layer" not in page
    recite(program)


def test_samples_are_n_and_no_other_size():
    """The oracle tells the axis of the samples by its size."""
    assert all(COUNT not in array.shape for build in EVERY.values() for array in build()._rolled.parameters)


# --- what is not what it looks like ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "loss",
    [
        "n^-1·z[n,i]·y[n,i] - n^-1·a[n,k,j]·u[n,k,j]",  # other weights
        "n^-1·z[n,0] - n^-1·a[n,1,0]",  # of another row
        "n^-1·z[n,i] - n^-1·a[n,k,k]·g[k]",
        "n^-1·z[n,i] - 2·n^-1·a[n,k,0]",
        "n^-1·z[n,i] - a[n,k,0]",
    ],
)
def test_not_every_difference_is_the_log_of_a_probability(loss):
    program = written(
        f"a[n,i,j] = x[n,i]·W[i,j]\nz[n,i] = logsumexp_j a[n,i,j]\nL[] = {loss}",
        W=parameter(3, 3), g=parameter(3), x=samples(3), y=samples(3), u=samples(3, 3),
    )  # fmt: skip
    assert "log p" not in page_of(program)
    recite(program)


def test_a_branch_that_is_not_taken_is_the_opposite_at_a_tie_too():
    program = written(
        "v[n,i] = select(greater(x[n,i], W[i]), y[n,i], W[i])\nL[] = n^-1·v[n,i]·v[n,i]",
        W=parameter(3), x=samples(3), y=samples(3),
    )  # fmt: skip
    page = page_of(program)
    assert "1[x ≤ θ]" in page
    recite(program)


def test_a_stack_whose_first_step_is_from_elsewhere_has_no_slope_by_its_output():
    program = written(
        """
        a[n,i] = x[n,i]·W[i]
        h[n,0] = relu(a[n,1])
        h[n,j+1] += relu(a[n,j])
        L[] = n^-1·h[n,k]·h[n,k]
        """,
        {"j": 2}, W=parameter(3), x=samples(3), h=computed(3, batched=True),
    )  # fmt: skip
    page_of(program)
    recite(program)


FOUND = {
    "nets": (Model, (35, 85, 87, 108, 124, 211)),
    "arrays": (Drawn, (0, 22, 86, 123, 211, 294, 348, 588)),
}


@pytest.mark.parametrize(
    ("kind", "seed"), [(kind, seed) for kind in FOUND for seed in (*range(6), *FOUND[kind][1])]
)
def test_what_is_printed_of_programs_over_scalars_is_what_is_computed(kind, seed):
    """The first ones, and those that have been wrong: steps in loops, axes of one place, tables, ties."""
    program = FOUND[kind][0](seed)
    x, k = program.sample(random.Random(seed))
    program.scale = 1.0  # of logits: in exponentials they would be inf where the program is not
    recite(al.compile(program, program.parameters, x=x, k=k)._rolled)


@pytest.mark.parametrize("key", EVERY)
def test_what_a_gradient_is_of_is_on_the_page_and_as_large(key):
    program = EVERY[key]()._rolled
    page = printed._Page(program, Text())
    there = {*program.parameters, *(line.target.array for line in page.lines)}
    for array, shown in page.names.items():
        if shown.sign:
            owner = page.owner(array)
            assert owner in there
            assert owner.shape == array.shape


def test_no_title_comes_between_the_steps_of_a_loop():
    page = pages.long_memory().equations()
    for body in re.findall(r"^for .*:\n((?:.*\n)*?)(?=\S|\n\S|\Z)", page, re.MULTILINE):
        lines = body.rstrip("\n").split("\n")
        assert len(lines) > 5
        assert all(line.startswith("    ") for line in lines)


def test_the_letter_of_a_step_is_not_that_of_an_array():
    """Where an input is called t, the loop counts in s."""
    lines = pages.recurrent(name="t").equations().splitlines()
    assert "for s in range(5):" in lines
    assert "    a1[s] = t[s] Wxᵀ + h1[s] Whᵀ + b" in lines
