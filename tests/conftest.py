"""Settings for the whole suite: the same examples in every run, and the table as it is after every test."""

import pytest
from hypothesis import settings

from autograd_lite import ops

settings.register_profile("reproducible", derandomize=True, deadline=None, database=None)
settings.load_profile("reproducible")


@pytest.fixture(autouse=True)
def the_table_stays():
    """A row that a test adds is gone after it."""
    before = [(kept, kept.copy()) for kept in (ops.TABLE, ops.NUMPY_NAMES)]
    yield
    for kept, rows in before:
        kept.clear()
        kept.update(rows)
