"""The nets of the fuzz: what they are, and that each is the same however it is written."""

import random

import pytest

import autograd_lite as al
from tests.figures import fuzz

from .random_net_kinds import KINDS
from .random_nets import LINEAR, Model, flat
from .traced_graphs import loss_of, row, table

SEEDS = range(1, 400, 2)


def test_every_kind_of_net_and_every_way_to_compile_is_drawn():
    sources = [fuzz.drawn(seed) for seed in SEEDS]
    assert {source.text[0].split(",")[0] for source, _, _ in sources} == KINDS.keys()
    assert {source.linear_way for source, _, _ in sources} == LINEAR.keys()
    assert {way for _, way, _ in sources} == fuzz.WAYS.keys()


def test_a_seed_is_a_net():
    for seed in SEEDS[:40]:
        first, second = Model(seed), Model(seed)
        sample, again = (model.sample(random.Random(seed)) for model in (first, second))
        assert (first.text, sample) == (second.text, again)
        assert loss_of(first(*sample)).data == pytest.approx(loss_of(second(*sample)).data, nan_ok=True)


def test_what_does_not_overflow_is_the_same_without_exponentials():
    compared = 0
    for seed in SEEDS:
        model = Model(seed)
        x, k = model.sample(random.Random(seed))
        if model.scale == 1.0:
            assert loss_of(model(x, k)).data == pytest.approx(loss_of(model.exact(x, k)).data, rel=1e-10)
            compared += 1
    assert compared > 100


@pytest.mark.parametrize("way", LINEAR)
def test_every_way_to_write_a_layer(way):
    w, x, b = table(3, 2), row(0.5, -2.0), row(1.0, 2.0, 3.0)
    for bias in (None, b):
        expected = [sum(u.data * v.data for u, v in zip(own, x, strict=True)) for own in w]
        expected = [e + (v.data if bias else 0.0) for e, v in zip(expected, b, strict=True)]
        assert [a.data for a in LINEAR[way](w, x, bias)] == pytest.approx(expected)


def test_flat():
    (v,) = row(1.0)
    assert flat([[v], v, []]) == [v, v]


def test_the_fuzz_compares_what_a_program_says_with_the_samples():
    source, _, samples = fuzz.drawn(3)
    total = fuzz.total_of(source.exact, samples, al.mean)
    values = flat(list(source.parameters.values()))
    compiled = al.compile(source, source.parameters, x=samples[0][0], k=samples[0][1])
    loss, gradients = compiled.value_and_grad(*fuzz.batch_of(samples))
    assert fuzz.difference(source, total, values, loss, gradients) == ""
    assert fuzz.difference(source, total, values, loss + 1.0, gradients).startswith("loss")
    name = next(iter(gradients))
    gradients[name] = gradients[name] + 1e-6 * (1.0 + abs(gradients[name]).max())
    assert fuzz.difference(source, total, values, loss, gradients).startswith(f"gradient of {name}")
