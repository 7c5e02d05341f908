"""Whether and when somebody who was tried is tried again: by how it ended, as data. Pure.

The law's frequency (C. conso D223-9) is asked each time beside this, and holds over it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Outcome = Literal["busy", "no_answer", "machine", "unavailable", "answered", "refused", "wrong_person", "unknown"]


@dataclass(frozen=True, slots=True)
class Again:
    """`most`: tries again after this outcome. `minutes`: how long to wait; None: until another half-day."""

    most: int
    minutes: int | None = None


DEFAULTS: Mapping[str, Again] = {
    "busy": Again(2, 20),
    "no_answer": Again(2),
    "machine": Again(1),
    "unavailable": Again(3, 10),
}
"""Outcomes that are tried again; after any other the person is done with. `unavailable` is the trunk's fault."""
_NOON = time(13)


def next_try(
    outcomes: Sequence[str], now: datetime, zone: ZoneInfo, policy: Mapping[str, Again] = DEFAULTS
) -> datetime | None:
    """When to try again after these outcomes, oldest first, the last just now (aware); None: not any more.

    What the person said ends it, whatever came before: answered, refused, somebody else's telephone. `unknown` (a
    call whose end nobody saw) too, since they may have been spoken to.
    """
    rule = policy.get(outcomes[-1]) if outcomes else None
    if rule is None or Counter(outcomes)[outcomes[-1]] > rule.most:
        return None
    if rule.minutes is not None:
        return now + timedelta(minutes=rule.minutes)
    return _other_half_day(now, zone)


def _other_half_day(now: datetime, zone: ZoneInfo) -> datetime:
    """The next afternoon for a call before 13:00 local time, else the next morning."""
    here = now.astimezone(zone)
    if here.time() < _NOON:
        return datetime.combine(here.date(), _NOON, zone).astimezone(now.tzinfo)
    return datetime.combine(here.date() + timedelta(days=1), time(), zone).astimezone(now.tzinfo)
