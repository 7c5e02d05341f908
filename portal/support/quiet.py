"""Hours proposed for maintenance: those in which the fewest calls were, of the week to come (contract, 3.1). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from portal.support.hours import PARIS

WEEKS = 8
"""How far back calls are counted."""
NOTICE = timedelta(days=2)
"""The least time between the telling and the beginning."""
_HOUR, _WEEK, _NIGHT = timedelta(hours=1), 7 * 24, 3


@dataclass(frozen=True, slots=True)
class Slot:
    """So many whole hours from `begins_at`, in which there were so many calls in the weeks that were counted."""

    begins_at: datetime
    ends_at: datetime
    calls: int


def proposed(calls: Mapping[tuple[int, int], int], hours: int, now: datetime, most: int = 3) -> list[Slot]:
    """The quietest slots of the week that begins two days after `now`, none over another; the quietest first.

    `calls`: by (weekday, Monday 0; hour), both of Paris. Of equals, those nearest to three in the morning come first.
    """
    first = (now + NOTICE).astimezone(PARIS).replace(minute=0, second=0, microsecond=0) + _HOUR
    found: list[tuple[int, int, Slot]] = []
    for n in range(_WEEK):
        begins = (first.astimezone(UTC) + n * _HOUR).astimezone(PARIS)
        within = [(begins.astimezone(UTC) + k * _HOUR).astimezone(PARIS) for k in range(hours)]
        count = sum(calls.get((at.weekday(), at.hour), 0) for at in within)
        ends = within[-1].astimezone(UTC) + _HOUR
        far = abs((begins.hour - _NIGHT + 12) % 24 - 12)
        found.append((count, far, Slot(begins.astimezone(UTC), ends, count)))
    chosen: list[Slot] = []
    for _, _, slot in sorted(found, key=lambda each: (each[0], each[1], each[2].begins_at)):
        if all(slot.ends_at <= one.begins_at or one.ends_at <= slot.begins_at for one in chosen):
            chosen.append(slot)
        if len(chosen) == most:
            break
    return chosen
