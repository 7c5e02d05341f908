"""Which backups are kept: the newest of each of the last days, weeks and months that have one. Pure.

Periods without a backup do not count: where none is taken any more, or a clock jumps, nothing more is pruned.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Terms:
    """How many days, weeks (ISO, from Monday) and months of UTC keep their newest backup; one day at least."""

    days: int = 7
    weeks: int = 5
    months: int = 12


def kept(instants: Iterable[datetime], terms: Terms, *, verified: Collection[datetime] = ()) -> set[datetime]:
    """Those of `instants` that stay: by `terms`, and always the newest and the newest that was `verified`."""
    newest_first = sorted(set(instants), reverse=True)
    stay = set(newest_first[:1])
    stay |= set([at for at in newest_first if at in verified][:1])
    for count, period in ((terms.days, _day), (terms.weeks, _week), (terms.months, _month)):
        stay |= _newest_of(newest_first, count, period)
    return stay


def _newest_of(newest_first: Iterable[datetime], count: int, period: Callable[[datetime], Hashable]) -> set[datetime]:
    found: dict[Hashable, datetime] = {}
    for at in newest_first:
        found.setdefault(period(at.astimezone(UTC)), at)
    return set(list(found.values())[:count])


def _day(at: datetime) -> Hashable:
    return at.date()


def _week(at: datetime) -> Hashable:
    return at.isocalendar()[:2]


def _month(at: datetime) -> Hashable:
    return at.year, at.month
