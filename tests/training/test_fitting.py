"""fit, evaluate, predict: what they learn, what they record, how they stop and go on."""

import io
import math
import signal

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import data, nn, optim
from autograd_lite.training import callbacks, metrics
from autograd_lite.training import fitting as train


def small_net(seed=0):
    return nn.MLP(2, [8, 1], activation="tanh", output="linear", seed=seed)


@pytest.fixture(scope="module")
def moons():
    return data.moons(40, noise=0.1, seed=0)


def fitted(net, X, y, **options):
    settings = {"loss": "bce_with_logits", "epochs": 5, "progress": False}
    return al.fit(net, X, y, **(settings | options))


def test_fit_learns_and_records(moons):
    net = small_net()
    X, y = moons
    adam = optim.Adam(net.parameters(), lr=0.1)
    history = fitted(net, X, y, optimizer=adam, epochs=60, metrics=["accuracy"])
    assert history.epochs == 60
    assert history.step == "compiled"
    assert not history.why
    assert history.stopped == ""
    assert history.history["loss"][-1] < 0.6 * history.history["loss"][0]
    assert history.history["accuracy"][-1] > 0.8
    assert "60 epochs" in repr(history)


def test_plain_fit_is_gradient_descent_over_the_whole_batch():
    X = np.array([[0.5], [-1.0], [2.0]])
    y = np.array([1.0, 0.0, -1.0])
    net = nn.MLP(1, [1], output="linear", seed=3)
    w, b = (p.data for p in net.parameters())
    fitted(net, X, y, loss="mse", epochs=7)
    for _ in range(7):
        error = w * X[:, 0] + b - y
        w, b = w - 0.1 * np.mean(2 * error * X[:, 0]), b - 0.1 * np.mean(2 * error)
    assert [p.data for p in net.parameters()] == pytest.approx([w, b], rel=1e-13)


def test_the_penalty_is_on_weights_alone():
    X, y = np.array([[1.0]]), np.array([0.0])
    net = nn.MLP(1, [1], output="linear", seed=3)
    w, b = (p.data for p in net.parameters())
    before = al.l2_penalty(net, 0.5).data
    history = fitted(net, X, y, loss="mse", epochs=1, penalty=0.5)
    assert history.history["loss"] == [pytest.approx((w + b) ** 2 + before)]


def test_mini_batches_are_shuffled_from_the_seed_and_reproducible(moons):
    X, y = moons
    runs = [small_net() for _ in range(3)]
    for net, seed in zip(runs, (1, 1, 2), strict=True):
        fitted(net, X, y, batch_size=7, seed=seed)
    first, second, third = ([p.data for p in net.parameters()] for net in runs)
    assert first == second
    assert first != third


def test_every_sample_is_in_one_batch_of_an_epoch():
    for size in (1, 3, 7, 10, 11, None):
        batches = list(train._batches(10, size, True, 0, 4))
        assert sorted(i for batch in batches for i in batch) == list(range(10))


def test_validation_and_its_metrics(moons):
    X, y = moons
    history = fitted(small_net(), X, y, validation=(X[:10], y[:10]), metrics=["accuracy"])
    assert set(history.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}


def test_evaluate_and_predict_agree_with_the_net(moons):
    X, y = moons
    net = small_net()
    outputs = al.predict(net, X)
    assert outputs.shape == (40,)
    assert outputs[3] == net(X[3]).data
    figures = al.evaluate(net, X, y, loss="bce_with_logits", metrics=["accuracy"])
    assert figures["accuracy"] == np.mean((outputs > 0) == y)
    assert figures["loss"] == pytest.approx(np.mean(np.log1p(np.exp(-outputs * (2 * y - 1)))))
    assert al.predict(nn.MLP(2, [3], seed=0), X).shape == (40, 3)


def test_a_loss_of_ones_own(moons):
    X, y = moons
    history = fitted(small_net(), X, y, loss=lambda output, target: (output - target) ** 4)
    assert history.history["loss"][-1] < history.history["loss"][0]


def test_several_outputs_and_class_labels():
    X, y = (
        data.load("iris")[:2]
        if isinstance(data.load("iris"), tuple)
        else (data.load("iris").X, data.load("iris").y)
    )
    net = nn.MLP(4, [3], output="linear", seed=0)
    history = fitted(net, X[::5], y[::5], loss="cross_entropy", metrics="accuracy", epochs=3)
    assert set(history.history) == {"loss", "accuracy"}


