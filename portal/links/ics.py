# pyright: basic
"""iCalendar (RFC 5545): bookings as a file that calendars take, and the busy times of a file of theirs. Pure.

An event without a zone, or of a whole day, is of the calendar's own zone. Repeated events are expanded, exceptions and
all; a rule that repeats more often than calendars of people do is refused before it is expanded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from store.base.errors import BadInput

if TYPE_CHECKING:
    from store.bookings import Booking

MOST_BYTES = 5_000_000
MOST_RULES = 2_000
MOST_EVENTS = 20_000
OURS = "@decroche"
"""How the UIDs of our own bookings end."""
_OFTEN = {"HOURLY", "MINUTELY", "SECONDLY"}
_PARTS = ("BYHOUR", "BYMINUTE", "BYSECOND")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From an instant to before another, both aware, in UTC."""

    starts_at: datetime
    ends_at: datetime


class CalendarUnreadable(BadInput):
    """What came is no calendar, or one beyond measure."""

    code = "calendar_unreadable"


def written(bookings: Iterable[Booking], *, name: str, now: datetime, method: str = "PUBLISH") -> bytes:
    """Bookings as one file, instants in UTC; cancelled ones as such. `method`: empty for a CalDAV resource."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Decroche//FR")
    calendar.add("version", "2.0")
    if method:
        calendar.add("method", method)
        calendar.add("x-wr-calname", name)
    for booking in bookings:
        event = icalendar.Event()
        event.add("uid", uid(booking))
        event.add("dtstamp", now.astimezone(UTC))
        event.add("dtstart", booking.starts_at.astimezone(UTC))
        event.add("dtend", booking.ends_at.astimezone(UTC))
        event.add("summary", booking.name)
        event.add("status", "CANCELLED" if booking.status == "cancelled" else "CONFIRMED")
        event.add("sequence", 1 if booking.status == "cancelled" else 0)
        told = "\n".join(filter(None, [booking.phone or "", booking.note]))
        if told:
            event.add("description", told)
        calendar.add_component(event)
    return calendar.to_ical()


def uid(booking: Booking) -> str:
    """By which our own booking is known again."""
    return f"{booking.id}{OURS}"


def busy(texts: Sequence[bytes], since: datetime, until: datetime, zone: str) -> list[Span]:
    """When the calendar is not free from `since` to before `until`: in order, none touching another.

    Left out: cancelled events, those that say they take no time (TRANSP), and our own. `zone`: of what names none.
    Raises CalendarUnreadable.
    """
    found: list[Span] = []
    for text in texts:
        found += _spans(_read(text), since, until, ZoneInfo(zone))
        if len(found) > MOST_EVENTS:
            raise CalendarUnreadable(f"more than {MOST_EVENTS} events", hint="name a calendar of one person")
    return merged(found)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time in as few spans as can be."""
    out: list[Span] = []
    for span in sorted(spans):
        if out and span.starts_at <= out[-1].ends_at:
            out[-1] = Span(out[-1].starts_at, max(out[-1].ends_at, span.ends_at))
        else:
            out.append(span)
    return out


def _read(text: bytes) -> icalendar.Calendar:
    if len(text) > MOST_BYTES:
        raise CalendarUnreadable(f"{len(text)} bytes, more than {MOST_BYTES}")
    try:
        calendar = icalendar.Calendar.from_ical(text)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise CalendarUnreadable(f"no calendar: {error}"[:200], hint="name the address of an .ics file") from error
    _refuse_often(calendar)
    return calendar


def _refuse_often(calendar: icalendar.Calendar) -> None:
    """Rules that would be expanded without end."""
    rules = [cast("dict[str, list[Any]]", rule) for event in calendar.walk("VEVENT") for rule in _rules(event)]
    if len(rules) > MOST_RULES:
        raise CalendarUnreadable(f"more than {MOST_RULES} repeated events")
    for rule in rules:
        often = {str(freq).upper() for freq in rule.get("FREQ", [])} & _OFTEN
        a_day = 1
        for part in _PARTS:
            a_day *= max(1, len(rule.get(part, [])))
        if often or a_day > 24:
            raise CalendarUnreadable("an event that repeats many times a day", hint="take it out of the calendar")


def _rules(event: Any) -> list[Any]:
    rule = event.get("RRULE")
    return rule if isinstance(rule, list) else [rule] if rule else []


def _spans(calendar: icalendar.Calendar, since: datetime, until: datetime, zone: ZoneInfo) -> list[Span]:
    try:
        events = cast("list[Any]", recurring_ical_events.of(calendar, components=["VEVENT"]).between(
            since.astimezone(zone), until.astimezone(zone)))  # fmt: skip
    except (ValueError, TypeError, KeyError, OverflowError, AttributeError) as error:
        raise CalendarUnreadable(f"an event cannot be read: {error}"[:200]) from error
    return [span for event in events if _takes_time(event) and (span := _span(event, zone, since, until))]


def _takes_time(event: Any) -> bool:
    words = {name: str(event.get(name, "")).upper() for name in ("TRANSP", "STATUS")}
    ours = str(event.get("UID", "")).endswith(OURS)
    return words["TRANSP"] != "TRANSPARENT" and words["STATUS"] != "CANCELLED" and not ours


def _span(event: Any, zone: ZoneInfo, since: datetime, until: datetime) -> Span | None:
    """An occurrence, cut to what is asked; None where nothing of it is left."""
    starts = event["DTSTART"].dt
    ends = event["DTEND"].dt if "DTEND" in event else None
    if ends is None:
        length = (
            event["DURATION"].dt if "DURATION" in event else timedelta(days=0 if isinstance(starts, datetime) else 1)
        )
        ends = starts + length
    span = Span(max(_instant(starts, zone), since), min(_instant(ends, zone), until))
    return span if span.starts_at < span.ends_at else None


def _instant(at: date, zone: ZoneInfo) -> datetime:
    if not isinstance(at, datetime):
        at = datetime.combine(at, time())
    return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)
