"""Events: that something happened, told in the transaction that made it happen. Thin: a kind, an id, an instant.

Whoever tells others (pages, web hooks, the dialler) reads on from the last number it has seen; `pg_notify` only wakes
it, and carries no content. The tenant is the transaction's own (`db.tenant`, `db.operator(tenant_id)`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from store.base.errors import BadInput
from store.db import Conn

CHANNEL = "decroche"
"""The channel on which events are announced, as `TENANT KIND SUBJECT`."""

_NOTE = """
WITH head AS (
    INSERT INTO store.event_heads AS h (seq) VALUES (1)
    ON CONFLICT (tenant_id) DO UPDATE SET seq = h.seq + 1 RETURNING tenant_id, seq)
INSERT INTO store.events (tenant_id, seq, kind, subject) SELECT tenant_id, seq, %(kind)s, %(subject)s FROM head
RETURNING seq, pg_notify(%(channel)s, concat_ws(' ', tenant_id, kind, subject))
"""


@dataclass(frozen=True, slots=True)
class Event:
    """`kind` as "call.ended", `subject` the id of what it happened to. `seq` grows within a tenant, in commit order."""

    tenant_id: UUID
    seq: int
    kind: str
    subject: str
    at: datetime


def note(conn: Conn, kind: str, subject: UUID | str) -> int:
    """Tell that something happened, in the transaction that did it; its number. Last in it: other writers of the tenant
    wait from here until it ends. Raises BadInput for a transaction of no tenant, or a kind that is none."""
    values = {"kind": kind, "subject": str(subject), "channel": CHANNEL}
    try:
        with conn.transaction():
            row = conn.execute(_NOTE, values).fetchone()
    except (psycopg.errors.NotNullViolation, psycopg.errors.InsufficientPrivilege) as error:
        raise BadInput(f"event {kind}: the transaction is of no tenant", hint="db.tenant(…)") from error
    except psycopg.errors.CheckViolation as error:
        raise BadInput(f"event {kind!r} about {str(subject)[:40]!r}", hint="a kind as call.ended, and an id") from error
    assert row is not None
    return row["seq"]


def after(conn: Conn, seq: int = 0, *, most: int = 100) -> list[Event]:
    """The events that `conn` may see and that come after number `seq`, in their order."""
    with conn.cursor(row_factory=class_row(Event)) as cursor:
        return cursor.execute(
            "SELECT tenant_id, seq, kind, subject, at FROM store.events WHERE seq > %s ORDER BY seq LIMIT %s",
            (seq, most),
        ).fetchall()
