"""`decroche billing debit-note …`: what being late cost, as documents beside the invoices and outside VAT."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from billing.commands.common import DAY, FILE, dry_run_of, today_in_paris
from billing.documents.cii import money
from billing.invoices import debit, invoicing
from store import tenants
from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, json_option
from store.base.private import write_private
from store.db import Conn, open_database

_COLUMNS = ("number", "tenant", "invoice", "issued_on", "counted_to", "interest", "indemnity", "total", "new")


@click.group("debit-note", cls=HouseGroup)
def debit_note() -> None:
    """Notes of late interest and of the 40 € indemnity: outside VAT, in a series of their own.

    \b
    Example: decroche billing debit-note run --dry-run
    """


@debit_note.command("run")
@click.option("--tenant", "slug", help="Only this tenant's invoices; all when not given.")
@click.option("--date", "day", type=DAY, help="The date on the notes; today when not given.")
@click.option("--dry-run", is_flag=True, help="Show what would be issued; nothing is kept.")
@json_option
def run(slug: str | None, day: date | None, dry_run: bool, as_json: bool) -> None:
    """Issue the note of every invoice that was paid late and has none: interest to the day it was paid, 40 € once.

    A note that a credit note made too high is corrected by one below zero. Clients are told by e-mail, with the PDF.

    \b
    Example: decroche billing debit-note run --tenant dentiste
    """
    on = day or today_in_paris()
    rows: list[dict[str, Any]] = []
    with open_database() as db:
        with db.operator() as conn:
            chosen = [tenants.get(conn, slug)] if slug else tenants.listed(conn)
        for tenant in chosen:
            with dry_run_of(db, tenant.id, dry_run) as conn:
                rows += [_row(note, tenant.slug) for note in debit.issue_settled(conn, tenant.id, on, by=typing_now())]
    emit(rows, _COLUMNS[:-1], as_json=as_json, empty="no note is missing")


@debit_note.command("issue")
@click.argument("number", metavar="INVOICE")
@click.option("--date", "day", type=DAY, help="Interest up to this day, also the note's date; today when not given.")
@json_option
def issue(number: str, day: date | None, as_json: bool) -> None:
    """Issue the note of one late invoice, paid or not; what an earlier note has is not on it again.

    \b
    Example: decroche billing debit-note issue 2026-000001 --date 2026-12-02
    """
    with open_database() as db, db.operator() as conn:
        of = invoicing.get(conn, number)
        note, new = debit.issue(conn, of, day or today_in_paris(), by=typing_now())
        row = _row(note, _slugs(conn)[note.tenant_id]) | {"new": new}
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
        names = _slugs(conn)
        rows = [_row(note, names[note.tenant_id]) for note in debit.listed(conn, only)]
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
    rows = [
        row | {"unpaid": money(row["unpaid_cents"]), "interest": money(row["interest_cents"])}
        for row in note.document["rows"]
    ]
    emit(rows, ("from", "to", "days", "unpaid", "legal", "percent", "interest"), as_json=False, empty="no interest")
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


def _slugs(conn: Conn) -> dict[UUID, str]:
    return {tenant.id: tenant.slug for tenant in tenants.listed(conn)}


def _row(note: debit.DebitNote, slug: str) -> dict[str, Any]:
    return {
        "number": note.number,
        "tenant": slug,
        "invoice": note.document["invoice"],
        "issued_on": note.issued_on,
        "counted_to": note.counted_to,
        "interest": money(note.interest_cents),
        "indemnity": money(note.indemnity_cents),
        "total": money(note.total_cents),
    }
