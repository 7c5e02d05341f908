"""Real Whisper on real telephone speech."""

from __future__ import annotations

import asyncio

import jiwer
import numpy as np
import pytest

from asr import doubt
from asr.base import SAMPLE_RATE, AsrError
from asr.whisper_ear import WhisperEar
from tests.bench.asr import plain, references

pytestmark = pytest.mark.asyncio(loop_scope="session")
CLEAR = ("vm-tocallnum", "vm-advopts", "vm-nobodyavail", "vm-savefolder", "queue-youarenext", "vm-tooshort")
SHORT = ("sorry", "im-sorry", "goodbye", "vm-deleted", "vm-incorrect", "vm-nomore", "telephone-number", "conf-locked")
RARE = ("demo-thanks", "dir-intro-fn", "dir-intro", "demo-congrats")


async def test_clear_sentences_are_understood(ear, prompt):
    """Over the set: int8 arithmetic differs between processors, and with it a word here or there."""
    heard = [await ear.transcribe(prompt(name), language="fr") for name in CLEAR]
    wanted = [plain(references()[name]) for name in CLEAR]
    assert jiwer.wer(wanted, [plain(each.text) for each in heard]) <= 0.10
    assert np.mean([each.confidence for each in heard]) > -1


async def test_several_callers_at_once_hear_only_their_own_words(prompt):
    ear = WhisperEar("whisper-base", workers=2)
    names = CLEAR * 2
    heard = await asyncio.gather(*(ear.transcribe(prompt(n), language="fr") for n in names))
    await ear.close()
    for name, each in zip(names, heard, strict=True):
        errors = {other: jiwer.wer(plain(references()[other]), plain(each.text)) for other in CLEAR}
        assert min(errors, key=lambda other: errors[other]) == name


async def test_the_event_loop_goes_on_while_whisper_works(ear, prompt):
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    beating = asyncio.create_task(beat())
    heard = await ear.transcribe(prompt("vm-opts"), language="fr")
    beating.cancel()
    assert beats > heard.took_seconds / 0.01 / 4


async def test_short_sentences_that_whisper_would_repeat_are_said_once(ear, prompt):
    """On the short window it repeats some of these; what is heard again must not be longer than what was said."""
    told = [(await ear.transcribe(prompt(name), language="fr")).text for name in SHORT]
    said = [len(plain(references()[name]).split()) for name in SHORT]
    assert sum(len(plain(text).split()) <= words + 2 for text, words in zip(told, said, strict=True)) >= len(SHORT) - 1
    assert sum(doubt.repeats(text) for text in told) == 0


async def test_noise_tones_and_silence_are_hardly_ever_words(ear, prompt):
    quiet = [
        np.random.default_rng(seed).normal(0, level, 2 * SAMPLE_RATE).astype(np.float32)
        for seed in range(3)
        for level in (0.0, 1e-4, 3e-3, 3e-2)
    ]
    tones = [prompt(name) for name in ("beep", "silence/3", "ascending-2tone")]
    heard = [(await ear.transcribe(pcm, language="fr")).text for pcm in (*quiet, *tones)]
    assert sum(bool(text) for text in heard) <= 1, heard


async def test_no_audio_at_all_is_the_empty_text(ear):
    assert (await ear.transcribe(np.zeros(0, np.float32), language="fr")).text == ""


async def test_rare_names_are_spelled_as_the_agent_spells_them_more_often_when_expected(ear, prompt):
    expected = 0
    alone = 0
    for name in RARE:
        alone += "Asterisk" in (await ear.transcribe(prompt(name), language="fr")).text
        expected += "Asterisk" in (await ear.transcribe(prompt(name), language="fr", hotwords=["Asterisk"])).text
    assert expected > alone or expected == len(RARE)


async def test_expected_names_are_hardly_ever_heard_in_noise(ear):
    names = ["Docteur Le Guellec", "Quimperlé"]
    heard: list[str] = []
    for seed in range(6):
        noise = np.random.default_rng(seed).normal(0, 3e-3, 2 * SAMPLE_RATE).astype(np.float32)
        heard.append((await ear.transcribe(noise, language="fr", hotwords=names)).text)
    assert sum(bool(text) for text in heard) <= 1, heard


async def test_more_than_thirty_seconds_at_once_is_refused(ear):
    with pytest.raises(AsrError, match="31"):
        await ear.transcribe(np.zeros(31 * SAMPLE_RATE, np.float32), language="fr")


async def test_a_language_that_is_not_served_is_refused(ear, prompt):
    with pytest.raises(AsrError, match="'de'"):
        await ear.transcribe(prompt("goodbye"), language="de")
