"""What every reader of tables gives: rows of cells, one after the other, within bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from store.base.errors import BadInput

COLUMNS = 256
"""Columns that are read; a list of people has fewer."""
ROWS = 1_048_576
"""Rows of the largest spreadsheet there is (Excel's own limit)."""
CELL = 32_767
"""Characters a cell may hold (Excel's own limit): a longer one spoils its row."""
ABSURD = 1 << 20
"""Characters after which the whole file is refused: no program writes such a cell, an attacker does."""


class BadFile(BadInput):
    """The file cannot be taken as a table of contacts."""

    code = "bad_file"


class Cell(NamedTuple):
    """What a cell holds, as text. `typed`: it was a number to the spreadsheet, so its leading zeros are gone."""

    text: str
    typed: bool = False


class Row(NamedTuple):
    """`number`: as the spreadsheet counts, or the line of a text file, from 1. `fault`: why it cannot be read."""

    number: int
    cells: list[Cell]
    fault: str = ""


@dataclass(slots=True, weakref_slot=True)
class Sheet:
    """A table that is read once, from its first row. `what`: how it was understood, for people."""

    what: str
    rows: Iterator[Row]
    done: Callable[[], float] = field(default=lambda: 0.0)
    """How much of the file has been read, 0 to 1."""


def checked(row: Row) -> Row:
    """The row, or what is wrong with it where a cell is longer than a cell can be."""
    longest = max((len(cell.text) for cell in row.cells), default=0)
    if longest <= CELL:
        return row
    return Row(row.number, [], f"a cell holds {longest} characters: {CELL} at most")


def within(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows that hold anything, each checked. Raises BadFile beyond the largest spreadsheet."""
    for row in rows:
        if row.number > ROWS:
            raise BadFile(f"row {row.number}: more than {ROWS} rows", hint="cut the file in two")
        if row.fault or any(cell.text.strip() for cell in row.cells):
            yield checked(row)


def number_text(value: float) -> str:
    """A spreadsheet's number as its digits: 612345678.0 is 612345678, and never 6.12e+08."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e18 else repr(value)
