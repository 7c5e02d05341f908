"""Who is reminded of which appointment, and when. Pure: a diary, what was planned before and `now` in, changes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from campaigns.planning.hours import Calendar

LEAST = timedelta(minutes=30)
"""Nobody is reminded of an appointment that begins so soon, or that they made so short a time before the reminder."""

SAYS: Mapping[str, tuple[str, ...]] = {
    "name": ("patient", "name", "nom", "client", "customer"),
    "day": ("date", "day", "jour"),
    "time": ("heure", "time", "at", "hour"),
}
"""What is known of an appointment → the names by which an agent's file may ask for it."""


@dataclass(frozen=True, slots=True)
class Appointment:
    """One of the diary. `phone`: E.164; times are aware."""

    id: UUID
    name: str
    phone: str
    starts_at: datetime
    made_at: datetime


@dataclass(frozen=True, slots=True)
class New:
    """Somebody to be reminded, from `due_at` on."""

    of: Appointment
    due_at: datetime
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Changes:
    """`gone`: appointments that were planned for and are called off or past; whoever waits for them is not called."""

    new: Sequence[New]
    gone: Sequence[UUID]


def planned(
    diary: Sequence[Appointment], before: Mapping[UUID, str], now: datetime, hours: int, calendar: Calendar,
    variables: frozenset[str],
) -> Changes:  # fmt: skip
    """`before`: appointments that have their target → its state. `hours`: how long before it a person is called."""
    stands = {one.id for one in diary if one.starts_at - now > LEAST}
    new: list[New] = []
    for one in diary:
        if one.id in before or one.id not in stands:
            continue
        due = reminder_at(one, now, hours, calendar)
        if due is not None:
            new.append(New(one, due, said(one, variables, calendar.zone)))
    return Changes(new, [about for about, state in before.items() if state == "waiting" and about not in stands])


def reminder_at(of: Appointment, now: datetime, hours: int, calendar: Calendar) -> datetime | None:
    """When this person is called: so long before the appointment, in the campaign's hours, earlier where those are
    closed; at once where that is past. None: it was made as late as that, or no hour is left before it."""
    wished = of.starts_at - timedelta(hours=hours)
    if of.made_at > wished - LEAST:
        return None
    due = calendar.last_open(wished)
    if due is None or due < now:
        due = calendar.next_open(now)
    return due if due is not None and of.starts_at - due > LEAST else None


def lacking(variables: frozenset[str]) -> list[str]:
    """What an agent asks for and no appointment says, in alphabetical order."""
    return sorted(variables - {name for names in SAYS.values() for name in names})


def said(of: Appointment, variables: frozenset[str], zone: ZoneInfo) -> dict[str, str]:
    """What the agent is given: the name, the day (2026-11-26), the time (14:30), by the names its file has."""
    here = of.starts_at.astimezone(zone)
    known = {"name": of.name, "day": here.date().isoformat(), "time": f"{here:%H:%M}"}
    return {name: known[what] for what, names in SAYS.items() for name in names if name in variables}
