"""Expressions as text: Python's meaning without Python's eval, labels, and errors that point."""

import math
import pickle
import random

import pytest

import autograd_lite as al
from autograd_lite import ops
from autograd_lite.errors import SHOWN, ExpressionError
from autograd_lite.notation.expression import LONGEST, evaluate, parse

NUMBERS = {"a": 1.25, "b": -0.5, "c": 3.0}


def labels(v):
    return [node.label for node in al.order(v) if node.label]


# --- what it means ---------------------------------------------------------------------------------------


def written(rng, depth):
    """A random expression with brackets where they are needed and where they are not."""
    if depth == 0 or rng.random() < 0.15:
        return rng.choice([*NUMBERS, "2", "0.5", "1e-1", ".25", "3."])
    left, right = written(rng, depth - 1), written(rng, depth - 1)
    kind = rng.randrange(8)
    if kind == 0:
        return f"{rng.choice('-+')}{left}"
    if kind == 1:
        return f"{rng.choice(['tanh', 'sin', 'sigmoid', 'relu'])}({left})"
    if kind == 2:
        return f"max({left}, {right})"
    if kind == 3:
        return f"({left})"
    space = rng.choice(["", " "])
    return f"{left}{space}{rng.choice(['+', '-', '*', '/', '**'])}{space}{right}"


@pytest.mark.parametrize("seed", range(200))
def test_signs_mean_what_they_mean_in_python(seed):
    """Python itself reads the same text, over Values: the same number, to the bit, and the same gradients."""
    text = written(random.Random(seed), 5)
    scope = {name: al.Value(x, name) for name, x in NUMBERS.items()}
    functions = {name: getattr(al, name) for name in ("tanh", "sin", "sigmoid", "relu", "max")}
    true = eval(text, {"__builtins__": {}}, {**scope, **functions})
    names = parse(text).names
    found = evaluate(text, {name: NUMBERS[name] for name in names})
    if not isinstance(true, al.Value):
        assert found.op is None
        assert repr(found.data) == repr(float(true))
        return
    assert repr(found.data) == repr(true.data)
    found.backward()
    true.backward()
    leaves = {node.label: node.grad for node in al.order(found) if node.label}
    assert set(leaves) == set(names)
    assert {name: repr(leaves[name]) for name in names} == {name: repr(scope[name].grad) for name in names}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("-2**2", -4.0),
        ("2**-1*3", 1.5),
        ("2**3**2", 512.0),
        ("2**-2**2", 0.0625),
        ("8/4/2", 1.0),
        ("8-4-2", 2.0),
        ("--3", 3.0),
        ("+3", 3.0),
        ("1/0", math.inf),
        ("-8**(1/3)", -2.0),
        ("3 − 2·4 × 1 ÷ 2", -1.0),
        ("_1 = 2; _1", 2.0),
        ("sum(1, 2, 3)", 6.0),
        ("sum([1, 2, 3])", 6.0),
        ("sum()", 0.0),
        ("mean(1, 2, 6)", 3.0),
        ("prod([2, 3])", 6.0),
        ("min(3, 1, 2) + max([3, 1])", 4.0),
        ("norm(3, 4)", 5.0),
        ("dot([1, 2], [3, 4])", 11.0),
        ("dot([1, 2], [3, 4], 5)", 16.0),
        ("softmax([1, 1])[1]", 0.5),
        ("softmax(1, 1)[0]", 0.5),
        ("-[1, 2][1]**2", -4.0),
        ("xs = 3; (((xs)))", 3.0),
        ("max(1,\n  2)\n", 2.0),
        ("leaky_relu(-1)", -0.01),
        ("leaky_relu(-1, 0.5)", -0.5),
        ("arctan(0) + maximum(1, 2)", 2.0),
        ("pi", math.pi),
        ("-inf", -math.inf),
    ],
)
def test_numbers(text, number):
    assert evaluate(text).data == number


def point(row):
    """A number in the row's domain for each of three names."""
    low, high = row.domain if isinstance(row.domain[0], float) else row.domain[0]
    return {"a": max(low, -10.0) + 0.375 if low > 0 else 0.375, "b": 0.5 if high <= 1 else 1.5, "c": 2.0}


CHOICES = {"select": "select(a, b, c)", "take": "take([a, b, c], 0)"}  # of what is there: no node


