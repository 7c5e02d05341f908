"""CDRs as an operator hands them over: a CSV file, one call a line.

Columns (any order, others are ignored): call_id, direction, caller, callee, answered_at, ended_at.
A bad row is an answer too: it says which field and why, and the next row goes on. Only a file without
those columns is refused whole.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import compress
from pathlib import Path
from typing import Any, NamedTuple, TextIO, cast

import numpy as np

from billing.rating.instants import NEVER, UNREAD, Ints, instants
from billing.rating.rating import EPOCH, Call, micros
from store.base.errors import BadInput
from store.base.parties import Direction, far_party

COLUMNS = ("call_id", "direction", "caller", "callee", "answered_at", "ended_at")

HIDDEN = ("", "anonymous", "hidden", "restricted", "unavailable", "unknown")
"""What switches write for a caller who withholds their number: none is kept."""

_E164 = re.compile(r"\+[1-9][0-9]{1,14}").fullmatch
_FINER = re.compile(r"[.,][0-9]{6}([0-9]+)").search  # digits of a second beyond the microsecond
_EARLIEST, _LATEST = "1970", "9998"

_INSTANT = r"([0-9T:.Z+-]{20,32}+)"
_LINES = re.compile(
    r"(?:([!#-+\--~]++),(inbound|outbound),(\+[1-9][0-9]{1,14}+),(\+[1-9][0-9]{1,14}+),"
    rf"{_INSTANT}?+,{_INSTANT}\r?+|([^\n]*+))\n"
).findall
"""The lines of a text, each as its six fields when they look as they should (the id printable, without comma, quote
or space) and '', or else as six '' and the line. Thousands are cut up without one step of Python."""

_BLOCK = 1 << 20
"""How many characters are read at once."""


class BadCdrFile(BadInput):
    """The CDR file is wrong as a whole."""

    code = "bad_cdr_file"


class Row(NamedTuple):
    """A good row. Instants are µs of UTC since 1970; `answered` None: not answered."""

    call_id: str
    direction: str
    caller: str
    callee: str
    answered: int | None
    ended: int

    def call(self) -> Call:
        """The same as a `Call`."""
        answered = None if self.answered is None else _instant(self.answered)
        return Call(
            self.call_id, cast("Direction", self.direction), self.caller, self.callee, answered, _instant(self.ended)
        )


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be rated: `reason` says which field and why. `call_id` may be empty."""

    call_id: str
    reason: str


class Block(NamedTuple):
    """Some rows in their order, column by column, as `Row` has them; `answered` NEVER: not answered."""

    call_ids: Sequence[str]
    directions: Sequence[str]
    callers: Sequence[str]
    callees: Sequence[str]
    answered: Ints
    ended: Ints
    bad: Mapping[int, BadRow]
    """The rows that cannot be rated, by place. What the columns hold there means nothing."""

    def far_parties(self) -> list[str]:
        """The number that decides each price."""
        columns = zip(self.directions, self.callers, self.callees, strict=True)
        return [far_party(*row) for row in columns]

    def only(self, places: Sequence[int]) -> Block:
        """The rows at some places, none of them bad."""
        if len(places) == len(self.call_ids):
            return self
        columns = [[column[place] for place in places] for column in self[:4]]
        rows = np.array(places)
        return Block.of(columns, self.answered[rows], self.ended[rows], {})

    @classmethod
    def of(cls, texts: Sequence[Sequence[Any]], answered: Ints, ended: Ints, bad: Mapping[int, BadRow]) -> Block:
        """From the four columns of text and the rest."""
        return cls(texts[0], texts[1], texts[2], texts[3], answered, ended, bad)


def read_blocks(path: Path) -> Iterator[Block]:
    """The rows of a file, in order, some thousands at once; blank lines are skipped. Raises BadCdrFile."""
    try:
        file = path.open(encoding="utf-8", errors="surrogateescape", newline="\n")
    except OSError as error:
        raise BadCdrFile(f"{path}: {error.strerror}", hint="give the path of a CSV file of CDRs") from error
    with file:
        yield from _blocks(file, _header(file, path))


def block_of(rows: Iterable[Row | BadRow]) -> Block:
    """Rows, column by column."""
    found = list(rows)
    good = [_NOTHING if isinstance(row, BadRow) else row for row in found]
    columns = [*zip(*good, strict=True)] or [()] * len(Row._fields)
    answered = [NEVER if at is None else at for at in columns[4]]
    bad = {place: row for place, row in enumerate(found) if isinstance(row, BadRow)}
    return Block.of(columns, np.array(answered, dtype=np.int64), np.array(columns[5], dtype=np.int64), bad)


_NOTHING = Row("", "inbound", "", "", None, 0)


def _header(file: TextIO, path: Path) -> list[str]:
    """The names of the columns, as the first line gives them."""
    line = file.readline().removeprefix("\ufeff").rstrip("\r\n")
    try:
        names = [name.strip() for name in _split(line)] if line else []
    except ValueError as error:
        raise BadCdrFile(f"{path}: line 1: {error}") from error
    for column in COLUMNS:
        if names.count(column) != 1:
            what = "is missing" if column not in names else "stands twice"
            raise BadCdrFile(f"{path}: line 1: column {column} {what}", hint=f"the first line is: {','.join(COLUMNS)}")
    return names


def _blocks(file: TextIO, names: list[str]) -> Iterator[Block]:
    places = [names.index(column) for column in COLUMNS]
    usual = names == list(COLUMNS)
    number = 2
    while text := file.read(_BLOCK):
        text += file.readline()
        if not text.endswith("\n"):
            text += "\n"
        if usual:
            yield _usual(text, number)
        else:
            yield block_of(_any_rows(text.split("\n")[:-1], number, len(names), places))
        number += text.count("\n")


