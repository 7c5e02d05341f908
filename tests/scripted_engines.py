"""An ear, a mind and a voice that follow a script: what a whole call needs besides a switch, in no time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

import numpy as np

from ari_app.desk.parts import Openers, Parts
from asr.base import Ear, Endpointer, Pcm, Transcript, VoiceActivity
from llm.base import JsonSchema, Message, Mind
from tts.base import Voice

RATE = 16_000


def tone(seconds: float) -> bytes:
    """Loud enough to be somebody speaking, slin16."""
    at = np.arange(int(seconds * RATE)) / RATE
    return (12_000 * np.sin(2 * np.pi * 440 * at)).astype("<i2").tobytes()


def silence(seconds: float) -> bytes:
    """Nobody speaks, slin16."""
    return bytes(int(seconds * RATE) * 2)


class ScriptedEar(Ear):
    """It hears `text` in whatever is said."""

    engine, model, text = "scripted", "scripted", ""

    async def transcribe(self, pcm: Pcm, *, language: str, hotwords: Sequence[str] = ()) -> Transcript:
        return Transcript(self.text, language, len(pcm) / RATE, 0.0, 1.0)

    async def sounds(self, pcm: Pcm) -> Mapping[str, float]:
        return {}


class Done(Endpointer):
    """Whoever pauses has finished."""

    async def complete(self, pcm: Pcm) -> float:
        return 1.0


class Loudness(VoiceActivity):
    """What is loud is a voice."""

    def push(self, frame: Pcm) -> float:
        return 0.99 if float(np.abs(frame).max()) > 0.1 else 0.0

    def reset(self) -> None:
        """There is nothing to forget."""


class NoMind(Mind):
    """The rules have to do: it answers nothing."""

    engine, model = "scripted", "scripted"

    async def stream(
        self, messages: Sequence[Message], *, slot: str, schema: JsonSchema | None = None, prefill: str = "",
        max_tokens: int = 160, temperature: float = 0.0,
    ) -> AsyncIterator[str]:  # fmt: skip
        yield ""

    async def prime(self, messages: Sequence[Message], *, slot: str) -> None:
        """Nothing is read ahead."""

    async def release(self, slot: str) -> None:
        """Nothing is held."""


class Hum(Voice):
    """Every clause is one frame of the same note."""

    engine, name, language = "scripted", "hum", "fr"

    async def stream(self, text: str) -> AsyncIterator[bytes]:
        yield tone(0.02)


def scripted_parts(ear: ScriptedEar) -> Parts:
    """All that a call needs to hear, judge, think and speak."""

    async def closed() -> None:
        return

    hum = Hum()
    return Parts(ear, Done(), Loudness, NoMind(), None, lambda language, name: hum, closed)


def openers_of(parts: Parts) -> Openers:
    """What opens those very engines, in no time."""
    return Openers(
        ear=lambda settings: parts.ear, endpointer=lambda: parts.endpointer, mind=lambda settings: parts.mind,
        sense=None, activity=parts.activity, voice=parts.voice, close_voices=parts.close_voices,
    )  # fmt: skip
