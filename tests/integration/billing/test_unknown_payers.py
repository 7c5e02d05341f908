"""Money that came from nobody known: entered as it came, assigned later or given back, in the books; never dropped."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from billing.invoices import books, suspense
from billing.invoices.balances import balance_due, credit_left
from billing.invoices.dunning import penalty_due
from billing.invoices.invoicing import Issued
from billing.invoices.receiving import receive
from billing.office.checkup import examine
from store.base.errors import BadInput, NotFound, Refused
from store.base.settings import Settings
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.billing.test_invoices import client, run

__all__ = ["client"]

CAME, FOUND = date(2026, 11, 2), date(2026, 12, 15)


@pytest.fixture
def owed(database: Database, client: Tenant) -> Issued:
    issued = run(database, client)
    assert issued is not None
    with database.operator() as conn:
        suspense.enter(conn, 7000, "VIR 17", "MARTIN J", CAME, by=OPERATOR)
    return issued


def test_it_is_entered_once_under_the_banks_reference_and_shown_until_it_is_somebodys(
    database: Database, owed: Issued, settings_home: object
) -> None:
    with database.operator() as conn:
        again, counted = suspense.enter(conn, 7000, "VIR 17", "MARTIN J", CAME, by=OPERATOR)
        assert (counted, again.left_cents, len(suspense.waiting(conn))) == (False, 7000, 1)
        with pytest.raises(Refused, match=r"came with 70\.00, not 71\.00"):
            suspense.enter(conn, 7100, "VIR 17", "", CAME, by=OPERATOR)
        told = next(one for one in examine(conn, Settings(), FOUND) if one.part == "unknown payers")
    assert (told.state, "VIR 17 (70.00)" in told.detail) == ("warn", True)


def test_it_pays_an_invoice_on_the_day_it_came_and_what_is_over_is_the_clients(
    database: Database, client: Tenant, owed: Issued
) -> None:
    with database.operator() as conn:
        (use,) = suspense.assign(conn, "VIR 17", [owed.number], None, FOUND, by=OPERATOR, today=FOUND)
        assert (use.tenant_id, use.document, use.amount_cents) == (client.id, owed.number, 7000)
        assert (balance_due(conn, owed), credit_left(conn, client.id)) == (6574 - 7000, 7000 - 6574)
        assert penalty_due(conn, owed, FOUND) == 0, "it was there in time"
        assert suspense.waiting(conn) == []
        with pytest.raises(Refused, match=r"has 0\.00 left"):
            suspense.assign(conn, "VIR 17", [owed.number], None, FOUND, by=OPERATOR, today=FOUND)


def test_it_is_a_clients_oldest_debts_and_the_rest_goes_back(database: Database, client: Tenant, owed: Issued) -> None:
    with database.operator() as conn:
        suspense.assign_to(conn, "VIR 17", client, 6000, FOUND, by=OPERATOR, today=FOUND)
        assert balance_due(conn, owed) == 574
        suspense.give_back(conn, "VIR 17", None, "RETOUR VIR 17", FOUND, by=OPERATOR)
        (all_of_it,) = suspense.waiting(conn, used=True)
        assert all_of_it.left_cents == 0
        assert [(use.kind, use.amount_cents) for use in suspense.uses(conn, all_of_it)] == [
            ("assigned", 6000), ("returned", 1000)
        ]  # fmt: skip
        with pytest.raises(NotFound, match="VIR 99"):
            suspense.give_back(conn, "VIR 99", None, "x", FOUND, by=OPERATOR)


def test_the_books_move_what_was_assigned_from_suspense_to_its_client(
    database: Database, client: Tenant, owed: Issued
) -> None:
    with database.operator() as conn:
        suspense.assign(conn, "VIR 17", [owed.number], None, FOUND, by=OPERATOR, today=FOUND)
        entries = books.entries(conn, date(2026, 1, 1), date(2026, 12, 31))
    (moved,) = [entry for entry in entries if entry.journal == books.OTHERS]
    assert (moved.day, moved.slug, moved.piece) == (FOUND, client.slug, owed.number)
    assert {post.account[0]: post.cents for post in moved.posts} == {"471000": 7000, "411000": -7000}
    rows = [line.split("\t") for line in books.fec(entries)]
    assert {row[0] for row in rows[1:]} == {"VE", "OD"}
    assert sum(int(row[11].replace(",", "")) - int(row[12].replace(",", "")) for row in rows[1:]) == 0


def test_money_from_before_an_invoice_is_not_entered_on_it(database: Database, owed: Issued) -> None:
    early = owed.issued_on - timedelta(days=1)
    with database.operator() as conn:
        with pytest.raises(BadInput, match="before invoice"):
            receive(conn, owed.number, 100, None, "VIR 1", early, by=OPERATOR, today=FOUND)
        with pytest.raises(BadInput, match="reference"):
            receive(conn, owed.number, 100, None, " ", CAME, by=OPERATOR, today=FOUND)
        assert receive(conn, owed.number, 100, None, "CHQ 7", CAME, by=OPERATOR, today=FOUND, way="cheque").counted
