"""Where a tenant stands before it dials: its limits, what was refused lately, what blocks it. Read only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from billing.charges.controls import Limits, limits_of
from billing.charges.refusals import lately
from store.db import Conn


@dataclass(frozen=True, slots=True)
class Block:
    """A block on outbound calls that is not lifted."""

    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """`refused`: calls in that were not taken for want of room, in the last 24 hours."""

    limits: Limits
    refused: int
    blocks: Sequence[Block]


def standing(conn: Conn, tenant_id: UUID, now: datetime) -> Standing:
    """A tenant's limits and blocks as they are."""
    return Standing(limits_of(conn, tenant_id), lately(conn, tenant_id, now), open_blocks(conn, tenant_id))


def open_blocks(conn: Conn, tenant_id: UUID) -> list[Block]:
    """What blocks a tenant's outbound calls, by kind."""
    with conn.cursor(row_factory=class_row(Block)) as cursor:
        return cursor.execute(
            "SELECT kind, reason FROM billing.blocks WHERE tenant_id = %s AND lifted_at IS NULL ORDER BY kind",
            (tenant_id,),
        ).fetchall()


LOW_MICROS = 1_000_000
"""A prepaid balance below one unit of its currency pays for some ten minutes of talk at most."""


def short_of_money(conn: Conn) -> int:
    """How many prepaid clients have less than that left, beside what their calls in progress hold (operator)."""
    row = conn.execute(
        """SELECT count(*) AS n FROM billing.accounts
            WHERE mode = 'prepaid' AND balance_micros - reserved_micros < %s""",
        (LOW_MICROS,),
    ).fetchone()
    assert row is not None
    return row["n"]
