"""Tones on a telephone line: a machine's beep, a fax, a busy line, an operator's three notes. Pure; no voice is one.

A tone is one frequency that holds nearly all of a window's power and does not move: what a voice never does for long.
What it means is told by its frequency, its length, what comes before and after it (ITU-T E.180, E.182; T.30 for faxes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np

from asr.base import SAMPLE_RATE, Pcm

Kind = Literal["beep", "fax", "busy", "sit"]

WINDOW_MS = 32
LEAST_LEVEL = 0.01
"""−40 dBFS: quieter is no tone that anybody is meant to hear."""
PURE = 0.85
"""The share of a window's power within 47 Hz of its peak."""
DRIFT_HZ = 15.0
"""A tone stays as near to where it began; a sung vowel does not."""
BEEP_HZ, BEEP_MS = (380.0, 2_500.0), (128, 1_600)
AFTER_MS = 256
"""A beep is followed by so much that is no tone: else it is the first of several notes."""
LINE_HZ = (400.0, 480.0)
"""France signals busy, congestion and ringing at 440 Hz, others at 425 to 480 (E.180)."""
AFTER_LINE_MS = 704
"""At those frequencies it may be a busy line's first note: 500 ms on, 500 ms off."""
BUSY_MS, BUSY_NOTES = (160, 640), 3
CED_HZ, CED_MS = 2_100.0, 1_500
"""A fax that is called answers with 2,100 Hz for 2.6 to 4 s (T.30)."""
CNG_HZ, CNG_MS, CNG_EVERY_MS = 1_100.0, (400, 640), (2_500, 4_200)
"""One that calls beeps every 3 s, half a second each (T.30)."""
SIT = ((900.0, 1_000.0), (1_350.0, 1_450.0), (1_700.0, 1_850.0))
"""Three rising notes before an operator's announcement (E.180)."""
SIT_MS = (160, 500)
REMEMBERED = 8

_WEIGHT = np.hanning(SAMPLE_RATE * WINDOW_MS // 1000)
_BIN_HZ = 1000 / WINDOW_MS
_BAND = slice(round(300 / _BIN_HZ), round(3_400 / _BIN_HZ))


@dataclass(frozen=True, slots=True)
class Tone:
    """What was heard, and when it was over (ms on the line's own clock)."""

    kind: Kind
    at_ms: int


@dataclass(slots=True)
class _Note:
    hz: float
    from_ms: int
    to_ms: int

    @property
    def ms(self) -> int:
        return self.to_ms - self.from_ms


@dataclass(slots=True)
class Tones:
    """One line's tones. Feed it every window (512 samples at 16 kHz), in order."""

    _note: _Note | None = None
    _past: list[_Note] = field(default_factory=list[_Note])
    _waits: _Note | None = None
    """A note that is a beep if nothing follows it."""
    _faxed: bool = False

    def push(self, at_ms: int, window: Pcm) -> list[Tone]:
        """The window that ends at `at_ms`; what is known by now and was not before."""
        hz = frequency(window)
        note = self._note
        if note is not None and hz is not None and abs(hz - note.hz) <= DRIFT_HZ:
            note.to_ms = at_ms
            if abs(note.hz - CED_HZ) <= 25 and note.ms >= CED_MS and not self._faxed:
                self._faxed = True
                return [Tone("fax", at_ms)]
            return []
        found = self._ended(note) if note is not None else []
        self._note = _Note(hz, at_ms - WINDOW_MS, at_ms) if hz is not None else None
        return [*found, *self._followed(at_ms)]

    def _ended(self, note: _Note) -> list[Tone]:
        """A note is over: alone, or the last of several."""
        if note.ms < BEEP_MS[0]:
            return []
        self._past = [*self._past[1 - REMEMBERED :], note]
        if _rising(self._past[-3:]):
            self._waits = None
            return [Tone("sit", note.to_ms)]
        if _regular(self._past[-BUSY_NOTES:]):
            self._waits = None
            return [Tone("busy", note.to_ms)]
        if _calling(self._past) and not self._faxed:
            self._faxed, self._waits = True, None
            return [Tone("fax", note.to_ms)]
        several = self._waits is not None
        self._waits = None if several or not _beep(note) else note
        return []

    def _followed(self, at_ms: int) -> list[Tone]:
        """Whether what waited is a beep: nothing came after it."""
        waits = self._waits
        if waits is None:
            return []
        if self._note is not None and self._note.ms >= BEEP_MS[0]:
            self._waits = None
            return []
        line = LINE_HZ[0] <= waits.hz <= LINE_HZ[1]
        if self._note is not None or at_ms - waits.to_ms < (AFTER_LINE_MS if line else AFTER_MS):
            return []
        self._waits = None
        return [Tone("beep", waits.to_ms)]


def frequency(window: Pcm) -> float | None:
    """Hz of the one tone that a window holds; None where it holds none, or more than one."""
    if float(np.sqrt(np.mean(np.square(window, dtype=np.float64)))) < LEAST_LEVEL:
        return None
    power = np.square(np.abs(np.fft.rfft(window * _WEIGHT)))
    band = power[_BAND]
    peak = int(np.argmax(band)) + _BAND.start
    near = power[peak - 1 : peak + 2]
    if float(near.sum()) < PURE * float(power[2:].sum()):
        return None
    left, middle, right = np.log(near + 1e-12)
    bend = left - 2 * middle + right
    return (peak + (0.5 * (left - right) / bend if bend else 0.0)) * _BIN_HZ


def _beep(note: _Note) -> bool:
    return BEEP_HZ[0] <= note.hz <= BEEP_HZ[1] and BEEP_MS[0] <= note.ms <= BEEP_MS[1]


def _rising(notes: Sequence[_Note]) -> bool:
    """The three notes before an announcement."""
    return len(notes) == len(SIT) and all(
        low <= note.hz <= high and SIT_MS[0] <= note.ms <= SIT_MS[1]
        for note, (low, high) in zip(notes, SIT, strict=True)
    )


def _regular(notes: Sequence[_Note]) -> bool:
    """Notes of one length at a line's frequency, parted by gaps about as long."""
    if len(notes) < BUSY_NOTES or not all(LINE_HZ[0] <= note.hz <= LINE_HZ[1] for note in notes):
        return False
    gaps = [later.from_ms - earlier.to_ms for earlier, later in pairwise(notes)]
    return all(BUSY_MS[0] <= note.ms <= BUSY_MS[1] for note in notes) and all(
        abs(gap - notes[0].ms) <= 160 for gap in gaps
    )


def _calling(notes: Sequence[_Note]) -> bool:
    """Two of a fax's calls, three seconds apart."""
    calls = [note for note in notes if abs(note.hz - CNG_HZ) <= 40 and CNG_MS[0] <= note.ms <= CNG_MS[1]]
    every = [later.from_ms - earlier.from_ms for earlier, later in pairwise(calls)]
    return any(CNG_EVERY_MS[0] <= gap <= CNG_EVERY_MS[1] for gap in every)
