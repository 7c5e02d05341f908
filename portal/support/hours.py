"""The hours in which tickets are answered: Monday to Friday, 9:00 to 18:00 in Paris, no public holiday (contract, 3.4).

Pure. Instants are aware; lengths are of working time. No clock change falls into those hours, so that a working day is
nine hours long on every day of the year; what is counted is real time all the same.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from billing.rating.holidays_fr import public_holidays

PARIS = ZoneInfo("Europe/Paris")
OPENS, CLOSES = time(9), time(18)
DAY = timedelta(hours=9)
"""Working time of a working day."""
_NONE, _NEXT = timedelta(0), timedelta(days=1)


def works(day: date) -> bool:
    """Whether tickets are answered on a day."""
    return day.weekday() < 5 and day not in public_holidays(day.year)


def span(day: date) -> tuple[datetime, datetime]:
    """The instants at which a day's hours begin and end."""
    return tuple(datetime.combine(day, at, PARIS).astimezone(UTC) for at in (OPENS, CLOSES))  # pyright: ignore[reportReturnType]


def due(at: datetime, allowed: timedelta) -> datetime:
    """The first instant by which so much working time has passed since `at`; `at` itself where nothing is allowed."""
    day, left = at.astimezone(PARIS).date(), allowed
    if left <= _NONE:
        return at
    while True:
        begins, ends = span(day)
        begins = max(begins, at)
        if works(day) and begins < ends:
            if left <= ends - begins:
                return begins + left
            left -= ends - begins
        day += _NEXT


def worked(since: datetime, until: datetime) -> timedelta:
    """The working time from `since` to `until`; none where `until` comes first."""
    day, last, total = since.astimezone(PARIS).date(), until.astimezone(PARIS).date(), _NONE
    while day <= last:
        if works(day):
            begins, ends = span(day)
            total += max(_NONE, min(ends, until) - max(begins, since))
        day += _NEXT
    return total
