"""The agents and numbers a tenant holds, beside what its plans include: what is beyond is charged by the month.

As operators do for lines: a number or an agent is held for whole months, so the most held at once in a calendar month
counts, looked at every day and when the month is invoiced. An agent counts while a version of it is live. What is
beyond the plans is charged where the plan names a price for it (`extra_agent`, `extra_number`), and told to the
operator once a month where it does not: a call is never refused because of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from billing.charges.controls import Notice, tell
from billing.documents.invoice import Line
from billing.plans.plans import Plan, running_plans
from billing.rating.tariff import PARIS
from store.db import Conn


@dataclass(frozen=True, slots=True)
class Holdings:
    """The most held at once in a month."""

    agents: int
    numbers: int


@dataclass(frozen=True, slots=True)
class Beyond:
    """What is held beyond the plans. `micros`: the price of one a month before tax; None: the plan names none."""

    what: str
    count: int
    micros: int | None


def note_holdings(conn: Conn, tenant_id: UUID, month: date, until: date) -> Holdings:
    """Count what the tenant holds now and held before `until`, keep the month's most, and tell the operator of what no
    plan has a price for."""
    row = conn.execute(
        """INSERT INTO billing.holdings AS h (tenant_id, month, agents, numbers)
           SELECT %(tenant)s, %(month)s,
                  (SELECT count(*) FROM store.agent_versions WHERE tenant_id = %(tenant)s AND status = 'live'
                      AND approved_at < %(until)s),
                  (SELECT count(*) FROM store.numbers WHERE tenant_id = %(tenant)s
                      AND coalesce(assigned_at, added_at) < %(until)s)
           ON CONFLICT (tenant_id, month) DO UPDATE
              SET agents = greatest(h.agents, excluded.agents), numbers = greatest(h.numbers, excluded.numbers)
           RETURNING agents, numbers""",
        {"tenant": tenant_id, "month": month, "until": datetime.combine(until, time(), PARIS)},
    ).fetchone()
    assert row is not None
    held = Holdings(row["agents"], row["numbers"])
    plans = running_plans(conn, tenant_id, month)
    for part in beyond(held, plans):
        if part.micros is None:
            body = {"plan": " + ".join(p.name for p in plans), "what": f"{part.count} {part.what}"}
            tell(conn, tenant_id, Notice("over_plan", f"{month:%Y-%m} {part.what}", "operator", body))
    return held


def held_in(conn: Conn, tenant_id: UUID, month: date) -> Holdings:
    """The most held at once in a month; nothing for a month nobody looked at."""
    row = conn.execute(
        "SELECT agents, numbers FROM billing.holdings WHERE tenant_id = %s AND month = %s", (tenant_id, month)
    ).fetchone()
    return Holdings(row["agents"], row["numbers"]) if row else Holdings(0, 0)


def beyond(held: Holdings, plans: Sequence[Plan]) -> list[Beyond]:
    """What is held beyond what the running plans include together. No plan: nothing is included, nor charged here."""
    if not plans:
        return []
    found: list[Beyond] = []
    for what, count, included, prices in (
        ("agents", held.agents, sum(p.agents for p in plans), [p.extra_agent_micros for p in plans]),
        ("numbers", held.numbers, sum(p.numbers for p in plans), [p.extra_number_micros for p in plans]),
    ):
        named = [price for price in prices if price is not None]
        if count > included:
            found.append(Beyond(what, count - included, min(named) if named else None))
    return found


_NAMES = {"agents": "Agent supplémentaire", "numbers": "Numéro supplémentaire"}


def lines(conn: Conn, tenant_id: UUID, month: date) -> list[Line]:
    """The invoice lines of what was held beyond the plans in a month."""
    found: list[Line] = []
    for part in beyond(held_in(conn, tenant_id, month), running_plans(conn, tenant_id, month)):
        if part.micros is not None:
            each = part.micros // 10_000  # whole cents: a plan's prices have two decimals
            price, key = f"{each // 100}.{each % 100:02d}", f"extra-{part.what}:{month:%Y-%m}"
            name, net = _NAMES[part.what], each * part.count
            found.append(Line(name, str(part.count), "MON", price, net, f"{month:%m/%Y}", "subscription", key))
    return found
