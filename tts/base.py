"""The voice's interface. What comes out is mono signed 16-bit little-endian PCM at 16 kHz (slin16)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from store.base.errors import NotFound, Unavailable

SAMPLE_RATE = 16_000
"""Hz, of everything a Voice yields, whatever its engine's own rate."""


class TtsError(Unavailable):
    """The voice could not speak."""

    code = "tts"


class UnknownVoice(NotFound):
    """No voice is called that."""

    code = "unknown_voice"


class VoiceMissing(TtsError):
    """No voice can speak this language on this machine."""

    code = "tts.voice_missing"
    retryable = False


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine does of what the house may ask. What it cannot do costs time, never a word."""

    streaming: bool = False
    """The first sound of a clause comes before its last is made; else the clause comes whole."""


@dataclass(frozen=True, slots=True)
class VoiceInfo:
    """A voice that is known here. `name` is what the settings and `--voice` take."""

    name: str
    engine: str
    language: str
    present: bool
    used: bool
    note: str


@dataclass(frozen=True, slots=True)
class Engine:
    """What an engine offers: the voices it knows of a language, best first, and a voice opened by its name."""

    voices: Callable[[str], list[VoiceInfo]]
    open: Callable[[str], Voice]
    hint: str
    """What to type to have one of its voices; {name} is the voice's."""
    limit: float = 0.0
    """Chosen by itself only where a measurement finds it quicker than so many times real time; 0: always is."""
    far: bool = False
    """It is on other machines: a voice of this one stands in while they are away."""


class Voice(ABC):
    """Text to speech in one language. One instance serves every call; safe to await from many tasks."""

    engine: str
    name: str
    language: str
    capabilities: Capabilities = Capabilities()
    version: str = ""
    """Changes whenever the same text would sound otherwise (engine or model file): part of cache keys."""

    @abstractmethod
    def stream(self, text: str) -> AsyncIterator[bytes]:
        """Speak `text` (already split in clauses, not yet normalised). Yields PCM as it is made.

        Raises TtsError. Closing the iterator stops the work.
        """

    async def say(self, text: str) -> bytes:
        """All of `stream` at once."""
        return b"".join([chunk async for chunk in self.stream(text)])

    def speak(self, text: str, *, ready: bool = False) -> AsyncIterator[bytes]:
        """As `stream`; `ready`: fixed wording, worth keeping where there is a cache."""
        return self.stream(text)

    async def prepare(self, texts: Sequence[str]) -> None:
        """Make these phrases ready ahead of need, where there is a cache."""
        return

    async def close(self) -> None:
        """Free the model."""
        return
