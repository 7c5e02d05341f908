"""Dunning: told once a step, suspended, lifted by the payment itself; contested lines are held out."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from billing.controls import OutboundBlocked, allow_dialling
from billing.dunning import close_dispute, debts, dispute, run_dunning
from billing.invoicing import Issued
from billing.payments import balance_due, pay_invoice
from store.db import Database
from store.errors import NotFound, Refused
from store.tenants import Tenant
from tests.integration.billing.conftest import START
from tests.integration.billing.test_invoices import client, run

__all__ = ["client"]

DUE = date(2026, 11, 2)


@pytest.fixture
def owed(database: Database, client: Tenant) -> Issued:
    issued = run(database, client)
    assert issued is not None
    return issued


def told(database: Database, tenant: Tenant, days: int) -> list[str]:
    with database.operator(tenant.id) as conn:
        return [notice.kind for notice in run_dunning(conn, tenant.id, DUE + timedelta(days=days))]


def test_each_step_is_told_once_and_the_last_suspends_outbound_until_it_is_paid(
    database: Database, client: Tenant, owed: Issued
) -> None:
    assert [told(database, client, days) for days in (0, 3, 4, 20, 30, 30)] == [
        [], ["reminder_1"], [], ["reminder_2", "formal_notice"], ["suspension"], []
    ]  # fmt: skip
    with pytest.raises(OutboundBlocked, match="unpaid"):
        allow_dialling(database, client.id, "+33612345678", START)
    with database.operator(client.id) as conn:
        pay_invoice(conn, owed, "transfer", owed.gross_cents, "VIR 9", DUE + timedelta(days=31), "test")
    allow_dialling(database, client.id, "+33612345678", START)


def test_contested_lines_are_held_out_and_the_rest_is_not(database: Database, client: Tenant, owed: Issued) -> None:
    with database.operator(client.id) as conn:
        opened = dispute(conn, owed, [1], "abonnement résilié", DUE, date(2026, 11, 12))
        ((_, debt),) = debts(conn, client.id)
        assert debt.in_dunning(date(2026, 11, 20)) == owed.gross_cents - 6480
        pay_invoice(conn, owed, "transfer", owed.gross_cents - 6480, "VIR 1", date(2026, 11, 12), "test")
    assert told(database, client, 40) == []
    with database.operator(client.id) as conn:
        close_dispute(conn, opened, "rejetée", DUE + timedelta(days=41))
        assert balance_due(conn, owed) == 6480
    assert told(database, client, 42)[-1] == "suspension"


def test_a_dispute_after_eight_working_days_or_about_no_line_is_refused(
    database: Database, client: Tenant, owed: Issued
) -> None:
    with pytest.raises(Refused, match="2026-11-13"), database.operator(client.id) as conn:
        dispute(conn, owed, [1], "trop tard", DUE, date(2026, 11, 14))
    with pytest.raises(NotFound), database.operator(client.id) as conn:
        dispute(conn, owed, [9], "quelle ligne ?", DUE, DUE)
