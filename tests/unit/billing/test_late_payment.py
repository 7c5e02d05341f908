"""Late payment: interest by the day, 40 € once, steps by calendar, lifted the moment it is paid."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.invoices.late import (
    Debt,
    LegalRate,
    NoLegalRate,
    Penalty,
    dispute_until,
    legal_rates,
    penalty,
    penalty_so_far,
    rate_on,
    spans,
    suspension_day,
)
from store.base.errors import BadInput

DUE = date(2026, 6, 20)


def test_interest_is_three_times_the_rate_of_each_day_across_a_change_of_rate() -> None:
    exact = Fraction(1_000_000) * 3 * (10 * Fraction("2.62") + 10 * Fraction("2.75")) / 100 / 365
    assert penalty(Debt(1_000_000, DUE), date(2026, 7, 10)) == Penalty(int(exact + Fraction(1, 2)), 4000)


def test_nothing_is_owed_on_the_due_day_and_forty_euros_from_the_next() -> None:
    assert penalty(Debt(100, DUE), DUE) == Penalty(0, 0)
    assert penalty(Debt(100, DUE), DUE + timedelta(days=1)) == Penalty(0, 4000)


def test_a_payment_stops_the_interest_of_the_days_after_it() -> None:
    paid = Debt(1_000_000, DUE, {date(2026, 6, 30): 1_000_000})
    assert penalty(paid, date(2026, 12, 31)) == penalty(Debt(1_000_000, DUE), date(2026, 6, 30))


def test_a_part_payment_leaves_interest_on_the_rest() -> None:
    part = Debt(1_000_000, DUE, {DUE: 500_000})
    assert penalty(part, date(2026, 6, 30)) == penalty(Debt(500_000, DUE), date(2026, 6, 30))


def test_an_invoice_paid_on_its_due_day_owes_nothing_more() -> None:
    assert penalty(Debt(100, DUE, {DUE: 100}), date(2026, 12, 1)) == Penalty(0, 0)


def test_a_day_without_a_rate_is_told_and_not_guessed() -> None:
    with pytest.raises(BadInput, match="2031-01-01"):
        rate_on(date(2031, 1, 1))


def test_the_table_has_no_gap_and_no_overlap() -> None:
    rates = legal_rates()
    assert all(b.begins == a.ends + timedelta(days=1) for a, b in pairwise(rates))


def test_days_before_the_first_known_rate_bear_no_interest_and_hold_nobody_up() -> None:
    first = legal_rates()[0].begins
    old = penalty(Debt(1_000_000, date(2024, 1, 31)), first + timedelta(days=9))
    assert old == Penalty(int(Fraction(1_000_000) * 3 * 10 * legal_rates()[0].percent / 36500 + Fraction(1, 2)), 4000)


def test_suspension_comes_thirty_days_late_and_ten_days_after_its_formal_notice() -> None:
    debt = Debt(100, DUE)
    named = {days: suspension_day(debt, DUE + timedelta(days=days)) - DUE for days in (20, 25, 60)}
    assert named == {20: timedelta(days=30), 25: timedelta(days=35), 60: timedelta(days=70)}


def test_contested_lines_are_held_out_until_the_dispute_is_closed() -> None:
    opened, closed = date(2026, 6, 25), date(2026, 7, 15)
    debt = Debt(100, DUE, {DUE: 60}, [(opened, closed, 40)])
    assert debt.in_dunning(date(2026, 7, 14)) == 0
    assert debt.in_dunning(closed) == 40


@pytest.mark.parametrize(
    ("received", "until"),
    [
        (date(2026, 11, 2), date(2026, 11, 13)),  # over Wednesday 11 November, a holiday
        (date(2026, 12, 18), date(2026, 12, 31)),  # over Christmas
        (date(2026, 9, 5), date(2026, 9, 16)),  # a Saturday
    ],
)
def test_eight_working_days_pass_over_weekends_and_holidays(received: date, until: date) -> None:
    assert dispute_until(received) == until


@given(st.integers(0, 10**9), st.integers(0, 190), st.integers(0, 190))
def test_interest_never_shrinks_with_time_and_the_indemnity_is_owed_once(amount: int, days: int, more: int) -> None:
    first = penalty(Debt(amount, DUE), min(DUE + timedelta(days=days), date(2026, 12, 31)))
    later = penalty(Debt(amount, DUE), min(DUE + timedelta(days=days + more), date(2026, 12, 31)))
    assert first.interest_cents <= later.interest_cents
    assert {first.indemnity_cents, later.indemnity_cents} <= {0, 4000}


ECB = (
    LegalRate(date(2026, 1, 1), date(2026, 6, 30), Fraction("2.15"), "ecb"),
    LegalRate(date(2026, 7, 1), date(2026, 12, 31), Fraction("1.90"), "ecb"),
)


def test_a_public_body_owes_the_banks_rate_of_the_half_year_in_which_it_was_late_first_and_eight_points() -> None:
    debt = Debt(1_000_000, date(2026, 6, 20), public=True)
    rates = (*legal_rates(), *ECB)
    exact = Fraction(1_000_000) * Fraction("10.15") * 30 / 36500
    assert penalty(debt, date(2026, 7, 20), rates) == Penalty(round(exact), 4000)
    (span,) = spans(debt, date(2026, 7, 20), rates)
    assert (span.rate.percent, span.rate.owed, span.days) == (Fraction("2.15"), Fraction("10.15"), 30)


def test_a_public_bodys_interest_waits_for_its_rate_and_the_indemnity_does_not() -> None:
    debt, day = Debt(1_000_000, DUE, public=True), DUE + timedelta(days=40)
    assert penalty_so_far(debt, day, legal_rates()) == (Penalty(0, 4000), DUE)
    with pytest.raises(NoLegalRate, match="European Central Bank") as told:
        penalty(debt, day)
    assert "--ecb" in told.value.hint


def test_others_owe_nothing_by_the_banks_rate() -> None:
    rates = (*legal_rates(), *ECB)
    assert penalty(Debt(1_000_000, DUE), date(2026, 7, 10), rates) == penalty(Debt(1_000_000, DUE), date(2026, 7, 10))
