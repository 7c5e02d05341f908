"""XML inside a zip, as hostile as it comes: read in a stream, what is unpacked counted, no entity ever expanded.

What is refused, and why it is enough: a document type (so no entity can be declared: "billion laughs", files of the
machine), a part that unpacks to far more than any table does, a text longer than any cell. Sizes are counted as
they are read; those a zip declares about itself are not believed.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from campaigns.contacts.files.sheet import ABSURD, BadFile

UNPACKED = 1 << 30
"""Bytes one part may unpack to: a full sheet of a million rows stays below."""
RATIO, SMALL = 200, 8 << 20
"""How many times its packed size a part may have, once it is larger than SMALL bytes; tables have 5 to 50."""
MEMBERS = 10_000
_BLOCK = 1 << 16

Attributes = Mapping[str, str]
BOMB = "it unpacks to far more than a table holds: refused as a zip bomb"


@contextmanager
def opened(path: Path) -> Generator[zipfile.ZipFile]:
    """The zip. Raises BadFile where it is damaged, locked or holds absurdly much."""
    try:
        with zipfile.ZipFile(path) as archive:
            if len(archive.infolist()) > MEMBERS:
                raise BadFile(BOMB)
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadFile(f"the file is damaged, or locked by a password: {error}", hint="save it again") from error


def has(archive: zipfile.ZipFile, name: str) -> bool:
    """Whether the zip has a part of that name."""
    return name in archive.NameToInfo


class Parser:
    """Elements as they come, by local name: `begin(name, attributes)`, `finish(name)`, text between them on request."""

    def __init__(self, begin: Callable[[str, Attributes], None], finish: Callable[[str], None]) -> None:
        self._begin, self._finish = begin, finish
        self._text: list[str] | None = None
        self._length = 0
        self.read = 0
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._started
        self._parser.EndElementHandler = lambda name: self._finish(name.rpartition(":")[2])
        self._parser.CharacterDataHandler = self._said
        self._parser.StartDoctypeDeclHandler = _no_doctype

    def listen(self) -> None:
        """Gather the text that follows."""
        self._text, self._length = [], 0

    def say(self, text: str) -> None:
        """Add to what is gathered, if anything is."""
        self._said(text)

    def heard(self) -> str:
        """What was gathered; gathering ends."""
        text, self._text = "".join(self._text or ()), None
        return text

    def feed(self, block: bytes, *, last: bool = False) -> None:
        """Parse on. Raises BadFile for what is no XML, for a document type, and for a text without end."""
        self.read += len(block)
        try:
            self._parser.Parse(block, last)
        except expat.ExpatError as error:
            raise BadFile(f"a part of the file is damaged, or locked by a password: {error}") from error
        if self.read - self._parser.CurrentByteIndex > 4 * ABSURD:
            raise BadFile("an element of the file never ends: refused")

    def _started(self, name: str, attributes: dict[str, str]) -> None:
        self._begin(name.rpartition(":")[2], {key.rpartition(":")[2]: value for key, value in attributes.items()})

    def _said(self, text: str) -> None:
        if self._text is None:
            return
        self._length += len(text)
        if self._length > ABSURD:
            raise BadFile(f"a cell holds over {ABSURD} characters: the file is refused")
        self._text.append(text)


def _no_doctype(*_: object) -> NoReturn:
    raise BadFile("the file declares a document type, which no spreadsheet does: refused as an entity bomb")


def blocks(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[bytes, float]]:
    """(bytes, how much of the part has been read, 0 to 1), counted as they are unpacked. Raises BadFile for a bomb."""
    info = archive.NameToInfo.get(name)
    if info is None:
        raise BadFile(f"the file has no part {name}: it is damaged", hint="save it again")
    packed, unpacked = min(info.compress_size, os.stat(archive.filename or "").st_size), 0
    with archive.open(info) as part:
        while block := part.read(_BLOCK):
            unpacked += len(block)
            if unpacked > UNPACKED or (unpacked > SMALL and unpacked > RATIO * packed):
                raise BadFile(BOMB)
            yield block, unpacked / max(info.file_size, unpacked)


def parse(archive: zipfile.ZipFile, name: str, parser: Parser) -> None:
    """A whole small part through a parser."""
    for block, _ in blocks(archive, name):
        parser.feed(block)
    parser.feed(b"", last=True)
