"""ICS: what is busy in a file, by whichever zone, repeated or not; and bookings written so that they are read back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import uuid4
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.links.ics import CalendarUnreadable, Span, busy, merged, written
from store.base.errors import DecrocheError
from store.bookings import Booking

PARIS = "Europe/Paris"
SINCE, UNTIL = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def file(*events: str) -> bytes:
    named = [event if "UID:" in event else f"UID:{n}@x\n{event}" for n, event in enumerate(events)]
    body = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in named)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{body}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def read(*events: str, zone: str = PARIS) -> list[tuple[str, str]]:
    """(start, end) in Paris, each as "10-26 09:00"."""
    shown = [(span.starts_at, span.ends_at) for span in busy([file(*events)], SINCE, UNTIL, zone)]
    paris = ZoneInfo(PARIS)
    return [(f"{a.astimezone(paris):%m-%d %H:%M}", f"{b.astimezone(paris):%m-%d %H:%M}") for a, b in shown]


@pytest.mark.parametrize(
    ("event", "span"),
    [
        ("DTSTART:20261110T090000Z\nDTEND:20261110T100000Z", ("11-10 10:00", "11-10 11:00")),
        ("DTSTART:20261110T090000\nDTEND:20261110T100000", ("11-10 09:00", "11-10 10:00")),  # no zone: the calendar's
        ("DTSTART;TZID=Indian/Reunion:20261110T120000\nDURATION:PT30M", ("11-10 09:00", "11-10 09:30")),
        ("DTSTART;VALUE=DATE:20261111\nDTEND;VALUE=DATE:20261112", ("11-11 00:00", "11-12 00:00")),
        ("DTSTART;VALUE=DATE:20261111", ("11-11 00:00", "11-12 00:00")),
        ("DTSTART:20260915T090000Z\nDTEND:20261002T090000Z", ("10-01 02:00", "10-02 11:00")),  # cut to what is asked
    ],
)
def test_one_event_is_busy_where_it_stands(event: str, span: tuple[str, str]) -> None:
    assert read(event) == [span]


@pytest.mark.parametrize("line", ["TRANSP:TRANSPARENT", "STATUS:CANCELLED", "UID:0199@decroche"])
def test_what_takes_no_time_is_not_busy(line: str) -> None:
    event = f"DTSTART:20261110T090000Z\nDTEND:20261110T100000Z\n{line}"
    assert read(event) == []


def test_a_weekly_event_keeps_its_hour_over_the_change_of_clocks_and_its_exceptions() -> None:
    weekly = (
        "DTSTART;TZID=Europe/Paris:20261016T090000\nDTEND;TZID=Europe/Paris:20261016T100000\n"
        "RRULE:FREQ=WEEKLY;COUNT=5\nEXDATE;TZID=Europe/Paris:20261030T090000"
    )
    assert [starts for starts, _ in read(weekly)] == ["10-16 09:00", "10-23 09:00", "11-06 09:00", "11-13 09:00"]


def test_an_occurrence_that_was_moved_is_busy_where_it_was_moved_to() -> None:
    text = file("DTSTART:20261102T090000Z\nDTEND:20261102T100000Z\nRRULE:FREQ=DAILY;COUNT=2").replace(
        b"END:VCALENDAR",
        b"BEGIN:VEVENT\r\nUID:0@x\r\nRECURRENCE-ID:20261103T090000Z\r\nDTSTART:20261103T150000Z\r\n"
        b"DTEND:20261103T160000Z\r\nEND:VEVENT\r\nEND:VCALENDAR",
    )
    assert [span.starts_at.hour for span in busy([text], SINCE, UNTIL, PARIS)] == [9, 15]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<html>404</html>",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR",
        file("DTSTART:tomorrow"),
        file("DTSTART:20261110T090000Z\nRRULE:FREQ=SECONDLY"),
        file("DTSTART:20261110T090000Z\nRRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5,6;BYMINUTE=1,2,3,4,5,6"),
        b"x" * 5_000_001,
    ],
)
def test_what_is_no_calendar_or_beyond_measure_is_refused(text: bytes) -> None:
    with pytest.raises(CalendarUnreadable):
        busy([text], SINCE, UNTIL, PARIS)


@given(st.binary(max_size=300), st.text("BEGINVDT:;=-\r\nRUL20261110Z", max_size=200))
def test_no_file_whatever_is_a_fault_of_ours(raw: bytes, text: str) -> None:
    for given_ in (raw, file(text.replace("\r", "")), file(f"DTSTART:20261110T090000Z\n{text}")):
        try:
            spans = busy([given_], SINCE, UNTIL, PARIS)
        except DecrocheError:
            continue
        assert all(SINCE <= span.starts_at < span.ends_at <= UNTIL for span in spans)


INSTANTS = st.integers(0, 5000).map(lambda minutes: SINCE + timedelta(minutes=minutes))
SPANS = st.builds(lambda at, n: Span(at, at + timedelta(minutes=n)), INSTANTS, st.integers(1, 300))


@given(st.lists(SPANS, max_size=20), INSTANTS)
def test_merged_spans_are_the_same_time_apart_from_each_other(spans: list[Span], at: datetime) -> None:
    out = merged(spans)
    assert any(s.starts_at <= at < s.ends_at for s in spans) == any(s.starts_at <= at < s.ends_at for s in out)
    assert all(a.ends_at < b.starts_at for a, b in pairwise(out))


BOOKINGS = st.builds(
    lambda at, n, name, phone, note, status: Booking(
        uuid4(), uuid4(), None, "accueil", name, phone, at, at + timedelta(minutes=n), note, status, at
    ),
    INSTANTS, st.integers(5, 480), st.text(st.characters(codec="utf-8", exclude_categories=("C",)), min_size=1),
    st.none() | st.just("+33612345678"), st.text(st.characters(codec="utf-8", exclude_categories=("C",))),
    st.sampled_from(["booked", "cancelled"]),
)  # fmt: skip


@given(st.lists(BOOKINGS, max_size=4))
def test_bookings_are_read_back_by_a_calendar_as_they_were_written(bookings: list[Booking]) -> None:
    text = written(bookings, name="Cabinet", now=SINCE)
    events = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert [str(event["UID"]) for event in events] == [f"{booking.id}@decroche" for booking in bookings]
    for event, booking in zip(events, bookings, strict=True):
        assert (event["DTSTART"].dt, event["DTEND"].dt) == (booking.starts_at, booking.ends_at)
        assert str(event["SUMMARY"]) == booking.name
        assert str(event["STATUS"]) == ("CONFIRMED" if booking.status == "booked" else "CANCELLED")
    assert busy([text], SINCE, UNTIL, PARIS) == []  # our own, come back, take no time
