"""Real Silero on speech, silence and several streams."""

from __future__ import annotations

import time

import numpy as np
import pytest

from asr.base import BadAudio
from asr.vad import FRAME, SileroVad


def probabilities(vad: SileroVad, pcm: np.ndarray) -> list[float]:
    return [vad.push(pcm[i : i + FRAME]) for i in range(0, pcm.size - FRAME, FRAME)]


def test_speech_is_speech_and_the_silence_around_it_is_not(prompt):
    silence = np.zeros(16_000, np.float32)
    pcm = np.concatenate([silence, prompt("vm-nobodyavail"), silence])
    found = probabilities(SileroVad(), pcm)
    assert max(found[:25]) < 0.3
    assert np.mean(np.array(found[36:-36]) > 0.5) > 0.8
    assert max(found[-15:]) < 0.3


def test_the_first_voiced_frames_are_found_within_100_ms(prompt):
    pcm = prompt("vm-nobodyavail")
    voiced = int(np.argmax(np.abs(pcm) > 0.05))
    vad = SileroVad()
    found = probabilities(vad, np.concatenate([np.zeros(16_000, np.float32), pcm]))
    onset = next(i for i, p in enumerate(found) if p > 0.5) * FRAME - 16_000
    assert onset - voiced < 1600


def test_two_streams_do_not_disturb_each_other(prompt):
    a, b = prompt("vm-opts"), prompt("demo-echotest")
    alone = probabilities(SileroVad(), a)
    one, other = SileroVad(), SileroVad()
    woven = []
    for i in range(0, a.size - FRAME, FRAME):
        woven.append(one.push(a[i : i + FRAME]))
        other.push(b[i : i + FRAME])
    assert woven == alone


def test_sixteen_bit_frames_are_heard_as_floats_are(prompt):
    pcm = prompt("vm-tooshort")
    ints = np.round(pcm * 32767).astype(np.int16)
    assert np.allclose(probabilities(SileroVad(), ints), probabilities(SileroVad(), pcm), atol=0.05)


def test_after_a_reset_the_stream_begins_anew(prompt):
    pcm = prompt("vm-tooshort")
    vad = SileroVad()
    first = probabilities(vad, pcm)
    vad.reset()
    assert probabilities(vad, pcm) == first


def test_a_frame_of_20_ms_is_refused():
    with pytest.raises(BadAudio, match="320"):
        SileroVad().push(np.zeros(320, np.float32))


def test_a_frame_costs_a_small_part_of_its_own_time(prompt):
    vad, pcm = SileroVad(), prompt("vm-opts")
    took = []
    for i in range(0, pcm.size - FRAME, FRAME):
        began = time.perf_counter()
        vad.push(pcm[i : i + FRAME])
        took.append(time.perf_counter() - began)
    assert np.median(took) < 0.002
