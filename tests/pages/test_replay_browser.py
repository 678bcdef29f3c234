"""The replay's page in a real browser: what is on it is the net's own, and every way leads to its epoch."""

import io
import math
import re

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import data, nn, optim
from autograd_lite.pages.replay import Recorder, replay

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed: it comes with matplotlib")

X, Y = data.moons(40, noise=0.1, seed=0)


@pytest.fixture(scope="module")
def learnt():
    """A net that has learnt, its recorder and its history."""
    net = nn.MLP(2, [5, 4, 1], "tanh", seed=1)
    recorder = Recorder(X, Y, class_names=["upper", "lower"])
    optimizer = optim.Adam(net.parameters(), lr=0.05)
    history = al.fit(net, X, Y, loss="bce_with_logits", optimizer=optimizer, epochs=40, metrics=["accuracy"],
                     validation=(X[:9], Y[:9]), callbacks=[recorder], progress=False)  # fmt: skip
    return net, recorder, history.history


@pytest.fixture(scope="module")
def moons(learnt):
    return replay(learnt[1], "Two moons")


@pytest.fixture
def page(opened, moons):
    return opened(moons)


def epoch(page):
    return int(page.locator("#readout dd").first.inner_text())


def wait(page, condition):
    """Until it holds; the page's own policy keeps `wait_for_function` out."""
    for _ in range(500):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(20)
    raise TimeoutError(condition)


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def pixels(page, selector):
    return np.asarray(Image.open(io.BytesIO(page.locator(selector).screenshot())).convert("RGB")).astype(int)


# --- ways to an epoch -----------------------------------------------------------------------------------


def test_it_opens_before_training(page):
    assert page.title() == "Two moons"
    assert page.locator("h1").inner_text() == "Two moons"
    assert [text.strip() for text in page.locator("#readout dd").all_inner_texts()] == ["0", *"––––"]
    assert page.locator("#player-slider").get_attribute("aria-valuetext") == "epoch 0, before training"


def test_buttons(page):
    page.get_by_role("button", name="One step on").click(click_count=3)
    assert epoch(page) == 3
    page.get_by_role("button", name="One step back").click()
    assert epoch(page) == 2
    page.get_by_role("button", name="To the end").click()
    assert epoch(page) == 40
    assert page.get_by_role("button", name="One step on").is_disabled()
    page.get_by_role("button", name="To the start").click()
    assert epoch(page) == 0


def test_keys(page):
    press(page, "ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft")
    assert epoch(page) == 2
    press(page, "End")
    assert epoch(page) == 40
    press(page, "Home", "PageDown")
    assert epoch(page) == 4


def test_the_slider(page):
    slider = page.get_by_role("slider", name="Epoch")
    slider.fill("17")
    assert epoch(page) == 17
    assert page.locator("#player .count").inner_text() == "epoch 17"
    slider.focus()
    press(page, "ArrowRight")
    assert epoch(page) == 18
    assert re.match(
        r"epoch 18, loss 0\.\d+, accuracy [\d.]+%, validation loss", slider.get_attribute("aria-valuetext")
    )


def test_play_and_pause_by_button_and_key(page):
    page.locator("#player-speed").select_option(label="4×")
    page.get_by_role("button", name="Play").click()
    wait(page, "bar.position >= 3")
    page.get_by_role("button", name="Pause").click()
    wait(page, "!bar.playing")
    stopped = page.evaluate("bar.position")
    page.wait_for_timeout(120)  # on a busy machine what is shown is a little behind
    assert epoch(page) == page.evaluate("bar.position") == stopped >= 3
    page.locator("h1").click()  # away from the button, which takes the space bar for itself
    press(page, " ")
    wait(page, "bar.position === 40 && !bar.playing")
    assert epoch(page) == 40
    assert page.get_by_role("button", name="Play").is_visible()


def test_a_click_on_the_curve(page):
    box = page.locator("#curve").bounding_box()
    across = 54 + (box["width"] - 74) * 30 / 40
    page.locator("#curve").click(position={"x": across, "y": 40})
    assert epoch(page) == 30


def test_reload_begins_again_and_keeps_the_colours(page):
    press(page, "End")
    page.get_by_role("button", name="Switch to dark colours").click()
    page.reload()
    assert epoch(page) == 0
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


# --- what is on it ---------------------------------------------------------------------------------------


