"""Credit notes for a part: never more than is left, to the cent with their VAT, and what follows from them."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.charges.controls import OutboundBlocked, allow_dialling
from billing.documents.invoice import Line
from billing.invoices.balances import balance_due
from billing.invoices.crediting import credit, credit_amount, credit_call, credit_document, credit_lines, part_document
from billing.invoices.dunning import close_dispute, debts, dispute
from billing.invoices.invoicing import Issued
from billing.invoices.payments import pay_invoice
from billing.invoices.reconcile import reconcile_period
from billing.invoices.series import OutOfOrder
from billing.stripe.refunds import refund_transfer
from store.base.errors import NotFound, Refused
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.billing.conftest import START
from tests.integration.billing.test_dunning import ALL_STEPS, told
from tests.integration.billing.test_invoices import OCTOBER, client, run
from tests.unit.billing.test_factur_x import an_invoice

__all__ = ["client"]

DAY = date(2026, 11, 5)


@pytest.fixture
def owed(database: Database, client: Tenant) -> Issued:
    """Lines: 1 subscription 54.00, 2 calls 0.68, 3 included calls 0, 4 fees 0.10; 54.78 before tax."""
    issued = run(database, client)
    assert issued is not None
    return issued


def test_a_line_is_credited_with_its_vat_and_the_invoice_stays(database: Database, owed: Issued) -> None:
    with database.operator() as conn:
        note = credit_lines(conn, owed.number, [1], "abonnement en double", DAY, "test")
        assert (note.net_cents, note.vat_cents, note.gross_cents) == (-5400, -1080, -6480)
        assert (note.invoice().credits, note.invoice().lines[0].detail) == (owed.number, "abonnement en double")
        assert balance_due(conn, owed) == owed.gross_cents - 6480
        with pytest.raises(Refused, match="nothing left"):
            credit_lines(conn, owed.number, [1], "encore", DAY, "test")


def test_an_amount_beyond_what_is_left_is_refused_and_takes_no_number(database: Database, owed: Issued) -> None:
    with database.operator() as conn:
        credit_amount(conn, owed.number, 5000, "geste", DAY, "test")
    with pytest.raises(Refused, match=r"4\.78 left"), database.operator() as conn:
        credit_amount(conn, owed.number, 479, "geste", DAY, "test")
    with pytest.raises(Refused, match="line 2"), database.operator() as conn:
        credit_amount(conn, owed.number, 69, "geste", DAY, "test", place=2)
    with database.operator() as conn:
        assert credit_amount(conn, owed.number, 478, "solde", DAY, "test").number == "2026-000003"
        assert balance_due(conn, owed) == 0


def test_a_call_is_credited_once_for_what_it_cost_and_the_charge_says_by_which_note(
    database: Database, client: Tenant, owed: Issued
) -> None:
    with database.operator() as conn:
        charge = conn.execute(
            "SELECT call_id, amount_micros FROM billing.charges WHERE amount_micros > 600000"
        ).fetchone()
        assert charge is not None
        note = credit_call(conn, owed.number, charge["call_id"], "appel inconnu", DAY, "test")
        assert note.net_cents == -66  # 61 s at 0.60 a minute and 0.05: 0.66
        lines = note.invoice().lines
        assert [(line.key.split(":")[1], line.net_cents) for line in lines] == [("2", 61), ("4", 5)]
        # not the whole number: others read the bill
        assert all(re.fullmatch(r"Appel \+33\d{5}•••• du .*", line.name) for line in lines)
        with pytest.raises(Refused, match="credited already"):
            credit_call(conn, owed.number, charge["call_id"], "encore", DAY, "test")
        tied = conn.execute("SELECT call_id FROM billing.invoice_charges WHERE invoice_id = %s", (note.id,)).fetchall()
        assert tied == [{"call_id": charge["call_id"]}]
        differences = {d.kind for d in reconcile_period(conn, OCTOBER)[1]}
    assert differences == {"extra"}  # Asterisk has no CDR here; invoice and charges still agree


def test_a_whole_credit_note_after_a_part_gives_back_the_rest_to_the_cent(database: Database, owed: Issued) -> None:
    with database.operator() as conn:
        part = credit_amount(conn, owed.number, 333, "geste", DAY, "test")
        rest = credit(conn, owed.number, DAY, "test")
        assert part.gross_cents + rest.gross_cents == -owed.gross_cents
        assert part.vat_cents + rest.vat_cents == -owed.vat_cents
        with pytest.raises(Refused, match="credited already"):
            credit_amount(conn, owed.number, 1, "geste", DAY, "test")


def test_a_call_whose_lines_were_credited_is_not_credited_again(database: Database, owed: Issued) -> None:
    with database.operator() as conn:
        charge = conn.execute(
            "SELECT call_id FROM billing.charges WHERE amount_micros > 600000"
        ).fetchone()  # fmt: skip
        assert charge is not None
        credit_lines(conn, owed.number, [2, 4], "appels contestés", DAY, "test")
        with pytest.raises(Refused, match="line 2 of invoice"):
            credit_call(conn, owed.number, charge["call_id"], "encore", DAY, "test")


def test_no_document_is_dated_before_the_one_before_it(database: Database, owed: Issued) -> None:
    with database.operator() as conn:
        credit_amount(conn, owed.number, 100, "geste", DAY, "test")
    with pytest.raises(OutOfOrder, match="2026-11-05"), database.operator() as conn:
        credit_amount(conn, owed.number, 100, "geste", DAY - timedelta(days=1), "test")
    with database.operator() as conn:
        assert credit_amount(conn, owed.number, 100, "geste", DAY, "test").number == "2026-000003", "no number is lost"


def test_a_line_or_a_call_that_is_not_on_the_invoice_is_named(database: Database, owed: Issued) -> None:
    with pytest.raises(NotFound, match="lines 1 to 4"), database.operator() as conn:
        credit_lines(conn, owed.number, [5], "x", DAY, "test")
    with pytest.raises(NotFound, match="is not on invoice"), database.operator() as conn:
        credit_call(conn, owed.number, owed.id, "x", DAY, "test")


def test_what_is_credited_is_neither_late_nor_suspended_for(database: Database, client: Tenant, owed: Issued) -> None:
    for days in ALL_STEPS:
        told(database, client, days)
    with pytest.raises(OutboundBlocked, match="unpaid"):
        allow_dialling(database, client.id, "+33612345678", START)
    with database.operator(client.id) as conn:
        credit(conn, owed.number, date(2026, 12, 11), "test")
    allow_dialling(database, client.id, "+33612345678", START)


def test_a_dispute_found_right_is_credited_for_its_lines_and_the_rest_is_due(
    database: Database, client: Tenant, owed: Issued
) -> None:
    with database.operator(client.id) as conn:
        opened = dispute(conn, owed, [1], "abonnement résilié", owed.issued_on, DAY, by=OPERATOR)
        of, lines = close_dispute(conn, opened, "fondée", DAY, by=OPERATOR)
        credit_lines(conn, of.number, lines, "contestation fondée", DAY, "test")
        ((_, debt),) = debts(conn, client.id)
    assert debt.unpaid(DAY) == debt.in_dunning(DAY) == owed.gross_cents - 6480


def test_only_what_was_overpaid_is_refunded_and_once_for_its_reference(database: Database, owed: Issued) -> None:
    with database.operator() as conn:
        pay_invoice(conn, owed, "transfer", owed.gross_cents, "VIR 1", DAY, "test")
        with pytest.raises(Refused, match=r"overpaid by 0\.00"):
            refund_transfer(conn, owed.number, 100, "REMB 1", DAY, "test")
        credit_amount(conn, owed.number, 1000, "geste", DAY, "test")
        assert refund_transfer(conn, owed.number, 1200, "REMB 1", DAY, "test")
        assert not refund_transfer(conn, owed.number, 1200, "REMB 1", DAY, "test")
        assert balance_due(conn, owed) == 0


@given(st.lists(st.integers(1, 4000), max_size=6))
def test_parts_and_rest_come_to_the_invoice_to_the_cent_whatever_the_parts(nets: list[int]) -> None:
    whole = an_invoice()
    notes = []
    for net in nets:
        if net > whole.net_cents - sum(n.net_cents for n in notes):
            continue
        line = Line("Avoir", "1", "C62", f"{net // 100}.{net % 100:02d}", net, "geste", "credit", "amount")
        notes.append(part_document(whole, "x", DAY, [line], list(notes)))
    rest = credit_document(whole, "y", DAY, notes)
    assert sum(n.net_cents for n in (*notes, rest)) == whole.net_cents
    assert sum(n.vat_cents for n in (*notes, rest)) == whole.vat_cents
    assert all(n.vat_cents >= 0 and n.gross_cents == n.net_cents + n.vat_cents for n in (*notes, rest))
