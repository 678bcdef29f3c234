"""The compiled step of fit: the same training as over scalar graphs, and why not where there is none."""

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import compiler, data, nn, optim
from autograd_lite.errors import GraphError
from autograd_lite.training.metrics import METRICS
from autograd_lite.training.update_steps import CompiledStep, ScalarStep, numbers

RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 2))
LABELS = ((X[:, 0] * X[:, 1] > 0) + (X[:, 0] > 1)).astype(int)
SIGNS = np.where(X[:, 0] > X[:, 1], 1.0, -1.0)
VALIDATION = (RNG.normal(size=(6, 2)), RNG.integers(0, 3, 6))


def net(outputs=3, seed=0, **settings):
    return nn.MLP(2, [5, outputs], activation="tanh", seed=seed, **settings)


def fitted(
    step,
    optimizer=lambda params: optim.SGD(params, lr=0.3),
    made=None,
    y=LABELS,
    loss="cross_entropy",
    **given,
):
    trained = made() if made else net()
    history = al.fit(trained, X, y, loss, optimizer(trained.parameters()), progress=False, step=step,
                     **{"epochs": 100, **given})  # fmt: skip
    return history, [p.data for p in trained.parameters()]


def same(**given):
    """Both steps, from one beginning: the same figures all the way, and the same end; gives the compiled one's."""  # noqa: E501
    (scalar, ends), (compiled, numbers) = fitted("scalar", **given), fitted("auto", **given)
    assert (scalar.step, compiled.step, compiled.why) == ("scalar", "compiled", "")
    assert scalar.history.keys() == compiled.history.keys()
    for name, figures in scalar.history.items():
        np.testing.assert_allclose(compiled.history[name], figures, rtol=1e-9, atol=1e-9, err_msg=name)
    np.testing.assert_allclose(numbers, ends, rtol=1e-7, atol=1e-8)
    assert scalar.stopped == compiled.stopped
    return compiled


# --- the same trajectory over 100 epochs -------------------------------------------------------------------

