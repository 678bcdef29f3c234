"""The printed equations: those of the notes to the letter, and every page true, whoever reads it."""

import re

import pytest

import autograd_lite as al
from autograd_lite.compiler.mathematics.latex import Latex
from autograd_lite.compiler.mathematics.script import Name, Text, ratio_of

from ..equations_from_text import constant, index, parameter, samples, written
from ..random_equations import Example
from . import known_programs as pages
from .expected_joined_pages import JOINED
from .expected_pages import EVERY, NOTES, OTHERS, lines_of, page_of, text_of
from .page_evaluator import recite

# --- the pages -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("system", NOTES)
def test_the_nets_of_the_notes_give_the_equations_of_the_notes(system):
    build, page = NOTES[system]
    assert build().equations() == text_of(page)


@pytest.mark.parametrize("key", OTHERS | JOINED)
def test_reads_as_a_person_would_have_written(key):
    build, page = (OTHERS | JOINED)[key]
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


def test_gates_are_parts_of_one_matrix():
    lines = pages.joined_memory().equations().splitlines()
    assert "    a1[t] = x[t] W[:,:2]ᵀ + v3[t] W[:,2:]ᵀ + b" in lines
    assert "    h1_2[t] = tanh(a1[t][:,9:])" in lines
    assert any(re.match(r"∇W\[:,2:\] = Σₜ \w+\[t\]ᵀ v3\[t\+1\]", line) for line in lines)


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


def test_what_has_a_label_or_a_gradient_to_read_of_keeps_its_line():
    text = "v[n] = x[n]·w[]\nu[n] = v[n]·v[n]·x[n]\nL[] = n^-1·u[n] + w[]·w[]"
    lines = lines_of(page_of(written(text, w=parameter(), x=samples())))
    assert lines == ["v1 = θ x", "L = (1/n) Σ (v1² ∘ x) + θ²", "∇θ = (2/n) Σ (v1 ∘ x²) + 2 θ"]
    program = written(text, w=parameter(), x=samples())
    program.hints = {program.forward[1].target.array: "u"}
    assert "u = v1² ∘ x" in lines_of(page_of(program))


def test_a_part_is_written_where_it_goes_from_each_place_to_the_next():
    """Not of every second, nor of the last first, nor of a list of parameters."""
    program = written(
        """
        a[n,i] = x[n,i+1]·W[i+2,3]
        u[n,i] = x[n,2*i]·W[i,0]
        v[n,i] = x[n,-1*i+2]·W[0,0] + w[i+1]
        L[] = n^-1·a[n,i]·a[n,i] + n^-1·u[n,i] + n^-1·v[n,i]
        """,
        {"i": 2}, W=parameter(4, 5), w=parameter(3), x=samples(3),
    )  # fmt: skip
    for array, path in zip(program.parameters, ("W", "w"), strict=True):
        array.path = path
    lines = lines_of(page_of(program))
    assert lines[:3] == [
        "a1 = x[:,1:] ∘ W[2:,3]", "a2[n,i] = x[n,2i] W[i,0]", "a3[n,i] = x[n,2-i] W[0,0] + w[i+1]"
    ]  # fmt: skip
    assert "∇W[2:,3] = Σₙ (δ1 ∘ x[:,1:])" in lines
    recite(program)


def test_parts_of_an_array_with_an_index_are_subscripts():
    rows = pages.skipping().equations("latex")
    assert r"a_{2} &= x {W_{2}}_{:,:3}^{\top} + h_{1} {W_{2}}_{:,3:}^{\top} + b_{2} \\" in rows
    assert (
        r"\nabla W_{:,2:} &= \sum_{t} \delta_{1}[t+1]^{\top} h_{1}[t+1]"
        in pages.joined_recurrent().equations("latex")
    )


def test_what_is_the_same_for_all_samples_says_so():
    """v = w² would be a vector: here it is a matrix, the same in each row."""
    program = written(
        "v[n,i] = w[i]·w[i]\nu[n,i] = exp(v[n,i])\nL[] = n^-1·v[n,i]·x[n,i]·u[n,i]",
        w=parameter(3),
        x=samples(3),
    )
    assert lines_of(page_of(program))[0] == "v1[n,i] = θ[i]²"
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
