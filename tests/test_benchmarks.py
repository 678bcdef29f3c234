"""The work of the benchmarks at a tiny size: the same loss on all scalars. Nothing is timed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import autograd_lite as al
from tests.benchmarks import gpt, harness, peers, s1, s2, s3, s7, s8, scalars
from tests.benchmarks.slots import SlotsValue

ROOT = Path(__file__).parents[1]


def close(expected):
    return pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_s1_computes_the_same_loss_on_floats_and_values():
    assert s1.value_work(3)() == close(s1.float_work(3)())


def test_s1_counts_644_operations_a_sample():
    net, samples = scalars.MLP(al.Value, scalars.method_relu), scalars.points(2)
    nodes = al.order(scalars.hinge(net, scalars.method_relu, samples))
    assert sum(node.op is not None for node in nodes) == 2 * 644 + 1  # and the mean


def test_s1_gradients_are_those_of_differences():
    net, samples = scalars.MLP(al.Value, scalars.method_relu), scalars.points(3)
    scalars.hinge(net, scalars.method_relu, samples).backward()
    for p in net.parameters()[::40]:
        before, losses = p.data, []
        for step in (1e-6, -1e-6):
            p.data = before + step
            losses.append(scalars.hinge(net, scalars.method_relu, samples).data)
        p.data = before
        assert p.grad == pytest.approx((losses[0] - losses[1]) / 2e-6, abs=1e-7)


@pytest.mark.parametrize("name", sorted(peers.PEERS))
def test_the_peers_compute_the_same_loss(name):
    pytest.importorskip(name)
    assert peers.PEERS[name](scalars.points(3))() == close(s1.float_work(3)())


def test_s2_computes_the_loss_of_s1():
    assert s2.layer_work(3)() == close(s1.float_work(3)())


def test_s2_has_the_gradients_of_s1():
    one, samples = scalars.MLP(al.Value, scalars.method_relu), scalars.points(3)
    other = s2.the_net()
    for net in (one, other):
        scalars.hinge(net, scalars.method_relu, samples).backward()
    weights = [w for layer in other.layers for row in layer.weight for w in row]
    expected = [w.grad for layer in one.layers for neuron in layer.neurons for w in neuron.w]
    assert [w.grad for w in weights] == [close(g) for g in expected]
    assert any(expected)


def test_s3_has_4192_parameters():
    assert len(gpt.GPT(float).parameters()) == 4192


def test_s3_takes_the_same_steps_on_both_values():
    ours, theirs = s3.step_work(al.Value, "ab"), s3.step_work(SlotsValue, "ab")
    losses = [ours() for _ in range(3)]
    assert losses == [close(loss) for loss in (theirs() for _ in range(3))]
    assert losses[2] < losses[0]


def test_s7_grows_the_nodes_that_it_counts():
    assert sum(node.op is not None for node in al.order(s7.grow(10))) == 10
    assert 50 < s7.traced_bytes(20_000) < 1000  # most of them beyond what a free list kept


def test_s8_measures_an_import():
    assert 0 < s8.import_seconds("-S") < 60


def test_figures_have_medians_quartiles_and_verdicts():
    found = harness.figure("S1", "someone", [1.0, 2.0, 3.0, 4.0, 100.0], goal=3.0)
    assert (found.low, found.median, found.high, found.verdict) == (2.0, 3.0, 4.0, "met")
    assert harness.figure("S1", "someone", [3.5], goal=3.0).verdict == "missed"
    assert harness.figure("S3", "someone", [3.5], goal=3.0, more_is_better=True).verdict == "met"
    absent = harness.Figure("S1", "torch", note="not installed")
    assert harness.from_json(harness.to_json([found, absent])) == [found, absent]
    text = harness.table([found, absent], {"S1": "the work"})
    assert [word in text for word in ("S1  the work", "goal <= 3", "met", "not installed")] == [True] * 4


def test_repetitions_are_interleaved_and_the_first_is_not_counted():
    calls = []
    works = {name: lambda name=name: calls.append(name) for name in "ab"}
    seconds = harness.interleaved(works, repetitions=2)
    assert calls == ["a", "b"] * 3
    assert {name: len(taken) for name, taken in seconds.items()} == {"a": 2, "b": 2}


def run(*arguments):
    command = [sys.executable, "-m", "tests.benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ}, capture_output=True, text=True)


def test_the_command_gives_figures_of_the_engine_that_is_asked_for():
    figures = json.loads(run("--engine", al.engine_kind, "s8").stdout)
    assert {figure["who"] for figure in figures} == {al.engine_kind}


def test_the_command_refuses_a_row_that_is_not_there():
    result = run("S99")
    assert result.returncode == 2
    assert "no row S99; there are S1" in result.stderr
