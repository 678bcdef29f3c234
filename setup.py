"""Builds the compiled engine where Cython and a C compiler are at hand, and installs without it elsewhere.

Set AUTOGRAD_LITE_PURE=1 to leave it out on purpose. Everything else about the package is in setup.cfg.
"""

import os
import sys

from setuptools import Extension, setup


def compiled_engine():
    """engine/value.py and engine/graph.py as extension modules, or nothing."""
    if os.environ.get("AUTOGRAD_LITE_PURE", "") not in ("", "0"):
        return []
    try:
        from Cython.Build import cythonize
        from Cython.Compiler import Errors, Options
    except ImportError:
        return []

    # What a class decorator says in value.pxd is not heard, so it is said as the default for all
    # classes: there are no cycles of Values, hence no need for the collector to track them.
    Options.get_directive_defaults().update(no_gc=True, final=True, freelist=4096)
    linux = sys.platform.startswith("linux")
    extensions = [
        Extension(
            f"autograd_lite.engine.{name}",
            [f"autograd_lite/engine/{name}.py"],
            extra_compile_args=["-O3", "-g0"] if linux else [],
            extra_link_args=["-Wl,-s"] if linux else [],
        )
        for name in ("value", "graph")
    ]
    directives = {"cdivision": True, "auto_pickle": False, "language_level": 3}
    try:
        modules = cythonize(extensions, build_dir="build", compiler_directives=directives)
    except Errors.CompileError:
        return []
    for module in modules:
        module.optional = True  # no compiler: pip goes on with plain Python
    return modules


setup(ext_modules=compiled_engine())
