"""Text tables: CSV of any program, separators, quotation marks and encodings found out and told."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter, deque
from collections.abc import Iterator
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import TextIO
from weakref import finalize

from campaigns.contacts.files.sheet import ABSURD, BadFile, Cell, Row, Sheet, within
from store.base.spreadsheet import read_cell

SEPARATORS = ";,\t|"
_SEP = re.compile(r"sep=([;,\t|])\s*", re.IGNORECASE)
_LOOKED_AT = 20
"""Lines by which the separator is found out."""
_LONGEST_ROW = 50
"""Lines a quoted cell may go over; a quotation mark nobody closed does not swallow the rest of the file."""
_FRENCH = "éèêëàâçîïôùûœÉÈÀÇ"
_OLD = ("cp1252", "mac_roman", "cp850")
"""What French files were written in before UTF-8: by Windows, by Macs, by DOS; the likeliest first."""
_TOLD = {
    "cp1252": "Windows-1252",
    "mac_roman": "MacRoman",
    "cp850": "DOS 850",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
}


def read(path: Path) -> Sheet:
    """The table in a text file. Raises BadFile for what is no text."""
    encoding = encoding_of(path)
    size = max(path.stat().st_size, 1)
    raw = path.open("rb")
    # what is no character of the encoding becomes a mark, and costs nothing else
    lines = _lines(TextIOWrapper(raw, encoding=encoding, errors="replace"))
    first = list(islice(lines, _LOOKED_AT))
    given = _SEP.fullmatch(first[0][1]) if first else None  # Excel's own way to say which separator follows
    separator = given[1] if given else _separator([text for _, text in first])
    waiting = deque(first[1:] if given else first)
    what = f"text, {_TOLD[encoding]}, cells parted by {'tabs' if separator == chr(9) else separator}"
    rows = within(_rows(waiting, lines, separator))
    sheet = Sheet(what, rows, lambda: 1.0 if raw.closed else raw.tell() / size)
    finalize(sheet, raw.close)
    return sheet


def _lines(file: TextIO) -> Iterator[tuple[int, str]]:
    """(number, text) of each line. Raises BadFile for one without end."""
    number = 0
    with file:
        while text := file.readline(ABSURD + 1):
            number += 1
            if len(text) > ABSURD:
                raise BadFile(f"line {number} holds over {ABSURD} characters: the file is refused")
            yield number, text


def _separator(lines: list[str]) -> str:
    """What parts the cells: found as often on each of the first lines, and there at all."""

    def steady(separator: str) -> tuple[int, int]:
        counts = Counter(line.count(separator) for line in lines if line.strip())
        counts.pop(0, None)
        (most, times), *_ = counts.most_common(1) or [(0, 0)]
        return times, most

    return max(SEPARATORS, key=steady)


def _rows(waiting: deque[tuple[int, str]], lines: Iterator[tuple[int, str]], separator: str) -> Iterator[Row]:
    while True:
        number, text = waiting.popleft() if waiting else next(lines, (0, ""))
        if not text:
            return
        if '"' in text and _open(text, separator):
            waiting.extend(islice(lines, max(_LONGEST_ROW - len(waiting), 0)))
            end = _end(text, waiting, separator)
            if end is None:
                yield Row(number, [], "a quotation mark begins a cell and none ends it")
                continue
            text += "".join(waiting.popleft()[1] for _ in range(end))
        yield _row(number, text, separator)


def _row(number: int, text: str, separator: str) -> Row:
    try:
        values = next(csv.reader([text], delimiter=separator), list[str]())
    except csv.Error as error:
        return Row(number, [], str(error))
    return Row(number, [Cell(read_cell(value.strip())) for value in values])


def _end(text: str, waiting: deque[tuple[int, str]], separator: str) -> int | None:
    """How many of the next lines belong to the row that `text` begins."""
    for count, (_, line) in enumerate(islice(waiting, _LONGEST_ROW), 1):
        text += line
        if '"' in line and not _open(text, separator):
            return count
    return None


def _open(text: str, separator: str) -> bool:
    """Whether the text ends inside a quoted cell."""
    try:
        next(csv.reader([text], delimiter=separator, strict=True), None)
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def encoding_of(path: Path) -> str:
    """The file's encoding: by its mark, else UTF-8 where it is, else the old one that makes most French letters of it.

    Raises BadFile for what is no text.
    """
    decoder, is_utf8, seen = codecs.getincrementaldecoder("utf-8")(), True, Counter[int]()
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        file.seek(0)
        while block := file.read(1 << 16):
            if b"\0" in block:
                raise BadFile("it is no text and no spreadsheet we know", hint="CSV, XLSX, XLS or ODS")
            try:
                decoder.decode(block) if is_utf8 else None
            except UnicodeDecodeError:
                is_utf8 = False
            if not block.isascii():
                seen.update(byte for byte in block if byte >= 0x80)
    if is_utf8 and not decoder.getstate()[0]:
        return "utf-8-sig"
    return max(_OLD, key=lambda name: _letters(seen, name))


def _letters(seen: Counter[int], encoding: str) -> int:
    return sum(count for byte, count in seen.items() if bytes([byte]).decode(encoding, "replace") in _FRENCH)
