"""What the user holds: calls, gradients, predictions, parameters, pickles; and what is refused by name."""

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import nn, optim
from autograd_lite.errors import ArgumentError, ArgumentTypeError, ArgumentValueError, GraphError

from .traced_graphs import row, table

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(7, 2)), RNG.integers(0, 3, 7)


def of_net(net):
    def loss(x, y):
        scores = net(x)
        return al.cross_entropy(scores, y), scores

    return loss


def program(net=None, **settings):
    net = net or nn.MLP(2, [4, 3], activation="tanh", seed=0)
    return al.compile(of_net(net), net, **{"x": X[0], "y": Y[0], **settings})


def mean_loss(net, xs=X, ys=Y):
    return al.mean([al.cross_entropy(net(list(x)), int(y)) for x, y in zip(xs, ys, strict=True)])


NET = nn.MLP(2, [4, 3], activation="tanh", seed=0)
PROGRAM = program(NET)


# --- calls -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 7, 64])
def test_a_batch_of_any_size_after_one_trace(count):
    xs, ys = np.resize(X, (count, 2)), np.resize(Y, count)
    assert PROGRAM(xs, ys) == pytest.approx(mean_loss(NET, xs, ys).data, rel=1e-13)


@pytest.mark.parametrize(
    "call",
    [
        lambda p: p(X, Y),
        lambda p: p(x=X, y=Y),
        lambda p: p(X, y=Y),
        lambda p: p(X.tolist(), Y.tolist()),
        lambda p: p(np.asfortranarray(X), Y.astype(np.int8)),
        lambda p: p(X.astype("f4").astype("f8") * 0 + X, Y.astype(float)),
        lambda p: p([tuple(x) for x in X], tuple(Y)),
        lambda p: p(np.repeat(X, 2, axis=0)[::2], np.repeat(Y, 2)[::2]),
        lambda p: p.value_and_grad(X, Y)[0],
        lambda p: p.value_and_grad(y=Y, x=X)[0],
    ],
)
def test_data_by_position_and_by_name_in_many_forms(call):
    value = call(PROGRAM)
    assert type(value) is float
    assert value == pytest.approx(mean_loss(NET).data, rel=1e-13)


def test_gradients_by_name_in_the_parameters_shapes():
    _, gradients = PROGRAM.value_and_grad(X, Y)
    assert gradients.keys() == NET.state_dict().keys()
    loss = mean_loss(NET)
    for name, nest in NET.named_parameters():
        values = np.array(nest, object)
        expected = np.array(al.grad(loss, list(values.flat))).reshape(values.shape)
        np.testing.assert_allclose(gradients[name], expected, rtol=1e-12, atol=1e-15)


def test_gradients_are_arrays_of_their_own_at_every_call():
    (_, first), before = PROGRAM.value_and_grad(X, Y), None
    before = {name: gradient.copy() for name, gradient in first.items()}
    _, second = PROGRAM.value_and_grad(X[:2], Y[:2])
    assert all((first[name] == before[name]).all() for name in first)
    assert not any(np.shares_memory(first[name], second[name]) for name in first)
    predictions = PROGRAM.predict(X, Y)
    kept = predictions.copy()
    PROGRAM.predict(-X, Y)
    assert (predictions == kept).all()


def test_the_data_are_not_changed():
    xs, ys = X.copy(), Y.copy()
    PROGRAM.value_and_grad(xs, ys)
    PROGRAM.predict(xs, ys)
    assert (xs == X).all()
    assert (ys == Y).all()


def test_predictions_for_every_sample():
    expected = [[z.data for z in NET(list(x))] for x in X]
    np.testing.assert_allclose(PROGRAM.predict(X, Y), expected, rtol=1e-13)
    both = al.compile(lambda x, y: (of_net(NET)(x, y)[0], NET(x)[0], NET(x)), NET, x=X[0], y=Y[0])
    first, every = both.predict(X, Y)
    assert (first.shape, every.shape) == ((7,), (7, 3))
    np.testing.assert_allclose(every, expected, rtol=1e-13)


