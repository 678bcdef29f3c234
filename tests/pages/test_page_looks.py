"""The looks of the page that steps backward, in a browser: what is seen, near and far, by all."""

import re

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import nn
from autograd_lite.engine.value import Value
from autograd_lite.pages.html_page import Page
from autograd_lite.pages.stepper import explore

from .browser import (
    box,
    go,
    last,
    net_page,
    neuron,
    pixels,
    position,
    table,
    until,
)

PHONE = {"width": 390, "height": 844}


# --- what the picture shows --------------------------------------------------------------------------


def test_what_is_done_under_way_and_to_come_are_told_apart(opened):
    tab = opened(explore(neuron()))

    def classes():
        return {i: set(box(tab, f"n{i}").get_attribute("class").split()) for i in range(8)}

    assert {i for i, c in classes().items() if "known" in c} == {0, 1, 3}
    go(tab, 2)
    now = classes()
    assert {i for i, c in now.items() if "known" in c} == {0, 1, 2, 3, 4}
    assert {i for i, c in now.items() if "acting" in c} == {4}
    go(tab, 9)
    now = classes()
    assert {i for i, c in now.items() if "acting" in c} == {5}
    assert {i for i, c in now.items() if "fed" in c} == {4}
    assert {i for i, c in now.items() if c & {"pos", "neg"}} == {4, 5, 6, 7}
    assert tab.locator(".flow.backward").count() == 1
    assert tab.text_content(".flow .pill") == "0.6347"
    assert tab.locator(".edge.went").count() == 3


def test_colours_are_on_the_screen(opened):
    """The yellow of what is under way, the blue and the orange of gradients: looked for in the pixels."""
    pytest.importorskip("PIL.Image", reason="Pillow is not installed: it comes with matplotlib")
    tab = opened(explore(neuron()), reduced_motion="reduce")

    def count(selector, test):
        r, g, b = np.moveaxis(pixels(tab, selector), 2, 0)
        return int(test(r, g, b).sum())

    def yellow(r, g, b):
        return (r > 240) & (g > 210) & (b < 120)

    def orange(r, g, b):
        return (r > 240) & (b < r - 40) & (g < r - 15) & (b > 120)

    def blue(r, g, b):
        return (b > 190) & (r < b - 50)

    assert count("#picture", yellow) == count("#picture", orange) == count("#picture", blue) == 0
    go(tab, 9)
    assert count("#picture", yellow) > 1000
    assert count("#picture", orange) > 5000
    assert count("#picture", blue) > 2000
    go(tab, 14)
    assert count("#picture", yellow) == 0


TEXT_INSIDE = """() => [...document.querySelectorAll('.box')].flatMap(box => {
  const frame = box.querySelector('.face').getBoundingClientRect();
  return [...box.querySelectorAll(':scope > text')].filter(text => {
    const b = text.getBoundingClientRect();
    return b.width && (b.left < frame.left - 1 || b.right > frame.right + 1
      || b.top < frame.top - 1 || b.bottom > frame.bottom + 1);
  }).map(text => text.textContent);
})"""

CLIPPED = """() => [...document.querySelectorAll('.panel')].filter(
  p => p.scrollWidth > p.clientWidth + 1 || p.getBoundingClientRect().right > innerWidth + 1
).map(p => p.className)"""


