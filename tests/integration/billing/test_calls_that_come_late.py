"""Calls that come after their month's invoice stand on the next one, once; no credit is lost."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from billing.charges.accounts import change_mode, move
from billing.charges.ledger import record_call
from billing.documents.invoice import Party, Terms
from billing.invoices import books, invoicing
from billing.invoices.month import all_late
from billing.invoices.reconcile import reconcile_period
from store.base.errors import Refused
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.billing.conftest import a_cdr

SELLER = Party("Opérateur SAS", "732829320", "1 rue de la Paix", "75002", "Paris", vat_number="FR44732829320")
BUYER = Party("Cabinet Molaire", "404833048", "2 place du Marché", "97400", "Saint-Denis")
SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)


@pytest.fixture
def client(database: Database, dentist: Tenant) -> Tenant:
    with database.operator() as conn:
        invoicing.set_seller(conn, SELLER, Terms(), by=OPERATOR)
        invoicing.set_customer(conn, dentist.id, BUYER, by=OPERATOR)
    return dentist


def talked(database: Database, client: Tenant, month: int, day: int, seconds: int) -> None:
    at = datetime(2026, month, day, 9, tzinfo=UTC)
    with database.tenant(client.id) as conn:
        record_call(conn, a_cdr(client.id, seconds, at=at))


def issued(database: Database, client: Tenant, month: date, on: date) -> invoicing.Issued | None:
    with database.operator(client.id) as conn:
        return invoicing.issue(conn, client, month, on, OPERATOR)


def test_the_next_months_invoice_has_them_once_and_they_are_named_until_then(
    database: Database, client: Tenant
) -> None:
    talked(database, client, 9, 10, 600)
    first = issued(database, client, SEPTEMBER, date(2026, 10, 1))
    assert first is not None
    talked(database, client, 9, 20, 480)
    talked(database, client, 10, 5, 160)
    with database.operator() as conn:
        assert all_late(conn) == [(client.id, SEPTEMBER)]
    assert issued(database, client, SEPTEMBER, date(2026, 10, 2)) == first, "its own month's is issued already"
    second = issued(database, client, OCTOBER, date(2026, 11, 1))
    assert second is not None
    names = [(line.name, line.net_cents) for line in second.invoice().lines]
    assert ("Appels émis vers la France, septembre 2026", 480) in names
    assert ("Mise en relation, septembre 2026", 5) in names
    assert second.net_cents == 480 + 5 + 60 + 5, "a minute of October's 160 s is beyond the bundle"
    assert second.vat_cents == 47, "8.5 % in La Réunion"
    with database.operator() as conn:
        assert all_late(conn) == []
        kinds = {d.kind for month in (SEPTEMBER, OCTOBER) for d in reconcile_period(conn, month)[1]}
    assert kinds == {"extra"}, "Asterisk has no CDR here; every charge is on an invoice, and their sums agree"


def test_what_is_sold_is_entered_in_the_books_to_the_cent(database: Database, client: Tenant) -> None:
    talked(database, client, 9, 10, 600)
    sold = issued(database, client, SEPTEMBER, date(2026, 10, 1))
    assert sold is not None
    with database.operator() as conn:
        entries = books.entries(conn, date(2026, 1, 1), date(2026, 12, 31))
        (row,) = books.journal(conn, date(2026, 1, 1), date(2026, 12, 31))
    (entry,) = entries
    assert entry.piece == sold.number
    assert [post.cents for post in entry.posts] == [sold.gross_cents, -sold.net_cents, -sold.vat_cents]
    assert (row["vat_percent"], row["vat"]) == ("8.5", f"{sold.vat_cents / 100:.2f}")


def test_a_balance_that_is_not_empty_stays_as_it_is_paid(database: Database, client: Tenant) -> None:
    with database.operator(client.id) as conn:
        change_mode(conn, client.id, "prepaid", date(2026, 11, 1), by=OPERATOR)
        move(conn, client.id, "top_up", 63_210_000, "VIR 1", OPERATOR)
    with pytest.raises(Refused, match=r"63\.2100, which would be lost"), database.operator(client.id) as conn:
        change_mode(conn, client.id, "postpaid", date(2026, 11, 1), by=OPERATOR)
