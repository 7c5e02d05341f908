"""The eleven French public holidays of article L3133-1 of the Code du travail.

Local holidays (Alsace-Moselle, overseas) are not in that article and not here.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

_FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
_AFTER_EASTER = (1, 39, 50)  # Easter Monday, Ascension, Whit Monday


@cache
def public_holidays(year: int) -> frozenset[date]:
    """The public holidays of a (Gregorian) year."""
    sunday = easter_sunday(year)
    fixed = {date(year, month, day) for month, day in _FIXED}
    return frozenset(fixed | {sunday + timedelta(days=days) for days in _AFTER_EASTER})


def easter_sunday(year: int) -> date:
    """Gregorian Easter (the anonymous computus published in Nature, 1876)."""
    golden = year % 19
    century, of_century = divmod(year, 100)
    skipped, leap = divmod(century, 4)
    moon = (19 * golden + century - skipped - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    quarter, rest = divmod(of_century, 4)
    weekday = (32 + 2 * leap + 2 * quarter - moon - rest) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
