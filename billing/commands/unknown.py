"""`decroche billing unknown`: money of unknown payers, until it is somebody's."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from billing.commands.common import CENTS, day_option, today_in_paris
from billing.documents.cii import money
from billing.invoices import suspense
from billing.invoices.series import not_ahead
from store import tenants
from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, json_option
from store.base.errors import BadInput
from store.setup import open_database

_COLUMNS = ("received_on", "reference", "payer", "amount", "left")


@click.group(cls=HouseGroup)
def unknown() -> None:
    """Money whose payer is not known: entered as it came, assigned to a client later, or given back.

    \b
    Example: decroche billing unknown list
    """


@unknown.command("add")
@click.argument("amount", type=CENTS)
@click.option("--reference", required=True, help="The bank's own reference: the same one counts once.")
@click.option("--payer", default="", help="Who paid, as the bank names it.")
@day_option("--date", "day", "When it came; today when not given.")
@json_option
def add(amount: int, reference: str, payer: str, day: date, as_json: bool) -> None:
    """Enter money that came from nobody known.

    \b
    Example: decroche billing unknown add 58.80 --reference "VIR 20261103-17" --payer "MARTIN J"
    """
    not_ahead(day, today_in_paris())
    with open_database() as db, db.operator() as conn:
        found, counted = suspense.enter(conn, amount, reference, payer, day, by=typing_now())
    emit([_row(found) | {"counted": counted}], (*_COLUMNS, "counted"), as_json=as_json)


@unknown.command("list")
@click.option("--all", "used", is_flag=True, help="What was assigned or given back, too.")
@json_option
def list_(used: bool, as_json: bool) -> None:
    """What came and is nobody's yet.

    \b
    Example: decroche billing unknown list --all --json
    """
    with open_database() as db, db.operator() as conn:
        names = tenants.slugs(conn)
        rows = [
            _row(one) | {"uses": [_used(use, names) for use in suspense.uses(conn, one)]}
            for one in suspense.waiting(conn, used=used)
        ]
    emit(rows, _COLUMNS, as_json=as_json, empty="every payer is known")


@unknown.command("assign")
@click.argument("reference")
@click.option("--invoice", "numbers", multiple=True, help="The invoice it was for; may be given again.")
@click.option("--tenant", "slug", help="Instead, the client: its oldest debts are paid, the rest is on its account.")
@click.option("--amount", type=CENTS, help="How much of it; all that is left when not given.")
@day_option("--date", "day", "When it was found out; today when not given.")
@json_option
def assign(
    reference: str, numbers: tuple[str, ...], slug: str | None, amount: int | None, day: date, as_json: bool
) -> None:  # fmt: skip
    """It is known whose it was: pay that client's invoices with it, on the day it came.

    \b
    Example: decroche billing unknown assign "VIR 20261103-17" --invoice 2026-000012
    """
    if bool(numbers) == bool(slug):
        raise BadInput("--invoice, --tenant: name one of them", hint="--invoice 2026-000012")
    today = today_in_paris()
    not_ahead(day, today)
    with open_database() as db, db.operator() as conn:
        if slug:
            whose = tenants.get(conn, slug)
            done = suspense.assign_to(conn, reference, whose, amount, day, by=typing_now(), today=today)
        else:
            done = suspense.assign(conn, reference, numbers, amount, day, by=typing_now(), today=today)
        names = tenants.slugs(conn)
    emit([_used(use, names) for use in done], ("tenant", "document", "amount", "on"), as_json=as_json)


@unknown.command("return")
@click.argument("reference")
@click.option("--amount", type=CENTS, help="How much of it; all that is left when not given.")
@click.option("--by-transfer", "transfer", required=True, help="The words of the transfer that gave it back.")
@day_option("--date", "day", "When it was sent; today when not given.")
@json_option
def give_back(reference: str, amount: int | None, transfer: str, day: date, as_json: bool) -> None:
    """It was meant for somebody else: note that it was sent back.

    \b
    Example: decroche billing unknown return "VIR 20261103-17" --by-transfer "RETOUR 20261103-17"
    """
    not_ahead(day, today_in_paris())
    with open_database() as db, db.operator() as conn:
        done = suspense.give_back(conn, reference, amount, transfer, day, by=typing_now())
        left = suspense.of_reference(conn, reference).left_cents
    emit([_used(done, {}) | {"left": money(left)}], ("document", "amount", "on", "left"), as_json=as_json)


def _row(of: suspense.Unknown) -> dict[str, Any]:
    return {"received_on": of.received_on, "reference": of.reference, "payer": of.payer,
            "amount": money(of.amount_cents), "left": money(of.left_cents)}  # fmt: skip


def _used(of: suspense.Use, names: dict[Any, str]) -> dict[str, Any]:
    return {"kind": of.kind, "tenant": names.get(of.tenant_id, ""), "document": of.document,
            "amount": money(of.amount_cents), "on": of.used_on}  # fmt: skip