@pytest.mark.parametrize("row", ops.TABLE.values(), ids=lambda row: row.name)
def test_every_row_is_read_back_from_its_text(row):
    at = point(row)
    leaves = [al.Value(x, name) for name, x in at.items()]
    operands = leaves if row.variadic else leaves[: len(row.inputs)]
    v = row(0.0, *operands) if row.inputs[0] == "index" else row(*operands)
    text = CHOICES.get(row.name) or al.text(v)
    again = evaluate(text, {name: at[name] for name in parse(text).names})
    assert repr(again.data) == repr(v.data)
    assert row.name in CHOICES or again.op is row


def test_a_net_is_read_back_from_its_text():
    net = al.nn.MLP(2, [3, 3, 2], activation="tanh", seed=0)
    for i, parameter in enumerate(net.parameters()):
        parameter.label = f"p{i}"
    loss = al.cross_entropy(net([0.5, -1.5]), 1)
    text = al.text(loss)
    assert "\n" in text
    again = evaluate(text, {name: node.data for name, node in al.notation.names(loss).items()})
    assert again.data == loss.data


def test_a_new_row_is_a_function_at_once():
    ops.row("twice_here", lambda x: 2 * x, 2.0)
    try:
        assert evaluate("twice_here(x)", {"x": 4}).data == 8.0
    finally:
        ops.TABLE.pop("twice_here")
        ops.NUMPY_NAMES.pop("twice_here")


# --- names and labels --------------------------------------------------------------------------------------


def test_every_name_is_one_labelled_leaf():
    y = evaluate("w*x + w*x", {"w": 2, "x": 3.5})
    assert labels(y) == ["w", "x"]
    assert len(al.order(y)) == 5
    y.backward()
    assert {node.label: node.grad for node in al.order(y) if node.label} == {"w": 7.0, "x": 4.0}


def test_assignments_label_what_lies_between():
    loss = evaluate("a = w*x + b; h = tanh(a)\nloss = (h - 1)**2;", {"w": 1, "x": 2, "b": -1})
    assert labels(loss) == ["w", "x", "b", "a", "h", "loss"]
    assert loss.label == "loss"


def test_an_assigned_number_is_a_leaf():
    y = evaluate("w = -3; x = 2; w*x")
    assert labels(y) == ["w", "x"]
    assert y.data == -6.0
    assert all(node.op is None for node in y.parents)


def test_a_second_name_is_the_same_node():
    y = evaluate("u = w; v = u*u; z = v; z + u", {"w": 3})
    assert labels(y) == ["w", "v"]


def test_a_name_may_be_set_anew():
    assert evaluate("x = 2; x = x*x; x = x*x").data == 16.0
    assert evaluate("x = x + 1; x", {"x": 1}).data == 2.0


def test_a_number_alone_is_a_leaf():
    y = evaluate("2 + 3")
    assert (y.data, y.op, y.label) == (5.0, None, "")


def test_names_in_the_order_of_their_use_and_spelt_as_python_does():
    assert parse("b*a + ω + b + x̂; t = 1; t").names == ("b", "a", "ω", "x̂")
    assert parse("x₁ + 1").names == ("x1",)
    assert evaluate("x₁ + ℯ", {"x₁": 1, "e": 2}).data == 3.0


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("x²", "x**2"),
        ("x³ - x²", "x**3 - x**2"),
        ("-x²", "-(x**2)"),
        ("x²**3", "(x**2)**3"),
        ("2**x²", "2**(x**2)"),
        ("x₁² + x₂¹⁰", "x1**2 + x2**10"),
        ("(x + y)⁻¹", "(x + y)**-1"),
        ("tanh(x)²", "tanh(x)**2"),
        ("3²*[x, y][1]⁺²", "9*y**2"),
        ("y² = x; y", None),
        ("²", None),
        ("x²y", None),
        ("x²(y)", None),
        ("tanh²(x)", None),
    ],
)
def test_small_digits_above_are_a_power_and_below_part_of_a_name(text, meant):
    at = {"x": 1.5, "y": 2.25, "x1": 0.75, "x2": 1.25}
    if meant is None:
        with pytest.raises(ExpressionError):
            parse(text)
        return
    found, true = (
        evaluate(words, {name: at[name] for name in parse(words).names}) for words in (text, meant)
    )
    assert repr(found.data) == repr(true.data)
    assert labels(found) == labels(true)


def test_a_power_is_no_name_that_could_be_given():
    with pytest.raises(al.ArgumentValueError, match="got str 'x²'"):
        evaluate("x2", {"x2": 1, "x²": 3})


