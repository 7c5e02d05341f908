"""What was paid on an invoice, and what is still due. Payments are only ever added, once for each reference."""

from __future__ import annotations

from datetime import date
from typing import Literal

from billing.invoicing import Issued
from store.db import Conn
from store.errors import Refused
from store.ids import new_id

Method = Literal["transfer", "card", "sepa_debit", "refund"]


def pay_invoice(
    conn: Conn, of: Issued, method: Method, amount_cents: int, reference: str, received_on: date, by: str
) -> bool:
    """Record money for an invoice (a refund's amount is negative); False when its reference is known already.

    Raises Refused for more than is due: what came too much is the client's, and is not hidden in an invoice.
    """
    conn.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 4))", (of.number,))
    known = conn.execute(
        "SELECT invoice_id, amount_cents FROM billing.payments WHERE method = %s AND reference = %s",
        (method, reference),
    ).fetchone()
    if known is not None:
        if known["invoice_id"] != of.id:
            raise Refused(f"reference {reference!r} has paid another invoice", hint="give the transfer's own reference")
        return False
    due = balance_due(conn, of)
    if amount_cents == 0 or amount_cents > due:
        raise Refused(
            f"invoice {of.number} has {due / 100:.2f} due, {amount_cents / 100:.2f} was given",
            hint="put what is over on the client's balance: decroche billing credit",
        )
    conn.execute(
        """INSERT INTO billing.payments
               (tenant_id, id, invoice_id, method, amount_cents, reference, received_on, noted_by)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
        (of.tenant_id, new_id(), of.id, method, amount_cents, reference, received_on, by),
    )
    from billing.dunning import settle_suspension  # it reads payments

    settle_suspension(conn, of.tenant_id, received_on)
    return True


def balance_due(conn: Conn, of: Issued) -> int:
    """Cents still due on an invoice: its total, less what was paid and what was credited; 0 for a credit note."""
    if of.kind == "credit_note":
        return 0
    row = conn.execute(
        """SELECT (SELECT coalesce(sum(p.amount_cents), 0)::bigint FROM billing.payments p
                    WHERE p.invoice_id = %(id)s) AS paid,
                  (SELECT coalesce(sum(c.gross_cents), 0)::bigint FROM billing.invoices c
                    WHERE c.credits = %(id)s) AS credited""",
        {"id": of.id},
    ).fetchone()
    assert row is not None
    return of.gross_cents - row["paid"] + row["credited"]
