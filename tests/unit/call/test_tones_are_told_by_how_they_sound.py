"""Tones on a telephone line: beeps, faxes, busy lines and operators' notes are told apart; voices are none of them."""

from __future__ import annotations

import numpy as np
import pytest

from ari_app.call.tones import Kind, Tone, Tones
from asr.base import SAMPLE_RATE, Pcm

WINDOW = 512


def note(hz: float, ms: int, level: float = 0.2) -> Pcm:
    at = np.arange(SAMPLE_RATE * ms // 1000) / SAMPLE_RATE
    return (level * np.sin(2 * np.pi * hz * at)).astype(np.float32)


def quiet(ms: int) -> Pcm:
    return np.random.default_rng(3).normal(0, 0.0005, SAMPLE_RATE * ms // 1000).astype(np.float32)


def vowel(hz: float, ms: int) -> Pcm:
    """A voice that holds a vowel: its harmonics, and a pitch that moves a little."""
    at = np.arange(SAMPLE_RATE * ms // 1000) / SAMPLE_RATE
    phase = 2 * np.pi * (hz * at + 3 * np.sin(2 * np.pi * 5 * at) / (2 * np.pi * 5))
    shapes = ((1, 0.1), (2, 0.08), (3, 0.05), (4, 0.03), (7, 0.02))
    return sum((level * np.sin(n * phase) for n, level in shapes), np.zeros(len(at))).astype(np.float32)


def heard(*parts: Pcm) -> list[Kind]:
    """What is told of these, one after the other, followed by a second of silence."""
    pcm, tones = np.concatenate([quiet(500), *parts, quiet(1_000)]), Tones()
    found: list[Tone] = []
    for start in range(0, len(pcm) - WINDOW, WINDOW):
        found += tones.push((start + WINDOW) * 1000 // SAMPLE_RATE, pcm[start : start + WINDOW])
    return [tone.kind for tone in found]


@pytest.mark.parametrize("hz", [440, 800, 1_000, 1_400, 2_000])
@pytest.mark.parametrize("ms", [200, 400, 1_000])
def test_a_note_that_nothing_follows_is_a_beep(hz: float, ms: int) -> None:
    assert heard(note(hz, ms)) == ["beep"]


def test_a_quiet_beep_in_a_noisy_line_is_heard() -> None:
    noise = np.random.default_rng(1).normal(0, 0.003, SAMPLE_RATE // 2).astype(np.float32)
    assert heard(note(1_000, 500, 0.03) + noise) == ["beep"]


def test_a_beep_after_speech_is_one() -> None:
    assert heard(vowel(180, 1_500), quiet(300), note(950, 400)) == ["beep"]


def test_a_busy_line_is_told_by_its_rhythm_and_is_no_beep() -> None:
    found = heard(*[part for _ in range(4) for part in (note(440, 500), quiet(500))])
    assert found[0] == "busy"
    assert "beep" not in found


def test_a_line_that_still_rings_is_no_beep() -> None:
    assert heard(note(440, 1_700)) == []


def test_a_fax_that_is_called_is_known_while_it_answers() -> None:
    assert heard(note(2_100, 3_000)) == ["fax"]


def test_a_fax_that_calls_is_known_by_its_second_call() -> None:
    assert "fax" in heard(note(1_100, 500), quiet(3_000), note(1_100, 500))


def test_three_rising_notes_are_an_operators() -> None:
    assert heard(note(950, 330), note(1_400, 330), note(1_800, 330)) == ["sit"]


def test_a_melody_is_no_beep() -> None:
    tune = [note(hz, 250) for hz in (523, 659, 784, 1_046, 784, 659)]
    assert "beep" not in heard(*tune)


@pytest.mark.parametrize("hz", [110, 180, 240, 320])
def test_a_vowel_that_is_held_is_no_tone(hz: float) -> None:
    assert heard(vowel(hz, 2_000)) == []


def test_a_key_that_is_pressed_is_two_notes_and_no_beep() -> None:
    assert heard(note(697, 300, 0.1) + note(1_209, 300, 0.1)) == []
