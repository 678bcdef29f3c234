"""Files: what is saved comes back, as it was; nets are built again; arguments that cannot be used."""

import io
import math
import pickle

import numpy as np
import pytest

from autograd_lite import ArgumentTypeError, ArgumentValueError, AutogradLiteError, Value, nn, optim
from autograd_lite.storage import formats
from autograd_lite.storage import save_load as storage
from autograd_lite.storage.save_load import StorageError, load, load_state, save

from ..figures.storage import Pair, build_pair, same

DTYPES = ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?")
STATE = {"weight": np.arange(6.0).reshape(2, 3), "bias": np.array([0.5, -1.0])}


@pytest.fixture(params=[".npz", ".safetensors"])
def path(request, tmp_path):
    return tmp_path / f"state{request.param}"


@pytest.fixture
def pair(monkeypatch):
    monkeypatch.setitem(storage.builders, "Pair", build_pair)
    return Pair(1.0)


def refusal(path, **options):
    """The reason for which a file is refused."""
    with pytest.raises(StorageError) as caught:
        load(path, **options)
    assert caught.value.path == str(path)
    assert str(caught.value) == f"{path}: {caught.value.reason}"
    return caught.value.reason


# ---------------------------------------------------------------- what comes back


THINGS = {
    "state": STATE,
    "empty": {},
    "array": np.eye(2),
    "zero-dimensional": {"a": np.array(3.0), "b": np.array(True)},
    "nothing in it": {"a": np.zeros((0, 3)), "b": np.zeros(0, "i4")},
    "dtypes": {name: np.arange(4).astype(name) for name in DTYPES},
    "extremes": {"a": np.array([5e-324, -0.0, 1.7976931348623157e308]), "i": np.array([-(2**63), 2**63 - 1])},
    "numbers": [1, -2.5, 0.1, True, False, None, "text", 2**128, math.inf, -0.0, math.nan, 5e-324],
    "names": {"Gewicht ä/β": np.ones(1), "a b": np.ones(2), "x.npy": np.ones(3), "file": np.ones(4)},
    "texts": {"": "\ud800", "$array": ["list", "dict"], "\0": '"\\\n', "𝜕": "𝜕"},
    "checkpoint": {
        "net": {"layers.0.weight": np.ones((2, 3)), "layers.0.bias": np.zeros(2)},
        "optimizer": {"kind": "Adam", "betas": (0.9, 0.999), "step": 7, "m": [np.ones(2), np.zeros(3)]},
        "history": {"loss": [0.5, 0.25, math.nan], "accuracy": []},
        "nested": [[], {}, (), [({"deep": [np.array(1)]},)]],
    },
}


@pytest.mark.parametrize("name", THINGS)
def test_what_is_saved_comes_back(path, name):
    save(THINGS[name], path)
    assert same(load(path), THINGS[name])


def test_numpy_scalars_come_back_as_numbers_and_views_as_arrays(path):
    strided = np.arange(12.0).reshape(3, 4).T[::2]
    numbers = {"n": np.float64(0.1), "i": np.int8(3), "b": np.bool_(True)}
    save({**numbers, "v": strided, "be": STATE["bias"].astype(">f8")}, path)
    back = load(path)
    assert same([back["n"], back["i"], back["b"]], [0.1, 3, True])
    assert same(back["v"], np.ascontiguousarray(strided))
    assert same(back["be"], STATE["bias"])


def test_what_comes_back_is_ones_own_and_writable(path):
    save(STATE, path)
    back = load(path)
    back["weight"] += 1.0
    assert same(load(path), STATE)


def test_a_path_may_be_text_and_its_suffix_in_capitals(tmp_path):
    path = str(tmp_path / "STATE.NPZ")
    save(STATE, path)
    assert same(load(path), STATE)


def test_the_same_state_gives_the_same_bytes(path):
    save(STATE, path)
    first = path.read_bytes()
    save(STATE, path)
    assert path.read_bytes() == first


def test_only_the_arrays(path, pair):
    save(pair, path)
    assert same(dict(sorted(load_state(path).items())), dict(sorted(pair.state.items())))
    save({"best": pair, "epoch": 3}, path)
    assert sorted(load_state(path)) == ["best/layer.bias", "best/layer.weight"]


# ---------------------------------------------------------------- nets


def test_a_net_is_built_again(path, pair):
    save(pair, path)
    assert same(load(path), pair)
    save({"best": pair, "epoch": 3}, path)
    assert same(load(path), {"best": pair, "epoch": 3})


NETS = {
    "MLP": lambda: nn.MLP(2, [3, 1], "tanh", seed=1),
    "Autoencoder": lambda: nn.Autoencoder(2, [2, 1], seed=2),
    "Sequential": lambda: nn.Sequential(nn.Layer(2, 3, seed=3), "tanh", nn.Layer(3, 2, bias=False, seed=4)),
    "Layer": lambda: nn.Layer(2, 2, "softmax", seed=5),
}


