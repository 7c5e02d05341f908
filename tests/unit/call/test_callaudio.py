"""The caller's audio by time."""

from __future__ import annotations

import numpy as np

from ari_app.call.callaudio import KEEP_MS, CallerAudio

SECOND = np.arange(16_000, dtype="<i2").tobytes()


def test_windows_are_given_once_and_in_order() -> None:
    audio = CallerAudio()
    audio.add(SECOND)
    first = audio.windows()
    assert [at for at, _ in first] == [32 * n for n in range(1, 32)]
    assert audio.windows() == []
    audio.add(SECOND)
    assert audio.windows()[0][0] == 1024


def test_a_stretch_is_cut_by_its_times() -> None:
    audio = CallerAudio()
    audio.add(SECOND)
    cut = audio.between(500, 510)
    assert np.array_equal(np.round(cut * 32768), np.arange(8000, 8160))


def test_times_hold_after_old_audio_is_forgotten() -> None:
    audio = CallerAudio()
    for _ in range(KEEP_MS // 1000 + 20):
        audio.add(SECOND)
    end = audio.ms
    assert end == (KEEP_MS // 1000 + 20) * 1000
    assert len(audio.between(end - 1000, end)) == 16_000


def test_a_caller_who_sends_nothing_is_silent_and_time_goes_on() -> None:
    audio = CallerAudio()
    audio.add(SECOND)
    audio.fill(300)
    assert audio.ms == 1300
    assert not audio.between(1000, 1300).any()
