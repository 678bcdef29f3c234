"""What a check of a derivation found: a line an equation; as text, HTML and dict."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..errors import UnknownEntryError


class EquationVerdict(NamedTuple):
    """One equation. `analytic` is the graph's number and `student` the equation's, where they differ most."""

    name: str
    ok: bool
    verdict: str  # "equal", or what is wrong
    kind: str  # of slip; "equal" or "differs" where there is none
    kinds: tuple[str, ...]  # several at a tie
    note: str
    shape: tuple[int, ...]
    got_shape: tuple[int, ...] | None
    where: tuple[int, ...]
    analytic: float
    student: float

    @property
    def explanation(self) -> str:
        """The verdict in one line: "∇b2: sum over the 5 samples is missing"."""
        return f"∇{self.name}: {self.verdict}{f' ({self.note})' if self.note else ''}"

    @property
    def place(self) -> str:
        return f"∇{self.name}{list(self.where) if self.where else ''}"

    def to_dict(self) -> dict[str, Any]:
        """The entry for JSON: numbers that are none are None."""
        plain = {**self._asdict(), "explanation": self.explanation}
        for key in ("analytic", "student"):
            plain[key] = plain[key] if abs(plain[key]) < float("inf") else None
        return {key: list(x) if isinstance(x, tuple) else x for key, x in plain.items()}


class DerivationReport(Mapping[str, EquationVerdict]):
    """What `check_derivation` found: true where every equation is right; printed, the table."""

    def __init__(self, entries: Sequence[EquationVerdict], graph: Any) -> None:
        self.entries = tuple(entries)
        self.failures = tuple(entry for entry in entries if not entry.ok)
        self.ok = not self.failures
        self.samples = None if graph.axis is None else ("rows", "columns")[graph.axis]
        self.n = graph.n
        self.found = graph.found

    def __bool__(self) -> bool:
        return self.ok

    def __getitem__(self, name: str) -> EquationVerdict:
        for entry in self.entries:
            if entry.name == name:
                return entry
        known = ", ".join(entry.name for entry in self.entries)
        raise UnknownEntryError("report", "the name of an equation", name, f"one of {known}")

    def __iter__(self) -> Iterator[str]:
        return (entry.name for entry in self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        """The table. The first line alone says what fails, for pytest shortens what it shows."""
        width = max((len(e.name) + 1 for e in self.entries), default=0)
        lines = [self.headline(), f"  {self.about()}"]
        for entry in self.entries:
            mark = "✓" if entry.ok else "✗"
            note = f" ({entry.note})" if entry.note else ""
            lines.append(f"  {mark} {'∇' + entry.name:<{width}}  {entry.verdict}{note}")
            lines += [f"    {'':<{width}}  {text}" for text in _numbers(entry)]
        return "\n".join(lines)

    def headline(self) -> str:
        if self.ok:
            return f"check_derivation: all {len(self)} equations are right"
        return f"check_derivation: {len(self.failures)} of {len(self)} fail: {self.failures[0].explanation}"

    def about(self) -> str:
        """Which axis is taken for the samples."""
        if self.samples is None:
            return "no axis of samples" + (" was found" if self.found else "")
        how = "found" if self.found else "as told"
        return f"{self.n} samples, in {self.samples} ({how})"

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        entries = {entry.name: entry.to_dict() for entry in self.entries}
        return {"ok": self.ok, "samples": self.samples, "n": self.n, "equations": entries}

    def _repr_html_(self) -> str:
        rows = "".join(_html_row(entry) for entry in self.entries)
        head = "".join(
            f"<th style='text-align:left'>{text}</th>"
            for text in ("", "gradient", "verdict", "graph", "equation")
        )
        title = f"<caption style='text-align:left'>{html.escape(self.headline())}; {self.about()}</caption>"
        return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _numbers(entry: EquationVerdict) -> list[str]:
    """Both numbers, on adjacent lines, where something is wrong."""
    if entry.ok or not _has_numbers(entry):
        return []
    place = f"at {list(entry.where)}" if entry.where else "here"
    return [f"graph    {entry.analytic!r:>24}  {place}", f"equation {entry.student!r:>24}"]


def _has_numbers(entry: EquationVerdict) -> bool:
    return entry.got_shape == entry.shape


def _html_row(entry: EquationVerdict) -> str:
    mark, colour = ("✓", "green") if entry.ok else ("✗", "crimson")
    verdict = html.escape(entry.verdict + (f" ({entry.note})" if entry.note else ""))
    numbers = [f"{x:.6g}" if _has_numbers(entry) else "" for x in (entry.analytic, entry.student)]
    cells = "".join(f"<td>{x}</td>" for x in (html.escape(entry.place), verdict, *numbers))
    return f"<tr><td style='color:{colour}'>{mark}</td>{cells}</tr>"
