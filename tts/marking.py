"""The machine-readable mark of synthetic speech in WAV files (AI Act, EU 2024/1689, art. 50(2)).

The mark is a RIFF `LIST`/`INFO` chunk (read by every common player and by ffprobe) and an `iXML` chunk
(BWF, EBU Tech 3285 supplement 4) that says the same to programs. Pure: bytes in, bytes out.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape, unescape

from store.base.errors import BadInput

DECLARATION = "AI-generated speech (EU 2024/1689 art. 50(2)); voix de synthèse générée par une IA"
"""What people and programs read in the file."""

_SOFTWARE = "Décroche"
_DIGITAL_SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_DIGITAL_SOURCE_PART = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


@dataclass(frozen=True, slots=True)
class Mark:
    """What is said of the sound. `channels`: 1-based channels that hold it; empty: the whole file."""

    engine: str
    voice: str
    channels: tuple[int, ...] = ()


def wav(pcm: bytes, rate: int, mark: Mark | None = None, *, channels: int = 1) -> bytes:
    """A WAV file of signed 16-bit PCM (interleaved when `channels` > 1) at `rate` Hz, marked when asked."""
    chunks = [
        (b"fmt ", struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)),
        (b"data", pcm),
    ]
    if mark is not None:
        chunks[1:1] = [(b"LIST", b"INFO" + _join(_info(mark))), (b"iXML", _ixml(mark))]
    return _riff(chunks)


def marked(file: bytes, mark: Mark) -> bytes:
    """The same WAV file with the mark, replacing one that is there. Raises BadInput when it is not a WAV."""
    kept = [(n, d) for n, d in chunks_of(file) if n != b"iXML" and not (n == b"LIST" and d[:4] == b"INFO")]
    at = next((i for i, (name, _) in enumerate(kept) if name == b"data"), len(kept))
    kept[at:at] = [(b"LIST", b"INFO" + _join(_info(mark))), (b"iXML", _ixml(mark))]
    return _riff(kept)


def read_mark(file: bytes) -> Mark | None:
    """The mark of a WAV file, or None when it bears none. Raises BadInput when it is not a WAV."""
    for name, data in chunks_of(file):
        if name == b"iXML":
            return _parse(data)
    return None


def chunks_of(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a WAV file, in order; a last chunk that is cut short is given as it is."""
    if len(file) < 12 or file[:4] != b"RIFF" or file[8:12] != b"WAVE":
        raise BadInput("not a WAV file", hint="give a RIFF/WAVE file of 16-bit PCM")
    at = 12
    while at + 8 <= len(file):
        size = int.from_bytes(file[at + 4 : at + 8], "little")
        yield file[at : at + 4], file[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _info(mark: Mark) -> list[tuple[bytes, bytes]]:
    where = f", channel {', '.join(map(str, mark.channels))}" if mark.channels else ""
    fields = {
        b"ICMT": DECLARATION + where,
        b"ISFT": f"{_SOFTWARE}; {mark.engine}",
        b"ISRC": f"{mark.engine} {mark.voice}",
    }
    return [(name, value.encode() + b"\0") for name, value in fields.items()]


def _ixml(mark: Mark) -> bytes:
    source = _DIGITAL_SOURCE_PART if mark.channels else _DIGITAL_SOURCE
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<BWFXML><IXML_VERSION>2.0</IXML_VERSION>",
        f"<NOTE>{escape(DECLARATION)}</NOTE>",
        "<USER><AI_GENERATED>true</AI_GENERATED>",
        f"<DIGITAL_SOURCE_TYPE>{source}</DIGITAL_SOURCE_TYPE>",
        f"<ENGINE>{escape(mark.engine)}</ENGINE><VOICE>{escape(mark.voice)}</VOICE>",
        f"<CHANNELS>{' '.join(map(str, mark.channels))}</CHANNELS></USER></BWFXML>",
    ]
    return "\n".join(lines).encode()


def _parse(data: bytes) -> Mark | None:
    """Our own tags only, by pattern: an XML parser fed by strangers' files is a door."""
    text = data.decode("utf-8", "replace")

    def tag(name: str) -> str:
        found = re.search(rf"<{name}>([^<]*)</{name}>", text)
        return unescape(found[1]) if found else ""

    if tag("AI_GENERATED") != "true":
        return None
    channels = tuple(int(part) for part in tag("CHANNELS").split() if part.isdecimal())
    return Mark(tag("ENGINE"), tag("VOICE"), channels)


def _join(chunks: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join(n + struct.pack("<I", len(d)) + d + b"\0" * (len(d) % 2) for n, d in chunks)


def _riff(chunks: list[tuple[bytes, bytes]]) -> bytes:
    body = b"WAVE" + _join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body
