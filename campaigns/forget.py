"""What campaigns forget when compliance asks: people that were to be called."""

from __future__ import annotations

from uuid import UUID

from store.db import Conn
from store.forget import Sweep


def contacts(at: Sweep) -> int:
    """People who stood in no file for as long as the policy has it; they leave every list with it."""
    return at.rows("DELETE FROM campaigns.contacts", "campaigns.contacts", "seen_at < %(before)s")


def person(conn: Conn, tenant_id: UUID, expression: str) -> int:
    """A tenant's person whose number `expression` finds: out of the book and, with it, of every list; how many rows."""
    return conn.execute(
        "DELETE FROM campaigns.contacts t WHERE tenant_id = %s AND t::text ~ %s", (tenant_id, expression)
    ).rowcount
