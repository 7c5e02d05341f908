"""`decroche billing annex`: the calls of an invoice, one by one."""

from __future__ import annotations

from pathlib import Path

import click

from billing.commands.common import FILE
from billing.documents.render import pages_apart
from billing.invoices import annex as calls
from billing.invoices import invoicing
from store.base import spreadsheet
from store.base.console import emit, err, json_option
from store.base.private import write_private
from store.setup import open_database


@click.command()
@click.argument("number")
@click.option("--csv", "csv_path", type=FILE, help="Write it as a CSV that a French spreadsheet opens.")
@click.option("--pdf", "pdf_path", type=FILE, help="Write it as a PDF, in French.")
@json_option
def annex(number: str, csv_path: Path | None, pdf_path: Path | None, as_json: bool) -> None:
    """The calls of an invoice: day, hour, number, seconds and price of each; together what the invoice says.

    Numbers are without their last four digits; calls to emergency services are left off.

    \b
    Example: decroche billing annex 2026-000001 --csv appels.csv --pdf appels.pdf
    """
    with open_database() as db, db.operator() as conn:
        issued = invoicing.get(conn, number)
        found = calls.annex(conn, issued)
    rows = calls.plain(found)
    if pdf_path is not None:
        write_private(pdf_path, pages_apart("annex.html", calls.page(found, issued)))
    if csv_path is not None:
        write_private(csv_path, spreadsheet.written(rows, calls.COLUMNS))
    for path in (csv_path, pdf_path):
        if path is not None:
            err.print(f"written: {path}", markup=False)
    emit(rows, ("date", "heure", "sens", "numéro", "secondes", "prix HT"), as_json=as_json)
