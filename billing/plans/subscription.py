"""A subscription's whole calendar from its facts: a pure function, in days of the seller's time zone.

Rules (the contract's articles): 12 months, then tacit months, a period begun is due whole (5.1); the price
changes at most once a year, 30 days after it was announced, and a client in renewal may leave before it does
(5.5); 7 days to withdraw, refunded less what was performed (7.1); notice of one month to the end of a
calendar month (7.2); access and export until the paid period ends, then deletion (7.3).
Periods are anchored on the day of the start: one that began on the 31st begins on a month's last day
where the month has none.
"""

from __future__ import annotations

import calendar as months
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from billing.rating.tariff import PARIS

COMMITTED_MONTHS = 12
WITHDRAWAL_DAYS = 7
PRICE_NOTICE_DAYS = 30
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A new monthly price (micro-euros), announced on a day, wished for from another."""

    announced_on: date
    wished_from: date
    price_micros: int


@dataclass(frozen=True, slots=True)
class SubscriptionFacts:
    """What happened. `notice_on`: the client gave notice; `left_on`: it left because of a price change."""

    starts_on: date
    price_micros: int
    notice_on: date | None = None
    withdrawn_on: date | None = None
    left_on: date | None = None
    price_changes: Sequence[PriceChange] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """A month of service from `begins` to `ends`, both included; due whole on its first day."""

    number: int
    begins: date
    ends: date
    price_micros: int
    committed: bool

    def begins_at(self, zone: ZoneInfo = PARIS) -> datetime:
        """Local midnight of its first day, aware."""
        return datetime.combine(self.begins, time(), zone)

    def ends_at(self, zone: ZoneInfo = PARIS) -> datetime:
        """Local midnight after its last day, aware; excluded."""
        return datetime.combine(self.ends + _DAY, time(), zone)


@dataclass(frozen=True, slots=True)
class Calendar:
    """`ends_on`: the contract's last day, `last_access_on` the last day of access and export; None: open end.

    `refund_micros`: of the first period's price, after a withdrawal in time.
    """

    periods: tuple[Period, ...]
    committed_until: date
    withdraw_until: date
    ends_on: date | None
    last_access_on: date | None
    delete_from: date | None
    refund_micros: int
    prices: tuple[tuple[date, int], ...]


def calendar(facts: SubscriptionFacts, until: date) -> Calendar:
    """The periods that begin up to `until`, and the dates that follow from the facts."""
    committed_until = add_months(facts.starts_on, COMMITTED_MONTHS) - _DAY
    withdraw_until = facts.starts_on + timedelta(days=WITHDRAWAL_DAYS)
    prices = _prices(facts)
    if facts.withdrawn_on is not None and facts.starts_on <= facts.withdrawn_on <= withdraw_until:
        first = _period(facts, 0, prices)
        last = facts.withdrawn_on
        cut = Period(0, first.begins, last, first.price_micros, True)
        refund = first.price_micros - performed_micros(first, last)
        return Calendar((cut,), committed_until, withdraw_until, last, last, last + _DAY, refund, prices)
    ends_on = _end(facts, committed_until, prices)
    periods: list[Period] = []
    while (period := _period(facts, len(periods), prices)).begins <= until:
        if ends_on is not None and period.begins > ends_on:
            break
        periods.append(period)
    access = None if ends_on is None else _paid_until(facts, ends_on, prices)
    after = None if access is None else access + _DAY
    return Calendar(tuple(periods), committed_until, withdraw_until, ends_on, access, after, 0, prices)


def add_months(day: date, count: int) -> date:
    """The same day so many months later, or the month's last day where it has none."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, months.monthrange(year, month + 1)[1]))


def month_end(day: date) -> date:
    """The last day of the calendar month."""
    return day.replace(day=months.monthrange(day.year, day.month)[1])


def notice_end(notice_on: date, committed_until: date) -> date:
    """When a notice takes effect: the end of the calendar month in which one month's notice ends.

    Never before the committed months are over.
    """
    return max(month_end(add_months(notice_on, 1)), committed_until)


def performed_micros(period: Period, last: date) -> int:
    """What was performed of a period up to a day, by the day, rounded half up to the micro-euro."""
    whole = (period.ends - period.begins).days + 1
    done = min(whole, (last - period.begins).days + 1)
    return int(Fraction(period.price_micros * done, whole) + Fraction(1, 2))


def _period(facts: SubscriptionFacts, number: int, prices: tuple[tuple[date, int], ...]) -> Period:
    begins = add_months(facts.starts_on, number)
    ends = add_months(facts.starts_on, number + 1) - _DAY
    price = next(micros for since, micros in reversed(prices) if since <= begins)
    return Period(number, begins, ends, price, number < COMMITTED_MONTHS)


def _prices(facts: SubscriptionFacts) -> tuple[tuple[date, int], ...]:
    """From which day each price holds: a change waits for its notice, a year since the last, a period's begin."""
    found = [(facts.starts_on, facts.price_micros)]
    for change in sorted(facts.price_changes, key=lambda c: c.announced_on):
        earliest = max(
            change.wished_from, change.announced_on + timedelta(days=PRICE_NOTICE_DAYS), add_months(found[-1][0], 12)
        )
        found.append((_period_on_or_after(facts.starts_on, earliest), change.price_micros))
    return tuple(found)


def _period_on_or_after(start: date, day: date) -> date:
    number = max(0, (day.year - start.year) * 12 + day.month - start.month)
    while add_months(start, number) < day:
        number += 1
    return add_months(start, number)


def _end(facts: SubscriptionFacts, committed_until: date, prices: tuple[tuple[date, int], ...]) -> date | None:
    ends: list[date] = []
    if facts.notice_on is not None:
        ends.append(notice_end(facts.notice_on, committed_until))
    if facts.left_on is not None:
        ends += [
            since - _DAY
            for (since, _), change in zip(
                prices[1:], sorted(facts.price_changes, key=lambda c: c.announced_on), strict=True
            )
            if change.announced_on <= facts.left_on < since and since > committed_until
        ]
    return min(ends, default=None)


def _paid_until(facts: SubscriptionFacts, ends_on: date, prices: tuple[tuple[date, int], ...]) -> date:
    """The last day of the period that the contract's last day falls in: begun, so due whole."""
    number = max(0, (ends_on.year - facts.starts_on.year) * 12 + ends_on.month - facts.starts_on.month - 1)
    while (period := _period(facts, number, prices)).ends < ends_on:
        number += 1
    return period.ends
