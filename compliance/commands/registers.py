"""The commands `privacy register` and `privacy breach`."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import click

from compliance.commands.common import ledger_option
from compliance.commands.tenants import operator_session
from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, json_option
from store.base.errors import BadInput


@click.command()
@click.argument("kind", type=click.Choice(["processing", "subprocessors"]))
@json_option
def register(kind: str, as_json: bool) -> None:
    """Print the register of processing (RGPD art. 30) or of sub-processors.

    \b
    Example: decroche privacy register processing
    """
    from compliance.people import registers
    from store.base.settings import settings

    rows = registers.entries("processing" if kind == "processing" else "subprocessor", settings().home)
    emit(rows, tuple(rows[0]), as_json=as_json)


@click.group(cls=HouseGroup)
def breach() -> None:
    """Breaches of personal data: what happened, what was affected, who was told when.

    \b
    Example: decroche privacy breach list --tenant dentiste
    """


@breach.command("add")
@ledger_option
@click.option("--happened-at", required=True, help="2026-11-20T08:00+01:00; without offset, Paris time.")
@click.option("--found-at", default="", help="Default: now.")
@click.option("--what", required=True, help="What happened.")
@click.option("--data", required=True, help="Which kinds of data were affected.")
@click.option("--people", required=True, type=click.IntRange(0), help="How many people, about.")
@click.option("--measures", required=True, help="What was done about it.")
@json_option
def breach_add(
    slug: str, happened_at: str, found_at: str, what: str, data: str, people: int, measures: str, as_json: bool
) -> None:
    """Write a breach down, for a tenant it affects.

    \b
    Example:
      decroche privacy breach add --tenant dentiste --happened-at 2026-11-20T08:00+01:00
        --what "laptop stolen" --data "12 recordings" --people 12 --measures "keys revoked"
    """
    from compliance.ledgers.tabular import instant
    from compliance.people import registers

    given = {"happened_at": happened_at, "found_at": found_at}
    happened = instant(given, "happened_at")
    if happened is None:
        raise BadInput("happened_at: it is empty")
    facts = {"happened_at": happened, "found_at": instant(given, "found_at") or datetime.now(UTC)}
    facts |= {"what": what, "data": data, "people": people, "measures": measures}
    with operator_session(slug) as (conn, whose):
        made = registers.add_breach(conn, whose, facts, by=typing_now())
    emit([{"id": made, **facts}], ("id", "found_at", "what", "data", "people"), as_json=as_json)


@breach.command("told")
@ledger_option
@click.argument("breach_id", type=click.UUID)
def breach_told(slug: str, breach_id: UUID) -> None:
    """The tenant was told of a breach, now.

    \b
    Example: decroche privacy breach told --tenant dentiste 019ab0c2-…
    """
    from compliance.people import registers

    with operator_session(slug) as (conn, whose):
        registers.told(conn, whose, breach_id, datetime.now(UTC), by=typing_now())


@breach.command("list")
@ledger_option
@json_option
def breach_list(slug: str, as_json: bool) -> None:
    """A tenant's breaches, newest first.

    \b
    Example: decroche privacy breach list --tenant dentiste
    """
    from compliance.people import registers

    with operator_session(slug) as (conn, whose):
        rows = registers.breaches(conn, whose)
    emit(rows, ("id", "found_at", "what", "data", "people", "tenant_told_at"), as_json=as_json, empty="no breach")
