"""The ear's interface. Audio is mono float32 in [-1, 1] at 16 kHz unless said otherwise."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
"""Hz. Telephone audio (8 kHz) is resampled to this before any model sees it."""

Pcm = NDArray[np.float32]


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

    @abstractmethod
    async def transcribe(self, pcm: Pcm, *, language: str, hotwords: Sequence[str] = ()) -> Transcript:
        """The text of one utterance (at most 30 s). `hotwords`: names worth expecting. Raises AsrError."""

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
