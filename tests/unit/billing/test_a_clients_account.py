"""A client's account: it adds up, opens with what it closed, and letters what comes to nothing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.invoices.statements import Entry, client_account
from store.base.errors import BadInput

FIRST = date(2026, 10, 1)
LAST = date(2026, 12, 31)


def invoice(number: str, day: date, cents: int, due_on: date | None = None) -> Entry:
    return Entry(day, "invoice", number, "", due_on or day, cents, number)


def payment(number: str, day: date, cents: int) -> Entry:
    return Entry(day, "payment", number, f"VIR {day}", None, -cents, number)


DAYS = st.dates(FIRST, LAST)
ENTRIES = st.lists(
    st.one_of(
        st.builds(invoice, st.sampled_from("abcd"), DAYS, st.integers(1, 50), DAYS),
        st.builds(payment, st.sampled_from("abcd"), DAYS, st.integers(1, 50)),
    ),
    max_size=12,
)


@given(ENTRIES, DAYS, st.integers(0, 60))
def test_the_closing_balance_is_the_opening_with_the_entries_and_what_is_open(
    entries: list[Entry], begins: date, days: int
) -> None:
    found = client_account(entries, begins, begins + timedelta(days=days))
    assert found.closing == found.opening + sum(entry.cents for entry in found.entries)
    assert found.closing == sum(item.cents for item in found.open) == sum(found.ageing().values())


@given(ENTRIES, DAYS, st.integers(0, 30))
def test_the_next_days_open_with_what_these_closed(entries: list[Entry], begins: date, days: int) -> None:
    ends = begins + timedelta(days=days)
    after = client_account(entries, ends + timedelta(days=1), LAST + timedelta(days=61))
    assert after.opening == client_account(entries, begins, ends).closing


@given(ENTRIES)
def test_entries_of_one_letter_come_to_nothing_and_the_others_are_open(entries: list[Entry]) -> None:
    found = client_account(entries, FIRST, LAST)
    for letter in {entry.letter for entry in found.entries} - {""}:
        assert sum(entry.cents for entry in found.entries if entry.letter == letter) == 0
    assert {entry.group for entry in found.entries if not entry.letter} == {item.document for item in found.open}


def test_letters_go_by_the_day_of_settling_and_stay_in_later_statements() -> None:
    entries = [
        invoice("1", FIRST, 100), invoice("2", FIRST, 50), payment("2", date(2026, 10, 5), 50),
        payment("1", date(2026, 11, 5), 100),
    ]  # fmt: skip
    october = client_account(entries, FIRST, date(2026, 10, 31))
    assert [(e.document, e.letter) for e in october.entries] == [("1", ""), ("2", "A"), ("2", "A")]
    november = client_account(entries, date(2026, 11, 1), date(2026, 11, 30))
    assert [(e.document, e.letter) for e in november.entries] == [("1", "B")]


@pytest.mark.parametrize(
    ("late", "age"),
    [(-5, "not_due"), (0, "not_due"), (1, "1_30"), (30, "1_30"), (31, "31_60"), (60, "31_60"), (61, "61_90"),
     (90, "61_90"), (91, "over_90")],
)  # fmt: skip
def test_what_is_open_is_told_by_how_late_it_is(late: int, age: str) -> None:
    entry = invoice("1", FIRST, 100, LAST - timedelta(days=late))
    assert {name for name, cents in client_account([entry], FIRST, LAST).ageing().items() if cents} == {age}


def test_what_was_paid_too_much_is_the_clients() -> None:
    found = client_account([invoice("1", FIRST, 100), payment("1", FIRST, 130)], FIRST, LAST)
    assert (found.closing, found.ageing()["overpaid"]) == (-30, -30)


def test_after_the_hundredth_settlement_letters_go_on() -> None:
    entries = [
        each
        for n in range(60)
        for each in (invoice(f"{n:02}", FIRST, 1), payment(f"{n:02}", FIRST + timedelta(days=n), 1))
    ]
    letters = [e.letter for e in client_account(entries, FIRST, LAST).entries if e.kind == "payment"]
    assert (letters[0], letters[25], letters[26], letters[59]) == ("A", "Z", "AA", "BH")


def test_days_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(BadInput, match="before --from"):
        client_account([], LAST, FIRST)
