"""Appointments: turns what the caller agreed to into a booking, or proposes the nearest free times."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from agents.check_steps import LEAST_MINUTES, MOST_MINUTES
from ari_app.desk import after
from ari_app.desk.office_types import Answerable
from store import bookings
from store.base.errors import BadInput
from store.bookings import SlotTaken
from store.db import Conn

MINUTES = 30
"""Length of an appointment whose scenario does not say."""
PROPOSED = 3
"""Free times proposed when the one wanted is taken."""
LOOK_AHEAD = timedelta(days=14)
SHORTEST, LONGEST = timedelta(minutes=LEAST_MINUTES), timedelta(minutes=MOST_MINUTES)
"""An appointment's length: what a scenario, or a caller through it, may ask for."""


def book(conn: Conn, who: Answerable, call_id: UUID, party: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Book `args` (name, day, time; minutes, note). Outcome: done, taken or closed, both with `alternatives`."""
    starts, length = wanted(args, who.timezone)
    if not is_open(who, starts, length):
        return {"outcome": "closed", "alternatives": alternatives(conn, who, starts, length)}
    try:
        made = bookings.book(
            conn, who.tenant_id, who.agent_name, str(args.get("name", "")), starts, starts + length,
            call_id=call_id, phone=party or None, note=str(args.get("note", "")),
        )  # fmt: skip
    except SlotTaken:
        return {"outcome": "taken", "alternatives": alternatives(conn, who, starts, length)}
    after.booked(conn, made)
    return {"outcome": "done", "booking": str(made.id), "starts_at": starts.isoformat()}


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
    """Cancel the party's next appointment. Outcome: done, or none.

    A number that is shown proves nothing: who `called_us` says the name that it is booked under too.
    """
    coming = bookings.find(conn, agent=None, since=who.now(), phone=party) if party else []
    if called_us:
        said = _words(str(args.get("name", "")))
        coming = [booking for booking in coming if said & _words(booking.name)]
    if not coming:
        return {"outcome": "none"}
    cancelled = bookings.cancel(conn, coming[0].id)
    after.booked(conn, cancelled)
    return {"outcome": "done", "booking": str(cancelled.id), "starts_at": cancelled.starts_at.isoformat()}


def _words(name: str) -> set[str]:
    """The words of a name, to compare: small letters, no accents, no initials."""
    plain = "".join(c for c in unicodedata.normalize("NFD", name.casefold()) if not unicodedata.combining(c))
    return {word for word in re.findall(r"\w+", plain) if len(word) > 1}
