"""Files that are damaged or hostile: refused with one exception, unread, in little memory."""

import contextlib
import json
import os
import pickle
import random
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from autograd_lite.storage import formats
from autograd_lite.storage import save_load as storage
from autograd_lite.storage.save_load import StorageError, load, save

from ..figures.storage import Pair, build_pair, outcomes, put, same
from .test_save_load import STATE, THINGS, refusal


@pytest.fixture(params=[".npz", ".safetensors"])
def path(request, tmp_path):
    return tmp_path / f"state{request.param}"


@pytest.fixture
def pair(monkeypatch):
    monkeypatch.setitem(storage.builders, "Pair", build_pair)
    return Pair(1.0)


# ---------------------------------------------------------------- damage


def test_no_flipped_bit_and_no_truncation_is_read_in_silence(path, pair):
    save(pair, path)
    found = outcomes(path, load, StorageError)
    assert found["silent"] == 0
    assert found["refused"] > 6 * found["harmless"]  # harmless: a date or an attribute in the zip


def test_the_search_for_silence_finds_it(tmp_path, pair, monkeypatch):
    np.save(tmp_path / "bare.npy", pair.state["layer.weight"])
    assert outcomes(tmp_path / "bare.npy", np.load, Exception)["silent"] > 100
    monkeypatch.setattr(storage, "_digest", lambda record, arrays: "0")
    save(pair, tmp_path / "state.safetensors")
    assert outcomes(tmp_path / "state.safetensors", load, StorageError)["silent"] > 100


def test_rubble_is_refused_or_harmless(path):
    """Several bytes overwritten, swapped or cut out at once: never another exception, never another state."""
    save(THINGS["checkpoint"], path)
    data, chance = path.read_bytes(), random.Random(7)
    for _ in range(500):
        bad = bytearray(data)
        for _ in range(chance.randint(1, 4)):
            begin = chance.randrange(len(bad))
            end = begin + chance.randint(0, 8)
            bad[begin:end] = chance.randbytes(chance.choice([0, end - begin, 4]))
        put(bad, path)
        with contextlib.suppress(StorageError):
            assert same(load(path), THINGS["checkpoint"])


def test_other_files_are_refused(path):
    for data in (
        b"",
        b"PK",
        b"\0" * 100,
        b"{}",
        pickle.dumps(STATE),
        b"\x89PNG\r\n",
        os.urandom(200),
        b"PK\5\6" + b"\0" * 17,
    ):
        path.write_bytes(data)
        refusal(path)


def test_one_format_under_the_others_suffix_is_refused(tmp_path):
    save(STATE, tmp_path / "a.npz")
    save(STATE, tmp_path / "b.safetensors")
    (tmp_path / "a.npz").rename(tmp_path / "a.safetensors")
    (tmp_path / "b.safetensors").rename(tmp_path / "b.npz")
    refusal(tmp_path / "a.safetensors")
    refusal(tmp_path / "b.npz")


def packed(path, arrays, record, **others):
    """A file with a record of our making, and a digest that agrees with it."""
    text = json.dumps(record)
    strings = {storage.RECORD: text, storage.DIGEST: storage._digest(text, arrays), **others}
    path.write_bytes(formats.FORMATS[path.suffix].pack(arrays, strings))
    return path


RECORDS = [
    ({"version": 2, "content": None}, "version 2, the one known is 1"),
    ({"version": 1}, "content"),
    ([], ""),
    ({"version": 1, "content": ["array", "other"]}, "the array 'other' is missing"),
    ({"version": 1, "content": ["list"]}, "arrays that nothing refers to: 'w'"),
    ({"version": 1, "content": ["list", ["array", "w"], ["array", "w"]]}, "the array 'w' is missing"),
    ({"version": 1, "content": {"a": 1}}, "unknown form"),
    ({"version": 1, "content": ["set", 1]}, "unknown kind: 'set'"),
    ({"version": 1, "content": ["dict"]}, ""),
    ({"version": 1, "content": ["dict", 3]}, ""),
    ({"version": 1, "content": []}, ""),
    ({"version": 1, "content": ["net", 3, ["array", "w"]]}, ""),
    ({"version": 1, "content": ["net", ["dict", {}], ["dict", {"w": ["array", "w"]}]]}, "kind"),
]


@pytest.mark.parametrize(("record", "reason"), RECORDS)
def test_records_that_make_no_sense(path, record, reason):
    assert reason in refusal(packed(path, {"w": np.ones(1)}, record))


