"""The mark in the sound: found after a telephone, not in what bears none, never heard, and it changes no length."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tests.telephone import CHANNELS
from tts.pcm import Pcm, from_bytes, resample, to_bytes
from tts.watermark import THRESHOLD, Marker, detect, marked

KEY = "a key"


def speech(seconds: float, seed: int) -> Pcm:
    """Something like speech: pulses of a moving pitch and noise, through formants that change, in syllables."""
    dice, out = np.random.default_rng(seed), list[np.ndarray]()
    while sum(map(len, out)) < seconds * 16_000:
        count = int(16_000 * dice.uniform(0.09, 0.22))
        phase = np.cumsum(np.full(count, dice.uniform(90, 220) / 16_000))
        source = np.diff(np.floor(phase), prepend=0) + 0.02 * dice.standard_normal(count)
        size = 1 << (2 * count).bit_length()
        at = np.fft.rfftfreq(size, 1 / 16_000)
        formants = zip(dice.uniform((250, 900, 2200), (850, 2100, 3300)), (90, 120, 180), strict=True)
        shape = sum(1 / (1 + ((at - centre) / width) ** 2) for centre, width in formants)
        voiced = np.fft.irfft(np.fft.rfft(source, size) * shape, size)[:count] * np.hanning(count)
        out += [0.2 * voiced / np.abs(voiced).max(), np.zeros(int(16_000 * dice.choice([0, 0, 0.02, 0.2])))]
    return np.concatenate(out)[: int(seconds * 16_000)].astype(np.float32)


@pytest.fixture(scope="module")
def said() -> list[Pcm]:
    return [from_bytes(marked(to_bytes(speech(10, seed)), KEY)) for seed in range(6)]


@pytest.mark.parametrize("channel", ["a-law", "amr 12.2"])
def test_ten_seconds_by_telephone_are_found(said: list[Pcm], channel: str) -> None:
    scores = [detect(CHANNELS[channel](pcm), 8000, KEY).score for pcm in said]
    assert sorted(scores)[1] > THRESHOLD, scores


def test_what_is_not_marked_is_not_found_nor_with_another_key(said: list[Pcm]) -> None:
    assert max(detect(speech(10, seed), 16_000, KEY).score for seed in range(20, 32)) < THRESHOLD
    assert max(detect(pcm, 16_000, "another key").score for pcm in said) < THRESHOLD


def test_the_place_and_the_length_of_what_is_marked_are_told(said: list[Pcm]) -> None:
    long = np.concatenate([speech(20, 40), *said[:2], speech(20, 41)])
    found = detect(long, 16_000, KEY)
    assert found.marked
    assert 15 <= found.at <= 32
    assert 10 <= found.seconds <= 40


def test_another_level_and_rate_keep_it(said: list[Pcm]) -> None:
    assert all(detect(resample(0.1 * pcm, 16_000, 24_000), 24_000, KEY).marked for pcm in said)


def test_it_lies_far_under_the_speech_and_is_nothing_in_silence() -> None:
    pcm = speech(10, 1)
    change = from_bytes(marked(to_bytes(pcm), KEY)) - from_bytes(to_bytes(pcm))
    assert 10 * np.log10(float((pcm**2).mean() / (change**2).mean())) > 18
    assert marked(bytes(64_000), KEY) == bytes(64_000)


def test_pieces_are_marked_as_the_whole_and_nothing_is_kept_back() -> None:
    whole = to_bytes(speech(3, 2))
    cuts = [0, 640, 1300 * 2, 20_000, 20_002, 50_000, len(whole)]
    marker = Marker(KEY)
    pieces = [marker.push(whole[a:b]) for a, b in pairwise(cuts)]
    assert [len(piece) for piece in pieces] == [b - a for a, b in pairwise(cuts)]
    assert detect(from_bytes(b"".join(pieces)), 16_000, KEY).score > 4.5
    assert marker.push(b"") == b""


@pytest.mark.parametrize("pcm", [np.zeros(0, np.float32), np.zeros(50, np.float32), np.ones(90_000, np.float32)])
def test_what_is_no_speech_has_no_mark(pcm: Pcm) -> None:
    assert not detect(pcm, 8000, KEY).marked
