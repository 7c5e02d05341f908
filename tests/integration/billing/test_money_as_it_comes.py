"""Money received is entered as it came: over, for several documents, by mistake; and it is the client's until used."""

from __future__ import annotations

from datetime import date

import pytest

from billing.invoices.balances import balance_due, credit_left
from billing.invoices.crediting import credit
from billing.invoices.dunning import owing, run_dunning
from billing.invoices.invoicing import Issued
from billing.invoices.payments import pay_invoice
from billing.invoices.setting_off import reverse, set_off
from billing.invoices.statements import client_account, history_of
from store.base.errors import NotFound, Refused
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.billing.test_invoices import client, run

__all__ = ["client"]

DAY, LATE = date(2026, 11, 2), date(2026, 12, 22)


@pytest.fixture
def two(database: Database, client: Tenant) -> tuple[Issued, Issued]:
    """An invoice that was paid and then credited whole, and the one that took its place: the same 65.74."""
    first = run(database, client)
    assert first is not None
    with database.operator() as conn:
        assert pay_invoice(conn, first, "transfer", first.gross_cents, "VIR 1", DAY, OPERATOR)
        credit(conn, first.number, DAY, OPERATOR)
    second = run(database, client)
    assert second is not None
    assert (second.gross_cents, second.number) == (first.gross_cents, "2026-000003")
    return first, second


def test_who_owes_nothing_on_the_whole_is_asked_for_nothing(
    database: Database, client: Tenant, two: tuple[Issued, Issued]
) -> None:
    with database.operator() as conn:
        assert [unpaid for _, _, unpaid in owing(conn, client.id, LATE)] == [0]
        assert run_dunning(conn, client.id, LATE) == []
        assert client_account(history_of(conn, client.id), date(2026, 1, 1), LATE).closing == 0


def test_what_was_paid_too_much_is_set_off_once_and_stands_on_the_account(
    database: Database, client: Tenant, two: tuple[Issued, Issued]
) -> None:
    first, second = two
    with database.operator() as conn:
        with pytest.raises(Refused, match=r"overpaid by 65\.74"):
            set_off(conn, first, second, first.gross_cents + 1, DAY, by=OPERATOR, today=DAY)
        assert set_off(conn, first, second, None, DAY, by=OPERATOR, today=DAY) == first.gross_cents
        assert (balance_due(conn, first), balance_due(conn, second), credit_left(conn, client.id)) == (0, 0, 0)
        account = client_account(history_of(conn, client.id), date(2026, 1, 1), LATE)
        with pytest.raises(Refused, match=r"overpaid by 0\.00"):
            set_off(conn, first, second, None, DAY, by=OPERATOR, today=DAY)
    moved = [(entry.document, entry.reference, entry.cents) for entry in account.entries if entry.kind == "set_off"]
    assert sorted(moved) == [
        (first.number, second.number, first.gross_cents), (second.number, first.number, -first.gross_cents)
    ]  # fmt: skip
    assert account.closing == 0


def test_one_transfer_pays_several_documents_and_more_than_is_due(
    database: Database, client: Tenant, two: tuple[Issued, Issued]
) -> None:
    _, second = two
    with database.operator() as conn:
        assert pay_invoice(conn, second, "transfer", second.gross_cents + 500, "VIR 1", DAY, OPERATOR)
        assert balance_due(conn, second) == -500
        assert credit_left(conn, client.id) == 6574 + 500
        assert pay_invoice(conn, second, "transfer", second.gross_cents + 500, "VIR 1", DAY, OPERATOR) is False
        with pytest.raises(Refused, match=r"has paid 70\.74"):
            pay_invoice(conn, second, "transfer", 100, "VIR 1", DAY, OPERATOR)


def test_an_entry_made_by_mistake_is_undone_once_and_the_invoice_is_due_again(
    database: Database, client: Tenant, two: tuple[Issued, Issued]
) -> None:
    _, second = two
    with database.operator() as conn:
        pay_invoice(conn, second, "transfer", 1000, "VIR 2", DAY, OPERATOR)
        assert reverse(conn, second, "VIR 2", "d'un autre client", DAY, by=OPERATOR, today=DAY) == 1000
        assert balance_due(conn, second) == second.gross_cents
        with pytest.raises(Refused, match="reversed already"):
            reverse(conn, second, "VIR 2", "encore", DAY, by=OPERATOR, today=DAY)
        with pytest.raises(NotFound, match="VIR 9"):
            reverse(conn, second, "VIR 9", "x", DAY, by=OPERATOR, today=DAY)
