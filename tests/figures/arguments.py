"""Figure 9: every public callable with every bad argument: none silent, no raw error."""

from __future__ import annotations

import contextlib
import io
import sys
import warnings

from tests.arguments.table import count, faults, pairs

SHOWN = 200  # characters of a fault


def main(quick: bool = False) -> int:
    """How many calls are at fault; with --quick every fourth argument is tried."""
    tried = pairs()[:: 4 if quick else 1]
    found: list[str] = []
    shown: list[str] = []
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("error")
        for name, argument in tried:
            more = faults(name, argument)
            found += more
            shown += [f"{more[0][:SHOWN]} ({len(more)} calls)"] if more else []
    print("".join(f"   {line}\n" for line in shown), end="")
    silent = sum(fault.endswith(": silent") for fault in found)
    unclear = sum(": does not name" in fault or ": says " in fault for fault in found)
    print(
        f"9. {count(tried):,} calls, {silent} silent, {len(found) - silent - unclear} raw errors, "
        f"{unclear} that name the wrong function or argument"
    )
    return len(found)


if __name__ == "__main__":
    sys.exit(main(quick="--quick" in sys.argv) > 0)