def test_lists_of_numpy_rows_and_scalars_are_taken(moons):
    X, y = moons
    reference = fitted(small_net(), X, y).history
    assert fitted(small_net(), list(X), list(y)).history == reference
    pair = nn.MLP(2, [2], output="linear", seed=0)
    rows = list(X)  # an autoencoder's target
    assert fitted(pair, rows, rows, loss="mse", metrics=["mse"]).epochs == 5


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"loss": lambda output, target: 1.0}, "loss"),
        ({"optimizer": optim.Adam}, "optimizer"),
        ({"optimizer": optim.SGD(nn.MLP(1, [1], seed=0).parameters())}, "optimizer"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(change, argument, moons):
    settings = {
        "X": moons[0],
        "y": moons[1],
        "loss": "bce_with_logits",
        "epochs": 1,
        "progress": False,
    } | change
    with pytest.raises(al.ArgumentError, match=argument):
        al.fit(small_net(), **settings)
    with pytest.raises(al.ArgumentValueError, match="as many as the outputs"):
        al.evaluate(nn.MLP(2, [3], seed=0), *moons, loss="cross_entropy", metrics=["r2"])


# --- stopping and going on ---------------------------------------------------------------------------


def test_early_stopping_keeps_the_best_state(moons):
    X, y = moons
    net = small_net()
    sgd = optim.SGD(net.parameters(), lr=20.0)  # too fast: it overshoots
    history = fitted(net, X, y, optimizer=sgd, epochs=300, callbacks=[al.EarlyStopping(5)])
    assert history.epochs < 300
    assert "has not improved for 5 epochs" in history.stopped
    best = history.best("loss")
    again = al.evaluate(net, X, y, loss="bce_with_logits")["loss"]
    # the loss of an epoch is that from before its update, so the state after it is the next one's
    assert again == pytest.approx(history.history["loss"][best + 1], rel=1e-12)


def test_a_resumed_run_gives_the_same_numbers(moons, tmp_path):
    X, y = moons
    path = tmp_path / "last.npz"

    def parts(net):
        adam = optim.Adam(net.parameters(), lr=0.05)
        return {"optimizer": adam, "schedule": optim.ExponentialLR(adam, 0.9), "batch_size": 8, "seed": 5}

    whole = small_net()
    reference = fitted(whole, X, y, epochs=9, validation=(X, y), **parts(whole))
    first = small_net()
    save = al.Checkpoint(path, best_only=False)
    fitted(first, X, y, epochs=4, validation=(X, y), callbacks=[save], **parts(first))
    second = small_net(seed=9)
    history = fitted(second, X, y, epochs=9, validation=(X, y), resume=path, **parts(second))
    assert [p.data for p in second.parameters()] == [p.data for p in whole.parameters()]
    assert history.history == reference.history


def test_a_checkpoint_of_the_best_loads_as_the_net(moons, tmp_path):
    X, y = moons
    net = small_net()
    history = fitted(net, X, y, epochs=6, validation=(X, y), callbacks=[al.Checkpoint(tmp_path / "best.npz")])
    loaded = al.load(tmp_path / "best.npz")["net"]
    assert al.evaluate(loaded, X, y, loss="bce_with_logits")["loss"] == pytest.approx(
        min(history.history["val_loss"])
    )


def test_ctrl_c_keeps_the_best_state_and_says_so(moons):
    X, y = moons
    net = small_net()
    states = []

    class Interrupt(al.Callback):
        def on_epoch_end(self, run):
            states.append([p.data for p in net.parameters()])
            if run.epoch == 2:
                signal.raise_signal(signal.SIGINT)

    history = fitted(net, X, y, epochs=50, callbacks=[Interrupt()])
    assert history.epochs == 3
    assert history.stopped == "interrupted in epoch 3; the best state so far is kept"
    assert [p.data for p in net.parameters()] == states[history.best("loss")]


def test_a_loss_that_turns_nan_stops_at_the_last_finite_state(moons):
    X, y = moons
    net = small_net()
    calls = iter(range(10**6))

    def loss(output, target):
        return output * (math.nan if next(calls) == 25 else 0.1)

    with pytest.warns(al.DivergenceWarning, match="epoch 1, batch 3"):
        history = fitted(net, X, y, loss=loss, batch_size=10, epochs=5, step="scalar")
    assert history.stopped == "the loss was nan in epoch 1, batch 3; the last finite state is kept"
    assert [p.data for p in net.parameters()] == [p.data for p in small_net().parameters()]


def test_divergence_leaves_finite_parameters(moons):
    X, y = moons
    net = nn.MLP(2, [4, 1], activation="relu", output="linear", seed=0)
    with pytest.warns(al.DivergenceWarning):
        fitted(net, X, y, loss="mse", optimizer=optim.SGD(net.parameters(), lr=1e9), epochs=100)
    assert all(math.isfinite(p.data) for p in net.parameters())


# --- progress ------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self):
        return True


def run_with_progress(monkeypatch, stream, moons, tqdm=True):
    if not tqdm:
        monkeypatch.setattr(callbacks, "_tqdm", lambda *_: None)
    progress = callbacks.Progress(stream)
    fitted(small_net(), *moons, epochs=40, callbacks=[progress])
    return stream.getvalue()


def test_piped_progress_is_a_line_now_and_then(monkeypatch, moons):
    lines = run_with_progress(monkeypatch, io.StringIO(), moons).splitlines()
    assert 9 <= len(lines) <= 12
    assert lines[0].startswith("epoch  1/40  loss ")
    assert lines[-1].startswith("epoch 40/40  loss ")


def test_progress_on_a_terminal_rewrites_one_line(monkeypatch, moons):
    text = run_with_progress(monkeypatch, Terminal(), moons, tqdm=False)
    assert text.count("\n") == 1
    assert "\r" in text
    assert "epoch 40/40" in text


# --- metrics ---------------------------------------------------------------------------------------


def test_metrics():
    assert metrics.accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1]) == 0.5
    assert metrics.accuracy([[0.1, 0.9]], [[0, 1]]) == 1.0
    assert metrics.accuracy([0.3, -0.3], [1, 0]) == 1.0
    assert metrics.accuracy([0.3, 0.7], [0, 1], loss="bce") == 1.0
    assert metrics.accuracy([0.3, -0.7], [1, -1], loss="hinge") == 1.0
    assert metrics.accuracy([0.3, -0.7, -0.1], [1.0, -1.0, 1.0], loss="mse") == pytest.approx(2 / 3)
    assert metrics.mae([1.0, 2.0], [0.0, 4.0]) == 1.5
    assert metrics.mse([[1.0, 2.0]], [[0.0, 4.0]]) == 2.5
    assert metrics.r2([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]) == 1.0
    assert metrics.r2([2.0, 2.0, 2.0], [1.0, 2.0, 3.0]) == 0.0


