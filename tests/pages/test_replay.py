"""The training replay: what is recorded, and that the page's numbers are the net's own."""

import base64
import json
import math
import re

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import data, nn, optim
from autograd_lite.pages.replay import BYTES, CLASSES, STEPS, Recorder, recorded, replay
from autograd_lite.pages.stepper import explore
from autograd_lite.plots.curves import chances, decision_boundary
from autograd_lite.training.metrics import accuracy

X, Y = data.moons(20, noise=0.1, seed=0)


def trained(net, recorder, x=X, y=Y, loss="bce_with_logits", epochs=6, **options):
    optimizer = optim.Adam(net.parameters(), lr=0.05)
    al.fit(net, x, y, loss=loss, optimizer=optimizer, epochs=epochs, callbacks=[recorder],
           progress=False, **options)  # fmt: skip
    return recorder


def small(inputs=2, sizes=(4, 1), activation="tanh", **options):
    return nn.MLP(inputs, list(sizes), activation, seed=0, **options)


class States(al.Callback):
    """What the parameters were, to hold a recorder against."""

    def on_train_begin(self, run):
        self.seen = [[p.data for p in run.params]]

    def on_epoch_end(self, run):
        self.seen.append([p.data for p in run.params])


# --- what is recorded ------------------------------------------------------------------------------------


def test_a_frame_is_the_net_after_an_epoch_and_the_first_is_before_all():
    states, recorder = States(), Recorder(X, Y)
    net = small()
    before = [p.data for p in net.parameters()]
    history = al.fit(
        net, X, Y, loss="bce_with_logits", epochs=5, callbacks=[states, recorder], progress=False
    )
    assert [frame.epoch for frame in recorder.frames] == [0, 1, 2, 3, 4, 5]
    assert [list(frame.weights) for frame in recorder.frames] == states.seen
    assert states.seen[0] == before != states.seen[5] == [p.data for p in net.parameters()]
    assert recorder.history == history.history
    assert repr(recorder) == "<Recorder of 6 frames, epoch 0 to 5>"


@pytest.mark.parametrize(
    ("frames", "epochs", "kept"),
    [
        (100, 3, [0, 1, 2, 3]),
        (3, 6, [0, 2, 4, 6]),
        (3, 7, [0, 3, 6, 7]),
        (1, 6, [0, 6]),
        (4, 5, [0, 2, 4, 5]),
        (5, 6, [0, 2, 4, 6]),
    ],
)
def test_frames_are_evenly_spaced_and_end_with_the_last(frames, epochs, kept):
    recorder = trained(small(), Recorder(X, Y, frames=frames), epochs=epochs)
    assert [frame.epoch for frame in recorder.frames] == kept
    assert len(kept) <= frames + 1


def test_a_run_that_is_stopped_ends_with_its_last_epoch():
    class Stop(al.Callback):
        def on_epoch_end(self, run):
            if run.epoch == 4:
                run.stop("enough")

    recorder = Recorder(X, Y, frames=2)
    al.fit(small(), X, Y, loss="bce_with_logits", epochs=8, callbacks=[Stop(), recorder], progress=False)
    assert [frame.epoch for frame in recorder.frames] == [0, 4, 5]


def test_a_run_that_goes_astray_is_shown_as_far_as_it_came():
    net = small(sizes=(1,))
    recorder = Recorder(X, Y)
    with pytest.warns(al.DivergenceWarning):
        al.fit(net, 1e150 * X, Y, loss="mse", optimizer=optim.SGD(net.parameters(), lr=1e3), epochs=9,
               callbacks=[recorder], progress=False)  # fmt: skip
    assert recorder.frames[0].epoch == 0
    assert len(recorder.frames) < 9
    assert page_data(replay(recorder))["parameters"] == 3


def test_a_second_run_is_recorded_anew():
    recorder = trained(small(), Recorder(X, Y), epochs=3)
    trained(small(sizes=(3, 1)), recorder, epochs=2)
    assert [frame.epoch for frame in recorder.frames] == [0, 1, 2]
    assert len(recorder.frames[0].weights) == 13


def test_a_resumed_run_goes_on_counting(tmp_path):
    path, recorder = tmp_path / "half.npz", Recorder(X, Y)
    trained(small(), al.Checkpoint(path, best_only=False), epochs=3)
    trained(small(), recorder, epochs=5, resume=path)
    assert [frame.epoch for frame in recorder.frames] == [3, 4, 5]
    assert len(page_data(replay(recorder))["figures"]["loss"]) == 5


