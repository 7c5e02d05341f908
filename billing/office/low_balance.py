"""Prepaid clients whose balance runs low are told, once for each time that they put money on it."""

from __future__ import annotations

from billing.charges.controls import Notice, limits_of, tell
from billing.charges.ledger import spell
from store.db import Database


def tell_low(db: Database) -> int:
    """Tell whose balance is below its limit, what calls in progress hold included (operator); how many were told."""
    told = 0
    with db.operator() as conn:
        rows = conn.execute(
            """SELECT a.tenant_id, a.balance_micros - a.reserved_micros AS left_micros,
                      (SELECT m.reference FROM billing.movements m
                        WHERE m.tenant_id = a.tenant_id AND m.kind = 'top_up' ORDER BY m.moved_at DESC LIMIT 1) AS since
                 FROM billing.accounts a WHERE a.mode = 'prepaid'"""
        ).fetchall()
        for row in rows:
            limit = limits_of(conn, row["tenant_id"]).low_balance_micros
            if row["since"] is not None and row["left_micros"] < limit:
                body = {"left": spell(row["left_micros"]), "limit": spell(limit)}
                told += tell(conn, row["tenant_id"], Notice("low_balance", row["since"], "client", body))
    return told
