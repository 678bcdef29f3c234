"""The page that steps backward, in a browser: every way to a step leads there, with the engine's numbers."""

import pytest

import autograd_lite as al
from autograd_lite import nn
from autograd_lite.engine.value import Value
from autograd_lite.pages.stepper import explore
from autograd_lite.pictures.looks import number

from .browser import box, go, last, net_page, neuron, position, rule, table, until

# --- stepping ----------------------------------------------------------------------------------------


def test_step_by_step_forward_then_backward(opened):
    tab = opened(explore(neuron()))
    assert rule(tab) == "The leaves have their numbers."
    assert table(tab)["a"] == ("?", "–")
    seen = []
    for _ in range(last(tab)):
        tab.click("#player-on")
        seen.append(rule(tab))
    assert seen == [
        "v1 = w · x = 0.5 · 2 = 1",
        "a = v1 + b = 1 + (-0.3) = 0.7",
        "v2 = tanh(a) = tanh(0.7) = 0.6044",
        "v3 = v2 - 1 = 0.6044 - 1 = -0.3956",
        "loss = v3² = (-0.3956)² = 0.1565",
        "loss.grad = ∂loss/∂loss = 1",
        "v3.grad += 2 · v3 · loss.grad = -0.7913 · 1 = -0.7913",
        "v2.grad += 1 · v3.grad = 1 · -0.7913 = -0.7913",
        "a.grad += (1 - v2²) · v2.grad = 0.6347 · -0.7913 = -0.5022",
        "v1.grad += 1 · a.grad = 1 · -0.5022 = -0.5022",
        "b.grad += 1 · a.grad = 1 · -0.5022 = -0.5022",
        "w.grad += x · v1.grad = 2 · -0.5022 = -1.004",
        "x.grad += w · v1.grad = 0.5 · -0.5022 = -0.2511",
        "Every gradient is there.",
    ]


def test_a_label_that_is_a_formula_stands_in_brackets_where_it_must(opened):
    u, y = Value(-3.0, "x - 1"), Value(-2.0, "y-2")
    tab = opened(explore(al.tanh(u) + u * y))
    seen = set()
    for step in range(last(tab) + 1):
        go(tab, step)
        seen.add(rule(tab))
    assert {
        "v1 = tanh(x - 1) = tanh(-3) = -0.9951",
        "v2 = (x - 1) · (y-2) = -3 · -2 = 6",
        "(y-2).grad += (x - 1) · v2.grad = -3 · 1 = -3",
        "(x - 1).grad += (y-2) · v2.grad = -2 · 1 = -2",
    } <= seen


@pytest.mark.parametrize("make", [neuron, lambda: al.softmax([Value(1.0, "p"), Value(2.0, "q")])[0]])
def test_at_the_end_the_table_and_the_picture_have_the_gradients_of_grad(opened, make):
    root = make()
    nodes = al.order(root)
    tab = opened(explore(root))
    tab.keyboard.press("End")
    expected = [number(g) for g in al.grad(root, nodes)]
    names = [row[0] for row in tab.evaluate("DATA.nodes")]
    assert [table(tab)[name] for name in names] == [
        (number(v.data), g) for v, g in zip(nodes, expected, strict=True)
    ]
    for i, gradient in enumerate(expected):
        assert box(tab, f"n{i}").locator(".grad").text_content() == gradient


def test_the_table_fills_up_step_by_step(opened):
    tab = opened(explore(neuron()))
    counts = []
    for step in range(last(tab) + 1):
        go(tab, step)
        whole = [g for _, g in table(tab).values() if g != "–"]
        assert tab.inner_text("#tally") == f"{len(whole)} of 8"
        counts.append(len(whole))
    assert counts == [0] * 6 + [1, 2, 3, 4, 5, 6, 7, 8, 8]


