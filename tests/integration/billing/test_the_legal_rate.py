"""The legal rate by half-year: what is not published holds no reminder up, and is asked for by name and command."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from billing.invoices.balances import balance_due
from billing.invoices.dunning import penalty_due, run_dunning
from billing.invoices.invoicing import Issued
from billing.invoices.late import Debt, NoLegalRate, known_until, legal_rates, penalty, penalty_so_far
from billing.invoices.legal import add_rate, known_rates
from billing.invoices.payments import pay_invoice, pay_penalty
from billing.office.checkup import examine
from store.base.errors import BadInput, Refused
from store.base.settings import Settings
from store.db import Database
from store.tenants import Tenant
from tests.integration.billing.test_invoices import client, run

__all__ = ["client"]

DEBT = Debt(1_000_000, date(2026, 11, 2))
NEW_YEAR = date(2027, 1, 1)
COMMAND = "decroche billing legal-rate add 2027-01-01 2027-06-30 PERCENT"


@pytest.fixture
def owed(database: Database, client: Tenant) -> Issued:
    issued = run(database, client)
    assert issued is not None
    return issued


def test_a_day_without_a_rate_is_an_error_that_says_what_to_type_and_in_which_file_the_others_are() -> None:
    with pytest.raises(NoLegalRate, match="2027-01-01") as told:
        penalty(DEBT, NEW_YEAR)
    assert COMMAND in told.value.hint
    assert "billing/invoices/data/legal_rates.toml" in told.value.hint


def test_the_table_has_no_hole_and_ends_with_2026() -> None:
    assert known_until(legal_rates()) == date(2026, 12, 31)


def test_interest_counts_up_to_the_last_known_day_and_says_so() -> None:
    owed, until = penalty_so_far(DEBT, date(2027, 2, 1), legal_rates())
    assert until == date(2026, 12, 31)
    assert owed == penalty(DEBT, date(2026, 12, 31))
    assert penalty_so_far(DEBT, date(2026, 12, 1), legal_rates()) == (penalty(DEBT, date(2026, 12, 1)), None)


def test_an_invoice_due_after_the_last_known_day_owes_its_indemnity_all_the_same() -> None:
    owed, until = penalty_so_far(Debt(1_000_000, NEW_YEAR), date(2027, 1, 2), legal_rates())
    assert (owed.interest_cents, owed.indemnity_cents, until) == (0, 4000, date(2026, 12, 31))


def test_reminders_go_out_in_january_before_the_rate_is_known(database: Database, client: Tenant, owed: Issued) -> None:
    with database.operator(client.id) as conn:
        told = run_dunning(conn, client.id, date(2027, 1, 15))
    assert {notice.kind for notice in told} == {"reminder_1"}
    assert {notice.body["interest_counted_until"] for notice in told} == {"2026-12-31"}


def test_a_rate_added_counts_from_its_first_day_and_is_never_changed(
    database: Database, client: Tenant, owed: Issued
) -> None:
    with database.operator() as conn:
        before = penalty_due(conn, owed, NEW_YEAR)
        add_rate(conn, NEW_YEAR, date(2027, 6, 30), Decimal("20.00"), "arrêté du 22 décembre 2026", "test", sure=True)
        assert known_rates(conn)[-1].percent == Fraction(20)
        assert penalty_due(conn, owed, NEW_YEAR) > before
        with pytest.raises(BadInput, match="has its rate: 20 %"):
            add_rate(conn, NEW_YEAR, date(2027, 6, 30), Decimal("3"), "x", "test")


def test_a_rate_that_looks_mistyped_is_asked_about_and_one_that_was_is_corrected(
    database: Database, client: Tenant, owed: Issued
) -> None:
    half = (NEW_YEAR, date(2027, 6, 30))
    with database.operator() as conn:
        with pytest.raises(BadInput, match=r"is far from the nearest half-year's 2\.75"):
            add_rate(conn, *half, Decimal("27.5"), "arrêté", "test")
        with pytest.raises(BadInput, match="no rate was added"):
            add_rate(conn, *half, Decimal("2.62"), "arrêté", "test", correct=True)
        add_rate(conn, *half, Decimal("27.5"), "arrêté", "test", sure=True)
    with database.operator() as conn:
        wrong = penalty_due(conn, owed, date(2027, 3, 1))
        add_rate(conn, *half, Decimal("2.62"), "arrêté, relu", "test", correct=True)
        assert known_rates(conn)[-1].percent == Fraction("2.62")
        assert penalty_due(conn, owed, date(2027, 3, 1)) < wrong


@pytest.mark.parametrize(
    ("begins", "ends", "percent", "message"),
    [
        (date(2027, 6, 30), NEW_YEAR, "2", "ends before it begins"),
        (NEW_YEAR, date(2027, 6, 30), "-1", "not between 0 and 100"),
        (date(2026, 12, 1), date(2027, 6, 30), "2", "has its rate"),
    ],
)
def test_a_rate_that_cannot_be_is_refused(
    database: Database, begins: date, ends: date, percent: str, message: str
) -> None:
    with pytest.raises(BadInput, match=message), database.operator() as conn:
        add_rate(conn, begins, ends, Decimal(percent), "x", "test")


def test_interest_and_indemnity_received_are_kept_beside_the_invoice_and_never_more_than_is_owed(
    database: Database, client: Tenant, owed: Issued
) -> None:
    day = date(2026, 12, 2)
    with database.operator() as conn:
        whole = penalty_due(conn, owed, day)
        assert whole == 4000 + penalty(Debt(owed.gross_cents, owed.due_on), day).interest_cents
        pay_invoice(conn, owed, "transfer", owed.gross_cents, "VIR 1", day, "test")
        assert pay_penalty(conn, owed, whole, "VIR 1", day, "test")
        assert not pay_penalty(conn, owed, whole, "VIR 1", day, "test")
        assert (penalty_due(conn, owed, day), balance_due(conn, owed)) == (0, 0)
        with pytest.raises(Refused, match="owes"):
            pay_penalty(conn, owed, 1, "VIR 2", day, "test")


@dataclass
class Doctor:
    database: Database

    def __call__(self, today: date) -> dict[str, tuple[str, str]]:
        with self.database.operator() as conn:
            found = examine(conn, Settings(), today)
        return {one.part: (one.state, one.hint) for one in found}


@pytest.fixture
def doctor(database: Database, settings_home: Any) -> Doctor:
    return Doctor(database)


def test_the_doctor_asks_for_the_next_half_year_45_days_before_and_fails_without_it(
    doctor: Doctor, client: Tenant
) -> None:
    assert doctor(date(2026, 11, 1))["legal rate"] == ("ok", "")
    state, hint = doctor(date(2026, 11, 23))["legal rate"]
    assert (state, COMMAND in hint) == ("warn", True)
    assert doctor(NEW_YEAR)["legal rate"][0] == "fail"


def test_the_doctor_names_who_sells_and_what_is_not_invoiced(doctor: Doctor, client: Tenant) -> None:
    found = doctor(date(2026, 11, 23))
    assert found["seller"] == ("ok", "")
    assert (found["invoices"][0], found["customers"][0], found["rounds"][0]) == ("warn", "ok", "warn")


def test_the_doctor_fails_where_nobody_sells(doctor: Doctor) -> None:
    assert "fail" in {state for state, _ in doctor(date(2026, 11, 23)).values()}


def test_the_doctor_finds_a_hole_in_the_numbers(doctor: Doctor, client: Tenant, owed: Issued, superuser: Any) -> None:
    assert doctor(date(2026, 11, 23))["invoice numbers"][0] == "ok"
    superuser.execute("UPDATE billing.invoice_numbers SET last = 3")
    assert doctor(date(2026, 11, 23))["invoice numbers"][0] == "fail"
