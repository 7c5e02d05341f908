"""Real Whisper on real telephone speech."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from asr.base import SAMPLE_RATE, AsrError
from asr.whisper_ear import WhisperEar
from tests.bench.asr import plain, references

pytestmark = pytest.mark.asyncio(loop_scope="session")
CLEAR = ("vm-tocallnum", "vm-advopts", "vm-nobodyavail", "vm-savefolder", "queue-youarenext", "vm-tooshort")


@pytest.mark.parametrize("name", CLEAR)
async def test_a_clear_sentence_is_heard_word_for_word(ear, prompt, name):
    heard = await ear.transcribe(prompt(name), language="fr")
    assert plain(heard.text) == plain(references()[name])
    assert heard.confidence > -1


async def test_several_callers_at_once_hear_only_their_own_words(prompt):
    ear = WhisperEar("whisper-base", workers=2)
    heard = await asyncio.gather(*(ear.transcribe(prompt(n), language="fr") for n in CLEAR * 2))
    await ear.close()
    assert [plain(h.text) for h in heard] == [plain(references()[n]) for n in CLEAR * 2]


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


async def test_a_short_sentence_that_whisper_would_repeat_is_said_once(ear, prompt):
    heard = await ear.transcribe(prompt("sorry"), language="fr")
    assert plain(heard.text) == "nous sommes désolés"


@pytest.mark.parametrize("level", [0.0, 1e-4, 3e-3, 3e-2])
async def test_noise_without_speech_is_the_empty_text(ear, level):
    noise = np.random.default_rng(7).normal(0, level, 2 * SAMPLE_RATE).astype(np.float32)
    assert (await ear.transcribe(noise, language="fr")).text == ""


@pytest.mark.parametrize("name", ["beep", "silence/3", "ascending-2tone"])
async def test_tones_and_silence_are_the_empty_text(ear, prompt, name):
    assert (await ear.transcribe(prompt(name), language="fr")).text == ""


async def test_no_audio_at_all_is_the_empty_text(ear):
    assert (await ear.transcribe(np.zeros(0, np.float32), language="fr")).text == ""


async def test_a_rare_name_is_spelled_as_the_agent_spells_it(ear, prompt):
    pcm = prompt("demo-thanks")
    without = await ear.transcribe(pcm, language="fr")
    heard = await ear.transcribe(pcm, language="fr", hotwords=["Asterisk"])
    assert "Asterisk" not in without.text
    assert "Asterisk" in heard.text


async def test_expected_names_are_not_heard_in_silence(ear):
    noise = np.random.default_rng(7).normal(0, 3e-3, 2 * SAMPLE_RATE).astype(np.float32)
    heard = await ear.transcribe(noise, language="fr", hotwords=["Docteur Le Guellec", "Quimperlé"])
    assert heard.text == ""


async def test_more_than_thirty_seconds_at_once_is_refused(ear):
    with pytest.raises(AsrError, match="31"):
        await ear.transcribe(np.zeros(31 * SAMPLE_RATE, np.float32), language="fr")


async def test_a_language_that_is_not_served_is_refused(ear, prompt):
    with pytest.raises(AsrError, match="'de'"):
        await ear.transcribe(prompt("goodbye"), language="de")


async def test_hearing_is_faster_than_speech(ear, prompt):
    heard = await ear.transcribe(prompt("dir-intro-fn"), language="fr")
    assert heard.took_seconds < heard.audio_seconds / 2
