"""What the demos share: their command line, and the way to their pictures."""

import argparse
import sys
from pathlib import Path

from autograd_lite import AutogradLiteError

PICTURES = Path(__file__).parent / "pictures"


def arguments(description, argv, **defaults):
    """The command line: an option for every keyword, of its default's type; and --out."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=description, formatter_class=form)
    for name, default in defaults.items():
        kind, sign = (int, "N") if isinstance(default, int) else (float, "X")
        parser.add_argument(f"--{name}", type=kind, default=default, metavar=sign, help=f"({default})")
    parser.add_argument("--out", type=Path, default=PICTURES, metavar="DIR", help="where the pictures go")
    sys.excepthook = in_one_line
    return parser.parse_args(argv)


def in_one_line(kind, error, trace):
    """What is asked for in vain is said in one line; anything else is a fault and shows its trace."""
    if issubclass(kind, AutogradLiteError):
        print(f"{Path(sys.argv[0]).name}: {error}", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


def draw(out, pictures):
    """Writes the pictures: to every file name the plot that only waits for its path."""
    out.mkdir(parents=True, exist_ok=True)
    try:
        for name, plot in pictures.items():
            plot(path=out / name)
            shrink(out / name)
            print(f"picture: {out / name}")
    except ImportError as error:
        print(f"pictures are left out: {error}")


def shrink(path):
    """A picture in its 256 best colours: the eye sees no difference, and the file is a third of the size."""
    from PIL import Image  # Pillow comes with matplotlib

    with Image.open(path) as picture:
        rgb = picture.convert("RGB")
    small = rgb.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
