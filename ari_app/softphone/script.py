"""What a softphone says and when: utterances, and the director who gives each its cue. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ari_app.softphone.g711 import Samples

PAUSE_MS = 300
"""Voice that pauses for less is one stretch of voice."""
CLICK_MS = 30
"""Voice must last this long to count as begun."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something to say (8 kHz samples) or keys to press, and its cue.

    `after_silence`: once the far end has spoken and then been quiet. `barge_in`: `delay_ms` after
    the far end's voice began, over it. `after_answer`: `delay_ms` after the answer.
    """

    pcm: Samples = field(default_factory=lambda: np.zeros(0, np.int16))
    when: Literal["after_silence", "barge_in", "after_answer"] = "after_silence"
    delay_ms: float = 0
    digits: str = ""
    note: str = ""
    then: Utterance | None = None
    """What to say next whatever a script that decides would say: an interruption follows its question."""


Decide = Callable[["Situation"], Utterance | None]
"""Asked, in a thread of its own, each time the far end has fallen silent; None: nothing more to say."""

Script = Sequence[Utterance] | Decide


@dataclass(slots=True)
class Situation:
    """What the caller knows. Times in ms since the answer.

    `voice_began` and `voice_last`: of the far end's present or latest stretch of voice.
    `spoke_until`: when our last utterance ended. `heard`: all the far end's audio so far (8 kHz).
    """

    now: float = 0.0
    voice_began: float | None = None
    voice_last: float | None = None
    spoke_until: float = 0.0
    said: int = 0
    heard: Callable[[], Samples] = lambda: np.zeros(0, np.int16)

    def hear(self, now: float, length_ms: float, *, voiced: bool) -> bool:
        """Take in one packet; True when a stretch of voice has just begun."""
        if not voiced:
            return False
        fresh = self.voice_last is None or now - self.voice_last > PAUSE_MS
        if fresh:
            self.voice_began = now
        self.voice_last = now + length_ms
        return fresh

    @property
    def speaking(self) -> bool:
        """The far end's voice is going on."""
        return (
            self.voice_began is not None
            and self.voice_last is not None
            and self.now - self.voice_last <= PAUSE_MS
            and self.voice_last - self.voice_began >= CLICK_MS
        )

    @property
    def replied(self) -> bool:
        """The far end has spoken since our last utterance (or at all, before the first)."""
        return self.voice_last is not None and self.voice_last > self.spoke_until

    def quiet_ms(self) -> float:
        """How long both have been silent."""
        return self.now - max(self.voice_last or 0.0, self.spoke_until)


@dataclass(frozen=True, slots=True)
class Manners:
    """How patient the caller is, in ms. `quiet`: a pause this long ends the far end's turn.

    `patience`: without a reply for this long, go on. `farewell`: quiet before hanging up at the end.
    `echo_db`: what is heard goes back so much quieter (a speakerphone's −20 dB is -20.0), `echo_ms` later; None: not.
    """

    quiet: float = 700
    patience: float = 15_000
    farewell: float = 4_000
    echo_db: float | None = None
    echo_ms: float = 250


def cue(utterance: Utterance, at: Situation, manners: Manners) -> bool:
    """Whether to begin `utterance` now."""
    if utterance.when == "after_answer":
        return at.now >= utterance.delay_ms
    if at.quiet_ms() >= manners.patience:
        return True
    if not at.replied or at.voice_began is None:
        return False
    if utterance.when == "barge_in":
        return at.speaking and at.now - max(at.voice_began, at.spoke_until) >= utterance.delay_ms
    return at.quiet_ms() >= manners.quiet + utterance.delay_ms


def over(at: Situation, manners: Manners) -> bool:
    """Whether to hang up, all being said."""
    return at.quiet_ms() >= (manners.farewell if at.replied or not at.said else manners.patience)
