"""`decroche billing usage`: a tenant's month at a glance."""

from __future__ import annotations

import calendar
from datetime import date, datetime
from typing import Any

import click

from billing.charges import tariffs
from billing.charges.accounts import account
from billing.charges.ledger import spell
from billing.commands.common import MONTH
from billing.invoices.month import MonthUsage, month_usage
from billing.rating.tariff import PARIS
from store import tenants
from store.base.console import emit, json_option
from store.db import open_database

_WIDTH = 50


@click.command()
@click.option("--tenant", "slug", required=True, help="The tenant.")
@click.option("--period", type=MONTH, help="The month; this one when not given.")
@json_option
def usage(slug: str, period: date | None, as_json: bool) -> None:
    """The month: bundle used, forecast, cost, minutes by day.

    \b
    Example: decroche billing usage --tenant dentiste --period 2026-10
    """
    now = datetime.now(PARIS)
    month = period or now.date().replace(day=1)
    with open_database() as db, db.operator() as conn:
        tenant = tenants.get(conn, slug)
        found = month_usage(conn, tenant.id, month, tenant.timezone)
        held = account(conn, tenant.id)
        force = tariffs.timetable(conn, tenant.id).at(min(now, datetime(month.year, month.month, 28, tzinfo=PARIS)))
    included = force.tariff.bundle.seconds if force and force.tariff.bundle else 0
    facts: dict[str, Any] = {
        "tenant": slug,
        "period": f"{month:%Y-%m}",
        "calls": found.calls,
        "answered": found.answered,
        "unrated": found.unrated,
        "bundle_seconds": included,
        "bundle_used_seconds": found.bundle_seconds,
        "charged_seconds": found.charged_seconds,
        "cost": spell(found.amount_micros),
        "forecast_cost": spell(forecast(found.amount_micros, month, now.date())),
        "forecast_seconds": forecast(found.bundle_seconds + found.charged_seconds, month, now.date()),
        "currency": held.currency,
        "mode": held.mode,
        "balance": spell(held.balance_micros),
        "days": [{"day": d["name"], "calls": d["calls"], "seconds": d["seconds"]} for d in found.days],
    }
    if as_json:
        emit([facts], (), as_json=True)
    else:
        click.echo("\n".join(picture(facts, found, month)))


def forecast(so_far: int, month: date, today: date) -> int:
    """What the whole month comes to if it goes on as it began; a month that is over is itself."""
    length = calendar.monthrange(month.year, month.month)[1]
    if (today.year, today.month) != (month.year, month.month):
        return so_far
    return so_far * length // today.day


def picture(facts: dict[str, Any], found: MonthUsage, month: date) -> list[str]:
    """The month in lines of at most 100 columns."""
    included, used = facts["bundle_seconds"], facts["bundle_used_seconds"]
    lines = [
        f"{facts['tenant']}, {facts['period']}: {facts['calls']} calls, {facts['answered']} answered",
        f"bundle    {_bar(used, included)} {_minutes(used)} of {_minutes(included)}" if included else "bundle    none",
        f"charged   {_minutes(facts['charged_seconds'])}",
        f"cost      {facts['cost']} {facts['currency']} (forecast for the month {facts['forecast_cost']})",
    ]
    if facts["unrated"]:
        lines.append(f"unrated   {facts['unrated']} calls have no price: they block the invoice")
    seconds = {d["name"]: d["seconds"] for d in found.days}
    peak = max(seconds.values(), default=0)
    lines.append("")
    for number in range(1, calendar.monthrange(month.year, month.month)[1] + 1):
        day = month.replace(day=number)
        value = seconds.get(day.isoformat(), 0)
        lines.append(f"{day:%a %d} {_bar(value, peak, empty=' ')} {_minutes(value) if value else ''}".rstrip())
    return lines


def _bar(value: int, whole: int, empty: str = "░") -> str:
    filled = min(_WIDTH, -(-value * _WIDTH // whole)) if whole else 0
    return "█" * filled + empty * (_WIDTH - filled)


def _minutes(seconds: int) -> str:
    return f"{seconds // 60} min {seconds % 60:02} s"