@pytest.mark.parametrize("kind", NETS)
def test_our_nets_give_the_same_bits(path, kind, monkeypatch):
    monkeypatch.setitem(storage.builders, kind, lambda config, shapes: nn.build(config))
    net = NETS[kind]()
    save(net, path)
    back = load(path)
    assert type(back) is type(net)
    assert same(back.state_dict(), net.state_dict())
    assert repr(back) == repr(net)
    assert repr(back([0.5, -2.0])) == repr(net([0.5, -2.0]))


def test_an_optimiser_travels_along(path):
    weights = [Value(1.0), Value(-2.0)]
    adam = optim.Adam(weights, lr=0.1)
    for weight, slope in zip(weights, (0.5, -3.0), strict=True):
        weight.grad = slope
    adam.step()
    save({"optimizer": adam}, path)
    back = load(path)["optimizer"]
    assert same(back, adam.state_dict())
    optim.Adam(weights).load_state_dict(back)


def test_what_has_a_state_and_no_config_is_saved_as_its_state(path):
    class Plain:
        def state_dict(self):
            return STATE

    class Unsure(Plain):
        def config(self):
            return None

    for thing in (Plain(), Unsure()):
        save(thing, path)
        assert same(load(path), STATE)


def test_a_builder_sees_config_and_shapes_first(path, monkeypatch):
    def build(config, shapes):
        assert config == {"kind": "Pair"}
        raise ValueError(f"does not fit {shapes['layer.weight']}")

    monkeypatch.setitem(storage.builders, "Pair", build)
    save(Pair(1.0), path)
    assert refusal(path) == "does not fit (1, 2)"


def test_a_net_of_an_unknown_kind_is_refused_and_its_arrays_are_not(path, monkeypatch):
    monkeypatch.setattr(storage, "builders", {"Other": build_pair})
    save(Pair(1.0), path)
    assert "holds a net of kind 'Pair'; those that can be built are 'Other'; load_state" in refusal(path)
    assert sorted(load_state(path)) == ["layer.bias", "layer.weight"]


def test_into_a_net_that_is_there(path, pair):
    save(pair, path)
    net = Pair()
    assert load(path, into=net) is net
    assert same(dict(sorted(net.state.items())), dict(sorted(pair.state.items())))


WRONG_STATES = [
    ({"layer.weight": np.ones((1, 2))}, "misses 'layer.bias'"),
    ({"layer.weight": np.ones((1, 2)), "layer.bias": np.ones(1), "x": np.ones(1)}, "does not: 'x'"),
    ({"layer.weight": np.ones((2, 1)), "layer.bias": np.ones(1)}, "has shape (2, 1), the net's has (1, 2)"),
    ({"layer.weight": np.ones(2), "layer.bias": np.ones(1)}, "has shape (2,), the net's has (1, 2)"),
    ({"layer.weight": np.ones((1, 2), int), "layer.bias": np.ones(1)}, "is int64, the net's is float64"),
    (
        {"net": {"layer.weight": np.ones((1, 2)), "layer.bias": np.ones(1)}},
        "misses 'layer.bias', 'layer.weight'",
    ),
]


@pytest.mark.parametrize(("state", "reason"), WRONG_STATES)
def test_a_state_that_is_not_the_nets_is_refused_unread(path, state, reason, monkeypatch):
    save(state, path)
    net = Pair()
    for form in (formats.Npz, formats.Safetensors):
        read = form.array
        monkeypatch.setattr(form, "array", lambda self, name, read=read: _only_strings(self, name, read))
    assert reason in refusal(path, into=net)
    assert same(net, Pair())


def _only_strings(form, name, read):
    assert name == formats.NPZ_STRINGS, "an array was read before the names and shapes were checked"
    return read(form, name)


def test_what_a_net_says_of_a_state_is_told_with_the_path(path, pair):
    save(pair, path)

    class Stubborn(Pair):
        def load_state_dict(self, state):
            raise ArgumentValueError("load_state_dict", "state", state, "another")

    assert "load_state_dict: state must be another" in refusal(path, into=Stubborn())


# ---------------------------------------------------------------- nan and inf


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("dtype", ["f8", "f4", "f2"])
def test_weights_that_are_not_finite(path, bad, dtype):
    state = {"good": np.ones(3, dtype), "bad": np.array([1.0, bad, bad], dtype)}
    save(state, path)
    assert refusal(path) == "'bad' holds 2 of nan or inf; allow_nonfinite=True takes them"
    assert same(load(path, allow_nonfinite=True), state)
    with pytest.raises(StorageError, match="'bad' holds 2"):
        load_state(path)
    assert np.isnan(load_state(path, allow_nonfinite=True)["bad"][1]) == math.isnan(bad)


# ---------------------------------------------------------------- other people's programs


