"""The steps of a graph: the engine's numbers, the table's formulas, names that are told apart."""

import math
import random
import re

import pytest

import autograd_lite as al
from autograd_lite import nn
from autograd_lite.engine.ops import TABLE
from autograd_lite.engine.value import Value, apply
from autograd_lite.pages import backward_steps as steps
from autograd_lite.pages import step_formulas as rules


def neuron():
    w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(-0.3, "b")
    a = w * x + b
    a.label = "a"
    y = a.tanh()
    y.label = "y"
    loss = (y - 1) ** 2
    loss.label = "loss"
    return loss, {v.label: v for v in (w, x, b, a, y, loss)}


def walked(root):
    nodes = al.order(root)
    names = steps.names_of(nodes, {})
    return nodes, names, steps.forward(nodes, names), steps.backward(nodes, names, root)


def random_graph(seed):
    draw = random.Random(seed)
    values = [Value(draw.uniform(-1, 1)) for _ in range(4)]
    for _ in range(40):
        a, b = draw.choice(values), draw.choice(values)
        values.append(draw.choice([a + b, a * b, a - b, a.tanh(), a.sigmoid(), al.dot([a, b], [b, 0.5], a)]))
    return al.sum(values[-6:])


# --- numbers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_gradients_are_those_of_grad_and_of_backward(seed):
    root = random_graph(seed)
    nodes, _, _, back = walked(root)
    last = {step.parent: step.after for step in back}
    assert [last[i] for i in range(len(nodes))] == pytest.approx(al.grad(root, nodes), rel=1e-12, abs=1e-15)
    assert all(node.grad == 0.0 for node in nodes)
    root.backward()
    assert [last[i] for i in range(len(nodes))] == [node.grad for node in nodes]  # to the bit: its own order


@pytest.mark.parametrize("seed", range(4))
def test_every_step_adds_up(seed):
    _, _, _, back = walked(random_graph(seed))
    so_far = {}
    for step in back:
        assert step.before == so_far.get(step.parent, 0.0)
        assert step.term == step.slope * step.gradient
        assert step.after == step.before + step.term
        assert step.node == -1 or step.gradient == so_far[step.node]  # it is whole when it is handed on
        so_far[step.parent] = step.after


def test_every_edge_is_a_step_and_every_node_is_computed_once():
    nodes, _, there, back = walked(random_graph(3))
    assert [step.node for step in there] == [i for i, node in enumerate(nodes) if node.op is not None]
    assert len(back) == 1 + sum(len(node.parents) for node in nodes)


def test_a_node_hands_back_when_all_its_users_have():
    nodes, _, _, back = walked(random_graph(5))
    first = {step.node: k for k, step in reversed(list(enumerate(back)))}
    for k, step in enumerate(back):
        if nodes[step.parent].op is not None:
            assert k < first[step.parent]


def test_a_leaf_alone_has_its_seed_and_nothing_else():
    x = Value(3.0, "x")
    _, _, there, back = walked(x)
    assert there == []
    assert [(step.node, step.parent, step.after) for step in back] == [(-1, 0, 1.0)]


def test_a_long_chain_needs_no_recursion():
    x = Value(0.5)
    for _ in range(5000):
        x = x + 1.0
    nodes = al.order(x)
    assert len(steps.hand_back_order(nodes, x)) == 5000


# --- words -------------------------------------------------------------------------------------------


def test_the_chain_rule_in_names_and_numbers():
    root, _ = neuron()
    _, names, there, back = walked(root)
    words = {(names[s.node], names[s.parent]): (s.formula, s.figures) for s in back[1:]}
    assert words["v1", "w"] == ("x", "2")
    assert words["v1", "x"] == ("w", "0.5")
    assert words["a", "b"] == ("1", "1")
    assert words["y", "a"] == ("1 - y²", "1 - 0.6044²")
    assert words["loss", "v2"] == ("2 · v2", "2 · -0.3956")
    assert [(names[s.node], s.formula, s.figures) for s in there] == [
        ("v1", "w · x", "0.5 · 2"),
        ("a", "v1 + b", "1 + (-0.3)"),
        ("y", "tanh(a)", "tanh(0.7)"),
        ("v2", "y - 1", "0.6044 - 1"),
        ("loss", "v2²", "(-0.3956)²"),
    ]


@pytest.mark.parametrize("name", sorted(rules.TAUGHT))
def test_the_taught_forms_are_the_tables(name):
    for x in (-2.0, -0.3, 0.0, 0.7, 1.9):
        y = TABLE[name].value(x)
        assert rules.TAUGHT[name](y, x) == pytest.approx(TABLE[name].partial(0, y, (x,)), rel=1e-12)


