"""Instants, sums and durations as a reader in English writes them: the same names as `portal/words.py`. Pure."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from portal import words
from portal.words import NBSP

MINUS = "\u2212"


def clock(at: datetime, zone: ZoneInfo) -> str:
    """10:42, there."""
    return f"{at.astimezone(zone):%H:%M}"


def _there(at: datetime | date, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date() if isinstance(at, datetime) else at


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip


def day(at: datetime | date, zone: ZoneInfo) -> str:
    """Fri 27 Nov, there."""
    here = _there(at, zone)
    return f"{_DAYS[here.weekday()][:3]} {here.day} {_MONTHS[here.month - 1][:3]}"


def long_day(at: datetime | date, zone: ZoneInfo) -> str:
    """Friday 27 November 2026, there."""
    here = _there(at, zone)
    return f"{_DAYS[here.weekday()]} {here.day} {_MONTHS[here.month - 1]} {here.year}"


def month(of: date) -> str:
    """November 2026."""
    return f"{_MONTHS[of.month - 1]} {of.year}"


def short_date(at: date) -> str:
    """27 Nov 2026: a reader of either side of the Atlantic takes it for the same day."""
    return f"{at.day} {_MONTHS[at.month - 1][:3]} {at.year}"


def euros(micros: int | None, currency: str | None = "EUR", digits: int = 4) -> str:
    """€0.0960; without a price: no price."""
    return "no price" if micros is None else _sum(words.euros(micros, currency, digits))


def cents(amount: int, currency: str | None = "EUR") -> str:
    """€1,234.56."""
    return _sum(words.cents(amount, currency))


def _sum(french: str) -> str:
    number, _, sign = french.rpartition(NBSP)
    plain = number.replace(words.THIN, "\0").replace(",", ".").replace("\0", ",")
    if sign != "€":
        return f"{plain}{NBSP}{sign}"
    return f"{MINUS}€{plain.lstrip(MINUS)}" if plain.startswith(MINUS) else f"€{plain}"


def tenths(ms: int) -> str:
    """4.2 s."""
    return words.tenths(ms).replace(",", ".")
