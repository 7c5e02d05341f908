"""Is the caller speaking in this window? The voice-activity model, helped by what a telephone line is like.

Two weaknesses of the model were measured on telephone speech: after seconds of digital silence it takes up to
a second to believe that somebody speaks, and it is unsure of some voices. So its memory is cleared in long
silences, and a window well above the line's own noise needs less of its belief. And it takes the agent's own voice,
back from a speakerphone, for somebody's: that is what `echo.py` tells.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np

from ari_app.call.echo import EchoJudge
from asr.base import Pcm, VoiceActivity

Spoken = Callable[[int], Pcm]
"""Time of a window's end on the caller's stream (ms) → what the agent had said by then (`EchoJudge.is_echo`)."""

FLOOR_WINDOWS = 100
"""The line's noise is the quietest window of the last 3.2 s."""
FORGET_WINDOWS = 64
"""After 2 s without voice the model starts afresh."""
LOUD = 10.0
"""Times the noise: 20 dB above it."""
AUDIBLE = 0.01
"""−40 dBFS: quieter is never somebody speaking into a telephone."""
HINT, BELIEVED = 0.2, 0.55
SILENT = 0.1
LOOK_BACK_MS = 2_000
GAP_WINDOWS = 14
"""Sound before the onset belongs to the utterance when less than 450 ms of silence divide them."""


class Voicing:
    """One call's judgement of voice, window by window (512 samples at 16 kHz)."""

    def __init__(self, activity: VoiceActivity, spoken: Spoken) -> None:
        self._activity, self._spoken = activity, spoken
        self._echo = EchoJudge()
        self._levels: deque[float] = deque(maxlen=FLOOR_WINDOWS)
        self._loud: deque[tuple[int, bool]] = deque(maxlen=1_000)
        self._quiet = 0

    def push(self, at_ms: int, window: Pcm) -> float:
        """Probability (0–1) that the caller's voice is in the window which ends at `at_ms`."""
        level = float(np.sqrt(np.mean(np.square(window, dtype=np.float64))))
        self._levels.append(level)
        loud = level >= AUDIBLE and level >= LOUD * min(self._levels)
        probability = self._activity.push(window)
        self._echo.hear(window)
        echo = (loud or probability >= SILENT) and self._echo.is_echo(self._spoken(at_ms))
        if echo:
            loud, probability = False, 0.0
        self._loud.append((at_ms, loud))
        self._quiet = 0 if probability >= SILENT or loud else self._quiet + 1
        if self._quiet and self._quiet % FORGET_WINDOWS == 0 and not echo:
            self._activity.reset()
        return max(probability, BELIEVED) if loud and probability >= HINT else probability

    def heard_from(self, start_ms: int) -> int:
        """Where the utterance that was noticed at `start_ms` became audible (at most LOOK_BACK_MS before)."""
        earliest, gap = start_ms, 0
        for at_ms, loud in reversed(self._loud):
            if at_ms > start_ms:
                continue
            if at_ms < start_ms - LOOK_BACK_MS or gap > GAP_WINDOWS:
                break
            if loud:
                earliest, gap = at_ms - 128, 0
            else:
                gap += 1
        return max(0, min(start_ms, earliest))
