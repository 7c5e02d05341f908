"""The commands of `decroche compliance callback`."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from compliance.commands.common import dialled, ledger_option
from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, json_option
from store.cli_tenant import tenant_session


@click.group(cls=HouseGroup)
def callback() -> None:
    """Requests of people to be called back: what makes such a call lawful.

    \b
    Example: decroche compliance callback show --tenant dentiste 0612345678
    """


@callback.command("add")
@ledger_option
@click.argument("number")
@click.option("--evidence", required=True, help="What proves it: a call's id, a form, a message.")
@click.option("--requested-at", default="", help="When the person asked (default: now).")
@click.option("--goods", default="", help="About which goods or services.")
@json_option
def callback_add(slug: str, number: str, evidence: str, requested_at: str, goods: str, as_json: bool) -> None:
    """Write down that the holder of NUMBER asked to be called back.

    \b
    Example: decroche compliance callback add --tenant dentiste 0612345678 --evidence "form 1234"
    """
    from compliance.ledgers import callbacks
    from compliance.ledgers.tabular import instant

    e164, now = dialled(number), datetime.now(UTC)
    asked = instant({"requested_at": requested_at}, "requested_at") or now
    with tenant_session(slug) as (conn, whose):
        made = callbacks.add(conn, whose, e164, asked, evidence, now, goods, by=typing_now())
    emit([{"id": made, "number": e164, "requested_at": asked}], ("id", "number", "requested_at"), as_json=as_json)


@callback.command("show")
@ledger_option
@click.argument("number")
@json_option
def callback_show(slug: str, number: str, as_json: bool) -> None:
    """Show the requests of NUMBER, newest first.

    \b
    Example: decroche compliance callback show --tenant dentiste 0612345678
    """
    from compliance.ledgers import callbacks

    with tenant_session(slug) as (conn, _):
        found = callbacks.of(conn, dialled(number))
    emit(found, ("requested_at", "goods", "evidence"), as_json=as_json, empty="no request")
