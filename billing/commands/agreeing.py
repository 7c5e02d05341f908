"""`decroche billing rerate|reconcile`: calls rated again, and whether all that is written of a month agrees."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from billing.charges import views as charge_views
from billing.charges.rerate import rerate_each
from billing.commands.common import (
    FILE,
    INSTANT,
    MONTH,
)  # fmt: skip
from billing.invoices.reconcile import read_witnesses, reconcile_period
from store import tenants
from store.base.actor import typing_now
from store.base.console import emit, err, json_option
from store.base.errors import BadInput
from store.setup import open_database


@click.command()
@click.option("--from", "since", type=INSTANT, required=True, help="Calls answered from this instant on.")
@click.option("--to", "until", type=INSTANT, help="Up to this instant, excluded.")
@click.option("--tenant", "slug", help="Only this tenant's calls; all when not given.")
@click.option("--tariff", "tariff_name", help="NAME or NAME@VERSION; the one in force at each call when not given.")
@json_option
@click.pass_context
def rerate(
    ctx: click.Context,
    since: datetime,
    until: datetime | None,
    slug: str | None,
    tariff_name: str | None,
    as_json: bool,
) -> None:
    """Rate calls again: a reversal and a new line for each whose price changes. Invoiced calls stay as they are.

    Each call that changed, or would, is named. Exit status: 3 when invoiced calls would change: those need a credit
    note.

    \b
    Example: decroche billing rerate --from 2026-10-01T00:00:00+02:00 --tariff standard@2
    """
    if until is not None and until <= since:
        raise BadInput(f"--to {until:%Y-%m-%d %H:%M %Z} is not after --from", hint="the earlier instant is --from")
    with open_database() as db:
        done = rerate_each(db, slug, since, until, tariff=tariff_name, why=f"rerate by {typing_now()}")
        rows = [charge_views.rerated(found, tenant.slug) for tenant, found in done]
    emit(rows, ("tenant", "changed", "added", "same", "invoiced", "difference"), as_json=as_json)
    if not as_json and any(row["calls"] for row in rows):
        named = [{"tenant": row["tenant"], **call} for row in rows for call in row["calls"]]
        emit(named, ("tenant", "call", "what", "before", "after"), as_json=False)
    ctx.exit(3 if any(row["invoiced"] for row in rows) else 0)


@click.command()
@click.option("--period", type=MONTH, required=True, help="The month to compare.")
@click.option("--tenant", "slug", help="Only this tenant's calls.")
@click.option("--asterisk", "path", type=FILE, help="Asterisk's CDRs as CSV; those kept with ours when not given.")
@json_option
@click.pass_context
def reconcile(ctx: click.Context, period: date, slug: str | None, path: Path | None, as_json: bool) -> None:
    """Compare Asterisk's CDRs, ours, charges and invoice lines, to the second and the cent.

    Exit status: 0 when all agree, 3 when anything differs.

    \b
    Example: decroche billing reconcile --period 2026-10
    """
    witnesses = read_witnesses(path) if path else None
    with open_database() as db, db.operator() as conn:
        only = tenants.get(conn, slug).id if slug else None
        count, found = reconcile_period(conn, period, only, witnesses)
    rows = [{"kind": d.kind, "tenant": d.tenant, "subject": d.subject, "what": d.what} for d in found]
    emit(rows, ("kind", "tenant", "subject", "what"), as_json=as_json, empty="no difference")
    err.print(f"{count} calls compared, {len(found)} differences")
    ctx.exit(3 if found else 0)
