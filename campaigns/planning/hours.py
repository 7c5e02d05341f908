"""A campaign's own calendar: its days, its hours, as its author wrote them. Pure. The law's hours are compliance's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from store.base.errors import BadInput
from store.base.spreadsheet import PARIS

_SPAN = re.compile(r"(?:([01]\d|2[0-3]):([0-5]\d))-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")
_HORIZON_DAYS = 400
_LEFT_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days from `first` to `last`, both included; `weekdays` 1 (Monday) to 7; `spans` in minutes since local midnight,
    end excluded; `zone`: whose clock that is."""

    first: date
    last: date
    weekdays: frozenset[int] = frozenset(range(1, 8))
    spans: tuple[tuple[int, int], ...] = ((0, 24 * 60),)
    zone: ZoneInfo = PARIS

    def next_open(self, at: datetime) -> datetime | None:
        """The first instant at or after `at` (aware) at which the campaign calls, in UTC; None: it is over."""
        day = max(at.astimezone(self.zone).date(), self.first)
        for _ in range(_HORIZON_DAYS):
            if day > self.last:
                return None
            if day.isoweekday() in self.weekdays:
                for start, end in sorted(self.spans):
                    if at < self._instant(day, end):
                        return max(at.astimezone(UTC), self._instant(day, start))
            day += timedelta(days=1)
        return None

    def last_open(self, at: datetime) -> datetime | None:
        """The last instant at or before `at` (aware) that has an hour of calling after it, or is as late as can be in
        its span; in UTC. None: nothing is open before."""
        day = min(at.astimezone(self.zone).date(), self.last)
        for _ in range(_HORIZON_DAYS):
            if day < self.first:
                return None
            if day.isoweekday() in self.weekdays:
                for start, end in sorted(self.spans, reverse=True):
                    begins = self._instant(day, start)
                    if begins <= at:
                        latest = self._instant(day, max(start, end - _LEFT_MINUTES))
                        return min(max(begins, latest), at.astimezone(UTC))
            day -= timedelta(days=1)
        return None

    def _instant(self, day: date, minute: int) -> datetime:
        """That minute of a day by the zone's clock; what summer time leaves out is the minute after it."""
        if minute == 24 * 60:
            day, minute = day + timedelta(days=1), 0
        hour, minute = divmod(minute, 60)
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone).astimezone(UTC)


def spans(text: str) -> tuple[tuple[int, int], ...]:
    """Hours written 10:00-12:30,14:00-18:00, in minutes since midnight. Raises BadInput."""
    found: list[tuple[int, int]] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _SPAN.fullmatch(part)
        if match is None:
            raise BadInput(f"hours: {part!r} is no span of hours", hint="10:00-12:30,14:00-18:00")
        start, end = int(match[1]) * 60 + int(match[2]), int(match[3] or 24) * 60 + int(match[4] or 0)
        if end <= start:
            raise BadInput(f"hours: {part!r} ends before it begins", hint="10:00-12:30,14:00-18:00")
        found.append((start, end))
    return tuple(found) or ((0, 24 * 60),)