def test_predictions_need_no_labels():
    expected = PROGRAM.predict(X, Y)
    for found in (PROGRAM.predict(X), PROGRAM.predict(x=X), PROGRAM.predict(X.tolist())):
        assert (found == expected).all()
    for wrong in ((), (X[:, :1],), (None,)):
        with pytest.raises(ArgumentError, match="predict: (data|x) must be"):  # noqa: RUF043
            PROGRAM.predict(*wrong)
    with pytest.raises(ArgumentError, match="predict: data must be arrays for x, y"):
        PROGRAM.predict(y=Y)


def test_arguments_of_any_name():
    made = al.compile(lambda self, function, optimizer: (NET([self, function])[0] * optimizer, NET([self, function])),  # noqa: E501
                      NET, self=0.5, function=1.0, optimizer=2.0)  # fmt: skip
    named = {"self": X[:, 0], "function": X[:, 1], "optimizer": X[:, 0]}
    assert made(**named) == made.value_and_grad(**named)[0]
    assert made.predict(self=X[:, 0], function=X[:, 1]).shape == (7, 3)


@pytest.mark.parametrize("called", ["n", "np", "len", "sum", "range", "L", "value", "W1", "λ", "class"])
def test_data_go_by_the_users_names_whatever_the_text_calls_them(called):
    net = nn.MLP(2, [1], seed=0)

    def loss(**data):
        x = data[called]
        return (net([x, 1.0]) - data["n_"]) ** 2, net([x, 1.0])

    made = al.compile(loss, net, **{called: 0.5, "n_": 1.0})
    assert made(**{"n_": X[:, 1], called: X[:, 0]}) == made(X[:, 0], X[:, 1])
    assert made.predict(**{called: X[:, 0]}).shape == (7,)
    assert f"{called}[]" in repr(made)
    with pytest.raises(ArgumentError, match=f"Program: {called} must be of shape"):
        made(**{called: X, "n_": X[:, 1]})
    with pytest.raises(ArgumentError, match=f"Program: data must be arrays for {called}, n_, got"):
        made(X[:, 0])


def test_without_predictions_there_are_none():
    alone = al.compile(lambda x: NET(x)[0], NET, x=X[0])
    with pytest.raises(GraphError, match="predict: the function gave a loss alone"):
        alone.predict(X)


@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_the_mean_or_the_sum(reduce):
    value, gradients = program(NET, reduce=reduce).value_and_grad(X, Y)
    factor = len(X) if reduce == "sum" else 1
    assert value == pytest.approx(factor * mean_loss(NET).data, rel=1e-13)
    for name, gradient in PROGRAM.value_and_grad(X, Y)[1].items():
        np.testing.assert_allclose(gradients[name], factor * gradient, rtol=1e-12, atol=1e-14)


def test_a_program_without_data():
    w = row(0.5, -0.5)
    for made in (al.compile(al.dot(w, w), {"w": w}), al.compile(lambda: al.dot(w, w), {"w": w})):
        assert made() == pytest.approx(0.5)
        value, gradients = made.value_and_grad()
        assert (value, gradients["w"].tolist()) == (pytest.approx(0.5), [1.0, -1.0])
        with pytest.raises(ArgumentTypeError, match="Program: data must be arrays for nothing, got"):
            made(X)


def test_parameters_that_the_loss_does_not_depend_on_have_gradient_zero():
    w, unused = row(0.5, -0.5), table(2, 2)
    made = al.compile(lambda x: al.tanh(w[0] * x), {"w": w, "unused": unused}, x=1.0)
    for _ in range(3):
        _, gradients = made.value_and_grad(RNG.normal(size=5))
        assert gradients["unused"].tolist() == [[0.0, 0.0], [0.0, 0.0]]
        assert gradients["w"][1] == 0.0


