"""Collecting an invoice through Stripe: nothing charged twice, nothing lost.

An attempt is stored before Stripe is asked and its key is `invoice:attempt`: a process that dies, a request
that gets no answer or a 500 are asked again with the same key, or found again by what we named them. A new
attempt begins only when the last one is known to have failed. Webhooks may come in any order and any number
of times: the payment intent is fetched again, and its effect is stored with the event.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast

from psycopg.types.json import Jsonb

from billing.charges.accounts import move
from billing.invoices.balances import balance_due
from billing.invoices.invoicing import Issued, get
from billing.invoices.payments import pay_invoice
from billing.stripe import checkout
from billing.stripe.customers import has_method, known_customer
from billing.stripe.refunds import charged_back, refunded_elsewhere
from billing.stripe.set_ups import page_closed, set_up_done
from billing.stripe.stripe_edge import Intent, Stripe, StripeDown
from store.audit import note
from store.base.actor import Actor, service
from store.base.errors import BadInput, DecrocheError, Refused
from store.db import Conn, Database
from store.locks import Lock, take_turns

log = logging.getLogger(__name__)

State = Literal["asked", "processing", "requires_action", "failed", "succeeded"]
_STATES: dict[str, State] = {
    "succeeded": "succeeded", "processing": "processing", "requires_action": "requires_action", "failed": "failed"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to collect an invoice. `client_secret`: for the client's browser, where it must act."""

    number: str
    attempt: int
    state: State
    amount_cents: int
    payment_intent: str | None = None
    reason: str = ""
    client_secret: str = ""


def collect(db: Database, stripe: Stripe, number: str, *, by: Actor, today: date) -> Attempt:
    """Ask Stripe for what is due on an invoice, or go on with the attempt that is open.

    Raises StripeDown when it cannot be known now what happened: the attempt stays open, ask again later.
    """
    with db.operator() as conn:
        issued = get(conn, number)
        page = checkout.open_on(conn, issued)
    if page is not None:
        return _paid_on_its_page(db, stripe, issued, page, today)
    with db.operator() as conn:
        known = known_customer(conn, issued.tenant_id)
        ready = known is not None and known["payment_method"] is not None
        if not ready and not checkout.underway(conn, issued):
            raise BadInput(f"invoice {number}: its client has no payment method", hint="set up a card or a debit")
        attempt = _open_attempt(conn, issued, by)
    if attempt.payment_intent:
        intent = stripe.get(attempt.payment_intent)
    else:
        assert known is not None
        assert known["payment_method"] is not None
        facts = {"invoice": number, "attempt": str(attempt.attempt), "tenant": str(issued.tenant_id)}
        try:
            intent = stripe.pay(
                known["customer"], known["payment_method"], known["method_kind"], attempt.amount_cents,
                issued.currency, facts,
            )  # fmt: skip
        except StripeDown:
            found = stripe.find(known["customer"], number, attempt.attempt)
            if found is None:
                raise
            intent = found
    with db.operator() as conn:
        return _settle(conn, issued, attempt.attempt, intent, today)


def _paid_on_its_page(db: Database, stripe: Stripe, of: Issued, page: checkout.OpenPage, today: date) -> Attempt:
    """An invoice that can be paid on a page now is collected in no other way: what became of it there."""
    found = checkout.look(db, stripe, page)
    if not found:
        return Attempt(of.number, page.attempt, "requires_action", 0)
    intent = stripe.get(found)
    with db.operator() as conn:
        return _settle(conn, of, page.attempt, intent, today)


def collect_due(
    db: Database, stripe: Stripe, numbers: Iterable[str], *, by: Actor, today: date
) -> Iterator[tuple[str, Attempt | DecrocheError]]:
    """Collect each of these invoices that is due and whose client can be asked; one that fails stops no other."""
    for number in numbers:
        with db.operator() as conn:
            of = get(conn, number)
            ask = balance_due(conn, of) > 0 and has_method(conn, of.tenant_id)
        if not ask:
            continue
        try:
            yield number, collect(db, stripe, number, by=by, today=today)
        except DecrocheError as error:
            yield number, error


def receive(db: Database, stripe: Stripe, payload: bytes, signature: str, secret: str, *, today: date) -> str:
    """A webhook: what it changed, in a word. Raises BadWebhook, StripeDown (Stripe sends it again).

    An event that names an invoice, and is not one of our attempts at it (another tenant, amount or intent), is kept
    with why and changes nothing.
    """
    event = stripe.event(payload, signature, secret)
    with db.operator() as conn:
        if conn.execute("SELECT 1 FROM billing.stripe_events WHERE id = %s", (event["id"],)).fetchone():
            return "known"
    about = cast("dict[str, Any]", event["data"]["object"])
    if about.get("object") == "setup_intent":
        return set_up_done(db, stripe, event, str(about["id"]))
    if about.get("object") == "checkout.session" and not about.get("payment_intent"):
        return page_closed(db, stripe, event, about)
    intent_id = about["id"] if about.get("object") == "payment_intent" else about.get("payment_intent")
    intent = stripe.get(intent_id) if isinstance(intent_id, str) and intent_id else None
    with db.operator() as conn:
        why = "not about an invoice" if intent is None or not intent.number else _foreign(conn, intent)
        stored = conn.execute(
            """INSERT INTO billing.stripe_events (id, type, effect, payload, note) VALUES (%s, %s, %s, %s, %s)
               ON CONFLICT (id) DO NOTHING""",
            (event["id"], event["type"], "none" if why else "payment", Jsonb(event), why),
        )
        if not stored.rowcount:
            return "known"
        if intent is None or not intent.number:
            return "none"
        if why:
            log.warning("Stripe's event %s is set aside: %s", event["id"], why)
            return "foreign"
        issued = get(conn, intent.number)
        effect = _settle(conn, issued, intent.attempt, intent, today).state
        take_turns(conn, Lock.INVOICE, issued.number)
        if refunded_elsewhere(conn, issued, intent, today):
            effect = "refunded"
        if charged_back(conn, issued, str(event["type"]), about, today):
            effect = "charged_back"
        return effect


