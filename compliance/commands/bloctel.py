"""`decroche compliance bloctel`: the exchange files, kept for audits."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, json_option

if TYPE_CHECKING:
    pass
from compliance.commands.common import file_argument, ledger_option, told
from store.cli_tenant import tenant_session


@click.group(cls=HouseGroup)
def bloctel() -> None:
    """Bloctel's exchange files, kept for audits of calls before 11 August 2026.

    \b
    Example: decroche compliance bloctel export --tenant dentiste contacts.csv --out bloctel.csv
    """


@bloctel.command("export")
@ledger_option
@file_argument
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The exchange file to write."
)
@click.option("--at", "at", default="", help="When it is submitted (default: now).")
@json_option
@click.pass_context
def bloctel_export(ctx: click.Context, slug: str, file: Path, out: Path, at: str, as_json: bool) -> None:
    """Write the exchange file of a list of contacts, and note its submission.

    Exit status: 0 all rows were good, 3 some were bad and left out, 2 the file is no such table.

    \b
    Example: decroche compliance bloctel export --tenant dentiste contacts.csv --out bloctel.csv
    """
    from compliance.ledgers import bloctel as exchange
    from compliance.ledgers.tabular import instant

    when = instant({"at": at}, "at") or datetime.now(UTC)
    with tenant_session(slug) as (conn, whose):
        _, report = exchange.submit(conn, whose, file, out, when, by=typing_now())
    told(ctx, report, as_json)


@bloctel.command("import")
@ledger_option
@file_argument
@click.option("--submission", type=click.UUID, help="Which one it answers (default: the newest unanswered).")
@click.option("--at", "at", default="", help="When it was answered (default: now).")
@json_option
def bloctel_import(slug: str, file: Path, submission: UUID | None, at: str, as_json: bool) -> None:
    """Take in the answer to a submission; a partial one is refused whole (exit status 2).

    \b
    Example: decroche compliance bloctel import --tenant dentiste answer.csv
    """
    from compliance.ledgers import bloctel as exchange
    from compliance.ledgers.tabular import instant

    when = instant({"at": at}, "at") or datetime.now(UTC)
    with tenant_session(slug) as (conn, whose):
        found = exchange.answer(conn, whose, file, submission, when, by=typing_now())
    emit([found], ("file", "clear", "listed"), as_json=as_json)


@bloctel.command("list")
@ledger_option
@json_option
def bloctel_list(slug: str, as_json: bool) -> None:
    """The submissions and their answers, newest first.

    \b
    Example: decroche compliance bloctel list --tenant dentiste
    """
    from compliance.ledgers import bloctel as exchange

    with tenant_session(slug) as (conn, _):
        found = exchange.listed(conn)
    emit(found, ("id", "submitted_at", "numbers", "answered_at", "listed"), as_json=as_json, empty="no submission")
