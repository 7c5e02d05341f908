"""Is what comes from the caller's side the agent's own voice, back from a speakerphone? Pure.

A line echoes when its last moments hold, again and again, the waveform that the agent said the same time before. That
is found by generalised cross-correlation with phase transform (GCC-PHAT, Knapp and Carter, IEEE TASSP 24(4), 1976),
which sees a copy at any loudness and through a telephone's codec, added up over moments: two voices are alike by chance
at one delay, and then at another. The level tells whether somebody speaks over the echo: how much quieter it comes
back is learnt, and what is louder is a person.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from ari_app.call.callaudio import WINDOW
from asr.base import SAMPLE_RATE, Pcm

EARLY_MS = 96
"""The agent's track says when its words should be played, which may be as much too late as this."""
LONGEST_MS = 900
"""The longest way back: network, loudspeaker, microphone."""
FAR_MS = EARLY_MS + LONGEST_MS + 256
"""How much of what the agent said is looked through; it ends EARLY_MS after the window."""

_RATE = SAMPLE_RATE // 2
"""A telephone brings nothing above 4 kHz."""
_STEP = WINDOW // 2
_NEAR = 8 * _STEP
_FAR = FAR_MS * _RATE // 1000
_SIZE = 1 << (_FAR + _NEAR - 1).bit_length()
_BAND = slice(round(300 * _SIZE / _RATE), round(3400 * _SIZE / _RATE))

