"""What was paid on an invoice. Payments are only ever added, once for each reference."""

from __future__ import annotations

from datetime import date
from typing import Literal

from billing.charges.accounts import move
from billing.documents.cii import money
from billing.invoices.balances import balance_due
from billing.invoices.dunning import penalty_due, settle_suspension
from billing.invoices.invoicing import Issued
from store.audit import note
from store.base.actor import Actor
from store.base.errors import Refused
from store.base.ids import new_id
from store.db import Conn
from store.locks import Lock, take_turns

Method = Literal["transfer", "cheque", "card", "sepa_debit", "refund", "chargeback", "set_off", "reversal"]
BY_HAND = ("transfer", "cheque")
"""Ways whose reference is the payer's own words, and whose money is taken as it came."""
Part = Literal["principal", "penalty"]


def pay_invoice(
    conn: Conn, of: Issued, method: Method, amount_cents: int, reference: str, received_on: date, by: Actor, *,
    today: date | None = None,
) -> bool:  # fmt: skip
    """Record money for an invoice (given back: below zero); False when its reference is known already.

    `today`: the day it is noted, where that is later than the day it came: whether the client is late is judged then.

    A top-up that is paid is on the balance from now on; a suspension for non-payment is lifted at once.
    A transfer is entered as it came: what is over is the client's, on its account, to be set off or given back.
    Raises Refused for nothing; for more than is due of a top-up, or by any other way.
    """
    take_turns(conn, Lock.INVOICE, of.number)
    if is_known(conn, of, method, reference, cents=amount_cents):
        return False
    due = balance_due(conn, of)
    too_much = amount_cents > due and (method not in BY_HAND or of.purpose == "top_up")
    if amount_cents == 0 or too_much:
        raise Refused(
            f"invoice {of.number} has {money(due)} due, {money(amount_cents)} was given",
            hint="decroche billing statement --tenant … says what is open",
        )
    add_payment(conn, of, method, amount_cents, reference, received_on, by)
    if of.purpose == "top_up" and amount_cents > 0 and amount_cents == due:
        move(conn, of.tenant_id, "top_up", of.net_cents * 10_000, of.number, by, received_on)
    settle_suspension(conn, of.tenant_id, max(received_on, today or received_on))
    return True


def pay_penalty(conn: Conn, of: Issued, amount_cents: int, reference: str, received_on: date, by: Actor) -> bool:
    """Record what was received for an invoice's late interest and indemnity; False when its reference is known."""
    take_turns(conn, Lock.INVOICE, of.number)
    if is_known(conn, of, "transfer", reference, "penalty", cents=amount_cents):
        return False
    owed = penalty_due(conn, of, received_on)
    if not 0 < amount_cents <= owed:
        raise Refused(
            f"invoice {of.number} owes {money(owed)} of interest and indemnity, {money(amount_cents)} was given",
            hint="decroche billing late",
        )
    add_payment(conn, of, "transfer", amount_cents, reference, received_on, by, "penalty")
    return True


def is_known(
    conn: Conn, of: Issued, method: Method, reference: str, part: Part = "principal", *, cents: int = 0
) -> bool:  # fmt: skip
    """Whether a reference has paid this invoice. Raises Refused when it did with another amount than `cents` (0: any),
    or, but for a transfer, when it has paid another invoice: one transfer may pay several.

    A transfer's reference is the payer's own words: another client's alike is another transfer.
    """
    known = conn.execute(
        """SELECT invoice_id, amount_cents FROM billing.payments
            WHERE method = %(method)s AND reference = %(reference)s AND part = %(part)s
              AND (method <> ALL (%(by_hand)s) OR invoice_id = %(invoice)s)""",
        {"by_hand": list(BY_HAND), "method": method, "reference": reference, "part": part, "invoice": of.id},
    ).fetchone()
    if known is not None and known["invoice_id"] != of.id:
        raise Refused(f"reference {reference!r} has paid another invoice", hint="give the payment's own reference")
    if known is not None and method in BY_HAND and cents not in (0, known["amount_cents"]):
        raise Refused(
            f"{reference!r} has paid {money(known['amount_cents'])} of invoice {of.number}, not {money(cents)}",
            hint="another transfer has another reference; one entered by mistake: decroche billing reverse",
        )
    return known is not None


def add_payment(
    conn: Conn, of: Issued, method: Method, cents: int, reference: str, received_on: date, by: Actor,
    part: Part = "principal", *, reason: str = "",
) -> None:  # fmt: skip
    """One line on an invoice's account, with its audit entry; whoever calls has judged it."""
    conn.execute(
        """INSERT INTO billing.payments
               (tenant_id, id, invoice_id, method, amount_cents, reference, received_on, noted_by, part)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (of.tenant_id, new_id(), of.id, method, cents, reference, received_on, str(by), part),
    )
    kept = {"method": method, "cents": cents, "part": part} | ({"reason": reason} if reason else {})
    note(conn, by, "payment.add", f"invoice:{of.number}", of.tenant_id, **kept)
