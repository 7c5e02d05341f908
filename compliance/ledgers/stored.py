"""Reads a stored decision back, for the call it allowed or refused."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from store.db import Conn

_SHOWN = ("id", "allowed", "reasons", "law", "next_allowed_at", "judged_at", "refused_by", "in_force")


def decision_of(conn: Conn, call_id: UUID) -> dict[str, Any] | None:
    """The decision taken for a call, as plain JSON; None for a call that needed none (inbound)."""
    row = conn.execute(
        "SELECT record FROM compliance.decisions WHERE call_id = %s ORDER BY seq DESC LIMIT 1", (call_id,)
    ).fetchone()
    if row is None:
        return None
    record: dict[str, Any] = json.loads(row["record"])
    return {name: record.get(name) for name in _SHOWN}
