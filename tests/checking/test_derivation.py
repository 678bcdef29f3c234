"""`check_derivation` on small nets: verdicts, rounding, points, samples, the report, bad arguments."""

import json
import math

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import Value, nn
from autograd_lite.checking.derivation import check_derivation


def values(array):
    return [values(item) for item in array] if np.ndim(array) else Value(float(array))


def softplus_net(rng, n=5, width=4):
    """A net that is in none of the notes: softplus hidden units and a Huber loss, samples in rows."""
    X, y = rng.normal(size=(n, 3)), rng.normal(size=(n, 2)) * 2
    W1, b1, W2, b2 = (values(rng.normal(size=s)) for s in ((width, 3), (width,), (2, width), (2,)))
    a1 = [[al.dot(w, x, b) for w, b in zip(W1, b1, strict=True)] for x in X]
    h1 = [[al.softplus(v) for v in row] for row in a1]
    f = [[al.dot(w, h, b) for w, b in zip(W2, b2, strict=True)] for h in h1]
    return al.huber_loss(f, y), {
        "X": X, "W1": W1, "b1": b1, "a1": a1, "h1": h1, "W2": W2, "b2": b2, "f": f, "y": y,
    }  # fmt: skip


RIGHT = {
    "f": lambda v, d: np.clip(v.f - v.y, -1, 1) / v.f.size,
    "W2": lambda v, d: d.f.T @ v.h1,
    "b2": lambda v, d: d.f.sum(axis=0),
    "h1": lambda v, d: d.f @ v.W2,
    "a1": lambda v, d: d.h1 / (1 + np.exp(-v.a1)),
    "W1": lambda v, d: d.a1.T @ v.X,
    "b1": lambda v, d: np.sum(d.a1, axis=0),
}


@pytest.fixture
def net():
    return softplus_net(np.random.default_rng(0))


def verdict(net, name, equation, **options):
    entry = check_derivation(*net, {name: equation}, **options)[name]
    assert entry.ok == (entry.verdict == "equal")
    return entry.verdict


# --- right and wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_a_net_of_no_note_is_checked_with_nothing_added(seed):
    report = check_derivation(*softplus_net(np.random.default_rng(seed)), RIGHT)
    assert report, report
    assert [entry.verdict for entry in report.values()] == ["equal"] * len(RIGHT)


WRONG = {
    "sign": ("f", lambda v, d: np.clip(v.y - v.f, -1, 1) / v.f.size, "the sign is wrong"),
    "no 1/n": ("W2", lambda v, d: 5 * (d.f.T @ v.h1), "the factor 1/n (n = 5 samples) is missing"),
    "missing sum": ("b2", lambda v, d: d.f, "sum over the 5 samples is missing"),
    "missing slope": ("a1", lambda v, d: d.f @ v.W2, "softplus'(a1) is missing"),
    "wrong argument": (
        "a1",
        lambda v, d: d.h1 / (1 + np.exp(-v.h1)),
        "softplus' is taken at h1; it belongs at a1",
    ),
    "wrong input": ("W1", lambda v, d: d.a1.T @ v.f, "uses f where X belongs: f comes after W1"),
    "transposed": ("W2", lambda v, d: v.h1.T @ d.f, "it must be transposed"),
    "wrong order": ("h1", lambda v, d: d.f @ v.W2.T, "W2 must not be transposed"),
    "gradient of h": ("b1", lambda v, d: d.h1.sum(axis=0), "uses ∇h1 where ∇a1 belongs"),
    "column": ("b1", lambda v, d: d.a1.sum(axis=0)[:, None], "the shape is (4, 1); it must be (4,)"),
    "two slips": ("b1", lambda v, d: -d.h1.sum(axis=0), "uses ∇h1 where ∇a1 belongs, and"),
}


@pytest.mark.parametrize("what", list(WRONG))
def test_a_slip_is_named(net, what):
    name, equation, words = WRONG[what]
    assert words in verdict(net, name, equation)


def test_one_slip_shows_once(net):
    report = check_derivation(*net, {**RIGHT, "a1": lambda v, d: d.h1 * v.h1})
    assert [entry.name for entry in report.failures] == ["a1"]


def test_what_no_slip_explains_differs_with_both_numbers(net):
    report = check_derivation(*net, {"b2": lambda v, d: np.sinh(3 * d.f.sum(axis=0))})
    entry = report["b2"]
    assert (entry.kind, len(entry.where)) == ("differs", 1)
    lines = str(report).splitlines()
    at = next(i for i, line in enumerate(lines) if "graph " in line)
    assert repr(entry.analytic) in lines[at]
    assert repr(entry.student) in lines[at + 1]


