"""When each price holds: windows of the wall clock laid on UTC, exactly, over daylight saving changes.

For one day of UTC (86,400 s) the time line is cut wherever the offset changes, a local midnight passes or a
window begins or ends. So a rate's price at any instant is found without walking through seconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from billing.rating.holidays_fr import public_holidays
from billing.rating.instants import Ints
from billing.rating.tariff import WEEKDAYS, Window

DAY = 86_400
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

_MIXED = -1
"""In place of a month: the hour lies in two."""

Piece = tuple[int, int, int]
"""begin, end (seconds of UTC since 1970, end excluded), and what holds there."""


class Clock:
    """Which of some windows holds when; remembers the days it was asked for."""

    def __init__(self, zone: ZoneInfo, windows: Sequence[Window]) -> None:
        self._zone, self._windows = zone, tuple(windows)
        self._days: dict[int, tuple[list[int], list[Piece]]] = {}
        self.hours: dict[int, tuple[int, int]] = {}
        """UTC hour since 1970 → (end of the piece it lies in whole, what holds there); only such hours."""

    def learn(self, second: int) -> None:
        """Note the hour of a second in `hours`, where no piece ends within it."""
        hour = second // 3600
        starts, day = self.day(second // DAY)
        begin, end, window = day[bisect_right(starts, hour * 3600) - 1]
        if begin <= hour * 3600 and hour * 3600 + 3600 <= end:
            self.hours[hour] = end, window

    def day(self, number: int) -> tuple[list[int], list[Piece]]:
        """The pieces of a UTC day (its number since 1970), after the list of their beginnings."""
        try:
            return self._days[number]
        except KeyError:
            found = pieces(self._zone, self._windows, number)
            self._days[number] = known = [piece[0] for piece in found], found
            return known


def pieces(zone: ZoneInfo, windows: Sequence[Window], day: int) -> list[Piece]:
    """The pieces of the UTC day number `day`: which window (its index) holds, or −1 for none."""
    cut: list[Piece] = []
    for begin, end, offset in _offsets(zone, day):
        while begin < end:
            local_day, second = divmod(begin + offset, DAY)
            stop = min(end, begin + DAY - second)
            for low, high, window in _local_pieces(tuple(windows), local_day):
                first = max(begin, low - second + begin)
                last = min(stop, high - second + begin)
                if first < last:
                    _append(cut, (first, last, window))
            begin = stop
    return cut


def _append(cut: list[Piece], piece: Piece) -> None:
    if cut and cut[-1][1] == piece[0] and cut[-1][2] == piece[2]:
        cut[-1] = (cut[-1][0], piece[1], piece[2])
    else:
        cut.append(piece)


def _local_pieces(windows: tuple[Window, ...], local_day: int) -> list[Piece]:
    """The pieces of one local day in seconds of its wall clock; the first window that matches wins."""
    names = day_names(date.fromordinal(_EPOCH_ORDINAL + local_day))
    today = [(number, window) for number, window in enumerate(windows) if window.days & names]
    edges = sorted({0, DAY, *(w.begin for _, w in today), *(w.end for _, w in today)})
    return [
        (low, high, next((number for number, w in today if w.begin <= low < w.end), -1))
        for low, high in pairwise(edges)
    ]


def day_names(day: date) -> frozenset[str]:
    """What a tariff calls this day: its weekday, and `holiday` when it is one."""
    names = {WEEKDAYS[day.weekday()]}
    if day in public_holidays(day.year):
        names.add("holiday")
    return frozenset(names)


@lru_cache(maxsize=4096)
def _offsets(zone: ZoneInfo, day: int) -> tuple[Piece, ...]:
    """The pieces of a UTC day with one offset from UTC each (seconds east), sampled by the hour."""
    found: list[Piece] = []
    start = day * DAY
    for begin in range(start, start + DAY, 3600):
        end = begin + 3600
        before, after = offset_at(zone, begin), offset_at(zone, end)
        if before == after:
            _append(found, (begin, end, before))
            continue
        change = _bisect_change(zone, begin, end)
        _append(found, (begin, change, before))
        _append(found, (change, end, after))
    return tuple(found)


def _bisect_change(zone: ZoneInfo, low: int, high: int) -> int:
    """The first second in (low, high] that no longer has the offset of `low`."""
    before = offset_at(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        if offset_at(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def offset_at(zone: ZoneInfo, second: int) -> int:
    """Seconds east of UTC at a second of UTC since 1970."""
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)).astimezone(zone)
    offset = local.utcoffset()
    assert offset is not None
    return offset.days * DAY + offset.seconds


class Months:
    """Which calendar month of a time zone an instant falls in; remembers each UTC hour it was asked for."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._hours: dict[int, int | None] = {}

    def month(self, second: int) -> int:
        """year × 12 + (month − 1) of a second of UTC since 1970."""
        hour = second // 3600
        try:
            known = self._hours[hour]
        except KeyError:
            first, last = self._at(hour * 3600), self._at(hour * 3600 + 3599)
            known = self._hours[hour] = first if first == last else None
        return self._at(second) if known is None else known

    def numbers(self, seconds: Ints) -> list[int]:
        """The month of each second."""
        hours, places = np.unique(seconds // 3600, return_inverse=True)
        for hour in hours.tolist():
            if hour not in self._hours:
                self.month(hour * 3600)
        known = np.array([_MIXED if (n := self._hours[hour]) is None else n for hour in hours.tolist()])[places]
        for place in np.flatnonzero(known == _MIXED).tolist():
            known[place] = self._at(int(seconds[place]))
        return known.tolist()

    def _at(self, second: int) -> int:
        day = (second + offset_at(self._zone, second)) // DAY
        local = date.fromordinal(_EPOCH_ORDINAL + day)
        return local.year * 12 + local.month - 1
