# pyright: basic
"""XLS (Excel 97 to 2003): the first visible sheet, by xlrd, which has no types. It has 65,536 rows at most."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from campaigns.contacts.files.sheet import COLUMNS, BadFile, Cell, Row, Sheet, number_text, within

_LARGEST = 64 << 20
"""Bytes: the largest list of people an .xls can hold is a fraction of it."""
_EMPTY, _TEXT, _NUMBER, _DATE, _BOOLEAN, _ERROR = range(6)
_HINT = "open it in a spreadsheet and save it as XLSX or CSV"


def read(path: Path) -> Sheet:
    """The first visible sheet. Raises BadFile for a damaged, locked or enormous file, and for other OLE files."""
    if path.stat().st_size > _LARGEST:
        raise BadFile(f"{path.name}: over {_LARGEST >> 20} MB, which no .xls list has", hint=_HINT)
    if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
        raise BadFile(f"{path.name}: it is locked by a password", hint="save it again without one")
    book = _book(path)
    sheet = next((each for each in book.sheets() if each.visibility == 0), None)
    if sheet is None:
        raise BadFile(f"{path.name}: the workbook has no visible sheet")
    done = [0.0]
    return Sheet(f"XLS, sheet {sheet.name!r}", within(_rows(sheet, book.datemode, done)), lambda: done[0])


def _book(path: Path) -> Any:
    xlrd = import_module("xlrd")
    try:
        # ragged: a cell in the last column of the last row costs one cell, not the whole sheet
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            return xlrd.open_workbook(path, ragged_rows=True, logfile=nowhere)
    # what a damaged file makes of xlrd, which believes what it reads
    except (
        xlrd.XLRDError, struct.error, LookupError, ValueError, TypeError, AttributeError, AssertionError, MemoryError,
        ArithmeticError, NotImplementedError, OSError,
    ) as error:  # fmt: skip
        raise BadFile(f"{path.name}: no XLS, damaged, or locked by a password: {error}", hint=_HINT) from error


def _rows(sheet: Any, datemode: int, done: list[float]) -> Iterator[Row]:
    for index in range(sheet.nrows):
        done[0] = index / sheet.nrows
        yield Row(index + 1, [_cell(cell, datemode) for cell in sheet.row(index)[:COLUMNS]])


def _cell(cell: Any, datemode: int) -> Cell:
    if cell.ctype == _NUMBER:
        return Cell(number_text(cell.value), typed=True)
    if cell.ctype == _TEXT:
        return Cell(cell.value)
    if cell.ctype == _BOOLEAN:
        return Cell(str(int(cell.value)))
    xlrd = import_module("xlrd")
    if cell.ctype == _ERROR:
        return Cell(xlrd.error_text_from_code.get(cell.value, "#?"))
    if cell.ctype != _DATE:
        return Cell("")
    try:
        return Cell(xlrd.xldate_as_datetime(cell.value, datemode).strftime("%Y-%m-%d"))
    except (xlrd.XLDateError, ValueError, OverflowError):
        return Cell(number_text(cell.value), typed=True)
