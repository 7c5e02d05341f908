"""When who spoke, to the sample, from the audio of RTP packets and their times. Pure.

A caller's sample was at the mouth before its packet left (a packet holds the 20 ms before it); an
agent's sample can be at the ear once its packet arrived. So a reply's delay is what a person with
a perfect telephone would feel, packets included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ari_app.softphone.g711 import Samples

RATE = 8000
"""Hz."""
THRESHOLD = 330
"""A sample this loud (of 32767; -40 dBFS) is voice, when its surroundings are."""
WINDOW = 80
"""Samples over which loudness is taken: 10 ms."""
LEAST_MS = 30
"""Shorter bursts are clicks."""
GAP_MS = 300
"""Voice that pauses for less goes on: stops between words and syllables."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A packet's audio; `at_ms`: when its first sample was at the mouth, or could be at the ear."""

    at_ms: float
    samples: Samples


@dataclass(frozen=True, slots=True)
class Span:
    """Voice without a pause: the times of its first and last voiced samples."""

    from_ms: float
    to_ms: float


def loud(samples: Samples) -> bool:
    """Whether a packet's audio is voice rather than line noise."""
    return bool(len(samples)) and float(np.sqrt(np.mean(samples.astype(np.float64) ** 2))) >= THRESHOLD


def spans(frames: Sequence[Frame], *, gap_ms: float = GAP_MS) -> list[Span]:
    """The stretches of voice, in order of time. Frames may be missing (silence) but not out of order."""
    if not frames:
        return []
    samples = np.concatenate([frame.samples for frame in frames])
    times: NDArray[np.float64] = np.concatenate([frame.at_ms + _RAMP[: len(frame.samples)] for frame in frames])
    found: list[Span] = []
    for first, last in _bursts(samples, times):
        span = Span(float(times[first]), float(times[last]))
        if found and span.from_ms - found[-1].to_ms < gap_ms:
            found[-1] = Span(found[-1].from_ms, span.to_ms)
        else:
            found.append(span)
    return [span for span in found if span.to_ms - span.from_ms >= LEAST_MS]


_RAMP: NDArray[np.float64] = np.arange(RATE, dtype=np.float64) * (1000 / RATE)


def _bursts(samples: Samples, times: NDArray[np.float64]) -> list[tuple[int, int]]:
    """First and last voiced sample of each run of loud windows that no silence between packets cuts."""
    whole = len(samples) // WINDOW * WINDOW
    if not whole:
        return []
    squares = samples[:whole].astype(np.float64).reshape(-1, WINDOW) ** 2
    voiced = np.sqrt(squares.mean(axis=1)) >= THRESHOLD
    begins = times[:whole:WINDOW]
    bursts: list[tuple[int, int]] = []
    start: int | None = None
    for index, is_voiced in enumerate(voiced):
        broken = index > 0 and begins[index] - begins[index - 1] > 1000 * WINDOW / RATE + GAP_MS
        if start is not None and (broken or not is_voiced):
            bursts.append(_trim(samples, start * WINDOW, index * WINDOW))
            start = None
        if is_voiced and start is None:
            start = index
    if start is not None:
        bursts.append(_trim(samples, start * WINDOW, whole))
    return bursts


def _trim(samples: Samples, first: int, past: int) -> tuple[int, int]:
    """To the first and last sample that is loud itself."""
    over = np.flatnonzero(np.abs(samples[first:past].astype(np.int32)) >= THRESHOLD)
    return first + int(over[0]), first + int(over[-1])


def reply_ms(spoke: Span, heard: Sequence[Span]) -> float | None:
    """From the caller's last voiced sample to the first voiced sample of the reply; None: no reply.

    Voice that was already going on when the caller ended (an agent interrupted) is no reply.
    """
    begun = next((span.from_ms for span in heard if span.from_ms > spoke.to_ms), None)
    return None if begun is None else begun - spoke.to_ms


def went_on_ms(spoke: Span, heard: Sequence[Span]) -> float | None:
    """From the caller's first voiced sample to the agent's last while the caller speaks; None: it was silent.

    An agent that was between two words when the caller began, and says the next one, went on.
    """
    over = [span.to_ms for span in heard if span.from_ms < spoke.to_ms and span.to_ms > spoke.from_ms]
    return max(over) - spoke.from_ms if over else None


def place(frames: Sequence[Frame], seconds: float) -> Samples:
    """The frames on one time line that begins at 0 ms: what was said when, silence elsewhere.

    Packets a little early or late (60 ms) join the one before without a gap, as a jitter buffer does.
    """
    line = np.zeros(int(seconds * RATE), np.int16)
    end = 0
    for frame in frames:
        start = round(frame.at_ms * RATE / 1000)
        if abs(start - end) < RATE * 60 // 1000 or start < end:
            start = end
        if start < 0 or start >= len(line):
            continue
        piece = frame.samples[: len(line) - start]
        line[start : start + len(piece)] = piece
        end = start + len(piece)
    return line
