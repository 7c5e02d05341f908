"""What callers said that was not understood, or not known: what an agent may learn from. Read from calls' turns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from store.db import Conn


@dataclass(frozen=True, slots=True)
class Missed:
    """What a caller said that was not understood, or not known. `meaning`: unknown, unclear or doubt."""

    call_id: UUID
    at: datetime
    text: str
    meaning: str


_MISSED = """
SELECT c.id AS call_id, c.started_at AS at, said.text, reply.stages->>'meaning' AS meaning
  FROM store.calls c
  JOIN store.turns reply ON reply.tenant_id = c.tenant_id AND reply.call_id = c.id AND reply.who = 'agent'
   AND reply.stages->>'meaning' IN ('unknown', 'unclear', 'doubt')
  JOIN LATERAL (
       SELECT text FROM store.turns t
        WHERE t.tenant_id = c.tenant_id AND t.call_id = c.id AND t.who = 'caller' AND t.position < reply.position
        ORDER BY t.position DESC LIMIT 1) said ON true
 WHERE c.tenant_id = %(tenant)s AND c.agent = %(agent)s
   AND (%(since)s::timestamptz IS NULL OR c.started_at >= %(since)s)
 ORDER BY c.started_at DESC, reply.position DESC
 LIMIT %(limit)s
"""


def missed_by(
    conn: Conn, *, tenant_id: UUID, agent: str, since: datetime | None = None, limit: int = 1000
) -> list[Missed]:
    """What callers of `agent` said that it did not understand or know, newest first."""
    given = {"tenant": tenant_id, "agent": agent, "since": since, "limit": limit}
    with conn.cursor(row_factory=class_row(Missed)) as cursor:
        return cursor.execute(_MISSED, given).fetchall()