# --- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "named", "error", "message"),
    [
        ((), {}, ArgumentTypeError, "data must be arrays for x, y, got None"),
        ((X,), {}, ArgumentTypeError, "data must be arrays for x, y, got str 'array 1'"),
        ((X, Y, X), {}, ArgumentTypeError, "data must be arrays for x, y"),
        ((X,), {"x": X}, ArgumentTypeError, "data must be arrays for x, y, got str 'array 1, x'"),
        ((X,), {"z": Y}, ArgumentTypeError, "data must be arrays for x, y"),
        (
            (X[:, :1], Y),
            {},
            ArgumentValueError,
            r"x must be of shape \(samples, 2\), got ndarray of shape \(7, 1\)",
        ),
        ((X[0], Y), {}, ArgumentValueError, r"x must be of shape \(samples, 2\)"),
        ((X, Y[:, None]), {}, ArgumentValueError, r"y must be of shape \(samples\)"),
        ((X, Y[:6]), {}, ArgumentValueError, "y must be as many samples as x, 7, got"),
        ((X, Y[:0]), {}, ArgumentValueError, "y must be as many samples as x, 7, got"),
        ((X[:0], Y[:0]), {}, ArgumentValueError, "x must be at least 1 sample, got"),
        ((X, Y + 1), {}, ArgumentValueError, "y must be from 0 to 2, got int 3"),
        ((X, Y - 1), {}, ArgumentValueError, "y must be from 0 to 2, got int -1"),
        ((X, Y + 0.5), {}, ArgumentValueError, "y must be an array of whole numbers"),
        ((X, np.where(Y, np.nan, 0)), {}, ArgumentValueError, "y must be an array of whole numbers"),
        ((X.astype(str), Y), {}, ArgumentTypeError, "x must be an array of real numbers, not of dtype <U"),
        (
            (X.astype(object), Y),
            {},
            ArgumentTypeError,
            "x must be an array of real numbers, .* object",
        ),
        ((X + 1j, Y), {}, ArgumentTypeError, "x must be an array of real numbers"),
        (([[1.0], [2.0, 3.0]], [0, 1]), {}, ArgumentError, "x must be"),
        ((None, Y), {}, ArgumentTypeError, "x must be an array of real numbers"),
    ],
)
@pytest.mark.parametrize("method", ["__call__", "value_and_grad", "predict"])
def test_data_that_do_not_fit_are_named(method, data, named, error, message):
    if method == "predict" and (message.endswith(("got int 3", "'array 1'")) or len(named) == 1):
        return  # no prediction asks for the labels
    function = {"__call__": "Program"}.get(method, method)
    with pytest.raises(error, match=f"^({function}|Program): {message}"):
        getattr(PROGRAM, method)(*data, **named)


def test_a_whole_number_that_picks_beyond_a_part_of_an_array_is_refused():
    """A flat list of parameters has more behind the rows that are picked from."""
    flat = row(*np.linspace(-1, 1, 8))
    made = al.compile(lambda k: al.take(flat[2:5], k) * flat[7], flat, k=0)
    assert made([0, 2]) == pytest.approx((flat[2].data + flat[4].data) / 2)
    for wrong in ([3], [0, -1], [99]):
        with pytest.raises(ArgumentValueError, match="Program: k must be from 0 to 2"):
            made(wrong)


def test_every_whole_number_has_its_own_most():
    e, f = table(2, 2), table(4, 2)
    made = al.compile(lambda k: al.dot(al.take(e, k[0]), al.take(f, k[1])), {"e": e, "f": f}, k=[0, 0])
    made([[1, 3]])
    with pytest.raises(ArgumentValueError, match="k must be from 0 to 3, got int 4"):
        made([[0, 0], [1, 4]])
    with pytest.raises(ArgumentValueError, match="k must be from 0 to 1, got int 2"):
        made([[2, 3]])


