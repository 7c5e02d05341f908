"""Long recordings cut where nobody speaks, into pieces that Whisper can take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from asr.base import SAMPLE_RATE, Pcm
from asr.vad import FRAME, SileroVad

SPEECH = 0.5
AROUND = 0.25
"""Seconds kept before and after speech: consonants are quiet."""
JOIN = 0.6
"""Seconds of silence that do not yet part two pieces, where there is room."""
LONGEST = 25.0
"""Seconds in a piece."""

Span = tuple[float, float]


def pieces(pcm: Pcm) -> Iterator[Pcm]:
    """The spoken parts of `pcm`, in order, none longer than 25.5 s; nothing is in two of them."""
    found = spans(_probabilities(pcm), FRAME / SAMPLE_RATE)
    seconds = pcm.size / SAMPLE_RATE
    ends = [0.0, *(end for _, end in found)]
    starts = [*(start for start, _ in found), seconds]
    for (start, end), before, after in zip(found, ends, starts[1:], strict=False):
        first = max(start - AROUND, (before + start) / 2)
        last = min(end + AROUND, (end + after) / 2)
        yield pcm[int(first * SAMPLE_RATE) : int(last * SAMPLE_RATE)]


def spans(probabilities: Sequence[float], frame: float) -> list[Span]:
    """Start and end (seconds) of the spoken parts, given the speech probability of each `frame` seconds."""
    out: list[Span] = []
    for start, end in _runs(probabilities, frame):
        if out and start - out[-1][1] < JOIN and end - out[-1][0] <= LONGEST:
            out[-1] = (out[-1][0], end)
        else:
            out.append((start, end))
    return [part for span in out for part in _halved(span, probabilities, frame)]


def _runs(probabilities: Sequence[float], frame: float) -> Iterator[Span]:
    """Unbroken stretches of frames with speech."""
    speech = np.concatenate([[False], np.asarray(probabilities) >= SPEECH, [False]]).astype(np.int8)
    edges = np.flatnonzero(np.diff(speech))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        yield float(start) * frame, float(end) * frame


def _halved(span: Span, probabilities: Sequence[float], frame: float) -> list[Span]:
    """A stretch with no pause in 25 s is cut where speech is least likely, away from its ends."""
    start, end = span
    if end - start <= LONGEST:
        return [span]
    first, last = int((start + LONGEST / 2) / frame), int((start + LONGEST) / frame)
    cut = (first + int(np.argmin(probabilities[first:last]))) * frame
    return [(start, cut), *_halved((cut, end), probabilities, frame)]


def _probabilities(pcm: Pcm) -> list[float]:
    vad = SileroVad()
    padded = np.pad(pcm, (0, -pcm.size % FRAME))
    return [vad.push(padded[i : i + FRAME]) for i in range(0, padded.size, FRAME)]