def test_numpy_reads_ours(tmp_path):
    path = tmp_path / "state.npz"
    save({**STATE, "β": np.array([True])}, path)
    with np.load(path, allow_pickle=False) as back:
        assert set(back.files) == {*STATE, "β", formats.NPZ_STRINGS}
        assert all(same(back[name], STATE[name]) for name in STATE)


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_we_read_numpys(tmp_path, write):
    path = tmp_path / "state.npz"
    write(path, **STATE, fortran=np.asfortranarray(np.arange(6.0).reshape(2, 3)), big=np.array([1, 2], ">i4"))
    expected = {**STATE, "fortran": np.arange(6.0).reshape(2, 3), "big": np.array([1, 2], "i4")}
    assert same(load(path), expected)
    assert same(load_state(path), expected)


def test_the_safetensors_library_reads_ours_and_we_its(tmp_path):
    library = pytest.importorskip("safetensors.numpy")
    state = {**STATE, **THINGS["dtypes"], **THINGS["zero-dimensional"], **THINGS["nothing in it"]}
    save(state, tmp_path / "ours.safetensors")
    back = library.load_file(tmp_path / "ours.safetensors")
    assert set(back) == set(state)
    assert all(same(back[name], state[name]) for name in state)
    library.save_file(state, tmp_path / "its.safetensors", metadata={"format": "np"})
    back = load(tmp_path / "its.safetensors")
    assert set(back) == set(state)
    assert all(same(back[name], state[name]) for name in state)


# ---------------------------------------------------------------- arguments


@pytest.mark.parametrize("bad", [None, 3, b"a.npz", 1.5, ["a.npz"], io.BytesIO()])
def test_paths_that_are_not_paths(bad):
    for call in (lambda: save(STATE, bad), lambda: load(bad), lambda: load_state(bad)):
        with pytest.raises(ArgumentTypeError, match="path must be a path, got"):
            call()


@pytest.mark.parametrize("bad", ["state", "state.pt", "state.npy", "", ".npz", "a\0.npz"])
def test_suffixes(bad):
    for call in (lambda: save(STATE, bad), lambda: load(bad), lambda: load_state(bad)):
        with pytest.raises(
            ArgumentValueError, match=r"must be a path that ends in \.npz or \.safetensors, got"
        ):
            call()


LOOP: dict = {}
LOOP["again"] = LOOP
BAD_THINGS = {
    "Value": (Value(1.0), ArgumentTypeError, "thing must be"),
    "Value inside": ({"w": [Value(1.0)]}, ArgumentTypeError, "thing at 'w/0' must be an array, a number"),
    "object": (object(), ArgumentTypeError, "thing must be"),
    "complex": ({"z": 1j}, ArgumentTypeError, "thing at 'z' must be"),
    "bytes": ({"z": b""}, ArgumentTypeError, "thing at 'z' must be"),
    "set": ({"z": {1}}, ArgumentTypeError, "thing at 'z' must be"),
    "a long integer": (1 << 5000, ArgumentTypeError, "thing must be"),
    "objects": ({"a": np.array([None])}, ArgumentTypeError, "thing at 'a' must be an array of booleans"),
    "complex numbers": ({"a": np.ones(1, complex)}, ArgumentTypeError, "thing at 'a' must be"),
    "texts": ({"a": np.array(["x"])}, ArgumentTypeError, "thing at 'a' must be"),
    "key": ({"a": {3: np.ones(1)}}, ArgumentTypeError, "key of thing at 'a' must be a string, got int 3"),
    "reserved": ({"__metadata__": np.ones(1)}, ArgumentValueError, "not reserved"),
    "reserved too": ({"__autograd_lite__": np.ones(1)}, ArgumentValueError, "not reserved"),
    "control": ({"a\n": np.ones(1)}, ArgumentValueError, "printable"),
    "surrogate": ({"\ud800": np.ones(1)}, ArgumentValueError, "printable"),
    "long name": ({"a" * 1001: np.ones(1)}, ArgumentValueError, "short"),
    "clash": ({"a": {"b": np.ones(1)}, "a/b": np.ones(1)}, ArgumentValueError, "two arrays would share it"),
    "loop": (LOOP, ArgumentValueError, "nested at most 32 deep"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_THINGS)
def test_things_that_are_not_saved(path, name):
    thing, error, message = BAD_THINGS[name]
    with pytest.raises(error, match=message):
        save(thing, path)
    assert not list(path.parent.iterdir())


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="long double is double here")
def test_long_doubles_are_not_saved(path):
    with pytest.raises(ArgumentTypeError, match="at most 8 bytes"):
        save({"a": np.ones(1, np.longdouble)}, path)


def test_into_what_is_not_a_net(path):
    save(STATE, path)
    for bad in ("net", 3, STATE):
        with pytest.raises(ArgumentTypeError, match="into must be a net"):
            load(path, into=bad)


def test_the_exception():
    error = StorageError("a.npz", "damaged")
    assert isinstance(error, AutogradLiteError)
    assert isinstance(error, OSError)
    back = pickle.loads(pickle.dumps(error))
    assert (str(back), back.path, back.reason) == ("a.npz: damaged", "a.npz", "damaged")
