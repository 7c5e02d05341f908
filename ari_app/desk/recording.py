"""The recording of one call as two tracks on one clock: the caller left, the agent right.

Pure: it is told what was heard and what was queued, and when (milliseconds since the call was answered). The agent's
track is written from what was really played, so a flushed word is not in it.
"""

from __future__ import annotations

import io
import math
import wave
from dataclasses import dataclass, field

import numpy as np

from asr.base import Pcm

RATE = 16_000
JITTER_MS = 60
"""Frames that arrive within this of their place are joined without a gap."""


def _bytes(ms: float) -> int:
    return int(ms * RATE / 1000) * 2


@dataclass(slots=True)
class Track:
    """Audio laid on the call's clock."""

    pcm: bytearray = field(default_factory=bytearray)

    @property
    def ms(self) -> float:
        """Where the track ends."""
        return len(self.pcm) / 2 * 1000 / RATE

    def lay(self, at_ms: float, pcm: bytes) -> None:
        """Add `pcm` at `at_ms`: joined to what is there unless there is a real gap (then silence fills it)."""
        if at_ms - self.ms > JITTER_MS:
            self.pcm.extend(bytes(_bytes(at_ms) - len(self.pcm)))
        self.pcm.extend(pcm)

    def between(self, start_ms: float, end_ms: float, until_ms: float) -> Pcm:
        """The track from `start_ms` to `end_ms`, float32 in [-1, 1]; silence past `until_ms` and where it is empty."""
        out = np.zeros(_bytes(end_ms - start_ms) // 2, np.float32)
        first, last = max(0, _bytes(start_ms)), min(len(self.pcm), _bytes(end_ms), max(0, _bytes(until_ms)))
        if last > first:
            there = np.frombuffer(bytes(self.pcm[first:last]), "<i2").astype(np.float32) / 32768.0
            at = (first - _bytes(start_ms)) // 2
            out[at : at + len(there)] = there
        return out

    def cut(self, at_ms: float) -> None:
        """Nothing was heard after `at_ms`."""
        del self.pcm[max(0, _bytes(at_ms)) :]

    def silence(self, start_ms: float, end_ms: float) -> None:
        """Nothing is heard from `start_ms` to `end_ms` (infinity: to the end); what follows stays in its place."""
        first = max(0, _bytes(start_ms))
        last = len(self.pcm) if end_ms == math.inf else min(len(self.pcm), _bytes(end_ms))
        if last > first:
            self.pcm[first:last] = bytes(last - first)

    def hold(self, at_ms: float, gap_ms: float) -> None:
        """Playing paused at `at_ms` for `gap_ms`: what follows moves later."""
        place = min(len(self.pcm), _bytes(at_ms))
        self.pcm[place:place] = bytes(_bytes(gap_ms))


@dataclass(slots=True)
class Recording:
    """Both sides of a call."""

    caller: Track = field(default_factory=Track)
    agent: Track = field(default_factory=Track)

    def silence(self, start_ms: float, end_ms: float) -> None:
        """Neither side is heard from `start_ms` to `end_ms`."""
        for track in (self.caller, self.agent):
            track.silence(start_ms, end_ms)

    def wav(self) -> bytes:
        """A stereo WAV file, 16 kHz, 16 bits: caller left, agent right."""
        left, right = (np.frombuffer(bytes(t.pcm), "<i2") for t in (self.caller, self.agent))
        stereo = np.zeros((max(len(left), len(right)), 2), "<i2")
        stereo[: len(left), 0] = left
        stereo[: len(right), 1] = right
        out = io.BytesIO()
        with wave.open(out, "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(stereo.tobytes())
        return out.getvalue()
