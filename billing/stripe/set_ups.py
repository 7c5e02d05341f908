"""What Stripe tells of pages that move no money: a card or a debit was set up, a page was left."""

from __future__ import annotations

from typing import Any

from psycopg.types.json import Jsonb

from billing.stripe import checkout
from billing.stripe.stripe_edge import Stripe
from store.audit import note
from store.base.actor import service
from store.db import Database


def set_up_done(db: Database, stripe: Stripe, event: dict[str, Any], set_up_id: str) -> str:
    """A client finished setting up a card or a debit: it is collected from from now on."""
    done = stripe.finished_set_up(set_up_id)
    with db.operator() as conn:
        stored = conn.execute(
            """INSERT INTO billing.stripe_events (id, type, effect, payload) VALUES (%s, %s, %s, %s)
               ON CONFLICT (id) DO NOTHING""",
            (event["id"], event["type"], "method" if done else "none", Jsonb(event)),
        )
        if not stored.rowcount:
            return "known"
        if done is None or done.kind not in ("card", "sepa_debit"):
            return "none"
        known = conn.execute(
            """UPDATE billing.stripe_customers SET payment_method = %s, method_kind = %s WHERE customer = %s
               RETURNING tenant_id""",
            (done.method, done.kind, done.customer),
        ).fetchone()
        if known is None:
            return "foreign"
        whose = known["tenant_id"]
        note(conn, service("stripe"), "payment_method.set", f"tenant:{whose}", whose, kind=done.kind)
        return "method"


def page_closed(db: Database, stripe: Stripe, event: dict[str, Any], about: dict[str, Any]) -> str:
    """A page was left, or a card or a debit was set up on it."""
    done = event["type"] == "checkout.session.completed"
    if done or event["type"] == "checkout.session.expired":
        with db.operator() as conn:
            checkout.closed(conn, str(about["id"]), "complete" if done else "expired")
    if done and isinstance(about.get("setup_intent"), str):
        return set_up_done(db, stripe, event, about["setup_intent"])
    with db.operator() as conn:
        conn.execute(
            """INSERT INTO billing.stripe_events (id, type, effect, payload) VALUES (%s, %s, 'none', %s)
               ON CONFLICT (id) DO NOTHING""",
            (event["id"], event["type"], Jsonb(event)),
        )
    return "none"
