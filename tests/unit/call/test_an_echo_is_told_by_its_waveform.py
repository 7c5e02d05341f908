"""The agent's voice come back is told from a person: by what it repeats, and by how loud it is. Made-up sound."""

from __future__ import annotations

import numpy as np
import pytest

from ari_app.call.callaudio import WINDOW
from ari_app.call.echo import EARLY_MS, FAR_MS, EchoJudge
from ari_app.desk.recording import Track
from asr.base import SAMPLE_RATE, Pcm

DELAY = SAMPLE_RATE // 4


def voice(seed: int, seconds: float, loud: float) -> Pcm:
    """Noise in syllables, as loud as asked while it lasts."""
    dice = np.random.default_rng(seed)
    noise = np.convolve(dice.normal(0, 1, round(seconds * SAMPLE_RATE)), np.ones(4) / 4, "same")
    swell = np.clip(np.sin(np.arange(len(noise)) / SAMPLE_RATE * 2 * np.pi * 3 + seed), 0.05, None)
    sound = noise * swell
    return (sound * loud / np.sqrt(np.mean(sound * sound))).astype(np.float32)


def echoed(agent: Pcm, decibels: float) -> Pcm:
    """The same a quarter of a second later, quieter."""
    back = np.concatenate([np.zeros(DELAY, np.float32), agent])[: len(agent)]
    return (back * 10 ** (decibels / 20)).astype(np.float32)


def judged(agent: Pcm, line: Pcm) -> list[bool]:
    """For each window of the line, whether it was taken for echo."""
    judge, found = EchoJudge(), list[bool]()
    track = Track(bytearray((agent * 32767).astype("<i2").tobytes()))
    for start in range(0, len(line) - WINDOW, WINDOW):
        end_ms = (start + WINDOW) * 1000 / SAMPLE_RATE + EARLY_MS
        judge.hear(line[start : start + WINDOW])
        found.append(judge.is_echo(track.between(end_ms - FAR_MS, end_ms, end_ms)))
    return found


@pytest.mark.parametrize("decibels", [-12.0, -20.0, -26.0])
def test_what_the_agent_said_is_known_again(decibels: float) -> None:
    agent = voice(1, 6, 0.11)
    found = judged(agent, echoed(agent, decibels))
    assert np.mean(found[40:]) > 0.9


def test_another_voice_is_nobodys_echo() -> None:
    line = voice(2, 6, 0.06)
    found = judged(voice(1, 6, 0.11), line)
    levels = [np.sqrt(np.mean(line[n * WINDOW : (n + 1) * WINDOW] ** 2)) for n in range(len(found))]
    assert np.mean([echo for echo, level in zip(found, levels, strict=True) if level > 0.01]) < 0.05


def test_a_person_who_speaks_over_the_echo_is_heard() -> None:
    agent = voice(1, 8, 0.11)
    line = echoed(agent, -20)
    over = 5 * SAMPLE_RATE
    line[over:] += voice(3, 3, 0.08)[: len(line) - over]
    found = judged(agent, line)
    assert np.mean(found[40 : over // WINDOW]) > 0.9
    assert np.mean(found[over // WINDOW + 2 :]) < 0.25


def test_when_the_agent_is_silent_all_is_the_callers() -> None:
    assert not any(judged(np.zeros(4 * SAMPLE_RATE, np.float32), voice(2, 4, 0.02)))


def test_a_quiet_answer_right_after_the_agents_words_is_whole() -> None:
    agent, line = voice(1, 6, 0.11), np.zeros(6 * SAMPLE_RATE, np.float32)
    agent[2 * SAMPLE_RATE :] = 0
    begins = 2 * SAMPLE_RATE + 8000
    line[begins:] = voice(2, 4, 0.02)[: len(line) - begins]
    assert not any(judged(agent, line)[begins // WINDOW + 1 : (begins + 16_000) // WINDOW])


def test_the_track_is_silent_outside_what_was_played() -> None:
    track = Track(bytearray(np.full(16_000, 16384, "<i2").tobytes()))
    assert not track.between(-100, 0, 0).any()
    part = track.between(-50, 1100, 500)
    assert len(part) == 1150 * 16
    assert (part[800 : 800 + 8000] == 0.5).all()
    assert not part[800 + 8000 :].any()
