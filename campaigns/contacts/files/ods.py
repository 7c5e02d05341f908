"""ODS: the first sheet, row by row; repeated rows and cells are told, and unrolled only while they hold something.

Source: OpenDocument 1.3, part 3, 9.1 (tables) and 19.385 (values).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

from campaigns.contacts.files import zipped
from campaigns.contacts.files.sheet import COLUMNS, BadFile, Cell, Row, Sheet, number_text, within
from campaigns.contacts.files.zipped import Attributes, Parser

CONTENT = "content.xml"
TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_REPEATED = 10_000
"""Copies of one row that hold something: more are no list of people."""


def read(path: Path) -> Sheet:
    """The first sheet of an OpenDocument. Raises BadFile."""
    done = [0.0]
    return Sheet("ODS, first sheet", within(_rows(path, done)), lambda: done[0])


class _Reader:
    """Rows of the first table, gathered as its elements come."""

    def __init__(self) -> None:
        self.parser = Parser(self._begin, self._finish)
        self.ready = deque[tuple[Row, int]]()
        self.over = False
        self._row, self._times, self._cells = 1, 1, list[Cell]()
        self._cell: Attributes = {}
        self._aside = 0
        self._said: list[str] = []

    def _begin(self, name: str, given: Attributes) -> None:
        if name == "annotation":  # a note beside the cell is no part of it
            self._aside += 1
        if self.over or self._aside:
            return
        if name == "p":
            self.parser.listen()
        elif name in ("s", "tab", "line-break"):
            self.parser.say("\n" if name == "line-break" else " ")
        elif name in ("table-cell", "covered-table-cell"):
            self._cell = given
            self._said.clear()
        elif name == "table-row":
            self._times, self._cells = _count(given.get("number-rows-repeated")), []

    def _finish(self, name: str) -> None:
        if name == "annotation":
            self._aside -= 1
        elif self.over or self._aside:
            return
        elif name == "p":
            self._said.append(self.parser.heard())
        elif name in ("table-cell", "covered-table-cell"):
            times = _count(self._cell.get("number-columns-repeated"))
            self._cells += [self._read()] * min(times, COLUMNS - len(self._cells))
        elif name == "table-row":
            if any(cell.text for cell in self._cells):
                self.ready.append((Row(self._row, self._cells), self._times))
            self._row += self._times
        elif name == "table":
            self.over = True

    def _read(self) -> Cell:
        kind = self._cell.get("value-type", "")
        if kind in ("float", "currency", "percentage"):
            try:
                return Cell(number_text(float(self._cell.get("value", ""))), typed=True)
            except ValueError:
                pass
        if kind == "date":
            return Cell(self._cell.get("date-value", ""))
        return Cell("\n".join(self._said))


def _count(text: str | None) -> int:
    return max(int(text), 1) if text and text.isdecimal() and len(text) < 10 else 1


def _rows(path: Path, done: list[float]) -> Iterator[Row]:
    reader = _Reader()
    with zipped.opened(path) as archive:
        for block, done[0] in zipped.blocks(archive, CONTENT):
            reader.parser.feed(block)
            yield from _unrolled(reader.ready)
            if reader.over:
                return
        reader.parser.feed(b"", last=True)
        yield from _unrolled(reader.ready)


def _unrolled(ready: deque[tuple[Row, int]]) -> Iterator[Row]:
    while ready:
        row, times = ready.popleft()
        if times > _REPEATED:
            raise BadFile(f"row {row.number} is repeated {times} times: refused")
        for more in range(times):
            yield Row(row.number + more, row.cells)
