"""`decroche billing plan|subscribe|subscription`: what is offered, who took it, and what follows when."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from billing import plans
from billing.cli_common import DAY, FILE, who
from billing.ledger import spell
from billing.subscription import add_months
from billing.tariff import PARIS
from store import tenants
from store.console import HouseGroup, emit, json_option
from store.db import open_database

_COLUMNS = ("name", "version", "title", "monthly_price", "agents", "numbers", "tariff", "options")


@click.group(cls=HouseGroup)
def plan() -> None:
    """Plans by version: monthly price, what it includes, options.

    \b
    Example: decroche billing plan add accueil accueil.toml
    """


@plan.command("add")
@click.argument("name")
@click.argument("path", metavar="PLAN.toml", type=FILE)
@json_option
def plan_add(name: str, path: Path, as_json: bool) -> None:
    """Store PLAN.toml (title, monthly_price, agents, numbers, tariff, [[option]]) as the next version of NAME.

    \b
    Example: decroche billing plan add accueil accueil.toml
    """
    text = path.read_text(encoding="utf-8-sig")
    with open_database() as db, db.operator() as conn:
        found = plans.add_plan(conn, name, text, who())
    emit([_plan(found)], _COLUMNS, as_json=as_json)


@plan.command("list")
@json_option
def plan_list(as_json: bool) -> None:
    """Every plan and version.

    \b
    Example: decroche billing plan list
    """
    with open_database() as db, db.operator() as conn:
        found = plans.list_plans(conn)
    emit([_plan(one) for one in found], _COLUMNS, as_json=as_json, empty="no plans")


@click.command()
@click.option("--tenant", "slug", required=True, help="The tenant.")
@click.option("--plan", "name", required=True, help="The plan; its latest version is taken.")
@click.option("--option", "options", multiple=True, help="An option of the plan; may be given again.")
@click.option("--terms", type=FILE, required=True, help="The file of the terms accepted: its SHA-256 is kept.")
@click.option("--terms-version", required=True, help="Their version.")
@click.option("--accepted-by", required=True, help="Who accepted them.")
@click.option("--accepted-from", required=True, help="From where: an address, a signed quote's number.")
@click.option("--starts", type=DAY, help="First day; today when not given.")
@json_option
def subscribe(
    slug: str,
    name: str,
    options: tuple[str, ...],
    terms: Path,
    terms_version: str,
    accepted_by: str,
    accepted_from: str,
    starts: date | None,
    as_json: bool,
) -> None:
    """Subscribe a tenant to a plan whose terms a named person accepted.

    \b
    Example: decroche billing subscribe --tenant dentiste --plan accueil --terms cgv.pdf --terms-version 2025-01
             --accepted-by "Dr Molaire" --accepted-from 192.0.2.7
    """
    with open_database() as db, db.operator() as conn:
        done = plans.subscribe(
            conn,
            tenants.get(conn, slug).id,
            plans.get_plan(conn, name),
            starts or datetime.now(PARIS).date(),
            accepted_by=accepted_by,
            accepted_at=datetime.now(UTC),
            accepted_from=accepted_from,
            terms_version=terms_version,
            terms=terms.read_bytes(),
            options=options,
        )
        rows = [_calendar(conn, done)]
    emit(rows, ("plan", "starts_on", "committed_until", "withdraw_until", "next_periods"), as_json=as_json)


@click.command()
@click.option("--tenant", "slug", required=True, help="The tenant.")
@click.option("--notice", type=DAY, help="Note that the client gave notice on this day.")
@click.option("--withdraw", type=DAY, help="Note that the client withdrew on this day.")
@json_option
def subscription(slug: str, notice: date | None, withdraw: date | None, as_json: bool) -> None:
    """A tenant's subscriptions and their calendar; or note a notice or a withdrawal.

    \b
    Example: decroche billing subscription --tenant dentiste --notice 2026-12-03
    """
    with open_database() as db, db.operator() as conn:
        found = plans.subscriptions(conn, tenants.get(conn, slug).id)
        for one in found:
            if notice:
                plans.note(conn, one, "notice", notice, who())
            if withdraw:
                plans.note(conn, one, "withdrawal", withdraw, who())
        rows = [_calendar(conn, one) for one in found]
    emit(rows, ("plan", "starts_on", "committed_until", "ends_on", "last_access_on"), as_json=as_json)


def _calendar(conn: Any, of: plans.Subscription) -> dict[str, Any]:
    today = datetime.now(PARIS).date()
    found = plans.calendar_of(conn, of, max(add_months(today, 2), of.starts_on))
    return {
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
        "next_periods": [f"{p.begins} {spell(p.price_micros)}" for p in found.periods if p.ends >= today],
    }


def _plan(of: plans.Plan) -> dict[str, Any]:
    return {
        "name": of.name,
        "version": of.version,
        "title": of.title,
        "monthly_price": spell(of.monthly_micros),
        "agents": of.agents,
        "numbers": of.numbers,
        "tariff": of.tariff,
        "options": {name: spell(price) for name, price in of.options.items()},
    }
