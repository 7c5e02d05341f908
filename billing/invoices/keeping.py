"""Documents as they are kept: numbered in the order of their days, sealed by a hash, never changed.

A number is taken in the transaction that keeps its document: a run that is killed leaves neither a gap nor a half.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from billing.charges.controls import Notice, tell
from billing.documents.cii import money
from billing.documents.invoice import Invoice, restored
from billing.documents.means import told
from billing.invoices.series import keep_order
from store.audit import note
from store.base.actor import Actor
from store.base.errors import NotFound
from store.base.ids import new_id
from store.chain import canonical
from store.db import Conn

Purpose = Literal["month", "order", "top_up"]


@dataclass(frozen=True, slots=True)
class Issued:
    """An invoice as stored. Amounts are cents; a credit note's are negative.

    `purpose`: the month's invoice, a subscription's at its order, or a top-up of a prepaid balance. `partial`: a credit
    note for a part, which leaves its invoice alive.
    """

    tenant_id: UUID
    id: UUID
    number: str
    kind: str
    credits: UUID | None
    period: date
    issued_on: date
    due_on: date
    currency: str
    net_cents: int
    vat_cents: int
    gross_cents: int
    document: Mapping[str, Any]
    purpose: Purpose = "month"
    partial: bool = False

    def invoice(self) -> Invoice:
        """The document."""
        return restored(self.document)


COLUMNS = """tenant_id, id, number, kind, credits, period, issued_on, due_on, currency,
             net_cents, vat_cents, gross_cents, document, purpose, partial"""


def get(conn: Conn, number: str) -> Issued:
    """An invoice or credit note that `conn` may see. Raises NotFound."""
    with conn.cursor(row_factory=class_row(Issued)) as cursor:
        row = cursor.execute(f"SELECT {COLUMNS} FROM billing.invoices WHERE number = %s", (number,)).fetchone()
    if row is None:
        raise NotFound(f"no invoice {number}", hint="decroche billing invoice list")
    return row


def listed(conn: Conn, tenant_id: UUID | None = None, period: date | None = None) -> list[Issued]:
    """Invoices and credit notes, in the order of their numbers."""
    with conn.cursor(row_factory=class_row(Issued)) as cursor:
        return cursor.execute(
            f"""SELECT {COLUMNS} FROM billing.invoices
                 WHERE (%(tenant)s::uuid IS NULL OR tenant_id = %(tenant)s)
                   AND (%(period)s::date IS NULL OR period = %(period)s) ORDER BY year, place""",
            {"tenant": tenant_id, "period": period},
        ).fetchall()


def live(conn: Conn, tenant_id: UUID, month: date) -> Issued | None:
    """The month\'s invoice that was not credited whole; None: there is none."""
    with conn.cursor(row_factory=class_row(Issued)) as cursor:
        return cursor.execute(
            f"SELECT {COLUMNS} FROM billing.live_invoices WHERE tenant_id = %s AND period = %s AND purpose = 'month'",
            (tenant_id, month),
        ).fetchone()


def next_number(conn: Conn, year: int) -> str:
    """The year's next number; others wait for this transaction to end."""
    row = conn.execute(
        """INSERT INTO billing.invoice_numbers (year, last) VALUES (%s, 1)
           ON CONFLICT (year) DO UPDATE SET last = billing.invoice_numbers.last + 1 RETURNING last""",
        (year,),
    ).fetchone()
    assert row is not None
    return f"{year}-{row['last']:06d}"


def sealed(document: Mapping[str, Any]) -> str:
    """The SHA-256 (hex) that stands for a document: over its canonical JSON, which the stored one gives again."""
    return hashlib.sha256(canonical(document).encode()).hexdigest()


def store_document(
    conn: Conn,
    tenant_id: UUID,
    document: Invoice,
    period: date,
    by: Actor,
    *,
    purpose: Purpose = "month",
    credited: UUID | None = None,
) -> Issued:
    """Keep a document as it is, for good, in the transaction that took its number; the client is told of it."""
    plain = document.plain()
    sha256 = sealed(plain)
    sign = 1 if document.kind == "invoice" else -1
    year, place = document.number.split("-")
    keep_order(conn, "invoice", document.issued_on)
    with conn.cursor(row_factory=class_row(Issued)) as cursor:
        row = cursor.execute(
            f"""INSERT INTO billing.invoices (tenant_id, id, number, year, place, kind, credits, period, issued_on,
                    due_on, currency, net_cents, vat_cents, gross_cents, document, sha256, issued_by, purpose, partial)
                VALUES (%(tenant)s, %(id)s, %(number)s, %(year)s, %(place)s, %(kind)s, %(credits)s, %(period)s,
                    %(issued_on)s, %(due_on)s, %(currency)s, %(net)s, %(vat)s, %(gross)s, %(document)s, %(sha256)s,
                    %(by)s, %(purpose)s, %(partial)s)
                RETURNING {COLUMNS}""",
            {
                "tenant": tenant_id,
                "id": new_id(),
                "number": document.number,
                "year": int(year),
                "place": int(place),
                "kind": document.kind,
                "credits": credited,
                "period": period,
                "issued_on": document.issued_on,
                "due_on": document.due_on,
                "currency": document.currency,
                "net": sign * document.net_cents,
                "vat": sign * document.vat_cents,
                "gross": sign * document.gross_cents,
                "document": Jsonb(plain),
                "sha256": sha256,
                "by": str(by),
                "purpose": purpose,
                "partial": document.partial,
            },
        ).fetchone()
    assert row is not None
    asks, paid = row.kind == "invoice", bool(document.paid_cents)
    body = told(document.means, row.number, money(abs(row.gross_cents)), row.due_on, asks=asks, paid=paid)
    tell(conn, tenant_id, Notice(row.kind, row.number, "client", body))
    kept = {"gross_cents": row.gross_cents, "sha256": sha256, "purpose": purpose}
    note(conn, by, f"{row.kind}.issue", f"invoice:{row.number}", tenant_id, **kept)
    return row
