"""The archive's form: a tar, made and read in a stream, whose parts are hashed as they pass.

After each thousand parts their hashes follow (`hashes/000001.jsonl`), so that neither side holds more than those.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

from store.backups.sealing import Damaged
from store.base.console import to_json

MANIFEST = "manifest.json"
FORM = 1
_PIECE = 1 << 20
_BLOCK = 512
_PARTS = 1000


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the archive. `gone`: it was named, and was not there any more."""

    name: str
    bytes: int = 0
    sha256: str = ""
    gone: bool = False


class Packing:
    """Makes the stream: each method yields what is to be written next."""

    def __init__(self) -> None:
        self.parts = self.gone = self.bytes = 0
        self._waiting: list[Part] = []
        self._chunks = 0
        self._all = hashlib.sha256()

    def data(self, name: str, data: bytes) -> Iterator[bytes]:
        """A part that is in memory."""
        yield from _member(name, data)
        yield from self._note(Part(name, len(data), hashlib.sha256(data).hexdigest()))

    def file(self, name: str, path: Path) -> Iterator[bytes]:
        """A part that is a file, as long as it is when it is opened; one that is not there is noted as gone."""
        try:
            source = path.open("rb")
        except FileNotFoundError:
            self.gone += 1
            yield from self._note(Part(name, gone=True))
            return
        with source:
            size = source.seek(0, 2)
            source.seek(0)
            yield _head(name, size)
            digest, left = hashlib.sha256(), size
            while left:
                piece = source.read(min(_PIECE, left))
                if not piece:
                    raise OSError(f"{path} became shorter while it was read")
                left -= len(piece)
                digest.update(piece)
                yield piece
            yield _padding(size)
        yield from self._note(Part(name, size, digest.hexdigest()))

    def end(self, facts: dict[str, Any]) -> Iterator[bytes]:
        """The last hashes, the manifest, the tar's end."""
        yield from self._flush()
        told = {"form": FORM, **facts, "parts": self.parts, "gone": self.gone, "bytes": self.bytes,
                "hashes": self._all.hexdigest()}  # fmt: skip
        yield from _member(MANIFEST, to_json(told).encode())
        yield bytes(2 * _BLOCK)

    def _note(self, part: Part) -> Iterator[bytes]:
        self.parts += not part.gone
        self.bytes += part.bytes
        self._waiting.append(part)
        if len(self._waiting) >= _PARTS:
            yield from self._flush()

    def _flush(self) -> Iterator[bytes]:
        if not self._waiting:
            return
        self._chunks += 1
        lines = "".join(to_json(asdict(part)) + "\n" for part in self._waiting).encode()
        self._waiting = []
        self._all.update(lines)
        yield from _member(f"hashes/{self._chunks:06}.jsonl", lines)


Visit = Callable[[str, BinaryIO], None]
"""What is done with a part: its name, and its bytes to be read once."""


def walked(stream: BinaryIO, visit: Visit, gone: Callable[[str], None] = lambda name: None) -> dict[str, Any]:
    """Read an archive whole: each part is given to `visit`, then held against its hash; the manifest.

    `gone` hears the names of parts that were not there any more. Raises Damaged, naming the part.
    """
    seen: dict[str, Part] = {}
    every, parts = hashlib.sha256(), 0
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            while (info := tar.next()) is not None:
                tar.members = []  # it would remember each  # pyright: ignore[reportAttributeAccessIssue]
                source = tar.extractfile(info) if info.isreg() else None
                if source is None or not _is_safe(info.name):
                    raise Damaged(f"the part {info.name!r} is no plain file", hint="take another backup")
                if info.name == MANIFEST:
                    return _manifest(source.read(), seen, every.hexdigest(), parts)
                if info.name.startswith("hashes/"):
                    lines = source.read()
                    every.update(lines)
                    _hold(lines, seen, gone)
                    continue
                reader = _Hashing(source)
                visit(info.name, reader)  # pyright: ignore[reportArgumentType]
                parts += 1
                seen[info.name] = Part(info.name, *reader.whole())
    except (tarfile.TarError, ValueError, KeyError, TypeError, EOFError) as error:
        raise Damaged(f"the archive is damaged: {error}", hint="take another backup") from error
    raise Damaged("the archive ends before its manifest", hint="take another backup")


def _hold(lines: bytes, seen: dict[str, Part], gone: Callable[[str], None]) -> None:
    for line in lines.splitlines():
        told = Part(**json.loads(line))
        if told.gone:
            gone(told.name)
        elif seen.pop(told.name, None) != told:
            raise Damaged(f"the part {told.name} is not as it was written", hint="take another backup")


def _manifest(data: bytes, seen: dict[str, Part], every: str, parts: int) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(data)
    if facts["form"] > FORM:
        raise Damaged("the archive is of a newer version's form", hint="install the version that wrote it")
    if seen:
        raise Damaged(f"the part {next(iter(seen))} has no hash", hint="take another backup")
    if (every, parts) != (facts["hashes"], facts["parts"]):
        raise Damaged("the manifest does not fit the parts", hint="take another backup")
    return facts


def _is_safe(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\0" not in name


class _Hashing:
    """A part's reader that hashes what passes."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source, self._digest, self._count = source, hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        """As a file's."""
        piece = self._source.read(size)
        self._digest.update(piece)
        self._count += len(piece)
        return piece

    def whole(self) -> tuple[int, str]:
        """Bytes and SHA-256, of what nobody read too."""
        while self.read(_PIECE):
            pass
        return self._count, self._digest.hexdigest()


def _member(name: str, data: bytes) -> Iterator[bytes]:
    yield _head(name, len(data))
    yield data
    yield _padding(len(data))


def _head(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.PAX_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)
