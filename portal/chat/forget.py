"""What chats forget when compliance asks: a person's number in a conversation that goes on."""

from __future__ import annotations

from uuid import UUID

from store.db import Conn


def person(conn: Conn, tenant_id: UUID, expression: str) -> int:
    """Conversations in progress in which the number was written go whole; how many. Those that are over are calls."""
    return conn.execute(
        "DELETE FROM chat.conversations WHERE tenant_id = %s AND entry::text ~ %s", (tenant_id, expression)
    ).rowcount
