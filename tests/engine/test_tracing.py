"""Traced functions: what they may not ask for, and that their graph is right at all other numbers."""

import copy
import math
import operator
import pickle
import random
import sys
import threading
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import Value, nn, ops, optim
from autograd_lite.engine import looking, number_of, recording, tracing
from autograd_lite.engine.functions import take
from autograd_lite.errors import AutogradLiteError, TraceError
from autograd_lite.nn import losses
from autograd_lite.training import metrics

from .exact_arithmetic import is_indexed, operands

# --- the oracle: a traced graph, evaluated at other numbers --------------------------------------------


def at(root, numbers):
    """What the graph comes to where its leaves hold these numbers."""
    found = {}
    for node in al.order(root):
        given = [found[x] if isinstance(x, Value) else x for x in node.operands]
        found[node] = node.op.value(*given) if node.op is not None else numbers.get(node, node.data)
    return found[root]


def traced(function, example):
    """The function's graph on Values of the example, and these Values."""
    leaves = [Value(x) for x in example]
    with tracing():
        return function(*leaves), leaves


def follows(function, examples):
    """Whether what is traced on the first example is what the function gives on every other."""
    result, leaves = traced(function, examples[0])
    for numbers in examples:
        right = function(*map(Value, numbers))
        got = at(result, dict(zip(leaves, numbers, strict=True)))
        assert got == pytest.approx(
            float(getattr(right, "data", right)), rel=1e-13, abs=1e-13, nan_ok=True
        ), numbers
    return result


# --- what is refused -----------------------------------------------------------------------------------

