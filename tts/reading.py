"""Sound files of any kind, read to look for the mark. A fence: the av library is untyped and raises its own kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from store.base.errors import BadInput, reason
from tts.pcm import Pcm

LONGEST = 4 * 3600
"""Seconds of a file that are read: the longest call, and an end to a file that has none."""


def channels_of(path: Path) -> tuple[list[Pcm], int]:
    """The channels of a file (WAV, A-law, AMR, MP3, Ogg …), each mono and ±1, and their rate in Hz. Raises BadInput."""
    import av  # slow to import, and only files need it
    from av.error import FFmpegError

    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise BadInput(f"{path}: holds no sound", hint="give a sound file")
            frames, rate = _frames(container)
    except (FFmpegError, OSError) as error:
        raise BadInput(f"{path}: {reason(error)}", hint="give a readable sound file") from error
    if not frames:
        raise BadInput(f"{path}: holds no sound", hint="give a sound file with some speech")
    return list(np.concatenate(frames, axis=1).astype(np.float32)), rate


def _frames(container: Any) -> tuple[list[Any], int]:
    """Blocks of (channels, samples), and their rate."""
    import av

    stream = container.streams.audio[0]
    rate, to_float, count = int(stream.codec_context.sample_rate), av.AudioResampler(format="fltp"), 0
    frames: list[Any] = []
    for frame in container.decode(stream):
        frames += [each.to_ndarray() for each in to_float.resample(frame)]
        count += frame.samples
        if count > LONGEST * rate:
            break
    frames += [each.to_ndarray() for each in to_float.resample(None)]
    return frames, rate
