"""Whom Stripe knows of the clients, and what each is collected from: a card or a debit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal
from uuid import UUID

from billing.invoices.invoicing import customer, customer_if_any, set_customer
from billing.stripe.stripe_edge import Stripe
from store import tenants
from store.audit import note
from store.base.actor import Actor
from store.base.errors import NotFound
from store.db import Conn, Database


def known_customer(conn: Conn, tenant_id: UUID) -> dict[str, Any] | None:
    """`customer`, `payment_method`, `method_kind` of a tenant; None where Stripe does not know it."""
    return conn.execute(
        "SELECT customer, payment_method, method_kind FROM billing.stripe_customers WHERE tenant_id = %s", (tenant_id,)
    ).fetchone()


def ensure_customer(db: Database, stripe: Stripe, slug: str) -> str:
    """Stripe's id of a tenant, made at the first call."""
    with db.operator() as conn:
        tenant = tenants.get(conn, slug)
        known = known_customer(conn, tenant.id)
        if known is not None:
            return known["customer"]
        party = customer(conn, tenant)
    made = stripe.create_customer(str(tenant.id), party.name, party.email)
    with db.operator() as conn:
        conn.execute(
            "INSERT INTO billing.stripe_customers (tenant_id, customer) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (tenant.id, made),
        )
    return made


def use_method(conn: Conn, tenant_id: UUID, method: str, kind: Literal["card", "sepa_debit"], *, by: Actor) -> None:
    """Collect from this payment method from now on. Raises NotFound for a tenant Stripe does not know."""
    done = conn.execute(
        "UPDATE billing.stripe_customers SET payment_method = %s, method_kind = %s WHERE tenant_id = %s",
        (method, kind, tenant_id),
    )
    if not done.rowcount:
        raise NotFound("the tenant is no customer of Stripe yet", hint="set up a card or a debit first")
    party = customer_if_any(conn, tenant_id)
    if party is not None and (kind == "card" or party.mandate):  # its next invoices say so
        set_customer(conn, tenant_id, replace(party, pays=kind), by=by)
    note(conn, by, "payment_method.set", f"tenant:{tenant_id}", tenant_id, kind=kind)


def has_method(conn: Conn, tenant_id: UUID) -> bool:
    """Whether there is a card or a debit to collect from."""
    known = known_customer(conn, tenant_id)
    return known is not None and known["payment_method"] is not None


def set_up(db: Database, stripe: Stripe, slug: str, kind: Literal["card", "sepa_debit"]) -> tuple[str, str]:
    """(id, client secret) of a card's or a debit's set-up, which the client finishes in a browser."""
    return stripe.set_up(ensure_customer(db, stripe, slug), kind)