@pytest.mark.parametrize("other", [STATE["weight"].reshape(3, 2), STATE["weight"].view("i8")])
def test_the_digest_knows_shapes_and_dtypes(path, other):
    record = json.dumps({"version": 1, "content": ["array", "w"]})
    strings = {storage.RECORD: record, storage.DIGEST: storage._digest(record, {"w": STATE["weight"]})}
    path.write_bytes(formats.FORMATS[path.suffix].pack({"w": STATE["weight"]}, strings))
    assert same(load(path), STATE["weight"])
    path.write_bytes(formats.FORMATS[path.suffix].pack({"w": other}, strings))
    assert "does not match its SHA-256" in refusal(path)


def test_a_record_nested_without_end_is_refused(path):
    strings = {storage.RECORD: "[" * 100_000, storage.DIGEST: storage._digest("[" * 100_000, {})}
    path.write_bytes(formats.FORMATS[path.suffix].pack({}, strings))
    refusal(path)


@pytest.mark.parametrize("lost", [storage.RECORD, storage.DIGEST])
def test_a_record_and_its_digest_ask_for_one_another(path, lost):
    strings = {storage.RECORD: "{}", storage.DIGEST: "0"}
    del strings[lost]
    path.write_bytes(formats.FORMATS[path.suffix].pack({"w": np.ones(1)}, strings))
    assert refusal(path) == "its record or its digest is missing"


# ---------------------------------------------------------------- hostile files: .safetensors