def test_a_tie_is_said_to_be_one():
    w, x = values([[0.3, -0.7], [0.2, 0.9]]), values([[1.5, 2.5], [0.5, -1.0]])
    f = [[al.dot(row, sample) for row in w] for sample in x]
    loss = al.sse_loss(f, [[1.0, 2.0], [3.0, 4.0]], reduction="half") / 2
    quantities = {"x": x, "w": w, "f": f, "y": np.array([[1.0, 2.0], [3.0, 4.0]])}
    entry = check_derivation(loss, quantities, {"f": lambda v, d: v.f - v.y}, samples="rows")["f"]
    assert entry.verdict.startswith("a tie between explanations: ")
    assert "the factor 1/2 is missing" in entry.verdict
    assert "the factor 1/n (n = 2 samples) is missing" in entry.verdict


# --- points -----------------------------------------------------------------------------------------


def test_what_is_right_at_one_point_alone_is_not_right():
    x, w = Value(2.0), Value(2.0)
    loss = x * w * w
    report = check_derivation(
        loss, {"x": x, "w": w}, {"x": lambda v, d: 2 * v.w, "w": lambda v, d: 2 * v.x * v.w}
    )
    assert [entry.ok for entry in report.values()] == [False, True]
    assert "right at the given numbers" in report["x"].note or report["x"].kind == "coincidence"


def test_a_mask_that_is_idle_at_the_given_point_is_missed():
    w, x = values([0.5, 2.0, 1.0]), values([1.0, 2.0, 3.0])
    a = [p * q for p, q in zip(w, x, strict=True)]
    h = [v.relu() for v in a]
    loss = al.dot(h, [1.0, 2.0, -3.0])
    entry = check_derivation(loss, {"w": w, "x": x, "a": a, "h": h}, {"a": lambda v, d: d.h})["a"]
    assert not entry.ok
    assert entry.verdict == "ReLU'(a) is missing"


def test_an_array_is_held_against_this_point(net):
    loss, quantities = net
    right = np.array(al.grad(loss, quantities["b2"]))
    entry = check_derivation(loss, quantities, {"b2": right})["b2"]
    assert entry.ok
    assert "at this point alone" in entry.note
    assert verdict(net, "b2", -right) == "the sign is wrong"


def test_a_loss_that_branches_on_numbers(net):
    _, quantities = net

    def huber(p, y):
        e = p - y
        return 0.5 * e * e if abs(e.data) <= 1 else abs(e) - 0.5

    pairs = zip(quantities["f"], quantities["y"], strict=True)
    loss = al.mean([huber(p, y) for row, ys in pairs for p, y in zip(row, ys, strict=True)])
    report = check_derivation(loss, quantities, RIGHT)
    assert report["W1"].verdict == "equal"


def test_labels_stay_labels():
    """∇a = p - e holds for shares that sum to 1 alone."""
    a, e = values([0.3, -0.5, 1.2]), values([0.0, 1.0, 0.0])
    p = al.softmax(a)
    loss = -al.dot(e, [al.log(x) for x in p])
    report = check_derivation(loss, {"a": a, "e": e, "p": p}, {"a": lambda v, d: v.p - v.e})
    assert report, report


def test_only_the_diagonal_of_the_jacobian():
    a = values([0.3, -0.5, 1.2])
    p = al.softmax(a)
    loss = al.sum([x * x * c for x, c in zip(p, (1.0, 2.0, -1.0), strict=True)])
    quantities = {"a": a, "p": p}
    entry = check_derivation(loss, quantities, {"a": lambda v, d: v.p * (1 - v.p) * d.p})["a"]
    assert entry.kind == "softmax diagonal"
    full = {"a": lambda v, d: (np.diag(v.p) - np.outer(v.p, v.p)) @ d.p}
    assert check_derivation(loss, quantities, full)


# --- rounding ---------------------------------------------------------------------------------------


def test_rounding_is_no_error():
    """1 - σ(a) far out has few digits left; another order of a sum has other last bits."""
    a = values([30.0, -2.0, 5.0])
    h = [al.sigmoid(v) for v in a]
    loss = al.sum([v * v for v in h])
    assert check_derivation(loss, {"a": a, "h": h}, {"a": lambda v, d: d.h * v.h * (1 - v.h)})


