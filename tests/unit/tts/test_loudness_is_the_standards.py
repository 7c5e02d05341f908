"""ITU-R BS.1770-4: the reference tone, its gate, its level."""

from __future__ import annotations

import numpy as np
import pytest

from tts.loudness import lufs


def tone(hertz: float, seconds: float, rate: int, level: float = 0.0) -> np.ndarray:
    return (10 ** (level / 20) * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def test_the_reference_tone_is_three_below_full_scale() -> None:
    assert lufs(tone(997, 3, 48_000), 48_000) == pytest.approx(-3.01, abs=0.02)
    assert lufs(tone(997, 3, 16_000), 16_000) == pytest.approx(-3.01, abs=0.06)


def test_ten_decibels_are_ten_units() -> None:
    assert lufs(tone(997, 3, 16_000, -20), 16_000) - lufs(tone(997, 3, 16_000, -30), 16_000) == pytest.approx(
        10, abs=0.01
    )


def test_silence_between_sentences_does_not_count() -> None:
    speech = tone(997, 2, 16_000, -20)
    with_pause = np.concatenate([speech, np.zeros(48_000, np.float32), speech])
    assert lufs(with_pause, 16_000) == pytest.approx(lufs(speech, 16_000), abs=0.4)


def test_silence_has_no_loudness() -> None:
    assert lufs(np.zeros(16_000, np.float32), 16_000) == float("-inf")
    assert lufs(np.zeros(100, np.float32), 16_000) == float("-inf")
