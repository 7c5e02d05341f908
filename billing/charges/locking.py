"""A client's account and its month, locked to the end of the transaction, in this order: nobody waits in a ring."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, LiteralString
from uuid import UUID

from store.db import Conn


def lock_account(conn: Conn, tenant_id: UUID) -> Mapping[str, Any]:
    """The tenant's account, locked to the end of the transaction; a postpaid one is made when missing."""
    locked: LiteralString = "SELECT * FROM billing.accounts WHERE tenant_id = %s FOR UPDATE"
    row = conn.execute(locked, (tenant_id,)).fetchone()
    if row is None:
        conn.execute("INSERT INTO billing.accounts (tenant_id) VALUES (%s) ON CONFLICT DO NOTHING", (tenant_id,))
        row = conn.execute(locked, (tenant_id,)).fetchone()
    assert row is not None
    return row


def lock_month(conn: Conn, tenant_id: UUID, month: date) -> int:
    """Seconds of the bundle used so far in a month, which is locked to the end of the transaction."""
    locked: LiteralString = "SELECT bundle_seconds FROM billing.usage WHERE tenant_id = %s AND month = %s FOR UPDATE"
    row = conn.execute(locked, (tenant_id, month)).fetchone()
    if row is None:
        conn.execute(
            "INSERT INTO billing.usage (tenant_id, month) VALUES (%s, %s) ON CONFLICT DO NOTHING", (tenant_id, month)
        )
        row = conn.execute(locked, (tenant_id, month)).fetchone()
    assert row is not None
    return row["bundle_seconds"]


def bundle_held(conn: Conn, tenant_id: UUID, month: date) -> int:
    """Seconds of a month's bundle that prepaid calls in progress count on."""
    row = conn.execute(
        "SELECT coalesce(sum(bundle_seconds), 0)::bigint AS held FROM billing.reservations"
        " WHERE tenant_id = %s AND month = %s",
        (tenant_id, month),
    ).fetchone()
    assert row is not None
    return row["held"]