def test_a_name_that_is_given_hides_a_constant_and_stands_beside_a_function():
    assert evaluate("pi + 1", {"pi": 3}).data == 4.0
    assert evaluate("tanh = 0; tanh(tanh)").data == 0.0


def test_each_evaluation_is_a_graph_of_its_own():
    expression = parse("w*w")
    first, second = expression.evaluate({"w": 1}), expression.evaluate({"w": 2})
    assert (first.data, second.data) == (1.0, 4.0)
    assert not {*al.order(first)} & {*al.order(second)}


# --- errors that point -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "position", "problem"),
    [
        ("", 0, "there is no expression"),
        (" ;\n; ", 5, "there is no expression"),
        ("1 +", 3, "at the end a number or a name is missing"),
        ("1 + * 2", 4, "before '*' a number or a name is missing"),
        ("()", 1, "before ')' a number or a name is missing"),
        ("2x", 1, "an operator is missing before 'x'"),
        ("a b", 2, "an operator is missing before 'b'"),
        ("a (b)", 0, "there is no function a"),
        ("2(b)", 1, "an operator is missing before '('"),
        ("(a)(b)", 3, "an operator is missing before '('"),
        ("1..2", 2, "an operator is missing before '.2'"),
        ("a.b", 1, "'.' means nothing here"),
        ("a^2", 1, "a power is written **"),
        ("a: 2", 1, "a name is set with ="),
        ("a < b", 2, "'<' means nothing here"),
        ("'a'", 0, "means nothing here"),
        ("a\x00", 1, "means nothing here"),
        ("(a", 0, "this bracket is never closed"),
        ("tanh(a; b)", 4, "this bracket is never closed"),
        ("tanh([a)", 7, "')' cannot close '['"),
        ("a)", 1, "')' closes no bracket"),
        ("a]", 1, "']' closes no bracket"),
        ("tnh(a)", 0, "there is no function tnh; did you mean tanh?"),
        ("f(a)", 0, "there is no function f"),
        ("__import__(1)", 0, "there is no function __import__"),
        ("eval(1)", 0, "there is no function eval"),
        ("1 + tanh()", 4, "tanh takes 1 argument, got 0"),
        ("tanh(1, 2)", 0, "tanh takes 1 argument, got 2"),
        ("clamp(1)", 0, "clamp takes 3 arguments, got 1"),
        ("elu(1, 2, 3)", 0, "elu takes 1 or 2 arguments, got 3"),
        ("dot(1, 2)", 0, "flat list"),
        ("dot([1])", 0, "dot takes 2 or 3 arguments, got 1"),
        ("tanh(1,)", 7, "before ')' a number or a name is missing"),
        ("(1, 2)", 2, "a comma stands between the arguments"),
        ("1, 2", 1, "a comma stands between the arguments"),
        ("[1, 2][0, 1]", 8, "a comma stands between the arguments"),
        ("= 3", 0, "before '=' a number"),
        ("a + b = 3", 6, "only a single name can stand before ="),
        ("a = b = 3", 6, "only a single name can stand before ="),
        ("(a = 3)", 3, "only a single name can stand before ="),
        ("a =", 3, "at the end a number or a name is missing"),
        ("a == 3", 3, "before '=' a number"),
        ("2*1e999", 2, "too large for a float"),
        ("1 +\n2", 3, "a number or a name is missing"),
        ("mean()", 0, "at least 1 item"),
        ("1 + tanh([1])", 4, "real number"),
        ("[1] + 2", 4, "real number"),
        ("dot([1, 2], [3])", 0, "of the length of w, 2"),
        ("[1, 2]", 0, "a list is no result"),
        ("a = [1, 2]; a[0]", 0, "a list is no result"),
        ("[1, 2][2]", 6, "a whole number from 0 to 1"),
        ("[1, 2][-1]", 6, "a whole number from 0 to 1"),
        ("[1, 2][0.5]", 6, "a whole number from 0 to 1"),
        ("2[0]", 1, "what is no list"),
    ],
)
def test_errors_point_at_the_character(text, position, problem):
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, {})
    assert problem in caught.value.problem
    assert caught.value.position == position
    assert caught.value.text == text
    assert isinstance(caught.value, al.AutogradLiteError)
    assert isinstance(caught.value, ValueError)


