"""The operator's commands for each tenant: `switch` and `caller-id`."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import click

from compliance.commands.common import ledger_option
from compliance.commands.evidence import file_hash
from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, json_option

if TYPE_CHECKING:
    from store.db import Conn


@contextmanager
def operator_session(slug: str) -> Generator[tuple[Conn, UUID]]:
    from store.setup import open_database
    from store.tenants import get

    with open_database() as db, db.operator() as conn:
        yield conn, get(conn, slug).id


@click.command()
@ledger_option
@click.argument("changes", nargs=-1, metavar="[NAME=on|off]...")
@json_option
def switch(slug: str, changes: tuple[str, ...], as_json: bool) -> None:
    """Show or change a tenant's answers to what the law leaves open (see compliance/README.md).

    \b
    Example: decroche compliance switch --tenant dentiste ai_is_automate=off
    """

    from compliance.law.engine import Switches
    from compliance.ledgers import facts, tenants

    chosen: dict[str, bool] = {}
    for change in changes:
        name, _, state = change.partition("=")
        if name not in Switches.__slots__ or state not in ("on", "off"):
            raise click.UsageError(f"{change!r}: NAME=on or NAME=off, NAME one of {', '.join(Switches.__slots__)}")
        chosen[name] = state == "on"
    with operator_session(slug) as (conn, whose):
        found = tenants.set_switches(conn, whose, chosen, by=typing_now()) if chosen else facts.switches(conn, whose)
    rows = [{"switch": name, "on": value} for name, value in asdict(found).items()]
    emit(rows, ("switch", "on"), as_json=as_json)


@click.group("caller-id", cls=HouseGroup)
def caller_id() -> None:
    """Which numbers a tenant may show to the people it calls, with their proof of assignment.

    \b
    Example: decroche compliance caller-id list --tenant dentiste
    """


@caller_id.command("allow")
@ledger_option
@click.argument("number")
@click.option("--proof", required=True, help="The document that assigns the number; a file is hashed.")
@click.option("--recheck-by", default="", help="When to look at it again (default: in a year).")
@json_option
def caller_id_allow(slug: str, number: str, proof: str, recheck_by: str, as_json: bool) -> None:
    """Let a tenant show NUMBER, or note that its proof was checked again.

    \b
    Example: decroche compliance caller-id allow --tenant dentiste +33162001234 --proof contract.pdf
    """
    from compliance.ledgers import tenants
    from compliance.ledgers.tabular import instant

    due = instant({"recheck_by": recheck_by}, "recheck_by")
    with operator_session(slug) as (conn, whose):
        row = tenants.allow_number(
            conn, whose, number, proof, datetime.now(UTC), due, by=typing_now(), proof_hash=file_hash(proof)
        )
    emit([row], ("number", "checked_at", "recheck_by", "proof"), as_json=as_json)


@caller_id.command("revoke")
@ledger_option
@click.argument("number")
def caller_id_revoke(slug: str, number: str) -> None:
    """A tenant may not show NUMBER any more.

    \b
    Example: decroche compliance caller-id revoke --tenant dentiste +33162001234
    """
    from compliance.ledgers import tenants

    with operator_session(slug) as (conn, whose):
        tenants.revoke_number(conn, whose, number, datetime.now(UTC), by=typing_now())


@caller_id.command("list")
@ledger_option
@json_option
def caller_id_list(slug: str, as_json: bool) -> None:
    """The numbers a tenant may show; `due`: refused until its proof is checked again.

    \b
    Example: decroche compliance caller-id list --tenant dentiste
    """
    from compliance.ledgers import tenants

    with operator_session(slug) as (conn, whose):
        rows = tenants.shown_numbers(conn, whose, datetime.now(UTC))
    emit(rows, ("number", "state", "checked_at", "recheck_by", "proof"), as_json=as_json, empty="no number")
