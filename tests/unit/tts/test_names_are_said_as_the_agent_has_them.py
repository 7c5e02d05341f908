"""What an agent's `say_as` respells before a voice reads it, and what it leaves alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agents.loading import EXAMPLES, AgentFileError, loads
from tts.base import Voice
from tts.cache import CachedVoice, SpeechCache
from tts.pronounced import pronounced, respelt

SAY_AS = {"Lefèvre": "Lefaivre", "SNCF": "esse enne cé effe", "rue du Parc": "rue du Parque", "Parc": "parque"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Le docteur Lefèvre, près de la SNCF.", "Le docteur Lefaivre, près de la esse enne cé effe."),
        ("Au 12 rue du Parc.", "Au 12 rue du Parque."),
        ("Les Parcs et l'aSNCFa restent.", "Les Parcs et l'aSNCFa restent."),
        ("Rien à changer.", "Rien à changer."),
    ],
)
def test_whole_words_are_respelt_and_the_longest_wins(text: str, said: str) -> None:
    assert respelt(text, SAY_AS) == said


class Reader(Voice):
    """A voice whose sound is the text it was given: a scripted engine."""

    engine, name, language, version = "reader", "r", "fr", "1"

    async def stream(self, text: str) -> AsyncIterator[bytes]:
        yield text.encode()


async def test_whatever_a_voice_is_asked_for_it_reads_respelt() -> None:
    voice = pronounced(Reader(), SAY_AS)
    assert await voice.say("Docteur Lefèvre") == b"Docteur Lefaivre"
    assert b"".join([piece async for piece in voice.speak("La SNCF", ready=True)]) == "La esse enne cé effe".encode()


async def test_ready_speech_is_kept_as_it_is_said(tmp_path: Path) -> None:
    kept = CachedVoice(Reader(), SpeechCache(tmp_path))
    await pronounced(kept, SAY_AS).prepare(["Lefèvre"])
    assert await kept.say("Lefaivre") == b"Lefaivre"


def test_no_respelling_is_the_voice_itself() -> None:
    voice = Reader()
    assert pronounced(voice, {}) is voice


def test_a_respelling_without_words_is_told_with_its_line() -> None:
    text = (EXAMPLES / "dental.fr.yaml").read_text(encoding="utf-8")
    text = text.replace("hotwords:", 'say_as: {Lefèvre: "…"}\nhotwords:')
    with pytest.raises(AgentFileError, match="how it is said"):
        loads(text)
