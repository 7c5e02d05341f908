"""Files of every rate and channel count come out as the models need them."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from asr.audio import from_slin16, read, resample
from asr.base import SAMPLE_RATE, BadAudio


def tone(hertz: float, rate: int, seconds: float = 1.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)).astype(np.float32)


def write(path: Path, pcm: np.ndarray, rate: int, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((np.repeat(pcm, channels) * 32767).astype("<i2").tobytes())
    return path


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_tone_keeps_its_pitch_loudness_and_length(tmp_path, rate, channels):
    pcm = read(write(tmp_path / "tone.wav", tone(1000, rate), rate, channels))
    middle = pcm[2000:-2000]
    ideal = tone(1000, SAMPLE_RATE)[2000:-2000]
    assert pcm.dtype == np.float32
    assert abs(pcm.size - SAMPLE_RATE) <= 1
    assert np.abs(middle - ideal[: middle.size]).max() < 0.005


def test_nothing_is_left_of_what_16_khz_cannot_hold(tmp_path):
    pcm = resample(tone(12_000, 48_000), 48_000)
    assert np.abs(pcm[500:-500]).max() < 0.001


def test_upsampled_telephone_audio_has_no_mirror_image_above_4_khz():
    pcm = resample(tone(3000, 8000), 8000)
    spectrum = np.abs(np.fft.rfft(pcm * np.hanning(pcm.size)))
    assert spectrum[4200:].max() < spectrum[:4000].max() * 1e-3


def test_a_file_that_is_no_sound_is_named(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("bonjour")
    with pytest.raises(BadAudio, match=r"notes\.txt"):
        read(path)


def test_an_empty_wav_is_named(tmp_path):
    with pytest.raises(BadAudio, match=r"empty\.wav"):
        read(write(tmp_path / "empty.wav", np.zeros(0, np.float32), 8000))


def test_slin16_becomes_samples_between_minus_one_and_one():
    samples = np.array([0, 1, -1, 32767, -32768], dtype="<i2").tobytes()
    assert from_slin16(samples).tolist() == [0.0, 1 / 32768, -1 / 32768, 32767 / 32768, -1.0]
