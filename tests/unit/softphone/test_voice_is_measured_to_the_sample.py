"""Synthetic tones in 20 ms packets with known times: what measure.py makes of them."""

from __future__ import annotations

import numpy as np
import pytest

from ari_app.softphone.g711 import Samples, decode, encode
from ari_app.softphone.measure import Frame, Span, place, reply_ms, spans, went_on_ms

TONE = (8000 * np.sin(2 * np.pi * 500 * np.arange(8000) / 8000 + 1)).astype(np.int16)


def stream(*parts: tuple[bool, int], at_ms: float = 0) -> list[Frame]:
    """Packets of voice (True) and silence (False), each so many ms long."""
    samples = np.concatenate([TONE[: ms * 8] if voice else np.zeros(ms * 8, np.int16) for voice, ms in parts])
    return [Frame(at_ms + i / 8, samples[i : i + 160]) for i in range(0, len(samples), 160)]


def test_a_stretch_of_voice_has_its_first_and_last_sample() -> None:
    (span,) = spans(stream((False, 205), (True, 400), (False, 395)))
    assert span.from_ms == pytest.approx(205, abs=0.5)
    assert span.to_ms == pytest.approx(605, abs=0.5)


def test_a_short_pause_does_not_end_a_stretch() -> None:
    assert len(spans(stream((True, 200), (False, 200), (True, 200)))) == 1


def test_a_long_pause_ends_a_stretch() -> None:
    assert len(spans(stream((True, 200), (False, 400), (True, 200)))) == 2


def test_packets_that_never_came_end_a_stretch() -> None:
    assert len(spans([*stream((True, 200)), *stream((True, 200), at_ms=1000)])) == 2


def test_a_click_is_no_voice() -> None:
    assert spans(stream((False, 100), (True, 10), (False, 90))) == []


def test_line_noise_is_no_voice() -> None:
    noise = np.random.default_rng(1).normal(0, 60, 8000).astype(np.int16)
    assert spans([Frame(i / 8, noise[i : i + 160]) for i in range(0, 8000, 160)]) == []


def test_no_packets_hold_no_voice() -> None:
    assert spans([]) == []


def test_a_reply_is_timed_from_the_last_voiced_sample() -> None:
    assert reply_ms(Span(0, 1000), [Span(1450, 2000)]) == 450


def test_voice_that_was_going_on_is_no_reply() -> None:
    assert reply_ms(Span(500, 1000), [Span(0, 1200)]) is None


def test_an_interrupted_agent_is_timed_from_the_callers_first_voiced_sample() -> None:
    assert went_on_ms(Span(500, 2000), [Span(0, 820), Span(3000, 4000)]) == 320


def test_an_agent_between_two_words_that_says_the_next_one_went_on() -> None:
    assert went_on_ms(Span(500, 2000), [Span(0, 450), Span(600, 900), Span(3000, 4000)]) == 400


def test_a_silent_agent_was_not_interrupted() -> None:
    assert went_on_ms(Span(500, 2000), [Span(3000, 4000)]) is None


def test_frames_are_placed_where_they_were_heard() -> None:
    line = place([Frame(500, TONE[:160])], 1)
    assert np.flatnonzero(line)[[0, -1]].tolist() == [4000, 4159]


def test_a_jittery_packet_joins_the_one_before() -> None:
    line = place([Frame(0, TONE[1:161]), Frame(45, TONE[1:161])], 1)
    assert int(np.flatnonzero(line)[-1]) < 2 * 160


def test_every_alaw_code_survives_a_round_trip() -> None:
    codes = bytes(range(256))
    assert encode(decode(codes)) == codes


def test_alaw_keeps_a_tone_within_a_few_percent() -> None:
    heard: Samples = decode(encode(TONE))
    assert float(np.abs(heard.astype(int) - TONE).max()) < 0.04 * 8000
