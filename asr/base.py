"""The ear's interface. Audio is mono float32 in [-1, 1] at 16 kHz unless said otherwise."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from store.base.errors import BadInput, Unavailable

SAMPLE_RATE = 16_000
"""Hz. Telephone audio (8 kHz) is resampled to this before any model sees it."""

Pcm = NDArray[np.float32]


class AsrError(Unavailable):
    """The ear failed."""

    code = "asr_failed"


class BadAudio(BadInput):
    """The audio cannot be used."""

    code = "bad_audio"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine does of what the house may ask. What it cannot do makes it hear less well, never fail."""

    languages: tuple[str, ...] = ("fr", "en")
    """Those it hears. The house needs the agent's own."""
    hotwords: bool = False
    """Names worth expecting help it; else they are passed over."""
    tells_language: bool = False
    """It says which language an utterance is in (`Ear.sounds`)."""
    streaming: bool = False
    """Words come before the utterance ends. None here does, and the house does not count on it."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard. `confidence` is the mean token log-probability (≤ 0)."""

    text: str
    language: str
    audio_seconds: float
    took_seconds: float
    confidence: float
    no_speech: float = 0.0


class Ear(ABC):
    """Speech to text. One instance serves every call; it is safe to await from many tasks at once."""

    engine: str
    model: str
    capabilities: Capabilities = Capabilities()

    @abstractmethod
    async def transcribe(self, pcm: Pcm, *, language: str, hotwords: Sequence[str] = ()) -> Transcript:
        """The text of one utterance (at most 30 s). `hotwords`: names worth expecting. Raises AsrError."""

    async def sounds(self, pcm: Pcm) -> Mapping[str, float]:
        """How much each language it hears is in `pcm`: language → share of 1; {}: it cannot tell. Raises AsrError."""
        return {}

    async def warm(self) -> None:
        """Make the first utterance as quick as the others."""
        return

    async def close(self) -> None:
        """Free the model."""
        return


class Endpointer(ABC):
    """Is the speaker's turn over?"""

    @abstractmethod
    async def complete(self, pcm: Pcm) -> float:
        """Probability (0–1) that the turn which ends where `pcm` ends (its last 8 s are used) is complete."""

    async def close(self) -> None:
        """Free the model."""
        return


class VoiceActivity(Protocol):
    """One call's voice-activity detector."""

    def push(self, frame: Pcm) -> float:
        """Probability (0–1) that these 512 samples are speech."""
        ...

    def reset(self) -> None:
        """Forget the stream."""
        ...
