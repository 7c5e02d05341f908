"""Legs that leave a call: which of them the tariff lets go free, what a call comes to with all of its own, and whose
fallbacks may be rung while nobody can be asked."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from billing.charges.tariffs import in_force
from billing.rating.rating import engine
from store.calls import LegKind
from store.db import Conn


def is_free(conn: Conn, kind: LegKind, to: str, now: datetime) -> bool:
    """Whether the session tenant's tariff lets such a leg go free: the operator pays for it, knowingly."""
    force = in_force(conn, now)
    return force is not None and engine(force.tariff).is_free(kind, to)


def total_micros(conn: Conn, call_id: UUID) -> int | None:
    """What a call and the legs of it that left cost together; None where one of them has no price, or no charge."""
    row = conn.execute(
        """SELECT count(*) FILTER (WHERE c.amount_micros IS NULL) AS without, coalesce(sum(c.amount_micros), 0)::bigint
                  AS micros
             FROM store.calls k LEFT JOIN billing.current_charges c ON c.call_id = k.id
            WHERE k.id = %(call)s OR k.leg_of = %(call)s""",
        {"call": call_id},
    ).fetchone()
    assert row is not None
    return None if row["without"] else row["micros"]


def barred(conn: Conn) -> set[UUID]:
    """Tenants nothing may be dialled for just now: blocked, at the end of a prepaid balance, or closed (operator).

    Their fallbacks are told to no switch, which would ring them without asking while this service is away.
    """
    rows = conn.execute(
        """SELECT tenant_id FROM billing.blocks WHERE lifted_at IS NULL
           UNION SELECT tenant_id FROM billing.accounts WHERE mode = 'prepaid' AND balance_micros <= reserved_micros
           UNION SELECT id FROM store.tenants WHERE status <> 'active'"""
    ).fetchall()
    return {row["tenant_id"] for row in rows}
