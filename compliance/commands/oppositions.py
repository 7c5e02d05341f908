"""`decroche compliance opposition`: who must not be called, for ever."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, json_option

if TYPE_CHECKING:
    from store.db import Conn
from compliance.commands.common import dialled, file_argument, told
from store.cli_tenant import tenant_session


@click.group(cls=HouseGroup)
def opposition() -> None:
    """Oppositions: who must not be called, for ever; of one tenant, or of all of them.

    \b
    Example: decroche compliance opposition add --tenant dentiste 0612345678 --how letter
    """


@contextmanager
def _whose(slug: str | None, everybody: bool) -> Generator[tuple[Conn, UUID | None]]:
    if bool(slug) == everybody:
        raise click.UsageError("give --tenant NAME, or --all-tenants")
    if slug:
        with tenant_session(slug) as found:
            yield found
    else:
        from store.setup import open_database

        with open_database() as db, db.operator() as conn:
            yield conn, None


whose_options = (
    click.option("--tenant", "slug", help="Of this tenant."),
    click.option("--all-tenants", "everybody", is_flag=True, help="Operator-wide: binds every tenant."),
)


@opposition.command("add")
@whose_options[0]
@whose_options[1]
@click.argument("number")
@click.option("--how", default="letter", show_default=True, help="How the person said so: letter, web …")
@json_option
def opposition_add(slug: str | None, everybody: bool, number: str, how: str, as_json: bool) -> None:
    """NUMBER must not be called any more, from this instant; its consents are withdrawn.

    \b
    Example: decroche compliance opposition add --tenant dentiste 0612345678 --how web
    """
    from compliance.ledgers import oppositions

    e164, now = dialled(number), datetime.now(UTC)
    with _whose(slug, everybody) as (conn, whose):
        oppositions.oppose(conn, whose, e164, how, now, by=typing_now())
    emit([{"number": e164, "opposed_at": now, "how": how}], ("number", "opposed_at", "how"), as_json=as_json)


@opposition.command("import")
@whose_options[0]
@whose_options[1]
@file_argument
@json_option
@click.pass_context
def opposition_import(ctx: click.Context, slug: str | None, everybody: bool, file: Path, as_json: bool) -> None:
    """Take in a list of numbers (CSV; columns number and, where known, opposed_at).

    Exit status: 0 all rows were good, 3 some were bad, 2 the file is no such table (nothing is written).

    \b
    Example: decroche compliance opposition import --tenant dentiste list.csv
    """
    from compliance.ledgers import oppositions

    with _whose(slug, everybody) as (conn, whose):
        report = oppositions.load(conn, whose, file, datetime.now(UTC), by=typing_now())
    told(ctx, report, as_json)


@opposition.command("show")
@whose_options[0]
@whose_options[1]
@click.argument("number")
@json_option
def opposition_show(slug: str | None, everybody: bool, number: str, as_json: bool) -> None:
    """Show the oppositions of NUMBER.

    \b
    Example: decroche compliance opposition show --tenant dentiste 0612345678
    """
    from compliance.ledgers import oppositions

    with _whose(slug, everybody) as (conn, _):
        found = oppositions.of(conn, dialled(number))
    emit(found, ("number", "opposed_at", "how", "source"), as_json=as_json, empty="no opposition")