def test_recording_changes_nothing():
    one, two = small(), small()
    trained(one, al.Callback())
    replay(trained(two, Recorder(X, Y)))
    assert [p.data for p in one.parameters()] == [p.data for p in two.parameters()]
    assert [p.grad for p in one.parameters()] == [p.grad for p in two.parameters()]


def test_the_page_leaves_the_net_as_it_is():
    recorder = trained(small(), Recorder(X, Y))
    for i, parameter in enumerate(recorder.net.parameters()):
        parameter.data = 0.25 * i
    replay(recorder)
    assert [p.data for p in recorder.net.parameters()] == [0.25 * i for i in range(17)]


# --- the page's numbers -------------------------------------------------------------------------------------


def page_data(page):
    text = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.html, re.S)[1]
    return json.loads(text)


def grids(shown):
    """The recorded bytes as chances (frame, class, up, across)."""
    n, k = shown["steps"], shown["fields"]
    found = np.frombuffer(base64.b64decode(shown["grids"]), "<u2").reshape(-1, k, n, n) / 65535
    roots = found if k > 1 else np.concatenate([1 - found, found], axis=1)
    return roots**4 / (roots**4).sum(axis=1, keepdims=True)


def truth(recorder, shown, frame, chances):
    """The same from the net itself, at the points of the grid."""
    for parameter, number in zip(recorder.net.parameters(), recorder.frames[frame].weights, strict=True):
        parameter.data = number
    left, right, bottom, top = shown["box"]
    n = shown["steps"]
    points = [[x, y] for y in np.linspace(bottom, top, n) for x in np.linspace(left, right, n)]
    return chances(al.predict(recorder.net, points)).T.reshape(-1, n, n)


def of_logit(z):
    p = 1 / (1 + np.exp(-z))
    return np.stack([1 - p, p], axis=-1)


