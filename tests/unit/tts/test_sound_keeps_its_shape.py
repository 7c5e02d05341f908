"""Resampling, level and edges, on tones whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from tts.pcm import Edges, Resampler, active_level, amplify, resample


def _tone(hz: float, rate: int, seconds: float = 0.5, level: float = 0.5) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate)).astype(np.float32)


@pytest.mark.parametrize(("source", "target"), [(22_050, 16_000), (16_000, 8_000), (8_000, 16_000), (24_000, 16_000)])
def test_a_tone_keeps_its_pitch_and_level(source: int, target: int) -> None:
    got, wanted = resample(_tone(1000, source), source, target), _tone(1000, target)
    middle = slice(400, -400)
    assert abs(len(got) - len(wanted)) <= 1
    assert np.abs(got[: len(wanted)][middle] - wanted[: len(got)][middle]).max() < 1e-3


def test_what_the_telephone_cannot_carry_is_removed_and_does_not_fold() -> None:
    assert active_level(resample(_tone(6000, 16_000), 16_000, 8_000)[200:-200], 8_000) < -70


def test_pieces_join_without_a_seam() -> None:
    pcm = _tone(440, 22_050)
    resampler = Resampler(22_050, 16_000)
    parts = [resampler.push(pcm[i : i + 777]) for i in range(0, len(pcm), 777)] + [resampler.flush()]
    assert np.allclose(np.concatenate(parts), resample(pcm, 22_050, 16_000), atol=1e-6)


def test_the_gain_never_clips_and_leaves_small_sounds_alone() -> None:
    loud = amplify(_tone(440, 16_000, level=1.0), 4.0)
    assert np.abs(loud).max() <= 1.0
    assert np.allclose(amplify(_tone(440, 16_000, level=0.1), 2.0), _tone(440, 16_000, level=0.2), atol=1e-6)


def test_silence_at_the_edges_is_trimmed_and_silence_inside_is_kept() -> None:
    quiet = np.zeros(16_000, np.float32)
    word = _tone(440, 16_000, 0.1)
    edges = Edges(16_000, lead=0.0, tail=0.25)
    whole = np.concatenate([quiet, word, quiet[:8000], word, quiet])
    out = np.concatenate([*(edges.push(whole[i : i + 500]) for i in range(0, len(whole), 500)), edges.flush()])
    assert abs(len(out) / 16_000 - (0.1 + 0.5 + 0.1 + 0.25)) < 0.005


def test_a_mute_clause_gives_nothing() -> None:
    edges = Edges(16_000)
    assert len(edges.push(np.zeros(5000, np.float32))) + len(edges.flush()) == 0
