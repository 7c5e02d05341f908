# pyright: basic
"""What a telephone does to speech (A-law, mobile codecs at 8 kHz), and people's speech that a machine has."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tts.pcm import Pcm, from_bytes, resample


def _coded(encoder: str, decoder: str, bit_rate: int | None = None) -> Callable[[Pcm], Pcm]:
    """16 kHz in, 8 kHz out, through a codec of the av library."""

    def through(pcm: Pcm) -> Pcm:
        import av

        narrow = np.round(np.clip(resample(pcm, 16_000, 8_000), -1, 1) * 32767).astype("<i2")
        narrow = np.concatenate([narrow, np.zeros(-len(narrow) % 160, "<i2")])
        coder, back = av.CodecContext.create(encoder, "w"), av.CodecContext.create(decoder, "r")
        coder.sample_rate, coder.layout, coder.format = 8000, "mono", "s16"
        back.sample_rate, back.layout = 8000, "mono"
        if bit_rate:
            coder.bit_rate = bit_rate
        out = []
        for at in range(0, len(narrow), 160):
            frame = av.AudioFrame.from_ndarray(narrow[None, at : at + 160], format="s16", layout="mono")
            frame.sample_rate, frame.pts = 8000, at
            for packet in coder.encode(frame):
                out += [_floats(each) for each in back.decode(packet)]
        return np.concatenate(out)

    return through


def _floats(frame) -> Pcm:
    data = frame.to_ndarray().reshape(-1)
    return data.astype(np.float32) / 32768 if data.dtype == np.int16 else data.astype(np.float32)


_ALAW = _coded("pcm_alaw", "pcm_alaw")
CHANNELS: dict[str, Callable[[Pcm], Pcm]] = {
    "a-law": _ALAW,
    "amr 12.2": _coded("libopencore_amrnb", "amrnb", 12_200),
    "amr 4.75": _coded("libopencore_amrnb", "amrnb", 4_750),
    "a-law, noise at 15 dB": lambda pcm: _ALAW(_noisy(pcm, 15.0)),
}


def _noisy(pcm: Pcm, snr: float) -> Pcm:
    power = float((pcm**2).mean()) * 10 ** (-snr / 10)
    return pcm + np.random.default_rng(1).normal(0, power**0.5, len(pcm)).astype(np.float32)


def human_speech(cache: Path, language: str, most: float) -> Pcm:
    """A person's prompts (Asterisk's own), one after the other at 16 kHz, at most `most` seconds; none here: empty."""
    found: list[Pcm] = []
    total = 0.0
    for root in (cache / "asterisk-root/usr/share/asterisk/sounds", Path("/usr/share/asterisk/sounds")):
        for path in sorted(root.glob(f"{language}*/**/*.wav")):
            if total >= most:
                break
            with wave.open(str(path)) as file:
                pcm = resample(from_bytes(file.readframes(file.getnframes())), file.getframerate(), 16_000)
            found.append(pcm)
            total += len(pcm) / 16_000
        if found:
            break
    return np.concatenate(found) if found else np.zeros(0, np.float32)
