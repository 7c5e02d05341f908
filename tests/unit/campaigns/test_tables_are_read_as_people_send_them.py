"""CSV, XLSX, ODS and XLS: encodings, separators, empty cells, names that lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.contacts.files.opening import open_sheet
from campaigns.contacts.files.sheet import BadFile
from tests.unit.campaigns.tables import cells, ods, xlsx

DATA = Path(__file__).parents[2] / "data/contacts"


def texts(path: Path) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in open_sheet(path).rows]


def csv(folder: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / "clients.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "mac_roman", "cp850"])
def test_accents_survive_every_encoding_of_france(tmp_path: Path, encoding: str) -> None:
    path = csv(tmp_path, "Prénom;Tél\nHélène;0612345678\nFrançois;0698765432\n", encoding)
    assert texts(path)[1:] == [["Hélène", "0612345678"], ["François", "0698765432"]]


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_the_separator_is_found_out(tmp_path: Path, separator: str) -> None:
    assert texts(csv(tmp_path, f"Nom{separator}Tél\nRoux{separator}0612345678"))[1] == ["Roux", "0612345678"]


def test_commas_inside_cells_do_not_part_them(tmp_path: Path) -> None:
    content = "Nom;Adresse;Tél\nRoux;12, rue X, Paris;0612345678\nPetit;3, rue Y, Lyon;0698765432\n"
    assert texts(csv(tmp_path, content))[1][2] == "0612345678"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_each_system_ends_them(tmp_path: Path, end: str) -> None:
    assert len(texts(csv(tmp_path, end.join(["Tél", "0612345678", "0698765432"]).encode()))) == 3


def test_excels_own_line_about_the_separator_is_obeyed(tmp_path: Path) -> None:
    assert texts(csv(tmp_path, "sep=,\nNom,Tél\nRoux,0612345678\n")) == [["Nom", "Tél"], ["Roux", "0612345678"]]


def test_a_quoted_cell_may_go_over_lines(tmp_path: Path) -> None:
    content = 'Nom;Note;Tél\nRoux;"deux\nlignes";0612345678\nPetit;;0698765432\n'
    assert [row[-1] for row in texts(csv(tmp_path, content))] == ["Tél", "0612345678", "0698765432"]


def test_a_quotation_mark_nobody_closed_costs_its_row_only(tmp_path: Path) -> None:
    rows = list(open_sheet(csv(tmp_path, 'Nom;Tél\n"Roux;0612345678\nPetit;0698765432\n')).rows)
    assert [bool(row.fault) for row in rows] == [False, True, False]


def test_a_number_of_a_sheet_is_its_digits_and_an_empty_cell_keeps_its_place(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1"><v>6.12345678E8</v></c></row>'
        '<row r="5"><c r="C5"><v>3</v></c></row>'
    )
    found = list(open_sheet(xlsx(tmp_path / "a.xlsx", rows, "<si><r><t>Hé</t></r><r><t>lène</t></r></si>")).rows)
    assert [(row.number, [cell.text for cell in row.cells]) for row in found] == [
        (1, ["Hélène", "", "612345678"]), (5, ["", "", "3"]),
    ]  # fmt: skip
    assert found[0].cells[2].typed


def test_a_date_of_a_sheet_is_a_date(tmp_path: Path) -> None:
    assert texts(xlsx(tmp_path / "a.xlsx", '<row r="1"><c s="1"><v>45000</v></c></row>')) == [["2023-03-15"]]


def test_a_sheet_that_is_called_csv_is_read_as_what_it_is(tmp_path: Path) -> None:
    assert texts(xlsx(tmp_path / "clients.csv", cells(1, "Tél") + cells(2, "0612345678"))) == [["Tél"], ["0612345678"]]


def test_an_opendocument_is_read_with_what_it_repeats(tmp_path: Path) -> None:
    rows = (
        '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
        '<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="2"/>'
        '<table:table-cell office:value-type="float" office:value="612345678"><text:p>06 12</text:p></table:table-cell>'
        "<table:table-cell><office:annotation><text:p>note</text:p></office:annotation><text:p>a<text:s/>b</text:p>"
        '</table:table-cell></table:table-row><table:table-row table:number-rows-repeated="1048000"><table:table-cell'
        ' table:number-columns-repeated="1024"/></table:table-row>'
    )
    found = list(open_sheet(ods(tmp_path / "a.ods", rows)).rows)
    assert [row.number for row in found] == [4, 5]
    assert [cell.text for cell in found[0].cells] == ["", "", "612345678", "a b"]


def test_an_old_xls_is_read() -> None:
    pytest.importorskip("xlrd")
    found = list(open_sheet(DATA / "clients.xls").rows)
    assert [cell.text for cell in found[1].cells] == ["Hélène Roux", "612345678", "2023-03-15", "75011"]


def test_a_damaged_xls_is_a_message(tmp_path: Path) -> None:
    pytest.importorskip("xlrd")
    path = tmp_path / "a.xls"
    path.write_bytes((DATA / "clients.xls").read_bytes()[:1500])
    with pytest.raises(BadFile, match="damaged"):
        list(open_sheet(path).rows)


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "empty"), (b"<html><table></table></html>", "a page"), (b"%PDF-1.7", "a PDF"), (b"a\0b;c", "no text")],
)
def test_what_is_no_table_is_named(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(BadFile, match=why):
        list(open_sheet(csv(tmp_path, content)).rows)
