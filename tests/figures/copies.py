"""A copy of the project outside the tree, in which a figure may build and break what it likes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEFT_BEHIND = shutil.ignore_patterns(".*", "build", "dist", "*.so", "*.pyd", "__pycache__", "*.egg-info")


@contextmanager
def copy_of_the_project() -> Iterator[Path]:
    """Without what is built or hidden; gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=LEFT_BEHIND)
        yield copy


def python(copy: Path, *arguments: str, timeout: float | None = None, **environment: str) -> tuple[int, str]:
    """Exit status and output of Python in the copy, whose package comes before an installed one."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        output, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return -1, "took too long"
    return process.returncode, output
