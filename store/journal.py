"""What calls in progress know of themselves, written down as they go on: all that is left of one whose process died."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from psycopg.types.json import Jsonb

from store.db import Conn
from store.live import LiveCall


@dataclass(frozen=True, slots=True)
class Past:
    """When a call was made, answered (None: never) and over, as the switch says."""

    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Left:
    """A call in progress as its row and its notes have it. `renewed_at`: its process's last sign of life.

    `notes` is plain JSON, as `note` was given it; empty where nothing was written yet.
    """

    call: LiveCall
    renewed_at: datetime
    answered_at: datetime | None
    notes: Mapping[str, Any]


def note(conn: Conn, call: tuple[UUID, UUID], answered_at: datetime | None, notes: Mapping[str, Any]) -> bool:
    """What the call (tenant, id) knows by now, in place of what was written before; False where it is over."""
    tenant_id, call_id = call
    if not answered(conn, call_id, answered_at):
        return False
    conn.execute(
        """INSERT INTO store.live_notes (tenant_id, call_id, notes) VALUES (%s, %s, %s)
           ON CONFLICT (call_id) DO UPDATE SET notes = excluded.notes""",
        (tenant_id, call_id, Jsonb(dict(notes))),
    )
    return True


def answered(conn: Conn, call_id: UUID, at: datetime | None) -> bool:
    """The call, or a leg of one, was answered then (None: not yet); False when it is over."""
    done = conn.execute(
        "UPDATE store.live_calls SET answered_at = coalesce(%s, answered_at) WHERE call_id = %s", (at, call_id)
    )
    return done.rowcount == 1


_LEFT = """
SELECT l.tenant_id, l.call_id, l.channel, l.node, l.direction, l.since, l.lease_until, l.caller, l.callee,
       l.leg_of, l.leg, l.renewed_at, l.answered_at, coalesce(n.notes, '{}') AS notes
  FROM store.live_calls l LEFT JOIN store.live_notes n USING (call_id)
"""


def left(conn: Conn) -> list[Left]:
    """Every call in progress that `conn` may see, a call before its legs."""
    return [_left(row) for row in conn.execute(f"{_LEFT} ORDER BY l.leg_of IS NOT NULL, l.since, l.call_id")]


def of_channel(conn: Conn, channel: str) -> Left | None:
    """The call in progress on a channel."""
    row = conn.execute(f"{_LEFT} WHERE l.channel = %s ORDER BY l.since LIMIT 1", (channel,)).fetchone()
    return None if row is None else _left(row)


def _left(row: Mapping[str, Any]) -> Left:
    fields = dict(row)
    own = {name: fields.pop(name) for name in ("renewed_at", "answered_at", "notes")}
    return Left(LiveCall(**fields), own["renewed_at"], own["answered_at"], cast("Mapping[str, Any]", own["notes"]))