def test_the_figures_are_those_of_the_history(page, learnt):
    page.evaluate("bar.go(12)")
    shown = page.locator("#readout dd").all_inner_texts()
    history = learnt[2]
    assert int(shown[0]) == 12
    for text, name in zip(shown[1:], ("loss", "accuracy", "val_loss", "val_accuracy"), strict=True):
        number = float(text.rstrip("%")) / (100 if text.endswith("%") else 1)
        assert number == pytest.approx(history[name][11], rel=1e-3)


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("frame", [0, 15, 40])
def test_the_plane_is_coloured_as_the_net_decides(opened, moons, learnt, colours, frame):
    """Blue where it says class 0 and orange where it says class 1, away from samples and boundary."""
    net, recorder, _ = learnt
    page = opened(moons, color_scheme=colours)
    page.evaluate("frame => bar.go(frame)", frame)
    picture = pixels(page, "#plane")
    height, width, _ = picture.shape
    left, right, bottom, top = page.evaluate("DATA.box")
    for parameter, number in zip(net.parameters(), recorder.frames[frame].weights, strict=True):
        parameter.data = number
    checked = 0
    for x in np.linspace(left, right, 14)[1:-1]:
        for y in np.linspace(bottom, top, 14)[1:-1]:
            at = (
                46 + (x - left) / (right - left) * (width - 56),
                8 + (top - y) / (top - bottom) * (height - 52),
            )
            near = np.abs((X - [x, y]) / [right - left, top - bottom]).max(axis=1).min() < 0.03
            logit = net([x, y]).data
            if near or abs(logit) < 0.15:
                continue
            red, _, blue = picture[round(at[1]), round(at[0])]
            assert (red > blue) == (logit > 0), (x, y, logit)
            checked += 1
    assert checked > 60


def test_it_is_seen_to_learn(page):
    """The plane, the curve and the net look different at the beginning and at the end."""
    before = {part: pixels(page, part) for part in ("#plane", "#curve", "#net")}
    press(page, "End")
    for part, picture in before.items():
        changed = np.abs(pixels(page, part) - picture).max(axis=2) > 40
        assert changed.sum() > 300, part


@pytest.mark.parametrize("frame", [0, 40])
def test_lines_are_as_wide_as_their_weights_and_dashed_below_0(page, learnt, frame):
    _, recorder, _ = learnt
    page.evaluate("frame => bar.go(frame)", frame)
    lines = page.evaluate(
        "[...document.querySelectorAll('#net line')].map((line) => {"
        " const look = getComputedStyle(line);"
        " return [parseFloat(look.strokeWidth), look.strokeDasharray, look.stroke, line.textContent]; })"
    )
    weights = np.array(recorder.frames[frame].weights)
    largest = max(abs(w) for each in recorder.frames for w in each.weights)
    places = [line[3] for line in page.evaluate("DATA.net.lines")]
    assert len(lines) == 2 * 5 + 5 * 4 + 4
    for (width, dashes, _, text), w in zip(lines, weights[places], strict=True):
        assert width == pytest.approx(0.6 + 6.4 * abs(w) / largest, abs=0.01)
        assert (dashes != "none") == (w < 0)
        assert float(text.removeprefix("weight ")) == pytest.approx(w, rel=1e-3)
    assert len({colour for _, _, colour, _ in lines}) == 2


def test_the_table_says_the_same_in_numbers(page, learnt):
    _, recorder, _ = learnt
    page.evaluate("bar.go(7)")
    page.locator("summary").click()
    net = learnt[0]
    for parameter, number in zip(net.parameters(), recorder.frames[7].weights, strict=True):
        parameter.data = number
    for table, layer in zip(page.locator("#tables table").all(), net.layers, strict=True):
        rows = [
            [float(cell) for cell in row.locator("td").all_inner_texts()]
            for row in table.locator("tr").all()[1:]
        ]
        true = [[*(w.data for w in row), b.data] for row, b in zip(layer.weight, layer.bias, strict=True)]
        np.testing.assert_allclose(rows, true, rtol=1e-3)
    press(page, "ArrowRight")
    first = float(page.locator("#tables td").nth(1).inner_text())
    assert first == pytest.approx(recorder.frames[8].weights[0], rel=1e-3)


# --- on every screen, for everybody ----------------------------------------------------------------------

CUT = """
    [...document.querySelectorAll("#net text, #curve text, li, dt, dd, button, select")].filter((part) => {
        const box = part.getBoundingClientRect();
        const room = (part.closest("svg") || document.body).getBoundingClientRect();
        return box.width && (box.left < room.left - 1 || box.right > room.right + 1);
    }).map((part) => part.textContent)
"""
UNNAMED = """
    [...document.querySelectorAll("button, input, select")].filter((x) => !x.ariaLabel).length
"""


@pytest.mark.parametrize(("width", "height"), [(1280, 760), (390, 844), (320, 568), (1920, 1080)])
def test_nothing_is_cut_off_at_the_side(opened, moons, width, height):
    page = opened(moons, width, height)
    press(page, "End")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CUT) == []
    if width > 760:
        assert page.evaluate("document.documentElement.scrollHeight") <= height  # a slide


LONG = "a name without a blank in it: " + "Wörter" * 60


