"""A recording as Ogg Opus: small, two lanes apart, as long as it was, with all that it said of itself."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest

from store.opus import SoundUnfit, decoded, encoded
from store.recordings import kind_of
from tts.marking import Mark, marked, read_mark, wav
from tts.pcm import active_level

RATE = 16_000
MARK = Mark("decroche", "piper-fr-siwis", channels=(2,))


def voices(seconds: float = 6.0) -> np.ndarray:
    """Somebody left, then somebody right, then nobody: noise shaped like syllables, within a voice's band."""
    rng, at = np.random.default_rng(5), np.arange(int(seconds * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * f * at + rng.uniform(0, 6)) / n for n, f in enumerate((140, 280, 420, 1400, 2500), 1))
    said = tone * (0.5 + 0.5 * np.sin(2 * np.pi * 4 * at)) * 0.12
    third = len(at) // 3
    left, right = np.zeros_like(said), np.zeros_like(said)
    left[:third], right[third : 2 * third] = said[:third], said[third : 2 * third]
    return (np.stack([left, right], axis=1) * 32767).astype("<i2")


def samples(file: bytes) -> np.ndarray:
    with wave.open(io.BytesIO(file)) as read:
        assert (read.getframerate(), read.getnchannels(), read.getsampwidth()) == (RATE, 2, 2)
        return np.frombuffer(read.readframes(read.getnframes()), "<i2").reshape(-1, 2)


def test_it_is_a_tenth_of_the_size_as_long_and_each_side_stays_on_its_lane() -> None:
    pcm = voices()
    first = wav(pcm.tobytes(), RATE, channels=2)
    small = encoded(first)
    assert small[:4] == b"OggS"
    assert len(small) < len(first) / 10
    back = samples(decoded(small))
    assert abs(len(back) - len(pcm)) <= RATE // 100
    third = len(pcm) // 3
    here, there = (back[third // 4 : 3 * third // 4, lane].astype(np.float32) / 32768 for lane in (0, 1))
    assert abs(active_level(here, RATE) - active_level(pcm[third // 4 : 3 * third // 4, 0] / 32768, RATE)) < 2
    assert active_level(there, RATE) < active_level(here, RATE) - 25
    assert np.abs(back[2 * third + RATE // 5 :]).max() < 100, "what is silent stays silent"


def test_the_mark_of_synthetic_speech_comes_back_as_it_was() -> None:
    first = marked(wav(voices().tobytes(), RATE, channels=2), MARK)
    small = encoded(first, "AI-generated speech")
    assert b"AI-generated speech" in small[:4000]
    assert read_mark(decoded(small)) == MARK


def test_a_call_of_no_sound_is_a_moment_of_silence() -> None:
    back = samples(decoded(encoded(wav(b"", RATE, channels=2))))
    assert 0 < len(back) <= RATE // 10
    assert not back.any()


@pytest.mark.parametrize("data", [b"", b"RIFF voice", b"RIFF" + bytes(40), wav(b"", 44_100), b"OggS" + bytes(60)])
def test_what_is_no_such_sound_is_said(data: bytes) -> None:
    with pytest.raises(SoundUnfit):
        encoded(data)
    with pytest.raises(SoundUnfit):
        decoded(data)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.opus.sealed", "opus"), ("a.wav.sealed", "wav"), ("a.wav", "wav"), ("a.OGG", "opus"), ("a", "wav")],
)
def test_a_files_name_says_what_it_is(name: str, kind: str) -> None:
    from pathlib import Path

    assert kind_of(Path("/home/opus.d") / name) == kind
