"""How loud speech sounds, in LUFS (ITU-R BS.1770-4): what every voice here is brought to. Pure."""

from __future__ import annotations

from math import pi, tan

import numpy as np
from numpy.typing import NDArray

from tts.pcm import Pcm

TARGET = -19.0
"""LUFS of every voice: 12 dB above a quiet line's noise, and well under what A-law clips."""
_BLOCK, _STEP = 0.4, 0.1
"""Seconds of a block and between blocks (BS.1770-4, annex 1)."""
_ABSOLUTE, _RELATIVE = -70.0, -10.0
_Biquad = tuple[NDArray[np.float64], NDArray[np.float64]]


def lufs(pcm: Pcm, rate: int) -> float:
    """Integrated loudness of mono `pcm` (±1), gated; -inf where all of it is silence or it is shorter than a block."""
    weighted = _filtered(_filtered(pcm.astype(np.float64), _shelf(rate)), _high_pass(rate))
    size, step = round(_BLOCK * rate), round(_STEP * rate)
    starts = range(0, len(weighted) - size + 1, step)
    power = np.array([float(np.mean(weighted[at : at + size] ** 2)) for at in starts])
    kept = power[_level(power) > _ABSOLUTE] if len(power) else power
    if not len(kept):
        return float("-inf")
    kept = kept[_level(kept) > _level(np.array([kept.mean()]))[0] + _RELATIVE]
    return float(_level(np.array([kept.mean()]))[0])


def _level(power: NDArray[np.float64]) -> NDArray[np.float64]:
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-12))


def _shelf(rate: int) -> _Biquad:
    """The head's effect: the standard's first stage, for any rate (its poles are those it gives at 48 kHz)."""
    gain, frequency, quality = 3.99984385397, 1681.9744509555319, 0.7071752369554193
    k, high = tan(pi * frequency / rate), 10 ** (gain / 20)
    middle, base = high**0.499666774155, 1 + k / quality + k * k
    b = [high + middle * k / quality + k * k, 2 * (k * k - high), high - middle * k / quality + k * k]
    return np.array(b) / base, np.array([base, 2 * (k * k - 1), 1 - k / quality + k * k]) / base


def _high_pass(rate: int) -> _Biquad:
    """The standard's second stage (RLB weighting)."""
    frequency, quality = 38.13547087613982, 0.5003270373253953
    k = tan(pi * frequency / rate)
    base = 1 + k / quality + k * k
    return np.array([1.0, -2.0, 1.0]), np.array([base, 2 * (k * k - 1), 1 - k / quality + k * k]) / base


def _filtered(samples: NDArray[np.float64], biquad: _Biquad) -> NDArray[np.float64]:
    """By the filter's impulse response, cut where it has died away: the same as running it, and no loop."""
    (b, a), length = biquad, 4096
    response, past = np.zeros(length), np.zeros(2)
    for at in range(length):
        value = (b[at] if at < 3 else 0.0) - a[1] * past[0] - a[2] * past[1]
        response[at], past = value, np.array([value, past[0]])
    size = 1 << (len(samples) + length - 1).bit_length()
    whole = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)
    return whole[: len(samples)].astype(np.float64)
