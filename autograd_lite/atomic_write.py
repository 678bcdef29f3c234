"""The one way in which a file is written, whole or not at all; and paths that pictures and pages can have."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .errors import ArgumentTypeError, ArgumentValueError, StorageError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


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
    """Written beside the file and flushed to disk, then put in its place in one step: a reader sees the old
    file or the new one, never half, and a process that is killed leaves at most one stray file."""
    partial = path.with_name(f".{path.name}.saving")
    try:
        target = Path(os.path.realpath(path))  # a link stays a link
        partial = target.with_name(f".{target.name}.saving")
        _require(path, target.parent.is_dir(), f"the folder {str(target.parent)!r} does not exist")
        _require(path, not target.is_dir(), "is a folder")
        _require(path, not target.exists() or os.access(target, os.W_OK), "is write-protected")
        with _claim(partial) as file:
            try:
                _fill(file, data, target)
                if fcntl is None:  # Windows moves closed files only
                    file.close()
                os.replace(partial, target)
            except BaseException:
                with contextlib.suppress(OSError):
                    partial.unlink()
                raise
        _flush_folder(target.parent)
    except StorageError:
        raise
    except (OSError, UnicodeError) as error:
        in_the_way = f": {partial}" if os.path.lexists(partial) else ""
        raise StorageError(path, (getattr(error, "strerror", None) or str(error)) + in_the_way) from error


def _require(path: Path, holds: bool, reason: str) -> None:
    if not holds:
        raise StorageError(path, reason)


def _claim(partial: Path) -> Any:
    """The one partial file of a target, empty and ours: whoever else saves there waits.

    Its name is always the same, so that a process that is killed leaves one stray and no more, which
    the next save takes over. The lock goes with the process that holds it.
    """
    while True:
        file = open(partial, "ab", buffering=0, opener=_open_no_link)  # noqa: SIM115
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), os.stat(partial)):
                file.truncate(0)
                return file
        file.close()  # while we waited, it became the target


def _open_no_link(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def _fill(file: Any, data: bytes, target: Path) -> None:
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]
    with contextlib.suppress(FileNotFoundError):
        os.chmod(file.name, stat.S_IMODE(target.stat().st_mode))
    os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """So that the new name, too, outlives a power cut, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def free(path: Path, data: bytes) -> Path:
    """The path, or where something else is there already, x-1.dot, x-2.dot ...: nothing is overwritten."""
    found, k = path, 0
    while os.path.lexists(found) and not _holds(found, data):
        k += 1
        found = path.with_name(f"{path.stem}-{k}{path.suffix}")
    return found


def _holds(path: Path, data: bytes) -> bool:
    return os.path.isfile(path) and path.stat().st_size == len(data) and path.read_bytes() == data
