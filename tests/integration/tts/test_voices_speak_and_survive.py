"""Real voices: level, speed, many at once, odd text, stopping."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import cast

import pytest
from click.testing import CliRunner

from tts import voices
from tts.base import UnknownVoice, Voice, VoiceMissing
from tts.cli import tts
from tts.loudness import TARGET, lufs
from tts.marking import Mark, read_mark
from tts.pcm import from_bytes

SENTENCE = {"fr": "Bonjour, que puis-je faire pour vous ?", "en": "Good morning, how can I help you today?"}
ODD = [
    "",
    "   ",
    "…",
    "😀👍🏽",
    "<speak>Oui</speak> & <b",
    "\\pause=9 \x00\x07 oui",
    "中文 العربية ok",
    "a" * 700,
    "mot " * 200,
    "\ud800 oui",
    "1" * 80,
]


async def test_every_voice_speaks_at_the_same_level(voice: Voice) -> None:
    pcm = from_bytes(await voice.say(SENTENCE[voice.language]))
    assert 1.0 < len(pcm) / 16_000 < 5.0
    assert lufs(pcm, 16_000) == pytest.approx(TARGET, abs=3.0)
    assert abs(pcm).max() < 0.99


@pytest.mark.parametrize("text", ODD, ids=lambda text: ascii(text)[:20])
async def test_pico_survives_odd_text(pico: Voice, text: str) -> None:
    await pico.say(text)
    assert await pico.say("Oui, bonjour.")


@pytest.mark.parametrize("text", ODD[:7], ids=lambda text: ascii(text)[:20])
async def test_piper_survives_odd_text(joe: Voice, text: str) -> None:
    await joe.say(text)
    assert await joe.say("Yes, hello.")


async def test_simultaneous_calls_hear_what_one_alone_hears(pico: Voice) -> None:
    texts = ["Bonjour madame Martin.", "Il est quatorze heures trente.", "Au revoir.", "Je vous écoute."]
    alone = [await pico.say(text) for text in texts]
    together = await asyncio.gather(*(pico.say(text) for text in texts * 3))
    for i, pcm in enumerate(together):
        assert abs(len(pcm) - len(alone[i % 4])) < 3200


async def test_the_event_loop_is_never_held(joe: Voice) -> None:
    task = asyncio.create_task(joe.say("This is a rather long sentence, spoken while others are waiting for the loop."))
    turns = 0
    while not task.done():
        await asyncio.sleep(0.005)
        turns += 1
    assert turns > 10


async def test_a_stream_closed_early_leaves_the_voice_usable(voice: Voice) -> None:
    for _ in range(3):
        stream = cast(AsyncGenerator[bytes], voice.stream(SENTENCE[voice.language]))
        await anext(stream)
        await stream.aclose()
    assert await voice.say(SENTENCE[voice.language])


def test_an_unknown_voice_or_language_is_named() -> None:
    with pytest.raises(UnknownVoice, match="nobody"):
        voices.voice("fr", "nobody")
    with pytest.raises(VoiceMissing, match="xx"):
        voices.voice("xx")


def test_doctor_is_told_which_voice_speaks_each_language_and_why() -> None:
    checks = {check.language: check for check in voices.checks()}
    assert checks["fr"].ok
    if checks["fr"].voice.startswith("pico"):
        assert "no French Piper voice" in checks["fr"].note


@pytest.mark.parametrize("rate", [16_000, 8_000])
def test_say_writes_a_marked_wav_and_prints_its_figures(tmp_path: Path, rate: int) -> None:
    out = tmp_path / "f.wav"
    args = ["say", "--lang", "fr", "--text", "-", "--voice", "pico-fr-FR", "--out", str(out), "--rate", str(rate)]
    run = CliRunner().invoke(tts, [*args, "--json"], input="Bonjour, il est 14h30.")
    assert run.exit_code == 0, run.output
    row = json.loads(run.output)
    assert set(row) == {"engine", "voice", "audio_seconds", "first_audio_seconds", "took_seconds"}
    assert row["audio_seconds"] == pytest.approx((out.stat().st_size) / (2 * rate), abs=0.1)
    assert read_mark(out.read_bytes()) == Mark("pico", "fr-FR")


def test_nothing_to_say_is_bad_input(tmp_path: Path) -> None:
    run = CliRunner().invoke(tts, ["say", "--text", "😀", "--out", str(tmp_path / "f.wav")])
    assert run.exit_code == 2
