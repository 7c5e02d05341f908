"""The inaudible mark in the sound of synthetic speech (AI Act, EU 2024/1689, art. 50(2)): put in and found. Pure.

Noise that a key gives is filtered by the speech's own spectrum, 20 ms at a time, and added well below it: it lies
under what hides it and is nothing in silence (additive spread spectrum with a perceptual filter: Cox et al., "Secure
spread spectrum watermarking for multimedia", 1997). Who knows the key takes the speech's spectrum away again (linear
prediction) and finds the noise by correlation: ten seconds hold eighty thousand chances to agree with it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tts.pcm import Pcm, from_bytes, resample, to_bytes

RATE = 16_000
"""Hz of the speech that is marked."""
DEPTH = 10 ** (-21 / 20)
"""The mark's share of the amplitude of what a linear predictor leaves of the speech."""
THRESHOLD = 6.5
"""The score from which speech counts as marked: standard deviations of what chance gives, at the best of 32,768 places
(chance alone gives 6.5 once in 400,000 stretches)."""

_Array = NDArray[np.float64]
_HEARD = 8_000
_PERIOD = 16_384
"""Samples at 8 kHz after which the noise comes again: 2.048 s."""
_LOW, _HIGH = 250.0, 3_500.0
"""Hz that a telephone carries."""
_BLOCK, _AHEAD, _FADE = 320, 480, 80
"""Samples at 16 kHz: shaped by one filter, seen before them to find it, faded in from the last one."""
_TAPS, _ORDER, _SIZE = 160, 18, 512
_WIDEN = 0.95
"""Bandwidth expansion of the filter: no formant rings on, so `_TAPS` hold it."""
_FAINT = 1e-4
"""Amplitude of a residual that nobody hears."""
_FRAME, _HOP, _HEARD_ORDER = 240, 160, 10
_QUIET = 10 ** (-45 / 20)
"""Frames so far below the loudest hold no speech."""
_LIMIT = 2.5
"""A glottal pulse counts no more than so many times the frame's level."""
_WINDOW, _STEP = 500, 125
"""Frames of 20 ms that are judged together (10 s), and from one window to the next."""


@cache
def _noise(key: str) -> _Array:
    """The key's noise at 8 kHz, one period, of unit level, between `_LOW` and `_HIGH`."""
    seed = hashlib.blake2b(key.encode(), digest_size=32, person=b"decroche-mark").digest()
    sign = np.random.Generator(np.random.Philox(int.from_bytes(seed[:16], "little"))).integers(0, 2, _PERIOD) * 2.0 - 1
    spectrum, at = np.fft.rfft(sign), np.fft.rfftfreq(_PERIOD, 1 / _HEARD)
    spectrum[(at < _LOW) | (at > _HIGH)] = 0
    noise = np.fft.irfft(spectrum, _PERIOD)
    return noise / np.sqrt(np.mean(noise**2))


@cache
def _wide(key: str) -> _Array:
    """The same at 16 kHz, with the last `_TAPS` samples before its beginning: it goes round."""
    spectrum = np.fft.rfft(_noise(key))
    doubled = np.concatenate([spectrum, np.zeros(_PERIOD - len(spectrum) + 1)])
    wide = np.fft.irfft(doubled, 2 * _PERIOD) * 2
    return np.concatenate([wide[-_TAPS:], wide, wide[:_BLOCK]])


class Marker:
    """Marks a stream of speech, piece by piece: nothing is delayed, kept back or made longer."""

    def __init__(self, key: str) -> None:
        self._wide = _wide(key)
        self._past = np.zeros(_AHEAD)
        self._filter = np.zeros(_TAPS)
        self._at = 0

    def push(self, pcm: bytes) -> bytes:
        """The same speech with the mark: whole samples of slin16, as many as were given."""
        speech = np.concatenate([self._past, from_bytes(pcm).astype(np.float64)])
        out, start = speech[_AHEAD:].copy(), 0
        while start < len(out):
            stop = min(len(out), start + _BLOCK - self._at % _BLOCK)
            out[start:stop] += self._mark(speech[start : stop + _AHEAD], stop - start)
            self._at = (self._at + stop - start) % (2 * _PERIOD)
            start = stop
        self._past = speech[-_AHEAD:]
        return to_bytes(out.astype(np.float32))

    def _mark(self, seen: _Array, count: int) -> _Array:
        """The mark of the last `count` samples seen."""
        before, self._filter = self._filter, _filter(seen)
        noise = self._wide[self._at + 1 : self._at + _TAPS + count]
        if not (self._filter.any() or before.any()):
            return np.zeros(count)
        mark = np.convolve(noise, self._filter, "valid")
        if self._at % _BLOCK == 0:
            fading = min(_FADE, count)
            old = np.convolve(noise[: fading + _TAPS - 1], before, "valid")
            mark[:fading] = old + np.arange(fading) / _FADE * (mark[:fading] - old)
        return mark