def _usual(text: str, first: int) -> Block:
    """The rows of some lines with the usual columns. Nearly all pass in one look; the others go to `_read`."""
    *fields, lines = zip(*_LINES(text), strict=True)
    answered, ended = instants(fields[4]), instants(fields[5])
    fine = (answered != UNREAD) & (ended > NEVER) & (answered <= ended)
    block = Block.of(fields, answered, ended, {})
    odd = np.flatnonzero(~fine).tolist()
    return _looked_at_again(block, fields, lines, odd, first) if odd else block


def _looked_at_again(
    block: Block, fields: Sequence[Sequence[str]], lines: Sequence[str], odd: Sequence[int], first: int
) -> Block:
    """The block with the rows at the places `odd` read one by one; blank lines are left out."""
    columns: list[list[Any]] = [list(column) for column in block[:4]]
    bad: dict[int, BadRow] = {}
    blank: list[int] = []
    for place in odd:
        line = ",".join(field[place] for field in fields) if fields[0][place] else lines[place]
        text = line.rstrip("\r")
        if not text:
            blank.append(place)
            continue
        row = _read(text, first + place, len(COLUMNS), range(len(COLUMNS)))
        if isinstance(row, BadRow):
            bad[place - len(blank)] = row
            row = _NOTHING
        for column, value in zip(columns, row[:4], strict=True):
            column[place] = value
        block.answered[place] = NEVER if row.answered is None else row.answered
        block.ended[place] = row.ended
    kept = np.ones(len(lines), dtype=np.bool_)
    kept[blank] = False
    columns = [list(compress(column, kept)) for column in columns] if blank else columns
    return Block.of(columns, block.answered[kept], block.ended[kept], bad)


def _any_rows(lines: Sequence[str], first: int, width: int, places: Sequence[int]) -> Iterator[Row | BadRow]:
    """The rows of lines with any columns; blank ones are skipped."""
    for number, line in enumerate(lines, first):
        if text := line.rstrip("\r"):
            yield _read(text, number, width, places)


def _read(text: str, number: int, width: int, places: Sequence[int]) -> Row | BadRow:
    """Any row. A bad one's reason names the line, the field and what is wrong."""
    call_id = ""
    try:
        fields = _split(text)
        if len(fields) != width:
            raise ValueError(f"row: {len(fields)} columns where the header has {width}")
        call_id = fields[places[0]]
        return _row(*(fields[place] for place in places))
    except ValueError as error:
        return BadRow(_printable(call_id), _printable(f"line {number}: {error}"))


def _split(text: str) -> list[str]:
    """The fields of one line, quotes understood. Raises ValueError."""
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error as error:
        raise ValueError(f"row: not CSV: {error}") from error


def _row(call_id: str, direction: str, caller: str, callee: str, answered_at: str, ended_at: str) -> Row:
    """A good row. Raises ValueError saying which field is bad and why."""
    if not call_id.isascii():
        _check_text("call_id", call_id)
    if not call_id.strip():
        raise ValueError("call_id: empty")
    if direction not in ("inbound", "outbound"):
        raise ValueError(f"direction: {direction!r} is neither inbound nor outbound")
    if direction == "inbound" and caller.strip().lower() in HIDDEN:
        caller = ""
    elif not _E164(caller):
        raise ValueError(f"caller: {caller!r} is not an E.164 number such as +33123456789")
    if not _E164(callee):
        raise ValueError(f"callee: {callee!r} is not an E.164 number such as +33123456789")
    if not answered_at:
        return Row(call_id, direction, caller, callee, None, _parse("ended_at", ended_at) if ended_at else 0)
    answered = _parse("answered_at", answered_at)
    ended = _parse("ended_at", ended_at)
    if len(answered_at) > 27 or len(ended_at) > 27:
        ended += _beyond(answered_at, ended_at)
    if ended < answered:
        raise ValueError(f"ended_at: {ended_at} is before answered_at, {answered_at}")
    return Row(call_id, direction, caller, callee, answered, ended)


def _parse(field: str, text: str) -> int:
    """µs of UTC since 1970 of an ISO 8601 instant with its offset. Raises ValueError."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        what = f"{text!r} is not an ISO 8601 date and time" if text else "empty"
        raise ValueError(f"{field}: {what}") from None
    if instant.tzinfo is None:
        raise ValueError(f"{field}: {text!r} has no offset from UTC (such as Z or +02:00)")
    if text[10] not in "T " and "T" not in text[7:9]:
        raise ValueError(f"{field}: {text!r} is not an ISO 8601 date and time")
    if not _EARLIEST <= text[:4] <= _LATEST:
        raise ValueError(f"{field}: {text!r} is outside the years {_EARLIEST} to {_LATEST}")
    return micros(instant)


def _beyond(answered_at: str, ended_at: str) -> int:
    """µs to add to the end so that digits beyond the µs, which parsing drops, still round the second up."""
    beyond = [found.group(1) if (found := _FINER(text)) else "" for text in (answered_at, ended_at)]
    width = max(len(digits) for digits in beyond)
    answered, ended = (digits.ljust(width, "0") for digits in beyond)
    return (ended > answered) - (ended < answered and _same_micros(answered_at, ended_at))


def _same_micros(answered_at: str, ended_at: str) -> bool:
    return datetime.fromisoformat(answered_at) == datetime.fromisoformat(ended_at)


def _check_text(field: str, text: str) -> None:
    """Raises ValueError for bytes that were not UTF-8 (kept as lone surrogates while reading)."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(f"{field}: not UTF-8 text") from None


def _printable(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _instant(micros_since: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros_since)
