"""A diary under a secret address: calendars that read an address follow it. One a diary; a new one ends the old."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from portal.links import ics
from portal.people.tokens import digest, new_token
from store import audit
from store.base.actor import Actor
from store.base.errors import NotFound
from store.base.ids import new_id
from store.bookings import Booking
from store.db import Conn

PAST = timedelta(days=30)
"""Appointments so long over are still in it: calendars learn that one was cancelled."""
_OF_THE_FEED = ("tenant_name", "diary")


def address(token: str) -> str:
    """Where the portal serves it, without the site's own name."""
    return f"/agenda/{token}.ics"


def begin(conn: Conn, tenant_id: UUID, agent: str, now: datetime, *, by: Actor) -> str:
    """The token of a new address of an agent's diary, told once; the one before it ends (operator, in a session of the
    tenant). Raises NotFound for an unknown agent."""
    token, feed_id = new_token(), new_id()
    end(conn, tenant_id, agent, now, by=by, quietly=True)
    try:
        with conn.transaction():
            conn.execute(
                "INSERT INTO links.feeds (tenant_id, id, agent, token_hash, made_at) VALUES (%s, %s, %s, %s, %s)",
                (tenant_id, feed_id, agent, digest(token), now),
            )
    except psycopg.errors.ForeignKeyViolation as error:
        raise NotFound(f"no agent {agent}", hint="decroche agent list") from error
    audit.note(conn, by, "feed.begin", f"feed:{feed_id}", tenant_id, agent=agent)
    return token


def end(conn: Conn, tenant_id: UUID, agent: str, now: datetime, *, by: Actor, quietly: bool = False) -> None:
    """Its address opens nothing any more. Raises NotFound where there is none, unless `quietly`."""
    row = conn.execute(
        """UPDATE links.feeds SET ended_at = %s WHERE tenant_id = %s AND agent = %s AND ended_at IS NULL
        RETURNING id""",
        (now, tenant_id, agent),
    ).fetchone()
    if row is not None:
        audit.note(conn, by, "feed.end", f"feed:{row['id']}", tenant_id, agent=agent)
    elif not quietly:
        raise NotFound(f"the diary of {agent} has no address", hint="decroche calendar address makes one")


def read(conn: Conn, token: str, now: datetime) -> bytes:
    """The file behind an address, in nobody's transaction (`portal.anteroom`). Raises NotFound."""
    rows = conn.execute("SELECT * FROM portal.feed(%s, %s, %s)", (digest(token), now - PAST, now)).fetchall()
    if not rows:
        raise NotFound("no such diary")
    diary = [_booking(row) for row in rows if row["id"] is not None]
    return ics.written(diary, name=f"{rows[0]['tenant_name']} ({rows[0]['diary']})", now=now)


def _booking(row: dict[str, Any]) -> Booking:
    return Booking(**{name: value for name, value in row.items() if name not in _OF_THE_FEED})
