"""The bytes of .npz and .safetensors: named arrays and a few strings, checked before they are read.

What is wrong with a file is a ValueError here (or what zipfile, zlib and json raise); storage.py
adds the file's name. Nothing is unpickled, and no more memory is taken than the limits say.
"""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
from collections.abc import Iterable
from typing import Any, BinaryIO, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

MAX_BYTES = 2**30  # the arrays of one file, all together
MAX_INFLATED = 2**26  # what lies in one file compressed, once unpacked
MAX_HEADER = 2**23  # a safetensors header, a zip's directory, the strings of an .npz

RESERVED = NPZ_STRINGS, HEADER_STRINGS = "__autograd_lite__", "__metadata__"  # where the strings lie

Array = npt.NDArray[Any]
Arrays = dict[str, Array]
Strings = dict[str, str]


class Spec(NamedTuple):
    """What a file says of an array before the array is read."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


class Format(Protocol):
    """A file whose outline has been checked; `pack` makes the bytes of one."""

    specs: dict[str, Spec]
    strings: Strings

    def __init__(self, file: BinaryIO, size: int) -> None: ...

    def array(self, name: str) -> Array: ...

    @staticmethod
    def pack(arrays: Arrays, strings: Strings) -> bytes: ...


def require(condition: bool, reason: str) -> None:
    if not condition:
        raise ValueError(reason)


def parse(text: str) -> Any:
    """JSON in which no name appears twice."""
    return json.loads(text, object_pairs_hook=_distinct)


def _distinct(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    pairs = list(pairs)
    found = dict(pairs)
    require(len(found) == len(pairs), "a name appears twice")
    return found


def _strings(found: Any) -> Strings:
    texts = isinstance(found, dict) and all(isinstance(text, str) for text in found.values())
    require(texts, "its metadata are not strings")
    return dict(found)


def plain(array: Array) -> Array:
    """The array in C order and little-endian."""
    return np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")


def _array(data: bytes, spec: Spec, order: Any = "C") -> Array:
    """The array of some bytes: its own, writable, in the machine's byte order."""
    require(len(data) == spec.nbytes, "ends early")
    array = np.frombuffer(data, spec.dtype).reshape(spec.shape, order=order)
    return array.astype(spec.dtype.newbyteorder("="), order="C")


# ---------------------------------------------------------------- .npz: a zip of .npy members


class Npz:
    """What np.savez and np.savez_compressed write; the strings lie in an array of bytes, as JSON."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        count = _zip_count(file, size)
        self.zip = zipfile.ZipFile(file)
        infos = self.zip.infolist()
        require(len(infos) == count, "the zip's directory is damaged")
        _require_members(infos, size)
        self.members = _distinct((info.filename.removesuffix(".npy"), info) for info in infos)
        self.heads = {name: self._head(info) for name, info in self.members.items()}
        self.specs = {name: head[0] for name, head in self.heads.items() if name != NPZ_STRINGS}
        self.strings = self._read_strings() if NPZ_STRINGS in self.members else {}

    def _head(self, info: zipfile.ZipInfo) -> tuple[Spec, str, int]:
        with self.zip.open(info) as stream:
            spec, order, length = _npy_head(stream)
        require(length + spec.nbytes == info.file_size, f"{info.filename!r} has a wrong length")
        return spec, order, length

    def _read_strings(self) -> Strings:
        spec = self.heads[NPZ_STRINGS][0]
        require(spec.dtype == np.uint8, "its metadata are not text")
        require(spec.nbytes <= MAX_HEADER, f"what is not arrays takes more than {MAX_HEADER} bytes")
        return _strings(parse(self.array(NPZ_STRINGS).tobytes().decode()))

    def array(self, name: str) -> Array:
        spec, order, length = self.heads[name]
        with self.zip.open(self.members[name]) as stream:
            stream.read(length)
            return _array(stream.read(spec.nbytes), spec, order)  # to the end, where zipfile checks the CRC

    @staticmethod
    def pack(arrays: Arrays, strings: Strings) -> bytes:
        text = np.frombuffer(json.dumps(strings).encode(), np.uint8)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, array in {**arrays, NPZ_STRINGS: text}.items():
                npy = io.BytesIO()
                np.lib.format.write_array(npy, array, version=(1, 0), allow_pickle=False)
                undated = zipfile.ZipInfo(f"{name}.npy")  # the same state gives the same bytes
                archive.writestr(undated, npy.getvalue())
        return buffer.getvalue()


def _zip_count(file: BinaryIO, size: int) -> int:
    """How many members the zip's last record promises; its directory must be small enough to read."""
    file.seek(max(0, size - 42))
    tail = file.read()
    end = tail[-22:]
    require(end[:4] == b"PK\5\6" and end[20:] == b"\0\0", "not an .npz, or its end is missing")
    require(not tail.startswith(b"PK\6\7"), "a 64-bit zip directory, which no state needs")
    require(int.from_bytes(end[12:16], "little") <= MAX_HEADER, "the zip's directory is too long")
    return int.from_bytes(end[10:12], "little")