@pytest.mark.parametrize("error", [1e-3, 1e-6, 1e-10])
def test_an_error_is_no_rounding(net, error):
    assert not check_derivation(*net, {"b2": lambda v, d: d.f.sum(axis=0) * (1 + error * np.array([1, 0]))})


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_what_is_not_finite_fails(net, wrong):
    assert not check_derivation(*net, {"b2": lambda v, d: d.f.sum(axis=0) * wrong})


# --- samples ------------------------------------------------------------------------------------------


def test_samples_are_found_and_said(net):
    report = check_derivation(*net, RIGHT)
    assert (report.samples, report.n) == ("rows", 5)
    assert "5 samples, in rows (found)" in str(report)
    loss, quantities = net
    turned = {**quantities, "f": [list(c) for c in zip(*quantities["f"], strict=True)]}
    turned |= {k: [list(c) for c in zip(*quantities[k], strict=True)] for k in ("a1", "h1")}
    assert check_derivation(loss, turned, {}).samples == "columns"
    assert "as told" in str(check_derivation(loss, turned, {}, samples="columns"))


# --- an equation that cannot be called -----------------------------------------------------------------


def test_an_equation_that_raises_fails_in_its_own_line(net):
    report = check_derivation(*net, {**RIGHT, "h1": lambda v, d: v.nothing @ d.f})
    assert [entry.name for entry in report.failures] == ["h1"]
    assert "one of X, W1, b1" in report["h1"].verdict


def test_an_equation_may_not_read_its_own_result(net):
    assert "without its own result" in verdict(net, "a1", lambda v, d: d.a1)


def test_an_equation_cannot_change_the_numbers(net):
    def writes(v, d):
        v.W2[:] = 0
        return d.f.sum(axis=0)

    assert check_derivation(*net, {"b2": writes, "h1": RIGHT["h1"]})


# --- the report -----------------------------------------------------------------------------------------


def test_the_report_as_text_html_and_dict(net):
    report = check_derivation(*net, {**RIGHT, "b2": lambda v, d: d.f})
    assert not report
    assert str(report).splitlines()[0] == (
        "check_derivation: 1 of 7 fail: ∇b2: sum over the 5 samples is missing"
    )
    plain = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert plain["equations"]["b2"]["explanation"] == "∇b2: sum over the 5 samples is missing"
    page = report._repr_html_()
    assert page.count("<tr>") == 8
    assert "sum over the 5 samples is missing" in page
    with pytest.raises(al.ArgumentValueError, match="one of f, W2"):
        report["b9"]


# --- arguments ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3.0, {}, {}), "loss must be a Value"),
        ((Value(1.0), [], {}), "quantities must be a dict"),
        ((Value(1.0), {}, {"x": lambda v, d: 0}), "a name in equations must be among the quantities"),
        ((Value(1.0), {"x": Value(1.0)}, {"x": "2"}), "a function"),
        ((Value(1.0), {"x": "abc"}, {}), "Values and numbers"),
        ((Value(1.0), {"x": [[Value(1.0)], []]}, {}), "one length"),
        ((Value(1.0), {"x": 1.0}, {"x": lambda v, d: 0}), "to have a gradient"),
        ((Value(1.0), {"∇x": Value(1.0)}, {}), "without ∇"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(al.ArgumentError, match=message):
        check_derivation(*arguments)


@pytest.mark.parametrize("samples", ["diagonals", 1, b"rows"])
def test_bad_samples(samples):
    with pytest.raises(al.ArgumentError, match="'rows', 'columns' or None"):
        check_derivation(Value(1.0), {}, {}, samples=samples)


def test_a_module_of_nn():
    net = nn.MLP(2, [3, 1], "tanh", seed=0)
    x = values([0.5, -1.0])
    a1 = net.layers[0].affine(x)
    h1 = net.layers[0].activate(a1)
    f = net.layers[1].affine(h1)[0]
    loss = (f - 2.0) ** 2
    quantities = {"W2": net.layers[1].weight, "a1": a1, "h1": h1, "f": f}
    right = {
        "f": lambda v, d: 2 * (v.f - 2),
        "W2": lambda v, d: np.outer(d.f, v.h1),
        "h1": lambda v, d: v.W2[0] * d.f,
        "a1": lambda v, d: d.h1 * (1 - v.h1**2),
    }
    assert check_derivation(loss, quantities, right)
    entry = check_derivation(loss, quantities, {"a1": lambda v, d: d.h1 * (1 - v.a1**2)})["a1"]
    assert entry.verdict == "uses a1 where h1 belongs"