def test_names_without_a_number_are_listed():
    with pytest.raises(ExpressionError) as caught:
        evaluate("y = w*x + b; y*w", {"x": 1})
    assert caught.value.problem == "no number is given for w, b"
    assert caught.value.position == 4


def test_of_very_many_names_some_are_listed():
    with pytest.raises(ExpressionError, match=r"for x0, x1, .*, x9 and 90 more\n") as caught:
        evaluate("+".join(f"x{i}" for i in range(100)))
    assert caught.value.position == 0


def test_a_function_without_brackets_is_told():
    with pytest.raises(ExpressionError, match=r"tanh is a function: write tanh\(\.\.\.\)"):
        evaluate("2 * tanh")


def test_the_caret_stands_below_the_character():
    with pytest.raises(ExpressionError) as caught:
        evaluate("w*x y")
    assert str(caught.value).split("\n") == ["an operator is missing before 'y'", "  w*x y", "      ^"]


@pytest.mark.parametrize(
    ("text", "shown", "caret"),
    [
        ("a = 1\nb = 2 c\nd", "b = 2 c", 6),
        ("\ta\t$", " a $", 3),
        ("é $", "é $", 2),
        ("x̂ $", "x̂ $", 2),  # an accent takes no column of its own
        ("日本 $", "日本 $", 5),  # and these take two
    ],
)
def test_the_caret_stands_below_what_is_shown(text, shown, caret):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert str(caught.value).split("\n")[1:] == [f"  {shown}", f"  {' ' * caret}^"]


@pytest.mark.parametrize("before", [0, 20, 200, 400])
def test_of_a_long_line_the_part_around_is_shown(before):
    with pytest.raises(ExpressionError) as caught:
        parse("1+" * (before // 2) + "$" + "+1" * (200 - before // 2))
    _, shown, caret = str(caught.value).split("\n")
    assert shown[len(caret) - 1] == "$"
    assert len(shown) <= SHOWN + 4
    assert shown.startswith("  …") == (before > 40)
    assert shown.endswith("…") == (before < 360)


def test_an_error_is_pickled():
    with pytest.raises(ExpressionError) as caught:
        parse("1 +")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.position) == (str(caught.value), 3)


# --- arguments ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [None, 3, b"1 + 2", ["1"]])
def test_only_text_is_read(text):
    with pytest.raises(al.ArgumentTypeError, match="parse: text must be a str"):
        parse(text)


@pytest.mark.parametrize("values", [3, [("x", 1)], "x"])
def test_values_are_a_dict(values):
    with pytest.raises(al.ArgumentTypeError, match="evaluate: values must be a dict"):
        evaluate("x", values)


@pytest.mark.parametrize("x", ["1", None, [1], 1j, al.Value(1.0)])
def test_values_are_numbers(x):
    with pytest.raises(al.ArgumentTypeError, match="evaluate: the value of x must be a real number"):
        evaluate("x", {"x": x})


def test_a_name_that_does_not_occur_is_refused():
    with pytest.raises(al.ArgumentValueError, match=r"expression \(w1, x\); did you mean w1\?, got str 'w'"):
        evaluate("w1*x", {"w1": 1, "x": 2, "w": 3})
    with pytest.raises(al.ArgumentValueError, match="it has none"):
        evaluate("t = 1; t", {"t": 3})


# --- any size ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("(" * 40_000 + "1" + ")" * 40_000, 1.0),
        ("-" * 90_000 + "1", 1.0),
        ("1**" * 30_000 + "1", 1.0),
        ("abs(" * 15_000 + "x" + ")" * 15_000, 2.0),
        ("x" + "+1" * 40_000, 40_002.0),
        ("a=1;" * 20_000 + "a", 1.0),
    ],
    ids=["brackets", "signs", "powers", "calls", "sums", "statements"],
)
def test_depth_and_length_are_no_matter(text, number):
    expression = parse(text)
    assert expression.evaluate({"x": 2} if "x" in expression.names else {}).data == number


def test_what_is_open_40_000_times_is_told_in_a_line():
    with pytest.raises(ExpressionError) as caught:
        parse("(" * 40_000)
    assert len(str(caught.value)) < 300


def test_a_huge_text_is_refused_at_once():
    with pytest.raises(al.ArgumentValueError, match="parse: text must be of at most 100,000 characters"):
        parse("1+" * LONGEST)


def test_a_repr_is_short():
    assert repr(parse("a + 1")) == "<Expression 'a + 1'>"
    assert len(repr(parse("1+" * 1000 + "1"))) < 100
