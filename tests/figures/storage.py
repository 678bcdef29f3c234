"""Figures 7 and 8: damaged files read in silence, and files lost when a save is killed.

Both formats, and plain NumPy beside them. A thousand kills a format; fifty with --quick.
"""

import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from autograd_lite.storage import save_load as storage

SUFFIXES = (".npz", ".safetensors")


# ---------------------------------------------------------------- 7: bad files


class Pair:
    """The smallest net: two named arrays, and a config to be built again from."""

    def __init__(self, scale=0.0):
        self.state = {"layer.weight": scale * np.array([[1.0, -2.0]]), "layer.bias": scale * np.array([0.5])}

    def config(self):
        return {"kind": "Pair"}

    def state_dict(self):
        return self.state

    def load_state_dict(self, state):
        self.state = state


def build_pair(config, shapes):
    return Pair()


def same(one, other):
    """Whether two things are of the same types and bits all through."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Pair):
        return same(one.state, other.state)
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray):
        return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    return repr(one) == repr(other)


def corruptions(data):
    """Every bit flipped, then every truncation."""
    for i in range(len(data)):
        for bit in range(8):
            yield data[:i] + bytes([data[i] ^ 1 << bit]) + data[i + 1 :]
    for end in range(len(data)):
        yield data[:end]


def outcomes(path, load, refused):
    """How many corruptions of a file are refused, are harmless, or are read in silence; `path` is spent."""
    data, saved = path.read_bytes(), load(path)
    found = Counter(refused=0, harmless=0, silent=0)
    for bad in corruptions(data):
        put(bad, path)
        try:
            found["harmless" if same(load(path), saved) else "silent"] += 1
        except refused:
            found["refused"] += 1
    return found


def put(data, path):
    """In place: a file that is emptied and written again is flushed to disk by some file systems."""
    with open(path, "r+b") as file:
        file.write(data)
        file.truncate()


def print_bad_files(folder):
    """How many damaged files are read in silence."""
    storage.builders["Pair"] = build_pair
    silent = 0
    for suffix in SUFFIXES:
        path = folder / f"small{suffix}"
        storage.save(Pair(1.0), path)
        size = path.stat().st_size
        found = outcomes(path, storage.load, storage.StorageError)
        silent += found["silent"]
        print(f"7  {suffix} of {size} bytes, all bits flipped, all truncations: {dict(found)}, goal 0 silent")
    path = folder / "bare.npy"
    np.save(path, Pair(1.0).state["layer.weight"])
    print(f"   a bare .npy through np.load, for comparison: {dict(outcomes(path, np.load, Exception))}")
    return silent


# ---------------------------------------------------------------- 8: kill -9


def savepoint(number):
    """A state in which every number says which save wrote it."""
    return {"weight": np.full((64, 64), float(number)), "number": number}


def whole(state):
    return bool((state["weight"] == state["number"]).all())


def save_for_ever(save, path, ready):
    number = 0
    while True:
        number += 1
        save(savepoint(number), path)
        if number == 1:
            os.write(ready, b"!")


def killed_saves(folder, suffix, rounds, save=storage.save, load=storage.load):
    """Kill a saving process so many times.

    How many files were unreadable, the most strays at once, and how many kills caught a save midway.
    """
    path, chance = folder / f"state{suffix}", random.Random(8)
    unreadable, strays, midway = 0, 0, 0
    for _ in range(rounds):
        begun, ready = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                save_for_ever(save, path, ready)
            finally:
                os._exit(1)
        os.close(ready)
        os.read(begun, 1)
        os.close(begun)
        time.sleep(chance.uniform(0, 0.005))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        left = len(list(folder.iterdir())) - 1
        strays, midway = max(strays, left), midway + (left > 0)
        unreadable += not _readable(path, load)
    return unreadable, strays, midway


def _readable(path, load):
    try:
        return whole(load(path))
    except Exception:
        return False


def overwrite(state, path):
    """What is usually done: the old file is emptied, then written."""
    np.savez(path, **state)


def print_kills(rounds):
    """How many promises the kills break; where none caught a save midway, nothing was shown."""
    broken = 0
    for suffix in SUFFIXES:
        with tempfile.TemporaryDirectory() as folder:
            unreadable, strays, midway = killed_saves(Path(folder), suffix, rounds)
        broken += unreadable + (strays > 1) + (midway == 0)
        print(
            f"8  {suffix}, {rounds} kills -9, {midway} of them with a partial file there: "
            f"unreadable {unreadable} (goal 0), most strays at once {strays} (goal at most 1)"
        )
    with tempfile.TemporaryDirectory() as folder:
        unreadable, _, _ = killed_saves(Path(folder), ".npz", rounds // 10, overwrite, np.load)
    print(f"   np.savez over the old file, for comparison: unreadable {unreadable} of {rounds // 10}")
    return broken


def main(quick=False):
    with tempfile.TemporaryDirectory() as folder:
        silent = print_bad_files(Path(folder))
    return silent + print_kills(50 if quick else 1000)


if __name__ == "__main__":
    sys.exit(main(quick="--quick" in sys.argv) > 0)
