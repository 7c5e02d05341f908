"""Where long recordings are cut, from speech probabilities alone."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from asr.segments import LONGEST, spans

FRAME = 0.032


def seconds(speech: float, silence: float = 0.0) -> list[float]:
    return [0.9] * round(speech / FRAME) + [0.1] * round(silence / FRAME)


def test_silence_has_no_spans():
    assert spans(seconds(0, 5), FRAME) == []


def test_words_with_short_pauses_stay_together_and_long_pauses_part_them():
    found = spans([*seconds(2, 0.3), *seconds(2, 3), *seconds(1, 0)], FRAME)
    assert len(found) == 2
    assert abs(found[0][1] - found[0][0] - 4.3) < 0.1


def test_a_speech_without_a_pause_is_cut_where_it_is_faintest():
    faint = [*seconds(20), 0.6, *seconds(15)]
    found = spans(faint, FRAME)
    assert len(found) == 2
    assert abs(found[0][1] - 20) < 2 * FRAME


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(0, 5)), max_size=6))
def test_spans_are_in_order_apart_short_enough_and_hold_all_speech(parts):
    track = [p for speech, silence in parts for p in seconds(speech, silence)]
    found = spans(track, FRAME)
    assert all(end - start <= LONGEST + FRAME for start, end in found)
    assert all(a[1] <= b[0] for a, b in pairwise(found))
    held = sum(end - start for start, end in found)
    assert held >= sum(p >= 0.5 for p in track) * FRAME - 1e-6