def test_what_is_shared_adds_up_and_is_shown_as_partial_until_then(opened):
    x = Value(3.0, "x")
    y = x * x + x
    y.label = "y"
    tab = opened(explore(y))
    states = []
    for step in range(last(tab) + 1):
        go(tab, step)
        states.append((table(tab)["x"][1], "partial" in box(tab, "n0").get_attribute("class")))
    assert list(dict.fromkeys(states)) == [("–", False), ("1…", True), ("4…", True), ("7", False)]


def test_every_key_and_button_leads_where_it_says(opened):
    tab = opened(explore(neuron()))
    presses = ["ArrowRight", "ArrowRight", "ArrowLeft", "End", "ArrowRight", "Home", "ArrowLeft"]
    for press, expected in zip(presses, [1, 2, 1, 14, 14, 0, 0], strict=True):
        tab.keyboard.press(press)
        assert position(tab) == expected, press
    for name, expected in [("on", 1), ("last", 14), ("back", 13), ("first", 0)]:
        tab.click(f"#player-{name}")
        assert position(tab) == expected, name
    tab.click("#to-backward")
    assert rule(tab).startswith("loss.grad = ")
    tab.click("#to-forward")
    assert rule(tab).startswith("v1 = ")
    tab.focus("#player-slider")
    tab.keyboard.press("ArrowRight")
    assert position(tab) == 2  # one step, not two


def test_the_slider_goes_anywhere_and_back(opened):
    tab = opened(explore(neuron()))
    there = []
    for step in range(15):
        go(tab, step)
        there.append((rule(tab), table(tab), tab.inner_html(".boxes"), tab.inner_html(".edges")))
    for step in reversed(range(15)):
        go(tab, step)
        assert (rule(tab), table(tab), tab.inner_html(".boxes"), tab.inner_html(".edges")) == there[step]
    assert "loss.grad" in tab.get_attribute("#player-slider", "aria-valuetext") or position(tab) == 0


def test_play_runs_to_the_end_and_any_step_stops_it(opened):
    tab = opened(explore(neuron()))
    tab.select_option("#player-speed", label="10×")
    tab.keyboard.press("Escape")
    tab.click("#player-play")
    assert tab.get_attribute("#player-play", "aria-label") == "Pause"
    until(tab, lambda: position(tab) >= 3)
    tab.click("#player-play")
    stopped = position(tab)
    assert tab.get_attribute("#player-play", "aria-label") == "Play"
    tab.wait_for_timeout(300)
    assert position(tab) == stopped
    tab.evaluate("document.activeElement.blur()")  # Space on a button presses the button
    tab.keyboard.press(" ")
    until(tab, lambda: position(tab) == 14)
    assert tab.get_attribute("#player-play", "aria-label") == "Play"
    tab.keyboard.press(" ")  # from the end it begins anew
    until(tab, lambda: position(tab) < 10)
    tab.keyboard.press("ArrowLeft")
    assert tab.get_attribute("#player-play", "aria-label") == "Play"


def test_a_click_on_a_node_goes_to_it(opened):
    tab = opened(explore(neuron()))
    tab.click("#to-forward")
    box(tab, "n4").click()
    assert rule(tab).startswith("a = v1 + b")
    tab.click("#to-backward")
    box(tab, "n4").click()
    assert rule(tab).startswith("a.grad += ")
    tab.click("#table button:text-is('w')")
    assert rule(tab).startswith("w.grad += ")


# --- groups ------------------------------------------------------------------------------------------


