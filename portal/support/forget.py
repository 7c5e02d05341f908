"""What support forgets when compliance asks: tickets of long ago, and a person whom tickets name."""

from __future__ import annotations

from uuid import UUID

from store.db import Conn
from store.forget import Sweep


def tickets(at: Sweep) -> int:
    """Closed tickets in which nobody has written for as long as the policy has it; what was written goes with them."""
    return at.rows("DELETE FROM support.tickets", "support.tickets", "state = 'closed' AND changed_at < %(before)s")


def person(conn: Conn, tenant_id: UUID, expression: str) -> int:
    """A person whose number `expression` finds in a client's tickets: the words that name it go; how many rows."""
    of = {"tenant": tenant_id, "expression": expression}
    written = conn.execute(
        "UPDATE support.posts t SET text = '[…]' WHERE tenant_id = %(tenant)s AND t::text ~ %(expression)s", of
    ).rowcount
    return (
        written
        + conn.execute(
            "UPDATE support.tickets t SET subject = '[…]' WHERE tenant_id = %(tenant)s AND subject ~ %(expression)s", of
        ).rowcount
    )
