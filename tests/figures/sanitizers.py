"""Figure 12: the address and undefined-behaviour sanitizers report nothing over the whole test suite.

The compiled engine is built with both in a copy of the project, and the suite runs on it there. A planted
bug, run the same way, must be reported. Needs gcc and Cython.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from .copies import copy_of_the_project, python

FLAGS = "-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fsanitize-recover=address,undefined"
REPORT = re.compile(r"ERROR: AddressSanitizer|runtime error: ")
PLANTED = """
#include <stdlib.h>
int planted(int n) {  /* reads past the end of an array, then overflows an int */
    int *numbers = calloc(4, sizeof *numbers);
    int last = numbers[n];
    free(numbers);
    return (last != 0) + 0x7fffffff + n;
}
"""


def build(copy: Path) -> None:
    """The engine with the sanitizers in it. A build that fell back to plain Python is an error here."""
    flags = {"CFLAGS": FLAGS, "LDFLAGS": FLAGS, "AUTOGRAD_LITE_PURE": "0"}
    status, output = python(copy, "setup.py", "build_ext", "--inplace", **flags)
    if status or not list(copy.glob("autograd_lite/engine/value.*.so")):
        raise RuntimeError(f"the engine was not built:\n{output}")


def run(copy: Path, *arguments: str) -> tuple[int, str, list[str]]:
    """Exit status, output, and the reports of all processes that it started."""
    reports = copy / "reports"
    reports.mkdir(exist_ok=True)
    for old in reports.iterdir():
        old.unlink()
    status, output = python(copy, *arguments, **environment(reports))
    lines = [line for file in reports.iterdir() for line in file.read_text(errors="replace").splitlines()]
    return status, output, [line for line in [*lines, *output.splitlines()] if REPORT.search(line)]


def environment(reports: Path) -> dict[str, str]:
    """No leaks, for CPython keeps memory until its end; and malloc, so that each block is watched.

    A segmentation fault stays one, for a test makes one on purpose and looks for its signal.
    """
    common = f"halt_on_error=0:log_path={reports}/report"
    return {
        "LD_PRELOAD": f"{library('libasan.so')} {library('libubsan.so')}",
        "ASAN_OPTIONS": f"detect_leaks=0:allocator_may_return_null=1:handle_segv=0:{common}",
        "UBSAN_OPTIONS": f"print_stacktrace=1:{common}",
        "PYTHONMALLOC": "malloc",
        "AUTOGRAD_LITE_PURE": "0",
    }


def library(name: str) -> str:
    """Where gcc keeps it."""
    command = ["gcc", f"-print-file-name={name}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def planted_reports(copy: Path) -> set[str]:
    """Which sanitizers report the planted bug: both, where they watch."""
    source, built = copy / "planted.c", copy / "planted.so"
    source.write_text(PLANTED)
    subprocess.run(["gcc", *FLAGS.split(), "-shared", "-fPIC", str(source), "-o", str(built)], check=True)
    reports = run(copy, "-c", f"import ctypes; ctypes.CDLL({str(built)!r}).planted(4)")[2]
    return {match[0] for report in reports if (match := REPORT.search(report))}


def main(quick: bool = False) -> int:
    with copy_of_the_project() as copy:
        build(copy)
        planted = planted_reports(copy)
        tests = ["tests/engine/test_value.py"] if quick else ["tests"]
        status, output, reports = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)
        _, loaded, _ = run(copy, "-c", "from autograd_lite.engine import value; print(value.__file__)")
    print(f"12. a planted bug in C is reported by {len(planted)} sanitizers of 2")
    print(f"12. {' '.join(tests)} on the engine with sanitizers: {len(reports)} reports")
    print("\n".join(sorted(set(reports))), end="")
    print(f"    the suite said: {output.strip().splitlines()[-1]}")
    ran = status in (0, 1) and loaded.startswith(
        str(copy)
    )  # 1: a test failed, which is not this figure's matter
    return len(reports) + (len(planted) != 2) + (not ran)


if __name__ == "__main__":
    sys.exit(main(quick="--quick" in sys.argv) > 0)