def _foreign(conn: Conn, intent: Intent) -> str:
    """Why an intent that names an invoice is none of our attempts at it; '' when it is one."""
    row = conn.execute(
        """SELECT a.tenant_id, a.payment_intent, a.amount_cents
             FROM billing.stripe_attempts a JOIN billing.invoices i ON i.id = a.invoice_id
            WHERE i.number = %s AND a.attempt = %s""",
        (intent.number, intent.attempt),
    ).fetchone()
    if row is None:
        return f"no attempt {intent.attempt} was made to collect invoice {intent.number}"
    if intent.tenant_id != str(row["tenant_id"]):
        return f"it names another tenant than invoice {intent.number}'s"
    if row["payment_intent"] not in (None, intent.id):
        return f"attempt {intent.attempt} at invoice {intent.number} is {row['payment_intent']}, not {intent.id}"
    if intent.amount_cents != row["amount_cents"]:
        return f"it is of {intent.amount_cents} cents, attempt {intent.attempt} of {row['amount_cents']}"
    return ""


def _open_attempt(conn: Conn, issued: Issued, by: Actor) -> Attempt:
    """The attempt in progress, or a new one for what is due; stored before Stripe hears of it."""
    take_turns(conn, Lock.INVOICE, issued.number)
    row = conn.execute(
        """SELECT attempt, state, amount_cents, payment_intent FROM billing.stripe_attempts
            WHERE invoice_id = %s AND state IN ('asked', 'processing', 'requires_action')""",
        (issued.id,),
    ).fetchone()
    if row is None:
        due = balance_due(conn, issued)
        if due <= 0:
            raise Refused(f"nothing is due on invoice {issued.number}")
        row = conn.execute(
            """INSERT INTO billing.stripe_attempts (tenant_id, invoice_id, attempt, amount_cents)
               SELECT %(tenant)s, %(invoice)s, coalesce(max(attempt), 0) + 1, %(due)s
                 FROM billing.stripe_attempts WHERE invoice_id = %(invoice)s
               RETURNING attempt, state, amount_cents, payment_intent""",
            {"tenant": issued.tenant_id, "invoice": issued.id, "due": due},
        ).fetchone()
        note(conn, by, "collect.ask", f"invoice:{issued.number}", issued.tenant_id, cents=due)
    assert row is not None
    return Attempt(issued.number, row["attempt"], row["state"], row["amount_cents"], row["payment_intent"])


def _settle(conn: Conn, issued: Issued, attempt: int, intent: Intent, today: date) -> Attempt:
    """Bring an attempt to what Stripe says of it now; a success pays the invoice, once."""
    state = _STATES.get(intent.status, "processing")
    page = checkout.open_on(conn, issued)
    if page is not None and page.attempt == attempt:
        if intent.status in ("succeeded", "processing"):
            checkout.completed(conn, issued, attempt)
        else:
            state = "requires_action"  # a card that was declined: the page is open, another may be tried there
    conn.execute(
        """UPDATE billing.stripe_attempts SET state = %s, payment_intent = coalesce(nullif(%s, ''), payment_intent),
                  reason = %s WHERE invoice_id = %s AND attempt = %s AND state <> 'succeeded'""",
        (state, intent.id, intent.reason, issued.id, attempt),
    )
    if state == "succeeded":
        _pay(conn, issued, intent, today)
    return Attempt(
        issued.number, attempt, state, intent.amount_cents, intent.id or None, intent.reason, intent.client_secret
    )


def _pay(conn: Conn, issued: Issued, intent: Intent, today: date) -> None:
    """What Stripe collected pays the invoice; what is over (paid meanwhile by transfer) is the client's balance."""
    take_turns(conn, Lock.INVOICE, issued.number)
    method: Literal["card", "sepa_debit"] = "sepa_debit" if intent.method == "sepa_debit" else "card"
    if conn.execute(
        "SELECT 1 FROM billing.payments WHERE method = %s AND reference = %s", (method, intent.id)
    ).fetchone():
        return
    part = min(intent.amount_cents, max(0, balance_due(conn, issued)))
    if part:
        pay_invoice(conn, issued, method, part, intent.id, today, service("stripe"))
    if intent.amount_cents > part:
        move(conn, issued.tenant_id, "top_up", (intent.amount_cents - part) * 10_000, intent.id, service("stripe"))
