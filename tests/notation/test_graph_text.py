"""Notation: the text of a graph evaluates to the graph's number, and the LaTeX of every row parses."""

import itertools
import math
import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as al
from autograd_lite import ops
from autograd_lite.engine import value as engine
from autograd_lite.engine.value import apply
from autograd_lite.notation.graph_text import DISPLAYED, WIDEST, latex, names, text

# al.bce_with_logits is the loss, which asks for a probability; the row takes any number.
PUBLIC = {name: getattr(al, name) for name in al.__all__}
SCOPE = {**ops.TABLE, **PUBLIC, "bce_with_logits": ops.bce_with_logits, "inf": math.inf, "nan": math.nan}


def evaluated(v, width=88):
    """The number to which the text of v evaluates, given nothing but its leaves' names."""
    *bindings, expression = text(v, width).splitlines()
    scope = {**SCOPE, **names(v)}
    for line in bindings:
        exec(line, scope)
    return float(getattr(result := eval(expression, scope), "data", result))


def same(a, b):
    return (a != a and b != b) or (a == b and math.copysign(1.0, a) == math.copysign(1.0, b))


def labelled(labels):
    return [al.Value(0.3 + 0.4 * i, label=name) for i, name in enumerate(labels.split())]


a, b, c = labelled("a b c")
w, x = labelled("w x")

# --- Python: brackets ---------------------------------------------------------------------------------

WRITTEN = [
    ("a - (b - c)", a - (b - c)),
    ("a - b - c", a - b - c),
    ("a + (b + c)", a + (b + c)),
    ("a / (b*c)", a / (b * c)),
    ("a / b / c", a / b / c),
    ("a * (b/c)", a * (b / c)),
    ("a * b / c", a * b / c),
    ("(a + b) * c", (a + b) * c),
    ("a*b + c", a * b + c),
    ("(-a)**2", (-a) ** 2),
    ("-a**2", -(a**2)),
    ("a**(b**c)", a ** (b**c)),
    ("(a**b)**c", (a**b) ** c),
    ("(a*b)**c", (a * b) ** c),
    ("a**-b", a**-b),
    ("a**(b*c)", a ** (b * c)),
    ("2**a", 2**a),
    ("(-2)**a", (-2) ** a),
    ("a**-2", a**-2),
    ("2 * -a", 2 * -a),
    ("-a * b", -a * b),
    ("-(a*b)", -(a * b)),
    ("-(a + b)", -(a + b)),
    ("a", al.Value.__neg__(-a)),
    ("a", 1 * a),
    ("a", a / 1),
    ("1", a**0),
    ("a - -b", a - -b),
    ("a - 3", a + -3),
    ("a - b", a + -b),
    ("a", a**1),
    ("2 * a", 2 * a**1.0),
    ("tanh(a*b)", al.tanh(a * b)),
    ("tanh(w*x + b)**2", al.tanh(w * x + b) ** 2),
    ("abs(a - b)", abs(a - b)),
    ("leaky_relu(a)", al.leaky_relu(a)),
    ("leaky_relu(a, 0.2)", al.leaky_relu(a, 0.2)),
    ("clamp(a, 0, 1)", al.clamp(a, 0, 1)),
    ("clamp(a, -inf, b)", al.clamp(a, -math.inf, b)),
    ("atan2(a, b)", al.atan2(a, b)),
    ("sum([a, b, 2])", al.sum([a, b, 2])),
    ("max([a, b])", al.max(a, b)),
    ("dot([a, b], [c, 0.5])", al.dot([a, b], [c, 0.5])),
    ("dot([a], [c], b)", al.dot([a], [c], b)),
    ("softmax([a, b])[1]", al.softmax([a, b])[1]),
    ("2 * -3", al.Value(2) * al.Value(-3)),
    ("Value(1) / 0", al.Value(1) / al.Value(0)),
    ("Value(-8)**0.5", al.Value(-8) ** al.Value(0.5)),
    ("Value(10)**400", al.Value(10) ** al.Value(400)),
    ("-Value(0)", -al.Value(0)),
    ("a / 0", a / 0),
]


@pytest.mark.parametrize(("written", "v"), WRITTEN, ids=[written for written, _ in WRITTEN])
def test_text(written, v):
    assert text(v) == written
    assert same(evaluated(v), v.data)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (2.0, "2"),
        (-2.0, "-2"),
        (0.5, "0.5"),
        (0.0, "0"),
        (-0.0, "-0.0"),
        (1e-7, "1e-7"),
        (1e22, "1e22"),
        (100.0, "100"),
        (12e6, "12e6"),
        (-1e6, "-1e6"),
        (0.1, "0.1"),
        (1234567.0, "1234567"),
        (2.5e-10, "2.5e-10"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
    ],
)
def test_constants_are_as_short_as_can_be(number, written):
    assert text(al.Value(number)) == written
    assert same(evaluated(al.Value(number)), number)


