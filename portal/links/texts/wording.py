"""What a text says of an appointment: whom it is with, when, how to change it; in the agent's language. Pure.

A message about one's own appointment is a service and no prospecting (CPCE L34-5): it names its sender, and needs no
STOP.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from agents.slots.text import Language
from ari_app.desk.agenda import TO_CONFIRM
from compliance.law.numbers import mobile
from store.base.gsm import fitted, size
from store.base.numbering import FRENCH, read
from store.bookings import Booking

What = Literal["booked", "cancelled", "reminder"]
WHATS: tuple[What, ...] = ("booked", "cancelled", "reminder")
EARLIEST, LATEST = time(9), time(20)
"""Nobody is reminded earlier or later in the day; what was just agreed on in a call is confirmed at once."""
BEFORE = timedelta(hours=24)
_LONGEST_NAME = 40
_DAYS: dict[Language, tuple[str, ...]] = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_SAID: dict[Language, dict[str, str]] = {
    "fr": {
        "booked": "{who} : votre rendez-vous du {when} est noté.",
        "waits": "{who} : votre rendez-vous du {when} est à confirmer.",
        "moved": "{who} : votre rendez-vous du {before} est déplacé au {when}.",
        "moved_waits": "{who} : votre rendez-vous du {before} est déplacé au {when}, à confirmer.",
        "cancelled": "{who} : votre rendez-vous du {when} est annulé.",
        "reminder": "{who} : rappel, rendez-vous {when}.",
        "change": " Pour le changer : {number}",
    },
    "en": {
        "booked": "{who}: your appointment on {when} is booked.",
        "waits": "{who}: your appointment on {when} is to be confirmed.",
        "moved": "{who}: your appointment on {before} is moved to {when}.",
        "moved_waits": "{who}: your appointment on {before} is moved to {when}, to be confirmed.",
        "cancelled": "{who}: your appointment on {when} is cancelled.",
        "reminder": "{who}: reminder, appointment {when}.",
        "change": " To change it: {number}",
    },
}  # fmt: skip


def textable(number: str | None) -> bool:
    """Whether it is a French mobile, overseas ones included: others get no text, and nobody pays for one abroad."""
    found = read(number) if number else None
    return found is not None and found.code in FRENCH and mobile(found)


def text(
    what: What, booking: Booking, client: str, zone: str, language: Language, number: str,
    before: datetime | None = None,
) -> str:  # fmt: skip
    """The text, in one SMS where it can be. `client`: who sends it; `number`: the client's own, to call back, or '';
    `before`: when it was to be, of one that was moved."""
    said = _SAID[language]
    waits = what == "booked" and booking.note.startswith(TO_CONFIRM)
    kind: str = "waits" if waits else what
    if what == "booked" and before is not None:
        kind = "moved_waits" if waits else "moved"
    told = said[kind].format(
        who=_short(fitted(client)), when=_when(booking.starts_at, zone, language),
        before=_when(before, zone, language) if before else "",
    )  # fmt: skip
    change = said["change"].format(number=_shown(number)) if number and what != "cancelled" else ""
    whole = fitted(told + change)
    return whole if size(whole).segments == 1 else fitted(told)


def _when(at: datetime, zone: str, language: Language) -> str:
    here = at.astimezone(ZoneInfo(zone))
    day = _DAYS[language][here.weekday()]
    return (
        f"{day} {here:%d/%m} à {here:%Hh%M}" if language == "fr" else f"{day} {here.day}/{here.month} at {here:%H:%M}"
    )


def _short(client: str) -> str:
    line = " ".join(client.split())
    return line if len(line) <= _LONGEST_NAME else line[:_LONGEST_NAME].rsplit(" ", 1)[0]


def _shown(number: str) -> str:
    found = read(number)
    return f"0{found.national}" if found is not None and found.french and not found.short else number


def reminded_at(booking: Booking, zone: str) -> datetime:
    """When its person is reminded: a day before, at an hour at which people are called."""
    at = (booking.starts_at - BEFORE).astimezone(ZoneInfo(zone))
    if at.time() < EARLIEST:
        return at.replace(hour=EARLIEST.hour, minute=0, second=0, microsecond=0)
    if at.time() > LATEST:
        return at.replace(hour=LATEST.hour, minute=0, second=0, microsecond=0)
    return at
