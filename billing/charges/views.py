"""Accounts, limits, tariffs and charged calls as plain rows, for a table, a page or JSON."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from billing.charges import tariffs
from billing.charges.accounts import Account
from billing.charges.bulk_charges import Outcome
from billing.charges.lines import spell
from billing.charges.rerate import Rerated
from billing.charges.standing import Standing


def account(of: Account, slug: str) -> dict[str, Any]:
    """A balance and what calls in progress hold of it."""
    return {
        "tenant": slug,
        "mode": of.mode,
        "currency": of.currency,
        "balance": spell(of.balance_micros),
        "reserved": spell(of.reserved_micros),
    }


def standing(of: Standing, slug: str) -> dict[str, Any]:
    """Limits and blocks."""
    limits = of.limits
    return {
        "tenant": slug,
        "bundle_alerts": [f"{percent} %" for percent in limits.bundle_percents],
        "alert_at": [spell(amount) for amount in limits.alert_micros],
        "cap": spell(limits.month_cap_micros) if limits.month_cap_micros else None,
        "calls_a_minute": limits.calls_a_minute,
        "calls_at_once": limits.calls_at_once,
        "spend_an_hour": spell(limits.spend_an_hour_micros),
        "email": limits.email,
        "webhook": limits.webhook,
        "phone": limits.phone,
        "refused_in_24_h": of.refused,
        "blocked": [f"{block.kind}: {block.reason}" for block in of.blocks],
    }


def tariff(of: tariffs.TariffVersion) -> dict[str, Any]:
    """A version of a tariff, without its text."""
    terms = tariffs.parsed(of.toml)
    return {
        "name": of.name,
        "version": of.version,
        "currency": terms.currency,
        "rates": len(terms.rates),
        "bundle_seconds": terms.bundle.seconds if terms.bundle else 0,
        "added_by": of.added_by,
        "added_at": of.added_at,
    }


def rerated(of: Rerated, slug: str) -> dict[str, Any]:
    """What rating a tenant's calls again did, in counts, as a difference of money, and call by call.

    `what` of a call: changed; added: it had no charge line; invoiced: it would change, and only a credit note can.
    """
    difference = sum((new.amount_micros or 0) - (old.amount_micros or 0) for old, new in of.changed)
    return {
        "tenant": slug,
        "changed": len(of.changed),
        "added": len(of.added),
        "same": of.same,
        "invoiced": len(of.invoiced),
        "difference": spell(difference),
        "calls": [_repriced("changed", old.call_id, old.amount_micros, new.amount_micros) for old, new in of.changed]
        + [_repriced("added", charge.call_id, None, charge.amount_micros) for charge in of.added]
        + [_repriced("invoiced", call_id, *prices)
           for call_id, prices in zip(of.invoiced, of.otherwise, strict=True)],
    }  # fmt: skip


def _repriced(what: str, call_id: UUID, before: int | None, after: int | None) -> dict[str, Any]:
    """A call that rating again is about. `before`, `after`: None where it had, or has, no price."""
    return {
        "call": str(call_id), "what": what, "before": None if before is None else spell(before),
        "after": None if after is None else spell(after),
    }  # fmt: skip


def outcome(of: Outcome) -> dict[str, Any]:
    """What became of a call brought from elsewhere."""
    amount = None if of.amount_micros is None else spell(of.amount_micros)
    return {"call_id": of.call_id, "status": of.status, "amount": amount, "reason": of.reason}