_EVERY = 4
"""Windows between two looks: 128 ms."""
_LEAST, _MOST = 2.5, 8.0
"""A delay counts at a look by how far it stands out of the correlation, in times its spread, between these two."""
_ALIKE = _RATE // 1000
"""Delays within a millisecond are one."""
_FADES = 0.93
"""What a look before counts beside the next: about fourteen are remembered."""
_SURE = 2.4
"""A look's mean count from which the line echoes. Measured (A-law, AMR 12.2): voices without echo 1.0 to 2.1, echoes at
−12 to −26 dB 3.2 and more."""
_HASTE = 2.0
"""Divided by the looks, what is asked beyond that: few looks are alike by chance."""
_LOOKS, _PRESUMING = 3, 6
"""No fewer looks say anything; till so many were taken in the call, what is much quieter than the agent is presumed to
be its echo, which else cuts its first words: a person so quiet is heard three quarters of a second later, once."""
_SILENT = 0.003
"""−50 dBFS: of what is said more quietly nothing comes back."""
_FAINT = 0.006
"""−44 dBFS: while the agent is heard, what is quieter is nobody speaking into a telephone."""
_NOW = slice(_FAR - (EARLY_MS + 300) * _RATE // 1000, _FAR - EARLY_MS * _RATE // 1000)
"""Where the agent's last 300 ms lie: an answer begins when it has fallen silent, and nothing is presumed of that."""
_OVER = 1.8
"""Times the loudest that the echo usually is (5 dB): louder is somebody who speaks over it."""
_PRESUMED = 0.25
"""Before the way back is learnt, what is louder than this share of the agent's voice (−12 dB) is taken for a person."""
_LEARNT, _USUAL = 4, 32
"""Windows of echo from which its loudness is known, and how many are remembered."""
_MOVED = 10 * _ALIKE
"""A delay that has changed by so much is another way back."""


class EchoJudge:
    """One call's judgement, window by window (512 samples at 16 kHz)."""

    def __init__(self) -> None:
        self._near = np.zeros(_NEAR, np.float32)
        self._tail = np.zeros(4, np.float32)
        self._level = 0.0
        self._until_look = 0
        self._counts = np.zeros(_FAR - _NEAR + 1)
        self._looks, self._taken = 0.0, 0
        self._delay: int | None = None
        self._ways: deque[float] = deque(maxlen=_USUAL)

    def hear(self, window: Pcm) -> None:
        """A window of the caller's side, in order."""
        self._until_look -= 1
        self._level = _level(window)
        narrow = _narrowed(np.concatenate([self._tail, window]))
        self._tail = window[-4:]
        self._near = np.concatenate([self._near[len(narrow) :], narrow])

    def is_echo(self, said: Pcm) -> bool:
        """Whether the latest window holds only the agent's voice come back.

        `said`: what the agent has said in `FAR_MS`, up to EARLY_MS after the window's end (float32 in [-1, 1]).
        """
        far = _narrowed(said)[-_FAR:]
        if _level(far) < _SILENT / 3:
            return False
        far = np.pad(far, (_FAR - len(far), 0))
        talking = _level(far[_NOW]) >= _SILENT
        if talking and self._level < _FAINT:
            return True
        if self._until_look <= 0:
            self._until_look = _EVERY
            self._look(far)
        if self._delay is None:
            return talking and self._taken < _PRESUMING and self._level <= _PRESUMED * _peak(far)
        source = _loudest(far, _FAR - self._delay)
        if source < _SILENT:
            return False
        way = self._level / source
        known = len(self._ways) >= _LEARNT
        if way > (_OVER * float(np.quantile(self._ways, 0.8)) if known else _PRESUMED):
            return False
        self._ways.append(way)
        return True

    def _look(self, far: Pcm) -> None:
        """Count the delays at which the latest moments hold what was said; the one that leads is the echo's, if any."""
        self._counts = _FADES * self._counts + _counted(self._correlated(far))
        self._looks = _FADES * self._looks + 1
        self._taken += 1
        at = int(np.argmax(self._counts))
        delay = _FAR - _NEAR - at
        if self._looks < _LOOKS * _FADES or self._counts[at] < _SURE * self._looks + _HASTE:
            self._delay = None
            return
        if self._delay is None or abs(delay - self._delay) > _MOVED:
            self._ways.clear()
        self._delay = delay

    def _correlated(self, far: Pcm) -> NDArray[np.float64]:
        """How far each place in `far` stands out as that of a copy, in times the spread of all."""
        cross = np.fft.rfft(self._near, _SIZE) * np.conj(np.fft.rfft(far, _SIZE))
        flat = np.zeros_like(cross)
        flat[_BAND] = cross[_BAND] / (np.abs(cross[_BAND]) + 1e-12)
        lags: NDArray[np.float64] = np.abs(np.fft.irfft(flat, _SIZE))
        # at lag −k the caller's side fits what stands k samples into the agent's
        back = lags[-np.arange(_FAR - _NEAR + 1)]
        return back / (np.sqrt(np.mean(back * back)) + 1e-12)


def _counted(heights: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a look adds to each delay: the best height within a millisecond of it, bounded."""
    counts = np.clip(heights, 0, _MOST) - _LEAST
    counts = np.maximum(counts, 0)
    padded = np.pad(counts, _ALIKE)
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * _ALIKE + 1).max(axis=1)


def _narrowed(pcm: Pcm) -> Pcm:
    """Every second sample, after a low-pass of five taps; four samples shorter before that."""
    if len(pcm) < 5:
        return np.zeros(0, np.float32)
    low = (pcm[:-4] + pcm[4:] + 4 * (pcm[1:-3] + pcm[3:-1]) + 6 * pcm[2:-2]) / 16
    return low[::2].astype(np.float32)


def _loudest(far: Pcm, end: int) -> float:
    """How loud the agent was in the windows about the one that ends at `end`: a room spreads sound."""
    spans = ((end + shift - _STEP, end + shift) for shift in (-_STEP, -_STEP // 2, 0, _STEP // 2))
    return max(_level(far[max(0, a) : max(0, b)]) for a, b in spans)


def _peak(far: Pcm) -> float:
    """How loud the agent was in its loudest window."""
    whole = far[: len(far) // _STEP * _STEP].reshape(-1, _STEP)
    return float(np.sqrt(np.mean(np.square(whole, dtype=np.float64), axis=1)).max())


def _level(pcm: Pcm) -> float:
    return float(np.sqrt(np.mean(np.square(pcm, dtype=np.float64)))) if len(pcm) else 0.0