def safetensors(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(dtype="F64", shape=(1,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


HEADERS = {
    "overlap": ({"a": entry(), "b": entry(offsets=(4, 12))}, 12, "overlap, or leave a gap"),
    "the same bytes": ({"a": entry(), "b": entry()}, 8, "overlap, or leave a gap"),
    "gap": ({"a": entry(), "b": entry(offsets=(16, 24))}, 24, "overlap, or leave a gap"),
    "late begin": ({"a": entry(offsets=(8, 16))}, 16, "overlap, or leave a gap"),
    "out of range": ({"a": entry(shape=(9,), offsets=(0, 72))}, 8, "8 bytes of arrays where its header says"),
    "huge": ({"a": entry(shape=(2**40,), offsets=(0, 2**43))}, 8, "where its header says"),
    "overflowing": ({"a": entry(shape=(2**32, 2**32), offsets=(0, 0))}, 0, "shape and offsets do not agree"),
    "left over": ({"a": entry()}, 9, "9 bytes of arrays where its header says 8"),
    "backward": ({"a": entry(offsets=(8, 0))}, 8, "shape and offsets do not agree"),
    "negative": ({"a": entry(shape=(-1,), offsets=(8, 0))}, 8, "not counts"),
    "boolean": ({"a": entry(shape=(True,))}, 8, "not counts"),
    "fraction": ({"a": entry(shape=(1.0,))}, 8, "not counts"),
    "text": ({"a": entry(shape="1")}, 8, "not counts"),
    "dimensions": ({"a": entry(shape=(1,) * 33)}, 8, "no shape"),
    "three offsets": ({"a": entry(offsets=(0, 8, 16))}, 16, "no offsets"),
    "type": ({"a": entry("F8_E4M3", (8,))}, 8, "is of type 'F8_E4M3', which is not read"),
    "type that is no text": ({"a": entry(["F64"])}, 8, ""),
    "object": ({"a": entry("O", (1,))}, 8, "is of type 'O'"),
    "more": ({"a": {**entry(), "more": 1}}, 8, "the header's entry 'a' is damaged"),
    "less": ({"a": {"dtype": "F64", "shape": [1]}}, 8, "the header's entry 'a' is damaged"),
    "metadata": ({"__metadata__": {"a": 1}}, 0, "metadata are not strings"),
    "list": ([], 0, "its header is not a map"),
    "duplicate": (b'{"a":%s,"a":%s}' % ((json.dumps(entry()).encode(),) * 2), 8, "a name appears twice"),
    "duplicate inside": (b'{"a":{"dtype":"F64","dtype":"F64","shape":[1],"data_offsets":[0,8]}}', 8, "twice"),
    "not JSON": (b"{", 0, ""),
    "not text": (b"\xff\xfe", 0, ""),
    "endless": (b"[" * 100_000, 0, ""),
    "long number": (b'{"a":{"dtype":"F64","shape":[%s],"data_offsets":[0,8]}}' % (b"9" * 9999), 8, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADERS)
def test_headers_that_lie(tmp_path, name):
    header, size, reason = HEADERS[name]
    path = tmp_path / "bad.safetensors"
    path.write_bytes(safetensors(header, bytes(size)))
    assert reason in refusal(path)


def test_a_header_that_is_too_long(tmp_path):
    path = tmp_path / "bad.safetensors"
    path.write_bytes(struct.pack("<Q", 2**63) + b"{}")
    assert "ends early" in refusal(path)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", formats.MAX_HEADER + 1))
        file.truncate(formats.MAX_HEADER + 100)
    assert "its header takes more than" in refusal(path)


def test_booleans_are_0_or_1(tmp_path):
    path = tmp_path / "bad.safetensors"
    path.write_bytes(safetensors({"a": entry("BOOL", (2,), (0, 2))}, b"\1\2"))
    assert "booleans other than 0 and 1" in refusal(path)


def test_bfloat16_is_widened(tmp_path):
    path = tmp_path / "half.safetensors"
    numbers = np.array([1.0, -2.5, 3.140625, 2.0**-126], np.float32)
    halves = (numbers.view(np.uint32) >> 16).astype("<u2").tobytes()
    path.write_bytes(safetensors({"w": entry("BF16", (2, 2), (0, 8))}, halves))
    assert same(load(path), {"w": numbers.reshape(2, 2)})

    class Net(Pair):
        def state_dict(self):
            return {"w": np.zeros((2, 2))}

    assert same(load(path, into=Net()).state, {"w": numbers.reshape(2, 2)})


# ---------------------------------------------------------------- hostile files: .npz


def npy(array=STATE["bias"], **changes):
    """The bytes of an .npy whose head may say something else than is there."""
    head = {"descr": array.dtype.str, "fortran_order": False, "shape": array.shape, **changes}
    text = f"{head}\n".encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + array.tobytes()


def write_zip(path, *members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


MEMBERS = {
    "a plain one, to be sure": (("a.npy", npy()), None),
    "longer than there is": (("a.npy", npy(shape=(3,))), "'a.npy' has a wrong length"),
    "shorter than there is": (("a.npy", npy(shape=(1,))), "'a.npy' has a wrong length"),
    "huge": (("a.npy", npy(shape=(2**50,))), "'a.npy' has a wrong length"),
    "overflowing": (("a.npy", npy(shape=(2**32, 2**32))), "'a.npy' has a wrong length"),
    "negative": (("a.npy", npy(shape=(-2,))), "not of plain numbers"),
    "dimensions": (("a.npy", npy(shape=(1,) * 32 + (2,))), "too many dimensions"),
    "object": (("a.npy", npy(descr="|O")), "not of plain numbers"),
    "records": (("a.npy", npy(descr=[("x", "<f8")])), "not of plain numbers"),
    "text": (("a.npy", npy(descr="<U2")), "not of plain numbers"),
    "complex": (("a.npy", npy(descr="<c16")), "not of plain numbers"),
    "no such type": (("a.npy", npy(descr="<f1")), ""),
    "code": (("a.npy", npy(descr="__import__('os')")), "not of plain numbers"),
    "long head": (("a.npy", npy(descr=" " * 20_000)), "the head of an .npy is too long"),
    "no .npy": (("a.npy", b"not one"), "not an .npy"),
    "empty": (("a.npy", b""), "not an .npy"),
    "version 9": (("a.npy", npy().replace(b"NUMPY\1", b"NUMPY\11")), "not an .npy"),
    "no array": (("readme.txt", b"hello"), "holds 'readme.txt', which is not an array"),
    "folder": (("a.npy/", b""), "which is not an array"),
    "metadata that are numbers": (("__autograd_lite__.npy", npy()), "its metadata are not text"),
    "metadata that are no JSON": (("__autograd_lite__.npy", npy(np.array([1], "u1"))), ""),
    "metadata that are no map": (("__autograd_lite__.npy", npy(np.frombuffer(b"[]", "u1"))), "not strings"),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_members_that_lie(tmp_path, name):
    member, reason = MEMBERS[name]
    path = write_zip(tmp_path / "bad.npz", member)
    if reason is None:
        assert same(load(path), {"a": STATE["bias"]})
    else:
        assert reason in refusal(path)


def test_pickles_are_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    path = tmp_path / "trap.npz"
    np.savez(path, a=np.array([Trap()], dtype=object))
    assert "not of plain numbers" in refusal(path)
    path.write_bytes(pickle.dumps(Trap()))
    refusal(path)
    assert not (tmp_path / "sprung").exists()


def test_a_name_twice_in_a_zip(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"):
        path = write_zip(tmp_path / "bad.npz", ("a.npy", npy()), ("a.npy", npy()))
    assert refusal(path) == "a name appears twice"


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions(tmp_path, compression):
    path = write_zip(tmp_path / "bad.npz", ("a.npy", npy()), compression=compression)
    assert refusal(path) == "a compression not read"


def patched(path, signature, offset, new):
    """A zip with some bytes changed behind a signature."""
    data = bytearray(path.read_bytes())
    begin = data.index(signature) + offset
    data[begin : begin + len(new)] = new
    path.write_bytes(data)
    return path


ZIP_PATCHES = {
    "encrypted": (b"PK\1\2", 8, b"\1", "encrypted"),
    "patched data": (b"PK\1\2", 8, b"\x20", ""),
    "stored, of another length": (b"PK\1\2", 24, b"\xff\xff", "a member of a wrong length"),
    "count": (b"PK\5\6", 10, b"\2", "the zip's directory is damaged"),
    "huge directory": (b"PK\5\6", 12, b"\xff\xff\xff\x7f", "the zip's directory is too long"),
    "comment": (b"PK\5\6", 20, b"\1\0", "its end is missing"),
    "NUL in a name": (b"PK\1\2", 46, b"\0", ""),
    "other name": (b"PK\3\4", 30, b"b", ""),
    "CRC": (b"PK\1\2", 16, b"\0\0\0\0", "Bad CRC-32"),
}


@pytest.mark.parametrize("name", ZIP_PATCHES)
def test_zips_that_lie(tmp_path, name):
    signature, offset, new, reason = ZIP_PATCHES[name]
    path = write_zip(tmp_path / "bad.npz", ("a.npy", npy()))
    assert reason in refusal(patched(path, signature, offset, new))


def test_a_name_that_goes_on_behind_a_nul(tmp_path):
    path = write_zip(tmp_path / "bad.npz", ("a.npy#x", npy()))
    path.write_bytes(path.read_bytes().replace(b"#", b"\0"))
    assert "not plain" in refusal(path)


def test_a_64_bit_zip_directory_is_refused(tmp_path):
    path = write_zip(tmp_path / "bad.npz", ("a.npy", npy()))
    data = path.read_bytes()
    path.write_bytes(data[:-22] + b"PK\6\7" + bytes(16) + data[-22:])
    assert "64-bit" in refusal(path)


def test_members_that_share_their_bytes(tmp_path):
    """A bomb that does not compress: every name of the directory points at one long member."""
    path = write_zip(tmp_path / "bad.npz", ("a.npy", npy(np.zeros(1000))))
    data = path.read_bytes()
    begin, end = data.index(b"PK\1\2"), len(data) - 22
    path.write_bytes(data[:end] + data[begin:end] + data[end:])
    patched(path, b"PK\5\6", 8, struct.pack("<HHI", 2, 2, 2 * (end - begin)))
    assert "overlap" in refusal(path)


def test_bombs_are_refused_in_little_memory(tmp_path):
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, a=np.zeros(formats.MAX_INFLATED // 8))
    assert path.stat().st_size < 100_000
    tracemalloc.start()
    try:
        assert "unpacks to more than" in refusal(path)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_a_deflated_member_that_goes_on_is_cut_off(tmp_path):
    """The directory says 200 bytes; the stream holds a megabyte."""
    path = write_zip(tmp_path / "bomb.npz", ("a.npy", npy(np.zeros(2**17))), compression=zipfile.ZIP_DEFLATED)
    patched(path, b"PK\1\2", 24, struct.pack("<I", 200))
    refusal(path)


def test_files_that_are_too_large(path, monkeypatch):
    save(STATE, path)
    monkeypatch.setattr(storage, "MAX_BYTES", 10)
    assert refusal(path) == "its arrays take more than 10 bytes"
    with open(path, "wb") as file:
        file.truncate(2**31)  # a hole: takes no room
    monkeypatch.undo()
    assert "is longer than" in refusal(path)


def test_what_could_not_be_read_is_not_written(path, monkeypatch):
    save(STATE, path)
    before = path.read_bytes()
    monkeypatch.setattr(formats, "MAX_HEADER", 5000)
    with pytest.raises(StorageError, match="takes more than 5000 bytes"):
        save({"text": "x" * 5000}, path)
    assert path.read_bytes() == before
    assert len(list(path.parent.iterdir())) == 1
