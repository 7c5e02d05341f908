"""Sound as numbers: resampling, level, and the silence at the edges of a clause. Pure; no engine, no clock."""

from __future__ import annotations

from functools import cache
from math import gcd

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.float32]
"""Mono samples in [-1, 1]."""

_ZERO_CROSSINGS = 24
_KAISER_BETA = 9.0
_PASSBAND = 0.93
_KNEE = 0.8


@cache
def _bank(source: int, target: int) -> tuple[NDArray[np.float32], int, int, int]:
    """A matrix that turns a frame of input into `up` outputs, its hop `down`, and its half width in samples.

    A windowed-sinc low-pass (Kaiser) sampled at each output's phase; the phases of one frame side by
    side make a matrix, so that resampling is one matrix product.
    """
    common = gcd(source, target)
    up, down = target // common, source // common
    grouped = max(1, 160 // up)
    up, down = up * grouped, down * grouped
    cutoff = _PASSBAND * min(1.0, up / down)
    half = int(np.ceil(_ZERO_CROSSINGS / cutoff))
    positions = np.arange(up) * (down / up) + half
    offset = np.arange(down + 2 * half)[:, None] - positions[None, :]
    window = np.where(
        np.abs(offset) <= half,
        np.i0(_KAISER_BETA * np.sqrt(np.clip(1 - (offset / half) ** 2, 0, 1))) / np.i0(_KAISER_BETA),
        0.0,
    )
    taps = cutoff * np.sinc(cutoff * offset) * window
    return (taps / taps.sum(axis=0, keepdims=True)).astype(np.float32), up, down, half


class Resampler:
    """Changes the sampling rate of a stream, piece by piece: the pieces join without a seam."""

    def __init__(self, source: int, target: int) -> None:
        """`source`, `target`: rates in Hz."""
        self._same = source == target
        self._matrix, self._up, self._down, self._half = _bank(source, target)
        self._rest = np.zeros(self._half, np.float32)
        self._taken = 0
        self._given = 0

    def push(self, pcm: Pcm) -> Pcm:
        """The outputs that `pcm` completes; the last half-window is kept back."""
        if self._same:
            return pcm
        self._taken += len(pcm)
        self._rest = np.concatenate([self._rest, pcm])
        width = self._down + 2 * self._half
        frames = (len(self._rest) - width) // self._down + 1
        if frames <= 0:
            return np.zeros(0, np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(self._rest, width)[:: self._down][:frames]
        out = (windows @ self._matrix).reshape(-1)
        self._rest = self._rest[frames * self._down :]
        self._given += len(out)
        return out

    def flush(self) -> Pcm:
        """What is left, so that the whole has the length of the input times the ratio."""
        if self._same:
            return np.zeros(0, np.float32)
        due = -(-self._taken * self._up // self._down) - self._given
        out = self.push(np.zeros(self._down + 2 * self._half, np.float32))
        return out[:due]


def resample(pcm: Pcm, source: int, target: int) -> Pcm:
    """`pcm` at `source` Hz as samples at `target` Hz."""
    resampler = Resampler(source, target)
    return np.concatenate([resampler.push(pcm), resampler.flush()])


def amplify(pcm: Pcm, gain: float) -> Pcm:
    """`pcm` times `gain`, bent smoothly above 0.8 of full scale so that it never clips."""
    loud = np.asarray(pcm * np.float32(gain), np.float32)
    over = np.abs(loud) > _KNEE
    if over.any():
        room = 1 - _KNEE
        loud[over] = np.sign(loud[over]) * (_KNEE + room * np.tanh((np.abs(loud[over]) - _KNEE) / room))
    return loud


def to_bytes(pcm: Pcm) -> bytes:
    """Signed 16-bit little-endian, as `Voice` yields."""
    return np.round(np.clip(pcm, -1, 1) * 32767).astype("<i2").tobytes()


def from_bytes(data: bytes) -> Pcm:
    """The samples of signed 16-bit little-endian bytes."""
    return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768)


def active_level(pcm: Pcm, rate: int) -> float:
    """dBFS of the speech itself: the mean power of the 20 ms frames within 25 dB of the loudest one."""
    size = rate // 50
    frames = pcm[: len(pcm) // size * size].reshape(-1, size)
    if not len(frames):
        return -120.0
    power = (frames.astype(np.float64) ** 2).mean(axis=1)
    if power.max() < 1e-12:
        return -120.0
    return float(10 * np.log10(power[power > power.max() * 10**-2.5].mean()))


class Edges:
    """Trims a clause's leading and trailing silence as it streams, leaving `lead` and `tail` seconds.

    Silence inside the clause is kept back until speech resumes, and so is never lost.
    """

    def __init__(self, rate: int, *, lead: float = 0.02, tail: float = 0.2, threshold: float = 0.004) -> None:
        """`threshold`: linear amplitude under which a sample is silence."""
        self._lead, self._tail = int(lead * rate), int(tail * rate)
        self._threshold = threshold
        self._held = np.zeros(0, np.float32)
        self._begun = False

    def push(self, pcm: Pcm) -> Pcm:
        """What may be played now."""
        whole = np.concatenate([self._held, pcm])
        voiced = np.flatnonzero(np.abs(whole) > self._threshold)
        if not len(voiced):
            self._held = whole if self._begun else whole[max(0, len(whole) - self._lead) :]
            return np.zeros(0, np.float32)
        start = 0 if self._begun else max(0, int(voiced[0]) - self._lead)
        end = int(voiced[-1]) + 1
        self._begun, self._held = True, whole[end:]
        return whole[start:end]

    def flush(self) -> Pcm:
        """The tail: what is left of the silence that follows, padded to `tail` seconds; nothing if mute."""
        if not self._begun:
            return np.zeros(0, np.float32)
        kept = self._held[: self._tail]
        return np.concatenate([kept, np.zeros(self._tail - len(kept), np.float32)])


def pause_after(text: str) -> float:
    """Seconds of silence that belong after a clause, from the mark it ends with."""
    end = text.rstrip(" \"'»)”’")[-1:]
    if end in set(".!?…"):
        return 0.28
    if end in set(",;:—–"):
        return 0.14
    return 0.05
