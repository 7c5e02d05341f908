"""Messages callers left with an agent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound
from store.base.ids import new_id
from store.db import Conn

_COLUMNS = "id, tenant_id, call_id, agent, name, phone, text, created_at, done_at, done_by"


@dataclass(frozen=True, slots=True)
class LeftMessage:
    """What was left, by whom; `phone` as the caller gave it. `done_at`: when somebody of the client settled it."""

    id: UUID
    tenant_id: UUID
    call_id: UUID | None
    agent: str
    name: str
    phone: str
    text: str
    created_at: datetime
    done_at: datetime | None
    done_by: str


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


def settle(conn: Conn, message_id: UUID, *, by: Actor, now: datetime) -> LeftMessage:
    """Somebody has dealt with the message; a second time changes nothing. Raises NotFound."""
    with conn.cursor(row_factory=class_row(LeftMessage)) as cursor:
        row = cursor.execute(
            f"""UPDATE store.messages SET done_by = CASE WHEN done_at IS NULL THEN %(by)s ELSE done_by END,
                       done_at = coalesce(done_at, %(now)s) WHERE id = %(id)s RETURNING {_COLUMNS}""",
            {"by": str(by), "now": now, "id": message_id},
        ).fetchone()
    if row is None:
        raise NotFound(f"no message {message_id}", hint="decroche message list")
    note(conn, by, "message.done", f"message:{message_id}", row.tenant_id)
    return row


def get(conn: Conn, message_id: UUID) -> LeftMessage | None:
    """One of them; None where there is none, or it is forgotten."""
    with conn.cursor(row_factory=class_row(LeftMessage)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM store.messages WHERE id = %s", (message_id,)).fetchone()


def find(
    conn: Conn, *, tenant_id: UUID | None = None, agent: str | None = None, done: bool | None = None, limit: int = 100
) -> list[LeftMessage]:
    """Messages that `conn` may see, newest first; `done`: only those that are settled, or that are not."""
    with conn.cursor(row_factory=class_row(LeftMessage)) as cursor:
        return cursor.execute(
            f"""SELECT {_COLUMNS} FROM store.messages
                 WHERE (%(agent)s::text IS NULL OR agent = %(agent)s)
                   AND (%(tenant)s::uuid IS NULL OR tenant_id = %(tenant)s)
                   AND (%(done)s::boolean IS NULL OR (done_at IS NOT NULL) = %(done)s)
                 ORDER BY created_at DESC, id DESC LIMIT %(limit)s""",
            {"agent": agent, "tenant": tenant_id, "done": done, "limit": limit},
        ).fetchall()
