"""The plots: what is in them, by matplotlib's own objects; what is saved; what is refused."""

import gc
import subprocess
import sys
import weakref

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import nn
from autograd_lite.errors import ArgumentTypeError, ArgumentValueError, AutogradLiteError

pytest.importorskip("matplotlib")

from autograd_lite import plots
from autograd_lite.plots import figure as figures

HISTORY = {"loss": [2.0, 0.5, 0.01], "val_loss": [2.1, 0.7, 0.3], "accuracy": [0.5, 0.8, 1.0]}


def linear_net(weights, bias):
    """A net of one layer with these weights."""
    net = nn.MLP(len(weights[0]), [len(weights)], output="linear", seed=0)
    net.layers[0].weight = weights
    net.layers[0].bias = bias
    return net


def plane(seed=0, count=30):
    return np.random.default_rng(seed).uniform(-1, 1, size=(count, 2))


# --- losses ----------------------------------------------------------------------------------------


def test_loss_curve_draws_training_and_validation():
    loss, accuracy = plots.loss_curve(HISTORY).axes
    training, validation = loss.lines
    assert list(training.get_ydata()) == HISTORY["loss"]
    assert list(validation.get_ydata()) == HISTORY["val_loss"]
    assert list(training.get_xdata()) == [1, 2, 3]
    assert training.get_color() != validation.get_color()
    assert training.get_linestyle() != validation.get_linestyle()
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["training", "validation"]
    assert accuracy.get_ylabel() == "accuracy"
    assert len(accuracy.lines) == 1
    assert accuracy.get_legend() is None


def test_loss_curve_is_logarithmic_where_the_loss_falls_far():
    assert plots.loss_curve({"loss": [1.0, 0.001]}).axes[0].get_yscale() == "log"
    assert plots.loss_curve({"loss": [1.0, 0.5]}).axes[0].get_yscale() == "linear"
    assert plots.loss_curve({"loss": [1.0, -0.5]}).axes[0].get_yscale() == "linear"


def test_loss_curve_takes_what_fit_returns():
    net = linear_net([[1.0]], [0.0])
    history = al.fit(net, [[0.0], [1.0]], [0.0, 1.0], loss="mse", epochs=1, progress=False)
    (line,) = plots.loss_curve(history).axes[0].lines
    assert list(line.get_ydata()) == history.history["loss"]
    assert line.get_marker() == "o"  # a line of one point would not be seen


@pytest.mark.parametrize("history", [3, [1.0, 2.0], None])
def test_loss_curve_of_no_history(history):
    with pytest.raises(ArgumentTypeError, match="loss_curve: history must be a History"):
        plots.loss_curve(history)


@pytest.mark.parametrize("history", [{}, {"loss": []}])
def test_loss_curve_of_no_epochs(history):
    with pytest.raises(ArgumentValueError, match="at least one epoch"):
        plots.loss_curve(history)


# --- boundaries and curves ---------------------------------------------------------------------------


def border_of(figure):
    """The points of all contour lines."""
    paths = [path for c in figure.axes[0].collections if hasattr(c, "levels") for path in c.get_paths()]
    return np.concatenate([path.vertices for path in paths])


def test_the_boundary_is_where_the_logit_is_zero():
    net = linear_net([[2.0, 1.0]], [0.3])
    X = plane()
    y = (X @ [2.0, 1.0] + 0.3 > 0).astype(int)
    border = border_of(plots.decision_boundary(net, X, y, steps=40))
    assert len(border) > 10
    assert np.abs(border @ [2.0, 1.0] + 0.3).max() < 0.02


def test_the_boundary_is_at_one_half_where_the_loss_takes_probabilities():
    net = linear_net([[1.0, 0.0]], [0.5])
    border = border_of(plots.decision_boundary(net, plane(), [0, 1] * 15, loss="bce", steps=40))
    assert np.abs(border[:, 0]).max() < 0.02


def test_the_boundary_of_several_classes_is_where_two_are_equal():
    W = np.array([[1.0, 0.0], [-0.5, 0.8], [-0.5, -0.8]])
    X = plane(count=60)
    figure = plots.decision_boundary(linear_net(W.tolist(), [0.0] * 3), X, (X @ W.T).argmax(axis=1), steps=60)
    second, first = np.sort(border_of(figure) @ W.T, axis=1)[:, 1:].T
    assert np.median(first - second) < 0.02


def test_the_shade_is_the_colour_of_the_class_that_wins():
    X = plane()
    figure = plots.decision_boundary(linear_net([[5.0, 0.0]], [0.0]), X, (X[:, 0] > 0).astype(int), steps=20)
    shade = figure.axes[0].images[0].get_array()
    blue, orange = figures.rgb([figures.BLUE, figures.ORANGE])
    for corner, near, far in ((shade[0, 0], blue, orange), (shade[0, -1], orange, blue)):
        away = 1.0 - corner  # the blend with white is along the line to the colour
        assert away @ (1 - near) / np.linalg.norm(1 - near) == pytest.approx(np.linalg.norm(away))
        assert away @ (1 - far) / np.linalg.norm(1 - far) < 0.99 * np.linalg.norm(away)


