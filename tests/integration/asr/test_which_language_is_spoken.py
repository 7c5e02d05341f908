"""Whisper tells French from English where a second or more was said: shares over a set, as processors differ."""

from __future__ import annotations

import numpy as np
import pytest

from asr.whisper_ear import WhisperEar
from tts.voices import close, voice

FRENCH = (
    "Bonjour, je voudrais un rendez-vous jeudi à quatorze heures.", "Vous êtes ouverts le samedi matin ?",
    "Je voudrais parler à quelqu'un, s'il vous plaît.", "Est-ce que vous avez un parking pas loin ?",
)  # fmt: skip
ENGLISH = (
    "Hello, I would like an appointment tomorrow at three.", "Are you open on Saturday morning?",
    "I want to speak to someone, please.", "Is there any parking close to the practice?",
)  # fmt: skip


@pytest.mark.timeout(120)
async def test_french_and_english_are_told_apart() -> None:
    ear, right = WhisperEar("whisper-base"), 0
    try:
        for language, sentences in (("fr", FRENCH), ("en", ENGLISH)):
            for sentence in sentences:
                pcm = np.frombuffer(await voice(language).say(sentence), "<i2").astype(np.float32) / 32768
                shares = await ear.sounds(pcm)
                assert sum(shares.values()) == pytest.approx(1)
                right += shares[language] > 0.9
    finally:
        await ear.close()
        await close()
    assert right >= 7
