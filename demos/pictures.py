"""Pictures of graphs, and the pages to step through: a neuron, a small net, and two moons being learnt.

Draws the neuron tanh(w1 x1 + w2 x2 + b), and a small net with its loss by neuron and by layer, with every
gradient. Writes two pages, of the neuron going backward and of a net that learns, and prints their sizes;
where playwright and a Chromium are installed, each is photographed in the middle.
"""

import shutil
import tempfile
from pathlib import Path

from common import arguments

import autograd_lite as al
from autograd_lite import data, nn, optim

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WIDTH, HEIGHT = 1280, 760


def main(argv=None):
    args = arguments(__doc__, argv, samples=120, hidden=8, epochs=100, seed=0)
    args.out.mkdir(parents=True, exist_ok=True)
    draw(args.out)
    with tempfile.TemporaryDirectory() as folder:
        pages = {"stepper": al.explore(neuron(), title="One neuron, step by step"),
                 "replay": al.explore(learning(args), title="Two moons, as they are learnt")}  # fmt: skip
        for name, page in pages.items():
            page.save(Path(folder) / f"{name}.html")
            print(f"page: {name}, {len(page.html.encode()) / 1000:.0f} kB")
        photograph({"stepper": 0.875, "replay": 0.45}, Path(folder), args.out)


# --- graphs ----------------------------------------------------------------------------------------------


def neuron():
    """The neuron of micrograd's lecture, whose numbers are chosen so that y is 1/√2."""
    numbers = {"x1": 2.0, "x2": 0.0, "w1": -3.0, "w2": 1.0, "b": 6.8813735870195432}
    x1, x2, w1, w2, b = (al.Value(number, name) for name, number in numbers.items())
    y = al.tanh(w1 * x1 + w2 * x2 + b)
    y.label = "y"
    y.backward()
    return y


def net_and_loss():
    """A net of two hidden layers and its loss on one sample; under the scope its parts are named."""
    net = nn.MLP(2, [3, 3, 1], activation="tanh", seed=3)
    with al.name_scope("net"):
        y = net([al.Value(0.5, "x1"), al.Value(-1.0, "x2")])
    loss = al.mse_loss(y, 1.0)
    loss.label = "loss"
    loss.backward()
    return loss


def draw(out):
    pictures = {
        "pictures_neuron.svg": al.draw(neuron()),
        "pictures_net_by_neuron.svg": al.draw(net_and_loss(), by="neuron"),
        "pictures_net_by_layer.svg": al.draw(net_and_loss(), by="layer"),
    }
    for name, picture in pictures.items():
        picture.save(out / name)
        print(f"picture: {out / name}")


# --- pages -----------------------------------------------------------------------------------------------


def learning(args):
    """The recorder of a small net that has learnt two moons."""
    X, y = data.moons(args.samples, noise=0.12, seed=args.seed)
    net = nn.MLP(2, [args.hidden, args.hidden, 1], activation="tanh", seed=args.seed)
    recorder = al.Recorder(X, y, class_names=["upper moon", "lower moon"])
    optimizer = optim.Adam(net.parameters(), lr=0.03)
    al.fit(net, X, y, loss="bce_with_logits", optimizer=optimizer, epochs=args.epochs, metrics=["accuracy"],
           callbacks=[recorder], progress=False)  # fmt: skip
    return recorder


def photograph(shares, folder, out):
    """A picture of every page with its slider at a share of the way; where there is no browser it says so."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return print("screenshots are left out: playwright is not installed (pip install playwright)")
    if browser is None:
        return print(f"screenshots are left out: no browser on the PATH, none of {', '.join(BROWSERS)}")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        looks = {"color_scheme": "light", "reduced_motion": "reduce"}  # colours are there at once
        tab = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT}, **looks)
        for name, share in shares.items():
            tab.goto((folder / f"{name}.html").as_uri())
            slider = tab.get_by_role("slider").first
            slider.fill(str(round(share * float(slider.get_attribute("max")))))
            slider.blur()
            path = out / f"pictures_{name}.png"
            tab.screenshot(path=path)
            dither(path)
            print(f"picture: {path}")
        chromium.close()
    return None


def dither(path):
    """A picture in 256 colours, mixed where it fades, so that there are no steps to be seen."""
    from PIL import Image  # Pillow comes with matplotlib

    with Image.open(path) as picture:
        rgb = picture.convert("RGB")
    small = rgb.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG)
    small.save(path, optimize=True)


if __name__ == "__main__":
    main()
