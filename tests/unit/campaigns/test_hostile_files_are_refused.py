"""What an attacker sends as a list of contacts: bombs, loops, cells without end."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from campaigns.contacts.files import zipped
from campaigns.contacts.files.opening import open_sheet
from campaigns.contacts.files.sheet import ABSURD, CELL, BadFile
from tests.unit.campaigns.tables import BOOK, RELATIONS, cells, ods, xlsx

ENTITIES = '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def drained(path: Path) -> int:
    return sum(1 for _ in open_sheet(path).rows)


def test_a_part_that_unpacks_to_far_more_than_a_table_is_a_bomb(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", BOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONS)
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            part.write(b"<worksheet><sheetData>")
            for _ in range(64):
                part.write(b"<row></row>     " * (1 << 12) + b" " * (1 << 20))
    with pytest.raises(BadFile, match="zip bomb"):
        drained(path)


def test_a_zip_of_very_many_parts_is_a_bomb(tmp_path: Path) -> None:
    path = tmp_path / "many.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(zipped.MEMBERS + 1):
            archive.writestr(str(number), b"")
    with pytest.raises(BadFile, match="zip bomb"):
        drained(path)


def test_entities_are_refused_wherever_they_stand(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="entity bomb"):
        drained(xlsx(tmp_path / "a.xlsx", cells(1, "x"), book=ENTITIES + BOOK))
    path = ods(tmp_path / "b.ods", "")
    with zipfile.ZipFile(path) as archive:
        content = archive.read("content.xml").decode()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", ENTITIES + content)
    with pytest.raises(BadFile, match="entity bomb"):
        drained(path)


def test_a_cell_longer_than_excel_allows_costs_its_row(tmp_path: Path) -> None:
    rows = list(open_sheet(xlsx(tmp_path / "a.xlsx", cells(1, "x" * (CELL + 1)) + cells(2, "0612345678"))).rows)
    assert "32768 characters" in rows[0].fault
    assert rows[1].cells[0].text == "0612345678"


def test_a_cell_without_end_costs_the_file(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="characters"):
        drained(xlsx(tmp_path / "a.xlsx", cells(1, "x" * (ABSURD + 1))))
    line = tmp_path / "a.csv"
    line.write_text("Tel\n" + "0" * (ABSURD + 1), encoding="ascii")
    with pytest.raises(BadFile, match="line 2 holds over"):
        drained(line)


def test_a_row_repeated_a_million_times_is_refused(tmp_path: Path) -> None:
    rows = (
        '<table:table-row table:number-rows-repeated="1000000"><table:table-cell><text:p>0612345678</text:p>'
        "</table:table-cell></table:table-row>"
    )
    with pytest.raises(BadFile, match="repeated 1000000 times"):
        drained(ods(tmp_path / "a.ods", rows))


def test_a_cell_in_the_last_column_takes_no_more_than_a_list_has(tmp_path: Path) -> None:
    row = '<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>2</v></c></row>'
    (found,) = open_sheet(xlsx(tmp_path / "a.xlsx", row)).rows
    assert len(found.cells) == 1


@pytest.mark.parametrize(
    "row", ['<row r="1"><c t="s"><v>7</v></c></row>', '<row r="9999999"><c><v>7</v></c></row>', "<row>"]
)
def test_a_sheet_that_contradicts_itself_is_a_message(tmp_path: Path, row: str) -> None:
    with pytest.raises(BadFile):
        drained(xlsx(tmp_path / "a.xlsx", row))


def test_a_cut_zip_is_a_message(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", cells(1, "x"))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(BadFile, match="damaged"):
        drained(path)