OPTIMISERS = {
    "SGD": lambda params: optim.SGD(params, lr=0.3),
    "momentum": lambda params: optim.SGD(params, lr=0.1, momentum=0.9, nesterov=True, weight_decay=1e-3),
    "Adagrad": lambda params: optim.Adagrad(params, lr=0.1),
    "RMSProp": lambda params: optim.RMSProp(params, lr=0.01),
    "Adam": lambda params: optim.Adam(params, lr=0.02),
    "AdamW": lambda params: optim.AdamW(params, lr=0.02),
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_optimiser(name):
    history = same(optimizer=OPTIMISERS[name])
    assert len(history.history["loss"]) == 100
    assert history.history["loss"][-1] < history.history["loss"][0]


WAYS = {
    "batches": {"batch_size": 7, "epochs": 40},
    "batches in order": {"batch_size": 7, "epochs": 20, "shuffle": False},
    "another seed": {"batch_size": 6, "epochs": 20, "seed": 3},
    "penalty": {"penalty": 0.02},
    "clip": {"clip": 0.05},
    "clip without end": {"clip": float("inf"), "epochs": 10},
    "penalty and clip": {"penalty": 0.05, "clip": 0.1, "batch_size": 5, "epochs": 30},
    "metrics": {"metrics": ["accuracy"], "epochs": 30},
    "validation": {"validation": VALIDATION, "metrics": ["accuracy"], "epochs": 30},
    "early stopping": {"validation": VALIDATION, "callbacks": [al.EarlyStopping(5)]},
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_fit(way):
    same(**WAYS[way])


def test_a_schedule():
    for step in ("scalar", "compiled"):
        trained = net()
        optimizer = optim.SGD(trained.parameters(), lr=0.3)
        schedule = optim.StepLR(optimizer, step_size=10, gamma=0.5)
        history = al.fit(trained, X, LABELS, "cross_entropy", optimizer, epochs=40, schedule=schedule,
                         progress=False, step=step)  # fmt: skip
        if step == "scalar":
            expected = history.history["loss"]
        np.testing.assert_allclose(history.history["loss"], expected, rtol=1e-9)


LOSSES = {
    "cross_entropy": (3, LABELS),
    "mse": (1, SIGNS),
    "sse": (2, X**2),
    "huber": (1, SIGNS),
    "hinge": (1, SIGNS),
    "bce_with_logits": (1, (SIGNS > 0).astype(float)),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss(loss):
    outputs, y = LOSSES[loss]
    same(
        made=lambda: net(outputs),
        y=y,
        loss=loss,
        epochs=40,
        optimizer=lambda params: optim.SGD(params, lr=0.02),
    )


@pytest.mark.parametrize(
    ("loss", "output", "y"), [("bce", "sigmoid", (SIGNS > 0).astype(int)), ("nll", "softmax", LABELS)]
)
def test_losses_of_probabilities(loss, output, y):
    same(made=lambda: net(3 if loss == "nll" else 1, output=output), y=y, loss=loss, epochs=40)


def test_a_loss_of_ones_own_over_values():
    def loss(output, y):
        return (1.0 - y * output).relu() ** 2 + 0.1 * output.tanh()

    same(made=lambda: net(1), y=SIGNS, loss=loss, epochs=30)


def test_one_hot_targets():
    same(y=np.eye(3)[LABELS], epochs=20)


def test_a_net_that_is_no_module():
    class Net:
        def __init__(self):
            self.w = [al.Value(0.1 * k) for k in range(3)]

        def __call__(self, x):
            return al.tanh(al.dot(self.w[:2], x, self.w[2]))

        def parameters(self):
            return self.w

    same(made=Net, y=SIGNS, loss="mse", epochs=30)


def test_a_net_whose_output_no_data_change():
    class Constant(nn.Module):
        def __init__(self):
            self.c = [al.Value(0.5)]

        def __call__(self, x):
            return self.c[0] * 2.0

    same(made=Constant, y=SIGNS, loss="mse", epochs=10, metrics=["mse"] if "mse" in METRICS else [])


def test_an_optimiser_of_some_parameters_in_another_order():
    def last_layer(params):
        return optim.Adam(params[:14:-1], lr=0.05)

    history = same(optimizer=last_layer, epochs=40)
    assert history.history["loss"][-1] < history.history["loss"][0]


# --- around an epoch ---------------------------------------------------------------------------------------


class Touching(al.Callback):
    """Looks at the net after every epoch, and changes a bias now and then."""

    def __init__(self):
        self.seen = []

    def on_epoch_end(self, run):
        self.seen.append([p.data for p in run.params])
        if run.epoch % 3 == 0:
            run.params[-1].data = 0.25


def test_callbacks_see_the_net_and_may_change_it():
    seen = []
    for step in ("scalar", "compiled"):
        callback = Touching()
        fitted(step, epochs=12, batch_size=6, callbacks=[callback])
        seen.append(callback.seen)
    np.testing.assert_allclose(seen[1], seen[0], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("steps", [("compiled", "compiled"), ("scalar", "compiled"), ("compiled", "scalar")])
def test_a_run_that_goes_on_from_a_checkpoint(tmp_path, steps):
    whole, ends = fitted("scalar", OPTIMISERS["Adam"], epochs=30, batch_size=6)
    path = tmp_path / "run.npz"
    fitted(
        steps[0],
        OPTIMISERS["Adam"],
        epochs=17,
        batch_size=6,
        callbacks=[al.Checkpoint(path, best_only=False)],
    )
    history, numbers = fitted(steps[1], OPTIMISERS["Adam"], epochs=30, batch_size=6, resume=path)
    np.testing.assert_allclose(history.history["loss"], whole.history["loss"], rtol=1e-9)
    np.testing.assert_allclose(numbers, ends, rtol=1e-8, atol=1e-10)


def test_a_loss_that_is_no_number_stops_at_the_last_finite_state():
    found = []
    for step in ("scalar", "compiled"):
        with pytest.warns(al.DivergenceWarning):
            found.append(
                fitted(
                    step, lambda params: optim.SGD(params, lr=1e200), made=lambda: net(1), y=SIGNS, loss="mse"
                )
            )
    (scalar, ends), (compiled, numbers) = found
    assert scalar.stopped.replace("nan", "inf") == compiled.stopped.replace("nan", "inf")
    assert np.isfinite(numbers).all()
    np.testing.assert_allclose(numbers, ends, rtol=1e-9)


def test_the_best_state_is_kept_when_it_is_interrupted():
    class Interrupt(al.Callback):
        def on_epoch_end(self, run):
            if run.epoch == 7:
                raise KeyboardInterrupt

    (_, ends), (history, numbers) = (fitted(step, callbacks=[Interrupt()]) for step in ("scalar", "compiled"))
    assert history.stopped.startswith("interrupted in epoch 8")
    np.testing.assert_allclose(numbers, ends, rtol=1e-9)


# --- why it is not compiled --------------------------------------------------------------------------------


class Branching(nn.Module):
    def __init__(self):
        self.w = [al.Value(0.5), al.Value(-0.3)]

    def __call__(self, x):
        y = al.dot(self.w, x)
        return y if y > 0 else 0.1 * y


class Noisy(nn.Module):
    def __init__(self):
        self.w, self.rng = [al.Value(0.5), al.Value(-0.3)], np.random.default_rng(0)

    def __call__(self, x):
        return al.dot(self.w, x) * float(self.rng.uniform(0.9, 1.1))


class Counting(nn.Module):
    def __init__(self):
        self.w, self.mean = [al.Value(0.5), al.Value(-0.3)], 0.0

    def __call__(self, x):
        y = al.dot(self.w, x)
        self.mean = 0.9 * self.mean + 0.1 * y.data
        return y - self.mean


class Momentless(optim.SGD):
    """With a step of its own."""

    def step(self):
        for p in self.params:
            p.data -= self.lr * p.grad


class Signed(optim.Optimizer):
    """One of one's own, in the package's way."""

    def rule(self, x, g):
        x -= self.lr * np.sign(g)


TEMPERATURE = al.Value(1.0)
REASONS = {
    "a branch": ({"made": Branching}, r"compile: line test_update_steps.py:\d+ branches on a traced Value"),
    "random numbers": ({"made": Noisy}, "compile: line .* does something else when it is called again"),
    "a state": ({"made": Counting}, r"compile: line .* reads the number of a traced Value"),
    "a step of its own": ({"optimizer": lambda params: Momentless(params, lr=0.1)}, "fit: optimizer must be one of optim's"),  # noqa: E501
    "numbers in the loss": (
        {"loss": lambda output, y: (output - y) ** 2 * (2.0 if output.data > 0 else 1.0)},
        "reads the number of a traced Value",
    ),
    "numbers as keys": ({"loss": lambda output, y: (output - {1.0: 2.0, -1.0: 0.5}[y]) ** 2}, "in a dict or set"),  # noqa: E501
    "a Value beside the net": ({"loss": lambda output, y: (output - y) ** 2 * TEMPERATURE}, "no parameters of the net"),  # noqa: E501
    "an error of Python": ({"loss": lambda output, y: (output - y) ** 2 * (1.0 if type(y) is float else 1 / 0)}, "division by zero"),  # noqa: E501
}  # fmt: skip


@pytest.mark.parametrize("name", REASONS)
def test_fit_goes_on_over_scalars_and_says_why_in_one_line(name):
    given, why = REASONS[name]
    given = {"made": lambda: net(1), "y": SIGNS, "loss": "mse", "epochs": 3, **given}
    history, numbers = fitted("auto", **given)
    assert history.step == "scalar"
    assert len(history.why.splitlines()) == 1
    assert np.isfinite(history.history["loss"]).all()
    scalar, expected = fitted("scalar", **given)
    assert (scalar.why, scalar.step) == ("asked for", "scalar")
    if name != "random numbers":
        assert numbers == expected
    with pytest.raises(Exception, match=why) as caught:
        fitted("compiled", **given)
    assert str(caught.value).splitlines()[0] in history.why


def test_an_optimiser_with_a_rule_of_its_own_is_compiled():
    same(optimizer=lambda params: Signed(params, lr=0.01), epochs=10)


def test_parameters_beside_the_net_are_trained_over_scalars():
    scale = al.Value(1.0)
    trained = net(1)
    history = al.fit(trained, X, SIGNS, lambda output, y: (output * scale - y) ** 2,
                     optim.SGD([*trained.parameters(), scale], lr=0.1), epochs=3, progress=False)  # fmt: skip
    assert history.step == "scalar"
    assert scale.data != 1.0


def test_an_optimiser_that_has_more_than_the_net_is_found_out_before_the_first_step():
    history, _ = fitted("auto", lambda params: optim.SGD([*params, al.Value(1.0)], lr=0.1), epochs=3)
    assert history.step == "scalar"
    assert history.why.startswith("step: optimizer must be one of optim's, of the program's parameters")


def test_under_strict_every_scalar_is_looked_at():
    with al.strict():
        history, _ = fitted("auto", epochs=2)
        assert (history.step, history.why) == ("scalar", "fit: al.strict looks at every scalar")
        with pytest.raises(al.NonFiniteError):
            fitted(
                "auto", lambda params: optim.SGD(params, lr=1e200), made=lambda: net(1), y=SIGNS, loss="mse"
            )


def test_a_mistake_of_the_compiler_is_no_mistake_of_fit(monkeypatch):
    def broken(program):
        raise AssertionError("equations that do not hang together")

    monkeypatch.setattr(compiler, "find_loops", broken)
    history, _ = fitted("auto", epochs=2)
    assert (history.step, history.why) == ("scalar", "AssertionError: equations that do not hang together")
    with pytest.raises(AssertionError):
        fitted("compiled", epochs=2)


def test_wrong_targets_are_named_whichever_step(monkeypatch):
    for step in ("auto", "scalar", "compiled"):
        with pytest.raises(al.ArgumentValueError, match="cross_entropy: .*label"):  # noqa: RUF043
            fitted(step, y=[0] * 19 + [3], epochs=1)
        with pytest.raises(al.ArgumentError):
            fitted(step, validation=(X[:2], [0, 7]), epochs=1)


# --- the steps themselves ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [ScalarStep, CompiledStep])
def test_a_step_alone(kind):
    trained = net()
    rows, targets = [tuple(x) for x in X.tolist()], LABELS.tolist()
    step = kind(trained, al.cross_entropy, optim.SGD(trained.parameters(), lr=0.1), (rows, targets))
    before = [p.data for p in trained.parameters()]
    mean, predictions = step.measure(step.prepared((rows[:4], targets[:4])), predict=True)
    outputs = [numbers(trained(row)) for row in rows[:4]]
    np.testing.assert_allclose(predictions, outputs, rtol=1e-13)
    expected = al.mean([al.cross_entropy(trained(row), y) for row, y in zip(rows[:4], targets, strict=False)])
    assert mean == pytest.approx(expected.data)
    assert [p.data for p in trained.parameters()] == before
    trained.layers[1].bias[0].data = 3.0  # it measures the net as it is
    changed = al.mean([al.cross_entropy(trained(row), y) for row, y in zip(rows[:4], targets, strict=False)])
    assert step.measure(step.prepared((rows[:4], targets[:4])), predict=False)[0] == pytest.approx(
        changed.data
    )
    trained.layers[1].bias[0].data = before[-3]
    step.load()
    mean, predictions = step.run([3, 1], predict=True)
    np.testing.assert_allclose(predictions, [outputs[3], outputs[1]], rtol=1e-13)
    assert step.run([3, 1], predict=False)[1] == []
    step.store()
    assert [p.data for p in trained.parameters()] != before


def test_numbers_of_outputs():
    assert numbers([al.Value(1.0), (al.Value(2.0), 3.0)]) == [1.0, [2.0, 3.0]]


# --- net or loss that change -----------------------------------------------------------------------------


class Annealed(al.Callback):
    """Makes a weight of the loss larger after every epoch."""

    def __init__(self):
        self.weight = 0.0

    def on_epoch_end(self, run):
        self.weight += 0.1

    def loss(self, output, y):
        return al.cross_entropy(output, y) + self.weight * al.sum([v * v for v in output])


def test_a_loss_that_a_callback_changes_goes_on_over_scalars():
    X, y = data.moons(20, noise=0.1, seed=0)

    def trained(**more):
        net, annealed = nn.MLP(2, [3, 2], activation="tanh", seed=0), Annealed()
        history = al.fit(net, X, y, loss=annealed.loss, epochs=5, callbacks=[annealed], validation=(X, y),
                         progress=False, **more)  # fmt: skip
        return history, [p.data for p in net.parameters()]

    history, numbers = trained()
    expected, by_scalars = trained(step="scalar")
    assert (history.step, history.why) == ("scalar", "net or loss were changed before epoch 2")
    assert history.history["val_loss"] == pytest.approx(expected.history["val_loss"], abs=1e-12)
    assert numbers == pytest.approx(by_scalars, abs=1e-12)
    with pytest.raises(GraphError, match="changed before epoch 2"):
        trained(step="compiled")


def test_the_gradients_of_frozen_parameters_do_not_pile_up():
    X, y = data.moons(20, noise=0.1, seed=0)

    def trained(step):
        net = nn.MLP(2, [3, 2], activation="tanh", seed=0)
        some = optim.SGD(net.layers[1].parameters(), lr=0.1)
        al.fit(
            net, X, y, loss="cross_entropy", optimizer=some, clip=0.01, epochs=10, step=step, progress=False
        )
        return [p.data for p in net.parameters()]

    assert trained("compiled") == pytest.approx(trained("scalar"), abs=1e-12)
