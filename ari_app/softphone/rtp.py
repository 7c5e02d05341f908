"""RTP packets (RFC 3550) and keys pressed as telephone events (RFC 4733)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

ALAW = 8
FRAME = 160
"""Samples in a packet: 20 ms at 8 kHz."""
_KEYS = "0123456789*#ABCD"
_HEADER = struct.Struct("!BBHII")


@dataclass(frozen=True, slots=True)
class Packet:
    """A received packet."""

    payload_type: int
    sequence: int
    timestamp: int
    payload: bytes


def parse(data: bytes) -> Packet | None:
    """The packet, or None when these bytes are not RTP version 2."""
    if len(data) < _HEADER.size or data[0] >> 6 != 2:
        return None
    first, second, sequence, timestamp, _ = _HEADER.unpack_from(data)
    start = _HEADER.size + 4 * (first & 15)
    if first & 0x10:
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    end = len(data) - (data[-1] if first & 0x20 else 0)
    return Packet(second & 127, sequence, timestamp, data[start:end])


class Sender:
    """Numbers and stamps the packets of one stream."""

    def __init__(self, source: int, event_type: int = 101) -> None:
        self._source = source
        self._event_type = event_type
        self._sequence = 0
        self._timestamp = 0

    def audio(self, codes: bytes) -> bytes:
        """The next 20 ms of A-law."""
        packet = self._packet(ALAW, self._timestamp, marker=self._sequence == 0) + codes
        self._timestamp += len(codes)
        return packet

    def key(self, digit: str, *, packets: int = 5) -> list[list[bytes]]:
        """The packets of one key pressed, 20 ms apart; the last item is sent thrice, as the RFC wants."""
        event, start = _KEYS.index(digit.upper()), self._timestamp
        ticks: list[list[bytes]] = []
        for step in range(1, packets + 1):
            last = step == packets
            body = struct.pack("!BBH", event, 0x8A if last else 0x0A, step * FRAME)
            ticks.append(
                [self._packet(self._event_type, start, marker=step == 1) + body for _ in range(3 if last else 1)]
            )
        self._timestamp += packets * FRAME
        return ticks

    def _packet(self, payload_type: int, timestamp: int, *, marker: bool) -> bytes:
        header = _HEADER.pack(
            0x80, payload_type | (0x80 if marker else 0), self._sequence, timestamp & 0xFFFFFFFF, self._source
        )
        self._sequence = (self._sequence + 1) & 0xFFFF
        return header
