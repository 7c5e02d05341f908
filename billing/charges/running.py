"""What outbound calls in progress have come to and may yet come to: their charges are written only when they end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from billing.charges.lines import month_of
from billing.charges.prepaid import hold_micros
from billing.charges.tariffs import in_force
from billing.rating.rating import engine
from store.db import Conn


@dataclass(frozen=True, slots=True)
class Running:
    """Outbound calls in progress. Micro-euros, at the dearest price of each rate, after what the bundle gives.

    `so_far`: as if each had been answered when it began. `at_most`: as if each lasted as long as its lease.
    """

    calls: int = 0
    so_far: int = 0
    at_most: int = 0


NOTHING = Running()


def running(conn: Conn, tenant_id: UUID, now: datetime, only: Sequence[UUID] | None = None) -> Running:
    """The tenant's outbound calls in progress at `now`; a destination without a rate counts as a call, and costs 0.

    `only`: no others than these.
    """
    rows = conn.execute(
        """SELECT callee, since, lease_until, coalesce(leg, direction) AS way FROM store.live_calls
            WHERE tenant_id = %(tenant)s AND direction = 'outbound' AND lease_until > %(now)s
              AND (%(only)s::uuid[] IS NULL OR call_id = ANY (%(only)s)) ORDER BY since""",
        {"tenant": tenant_id, "now": now, "only": None if only is None else list(only)},
    ).fetchall()
    force = in_force(conn, now) if rows else None
    if force is None:
        return Running(len(rows))
    tool = engine(force.tariff)
    left = max(0, tool.bundle_seconds - _bundle_used(conn, tenant_id, now, force.tariff.timezone))
    bundle = [left, left]
    came_to = [0, 0]
    for row in rows:
        priced, included = tool.find(row["way"], row["callee"])
        if priced is None:
            continue
        for which, until in enumerate((now, row["lease_until"])):
            seconds = max(1, int((until - row["since"]).total_seconds()))
            free = min(bundle[which], priced.billed(seconds)) if included else 0
            bundle[which] -= free
            came_to[which] += hold_micros(tool, priced, seconds, free)
    return Running(len(rows), *came_to)


def _bundle_used(conn: Conn, tenant_id: UUID, now: datetime, zone: object) -> int:
    row = conn.execute(
        "SELECT bundle_seconds FROM billing.usage WHERE tenant_id = %s AND month = %s", (tenant_id, month_of(now, zone))
    ).fetchone()
    return row["bundle_seconds"] if row else 0
