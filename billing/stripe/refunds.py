"""Money given back: only what a client paid beyond what it owes. A credit note comes first, then the refund.

A refund through Stripe is stored before Stripe is asked, under a key of ours: a process that dies, or an answer that
never comes, is asked again with the same key. What Stripe refunded elsewhere (its own pages) and what a bank took back
(a chargeback) is recorded when Stripe tells of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from billing.charges.controls import Notice, tell
from billing.documents.cii import money
from billing.invoices.balances import balance_due
from billing.invoices.invoicing import Issued, get
from billing.invoices.payments import pay_invoice
from billing.stripe.stripe_edge import Intent, Stripe
from store.audit import note
from store.base.actor import Actor, service
from store.base.errors import BadInput, DecrocheError, Refused
from store.db import Conn, Database
from store.locks import Lock, take_turns

log = logging.getLogger(__name__)


def refund(db: Database, stripe: Stripe, number: str, cents: int, key: str, *, by: Actor, today: date) -> str:
    """Give back what was paid too much for an invoice by card or debit, once for each key; the refund's id.

    Raises Refused beyond what is overpaid or was collected, StripeDown: ask again with the same key.
    """
    with db.operator() as conn:
        issued = get(conn, number)
        row = _stored(conn, issued, cents, key)
        note(conn, by, "refund.ask", f"invoice:{number}", issued.tenant_id, cents=cents)
    if row["state"] == "done":
        return row["refund"]
    return _ask(db, stripe, issued, row, today)


def refund_transfer(
    conn: Conn, number: str, cents: int, reference: str, sent_on: date, by: Actor, *, today: date | None = None
) -> bool:
    """Record that what was paid too much was sent back by transfer; False when the reference is known."""
    of = get(conn, number)
    take_turns(conn, Lock.INVOICE, number)
    known = conn.execute(
        "SELECT 1 FROM billing.payments WHERE method = 'refund' AND reference = %s AND invoice_id = %s",
        (reference, of.id),
    ).fetchone()
    if known is None:
        _refuse_beyond(number, cents, overpaid(conn, of))
    return pay_invoice(conn, of, "refund", -cents, reference, sent_on, by, today=today)


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A refund. `due_cents`: what the invoice is left with; `refund`: Stripe's id of it, or a transfer's reference."""

    cents: int
    refund: str
    due_cents: int


def give_back(
    db: Database, number: str, cents: int | None, reference: str, *, by: Actor, today: date,
    through: Callable[[], AbstractContextManager[Stripe]] | None, sent_on: date,
) -> GivenBack:  # fmt: skip
    """Give back what was overpaid, all of it where `cents` is None, `through` Stripe or by a transfer sent by hand.

    Once for a reference. Raises BadInput for a blank one, NotFound, Refused, StripeDown.
    """
    if not (reference := reference.strip()):
        raise BadInput("--reference is blank", hint="what names the refund: the same one counts once")
    with db.operator() as conn:
        of = get(conn, number)
        cents = to_refund(conn, of, reference) if cents is None else cents
    if through is None:
        done = reference
        with db.operator() as conn:
            refund_transfer(conn, number, cents, reference, sent_on, by, today=today)
    else:
        with through() as stripe:
            done = refund(db, stripe, number, cents, reference, by=by, today=today)
    with db.operator() as conn:
        return GivenBack(cents, done, balance_due(conn, of))


def overpaid(conn: Conn, of: Issued) -> int:
    """Cents that may be given back: paid and not owed, less what Stripe was asked to give back already."""
    row = conn.execute(
        """SELECT coalesce(sum(amount_cents), 0)::bigint AS asked FROM billing.stripe_refunds
            WHERE invoice_id = %s AND state = 'asked'""",
        (of.id,),
    ).fetchone()
    assert row is not None
    return max(0, -balance_due(conn, of) - row["asked"])


def to_refund(conn: Conn, of: Issued, reference: str) -> int:
    """Cents a refund gives back where no amount is named: its own, if its reference is known, else all that is over.

    Raises Refused when there is nothing.
    """
    row = conn.execute(
        """SELECT amount_cents FROM billing.stripe_refunds WHERE invoice_id = %(id)s AND key = %(reference)s
           UNION ALL
           SELECT -amount_cents FROM billing.payments
            WHERE invoice_id = %(id)s AND method = 'refund' AND reference = %(reference)s LIMIT 1""",
        {"id": of.id, "reference": reference},
    ).fetchone()
    cents = overpaid(conn, of) if row is None else row["amount_cents"]
    if not cents:
        raise Refused(
            f"nothing was overpaid on invoice {of.number}", hint="decroche billing invoice credit first, then refund"
        )
    return cents


def ask_open(db: Database, stripe: Stripe, today: date, tenant_id: UUID | None = None) -> tuple[int, int]:
    """Ask Stripe again for refunds whose end is not known, of one client or of all: (done, failed)."""
    with db.operator() as conn:
        rows = conn.execute(
            """SELECT r.*, i.number FROM billing.stripe_refunds r JOIN billing.invoices i ON i.id = r.invoice_id
                WHERE r.state = 'asked' AND r.asked_at < now() - interval '1 minute'
                  AND (%(only)s::uuid IS NULL OR r.tenant_id = %(only)s) ORDER BY r.asked_at LIMIT 100""",
            {"only": tenant_id},
        ).fetchall()
    done = failed = 0
    for row in rows:
        try:
            with db.operator() as conn:
                issued = get(conn, row["number"])
            _ask(db, stripe, issued, row, today)
            done += 1
        except DecrocheError as error:
            failed += 1
            log.warning("refund of invoice %s: [%s] %s", row["number"], error.code, error)
    return done, failed


