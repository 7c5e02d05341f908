"""How long the next guess must wait: nothing for the first ones, then twice as long each time. Pure.

NIST SP 800-63B (5.2.2) asks for a bound on failed attempts; a lock that only the operator lifts would let anybody shut
anybody out, so the wait ends by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST = timedelta(minutes=15)
FORGOTTEN = timedelta(hours=24)

FREE_OF_A_PERSON = 5
"""Failures in a row, under one e-mail address, before the next must wait."""
FREE_OF_AN_ADDRESS = 30
"""The same from one network address, which an office shares."""

FREE_LETTERS = 3
"""Letters to one address for a forgotten password, before the next must wait."""


@dataclass(frozen=True, slots=True)
class Failures:
    """How many in a row, and when the last was."""

    count: int
    last_at: datetime | None = None


def wait(of: Failures, free: int, now: datetime) -> timedelta:
    """What is left to wait before the next attempt is looked at; zero: it may be made."""
    if of.last_at is None or of.count < free or now - of.last_at >= FORGOTTEN:
        return timedelta(0)
    whole = min(LONGEST, timedelta(seconds=2 ** min(of.count - free, 20)))
    return max(timedelta(0), of.last_at + whole - now)
