"""Money on a client's account beside what it was given for: set off against another document, or reversed.

What was paid too much, or paid on what was credited since, is the client's: it is set off (C. civ. 1347), refunded, or
stays until a document takes it. An entry made by mistake is undone by one of the other sign, with its reason.
"""

from __future__ import annotations

from datetime import date

from billing.documents.cii import money
from billing.invoices.balances import balance_due
from billing.invoices.dunning import settle_suspension
from billing.invoices.invoicing import Issued
from billing.invoices.payments import add_payment
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound, Refused
from store.base.ids import new_id
from store.db import Conn
from store.locks import Lock, take_turns


def set_off(conn: Conn, source: Issued, target: Issued, cents: int | None, day: date, *, by: Actor, today: date) -> int:
    """Use what was paid too much on one invoice for another of the same client; the cents that were set off.

    `cents` None: as much as there is, and is due. Raises BadInput for two clients', Refused beyond either.
    """
    if source.tenant_id != target.tenant_id:
        raise BadInput(f"invoices {source.number} and {target.number} are two clients'", hint="name one client's")
    for of in sorted((source, target), key=lambda each: each.number):
        take_turns(conn, Lock.INVOICE, of.number)
    over, due = -balance_due(conn, source), balance_due(conn, target)
    amount = min(over, due) if cents is None else cents
    if amount <= 0 or amount > min(over, due):
        raise Refused(
            f"{source.number} is overpaid by {money(max(0, over))}, {target.number} has {money(max(0, due))} due",
            hint="decroche billing statement --tenant …",
        )
    key = new_id()
    add_payment(conn, source, "set_off", -amount, f"{target.number} {key}", day, by)
    add_payment(conn, target, "set_off", amount, f"{source.number} {key}", day, by)
    settle_suspension(conn, target.tenant_id, max(day, today))
    return amount


def reverse(conn: Conn, of: Issued, reference: str, reason: str, day: date, *, by: Actor, today: date) -> int:
    """Undo a transfer that was entered by mistake, whole; the cents that are due again.

    Raises NotFound, BadInput, Refused.
    """
    if not reason.strip():
        raise BadInput("reason: it is empty", hint="why the entry was wrong")
    take_turns(conn, Lock.INVOICE, of.number)
    row = conn.execute(
        """SELECT amount_cents, part FROM billing.payments
            WHERE invoice_id = %s AND method IN ('transfer', 'cheque', 'sepa_debit') AND reference = %s
              AND amount_cents > 0 ORDER BY part LIMIT 1""",
        (of.id, reference),
    ).fetchone()
    if row is None:
        raise NotFound(
            f"no transfer {reference!r} on invoice {of.number}", hint="decroche billing statement --tenant …"
        )
    done = conn.execute(
        "SELECT 1 FROM billing.payments WHERE invoice_id = %s AND method = 'reversal' AND reference = %s AND part = %s",
        (of.id, reference, row["part"]),
    ).fetchone()
    if done is not None:
        raise Refused(f"transfer {reference!r} of invoice {of.number} is reversed already", hint="enter it again")
    if of.purpose == "top_up":
        raise Refused(
            f"{of.number} is a top-up, which may be talked away already", hint="decroche billing invoice credit"
        )
    add_payment(conn, of, "reversal", -row["amount_cents"], reference, day, by, row["part"], reason=reason)
    settle_suspension(conn, of.tenant_id, max(day, today))
    return row["amount_cents"]
