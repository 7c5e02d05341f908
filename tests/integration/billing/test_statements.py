"""A client's statement of account from the store: each document and each payment once, and as a PDF in French."""

from __future__ import annotations

import io
from datetime import date, timedelta
from pathlib import Path

import pypdf
import pytest

from billing.documents.render import pages_apart
from billing.invoices.crediting import credit_amount
from billing.invoices.debit import issue as note_late
from billing.invoices.invoicing import Issued
from billing.invoices.payments import pay_invoice, pay_penalty
from billing.invoices.statements import ClientAccount, client_account, history_of, page
from billing.stripe.refunds import refund_transfer
from store import tenants
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.billing.test_billing_commands import Terminal, type_
from tests.integration.billing.test_business_commands import sold
from tests.integration.billing.test_invoices import client, run
from tests.unit.billing.pdf_a import failures

__all__ = ["client", "sold", "type_"]

DUE = date(2026, 11, 2)
YEAR = (date(2026, 1, 1), date(2026, 12, 31))


@pytest.fixture
def owed(database: Database, client: Tenant) -> Issued:
    """65.74 due on 2 November."""
    issued = run(database, client)
    assert issued is not None
    return issued


def told(database: Database, tenant: Tenant, begins: date = YEAR[0], ends: date = YEAR[1]) -> ClientAccount:
    with database.tenant(tenant.id) as conn:
        return client_account(history_of(conn, tenant.id), begins, ends)


@pytest.fixture
def busy(database: Database, owed: Issued) -> Issued:
    """Paid a month late, noted for it, paid for that; then credited 10 before tax, which was sent back."""
    with database.operator(owed.tenant_id) as conn:
        pay_invoice(conn, owed, "transfer", 6574, "VIR 1", DUE + timedelta(days=30), "test")
        note_late(conn, owed, DUE + timedelta(days=31), by=OPERATOR)
        pay_penalty(conn, owed, 4045, "VIR 2", DUE + timedelta(days=32), "test")
        credit_amount(conn, owed.number, 1000, "geste commercial", DUE + timedelta(days=33), "test", None)
        refund_transfer(conn, owed.number, 1200, "REMB 1", DUE + timedelta(days=34), "test")
    return owed


def test_every_document_and_payment_is_on_the_account_once_and_settled(
    database: Database, client: Tenant, busy: Issued
) -> None:
    found = told(database, client)
    assert [(e.kind, e.document, e.reference, e.cents, e.letter) for e in found.entries] == [
        ("invoice", "2026-000001", "", 6574, "A"),
        ("payment", "2026-000001", "VIR 1", -6574, "A"),
        ("debit_note", "ND-2026-000001", "2026-000001", 4045, "B"),
        ("payment", "ND-2026-000001", "VIR 2", -4045, "B"),
        ("credit_note", "2026-000002", "2026-000001", -1200, "A"),
        ("refund", "2026-000001", "REMB 1", 1200, "A"),
    ]
    assert (found.opening, found.closing, found.open) == (0, 0, [])


def test_an_unpaid_invoice_is_open_and_late_at_the_end_of_its_days(
    database: Database, client: Tenant, owed: Issued
) -> None:
    found = told(database, client, ends=DUE + timedelta(days=40))
    assert [(o.document, o.due_on, o.cents, o.age) for o in found.open] == [("2026-000001", DUE, 6574, "31_60")]
    assert told(database, client, date(2026, 12, 1)).opening == found.closing == 6574


def test_another_tenants_account_is_empty(database: Database, busy: Issued) -> None:
    with database.operator() as conn:
        other = tenants.add(conn, "mairie", "Mairie", by=OPERATOR)
    assert told(database, other).entries == []


def test_the_pdf_has_what_an_accountant_letters_by(database: Database, client: Tenant, busy: Issued) -> None:
    found = told(database, client, DUE + timedelta(days=1), DUE + timedelta(days=31))
    with database.operator() as conn:
        facts = page(conn, client, found, "EUR")
    made = pages_apart("statement.html", facts)
    assert failures(made, factur_x=False) == []
    pdf = pypdf.PdfReader(io.BytesIO(made))
    text = " ".join("".join(p.extract_text() for p in pdf.pages).replace("\u00a0", " ").split())
    for words in (
        "Relevé de compte", "Du 03/11/2026 au 03/12/2026", "Opérateur Exemple SAS", "Cabinet Molaire",
        "Solde d'ouverture 65,74 €", "02/12/2026 Règlement 2026-000001 VIR 1 65,74 € 0,00 € A",
        "Note de débit ND-2026-000001", "Solde de clôture 40,45 € 65,74 € 40,45 €", "Balance âgée au 03/12/2026",
        "Pièces non soldées", "40,45 €",
    ):  # fmt: skip
        assert words in text, words


def test_the_command_writes_the_pdf_and_says_the_same(sold: Terminal, tmp_path: Path) -> None:
    sold("pay", "2026-000001", "--reference", "VIR 1", "--date", "2026-11-12", "--amount", "30")
    path = tmp_path / "releve.pdf"
    days = ("--from", "2026-11-01", "--to", "2026-11-30")
    seen = sold("statement", "--tenant", "dentiste", *days, "--pdf", str(path))[0]["account"]
    assert (seen["opening"], seen["closing"], seen["ageing"]["1_30"]) == ("0.00", "7.98", "7.98")
    assert [(e["kind"], e["debit"], e["credit"]) for e in seen["entries"]] == [
        ("invoice", "37.98", "0.00"), ("payment", "0.00", "30.00")
    ]  # fmt: skip
    assert path.read_bytes().startswith(b"%PDF-")


def test_a_month_and_days_at_once_are_refused(sold: Terminal) -> None:
    sold("statement", "--tenant", "dentiste", "--period", "2026-11", "--from", "2026-11-01")
    assert (sold.status, "--period" in sold.errors) == (2, True)
