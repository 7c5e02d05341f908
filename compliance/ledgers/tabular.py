"""CSV files as people send them: Excel's encodings and semicolons, accents in the header, French dates.

A file is read row by row; what is wrong with a row is told by line and field, and the other rows go on.
"""

from __future__ import annotations

import codecs
import csv
import json
import re
import unicodedata
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any, TypeVar
from weakref import finalize

from compliance.law import numbers
from compliance.law.rulebook import PARIS
from store.base.errors import BadInput
from store.base.spreadsheet import read_cell

T = TypeVar("T")
_CLOCK = r"(?:[ T]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?"
_FRENCH = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})" + _CLOCK)
_PLAIN = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})" + _CLOCK)


class BadRow(BadInput):
    """A row is wrong."""

    code = "bad_row"

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(f"{field_name}: {message}")
        self.field = field_name
        self.reason = message


_IN_MEMORY = 1 << 20
"""Bytes of bad rows held in memory; beyond that they go to a file without a name, which ends with the process."""


class BadRows:
    """The bad rows of a file, {line, field, message} each, in order: all of them, in bounded memory."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile[bytes](_IN_MEMORY)
        self._count = 0
        finalize(self, self._file.close)

    def add(self, line: int, error: BadRow) -> None:
        """One more."""
        row = {"line": line, "field": error.field, "message": error.reason}
        self._file.write(json.dumps(row).encode() + b"\n")
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[dict[str, Any]]:
        self._file.seek(0)
        for line in self._file:
            yield json.loads(line)


@dataclass(slots=True)
class Report:
    """What became of a file: rows taken, rows there already, and the bad ones by line and field."""

    taken: int = 0
    known: int = 0
    bad: BadRows = field(default_factory=BadRows)

    def as_json(self) -> dict[str, Any]:
        """taken, known, bad."""
        return {"taken": self.taken, "known": self.known, "bad": len(self.bad)}


def take(
    path: Path,
    columns: Mapping[str, str],
    needed: set[str],
    read: Callable[[int, dict[str, str]], T],
    pour: Callable[[Iterator[T]], int],
) -> Report:
    """`read` each row (line, fields), or raise BadRow; `pour` takes the good ones as they come: how many were new.

    Raises BadInput, before anything is written, for a file that is no such table.
    """
    report, good = Report(), 0

    def good_rows() -> Iterator[T]:
        nonlocal good
        for line, fields in rows(path, columns, needed):
            try:
                row = read(line, whole(fields))
            except BadRow as error:
                report.bad.add(line, error)
                continue
            good += 1
            yield row

    report.taken = pour(good_rows())
    report.known = good - report.taken
    if not (good or report.bad):
        raise BadInput(f"{path}: there is no row in it", hint="a header line, then one row a line")
    return report


def rows(path: Path, columns: Mapping[str, str], needed: set[str]) -> Iterator[tuple[int, dict[str, str] | BadRow]]:
    """(line number, field → text, or what is wrong with the row) of each row that is not empty.

    `columns`: name in the file → field; names are compared without case, accents, spaces. Raises BadInput for a file
    that is no such table.
    """
    line = 0
    with path.open(encoding=_encoding(path), newline="") as file:
        lines = enumerate(file, 1)
        try:
            line, header = next(lines, (1, ""))
            given = _SEP.fullmatch(header.strip())  # Excel's own way to say which separator follows
            if given:
                line, header = next(lines, (2, ""))
            if not header.strip():
                raise BadInput(f"{path}: it is empty", hint="a header line, then one row a line")
            delimiter = given[1] if given else max(";,\t", key=header.count)
            names = _names(f"{path}, line {line}", next(csv.reader([header], delimiter=delimiter)), columns, needed)
            for line, values in _values(lines, delimiter):
                if isinstance(values, BadRow):
                    yield line, values
                elif any(value.strip() for value in values):
                    yield line, _fields(names, values)
        except (UnicodeError, csv.Error) as error:
            raise BadInput(f"{path}, line {line + 1}: {error}", hint="save it again as CSV UTF-8") from error


_SEP = re.compile(r"sep=([;,\t|])", re.IGNORECASE)
_LONGEST_ROW = 50
"""Lines a quoted field may go over; a quotation mark nobody closed does not swallow the rest of the file."""


def _names(where: str, header: list[str], columns: Mapping[str, str], needed: set[str]) -> list[str]:
    names = [columns.get(_plain(name), "") for name in header]
    hint = f"known columns: {', '.join(sorted(columns))}"
    if missing := sorted(needed - set(names)):
        raise BadInput(f"{where}: column {missing[0]} is missing", hint=hint)
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        raise BadInput(f"{where}: two columns say {twice[0]}", hint=hint)
    return names


def _values(lines: Iterator[tuple[int, str]], delimiter: str) -> Iterator[tuple[int, list[str] | BadRow]]:
    """The values of each row with the line it begins on."""
    waiting = deque[tuple[int, str]]()
    while True:
        line, text = waiting.popleft() if waiting else next(lines, (0, ""))
        if not text:
            return
        if '"' in text and _ends(text, delimiter) is False:
            waiting.extend(islice(lines, _LONGEST_ROW - len(waiting)))
            ends = (n for n in range(1, len(waiting) + 1) if _ends(text + _joined(waiting, n), delimiter))
            count = next(ends, None)
            if count is None:
                yield line, BadRow("row", "a quotation mark begins a field and none ends it")
                continue
            text += _joined(waiting, count)
            for _ in range(count):
                waiting.popleft()
        try:
            yield line, next(csv.reader([text], delimiter=delimiter), list[str]())
        except csv.Error as error:
            yield line, BadRow("row", str(error))


def _joined(waiting: Iterable[tuple[int, str]], count: int) -> str:
    return "".join(text for _, text in islice(waiting, count))


def _ends(text: str, delimiter: str) -> bool | None:
    """Whether the text is a whole row; False: it ends inside a quoted field, None: its quotation marks are astray."""
    try:
        next(csv.reader([text], delimiter=delimiter, strict=True), None)
    except csv.Error as error:
        return False if "unexpected end" in str(error) else None
    return True


def whole(fields: dict[str, str] | BadRow) -> dict[str, str]:
    """The fields of a row. Raises BadRow for one that could not be read."""
    if isinstance(fields, BadRow):
        raise fields
    return fields


def _fields(names: list[str], values: list[str]) -> dict[str, str]:
    return {name: read_cell(value.strip()) for name, value in zip(names, values, strict=False) if name}


def _encoding(path: Path) -> str:
    """The file's encoding: by its mark, else UTF-8 where it is, else Windows' own (Excel in France)."""
    try:
        with path.open("rb") as file:
            if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                return "utf-16"
            file.seek(0)
            decoder = codecs.getincrementaldecoder("utf-8")()
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from error
    return "utf-8-sig"


_ZONE = re.compile(r"\s*\([A-Za-z_]+/[A-Za-z_/]+\)$")
"""The zone in the heading of a column of instants, as our own exports write it; it is Paris, as `instant` takes it."""


def _plain(name: str) -> str:
    """A column's name for comparing: Téléphone → telephone, Given at → given_at."""
    bare = unicodedata.normalize("NFKD", _ZONE.sub("", name.strip()).lower())
    return "".join(c for c in bare if not unicodedata.combining(c)).replace(" ", "_").replace("-", "_")


