"""Pictures and pages as files: a path that can be one, and a file that is written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .errors import ArgumentTypeError, ArgumentValueError, StorageError


def target(path: Any, suffixes: Sequence[str], shown: str = "") -> Path:
    """The path for `save`, which must end in one of the suffixes and can be a file's. `shown` are the
    suffixes that an error names."""
    allowed = f"a path that ends in {shown or ', '.join(suffixes)}"
    if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str):
        raise ArgumentTypeError("save", "path", path, allowed)
    found = Path(path)
    if found.suffix.lower() not in suffixes:
        raise ArgumentValueError("save", "path", str(path), allowed)
    if "\0" in str(path):
        raise ArgumentValueError("save", "path", str(path), "without a null character")
    if not os.path.isdir(found.parent):
        raise ArgumentValueError("save", "path", str(path), "in a folder that exists")
    if os.path.isdir(found):
        raise ArgumentValueError("save", "path", str(path), "a file's, not a folder's")
    return found


def write(path: Path, data: bytes) -> None:
    """Written beside the file, then put in its place: a reader sees the old one or the new, never half."""
    try:
        _replace(Path(os.path.realpath(path)), data)  # a link stays a link
    except (OSError, UnicodeError) as error:
        raise StorageError(path, getattr(error, "strerror", None) or str(error)) from error


def _replace(path: Path, data: bytes) -> None:
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=".saving-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(partial, 0o666 & ~mask)  # as any file that is made here, not for the owner alone
        os.replace(partial, path)
    except BaseException:
        os.unlink(partial)
        raise


def free(path: Path, data: bytes) -> Path:
    """The path, or where something else is there already, x-1.dot, x-2.dot ...: nothing is overwritten."""
    found, k = path, 0
    while os.path.lexists(found) and not _holds(found, data):
        k += 1
        found = path.with_name(f"{path.stem}-{k}{path.suffix}")
    return found


def _holds(path: Path, data: bytes) -> bool:
    return os.path.isfile(path) and path.stat().st_size == len(data) and path.read_bytes() == data