@pytest.mark.parametrize("style", ["html", None, 3])
def test_equations_come_in_two_styles(style):
    with pytest.raises(ArgumentError, match="equations: style"):
        PROGRAM.equations(style)
    assert "cosh" not in PROGRAM.equations("text")
    assert r"\sum" in PROGRAM.equations("latex") or "Σ" in PROGRAM.equations()


# --- kinds of numbers --------------------------------------------------------------------------------------


def test_in_float32_all_is_float32():
    made = program(NET, dtype="float32")
    assert made.theta.dtype == np.float32
    value, gradients = made.value_and_grad(X, Y)
    assert value == pytest.approx(mean_loss(NET).data, rel=1e-5)
    assert {gradient.dtype for gradient in gradients.values()} == {np.dtype("f4")}
    assert {array.dtype for array in made.parameters.values()} == {np.dtype("f4")}
    assert made.predict(X.astype("f4"), Y).dtype == np.float32
    made.pull()
    made.theta *= 2.0
    assert made.theta.dtype == np.float32


def test_in_float64_whole_numbers_in_x_are_no_indices():
    made = al.compile(lambda x: NET(x)[0], NET, x=[1, 2])
    assert made([[1, 2], [3, 4]]) == pytest.approx(sum(NET(x)[0].data for x in ([1.0, 2.0], [3.0, 4.0])) / 2)
    assert made([[0.5, 2.0]]) == pytest.approx(NET([0.5, 2.0])[0].data)


# --- parameters --------------------------------------------------------------------------------------------


def test_theta_is_flat_and_has_views_by_name():
    made = program()
    assert made.theta.shape == (27,)
    assert list(made.parameters) == [name for name, _ in NET.named_parameters()]
    made.parameters["layers.0.bias"][:] = 7.0
    assert made.theta[8:12].tolist() == [7.0] * 4
    made.theta[0] = 9.0
    assert made.parameters["layers.0.weight"][0, 0] == 9.0


def test_what_is_assigned_to_theta_is_what_runs():
    net = nn.MLP(2, [4, 3], activation="tanh", seed=0)
    made, other = program(net), nn.MLP(2, [4, 3], activation="tanh", seed=1)
    made.theta = np.array([p.data for p in other.parameters()])
    assert made(X, Y) == pytest.approx(mean_loss(other).data)
    made.theta -= 0.1
    assert made.parameters["layers.1.bias"][0] == pytest.approx(other.layers[1].bias[0].data - 0.1)
    for wrong in (0.0, np.zeros(26), np.zeros((27, 1))):
        with pytest.raises(ArgumentValueError, match=r"Program: theta must be .*of shape \(27,\)"):
            made.theta = wrong


def test_pull_and_push():
    net = nn.MLP(2, [4, 3], activation="tanh", seed=0)
    made = program(net)
    net.layers[0].bias[1].data = 5.0
    assert made.parameters["layers.0.bias"][1] == 0.0
    made.pull()
    assert made.parameters["layers.0.bias"][1] == 5.0
    assert made(X, Y) == pytest.approx(mean_loss(net).data)
    made.theta += 1.0
    assert net.layers[0].bias[1].data == 5.0
    made.push()
    assert net.layers[0].bias[1].data == 6.0
    assert type(net.layers[0].bias[1].data) is float
    assert [p.data for p in net.parameters()] == made.theta.tolist()


@pytest.mark.parametrize("order", [list, lambda params: params[::-1]])
def test_steps_of_an_optimiser_are_those_of_the_values(order):
    nets = [nn.MLP(2, [4, 3], activation="tanh", seed=0) for _ in range(2)]
    first, second = (optim.Adam(order(net.parameters()), lr=0.1) for net in nets)
    made = program(nets[0])
    for _ in range(5):
        value = made.step(first, X, Y)
        second.zero_grad()
        loss = mean_loss(nets[1])
        loss.backward()
        second.step()
        assert value == pytest.approx(loss.data, rel=1e-12)
    made.push()
    np.testing.assert_allclose(made.theta, [p.data for p in nets[1].parameters()], rtol=1e-11)


