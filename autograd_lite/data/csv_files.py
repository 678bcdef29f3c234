"""CSV files as tables of text: encoding, quotes, header, ragged rows. Errors name the file and the line."""

from __future__ import annotations

import csv
import io
import math
import os
from dataclasses import dataclass
from typing import Any

from ..arguments import count
from ..errors import ArgumentTypeError, ArgumentValueError

MISSING = frozenset(["", "?", "na", "n/a", "nan", "null"])


@dataclass
class Table:
    """Rows of text under the names of their columns."""

    file: str
    names: list[str]
    rows: list[list[str]]
    lines: list[int]  # where each row starts in the file

    def column(self, i: int) -> list[tuple[str, str]]:
        """For each row where the field is, as errors put it, and its text."""
        places = [f"{self.file}, line {line}, column {self.names[i]!r}" for line in self.lines]
        return [(place, row[i]) for place, row in zip(places, self.rows, strict=True)]

    def index(self, function: str, argument: str, got: Any) -> int:
        """The column that a name, or a number counted from 0 or backward from -1, stands for."""
        if isinstance(got, str):
            if got not in self.names:
                raise ArgumentValueError(
                    function, argument, got, f"a column of {self.file}: {self._listed()}"
                )
            return self.names.index(got)
        width = len(self.names)
        i = count(function, argument, got, least=-width)
        if i >= width:
            raise ArgumentValueError(function, argument, got, f"from {-width} to {width - 1}")
        return i % width

    def _listed(self) -> str:
        return ", ".join(map(repr, self.names))


def read(function: str, path: Any, header: Any, delimiter: Any, encoding: str) -> Table:
    """The table in a file; with `header` "auto" it is found out whether the first row names the columns."""
    if not (isinstance(header, bool) or (isinstance(header, str) and header == "auto")):
        raise ArgumentTypeError(function, "header", header, "True, False or 'auto'")
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
        raise ArgumentTypeError(function, "delimiter", delimiter, "one character, such as ',' ';' or '\\t'")
    if not isinstance(encoding, str):
        raise ArgumentTypeError(function, "encoding", encoding, "a text encoding of Python's")
    file, text = _text(function, path, encoding)
    lines, rows = _rows(function, file, text, delimiter)
    if not rows:
        raise ArgumentValueError(function, "path", str(path), "a file of at least one row; it is empty")
    for line, row in zip(lines, rows, strict=True):
        if len(row) != len(rows[0]):
            expected = f"of {len(rows[0])} fields, as line {lines[0]} is"
            raise ArgumentValueError(function, f"{file}, line {line}", delimiter.join(row), expected)
    if header == "auto":
        header = _has_header(function, rows)
    names = [f"column {i}" for i in range(len(rows[0]))]
    if header:
        names = _names(function, f"{file}, line {lines.pop(0)}", rows.pop(0), names)
    if not rows:
        raise ArgumentValueError(function, "path", str(path), "a file with data; it has a header alone")
    return Table(file, names, rows, lines)


def number(text: str) -> float | None:
    """The number that a text stands for; None of other text, and of nan."""
    try:
        x = float(text)
    except ValueError:
        return None
    return None if math.isnan(x) or "_" in text else x


def _text(function: str, path: Any, encoding: str) -> tuple[str, str]:
    """The file's name without its folder, and its text."""
    try:
        path = os.fspath(path)
    except TypeError:
        raise ArgumentTypeError(function, "path", path, "a path") from None
    try:
        with open(path, "rb") as stream:
            raw = stream.read()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ArgumentValueError(function, "path", path, f"a file to read ({reason})") from error
    file = os.path.basename(os.fsdecode(path))
    try:
        text = raw.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        where, got = f"{file}, line {line}", raw[error.start : error.start + 8]
        raise ArgumentValueError(function, where, got, f"{encoding} text; name the encoding=") from None
    except (LookupError, TypeError):
        raise ArgumentValueError(function, "encoding", encoding, "a text encoding of Python's") from None
    if "\0" in text:
        raise ArgumentValueError(function, file, "a NUL character", f"{encoding} text; name the encoding=")
    return file, text


def _rows(function: str, file: str, text: str, delimiter: str) -> tuple[list[int], list[list[str]]]:
    """The lines on which rows start, and the rows, fields stripped; blank lines are left out."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True
    )
    lines: list[int] = []
    rows: list[list[str]] = []
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise ArgumentValueError(
                function, f"{file}, line {line}", str(error), "well-formed CSV"
            ) from None
        if row is None:
            return lines, rows
        if len(row) > 1 or any(map(str.strip, row)):
            lines.append(line)
            rows.append([field.strip() for field in row])


def _has_header(function: str, rows: list[list[str]]) -> bool:
    """Names are no numbers; where some are, and others stand over numbers, only the user knows."""
    first = rows[0]
    if all(number(field) is None for field in first) and not MISSING.issuperset(map(str.lower, first)):
        return True
    over_numbers = [
        field
        for i, field in enumerate(first)
        if len(rows) > 1 and number(field) is None and all(number(row[i]) is not None for row in rows[1:])
    ]
    if over_numbers and any(number(field) is not None for field in first):
        expected = f"True or False for this file, whose first row is {first}"
        raise ArgumentValueError(function, "header", "auto", expected)
    return bool(over_numbers)


def _names(function: str, where: str, fields: list[str], numbered: list[str]) -> list[str]:
    names = [field or name for field, name in zip(fields, numbered, strict=True)]
    for i, name in enumerate(names):
        if name in names[:i]:
            raise ArgumentValueError(function, where, name, "a header of different names")
    return names
