"""Optimisers and clipping: against PyTorch's recorded numbers, by hand, and at the edges."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from autograd_lite import ArgumentValueError, Value, optim
from tests.figures import optimisers
from tests.figures.optimisers import PROMISE, distance, ours, recorded
from tests.recorded.optim_torch import CASES, CLIPPED, START, gradient

THEIRS = recorded()
KINDS = [optim.SGD, optim.Adagrad, optim.RMSProp, optim.Adam, optim.AdamW]
EVERY_OPTION = [
    (optim.SGD, {"lr": 0.02, "momentum": 0.9, "dampening": 0.1, "weight_decay": 0.05}),
    (optim.SGD, {"lr": 0.02, "momentum": 0.9, "nesterov": True}),
    (optim.Adagrad, {"lr": 0.3, "lr_decay": 0.01, "initial_accumulator_value": 0.1}),
    (optim.RMSProp, {"lr": 0.01, "momentum": 0.9, "centered": True}),
    (optim.Adam, {"lr": 0.02, "amsgrad": True, "betas": (0.8, 0.95), "weight_decay": 0.1}),
    (optim.AdamW, {"lr": 0.02}),
]


def _name(part):
    return f"{part[0]} {part[1]}" if isinstance(part, tuple) else ""


def values(*numbers):
    return [Value(x) for x in numbers or START]


def descend(optimizer, steps, start=1):
    for step in range(start, start + steps):
        slopes = gradient([p.data for p in optimizer.params], step)
        for p, slope in zip(optimizer.params, slopes, strict=True):
            p.grad = slope
        optimizer.step()
    return [p.data for p in optimizer.params]


# --- against PyTorch -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("case", "theirs"), list(zip(CASES, THEIRS["trajectories"], strict=True)), ids=_name)
def test_trajectories_are_pytorchs(case, theirs):
    name, options = case
    assert distance(ours(name), options, theirs) <= PROMISE


def test_every_option_of_every_optimiser_is_compared():
    for kind in KINDS:
        used = {name for known, options in CASES if ours(known) is kind for name in options}
        assert used == set(kind.settings), kind


class DampenedStart(optim.SGD):
    """Planted: the first gradient is dampened like the others."""

    def rule(self, x, g):
        self.kept("velocity")
        super().rule(x, g)


class UncorrectedAdam(optim.Adam):
    """Planted: no correction of the means' start."""

    def rule(self, x, g):
        self.steps += 10**6
        super().rule(x, g)
        self.steps -= 10**6


class CoupledAdamW(optim.AdamW):
    """Planted: the decay goes through the means."""

    decayed = optim.Optimizer.decayed


class EpsilonLost(optim.RMSProp):
    """Planted: no eps."""

    def rule(self, x, g):
        self.eps = 0.0
        super().rule(x, g)


class GradientOffByOneBit(optim.Adagrad):
    """Planted: a gradient that is wrong in its 40th bit."""

    def rule(self, x, g):
        super().rule(x, g * (1 + 2.0**-40))


@pytest.mark.parametrize(
    "planted", [DampenedStart, UncorrectedAdam, CoupledAdamW, EpsilonLost, GradientOffByOneBit]
)
def test_the_comparison_catches_a_planted_bug(planted):
    distances = [
        distance(planted, options, theirs)
        for (name, options), theirs in zip(CASES, THEIRS["trajectories"], strict=True)
        if ours(name) is planted.__base__
    ]
    assert max(distances) > PROMISE


def test_the_comparison_catches_a_nan():
    class Lost(optim.SGD):
        def rule(self, x, g):
            x[0] = math.nan

    assert not distance(Lost, {}, THEIRS["trajectories"][0]) <= PROMISE


@pytest.mark.parametrize(("gradients", "theirs"), list(zip(CLIPPED, THEIRS["clipped"], strict=True)))
def test_clipping_is_pytorchs(gradients, theirs):
    params = values(*gradients)
    for p in params:
        p.grad = p.data
    norm, clipped = theirs
    assert optim.clip_grad_norm(params, 1.0) == pytest.approx(norm, rel=1e-15)
    assert [p.grad for p in params] == pytest.approx(clipped, rel=1e-15)


def test_the_figure_is_printed(capsys):
    optimisers.main()
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(f"optimisers against PyTorch {THEIRS['torch']}, {len(CASES)} cases, 2000 steps")


# --- by hand -------------------------------------------------------------------------------------------


def test_one_step_of_plain_descent():
    a, b = params = values(1.0, -2.0)
    (a * a * b).backward()
    optim.SGD(params, lr=0.1).step()
    assert (a.data, b.data) == (1.0 - 0.1 * -4.0, -2.0 - 0.1 * 1.0)


