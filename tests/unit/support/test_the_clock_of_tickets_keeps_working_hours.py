"""The clock of working hours, over clock changes and holidays: properties, and cases worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rating.holidays_fr import public_holidays
from portal.support.hours import CLOSES, DAY, OPENS, PARIS, due, span, worked, works

INSTANTS = st.integers(1_704_067_200, 1_924_905_600).map(lambda second: datetime.fromtimestamp(second, UTC))
"""From 2024 to 2030."""
LENGTHS = st.integers(0, 60 * 3600).map(lambda seconds: timedelta(seconds=seconds))
CHANGES = [date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31)]
"""Sundays on which the clocks of Paris change."""


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


@given(INSTANTS, LENGTHS)
def test_what_was_allowed_has_passed_when_the_answer_is_due(at: datetime, allowed: timedelta) -> None:
    assert worked(at, due(at, allowed)) == allowed


@given(INSTANTS, LENGTHS.filter(bool))
def test_an_answer_is_due_within_hours_and_never_sooner_than_allowed(at: datetime, allowed: timedelta) -> None:
    found = due(at, allowed)
    local = found.astimezone(PARIS)
    assert found - at >= allowed
    assert works(local.date())
    assert OPENS < local.time() <= CLOSES


@given(INSTANTS, LENGTHS, LENGTHS)
def test_a_clock_that_stood_still_goes_on_with_what_was_left(at: datetime, one: timedelta, more: timedelta) -> None:
    assert due(due(at, one), more) == due(at, one + more)


@given(INSTANTS, INSTANTS, INSTANTS)
def test_time_adds_up_and_is_never_more_than_went_by(a: datetime, b: datetime, c: datetime) -> None:
    first, middle, last = sorted((a, b, c))
    assert worked(first, middle) + worked(middle, last) == worked(first, last)
    assert timedelta(0) <= worked(first, last) <= last - first
    assert worked(last, first) == timedelta(0)


@given(st.dates(date(2024, 1, 1), date(2030, 12, 31)))
def test_a_working_day_is_nine_hours_and_another_none(day: date) -> None:
    midnight = datetime.combine(day, time(), PARIS).astimezone(UTC)
    after = datetime.combine(day + timedelta(days=1), time(), PARIS).astimezone(UTC)
    assert worked(midnight, after) == (DAY if works(day) else timedelta(0))
    assert works(day) == (day.weekday() < 5 and day not in public_holidays(day.year))


@pytest.mark.parametrize("sunday", CHANGES)
def test_a_change_of_the_clocks_takes_and_gives_nothing(sunday: date) -> None:
    friday, monday = sunday - timedelta(days=2), sunday + timedelta(days=1)
    assert works(friday)
    asked = datetime.combine(friday, time(17), PARIS).astimezone(UTC)
    ends = monday if works(monday) else monday + timedelta(days=1)  # Easter Monday may follow
    assert due(asked, timedelta(hours=4)) == datetime.combine(ends, time(12), PARIS).astimezone(UTC)
    assert span(friday)[1] - span(friday)[0] == DAY


@pytest.mark.parametrize(
    ("asked", "hours", "expected"),
    [
        ("2026-11-27 10:00", 4, "2026-11-27 14:00"),  # a Friday
        ("2026-11-27 16:00", 4, "2026-11-30 11:00"),  # over a weekend
        ("2026-11-28 03:00", 9, "2026-11-30 18:00"),  # asked on a Saturday: to the last minute of Monday
        ("2026-12-24 17:59", 1, "2026-12-28 09:59"),  # Christmas is a Friday
        ("2026-12-31 12:00", 9, "2027-01-04 12:00"),  # a new year, and its first day is a holiday
        ("2026-05-07 18:00", 9, "2026-05-11 18:00"),  # 8 May is a Friday
        ("2026-05-13 09:00", 18, "2026-05-15 18:00"),  # Ascension on the Thursday between
        ("2026-04-03 08:00", 9, "2026-04-03 18:00"),  # before the hours; Good Friday is no holiday
        ("2026-04-03 18:00", 1, "2026-04-07 10:00"),  # Easter Monday
        ("2026-07-13 17:00", 2, "2026-07-15 10:00"),
    ],
)
def test_cases_worked_out_by_hand(asked: str, hours: int, expected: str) -> None:
    assert due(paris(asked), timedelta(hours=hours)) == paris(expected)


def test_nothing_allowed_is_due_at_once() -> None:
    at = paris("2026-11-28 12:00")
    assert due(at, timedelta(0)) == at
