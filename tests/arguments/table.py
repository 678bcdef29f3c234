"""The whole table, and the faults in it that are known: (callable, argument), none of which may stay."""

from __future__ import annotations

from . import compiled, core, files, nets, pictures, training
from .probes import PROBES, UNKNOWN, Entry, verdict, verdict_on_unknown

ENTRIES: dict[str, Entry] = {
    **core.ENTRIES,
    **nets.ENTRIES,
    **training.ENTRIES,
    **files.ENTRIES,
    **pictures.ENTRIES,
    **compiled.ENTRIES,
}
KNOWN: list[tuple[str, str]] = []


def faults(name: str, argument: str) -> list[str]:
    """What is wrong with the calls of one callable with one bad argument after the other."""
    if argument == UNKNOWN:
        fault = verdict_on_unknown(ENTRIES[name])
        return [f"{name}({UNKNOWN}=1): {fault}"] if fault else []
    found = [(probe, verdict(ENTRIES[name], argument, probe)) for probe in PROBES]
    return [f"{name}({argument}={probe}): {fault}" for probe, fault in found if fault]


def pairs() -> list[tuple[str, str]]:
    return [(name, argument) for name, entry in ENTRIES.items() for argument in (*entry.arguments, UNKNOWN)]


def count(tried: list[tuple[str, str]]) -> int:
    """The calls that these pairs stand for."""
    return sum(1 if argument == UNKNOWN else len(PROBES) for _, argument in tried)
