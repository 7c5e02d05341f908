"""XLSX: the first visible sheet, row by row. Shared strings wait in a file, so that memory does not grow with them.

Read with expat rather than by a library for spreadsheets: those load strings and styles whole, and believe what
they read.
Source: ECMA-376, part 1, 18.
"""

from __future__ import annotations

import os
import re
import tempfile
from array import array
from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from weakref import finalize
from zipfile import ZipFile

from campaigns.contacts.files import zipped
from campaigns.contacts.files.sheet import COLUMNS, BadFile, Cell, Row, Sheet, number_text, within
from campaigns.contacts.files.zipped import Attributes, Parser

BOOK = "xl/workbook.xml"
_DATES = {*range(14, 23), *range(45, 48)}
"""The number formats that are dates without being described (18.8.30)."""
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  a spreadsheet's dates have no zone


def read(path: Path) -> Sheet:
    """The first visible sheet of a workbook. Raises BadFile."""
    with zipped.opened(path) as archive:
        title, part = _first_sheet(archive)
    done = [0.0]
    return Sheet(f"XLSX, sheet {title!r}", within(_rows(path, part, done)), lambda: done[0])


def _first_sheet(archive: ZipFile) -> tuple[str, str]:
    """(its name, the part that holds it)."""
    sheets: list[tuple[str, str]] = []
    targets: dict[str, str] = {}

    def in_book(name: str, given: Attributes) -> None:
        if name == "sheet" and given.get("state", "visible") == "visible":
            sheets.append((given.get("name", ""), given.get("id", "")))

    def in_relations(name: str, given: Attributes) -> None:
        if name == "Relationship":
            targets[given.get("Id", "")] = given.get("Target", "")

    zipped.parse(archive, BOOK, Parser(in_book, _nothing))
    zipped.parse(archive, "xl/_rels/workbook.xml.rels", Parser(in_relations, _nothing))
    if not sheets or sheets[0][1] not in targets:
        raise BadFile("the workbook has no visible sheet")
    target = targets[sheets[0][1]]
    return sheets[0][0], target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _nothing(_: str) -> None:
    pass


class Strings:
    """The workbook's shared strings: their text in a nameless file, where each begins in an array."""

    def __init__(self, archive: ZipFile) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  it lives as long as this
        finalize(self, self._file.close)
        self._starts = array("Q", [0])
        self._phonetic = False
        self._parts: list[str] = []
        self._parser = Parser(self._begin, self._finish)
        if zipped.has(archive, "xl/sharedStrings.xml"):
            zipped.parse(archive, "xl/sharedStrings.xml", self._parser)
        self._file.flush()
        self.get = lru_cache(maxsize=4096)(self._get)

    def _begin(self, name: str, _: Attributes) -> None:
        if name == "rPh":  # how a word is pronounced, in East Asian files: no part of the text
            self._phonetic = True
        elif name == "t" and not self._phonetic:
            self._parser.listen()

    def _finish(self, name: str) -> None:
        if name == "rPh":
            self._phonetic = False
        elif name == "t" and not self._phonetic:
            self._parts.append(self._parser.heard())
        elif name == "si":
            text = "".join(self._parts).encode()
            self._parts.clear()
            self._file.write(text)
            self._starts.append(self._starts[-1] + len(text))

    def _get(self, index: int) -> str:
        if not 0 <= index < len(self._starts) - 1:
            raise BadFile(f"the file names shared text {index} and has none: it is damaged", hint="save it again")
        start = self._starts[index]
        return os.pread(self._file.fileno(), self._starts[index + 1] - start, start).decode(errors="replace")


def _date_styles(archive: ZipFile) -> frozenset[int]:
    """The cell styles by which a number is shown as a date."""
    custom: dict[str, str] = {}
    styles: list[str] = []
    inside = [False]

    def begin(name: str, given: Attributes) -> None:
        if name == "numFmt":
            custom[given.get("numFmtId", "")] = given.get("formatCode", "")
        elif name == "cellXfs":
            inside[0] = True
        elif name == "xf" and inside[0]:
            styles.append(given.get("numFmtId", "0"))

    def finish(name: str) -> None:
        inside[0] = inside[0] and name != "cellXfs"

    if zipped.has(archive, "xl/styles.xml"):
        zipped.parse(archive, "xl/styles.xml", Parser(begin, finish))
    return frozenset(at for at, style in enumerate(styles) if _is_date(style, custom.get(style, "")))


def _is_date(style: str, code: str) -> bool:
    bare = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", code)
    return bool(re.search(r"[dmy]", bare, re.IGNORECASE)) if code else style.isdecimal() and int(style) in _DATES


class _Reader:
    """Rows of a sheet, gathered as its elements come."""

    def __init__(self, strings: Strings, dates: frozenset[int]) -> None:
        self._strings, self._dates = strings, dates
        self.parser = Parser(self._begin, self._finish)
        self.ready = deque[Row]()
        self._row = 0
        self._cells: list[Cell] = []
        self._column, self._kind, self._style, self._value = -1, "n", 0, ""
        self._inline: list[str] = []

    def _begin(self, name: str, given: Attributes) -> None:
        if name in ("v", "t"):
            self.parser.listen()
        elif name == "c":
            self._column = _column(given.get("r", ""), self._column + 1)
            self._kind, self._value = given.get("t", "n"), ""
            self._style = int(given["s"]) if given.get("s", "").isdecimal() else 0
            self._inline.clear()
        elif name == "row":
            told = given.get("r", "")
            self._row = int(told) if told.isdecimal() and len(told) < 9 else self._row + 1
            self._cells, self._column = [], -1

    def _finish(self, name: str) -> None:
        if name == "v":
            self._value = self.parser.heard()
        elif name == "t":
            self._inline.append(self.parser.heard())
        elif name == "c" and self._column < COLUMNS:
            cell = self._read()
            if cell.text:
                missing = self._column - len(self._cells)
                self._cells.extend([Cell("")] * missing)
                self._cells[self._column :] = [cell]
        elif name == "row":
            self.ready.append(Row(self._row, self._cells))

    def _read(self) -> Cell:
        if self._kind == "s":
            return Cell(self._strings.get(int(self._value) if self._value.strip().isdecimal() else -1))
        if self._kind == "inlineStr":
            return Cell("".join(self._inline))
        if self._kind != "n" or not self._value:
            return Cell(self._value)
        try:
            value = float(self._value)
        except ValueError:
            return Cell(self._value)
        return Cell(_date(value)) if self._style in self._dates else Cell(number_text(value), typed=True)


def _date(value: float) -> str:
    """A spreadsheet's days since 1900 as a date; the number itself where it is none."""
    if not 0 <= value < 2_958_466:
        return number_text(value)
    at = _EPOCH + timedelta(days=value)
    return f"{at:%Y-%m-%d}" if value.is_integer() else f"{at:%Y-%m-%d %H:%M}"


@lru_cache(maxsize=1024)
def _letters(letters: str) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column - 1


def _column(reference: str, following: int) -> int:
    """The column a cell stands in, from 0: by its reference (C12), else the one after the last."""
    letters = reference.rstrip("0123456789")
    return _letters(letters) if 1 <= len(letters) <= 3 and letters.isascii() and letters.isupper() else following


def _rows(path: Path, part: str, done: list[float]) -> Iterator[Row]:
    with zipped.opened(path) as archive:
        reader = _Reader(Strings(archive), _date_styles(archive))
        for block, done[0] in zipped.blocks(archive, part):
            reader.parser.feed(block)
            while reader.ready:
                yield reader.ready.popleft()
        reader.parser.feed(b"", last=True)
        yield from reader.ready
