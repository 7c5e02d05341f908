"""`decroche crm`: a client's CRM, by a YAML map."""

from __future__ import annotations

import os
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from store.base.console import HouseGroup, emit, json_option, out, to_json
from store.base.errors import BadInput, reason

if TYPE_CHECKING:
    from portal.links.crm.kept import Kept

STATES = ("waiting", "written", "cancelled", "skipped", "failed")
LOG = ("what", "about", "state", "tries", "contact", "entry", "at", "why")
DEADLINE_MS = 300
MAPS = ("dolibarr", "odoo", "odoo-jsonrpc")


@click.group(cls=HouseGroup)
def crm() -> None:
    """A client's CRM: asked who calls at the first ring, and told what calls leave. `decroche work` writes.

    \b
    Example:
      decroche crm set --tenant dentiste --use dolibarr --url https://erp.example.fr/api/index.php --secret-file key.txt
    """


@crm.command("set")
@click.option("--tenant", "slug", required=True, help="Whose CRM.")
@click.option("--use", type=click.Choice(MAPS), default=None, help="A map that comes with Décroche.")
@click.option("--map", "path", type=click.Path(path_type=Path), default=None, help="A map of your own (docs/crm.md).")
@click.option("--url", default="", help="Where it is; none: the map's.")
@click.option(
    "--setting", "pairs", multiple=True, metavar="NAME=VALUE", help="One of the map's settings; again for more."
)
@click.option("--secret-file", type=click.Path(path_type=Path), help="File that holds the key, and nothing else.")
@click.option("--secret-env", default="", help="Variable that holds it.")
@json_option
def set_crm(
    slug: str, use: str | None, path: Path | None, url: str, pairs: tuple[str, ...], secret_file: Path | None,
    secret_env: str, as_json: bool,
) -> None:  # fmt: skip
    """From now on this is the client's CRM; without a secret, the one that is kept stays.

    \b
    Example:
      decroche crm set --tenant dentiste --map ours.yaml --url https://crm.example.fr --secret-env CRM_KEY
    """
    from portal.links.crm import kept, reading
    from store import tenants
    from store.base.actor import typing_now
    from store.base.settings import settings
    from store.setup import open_database

    if (use is None) == (path is None):
        raise BadInput("a map is needed, and one only", hint=f"--use {'|'.join(MAPS)}, or --map FILE")
    text = reading.text_of(path or reading.SHIPPED / f"{use}.yaml")
    reading.loads(text, str(path or use))  # its errors name the file
    secret = _secret(secret_file, secret_env)
    with open_database() as db:
        with db.operator() as conn:
            whose = tenants.tenant_id(conn, slug)
        with db.operator(whose) as conn:
            made = kept.put(
                conn, whose, text, url=url, settings=_pairs(pairs), secret=secret, by=typing_now(),
                now=datetime.now(UTC), of=settings(),
            )  # fmt: skip
    row = _row(made, slug)
    out.print(to_json(row) if as_json else f"{row['crm']} at {made.url}: decroche crm test --tenant {slug} --number …")


def _secret(path: Path | None, variable: str) -> str:
    if path is not None and variable:
        raise BadInput("two secrets are given", hint="--secret-file or --secret-env")
    if path is not None:
        try:
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"{path}: {reason(error)}", hint="name a file that holds the key only") from error
    if variable and not os.environ.get(variable):
        raise BadInput(f"variable {variable[:60]!r} is empty", hint="export it, or --secret-file")
    return os.environ.get(variable, "").strip() if variable else ""


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    for pair in given:
        if "=" not in pair:
            raise BadInput(f"setting {pair[:60]!r} has no value", hint="--setting user=3")
    return dict(pair.split("=", 1) for pair in given)


def _row(one: Kept, slug: str) -> dict[str, Any]:
    from portal.links.crm.kept import has_secret
    from portal.links.crm.reading import loads
    from store.base.settings import settings

    the_map = loads(one.map)
    asked = [name for name in ("contact", "call", "booking") if getattr(the_map.after, name) is not None]
    variables = dict.fromkeys(name for lookup in the_map.lookup for name in lookup.variables)
    return {
        "tenant": slug, "crm": the_map.name, "url": one.url, "settings": {**the_map.settings, **one.settings},
        "secret": has_secret(one.tenant_id, settings()), "variables": list(variables), "writes": asked,
        "set_by": one.set_by, "set_at": one.set_at,
    }  # fmt: skip


