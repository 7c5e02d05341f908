"""What a tenant's month came to, summed by the database: for its invoice, its usage page and the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from billing.invoice import Line, Talk, Usage, usage_lines
from store.db import Conn

_TALK = """
SELECT c.prefix, s ->> 'price_per_minute' AS price, s ->> 'from' = 'bundle' AS bundled,
       sum((s ->> 'seconds')::bigint)::bigint AS seconds
  FROM billing.current_charges c CROSS JOIN jsonb_array_elements(c.segments) s
 WHERE c.tenant_id = %(tenant)s AND c.month = %(month)s AND c.status = 'rated'
 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_FEES = """
SELECT fee, count(*) AS calls FROM billing.current_charges
 WHERE tenant_id = %(tenant)s AND month = %(month)s AND fee > 0 GROUP BY fee ORDER BY fee
"""
_SUMS = """
SELECT count(*) AS calls, count(*) FILTER (WHERE status = 'unrated') AS unrated,
       count(*) FILTER (WHERE answered_at IS NOT NULL) AS answered,
       coalesce(sum(bundle_seconds), 0)::bigint AS bundle_seconds,
       coalesce(sum(charged_seconds), 0)::bigint AS charged_seconds,
       coalesce(sum(amount_micros), 0)::bigint AS amount_micros
  FROM billing.current_charges WHERE tenant_id = %(tenant)s AND month = %(month)s
"""
_DAYS = """
SELECT to_char(answered_at AT TIME ZONE %(zone)s, 'YYYY-MM-DD') AS name, count(*) AS calls,
       sum(billed_seconds)::bigint AS seconds, coalesce(sum(amount_micros), 0)::bigint AS micros
  FROM billing.current_charges
 WHERE tenant_id = %(tenant)s AND month = %(month)s AND answered_at IS NOT NULL GROUP BY 1 ORDER BY 1
"""
_DESTINATIONS = """
SELECT prefix AS name, count(*) AS calls, sum(billed_seconds)::bigint AS seconds,
       coalesce(sum(amount_micros), 0)::bigint AS micros
  FROM billing.current_charges
 WHERE tenant_id = %(tenant)s AND month = %(month)s AND status = 'rated' GROUP BY 1 ORDER BY 3 DESC, 1
"""
_AGENTS = """
SELECT coalesce(k.agent, '') AS name, count(*) AS calls, sum(c.billed_seconds)::bigint AS seconds,
       coalesce(sum(c.amount_micros), 0)::bigint AS micros
  FROM billing.current_charges c JOIN store.calls k ON k.id = c.call_id
 WHERE c.tenant_id = %(tenant)s AND c.month = %(month)s AND c.answered_at IS NOT NULL GROUP BY 1 ORDER BY 3 DESC, 1
"""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MonthUsage:
    """The month in sums. Seconds are billed ones; amounts micro-euros before tax."""

    calls: int
    answered: int
    unrated: int
    bundle_seconds: int
    charged_seconds: int
    amount_micros: int
    talk: Sequence[Talk]
    fees: dict[str, int]
    days: Sequence[Row]
    destinations: Sequence[Row]
    agents: Sequence[Row]

    def lines(self) -> list[Line]:
        """The invoice lines of these calls."""
        return usage_lines(self.talk, self.fees, self.amount_micros)

    def page(self) -> Usage:
        """The invoice's usage page."""
        return Usage(
            tuple((row["name"], row["seconds"], row["micros"]) for row in self.days),
            tuple((row["name"], row["calls"], row["seconds"], row["micros"]) for row in self.destinations),
            tuple((row["name"], row["calls"], row["seconds"], row["micros"]) for row in self.agents),
        )


def month_usage(conn: Conn, tenant_id: UUID, month: date, zone: str = "Europe/Paris") -> MonthUsage:
    """The sums of a tenant's month; `zone` names the time zone of its days."""
    key = {"tenant": tenant_id, "month": month, "zone": zone}
    sums = conn.execute(_SUMS, key).fetchone()
    assert sums is not None
    talk = [
        Talk(row["prefix"], _plain(Decimal(row["price"])), row["bundled"], row["seconds"])
        for row in conn.execute(_TALK, key).fetchall()
    ]
    fees = {_plain(row["fee"]): row["calls"] for row in conn.execute(_FEES, key).fetchall()}
    return MonthUsage(
        calls=sums["calls"],
        answered=sums["answered"],
        unrated=sums["unrated"],
        bundle_seconds=sums["bundle_seconds"],
        charged_seconds=sums["charged_seconds"],
        amount_micros=sums["amount_micros"],
        talk=talk,
        fees=fees,
        days=conn.execute(_DAYS, key).fetchall(),
        destinations=conn.execute(_DESTINATIONS, key).fetchall(),
        agents=conn.execute(_AGENTS, key).fetchall(),
    )


def _plain(price: Decimal) -> str:
    """A price without an exponent or needless zeros."""
    text = f"{price:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