def test_zero_grad_and_nothing_else():
    params = values(1.0, 2.0)
    for p in params:
        p.grad = 3.0
    optim.Adam(params).zero_grad()
    assert [(p.data, p.grad) for p in params] == [(1.0, 0.0), (2.0, 0.0)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_bowl_is_descended(kind):
    x, y = params = values(3.0, -2.0)
    optimizer = kind(params, lr=0.1)
    for _ in range(1500):
        optimizer.zero_grad()
        ((x - 1.0) ** 2 + (y - 2.0) ** 2 * 3.0).backward()
        optimizer.step()
    assert (x.data, y.data) == pytest.approx((1.0, 2.0), abs=0.1)


@pytest.mark.parametrize(("kind", "options"), EVERY_OPTION)
def test_any_object_with_data_and_grad_will_do(kind, options):
    plain = [SimpleNamespace(data=x, grad=0.0) for x in START]
    assert descend(kind(plain, **options), 20) == descend(kind(values(), **options), 20)


@pytest.mark.parametrize(("kind", "options"), EVERY_OPTION)
def test_update_on_arrays_is_step(kind, options):
    stepped = kind(values(), **options)
    updated = kind(values(), **options)
    x = np.array(START)
    for step in range(1, 30):
        g = np.array(gradient(x.tolist(), step))
        before = g.copy()
        updated.update(x, g)
        assert (g == before).all()
        descend(stepped, 1, start=step)
    assert x.tolist() == [p.data for p in stepped.params]


def test_a_generator_is_listed():
    optimizer = optim.SGD(p for p in values())
    assert len(optimizer.params) == len(START)
    descend(optimizer, 2)


def test_lr_is_read_and_assigned():
    (x,) = params = values(1.0)
    optimizer = optim.SGD(params, lr=0.1)
    assert optimizer.lr == 0.1
    optimizer.lr = 0.5
    x.grad = 1.0
    optimizer.step()
    assert x.data == 0.5
    with pytest.raises(ArgumentValueError, match=r"SGD: lr must be a finite number >= 0, got float -1\.0"):
        optimizer.lr = -1.0
    assert optimizer.lr == 0.5


def test_repr_names_the_settings():
    assert repr(optim.SGD(values(), lr=0.1)) == (
        "SGD(6 parameters, lr=0.1, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False)"
    )


# --- IEEE arithmetic -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("slope", [math.inf, -math.inf, math.nan, 1e300, 5e-324, 0.0])
def test_no_gradient_raises_or_warns(kind, slope):
    params = values(1.0, 1.0)
    optimizer = kind(params, lr=0.1)
    for _ in range(3):
        params[0].grad, params[1].grad = slope, 1.0
        optimizer.step()
    assert math.isnan(params[0].data) or not math.isnan(slope)
    assert math.isfinite(params[1].data)
    assert params[1].data < 1.0


def test_a_constant_gradient_leaves_centered_rmsprop_finite():
    (x,) = params = values(0.0)
    optimizer = optim.RMSProp(params, lr=1e-9, alpha=0.5, centered=True)
    for slope in [0.1, 0.7, 1.3] * 100:
        for _ in range(20):
            x.grad = slope
            optimizer.step()
    assert math.isfinite(x.data)


def test_no_eps_and_no_gradient_gives_nan_as_ieee_has_it():
    params = values(1.0)
    optim.Adam(params, eps=0.0).step()
    assert math.isnan(params[0].data)


# --- clipping ------------------------------------------------------------------------------------------


def with_gradients(*slopes):
    return [SimpleNamespace(data=0.0, grad=slope) for slope in slopes]


def test_a_small_gradient_is_left_alone_to_the_bit():
    params = with_gradients(0.1, -0.2)
    assert optim.clip_grad_norm(params, 5.0) == math.hypot(0.1, -0.2)
    assert [p.grad for p in params] == [0.1, -0.2]


def test_a_huge_gradient_is_scaled_where_its_square_would_overflow():
    params = with_gradients(3e200, -4e200)
    assert optim.clip_grad_norm(params, 1.0) == pytest.approx(5e200)
    assert [p.grad for p in params] == pytest.approx([0.6, -0.8])


def test_a_nan_among_the_gradients_is_seen_in_all():
    params = with_gradients(1.0, math.nan)
    assert math.isnan(optim.clip_grad_norm(params, 1.0))
    assert all(math.isnan(p.grad) for p in params)


def test_a_limit_of_zero_stops_everything():
    params = with_gradients(1.0, -2.0)
    optim.clip_grad_norm(params, 0.0)
    assert [p.grad for p in params] == [0.0, 0.0]


def test_a_limit_of_inf_asks_for_the_norm_alone():
    for slopes, norm in ([(3.0, 4.0), 5.0], [(math.inf, 1.0), math.inf]):
        params = with_gradients(*slopes)
        assert optim.clip_grad_norm(params, math.inf) == norm
        assert tuple(p.grad for p in params) == slopes


# --- of one's own --------------------------------------------------------------------------------


def test_rules_of_ones_own():
    class SignDescent(optim.Optimizer):
        def rule(self, x, g):
            x -= self.lr * np.sign(g)

    params = values(1.0, 1.0)
    params[0].grad, params[1].grad = 5.0, -0.1
    SignDescent(params, lr=0.25).step()
    assert [p.data for p in params] == [0.75, 1.25]
    with pytest.raises(NotImplementedError, match="Optimizer has no rule"):
        optim.Optimizer(params, lr=0.1).step()
