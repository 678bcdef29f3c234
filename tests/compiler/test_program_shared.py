"""A program among processes and threads: pickles, copies, and calls at the same time."""

import copy
import os
import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import nn
from autograd_lite.errors import ArgumentValueError, GraphError

from .test_program import PROGRAM, RNG, X, Y, mean_loss, program
from .traced_graphs import row, table

# --- pickles and copies ------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_program_is_pickled_with_its_numbers_but_no_values(protocol):
    again = pickle.loads(pickle.dumps(PROGRAM, protocol))
    assert again(X, Y) == PROGRAM(X, Y)
    assert again.source == PROGRAM.source
    assert again.equations() == PROGRAM.equations()
    assert again.report() == PROGRAM.report()
    assert (again.theta == PROGRAM.theta).all()
    assert again.values is None
    for method in ("pull", "push"):
        with pytest.raises(GraphError, match=f"{method}: this program was unpickled"):
            getattr(again, method)()
    again.theta += 1.0
    assert (again.theta != PROGRAM.theta).all()
    assert again(X, Y) != PROGRAM(X, Y)


def test_a_program_with_loops_and_indices_is_pickled():
    w, e = row(0.5, -0.3), table(3, 1)

    def loss(ks):
        h = 0.0
        for k in ks:
            h = al.tanh(w[0] * h + w[1] * al.take(e, k)[0])
        return h

    made = al.compile(loss, {"w": w, "e": e}, ks=[0, 1, 2, 0, 1, 2])
    again = pickle.loads(pickle.dumps(made))
    batch = RNG.integers(0, 3, (4, 6))
    assert again(batch) == made(batch)
    with pytest.raises(ArgumentValueError, match="ks must be from 0 to 2"):
        again(batch + 3)


def test_another_process_runs_a_pickle(tmp_path):
    (tmp_path / "program.pickle").write_bytes(pickle.dumps(PROGRAM, 2))
    np.savez(tmp_path / "data.npz", x=X, y=Y)
    script = (
        "import pickle, sys, numpy as np\n"
        "program = pickle.load(open('program.pickle', 'rb'))\n"
        "data = np.load('data.npz')\n"
        "print(repr(program(data['x'], data['y'])), repr(float(program.value_and_grad(**data)[1]['layers.1.bias'][2])))"  # noqa: E501
    )
    path = os.pathsep.join([os.getcwd(), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    value, gradients = PROGRAM.value_and_grad(X, Y)
    assert done.stdout.split() == [repr(value), repr(float(gradients["layers.1.bias"][2]))]


def test_a_deep_copy_has_numbers_of_its_own():
    made = program()
    other = copy.deepcopy(made)
    other.theta += 1.0
    assert made(X, Y) == PROGRAM(X, Y) != other(X, Y)


# --- threads -----------------------------------------------------------------------------------------------


def test_threads_may_share_a_program():
    batches = [(RNG.normal(size=(count, 2)), RNG.integers(0, 3, count)) for count in (3, 3, 3, 5)]
    expected = [PROGRAM.value_and_grad(*batch) for batch in batches]
    wrong = []

    def run(k):
        for _ in range(200):
            value, gradients = PROGRAM.value_and_grad(*batches[k])
            same = value == expected[k][0] and all(
                (gradients[n] == g).all() for n, g in expected[k][1].items()
            )
            if not same:
                wrong.append(k)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=run, args=(k,)) for k in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert wrong == []


def test_threads_may_compile_at_once():
    found = []

    def run(seed):
        net = nn.MLP(2, [3, 3], seed=seed)
        found.append(program(net)(X, Y) - mean_loss(net).data)

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_allclose(found, [0.0] * 3, atol=1e-14)
