"""Saves that cannot be, that fail midway, that are killed: the old file stays, and no other is left."""

import contextlib
import errno
import io
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from autograd_lite import atomic_write
from autograd_lite.storage.save_load import StorageError, load, save

from ..figures.storage import same
from .test_save_load import STATE, refusal

resource = pytest.importorskip("resource")  # these are the ways of POSIX

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=[".npz", ".safetensors"])
def path(request, tmp_path):
    return tmp_path / f"state{request.param}"


# ---------------------------------------------------------------- files that are not there, or not files


def test_no_file_no_folder_no_regular_file(tmp_path):
    assert refusal(tmp_path / "none.npz") == "No such file or directory"
    (tmp_path / "folder.npz").mkdir()
    assert refusal(tmp_path / "folder.npz") == "not a regular file"
    os.mkfifo(tmp_path / "pipe.npz")
    assert refusal(tmp_path / "pipe.npz") == "not a regular file"
    with pytest.raises(StorageError, match="is a folder"):
        save(STATE, tmp_path / "folder.npz")
    with pytest.raises(StorageError, match=r"the folder '.*nowhere' does not exist"):
        save(STATE, tmp_path / "nowhere" / "state.npz")


@contextlib.contextmanager
def nobody(folder):
    """As somebody who may read the folder and not write it."""
    folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)


def test_no_permission(path):
    save(STATE, path)
    with nobody(path.parent), pytest.raises(StorageError) as caught:
        save({}, path)
    assert "ermission denied" in caught.value.reason or "write-protected" in caught.value.reason
    assert same(load(path), STATE)


def test_a_write_protected_file_stays(path, monkeypatch):
    save(STATE, path)
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # what anyone but root sees of mode 0444
    with pytest.raises(StorageError, match="is write-protected"):
        save({}, path)
    assert same(load(path), STATE)


# ---------------------------------------------------------------- saves that fail


def assert_untouched(path, before):
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_full_disk_leaves_the_old_file(path):
    save(STATE, path)
    before, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
        with pytest.raises(StorageError, match="File too large"):
            save({"a": np.ones(10_000)}, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert_untouched(path, before)


@pytest.mark.parametrize("call", ["fsync", "replace", "chmod"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_whatever_fails_leaves_the_old_file(path, call, error, monkeypatch):
    save(STATE, path)
    before = path.read_bytes()

    def fail(*arguments):
        raise error

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(StorageError if isinstance(error, OSError) else KeyboardInterrupt) as caught:
        save({}, path)
    if isinstance(error, OSError):
        assert caught.value.reason == "No space left on device"
    assert_untouched(path, before)


def test_data_and_folder_are_flushed_in_order(path, monkeypatch):
    def kind(descriptor):
        return "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"

    done = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (done.append(kind(fd)), fsync(fd)))
    monkeypatch.setattr(os, "replace", lambda old, new: (done.append("replace"), replace(old, new)))
    save(STATE, path)
    assert done == ["file", "replace", "folder"]


def test_a_short_write_is_gone_on_with(path):
    class Slow(io.BytesIO):
        name = str(path)

        def write(self, data):
            return super().write(data[:7])

        def fileno(self):
            return descriptor

    path.touch()
    descriptor = os.open(path, os.O_RDONLY)
    slow = Slow()
    try:
        atomic_write._fill(slow, bytes(range(100)), path)
    finally:
        os.close(descriptor)
    assert slow.getvalue() == bytes(range(100))


def test_what_a_killed_save_left_is_taken_over(path):
    (path.parent / f".{path.name}.saving").write_bytes(b"x" * 10_000)
    save(STATE, path)
    assert same(load(path), STATE)
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_partial_file_that_is_a_link_is_not_written_through(path):
    victim = path.parent / "victim"
    victim.write_text("precious")
    (path.parent / f".{path.name}.saving").symlink_to(victim)
    with pytest.raises(StorageError, match=r"\.saving"):
        save(STATE, path)
    assert victim.read_text() == "precious"


def test_a_link_stays_a_link_and_a_mode_stays_a_mode(tmp_path, path):
    (tmp_path / "elsewhere").mkdir()
    real = tmp_path / "elsewhere" / path.name
    save({}, real)
    real.chmod(0o640)
    path.symlink_to(real)
    save(STATE, path)
    assert path.is_symlink()
    assert same(load(real), STATE)
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_new_file_has_the_usual_mode(path):
    usual = path.parent / "usual"
    usual.touch()
    save(STATE, path)
    assert path.stat().st_mode == usual.stat().st_mode


def test_threads_that_save_to_one_path(path):
    failed = []

    def work(number):
        try:
            for _ in range(15):
                save({"weight": np.full(500, float(number)), "number": number}, path)
                back = load(path)
                assert (back["weight"] == back["number"]).all()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


# ---------------------------------------------------------------- kill -9


def kills(folder, arguments):
    """killed_saves in a process without threads, which may fork."""
    script = f"from tests.figures.storage import *; print(*killed_saves(Path({str(folder)!r}), {arguments}))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return tuple(map(int, done.stdout.split()))


def test_a_killed_save_loses_nothing(path):
    unreadable, strays, midway = kills(path.parent, f"{path.suffix!r}, 40")
    assert unreadable == 0
    assert strays == 1
    assert midway > 0


def test_a_killed_overwrite_loses_the_file(tmp_path):
    """The same search, on what is usually done: it must find what it looks for."""
    assert kills(tmp_path, "'.npz', 20, overwrite, np.load")[0] > 0
