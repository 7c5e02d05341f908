"""The cache of ready speech: what comes back, what leaves, what a damaged disk does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from agents.loading import EXAMPLES, load
from agents.ready import ready_phrases
from agents.readying import make_ready
from tts.base import Voice
from tts.cache import CachedVoice, SpeechCache


class Metronome(Voice):
    """A voice of four bytes a word, that counts what it was asked."""

    engine, name, language, version = "metronome", "tick", "fr", "1"

    def __init__(self) -> None:
        self.spoken: list[str] = []

    async def stream(self, text: str) -> AsyncIterator[bytes]:
        self.spoken.append(text)
        for word in text.split():
            yield word[:2].encode().ljust(4, b"\0")


async def _heard(voice: CachedVoice, text: str, *, ready: bool) -> bytes:
    return b"".join([piece async for piece in voice.speak(text, ready=ready)])


async def test_ready_speech_is_synthesised_once_and_survives_a_restart(tmp_path: Path) -> None:
    inner = Metronome()
    first = await _heard(CachedVoice(inner, SpeechCache(tmp_path)), "bonjour madame", ready=True)
    again = await _heard(CachedVoice(inner, SpeechCache(tmp_path)), "bonjour  madame", ready=False)
    assert (first, inner.spoken) == (again, ["bonjour madame"])


async def test_what_is_not_ready_is_not_kept(tmp_path: Path) -> None:
    inner = Metronome()
    voice = CachedVoice(inner, SpeechCache(tmp_path))
    await _heard(voice, "une fois", ready=False)
    await _heard(voice, "une fois", ready=False)
    assert len(inner.spoken) == 2


async def test_prepared_phrases_are_spoken_without_the_engine(tmp_path: Path) -> None:
    inner = Metronome()
    voice = CachedVoice(inner, SpeechCache(tmp_path))
    await voice.prepare(["au revoir", "bonjour", "au revoir"])
    inner.spoken.clear()
    assert await voice.say("bonjour")
    assert inner.spoken == []


async def test_speech_stopped_half_way_is_not_kept_as_whole(tmp_path: Path) -> None:
    inner = Metronome()
    voice = CachedVoice(inner, SpeechCache(tmp_path))
    stream = voice.speak("un deux trois", ready=True)
    await anext(stream)
    await stream.aclose()
    assert len(await voice.say("un deux trois")) == 12


def test_a_damaged_entry_counts_as_absent(tmp_path: Path) -> None:
    SpeechCache(tmp_path).put("k", b"\1\0" * 100)
    file = tmp_path / "k.pcm"
    file.write_bytes(file.read_bytes()[:-2])
    assert SpeechCache(tmp_path).get("k") is None
    assert not file.exists()


def test_the_least_recently_used_leave_when_the_disk_share_is_full(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path, most_bytes=400)
    for key in ("a", "b", "c"):
        cache.put(key, bytes(150))
    fresh = SpeechCache(tmp_path)
    assert [fresh.get(key) is not None for key in ("a", "b", "c")] == [False, True, True]


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = SpeechCache(tmp_path / "file" / "sub")
    cache.put("k", b"\1\0")
    assert cache.get("k") == b"\1\0"


def test_another_voice_or_model_file_has_other_entries(tmp_path: Path) -> None:
    one, other = Metronome(), Metronome()
    other.version = "2"
    cache = SpeechCache(tmp_path)
    assert CachedVoice(one, cache).key("oui") != CachedVoice(other, cache).key("oui")
    assert CachedVoice(one, cache).key("oui.") != CachedVoice(one, cache).key("oui?")


async def test_a_published_agents_fixed_sentences_are_spoken_once_each_and_told_one_by_one(tmp_path: Path) -> None:
    agent, inner, told = load(EXAMPLES / "dental.fr.yaml").agent, Metronome(), list[None]()
    voice = CachedVoice(inner, SpeechCache(tmp_path))
    made = await make_ready(agent, voice, lambda: told.append(None))
    assert made == len(told) == len(ready_phrases(agent))
    inner.spoken.clear()
    await _heard(voice, agent.greeting, ready=True)
    await make_ready(agent, voice)
    assert inner.spoken == []
