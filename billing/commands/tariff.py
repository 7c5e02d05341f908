"""`decroche billing tariff …`: price lists by version, and who has which."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from billing.charges import tariffs, views
from billing.commands.common import FILE, instant_option
from billing.rating.tariff import read_tariff
from store import tenants
from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, json_option
from store.setup import open_database


@click.group(cls=HouseGroup)
def tariff() -> None:
    """Tariffs by version: added, assigned to a tenant from an instant on, never edited.

    \b
    Example: decroche billing tariff assign standard --tenant dentiste
    """


_TARIFF_COLUMNS = ("name", "version", "currency", "rates", "bundle_seconds", "added_by", "added_at")


@tariff.command("add")
@click.argument("name")
@click.argument("path", metavar="TARIFF.toml", type=FILE)
@json_option
def tariff_add(name: str, path: Path, as_json: bool) -> None:
    """Store TARIFF.toml as the next version of NAME. The same text again is the version it was.

    \b
    Example: decroche billing tariff add standard tariff.toml
    """
    read_tariff(path)  # its messages name the file
    with open_database() as db, db.operator() as conn:
        stored = tariffs.add_version(conn, name, path.read_text(encoding="utf-8-sig"), typing_now())
    emit([views.tariff(stored)], _TARIFF_COLUMNS, as_json=as_json)


@tariff.command("list")
@json_option
def tariff_list(as_json: bool) -> None:
    """Every tariff and version.

    \b
    Example: decroche billing tariff list --json
    """
    with open_database() as db, db.operator() as conn:
        rows = [views.tariff(version) for version in tariffs.listed(conn)]
    emit(rows, _TARIFF_COLUMNS, as_json=as_json, empty="no tariff; decroche billing tariff add NAME TARIFF.toml")


@tariff.command("show")
@click.argument("name")
@click.option("--version", type=int, help="Which version; the latest when not given.")
@json_option
def tariff_show(name: str, version: int | None, as_json: bool) -> None:
    """The text of a tariff, as it was added.

    \b
    Example: decroche billing tariff show standard --version 2
    """
    with open_database() as db, db.operator() as conn:
        found = tariffs.get(conn, name, version)
    if as_json:
        emit([views.tariff(found) | {"sha256": found.sha256, "toml": found.toml}], (), as_json=True)
    else:
        click.echo(found.toml, nl=not found.toml.endswith("\n"))


@tariff.command("assign")
@click.argument("name")
@click.option("--tenant", "slug", required=True, help="The tenant.")
@click.option("--version", type=int, help="Which version; the latest when not given.")
@instant_option("--from", "from_at", "ISO 8601 with offset; now when not given.")
@json_option
def tariff_assign(name: str, slug: str, version: int | None, from_at: datetime, as_json: bool) -> None:
    """Rate the tenant's calls answered from an instant on by a tariff.

    \b
    Example: decroche billing tariff assign standard --tenant dentiste --from 2026-12-01T00:00:00+01:00
    """
    with open_database() as db, db.operator() as conn:
        tenant = tenants.get(conn, slug)
        chosen = tariffs.get(conn, name, version)
        done = tariffs.assign(conn, tenant.id, name, chosen.version, from_at, typing_now())
    row = {"tenant": slug, "tariff": done.tariff, "version": done.version, "from_at": done.from_at}
    emit([row], ("tenant", "tariff", "version", "from_at"), as_json=as_json)
