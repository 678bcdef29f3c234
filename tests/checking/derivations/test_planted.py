"""The files of the notes, run as they are on a package with a planted error: each must fail, throughout."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FILES = ["test_a.py", "test_a_batches.py", "test_b.py", "test_c.py", "test_d.py", "test_e.py"]
DESCENTS = FILES[1:]  # the loop for A is with its batches
RUN = """
import sys, pytest
from tests.checking.derivations.common import planted

with planted("sigmoid", lambda y, x: y * y), planted("mean", lambda y, *xs: [1.0] * len(xs)):
    sys.exit(pytest.main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def outcomes():
    """(file, outcome) for the tests that compare equations and loops with the graph."""
    asked = ["-rA", "-q", "-p", "no:cacheprovider", "-k", "test_every_equation or test_fifty_steps"]
    command = [sys.executable, "-c", RUN, *asked, "--tb=no", *(str(HERE / name) for name in FILES)]
    done = subprocess.run(command, cwd=HERE.parents[2], capture_output=True, text=True)
    found = re.findall(r"^(PASSED|FAILED|ERROR) \S*/(test_\w+\.py)::(\w+)", done.stdout, re.MULTILINE)
    assert found, done.stdout + done.stderr
    return {(file, test, outcome) for outcome, file, test in found}


@pytest.mark.parametrize("file", FILES)
def test_the_equations_of_every_file_fail_on_a_planted_error(file, outcomes):
    assert of(outcomes, file, "test_every_equation") == {"FAILED"}


@pytest.mark.parametrize("file", DESCENTS)
def test_the_descents_of_every_file_fail_on_a_planted_error(file, outcomes):
    assert of(outcomes, file, "test_fifty_steps") == {"FAILED"}


def of(outcomes, file, prefix):
    return {outcome for name, test, outcome in outcomes if name == file and test.startswith(prefix)}
