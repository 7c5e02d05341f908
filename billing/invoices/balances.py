"""What is still due on an invoice, and what of a client's money no document has taken."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from psycopg.rows import class_row

from billing.invoices.invoicing import COLUMNS, Issued
from store.db import Conn


def balance_due(conn: Conn, of: Issued) -> int:
    """Cents still due on an invoice: its total, less what was paid and what was credited; 0 for a credit note.

    Below zero: the client paid more than it owes, which can be refunded.
    """
    if of.kind == "credit_note":
        return 0
    row = conn.execute(
        """SELECT (SELECT coalesce(sum(p.amount_cents), 0)::bigint FROM billing.payments p
                    WHERE p.invoice_id = %(id)s AND p.part = 'principal') AS paid,
                  (SELECT coalesce(sum(c.gross_cents), 0)::bigint FROM billing.invoices c
                    WHERE c.credits = %(id)s) AS credited""",
        {"id": of.id},
    ).fetchone()
    assert row is not None
    return of.gross_cents - row["paid"] + row["credited"]


def credit_left(conn: Conn, tenant_id: UUID) -> int:
    """Cents that the client's documents were paid beyond what they came to: they are its own."""
    return sum(-due for _, due in balances(conn, tenant_id) if due < 0)


def balances(conn: Conn, tenant_id: UUID) -> Sequence[tuple[Issued, int]]:
    """A client's invoices, the first due first, with the cents still due on each; top-ups owe nothing."""
    with conn.cursor(row_factory=class_row(Issued)) as cursor:
        found = cursor.execute(
            f"""SELECT {COLUMNS} FROM billing.invoices
                 WHERE tenant_id = %s AND kind = 'invoice' AND purpose <> 'top_up' ORDER BY due_on, number""",
            (tenant_id,),
        ).fetchall()
    return [(of, balance_due(conn, of)) for of in found]
