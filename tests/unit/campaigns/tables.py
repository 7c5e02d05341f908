"""Writes the tables people send, and those nobody should: a whole XLSX or ODS from a few rows."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
BOOK = f"""<workbook xmlns:r="{_RELATIONS}"><sheets><sheet name="Notes" state="hidden" r:id="rId2"/>
<sheet name="Clients" sheetId="1" r:id="rId1"/></sheets></workbook>"""
RELATIONS = """<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/>
<Relationship Id="rId2" Target="worksheets/sheet2.xml"/></Relationships>"""
STYLES = """<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/></numFmts>
<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>"""


def written(path: Path, parts: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path


def xlsx(path: Path, rows: str, strings: str = "", **parts: str) -> Path:
    """`rows`: the XML inside sheetData; `strings`: the XML inside sst."""
    return written(
        path,
        {
            "xl/workbook.xml": parts.get("book", BOOK),
            "xl/_rels/workbook.xml.rels": RELATIONS,
            "xl/styles.xml": STYLES,
            "xl/sharedStrings.xml": f"<sst>{strings}</sst>",
            "xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{rows}</sheetData></worksheet>",
        },
    )


def cells(row: int, *values: str | float) -> str:
    """A row of an XLSX, texts written inline."""
    written = "".join(
        f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>' if isinstance(value, str) else f"<c><v>{value}</v></c>"
        for value in values
    )
    return f'<row r="{row}">{written}</row>'


def ods(path: Path, rows: str) -> Path:
    """`rows`: the XML inside the first table."""
    return written(
        path,
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": '<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><office:body>'
            f"<table:table>{rows}</table:table><table:table><table:table-row><table:table-cell>"
            "<text:p>another sheet</text:p></table:table-cell></table:table-row></table:table>"
            "</office:body></office:document-content>",
        },
    )