def number(fields: Mapping[str, str], name: str = "number") -> str:
    """The number in a field, E.164. Raises BadRow. Excel's lost leading zero (612345678) is put back."""
    text = fields.get(name, "")
    if len(text) == 9 and text.isascii() and text.isdigit() and text[0] != "0":
        text = f"0{text}"
    found = numbers.read(text)
    if found is None:
        raise BadRow(name, f"{text!r} is not a telephone number")
    return found.e164


def instant(fields: Mapping[str, str], name: str) -> datetime | None:
    """The instant in a field, UTC; ISO 8601, or a French date; without an offset it is Paris time."""
    text = fields.get(name, "")
    if not text:
        return None
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        given = _dated(text)
    if given is None:
        raise BadRow(name, f"{text!r} is no date: write 2026-11-23T10:30:00+01:00 or 23/11/2026 10:30")
    if not 1900 < given.year < 3000:
        raise BadRow(name, f"{text!r}: the year is out of range")
    offset = given.utcoffset()
    if offset is not None and abs(offset) > timedelta(hours=14):
        raise BadRow(name, f"{text!r}: no place on Earth is that far from UTC")
    return (given if offset is not None else given.replace(tzinfo=PARIS)).astimezone(UTC)


def _dated(text: str) -> datetime | None:
    """A day, with or without a clock; no offset: the caller adds Paris."""
    if french := _FRENCH.fullmatch(text):
        day, month, year, *clock = french.groups()
    elif plain := _PLAIN.fullmatch(text):
        year, month, day, *clock = plain.groups()
    else:
        return None
    hour, minute, second = (int(part or 0) for part in clock)
    try:
        return datetime(int(year), int(month), int(day), hour, minute, second)  # noqa: DTZ001
    except ValueError:  # the 31st of February
        return None


def word(fields: Mapping[str, str], name: str, default: str | None = None) -> str:
    """The text in a field. Raises BadRow when it is empty and there is no default."""
    text = fields.get(name, "")
    if "\0" in text:
        raise BadRow(name, "holds a NUL character")
    if text:
        return text
    if default is None:
        raise BadRow(name, "is empty")
    return default
