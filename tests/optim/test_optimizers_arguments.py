"""Optimisers: resuming to the same bits, and bad states and arguments, each named."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest

from autograd_lite import ArgumentError, ArgumentTypeError, ArgumentValueError, Value, optim
from tests.optim.test_optimizers import EVERY_OPTION, KINDS, descend, values, with_gradients

# --- resuming ------------------------------------------------------------------------------------------


def through_json(state):
    """As a file would: tuples turn into lists, arrays too."""
    return json.loads(json.dumps(state, default=lambda array: array.tolist()))


@pytest.mark.parametrize("travel", [lambda state: state, through_json], ids=["as is", "through JSON"])
@pytest.mark.parametrize(("kind", "options"), EVERY_OPTION)
def test_training_resumes_to_the_same_bits(kind, options, travel):
    whole = kind(values(), **options)
    descend(whole, 50)
    halfway, state = [p.data for p in whole.params], travel(whole.state_dict())
    descend(whole, 50, start=51)  # what comes after must not reach into the state

    resumed = kind(values(*halfway))  # the settings travel in the state
    resumed.load_state_dict(state)
    assert descend(resumed, 50, start=51) == [p.data for p in whole.params]
    assert json.dumps(through_json(resumed.state_dict())) == json.dumps(through_json(whole.state_dict()))


def test_a_memory_that_is_not_used_any_more_travels_along():
    whole = optim.SGD(values(), lr=0.02, momentum=0.9)
    descend(whole, 5)
    whole.momentum = 0.0
    resumed = optim.SGD(values(*[p.data for p in whole.params]))
    resumed.load_state_dict(whole.state_dict())
    assert descend(resumed, 5, start=6) == descend(whole, 5, start=6)


def test_a_fresh_state_loads():
    optimizer = optim.Adam(values())
    optimizer.load_state_dict(optim.Adam(values(), lr=0.5).state_dict())
    assert (optimizer.lr, optimizer.steps) == (0.5, 0)


GOOD = optim.SGD(values(), lr=0.1, momentum=0.9)
descend(GOOD, 3)
GOOD_STATE = GOOD.state_dict()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (None, "state must be a dict with exactly the keys"),
        ({"kind": "Adam"}, r"state\['kind'\] must be 'SGD', got str 'Adam'"),
        ({"steps": -1}, r"state\['steps'\] must be a whole number >= 0, got int -1"),
        ({"steps": 1.5}, r"state\['steps'\] must be a whole number >= 0, got float 1.5"),
        ({"extra": 1}, "state must be a dict with exactly the keys"),
        ({"settings": {}}, r"state\['settings'\] must be a dict with exactly the keys"),
        ({"settings": 3}, r"state\['settings'\] must be a dict with exactly the keys"),
        ({"settings": GOOD_STATE["settings"] | {"lr": -1.0}}, "SGD: lr must be a finite number >= 0"),
        ({"memories": None}, r"state\['memories'\] must be a dict"),
        ({"memories": {"mean": np.zeros(6)}}, r"dict with the keys \['velocity'\], got list \['mean'\]"),
        ({"memories": {"velocity": np.zeros((6, 1))}}, r"must be 6 numbers.*shape \(6, 1\)"),
        ({"memories": {"velocity": [[1.0], 2.0, 3.0, 4.0, 5.0, 6.0]}}, r"must be 6 numbers"),
        ({"memories": {"velocity": np.zeros(5)}}, r"\['velocity'\] must be 6 numbers.*shape \(5,\)"),
        ({"memories": {"velocity": ["a"] * 6}}, r"\['velocity'\] must be 6 numbers"),
        ({"memories": {"velocity": [None] * 6}}, r"\['velocity'\] must be 6 numbers"),
    ],
)
def test_a_bad_state_is_named_and_changes_nothing(change, message):
    optimizer = optim.SGD(values(), lr=0.3)
    before = repr(optimizer.state_dict())
    with pytest.raises(ArgumentError, match=message):
        optimizer.load_state_dict(change if change is None else GOOD_STATE | change)
    assert repr(optimizer.state_dict()) == before


# --- bad arguments -------------------------------------------------------------------------------------

NODE = Value(1.0) * 2.0
TWICE = Value(1.0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ([], ArgumentValueError, "params must be of at least one parameter"),
        (iter(()), ArgumentValueError, "params must be of at least one parameter"),
        (None, ArgumentTypeError, "params must be an iterable of parameters.*got None"),
        (3, ArgumentTypeError, "params must be an iterable of parameters.*got int 3"),
        ("ab", ArgumentTypeError, "params must be an iterable of parameters.*got str 'ab'"),
        ({"w": 1}, ArgumentTypeError, "params must be an iterable of parameters.*got dict"),
        (TWICE, ArgumentTypeError, "params must be an iterable of parameters.*got Value"),
        (
            [TWICE, 1.0],
            ArgumentTypeError,
            r"params\[1\] must be an object with numbers .data and .grad.*float 1.0",
        ),
        (
            [[TWICE]],
            ArgumentTypeError,
            r"params\[0\] must be an object with numbers .data and .grad.*got list",
        ),
        (np.zeros((2, 2)), ArgumentTypeError, r"params\[0\] must be an object with numbers"),
        ([SimpleNamespace(data=1.0, grad=None)], ArgumentTypeError, r"params\[0\] must be an object"),
        ([TWICE, NODE], ArgumentValueError, r"params\[1\] must be a leaf"),
        (
            [TWICE, Value(1.0), TWICE],
            ArgumentValueError,
            r"params\[2\] must be listed once; it is params\[0\] too",
        ),
    ],
)
def test_bad_parameters(kind, params, error, message):
    with pytest.raises(error, match=f"{kind.__name__}: {message}"):
        kind(params)
    with pytest.raises(error, match=f"clip_grad_norm: {message}"):
        optim.clip_grad_norm(params, 1.0)


NUMBERS = [(kind, name) for kind in KINDS for name in kind.settings if name not in ("betas", "nesterov")]
FLAGS = [("SGD", "nesterov"), ("RMSProp", "centered"), ("Adam", "amsgrad"), ("AdamW", "amsgrad")]
NUMBERS = [(kind, name) for kind, name in NUMBERS if (kind.__name__, name) not in FLAGS]


@pytest.mark.parametrize(("kind", "name"), NUMBERS)
def test_bad_numbers(kind, name):
    for bad in (-1.0, math.nan, math.inf, -math.inf, "0.1", None, 1j, [0.1], True, Value(0.1), np.ones(2)):
        with pytest.raises(
            ArgumentError, match=f"{kind.__name__}: {name} must be a finite number >= 0"
        ) as caught:
            kind(values(), **{name: bad})
        assert caught.value.argument == name
        assert caught.value.got is bad


@pytest.mark.parametrize(("kind", "name"), FLAGS)
@pytest.mark.parametrize("bad", [1, 0.0, "yes", None])
def test_bad_flags(kind, name, bad):
    with pytest.raises(ArgumentTypeError, match=f"{kind}: {name} must be True or False"):
        getattr(optim, kind)(values(), **{name: bad})


@pytest.mark.parametrize("kind", [optim.Adam, optim.AdamW])
@pytest.mark.parametrize(
    ("betas", "message"),
    [
        ((1.0, 0.9), r"betas\[0\] must be a finite number >= 0 and < 1, got float 1.0"),
        ((0.9, -0.1), r"betas\[1\] must be a finite number >= 0 and < 1, got float -0.1"),
        ((0.9, "0.9"), r"betas\[1\] must be a finite number >= 0 and < 1, got str '0.9'"),
        ((0.9,), "betas must be two numbers"),
        (0.9, "betas must be two numbers, got float 0.9"),
        (None, "betas must be two numbers, got None"),
    ],
)
def test_bad_betas(kind, betas, message):
    with pytest.raises(ArgumentError, match=f"{kind.__name__}: {message}"):
        kind(values(), betas=betas)


@pytest.mark.parametrize("options", [{}, {"momentum": 0.9, "dampening": 0.1}])
def test_nesterov_needs_momentum_and_no_dampening(options):
    with pytest.raises(
        ArgumentValueError, match="SGD: nesterov must be False where momentum is 0 or dampening"
    ):
        optim.SGD(values(), nesterov=True, **options)


def test_alpha_stays_under_one():
    with pytest.raises(ArgumentValueError, match="RMSProp: alpha must be a finite number >= 0 and < 1"):
        optim.RMSProp(values(), alpha=1.0)


@pytest.mark.parametrize(
    "bad", [np.zeros(5), np.zeros((6, 1)), np.zeros(6, dtype=np.float32), [0.0] * 6, None]
)
def test_bad_arrays_for_update(bad):
    optimizer, good = optim.SGD(values()), np.zeros(6)
    with pytest.raises(ArgumentValueError, match=r"SGD.update: x must be a float64 array of shape \(6,\)"):
        optimizer.update(bad, good)
    with pytest.raises(ArgumentValueError, match=r"SGD.update: g must be a float64 array of shape \(6,\)"):
        optimizer.update(good, bad)
    assert optimizer.steps == 0


@pytest.mark.parametrize("attribute", ["data", "grad"])
def test_a_number_that_is_lost_later_is_named(attribute):
    params = with_gradients(1.0, 2.0)
    optimizer = optim.SGD(params)
    setattr(params[1], attribute, None)
    with pytest.raises(ArgumentTypeError, match=rf"SGD: params\[1\].{attribute} must be a number, got None"):
        optimizer.step()
    assert params[0].data == 0.0


@pytest.mark.parametrize("bad", [-1.0, math.nan, -math.inf, "1", None, np.ones(2)])
def test_bad_limits(bad):
    with pytest.raises(ArgumentError, match="clip_grad_norm: limit must be a finite number >= 0"):
        optim.clip_grad_norm(values(), bad)
