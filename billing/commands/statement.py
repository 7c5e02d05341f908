"""`decroche billing statement`: a client's account, and its prepaid balance, on the terminal or as a PDF."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import click

from billing.charges.accounts import account
from billing.commands.common import DAY, FILE, MONTH, today_in_paris
from billing.documents.cii import money
from billing.documents.render import pages_apart
from billing.invoices import statement_views as views
from billing.invoices import statements, topups
from billing.plans.subscription import add_months
from store import tenants
from store.base import spreadsheet
from store.base.console import emit, err, json_option
from store.base.errors import BadInput
from store.base.private import write_private
from store.setup import open_database


@click.command()
@click.option("--tenant", "slug", required=True, help="The tenant.")
@click.option("--period", type=MONTH, help="The month; this one when not given.")
@click.option("--from", "begins", type=DAY, help="The first day, instead of a month.")
@click.option("--to", "ends", type=DAY, help="The last day; today when not given.")
@click.option("--pdf", "path", type=FILE, help="Write the account as a PDF, in French.")
@click.option("--csv", "csv_path", type=FILE, help="Write the account as a CSV that a French spreadsheet opens.")
@json_option
def statement(
    slug: str, period: date | None, begins: date | None, ends: date | None, path: Path | None, csv_path: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """A client's account: opening balance, documents and payments, closing balance and how late it is, tax included.

    Lines of one letter settle each other. A month has the prepaid balance too, before tax: what came in, what is used.

    \b
    Examples:
      decroche billing statement --tenant dentiste --period 2026-10
      decroche billing statement --tenant dentiste --from 2026-01-01 --to 2026-12-31 --pdf releve.pdf
    """
    if period is not None and (begins is not None or ends is not None):
        raise BadInput("--period: it stands alone", hint="a month, or --from and --to")
    if ends is not None and begins is None:
        raise BadInput("--to: it needs --from", hint="the first day, too")
    today = today_in_paris()
    month = period or today.replace(day=1)
    first, last = (begins, ends or today) if begins else (month, add_months(month, 1) - timedelta(days=1))
    with open_database() as db:
        with db.operator() as conn:
            tenant = tenants.get(conn, slug)
        with db.operator(tenant.id) as conn:
            found = statements.client_account(statements.history_of(conn, tenant.id), first, last)
            balance = None if begins else topups.statement_if_any(conn, tenant.id, month)
            held = account(conn, tenant.id)
            facts = statements.page(conn, tenant, found, held.currency) if path else {}
    prepaid_shown = balance is not None and (
        held.mode == "prepaid" or any(m["kind"] == "top_up" for m in balance.movements)
    )
    if path is not None:
        rows = views.balance_in_words(balance) if balance is not None and prepaid_shown else []
        write_private(path, pages_apart("statement.html", facts | {"balance": rows}))
    if csv_path is not None:
        write_private(csv_path, spreadsheet.written(views.account_rows(found), views.ACCOUNT_COLUMNS))
    if as_json:
        prepaid = views.balance(slug, balance) if balance else {"tenant": slug}
        emit([prepaid | {"account": views.account(found), "file": path}], (), as_json=True)
        return
    emit(views.account_rows(found), ("day", "what", "reference", "debit", "credit", "letter"), as_json=False)
    late = {age: cents for age, cents in found.ageing().items() if cents}
    err.print("open: " + (", ".join(f"{age} {money(cents)}" for age, cents in late.items()) or "nothing"))
    if balance is not None and prepaid_shown:
        emit(views.balance_rows(balance), ("what", "amount"), as_json=False)
    for each in (path, csv_path):
        if each is not None:
            err.print(f"written: {each}", markup=False)
