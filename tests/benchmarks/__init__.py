"""What is measured for speed: one script a row of the table; `python -m tests.benchmarks` runs them."""
