"""`decroche billing debit-note …`: what being late cost, as documents beside the invoices and outside VAT."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from billing.commands.common import FILE, day_option, today_in_paris
from billing.documents.cii import money
from billing.invoices import debit, invoicing, views
from billing.invoices.runs import run_debit_notes
from billing.invoices.series import not_ahead
from store import tenants
from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, json_option
from store.base.private import write_private
from store.setup import open_database

_COLUMNS = ("number", "tenant", "invoice", "issued_on", "counted_to", "interest", "indemnity", "total", "new")


@click.group("debit-note", cls=HouseGroup)
def debit_note() -> None:
    """Notes of late interest and of the 40 € indemnity: outside VAT, in a series of their own.

    \b
    Example: decroche billing debit-note run --dry-run
    """


@debit_note.command("run")
@click.option("--tenant", "slug", help="Only this tenant's invoices; all when not given.")
@day_option("--date", "day", "The date on the notes; today when not given.")
@click.option("--dry-run", is_flag=True, help="Show what would be issued; nothing is kept.")
@json_option
def run(slug: str | None, day: date, dry_run: bool, as_json: bool) -> None:
    """Issue the note of every invoice that was paid late and has none: interest to the day it was paid, 40 € once.

    A note that a credit note made too high is corrected by one below zero. Clients are told by e-mail, with the PDF.

    \b
    Example: decroche billing debit-note run --tenant dentiste
    """
    if not dry_run:
        not_ahead(day, today_in_paris())
    with open_database() as db:
        done = run_debit_notes(db, slug, day, by=typing_now(), dry_run=dry_run)
        rows = [views.debit_note(note, tenant.slug) for tenant, notes in done for note in notes]
    emit(rows, _COLUMNS[:-1], as_json=as_json, empty="no note is missing")


@debit_note.command("issue")
@click.argument("number", metavar="INVOICE")
@day_option("--date", "day", "Interest up to this day, also the note's date; today when not given.")
@json_option
def issue(number: str, day: date, as_json: bool) -> None:
    """Issue the note of one late invoice, paid or not; what an earlier note has is not on it again.

    \b
    Example: decroche billing debit-note issue 2026-000001 --date 2026-12-02
    """
    not_ahead(day, today_in_paris())
    with open_database() as db, db.operator() as conn:
        of = invoicing.get(conn, number)
        note, new = debit.issue(conn, of, day, by=typing_now())
        row = views.debit_note(note, tenants.slugs(conn)[note.tenant_id]) | {"new": new}
    emit([row], _COLUMNS, as_json=as_json)


@debit_note.command("list")
@click.option("--tenant", "slug", help="Only this tenant's.")
@json_option
def list_(slug: str | None, as_json: bool) -> None:
    """Notes by number.

    \b
    Example: decroche billing debit-note list --tenant dentiste
    """
    with open_database() as db, db.operator() as conn:
        only = tenants.get(conn, slug).id if slug else None
        names = tenants.slugs(conn)
        rows = [views.debit_note(note, names[note.tenant_id]) for note in debit.listed(conn, only)]
    emit(rows, _COLUMNS[:-1], as_json=as_json, empty="no notes")


@debit_note.command("show")
@click.argument("number")
@json_option
def show(number: str, as_json: bool) -> None:
    """How a note's interest is counted: the days, what was unpaid, the rate.

    \b
    Example: decroche billing debit-note show ND-2026-000001
    """
    with open_database() as db, db.operator() as conn:
        note = debit.get(conn, number)
    if as_json:
        emit([dict(note.document)], (), as_json=True)
        return
    emit(
        views.spans(note),
        ("from", "to", "days", "unpaid", "legal", "percent", "interest"),
        as_json=False,
        empty="no interest",
    )
    interest, indemnity = money(note.interest_cents), money(note.indemnity_cents)
    click.echo(f"interest {interest}  indemnity {indemnity}  total {money(note.total_cents)}")


@debit_note.command("pdf")
@click.argument("number")
@click.option("--out", type=FILE, help="Where to write it; NUMBER.pdf when not given.")
@json_option
def pdf(number: str, out: Path | None, as_json: bool) -> None:
    """The note as a PDF, in French.

    \b
    Example: decroche billing debit-note pdf ND-2026-000001 --out note.pdf
    """
    from billing.documents import pages

    with open_database() as db, db.operator() as conn:
        facts = debit.page(conn, debit.get(conn, number))
    path = out or Path(f"{number}.pdf")
    write_private(path, pages.to_pdf("debit_note.html", facts))
    emit([{"number": number, "file": path, "bytes": path.stat().st_size}], ("number", "file", "bytes"), as_json=as_json)
