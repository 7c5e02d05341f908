"""The voice's interface. What comes out is mono signed 16-bit little-endian PCM at 16 kHz (slin16)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator

SAMPLE_RATE = 16_000
"""Hz, of everything a Voice yields, whatever its engine's own rate."""


class Voice(ABC):
    """Text to speech in one language. One instance serves every call; safe to await from many tasks."""

    engine: str
    name: str
    language: str

    @abstractmethod
    def stream(self, text: str) -> AsyncIterator[bytes]:
        """Speak `text` (already split in clauses, not yet normalised). Yields PCM as it is made.

        Raises TtsError. Closing the iterator stops the work.
        """

    async def say(self, text: str) -> bytes:
        """All of `stream` at once."""
        return b"".join([chunk async for chunk in self.stream(text)])

    async def close(self) -> None:
        """Free the model."""
        return
