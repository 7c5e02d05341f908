"""A real voice come back from a loudspeaker in a room, through A-law, to the real voice activity; people over it."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from ari_app.call.callaudio import WINDOW
from ari_app.call.echo import EARLY_MS, FAR_MS
from ari_app.call.turns import TurnSettings
from ari_app.call.voicing import Voicing
from ari_app.desk.recording import Track
from asr.base import SAMPLE_RATE, Pcm
from asr.vad import SileroVad
from store.base.settings import settings
from tests.telephone import CHANNELS, human_speech
from tts.pcm import from_bytes, resample
from tts.voices import voice

TOLD = (
    "Bonjour, vous êtes bien au cabinet dentaire du Parc. Je suis une assistante vocale. Que puis-je faire pour vous ?",
    "Nous sommes ouverts du lundi au vendredi, de huit heures trente à dix-neuf heures, et le samedi sur rendez-vous.",
    "Le parking public est à cinquante mètres, et le tramway s'arrête juste devant la porte du cabinet.",
)
RULES = TurnSettings()


def at_level(pcm: Pcm, decibels: float) -> Pcm:
    """As loud as asked where it is heard."""
    heard = pcm[np.abs(pcm) > 0.01]
    return (pcm * 10 ** (decibels / 20) / np.sqrt(np.mean(heard * heard))).astype(np.float32)


@pytest.fixture(scope="module")
def agent() -> Pcm:
    """What the agent says: 20 s and more."""

    async def spoken() -> list[bytes]:
        pico = voice("fr", "pico-fr-FR")
        return [b"".join([chunk async for chunk in pico.speak(text)]) + bytes(SAMPLE_RATE) for text in TOLD]

    return at_level(from_bytes(b"".join(asyncio.run(spoken()))), -19.0)


def echoed(agent: Pcm, decibels: float) -> Pcm:
    """From a loudspeaker to a microphone: 250 ms away, a room's hundred milliseconds, quieter."""
    dice = np.random.default_rng(3)
    room = dice.normal(0, 1, SAMPLE_RATE // 10) * np.exp(-np.arange(SAMPLE_RATE // 10) / 270)
    room[0] += 6
    back = np.convolve(agent, room / np.sqrt((room**2).sum()))[: len(agent)]
    back = np.concatenate([np.zeros(SAMPLE_RATE // 4), back])[: len(agent)]
    return (back * 10 ** (decibels / 20) + dice.normal(0, 0.001, len(agent))).astype(np.float32)


def voiced(agent: Pcm, line: Pcm) -> list[bool]:
    """For each window of what a telephone brings, whether it was taken for the caller's voice."""
    heard = resample(CHANNELS["a-law"](line), 8_000, SAMPLE_RATE)
    track = Track(bytearray((agent * 32767).clip(-32768, 32767).astype("<i2").tobytes()))

    def spoken(at_ms: int) -> Pcm:
        end = at_ms + EARLY_MS
        return track.between(end - FAR_MS, end, end)

    judge = Voicing(SileroVad(), spoken)
    ends = range(WINDOW, len(heard), WINDOW)
    return [judge.push(end * 1000 // SAMPLE_RATE, heard[end - WINDOW : end]) >= RULES.voice for end in ends]


def longest(voiced: list[bool]) -> int:
    """Milliseconds of the longest unbroken voice."""
    best = run = 0
    for yes in voiced:
        run = run + 1 if yes else 0
        best = max(best, run)
    return best * 32


@pytest.mark.parametrize("decibels", [-20.0, -26.0])
def test_an_echo_takes_the_floor_from_nobody(agent: Pcm, decibels: float) -> None:
    alone = voiced(np.zeros_like(agent), echoed(agent, decibels))
    found = voiced(agent, echoed(agent, decibels))
    assert sum(alone) > 100, "the model alone takes it for a person"
    assert sum(found) < 0.12 * sum(alone)
    assert longest(found) < RULES.words_ms


@pytest.mark.parametrize(("person", "echo"), [(-20.0, None), (-28.0, None), (-20.0, -20.0)])
def test_a_person_who_speaks_over_the_agent_is_heard(agent: Pcm, person: float, echo: float | None) -> None:
    people = human_speech(settings().cache, "fr", len(agent) / SAMPLE_RATE)
    people = people if len(people) else human_speech(settings().cache, "en", len(agent) / SAMPLE_RATE)
    if not len(people):
        pytest.skip("no person's speech on this machine")
    said = at_level(np.resize(people, len(agent)), person)
    line = said + (echoed(agent, echo) if echo is not None else 0)
    clear = voiced(np.zeros_like(agent), said)
    found = voiced(agent, line)
    kept = [yes for yes, expected in zip(found, clear, strict=True) if expected]
    assert np.mean(kept) > 0.75