@pytest.mark.parametrize(("width", "height"), [(1280, 760), (390, 844), (320, 568)])
def test_long_names_end_in_an_ellipsis(opened, width, height):
    recorder = Recorder(X, Y, class_names=[LONG, LONG[30:]], feature_names=["W" * 300, "日本" * 150])

    def metric(outputs, targets):
        return 0.5

    metric.__name__ = LONG.replace(" ", "_")
    net = nn.MLP(2, [3, 1], "tanh", seed=0)
    al.fit(
        net, X, Y, loss="bce_with_logits", epochs=2, metrics=[metric], callbacks=[recorder], progress=False
    )
    page = opened(replay(recorder, LONG), width, height)
    press(page, "End")
    page.locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CUT) == []
    inputs = [text for text in page.locator("#net text").all_text_contents() if text[0] in "W日"]
    assert len(inputs) == 2
    assert all(text.endswith("…") and len(text) < 20 for text in inputs)
    assert page.locator("#classes li").first.get_attribute("title") == LONG
    assert page.locator("#classes li").first.bounding_box()["height"] < 40


FALLS = {
    "to the largest float": [0.3, 1e20, 1e150, 1.7e308],
    "from the smallest": [5e-324, 1.0, 1e300],
    "by thirty": [3.0, 0.1],
    "both signs": [-1e300, 1e300],
    "not at all": [0.5, 0.5],
    "large": [123456.0, 654321.0],
}


@pytest.mark.parametrize("name", FALLS)
def test_the_loss_has_a_few_marks_however_far_it_goes(opened, name):
    recorder = Recorder(X, Y)
    net = nn.MLP(2, [2, 1], seed=0)
    al.fit(net, X, Y, loss="bce_with_logits", epochs=len(FALLS[name]), callbacks=[recorder], progress=False)
    recorder.history = {"loss": FALLS[name]}
    page = opened(replay(recorder))
    marks = page.locator('#curve text[text-anchor="end"]').all_text_contents()
    assert 1 <= len(marks) <= 8
    assert len(set(marks)) == len(marks)
    assert all(math.isfinite(float(mark)) for mark in marks)
    assert page.evaluate(CUT) == []
    assert "NaN" not in page.evaluate("document.querySelector('#curve').outerHTML")


def test_it_is_named_and_reached_by_tab(page):
    for selector in ("#plane", "#curve", "#net"):
        assert page.locator(selector).get_attribute("role") == "img"
        assert len(page.locator(selector).get_attribute("aria-label")) > 20
    assert page.evaluate(UNNAMED) == 0
    reached = []
    for _ in range(9):
        press(page, "Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert reached[:2] == ["theme", "SUMMARY"]
    assert {"player-play", "player-on", "player-last", "player-slider", "player-speed"} <= set(reached)
    press(page, "ArrowRight")  # the select keeps its own keys
    assert epoch(page) == 0


def test_names_that_look_like_html_are_text(opened):
    nasty = '</script><img src=x onerror="boom()">'
    recorder = Recorder(X, Y, class_names=[nasty, "&amp;"], feature_names=[nasty, "{{x}}"])
    al.fit(
        nn.MLP(2, [1], seed=0), X, Y, loss="bce_with_logits", epochs=2, callbacks=[recorder], progress=False
    )
    page = opened(replay(recorder, nasty))
    assert page.locator("h1").inner_text() == nasty
    assert page.locator("#classes li").all_inner_texts() == [nasty, "&amp;"]
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("kind", ["three classes", "no picture", "one epoch", "gone astray"])
def test_other_trainings(opened, kind):
    class Product(nn.Module):
        def __init__(self):
            self.left, self.right = nn.Layer(2, 1, seed=0), nn.Layer(2, 1, seed=1)

        def forward(self, x):
            return self.left(x) * self.right(x)

    x, y, loss, net, epochs = X, Y, "bce_with_logits", nn.MLP(2, [20, 1], seed=0), 4
    if kind == "three classes":
        (x, y), loss, net = data.blobs(30, classes=3, seed=0), "cross_entropy", nn.MLP(2, [3], seed=0)
    elif kind == "no picture":
        net = Product()
    elif kind == "one epoch":
        epochs = 1
    recorder = Recorder(x, y)
    al.fit(net, x, y, loss=loss, epochs=epochs, callbacks=[recorder], progress=False)
    if kind == "gone astray":
        recorder.frames = [
            frame._replace(weights=(float("nan"),) * len(frame.weights)) for frame in recorder.frames
        ]
    page = opened(replay(recorder))
    press(page, "End")
    assert epoch(page) == epochs
    assert page.locator("#net").count() == (kind != "no picture")
    assert len(np.unique(pixels(page, "#plane").reshape(-1, 3), axis=0)) > 20