def python(formula):
    """A printed formula as Python."""
    signs = {"·": "*", "²": "**2", "³": "**3", "⁻²": "**-2", "⁻¹": "**-1", "^": "**"}
    for sign in sorted(signs, key=len, reverse=True):
        formula = formula.replace(sign, signs[sign])
    listed = "|".join(name for name, row in TABLE.items() if row.variadic)
    return re.sub(rf"\b({listed})\(([^()]*)\)", r"\1([\2])", formula)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_what_is_printed_computes_to_what_the_engine_recorded(name):
    """The words of every row, with names and with numbers, are evaluated and held against the engine."""
    row = TABLE[name]
    count = 3 if row.variadic else len(row.inputs)
    numbers = {"acosh": [1.5], "clamp": [0.3, 0.1, 0.9]}.get(
        name, [-0.25 if name in "mul add sub" else 0.25, 0.5, 0.75]
    )
    xs = [Value(x, label) for x, label in zip(numbers[:count], ("p", "q", "r"), strict=False)]
    if row.inputs[0] == "index":
        xs[0] = 0.0
    node = apply(row, xs)
    names = [x.label if isinstance(x, Value) else "0" for x in xs]
    functions = {n: (lambda xs, r=r: r(*xs)) if r.variadic else r for n, r in TABLE.items()}
    functions |= {"softmax": al.softmax, "log_softmax": al.log_softmax, "__builtins__": {}}
    known = {**functions, **{x.label: x.data for x in xs if isinstance(x, Value)}, "out": node.data}
    for formula, expected in [
        (rules.forward(node, names), node.data),
        *zip(rules.backward(node, names, "out"), node.partials, strict=True),
    ]:
        for text in formula:
            if text.startswith("∂") or not text:
                assert name == "gelu"  # too long for a line
                continue
            assert eval(python(text), known) == pytest.approx(expected, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "as_factor"),
    [
        ("x", "x"), ("W0[1,0]", "W0[1,0]"), ("a0[0]#2", "a0[0]#2"), ("two words", "two words"),
        ("f(x - 1)", "f(x - 1)"), ("x - 1", "(x - 1)"), ("x-1", "(x-1)"), ("-x", "(-x)"), ("a*b", "(a*b)"),
        ("(a) + (b)", "((a) + (b))"), ("x²", "(x²)"),
    ],
)  # fmt: skip
def test_a_label_that_is_a_formula_is_bracketed_where_it_is_a_factor(name, as_factor):
    x, y = Value(-3.0, name), Value(-2.0, "y")
    assert rules.forward(x * y, [name, "y"])[0] == f"{as_factor} · y"
    assert rules.forward(x**2, [name, "2"])[0] == f"{as_factor}²"
    assert rules.forward(al.tanh(x), [name])[0] == f"tanh({name})"
    assert rules.backward(x * y, [name, "y"], "z")[1] == (name, "-3")
    assert rules.backward(al.tanh(x), [name], name)[0][0] == f"1 - {as_factor}²"


def test_what_is_long_is_said_in_short():
    xs = [Value(0.1 * i, f"x{i}") for i in range(40)]
    node = al.logsumexp(xs)
    names = [x.label for x in xs]
    assert rules.forward(node, names) == ("logsumexp of 40 numbers", "")
    assert rules.backward(node, names, "z")[3] == ("∂z/∂x3", "")
    many = al.dot(xs[:20], xs[20:])
    assert rules.backward(many, names, "z")[3] == ("x23", "2.3")


def test_words_do_not_depend_on_the_open_contexts():
    root, _ = neuron()
    expected = walked(root)[2:]
    with al.no_grad(), al.strict(), al.name_scope("somewhere"):
        assert walked(root)[2:] == expected


def test_no_formula_where_the_table_has_none():
    node = Value(0.0, "x") ** 0.5
    (found,) = rules.backward(node, ["x", "0.5"], "y")
    assert math.isinf(node.partials[0])
    assert found[0] in ("∂y/∂x", "0.5 · x^-0.5")


# --- names -------------------------------------------------------------------------------------------


def test_names_in_a_net_are_those_of_the_derivation():
    net = nn.MLP(2, [2, 1], activation="tanh", seed=0)
    with al.name_scope("net"):
        out = net([Value(1.0, "x0"), Value(2.0, "x1")])
    nodes = al.order(out)
    named = dict(zip(steps.names_of(nodes, {out: "out"}), nodes, strict=True))
    assert named["W0[1,0]"] is net.layers[0].weight[1][0]
    assert named["b0[1]"] is net.layers[0].bias[1]
    assert named["h0[1]"].parents == (named["a0[1]"],)
    assert named["x1"].label == "x1"
    assert named["out"] is out
    assert len(named) == len(nodes)


def test_names_are_told_apart():
    net = nn.MLP(1, [1], seed=0)
    with al.name_scope("net"):
        a, b = net([1.0]), net([2.0])
    v1 = Value(1.0, "v1")
    root = a * b + v1
    names = steps.names_of(al.order(root), {})
    assert {"a0[0]", "a0[0]#2", "v1", "v2", "v3"} <= set(names)
    assert len(set(names)) == len(names)


def test_a_label_of_any_content_is_a_name_of_one_line():
    labels = ["x" * 200, "two\nlines", " ", "\u202e<b>"]
    values = [Value(1.0, label) for label in labels]
    names = steps.names_of(values, {})
    assert all(len(name) <= steps.LONGEST and "\n" not in name and "\u202e" not in name for name in names)
    assert all(names)
