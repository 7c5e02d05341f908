"""Messages callers left with an agent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from store.base.errors import BadInput
from store.base.ids import new_id
from store.db import Conn

_COLUMNS = "id, tenant_id, call_id, agent, name, phone, text, created_at"


@dataclass(frozen=True, slots=True)
class LeftMessage:
    """What was left, by whom; `phone` as the caller gave it."""

    id: UUID
    tenant_id: UUID
    call_id: UUID | None
    agent: str
    name: str
    phone: str
    text: str
    created_at: datetime


def leave(
    conn: Conn,
    tenant_id: UUID,
    agent: str,
    text: str,
    *,
    name: str = "",
    phone: str = "",
    call_id: UUID | None = None,
) -> LeftMessage:
    """Keep a message. Raises BadInput when it says nothing."""
    if not text.strip():
        raise BadInput("text: the message is empty")
    with conn.cursor(row_factory=class_row(LeftMessage)) as cursor:
        row = cursor.execute(
            "INSERT INTO store.messages (id, tenant_id, call_id, agent, name, phone, text)"
            f" VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING {_COLUMNS}",
            (new_id(), tenant_id, call_id, agent, name, phone, text.strip()),
        ).fetchone()
    assert row is not None
    return row


def find(conn: Conn, *, agent: str | None = None, limit: int = 100) -> list[LeftMessage]:
    """Messages that `conn` may see, newest first."""
    with conn.cursor(row_factory=class_row(LeftMessage)) as cursor:
        return cursor.execute(
            f"""SELECT {_COLUMNS} FROM store.messages
                 WHERE %(agent)s::text IS NULL OR agent = %(agent)s
                 ORDER BY created_at DESC, id DESC LIMIT %(limit)s""",
            {"agent": agent, "limit": limit},
        ).fetchall()
