"""The commands of `decroche privacy`: retention, and the rights of people."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import click

from compliance.commands.common import dialled, ledger_option
from compliance.commands.declarations import agree, declare, declared
from compliance.commands.registers import breach, register
from compliance.commands.tenants import operator_session
from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, json_option
from store.cli_tenant import tenant_session

phone_option = click.option("--phone", required=True, help="The person's number, in any way of writing.")


@click.group(cls=HouseGroup)
def privacy() -> None:
    """How long data is kept, and what a person may ask about it.

    \b
    Exit statuses: 0 done; 1 refused; 2 bad input or usage; 4 not found; 5 the database is not there.
    \b
    Example: decroche privacy find --tenant dentiste --phone 0612345678
    """


@privacy.command()
@click.option("--dry-run", is_flag=True, help="Count what would go; change nothing.")
@json_option
def sweep(dry_run: bool, as_json: bool) -> None:
    """Delete or anonymise what has been kept long enough, in every tenant; log how much.

    \b
    Example: decroche privacy sweep --dry-run
    """
    from compliance.people import retention
    from store.base.settings import settings
    from store.setup import open_database

    with open_database() as db, db.operator() as conn:
        rows = retention.sweep(conn, datetime.now(UTC), settings().folder(), dry_run=dry_run, by=typing_now())
    emit(rows, ("kind", "action", "count", "reference"), as_json=as_json)


@privacy.command()
@ledger_option
@click.option("--transcripts-days", type=click.IntRange(0), help="Days after the call; without: with the CDR.")
@click.option("--messages-days", type=click.IntRange(0), help="Days after it was left; without: by the policy.")
@click.option("--appointments-days", type=click.IntRange(0), help="Days after its end; without: by the policy.")
def keep(slug: str, transcripts_days: int | None, messages_days: int | None, appointments_days: int | None) -> None:
    """A tenant's instruction: how long what its callers said and left is kept. It replaces the one before.

    \b
    Example: decroche privacy keep --tenant dentiste --transcripts-days 30 --messages-days 90
    """
    from compliance.people import retention

    days = {"transcripts": transcripts_days, "messages": messages_days, "appointments": appointments_days}
    with operator_session(slug) as (conn, whose):
        retention.keep(conn, whose, by=typing_now(), **days)


@privacy.command()
@ledger_option
@phone_option
@json_option
def find(slug: str, phone: str, as_json: bool) -> None:
    """Where a tenant keeps something about a number: tables, recordings, what waits in the spool.

    \b
    Example: decroche privacy find --tenant dentiste --phone 0612345678
    """
    from compliance.people import privacy as rights
    from store.base.settings import settings

    e164 = dialled(phone)
    with operator_session(slug) as (conn, whose):
        found = rights.looked(conn, whose, e164, settings().home, by=typing_now())
    emit(found.summary(), ("where", "count"), as_json=as_json, empty="nothing is kept about this number")


@privacy.command()
@ledger_option
@phone_option
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="A .zip file.")
@json_option
def export(slug: str, phone: str, out: Path, as_json: bool) -> None:
    """The person's copy of all that is kept about them: data as JSON, and their recordings.

    \b
    Example: decroche privacy export --tenant dentiste --phone 0612345678 --out copy.zip
    """
    from compliance.people import privacy as rights
    from store.base.settings import settings

    e164 = dialled(phone)
    with operator_session(slug) as (conn, whose):
        found = rights.export(conn, whose, e164, settings().home, out, by=typing_now())
    emit(found.summary(), ("where", "count"), as_json=as_json, empty="nothing is kept about this number")


@privacy.command()
@ledger_option
@phone_option
@json_option
def erase(slug: str, phone: str, as_json: bool) -> None:
    """Erase the voice, the words and the name; says what a law makes us keep, and which.

    \b
    Example: decroche privacy erase --tenant dentiste --phone 0612345678
    """
    from compliance.people import privacy as rights
    from store.base.settings import settings

    e164 = dialled(phone)
    with operator_session(slug) as (conn, whose):
        rows = rights.erase(conn, whose, e164, settings().home, datetime.now(UTC), by=typing_now())
    emit(rows, ("where", "erased", "kept", "why"), as_json=as_json, empty="nothing was kept about this number")


@privacy.group(cls=HouseGroup)
def request() -> None:
    """Requests of people about their data, with their deadline of twelve working days.

    \b
    Example: decroche privacy request list --tenant dentiste
    """


@request.command("add")
@ledger_option
@click.option("--kind", required=True, help="access, erasure, rectification, objection, restriction, portability.")
@click.option("--person", "who", required=True, help="Who asks, and where to answer.")
@click.option("--received-at", default="", help="Default: now.")
@json_option
def request_add(slug: str, kind: str, who: str, received_at: str, as_json: bool) -> None:
    """Write a request down; prints when it must be answered.

    \b
    Example: decroche privacy request add --tenant dentiste --kind access --person "Mme Roux"
    """
    from compliance.ledgers.tabular import instant
    from compliance.people import rights

    when = instant({"received_at": received_at}, "received_at") or datetime.now(UTC)
    with tenant_session(slug) as (conn, whose):
        row = rights.register(conn, whose, kind, who, when, by=typing_now())
    emit([row], ("id", "kind", "person", "received_at", "due_on"), as_json=as_json)


@request.command("close")
@ledger_option
@click.argument("request_id", type=click.UUID)
@click.option("--outcome", required=True, help="What was answered.")
def request_close(slug: str, request_id: UUID, outcome: str) -> None:
    """A request was answered.

    \b
    Example: decroche privacy request close --tenant dentiste 019ab0c2-… --outcome "copy sent"
    """
    from compliance.people import rights

    with tenant_session(slug) as (conn, whose):
        rights.close(conn, whose, request_id, outcome, datetime.now(UTC), by=typing_now())


@request.command("list")
@ledger_option
@json_option
def request_list(slug: str, as_json: bool) -> None:
    """The requests, the open ones first, by deadline.

    \b
    Example: decroche privacy request list --tenant dentiste
    """
    from compliance.people import rights

    with tenant_session(slug) as (conn, _):
        rows = rights.listed(conn, datetime.now(UTC))
    emit(rows, ("id", "kind", "person", "due_on", "state", "outcome"), as_json=as_json, empty="no request")


privacy.add_command(register)
privacy.add_command(breach)
privacy.add_command(declare)
privacy.add_command(agree)
privacy.add_command(declared)


if __name__ == "__main__":
    privacy()
