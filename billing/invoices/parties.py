"""Who issues the invoices, and whom each tenant's are made out to, from now on."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from psycopg.types.json import Jsonb

from billing.documents.invoice import Party, Terms
from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput
from store.db import Conn
from store.tenants import Tenant


def set_seller(conn: Conn, party: Party, terms: Terms, *, by: Actor) -> None:
    """Who issues the invoices, from now on (operator)."""
    conn.execute(
        """INSERT INTO billing.seller (party, terms) VALUES (%s, %s)
           ON CONFLICT (single) DO UPDATE SET party = excluded.party, terms = excluded.terms""",
        (Jsonb(asdict(party)), Jsonb(asdict(terms))),
    )
    note(conn, by, "seller.set", "seller")


def seller(conn: Conn) -> tuple[Party, Terms]:
    """Who issues the invoices. Raises BadInput when nobody was named."""
    found = seller_if_any(conn)
    if found is None:
        raise BadInput("no seller: who issues the invoices?", hint="decroche billing seller set --name … --siren …")
    return found


def seller_if_any(conn: Conn) -> tuple[Party, Terms] | None:
    """Who issues the invoices; None when nobody was named."""
    row = conn.execute("SELECT party, terms FROM billing.seller").fetchone()
    return None if row is None else (Party(**row["party"]), Terms(**row["terms"]))


def set_customer(conn: Conn, tenant_id: UUID, party: Party, *, by: Actor) -> None:
    """Whom a tenant's invoices are made out to, from now on (operator)."""
    conn.execute(
        """INSERT INTO billing.customers (tenant_id, party) VALUES (%s, %s)
           ON CONFLICT (tenant_id) DO UPDATE SET party = excluded.party""",
        (tenant_id, Jsonb(asdict(party))),
    )
    note(conn, by, "customer.set", f"tenant:{tenant_id}", tenant_id)


def customer(conn: Conn, tenant: Tenant) -> Party:
    """Whom a tenant's invoices are made out to. Raises BadInput."""
    found = customer_if_any(conn, tenant.id)
    if found is None:
        raise BadInput(
            f"tenant {tenant.slug} has no billing address",
            hint=f"decroche billing customer set {tenant.slug} --name … --siren …",
        )
    return found


def customer_if_any(conn: Conn, tenant_id: UUID) -> Party | None:
    """Whom a tenant's invoices are made out to; None when nobody was named."""
    row = conn.execute("SELECT party FROM billing.customers WHERE tenant_id = %s", (tenant_id,)).fetchone()
    return None if row is None else Party(**row["party"])
