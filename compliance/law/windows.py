"""When consumers may be called: the hours, weekends and holidays of the places they may be in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from compliance.law.days import holidays
from compliance.law.places import Place
from compliance.law.rulebook import Rule

Rules = Mapping[str, Rule]
_HORIZON_DAYS = 30
"""No lawful instant in so many days means that the plausible windows never meet."""


@lru_cache(maxsize=64)
def spans(rule: Rule) -> tuple[tuple[int, int], ...]:
    """The daily hours of rule W1 in minutes since local midnight, end excluded."""
    return tuple((_minutes(start), _minutes(end)) for start, end in rule.parameters["hours"])


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


@lru_cache(maxsize=65536)
def closed_day(day: date, place: Place, hours: Rule, national: Rule, local: Rule | None) -> tuple[str, ...]:
    """Why no call is lawful on a whole day there: weekend, public_holiday, both or nothing."""
    reasons: list[str] = []
    if day.isoweekday() not in hours.parameters["days"]:
        reasons.append("weekend")
    if day in holidays(national, local, place.local, day.year):
        reasons.append("public_holiday")
    return tuple(reasons)


def closed_at(at: datetime, place: Place, rules: Rules, *, local: bool) -> tuple[str, ...]:
    """Why a consumer there may not be called at that instant; empty when they may."""
    here = at.astimezone(place.zone)
    hours = rules["W1"]
    if reasons := closed_day(here.date(), place, hours, rules["W2"], rules["W2b"] if local else None):
        return reasons
    minute = here.hour * 60 + here.minute
    for start, end in spans(hours):
        if start <= minute < end:
            return ()
    return ("outside_hours",)


def closed(at: datetime, places: tuple[Place, ...], rules: Rules, *, local: bool) -> tuple[str, ...]:
    """As `closed_at` for someone who may be in any of several places (intersection of the windows).

    Where some of the places would allow the call, not knowing which one is what refuses it.
    """
    if len(places) == 1:
        return closed_at(at, places[0], rules, local=local)
    found = [closed_at(at, place, rules, local=local) for place in places]
    if all(found):
        return tuple(sorted({reason for reasons in found for reason in reasons}))
    return ("unknown_location",) if any(found) else ()


def next_open(at: datetime, places: tuple[Place, ...], rules: Rules, *, local: bool) -> datetime | None:
    """The first instant at or after `at` lawful in every place, in UTC; None within the horizon."""
    limit = at + timedelta(days=_HORIZON_DAYS)
    if len(places) == 1:
        found = _next_open_at(at, places[0], rules, local)
        return found if found <= limit else None
    while at <= limit:
        latest = max(_next_open_at(at, place, rules, local) for place in places)
        if latest == at:
            return at
        at = latest
    return None


def _next_open_at(at: datetime, place: Place, rules: Rules, local: bool) -> datetime:
    day = at.astimezone(place.zone).date()
    for start, end in _spans_from(day, place, rules["W1"], rules["W2"], rules["W2b"] if local else None):
        if at < end:
            return max(at, start)
    return at + timedelta(days=_HORIZON_DAYS + 1)


@lru_cache(maxsize=65536)
def _spans_from(
    day: date, place: Place, hours: Rule, national: Rule, local: Rule | None
) -> tuple[tuple[datetime, datetime], ...]:
    """The lawful hours of a day there, if it has any, and those of the next day that has."""
    found: list[tuple[datetime, datetime]] = []
    for ahead in range(_HORIZON_DAYS):
        then = day + timedelta(days=ahead)
        if not closed_day(then, place, hours, national, local):
            found += lawful_spans(then, place, hours)
            if ahead:
                break
    return tuple(found)


@lru_cache(maxsize=65536)
def lawful_spans(day: date, place: Place, hours: Rule) -> list[tuple[datetime, datetime]]:
    """The daily hours of a day there as UTC instants, holidays and weekends left aside."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=place.zone)
    return [
        (
            (midnight + timedelta(minutes=start)).astimezone(UTC),
            (midnight + timedelta(minutes=end)).astimezone(UTC),
        )
        for start, end in spans(hours)
    ]