def _filter(seen: _Array) -> _Array:
    """The impulse response that gives unit noise the spectrum of what was seen, `DEPTH` below it; zeros in silence."""
    coefficients, error = _predictor(seen[None], _ORDER)
    level = float(np.sqrt(error[0]))
    if level < _FAINT:
        return np.zeros(_TAPS)
    widened = coefficients[0] * _WIDEN ** np.arange(_ORDER + 1)
    return DEPTH * level * np.fft.irfft(1 / np.fft.rfft(widened, _SIZE), _SIZE)[:_TAPS]


def _predictor(frames: _Array, order: int) -> tuple[_Array, _Array]:
    """Linear predictors of frames (n, samples): coefficients (n, order + 1), the first 1, and the mean square of what
    they leave (n,). Autocorrelation method, Levinson and Durbin's recursion, on all frames at once."""
    windowed = frames * np.hanning(frames.shape[1] + 2)[1:-1]
    size = 1 << (2 * frames.shape[1] - 1).bit_length()
    likeness = np.fft.irfft(np.abs(np.fft.rfft(windowed, size, axis=1)) ** 2, size, axis=1)[:, : order + 1]
    likeness[:, 0] = likeness[:, 0] * 1.0001 + 1e-12
    found, error = np.zeros((len(frames), order + 1)), likeness[:, 0].copy()
    found[:, 0] = 1
    for i in range(1, order + 1):
        reflected = -np.einsum("nk,nk->n", found[:, :i], likeness[:, i:0:-1]) / error
        found[:, 1 : i + 1] += reflected[:, None] * found[:, i - 1 :: -1][:, :i] if i > 1 else reflected[:, None]
        error *= 1 - reflected**2
    return found, error / (np.hanning(frames.shape[1] + 2) ** 2).sum()


def marked(pcm: bytes, key: str) -> bytes:
    """A whole text's speech (slin16) with the mark."""
    return Marker(key).push(pcm)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found. `score`: of the best 10 s; `seconds`: how much of the sound lies in windows that are marked."""

    marked: bool
    score: float
    at: float
    """Seconds from the beginning to the best window."""
    seconds: float


def detect(pcm: Pcm, rate: int, key: str) -> Found:
    """Whether `pcm` (mono, ±1, at `rate` Hz) bears the mark of `key`: windows of 10 s, each at its best position."""
    left = _residual(resample(pcm, rate, _HEARD).astype(np.float64))
    frames = len(left) // _HOP
    if frames < 1:
        return Found(False, 0.0, 0.0, 0.0)
    starts = list(range(0, max(1, frames - _WINDOW + _STEP), _STEP))
    scores = [_score(left[start * _HOP : (start + _WINDOW) * _HOP], key) for start in starts]
    hits = np.zeros(frames, np.bool_)
    for start, score in zip(starts, scores, strict=True):
        hits[start : start + _WINDOW] |= score >= THRESHOLD
    best, second = int(np.argmax(scores)), _HEARD / _HOP
    return Found(scores[best] >= THRESHOLD, round(scores[best], 2), starts[best] / second,
                 round(float(hits.sum()) / second, 1))  # fmt: skip


def _residual(heard: _Array) -> _Array:
    """What prediction leaves of each frame, brought to one level and limited; nothing of frames without speech."""
    count = (len(heard) - _FRAME) // _HOP + 1
    if count < 1:
        return np.zeros(0)
    frames = np.lib.stride_tricks.sliding_window_view(heard, _FRAME)[::_HOP][:count]
    coefficients, _ = _predictor(frames, _HEARD_ORDER)
    padded = np.concatenate([np.zeros(_HEARD_ORDER), heard])
    lags = np.lib.stride_tricks.sliding_window_view(padded, _HEARD_ORDER + 1)[:, ::-1]
    offset = (_FRAME - _HOP) // 2
    lags = lags[offset : offset + count * _HOP].reshape(count, _HOP, _HEARD_ORDER + 1)
    left = np.einsum("nsk,nk->ns", lags, coefficients)
    power = np.sqrt((frames**2).mean(axis=1))
    level = np.sqrt((left**2).mean(axis=1, keepdims=True))
    left = np.clip(left / np.maximum(level, 1e-9), -_LIMIT, _LIMIT)
    left[power < power.max() * _QUIET] = 0
    return left.reshape(-1)


def _score(left: _Array, key: str) -> float:
    """The correlation with the key's noise at its best place, in standard deviations of what chance gives."""
    total = np.concatenate([left, np.zeros(-len(left) % _PERIOD)]).reshape(-1, _PERIOD).sum(axis=0)
    spectrum, noise = np.fft.rfft(total), np.conj(np.fft.rfft(_noise(key)))
    half = np.exp(1j * np.pi * np.arange(len(noise)) / _PERIOD)  # between two samples
    found = np.stack([np.fft.irfft(spectrum * noise, _PERIOD), np.fft.irfft(spectrum * noise * half, _PERIOD)])
    spread = float(found.std())
    return float(np.abs(found).max()) / spread if spread > 1e-9 else 0.0
