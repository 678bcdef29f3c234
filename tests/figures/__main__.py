"""Prints the figures of reliability, each from a process of its own: `python -m tests.figures [name ...]`."""

from __future__ import annotations

import argparse
import importlib
import inspect
import pkgutil
import subprocess
import sys
import time
from types import ModuleType

import tests.figures


def main() -> int:
    options = arguments()
    missed = 0
    for module in options.modules:
        print(promise(module), flush=True)
        start = time.perf_counter()
        status = run(module, options.quick)
        missed += status != 0
        print(
            f"    {'holds' if status == 0 else 'FAILS'}, in {time.perf_counter() - start:.0f} s\n", flush=True
        )
    print(f"{len(options.modules) - missed} of {len(options.modules)} hold")
    return missed


def arguments() -> argparse.Namespace:
    found = {module.__name__.rpartition(".")[2]: module for module in figures()}
    parser = argparse.ArgumentParser(prog="python -m tests.figures", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(found)}; all by default")
    parser.add_argument("--quick", action="store_true", help="smaller counts, where a figure has them")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in found]
    if unknown:
        parser.error(f"no figure {', '.join(unknown)}; there are {', '.join(found)}")
    options.modules = [found[name] for name in options.names or found]
    return options


def figures() -> list[ModuleType]:
    """Every module of this folder that has a main(), by the number of its figure."""
    names = [info.name for info in pkgutil.iter_modules(tests.figures.__path__) if info.name != "__main__"]
    modules = [importlib.import_module(f"tests.figures.{name}") for name in names]
    return sorted((m for m in modules if hasattr(m, "main")), key=number)


def number(module: ModuleType) -> int:
    """Of the figure, as the first line of the file says it: "Figure 12: ..." """
    word = promise(module).replace(":", " ").split()[1]
    return int(word) if word.isdigit() else 0


def promise(module: ModuleType) -> str:
    return (inspect.getdoc(module) or "no promise").partition("\n")[0]


def run(module: ModuleType, quick: bool) -> int:
    """The exit status: 0 where the promise holds. A crash fails its own figure only."""
    smaller = ["--quick"] if quick and "quick" in inspect.signature(module.main).parameters else []
    process = subprocess.run(
        [sys.executable, "-m", module.__name__, *smaller], stdout=subprocess.PIPE, text=True
    )
    for line in process.stdout.splitlines():
        print(f"    {line}")
    return process.returncode


if __name__ == "__main__":
    sys.exit(main() > 0)
