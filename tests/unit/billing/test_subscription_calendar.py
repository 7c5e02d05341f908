"""A subscription's calendar: what the contract promises, over month ends, leap days and clock changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from billing.plans.subscription import PriceChange, SubscriptionFacts, add_months, calendar, month_end
from billing.rating.tariff import PARIS

EURO = 1_000_000
FAR = date(2040, 1, 1)
_BEGINS, _ENDS = date(2023, 1, 1), date(2033, 1, 1)
_EDGES = [
    day
    for n in range((_ENDS - _BEGINS).days)
    if (day := _BEGINS + timedelta(days=n)).day > 28 or (day.month, day.day) == (2, 28)
]
days = st.one_of(st.dates(_BEGINS, _ENDS), st.sampled_from(_EDGES))  # month ends and leap days as often as the others


def test_a_start_on_the_31st_renews_on_each_months_last_day() -> None:
    found = calendar(SubscriptionFacts(date(2027, 12, 31), 49 * EURO), date(2028, 4, 30))
    assert [p.begins for p in found.periods] == [
        date(2027, 12, 31), date(2028, 1, 31), date(2028, 2, 29), date(2028, 3, 31), date(2028, 4, 30)
    ]  # fmt: skip


def test_notice_in_renewal_ends_with_the_calendar_month_its_month_ends_in_and_the_period_begun_is_due() -> None:
    found = calendar(SubscriptionFacts(date(2025, 3, 15), 49 * EURO, notice_on=date(2026, 5, 20)), FAR)
    assert found.ends_on == date(2026, 6, 30)
    assert (found.periods[-1].begins, found.last_access_on) == (date(2026, 6, 15), date(2026, 7, 14))
    assert found.delete_from == date(2026, 7, 15)


def test_notice_in_the_first_year_ends_with_the_twelve_months() -> None:
    found = calendar(SubscriptionFacts(date(2026, 1, 15), 49 * EURO, notice_on=date(2026, 4, 1)), FAR)
    assert (found.ends_on, len(found.periods)) == (date(2027, 1, 14), 12)


def test_a_withdrawal_within_seven_days_is_refunded_less_the_days_performed() -> None:
    found = calendar(SubscriptionFacts(date(2026, 4, 1), 30 * EURO, withdrawn_on=date(2026, 4, 8)), FAR)
    assert (found.refund_micros, found.last_access_on) == (22 * EURO, date(2026, 4, 8))


def test_a_withdrawal_on_the_eighth_day_is_none() -> None:
    found = calendar(SubscriptionFacts(date(2026, 4, 1), 30 * EURO, withdrawn_on=date(2026, 4, 9)), date(2026, 6, 1))
    assert (found.refund_micros, found.ends_on, len(found.periods)) == (0, None, 3)


def test_a_price_change_waits_for_thirty_days_and_the_next_period() -> None:
    change = PriceChange(date(2027, 1, 20), date(2027, 2, 1), 59 * EURO)
    found = calendar(SubscriptionFacts(date(2026, 1, 15), 49 * EURO, price_changes=(change,)), date(2027, 4, 1))
    assert [(p.begins, p.price_micros // EURO) for p in found.periods[-3:]] == [
        (date(2027, 1, 15), 49), (date(2027, 2, 15), 49), (date(2027, 3, 15), 59)
    ]  # fmt: skip


def test_a_client_in_renewal_may_leave_before_a_price_change_applies() -> None:
    change = PriceChange(date(2027, 1, 20), date(2027, 2, 1), 59 * EURO)
    facts = SubscriptionFacts(date(2026, 1, 15), 49 * EURO, left_on=date(2027, 3, 1), price_changes=(change,))
    found = calendar(facts, FAR)
    assert found.ends_on == date(2027, 3, 14)
    assert all(p.price_micros == 49 * EURO for p in found.periods)


@given(days, st.integers(0, 900))
def test_periods_follow_each_other_without_gap_or_overlap(start: date, length: int) -> None:
    periods = calendar(SubscriptionFacts(start, EURO), start + timedelta(days=length)).periods
    assert periods[0].begins == start
    assert all(after.begins == before.ends + timedelta(days=1) for before, after in pairwise(periods))
    assert all(p.begins.day == min(start.day, month_end(p.begins).day) for p in periods)
    assert all(27 < (p.ends - p.begins).days + 1 < 32 for p in periods)


@given(days)
def test_the_first_twelve_periods_are_the_committed_year(start: date) -> None:
    found = calendar(SubscriptionFacts(start, EURO), FAR)
    assert [p.committed for p in found.periods[:14]] == [True] * 12 + [False] * 2
    assert found.periods[11].ends == found.committed_until == add_months(start, 12) - timedelta(days=1)


@given(days, st.integers(0, 1500))
def test_after_notice_there_is_at_least_a_month_and_at_most_a_month_and_a_calendar_month(
    start: date, later: int
) -> None:
    notice = start + timedelta(days=later)
    found = calendar(SubscriptionFacts(start, EURO, notice_on=notice), FAR)
    assert found.ends_on is not None
    assert found.last_access_on is not None
    assert found.ends_on >= add_months(notice, 1)
    assert found.ends_on >= found.committed_until
    if notice > found.committed_until:
        assert found.ends_on == month_end(found.ends_on)
        assert (found.ends_on - notice).days <= 62
    assert found.periods[-1].begins <= found.ends_on <= found.periods[-1].ends == found.last_access_on


@given(days, st.integers(0, 1500), st.integers(0, 1500))
def test_a_later_notice_never_ends_earlier(start: date, first: int, more: int) -> None:
    one = calendar(SubscriptionFacts(start, EURO, notice_on=start + timedelta(days=first)), FAR).ends_on
    two = calendar(SubscriptionFacts(start, EURO, notice_on=start + timedelta(days=first + more)), FAR).ends_on
    assert one is not None
    assert two is not None
    assert one <= two


@given(days, st.integers(0, 400), st.integers(0, 100))
def test_the_future_does_not_change_what_was_due(start: date, length: int, later: int) -> None:
    until = start + timedelta(days=length)
    known = calendar(SubscriptionFacts(start, EURO), until).periods
    change = PriceChange(until, until, 2 * EURO)
    facts = SubscriptionFacts(start, EURO, notice_on=until + timedelta(days=later), price_changes=(change,))
    assert calendar(facts, until).periods == known


@given(days, st.integers(0, 7), st.integers(0, 100 * EURO))
def test_a_refund_is_never_more_than_the_price_and_shrinks_by_the_day(start: date, after: int, price: int) -> None:
    facts = SubscriptionFacts(start, price, withdrawn_on=start + timedelta(days=after))
    refund = calendar(facts, FAR).refund_micros
    assert 0 <= refund <= price
    if after < 7:
        later = calendar(replace(facts, withdrawn_on=start + timedelta(days=after + 1)), FAR).refund_micros
        assert later <= refund


@given(st.integers(0, 2), days, st.integers(0, 30))
def test_an_anniversary_of_a_leap_day_is_the_months_last_day(leap: int, end: date, count: int) -> None:
    start = date(2024 + 4 * leap, 2, 29)
    assert add_months(start, 12) == date(start.year + 1, 2, 28)
    assert add_months(start, 48) == date(start.year + 4, 2, 29)
    last = month_end(end)
    assert month_end(last) == last
    assert (last + timedelta(days=1)).day == 1
    assert add_months(date(end.year, 1, 31), count) == month_end(add_months(date(end.year, 1, 1), count))


def _clock_changes(begins: date, ends: date) -> timedelta:
    """What the changes of France's clocks add to the hours of these days: the last Sundays of March and October."""
    found = timedelta(0)
    for year in range(begins.year, ends.year + 1):
        for month, hours in ((3, -1), (10, 1)):
            sunday = max(d for d in (date(year, month, n) for n in range(25, 32)) if d.weekday() == 6)
            found += timedelta(hours=hours) * (begins <= sunday <= ends)
    return found


@given(st.dates(date(2024, 1, 1), date(2030, 12, 1)))
def test_a_period_begins_at_midnight_in_paris_and_has_the_hours_of_its_days(start: date) -> None:
    for period in calendar(SubscriptionFacts(start, EURO), add_months(start, 12)).periods:
        begins, ends = period.begins_at(), period.ends_at()
        assert begins.astimezone(PARIS).replace(tzinfo=None) == datetime.combine(period.begins, time())
        days_of = timedelta(days=(period.ends - period.begins).days + 1)
        assert ends.astimezone(UTC) - begins.astimezone(UTC) == days_of + _clock_changes(period.begins, period.ends)
