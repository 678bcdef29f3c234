"""LaTeX: what graphs and names look like in it, and that every row parses."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as al
from autograd_lite import ops
from autograd_lite.notation.graph_text import latex

from .test_graph_text import applied, labelled, random_graph

a, b, c = labelled("a b c")
w, x = labelled("w x")
alpha, w1, hat = labelled("alpha w1 y_hat")
TYPESET = [
    (r"\tanh(w x + b)", al.tanh(w * x + b)),
    (r"\sigma(-x)", al.sigmoid(-x)),
    (r"\frac{a}{b c}", a / (b * c)),
    (r"\frac{a + b}{c}", (a + b) / c),
    ("a - (b - c)", a - (b - c)),
    ("a + b - c", a + (b - c)),
    ("a (b + c)", a * (b + c)),
    ("a b c", a * (b * c)),
    ("a + (-b)", a + -b),
    ("a (-b)", a * -b),
    ("-a b", -(a * b)),
    ("-(a + b)", -(a + b)),
    (r"2 \cdot 3", al.Value(2) * al.Value(3)),
    (r"x \cdot 2", x * 2),
    ("2 x", 2 * x),
    ("(-x)^{2}", (-x) ** 2),
    ("-x^{2}", -(x**2)),
    ("a^{b^{c}}", a ** (b**c)),
    (r"\left(a^{b}\right)^{c}", (a**b) ** c),
    (r"\left(\frac{a}{b}\right)^{2}", (a / b) ** 2),
    (r"\left(e^{a}\right)^{2}", al.exp(a) ** 2),
    (r"e^{-a^{2}}", al.exp(-(a**2))),
    (r"2 \left(e^{a} - 1\right)", 2 * al.expm1(a)),
    (r"\sqrt{a}", a**0.5),
    (r"\frac{1}{\sqrt{a}}", a**-0.5),
    (r"\frac{1}{a}", a**-1),
    (r"\frac{b}{a^{2}}", b * a**-2),
    (r"\frac{b}{a^{2}}", a**-2 * b),
    (r"\frac{b}{a}", b * (1 / a)),
    (r"\left|a - b\right|", abs(a - b)),
    (r"\sqrt{a^{2} + (b c)^{2}}", al.hypot(a, b * c)),
    (r"\log(1 + (-a))", al.log1p(-a)),
    (r"\max(a, b)", al.max(a, b)),
    ("a + b + (-c)", al.sum([a, b, -c])),
    (r"\frac{a + b}{2}", al.mean([a, b])),
    (r"(a + b) c", al.prod([a + b, c])),
    ("a c + b x + w", al.dot([a, b], [c, x], w)),
    (r"\operatorname{softmax}(a, b)_{1}", al.softmax([a, b])[1]),
    (r"\operatorname{leaky\_relu}(a)", al.leaky_relu(a)),
    (r"\alpha w_{1}", alpha * w1),
    (r"\hat{y}", hat),
    (r"10^{-7} x", 1e-7 * x),
    (r"\infty x", math.inf * x),
]


@pytest.mark.parametrize(("written", "v"), TYPESET, ids=[written for written, _ in TYPESET])
def test_latex(written, v):
    assert latex(v) == written


@pytest.mark.parametrize(
    ("label", "written"),
    [
        ("w1", "w_{1}"),
        ("a_1", "a_{1}"),
        ("w_12", "w_{12}"),
        ("w1_2", "w_{1,2}"),
        ("alpha", r"\alpha"),
        ("lambda", r"\lambda"),
        ("theta_0", r"\theta_{0}"),
        ("x_hat", r"\hat{x}"),
        ("yhat", r"\hat{y}"),
        ("x1_hat", r"\hat{x}_{1}"),
        ("W_out", r"W_{\mathrm{out}}"),
        ("loss", r"\mathrm{loss}"),
        ("hidden_layer", r"\mathrm{hidden\_layer}"),
        ("_", r"\mathrm{\_}"),
    ],
)
def test_a_name_in_latex(label, written):
    assert latex(al.Value(1.0, label=label)) == written


def test_several_lines_are_aligned():
    z = w * x + b
    z.label = "z"
    expected = "\\begin{aligned}\nz &= w x + b \\\\\n&\\tanh(z)\n\\end{aligned}"
    assert latex(al.tanh(z)) == expected


@pytest.fixture(scope="module")
def typeset():
    """Parses a formula, or every line of an aligned one, as matplotlib does."""
    parser = pytest.importorskip("matplotlib.mathtext").MathTextParser("path")

    def parse(source):
        body = source.removeprefix("\\begin{aligned}\n").removesuffix("\n\\end{aligned}")
        for line in body.split(" \\\\\n"):
            parser.parse(f"${line.replace('&', '')}$")

    return parse


def test_every_row_is_typeset(typeset):
    for row in ops.TABLE.values():
        for operands in (
            labelled("a b c d e"),
            [-x, a + b, a * b, a**b, a / b],
            [*labelled("x_1"), 2.0, -1.5, 0.5, 1e-9],
        ):
            few = iter(operands)
            typeset(latex(applied(row, lambda few=few: next(few))))


def test_a_broken_formula_is_not_typeset(typeset):
    with pytest.raises(ValueError, match="Parse"):
        typeset(r"\frac{a}{")


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**9))
def test_any_graph_is_typeset(typeset, seed):
    typeset(latex(random_graph(seed, 12)))


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet="abWα_019{}$%&#\\ ^~'", min_size=1, max_size=6))
def test_any_label_is_typeset(typeset, label):
    typeset(latex(al.Value(1.0, label=label)))
