"""`decroche billing usage`: a tenant's month at a glance."""

from __future__ import annotations

import calendar
from datetime import date
from typing import Any

import click

from billing.commands.common import MONTH, now, today_in_paris
from billing.invoices import views
from billing.invoices.month import MonthUsage, glance
from store import tenants
from store.base.console import emit, json_option
from store.setup import open_database

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
    at = now()
    month = period or today_in_paris().replace(day=1)
    with open_database() as db, db.operator() as conn:
        found = glance(conn, tenants.get(conn, slug), month, at)
    facts = views.glance(found, slug, month)
    if as_json:
        emit([facts], (), as_json=True)
    else:
        click.echo("\n".join(picture(facts, found.usage, month)))


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
