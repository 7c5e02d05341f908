"""The annex of an invoice: every call once, as the law lets it be shown, and all of them to the cent."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest

from billing.charges.ledger import record_call
from billing.documents.pages import to_html
from billing.invoices import annex
from billing.invoices.crediting import credit
from store.base import spreadsheet
from store.base.errors import Refused
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.billing.conftest import START, a_cdr
from tests.integration.billing.test_invoices import client, run

__all__ = ["client"]


def test_the_calls_of_an_invoice_come_to_it_and_hide_whom_they_were_with(database: Database, client: Tenant) -> None:
    with database.tenant(client.id) as conn:
        at = START + timedelta(hours=5)
        record_call(
            conn, a_cdr(client.id, 61, at=at, direction="inbound", caller="+33612345678", callee="+33162001234")
        )
        record_call(conn, a_cdr(client.id, 30, at=at, callee="112"))  # emergency: on no bill
        record_call(conn, a_cdr(client.id, None, at=at))
    issued = run(database, client)
    assert issued is not None
    with database.operator() as conn:
        found = annex.annex(conn, issued)
    lines = [line for line in issued.invoice().lines if line.source in ("usage", "rounding")]
    assert found.net_cents == sum(line.net_cents for line in lines)
    assert [(call.way, call.number, call.seconds) for call in found.rows] == [
        ("outbound", "+3361234••••", 100), ("outbound", "+3361234••••", 61), ("outbound", "+3361234••••", 7),
        ("inbound", "+3361234••••", 61),
    ]  # fmt: skip
    rows = annex.plain(found)
    assert rows[0]["date"] == "06/10/2026"
    assert rows[0]["heure"] == "10:00:00"
    text = spreadsheet.written(rows, annex.COLUMNS)
    read = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    prices = [Decimal(row["prix HT"].replace(",", ".")) for row in read]
    assert round(sum(prices[:-1], Decimal(0)), 2) == prices[-1] == Decimal(found.net_cents) / 100
    assert "5678" not in text
    assert "••••" in to_html("annex.html", annex.page(found, issued))


def test_a_document_without_calls_has_no_annex(database: Database, client: Tenant) -> None:
    issued = run(database, client)
    assert issued is not None
    with database.operator() as conn:
        note = credit(conn, issued.number, issued.issued_on, OPERATOR)
        with pytest.raises(Refused, match="no call stands on"):
            annex.annex(conn, note)
