"""Where a ticket stands after each post, and what its clock does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.support import standing
from portal.support.hours import due, worked
from portal.support.standing import ALLOWED, Standing

MONDAY = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)  # 10:00 in Paris
FOUR = timedelta(hours=4)
HOUR = timedelta(hours=1)


def test_a_question_is_open_until_it_is_answered() -> None:
    one = standing.opened(MONDAY, FOUR)
    assert one == Standing("open", MONDAY + FOUR)
    assert not one.late(MONDAY + FOUR)
    assert one.late(MONDAY + FOUR + timedelta(seconds=1))
    assert standing.answered(one, MONDAY + HOUR, FOUR, waits=False) == Standing("answered")


def test_what_the_client_adds_moves_no_deadline() -> None:
    one = standing.opened(MONDAY, FOUR)
    assert standing.asked(one, MONDAY + HOUR, FOUR) == one


def test_the_clock_stands_still_while_the_client_is_asked() -> None:
    waits = standing.answered(standing.opened(MONDAY, FOUR), MONDAY + HOUR, FOUR, waits=True)
    assert waits == Standing("waiting", left=3 * HOUR)
    assert not waits.late(MONDAY + timedelta(days=30))
    again = standing.asked(waits, MONDAY + timedelta(days=1), FOUR)
    assert again == Standing("open", MONDAY + timedelta(days=1) + 3 * HOUR)


def test_a_question_asked_twice_gives_the_operator_no_more_time() -> None:
    once = standing.answered(standing.opened(MONDAY, FOUR), MONDAY + HOUR, FOUR, waits=True)
    assert standing.answered(once, MONDAY + 2 * HOUR, FOUR, waits=True) == once


def test_asking_late_does_not_make_it_less_late() -> None:
    late = MONDAY + timedelta(days=2)
    waits = standing.answered(standing.opened(MONDAY, FOUR), late, FOUR, waits=True)
    assert waits == Standing("waiting", left=timedelta(0))
    assert standing.asked(waits, late + HOUR, FOUR).late(late + HOUR + timedelta(seconds=1))


@pytest.mark.parametrize("before", [Standing("answered"), Standing("closed")])
def test_writing_in_what_was_answered_or_closed_opens_it_anew(before: Standing) -> None:
    assert standing.asked(before, MONDAY, FOUR) == standing.opened(MONDAY, FOUR)
    assert standing.answered(before, MONDAY, FOUR, waits=False) == Standing("answered")
    assert standing.answered(before, MONDAY, FOUR, waits=True) == Standing("waiting", left=FOUR)


def test_graver_is_sooner_and_a_better_plan_is_never_later() -> None:
    for terms in ALLOWED.values():
        assert list(terms.values()) == sorted(terms.values())
    assert all(ALLOWED["priority"][name] <= allowed for name, allowed in ALLOWED["standard"].items())


MOVES = st.lists(st.tuples(st.sampled_from(["asks", "answers", "questions", "closes"]), st.integers(1, 5 * 24 * 60)))


@given(MOVES)
def test_however_people_write_the_operator_never_has_more_than_was_allowed(moves: list[tuple[str, int]]) -> None:
    at, of, used = MONDAY, standing.opened(MONDAY, FOUR), timedelta(0)
    for move, minutes in moves:
        after = at + timedelta(minutes=minutes)
        if of.state == "open":
            used += worked(at, after)
        match move:
            case "asks":
                fresh = of.state in ("answered", "closed")
                of = standing.asked(of, after, FOUR)
            case "answers":
                fresh, of = False, standing.answered(of, after, FOUR, waits=False)
            case "questions":
                fresh = of.state in ("answered", "closed")
                of = standing.answered(of, after, FOUR, waits=True)
            case _:
                fresh, of = False, standing.closed(of)
        at, used = after, timedelta(0) if fresh else used
        assert (of.due_at is not None) == (of.state == "open")
        assert (of.left is not None) == (of.state == "waiting")
        if of.due_at is not None and used < FOUR:
            assert of.due_at == due(at, FOUR - used)
