"""`decroche billing plan|subscribe|subscription|price-change`: what is offered, who took it, and what follows when."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from billing.charges.ledger import spell
from billing.commands.common import DAY, FILE, MONEY, dry_run_of, today_in_paris
from billing.invoices import leaving
from billing.plans import plans
from billing.plans.subscription import add_months
from store import tenants
from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, err, json_option
from store.base.errors import BadInput, DecrocheError
from store.db import Database, open_database

_COLUMNS = (
    "name", "version", "title", "monthly_price", "agents", "numbers", "extra_agent", "extra_number", "tariff", "options"
)  # fmt: skip


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
    """Store PLAN.toml as the next version of NAME.

    Its keys: title, monthly_price = "49.00", agents, numbers (included), extra_agent, extra_number (the price of one
    more a month), tariff (calls of whoever subscribes are rated by it, its bundle included), and [[option]] tables of
    name and monthly_price.

    \b
    Example: decroche billing plan add accueil accueil.toml
    """
    text = plans.read_plan(path)
    with open_database() as db, db.operator() as conn:
        found = plans.add_plan(conn, name, text, typing_now())
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
            starts or today_in_paris(),
            accepted_by=accepted_by,
            accepted_at=datetime.now(UTC),
            accepted_from=accepted_from,
            terms_version=terms_version,
            terms=terms.read_bytes(),
            options=options,
            by=typing_now(),
        )
        rows = [_calendar(conn, done)]
    emit(rows, ("plan", "starts_on", "committed_until", "withdraw_until", "next_periods"), as_json=as_json)


@click.command()
@click.option("--tenant", "slug", required=True, help="The tenant.")
@click.option("--id", "which", type=click.UUID, help="Which subscription, where several run.")
@click.option("--notice", type=DAY, help="The client gave notice on this day.")
@click.option("--withdraw", type=DAY, help="The client withdrew on this day, within 7 of the first.")
@click.option("--leave", type=DAY, help="The client leaves because of an announced price.")
@json_option
def subscription(
    slug: str, which: UUID | None, notice: date | None, withdraw: date | None, leave: date | None, as_json: bool
) -> None:
    """A tenant's subscriptions and their calendar; or end one: notice, withdrawal, leaving before a new price.

    The first year is committed. Notice is of one month, to the end of its calendar month. Access and export last until
    last_access_on; then data is deleted.

    \b
    Example: decroche billing subscription --tenant dentiste --notice 2026-12-03
    """
    if sum(day is not None for day in (notice, withdraw, leave)) > 1:
        raise BadInput("--notice, --withdraw and --leave: one at a time", hint="see --help")
    note, on = "", notice or withdraw or leave
    with open_database() as db, db.operator() as conn:
        tenant = tenants.get(conn, slug)
        if on is not None:
            one = leaving.open_subscription(conn, tenant.id, on, which)
            if notice:
                leaving.give_notice(conn, one, notice, typing_now())
            elif withdraw:
                note = leaving.withdraw(conn, one, withdraw, typing_now()).credit_note
            else:
                leaving.leave_for_price(conn, one, on, typing_now())
        chosen = [s for s in plans.subscriptions(conn, tenant.id) if which is None or s.id == which]
        rows = [_calendar(conn, one) for one in chosen]
    if note:
        err.print(f"credit note {note}; if it was paid: decroche billing refund", markup=False)
        rows[-1]["credit_note"] = note
    columns = ("plan", "starts_on", "committed_until", "ends_on", "last_access_on", "price", "next_price")
    emit(rows, columns, as_json=as_json, empty="no subscription")


@click.command("price-change")
@click.option("--plan", "name", required=True, help="The plan whose subscriptions change.")
@click.option("--price", type=MONEY, required=True, help="The new monthly price before tax, without options.")
@click.option("--from", "wished_from", type=DAY, required=True, help="From when it is wished to apply.")
@click.option("--date", "announced_on", type=DAY, help="When clients are told; today when not given.")
@click.option("--tenant", "slug", help="Only this tenant's subscription.")
@click.option("--dry-run", is_flag=True, help="Show from when it would apply to whom; nothing is kept or told.")
@json_option
def price_change(
    name: str,
    price: Decimal,
    wished_from: date,
    announced_on: date | None,
    slug: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Announce a new price: 30 days' notice, once a year, from a period's first day; clients may leave before it.

    Clients are told through the outbox. Exit status: 3 when it cannot be announced to some, who are named.

    \b
    Example: decroche billing price-change --plan accueil --price 54.00 --from 2027-03-01 --dry-run
    """
    day = announced_on or today_in_paris()
    rows: list[dict[str, Any]] = []
    refused = 0
    with open_database() as db:
        with db.operator() as conn:
            plans.get_plan(conn, name)
            chosen = [tenants.get(conn, slug)] if slug else tenants.listed(conn)
        for tenant in chosen:
            try:
                rows += _announce(db, tenant, name, int(price * 1_000_000), day, wished_from, dry_run)
            except DecrocheError as error:
                refused += 1
                err.print(f"{tenant.slug}: error[{error.code}]: {error}", markup=False)
    columns = ("tenant", "price", "applies_from", "may_leave_until")
    emit(rows, columns, as_json=as_json, empty="no subscription of this plan runs")
    click.get_current_context().exit(3 if refused else 0)


def _announce(
    db: Database, tenant: tenants.Tenant, plan: str, micros: int, day: date, wished_from: date, dry_run: bool
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    with dry_run_of(db, tenant.id, dry_run) as conn:
        for one in plans.subscriptions(conn, tenant.id):
            end = plans.calendar_of(conn, one, day).ends_on
            if one.plan != plan or (end is not None and end <= day):
                continue
            total = leaving.with_options(conn, one, micros)
            done = leaving.announce_price(conn, one, total, day, wished_from, typing_now())
            rows.append(
                {"tenant": tenant.slug, "price": spell(total), "applies_from": done.applies_from,
                 "may_leave_until": done.leave_until}
            )  # fmt: skip
    return rows


def _calendar(conn: Any, of: plans.Subscription) -> dict[str, Any]:
    today = today_in_paris()
    found = plans.calendar_of(conn, of, max(add_months(today, 2), of.starts_on))
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
        "price": spell(next(price for since, price in reversed(found.prices) if since <= max(today, of.starts_on))),
        "next_price": next((f"{spell(price)} from {since}" for since, price in found.prices if since > today), None)
        if len(found.prices) > 1
        else None,
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
        "extra_agent": None if of.extra_agent_micros is None else spell(of.extra_agent_micros),
        "extra_number": None if of.extra_number_micros is None else spell(of.extra_number_micros),
        "tariff": of.tariff,
        "options": {name: spell(price) for name, price in of.options.items()},
    }
