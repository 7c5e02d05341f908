"""What campaigns forget when compliance asks: people that were to be called."""

from __future__ import annotations

from uuid import UUID

from store.db import Conn
from store.forget import Sweep


def contacts(at: Sweep) -> int:
    """People who stood in no file for as long as the policy has it; they leave every list with it."""
    return at.rows("DELETE FROM campaigns.contacts", "campaigns.contacts", "seen_at < %(before)s")


def targets(at: Sweep) -> int:
    """People of campaigns, their calls and what was agreed, a while after they were last called or thought of; a
    campaign's calls are counted for as long."""
    gone = at.rows(
        "DELETE FROM campaigns.targets", "campaigns.targets",
        "changed_at < %(before)s AND campaign IN (SELECT c.name FROM campaigns.campaigns c"
        " WHERE c.tenant_id = targets.tenant_id AND c.ended_at < %(before)s)",
    )  # fmt: skip
    gone += at.rows(
        "DELETE FROM campaigns.callbacks", "campaigns.callbacks",
        "changed_at < %(before)s AND state IN ('kept', 'missed', 'cancelled')",
    )  # fmt: skip
    return gone + at.rows("DELETE FROM campaigns.tries", "campaigns.tries", "ended_at < %(before)s")


def person(conn: Conn, tenant_id: UUID, expression: str) -> int:
    """A tenant's person whose number `expression` finds: out of the book and, with it, of every list; out of campaigns,
    with their calls there; how many rows. A call in progress goes on, and leaves nothing here."""
    of = {"tenant": tenant_id, "expression": expression}
    found = "WHERE t.tenant_id = %(tenant)s AND t::text ~ %(expression)s"
    tries = conn.execute(
        f"""DELETE FROM campaigns.tries r USING campaigns.targets t
             {found} AND (r.tenant_id, r.target_id) = (t.tenant_id, t.id)""", of
    ).rowcount  # fmt: skip
    tries += conn.execute(
        f"""DELETE FROM campaigns.tries r USING campaigns.callbacks t
             {found} AND (r.tenant_id, r.callback_id) = (t.tenant_id, t.id)""", of
    ).rowcount  # fmt: skip
    return tries + sum(
        conn.execute(f"DELETE FROM {table} t {found}", of).rowcount
        for table in ("campaigns.targets", "campaigns.callbacks", "campaigns.contacts")
    )


def client(conn: Conn, tenant_id: UUID) -> None:
    """A client leaves: the people that it had called, its book, and lists that no campaign names.

    What called, who wrote and approved it stays.
    """
    for statement in (
        "DELETE FROM campaigns.tries WHERE tenant_id = %s",
        "DELETE FROM campaigns.targets WHERE tenant_id = %s",
        "DELETE FROM campaigns.callbacks WHERE tenant_id = %s",
        "DELETE FROM campaigns.contacts WHERE tenant_id = %s",
        """DELETE FROM campaigns.lists l WHERE tenant_id = %s AND NOT EXISTS
             (SELECT 1 FROM campaigns.campaign_lists c WHERE (c.tenant_id, c.list) = (l.tenant_id, l.name))""",
    ):
        conn.execute(statement, (tenant_id,))
