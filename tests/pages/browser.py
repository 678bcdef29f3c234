"""A real browser for the tests of pages: Chromium, driven by playwright, where both are installed.

`conftest.py` hands the fixtures to every test of this folder. Below them is
how tests ask the page that steps backward what it shows.
"""

import contextlib
import io
import shutil

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import nn
from autograd_lite.engine.value import Value
from autograd_lite.pages.stepper import explore

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@pytest.fixture(scope="module")
def chromium():
    """The browser; without one the test is skipped, with what to install as the reason."""
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pip install it"
    )
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"no browser on the PATH, none of {', '.join(NAMES)}")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, tmp_path):
    """opened(page, **context) is the page in the browser, from a file and without a network.

    After the test: nothing was said on the console, and nothing but the file was asked for.
    """
    said, asked = [], []
    with contextlib.ExitStack() as stack:

        def go(page, width=1280, height=800, **settings):
            context = chromium.new_context(
                viewport={"width": width, "height": height}, offline=True, **settings
            )
            stack.callback(context.close)
            tab = context.new_page()
            tab.set_default_timeout(10_000)
            tab.on("console", lambda message: said.append(message.text))
            tab.on("pageerror", lambda error: said.append(str(error)))
            tab.on("request", lambda request: asked.append(request.url))
            path = page.save(tmp_path / f"page{len(asked)}.html")
            tab.goto(path.as_uri())
            return tab

        yield go
    assert said == []
    assert all(url.startswith("file://") for url in asked)


# --- the page that steps backward ---------------------------------------------------------------------


def neuron():
    w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(-0.3, "b")
    a = w * x + b
    a.label = "a"
    loss = (a.tanh() - 1) ** 2
    loss.label = "loss"
    return loss


def net_page(*sizes):
    net = nn.MLP(2, list(sizes), activation="tanh", seed=1)
    return explore(net, [1.0, -2.0], 1.0, loss=al.mse_loss)


def rule(tab):
    return tab.inner_text("#step .rule")


def position(tab):
    return int(tab.inner_text(".count").split("/")[0])


def last(tab):
    return int(tab.inner_text(".count").split("/")[1])


def table(tab):
    """{name: (value, gradient)} as the table has them."""
    cells = tab.eval_on_selector_all(
        "#table tbody tr:not(.part)", "rows => rows.map(r => [...r.cells].map(c => c.textContent))"
    )
    return {name: (value, gradient) for name, value, gradient in cells}


def box(tab, name):
    return tab.locator(f'.box[data-id="{name}"]')


def go(tab, to):
    tab.eval_on_selector("#player-slider", f"s => {{ s.value = {to}; s.dispatchEvent(new Event('input')); }}")


def until(tab, holds):
    """Waits for what the page does by itself."""
    for _ in range(200):
        if holds():
            return
        tab.wait_for_timeout(25)
    raise AssertionError("it did not come to pass in 5 seconds")


def pixels(tab, selector):
    from PIL import Image

    return np.asarray(
        Image.open(io.BytesIO(tab.locator(selector).screenshot(animations="disabled"))).convert("RGB")
    ).astype(int)