@pytest.mark.parametrize("labels", [(0, 1), (-1, 1)])
def test_samples_are_drawn_in_the_colour_of_their_class(labels):
    X = plane()
    y = np.where(X[:, 0] > 0, labels[1], labels[0])
    figure = plots.decision_boundary(
        linear_net([[1.0, 0.0]], [0.0]), X, y, class_names=["no", "yes"], steps=10
    )
    groups = [c for c in figure.axes[0].collections if not hasattr(c, "levels")]
    assert [group.get_label() for group in groups] == ["no", "yes"]
    for group, colour, label in zip(groups, (figures.BLUE, figures.ORANGE), labels, strict=True):
        assert group.get_facecolor()[0][:3] == pytest.approx(figures.rgb([colour])[0])
        assert np.array_equal(group.get_offsets(), X[y == label])


def test_a_class_keeps_its_colour_where_another_has_no_samples():
    X = plane()
    net = linear_net([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]], [0.0] * 3)
    figure = plots.decision_boundary(net, X, [2] * len(X), class_names=["a", "b", "c"], steps=10)
    (group,) = [c for c in figure.axes[0].collections if not hasattr(c, "levels")]
    assert group.get_label() == "c"
    assert group.get_facecolor()[0][:3] == pytest.approx(figures.rgb([figures.GREEN])[0])


def test_one_hot_targets_and_nets_that_are_of_one_mind():
    X = plane(count=4)
    figure = plots.decision_boundary(
        linear_net([[0.0, 0.0]] * 2, [1.0, 0.0]), X, np.eye(2)[[0, 1, 0, 1]], steps=10
    )
    assert not [
        c for c in figure.axes[0].collections if hasattr(c, "levels")
    ]  # class 0 everywhere: no border
    assert len(figure.axes[0].collections) == 2


def test_a_net_gone_astray_is_drawn_without_a_warning(tmp_path):
    net = linear_net([[1e308, 1e308], [-1e308, 1e308]], [1e308, 0.0])
    plots.decision_boundary(net, plane() * 10, [0, 1] * 15, tmp_path / "x.png", steps=10)


@pytest.mark.parametrize("X", [[[1.0, 2.0, 3.0]], [1.0, 2.0], np.zeros((0, 2))])
def test_a_boundary_needs_two_features(X):
    with pytest.raises(
        ArgumentValueError, match="decision_boundary: X must be an array of samples, 2 feature"
    ):
        plots.decision_boundary(linear_net([[1.0, 0.0]], [0.0]), X, [0])


def test_targets_are_as_many_as_samples():
    with pytest.raises(ArgumentValueError, match="decision_boundary: y must be of the length of X, 30"):
        plots.decision_boundary(linear_net([[1.0, 0.0]], [0.0]), plane(), [0, 1])


def test_regression_curve_draws_the_net_and_the_samples():
    X, y = np.array([[0.0], [2.0], [1.0]]), np.array([1.0, 5.0, 3.0])
    (ax,) = plots.regression_curve(
        linear_net([[2.0]], [1.0]), X, y, feature_names=["age"], target_name="height"
    ).axes
    (line,) = ax.lines
    assert line.get_ydata() == pytest.approx(2 * np.array(line.get_xdata()) + 1)
    assert np.all(np.diff(line.get_xdata()) > 0)
    assert np.array_equal(ax.collections[0].get_offsets(), np.column_stack([X, y]))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("age", "height")


# --- activation functions ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", plots.ACTIVATIONS)
def test_activation_functions_show_the_tables_value_and_its_derivative(name):
    (ax,) = plots.activation_functions(name).axes
    value, slope = ax.lines[2:]
    xs = np.array(value.get_xdata())
    assert (xs[0], xs[-1]) == (-3.0, 3.0)
    assert np.array_equal(value.get_ydata(), [getattr(al, name)(x) for x in xs])
    shown, h = np.array(slope.get_ydata()), 1e-6
    differences = np.array([(getattr(al, name)(x + h) - getattr(al, name)(x - h)) / (2 * h) for x in xs])
    drawn = ~np.isnan(shown)
    assert drawn.sum() >= len(xs) - 1
    assert shown[drawn] == pytest.approx(differences[drawn], abs=1e-8)
    assert ax.get_title() == name


def test_no_line_bridges_the_jump_of_a_derivative():
    (ax,) = plots.activation_functions("relu").axes
    xs, slopes = (np.array(numbers) for numbers in ax.lines[3].get_data())
    assert np.isnan(slopes[np.flatnonzero(xs > 0)[0]])
    assert set(slopes[~np.isnan(slopes)]) == {0.0, 1.0}


def test_activation_functions_of_ones_own():
    def cube(x):
        return x**3

    figure = plots.activation_functions([cube, "tanh"], low=-1, high=1)
    assert [ax.get_title() for ax in figure.axes] == ["cube", "tanh"]
    xs, slopes = figure.axes[0].lines[3].get_data()
    assert slopes == pytest.approx(3 * np.array(xs) ** 2)