def test_a_neuron_opens_in_place_by_click_and_by_key_and_closes(opened):
    tab = opened(net_page(3, 1))
    assert tab.locator(".box.group").count() == 4
    steps = last(tab)
    group = tab.locator(".box.group").nth(1)
    name = group.get_attribute("data-id")
    group.click()
    assert tab.locator(".box.group").count() == 3
    assert tab.locator(".frame.opened").count() == 1
    assert last(tab) > steps
    assert {"W0[1,0]", "W0[1,1]", "b0[1]", "a0[1]", "h0[1]"} <= set(
        tab.locator(".box .title").all_text_contents()
    )
    tab.keyboard.press("Escape")
    assert (tab.locator(".box.group").count(), last(tab)) == (4, steps)
    assert tab.evaluate("document.activeElement.dataset.id") == name
    tab.keyboard.press("Enter")
    assert tab.locator(".frame.opened").count() == 1
    tab.click("#close")
    assert tab.locator(".frame.opened").count() == 0
    assert not tab.is_visible("#close")


def test_a_closed_neuron_is_one_step_and_an_open_one_many_with_the_same_end(opened):
    tab = opened(net_page(2, 1))
    tab.keyboard.press("End")
    expected = table(tab)
    for k in range(3):
        tab.locator(".box.group").nth(k).click()
        tab.keyboard.press("End")
        assert table(tab) == expected
        tab.keyboard.press("Escape")
    tab.keyboard.press("Home")
    tab.keyboard.press("ArrowRight")
    assert rule(tab) == f"layer0 neuron0: h0[0] = {table(tab)['h0[0]'][0]}"
    tab.click("#to-backward")
    while "hands back" not in rule(tab):
        tab.keyboard.press("ArrowRight")
    done = table(tab)
    h0, h1 = (done[name][1] for name in ("h0[0]", "h0[1]"))
    assert rule(tab) == f"layer1 neuron0 hands back: h0[0].grad += {h0}, h0[1].grad += {h1}"


def test_where_one_is_stays_when_a_group_is_opened(opened):
    tab = opened(net_page(3, 1))
    tab.click("#to-backward")
    for _ in range(4):
        tab.keyboard.press("ArrowRight")
    before = table(tab)
    tab.locator(".box.group").nth(0).click()
    assert table(tab) == before
    tab.keyboard.press("Escape")
    assert table(tab) == before


def test_edges_of_an_opened_neuron_end_at_boxes(opened):
    tab = opened(net_page(4, 3, 1))
    for name in tab.evaluate("Object.keys(DATA.openings)"):
        tab.evaluate(f"openGroup('{name}')")
        loose = tab.evaluate("""() => view.edges.filter(({source, target, knots}) => {
          const [a, b] = [source, target].map((id) => view.byId.get(id));
          const [x, y] = knots, [u, v] = knots.slice(-2);
          return Math.abs(x - a.x - a.w) > 2 || y < a.y - 1 || y > a.y + a.h + 1
            || Math.abs(u - b.x) > 2 || v < b.y - 1 || v > b.y + b.h + 1;
        }).map((e) => [e.source, e.target])""")
        assert loose == [], name


def test_a_closed_layer_shows_no_number_that_is_not_its_own(opened):
    net = nn.MLP(2, [4, 3, 1], activation="tanh", seed=1)
    tab = opened(explore(net, [1.0, -2.0], 1.0, loss=al.mse_loss, by="layer"))
    tab.keyboard.press("End")
    groups = tab.locator(".box.group:not(:has(.data))")
    assert groups.count() >= 2
    for k in range(groups.count()):
        classes = set(groups.nth(k).get_attribute("class").split())
        assert "passed" in classes
        assert not classes & {"pos", "neg", "zero", "partial"}


def test_a_neuron_that_hands_back_to_more_than_can_be_seen_is_in_sight_itself(opened):
    tab = opened(net_page(16, 16, 1), reduced_motion="reduce")
    frame, buttons = (tab.locator(name).bounding_box() for name in ("#picture", ".zoom"))
    for step in range(last(tab) // 2 + 4, last(tab), 7):
        go(tab, step)
        at = tab.locator(".box.acting .face").first.bounding_box()
        assert frame["x"] <= at["x"] <= frame["x"] + frame["width"] - at["width"]
        assert buttons["y"] + buttons["height"] < at["y"] <= frame["y"] + frame["height"] - at["height"]
