"""Sound on its way to a model: files of any rate and channels in, mono float32 at 16 kHz out."""

from __future__ import annotations

from math import gcd
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from asr.base import SAMPLE_RATE, BadAudio, Pcm
from store.base.errors import reason

EDGE = 0.05
"""Seconds of silence put around a signal while it is resampled, so that its ends do not ring into each other."""


def read(path: Path) -> Pcm:
    """The sound of a file (WAV, also A-law and µ-law; MP3, Ogg …), channels mixed, at 16 kHz.

    Raises BadAudio naming the file.
    """
    import av  # slow to import, and only files need it
    from av.error import FFmpegError

    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise BadAudio(f"{path}: holds no sound", hint="give a WAV file")
            stream = container.streams.audio[0]
            rate = stream.codec_context.sample_rate
            to_float = av.AudioResampler(format="fltp")
            frames = [f.to_ndarray() for frame in container.decode(stream) for f in to_float.resample(frame)]
            frames += [f.to_ndarray() for f in to_float.resample(None)]
    except (FFmpegError, OSError) as error:
        raise BadAudio(f"{path}: {reason(error)}", hint="give a readable WAV file") from error
    if not frames:
        raise BadAudio(f"{path}: holds no sound", hint="give a WAV file with some speech")
    return resample(np.concatenate(frames, axis=1).mean(axis=0), rate)


def resample(pcm: NDArray[np.float32], rate: int) -> Pcm:
    """`pcm` at `rate` Hz brought to 16 kHz, band-limited (in the frequency domain), same loudness.

    Whole signals only, seconds to minutes: it is not a streaming filter.
    """
    if rate <= 0:
        raise BadAudio(f"a sample rate of {rate} Hz", hint="the file's header is damaged")
    if rate == SAMPLE_RATE or not pcm.size:
        return np.ascontiguousarray(pcm, dtype=np.float32)
    wanted = round(pcm.size * SAMPLE_RATE / rate)
    step = rate // gcd(rate, SAMPLE_RATE)
    edge = -(-int(EDGE * rate) // step) * step
    tail = edge + (-pcm.size) % step
    padded = np.pad(pcm.astype(np.float64), (edge, tail))
    size = padded.size * SAMPLE_RATE // rate
    spectrum = np.fft.rfft(padded)
    spectrum = spectrum[: size // 2 + 1] if size < padded.size else spectrum
    longer = np.fft.irfft(spectrum, n=size) * (size / padded.size)
    start = edge * SAMPLE_RATE // rate
    return longer[start : start + wanted].astype(np.float32)


def from_slin16(data: bytes) -> Pcm:
    """Signed 16-bit little-endian samples at 16 kHz, as Asterisk sends them."""
    return np.frombuffer(data, dtype="<i2").astype(np.float32) / 32768.0
