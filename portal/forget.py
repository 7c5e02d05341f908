"""What the portal forgets when compliance asks: sessions, links, failures, engagements of long ago; what was sent."""

from __future__ import annotations

from uuid import UUID

from portal.links.calendars import secret_name
from portal.links.crm import kept as crm
from store.db import Conn
from store.forget import Sweep


def web_sessions(at: Sweep) -> int:
    """Who was signed in, from where and when; one-use links; failed sign-ins."""
    done = at.rows("DELETE FROM portal.sessions", "portal.sessions", "expires_at < %(before)s")
    done += at.rows("DELETE FROM portal.links", "portal.links", "expires_at < %(before)s")
    done += at.rows("DELETE FROM portal.challenges", "portal.challenges", "expires_at < %(before)s")
    return done + at.rows("DELETE FROM portal.throttles", "portal.throttles", "last_at < %(before)s")


def engagements(at: Sweep) -> int:
    """What clients accepted on the web: with the contract it belongs to."""
    return at.rows(
        "DELETE FROM portal.engagements e",
        "portal.engagements e",
        """e.at < %(before)s AND CASE WHEN e.subscription_id IS NULL THEN true ELSE
           (SELECT billing.surely_ended(s) < %(before)s::date FROM billing.subscriptions s
             WHERE s.id = e.subscription_id)
           END""",
    )


def client(conn: Conn, tenant_id: UUID) -> list[str]:
    """A client leaves: its sessions, calendars and web hooks go, its keys and its people's places end.

    The names of secrets that are for nothing then, once that is committed: its calendars' passwords.
    """
    for statement in (
        "DELETE FROM portal.sessions WHERE tenant_id = %s",
        "UPDATE portal.api_keys SET ended_at = coalesce(ended_at, now()) WHERE tenant_id = %s",
        "UPDATE portal.members SET ended_at = coalesce(ended_at, now()) WHERE tenant_id = %s",
        "DELETE FROM links.endpoints WHERE tenant_id = %s",
        "DELETE FROM links.feeds WHERE tenant_id = %s",
        "DELETE FROM links.texting WHERE tenant_id = %s",
        "DELETE FROM links.readers WHERE tenant_id = %s",
        "DELETE FROM links.crm_entries WHERE tenant_id = %s",
        "DELETE FROM chat.widgets WHERE tenant_id = %s",  # conversations go with them
    ):
        conn.execute(statement, (tenant_id,))
    gone = conn.execute("DELETE FROM links.calendars WHERE tenant_id = %s RETURNING id", (tenant_id,))
    known = conn.execute("DELETE FROM links.crm WHERE tenant_id = %s RETURNING tenant_id", (tenant_id,))
    return [secret_name(row["id"]) for row in gone] + [crm.secret_name(row["tenant_id"]) for row in known]


def deliveries(at: Sweep) -> int:
    """What was sent to clients' systems, their CRMs too, and what the API answered to an `Idempotency-Key`."""
    done = at.rows("DELETE FROM links.deliveries", "links.deliveries", "made_at < %(before)s")
    done += at.rows("DELETE FROM links.tellings", "links.tellings", "due_at < %(before)s")
    done += at.rows("DELETE FROM links.crm_entries", "links.crm_entries", "at < %(before)s")
    return done + at.rows("DELETE FROM portal.answers", "portal.answers", "at < %(before)s")
