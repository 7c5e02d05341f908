"""`decroche billing statement`: a client's account, and its prepaid balance, on the terminal or as a PDF."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from billing.charges.accounts import account
from billing.charges.ledger import spell
from billing.commands.common import DAY, FILE, MONTH, today_in_paris
from billing.documents.cii import money
from billing.documents.render import pages_apart
from billing.invoices import statements, topups
from billing.plans.subscription import add_months
from billing.rating.tariff import PARIS
from store import tenants
from store.base.console import emit, err, json_option
from store.base.errors import BadInput, NotFound
from store.base.private import write_private
from store.db import Conn, open_database


@click.command()
@click.option("--tenant", "slug", required=True, help="The tenant.")
@click.option("--period", type=MONTH, help="The month; this one when not given.")
@click.option("--from", "begins", type=DAY, help="The first day, instead of a month.")
@click.option("--to", "ends", type=DAY, help="The last day; today when not given.")
@click.option("--pdf", "path", type=FILE, help="Write the account as a PDF, in French.")
@json_option
def statement(
    slug: str, period: date | None, begins: date | None, ends: date | None, path: Path | None, as_json: bool
) -> None:
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
            balance = None if begins else _balance(conn, tenant, month)
            held = account(conn, tenant.id)
            facts = statements.page(conn, tenant, found, held.currency) if path else {}
    if path is not None:
        write_private(path, pages_apart("statement.html", facts))
    if as_json:
        prepaid = _statement(slug, balance) if balance else {"tenant": slug}
        emit([prepaid | {"account": _account(found), "file": path}], (), as_json=True)
        return
    emit(_account_rows(found), ("day", "what", "reference", "debit", "credit", "letter"), as_json=False)
    late = {age: cents for age, cents in found.ageing().items() if cents}
    err.print("open: " + (", ".join(f"{age} {money(cents)}" for age, cents in late.items()) or "nothing"))
    if balance is not None and (held.mode == "prepaid" or any(m["kind"] == "top_up" for m in balance.movements)):
        emit(_balance_rows(balance), ("what", "amount"), as_json=False)
    if path is not None:
        err.print(f"written: {path}", markup=False)


def _account_rows(of: statements.ClientAccount) -> list[dict[str, Any]]:
    def balance(name: str, day: date, cents: int) -> dict[str, Any]:
        side = "debit" if cents >= 0 else "credit"
        return {"day": day, "what": name, "reference": "", "debit": "", "credit": "", "letter": ""} | {
            side: money(abs(cents))
        }

    rows = [balance("opening balance", of.begins, of.opening)]
    rows += [
        {"day": e.day, "what": f"{e.kind} {e.document}", "reference": e.reference,
         "debit": money(e.cents) if e.cents > 0 else "", "credit": money(-e.cents) if e.cents < 0 else "",
         "letter": e.letter}
        for e in of.entries
    ]  # fmt: skip
    return [*rows, balance("closing balance", of.ends, of.closing)]


def _account(of: statements.ClientAccount) -> dict[str, Any]:
    return {
        "from": of.begins,
        "to": of.ends,
        "opening": money(of.opening),
        "entries": [
            {"day": e.day, "kind": e.kind, "document": e.document, "reference": e.reference, "due_on": e.due_on,
             "debit": money(max(0, e.cents)), "credit": money(max(0, -e.cents)), "letter": e.letter}
            for e in of.entries
        ],
        "closing": money(of.closing),
        "ageing": {age: money(cents) for age, cents in of.ageing().items()},
        "open": [{"document": o.document, "due_on": o.due_on, "left": money(o.cents)} for o in of.open],
    }  # fmt: skip


def _balance(conn: Conn, tenant: tenants.Tenant, month: date) -> topups.Statement | None:
    try:
        return topups.statement(conn, tenant.id, month)
    except NotFound:
        return None


def _balance_rows(of: topups.Statement) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [{"what": "prepaid balance at the beginning", "amount": spell(of.opening)}]
    rows += [
        {"what": f"{m['moved_at'].astimezone(PARIS):%Y-%m-%d} {m['kind']} {m['reference']}",
         "amount": spell(m["amount_micros"])}
        for m in of.movements
    ]  # fmt: skip
    rows += [
        {"what": f"calls {c['destination'] or 'to all destinations'}: {c['calls']}, {c['seconds']} s billed,"
         f" {c['bundle_seconds']} s of them included", "amount": spell(-c["amount_micros"])}
        for c in of.calls
    ]  # fmt: skip
    return [*rows, {"what": "prepaid balance at the end", "amount": spell(of.closing)}]


def _statement(slug: str, of: topups.Statement) -> dict[str, Any]:
    return {
        "tenant": slug,
        "period": f"{of.month:%Y-%m}",
        "opening": spell(of.opening),
        "movements": [
            {"at": m["moved_at"], "kind": m["kind"], "reference": m["reference"], "amount": spell(m["amount_micros"])}
            for m in of.movements
        ],
        "calls": [
            {"destination": c["destination"], "calls": c["calls"], "seconds": c["seconds"],
             "bundle_seconds": c["bundle_seconds"], "amount": spell(c["amount_micros"])}
            for c in of.calls
        ],
        "closing": spell(of.closing),
    }  # fmt: skip