def of_logits(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def of_probability(p):
    return np.stack([1 - p, p], axis=-1)


THREE = data.blobs(30, classes=3, seed=0)
# fmt: off
CASES = {
    "one logit": (lambda: small(), "", (X, Y), "bce_with_logits", of_logit),
    "relu": (lambda: small(activation="relu", sizes=(3, 3, 1)), "", (X, Y), "bce_with_logits", of_logit),
    "no bias": (lambda: small(bias=False), "", (X, Y), "bce_with_logits", of_logit),
    "a probability": (lambda: small(output="sigmoid"), "bce", (X, Y), "bce", of_probability),
    "hinge": (lambda: small(), "hinge", (X, 2 * Y - 1), "hinge", of_logit),
    "two logits": (lambda: small(sizes=(3, 2)), "", (X, Y), "cross_entropy", of_logits),
    "three logits": (lambda: small(sizes=(4, 3)), "", THREE, "cross_entropy", of_logits),
    "three probabilities": (lambda: small(sizes=(4, 3), output="softmax"), "nll", THREE, "nll", np.asarray),
    "steps": (lambda: nn.Sequential(nn.Layer(2, 3, seed=0), "tanh", nn.Layer(3, 1, seed=1)), "", (X, Y),
              "bce_with_logits", of_logit),
    "a function": (lambda: small(activation=lambda a: a.sin()), "", (X, Y), "bce_with_logits", of_logit),
}
# fmt: on


@pytest.mark.parametrize("name", CASES)
def test_the_boundary_is_the_nets_own(name, monkeypatch):
    """Every chance to within a step of the 16 bits, and the winner wherever it wins by more than that."""
    monkeypatch.setattr("autograd_lite.pages.replay.STEPS", 12)
    make, loss, (x, y), trained_by, chances = CASES[name]
    recorder = trained(make(), Recorder(x, y, loss=loss), x, y, trained_by, epochs=3)
    shown = page_data(replay(recorder))
    found = grids(shown)
    for frame in (0, 3):
        true = truth(recorder, shown, frame, chances)
        assert np.abs(found[frame] - true).max() < 1e-4
        margin = np.sort(true, axis=0)
        sure = margin[-1] - margin[-2] > 1e-3
        assert sure.mean() > 0.5
        assert (found[frame].argmax(axis=0) == true.argmax(axis=0))[sure].all()


def test_the_weights_are_the_nets_own():
    recorder = trained(small(), Recorder(X, Y))
    shown = page_data(replay(recorder))
    found = np.frombuffer(base64.b64decode(shown["weights"]), "<f4").reshape(-1, shown["parameters"])
    true = np.array([frame.weights for frame in recorder.frames])
    np.testing.assert_allclose(found, true, rtol=1e-6)
    assert shown["largest"] == np.abs(true).max()


def test_every_line_has_the_weight_between_its_neurons():
    net = small(sizes=(5, 3, 1))
    recorder = trained(net, Recorder(X, Y), epochs=2)
    shown = page_data(replay(recorder))
    last = np.frombuffer(base64.b64decode(shown["weights"]), "<f4").reshape(-1, shown["parameters"])[-1]
    picture = shown["net"]
    assert picture["sizes"] == [2, 5, 3, 1]
    assert picture["names"] == ["inputs", "tanh", "tanh", "linear"]
    assert len(picture["lines"]) == 2 * 5 + 5 * 3 + 3
    for k, left, right, place in picture["lines"]:
        assert last[place] == np.float32(net.layers[k].weight[right][left].data)
    for k, column in enumerate(picture["biases"][1:]):
        assert [last[place] for place in column] == [np.float32(b.data) for b in net.layers[k].bias]
    assert picture["biases"][0] == [-1, -1]


def test_of_wide_layers_the_ends_are_shown():
    net = small(sizes=(30, 1))
    picture = page_data(replay(trained(net, Recorder(X, Y), epochs=1)))["net"]
    column = picture["columns"][1]
    assert column == [0, 1, 2, 3, 4, None, 25, 26, 27, 28, 29]
    places = {id(p): i for i, p in enumerate(net.parameters())}
    for k, left, right, place in picture["lines"]:
        i, j = picture["columns"][k][left], picture["columns"][k + 1][right]
        assert place == places[id(net.layers[k].weight[j][i])]


def test_a_net_that_is_no_chain_of_layers_has_no_picture():
    class Product(nn.Module):
        def __init__(self):
            self.left, self.right = nn.Layer(2, 1, seed=0), nn.Layer(2, 1, seed=1)

        def forward(self, x):
            return self.left(x) * self.right(x)

    shown = page_data(replay(trained(Product(), Recorder(X, Y), epochs=2)))
    assert shown["net"] == {}
    assert shown["parameters"] == 6


def test_the_figures_and_samples_are_there():
    recorder = Recorder(X, Y, feature_names=["width", "height"], class_names=["no", "yes"])
    history = trained(small(), recorder, validation=(X[:6], Y[:6]), metrics=["accuracy"]).history
    shown = page_data(explore(recorder, title="Moons & <stars>"))
    assert shown["title"] == "Moons & <stars>"
    assert shown["features"] == ["width", "height"]
    assert [look["name"] for look in shown["classes"]] == ["no", "yes"]
    assert set(shown["figures"]) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    for name, numbers in shown["figures"].items():
        assert numbers == pytest.approx(history[name], rel=1e-5)
    np.testing.assert_allclose([point[:2] for point in shown["points"]], X, rtol=1e-5)
    assert [point[2] for point in shown["points"]] == Y.tolist()


def test_one_hot_rows_and_other_labels_find_their_classes():
    y = np.array([-1, 1])[Y]
    recorder = trained(small(), Recorder(X, y), y=y, loss="hinge")
    assert [point[2] for point in recorded(recorder)["points"]] == Y.tolist()
    assert [look["name"] for look in recorded(recorder)["classes"]] == ["class -1", "class 1"]
    rows = np.eye(3)[THREE[1]]
    recorder = trained(small(sizes=(3,)), Recorder(THREE[0], rows), THREE[0], rows, "cross_entropy")
    assert [point[2] for point in recorded(recorder)["points"]] == THREE[1].tolist()


def test_classes_look_as_they_do_in_the_other_pictures():
    """Colours and the part of the plane are those of plots.decision_boundary."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    recorder = trained(small(sizes=(3,)), Recorder(*THREE), *THREE, "cross_entropy")
    shown = recorded(recorder)
    figure = decision_boundary(recorder.net, *THREE)
    drawn = [legend.get_facecolor()[0][:3] for legend in figure.axes[0].collections[-3:]]
    wanted = [[int(look["colour"][i : i + 2], 16) / 255 for i in (1, 3, 5)] for look in shown["classes"]]
    np.testing.assert_allclose(drawn, wanted, atol=1e-6)
    box = [*figure.axes[0].get_xlim(), *figure.axes[0].get_ylim()]
    np.testing.assert_allclose(shown["box"], box, rtol=1e-4)


OUTPUTS = {"one logit": {}, "a probability": {"output": "sigmoid"}}
# fmt: off
BORDERS = {
    "bce": ("bce", "a probability", Y, 0.5), "bce as a function": (al.bce_loss, "a probability", Y, 0.5),
    "bce_with_logits": ("bce_with_logits", "one logit", Y, 0.0),
    "hinge": ("hinge", "one logit", 2 * Y - 1, 0.0),
    "mse": ("mse", "one logit", Y, 0.5), "huber": ("huber", "one logit", Y, 0.5),
    "sse": ("sse", "one logit", Y.astype(float), 0.5),
    "mse to -1 and 1": ("mse", "one logit", 2 * Y - 1, 0.0),
}
# fmt: on


@pytest.mark.parametrize("name", BORDERS)
def test_the_boundary_is_where_the_loss_of_fit_puts_it(name, monkeypatch):
    """Without a word to the recorder, wherever the output is not as near as the 16 bits can tell."""
    monkeypatch.setattr("autograd_lite.pages.replay.STEPS", 12)
    loss, output, y, border = BORDERS[name]
    recorder = trained(small(**OUTPUTS[output]), Recorder(X, y), y=y, loss=loss, epochs=9)
    shown = page_data(replay(recorder))
    outputs = truth(recorder, shown, -1, lambda outputs: outputs[:, None])[0]
    sure = np.abs(outputs - border) > 1e-3
    assert 0 < (outputs > border).mean() < 1
    assert ((grids(shown)[-1][1] > 0.5) == (outputs > border))[sure].all()


def test_what_the_recorder_is_told_goes_before_the_loss_of_fit():
    recorder = Recorder(X, Y, loss="bce")
    assert trained(small(), recorder).loss == "bce"
    recorder = Recorder(X, Y)
    assert trained(small(output="sigmoid"), recorder, loss="bce").loss == "bce"
    assert trained(small(), recorder).loss == "bce_with_logits"


def test_accuracy_and_pictures_have_the_same_boundary():
    """A net fitted to 0 and 1 by squares is right from ½ on; one fitted to -1 and 1 from 0 on."""
    outputs = [0.1, 0.4, 0.6, 0.9]
    assert accuracy(outputs, [0, 0, 1, 1], "mse") == 1.0
    assert accuracy(outputs, [0.0, 0.0, 1.0, 1.0], "huber") == 1.0
    assert accuracy(outputs, [0, 0, 1, 1], "bce_with_logits") == 0.5
    for loss, labels, border in (("sse", [0, 1, 1], 0.5), ("mse", [-1, 1], 0.0), ("mse", [0, 1, 2], 0.0)):
        found = chances(np.array([border - 0.01, border + 0.01]), loss, labels)
        assert found.argmax(axis=1).tolist() == [0, 1]
        assert abs(found - 0.5).max() < 0.011


# --- size, and the same every time -------------------------------------------------------------------------


def test_moons_over_100_epochs_take_less_than_a_megabyte():
    x, y = data.moons(100, noise=0.1, seed=0)
    net, recorder = small(sizes=(8, 8, 1)), Recorder(x, y)
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    al.fit(net, x[:8], y[:8], loss="bce_with_logits", optimizer=optimizer, epochs=100, callbacks=[recorder],
           progress=False)  # fmt: skip
    page = explore(recorder)
    print(f"page of moons, 2-8-8-1, 100 epochs: {len(page.html.encode()):,} bytes")
    shown = page_data(page)
    assert len(page.html.encode()) < 600_000
    assert (len(shown["epochs"]), shown["steps"]) == (101, STEPS)


@pytest.mark.parametrize(("classes", "frames"), [(3, 1000), (CLASSES, 1000), (CLASSES, 30)])
def test_the_grids_have_a_limit_however_many_there_are(classes, frames, monkeypatch):
    x, y = data.blobs(40, classes=classes, seed=0)
    recorder = trained(small(sizes=(classes,)), Recorder(x, y), x, y, "cross_entropy", epochs=1)
    recorder.frames = [recorder.frames[-1]] * frames
    monkeypatch.setattr(
        "autograd_lite.pages.replay._at_once", lambda net, points: np.zeros((len(points), classes))
    )
    shown = recorded(recorder)
    assert len(base64.b64decode(shown["grids"])) <= max(BYTES, 2 * 8 * 8 * classes * frames)
    assert shown["steps"] >= 8


def test_of_many_samples_some_are_shown():
    x, y = np.tile(X, (500, 1)), np.tile(Y, 500)
    recorder = Recorder(x, y)
    trained(small(), recorder, epochs=1)
    assert 1000 <= len(recorded(recorder)["points"]) <= 2000


def test_the_same_training_gives_the_same_page():
    pages = [replay(trained(small(), Recorder(X, Y))).html for _ in range(2)]
    assert pages[0] == pages[1]


# --- what cannot be shown ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"X": [[1.0], [2.0]], "y": [0, 1]}, "X must be samples of two features each"),
        ({"X": X[:2], "y": [0, math.nan]}, "y must be made of finite numbers"),
        ({"X": X, "y": Y[:3]}, "y must be of the length of X, 20"),
        ({"X": X, "y": np.arange(20)}, "y must be of at most 10 classes"),
        ({"X": X[:2], "y": [[0, 1], [1]]}, "y must be a class, or one-hot rows of one length"),
        ({"X": X[:2], "y": [[[0, 1]], [[1, 0]]]}, "y must be a class, or one-hot rows"),
        ({"X": X[:2], "y": [[], []]}, "y must be a class, or one-hot rows"),
        (
            {"X": X[:2], "y": [[0.2, 0.8, 0.5], [0, 0, 1]]},
            "y must be a class, or one-hot: one 1, all others 0",
        ),
        ({"X": X[:2], "y": [[1, 0], [1, 1]]}, "y must be a class, or one-hot: one 1, all others 0"),
        ({"X": X[:2], "y": [[1, 0], [0, 0]]}, "y must be a class, or one-hot: one 1, all others 0"),
        ({"frames": 0}, "frames must be a whole number >= 1"),
        ({"frames": 2.5}, "frames must be a whole number"),
        ({"frames": 5000}, "<= 1000"),
        ({"loss": "mae"}, "loss must be one of ''"),
        ({"feature_names": "ab"}, "feature_names must be a list of str"),
        ({"class_names": [1, 2]}, "class_names must be a list of str"),
        ({"feature_names": ["width"]}, "feature_names must be two names, or none"),
        ({"feature_names": ["a", "b", "c"]}, "feature_names must be two names, or none"),
        ({"class_names": ["no"]}, "class_names must be a name for each of the 2 classes, or none"),
    ],
)
def test_bad_arguments(options, told):
    with pytest.raises(al.ArgumentError, match=f"Recorder: .*{re.escape(told)}"):
        Recorder(**{"X": X, "y": Y, **options})


def test_nothing_recorded():
    assert repr(Recorder(X, Y)) == "<Recorder: nothing recorded yet>"
    with pytest.raises(al.GraphError, match="nothing is recorded: give the recorder to fit"):
        explore(Recorder(X, Y))
    with pytest.raises(al.ArgumentTypeError, match="replay: recorder must be a Recorder"):
        replay(al.History())


def test_more_classes_than_the_net_tells_apart():
    x, y = THREE
    recorder = Recorder(x, y)
    trained(small(), recorder, x, y % 2)
    with pytest.raises(al.ArgumentValueError, match=r"Recorder: y must be of at most .* here 2"):
        replay(recorder)


def test_more_names_than_the_net_tells_apart():
    recorder = trained(small(), Recorder(X, Y, class_names=["no", "yes", "perhaps"]))
    with pytest.raises(al.ArgumentValueError, match=r"Recorder: class_names must be as many .* here 2"):
        explore(recorder)


@pytest.mark.parametrize(
    ("inputs", "net"),
    [(3, small(3)), (1, nn.Sequential(small(1), "tanh")), (4, nn.Autoencoder(4, [2], seed=0))],
    ids=["MLP", "Sequential", "Autoencoder"],
)
def test_a_net_of_other_than_two_inputs_is_refused_before_it_is_trained(inputs, net):
    before, rows = [p.data for p in net.parameters()], np.ones((20, inputs))
    with pytest.raises(al.ArgumentValueError, match="Recorder: net must be a net of two inputs"):
        trained(net, Recorder(X, Y), x=rows, y=rows if inputs == 4 else Y, loss="mse")
    assert [p.data for p in net.parameters()] == before
