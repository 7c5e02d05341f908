"""`decroche billing fec|journal`: sales for the accountant."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from billing.commands.common import FILE, MONTH, today_in_paris
from billing.invoices import books
from billing.invoices.invoicing import seller
from billing.plans.subscription import add_months
from store.base import spreadsheet
from store.base.console import emit, err, json_option
from store.base.errors import BadInput
from store.base.private import write_private
from store.setup import open_database

YEAR = click.IntRange(2000, 2199)
COLUMNS = ("date", "number", "tenant", "category", "vat_percent", "net", "vat", "gross")


@click.command()
@click.option("--year", type=YEAR, required=True, help="The financial year, by the calendar year it closes in.")
@click.option(
    "--closes", default="12-31", show_default=True, metavar="MM-DD", help="The last day of the financial year."
)
@click.option(
    "--out", "folder", type=click.Path(path_type=Path, file_okay=False), required=True,
    help="The folder to write SIRENFECAAAAMMJJ.txt into.",
)  # fmt: skip
@json_option
def fec(year: int, closes: str, folder: Path, as_json: bool) -> None:
    """The sales of a financial year as a FEC (LPF A47 A-1): 18 fields, tabs, decimals with a comma, UTF-8.

    Journal VE: invoices, credit notes, debit notes, and prepaid credit as it is talked away. Money received is in the
    bank's journal, which is not kept here.

    \b
    Example: decroche billing fec --year 2026 --out comptabilite/
    """
    begins, ends = books.financial_year(year, _day(closes))
    if not folder.is_dir():
        raise BadInput(f"--out: {folder} is no folder", hint="make it, or name one")
    with open_database() as db, db.operator() as conn:
        party, _ = seller(conn)
        entries = books.entries(conn, begins, ends)
    path = folder / books.file_name(party.siren, ends)
    write_private(path, "".join(f"{line}\r\n" for line in books.fec(entries)))
    if ends >= today_in_paris():
        err.print(f"the year is open until {ends}: this is what it holds so far")
    debit = sum(post.cents for entry in entries for post in entry.posts if post.cents > 0)
    row = {"file": str(path), "from": begins, "to": ends, "entries": len(entries), "debit": books.money(debit)}
    emit([row], ("file", "entries", "debit"), as_json=as_json)


@click.command()
@click.option("--year", type=YEAR, help="A calendar year.")
@click.option("--period", type=MONTH, help="A month, instead.")
@click.option("--csv", "path", type=FILE, help="Write it as a CSV that a French spreadsheet opens.")
@json_option
def journal(year: int | None, period: date | None, path: Path | None, as_json: bool) -> None:
    """The sales journal: every document by rate of VAT, credit notes below zero.

    \b
    Example: decroche billing journal --period 2026-10 --csv ventes.csv
    """
    if (year is None) == (period is None):
        raise BadInput("--year, --period: name one of them", hint="--period 2026-10")
    begins = date(year, 1, 1) if year else period
    assert begins is not None
    ends = date(year, 12, 31) if year else date.fromordinal(add_months(begins, 1).toordinal() - 1)
    with open_database() as db, db.operator() as conn:
        rows = books.journal(conn, begins, ends)
    if path is not None:
        write_private(path, spreadsheet.written(rows, list(rows[0]) if rows else list(COLUMNS)))
        err.print(f"written: {path}", markup=False)
    emit(rows, COLUMNS, as_json=as_json, empty="nothing was issued")


def _day(text: str) -> tuple[int, int]:
    month, _, day = text.partition("-")
    if not (month.isdigit() and day.isdigit()):
        raise BadInput(f"--closes: {text!r} is not MM-DD", hint="--closes 03-31")
    return int(month), int(day)
