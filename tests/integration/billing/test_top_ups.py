"""Top-ups of a prepaid balance: invoiced when paid, with VAT; usage then stands on a statement, on no invoice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from billing.charges.accounts import account, change_mode, move, set_mode
from billing.charges.ledger import record_call
from billing.documents.invoice import Terms
from billing.invoices.balances import balance_due
from billing.invoices.crediting import credit, credit_amount
from billing.invoices.invoicing import get, issue, listed, set_customer, set_seller
from billing.invoices.payments import pay_invoice
from billing.invoices.reconcile import reconcile_period
from billing.invoices.topups import goodwill, invoice_top_up, net_of, statement, top_up
from billing.plans.plans import add_plan, subscribe
from store.base.errors import BadInput, Refused
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.billing.conftest import START, a_cdr
from tests.integration.billing.test_invoices import BUYER, OCTOBER, PLAN, SELLER

DAY = date(2026, 10, 5)
EURO = 1_000_000


@pytest.fixture
def client(database: Database, dentist: Tenant) -> Tenant:
    with database.operator() as conn:
        set_seller(conn, SELLER, Terms(days=30), by=OPERATOR)
        set_customer(conn, dentist.id, BUYER, by=OPERATOR)
        set_mode(conn, dentist.id, "prepaid")
    return dentist


def balance(database: Database, tenant: Tenant) -> int:
    with database.operator() as conn:
        return account(conn, tenant.id).balance_micros


def test_a_top_up_is_invoiced_with_its_vat_paid_already_and_on_the_balance_before_tax(
    database: Database, client: Tenant
) -> None:
    with database.operator(client.id) as conn:
        issued, counted = top_up(conn, client, 5000, "VIR 1", DAY, "test")
        assert issued is not None
        assert (counted, issued.purpose, issued.net_cents, issued.gross_cents) == (True, "top_up", 5000, 6000)
        assert (balance_due(conn, issued), issued.invoice().paid_cents, issued.due_on) == (0, 6000, DAY)
    assert balance(database, client) == 50 * EURO


def test_the_same_transfer_counts_once_and_has_one_invoice(database: Database, client: Tenant) -> None:
    with database.operator(client.id) as conn:
        top_up(conn, client, 5000, "VIR 1", DAY, "test")
        assert top_up(conn, client, 5000, "VIR 1", DAY, "test") == (None, False)
        assert len(listed(conn)) == 1
    assert balance(database, client) == 50 * EURO


@pytest.mark.parametrize("gross", [1, 3, 5001, 5002, 5003, 5004, 5005, 9999])
def test_an_amount_received_is_split_into_price_and_tax_to_the_cent(
    database: Database, client: Tenant, gross: int
) -> None:
    with database.operator(client.id) as conn:
        net = net_of(conn, client, gross)
        issued, _ = top_up(conn, client, net, "VIR 1", DAY, "test", gross_cents=gross)
        assert issued is not None
        assert (issued.gross_cents, issued.net_cents) == (gross, net)
        assert abs(issued.vat_cents * 5 - net) <= 5  # within a cent of 20 %


def test_an_operators_top_up_bears_no_tax(database: Database, client: Tenant) -> None:
    with database.operator(client.id) as conn:
        set_customer(conn, client.id, replace(BUYER, operator=True, vat_number="FR83404833048"), by=OPERATOR)
        assert net_of(conn, client, 5000) == 5000
        issued, _ = top_up(conn, client, 5000, "VIR 1", DAY, "test", gross_cents=5000)
    assert issued is not None
    assert (issued.gross_cents, issued.vat_cents) == (5000, 0)


def test_a_top_up_to_be_paid_is_on_the_balance_once_it_is_paid_whole(database: Database, client: Tenant) -> None:
    with database.operator(client.id) as conn:
        issued = invoice_top_up(conn, client, 5000, DAY, "test", paid=False)
        pay_invoice(conn, issued, "transfer", 1000, "VIR 1", DAY, "test")
        assert account(conn, client.id).balance_micros == 0
        pay_invoice(conn, issued, "transfer", 5000, "VIR 2", DAY, "test")
    assert balance(database, client) == 50 * EURO


def test_a_top_up_that_was_talked_away_cannot_be_credited_and_the_rest_leaves_the_balance(
    database: Database, client: Tenant
) -> None:
    with database.operator(client.id) as conn:
        issued, _ = top_up(conn, client, 1000, "VIR 1", DAY, "test")
    assert issued is not None
    with database.tenant(client.id) as conn:
        record_call(conn, a_cdr(client.id, 400))  # 300 s charged at 0.60 a minute, and 0.05
    with pytest.raises(Refused, match=r"6\.95 left"), database.operator(client.id) as conn:
        credit_amount(conn, issued.number, 1000, "départ", DAY, "test")
    with database.operator(client.id) as conn:
        credit_amount(conn, issued.number, 695, "départ", DAY, "test")
        assert balance_due(conn, issued) == -834
    assert balance(database, client) == 0


def test_a_gift_is_on_the_balance_without_an_invoice(database: Database, client: Tenant) -> None:
    with database.operator(client.id) as conn:
        assert goodwill(conn, client.id, 500, "geste", "test")
        assert not goodwill(conn, client.id, 500, "geste", "test")
        assert listed(conn) == []
    assert balance(database, client) == 5 * EURO


def test_money_without_a_party_to_invoice_is_refused_and_not_on_the_balance(
    database: Database, dentist: Tenant
) -> None:
    with pytest.raises(BadInput, match="no seller"), database.operator(dentist.id) as conn:
        top_up(conn, dentist, 500, "VIR 1", DAY, "test")
    assert balance(database, dentist) == 0


def test_calls_paid_from_the_balance_are_on_the_statement_and_not_invoiced_again(
    database: Database, client: Tenant
) -> None:
    with database.operator(client.id) as conn:
        plan = add_plan(conn, "accueil", PLAN, "test")
        subscribe(
            conn, client.id, plan, OCTOBER, accepted_by="x", accepted_at=START, accepted_from="web",
            terms_version="1", terms=b"", by=OPERATOR)  # fmt: skip
        top_up(conn, client, 1000, "VIR 1", DAY, "test")
    with database.tenant(client.id) as conn:
        for number in range(2):
            record_call(conn, a_cdr(client.id, 160, at=START + timedelta(hours=number)))
    with database.operator(client.id) as conn:
        issued = issue(conn, client, OCTOBER, date(2026, 11, 2), "test")
        assert issued is not None
        assert [line.source for line in issued.invoice().lines] == ["subscription"]
        assert "non facturée" in issued.invoice().usage.note
        assert get(conn, issued.number).invoice().usage == issued.invoice().usage
        assert {d.kind for d in reconcile_period(conn, OCTOBER)[1]} == {"extra"}  # Asterisk has no CDR here


def test_a_statement_goes_from_the_opening_to_the_closing_balance_which_opens_the_next_month(
    database: Database, client: Tenant
) -> None:
    with database.operator(client.id) as conn:
        top_up(conn, client, 1000, "VIR 1", DAY, "test")
        moved = conn.execute("SELECT moved_at FROM billing.movements").fetchone()
    assert moved is not None
    this = moved["moved_at"].date().replace(day=1)
    with database.tenant(client.id) as conn:
        record_call(conn, a_cdr(client.id, 160))
    with database.operator() as conn:
        now = statement(conn, client.id, this)
        after = statement(conn, client.id, (this + timedelta(days=32)).replace(day=1))
    assert (now.opening, [m["amount_micros"] for m in now.movements]) == (0, [10 * EURO])
    assert [(c["destination"], c["calls"], c["amount_micros"]) for c in now.calls] == [("+33", 1, 650_000)]
    assert now.closing == after.opening == after.closing == balance(database, client)


def test_a_month_begun_one_way_is_not_ended_the_other(database: Database, client: Tenant) -> None:
    with database.operator(client.id) as conn:
        top_up(conn, client, 1000, "VIR 1", DAY, "test")
    with database.tenant(client.id) as conn:
        record_call(conn, a_cdr(client.id, 160))
    with pytest.raises(Refused, match="are prepaid"), database.operator() as conn:
        change_mode(conn, client.id, "postpaid", DAY, by=OPERATOR)
    with database.operator(client.id) as conn:
        move(conn, client.id, "refund", -account(conn, client.id).balance_micros, "REMB 1", OPERATOR)  # none is lost
        assert change_mode(conn, client.id, "postpaid", date(2026, 11, 1), by=OPERATOR).mode == "postpaid"
        assert issue(conn, client, OCTOBER, date(2026, 11, 2), "test") is None  # October stays prepaid


def test_an_invoice_brings_a_postpaid_balance_back_and_its_credit_note_takes_it_down_again(
    database: Database, dentist: Tenant
) -> None:
    with database.operator() as conn:
        set_seller(conn, SELLER, Terms(), by=OPERATOR)
        set_customer(conn, dentist.id, BUYER, by=OPERATOR)
    with database.tenant(dentist.id) as conn:
        record_call(conn, a_cdr(dentist.id, 160))
    assert balance(database, dentist) == -650_000
    with database.operator(dentist.id) as conn:
        issued = issue(conn, dentist, OCTOBER, date(2026, 11, 2), "test")
        assert issued is not None
        assert account(conn, dentist.id).balance_micros == 0
        credit(conn, issued.number, date(2026, 11, 3), "test")
    assert balance(database, dentist) == -650_000