def test_all_activation_functions_by_default():
    assert [ax.get_title() for ax in plots.activation_functions().axes] == list(plots.ACTIVATIONS)


def test_activation_functions_that_are_none():
    with pytest.raises(ArgumentValueError, match=r"functions, or among .*tanh.*, got str 'tahn'"):
        plots.activation_functions(["tahn"])
    with pytest.raises(ArgumentValueError, match="among"):
        plots.activation_functions(["hypot"])  # of two inputs
    with pytest.raises(ArgumentValueError, match="at least one name"):
        plots.activation_functions([])
    with pytest.raises(ArgumentTypeError, match="a Value"):
        plots.activation_functions([lambda x: 1.0])


# --- the net -------------------------------------------------------------------------------------------


def test_net_picture_has_every_neuron_and_every_weight():
    net = nn.MLP(3, [4, 2], seed=0)
    (ax,) = plots.net_picture(net, class_names=["cat", "dog"]).axes
    lines = [c for c in ax.collections if hasattr(c, "get_segments")]
    assert [len(c.get_segments()) for c in lines] == [12, 8]
    circles = [c for c in ax.collections if not hasattr(c, "get_segments")]
    assert [len(c.get_offsets()) for c in circles] == [3, 4, 2]
    texts = [text.get_text() for text in ax.texts]
    assert {"3 inputs", "4 relu", "2 linear", "cat", "dog", "$x_{1}$", "$x_{3}$"} <= set(texts)


def test_the_colour_of_a_weight_is_its_sign_and_the_width_its_size():
    (ax,) = plots.net_picture(linear_net([[0.5, -2.0]], [0.0])).axes
    (lines,) = [c for c in ax.collections if hasattr(c, "get_segments")]
    small, large = lines.get_colors()  # by size
    assert small[:3] == pytest.approx(figures.rgb([figures.BLUE])[0])
    assert large[:3] == pytest.approx(figures.rgb([figures.RED])[0])
    assert lines.get_linewidths()[1] > 2 * lines.get_linewidths()[0]
    starts = [segment[0] for segment in lines.get_segments()]
    assert starts[0][1] > starts[1][1]  # the first input is above the second


def test_large_layers_are_collapsed():
    (ax,) = plots.net_picture(nn.MLP(2, [40, 1], seed=0), most=9).axes
    assert [text.get_text() for text in ax.texts].count("…") == 1
    circles = [c for c in ax.collections if not hasattr(c, "get_segments")]
    assert [len(c.get_offsets()) for c in circles] == [2, 8, 1]
    assert "40 relu" in [text.get_text() for text in ax.texts]


def test_a_net_of_zeros_is_drawn():
    plots.net_picture(linear_net([[0.0, 0.0]], [0.0]))


@pytest.mark.parametrize("net", [None, 3, nn.Sequential("tanh")])
def test_net_picture_of_no_net(net):
    with pytest.raises(ArgumentTypeError, match="net_picture: net must be a net with layers"):
        plots.net_picture(net)


# --- files, and what is left behind ------------------------------------------------------------------------


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("PDF", b"%PDF")])
def test_saved_by_suffix_and_the_same_bytes_every_time(tmp_path, suffix, start):
    for name in ("a", "b"):
        plots.loss_curve(HISTORY, tmp_path / f"{name}.{suffix}")
    drawn = (tmp_path / f"a.{suffix}").read_bytes()
    assert drawn.startswith(start)
    assert len(drawn) > 2000
    assert drawn == (tmp_path / f"b.{suffix}").read_bytes()


@pytest.mark.parametrize("path", ["x.gif", "x", "png"])
def test_other_suffixes_are_refused(path):
    with pytest.raises(
        ArgumentValueError, match=r"loss_curve: path must be a path that ends in \.png, \.svg, \.pdf"
    ):
        plots.loss_curve(HISTORY, path)


def test_a_path_is_a_path():
    with pytest.raises(ArgumentTypeError, match="path must be a path or None, got int 3"):
        plots.loss_curve(HISTORY, 3)


def test_no_figure_is_kept_and_no_global_state_touched():
    import matplotlib

    before = dict(matplotlib.rcParams)
    figure = weakref.ref(plots.loss_curve(HISTORY))
    gc.collect()
    assert figure() is None
    assert dict(matplotlib.rcParams) == before


def test_pyplot_is_never_imported():
    script = (
        "import sys; from autograd_lite import plots; assert 'matplotlib' not in sys.modules;"
        "plots.loss_curve({'loss': [1.0, 0.5]}); print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_without_matplotlib_one_error_names_the_command(monkeypatch):
    for name in ["matplotlib", *(name for name in sys.modules if name.startswith("matplotlib."))]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(AutogradLiteError, match=r'pip install "autograd_lite\[plot\]"') as caught:
        plots.loss_curve(HISTORY)
    assert isinstance(caught.value, ImportError)
    assert caught.value.function == "loss_curve"
