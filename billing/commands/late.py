"""`decroche billing dunning|late|dispute|disputes|dispute-close|legal-rate`: what is late or contested."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import click

from billing.commands.common import DAY, today_in_paris
from billing.documents.cii import money
from billing.invoices import dunning as late
from billing.invoices import legal
from billing.invoices.crediting import credit_lines
from billing.invoices.invoicing import get
from billing.invoices.late import known_until, penalty_so_far, what_to_type
from store import tenants
from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, err, json_option
from store.base.errors import BadInput
from store.db import Database, open_database

_ONE_DAY = date.resolution


@click.command()
@click.option("--date", "today", type=DAY, help="The day to take steps for; today when not given.")
@click.option("--tenant", "slug", help="Only this tenant; all when not given.")
@json_option
def dunning(today: date | None, slug: str | None, as_json: bool) -> None:
    """Take the steps that are due: reminders, formal notice, suspension; or lift it. Each is taken once.

    \b
    Example: decroche billing dunning
    """
    day = today or today_in_paris()
    rows: list[dict[str, Any]] = []
    with open_database() as db:
        _warn(db, day)
        with db.operator() as conn:
            chosen = [tenants.get(conn, slug)] if slug else tenants.listed(conn)
        for tenant in chosen:
            with db.operator(tenant.id) as conn:
                rows += [
                    {"tenant": tenant.slug, "step": told.kind, "number": told.about}
                    | {name: money(told.body[f"{name}_cents"]) for name in ("unpaid", "interest", "indemnity")}
                    for told in late.run_dunning(conn, tenant.id, day)
                ]
    columns = ("tenant", "step", "number", "unpaid", "interest", "indemnity")
    emit(rows, columns, as_json=as_json, empty="no step is due")


@click.command()
@click.argument("number")
@click.option("--line", "lines", type=int, multiple=True, required=True, help="A contested line; may be given again.")
@click.option("--reason", required=True, help="What is contested and why.")
@click.option("--received", type=DAY, help="When the client received the invoice; its date when not given.")
@click.option("--date", "today", type=DAY, help="When the dispute arrived; today when not given.")
@json_option
def dispute(
    number: str, lines: tuple[int, ...], reason: str, received: date | None, today: date | None, as_json: bool
) -> None:
    """Hold contested lines out of dunning, when the dispute came within 8 working days.

    \b
    Example: decroche billing dispute 2026-000001 --line 2 --reason "appels inconnus" --date 2026-11-10
    """
    with open_database() as db, db.operator() as conn:
        found = get(conn, number)
        day = today or today_in_paris()
        dispute_id = late.dispute(conn, found, lines, reason, received or found.issued_on, day, by=typing_now())
    row = {"id": dispute_id, "number": number, "lines": list(lines)}
    emit([row], ("id", "number", "lines"), as_json=as_json)


@click.command("late")
@click.option("--date", "today", type=DAY, help="The day to count up to; today when not given.")
@click.option("--tenant", "slug", help="Only this tenant; all when not given.")
@json_option
def late_(today: date | None, slug: str | None, as_json: bool) -> None:
    """What is unpaid after its due date: days late, what is contested, interest and the 40 € indemnity so far.

    \b
    Example: decroche billing late --tenant dentiste
    """
    day = today or today_in_paris()
    rows: list[dict[str, Any]] = []
    with open_database() as db:
        _warn(db, day)
        with db.operator() as conn:
            rates = legal.known_rates(conn)
            for tenant in [tenants.get(conn, slug)] if slug else tenants.listed(conn):
                for of, debt in late.debts(conn, tenant.id):
                    unpaid, owed = debt.unpaid(day), late.penalty_due(conn, of, day)
                    if day <= of.due_on or (not unpaid and owed <= 0):
                        continue
                    total, counted_until = penalty_so_far(debt, day, rates)
                    rows.append(
                        {"tenant": tenant.slug, "number": of.number, "due_on": of.due_on,
                         "days": (day - of.due_on).days if unpaid else 0, "unpaid": money(unpaid),
                         "contested": money(unpaid - debt.in_dunning(day)), "interest": money(total.interest_cents),
                         "indemnity": money(total.indemnity_cents), "penalty_due": money(owed),
                         "interest_counted_until": counted_until}
                    )  # fmt: skip
    columns = ("tenant", "number", "due_on", "days", "unpaid", "contested", "interest", "indemnity", "penalty_due")
    emit(rows, columns, as_json=as_json, empty="nothing is late")


@click.command()
@click.option("--tenant", "slug", help="Only this tenant's.")
@click.option("--all", "closed", is_flag=True, help="Those that were decided, too.")
@json_option
def disputes(slug: str | None, closed: bool, as_json: bool) -> None:
    """Contested lines, which are held out of dunning while their dispute is open.

    \b
    Example: decroche billing disputes --tenant dentiste --all
    """
    with open_database() as db, db.operator() as conn:
        only = tenants.get(conn, slug).id if slug else None
        rows = conn.execute(
            """SELECT d.id, t.slug AS tenant, i.number, d.lines, d.reason, d.received_on, d.closed_on, d.outcome
                 FROM billing.disputes d JOIN billing.invoices i ON i.id = d.invoice_id
                 JOIN store.tenants t ON t.id = d.tenant_id
                WHERE (%(only)s::uuid IS NULL OR d.tenant_id = %(only)s) AND (%(closed)s OR d.closed_on IS NULL)
                ORDER BY d.received_on, d.id""",
            {"only": only, "closed": closed},
        ).fetchall()
    columns = ("id", "tenant", "number", "lines", "reason", "received_on", "outcome")
    emit(rows, columns, as_json=as_json, empty="nothing is contested")


@click.command("dispute-close")
@click.argument("dispute", type=click.UUID)
@click.option("--outcome", required=True, help="What was decided.")
@click.option("--credit", "grant", is_flag=True, help="The client is right: a credit note for the contested lines.")
@click.option("--date", "today", type=DAY, help="When it was decided; today when not given.")
@json_option
def dispute_close(dispute: UUID, outcome: str, grant: bool, today: date | None, as_json: bool) -> None:
    """Decide a dispute: its lines are due again, or credited.

    \b
    Example: decroche billing dispute-close 0199f2c4-7b1e-7c3a-9d55-3f1f6a2b8c10 --outcome "fondée" --credit
    """
    day, note = today or today_in_paris(), ""
    with open_database() as db, db.operator() as conn:
        of, lines = late.close_dispute(conn, dispute, outcome, day, by=typing_now())
        if grant:
            note = credit_lines(
                conn, of.number, lines, f"contestation : {outcome}", day, typing_now(), today=today_in_paris()
            ).number
        late.settle_suspension(conn, of.tenant_id, day)
    row = {"id": dispute, "number": of.number, "lines": lines, "outcome": outcome, "credit_note": note or None}
    emit([row], ("id", "number", "lines", "outcome", "credit_note"), as_json=as_json)


@click.group("legal-rate", cls=HouseGroup)
def legal_rate() -> None:
    """The legal interest rate by half-year; late invoices bear three times it.

    \b
    Example: decroche billing legal-rate list
    """


@legal_rate.command("list")
@json_option
def legal_rate_list(as_json: bool) -> None:
    """Every half-year that is known.

    \b
    Example: decroche billing legal-rate list
    """
    with open_database() as db:
        with db.operator() as conn:
            rates = legal.known_rates(conn)
        _warn(db, today_in_paris())
    rows = [{"from": r.begins, "to": r.ends, "percent": legal.plain(r.percent)} for r in rates]
    emit(rows, ("from", "to", "percent"), as_json=as_json)


@legal_rate.command("add")
@click.argument("begins", metavar="FROM", type=DAY)
@click.argument("ends", metavar="TO", type=DAY)
@click.argument("percent")
@click.option("--reference", required=True, help="The order that sets it.")
@json_option
def legal_rate_add(begins: date, ends: date, percent: str, reference: str, as_json: bool) -> None:
    """Add a half-year's rate (for debts between professionals, percent a year); it is never changed afterwards.

    \b
    Example: decroche billing legal-rate add 2027-01-01 2027-06-30 2.75 --reference "arrêté du …"
    """
    try:
        value = Decimal(percent)
        finite = value.is_finite()
    except InvalidOperation:
        value, finite = Decimal(0), False
    if not finite:
        raise BadInput(f"PERCENT: {percent!r} is not a number", hint="percent a year, such as 2.75")
    with open_database() as db, db.operator() as conn:
        rate = legal.add_rate(conn, begins, ends, value, reference, typing_now())
    row = {"from": rate.begins, "to": rate.ends, "percent": legal.plain(rate.percent)}
    emit([row], ("from", "to", "percent"), as_json=as_json)


def _warn(db: Database, day: date) -> None:
    """Say which half-year is missing, and what to type."""
    with db.operator() as conn:
        last = known_until(legal.known_rates(conn))
    if day > last:
        err.print(f"warning: no legal interest rate is known after {last}: interest counts up to it", markup=False)
        err.print(f"hint: {what_to_type(last + _ONE_DAY)}", markup=False)
