"""What a call asks of a voice, asked of every voice that an engine of the registry has on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing

import pytest

from store.base.settings import settings
from tests.wyoming_server import Script, running
from tts import voices
from tts.base import SAMPLE_RATE, Voice
from tts.loudness import TARGET, lufs
from tts.pcm import from_bytes
from tts.voices import ENGINES, LANGUAGES

KNOWN = [info for language in LANGUAGES for engine in ENGINES.values() for info in engine.voices(language)]
SENTENCES = {
    "fr": ["Cabinet dentaire du Parc, bonjour.", "Quel jour et à quelle heure souhaitez-vous venir ?",
           "La consultation est à vingt-trois euros, le détartrage à quarante-trois euros.",
           "Je récapitule : Claire Martin, jeudi à quatorze heures.", "Merci de votre appel, au revoir et à bientôt."],
    "en": ["Park Dental Practice, good morning.", "What day and time would suit you?",
           "A consultation is twenty-three euros and a cleaning is forty-three.",
           "So that's John Smith, Thursday at half past two.", "Thank you for calling, goodbye."],
}  # fmt: skip
SENTENCE = {"fr": "Bonjour, que puis-je faire pour vous ?", "en": "Good morning, how can I help you?"}


@pytest.fixture(params=[info.name for info in KNOWN])
async def voice(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Voice]:
    info = next(info for info in KNOWN if info.name == request.param)
    async with AsyncExitStack() as others:
        if info.engine == "wyoming":
            server = await others.enter_async_context(running(Script(voices=("scripted-fr", "scripted-en"))))
            monkeypatch.setattr(settings().tts, "servers", [server.address])
            monkeypatch.setattr(settings().tts, "server_voice_fr", "scripted-fr")
            monkeypatch.setattr(settings().tts, "server_voice_en", "scripted-en")
            monkeypatch.setattr(settings().tts, "server_seconds", 20.0)
            monkeypatch.setattr(settings().tts, "local", False)
        elif not info.present:
            pytest.skip(f"{info.name} is not on this machine: {ENGINES[info.engine].hint.format(name=info.name)}")
        yield voices.voice(info.language, info.name)
        await voices.close()


def test_every_engine_knows_a_voice_and_says_how_to_have_it() -> None:
    assert {info.engine for info in KNOWN} == set(ENGINES)
    assert all(engine.hint for engine in ENGINES.values())


async def test_a_voice_says_which_it_is(voice: Voice) -> None:
    assert voice.engine in ENGINES
    assert voice.language in LANGUAGES
    assert voice.version


async def test_what_it_says_is_whole_samples_of_a_plausible_length(voice: Voice) -> None:
    pcm = await voice.say(SENTENCE[voice.language])
    assert len(pcm) % 2 == 0
    assert 0.8 < len(pcm) / 32_000 < 6.0


async def test_a_voice_that_streams_gives_its_first_sound_before_the_last(voice: Voice) -> None:
    pieces = [piece async for piece in voice.stream(SENTENCE[voice.language] * 3)]
    if voice.capabilities.streaming:
        assert len(pieces) > 3
    assert all(len(piece) % 2 == 0 for piece in pieces)


async def test_nothing_to_say_is_silence_and_no_error(voice: Voice) -> None:
    assert await voice.say("…") == b""


async def test_a_reply_thrown_away_leaves_the_voice_fit_for_the_next(voice: Voice) -> None:
    async with aclosing(voice.stream(SENTENCE[voice.language] * 4)) as pieces:  # type: ignore[type-var]
        await anext(pieces)
    assert await voice.say(SENTENCE[voice.language])


async def test_several_calls_are_spoken_to_at_once(voice: Voice) -> None:
    said = await asyncio.gather(*(voice.say(SENTENCE[voice.language]) for _ in range(3)))
    assert all(said)


async def test_ready_speech_is_the_same_speech(voice: Voice) -> None:
    await voice.prepare([SENTENCE[voice.language]])
    assert b"".join([piece async for piece in voice.speak(SENTENCE[voice.language], ready=True)])


async def test_every_voice_is_as_loud_as_the_others(voice: Voice) -> None:
    told = [lufs(from_bytes(await voice.say(sentence)), SAMPLE_RATE) for sentence in SENTENCES[voice.language]]
    assert abs(sum(told) / len(told) - TARGET) < 1.5
