"""Who gets a month's included seconds: its calls in the order of `answered_at`, then `call_id`, whatever the file's.

Who is early is known only at the end of the file. But once the calls kept come to the whole bundle, one answered later
gets nothing and is not kept: of a million calls, only the few that may share the bundle are ever sorted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

import numpy as np

from billing.rating.clock import Months
from billing.rating.instants import Ints
from billing.rating.rating import SECOND

T = TypeVar("T")
_HOUR = 3600 * SECOND
FOREVER = (1 << 63) - 1
Waiting = tuple[int, str, int, T]
"""answered (µs), call_id (each but once), billed seconds, and what else its owner needs."""


class Share(Generic[T]):
    """One month's bundle of `full` seconds (above 0), and the calls that may still get some of it."""

    def __init__(self, full: int) -> None:
        self.horizon = FOREVER
        """µs: a call answered later gets nothing and is not to be taken."""
        self._full, self._limit = full, 2 * full
        self._waiting: list[Waiting[T]] = []
        self._seconds = 0

    def take(self, answered: int, call_id: str, billed: int, more: T) -> None:
        """A call that the bundle may cover."""
        self._waiting.append((answered, call_id, billed, more))
        self._seconds += billed
        if self._seconds > self._limit:
            self._keep_the_earliest()

    def _keep_the_earliest(self) -> None:
        """Keep those that come to the bundle, in order."""
        self._waiting.sort(key=_order)
        seconds = 0
        for kept, (answered, _, billed, _) in enumerate(self._waiting, 1):
            seconds += billed
            if seconds >= self._full:
                del self._waiting[kept:]
                self._seconds, self._limit, self.horizon = seconds, seconds + self._full, answered
                return

    def out(self) -> Iterator[tuple[Waiting[T], int]]:
        """Each call that gets something, in order, and how many seconds."""
        self._waiting.sort(key=_order)
        left = self._full
        for waiting in self._waiting:
            if not left:
                return
            given = min(left, waiting[2])
            left -= given
            yield waiting, given


def _order(waiting: tuple[int, str, int, object]) -> tuple[int, str]:
    return waiting[0], waiting[1]


class Shares(Generic[T]):
    """The shares of every month met, in a tariff's time zone."""

    def __init__(self, months: Months, full: int) -> None:
        self._months, self._full = months, full
        self._of: dict[int, Share[T]] = {}
        self._by_hour: dict[int, Share[T]] = {}

    def at(self, answered: int) -> Share[T]:
        """The share of the month an instant (µs) lies in."""
        hour = answered // _HOUR
        return self._by_hour.get(hour) or self._find(answered, hour)

    def _find(self, answered: int, hour: int) -> Share[T]:
        month = self._months.month(answered // SECOND)
        found = self._of.get(month)
        if found is None:
            found = self._of[month] = Share(self._full)
        if self._months.month(hour * 3600) == self._months.month(hour * 3600 + 3599):
            self._by_hour[hour] = found
        return found

    def horizons(self, answered: Ints) -> Ints:
        """At least the horizon of each instant's month: a call answered later need not be offered to its share."""
        hours, places = np.unique(answered // _HOUR, return_inverse=True)
        known = [self._by_hour.get(hour) for hour in hours.tolist()]
        return np.array([share.horizon if share else FOREVER for share in known], dtype=np.int64)[places]

    def out(self) -> Iterator[tuple[Waiting[T], int]]:
        """Each call that gets something, and how many seconds."""
        for share in self._of.values():
            yield from share.out()