# --- bad input ---------------------------------------------------------------------------------------

X2, Y2 = [[0.0, 1.0], [1.0, 0.0]], [0, 1]
BAD = [
    ({"X": None}, "X"),
    ({"X": "abc"}, "X"),
    ({"X": []}, "X"),
    ({"X": [1.0, 2.0]}, "X"),
    ({"X": [[0.0, 1.0], [1.0]]}, "X"),
    ({"X": [[0.0, math.nan], [1.0, 1.0]]}, "X"),
    ({"X": [[0.0, 1j], [1.0, 1.0]]}, "X"),
    ({"y": [0]}, "y"),
    ({"y": None}, "y"),
    ({"y": "ab"}, "y"),
    ({"y": [0, math.inf]}, "y"),
    ({"loss": "mean"}, "loss"),
    ({"loss": None}, "loss"),
    ({"epochs": 0}, "epochs"),
    ({"epochs": 2.5}, "epochs"),
    ({"batch_size": -1}, "batch_size"),
    ({"batch_size": "all"}, "batch_size"),
    ({"validation": X2}, "X"),
    ({"validation": (X2, [0])}, "validation y"),
    ({"validation": 3}, "validation"),
    ({"metrics": ["precision"]}, "metrics"),
    ({"callbacks": [print]}, "callbacks"),
    ({"penalty": -1.0}, "penalty"),
    ({"penalty": math.nan}, "penalty"),
]


@pytest.mark.parametrize(("change", "argument"), BAD, ids=[f"{c}" for c, _ in BAD])
def test_bad_arguments_are_named_and_change_nothing(change, argument):
    net = small_net()
    before = [p.data for p in net.parameters()]
    settings = {"X": X2, "y": Y2, "loss": "bce_with_logits", "epochs": 1, "progress": False} | change
    with pytest.raises(al.ArgumentError) as caught:
        al.fit(net, **settings)
    assert argument in caught.value.argument or argument in str(caught.value)
    assert [p.data for p in net.parameters()] == before


def test_an_unknown_monitor_is_named():
    with pytest.raises(al.ArgumentValueError, match="monitor"):
        fitted(small_net(), X2, Y2, callbacks=[al.EarlyStopping(3, monitor="val_loss")])