REFUSED = {
    "data": (lambda v: v.data, r"reads the number of a traced Value \(\.data\)"),
    "item": (lambda v: v.item(), "reads the number"),
    "getattr": (lambda v: getattr(v, "data", 0.0), "reads the number"),
    "format": (lambda v: f"{v:.2f}", "reads the number"),
    "percent": (lambda v: "%f" % v, "makes a plain number"),  # noqa: UP031
    "float": (lambda v: float(v), "makes a plain number"),
    "int": (lambda v: int(v), "makes a plain number"),
    "math": (lambda v: math.exp(v), "makes a plain number"),
    "floats of an array": (lambda v: np.array([v], dtype=float), "makes a plain number"),
    "bool": (lambda v: bool(v), "branches on a traced Value"),
    "if": (lambda v: 1.0 if v > 0 else 2.0, "branches on a traced Value"),
    "not": (lambda v: not v, "branches"),
    "and": (lambda v: v > 0 and v < 1, "branches"),
    "chained": (lambda v: 0 < v < 1, "branches"),
    "max": (lambda v: max(v, 1.0), "branches.* use al.select.* al.max"),
    "sorted": (lambda v: sorted([v, Value(1.0)]), "branches"),
    "maximum": (lambda v: np.maximum(np.array([v]), 0.0), "branches"),
    "equal": (lambda v: v == 1, "compares a traced Value by == or !="),
    "unequal": (lambda v: v != 1.0, "compares"),
    "equal on the right": (lambda v: 1 == v, "compares"),  # noqa: SIM300
    "equal Values": (lambda v: v == Value(2.0), "compares"),
    "in a tuple": (lambda v: v in (0, 1), "compares"),
    "index of a list": (lambda v: [0.0, 1.0].index(v), "compares"),
    "in a set": (lambda v: v in {0, 1}, "looks for a traced Value in a dict or set"),
    "in a dict": (lambda v: {0: 1.0}.get(v, 2.0), "looks for a traced Value"),
    "grad": (lambda v: v.grad, r"reads a gradient \(\.grad\).* create_graph=True"),
    "partials": (lambda v: v.partials, "reads local derivatives"),
    "backward": (lambda v: (v * v).backward(), r"calls backward\(\)"),
    "al.grad": (lambda v: al.grad(v * v, v), "takes a derivative as a number; use create_graph=True"),
    "hessian": (lambda v: al.hessian(v * v, [v]), "takes a derivative as a number"),
    "hvp": (lambda v: al.hvp(v * v, [v], [1.0]), "takes a derivative as a number"),
    "set data": (lambda v: setattr(v, "data", 1.0), r"sets the number of a Value \(\.data\)"),
    "set grad": (lambda v: setattr(v, "grad", 1.0), r"sets a gradient \(\.grad\)"),
    "copy": (lambda v: copy.copy(v), "copies a traced Value with its number"),
    "deepcopy": (lambda v: copy.deepcopy([v]), "copies"),
    "pickle": (lambda v: pickle.dumps(v), "copies"),
    "optimiser": (lambda v: optim.SGD([v], 0.1).step(), "(reads|sets) "),
    "zero_grad": (lambda v: optim.SGD([v], 0.1).zero_grad(), "(reads|sets) "),
    "accuracy": (lambda v: metrics.METRICS["accuracy"]([[v, v]], [1]), "(reads|makes|branches|compares)"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_bake_a_number_in_is_refused(name):
    ask, message = REFUSED[name]
    v = Value(2.0)
    with tracing(), pytest.raises(TraceError, match=message) as caught:
        ask(v)
    assert caught.value.line == f"test_tracing.py:{ask.__code__.co_firstlineno}"
    assert str(caught.value).startswith(f"compile: line {caught.value.line} {caught.value.what}; ")
    assert (v.data, v.grad) == (2.0, 0.0)


@pytest.mark.parametrize("name", ["load", "state", "place", "deepcopy"])
def test_a_net_is_not_changed_nor_read_off(name):
    net = nn.MLP(2, [2, 1], seed=0)
    state = net.state_dict()
    do = {
        "load": lambda: net.load_state_dict(state),
        "state": net.state_dict,
        "place": lambda: setattr(net.layers[0], "bias", [1.0, 1.0]),
        "deepcopy": lambda: copy.deepcopy(net),
    }
    with tracing(), pytest.raises(TraceError, match=r"line test_tracing.py:\d+"):
        do[name]()
    assert net.layers[0].bias[0].data == 0.0


def test_the_line_is_the_users_innermost(tmp_path):
    """Not this file's, which calls, nor that of a library or of the package in between."""
    source = "def loss(x):\n    return choose([x * 2, x])\n\n\ndef choose(xs):\n    return copy.copy(xs[0])\n"
    scope = {"copy": copy}
    exec(compile(source, str(tmp_path / "net.py"), "exec"), scope)
    with tracing(), pytest.raises(TraceError) as caught:
        scope["loss"](Value(1.0))
    assert caught.value.line == "net.py:6"


@pytest.mark.parametrize("name", ["data", "grad", "partials", "bool", "equal", "hash"])
@pytest.mark.parametrize("place", ["compiler/trace.py", "engine/derivatives.py", "engine/value.py"])
def test_it_does_not_matter_who_asks(name, place):
    """Code that says it is the package's own is refused as any other."""
    file = Path(al.__file__).parent.joinpath(*place.split("/"))
    ask = eval(compile(ASKED[name], str(file), "eval"))
    with tracing(), pytest.raises(TraceError) as caught:
        ask(Value(2.0))
    assert caught.value.line.startswith("test_tracing.py:")


ASKED = {
    "data": "lambda v: v.data",
    "grad": "lambda v: v.grad",
    "partials": "lambda v: v.partials",
    "bool": "lambda v: 1 if v else 0",
    "equal": "lambda v: v == 1",
    "hash": "lambda v: {v}",
}


def test_the_package_looks_at_a_number_and_writes_a_graph_without_being_refused():
    v = Value(2.0)
    with tracing() as trace:
        y = v * v
        assert number_of(y) == 4.0
        with looking():
            assert (y.data, {y}, y == 4.0, y > 1.0) == (4.0, {y}, False, True)
            Value(1.0)
        assert (al.latex(v), al.text(v)) == ("2", "2")
        assert len(al.nn.MLP(1, [1], seed=0).parameters()) == 2
        with pytest.raises(TraceError):
            bool(y)
    assert not {4.0, 1.0} & {leaf.data for leaf in trace.made.values()}


def test_the_error_is_pickled_with_all_it_carries():
    error = TraceError("reads a number", "net.py:3", "do not")
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) == "compile: line net.py:3 reads a number; do not"
    assert vars(again) == vars(error)
    assert str(TraceError("reads a number", "net.py:3")) == "compile: line net.py:3 reads a number"
    assert isinstance(error, AutogradLiteError)


@pytest.mark.parametrize(
    "ask", [lambda v: [1.0, 2.0][v], lambda v: range(v), lambda v: v // 2, lambda v: len(v)]
)
def test_what_python_refuses_becomes_the_same_error(ask):
    with tracing(), pytest.raises(TypeError) as caught:
        ask(Value(1.0))
    error = TraceError.of(caught.value)
    assert error.line == f"test_tracing.py:{ask.__code__.co_firstlineno}"
    assert str(caught.value) in str(error)


def test_an_error_inside_of_the_package_has_the_users_line():
    with pytest.raises(TypeError) as caught:
        al.exp("x")
    assert TraceError.of(caught.value).line == f"test_tracing.py:{sys._getframe().f_lineno - 1}"
    assert TraceError.of(TypeError("never raised")).line == "?:0"


# --- what is not refused -------------------------------------------------------------------------------


def test_names_identity_and_pictures_of_text_are_free():
    v = Value(2.0, label="v")
    with tracing():
        assert repr(v) == f"{v}" == "Value(2.0, grad=0.0, label='v')"
        assert (v.label, v.op, v.parents, v.operands) == ("v", None, (), ())
        assert v is not Value(2.0)
        assert not v == None  # noqa: E711, SIM201
        assert v != "v"
        assert al.text(v * 3 + 1) == "v*3 + 1"
        assert len(al.order(v * v)) == 2
        assert [p for p in nn.MLP(2, [1], seed=0).parameters() if p is v] == []


def test_outside_nothing_changes():
    x, y = Value(1.0), Value(1.0)
    for context in (al.no_grad(), al.name_scope("a"), al.strict(), recording()):
        with context:
            assert (x == 1, x != 1, x == y, x == x, x in (0, 1), x in {1.0}) == (
                False,
                True,
                False,
                True,
                False,
                False,
            )
            assert (x > 0, x < 0, x >= y, x <= 0.5) == (True, False, True, False)
            assert (x.data, x.item(), bool(x), f"{x:.1f}", hash(x)) == (1.0, 1.0, True, "1.0", hash(x))
            assert al.select(x, y, x) is y
            assert x.detach().op is None
            x.data, x.grad = 1.0, 0.0
    for refused in (lambda: x & y, lambda: x | True, lambda: True & x, lambda: int(x)):
        with pytest.raises(TypeError):
            refused()


def test_tracing_ends_and_is_a_threads_own():
    v = Value(2.0)
    with pytest.raises(ZeroDivisionError), tracing():
        raise ZeroDivisionError
    assert v.data == 2.0
    seen = []
    with tracing():
        with tracing():
            pass
        thread = threading.Thread(target=lambda: seen.append((v.data, v > 1, v == 2)))
        thread.start()
        thread.join()
        with pytest.raises(TraceError):
            bool(v > 1)
    assert seen == [(2.0, True, False)]
    assert v > 1


def test_the_leaves_that_a_traced_function_makes_are_known():
    weight = Value(2.0)
    with tracing() as trace:
        half = Value(0.5)
        node = weight * half + 1.0
        with al.no_grad():
            held = Value(3.0)
    late = Value(1.0)
    assert list(trace.made.values()) == [half, held]
    assert not {id(weight), id(node), id(late)} & trace.made.keys()


def test_tracing_under_other_contexts():
    x = Value(2.0)
    with al.no_grad(), al.name_scope("a"), al.strict(), tracing():
        y = x * x
        assert (y.op.name, y.scope) == ("mul", "a")
        with pytest.raises(al.NonFiniteError):
            al.log(x - x)
    assert al.grad(y, x) == 4.0


# --- comparisons and branches --------------------------------------------------------------------------

PAIRS = [(1.0, 2.0), (2.0, 1.0), (1.0, 1.0), (-1.0, 0.5), (0.0, -0.0), (nan, 1.0), (inf, inf), (-3.0, nan)]


@pytest.mark.parametrize("compare", [operator.gt, operator.ge, operator.lt, operator.le])
def test_comparisons_are_nodes(compare):
    for function in (
        compare,
        lambda x, y: compare(x, 0.25) * 2.0 + compare(1, y),
        lambda x, y: al.select(compare(x, y), x, y * 3.0),
    ):
        follows(function, PAIRS)
    result, leaves = traced(compare, PAIRS[0])
    assert result.op.name in ("greater", "greater_equal")
    assert al.grad(result, leaves) == [0.0, 0.0]


CONDITIONS = {
    "and": lambda x, y: (x > 0) & (y > 0),
    "or": lambda x, y: (x > 1.5) | (y > 1.5),
    "of three": lambda x, y: (x > 0) & (y > 0) & (x < y) | (x > 1.5),
    "of many": lambda x, y: (x > y) | (y > 3) | (x > 0) & (y < 1) | (x <= -1),
    "with what is known": lambda x, y: (x > y) & True | (False | (x < -2)) & (True & (y > 0)),
    "with what decides": lambda x, y: (x > y) & False | True,
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_conditions_are_joined(name):
    condition = CONDITIONS[name]
    follows(lambda x, y: al.select(condition(x, y), x, -y), PAIRS)


@pytest.mark.parametrize(
    "ask",
    [
        lambda v: v & 1,
        lambda v: 1 | v,
        lambda v: (v > 0) & v,
        lambda v: (v > 0) & 1,
        lambda v: (v > 0) * 2 | (v > 0),
        lambda v: True & v,
    ],
)
def test_what_is_no_condition_is_not_joined(ask):
    """Bits of a whole number are another matter, and must not become this one silently."""
    with tracing(), pytest.raises(TypeError):
        ask(Value(5.0))


SELECTS = {
    "by a comparison": lambda x, y: al.select(x > 0, x * 2, y),
    "by a number": lambda x, y: al.select(x, 2.0 * y, x),
    "of numbers": lambda x, y: al.select(x >= y, 1.0, -1.0) * x,
    "by what is known": lambda x, y: al.select(True, x, y) + al.select(0, x, y),
    "nested": lambda x, y: al.select(x > 0, al.select(y > 0, x, y), al.select(y < -1, 5, x * y)),
    "method": lambda x, y: x.select(y, 3.0),
    "by name": lambda x, y: al.select(condition=x > 1, x=y, y=x),
}


@pytest.mark.parametrize("name", SELECTS)
def test_select_follows_its_condition(name):
    follows(SELECTS[name], PAIRS)


def test_select_has_the_gradient_of_its_branch():
    (result, (x, y)) = traced(lambda x, y: al.select(x > 0, x * y, y), (2.0, 3.0))
    assert al.grad(result, [x, y]) == [3.0, 2.0]
    (result, (x, y)) = traced(lambda x, y: al.select(x > 0, x * y, y), (-2.0, 3.0))
    assert al.grad(result, [x, y]) == [0.0, 1.0]


def test_select_still_names_what_is_no_number():
    with tracing(), pytest.raises(al.ArgumentTypeError, match="select: y must be"):
        al.select(Value(1.0) > 0, 1.0, "a")


def test_lists_need_no_branch():
    for function in (
        lambda x, y: al.max(x, y) - al.min(x, y, 0.5),
        lambda x, y: al.clamp(x, y, 1.0) + al.abs(y) + x.relu() + y.leaky_relu(),
        lambda x, y: al.norm([x, y, x]) + al.logsumexp([x, y]),
    ):
        follows(function, [pair for pair in PAIRS if all(map(math.isfinite, pair))])


# --- derivatives inside of a traced function -----------------------------------------------------------


@pytest.mark.parametrize("name", sorted(ops.TABLE))
def test_the_slopes_of_every_row_follow_the_numbers(name):
    """No partial bakes in a branch: slopes traced at one point are those of the table at others."""
    row = ops.TABLE[name]
    points = list(operands(row, 60, "tracing", usual))
    points = [xs for xs in points if len(xs) == len(points[0])]
    leaves = [Value(x) for x in points[0]]
    wanted = leaves[1:] if is_indexed(row) else leaves
    with tracing():
        result = row(*leaves)
        slopes = al.grad(result, wanted, create_graph=True)
    for xs in points:
        right = list(row.all_partials(row(*xs), xs))[len(leaves) - len(wanted) :]
        got = [at(slope, dict(zip(leaves, xs, strict=True))) for slope in slopes]
        assert got == pytest.approx(right, rel=1e-9, abs=1e-12, nan_ok=True), xs


def usual(interval, draw):
    """Few numbers, so that there are ties and corners."""
    low, high = interval
    return draw.choice([x for x in (-2.0, -1.0, -0.5, 0.25, 0.5, 1.0, 1.5, 2.0, 30.0) if low < x < high])


def test_a_penalty_on_a_gradient():
    def function(w, x):
        y = al.tanh(w * x) * al.max(w, x) ** 2
        return al.grad(y, w, create_graph=True) ** 2 + y

    def right(w, x):
        return function(Value(w), Value(x)).data

    result, leaves = traced(function, (0.5, -1.0))
    for numbers in [(0.5, -1.0), (1.5, 0.3), (-0.2, 2.0)]:
        assert at(result, dict(zip(leaves, numbers, strict=True))) == pytest.approx(
            right(*numbers), rel=1e-12
        )


# --- detach and no_grad --------------------------------------------------------------------------------


def test_what_is_detached_follows_the_numbers_and_has_no_slope():
    for function in (lambda x, y: (x * y).detach() * y, lambda x, y: ops.detach(x * y) * y):
        result, leaves = traced(function, (2.0, 3.0))
        assert result.operands[0].op is ops.detach
        assert al.grad(result, leaves) == [0.0, 6.0]
        assert at(result, dict(zip(leaves, (5.0, 7.0), strict=True))) == 245.0


def test_what_is_made_under_no_grad_follows_the_numbers_and_has_no_slope():
    def function(x, y):
        with al.no_grad():
            held = al.exp(x) * y + al.dot([x, 2.0], [y, y])
            again = -held.detach()
        return held * y + again + x

    result, leaves = traced(function, (0.5, 3.0))
    with al.no_grad():
        right = {xs: function(*map(Value, xs)).data for xs in [(0.5, 3.0), (-1.0, 2.0), (0.0, 0.0)]}
    for numbers, number in right.items():
        assert at(result, dict(zip(leaves, numbers, strict=True))) == pytest.approx(number, rel=1e-15)
    held = math.exp(0.5) * 3 + 0.5 * 3 + 2 * 3
    assert al.grad(result, leaves) == [1.0, pytest.approx(held, rel=1e-15)]
    result.backward()
    assert leaves[0].grad == 1.0
    for node in al.order(result):
        assert node.op is not None or node in leaves


def test_no_grad_holds_leaves_and_comparisons_too():
    x = Value(2.0)
    with tracing(), al.no_grad():
        leaf, condition = Value(1.0), x > 1
        with recording():
            node = x * x
    assert (leaf.op, condition.op, node.op.name) == (None, ops.detach, "mul")

    def joined(x, y):
        with al.no_grad():
            held = x > 1
        return al.select(held & (x > y) | (y > 5), x, y * 3.0)

    follows(joined, PAIRS)


def test_a_frozen_net_follows_its_weights():
    """A teacher under no_grad, whose weights are parameters of the program all the same."""
    teacher, student = nn.MLP(2, [3, 1], "tanh", seed=0), nn.MLP(2, [1], seed=1)
    weights = teacher.parameters()

    def function():
        with al.no_grad():
            target = teacher([0.5, -1.0])
        return losses.mse_loss(student([0.5, -1.0]), target)

    with tracing():
        loss = function()
    assert set(weights) <= set(al.order(loss))
    assert sum(node.op is ops.detach for node in al.order(loss)) == 1  # one for all that is held
    assert al.grad(loss, weights) == [0.0] * len(weights)
    assert al.grad(loss, student.parameters()) == al.grad(function(), student.parameters())
    numbers = {w: 0.1 * i for i, w in enumerate(weights)}
    got = at(loss, numbers)
    for w, number in numbers.items():
        w.data = number
    assert got == pytest.approx(function().data, rel=1e-14)


def test_scopes_and_labels_under_no_grad():
    x = Value(2.0)
    with tracing(), al.name_scope("frozen"), al.no_grad():
        y = x * x
        y.label = "y"
    assert (y.scope, y.label, y.op, y.parents[0].op.name, y.parents[0].scope) == (
        *("frozen", "y", ops.detach, "mul", "frozen"),
    )


# --- labels that are Values ----------------------------------------------------------------------------

LOGITS = [(0.5, -1.0, 2.0), (0.0, 0.0, 0.0), (3.0, -0.5, 0.1)]


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
def test_cross_entropy_follows_its_label(smoothing):
    x, label = [Value(a) for a in LOGITS[0]], Value(1.0)
    with tracing():
        loss = losses.cross_entropy(x, label, label_smoothing=smoothing)
    for logits in LOGITS:
        for k in range(3):
            right = losses.cross_entropy(logits, k, label_smoothing=smoothing)
            assert at(loss, {label: float(k), **dict(zip(x, logits, strict=True))}) == pytest.approx(
                right, rel=1e-13
            )
    eager = losses.cross_entropy(x, 1, label_smoothing=smoothing)
    assert al.grad(loss, x) == pytest.approx(al.grad(eager, x), rel=1e-12)


def test_cross_entropy_and_nll_of_a_batch_of_traced_labels():
    rows = [[Value(a) for a in row] for row in LOGITS]
    labels = [Value(0.0), Value(2.0), Value(2.0)]
    with tracing():
        cross = losses.cross_entropy(rows, labels)
        nll = losses.nll_loss([al.softmax(row) for row in rows], labels)
    given = dict(zip(labels, (2.0, 0.0, 1.0), strict=True))
    right = losses.cross_entropy(LOGITS, [2, 0, 1])
    assert at(cross, given) == pytest.approx(right, rel=1e-13)
    assert at(nll, given) == pytest.approx(right, rel=1e-13)


def test_nll_takes_the_probability_of_its_label():
    p, label = [Value(a) for a in (0.25, 0.5, 0.25)], Value(0.0)
    with tracing():
        loss = losses.nll_loss(p, label)
    for k in range(3):
        assert at(loss, {label: float(k)}) == losses.nll_loss((0.25, 0.5, 0.25), k)
    assert [node.op.name for node in al.order(loss) if node.op] == ["take", "log", "neg"]


def test_one_hot_labels_are_followed():
    x, y = [Value(a) for a in LOGITS[0]], [Value(0.0), Value(1.0), Value(0.0)]
    with tracing():
        cross, nll = losses.cross_entropy(x, y), losses.nll_loss(al.softmax(x), y)
    for k in range(3):
        given = {v: float(k == j) for j, v in enumerate(y)}
        for loss in (cross, nll):
            assert at(loss, given) == pytest.approx(losses.cross_entropy(LOGITS[0], k), rel=1e-13)


ELEMENTWISE = {
    "mse_loss": ([-1.0, 0.5, 2.0], [0.0, 1.5]),
    "sse_loss": ([-1.0, 0.5, 2.0], [0.0, 1.5]),
    "huber_loss": ([-3.0, 0.5, 2.0], [0.0, 1.5]),
    "hinge_loss": ([-1.0, 0.5, 2.0], [-1.0, 1.0]),
    "bce_loss": ([0.0, 5e-324, 1e-300, 0.25, 0.9, 1.0 - 2.0**-53, 1.0], [0.0, 0.3, 1.0]),
    "bce_with_logits": ([-800.0, 0.5, 2.0, 800.0], [0.0, 0.3, 1.0]),
}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_losses_of_numbers_follow_their_targets(name):
    """The value, and the slope of every prediction, which is finite wherever it is with a plain target."""
    loss, (predictions, targets) = getattr(losses, name), ELEMENTWISE[name]
    points = [(p, y) for p in predictions for y in targets]
    random.Random(name).shuffle(points)
    follows(loss, points)
    for p, y in points:
        plain, traced_p = Value(p), Value(p)
        with tracing():
            followed = loss(traced_p, Value(y))
        right = al.grad(loss(plain, y), plain)
        if math.isfinite(right):
            assert al.grad(followed, traced_p) == pytest.approx(right, rel=1e-12, abs=1e-300), (p, y)


def test_a_wrong_label_is_still_named():
    x = [Value(1.0), Value(2.0)]
    with tracing():
        for wrong in (2.0, -1.0, 0.5):
            with pytest.raises(al.ArgumentValueError, match="cross_entropy: label must be a class"):
                losses.cross_entropy(x, Value(wrong))
        with pytest.raises(al.ArgumentValueError, match="hinge_loss: target must be -1 or 1"):
            losses.hinge_loss(x[0], Value(0.0))


def test_an_embedding_and_attention_in_loops():
    """A token's row, scores, weights: the graph of one sequence is right for every other."""
    random.seed(1)
    table = [[Value(random.gauss(0, 1)) for _ in range(2)] for _ in range(4)]

    def function(*tokens):
        xs = [take(table, token) for token in tokens]
        scores = al.softmax([al.dot(xs[-1], x) for x in xs])
        h = [al.dot(scores, [x[j] for x in xs]) for j in range(2)]
        return losses.cross_entropy([al.dot(h, row) for row in table], tokens[0])

    def right(tokens):
        return function(*map(int, tokens)).data

    result, leaves = traced(function, (1.0, 3.0, 0.0))
    for tokens in [(1, 3, 0), (2, 2, 2), (0, 1, 3), (3, 0, 1)]:
        assert at(result, dict(zip(leaves, map(float, tokens), strict=True))) == pytest.approx(
            right(tokens), rel=1e-13
        )


def test_a_net_in_a_traced_function():
    net = nn.MLP(3, [4, 2], "relu", "softmax", seed=0)

    def function(*x):
        return losses.nll_loss(net(list(x)), 1) + losses.l2_penalty(net, 0.1)

    with tracing(), al.name_scope("loss"):
        leaves = [Value(a) for a in (0.5, -0.2, 0.9)]
        result = function(*leaves)
    for numbers in [(0.5, -0.2, 0.9), (-1.0, 2.0, 0.1)]:
        got = at(result, dict(zip(leaves, numbers, strict=True)))
        assert got == pytest.approx(function(*numbers).data, rel=1e-13)
    assert al.grad(result, net.parameters()) == pytest.approx(
        al.grad(function(0.5, -0.2, 0.9), net.parameters())
    )
