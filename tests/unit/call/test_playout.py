"""What was heard of what was queued."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ari_app.call.playout import Playout, heard_part

SENTENCE = "Nous sommes ouverts du lundi au vendredi"


def test_a_mark_says_that_the_segment_was_played_whole() -> None:
    playout = Playout()
    segment = playout.begin("s1", SENTENCE)
    playout.add(segment, 100)
    playout.close(segment)
    playout.marked("s1")
    assert playout.pending == 0
    assert playout.flush() == []


def test_a_flush_tells_the_words_heard_of_the_segment_being_played() -> None:
    playout = Playout()
    segment = playout.begin("s1", SENTENCE)
    playout.add(segment, 100)
    playout.close(segment)
    playout.left(50)
    [(cut, heard)] = playout.flush()
    assert cut is segment
    assert heard == "Nous sommes ouverts"


def test_a_segment_never_begun_was_not_heard() -> None:
    playout = Playout()
    playout.add(playout.begin("s1", "Un."), 50)
    second = playout.begin("s2", "Deux.")
    playout.add(second, 50)
    playout.left(50)
    assert playout.flush()[-1] == (second, "")


def test_after_a_flush_what_is_queued_next_counts_from_there() -> None:
    playout = Playout()
    segment = playout.begin("s1", SENTENCE)
    playout.add(segment, 100)
    playout.left(90)
    playout.flush()
    assert playout.pending == 0
    assert playout.begin("s2", "Oui ?").first == 10


@given(st.text(min_size=1), st.floats(0, 1))
def test_what_was_heard_is_a_beginning_of_what_was_said(text: str, fraction: float) -> None:
    assert text.strip().startswith(heard_part(text, fraction).strip())


def test_what_is_queued_after_the_question_is_no_part_of_the_answer() -> None:
    playout = Playout()
    segment = playout.begin("s1", SENTENCE)
    playout.add(segment, 100)
    playout.asked()
    assert not playout.told
    playout.add(segment, 40)
    playout.left(50)
    assert (playout.told, playout.done_of(segment)) == (True, 50)
