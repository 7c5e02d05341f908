"""`decroche billing invoice …`: a month as numbered documents, and their credit notes."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from billing.commands.common import (
    CENTS,
    FILE,
    MONTH,
    day_option,
    stripe_edge,
    today_in_paris,
    warn_of,
)  # fmt: skip
from billing.documents.cii import money
from billing.invoices import crediting, invoicing, views
from billing.invoices.balances import balance_due
from billing.invoices.runs import run_month
from billing.invoices.series import not_ahead
from billing.plans import plans
from store import tenants
from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, json_option, progress
from store.base.errors import DecrocheError
from store.base.private import write_private
from store.db import Database
from store.setup import open_database

_COLUMNS = ("number", "kind", "tenant", "period", "issued_on", "due_on", "net", "vat", "gross", "due")


@click.group(cls=HouseGroup)
def invoice() -> None:
    """Issue and read invoices.

    \b
    Example: decroche billing invoice run --period 2026-10 --dry-run
    """


@invoice.command("run")
@click.option("--period", type=MONTH, required=True, help="The month to invoice.")
@click.option("--tenant", "slug", help="Only this tenant; all when not given.")
@day_option("--date", "issued_on", "The date on the invoices; today when not given.")
@click.option("--dry-run", is_flag=True, help="Show what would be issued; nothing is kept.")
@click.option("--collect", "collecting", is_flag=True, help="Ask Stripe for each that is due, where there is a method.")
@json_option
@click.pass_context
def run(
    ctx: click.Context,
    period: date,
    slug: str | None,
    issued_on: date,
    dry_run: bool,
    collecting: bool,
    as_json: bool,
) -> None:
    """Issue the invoices of a month, one transaction each. An invoice that exists is shown, not made again.

    Clients are told through the outbox, by e-mail with the Factur-X file. Exit status: 3 when a tenant's invoice is
    blocked (its unrated calls are named), or could not be collected.

    \b
    Example: decroche billing invoice run --period 2026-10 --tenant dentiste
    """
    rows: list[dict[str, Any]] = []
    blocked = 0
    if not dry_run:
        not_ahead(issued_on, today_in_paris())
    with open_database() as db:
        for tenant, done in run_month(db, period, slug, issued_on, by=typing_now(), dry_run=dry_run):
            if isinstance(done, DecrocheError):
                blocked += 1
                warn_of(tenant.slug, done, hint=True)
            elif done is not None:
                rows.append(views.issued(done, tenant.slug) | ({"dry_run": True} if dry_run else {}))
        if collecting and not dry_run:
            blocked += _collect(db, rows)
    columns = (*_COLUMNS[:-1], "collected") if collecting else _COLUMNS[:-1]
    emit(rows, columns, as_json=as_json, empty="nothing to invoice")
    ctx.exit(3 if blocked else 0)


def _collect(db: Database, rows: list[dict[str, Any]]) -> int:
    """Write into each row what came of asking for it; how many could not be collected."""
    from billing.stripe.collect import collect_due

    by_number, failed = {row["number"]: row for row in rows}, 0
    with stripe_edge() as stripe:
        for number, done in collect_due(db, stripe, by_number, by=typing_now(), today=today_in_paris()):
            if isinstance(done, DecrocheError):
                failed += 1
                warn_of(number, done)
            else:
                by_number[number]["collected"] = done.state
    return failed


@invoice.command("list")
@click.option("--tenant", "slug", help="Only this tenant's.")
@click.option("--period", type=MONTH, help="Only this month's.")
@json_option
def list_(slug: str | None, period: date | None, as_json: bool) -> None:
    """Invoices and credit notes by number, and what is still due.

    \b
    Example: decroche billing invoice list --tenant dentiste --json
    """
    with open_database() as db, db.operator() as conn:
        only = tenants.get(conn, slug).id if slug else None
        names = tenants.slugs(conn)
        rows = [
            views.issued(found, names[found.tenant_id]) | {"due": money(balance_due(conn, found))}
            for found in invoicing.listed(conn, only, period)
        ]
    emit(rows, _COLUMNS, as_json=as_json, empty="no invoices")


@invoice.command("verify")
@click.argument("number", required=False)
@json_option
def verify_(number: str | None, as_json: bool) -> None:
    """Look again at what was issued: each document against its hash, its number and its sum; or one NUMBER.

    A table of those that fail; --json has a line a document. Exit status: 0 when all are as they were issued, else 1.

    \b
    Example: decroche billing invoice verify
    """
    from billing.invoices.verifying import verify

    checked = 0
    wrong: list[dict[str, Any]] = []
    with open_database() as db, db.operator() as conn, progress(None, what="documents") as bar:
        for one in verify(conn, today_in_paris(), number):
            checked += 1
            row = views.verified(one)
            wrong += [row] if one.fault else []
            if as_json:
                emit([row], (), as_json=True)
            bar.advance(bar.task_ids[0])
    if not as_json:
        emit(wrong, ("number", "kind", "fault"), as_json=False, empty=f"{checked} as they were issued")
    if wrong:
        raise Altered(f"{len(wrong)} of {checked} documents are not as they were issued",
                      hint="compare the database with a backup; decroche audit verify")  # fmt: skip


class Altered(DecrocheError):
    """A document was changed after it was issued."""

    code = "invoice_altered"
    exit_status = 1


@invoice.command("show")
@click.argument("number")
@json_option
def show(number: str, as_json: bool) -> None:
    """One invoice with its lines.

    \b
    Example: decroche billing invoice show 2026-000001
    """
    with open_database() as db, db.operator() as conn:
        found = invoicing.get(conn, number)
        due = balance_due(conn, found)
    if as_json:
        emit([dict(found.document) | {"due_cents": due}], (), as_json=True)
        return
    emit(views.lines(found), ("line", "name", "quantity", "price", "net"), as_json=False)
    click.echo(f"net {money(found.net_cents)}  VAT {money(found.vat_cents)}  gross {money(found.gross_cents)}")
    click.echo(f"due {money(due)} {found.currency} on {found.due_on}")


@invoice.command("pdf")
@click.argument("number")
@click.option("--out", type=FILE, help="Where to write it; NUMBER.pdf when not given.")
@json_option
def pdf(number: str, out: Path | None, as_json: bool) -> None:
    """The invoice as a Factur-X file: PDF/A-3 with the EN 16931 XML inside.

    \b
    Example: decroche billing invoice pdf 2026-000001 --out facture.pdf
    """
    from billing.documents.invoice_pdf import to_pdf

    with open_database() as db, db.operator() as conn:
        found = invoicing.get(conn, number)
    path = out or Path(f"{number}.pdf")
    write_private(path, to_pdf(found.invoice()))
    emit([{"number": number, "file": path, "bytes": path.stat().st_size}], ("number", "file", "bytes"), as_json=as_json)


@invoice.command("order")
@click.option("--tenant", "slug", required=True, help="The tenant.")
@day_option("--date", "issued_on", "The date on the invoice; today when not given.")
@json_option
def order(slug: str, issued_on: date, as_json: bool) -> None:
    """The invoice of a new subscription's first period, at its order (article 5.3); the month's leaves it out.

    \b
    Example: decroche billing invoice order --tenant dentiste
    """
    with open_database() as db:
        with db.operator() as conn:
            tenant = tenants.get(conn, slug)
        with db.operator(tenant.id) as conn:
            newest = plans.newest_subscription(conn, tenant)
            done = invoicing.issue_order(conn, tenant, newest, issued_on, typing_now())
    emit([views.issued(done, slug)], _COLUMNS[:-1], as_json=as_json)


@invoice.command("credit")
@click.argument("number")
@click.option("--line", "lines", type=int, multiple=True, help="Only this line; may be given again.")
@click.option("--call", "call_id", type=click.UUID, help="Only the price of this call.")
@click.option("--amount", type=CENTS, help="Only so much before tax, of one line or of the whole.")
@click.option("--reason", default="", help="Why: it stands on the credit note of a part.")
@day_option("--date", "issued_on", "The date on the credit note; today when not given.")
@json_option
def credit_note(
    number: str,
    lines: tuple[int, ...],
    call_id: UUID | None,
    amount: int | None,
    reason: str,
    issued_on: date,
    as_json: bool,
) -> None:
    """A credit note for an invoice, whole or in part; never for more than is left of it.

    Credited whole, its calls may be rated and invoiced again. What was paid too much then: decroche billing refund.

    \b
    Example: decroche billing invoice credit 2026-000001 --line 2 --reason "appels contestés"
    """
    not_ahead(issued_on, today_in_paris())
    part = crediting.Part(lines, call_id, amount)
    with open_database() as db, db.operator() as conn:
        done = crediting.credit_note(conn, number, part, reason, issued_on, typing_now(), today=today_in_paris())
        slug = tenants.slugs(conn)[done.tenant_id]
    emit([views.issued(done, slug)], _COLUMNS[:-1], as_json=as_json)
