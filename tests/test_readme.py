"""The README's Python blocks run, and print what the comments beside the prints say."""

import contextlib
import io
import re
from pathlib import Path

import pytest

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def promised_lines(block):
    """What the block says it prints: the comment behind each print, on its line or on the next ones."""
    lines = block.splitlines()
    for i, line in enumerate(lines):
        if not line.lstrip().startswith("print("):
            continue
        _, mark, text = line.partition("  # ")
        if mark:
            yield text
        for following in lines[i + 1 :]:
            if not following.startswith("# "):
                break
            yield following[2:]


def test_there_are_blocks():
    assert len(BLOCKS) >= 3


@pytest.mark.parametrize("block", BLOCKS, ids=[f"block{i}" for i in range(len(BLOCKS))])
def test_block(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    promised = list(promised_lines(block))
    assert promised, "a block without a printed line shows nothing"
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block, "README.md", "exec"), {"__name__": "readme"})
    assert printed.getvalue().splitlines() == promised
