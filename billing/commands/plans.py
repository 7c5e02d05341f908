"""`decroche billing plan|subscribe|subscription|price-change`: what is offered, who took it, and what follows when."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from billing.commands.common import DAY, FILE, MICROS, day_option, now, today_in_paris, warn_of
from billing.invoices import leaving
from billing.invoices import views as invoice_views
from billing.invoices.runs import announce_price
from billing.invoices.series import not_ahead
from billing.plans import plans, views
from store import tenants
from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, err, json_option
from store.base.errors import BadInput, DecrocheError
from store.setup import open_database

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
    more a month), tariff (calls of whoever subscribes are rated by it, its bundle included), support ("standard" or
    "priority": how soon tickets are answered), and [[option]] tables of name and monthly_price.

    \b
    Example: decroche billing plan add accueil accueil.toml
    """
    text = plans.read_plan(path)
    with open_database() as db, db.operator() as conn:
        found = plans.add_plan(conn, name, text, typing_now())
    emit([views.plan(found)], _COLUMNS, as_json=as_json)


@plan.command("list")
@json_option
def plan_list(as_json: bool) -> None:
    """Every plan and version.

    \b
    Example: decroche billing plan list
    """
    with open_database() as db, db.operator() as conn:
        found = plans.list_plans(conn)
    emit([views.plan(one) for one in found], _COLUMNS, as_json=as_json, empty="no plans")


@click.command()
@click.option("--tenant", "slug", required=True, help="The tenant.")
@click.option("--plan", "name", required=True, help="The plan; its latest version is taken.")
@click.option("--option", "options", multiple=True, help="An option of the plan; may be given again.")
@click.option("--terms", type=FILE, required=True, help="The file of the terms accepted: its SHA-256 is kept.")
@click.option("--terms-version", required=True, help="Their version.")
@click.option("--accepted-by", required=True, help="Who accepted them.")
@click.option("--accepted-from", required=True, help="From where: an address, a signed quote's number.")
@day_option("--starts", "starts", "First day; today when not given.")
@click.option("--again", is_flag=True, help="A second subscription to a plan that runs already.")
@json_option
def subscribe(
    slug: str,
    name: str,
    options: tuple[str, ...],
    terms: Path,
    terms_version: str,
    accepted_by: str,
    accepted_from: str,
    starts: date,
    again: bool,
    as_json: bool,
) -> None:
    """Subscribe a tenant to a plan whose terms a named person accepted.

    \b
    Example: decroche billing subscribe --tenant dentiste --plan accueil --terms cgv.pdf --terms-version 2025-01
             --accepted-by "Dr Molaire" --accepted-from 192.0.2.7
    """
    today = today_in_paris()
    with open_database() as db, db.operator() as conn:
        done = plans.subscribe(
            conn,
            tenants.get(conn, slug).id,
            plans.get_plan(conn, name),
            starts,
            accepted_by=accepted_by,
            accepted_at=now(),
            accepted_from=accepted_from,
            terms_version=terms_version,
            terms=terms.read_bytes(),
            options=options,
            by=typing_now(),
            again=again,
        )
        rows = [views.subscription(done, plans.outlook(conn, done, today), today)]
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
    note, on, today = "", notice or withdraw or leave, today_in_paris()
    if on is not None:
        not_ahead(on, today)
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
        rows = [views.subscription(one, plans.outlook(conn, one, today), today) for one in chosen]
    if note:
        err.print(f"credit note {note}; if it was paid: decroche billing refund", markup=False)
        rows[-1]["credit_note"] = note
    columns = ("plan", "starts_on", "committed_until", "ends_on", "last_access_on", "price", "next_price")
    emit(rows, columns, as_json=as_json, empty="no subscription")


@click.command("price-change")
@click.option("--plan", "name", required=True, help="The plan whose subscriptions change.")
@click.option("--price", type=MICROS, required=True, help="The new monthly price before tax, without options.")
@click.option("--from", "wished_from", type=DAY, required=True, help="From when it is wished to apply.")
@day_option("--date", "announced_on", "When clients are told; today when not given.")
@click.option("--tenant", "slug", help="Only this tenant's subscription.")
@click.option("--dry-run", is_flag=True, help="Show from when it would apply to whom; nothing is kept or told.")
@json_option
def price_change(
    name: str,
    price: int,
    wished_from: date,
    announced_on: date,
    slug: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Announce a new price: 30 days' notice, once a year, from a period's first day; clients may leave before it.

    Clients are told through the outbox. Exit status: 3 when it cannot be announced to some, who are named.

    \b
    Example: decroche billing price-change --plan accueil --price 54.00 --from 2027-03-01 --dry-run
    """
    rows: list[dict[str, Any]] = []
    refused = 0
    with open_database() as db:
        announced = announce_price(db, name, price, slug, announced_on, wished_from, by=typing_now(), dry_run=dry_run)
        for tenant, done in announced:
            if isinstance(done, DecrocheError):
                refused += 1
                warn_of(tenant.slug, done)
            else:
                rows += [invoice_views.price_change(one, tenant.slug) for one in done]
    columns = ("tenant", "price", "applies_from", "may_leave_until")
    emit(rows, columns, as_json=as_json, empty="no subscription of this plan runs")
    click.get_current_context().exit(3 if refused else 0)
