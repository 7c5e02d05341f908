"""Prepaid clients whose balance runs low are told, once for each time that they put money on it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from billing.charges.controls import limits_of, tell
from billing.charges.lines import spell
from billing.charges.thresholds import Notice
from store.db import Conn


def prepaid(conn: Conn) -> Sequence[UUID]:
    """The clients who pay beforehand (operator)."""
    return [row["tenant_id"] for row in conn.execute("SELECT tenant_id FROM billing.accounts WHERE mode = 'prepaid'")]


def tell_low(conn: Conn, tenant_id: UUID) -> bool:
    """Tell a client whose balance is below its limit, what calls in progress hold included; whether it was told now."""
    row = conn.execute(
        """SELECT a.balance_micros - a.reserved_micros AS left_micros,
                  (SELECT m.reference FROM billing.movements m
                    WHERE m.tenant_id = a.tenant_id AND m.kind = 'top_up' ORDER BY m.moved_at DESC LIMIT 1) AS since
             FROM billing.accounts a WHERE a.tenant_id = %s AND a.mode = 'prepaid'""",
        (tenant_id,),
    ).fetchone()
    limit = limits_of(conn, tenant_id).low_balance_micros
    if row is None or row["since"] is None or row["left_micros"] >= limit:
        return False
    body = {"left": spell(row["left_micros"]), "limit": spell(limit)}
    return bool(tell(conn, tenant_id, Notice("low_balance", row["since"], "client", body)))