def _require_members(infos: list[zipfile.ZipInfo], size: int) -> None:
    """Arrays, as they are or deflated, that lie side by side in a file of this size and do not swell."""
    for info in infos:
        require(info.filename.endswith(".npy"), f"holds {info.filename!r}, which is not an array")
        require(info.filename == info.orig_filename, f"a name that is not plain: {info.orig_filename!r}")
        require(info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED), "a compression not read")
    deflated = [info for info in infos if info.compress_type == zipfile.ZIP_DEFLATED]
    kept = [info for info in infos if info.compress_type == zipfile.ZIP_STORED]
    require(all(info.compress_size == info.file_size for info in kept), "a member of a wrong length")
    require(sum(info.compress_size for info in infos) <= size, "the zip's members overlap")
    swollen = sum(info.file_size for info in deflated) > MAX_INFLATED
    require(not swollen, f"unpacks to more than {MAX_INFLATED} bytes")


_NPY_HEAD = re.compile(
    r"\{\s*'descr':\s*'([<>|=]?[biuf][1248])',\s*'fortran_order':\s*(True|False),"
    r"\s*'shape':\s*\(([0-9, ]*)\),?\s*\}\s*"
)


def _npy_head(stream: Any) -> tuple[Spec, str, int]:
    """What an .npy's head says: dtype and shape, the order, the head's own length."""
    magic = stream.read(8)
    require(magic[:6] == b"\x93NUMPY" and magic[6] in (1, 2, 3), "holds something that is not an .npy")
    width = 2 if magic[6] == 1 else 4
    length = int.from_bytes(stream.read(width), "little")
    require(length <= 10_000, "the head of an .npy is too long")
    found = _NPY_HEAD.fullmatch(stream.read(length).decode("latin1"))
    if found is None:
        raise ValueError("holds an array that is not of plain numbers, or its head is damaged")
    shape = tuple(int(size) for size in found[3].split(",") if size.strip())
    require(len(shape) <= 32, "an array of too many dimensions")
    return Spec(np.dtype(found[1]), shape), "F" if found[2] == "True" else "C", 8 + width + length


# ---------------------------------------------------------------- .safetensors: a JSON header, then bytes

# The specification's names of types. NumPy has no bfloat16, the upper half of a float32: it is widened.
_BFLOAT16 = "BF16"
_DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1",
}  # fmt: skip
_CODES = {dtype: code for code, dtype in _DTYPES.items()}


class Safetensors:
    """Eight bytes with the header's length, the header, then the arrays without gap or overlap."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        length = int.from_bytes(file.read(8), "little")
        require(8 + length <= size, "not a .safetensors, or it ends early")
        require(length <= MAX_HEADER, f"its header takes more than {MAX_HEADER} bytes")
        header = parse(file.read(length).decode())
        require(isinstance(header, dict), "its header is not a map")
        self.file, self.start = file, 8 + length
        self.strings = _strings(header.pop(HEADER_STRINGS, {}))
        self.header = header
        self.disk = {name: _entry(name, entry) for name, entry in header.items()}
        self.specs = {name: self._seen(name, spec) for name, spec in self.disk.items()}
        self._require_side_by_side(size - self.start)

    def _seen(self, name: str, spec: Spec) -> Spec:
        return spec._replace(dtype=np.dtype(np.float32)) if self._widened(name) else spec

    def _widened(self, name: str) -> bool:
        return bool(self.header[name]["dtype"] == _BFLOAT16)

    def _begin(self, name: str) -> int:
        return int(self.header[name]["data_offsets"][0])

    def _require_side_by_side(self, size: int) -> None:
        end = 0
        for begin, length in sorted((self._begin(name), spec.nbytes) for name, spec in self.disk.items()):
            require(begin == end, "arrays overlap, or leave a gap")
            end += length
        require(end == size, f"{size} bytes of arrays where its header says {end}")

    def array(self, name: str) -> Array:
        self.file.seek(self.start + self._begin(name))
        spec = self.disk[name]
        array = _array(self.file.read(spec.nbytes), spec)
        return (array.astype(np.uint32) << 16).view(np.float32) if self._widened(name) else array

    @staticmethod
    def pack(arrays: Arrays, strings: Strings) -> bytes:
        widest_first = dict(sorted(arrays.items(), key=lambda item: -item[1].itemsize))  # all lie aligned
        header: dict[str, Any] = {HEADER_STRINGS: strings}
        begin = 0
        for name, array in widest_first.items():
            end = begin + array.nbytes
            code = _CODES[array.dtype.str]
            header[name] = {"dtype": code, "shape": list(array.shape), "data_offsets": [begin, end]}
            begin = end
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        bytes_ = (array.tobytes() for array in widest_first.values())
        return b"".join([len(text).to_bytes(8, "little"), text, *bytes_])


def _entry(name: str, entry: Any) -> Spec:
    """What a header says of one array, as it lies on the disk."""
    whole = isinstance(entry, dict) and entry.keys() == {"dtype", "shape", "data_offsets"}
    require(whole, f"the header's entry {name!r} is damaged")
    code, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    require(isinstance(shape, list) and len(shape) <= 32, f"{name!r} has no shape")
    require(isinstance(offsets, list) and len(offsets) == 2, f"{name!r} has no offsets")
    counts = all(type(number) is int and number >= 0 for number in shape + offsets)
    require(counts, f"{name!r} has a shape or offsets that are not counts")
    require(code == _BFLOAT16 or code in _DTYPES, f"{name!r} is of type {code!r}, which is not read")
    spec = Spec(np.dtype(_DTYPES.get(code, "<u2")), tuple(shape))
    require(offsets[1] - offsets[0] == spec.nbytes, f"{name!r}: shape and offsets do not agree")
    return spec


FORMATS: dict[str, type[Format]] = {".npz": Npz, ".safetensors": Safetensors}
