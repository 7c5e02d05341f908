"""Public holidays of France, national and local, and working days (jours ouvrables)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

from compliance.law.rulebook import Rule


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher's algorithm)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=4096)
def holidays(rule: Rule, local_rule: Rule | None, local: str, year: int) -> frozenset[date]:
    """The holidays of a year: the national ones of `rule`, and those of the place where it has any."""
    days = _days(rule.parameters["fixed"], rule.parameters["after_easter"], year)
    if local_rule is not None and (more := local_rule.parameters["local"].get(local)):
        days |= _days(more["fixed"], more["after_easter"], year)
    return frozenset(days)


def _days(fixed: Iterable[str], after_easter: Iterable[int], year: int) -> set[date]:
    return {date.fromisoformat(f"{year:04d}-{day}") for day in fixed} | {
        easter(year) + timedelta(days=days) for days in after_easter
    }


def last_working_day(start: date, count: int, national: Rule) -> date:
    """The `count`-th working day after `start`: Monday to Saturday, less the national holidays."""
    day = start
    while count:
        day += timedelta(days=1)
        if day.weekday() != 6 and day not in holidays(national, None, "", day.year):
            count -= 1
    return day
