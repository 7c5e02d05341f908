"""What a person who is asked to take a call says: where it begins and ends, when it began, and machines' tones."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from ari_app.call.answering import Beep, Speech
from ari_app.call.attended import Event, Said
from ari_app.call.listener import Listener
from asr.base import AsrError, Pcm, Transcript
from tests.scripted_engines import RATE, ScriptedEar, scripted_parts, silence


class Clock:
    """The call's, moved by the test."""

    ms = 0

    def __call__(self) -> int:
        return self.ms


class Hearing(ScriptedEar):
    """It keeps how much it was given."""

    def __init__(self) -> None:
        self.given: list[float] = []

    async def transcribe(self, pcm: Pcm, *, language: str, hotwords: Sequence[str] = ()) -> Transcript:
        self.given.append(len(pcm) / RATE)
        return await super().transcribe(pcm, language=language)


def noise(seconds: float) -> bytes:
    """A voice, for an ear that is told what it says; no tone."""
    rng = np.random.default_rng(3)
    return (rng.uniform(-0.5, 0.5, int(seconds * RATE)) * 32767).astype("<i2").tobytes()


def listening(ear: ScriptedEar) -> tuple[Listener, Clock, list[Event]]:
    told, clock = list[Event](), Clock()
    nothing = np.zeros(0, np.float32)
    return Listener(scripted_parts(ear), "fr", clock, lambda until, length: nothing, told.append), clock, told


async def heard(listener: Listener, clock: Clock, *pieces: bytes) -> None:
    """The pieces in turn, frame by frame, while the clock goes on; the ear has answered at the end."""
    for piece in pieces:
        for start in range(0, len(piece), 640):
            clock.ms += 20
            listener.hear(piece[start : start + 640])
            await asyncio.sleep(0)
    while listener.speaking:
        await asyncio.sleep(0)


async def test_what_is_said_is_known_after_a_short_pause_and_when_it_began() -> None:
    ear = Hearing()
    ear.text = "Oui."
    listener, clock, told = listening(ear)
    await heard(listener, clock, silence(1.0), noise(0.6), silence(0.8))
    (said,) = [event for event in told if isinstance(event, Said)]
    assert said.text == "Oui."
    assert 950 <= said.from_ms <= 1_150
    assert any(isinstance(event, Speech) for event in told)
    assert 0.6 <= ear.given[0] <= 1.3


async def test_who_does_not_stop_is_heard_as_they_go_on() -> None:
    ear = Hearing()
    ear.text = "Vous êtes bien sur la messagerie"
    listener, clock, told = listening(ear)
    for _ in range(160):
        clock.ms += 20
        listener.hear(noise(0.02))
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [event.text for event in told if isinstance(event, Said)], "before the pause"
    listener.stop()


async def test_a_click_is_nothing() -> None:
    ear = Hearing()
    ear.text = "Oui."
    listener, clock, told = listening(ear)
    await heard(listener, clock, silence(0.5), noise(0.03), silence(1.0))
    assert not [event for event in told if isinstance(event, Said)]


async def test_a_beep_is_told() -> None:
    listener, clock, told = listening(Hearing())
    at = np.arange(int(0.5 * RATE)) / RATE
    beep = (12_000 * np.sin(2 * np.pi * 1_000 * at)).astype("<i2").tobytes()
    await heard(listener, clock, silence(0.3), beep, silence(1.5))
    assert any(isinstance(event, Beep) for event in told)


class Broken(ScriptedEar):
    """It hears nothing."""

    async def transcribe(self, pcm: Pcm, *, language: str, hotwords: Sequence[str] = ()) -> Transcript:
        raise AsrError("the ear is broken")


async def test_an_ear_that_fails_tells_nothing_and_keys_remain() -> None:
    listener, clock, told = listening(Broken())
    await heard(listener, clock, noise(0.6), silence(0.8))
    assert not [event for event in told if isinstance(event, Said)]
    assert not listener.speaking