@pytest.mark.parametrize("optimizer", [None, "adam", optim.SGD(row(1.0), 0.1)])
def test_a_step_is_one_of_the_programs_parameters(optimizer):
    with pytest.raises(
        ArgumentTypeError, match="step: optimizer must be one of optim's, of the program's parameters"
    ):
        PROGRAM.step(optimizer, X, Y)


def test_a_repr_says_what_is_asked_for():
    assert repr(PROGRAM) == "Program(x[2], y[]; 27 parameters)"


@pytest.mark.parametrize("called", ["value", "value_and_grad", "predict", "prepare", "constants", "dtype"])
@pytest.mark.parametrize("what", ["parameter", "label"])
def test_whatever_an_array_is_called(called, what):
    """`value`, of query, key and value, was the name of the function that runs."""
    w = [al.Value(0.5), al.Value(0.25)]

    def loss(x, y):
        h = [al.tanh(a * b * c) for a, b, c in zip(w, x, [3.0, 5.0], strict=True)]
        if what == "label":
            for v in h:
                v.label = called
        return (al.sum(h) - y) ** 2, h

    program = al.compile(loss, {called if what == "parameter" else "w": w}, x=[1.0, 2.0], y=1.0)
    x, y = [[1.0, 2.0], [0.5, 0.1]], [1.0, 2.0]
    expected = al.mean([loss(a, b)[0] for a, b in zip(x, y, strict=True)]).data
    assert program(x, y) == pytest.approx(expected)
    assert program.value_and_grad(x, y)[0] == pytest.approx(expected)
    assert program.predict(x, y).shape == (2, 2)


def test_a_finished_loss_that_divides_by_nothing_is_inf():
    w = al.Value(0.5)
    assert al.compile(1 / (w * 0.0), {"w": w}).value_and_grad()[0] == np.inf


def test_what_no_sample_changes_is_summed_over_all_of_them():
    """silu'(w) was taken once, where there is an array that repeats w for every sample."""
    (w,) = own = [al.Value(0.3)]
    program = al.compile(lambda x: al.silu(w + 0.0 * x) + al.silu(w) * x, {"w": own}, x=0.0)
    loss = al.mean([al.silu(w) + al.silu(w) * x for x in (0.0, 2.0, 4.0)])
    value, gradients = program.value_and_grad([0.0, 2.0, 4.0])
    assert value == pytest.approx(loss.data)
    np.testing.assert_allclose(gradients["w"], al.grad(loss, own))


@pytest.mark.parametrize("dtype", ["float32", np.float32, np.dtype("float32")])
def test_a_kind_of_numbers_by_name_or_as_numpy_has_it(dtype):
    w = al.Value(0.5)
    assert al.compile(lambda x: w * x, {"w": w}, dtype=dtype, x=1.0).theta.dtype == np.float32


@pytest.mark.parametrize("numbers", [[1j], [None], ["7"], [object()]])
def test_theta_takes_real_numbers_alone(numbers):
    w = al.Value(0.5)
    program = al.compile(lambda x: w * x, {"w": w}, x=1.0)
    with pytest.raises(ArgumentTypeError, match="theta must be an array of numbers"):
        program.theta = np.array(numbers)
    assert program.theta.tolist() == [0.5]


def test_a_parameter_is_not_replaced_but_written_to():
    w = al.Value(0.5)
    program = al.compile(lambda x: w * x, {"w": w}, x=1.0)
    with pytest.raises(TypeError, match="does not support item assignment"):
        program.parameters["w"] = np.array(9.0)
    program.parameters["w"][...] = 9.0
    assert program([2.0]) == 18.0
