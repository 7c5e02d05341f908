"""Whisper's log-mel spectrogram (Radford et al. 2022, §2.2), in numpy: what Whisper and Smart Turn see.

25 ms Hann windows every 10 ms, Slaney's mel scale, base-10 logarithm over 8 decades.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from asr.base import SAMPLE_RATE, Pcm

FFT = 400
HOP = 160
FRAMES_PER_SECOND = SAMPLE_RATE // HOP
FLOOR = 1e-10
RANGE = 8.0
"""Decades below the loudest point that are kept."""

LINEAR_HZ = 200.0 / 3
KNEE_HZ = 1000.0
KNEE_MEL = KNEE_HZ / LINEAR_HZ
LOG_STEP = np.log(6.4) / 27.0
"""Slaney's scale: linear to 1 kHz, then 27 mels for each factor of 6.4."""


def log_mel(pcm: Pcm, *, mels: int) -> NDArray[np.float32]:
    """`mels` × (samples / 160) features of mono audio at 16 kHz, at least 201 samples."""
    padded = np.pad(pcm.astype(np.float32, copy=False), FFT // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP]
    spectrum = np.fft.rfft(windows[: pcm.size // HOP] * _hann(), axis=-1)
    power = spectrum.real**2 + spectrum.imag**2
    mel = filters(mels) @ power.T.astype(np.float32)
    logs = np.log10(np.maximum(mel, FLOOR))
    kept = np.maximum(logs, logs.max() - RANGE)
    return np.ascontiguousarray((kept + 4.0) / 4.0, dtype=np.float32)


@cache
def _hann() -> NDArray[np.float32]:
    return np.hanning(FFT + 1)[:-1].astype(np.float32)


@cache
def filters(mels: int) -> NDArray[np.float32]:
    """Triangular filters of equal area, `mels` × 201 FFT bins, from 0 Hz to 8 kHz."""
    top = KNEE_MEL + np.log(SAMPLE_RATE / 2 / KNEE_HZ) / LOG_STEP
    scale: NDArray[np.float64] = np.linspace(0.0, float(top), mels + 2, dtype=np.float64)
    edges = _hertz(scale)
    bins = np.fft.rfftfreq(FFT, d=1.0 / SAMPLE_RATE)
    widths = np.diff(edges)
    slopes = edges[:, None] - bins[None, :]
    rising = -slopes[:-2] / widths[:-1, None]
    falling = slopes[2:] / widths[1:, None]
    area = 2.0 / (edges[2:] - edges[:-2])
    return (np.maximum(0.0, np.minimum(rising, falling)) * area[:, None]).astype(np.float32)


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    above = KNEE_HZ * np.exp(LOG_STEP * (mel - KNEE_MEL))
    return np.where(mel < KNEE_MEL, mel * LINEAR_HZ, above)
