# pyright: basic
"""Recordings as Ogg Opus (RFC 6716, 7845), a sixteenth of a WAV's size, and back. A fence: the av library is untyped.

What a WAV file says of itself beside its sound (the mark of synthetic speech) travels in a comment of the Ogg file,
byte by byte, and is put back when it becomes a WAV again; another comment says it in words.
"""

from __future__ import annotations

import base64
import binascii
import io
import struct
from collections.abc import Iterator

import numpy as np

from store.base.errors import DecrocheError, reason

BITS = 16_000
"""A second, for each channel."""
_CHUNKS = "wav_chunks"
_LAYOUTS = {1: "mono", 2: "stereo"}
_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)
_OURS = 16_000
"""Hz of a recording that becomes a WAV again; Opus itself knows only 48,000."""
_OPTIONS = {"application": "audio", "vbr": "on", "compression_level": "5", "frame_duration": "20"}


class SoundUnfit(DecrocheError):
    """A sound cannot be brought to another form."""

    code = "sound_unfit"


def encoded(wav: bytes, comment: str = "") -> bytes:
    """An Ogg Opus file of a WAV of 16 bits. `comment`: what people are told of it. Raises SoundUnfit."""
    import av  # slow to import
    from av.error import FFmpegError

    channels, rate, pcm, others = _taken_apart(wav)
    out = io.BytesIO()
    try:
        with av.open(out, "w", format="ogg") as file:
            file.metadata.update({"comment": comment, _CHUNKS: base64.b64encode(others).decode()})
            stream = file.add_stream("libopus", rate=rate, layout=_LAYOUTS[channels], options=_OPTIONS)
            stream.bit_rate = BITS * channels
            for at in range(0, len(pcm), rate):
                frame = av.AudioFrame.from_ndarray(
                    np.ascontiguousarray(pcm[at : at + rate].reshape(1, -1)), "s16", _LAYOUTS[channels]
                )
                frame.sample_rate, frame.pts = rate, at
                file.mux(stream.encode(frame))
            file.mux(stream.encode(None))
    except (FFmpegError, OSError, ValueError) as error:
        raise SoundUnfit(f"no Opus of this sound: {reason(error)}") from error
    return out.getvalue()


def decoded(opus: bytes) -> bytes:
    """The WAV file, 16 bits and 16 kHz, with all that the first one said of itself. Raises SoundUnfit."""
    import av
    from av.error import FFmpegError

    if opus[:4] != b"OggS":
        raise SoundUnfit("no Ogg file")
    try:
        with av.open(io.BytesIO(opus), "r") as file:
            stream = file.streams.audio[0]
            channels = stream.codec_context.channels
            to_ours = av.AudioResampler(format="s16", layout=_LAYOUTS[channels], rate=_OURS)
            pcm = b"".join(_bytes_of(to_ours, file.decode(stream)))
            others = file.metadata | stream.metadata
    except (FFmpegError, OSError, ValueError, IndexError, KeyError) as error:
        raise SoundUnfit(f"no Ogg Opus file: {reason(error)}") from error
    head = struct.pack("<HHIIHH", 1, channels, _OURS, _OURS * channels * 2, channels * 2, 16)
    kept = next((value for name, value in others.items() if name.lower() == _CHUNKS), "")
    try:
        more = base64.b64decode(kept, validate=True)
    except binascii.Error as error:
        raise SoundUnfit("no recording of ours: its comment is damaged") from error
    body = b"WAVE" + _chunk(b"fmt ", head) + more + _chunk(b"data", pcm)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _bytes_of(resampler, frames) -> Iterator[bytes]:
    for frame in frames:
        for each in resampler.resample(frame):
            yield each.to_ndarray().tobytes()
    for each in resampler.resample(None):
        yield each.to_ndarray().tobytes()


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _taken_apart(wav: bytes) -> tuple[int, int, np.ndarray, bytes]:
    """Channels, rate, samples (n, channels), and the chunks that are neither sound nor its form, as they lie.

    A file of no sound has one frame of silence: an Ogg file has one at least.
    """
    if wav[:4] != b"RIFF" or wav[8:12] != b"WAVE":
        raise SoundUnfit("no WAV file")
    at, form, sound, others = 12, b"", b"", b""
    while at + 8 <= len(wav):
        size = int.from_bytes(wav[at + 4 : at + 8], "little")
        name, data, whole = wav[at : at + 4], wav[at + 8 : at + 8 + size], wav[at : at + 8 + size + size % 2]
        at += 8 + size + size % 2
        if name == b"fmt ":
            form = data
        elif name == b"data":
            sound = data
        else:
            others += whole
    if len(form) < 16:
        raise SoundUnfit("a WAV file without its form")
    kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", form[:16])
    if kind != 1 or bits != 16 or channels not in _LAYOUTS or rate not in _RATES:
        raise SoundUnfit(f"a WAV file of {bits} bits, {channels} channels, {rate} Hz")
    whole_samples = len(sound) // (2 * channels) * 2 * channels
    pcm = np.frombuffer(sound[:whole_samples], "<i2").reshape(-1, channels)
    return channels, rate, pcm if len(pcm) else np.zeros((rate // 50, channels), "<i2"), others
