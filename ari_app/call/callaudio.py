"""The caller's audio as one gapless stream: the last seconds kept, cut by time, in windows for the VAD.

A phone that sends nothing (silence suppression, mute) is silence: `fill` lets the stream's time go on.
"""

from __future__ import annotations

import numpy as np

from asr.base import SAMPLE_RATE, Pcm

KEEP_MS = 40_000
WINDOW = 512
"""Samples of one voice-activity window (32 ms)."""
GAP_MS = 100
"""No audio for this long is silence on the line."""
_MS = SAMPLE_RATE // 1000


class CallerAudio:
    """A rolling buffer of slin16."""

    def __init__(self) -> None:
        self._pcm = bytearray()
        self._first = 0  # index of the first sample kept
        self._windowed = 0  # samples given out as windows

    @property
    def ms(self) -> int:
        """Stream time: milliseconds of audio since the beginning."""
        return self._end // _MS

    @property
    def _end(self) -> int:
        return self._first + len(self._pcm) // 2

    def add(self, pcm: bytes) -> None:
        """Append audio, and forget what is older than KEEP_MS."""
        self._pcm.extend(pcm)
        extra = len(self._pcm) // 2 - KEEP_MS * _MS
        if extra > SAMPLE_RATE:
            del self._pcm[: extra * 2]
            self._first += extra

    def fill(self, ms: int) -> None:
        """Nothing came for `ms`: that was silence."""
        self.add(bytes(max(0, ms) * _MS * 2))

    def windows(self) -> list[tuple[int, Pcm]]:
        """The whole windows not given out yet: (stream time at its end in ms, samples)."""
        out: list[tuple[int, Pcm]] = []
        while self._end - self._windowed >= WINDOW:
            start = self._windowed
            self._windowed += WINDOW
            out.append((self._windowed // _MS, self._samples(start, self._windowed)))
        return out

    def between(self, start_ms: int, end_ms: int) -> Pcm:
        """The audio between two stream times, float32 in [-1, 1]."""
        return self._samples(start_ms * _MS, end_ms * _MS)

    def _samples(self, start: int, end: int) -> Pcm:
        low, high = max(0, start - self._first), max(0, end - self._first)
        raw = np.frombuffer(bytes(self._pcm[low * 2 : high * 2]), "<i2")
        return raw.astype(np.float32) / 32768.0