@given(st.floats())
def test_a_constant_reads_back_as_itself(number):
    assert same(evaluated(al.Value(number)), number)


# --- Python: names, and lines of their own ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("w", "w"),
        ("layers.0.weight[1]", "layers_0_weight_1"),
        ("lambda", "lambda_"),
        ("norm", "norm_"),
        ("inf", "inf_"),
        ("1st", "_1st"),
        ("x'", "x"),
        ("'", "v"),
        ("λ", "λ"),
        ("ﬁ", "fi"),
        ("__builtins__", "__builtins___"),
    ],
)
def test_a_label_becomes_a_name(label, name):
    v = al.Value(3.0, label=label)
    assert text(2 * v) == f"2 * {name}"
    assert names(2 * v) == {name: v}
    assert evaluated(2 * v) == 6.0


@given(st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=6))
def test_any_labels_give_valid_and_distinct_names(labels):
    leaves = [al.Value(float(i + 2), label=label) for i, label in enumerate(labels)]
    y = al.sum([leaf * leaf for leaf in leaves])
    assert evaluated(y) == y.data
    assert set(names(y).values()) == set(leaves)


def test_leaves_of_one_label_stay_apart():
    first, second, third, other = (
        al.Value(d, label=n) for d, n in ((1, "w"), (2, "w"), (4, "w"), (8, "w_2"))
    )
    y = al.sum([first, second, third, other])
    assert text(y) == "sum([w, w_3, w_4, w_2])"
    assert names(y) == {"w": first, "w_3": second, "w_4": third, "w_2": other}


def test_many_leaves_of_one_label_take_linear_time():
    y = al.sum([al.Value(1.0, label="w") for _ in range(20_000)])
    assert evaluated(y) == 20_000.0


def test_a_label_between_gets_a_line():
    z = w * x + b
    z.label = "z"
    y = al.tanh(z)
    y.label = "y"
    assert text(y) == "z = w*x + b\ntanh(z)"
    assert names(y) == {"w": w, "x": x, "b": b}


def test_a_name_that_is_made_up_hides_no_label():
    t = al.Value(2.0, label="t1")
    u = al.tanh(t * w + x - b)
    assert text(u * u) == "t2 = tanh(t1*w + x - b)\nt2 * t2"


def test_what_is_used_twice_gets_a_line_unless_it_is_short():
    long, short = al.tanh(w * x + b), w * x
    assert text(long / (1 + long)) == "t1 = tanh(w*x + b)\nt1 / (1 + t1)"
    assert text(short / (1 + short)) == "w * x / (1 + w*x)"


def test_long_texts_are_broken_and_stay_exact():
    y = x
    for i in range(200):
        y = al.tanh(y * w) + i * b
    assert max(map(len, text(y).splitlines())) <= 110
    assert len(text(y, width=20).splitlines()) > len(text(y).splitlines()) > 20
    for width in (1, 20, 88, WIDEST):
        assert same(evaluated(y, width), y.data)


def test_deep_brackets_stay_within_what_python_reads():
    y = x
    for _ in range(500):
        y = (-y) ** 1.5
        y = 1 - y
    assert same(evaluated(y, WIDEST), y.data)


def test_a_large_graph_is_written_in_a_linear_number_of_calls():
    def calls(n):
        y = x
        for _ in range(n):
            y = al.tanh(y * w) + x
        count, before = itertools.count(), sys.getprofile()
        sys.setprofile(lambda frame, event, _: next(count) if event == "call" else None)
        try:
            assert len(text(y)) < 30 * n
            assert len(latex(y)) < 60 * n
        finally:
            sys.setprofile(before)
        return next(count)

    calls(10)
    assert calls(2_000) < 11 * calls(200)


def test_a_derivative_reads_as_a_person_would_write_it():
    slope = al.grad(al.tanh(w * x + b), w, create_graph=True)
    assert text(slope) == "cosh(w*x + b)**-2 * x"
    assert latex(slope) == r"\frac{x}{\cosh(w x + b)^{2}}"
    assert text(al.grad(x**3, x, create_graph=True)) == "3 * x**2"
    assert text(al.grad(x**2, x, create_graph=True)) == "2 * x"
    assert text(al.grad(w * al.exp(x), x, create_graph=True)) == "w * exp(x)"


