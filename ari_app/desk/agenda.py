"""Appointments: turns what the caller agreed to into a booking, or proposes the nearest free times."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg import Rollback

from agents.check_steps import LEAST_MINUTES, MOST_MINUTES
from ari_app.desk import after
from ari_app.desk.office_types import Answerable
from store import bookings
from store.base.actor import Actor
from store.base.errors import BadInput
from store.bookings import Booking, SlotTaken
from store.db import Conn

MINUTES = 30
"""Length of an appointment whose scenario does not say."""
PROPOSED = 3
"""Free times proposed when the one wanted is taken."""
LOOK_AHEAD = timedelta(days=14)
TO_CONFIRM = "À confirmer : l'agenda ne répondait pas."
"""How the note of an appointment begins that was made while the client's calendar was away."""
WHOLE_NAME = 2
"""Words of a name that tell one person from another, together with the day."""
_MAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")
SHORTEST, LONGEST = timedelta(minutes=LEAST_MINUTES), timedelta(minutes=MOST_MINUTES)
"""An appointment's length: what a scenario, or a caller through it, may ask for."""


def book(conn: Conn, who: Answerable, call_id: UUID, party: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Book `args` (name, day, time; minutes, note, email). Outcome: done; to_confirm where the client's calendar is
    away; taken or closed, both with `alternatives`."""
    starts, length = wanted(args, who.timezone)
    if not is_open(who, starts, length):
        return {"outcome": "closed", "alternatives": alternatives(conn, who, starts, length)}
    away = bookings.calendar_away(conn, who.agent_name)
    note = " ".join(filter(None, [TO_CONFIRM if away else "", str(args.get("note", ""))]))
    try:
        made = bookings.book(
            conn, who.tenant_id, who.agent_name, str(args.get("name", "")), starts, starts + length,
            call_id=call_id, phone=party or None, note=note, email=_email(args),
        )  # fmt: skip
    except SlotTaken:
        if (own := bookings.made_in(conn, call_id, starts)) is not None:  # asked again after the process had died
            return {"outcome": "done", "booking": str(own.id), "starts_at": starts.isoformat()}
        return {"outcome": "taken", "alternatives": alternatives(conn, who, starts, length)}
    after.booked(conn, made)
    return {"outcome": "to_confirm" if away else "done", "booking": str(made.id), "starts_at": starts.isoformat()}


def _email(args: Mapping[str, Any]) -> str:
    """Where the person is told, where they gave an address; what is none is left out."""
    given = str(args.get("email", "")).strip()
    return given if _MAIL.fullmatch(given) and len(given) <= 254 else ""


def reschedule(
    conn: Conn, who: Answerable, call_id: UUID, party: str, args: Mapping[str, Any], *, called_us: bool
) -> Mapping[str, Any]:
    """Move the party's appointment (as `cancel` finds it, `from` its day) to `day` and `time`; both or neither is done.

    Outcome: done, to_confirm, none; taken or closed, both with `alternatives`, and then the old one stands."""
    old = _theirs(conn, who, party, args, "from", called_us=called_us)
    if old is None:
        return {"outcome": "none"}
    kept = {
        "minutes": (old.ends_at - old.starts_at) // timedelta(minutes=1), "email": old.email,
        "note": old.note.removeprefix(TO_CONFIRM).strip(),
    }  # fmt: skip
    moved: Mapping[str, Any] = {}
    with conn.transaction() as both:
        after.booked(conn, bookings.cancel(conn, old.id))
        moved = book(conn, who, call_id, old.phone or party, {**kept, **args, "name": old.name})
        if moved["outcome"] not in ("done", "to_confirm"):
            raise Rollback(both)
    return moved


def wanted(args: Mapping[str, Any], timezone: str) -> tuple[datetime, timedelta]:
    """The instant and the length asked for. Raises BadInput naming the field that cannot be read."""
    try:
        day, clock = date.fromisoformat(str(args["day"])), time.fromisoformat(str(args["time"]))
        length = timedelta(minutes=int(args.get("minutes") or MINUTES))
        starts = datetime.combine(day, clock, ZoneInfo(timezone))
        _ = starts + LOOK_AHEAD + LONGEST  # what is looked at must be in the calendar
    except (KeyError, ValueError, OverflowError) as error:
        raise BadInput(f"appointment: {error}", hint="day is 2026-11-24, time is 14:30") from error
    if not SHORTEST <= length <= LONGEST:
        raise BadInput(f"appointment: minutes is {args['minutes']}", hint=f"from {LEAST_MINUTES} to {MOST_MINUTES}")
    return starts, length


def is_open(who: Answerable, starts: datetime, length: timedelta) -> bool:
    """The company is open for the whole appointment (always, when the agent's file has no hours)."""
    hours = who.agent.hours
    if hours is None:
        return True
    last = starts + length - timedelta(minutes=1)
    return all(hours.open_at(at.date(), at.time()) for at in (starts, last))


def alternatives(conn: Conn, who: Answerable, starts: datetime, length: timedelta) -> list[dict[str, str]]:
    """The first free times after the one wanted, in open hours."""
    until = starts + LOOK_AHEAD
    taken = bookings.taken(conn, who.agent_name, starts, until + LONGEST)
    free: list[dict[str, str]] = []
    for step in range(1, LOOK_AHEAD // length + 1):
        if len(free) == PROPOSED:
            break
        at = starts + step * length
        clear = all(at >= ends or at + length <= begins for begins, ends in taken)
        if clear and is_open(who, at, length):
            free.append({"day": at.date().isoformat(), "time": f"{at:%H:%M}"})
    return free


def cancel(conn: Conn, who: Answerable, party: str, args: Mapping[str, Any], *, called_us: bool) -> Mapping[str, Any]:
    """Cancel the party's next appointment, or that of `day`. Outcome: done, or none."""
    found = _theirs(conn, who, party, args, "day", called_us=called_us)
    if found is None:
        return {"outcome": "none"}
    cancelled = bookings.cancel(conn, found.id)
    after.booked(conn, cancelled)
    return {"outcome": "done", "booking": str(cancelled.id), "starts_at": cancelled.starts_at.isoformat()}


def call_off(conn: Conn, booking_id: UUID, *, by: Actor) -> Booking:
    """Somebody of the client cancels an appointment; calendars are told. Raises NotFound, Refused."""
    cancelled = bookings.call_off(conn, booking_id, by=by)
    after.booked(conn, cancelled)
    return cancelled


def _theirs(
    conn: Conn, who: Answerable, party: str, args: Mapping[str, Any], day_in: str, *, called_us: bool
) -> bookings.Booking | None:
    """The appointment that is meant: by the number that booked, on the day that is named where there is one.

    A number that is shown proves nothing: who `called_us` says the name that it is booked under too. From another
    number, the whole name and the day find it, where they find one alone.
    """
    said, day = _words(str(args.get("name", ""))), _day(args.get(day_in))
    zone = ZoneInfo(who.timezone)
    coming = bookings.find(conn, agent=None, since=who.now(), phone=party) if party else []
    if called_us:
        coming = [booking for booking in coming if said & _words(booking.name)]
    if coming:
        return next((each for each in coming if each.starts_at.astimezone(zone).date() == day), coming[0])
    if not called_us or day is None or len(said) < WHOLE_NAME:
        return None
    from_at = max(who.now(), datetime.combine(day, time(), zone))
    until = datetime.combine(day + timedelta(days=1), time(), zone)
    named = [each for each in bookings.find(conn, since=from_at, until=until) if _words(each.name) == said]
    return named[0] if len(named) == 1 else None


def _day(given: object) -> date | None:
    try:
        return date.fromisoformat(str(given))
    except ValueError:
        return None


def _words(name: str) -> set[str]:
    """The words of a name, to compare: small letters, no accents, no initials."""
    plain = "".join(c for c in unicodedata.normalize("NFD", name.casefold()) if not unicodedata.combining(c))
    return {word for word in re.findall(r"\w+", plain) if len(word) > 1}
