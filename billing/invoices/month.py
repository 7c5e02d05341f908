"""What a tenant's month came to, summed by the database: for its invoice, its usage page and the terminal."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, LiteralString
from uuid import UUID

from billing.charges import tariffs
from billing.charges.accounts import Account, account
from billing.documents.invoice import Line, Talk, Usage, usage_lines
from billing.documents.words import calls_named
from billing.rating.tariff import PARIS
from store.base.numbering import SPECIAL
from store.db import Conn
from store.tenants import Tenant

_FRESH: LiteralString = """NOT EXISTS (
    SELECT 1 FROM billing.invoice_charges l JOIN billing.live_invoices i ON i.id = l.invoice_id
     WHERE l.call_id = c.call_id AND l.generation = c.generation)"""
"""The charge `c` is on no invoice that lives."""
_LATE: LiteralString = f"""
SELECT DISTINCT c.tenant_id, c.month
  FROM billing.current_charges c
  JOIN billing.usage u ON u.tenant_id = c.tenant_id AND u.month = c.month AND u.mode = 'postpaid'
 WHERE c.status = 'rated' AND c.amount_micros > 0 AND c.month > now() - interval '14 months' AND {_FRESH}
   AND EXISTS (SELECT 1 FROM billing.live_invoices i
                WHERE i.tenant_id = c.tenant_id AND i.period = c.month AND i.purpose = 'month')
"""
# Nearly every call lies in one window: its seconds need no list to be opened.
_TALK: LiteralString = f"""
SELECT way, prefix, price, bundled, sum(seconds)::bigint AS seconds
  FROM (SELECT coalesce(leg, direction) AS way, prefix, segments -> 0 ->> 'price_per_minute' AS price,
               segments -> 0 ->> 'from' = 'bundle' AS bundled, sum(billed_seconds) AS seconds
          FROM billing.current_charges c
         WHERE tenant_id = %(tenant)s AND month = %(month)s AND status = 'rated'
           AND jsonb_array_length(segments) = 1 AND (NOT %(late)s OR {_FRESH})
         GROUP BY 1, 2, 3, 4
        UNION ALL
        SELECT coalesce(c.leg, c.direction), c.prefix, s ->> 'price_per_minute', s ->> 'from' = 'bundle',
               sum((s ->> 'seconds')::bigint)
          FROM billing.current_charges c CROSS JOIN jsonb_array_elements(c.segments) s
         WHERE tenant_id = %(tenant)s AND month = %(month)s AND status = 'rated'
           AND jsonb_array_length(segments) <> 1 AND (NOT %(late)s OR {_FRESH})
         GROUP BY 1, 2, 3, 4) either
 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
# Emergency and social calls are left off what details the month (Arcep); they cost nothing.
# One reading of the month gives every sum: `by` says which column the row is for, '' for the whole month.
_SUMS: LiteralString = f"""
SELECT CASE WHEN GROUPING(day) = 0 THEN 'day' WHEN GROUPING(destination) = 0 THEN 'destination'
            WHEN GROUPING(agent) = 0 THEN 'agent' WHEN GROUPING(fee) = 0 THEN 'fee' ELSE '' END AS by,
       coalesce(day::text, destination, agent) AS name, fee,
       count(*) AS calls, count(*) FILTER (WHERE status = 'unrated') AS unrated,
       count(day) AS answered,
       coalesce(sum(bundle_seconds), 0)::bigint AS bundle_seconds,
       coalesce(sum(charged_seconds), 0)::bigint AS charged_seconds,
       coalesce(sum(billed_seconds), 0)::bigint AS seconds,
       coalesce(sum(amount_micros), 0)::bigint AS micros
  FROM (SELECT c.status, c.bundle_seconds, c.charged_seconds, c.billed_seconds, c.amount_micros, c.fee,
               CASE WHEN NOT hidden THEN (c.answered_at AT TIME ZONE %(zone)s)::date END AS day,
               CASE WHEN c.status = 'rated' AND NOT hidden
                    THEN coalesce(c.leg, c.direction) || ':' || c.prefix END AS destination,
               CASE WHEN c.answered_at IS NOT NULL AND NOT hidden THEN coalesce(k.agent, '') END AS agent
          FROM billing.current_charges c JOIN store.calls k ON k.id = c.call_id,
               LATERAL (SELECT c.direction = 'outbound' AND c.far_party = ANY (%(special)s) AS hidden) h
         WHERE c.tenant_id = %(tenant)s AND c.month = %(month)s
           AND (NOT %(late)s OR c.status = 'rated' AND {_FRESH})) c
 GROUP BY GROUPING SETS ((day), (destination), (agent), (fee), ())
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
            tuple(
                (calls_named(*row["name"].split(":", 1)), row["calls"], row["seconds"], row["micros"])
                for row in self.destinations
            ),
            tuple((row["name"], row["calls"], row["seconds"], row["micros"]) for row in self.agents),
        )


def late_months(conn: Conn, tenant_id: UUID, before: date) -> list[date]:
    """Postpaid months before one whose invoice was issued, and of which calls that cost something are on none."""
    rows = conn.execute(
        _LATE + " AND c.tenant_id = %(tenant)s AND c.month < %(before)s ORDER BY 2",
        {"tenant": tenant_id, "before": before},
    ).fetchall()
    return [row["month"] for row in rows]


def all_late(conn: Conn) -> list[tuple[UUID, date]]:
    """Every tenant's late months (operator)."""
    return [(row["tenant_id"], row["month"]) for row in conn.execute(_LATE + " ORDER BY 2, 1").fetchall()]


