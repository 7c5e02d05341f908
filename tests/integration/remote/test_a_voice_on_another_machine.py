"""A voice behind the Wyoming protocol: as loud as the others, away, slow, and replaced by the voice of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.remote.health import Rules
from tests.scripted_engines import Hum, tone
from tests.wyoming_server import Clock, Running, Script, running
from tts.backed import BackedVoice
from tts.base import SAMPLE_RATE, TtsError
from tts.cache import CachedVoice, SpeechCache
from tts.loudness import TARGET, lufs
from tts.pcm import from_bytes
from tts.wyoming_voice import Speaker, WyomingVoice

NAME = "fr_FR-siwis-medium"
TEXT = "Cabinet dentaire du Parc, bonjour, que puis-je faire pour vous ?"
PATIENT = 20.0


@pytest.fixture
def cache(tmp_path: Path) -> SpeechCache:
    return SpeechCache(tmp_path / "ready")


def voice(*servers: Running, name: str = NAME, seconds: float = PATIENT) -> WyomingVoice:
    speakers = [Speaker(each.address, name, "fr", seconds=seconds) for each in servers]
    return WyomingVoice("wyoming-fr", "fr", speakers, rules=Rules(2, 10), clock=Clock())


async def test_it_asks_for_the_words_by_that_voice() -> None:
    async with running() as server:
        assert await voice(server).say("Il est 14h30.")
        asked = server.script.heard("synthesize")[-1]
    assert asked.data["voice"] == {"name": NAME, "language": "fr"}
    assert "quatorze heures trente" in asked.data["text"]


@pytest.mark.parametrize("loudness", [0.01, 0.02, 0.25])
async def test_however_loud_the_server_is_the_voice_is_as_loud_as_the_others(loudness: float) -> None:
    async with running(Script(loudness=loudness)) as server:
        told = lufs(from_bytes(await voice(server).say(TEXT)), SAMPLE_RATE)
    assert abs(told - TARGET) < 1.5


@pytest.mark.parametrize(
    ("fault", "said"),
    [("breaks", "broke off"), ("error", "no memory"), ("garbage", "no JSON"), ("huge", "payload_length")],
)
async def test_whatever_a_server_does_wrong_is_an_error_of_the_house(fault: str, said: str) -> None:
    async with running(Script(fault=fault)) as server:
        with pytest.raises(TtsError, match=said):
            await voice(server).say(TEXT)


async def test_a_voice_that_the_server_has_not_is_named() -> None:
    async with running() as server:
        with pytest.raises(TtsError, match="has no 'fr_FR-nobody'"):
            await voice(server, name="fr_FR-nobody").say(TEXT)


async def test_a_clause_that_nobody_waits_for_is_given_up_at_the_server() -> None:
    async with running() as server:
        speaking = voice(server)
        await speaking.say("Oui.")
        server.script.fault = "hangs"
        before = len(server.script.heard("synthesize"))
        asking = asyncio.create_task(speaking.say(TEXT))
        while len(server.script.heard("synthesize")) == before:
            await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await server.script.left.wait()


async def test_the_next_server_says_the_whole_clause_and_then_the_voice_here(cache: SpeechCache) -> None:
    async with running() as one, running() as two:
        here = CachedVoice(Hum(), cache)
        far = voice(one, two)
        speaking = BackedVoice(far, lambda: here, cache)
        first = await speaking.say(TEXT)
        one.script.fault = "breaks"
        assert await speaking.say(TEXT) == first, "two servers with one voice"
        two.script.fault = "error"
        assert await speaking.say(TEXT) == tone(0.02)
        await speaking.close()


async def test_ready_speech_of_the_voice_here_is_never_taken_for_the_far_ones(cache: SpeechCache) -> None:
    script = Script(fault="error")
    async with running(script) as server:
        speaking = BackedVoice(voice(server), lambda: CachedVoice(Hum(), cache), cache)
        await speaking.prepare([TEXT])
        assert b"".join([piece async for piece in speaking.speak(TEXT, ready=True)]) == tone(0.02)
        script.fault = ""
        again = BackedVoice(voice(server), lambda: CachedVoice(Hum(), cache), cache)
        assert len(await again.say(TEXT)) > len(tone(0.02))


async def test_another_version_at_the_server_is_another_voice_for_what_is_kept(cache: SpeechCache) -> None:
    script = Script()
    async with running(script) as server:
        first = BackedVoice(voice(server), None, cache)
        await first.prepare([TEXT])
        asked = len(script.heard("synthesize"))
        same = BackedVoice(voice(server), None, cache)
        assert [piece async for piece in same.speak(TEXT, ready=True)]
        assert len(script.heard("synthesize")) == asked, "it was kept"
        script.version = "2"
        other = BackedVoice(voice(server), None, cache)
        assert [piece async for piece in other.speak(TEXT, ready=True)]
        assert len(script.heard("synthesize")) > asked


async def test_a_voice_here_that_is_set_to_stand_in_for_nobody_does_not(cache: SpeechCache) -> None:
    async with running() as server:
        gone = voice(server)
    speaking = BackedVoice(gone, None, cache)
    with pytest.raises(TtsError, match="cannot be reached"):
        await speaking.say(TEXT)


async def test_nothing_that_was_begun_is_begun_again_by_another_voice(cache: SpeechCache) -> None:
    class Broken(WyomingVoice):
        async def stream(self, text: str) -> AsyncIterator[bytes]:
            yield tone(0.02)
            raise TtsError("broke")

    async with running() as server:
        far = Broken("wyoming-fr", "fr", [Speaker(server.address, NAME, "fr", seconds=PATIENT)])
        with pytest.raises(TtsError, match="broke"):
            await BackedVoice(far, lambda: CachedVoice(Hum(), cache), cache).say(TEXT)
