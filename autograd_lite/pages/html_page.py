"""A page: one HTML file that holds all it needs, and asks no network for anything.

`assemble` puts it together: a title, the HTML of its body, the names of style sheets and scripts in the
folder web, and the data that they show. Every page begins with web/base.css and web/base.js, which have
the looks, dark and light, and the helpers; web/player.js and web/player.css are the bar with step, play
and slider. The scripts find the data in `DATA` and must not be modules.
"""

from __future__ import annotations

import html
import json
import os
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from .. import arguments, atomic_write

SUFFIXES = (".html", ".htm")
HEIGHT = 720  # of the frame in a notebook, in pixels

# Nothing is fetched and nothing is sent: a browser holds the page to it.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


class Page:
    """A page in `html`: `save` writes it to a file, and a notebook shows it in a frame."""

    def __init__(self, html: str) -> None:
        self.html = arguments.text("Page", "html", html)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the page to a path that ends in .html; a file that was there is replaced in one move."""
        target = atomic_write.target(path, SUFFIXES, shown=SUFFIXES[0])
        atomic_write.write(target, self.html.encode("utf-8"))
        return target

    def __repr__(self) -> str:
        return f"<Page of {len(self.html.encode()):,} bytes: .save('page.html') writes it>"

    def _repr_html_(self) -> str:
        """A frame with the page inside: its styles and keys are its own, not the notebook's."""
        style = f"width:100%;height:{HEIGHT}px;border:0;border-radius:8px"
        source = html.escape(self.html)
        frame = f'<iframe sandbox="allow-scripts" title="autograd_lite" style="{style}" srcdoc="{source}">'
        return f"{frame}</iframe>"


def assemble(title: str, body: str, styles: Sequence[str], scripts: Sequence[str], data: Any) -> str:
    """The text of a page. `data` is what JSON can hold, with no nan and no inf: numbers are shown as text."""
    looks = "\n".join(asset(name) for name in ("shared/base.css", *styles))
    code = "\n".join(asset(name) for name in ("shared/base.js", *scripts))
    return asset("shared/page.html").format(
        title=html.escape(title), policy=POLICY, looks=looks, body=body, data=embedded(data), code=code
    )


def embedded(data: Any) -> str:
    """The data as JSON that can stand in a page: no `</script>` and no `<!--` in it ends it early."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for c in "<>&\u2028\u2029":
        text = text.replace(c, f"\\u{ord(c):04x}")
    return "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in text)  # lone halves


@cache
def asset(name: str) -> str:
    """The text of a file in the folder web."""
    return (files(__package__) / "web" / name).read_text(encoding="utf-8")