def month_usage(
    conn: Conn, tenant_id: UUID, month: date, zone: str = "Europe/Paris", *, late: bool = False
) -> MonthUsage:
    """The sums of a tenant's month; `zone` names the time zone of its days. `late`: of calls on no invoice alone."""
    key = {"tenant": tenant_id, "month": month, "zone": zone, "special": list(SPECIAL), "late": late}
    rows = conn.execute(_SUMS, key).fetchall()
    talk = [
        Talk(row["prefix"], _plain(Decimal(row["price"])), row["bundled"], row["seconds"], row["way"])
        for row in conn.execute(_TALK, key).fetchall()
    ]
    (sums,) = (row for row in rows if not row["by"])
    fees = sorted((row["fee"], row["calls"]) for row in rows if row["by"] == "fee" and row["fee"] > 0)

    def named(by: str) -> list[Row]:
        return [row for row in rows if row["by"] == by and row["name"] is not None]

    def longest_first(row: Row) -> tuple[int, str]:
        return -row["seconds"], row["name"]

    return MonthUsage(
        calls=sums["calls"],
        answered=sums["answered"],
        unrated=sums["unrated"],
        bundle_seconds=sums["bundle_seconds"],
        charged_seconds=sums["charged_seconds"],
        amount_micros=sums["micros"],
        talk=talk,
        fees={_plain(fee): calls for fee, calls in fees},
        days=sorted(named("day"), key=lambda row: row["name"]),
        destinations=sorted(named("destination"), key=longest_first),
        agents=sorted(named("agent"), key=longest_first),
    )


@dataclass(frozen=True, slots=True)
class Glance:
    """A month so far. Seconds are billed ones; amounts micro-euros before tax."""

    usage: MonthUsage
    account: Account
    bundle_seconds: int
    forecast_micros: int
    forecast_seconds: int


def glance(conn: Conn, tenant: Tenant, month: date, now: datetime) -> Glance:
    """A tenant's month as it stands at `now`, and what it comes to if it goes on so."""
    usage = month_usage(conn, tenant.id, month, tenant.timezone)
    held = account(conn, tenant.id)
    force = tariffs.timetable(conn, tenant.id).at(min(now, datetime(month.year, month.month, 28, tzinfo=PARIS)))
    included = force.tariff.bundle.seconds if force and force.tariff.bundle else 0
    talked, today = usage.bundle_seconds + usage.charged_seconds, now.astimezone(PARIS).date()
    cost = forecast(usage.amount_micros, month, today)
    return Glance(usage, held, included, cost, forecast(talked, month, today))


def forecast(so_far: int, month: date, today: date) -> int:
    """What the whole month comes to if it goes on as it began; a month that is over is itself."""
    length = calendar.monthrange(month.year, month.month)[1]
    if (today.year, today.month) != (month.year, month.month):
        return so_far
    return so_far * length // today.day


def _plain(price: Decimal) -> str:
    """A price without an exponent or needless zeros."""
    text = f"{price:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