@crm.command("show")
@click.option("--tenant", "slug", required=True, help="Whose CRM.")
@click.option("--map", "whole", is_flag=True, help="The map itself, as it is kept.")
@json_option
def show(slug: str, whole: bool, as_json: bool) -> None:
    """Where a client's CRM is, what agents are told of callers, and what is written there; never its secret.

    \b
    Example: decroche crm show --tenant dentiste
    """
    from portal.links.crm import kept
    from store import tenants
    from store.setup import open_database

    with open_database() as db, db.operator() as conn:
        found = kept.get(conn, tenants.tenant_id(conn, slug))
    if whole:
        click.echo(to_json({"tenant": slug, "map": found.map}) if as_json else found.map, nl=as_json)
        return
    row = _row(found, slug)
    if as_json:
        out.print(to_json(row))
        return
    for name, value in row.items():
        shown = ", ".join(map(str, cast("list[Any]", value))) if isinstance(value, list) else value
        click.echo(f"{name:10} {shown}")


@crm.command("test")
@click.option("--tenant", "slug", required=True, help="Whose CRM.")
@click.option("--number", required=True, help="Whom to look up.")
@json_option
def test(slug: str, number: str, as_json: bool) -> None:
    """Look a number up now, and say who it is, what the agent would be told, and whether it came in time.

    \b
    Example: decroche crm test --tenant dentiste --number "06 12 34 56 78"
    """
    from portal.links.crm import kept
    from store import tenants
    from store.base.numbering import e164
    from store.base.settings import settings
    from store.setup import open_database

    asked = e164(number)
    with open_database() as db, db.operator() as conn:
        mine = kept.get(conn, tenants.tenant_id(conn, slug))
    began = time.monotonic()
    found = kept.opened(mine, settings()).look_up(asked)
    took = round((time.monotonic() - began) * 1000)
    row: dict[str, Any] = {
        "number": asked, "id": found.id if found else None, "name": found.name if found else "",
        "variables": dict(found.variables) if found else {}, "ms": took, "in_time": took <= DEADLINE_MS,
    }  # fmt: skip
    if as_json:
        out.print(to_json(row))
        return
    told = ", ".join(f"{name} = {value}" for name, value in row["variables"].items())
    late = "" if row["in_time"] else f", too late for a call ({DEADLINE_MS} ms)"
    click.echo(f"{f'{found.name} (id {found.id}): {told}' if found else 'nobody'}; {took} ms{late}")


@crm.command("log")
@click.option("--tenant", "slug", default="", help="Only this client's.")
@click.option("--state", type=click.Choice(STATES), default=None, help="Only those.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="So many, latest first.")
@json_option
def log(slug: str, state: Any, limit: int, as_json: bool) -> None:
    """What calls and appointments left in CRMs in the last thirty days, and what could not be written.

    \b
    Example: decroche crm log --tenant dentiste --state failed
    """
    from portal.links.crm import kept
    from store import tenants
    from store.setup import open_database

    with open_database() as db, db.operator() as conn:
        only = tenants.tenant_id(conn, slug) if slug else None
        found = kept.entries(conn, only, state=state, limit=limit)
        names = tenants.slugs(conn)
    rows = [asdict(one) | {"tenant": names[one.tenant_id]} for one in found]
    for row in rows:
        del row["tenant_id"]
    emit(rows, LOG, as_json=as_json, empty="nothing was to be written")


@crm.command("remove")
@click.option("--tenant", "slug", required=True, help="Whose CRM.")
@json_option
def remove(slug: str, as_json: bool) -> None:
    """Ask it nothing more, write nothing there; its secret is removed. What stands there stays.

    \b
    Example: decroche crm remove --tenant dentiste
    """
    from portal.links.crm import kept
    from store import tenants
    from store.base.actor import typing_now
    from store.base.settings import settings
    from store.setup import open_database

    with open_database() as db, db.operator() as conn:
        kept.remove(conn, tenants.tenant_id(conn, slug), by=typing_now(), of=settings())
    out.print(to_json({"tenant": slug, "removed": True}) if as_json else f"{slug} has no CRM any more")
