"""Plans and subscriptions as plain rows, for a table, a page or JSON."""

from __future__ import annotations

from datetime import date
from typing import Any

from billing.charges.ledger import spell
from billing.plans.plans import Plan, Subscription
from billing.plans.subscription import Calendar


def plan(of: Plan) -> dict[str, Any]:
    """A version of a plan."""
    return {
        "name": of.name,
        "version": of.version,
        "title": of.title,
        "monthly_price": spell(of.monthly_micros),
        "agents": of.agents,
        "numbers": of.numbers,
        "extra_agent": None if of.extra_agent_micros is None else spell(of.extra_agent_micros),
        "extra_number": None if of.extra_number_micros is None else spell(of.extra_number_micros),
        "tariff": of.tariff,
        "support": of.support,
        "options": {name: spell(price) for name, price in of.options.items()},
    }


def subscription(of: Subscription, found: Calendar, today: date) -> dict[str, Any]:
    """Who accepted it, and what follows when; `found` reaches some months beyond `today`."""
    now = next(price for since, price in reversed(found.prices) if since <= max(today, of.starts_on))
    later = (f"{spell(price)} from {since}" for since, price in found.prices if since > today)
    return {
        "id": of.id,
        "plan": f"{of.plan}@{of.plan_version}",
        "starts_on": of.starts_on,
        "accepted_by": of.accepted_by,
        "accepted_at": of.accepted_at,
        "terms_version": of.terms_version,
        "terms_sha256": of.terms_sha256,
        "committed_until": found.committed_until,
        "withdraw_until": found.withdraw_until,
        "ends_on": found.ends_on,
        "last_access_on": found.last_access_on,
        "delete_from": found.delete_from,
        "refund": spell(found.refund_micros),
        "price": spell(now),
        "next_price": next(later, None) if len(found.prices) > 1 else None,
        "next_periods": [f"{p.begins} {spell(p.price_micros)}" for p in found.periods if p.ends >= today],
    }
