"""A reminder is given its hours before the appointment, earlier where nobody is called then, and once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.planning.hours import Calendar, spans
from campaigns.planning.reminding import LEAST, Appointment, lacking, planned, reminder_at, said

PARIS = ZoneInfo("Europe/Paris")
OFFICE = Calendar(
    date(2026, 11, 1), date(2027, 1, 31), frozenset({1, 2, 3, 4, 5}), spans("10:00-12:30,14:00-18:00"), PARIS
)
LONG_AGO = datetime(2026, 10, 1, 12, tzinfo=UTC)
VARIABLES = frozenset({"patient", "date", "heure"})


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Of November 2026, by the clock of Paris; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=PARIS)


def appointment(starts_at: datetime, made_at: datetime = LONG_AGO, about: UUID | None = None) -> Appointment:
    return Appointment(about or uuid4(), "Claire Martin", "+33612345678", starts_at, made_at)


@pytest.mark.parametrize(
    ("starts_at", "called_at"),
    [
        (at(26, 14, 30), at(25, 14, 30)),  # a day before, when people are called
        (at(26, 13, 0), at(25, 11, 30)),  # not over lunch: an hour before it
        (at(23, 10, 30), at(20, 17, 0)),  # Monday's are told on Friday
        (at(24, 9, 0), at(20, 17, 0)),  # a day before is too early on Monday
    ],
)
def test_it_is_given_a_day_before_in_the_campaigns_hours_or_earlier(starts_at: datetime, called_at: datetime) -> None:
    assert reminder_at(appointment(starts_at), at(16, 9), 24, OFFICE) == called_at


def test_what_should_have_been_told_already_is_told_as_soon_as_may_be() -> None:
    assert reminder_at(appointment(at(23, 16)), at(23, 9), 24, OFFICE) == at(23, 10)


@pytest.mark.parametrize(
    ("starts_at", "made_at"),
    [
        (at(23, 10, 20), LONG_AGO),  # no hour is left before it
        (at(26, 14), at(26, 9)),  # who made it this morning knows
        (at(26, 14), at(25, 13, 45)),
    ],
)
def test_nobody_is_called_for_nothing(starts_at: datetime, made_at: datetime) -> None:
    assert reminder_at(appointment(starts_at, made_at), at(23, 9, 55), 24, OFFICE) is None


def test_an_appointment_is_planned_once_and_what_is_called_off_is_not_told() -> None:
    kept, off, told = appointment(at(26, 14)), uuid4(), uuid4()
    changes = planned([kept], {}, at(23, 9), 24, OFFICE, VARIABLES)
    assert [(one.of, dict(one.variables)) for one in changes.new] == [
        (kept, {"patient": "Claire Martin", "date": "2026-11-26", "heure": "14:00"})
    ]
    before = {kept.id: "waiting", off: "waiting", told: "done"}
    changes = planned([kept], before, at(23, 9), 24, OFFICE, VARIABLES)
    assert (list(changes.new), list(changes.gone)) == ([], [off])


def test_who_was_not_reached_before_it_begins_is_not_called_any_more() -> None:
    kept = appointment(at(26, 14))
    before = {kept.id: "waiting"}
    assert not planned([kept], before, at(26, 13), 24, OFFICE, VARIABLES).gone
    assert planned([kept], before, at(26, 13, 40), 24, OFFICE, VARIABLES).gone == [kept.id]


def test_what_no_appointment_says_is_named() -> None:
    assert lacking(frozenset({"patient", "dossier", "heure", "age"})) == ["age", "dossier"]
    assert said(appointment(at(26, 14, 30)), frozenset({"name", "day", "at"}), PARIS) == {
        "name": "Claire Martin", "day": "2026-11-26", "at": "14:30",
    }  # fmt: skip


@given(
    st.integers(0, 40 * 24 * 60), st.integers(0, 40 * 24 * 60), st.integers(1, 336),
    st.sampled_from(["", "10:00-12:30,14:00-18:00", "08:00-09:00", "23:00-24:00"]),
    st.sets(st.integers(1, 7), min_size=1),
)  # fmt: skip
def test_no_reminder_is_outside_the_hours_nor_after_what_it_reminds_of(
    start: int, now_at: int, hours: int, open_: str, days: set[int]
) -> None:
    calendar = Calendar(date(2026, 11, 1), date(2027, 1, 31), frozenset(days), spans(open_), PARIS)
    now = at(1, 0) + timedelta(minutes=now_at)
    of = appointment(at(1, 0) + timedelta(minutes=start))
    due = reminder_at(of, now, hours, calendar)
    if due is None:
        return
    assert calendar.next_open(due) == due
    assert now <= due < of.starts_at - LEAST
