"""`decroche billing dunning|late|dispute|disputes|dispute-close|legal-rate`: what is late or contested."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from decimal import Decimal, InvalidOperation
from uuid import UUID

import click

from billing.commands.common import DAY, day_option, today_in_paris
from billing.invoices import disputes as contested
from billing.invoices import legal, views
from billing.invoices.dunning import dispute as contest
from billing.invoices.invoicing import get
from billing.invoices.late import known_until, what_to_type
from billing.invoices.runs import dun, overdue
from store import tenants
from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, err, json_option
from store.base.errors import BadInput
from store.db import Database
from store.setup import open_database

_ONE_DAY = date.resolution


@click.command()
@day_option("--date", "day", "The day to take steps for; today when not given.")
@click.option("--tenant", "slug", help="Only this tenant; all when not given.")
@json_option
def dunning(day: date, slug: str | None, as_json: bool) -> None:
    """Take the steps that are due: reminders, formal notice, suspension; or lift it. Each is taken once.

    \b
    Example: decroche billing dunning
    """
    with open_database() as db:
        _warn(db, day)
        rows = [views.step(told, tenant.slug) for tenant, steps in dun(db, slug, day) for told in steps]
    columns = ("tenant", "step", "number", "unpaid", "interest", "indemnity")
    emit(rows, columns, as_json=as_json, empty="no step is due")


@click.command()
@click.argument("number")
@click.option("--line", "lines", type=int, multiple=True, required=True, help="A contested line; may be given again.")
@click.option("--reason", required=True, help="What is contested and why.")
@click.option("--received", type=DAY, help="When the client received the invoice; its date when not given.")
@day_option("--date", "day", "When the dispute arrived; today when not given.")
@json_option
def dispute(number: str, lines: tuple[int, ...], reason: str, received: date | None, day: date, as_json: bool) -> None:
    """Hold contested lines out of dunning, when the dispute came within 8 working days.

    \b
    Example: decroche billing dispute 2026-000001 --line 2 --reason "appels inconnus" --date 2026-11-10
    """
    with open_database() as db, db.operator() as conn:
        found = get(conn, number)
        dispute_id = contest(conn, found, lines, reason, received or found.issued_on, day, by=typing_now())
    row = {"id": dispute_id, "number": number, "lines": list(lines)}
    emit([row], ("id", "number", "lines"), as_json=as_json)


@click.command("late")
@day_option("--date", "day", "The day to count up to; today when not given.")
@click.option("--tenant", "slug", help="Only this tenant; all when not given.")
@json_option
def late_(day: date, slug: str | None, as_json: bool) -> None:
    """What is unpaid after its due date: days late, what is contested, interest and the 40 € indemnity so far.

    \b
    Example: decroche billing late --tenant dentiste
    """
    with open_database() as db:
        _warn(db, day)
        with db.operator() as conn:
            rows = [views.overdue(one) for one in overdue(conn, slug, day)]
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
        rows = [asdict(one) for one in contested.listed(conn, only, closed=closed)]
    columns = ("id", "tenant", "number", "lines", "reason", "received_on", "outcome")
    emit(rows, columns, as_json=as_json, empty="nothing is contested")


@click.command("dispute-close")
@click.argument("dispute", type=click.UUID)
@click.option("--outcome", required=True, help="What was decided.")
@click.option("--credit", "grant", is_flag=True, help="The client is right: a credit note for the contested lines.")
@day_option("--date", "day", "When it was decided; today when not given.")
@json_option
def dispute_close(dispute: UUID, outcome: str, grant: bool, day: date, as_json: bool) -> None:
    """Decide a dispute: its lines are due again, or credited.

    \b
    Example: decroche billing dispute-close 0199f2c4-7b1e-7c3a-9d55-3f1f6a2b8c10 --outcome "fondée" --credit
    """
    with open_database() as db, db.operator() as conn:
        done = contested.decide(conn, dispute, outcome, day, grant=grant, by=typing_now(), today=today_in_paris())
    note = done.credit_note.number if done.credit_note else None
    row = {"id": dispute, "number": done.invoice.number, "lines": done.lines, "outcome": outcome, "credit_note": note}
    emit([row], ("id", "number", "lines", "outcome", "credit_note"), as_json=as_json)


@click.group("legal-rate", cls=HouseGroup)
def legal_rate() -> None:
    """Rates of interest by half-year: late invoices bear three times the legal one, a public body's the ECB's and 8.

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
    rows = [views.legal_rate(rate) for rate in rates]
    emit(rows, ("base", "from", "to", "percent"), as_json=as_json)


@legal_rate.command("add")
@click.argument("begins", metavar="FROM", type=DAY)
@click.argument("ends", metavar="TO", type=DAY)
@click.argument("percent")
@click.option("--reference", required=True, help="The order that sets it.")
@click.option("--correct", is_flag=True, help="In place of the one that was added for this half-year.")
@click.option("--sure", is_flag=True, help="It is as far from the half-year beside it as it looks.")
@click.option("--ecb", is_flag=True, help="The European Central Bank's, for main refinancing, on the first day.")
@json_option
def legal_rate_add(
    begins: date, ends: date, percent: str, reference: str, correct: bool, sure: bool, ecb: bool, as_json: bool
) -> None:  # fmt: skip
    """Add a half-year's rate (for debts between professionals, percent a year); both stay known where one corrects.

    Public bodies owe the European Central Bank's rate and eight points more (CCP R2192-31): --ecb.

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
        base = "ecb" if ecb else "legal"
        rate = legal.add_rate(conn, begins, ends, value, reference, typing_now(), correct=correct, sure=sure, base=base)
    emit([views.legal_rate(rate)], ("base", "from", "to", "percent"), as_json=as_json)


def _warn(db: Database, day: date) -> None:
    """Say which half-year is missing, and what to type."""
    with db.operator() as conn:
        last = known_until(legal.known_rates(conn))
    if day > last:
        err.print(f"warning: no legal interest rate is known after {last}: interest counts up to it", markup=False)
        err.print(f"hint: {what_to_type(last + _ONE_DAY)}", markup=False)
