"""The machines that share a database: each says now and then that it is there, and what it carries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from store.db import Conn

SILENT = timedelta(seconds=30)
"""A node that has said nothing for so long is away."""


@dataclass(frozen=True, slots=True)
class Node:
    """What a node said of itself at `seen_at`. `room`: calls at once, 0: any number; `ready`: it takes calls."""

    node: str
    ready: bool
    calls: int
    room: int
    seen_at: datetime | None = None

    def silent(self, now: datetime) -> bool:
        """Whether it has said nothing for longer than it ever would."""
        return self.seen_at is not None and now - self.seen_at > SILENT


def seen(conn: Conn, node: Node) -> None:
    """It is there. Whoever has said nothing for a day is forgotten."""
    conn.execute(
        """INSERT INTO store.nodes (node, ready, calls, room) VALUES (%s, %s, %s, %s)
           ON CONFLICT (node) DO UPDATE SET seen_at = now(), ready = excluded.ready, calls = excluded.calls,
                                            room = excluded.room""",
        (node.node, node.ready, node.calls, node.room),
    )
    conn.execute("DELETE FROM store.nodes WHERE seen_at < now() - interval '1 day'")


def left(conn: Conn, node: str) -> None:
    """It was stopped."""
    conn.execute("DELETE FROM store.nodes WHERE node = %s", (node,))


def listed(conn: Conn) -> list[Node]:
    """All that were there within a day, by name."""
    with conn.cursor(row_factory=class_row(Node)) as cursor:
        return cursor.execute("SELECT node, ready, calls, room, seen_at FROM store.nodes ORDER BY node").fetchall()