def refunded_elsewhere(conn: Conn, of: Issued, intent: Intent, today: date) -> int:
    """Record what Stripe gave back of an intent that we did not ask for; the cents. The invoice is locked already."""
    row = conn.execute(
        """SELECT coalesce(sum(amount_cents), 0)::bigint AS known FROM billing.stripe_refunds
            WHERE payment_intent = %s AND state <> 'failed'""",
        (intent.id,),
    ).fetchone()
    assert row is not None
    extra = intent.refunded_cents - row["known"]
    if extra <= 0:
        return 0
    key = f"stripe:{intent.id}:{intent.refunded_cents}"
    _keep(conn, of, key, intent.id, extra, "done", key)
    pay_invoice(conn, of, "refund", -extra, key, today, service("stripe"))
    body = {"number": of.number, "amount_cents": extra}
    tell(conn, of.tenant_id, Notice("refunded", key, "operator", body))
    return extra


def charged_back(conn: Conn, of: Issued, kind: str, dispute: dict[str, Any], today: date) -> bool:
    """A bank took money back, or returned it after we were right: the invoice is due again, or paid again."""
    sign = {"charge.dispute.funds_withdrawn": -1, "charge.dispute.funds_reinstated": 1}.get(kind)
    if sign is None:
        return False
    cents, reference = sign * int(dispute["amount"]), f"{dispute['id']}:{kind.rpartition('_')[2]}"
    done = pay_invoice(conn, of, "chargeback", cents, reference, today, service("stripe"))
    if done and sign < 0:
        body = {"number": of.number, "amount_cents": -cents, "reason": str(dispute.get("reason", ""))}
        tell(conn, of.tenant_id, Notice("chargeback", str(dispute["id"]), "operator", body))
    return done


def _stored(conn: Conn, of: Issued, cents: int, key: str) -> dict[str, Any]:
    """The refund of a key as stored, or a new one, stored before Stripe hears of it."""
    take_turns(conn, Lock.INVOICE, of.number)
    known = conn.execute(
        "SELECT * FROM billing.stripe_refunds WHERE invoice_id = %s AND key = %s", (of.id, key)
    ).fetchone()
    if known is not None and known["state"] != "failed":
        if known["amount_cents"] != cents:
            asked = money(known["amount_cents"])
            raise Refused(f"{asked} was asked under the reference {key!r}", hint="another refund, another reference")
        return known
    if known is not None:
        raise Refused(f"Stripe refused the refund {key!r}", hint="give another reference, or send a transfer")
    _refuse_beyond(of.number, cents, overpaid(conn, of))
    paid = conn.execute(
        """SELECT a.payment_intent FROM billing.stripe_attempts a
            WHERE a.invoice_id = %s AND a.state = 'succeeded'
              AND a.amount_cents - (SELECT coalesce(sum(r.amount_cents), 0) FROM billing.stripe_refunds r
                                     WHERE r.payment_intent = a.payment_intent AND r.state <> 'failed') >= %s
            ORDER BY a.attempt DESC LIMIT 1""",
        (of.id, cents),
    ).fetchone()
    if paid is None:
        raise Refused(
            f"invoice {of.number}: {money(cents)} was not collected through Stripe", hint="refund it --by transfer"
        )
    return _keep(conn, of, key, paid["payment_intent"], cents, "asked", None)


def _keep(
    conn: Conn, of: Issued, key: str, intent_id: str, cents: int, state: str, refund_id: str | None
) -> dict[str, Any]:
    row = conn.execute(
        """INSERT INTO billing.stripe_refunds (tenant_id, invoice_id, key, payment_intent, amount_cents, state, refund)
           VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING *""",
        (of.tenant_id, of.id, key, intent_id, cents, state, refund_id),
    ).fetchone()
    assert row is not None
    return row


def _ask(db: Database, stripe: Stripe, of: Issued, row: dict[str, Any], today: date) -> str:
    refund_id, status = stripe.refund(row["payment_intent"], row["amount_cents"], f"{of.number}:refund:{row['key']}")
    failed = status in ("failed", "canceled")
    with db.operator() as conn:
        take_turns(conn, Lock.INVOICE, of.number)
        _settle(conn, of.id, row["key"], "failed" if failed else "done", refund_id)
        if not failed:
            pay_invoice(conn, of, "refund", -row["amount_cents"], refund_id, today, service("stripe"))
    if failed:
        raise Refused(f"Stripe could not refund invoice {of.number}: {status}", hint="refund it --by transfer")
    return refund_id


def _settle(conn: Conn, invoice_id: UUID, key: str, state: str, refund_id: str) -> None:
    conn.execute(
        "UPDATE billing.stripe_refunds SET state = %s, refund = %s WHERE invoice_id = %s AND key = %s",
        (state, refund_id, invoice_id, key),
    )


def _refuse_beyond(number: str, cents: int, most: int) -> None:
    if cents <= 0:
        raise BadInput(f"amount: {money(cents)} is not above zero", hint="what is given back, tax included")
    if cents > most:
        raise Refused(
            f"invoice {number} was overpaid by {money(most)}, {money(cents)} was asked",
            hint="what is owed is not given back: decroche billing invoice credit first",
        )
