"""Nets, states and checkpoints in files, .npz and .safetensors: written whole or not at all, read with care.

A file holds named arrays, and one record: the form of what was saved, as JSON, and a SHA-256 over it
and over every array's name, dtype, shape and bytes. A net's arrays carry the names of its
state_dict, so that np.load and the safetensors library read them too. Files from elsewhere have
no record; they load as a dict of arrays, after every check that does not need one.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .. import atomic_write
from ..arguments import flag
from ..errors import ArgumentTypeError, ArgumentValueError, StorageError
from .formats import (
    FORMATS,
    MAX_BYTES,
    MAX_HEADER,
    RESERVED,
    Array,
    Arrays,
    Format,
    Spec,
    parse,
    plain,
    require,
)

MAX_DEPTH = 32  # dicts in lists in dicts ...

# How a net is built again: its config's "kind" -> a function of the config and of the shapes of the
# arrays in the file, which refuses with a ValueError, before it builds, a config that they do not fit.
Shapes = dict[str, tuple[int, ...]]
builders: dict[str, Callable[[dict[str, Any], Shapes], Any]] = {}


# ---------------------------------------------------------------- what the user calls


def save(thing: Any, path: str | os.PathLike[str]) -> None:
    """Write a net, a state or a checkpoint to `path`, whose suffix is .npz or .safetensors.

    A thing is an array, a number, a string, None, or a dict, list or tuple of things. An object with
    `state_dict()` is saved as its state; one with `config()` too, as a net that `load` builds again.
    Whatever goes wrong, and whenever, a file that was there stays as it was.
    """
    target = checked_path("save", path)
    arrays: Arrays = {}
    record = json.dumps({"version": 1, "content": _encode(thing, "", arrays)})
    with _blaming(target):
        form = FORMATS[target.suffix.lower()]
        data = form.pack(arrays, {RECORD: record, DIGEST: _digest(record, arrays)})
        _outline(form, io.BytesIO(data), len(data))  # what is beyond the limits of reading is not written
        atomic_write.write(target, data)


def load(path: str | os.PathLike[str], *, into: Any = None, allow_nonfinite: bool = False) -> Any:
    """What was saved: a net built again, or the dict, list or array; numbers come back as Python's.

    `into=net` loads a net's file into a net that is there, and gives it back: the names, shapes and
    kinds of number must be those of `net.state_dict()`, and are checked before an array is read.
    Arrays that hold nan or inf are refused unless `allow_nonfinite`.
    """
    target, allow_nonfinite = checked_path("load", path), flag("load", "allow_nonfinite", allow_nonfinite)
    if into is not None and not (hasattr(into, "state_dict") and hasattr(into, "load_state_dict")):
        raise ArgumentTypeError("load", "into", into, "a net, with state_dict() and load_state_dict()")
    with _blaming(target):
        arrays, tree = _read(target, allow_nonfinite, into)
        if into is not None:
            into.load_state_dict(arrays)
            return into
        if tree is None:
            return arrays
        thing = _decode(tree, arrays)
        require(not arrays, f"arrays that nothing refers to: {_some(arrays)}")
        return thing


def load_state(path: str | os.PathLike[str], *, allow_nonfinite: bool = False) -> Arrays:
    """The named arrays of a file and nothing else, whoever wrote it and whatever it holds."""
    target = checked_path("load_state", path)
    flag("load_state", "allow_nonfinite", allow_nonfinite)
    with _blaming(target):
        return _read(target, allow_nonfinite)[0]


def checked_path(function: str, path: Any, argument: str = "path") -> Path:
    """The path that a function was given, where its suffix is one of ours."""
    if not isinstance(path, (str, os.PathLike)) or not isinstance(os.fspath(path), str):
        raise ArgumentTypeError(function, argument, path, "a path")
    if Path(path).suffix.lower() not in FORMATS or "\0" in os.fspath(path):
        raise ArgumentValueError(function, argument, path, f"a path that ends in {' or '.join(FORMATS)}")
    return Path(path)


# What reading a damaged file can raise, in our own checks and in zipfile, zlib, json and NumPy.
_WRONG = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError, EOFError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip


@contextlib.contextmanager
def _blaming(path: Path) -> Iterator[None]:
    """Whatever is wrong with a file is told as a StorageError with its path."""
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        elsewhere = error.filename not in (None, path, str(path))
        where = f": {error.filename}" if elsewhere else ""
        raise StorageError(path, (error.strerror or str(error)) + where) from error
    except _WRONG as error:
        raise StorageError(path, str(error) or type(error).__name__) from error


def _some(names: Iterable[str], most: int = 5) -> str:
    """The first few names, and how many more there are."""
    listed = [repr(name)[:80] for name in names]
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


# ---------------------------------------------------------------- things to named arrays, and back


def _encode(thing: Any, name: str, arrays: Arrays, depth: int = 0) -> Any:
    """A thing as JSON, where every list begins with what it stands for; arrays go aside, by name."""
    where = f"thing at {name!r}" if name else "thing"
    if depth > MAX_DEPTH:
        raise ArgumentValueError("save", where, type(thing), f"nested at most {MAX_DEPTH} deep")
    if hasattr(thing, "state_dict"):
        return _encode_net(thing, name, arrays, depth)
    if isinstance(thing, dict):
        _require_strings(thing, where)
        below = {key: _encode(item, _join(name, key), arrays, depth + 1) for key, item in thing.items()}
        return ["dict", below]
    if isinstance(thing, (list, tuple)):
        items = [_encode(item, _join(name, i), arrays, depth + 1) for i, item in enumerate(thing)]
        return ["tuple" if isinstance(thing, tuple) else "list", *items]
    if isinstance(thing, np.ndarray):
        return ["array", _put(thing, name or "array", arrays)]
    return _scalar(thing, where)


def _encode_net(net: Any, name: str, arrays: Arrays, depth: int) -> Any:
    state = _encode(net.state_dict(), name, arrays, depth + 1)
    config = net.config() if hasattr(net, "config") else None
    if config is None:
        return state
    return ["net", _encode(config, _join(name, "config"), arrays, depth + 1), state]


def _scalar(thing: Any, where: str) -> Any:
    thing = thing.item() if isinstance(thing, np.generic) else thing
    if thing is None or isinstance(thing, (str, float)):
        return thing
    if isinstance(thing, int) and thing.bit_length() <= 4096:  # Python reads no longer ones back
        return thing
    allowed = "an array, a number, a string, None, or a net, dict, list or tuple of these"
    raise ArgumentTypeError("save", where, thing, allowed)


def _require_strings(keys: Iterable[Any], where: str) -> None:
    for key in keys:
        if not isinstance(key, str):
            raise ArgumentTypeError("save", f"key of {where}", key, "a string")


def _join(name: str, key: Any) -> str:
    return f"{name}/{key}" if name else str(key)


def _put(array: Array, name: str, arrays: Arrays) -> str:
    """Keep an array under its name, as it will lie in the file."""
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        allowed = "an array of booleans, or of integers or floats of at most 8 bytes"
        raise ArgumentTypeError("save", f"thing at {name!r}", array.dtype, allowed)
    if not name.isprintable() or "\\" in name or len(name) > 1000 or name in RESERVED:
        raise ArgumentValueError("save", "name of an array", name, "printable, short and not reserved")
    if name in arrays:
        raise ArgumentValueError("save", "name of an array", name, "its own: two arrays would share it")
    arrays[name] = plain(array)
    return name


def _decode(node: Any, arrays: Arrays) -> Any:
    """The thing that JSON stands for; every array is taken once."""
    if not isinstance(node, list):
        require(not isinstance(node, dict), "a record of an unknown form")
        return node
    kind, *rest = node
    if kind == "dict":
        return {key: _decode(item, arrays) for key, item in rest[0].items()}
    if kind in ("list", "tuple"):
        items = [_decode(item, arrays) for item in rest]
        return items if kind == "list" else tuple(items)
    if kind == "array":
        require(rest[0] in arrays, f"the array {rest[0]!r} is missing")
        return arrays.pop(rest[0])
    require(kind == "net", f"a record of an unknown kind: {kind!r}")
    return _build(_decode(rest[0], arrays), _decode(rest[1], arrays))


def _build(config: dict[str, Any], state: Arrays) -> Any:
    kind = config["kind"]
    known = f"those that can be built are {_some(builders) or 'none'}"
    require(kind in builders, f"holds a net of kind {kind!r}; {known}; load_state reads its arrays")
    net = builders[kind](config, {name: np.shape(array) for name, array in state.items()})
    net.load_state_dict(state)
    return net


# ---------------------------------------------------------------- reading: checks first, arrays after

RECORD, DIGEST = "autograd_lite", "autograd_lite.sha256"


def _read(path: Path, allow_nonfinite: bool, into: Any = None) -> tuple[Arrays, Any]:
    """The arrays of a file, and the tree of its record if it has one."""
    require(stat.S_ISREG(os.stat(path).st_mode), "not a regular file")
    with open(path, "rb") as file:
        source = _outline(FORMATS[path.suffix.lower()], file, os.fstat(file.fileno()).st_size)
        if into is not None:
            _require_match(source.specs, into.state_dict())
        arrays = {name: source.array(name) for name in source.specs}
    tree = _verified(source.strings, arrays)
    for name, array in arrays.items():
        _require_sound(name, array, allow_nonfinite)
    return arrays, tree


def _outline(form: type[Format], file: Any, size: int) -> Format:
    """What a file holds, checked and within the limits; no array is read yet."""
    require(size <= MAX_BYTES + 2 * MAX_HEADER, f"is longer than {MAX_BYTES} bytes")
    source = form(file, size)
    total = sum(spec.nbytes for spec in source.specs.values())
    require(total <= MAX_BYTES, f"its arrays take more than {MAX_BYTES} bytes")
    return source


def _require_match(specs: dict[str, Spec], state: dict[str, Any]) -> None:
    """The names, shapes and kinds of number of the file are those of the state."""
    missing, extra = state.keys() - specs.keys(), specs.keys() - state.keys()
    require(not missing, f"misses {_some(sorted(missing))}")
    require(not extra, f"holds what the net does not: {_some(sorted(extra))}")
    for name, (dtype, shape) in specs.items():
        wanted = np.asarray(state[name])
        require(shape == wanted.shape, f"{name!r} has shape {shape}, the net's has {wanted.shape}")
        require(dtype.kind == wanted.dtype.kind, f"{name!r} is {dtype}, the net's is {wanted.dtype}")


def _require_sound(name: str, array: Array, allow_nonfinite: bool) -> None:
    if array.dtype.kind == "b":
        require(bool((array.view(np.uint8) <= 1).all()), f"{name!r} holds booleans other than 0 and 1")
    if array.dtype.kind == "f" and not allow_nonfinite:
        bad = int(array.size - np.isfinite(array).sum())
        require(bad == 0, f"{name!r} holds {bad} of nan or inf; allow_nonfinite=True takes them")


def _digest(record: str, arrays: Arrays) -> str:
    """SHA-256 over the record and every array's name, dtype, shape and bytes."""
    sha = hashlib.sha256(record.encode())
    for name in sorted(arrays):
        array = plain(arrays[name])
        sha.update(json.dumps([name, array.dtype.str, array.shape]).encode())
        sha.update(array.tobytes())
    return sha.hexdigest()


def _verified(strings: dict[str, str], arrays: Arrays) -> Any:
    """The tree of a record that agrees with its digest; None for a file from elsewhere.

    Each of the two keys asks for the other: damage to one must not pass for a file from elsewhere.
    """
    if RECORD not in strings and DIGEST not in strings:
        return None
    require(RECORD in strings and DIGEST in strings, "its record or its digest is missing")
    text = strings[RECORD]
    require(strings[DIGEST] == _digest(text, arrays), "damaged: what it holds does not match its SHA-256")
    record = parse(text)
    require(record["version"] == 1, f"its record is of version {record['version']}, the one known is 1")
    return record["content"]
