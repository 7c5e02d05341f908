"""Who is not called by any campaign again: they said no, or are not who was looked for."""

from __future__ import annotations

from uuid import UUID

from campaigns.planning.outcomes import OVER
from store.db import Conn


def said_no(conn: Conn, tenant_id: UUID, but: str) -> frozenset[str]:
    """Numbers (E.164) of whom an earlier campaign than `but` learnt it."""
    rows = conn.execute(
        """SELECT DISTINCT e164 FROM campaigns.targets
            WHERE tenant_id = %s AND campaign <> %s AND outcome = ANY (%s)""",
        (tenant_id, but, sorted(OVER)),
    )
    return frozenset(row["e164"] for row in rows)
