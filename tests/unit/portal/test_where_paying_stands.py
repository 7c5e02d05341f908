"""Where paying stands follows from what is due, the page that was asked for and the last attempt, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from billing.invoices.late import dispute_until
from billing.stripe.checkout import LASTS, PATIENCE, Checkout, where
from portal.reading.paying import working_days
from store.base.ids import new_id

AT = datetime(2026, 11, 27, 9, tzinfo=UTC)
ASKED = Checkout(
    new_id(), new_id(), "payment", "card", new_id(), "/x", "person:a", AT, "asked", None, "", "", AT + LASTS
)
OPEN = replace(ASKED, state="open", session="cs_1", url="https://pay.example/1")


def test_what_is_paid_is_paid_whatever_page_is_open() -> None:
    assert where(0, OPEN, "requires_action", AT) == "paid"
    assert where(-100, None, "", AT) == "paid"


def test_a_page_is_prepared_opened_and_over_in_its_time() -> None:
    assert where(100, None, "", AT) == "none"
    assert where(100, ASKED, "", AT) == "preparing"
    assert where(100, ASKED, "", AT + PATIENCE) == "failed"
    assert where(100, OPEN, "requires_action", AT) == "open"
    assert where(100, OPEN, "requires_action", AT + LASTS) == "none"
    assert where(100, replace(OPEN, state="expired"), "failed", AT) == "none"
    assert where(100, replace(ASKED, state="failed", why="no_stripe"), "", AT) == "failed"


def test_money_on_its_way_is_not_asked_for_again() -> None:
    done = replace(OPEN, state="complete")
    assert where(100, done, "requires_action", AT) == "underway"
    assert where(100, done, "processing", AT) == "underway"
    assert where(100, None, "asked", AT) == "underway"


def test_a_debit_that_failed_or_was_taken_back_may_be_paid_again() -> None:
    done = replace(OPEN, state="complete")
    assert where(100, done, "failed", AT) == "failed"
    assert where(100, done, "succeeded", AT) == "none"


def test_the_countdown_of_a_dispute_counts_working_days() -> None:
    until = dispute_until(date(2026, 12, 18))  # Christmas and New Year's Day are none
    assert until == date(2026, 12, 31)
    assert working_days(date(2026, 12, 18), until) == 8
    assert working_days(date(2026, 12, 24), until) == 4
    assert working_days(until, until) == 0
    assert working_days(date(2027, 1, 1), until) == -1
