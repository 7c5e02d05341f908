"""Calls in that were not taken for want of room: counted by the hour, of which the operator is told once."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from billing.charges.controls import Notice, tell
from store.db import Conn


def count(conn: Conn, tenant_id: UUID, at: datetime, calls: int, why: str) -> None:
    """So many more were refused in the hour of `at` (aware); `why`: the last reason, for a person to read."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    conn.execute(
        """INSERT INTO billing.refusals (tenant_id, hour, calls, why) VALUES (%s, %s, %s, %s)
           ON CONFLICT (tenant_id, hour)
           DO UPDATE SET calls = billing.refusals.calls + excluded.calls, why = excluded.why""",
        (tenant_id, hour, calls, why),
    )
    tell(conn, tenant_id, Notice("flood", f"{hour:%Y-%m-%dT%H}", "operator", {"calls": calls, "reason": why}))


def lately(conn: Conn, tenant_id: UUID, now: datetime) -> int:
    """Calls refused in the last 24 hours, the hour that has begun included."""
    row = conn.execute(
        "SELECT coalesce(sum(calls), 0)::integer AS calls FROM billing.refusals WHERE tenant_id = %s AND hour > %s",
        (tenant_id, now - timedelta(hours=25)),
    ).fetchone()
    assert row is not None
    return row["calls"]
