"""A month of lawful hours for consumers in one place (or in all the places a number may be), and its drawing."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from compliance.law import numbers, windows
from compliance.law.places import Place, by_postcode, plausible
from compliance.law.rulebook import rulebook
from store.base.errors import BadInput

_STEP = timedelta(minutes=15)
"""Time zones and lawful hours all fall on quarters of an hour."""
_FIRST_HOUR, _LAST_HOUR = 7, 22
_CLOSED = {
    "weekend": ("week-end", "weekend"),
    "public_holiday": ("jour férié", "public holiday"),
    "unknown_location": ("lieu inconnu", "unknown location"),
}
_DAYS = {
    "fr": ("lun", "mar", "mer", "jeu", "ven", "sam", "dim"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}


@dataclass(frozen=True, slots=True)
class Day:
    """`spans`: lawful hours, local, end excluded. `closed`: why there are none on the whole day."""

    day: date
    zone: str
    spans: tuple[tuple[datetime, datetime], ...]
    closed: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """date, zone, windows [{from, to}], closed."""
        return {
            "date": self.day.isoformat(),
            "zone": self.zone,
            "windows": [{"from": start.isoformat(), "to": end.isoformat()} for start, end in self.spans],
            "closed": list(self.closed),
        }


def places(postcode: str | None, number: str | None) -> tuple[Place, ...]:
    """Where the person may be. Raises BadInput."""
    if postcode:
        if not re.fullmatch(r"[0-9]{5}", postcode):
            raise BadInput(f"postcode: {postcode!r} is not five digits")
        return by_postcode(postcode)
    found = numbers.read(number or "")
    if found is None:
        raise BadInput(f"to: {number!r} is not a telephone number" if number else "give --postcode or --to")
    return plausible(found, None)


def month(where: tuple[Place, ...], text: str, *, local: bool = True) -> list[Day]:
    """The days of a month written 2026-12. Raises BadInput."""
    if not re.fullmatch(r"(19|2[0-9])[0-9]{2}-(0[1-9]|1[0-2])", text):
        raise BadInput(f"month: {text!r} is not a month such as 2026-12")
    year, number = int(text[:4]), int(text[5:])
    days = [date(year, number, day) for day in range(1, monthrange(year, number)[1] + 1)]
    return [_day(day, where, local) for day in days]


def _day(day: date, where: tuple[Place, ...], local: bool) -> Day:
    zone = where[0].zone
    at = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    end = (datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(days=1)).astimezone(UTC)
    spans: list[tuple[datetime, datetime]] = []
    reasons: set[str] = set()
    while at < end:
        rules = rulebook().covering(at, "consumer", "canvassing")
        why = windows.closed(at, where, rules, local=local) if "W1" in rules else ()
        reasons |= set(why)
        if not why and spans and spans[-1][1] == at:
            spans[-1] = (spans[-1][0], at + _STEP)
        elif not why:
            spans.append((at, at + _STEP))
        at += _STEP
    closed = tuple(sorted(reasons - {"outside_hours"})) if not spans else ()
    lawful = tuple((start.astimezone(zone), stop.astimezone(zone)) for start, stop in spans)
    return Day(day, str(zone), lawful, closed)


def draw(days: list[Day], lang: Literal["fr", "en"] = "fr") -> str:
    """The month as a grid of hours: █ lawful, ▌▐ half an hour of it, · not."""
    hours = "".join(f"{hour:02d} " for hour in range(_FIRST_HOUR, _LAST_HOUR))
    title = "heure de" if lang == "fr" else "time of"
    lines = [f"{days[0].day:%Y-%m}  ({title} {days[0].zone})", f"{'':8}{hours}"]
    return "\n".join(lines + [_line(day, lang) for day in days])


def _line(day: Day, lang: Literal["fr", "en"]) -> str:
    cells = "".join(_cell(day, hour) for hour in range(_FIRST_HOUR, _LAST_HOUR))
    why = ", ".join(_CLOSED[reason][0 if lang == "fr" else 1] for reason in day.closed)
    return f"{_DAYS[lang][day.day.weekday()]} {day.day.day:02d}  {cells}{why}".rstrip()


def _cell(day: Day, hour: int) -> str:
    first, second = (
        any(start.hour * 60 + start.minute <= minute < _end(end, day) for start, end in day.spans)
        for minute in (hour * 60, hour * 60 + 30)
    )
    return {(True, True): "██ ", (True, False): "█· ", (False, True): "·█ ", (False, False): "·· "}[first, second]


def _end(end: datetime, day: Day) -> int:
    return end.hour * 60 + end.minute if end.date() == day.day else 24 * 60
