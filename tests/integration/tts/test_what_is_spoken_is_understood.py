"""The round trip: synthesised speech, through a telephone's band, is understood by Whisper."""

from __future__ import annotations

import re
from typing import Any

import jiwer
import pytest

from store.weights import path, present
from tts.base import Voice
from tts.pcm import from_bytes, resample

FRENCH = [
    "Bonjour, vous êtes bien au cabinet dentaire du docteur Martin.",
    "Je vous propose un rendez-vous mardi prochain dans la matinée.",
    "Pouvez-vous me rappeler votre nom et votre prénom, s'il vous plaît ?",
    "Je suis un assistant vocal et cet appel n'est pas enregistré.",
    "Merci de votre appel, bonne journée et au revoir.",
]
ENGLISH = [
    "Good morning, you have reached the dental practice.",
    "I can offer you an appointment next Tuesday in the morning.",
    "Could you please tell me your name and your telephone number?",
    "Thank you for calling, have a nice day and goodbye.",
]
UNDERSTOOD = 0.25
"""Share of words. Whisper base hears one in ten otherwise, more or fewer by the processor; gibberish is over a half."""


@pytest.fixture(scope="module")
def whisper() -> Any:
    if not present("whisper-base"):
        pytest.skip("whisper-base is not on this machine")
    from faster_whisper import WhisperModel

    return WhisperModel(str(path("whisper-base")), device="cpu", compute_type="int8", cpu_threads=2)


def _words(text: str) -> str:
    return re.sub(r"[^\w]+", " ", text.lower()).strip()


async def _error_rate(voice: Voice, whisper: Any, sentences: list[str]) -> float:
    heard: list[str] = []
    for sentence in sentences:
        pcm = from_bytes(await voice.say(sentence))
        telephone = resample(resample(pcm, 16_000, 8_000), 8_000, 16_000)
        segments, _ = whisper.transcribe(telephone, language=voice.language, beam_size=1, temperature=0)
        heard.append(_words(" ".join(segment.text for segment in segments)))
    return jiwer.wer([_words(sentence) for sentence in sentences], heard)


async def test_french_pico_is_understood_over_the_telephone(pico: Voice, whisper: Any) -> None:
    assert await _error_rate(pico, whisper, FRENCH) <= UNDERSTOOD


async def test_english_piper_is_understood_over_the_telephone(joe: Voice, whisper: Any) -> None:
    assert await _error_rate(joe, whisper, ENGLISH) <= UNDERSTOOD
