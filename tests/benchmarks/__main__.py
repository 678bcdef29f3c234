"""Runs the benchmarks on both engines and prints the table: `python -m tests.benchmarks [S1 S3 ...]`."""

from __future__ import annotations

import argparse
import importlib.machinery
import os
import platform
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import autograd_lite as al

from .harness import Figure, from_json, table, to_json
from .peers import installed_version

HERE = Path(__file__).parent
ENGINES = {"compiled": "0", "python": "1"}  # what AUTOGRAD_LITE_PURE says
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}


def main() -> None:
    options = arguments()
    modules = {row: importlib.import_module(f".{row.lower()}", __package__) for row in options.rows}
    if options.engine:
        print(to_json(measured(modules)))
        return
    print(machine(), end="\n\n")
    figures = [f for row in options.rows for engine in ENGINES for f in in_process(engine, row)]
    print(table(figures, {row: module.TITLE for row, module in modules.items()}))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="row", help=f"some of {', '.join(rows())}; all by default")
    parser.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)  # how it calls itself
    options = parser.parse_args()
    options.rows = [row.upper() for row in options.rows] or rows()
    for row in options.rows:
        if row not in rows():
            parser.error(f"no row {row}; there are {', '.join(rows())}")
    return options


def rows() -> list[str]:
    """Every script s<number>.py of this folder, in order."""
    found = (path.stem for path in HERE.glob("s*.py"))
    return [name.upper() for name in sorted((n for n in found if n[1:].isdigit()), key=lambda n: int(n[1:]))]


def measured(modules: dict[str, ModuleType]) -> list[Figure]:
    """By the engine of this process; the peers once, beside the compiled one where there is one."""
    with_peers = al.engine_kind == "compiled" or not has_compiled_engine()
    return [f for module in modules.values() for f in module.measure(with_peers)]


def in_process(engine: str, row: str) -> list[Figure]:
    """The figures of one row and engine, from a process of their own."""
    if engine == "compiled" and not has_compiled_engine():
        return [Figure(row, "compiled", note="not built")]
    command = [sys.executable, "-m", __package__, "--engine", engine, row]
    environment = {**os.environ, **ONE_THREAD, "AUTOGRAD_LITE_PURE": ENGINES[engine]}
    result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return from_json(result.stdout.splitlines()[-1])


def has_compiled_engine() -> bool:
    folder = Path(al.__file__).parent
    return any(
        (folder / "engine").glob(f"value{suffix}") for suffix in importlib.machinery.EXTENSION_SUFFIXES
    )


def machine() -> str:
    """The processor, its cores, Python, and the versions of what is measured."""
    lines = [f"{processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"]
    lines.append(f"Python {platform.python_version()}, {platform.python_compiler()}")
    packages = ("autograd_lite", "numpy", "micrograd", "torch", "jax", "xad")
    lines.append(", ".join(f"{name} {installed_version(name) or 'not installed'}" for name in packages))
    return "\n".join(lines)


def processor() -> str:
    """Its name, where Linux tells it."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "an unnamed processor"


if __name__ == "__main__":
    main()