def test_comparisons_choices_and_what_is_taken():
    index = al.Value(1.0, label="i")
    assert text(al.ops.greater(x, 1) * w) == "greater(x, 1) * w"
    assert latex(al.ops.greater_equal(x + 1, b)) == r"[{x + 1} \geq {b}]"
    assert text(al.take([x, w * b, 2.0], index)) == "take([x, w*b, 2], i)"
    assert latex(al.take([x, w], index)) == "(x, w)_{i}"
    assert text(al.take([x, w * b], al.Value(1.0))) == "w * b"
    assert text(al.ops.detach(x) * x) == "detach(x) * x"


def test_what_is_made_of_numbers_alone():
    two = al.Value(2.0)
    assert text(-apply(ops.neg, [2.0])) == "2"
    t = two - al.expm1(al.Value(3.0))
    assert same(evaluated(t**t, 1), (t**t).data)
    assert same(evaluated(al.take([al.Value(-0.0), x], al.Value(0.0)) ** -1), -math.inf)


# --- Python: any graph evaluates to its number ------------------------------------------------------------

ROWS = [row for name, row in ops.TABLE.items() if name != "select"]
LISTS = [row for row in ROWS if row.variadic]


def applied(row, draw):
    """The row applied to operands that are drawn one by one."""
    if row.name == "dot":
        return apply(row, [draw() for _ in range(5)])
    if row.inputs[0] == "index":
        return apply(row, [1.0, *(draw() for _ in range(3))])
    return apply(row, [draw() for _ in range(3 if row.variadic else len(row.inputs))])


def random_graph(seed, size):
    chance = random.Random(seed)
    nodes = [al.Value(chance.uniform(-2, 2), label=name) for name in ("x", "y", "w", "w", "b[0]", "max")]
    nodes += [al.Value(chance.choice((0, 1, -1, 2, -0.5, -0.0, math.inf)))]
    arithmetic = [ops.TABLE[name] for name in ("add", "sub", "mul", "div", "neg", "pow")]

    def draw():
        constant = chance.random() < 0.15
        return chance.choice((2.0, -1.0, 0.5, 1.0, -3.0, 0.0)) if constant else chance.choice(nodes[-12:])

    for _ in range(size):
        node = applied(chance.choice(arithmetic if chance.random() < 0.6 else ROWS), draw)
        if chance.random() < 0.05:
            node.label = chance.choice(("h", "x", "sum", "t1"))
        nodes.append(node)
    return nodes[-1]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 60), st.sampled_from([1, 30, 88, WIDEST]))
def test_the_text_of_any_graph_evaluates_to_its_number_to_the_bit(seed, size, width):
    v = random_graph(seed, size)
    assert same(evaluated(v, width), v.data), text(v, width)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_evaluates(row):
    leaves = iter(al.Value(0.2 + 0.1 * i, label=f"x{i}") for i in range(9))
    v = applied(row, lambda: next(leaves))
    assert same(evaluated(v), v.data)


# --- notebooks, and what is refused -------------------------------------------------------------------


def test_a_notebook_shows_the_formula():
    assert engine.latex_display is not None
    assert al.tanh(w * x)._repr_latex_() == r"$\tanh(w x)$"
    assert x._repr_latex_() is None


def test_a_notebook_shows_no_large_graph():
    y = x
    for _ in range(DISPLAYED - 1):
        y = -y
    assert y._repr_latex_() is not None
    assert (-y)._repr_latex_() is None


def test_a_notebook_cell_never_breaks(monkeypatch):
    monkeypatch.setitem(ops.TABLE, "odd", ops.TABLE["tanh"])
    row = ops.Op(
        "odd", math.tanh, (1.0,), inputs="x", symbol="", latex="#7", numpy="odd", domain=((-1.0, 1.0),)
    )
    assert apply(row, [x])._repr_latex_() is None


@pytest.mark.parametrize("function", [text, latex])
@pytest.mark.parametrize("v", [2.0, None, "x", [x]])
def test_what_is_no_value_is_refused(function, v):
    with pytest.raises(al.ArgumentTypeError, match=rf"^{function.__name__}: v must be a Value"):
        function(v)


def test_names_of_what_is_no_value():
    with pytest.raises(al.ArgumentTypeError, match=r"^names: v must be a Value"):
        names(2.0)


@pytest.mark.parametrize(
    ("width", "error"), [("9", TypeError), (True, TypeError), (0, ValueError), (WIDEST + 1, ValueError)]
)
def test_a_width_is_refused(width, error):
    with pytest.raises(error, match=r"^text: width must be"):
        text(x, width)
