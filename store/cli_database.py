"""The `database` commands: its state, its migrations, its backup. No secret is ever printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from store import backup as backups
from store import migrate
from store.base import console
from store.base.console import HouseGroup, emit, json_option
from store.base.errors import DecrocheError
from store.base.settings import settings
from store.db import connect, safe_dsn
from store.embedded import EmbeddedServer
from store.setup import DATABASE, prepare, refuse_bypass, service_dsn_of, set_up_from


@click.group(cls=HouseGroup)
def database() -> None:
    """The database: embedded, or your own PostgreSQL.

    \b
    Example: decroche database status
    """


@database.command("status")
@json_option
def database_status(as_json: bool) -> None:
    """Say where it is and how it is, without starting it; exit status 5 when it cannot be used.

    \b
    Example: decroche database status --json
    """
    facts = _facts()
    if as_json:
        click.echo(console.to_json(facts))
    else:
        emit([{"what": k.replace("_", " "), "is": v} for k, v in facts.items()], ["what", "is"], as_json=False)
    if facts["problem"]:
        click.get_current_context().exit(5)


def _facts() -> dict[str, Any]:
    of = settings()
    facts: dict[str, Any] = {"kind": "own" if of.database.url else "embedded", "problem": None}
    if not of.database.url:
        embedded = EmbeddedServer(of).status()
        facts |= {"running": embedded.running, "pid": embedded.pid, "folder": str(embedded.data)}
        if not embedded.running:
            return facts | {"problem": "not running: decroche up, or any command that needs it, starts it"}
    try:
        service = service_dsn_of(of)
        facts["address"] = safe_dsn(service)
        with connect(service) as conn:
            facts["version"] = conn.info.parameter_status("server_version")
            refuse_bypass(conn)
            known, applied = migrate.load(), migrate.applied(conn)
            facts["migrations_applied"] = len(applied)
            facts["migrations_pending"] = len(migrate.pending(known, applied))
            row = conn.execute("SELECT pg_database_size(current_database()) AS bytes").fetchone()
            facts["size_mb"] = round(row["bytes"] / 1e6, 1) if row else None
    except DecrocheError as error:
        facts["problem"] = str(error)
    return facts


@database.command("migrate")
@json_option
def database_migrate(as_json: bool) -> None:
    """Apply the migrations that are not applied yet. The service does so by itself when it starts.

    \b
    Example: decroche database migrate
    """
    applied = set_up_from(settings())
    prepare(settings(), migrate=False)
    emit([{"applied": name} for name in applied], ["applied"], as_json=as_json, empty="nothing to apply")


@database.command("backup")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write (mode 0600)."
)
@json_option
def database_backup(out: Path, as_json: bool) -> None:
    """Write the whole database to a file, while calls go on (pg_dump's custom format).

    \b
    Example: decroche database backup --out decroche.dump
    """
    made = backups.backup(settings(), out)
    emit([{"file": str(made), "bytes": made.stat().st_size}], ["file", "bytes"], as_json=as_json)


@database.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def database_restore(file: Path, as_json: bool) -> None:
    """Bring a backup back into an empty database.

    \b
    Example: decroche database restore decroche.dump
    """
    backups.restore(settings(), file)
    emit([{"restored": str(file), "database": DATABASE}], ["restored", "database"], as_json=as_json)
