"""Debit notes: late interest and the 40 € as a document, once, numbered apart from the invoices, outside VAT."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import psycopg
import pypdf
import pytest

from billing.documents.invoice import Party, cents
from billing.documents.render import pages_apart
from billing.invoices.crediting import credit
from billing.invoices.debit import DebitNote, get, issue, issue_settled, left_to_pay, listed, page
from billing.invoices.dunning import dispute
from billing.invoices.invoicing import Issued, customer, set_customer
from billing.invoices.invoicing import listed as invoices
from billing.invoices.legal import add_rate
from billing.invoices.payments import pay_invoice, pay_penalty
from store import tenants
from store.base.errors import Refused
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.billing.test_invoices import client, run
from tests.unit.billing.pdf_a import failures
from tests.unit.billing.test_factur_x import TOWN

__all__ = ["client"]

DUE = date(2026, 11, 2)


@pytest.fixture
def owed(database: Database, client: Tenant) -> Issued:
    """65.74 due on 2 November."""
    issued = run(database, client)
    assert issued is not None
    return issued


def note(database: Database, of: Issued, days: int) -> tuple[DebitNote, bool]:
    """The note issued so many days after the due date."""
    with database.operator(of.tenant_id) as conn:
        return issue(conn, of, DUE + timedelta(days=days), by=OPERATOR)


def settled(database: Database, of: Issued, days: int) -> list[DebitNote]:
    with database.operator(of.tenant_id) as conn:
        return issue_settled(conn, of.tenant_id, DUE + timedelta(days=days), by=OPERATOR)


def paid(database: Database, of: Issued, days: int, cents: int) -> None:
    with database.operator(of.tenant_id) as conn:
        pay_invoice(conn, of, "transfer", cents, f"VIR {days}", DUE + timedelta(days=days), "test")


def test_a_note_has_the_interest_to_the_day_of_payment_and_forty_euros(database: Database, owed: Issued) -> None:
    paid(database, owed, 30, owed.gross_cents)
    made, new = note(database, owed, 45)
    assert (new, made.number, made.counted_to) == (True, "ND-2026-000001", DUE + timedelta(days=30))
    assert (made.interest_cents, made.indemnity_cents) == (45, 4000)  # 65.74 × 8.25 % × 30 / 365
    assert made.document["settled"] is True


def test_asked_again_it_is_the_same_note(database: Database, owed: Issued) -> None:
    paid(database, owed, 30, owed.gross_cents)
    first, _ = note(database, owed, 45)
    assert note(database, owed, 60) == (first, False)
    assert settled(database, owed, 60) == []


def test_many_at_once_issue_one_note(database: Database, owed: Issued) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = [waiting.result() for waiting in [pool.submit(note, database, owed, 30) for _ in range(4)]]
    assert sorted(new for _, new in made) == [False, False, False, True]
    assert len({found.number for found, _ in made}) == 1


def test_a_second_note_has_only_the_days_since_and_no_second_indemnity(database: Database, owed: Issued) -> None:
    note(database, owed, 30)
    paid(database, owed, 50, owed.gross_cents)
    later, new = note(database, owed, 60)
    assert (new, later.interest_cents, later.indemnity_cents) == (True, 74 - 45, 0)  # 50 days come to 0.74
    assert [row["number"] for row in later.document["before"]] == ["ND-2026-000001"]


def test_the_rows_of_a_note_tell_partial_payments_and_come_to_its_interest(database: Database, owed: Issued) -> None:
    paid(database, owed, 10, 3000)
    made, _ = note(database, owed, 40)
    assert [(row["days"], row["unpaid_cents"]) for row in made.document["rows"]] == [(10, 6574), (30, 3574)]
    assert sum(row["interest_cents"] for row in made.document["rows"]) == made.interest_cents


def test_a_round_of_notes_leaves_out_what_runs_on_and_what_was_paid_in_time(
    database: Database, client: Tenant, owed: Issued
) -> None:
    assert settled(database, owed, 40) == []  # its interest runs on
    paid(database, owed, 0, owed.gross_cents)
    assert settled(database, owed, 41) == []  # recorded late, received in time
    with pytest.raises(Refused, match="owes nothing"):
        note(database, owed, 41)


def test_an_invoice_with_contested_lines_gets_no_note(database: Database, owed: Issued) -> None:
    with database.operator(owed.tenant_id) as conn:
        dispute(conn, owed, [1], "abonnement résilié", DUE, date(2026, 11, 12), by=OPERATOR)
    with pytest.raises(Refused, match="contested"):
        note(database, owed, 40)


def test_an_invoice_credited_afterwards_has_its_note_given_back(database: Database, owed: Issued) -> None:
    note(database, owed, 30)
    with database.operator(owed.tenant_id) as conn:
        credit(conn, owed.number, DUE + timedelta(days=35), "test")
    (back,) = settled(database, owed, 40)
    assert (back.interest_cents, back.indemnity_cents) == (-45, -4000)
    with database.operator() as conn:
        assert left_to_pay(conn, owed) == 0


def test_what_is_received_for_a_note_is_left_to_pay_no_more(database: Database, owed: Issued) -> None:
    made, _ = note(database, owed, 30)
    with database.operator() as conn:
        assert left_to_pay(conn, owed) == made.total_cents == 4045
        pay_penalty(conn, owed, 4045, "VIR 9", DUE + timedelta(days=31), "test")
        assert left_to_pay(conn, owed) == 0


def test_notes_take_no_number_of_the_invoices_and_lose_none_of_their_own(
    database: Database, client: Tenant, owed: Issued
) -> None:
    with suppress(RuntimeError), database.operator(client.id) as conn:
        issue(conn, owed, DUE + timedelta(days=30), by=OPERATOR)
        raise RuntimeError("killed")
    assert note(database, owed, 30)[0].number == "ND-2026-000001"
    assert note(database, owed, 50)[0].number == "ND-2026-000002"
    with database.operator() as conn:
        assert credit(conn, owed.number, DUE + timedelta(days=51), "test").number == "2026-000002"
        assert [found.number for found in invoices(conn)] == ["2026-000001", "2026-000002"]


def test_an_issued_note_is_never_changed(database: Database, owed: Issued) -> None:
    note(database, owed, 30)
    with pytest.raises(psycopg.Error), database.operator() as conn:
        conn.execute("UPDATE billing.debit_notes SET interest_cents = 1")


def test_a_tenant_sees_its_own_notes_only(database: Database, owed: Issued) -> None:
    made, _ = note(database, owed, 30)
    with database.operator() as conn:
        other = tenants.add(conn, "mairie", "Mairie", by=OPERATOR).id
    with database.tenant(owed.tenant_id) as conn:
        assert get(conn, made.number) == made
    with database.tenant(other) as conn:
        assert listed(conn) == []


def test_the_client_is_told_and_the_pdf_says_what_law_asks_in_french(database: Database, owed: Issued) -> None:
    made, _ = note(database, owed, 30)
    with database.operator() as conn:
        facts = page(conn, made)
        (told,) = conn.execute("SELECT body FROM billing.notices WHERE kind = 'debit_note'").fetchall()
    assert told["body"]["amount"] == "40.45"
    made = pages_apart("debit_note.html", facts)
    assert failures(made, factur_x=False) == []
    pdf = pypdf.PdfReader(io.BytesIO(made))
    text = "".join(found.extract_text() for found in pdf.pages)
    for words in (
        "Note de débit ND-2026-000001", "Cabinet Molaire", "Opérateur Exemple SAS", "facture 2026-000001",
        "du 03/11/2026 au 02/12/2026", "2,75 %", "8,25 %", "0,45 €", "40,00 €", "40,45 €", "Total dû, hors TVA",
        "L441-10", "D441-5", "art. 256", "n'est pas une facture",
    ):  # fmt: skip
        assert words in " ".join(text.replace("\u00a0", " ").split()), words
    assert "20 %" not in text


def test_a_note_is_made_out_to_the_client_of_its_invoice(database: Database, client: Tenant, owed: Issued) -> None:
    with database.operator() as conn:
        moved = customer(conn, client)
        set_customer(conn, client.id, Party(moved.name, moved.siren, "9 rue Neuve", "29000", "Quimper"), by=OPERATOR)
        assert page(conn, issue(conn, owed, DUE + timedelta(days=30), by=OPERATOR)[0])["buyer"]["city"] == "Rennes"


def test_a_public_body_owes_by_the_central_banks_rate_once_it_is_known(database: Database, client: Tenant) -> None:
    with database.operator() as conn:
        set_customer(conn, client.id, TOWN, by=OPERATOR)
    owed = run(database, client)
    assert owed is not None
    made, _ = note(database, owed, 30)
    assert (made.interest_cents, made.indemnity_cents) == (0, 4000), "the bank's rate was not entered"
    with database.operator() as conn:
        half = (date(2026, 7, 1), date(2026, 12, 31))
        add_rate(conn, *half, Decimal("2.15"), "BCE", OPERATOR, base="ecb")
    made, _ = note(database, owed, 30)
    exact = Fraction(owed.gross_cents) * Fraction("10.15") * 30 / 36500
    assert (made.interest_cents, made.indemnity_cents) == (cents(exact), 0)
    with database.operator() as conn:
        facts = page(conn, made)
    pdf = pypdf.PdfReader(io.BytesIO(pages_apart("debit_note.html", facts)))
    text = " ".join("".join(found.extract_text() for found in pdf.pages).replace("\u00a0", " ").split())
    for words in ("Taux de la BCE", "2,15 %", "10,15 %", "R2192-31", "D2192-35"):
        assert words in text, words
    assert "L441-10" not in text
