"""Retries by outcome, and how many calls may begin: pure functions of rows and an instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.planning.pacing import Pace, may_begin, next_turn
from campaigns.planning.retries import next_try

PARIS = ZoneInfo("Europe/Paris")
MORNING = datetime(2026, 11, 23, 10, 30, tzinfo=PARIS)


def test_a_busy_line_is_tried_again_in_twenty_minutes_twice() -> None:
    assert next_try(["busy"], MORNING, PARIS) == MORNING + timedelta(minutes=20)
    assert next_try(["busy", "busy"], MORNING, PARIS) is not None
    assert next_try(["busy", "busy", "busy"], MORNING, PARIS) is None


def test_who_did_not_answer_is_tried_in_another_half_day() -> None:
    assert next_try(["no_answer"], MORNING, PARIS) == MORNING.replace(hour=13, minute=0)
    afternoon = MORNING.replace(hour=15)
    assert next_try(["no_answer"], afternoon, PARIS) == datetime(2026, 11, 24, tzinfo=PARIS)


@pytest.mark.parametrize("last", ["answered", "refused", "wrong_person", "unknown"])
def test_who_was_spoken_to_is_done_with(last: str) -> None:
    assert next_try(["busy", last], MORNING, PARIS) is None


def test_the_trunks_fault_is_not_counted_with_the_persons_absence() -> None:
    assert next_try(["unavailable", "unavailable", "no_answer"], MORNING, PARIS) is not None


INSTANTS = st.lists(st.integers(0, 200).map(lambda s: datetime(2026, 11, 23, tzinfo=UTC) + timedelta(seconds=s)))


@given(st.integers(1, 20), st.integers(1, 30), st.integers(0, 30), INSTANTS, st.integers(-2, 20))
def test_no_more_begin_than_each_limit_allows(
    at_once: int, per_minute: int, in_hand: int, begun: list[datetime], room: int
) -> None:
    now = datetime(2026, 11, 23, 0, 3, tzinfo=UTC)
    count = may_begin(Pace(at_once, per_minute), in_hand, begun, now, room=room)
    assert 0 <= count <= max(0, room)
    assert count == 0 or in_hand + count <= at_once
    recent = [at for at in begun if timedelta(0) <= now - at < timedelta(minutes=1)]
    assert count == 0 or len(recent) + count <= per_minute


@given(st.integers(1, 5), INSTANTS)
def test_at_the_next_turn_the_minute_has_room(per_minute: int, begun: list[datetime]) -> None:
    now, pace = datetime(2026, 11, 23, 0, 4, tzinfo=UTC), Pace(100, per_minute)
    at = next_turn(pace, begun, now)
    assert may_begin(pace, 0, begun, at, room=100) > 0
