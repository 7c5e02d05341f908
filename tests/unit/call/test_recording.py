"""Two tracks on one clock."""

from __future__ import annotations

import io
import wave

import numpy as np

from ari_app.desk.recording import RATE, Recording, Track

FRAME = np.full(320, 1000, "<i2").tobytes()


def voiced(track: Track) -> list[tuple[int, int]]:
    """Stretches of voice in milliseconds."""
    loud = np.frombuffer(bytes(track.pcm), "<i2") != 0
    edges = np.flatnonzero(np.diff(np.concatenate(([0], loud.astype(int), [0]))))
    return [(int(a) // 16, int(b) // 16) for a, b in edges.reshape(-1, 2)]


def test_frames_that_arrive_a_little_late_are_joined() -> None:
    track = Track()
    for at in (0, 25, 38, 70):
        track.lay(at, FRAME)
    assert voiced(track) == [(0, 80)]


def test_a_real_gap_is_silence() -> None:
    track = Track()
    track.lay(0, FRAME)
    track.lay(500, FRAME)
    assert voiced(track) == [(0, 20), (500, 520)]


def test_words_dropped_by_an_interruption_are_not_in_the_recording() -> None:
    track = Track()
    track.lay(0, FRAME * 50)
    track.cut(300)
    assert voiced(track) == [(0, 300)]


def test_words_held_and_resumed_are_heard_later() -> None:
    track = Track()
    track.lay(0, FRAME * 50)
    track.hold(400, 200)
    assert voiced(track) == [(0, 400), (600, 1200)]


def test_the_file_is_stereo_and_as_long_as_the_longer_side() -> None:
    recording = Recording()
    recording.caller.lay(0, FRAME * 10)
    recording.agent.lay(1000, FRAME)
    with wave.open(io.BytesIO(recording.wav())) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, RATE)
        assert file.getnframes() == RATE * 1020 // 1000
