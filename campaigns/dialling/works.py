"""The operator's works (`decroche maintenance`): meanwhile no campaign is launched, and none of its calls begins."""

from __future__ import annotations

from datetime import datetime

from store.db import Conn


def works_until(conn: Conn, now: datetime) -> datetime | None:
    """Until when works go on that have begun; None: none do."""
    row = conn.execute(
        """SELECT max(ends_at) AS until FROM support.maintenance
            WHERE ended_at IS NULL AND begins_at <= %(now)s AND ends_at > %(now)s""",
        {"now": now},
    ).fetchone()
    return row["until"] if row else None