@pytest.mark.parametrize("size", [(1280, 800), (1024, 600), (390, 844), (1920, 1080)])
def test_no_text_leaves_its_box_and_no_panel_the_window(opened, size):
    tab = opened(net_page(4, 3, 1), *size)
    for step in (0, 4, last(tab) // 2, last(tab) - 2, last(tab)):
        go(tab, step)
        assert tab.evaluate(TEXT_INSIDE) == []
        assert tab.evaluate(CLIPPED) == []
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab.evaluate("openGroup(Object.keys(DATA.openings)[1])")
    assert tab.evaluate(TEXT_INSIDE) == []


COVERED = """() => {
  const numbers = [...document.querySelectorAll('.slope text')].map((t) => t.getBoundingClientRect());
  const faces = [...document.querySelectorAll('.box .face')].map((f) => f.getBoundingClientRect());
  const meet = (a, b) =>
    a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2;
  const others = (i) => [...faces, ...numbers.slice(0, i)];
  return [numbers.length, numbers.filter((n, i) => others(i).some((other) => meet(n, other))).length];
}"""


@pytest.mark.parametrize(("sizes", "shown"), [((4, 3, 1), 5), ((2, 1), 4), ((6, 6, 1), 2)])
def test_numbers_on_edges_cover_nothing(opened, sizes, shown):
    tab = opened(net_page(*sizes))
    go(tab, last(tab))
    assert tab.evaluate(COVERED) == [shown, 0]
    for group in tab.evaluate("Object.keys(DATA.openings)"):
        tab.evaluate(f"openGroup('{group}')")
        count, covered = tab.evaluate(COVERED)
        assert covered == 0
        assert count > 0


def test_no_row_is_cut_by_the_head_of_the_table(opened):
    tab = opened(net_page(6, 4, 1))
    head = tab.locator("#table thead").bounding_box()
    scrolled = set()
    for step in range(last(tab) + 1):
        go(tab, step)
        tops = tab.evaluate("[...find('#table tbody').rows].map(r => r.getBoundingClientRect().top)")
        under = head["y"] + head["height"]
        assert min(abs(top - under) for top in tops) < 1
        scrolled.add(tab.eval_on_selector(".rows", "r => r.scrollTop"))
    assert len(scrolled) > 2


def test_labels_of_any_content_are_shown_as_they_are(opened):
    labels = ["<b>bold</b>", "</script><script>window.hit = 1</script>", 'a "quote" \\', "两\u202e", "&amp;"]
    values = [Value(1.0 + i, label) for i, label in enumerate(labels)]
    tab = opened(explore(al.sum(values), title="<i>t</i>"))
    assert tab.inner_text("h1").startswith("<i>t</i>")
    assert tab.evaluate("window.hit") is None
    assert {"<b>bold</b>", "&amp;"} <= set(table(tab))
    assert tab.locator(".box b, #table b, #step b").count() == 0
    tab.keyboard.press("End")


def test_breaks_and_tabs_in_a_label_are_spaces(opened):
    tab = opened(explore(Value(1.0, "one\ntwo\tthree") * Value(2.0, "y"), title="a\nb"))
    assert "one two three" in table(tab)
    assert tab.inner_text("h1").startswith("a b")


def test_the_table_has_the_same_air_on_both_sides(opened):
    tab = opened(explore(neuron()))
    tab.keyboard.press("End")
    frame = tab.locator(".rows").bounding_box()
    inner = tab.locator(".rows").evaluate("rows => rows.clientWidth")  # without the bar that scrolls it
    for button, chip in zip(tab.locator("tbody button").all(), tab.locator("tbody .chip").all(), strict=True):
        left, right = button.bounding_box(), chip.bounding_box()
        assert right["x"] + right["width"] == pytest.approx(frame["x"] + inner - 14, abs=1)
        assert left["x"] == pytest.approx(frame["x"] + 14, abs=1)


# --- zoom and pan ------------------------------------------------------------------------------------


def scale_of(tab):
    return float(re.search(r"scale\(([\d.]+)\)", tab.get_attribute("#world", "style"))[1])


def corner_of(tab, name):
    at = box(tab, name).locator(".face").bounding_box()
    return at["x"], at["y"]


def test_zoom_by_wheel_keys_and_buttons_and_fit_brings_all_back(opened):
    tab = opened(explore(neuron()))
    fitted = scale_of(tab)
    x, y = corner_of(tab, "n4")
    tab.mouse.move(x, y)
    tab.mouse.wheel(0, -240)
    until(tab, lambda: scale_of(tab) != fitted)
    assert scale_of(tab) > 1.3 * fitted
    assert corner_of(tab, "n4") == pytest.approx((x, y), abs=2)  # what is under the pointer stays there
    for press, larger in [("+", True), ("-", False), ("=", True)]:
        before = scale_of(tab)
        tab.keyboard.press(press)
        assert (scale_of(tab) > before) == larger
    for name, larger in [("#zoom-in", True), ("#zoom-out", False)]:
        before = scale_of(tab)
        tab.click(name)
        assert (scale_of(tab) > before) == larger
    tab.click("#zoom-fit")
    assert scale_of(tab) == pytest.approx(fitted)
    tab.keyboard.press("+")
    tab.keyboard.press("0")
    assert scale_of(tab) == pytest.approx(fitted)


def test_a_drag_moves_the_picture_and_is_no_click(opened):
    tab = opened(explore(neuron()))
    x, y = corner_of(tab, "n4")
    tab.mouse.move(x + 10, y + 10)
    tab.mouse.down()
    tab.mouse.move(x + 60, y + 40, steps=4)
    tab.mouse.up()
    assert corner_of(tab, "n4") == pytest.approx((x + 50, y + 30), abs=2)
    assert position(tab) == 0


def test_two_fingers_zoom(opened):
    tab = opened(explore(neuron()), has_touch=True, **PHONE)
    before = scale_of(tab)
    tab.evaluate("""() => {
      const svg = document.querySelector('#picture'), frame = svg.getBoundingClientRect();
      const [cx, cy] = [frame.left + frame.width / 2, frame.top + frame.height / 2];
      const send = (type, id, dx, target) => target.dispatchEvent(new PointerEvent(type, {
        pointerId: id, pointerType: 'touch', clientX: cx + dx, clientY: cy, bubbles: true, button: 0 }));
      send('pointerdown', 1, -40, svg); send('pointerdown', 2, 40, svg);
      for (let i = 1; i <= 10; i += 1) {
        send('pointermove', 1, -40 - 4 * i, window);
        send('pointermove', 2, 40 + 4 * i, window);
      }
      send('pointerup', 1, -80, window); send('pointerup', 2, 80, window);
    }""")
    assert scale_of(tab) == pytest.approx(2 * before, rel=0.25)


def test_what_is_under_way_is_kept_in_sight(opened):
    x = Value(0.5, "x")
    for _ in range(60):
        x = (x * 1.5).tanh()
    tab = opened(explore(x, by="op"), reduced_motion="reduce", **PHONE)
    frame = tab.locator("#picture").bounding_box()
    for step in range(0, last(tab), 23):
        go(tab, step + 1)
        at = tab.locator(".box.acting .face").first.bounding_box()
        assert frame["x"] <= at["x"]
        assert at["x"] + at["width"] <= frame["x"] + frame["width"]
        assert at["width"] > 50


# --- dark, small, with a keyboard, aloud ---------------------------------------------------------------


def test_a_wide_low_graph_is_in_the_middle_of_the_stage(opened):
    root = Value(0.5, "x")
    for _ in range(60):
        root = root.tanh()
    tab = opened(explore(root))
    stage, first = tab.locator("#picture").bounding_box(), box(tab, "n0").bounding_box()
    middle = first["y"] + first["height"] / 2 - stage["y"]
    assert middle == pytest.approx(stage["height"] / 2, abs=40)  # the buttons above leave a little less


def test_dark_and_light_follow_the_system_and_the_button(opened):
    tab = opened(explore(neuron()), color_scheme="dark")
    shade = "getComputedStyle(document.body).backgroundColor"
    dark = tab.evaluate(shade)
    tab.click("#theme")
    light = tab.evaluate(shade)
    assert sum(map(int, re.findall(r"\d+", dark))) < 150 < 600 < sum(map(int, re.findall(r"\d+", light)))
    tab.reload()
    assert tab.evaluate(shade) == light  # what was chosen is kept
    tab.click("#theme")
    assert tab.evaluate(shade) == dark


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(opened, scheme):
    """At least 4.5 to 1, as WCAG asks, for the text of every state."""
    tab = opened(explore(neuron()), color_scheme=scheme, reduced_motion="reduce")

    def channel(c):
        return c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4

    def light(colour):
        numbers = [float(x) for x in re.findall(r"[\d.]+", colour)][:3]
        r, g, b = numbers if colour.startswith("color(") else [x / 255 for x in numbers]
        return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b)

    pairs = """() => [...document.querySelectorAll('.box.known text')].map(t => [getComputedStyle(t).fill,
      getComputedStyle(t.parentNode.querySelector('.face')).fill, t.textContent])
      .concat([...document.querySelectorAll('.chip:not(.none)')].map(
        c => [getComputedStyle(c).color, getComputedStyle(c).backgroundColor, c.textContent]))"""
    for step in (5, 9, 14):
        go(tab, step)
        tab.wait_for_timeout(300)  # colours fade over
        found = tab.evaluate(pairs)
        assert found
        for ink, ground, text in found:
            high, low = sorted((light(ink), light(ground)), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= 4.5, (text, ink, ground)


def test_it_can_be_read_on_a_phone(opened):
    tab = opened(net_page(3, 1), **PHONE, has_touch=True, is_mobile=True)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    for name in ("first", "back", "play", "on", "last", "slider", "speed"):
        at = tab.locator(f"#player-{name}").bounding_box()
        assert at["height"] >= 32
        assert at["x"] >= 0
        assert at["x"] + at["width"] <= 390
    sizes = tab.evaluate(
        "['.rule', '.detail', 'td'].map(s => parseFloat(getComputedStyle(find(s)).fontSize))"
    )
    assert min(sizes) >= 13
    tab.tap("#player-on")
    assert position(tab) == 1


@pytest.mark.parametrize("height", [640, 844])
def test_the_buttons_stay_under_the_thumb_on_a_phone(opened, height):
    tab = opened(net_page(3, 1), **{**PHONE, "height": height}, has_touch=True, is_mobile=True)
    found = set()
    for step in range(last(tab) + 1):
        go(tab, step)
        found.add(tab.locator("#player-on").bounding_box()["y"])
    assert len(found) == 1


def test_all_can_be_reached_with_the_keyboard_in_the_order_of_the_page(opened):
    tab = opened(net_page(2, 1))
    order = []
    for _ in range(60):
        tab.keyboard.press("Tab")
        order.append(tab.evaluate("(e => e.id || e.dataset?.id || e.textContent)(document.activeElement)"))
        if order[-1] == "player-speed":
            break
    stops = ("to-forward", "to-backward", "theme", "zoom-in", "zoom-fit", "player-first", "player-slider")
    places = [order.index(name) for name in stops]
    assert places == sorted(places)
    assert order.index("player-speed") == len(order) - 1
    boxes = [name for name in order if re.fullmatch(r"[ng]\d+", name)]
    assert len(boxes) == 1  # one stop for the picture; up and down go on within
    tab.focus(f'.box[data-id="{boxes[0]}"]')
    visited = {boxes[0]}
    for _ in range(12):
        tab.keyboard.press("ArrowDown")
        visited.add(tab.evaluate("document.activeElement.dataset.id"))
    for _ in range(24):
        tab.keyboard.press("ArrowUp")
        visited.add(tab.evaluate("document.activeElement.dataset.id"))
    assert visited == set(tab.evaluate("view.boxes.map(b => b.id)"))


def test_it_says_aloud_what_it_shows(opened):
    tab = opened(explore(neuron()))
    assert tab.get_attribute("#step", "aria-live") == "polite"
    go(tab, 9)
    assert box(tab, "n4").get_attribute("aria-label") == "a: value 0.7, gradient -0.5022"
    assert box(tab, "n0").get_attribute("aria-label") == "w: value 0.5, gradient not yet known"
    kinds = "button, input, select, [role=button], [role=group], [role=region]"
    unnamed = "list => list.filter(e => !(e.getAttribute('aria-label') || e.textContent.trim())).length"
    assert tab.eval_on_selector_all(kinds, unnamed) == 0
    assert tab.evaluate("document.documentElement.lang") == "en"


def test_nothing_moves_for_who_asked_for_that(opened):
    tab = opened(explore(neuron()), reduced_motion="reduce")
    go(tab, 9)
    assert tab.evaluate("document.getAnimations().length") == 0
    moving = opened(explore(neuron()), reduced_motion="no-preference")
    go(moving, 9)
    assert moving.evaluate("document.getAnimations().length") > 0


def test_a_reload_begins_anew(opened):
    tab = opened(explore(neuron()))
    tab.keyboard.press("End")
    tab.reload()
    assert position(tab) == 0
    assert table(tab)["a"] == ("?", "–")


def test_it_works_in_the_frame_of_a_notebook(opened, tmp_path):
    frame = Page(f"<!DOCTYPE html><title>notebook</title><body>{explore(neuron())._repr_html_()}")
    tab = opened(frame)
    inner = tab.frame_locator("iframe")
    inner.locator("#player-on").click()
    assert inner.locator("#step .rule").inner_text() == "v1 = w · x = 0.5 · 2 = 1"
    inner.locator("#theme").click()


def test_a_page_that_is_hidden_at_first_is_in_place_when_it_is_shown(opened):
    inner = net_page(16, 16, 1)._repr_html_().replace("border:0", "border:0;display:none")
    tab = opened(Page(f"<!DOCTYPE html><title>notebook</title><body>{inner}"))
    tab.wait_for_timeout(200)
    tab.evaluate("document.querySelector('iframe').style.display = 'block'")
    shown = tab.frame_locator("iframe").locator(".box").first
    shown.wait_for()
    until(tab, lambda: shown.locator(".face").bounding_box()["width"] > 50)
    frame = tab.frame_locator("iframe").locator("#picture").bounding_box()
    at = shown.bounding_box()
    assert frame["x"] <= at["x"]
    assert at["y"] + at["height"] <= frame["y"] + frame["height"]


# --- time --------------------------------------------------------------------------------------------

LAG = """async () => {
  const times = [];
  for (let i = 0; i < 60; i += 1) {
    const start = performance.now();
    play.by(1);
    document.body.offsetHeight;
    await new Promise(requestAnimationFrame);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b);
}"""


def test_a_graph_of_300_nodes_steps_without_lag(opened, record_property):
    net = nn.MLP(3, [12, 13, 1], activation="tanh", seed=3)
    with al.name_scope("net"):
        out = net([0.1, 0.2, 0.3])
    tab = opened(explore(out, by="op"), reduced_motion="reduce")
    tab.click("#to-backward")
    times = tab.evaluate(LAG)
    record_property("median ms a step", times[30])
    assert times[30] < 150  # 20 ms where the machine has time for it
