"""What a file is, by what it holds and not by its name: an .xlsx called .csv is read as what it is."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

from campaigns.contacts.files import ods, text, xlsx, zipped
from campaigns.contacts.files.sheet import BadFile, Sheet

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_HINT = "open it in a spreadsheet and save it as XLSX or CSV"


def open_sheet(path: Path) -> Sheet:
    """The table in a file, to be read once. Raises BadFile for what is none."""
    with path.open("rb") as file:
        begins = file.read(2048)
    if not begins.strip():
        raise BadFile(f"{path.name}: the file is empty")
    if begins.startswith(b"PK"):
        return _zip(path)
    if begins.startswith(_OLE):
        from campaigns.contacts.files import xls

        return xls.read(path)
    start = begins.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<", b"%pdf", b"{\\rtf")):
        kind = "a PDF" if start.startswith(b"%pdf") else "a page or document"
        raise BadFile(f"{path.name}: it is {kind}, whatever its name", hint=_HINT)
    return text.read(path)


def _zip(path: Path) -> Sheet:
    with zipped.opened(path) as archive:
        is_xlsx = zipped.has(archive, xlsx.BOOK)
        is_ods = zipped.has(archive, ods.CONTENT) and ods.TYPE in _mimetype(archive)
    if is_xlsx:
        return xlsx.read(path)
    if is_ods:
        return ods.read(path)
    raise BadFile(f"{path.name}: a zip without a sheet we can read", hint=_HINT)


def _mimetype(archive: ZipFile) -> str:
    if not zipped.has(archive, "mimetype"):
        return ""
    with archive.open("mimetype") as part:
        return part.read(80).decode("latin-1")
